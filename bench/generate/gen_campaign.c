#include "gen_campaign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_client.h"
#include "gen_lookalike.h"
#include "gen_specimen.h"

const char *const gen_role_names[GEN_ROLES] = {
    "operator", "bought", "amplifier", "scheduler", "resident",
    "newsroom", "star",   "fan",       "witness",   "specimen",
};

/* Of 175 accounts; specimens come on top. */
static const uint32_t role_shares[GEN_SPECIMEN] = {40, 12, 60, 5, 25, 6, 1, 20, 6};

#define SHARES_ALL 175

/* Posts of one account: support for every Clock column. */
enum { OPERATOR_POSTS = 180, BOUGHT_POSTS = 170, AMPLIFIER_POSTS = 110 };

#define TAG_PLANTED 2 /* see the tags in gen_account.c */

bool gen_role_is_honest(uint8_t role)
{
    return role != GEN_OPERATOR && role != GEN_BOUGHT && role != GEN_AMPLIFIER;
}

bool gen_role_is_core(uint8_t role)
{
    return role == GEN_OPERATOR || role == GEN_BOUGHT;
}

static void add_core_act(struct gen_acts *acts, uint32_t account, int64_t t,
                         struct gen_rng *rng)
{
    uint32_t dice = gen_rng_below(rng, 100);
    gen_acts_add(acts, account, t,
                 dice < 80 ? GEN_DEED_COPY : dice < 90 ? GEN_DEED_ECHO : GEN_DEED_ANSWER);
}

static void add_operator(struct gen_acts *acts, struct gen_population *people,
                         uint32_t plant, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 720, 970);
    self->created = stretch.from - (1 + plant % 4) * 7 * GEN_DAY_MS -
                    (int64_t)gen_rng_below(rng, 2 * (uint32_t)GEN_DAY_MS);
    self->plain = true;
    self->language = self->language_first = GEN_CHINESE;
    self->client = self->client_first = GEN_WEB_CLIENT;
    for (uint32_t i = 0; i < OPERATOR_POSTS; i++) {
        int64_t t = gen_office_time(rng, stretch, GEN_CAMPAIGN_OFFSET_MS);
        add_core_act(acts, people->ordinary + plant, t, rng);
    }
}

static void add_bought(struct gen_acts *acts, struct gen_population *people,
                       uint32_t plant, struct gen_rng *rng)
{
    static const uint8_t pasts[] = {GEN_INDONESIAN, GEN_SPANISH, GEN_RUSSIAN,
                                    GEN_ENGLISH, GEN_ARABIC};
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch past = gen_stretch_of(people, 20, 380);
    struct gen_stretch present = gen_stretch_of(people, 700, 970);
    self->created = people->from - GEN_YEAR_MS -
                    (int64_t)gen_rng_below(rng, 1000) * GEN_DAY_MS;
    self->language_first = pasts[plant % sizeof(pasts)];
    self->language = GEN_CHINESE;
    self->turned = self->renamed = present.from;
    self->followers_base = 40 + gen_rng_below(rng, 900);
    self->client_first = plant & 1 ? GEN_ANDROID : GEN_IPHONE;
    self->client = GEN_WEB_CLIENT;
    self->marked = plant == 0 || people->plants[plant - 1].role != GEN_BOUGHT;
    if (plant & 1) { /* bought with followers */
        self->followers_at = present.from;
        self->followers_gain = 2 * self->followers_base + 500;
    }
    for (uint32_t i = 0; i < BOUGHT_POSTS; i++) {
        uint32_t account = people->ordinary + plant;
        gen_acts_add(acts, account, gen_any_time(rng, past), GEN_DEED_LIVE);
        add_core_act(acts, account,
                     gen_office_time(rng, present, GEN_CAMPAIGN_OFFSET_MS), rng);
    }
}

/* Chooses core posts spread over its life, none twice, and retweets each two
 * to forty seconds later. */
static void add_amplifier(struct gen_acts *acts, struct gen_population *people,
                          uint32_t plant, const int64_t *core_times, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct gen_stretch stretch = gen_stretch_of(people, 740, 970);
    uint32_t account = people->ordinary + plant;
    uint32_t first = 0;
    self->created = stretch.from - 9 * GEN_DAY_MS +
                    (int64_t)gen_rng_below(rng, 3 * (uint32_t)GEN_DAY_MS);
    self->language = self->language_first = GEN_CHINESE;
    self->followers_base = plant % 3 == 0 ? 0 : 1 + gen_rng_below(rng, 12);
    self->plain = plant % 3 != 1;
    self->client = self->client_first = plant & 1 ? GEN_ANDROID : GEN_WEB_CLIENT;
    while (first < acts->pools[GEN_POOL_CORE] && core_times[first] < stretch.from) {
        first++;
    }
    uint32_t choice = acts->pools[GEN_POOL_CORE] - first;
    uint32_t wanted = choice < AMPLIFIER_POSTS ? choice : AMPLIFIER_POSTS;
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t low = (uint32_t)((uint64_t)choice * i / wanted);
        uint32_t high = (uint32_t)((uint64_t)choice * (i + 1) / wanted);
        uint32_t core = first + low + gen_rng_below(rng, high - low);
        uint32_t delay = gen_rng_below(rng, 10) < 7 ? 8000 : 38000;
        gen_acts_add_numbered(acts, account,
                              core_times[core] + 2000 + gen_rng_below(rng, delay),
                              GEN_DEED_BOOST, core);
    }
    if (plant % 4 == 0) {
        gen_acts_add(acts, account, stretch.from - GEN_DAY_MS, GEN_DEED_SAY);
    }
}

