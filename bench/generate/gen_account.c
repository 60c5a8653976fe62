#include "gen_account.h"

#include <string.h>

#include "gen_calendar.h"
#include "gen_put.h"

/* Which property of an account a hash stands for. */
enum property { LOOK = 4, NUMBERS, RENAMING, NAMING = 256 /* and the version */ };

/* Low bits of an id say who it is of, so that no two accounts share one. */
enum { TAG_ORDINARY = 0, TAG_STRANGER = 1 };

/* Shares of languages roughly as in the 2019 stream, more Chinese than there. */
const struct gen_group gen_groups[GEN_GROUPS] = {
    {GEN_ENGLISH, -300, 150},   {GEN_ENGLISH, -480, 70}, {GEN_ENGLISH, 0, 70},
    {GEN_ENGLISH, 330, 40},     {GEN_SPANISH, -300, 60}, {GEN_SPANISH, 60, 40},
    {GEN_JAPANESE, 540, 200},   {GEN_CHINESE, 480, 50},  {GEN_ARABIC, 180, 90},
    {GEN_THAI, 420, 60},        {GEN_RUSSIAN, 180, 30},  {GEN_KOREAN, 540, 70},
    {GEN_INDONESIAN, 420, 50},  {GEN_ENGLISH, 600, 20},
};

/* User ids became snowflakes in the autumn of 2015. */
#define SNOWFLAKE_USERS_FROM (INT64_C(16740) * GEN_DAY_MS) /* 2015-11-01 */
#define FIRST_BIRTH (INT64_C(14031) * GEN_DAY_MS)          /* 2008-06-01 */

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b != 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

void gen_population_lay_out(struct gen_population *people, uint64_t seed,
                            uint32_t ordinary, int64_t from, int64_t to,
                            const struct gen_lexicon *lexicon)
{
    memset(people, 0, sizeof(*people));
    people->seed = gen_mix(seed);
    people->from = from;
    people->to = to;
    people->ordinary = ordinary;
    people->lexicon = lexicon;
    people->stride = UINT64_C(3600000000) / ordinary;
    people->stride = people->stride < 16 ? 16 : people->stride;
    people->step = (uint64_t)((double)ordinary * 0.6180339887) | 1;
    while (common_divisor(people->step, ordinary) != 1) {
        people->step += 2;
    }
    uint64_t all = 0;
    for (unsigned g = 0; g < GEN_GROUPS; g++) {
        all += gen_groups[g].weight;
    }
    uint64_t before = 0;
    for (unsigned g = 0; g < GEN_GROUPS; g++) {
        people->first[g] = (uint32_t)(before * ordinary / all);
        before += gen_groups[g].weight;
    }
    people->first[GEN_GROUPS] = ordinary;
}

unsigned gen_account_group(const struct gen_population *people, uint32_t account)
{
    unsigned group = 0;
    uint32_t seat = account % people->ordinary; /* strangers sit among them */
    while (seat >= people->first[group + 1]) {
        group++;
    }
    return group;
}

bool gen_account_is_planted(const struct gen_population *people, uint32_t account)
{
    return account >= people->ordinary &&
           account - people->ordinary < people->planted;
}

const struct gen_planted *gen_account_plant(const struct gen_population *people,
                                            uint32_t account)
{
    return &people->plants[account - people->ordinary];
}

uint32_t gen_account_stranger(const struct gen_population *people, uint64_t hash)
{
    uint64_t seat = (hash >> 32) * people->ordinary >> 32;
    return (uint32_t)(people->ordinary + people->planted + seat);
}

/* Seat among the ages: 0 is the oldest. The most active account of each group
 * is old, so that there is always somebody to post. */
static uint64_t age_seat(const struct gen_population *people, uint32_t account)
{
    uint64_t seat = account;
    if (account >= people->ordinary) {
        seat = account - people->ordinary - people->planted;
    }
    return seat * people->step % people->ordinary;
}

static bool leads_group(const struct gen_population *people, uint32_t account)
{
    return account < people->ordinary &&
           people->first[gen_account_group(people, account)] == account;
}

