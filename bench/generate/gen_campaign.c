#include "gen_campaign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_calendar.h"
#include "gen_client.h"

const char *const gen_role_names[GEN_ROLES] = {
    "operator", "bought", "amplifier", "scheduler", "resident",
};

/* Of 142 accounts, and posts of one: support for every Clock column. */
static const uint32_t role_shares[GEN_ROLES] = {40, 12, 60, 5, 25};
static const uint32_t role_posts[GEN_ROLES] = {180, 170, 110, 300, 200};

#define SHARES_ALL 142
#define YEAR_MS (365 * GEN_DAY_MS)
#define TAG_PLANTED 2 /* see the tags in gen_account.c */

/* When residents post: hour of the day at home, weekday and weekend. */
static const uint8_t resident_hours[2][24] = {
    {6, 3, 1, 1, 0, 0, 2, 6, 8, 5, 4, 4, 9, 7, 4, 4, 4, 5, 9, 12, 15, 17, 16, 11},
    {9, 5, 3, 1, 1, 0, 1, 3, 6, 9, 11, 11, 12, 11, 10, 10, 10, 10, 11, 12, 14, 15, 15, 12},
};

/* A stretch of the archive's time, in thousandths of it. */
struct stretch {
    int64_t from, to;
};

static struct stretch stretch_of(const struct gen_population *people,
                                 int64_t from_mille, int64_t to_mille)
{
    int64_t span = people->to - people->from;
    return (struct stretch){people->from + span / 1000 * from_mille,
                            people->from + span / 1000 * to_mille};
}

static int add_act(struct gen_campaign *campaign, struct gen_act act)
{
    if (campaign->count == campaign->room) {
        size_t room = campaign->room == 0 ? 4096 : 2 * campaign->room;
        struct gen_act *acts = realloc(campaign->acts, room * sizeof(*acts));
        if (acts == NULL) {
            return -ENOMEM;
        }
        campaign->acts = acts;
        campaign->room = room;
    }
    campaign->acts[campaign->count++] = act;
    return 0;
}

static int64_t any_time(struct gen_rng *rng, struct stretch stretch)
{
    double span = (double)(stretch.to - stretch.from);
    return stretch.from + (int64_t)(gen_rng_unit(rng) * span);
}

/* An instant that a clock at +08:00 shows as Mon..Fri, 09:00 to 17:59. */
static int64_t office_time(struct gen_rng *rng, struct stretch stretch)
{
    for (;;) {
        int64_t local = any_time(rng, stretch) + GEN_CAMPAIGN_OFFSET_MS;
        int64_t day = local / GEN_DAY_MS;
        if ((day + 3) % 7 < 5) {
            int64_t hour = 9 + gen_rng_below(rng, 9);
            int64_t ms = gen_rng_below(rng, (uint32_t)GEN_HOUR_MS);
            int64_t t = day * GEN_DAY_MS + hour * GEN_HOUR_MS + ms -
                        GEN_CAMPAIGN_OFFSET_MS;
            if (t >= stretch.from && t < stretch.to) {
                return t;
            }
        }
    }
}

static int64_t resident_time(struct gen_rng *rng, struct stretch stretch)
{
    for (;;) {
        int64_t t = any_time(rng, stretch);
        int64_t local = t + GEN_CAMPAIGN_OFFSET_MS;
        bool weekend = (local / GEN_DAY_MS + 3) % 7 >= 5;
        int64_t hour = local % GEN_DAY_MS / GEN_HOUR_MS;
        if (gen_rng_below(rng, 18) < resident_hours[weekend][hour]) {
            return t;
        }
    }
}

static int add_core_act(struct gen_campaign *campaign, uint32_t plant, int64_t t,
                        struct gen_rng *rng)
{
    uint32_t dice = gen_rng_below(rng, 100);
    uint8_t deed = dice < 80 ? GEN_DEED_COPY
                   : dice < 90 ? GEN_DEED_ECHO : GEN_DEED_ANSWER;
    return add_act(campaign, (struct gen_act){.t = t, .plant = plant, .deed = deed});
}

static int add_operator(struct gen_campaign *campaign,
                        const struct gen_population *people, uint32_t plant,
                        struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct stretch stretch = stretch_of(people, 720, 970);
    int failed = 0;
    self->created = stretch.from - (1 + plant % 4) * 7 * GEN_DAY_MS -
                    (int64_t)gen_rng_below(rng, 2 * (uint32_t)GEN_DAY_MS);
    self->plain = true;
    self->language = self->language_first = GEN_CHINESE;
    for (uint32_t i = 0; i < role_posts[GEN_OPERATOR]; i++) {
        failed |= add_core_act(campaign, plant, office_time(rng, stretch), rng);
    }
    return failed;
}

