#include "gen_specimen.h"

#include <stdlib.h>

#include "gen_calendar.h"
#include "gen_campaign.h"
#include "gen_client.h"

/* Who the present specimen is. */
struct maker {
    struct gen_acts *acts;
    struct gen_planted *self;
    struct gen_rng *rng;
    uint32_t account;
    int64_t from, to; /* of the archive */
};

static int64_t at_mille(const struct maker *make, int64_t mille)
{
    return make->from + (make->to - make->from) / 1000 * mille;
}

static void add(const struct maker *make, int64_t t, enum gen_deed deed)
{
    gen_acts_add(make->acts, make->account, t, deed);
}

/* So many posts at leisure between two thousandths of the archive's time. */
static void add_some(const struct maker *make, uint32_t count, int64_t from_mille,
                     int64_t to_mille, enum gen_deed deed)
{
    struct gen_stretch stretch = {at_mille(make, from_mille), at_mille(make, to_mille)};
    for (uint32_t i = 0; i < count; i++) {
        add(make, gen_leisure_time(make->rng, stretch, GEN_CAMPAIGN_OFFSET_MS), deed);
    }
}

static void be_few(const struct maker *make, uint32_t count)
{
    add_some(make, count, 100, 900, GEN_DEED_SAY);
}

/* All within ten days: no weekend_ratio. */
static void be_brief(const struct maker *make, uint32_t count)
{
    int64_t t = at_mille(make, 450);
    for (uint32_t i = 0; i < count; i++) {
        add(make, t + i * 10 * GEN_DAY_MS / count, GEN_DEED_SAY);
    }
}

/* Every hour of the day alike, to the millisecond: no direction of the clock,
 * no deviation of the gaps. */
static void be_metronome(const struct maker *make, uint32_t count)
{
    int64_t t = at_mille(make, 550);
    t += GEN_DAY_MS - t % GEN_DAY_MS + 8 * GEN_MINUTE_MS;
    for (uint32_t i = 0; i < count; i++) {
        add(make, t + i * GEN_HOUR_MS, GEN_DEED_SAY);
    }
}

/* 00:00 to 07:59 at +08:00: nobody's waking hours. */
static void be_owl(const struct maker *make, uint32_t count)
{
    int64_t t = at_mille(make, 400);
    t -= t % GEN_DAY_MS - 16 * GEN_HOUR_MS;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t ms = gen_rng_below(make->rng, 8 * (uint32_t)GEN_HOUR_MS);
        add(make, t + i * GEN_DAY_MS + ms, GEN_DEED_LIVE);
    }
}

/* A post of its own first, for the mirror to show. */
static void be_narcissus(const struct maker *make, uint32_t count)
{
    add(make, at_mille(make, 300), GEN_DEED_SAY);
    add_some(make, count - 1, 301, 900, GEN_DEED_MIRROR);
}

static void be_purger(const struct maker *make, uint32_t count)
{
    make->self->purged = 1800;
    make->self->purged_at = at_mille(make, 600);
    add_some(make, count, 300, 900, GEN_DEED_REGRET);
}

static void be_renamer(const struct maker *make, uint32_t count)
{
    make->self->renamed = at_mille(make, 300);
    make->self->rename_every = (at_mille(make, 900) - at_mille(make, 300)) / 5 + 1;
    add_some(make, count, 250, 900, GEN_DEED_SAY);
}

static void be_chameleon(const struct maker *make, uint32_t count)
{
    make->self->renamed = at_mille(make, 300);
    make->self->rename_every = (at_mille(make, 900) - at_mille(make, 300)) / 40 + 1;
    add_some(make, count, 250, 900, GEN_DEED_SAY);
}

/* Two lives with a sleep between them, as one person. */
static void be_sleeper(const struct maker *make, uint32_t count)
{
    add_some(make, count / 2, 20, 380, GEN_DEED_LIVE);
    add_some(make, count / 2, 700, 980, GEN_DEED_LIVE);
}

/* Too short a first life to be compared. */
static void be_sleeper_short(const struct maker *make, uint32_t count)
{
    add_some(make, 4, 20, 380, GEN_DEED_SAY);
    add_some(make, count - 4, 700, 980, GEN_DEED_SAY);
}

/* Another language and another client from one day to the next. */
static void be_turncoat(const struct maker *make, uint32_t count)
{
    make->self->turned = at_mille(make, 500);
    make->self->language = GEN_SPANISH;
    make->self->client = GEN_BUFFER;
    add_some(make, count, 200, 800, GEN_DEED_SAY);
}

/* From one every half second to one every half minute. */
static void be_sprinter(const struct maker *make, uint32_t count)
{
    int64_t t = at_mille(make, 640);
    for (uint32_t i = 0; i < count; i++) {
        t += 400 + gen_rng_below(make->rng, i % 3 == 0 ? 500 : i % 3 == 1 ? 9000 : 40000);
        add(make, t, GEN_DEED_SAY);
    }
}

/* Every class of pause, over and over. */
static void be_drifter(const struct maker *make, uint32_t count)
{
    static const int64_t gaps[] = {
        30 * GEN_SECOND_MS, 3 * GEN_MINUTE_MS, 40 * GEN_MINUTE_MS, 10 * GEN_HOUR_MS,
        3 * GEN_DAY_MS,     10 * GEN_DAY_MS,   60 * GEN_DAY_MS,    370 * GEN_DAY_MS};
    int64_t t = at_mille(make, 5);
    for (uint32_t i = 0; i < count; i++) {
        add(make, t, GEN_DEED_SAY);
        t += gaps[i % 8];
    }
}