int64_t gen_account_created(const struct gen_population *people, uint32_t account)
{
    if (gen_account_is_planted(people, account)) {
        return gen_account_plant(people, account)->created;
    }
    int64_t first = FIRST_BIRTH;
    if (leads_group(people, account)) {
        return first - (int64_t)(account % 1000) * GEN_DAY_MS / 10;
    }
    /* Strangers are all older than the archive: nobody meets one unborn. */
    int64_t end = account < people->ordinary ? people->to : people->from;
    uint64_t share = age_seat(people, account);
    double place = (double)share / (double)people->ordinary;
    int64_t born = first + (int64_t)(place * (double)(end - first));
    return born - born % GEN_SECOND_MS;
}

uint64_t gen_account_id(const struct gen_population *people, uint32_t account)
{
    if (gen_account_is_planted(people, account)) {
        return gen_account_plant(people, account)->id;
    }
    if (leads_group(people, account)) {
        return 700000 + (uint64_t)gen_account_group(people, account) * 7919;
    }
    uint64_t tag = account < people->ordinary ? TAG_ORDINARY : TAG_STRANGER;
    uint64_t seat = age_seat(people, account);
    int64_t born = gen_account_created(people, account);
    if (born < SNOWFLAKE_USERS_FROM) {
        return 14000000 + seat * people->stride + 2 * (seat % 7) + tag;
    }
    /* Births are whole seconds; 0.3 to 0.7 s later, no two in one place. */
    uint64_t low = seat & 0xfffff;
    uint64_t part = 300 + (seat >> 20) % 400;
    return gen_snowflake_at(born) + (part << 22) + (low << 2) + tag;
}

uint8_t gen_account_language(const struct gen_population *people, uint32_t account,
                             int64_t t)
{
    if (gen_account_is_planted(people, account)) {
        const struct gen_planted *plant = gen_account_plant(people, account);
        return t < plant->turned ? plant->language_first : plant->language;
    }
    return gen_groups[gen_account_group(people, account)].language;
}

/* Of ordinary accounts 3 % change it once. */
uint16_t gen_account_version(const struct gen_population *people, uint32_t account,
                             int64_t t)
{
    if (gen_account_is_planted(people, account)) {
        const struct gen_planted *plant = gen_account_plant(people, account);
        if (t < plant->renamed) {
            return 0;
        }
        int64_t every = plant->rename_every;
        return (uint16_t)(1 + (every == 0 ? 0 : (t - plant->renamed) / every));
    }
    uint64_t hash = gen_mix2(people->seed ^ account, RENAMING);
    if (hash % 100 >= 3) {
        return 0;
    }
    uint64_t span = (uint64_t)(people->to - people->from);
    return t >= people->from + (int64_t)((hash >> 8) % span);
}

/* Syllables, sometimes with `_` or a capital, and digits: at most 15 bytes.
 * A quarter ends in eight digits, as the platform's own suggestions do. */
static void make_screen_name(const struct gen_lexicon *lexicon, struct gen_rng *rng,
                             bool marked, struct gen_profile *profile)
{
    const struct gen_phrases *syllables = &lexicon->syllables;
    uint64_t hash = gen_rng_next(rng);
    bool suggested = (hash & 3) == 0 && !marked;
    unsigned letters_max = suggested ? 7 : marked ? 10 : 11;
    unsigned wanted = suggested ? 2 : 3 + (hash >> 2 & 1);
    unsigned length = 0;
    for (unsigned i = 0; i < wanted; i++) {
        const struct gen_phrase *part = gen_phrase_pick(syllables, rng);
        if (length + part->length > letters_max) {
            break;
        }
        memcpy(profile->screen + length, part->bytes, part->length);
        if (i == 0 || (i == 2 && (hash >> 4 & 1) != 0)) {
            profile->screen[length] = (char)(profile->screen[length] - 'a' + 'A');
        }
        length += part->length;
    }
    if (!suggested && ((hash >> 5 & 7) == 0 || marked)) {
        profile->screen[length++] = '_';
    }
    if (marked) {
        profile->screen[length++] = '_';
    }
    unsigned digits = suggested ? 8 : (unsigned)(hash >> 8 & 3);
    for (unsigned i = 0; i < digits; i++) {
        profile->screen[length++] = (char)('0' + gen_rng_below(rng, 10));
    }
    profile->screen[length] = '\0';
    profile->screen_length = (uint8_t)length;
}