static int add_bought(struct gen_campaign *campaign,
                      const struct gen_population *people, uint32_t plant,
                      struct gen_rng *rng)
{
    static const uint8_t pasts[] = {GEN_INDONESIAN, GEN_SPANISH, GEN_RUSSIAN,
                                    GEN_ENGLISH, GEN_ARABIC};
    struct gen_planted *self = &people->plants[plant];
    struct stretch past = stretch_of(people, 20, 380);
    struct stretch present = stretch_of(people, 700, 970);
    int failed = 0;
    self->created = people->from - YEAR_MS -
                    (int64_t)gen_rng_below(rng, 1000) * GEN_DAY_MS;
    self->language_first = pasts[plant % sizeof(pasts)];
    self->language = GEN_CHINESE;
    self->renamed = present.from;
    self->followers_base = 40 + gen_rng_below(rng, 900);
    self->client_first = plant & 1 ? GEN_ANDROID : GEN_IPHONE;
    for (uint32_t i = 0; i < role_posts[GEN_BOUGHT]; i++) {
        struct gen_act act = {
            .t = any_time(rng, past), .plant = plant, .deed = GEN_DEED_LIVE};
        failed |= add_act(campaign, act);
        failed |= add_core_act(campaign, plant, office_time(rng, present), rng);
    }
    return failed;
}

static int add_scheduler(struct gen_campaign *campaign,
                         const struct gen_population *people, uint32_t plant,
                         struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct stretch stretch = stretch_of(people, 300, 980);
    int64_t hour = stretch.from / GEN_HOUR_MS + 1 + plant;
    int64_t hours = (stretch.to - stretch.from) / GEN_HOUR_MS - plant - 1;
    int64_t every = hours / role_posts[GEN_SCHEDULER];
    int failed = 0;
    every = every > 7 ? 7 : every < 1 ? 1 : every; /* 7: the hour wanders */
    self->created = people->from - (100 + plant) * GEN_DAY_MS;
    self->language = self->language_first = plant & 1 ? GEN_ENGLISH : GEN_CHINESE;
    self->followers_base = 200 + gen_rng_below(rng, 5000);
    self->client_first = plant & 1 ? GEN_BUFFER : GEN_DLVRIT;
    for (uint32_t i = 0; i < role_posts[GEN_SCHEDULER]; i++) {
        int64_t t = (hour + i * every) * GEN_HOUR_MS + gen_rng_below(rng, 400);
        if (t < stretch.to) {
            struct gen_act act = {.t = t, .plant = plant, .deed = GEN_DEED_SCHEDULE};
            failed |= add_act(campaign, act);
        }
    }
    return failed;
}

static int add_resident(struct gen_campaign *campaign,
                        const struct gen_population *people, uint32_t plant,
                        struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct stretch stretch = stretch_of(people, 10, 990);
    int failed = 0;
    self->created = people->from - (int64_t)gen_rng_below(rng, 1500) * GEN_DAY_MS;
    self->language = self->language_first = GEN_CHINESE;
    self->followers_base = 30 + gen_rng_below(rng, 2000);
    self->client_first = plant & 1 ? GEN_IPHONE : GEN_ANDROID;
    for (uint32_t i = 0; i < role_posts[GEN_RESIDENT]; i++) {
        struct gen_act act = {.t = resident_time(rng, stretch), .plant = plant,
                              .deed = GEN_DEED_LIVE};
        failed |= add_act(campaign, act);
    }
    return failed;
}

static int compare_acts(const void *left, const void *right)
{
    const struct gen_act *a = left;
    const struct gen_act *b = right;
    if (a->t != b->t) {
        return a->t < b->t ? -1 : 1;
    }
    if (a->plant != b->plant) {
        return a->plant < b->plant ? -1 : 1;
    }
    return (a->deed > b->deed) - (a->deed < b->deed);
}

/* Sorts the acts and numbers the core posts among them. */
static void settle_acts(struct gen_campaign *campaign)
{
    if (campaign->count > 0) {
        qsort(campaign->acts, campaign->count, sizeof(*campaign->acts), compare_acts);
    }
    campaign->cores = 0;
    for (size_t i = 0; i < campaign->count; i++) {
        if (campaign->acts[i].deed == GEN_DEED_COPY) {
            campaign->acts[i].core = campaign->cores++;
        }
    }
}

/* Chooses core posts spread over its life, none twice, and retweets each two
 * to forty seconds later. */
