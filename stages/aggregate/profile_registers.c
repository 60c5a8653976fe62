#include "stages/aggregate/profile_registers.h"

#include "stages/hash.h"

_Static_assert(sizeof(struct profile_registers) <= 464, "as promised");

#define CACHE_LINE_BYTES 64

/* ---- words in which the greatest wins and 0 is never --------------------- */

#define UNTIMED_WHEN_MAX 3u

uint64_t observation_when_last(const struct observation *o)
{
    return time_known(o->t_obs) ? when_last(o->t_obs, o->author)
                                : UNTIMED_WHEN_MAX - 1 + (uint64_t)o->author;
}

uint64_t observation_when_first(const struct observation *o)
{
    return time_known(o->t_obs) ? when_first(o->t_obs, o->author)
                                : UINT64_MAX - 2 - (uint64_t)o->author;
}

static uint64_t word_of_time(int64_t time)
{
    return (uint64_t)(time + TIME_BIAS);
}

static int64_t time_of_word(uint64_t word)
{
    return word ? (int64_t)word - TIME_BIAS : TIME_NONE;
}

static uint64_t load(const _Atomic uint64_t *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

/* Times are within 2^61 of zero, so the top bit is free. */
#define CREATED_TIMED_BIT ((uint64_t)1 << 63)
#define CREATED_TIME_MASK (CREATED_TIMED_BIT - 1)

static uint64_t created_word(int64_t time, bool timed)
{
    return (~word_of_time(time) & CREATED_TIME_MASK) |
           (timed ? CREATED_TIMED_BIT : 0);
}

static struct cell created_of_word(uint64_t word)
{
    if (!word)
        return (struct cell){0, TIME_NONE};
    return (struct cell){
        word & CREATED_TIMED_BIT ? CREATED_TIMED : CREATED_UNTIMED,
        time_of_word(~word & CREATED_TIME_MASK)};
}

/* ---- observing ----------------------------------------------------------- */

static void observe_times(struct profile_registers *r,
                          const struct observation *o)
{
    if (time_known(o->created_at))
        register_raise(&r->created_at,
                       created_word(o->created_at, time_known(o->t_obs)));
    if (time_known(o->t_obs)) {
        register_raise(&r->first_observed, ~word_of_time(o->t_obs));
        register_raise(&r->last_observed, word_of_time(o->t_obs));
    }
}

static void observe_count(struct count_cells *cells,
                          const struct observation *o, uint64_t count)
{
    cell_raise(&cells->last, observation_when_last(o), count);
    if (o->snapshot)
        return;
    cell_raise(&cells->first, ~observation_when_first(o), count);
    register_raise(&cells->least, ~count);
    register_raise(&cells->greatest, count + 1);
}

static uint64_t hash_of_value(int which, struct text text)
{
    return which == TEXT_SCREEN_NAME ? hash_lower64(text.bytes, text.size)
                                     : hash_bytes64(text.bytes, text.size);
}

/* Whether the cell's text came with a time. Once it did, it always will. */
static bool text_is_timed(const union register_cell *cell)
{
    return cell_load(cell).when > UNTIMED_WHEN_MAX;
}

/*
 * A text that its cell holds already, with a time, is in the distinct set too,
 * or will be when the thread that brought it ends its own observation: nobody
 * reads before. So the common case, nothing new but the time, needs no hash.
 */
static bool observe_text(struct profile_registers *r, int which,
                         const struct observation *o, uint64_t block,
                         struct arena *arena)
{
    bool timed = text_is_timed(&r->texts[which]), held;
    struct text text = o->texts[which];
    if (!text_cell_raise(&r->texts[which], observation_when_last(o), text,
                         block, arena, &held))
        return false;
    if ((held && timed) || which >= PROFILE_DISTINCTS ||
        !time_known(o->t_obs))
        return true;
    return distinct_set_add(&r->distincts[which], hash_of_value(which, text),
                            arena);
}

bool profile_registers_observe(struct profile_registers *r,
                               const struct observation *o,
                               const uint64_t blocks[PROFILE_TEXTS],
                               struct arena *arena)
{
    uint64_t last = observation_when_last(o);
    observe_times(r, o);
    for (int i = 0; i < ENGAGEMENTS; i++)
        if (o->engagement[i] >= 0)
            register_raise(&r->engagement[i], (uint64_t)o->engagement[i] + 1);
    for (int i = 0; i < PROFILE_COUNTS; i++)
        if (o->counts[i] >= 0)
            observe_count(&r->counts[i], o, (uint64_t)o->counts[i]);
    for (int i = 0; i < PROFILE_FLAGS; i++)
        if (o->flags[i] < FLAG_NONE)
            register_raise(&r->flags[i], last << 1 | o->flags[i]);
    for (int i = 0; i < PROFILE_TEXTS; i++)
        if (o->texts[i].size != TEXT_NONE &&
            !observe_text(r, i, o, blocks ? blocks[i] : 0, arena))
            return false;
    return true;
}

/* ---- reading ------------------------------------------------------------- */

static struct cell read_cell(const union register_cell *cell, bool first)
{
    struct cell_view view = cell_load(cell);
    if (!view.when)
        return (struct cell){0};
    return (struct cell){first ? ~view.when : view.when, (int64_t)view.value};
}

static void read_count(const struct count_cells *cells,
                       struct count_register *out)
{
    out->first = read_cell(&cells->first, true);
    out->last = read_cell(&cells->last, false);
    bool seen = out->first.when != 0;    /* else by snapshots only */
    out->min = seen ? (int64_t)~load(&cells->least) : COUNT_NONE;
    out->max = seen ? (int64_t)(load(&cells->greatest) - 1) : COUNT_NONE;
}

static int64_t read_least_time(const _Atomic uint64_t *at)
{
    uint64_t word = load(at);
    return word ? time_of_word(~word) : TIME_NONE;
}

void profile_registers_read(const struct profile_registers *r,
                            struct profile *profile)
{
    profile->created_at = created_of_word(load(&r->created_at));
    profile->first_observed = read_least_time(&r->first_observed);
    profile->last_observed = time_of_word(load(&r->last_observed));
    for (int i = 0; i < ENGAGEMENTS; i++)
        profile->engagement[i] = (int64_t)(load(&r->engagement[i]) - 1);
    for (int i = 0; i < PROFILE_COUNTS; i++)
        read_count(&r->counts[i], &profile->counts[i]);
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        struct cell_view view = cell_load(&r->texts[i]);
        profile->texts[i] = (struct text_cell){view.when,
                                               text_block_read(view.value)};
    }
    for (int i = 0; i < PROFILE_FLAGS; i++) {
        uint64_t word = load(&r->flags[i]);
        profile->flags[i] = (struct cell){word >> 1, (int64_t)(word & 1)};
    }
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        distinct_set_read(&r->distincts[i], &profile->distincts[i]);
}

void profile_registers_prefetch(const struct profile_registers *r)
{
    for (size_t at = 0; at < sizeof *r; at += CACHE_LINE_BYTES)
        __builtin_prefetch((const char *)r + at, 1);
}