/* One to three parts of the language's names, perhaps an emoji. */
static void make_display_name(const struct gen_lexicon *lexicon, struct gen_rng *rng,
                              struct gen_profile *profile)
{
    const struct gen_phrases *names = &lexicon->names[profile->language];
    bool spaced = gen_vocabularies[profile->language].spaced;
    unsigned parts = 1 + gen_rng_below(rng, 3);
    char *out = profile->name;
    for (unsigned i = 0; i < parts; i++) {
        const struct gen_phrase *part = i == 1
            ? gen_word_pick(lexicon, profile->language, rng)
            : gen_phrase_pick(names, rng);
        if (i > 0 && spaced) {
            *out++ = ' ';
        }
        out = gen_put_phrase(out, part);
    }
    if (gen_rng_below(rng, 4) == 0) {
        const struct gen_phrase *last = gen_phrase_pick(&lexicon->emoji, rng);
        out = gen_put_phrase(out, last);
    }
    profile->name_length = (uint16_t)(out - profile->name);
}

/* That of names and bio: it changes with them, not with what is posted. */
static uint8_t face_language(const struct gen_population *people, uint32_t account,
                             uint16_t version)
{
    if (gen_account_is_planted(people, account)) {
        const struct gen_planted *plant = gen_account_plant(people, account);
        return version == 0 ? plant->language_first : plant->language;
    }
    return gen_groups[gen_account_group(people, account)].language;
}

void gen_account_name(const struct gen_population *people, uint32_t account,
                      int64_t t, struct gen_profile *profile)
{
    profile->id = gen_account_id(people, account);
    profile->version = gen_account_version(people, account, t);
    profile->language = face_language(people, account, profile->version);
    struct gen_rng rng = {gen_mix2(people->seed ^ account, NAMING + profile->version)};
    bool marked = gen_account_is_planted(people, account) &&
                  gen_account_plant(people, account)->marked;
    make_screen_name(people->lexicon, &rng, marked, profile);
    make_display_name(people->lexicon, &rng, profile);
}

/* Log-normal in shape: the sum of four dice over 0..11, as a power of two. */
static uint32_t heavy_count(uint64_t hash)
{
    uint32_t power = (uint32_t)((hash & 3) + (hash >> 2 & 3) + (hash >> 4 & 3) +
                                (hash >> 6 & 3));
    return (1u << power) + (uint32_t)((hash >> 8) & ((1u << power) - 1));
}

void gen_account_profile(const struct gen_population *people, uint32_t account,
                         int64_t t, struct gen_profile *profile)
{
    gen_account_name(people, account, t, profile);
    profile->created = gen_account_created(people, account);
    uint64_t numbers = gen_mix2(people->seed ^ account, NUMBERS);
    profile->look = gen_mix2(people->seed ^ account, LOOK) + profile->version;
    uint32_t age_days = (uint32_t)((t - profile->created) / GEN_DAY_MS);
    uint32_t base = heavy_count(numbers);
    uint32_t drift = age_days * (uint32_t)(numbers >> 20 & 63) * base / 65536;
    uint32_t wobble = (uint32_t)(gen_mix((uint64_t)(t / GEN_DAY_MS) ^ numbers) & 3);
    profile->followers = base + drift + wobble;
    profile->friends = heavy_count(numbers >> 24) + age_days / 16;
    profile->listed = base / 64 + age_days * (uint32_t)(numbers >> 60) / 4096;
    profile->favourites =
        heavy_count(numbers >> 40) * 8 + age_days * (uint32_t)(numbers >> 56 & 7);
    profile->statuses_base = heavy_count(numbers >> 32) * 16;
    profile->plain = (profile->look & 15) == 0;
    profile->verified = base > 3000 && (numbers >> 62) == 0;
    if (gen_account_is_planted(people, account)) {
        const struct gen_planted *plant = gen_account_plant(people, account);
        bool none = plant->followers_base == 0;
        profile->followers = none ? 0 : plant->followers_base + age_days / 8 + wobble;
        profile->followers += t >= plant->followers_at ? plant->followers_gain : 0;
        profile->friends = plant->alone ? 0 : profile->friends;
        profile->listed = none ? 0 : profile->listed;
        profile->statuses_base += t < plant->purged_at ? plant->purged : 0;
        profile->plain = plant->plain;
        profile->verified = plant->verified;
    }
}