/* As twenty years ago, with a sleep: what repurposing cannot be judged by. */
static void be_bare(const struct maker *make, uint32_t count)
{
    make->self->bare = true;
    be_sleeper(make, count);
}

static void be_bare_echo(const struct maker *make, uint32_t count)
{
    make->self->bare = true;
    add_some(make, count, 300, 900, GEN_DEED_FORWARD);
}

static void be_hermit(const struct maker *make, uint32_t count)
{
    make->self->followers_base = 0;
    make->self->alone = make->self->plain = true;
    add_some(make, count, 300, 900, GEN_DEED_MURMUR);
}

static void be_tagger(const struct maker *make, uint32_t count)
{
    add_some(make, count, 300, 900, GEN_DEED_CHANT);
}

static void be_polyglot(const struct maker *make, uint32_t count)
{
    add_some(make, count, 100, 900, GEN_DEED_BABEL);
}

static void be_parrot(const struct maker *make, uint32_t count)
{
    add_some(make, count, 300, 900, GEN_DEED_PARROT);
}

static void be_forwarder(const struct maker *make, uint32_t count)
{
    add_some(make, count, 300, 900, GEN_DEED_FORWARD);
}

static void be_murmurer(const struct maker *make, uint32_t count)
{
    add_some(make, count, 300, 900, GEN_DEED_MURMUR);
}

static const struct kind {
    const char *name;
    uint32_t posts;
    uint8_t client;
    void (*make)(const struct maker *, uint32_t);
} kinds[GEN_SPECIMENS] = {
    {"once", 1, GEN_IPHONE, be_few},
    {"twice", 2, GEN_IPAD, be_few},
    {"thrice", 3, GEN_IPHONE, be_few},
    {"four", 4, GEN_ANDROID, be_few},
    {"ten", 10, GEN_FACEBOOK, be_few},
    {"eleven", 11, GEN_INSTAGRAM, be_few},
    {"nineteen", 19, GEN_MOBILE_WEB, be_few},
    {"twenty", 20, GEN_IPHONE, be_few},
    {"ninety-nine", 99, GEN_ANDROID, be_few},
    {"hundred", 100, GEN_WEB_CLIENT, be_few},
    {"two-ninety-nine", 299, GEN_ANDROID, be_few},
    {"three-hundred", 300, GEN_IPHONE, be_few},
    {"brief", 24, GEN_IPHONE, be_brief},
    {"metronome", 240, GEN_TWITTBOT, be_metronome},
    {"owl", 60, GEN_ANDROID, be_owl},
    {"polyglot", 400, GEN_WEB_CLIENT, be_polyglot},
    {"narcissus", 60, GEN_IPHONE, be_narcissus},
    {"purger", 120, GEN_ANDROID, be_purger},
    {"renamer", 60, GEN_IPHONE, be_renamer},
    {"chameleon", 160, GEN_ANDROID, be_chameleon},
    {"parrot", 60, GEN_TWEETDECK, be_parrot},
    {"forwarder", 40, GEN_IPHONE, be_forwarder},
    {"murmurer", 30, GEN_MOBILE_WEB, be_murmurer},
    {"hermit", 12, GEN_WEB_CLIENT, be_hermit},
    {"sleeper", 400, GEN_IPHONE, be_sleeper},
    {"sleeper-short", 60, GEN_ANDROID, be_sleeper_short},
    {"turncoat", 120, GEN_IPHONE, be_turncoat},
    {"sprinter", 330, GEN_IFTTT, be_sprinter},
    {"drifter", 34, GEN_ANDROID, be_drifter},
    {"tagger", 30, GEN_IPHONE, be_tagger},
    {"bare", 60, GEN_NO_CLIENT, be_bare},
    {"bare-echo", 15, GEN_UNTOLD_CLIENT, be_bare_echo},
};

void gen_add_specimen(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng)
{
    static const uint8_t languages[] = {GEN_ENGLISH, GEN_JAPANESE, GEN_ARABIC, GEN_SPANISH};
    uint32_t number = plant - (people->planted - GEN_SPECIMENS);
    const struct kind *kind = &kinds[number];
    struct gen_planted *self = &people->plants[plant];
    struct maker make = {acts, self, rng, people->ordinary + plant, people->from, people->to};
    self->specimen = kind->name;
    self->created = people->from - (int64_t)(30 + gen_rng_below(rng, 2000)) * GEN_DAY_MS;
    self->followers_base = 10 + gen_rng_below(rng, 900);
    self->language = self->language_first = languages[number % 4];
    if (kind->make == be_parrot || kind->make == be_turncoat) {
        self->language = self->language_first = GEN_ENGLISH;
    }
    self->client = self->client_first = kind->client;
    kind->make(&make, kind->posts);
}

/* Two thirds go: an hour to a month later, some told twice, some untimed. */
void gen_add_regrets(struct gen_acts *acts)
{
    size_t count = acts->count;
    for (size_t i = 0; i < count; i++) {
        struct gen_act act = acts->list[i];
        uint64_t hash = gen_mix2((uint64_t)act.t, act.account);
        int64_t later = act.t + GEN_HOUR_MS + (int64_t)(hash >> 16) % (30 * GEN_DAY_MS);
        if (act.deed != GEN_DEED_REGRET || hash % 3 == 0) {
            continue;
        }
        bool untimed = (hash >> 8 & 3) == 0;
        gen_acts_add_numbered(acts, act.account, later,
                              untimed ? GEN_DEED_DELETE_UNTIMED : GEN_DEED_DELETE,
                              act.number);
        if ((hash >> 10 & 3) == 0) {
            gen_acts_add_numbered(acts, act.account, later + GEN_DAY_MS, GEN_DEED_DELETE,
                                  act.number);
        }
    }
}