/* Those who answer to what is settled already: amplifiers, fans. */
static void add_followers(struct gen_acts *acts, struct gen_population *people,
                          struct gen_rng *rng)
{
    int64_t *core_times = gen_acts_pool_times(acts, GEN_POOL_CORE);
    int64_t *star_times = gen_acts_pool_times(acts, GEN_POOL_STAR);
    for (uint32_t plant = 0; plant < people->planted && acts->failed == 0; plant++) {
        if (people->plants[plant].role == GEN_AMPLIFIER) {
            add_amplifier(acts, people, plant, core_times, rng);
        } else if (people->plants[plant].role == GEN_FAN) {
            gen_add_fan(acts, people, plant, star_times, rng);
        }
    }
    free(core_times);
    free(star_times);
}

/* Ids of before the autumn of 2015 are small, later ones snowflakes. */
static uint64_t plant_id(const struct gen_planted *self, uint32_t plant)
{
    if (self->created < gen_date_ms(2015, 11, 1)) {
        return 9000000 + 7 * (uint64_t)plant;
    }
    return gen_snowflake_at(self->created) + (UINT64_C(500) << 22) +
           ((uint64_t)plant << 2) + TAG_PLANTED;
}

/* Nine accounts or more: one of every role at least. */
static uint32_t seat_roles(struct gen_population *people, uint32_t wanted)
{
    bool long_enough = people->to - people->from >= 3 * GEN_YEAR_MS;
    uint32_t each = wanted >= GEN_SPECIMEN ? GEN_SPECIMEN : 0;
    uint32_t plant = 0;
    uint32_t shares = 0;
    for (unsigned role = 0; role < GEN_SPECIMEN; role++) {
        shares += role_shares[role];
        uint32_t end = (uint32_t)((uint64_t)(wanted - each) * shares / SHARES_ALL);
        end += each > 0 ? role + 1 : 0;
        for (; plant < end; plant++) {
            bool possible = role != GEN_BOUGHT || long_enough;
            people->plants[plant].role = (uint8_t)(possible ? role : GEN_OPERATOR);
        }
    }
    return plant;
}

static void settle_plant(struct gen_planted *self, uint32_t plant)
{
    int64_t first = gen_date_ms(2007, 1, 1); /* the platform is of 2006 */
    self->created = self->created < first ? first : self->created;
    self->created -= self->created % GEN_SECOND_MS;
    self->id = plant_id(self, plant);
}

static void add_all(struct gen_acts *acts, struct gen_population *people)
{
    typedef void adder(struct gen_acts *, struct gen_population *, uint32_t,
                       struct gen_rng *);
    static adder *const adders[GEN_ROLES] = {
        [GEN_OPERATOR] = add_operator,      [GEN_BOUGHT] = add_bought,
        [GEN_SCHEDULER] = gen_add_scheduler, [GEN_RESIDENT] = gen_add_resident,
        [GEN_NEWSROOM] = gen_add_newsroom,  [GEN_STAR] = gen_add_star,
        [GEN_WITNESS] = gen_add_witness,    [GEN_SPECIMEN] = gen_add_specimen,
    };
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        adder *add = adders[people->plants[plant].role];
        struct gen_rng rng = {gen_mix2(people->seed ^ plant, 0xca3)};
        if (add != NULL) {
            add(acts, people, plant, &rng);
        }
    }
    struct gen_rng rng = {gen_mix2(people->seed, 0xca3)};
    gen_add_burst(acts, people, &rng);
    gen_acts_settle(acts);
    add_followers(acts, people, &rng);
    gen_acts_settle(acts);
    gen_add_regrets(acts);
    gen_acts_settle(acts);
}

int gen_campaign_make(struct gen_acts *acts, struct gen_population *people,
                      uint32_t wanted, bool specimens)
{
    *acts = (struct gen_acts){.from = people->from, .to = people->to};
    people->plants = calloc(wanted + GEN_SPECIMENS, sizeof(*people->plants));
    if (people->plants == NULL) {
        return -ENOMEM;
    }
    if (wanted == 0) {
        return 0;
    }
    for (uint32_t plant = 0; plant < wanted + GEN_SPECIMENS; plant++) {
        struct gen_planted *self = &people->plants[plant];
        self->turned = self->renamed = self->followers_at = INT64_MAX;
        self->purged_at = INT64_MIN;
        self->role = GEN_SPECIMEN;
    }
    people->planted = seat_roles(people, wanted) + (specimens ? GEN_SPECIMENS : 0);
    add_all(acts, people);
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        settle_plant(&people->plants[plant], plant);
    }
    if (acts->failed != 0) {
        gen_campaign_free(acts, people);
        return -ENOMEM;
    }
    return 0;
}

void gen_campaign_free(struct gen_acts *acts, struct gen_population *people)
{
    gen_acts_free(acts);
    free(people->plants);
    people->plants = NULL;
    people->planted = 0;
}