static int add_amplifier(struct gen_campaign *campaign,
                         const struct gen_population *people, uint32_t plant,
                         const int64_t *core_times, struct gen_rng *rng)
{
    struct gen_planted *self = &people->plants[plant];
    struct stretch stretch = stretch_of(people, 740, 970);
    uint32_t first = 0;
    int failed = 0;
    self->created = stretch.from - 9 * GEN_DAY_MS +
                    (int64_t)gen_rng_below(rng, 3 * (uint32_t)GEN_DAY_MS);
    self->language = self->language_first = GEN_CHINESE;
    self->followers_base = plant % 3 == 0 ? 0 : 1 + gen_rng_below(rng, 12);
    self->plain = plant % 3 != 1;
    self->client_first = plant & 1 ? GEN_ANDROID : GEN_WEB_CLIENT;
    while (first < campaign->cores && core_times[first] < stretch.from) {
        first++;
    }
    uint32_t wanted = role_posts[GEN_AMPLIFIER];
    uint32_t choice = campaign->cores - first;
    wanted = wanted > choice ? choice : wanted;
    for (uint32_t i = 0; i < wanted; i++) {
        uint32_t low = (uint32_t)((uint64_t)choice * i / wanted);
        uint32_t high = (uint32_t)((uint64_t)choice * (i + 1) / wanted);
        uint32_t core = first + low + gen_rng_below(rng, high - low);
        uint32_t delay = gen_rng_below(rng, 10) < 7 ? 8000 : 38000;
        struct gen_act act = {.t = core_times[core] + 2000 + gen_rng_below(rng, delay),
                              .plant = plant, .core = core, .deed = GEN_DEED_BOOST};
        failed |= add_act(campaign, act);
    }
    struct gen_act hello = {
        .t = stretch.from - GEN_DAY_MS, .plant = plant, .deed = GEN_DEED_SAY};
    return failed | (plant % 4 == 0 ? add_act(campaign, hello) : 0);
}

static int add_amplifiers(struct gen_campaign *campaign,
                          const struct gen_population *people, struct gen_rng *rng)
{
    int failed = 0;
    int64_t *core_times = malloc((campaign->cores + 1u) * sizeof(*core_times));
    if (core_times == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < campaign->count; i++) {
        if (campaign->acts[i].deed == GEN_DEED_COPY) {
            core_times[campaign->acts[i].core] = campaign->acts[i].t;
        }
    }
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        if (people->plants[plant].role == GEN_AMPLIFIER) {
            failed |= add_amplifier(campaign, people, plant, core_times, rng);
        }
    }
    free(core_times);
    return failed == 0 ? 0 : -ENOMEM;
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

/* Five accounts or more: one of every role at least. */
static uint32_t seat_roles(struct gen_population *people, uint32_t wanted)
{
    bool long_enough = people->to - people->from >= 3 * YEAR_MS;
    uint32_t each = wanted >= GEN_ROLES ? GEN_ROLES : 0;
    uint32_t plant = 0;
    uint32_t shares = 0;
    for (unsigned role = 0; role < GEN_ROLES; role++) {
        shares += role_shares[role];
        uint32_t end = (uint32_t)((uint64_t)(wanted - each) * shares / SHARES_ALL);
        end += each > 0 ? role + 1 : 0;
        for (; plant < end; plant++) {
            bool possible = role != GEN_BOUGHT || long_enough;
            people->plants[plant].role = (uint8_t)(possible ? role : GEN_OPERATOR);
            people->plants[plant].renamed = INT64_MAX;
        }
    }
    return plant;
}

int gen_campaign_make(struct gen_campaign *campaign, struct gen_population *people,
                      uint32_t wanted)
{
    typedef int adder(struct gen_campaign *, const struct gen_population *, uint32_t,
                      struct gen_rng *);
    static adder *const adders[GEN_ROLES] = {
        [GEN_OPERATOR] = add_operator,   [GEN_BOUGHT] = add_bought,
        [GEN_SCHEDULER] = add_scheduler, [GEN_RESIDENT] = add_resident,
    };
    struct gen_rng rng = {gen_mix2(people->seed, 0xca3)};
    int failed = 0;
    memset(campaign, 0, sizeof(*campaign));
    people->plants = calloc(wanted + 1u, sizeof(*people->plants));
    if (people->plants == NULL) {
        return -ENOMEM;
    }
    people->planted = seat_roles(people, wanted);
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        adder *add = adders[people->plants[plant].role];
        failed |= add != NULL ? add(campaign, people, plant, &rng) : 0;
    }
    settle_acts(campaign);
    failed |= add_amplifiers(campaign, people, &rng);
    for (uint32_t plant = 0; plant < people->planted; plant++) {
        struct gen_planted *self = &people->plants[plant];
        self->created -= self->created % GEN_SECOND_MS;
        self->id = plant_id(self, plant);
    }
    if (failed != 0) {
        gen_campaign_free(campaign, people);
        return -ENOMEM;
    }
    settle_acts(campaign);
    return 0;
}

void gen_campaign_free(struct gen_campaign *campaign, struct gen_population *people)
{
    free(campaign->acts);
    free(people->plants);
    memset(campaign, 0, sizeof(*campaign));
    people->plants = NULL;
    people->planted = 0;
}
