#ifndef SANDPIPER_TESTS_PROFILE_REFERENCE_H
#define SANDPIPER_TESTS_PROFILE_REFERENCE_H

#include "stages/hash.h"
#include "stages/units.h"

#include <stdlib.h>

/*
 * The slow, direct profile of a list of observations, written from the
 * definition in units.h; random observations; and the comparison of profiles.
 * Shared by the tests of the aggregate stage.
 */
struct random {
    uint64_t state;
};

static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = random->state;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (mixed ^ mixed >> 31) % bound;
}

static inline struct text text_of_string(const char *string)
{
    return (struct text){string, (uint32_t)strlen(string)};
}

/* Few values of each field, so that ties and repeats are common; texts are
 * static. variety: how many values a text may have, at most 64. */
static inline struct observation random_observation(struct random *random,
                                                    struct id id,
                                                    uint64_t variety)
{
    static char names[64][8];
    struct observation o = {.platform = PLATFORM_TWITTER, .id = id};
    o.author = random_below(random, 2);
    o.snapshot = random_below(random, 8) == 0;
    for (int i = 0; i < ENGAGEMENTS; i++)
        o.engagement[i] = (int64_t)random_below(random, 6) - 1;
    o.t_obs = (int64_t)random_below(random, 12) * 1000 - 3000;
    if (random_below(random, 8) == 0)
        o.t_obs = TIME_NONE;
    o.created_at = random_below(random, 3)
                       ? (int64_t)random_below(random, 4) - 2 : TIME_NONE;
    for (int i = 0; i < PROFILE_COUNTS; i++)
        o.counts[i] = (int64_t)random_below(random, 6) - 1;
    if (random_below(random, 16) == 0)
        o.counts[0] = INT64_MAX;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        o.flags[i] = (uint8_t)random_below(random, 3);
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        uint64_t which = random_below(random, variety);
        char *name = names[which];
        name[0] = (char)((which & 1 ? 'a' : 'A') + which / 2 % 26);
        name[1] = (char)('0' + which / 52);
        o.texts[i] = (struct text){name, which == 0 ? 0 : 2};
        if (random_below(random, 5) == 0)
            o.texts[i] = (struct text){NULL, TEXT_NONE};
    }
    return o;
}

/* Whether b replaces a as the first or last: 1, 0 equal, -1. An observation
 * without a time comes behind all with one. */
static inline int sight_order(const struct observation *a,
                              const struct observation *b, bool first)
{
    bool a_timed = a->t_obs != TIME_NONE, b_timed = b->t_obs != TIME_NONE;
    if (a_timed != b_timed)
        return b_timed ? 1 : -1;
    if (a_timed && a->t_obs != b->t_obs)
        return (b->t_obs > a->t_obs) != first ? 1 : -1;
    return b->author - a->author;
}

static inline void reference_number(const struct observation *all, size_t n,
                                    int64_t (*get)(const struct observation *,
                                                   int),
                                    int which, int64_t none, bool first,
                                    const struct observation **winner,
                                    int64_t *value)
{
    *winner = NULL;
    *value = none;
    for (size_t i = 0; i < n; i++) {
        int64_t v = get(&all[i], which);
        if (v == none || (first && all[i].snapshot))
            continue;
        int order = *winner ? sight_order(*winner, &all[i], first) : 1;
        if (order > 0 || (order == 0 && v > *value)) {
            *winner = &all[i];
            *value = v;
        }
    }
}

static inline int64_t get_count(const struct observation *o, int which)
{
    return o->counts[which];
}

static inline int64_t get_flag(const struct observation *o, int which)
{
    return o->flags[which];
}

static inline int by_word(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* The distinct set; registers, if it needs any, in hll. */
static inline void reference_distinct(const struct observation *all, size_t n,
                                      int which, struct distinct *out,
                                      uint8_t hll[HLL_REGISTERS])
{
    uint64_t *hashes = calloc(n + 1, sizeof *hashes);
    size_t count = 0, kinds = 0;
    for (size_t i = 0; i < n; i++) {
        struct text text = all[i].texts[which];
        if (text.size == TEXT_NONE || all[i].t_obs == TIME_NONE)
            continue;
        char lower[16];
        for (uint32_t k = 0; k < text.size; k++) {
            lower[k] = text.bytes[k];
            if (which == TEXT_SCREEN_NAME && lower[k] >= 'A' &&
                lower[k] <= 'Z')
                lower[k] = (char)(lower[k] - 'A' + 'a');
        }
        hashes[count++] = hash_bytes64(lower, text.size);
    }
    qsort(hashes, count, sizeof *hashes, by_word);
    for (size_t i = 0; i < count; i++)
        if (!i || hashes[i] != hashes[i - 1])
            hashes[kinds++] = hashes[i];
    *out = (struct distinct){.count = (uint8_t)(kinds > 8 ? 9 : kinds)};
    memset(hll, 0, HLL_REGISTERS);
    for (size_t i = 0; i < kinds; i++) {
        if (kinds <= 8)
            out->hashes[i] = hashes[i];
        uint64_t rest = hashes[i] & (((uint64_t)1 << 52) - 1);
        uint8_t rank = 53;
        while (rest) {
            rest >>= 1;
            rank--;
        }
        if (hll[hashes[i] >> 52] < rank)
            hll[hashes[i] >> 52] = rank;
    }
    out->hll = kinds > 8 ? hll : NULL;
    free(hashes);
}

static inline bool same_text(struct text a, struct text b)
{
    return text_compare(a, b) == 0;
}

static inline bool same_distinct(const struct distinct *a,
                                 const struct distinct *b)
{
    if (a->count != b->count || !a->hll != !b->hll)
        return false;
    if (a->hll)
        return memcmp(a->hll, b->hll, HLL_REGISTERS) == 0;
    return memcmp(a->hashes, b->hashes, a->count * sizeof(uint64_t)) == 0;
}

static inline bool same_cell(struct cell a, struct cell b)
{
    return a.when == b.when && a.value == b.value;
}

/* NULL, or what differs. */
static inline const char *profile_difference(const struct profile *a,
                                             const struct profile *b)
{
    if (!same_cell(a->created_at, b->created_at))
        return "created_at";
    if (memcmp(a->engagement, b->engagement, sizeof a->engagement) != 0)
        return "engagement";
    if (a->first_observed != b->first_observed)
        return "first_observed";
    if (a->last_observed != b->last_observed)
        return "last_observed";
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        const struct count_register *x = &a->counts[i], *y = &b->counts[i];
        if (!same_cell(x->first, y->first) || !same_cell(x->last, y->last) ||
            x->min != y->min || x->max != y->max)
            return "count";
    }
    for (int i = 0; i < PROFILE_TEXTS; i++)
        if (a->texts[i].when != b->texts[i].when ||
            !same_text(a->texts[i].value, b->texts[i].value))
            return "text";
    for (int i = 0; i < PROFILE_FLAGS; i++)
        if (!same_cell(a->flags[i], b->flags[i]))
            return "flag";
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        if (!same_distinct(&a->distincts[i], &b->distincts[i]))
            return "distinct";
    return NULL;
}

