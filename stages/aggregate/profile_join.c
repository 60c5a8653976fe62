#include "stages/aggregate/aggregate.h"
#include "stages/aggregate/distinct_set.h"

/*
 * The join of two profiles: register by register, the greater by the order of
 * units.h. Each is a maximum in a total order, or a union of sets, so the
 * whole is commutative, associative and idempotent.
 */

void profile_init(struct profile *profile)
{
    *profile = (struct profile){.created_at = {0, TIME_NONE},
                                .engagement = {COUNT_NONE, COUNT_NONE},
                                .first_observed = TIME_NONE,
                                .last_observed = TIME_NONE};
    for (int i = 0; i < PROFILE_COUNTS; i++)
        profile->counts[i].min = profile->counts[i].max = COUNT_NONE;
}

static void join_least_time(int64_t *into, int64_t from)
{
    if (*into == TIME_NONE || (from != TIME_NONE && from < *into))
        *into = from;
}

/* Timed before untimed, then the least. */
static void join_created(struct cell *into, const struct cell *from)
{
    if (from->when > into->when ||
        (from->when == into->when && from->value < into->value))
        *into = *from;
}

static void join_greatest_time(int64_t *into, int64_t from)
{
    if (from > *into)           /* TIME_NONE is the least of all */
        *into = from;
}

/* Whether a register seen at `from` goes before one seen at `into`: 1, 0 equal,
 * -1; what was never seen goes last. */
static int when_order(uint64_t into, uint64_t from, bool first)
{
    if (!into || !from || !first)
        return (from > into) - (from < into);
    return (from < into) - (from > into);
}

static void join_cell(struct cell *into, const struct cell *from, bool first)
{
    int order = when_order(into->when, from->when, first);
    if (order > 0 || (order == 0 && from->value > into->value))
        *into = *from;
}

static void join_text(struct text_cell *into, const struct text_cell *from)
{
    int order = when_order(into->when, from->when, false);
    if (order > 0 ||
        (order == 0 && text_compare(from->value, into->value) > 0))
        *into = *from;
}

static void join_count(struct count_register *into,
                       const struct count_register *from)
{
    join_cell(&into->first, &from->first, true);
    join_cell(&into->last, &from->last, false);
    if (into->min == COUNT_NONE ||
        (from->min != COUNT_NONE && from->min < into->min))
        into->min = from->min;
    if (from->max > into->max)  /* COUNT_NONE is below every count */
        into->max = from->max;
}

/* ---- distinct values ----------------------------------------------------- */


/* Two exact sets of at most 8 together; false: they are more. */
static bool merge_exact(const struct distinct *a, const struct distinct *b,
                        struct distinct *out)
{
    *out = (struct distinct){0};
    int i = 0, j = 0;
    while (i < a->count || j < b->count) {
        bool from_a = j == b->count ||
                      (i < a->count && a->hashes[i] <= b->hashes[j]);
        uint64_t hash = from_a ? a->hashes[i] : b->hashes[j];
        if (out->count == DISTINCT_EXACT_MAX)
            return false;
        out->hashes[out->count++] = hash;
        i += i < a->count && a->hashes[i] == hash;
        j += j < b->count && b->hashes[j] == hash;
    }
    return true;
}

static void pour(uint8_t *registers, const struct distinct *set)
{
    if (!set->hll) {
        for (int i = 0; i < set->count; i++)
            hll_add(registers, set->hashes[i]);
        return;
    }
    for (int i = 0; i < HLL_REGISTERS; i++)
        if (registers[i] < set->hll[i])
            registers[i] = set->hll[i];
}

/* Whether `set`, which has registers, already covers `part`. */
static bool covers(const struct distinct *set, const struct distinct *part)
{
    if (!set->hll)
        return false;
    if (part->hll) {
        for (int i = 0; i < HLL_REGISTERS; i++)
            if (part->hll[i] > set->hll[i])
                return false;
        return true;
    }
    for (int i = 0; i < part->count; i++)
        if (set->hll[hll_index(part->hashes[i])] < hll_rank(part->hashes[i]))
            return false;
    return true;
}

/* Borrowed registers are never written, so a union that rises is a new one. */
static bool join_distinct(struct distinct *into, const struct distinct *from,
                          struct arena *arena)
{
    struct distinct merged;
    if (!into->hll && !from->hll && merge_exact(into, from, &merged)) {
        *into = merged;
        return true;
    }
    if (covers(into, from))
        return true;
    if (covers(from, into)) {
        *into = *from;
        return true;
    }
    uint8_t *registers = arena_alloc(arena, HLL_REGISTERS, 1);
    if (!registers)
        return false;
    pour(registers, into);
    pour(registers, from);
    *into = (struct distinct){.count = DISTINCT_EXACT_MAX + 1,
                              .hll = registers};
    return true;
}

bool profile_join(struct profile *into, const struct profile *from,
                  struct arena *arena)
{
    join_created(&into->created_at, &from->created_at);
    for (int i = 0; i < ENGAGEMENTS; i++)
        if (from->engagement[i] > into->engagement[i])
            into->engagement[i] = from->engagement[i];
    join_least_time(&into->first_observed, from->first_observed);
    join_greatest_time(&into->last_observed, from->last_observed);
    for (int i = 0; i < PROFILE_COUNTS; i++)
        join_count(&into->counts[i], &from->counts[i]);
    for (int i = 0; i < PROFILE_TEXTS; i++)
        join_text(&into->texts[i], &from->texts[i]);
    for (int i = 0; i < PROFILE_FLAGS; i++)
        join_cell(&into->flags[i], &from->flags[i], false);
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        if (!join_distinct(&into->distincts[i], &from->distincts[i], arena))
            return false;
    return true;
}