/* NULL, or what of the profile differs from what all observations say. */
static inline const char *reference_difference(const struct profile *profile,
                                               const struct observation *all,
                                               size_t n)
{
    struct cell created = {0, TIME_NONE};
    int64_t from = TIME_NONE, to = TIME_NONE;
    int64_t engagement[ENGAGEMENTS] = {COUNT_NONE, COUNT_NONE};
    for (size_t i = 0; i < n; i++) {
        uint64_t when =
            all[i].t_obs == TIME_NONE ? CREATED_UNTIMED : CREATED_TIMED;
        if (all[i].created_at != TIME_NONE &&
            (when > created.when ||
             (when == created.when && all[i].created_at < created.value)))
            created = (struct cell){when, all[i].created_at};
        for (int k = 0; k < ENGAGEMENTS; k++)
            if (all[i].engagement[k] > engagement[k])
                engagement[k] = all[i].engagement[k];
        if (all[i].t_obs == TIME_NONE)
            continue;
        from = from == TIME_NONE || all[i].t_obs < from ? all[i].t_obs : from;
        to = to == TIME_NONE || all[i].t_obs > to ? all[i].t_obs : to;
    }
    if (memcmp(profile->engagement, engagement, sizeof engagement) != 0)
        return "engagement";
    if (!same_cell(profile->created_at, created) || profile->first_observed != from ||
        profile->last_observed != to)
        return "times";
    const struct observation *winner;
    int64_t value;
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        const struct count_register *r = &profile->counts[i];
        int64_t least = COUNT_NONE, greatest = COUNT_NONE;
        for (size_t k = 0; k < n; k++) {
            int64_t v = all[k].counts[i];
            if (v == COUNT_NONE || all[k].snapshot)
                continue;
            least = least == COUNT_NONE || v < least ? v : least;
            greatest = v > greatest ? v : greatest;
        }
        if (r->min != least || r->max != greatest)
            return "min or max";
        reference_number(all, n, get_count, i, COUNT_NONE, true, &winner,
                         &value);
        if (!winner != !r->first.when || (winner && r->first.value != value) ||
            (winner && winner->t_obs != TIME_NONE &&
             r->first.when != when_first(winner->t_obs, winner->author)))
            return "first";
        reference_number(all, n, get_count, i, COUNT_NONE, false, &winner,
                         &value);
        if (!winner != !r->last.when || (winner && r->last.value != value) ||
            (winner && winner->t_obs != TIME_NONE &&
             r->last.when != when_last(winner->t_obs, winner->author)))
            return "last";
    }
    for (int i = 0; i < PROFILE_FLAGS; i++) {
        reference_number(all, n, get_flag, i, FLAG_NONE, false, &winner,
                         &value);
        if (!winner != !profile->flags[i].when ||
            (winner && profile->flags[i].value != value))
            return "flag";
    }
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        winner = NULL;
        for (size_t k = 0; k < n; k++) {
            if (all[k].texts[i].size == TEXT_NONE)
                continue;
            int order = winner ? sight_order(winner, &all[k], false) : 1;
            if (order > 0 || (order == 0 &&
                              text_compare(all[k].texts[i],
                                           winner->texts[i]) > 0))
                winner = &all[k];
        }
        if (!winner != !profile->texts[i].when ||
            (winner && !same_text(profile->texts[i].value, winner->texts[i])))
            return "text";
    }
    for (int i = 0; i < PROFILE_DISTINCTS; i++) {
        static uint8_t hll[HLL_REGISTERS];
        struct distinct distinct;
        reference_distinct(all, n, i, &distinct, hll);
        if (!same_distinct(&distinct, &profile->distincts[i]))
            return "distinct";
    }
    return NULL;
}

#endif
