#ifndef SANDPIPER_TESTS_LINEAR_H
#define SANDPIPER_TESTS_LINEAR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/*
 * Histories of concurrent operations, and whether an order of them explains
 * what they returned: linearizability (Herlihy, Wing, ACM TOPLAS 12(3), 1990).
 *
 * The search is that of Wing and Gong (J. Parallel Distrib. Comput. 17, 1993),
 * with Lowe's memory of what was tried (Testing for linearizability, 2017):
 * of the operations left, each that began before any of them had ended may be
 * the next, if the object allows it in its present state; a pair of (taken,
 * state) that led nowhere is not tried again. An object is a word of state and
 * one step; the search is exact, and gives up on nothing.
 *
 * A history is recorded with a clock that all threads advance. Under
 * ThreadSanitizer its additions are relaxed, so that it hides no race.
 */
#define LINEAR_OPS_MAX 48
#define LINEAR_THREADS_MAX 4
#define LINEAR_MEMORY ((uint64_t)1 << 14)

struct linear_op {
    uint8_t thread, kind;
    uint64_t object;            /* whose history it belongs to */
    uint64_t argument, result;
    uint64_t call, end;         /* by the clock */
};

struct linear_history {
    int count;
    struct linear_op ops[LINEAR_OPS_MAX];
};

/* Changes *state by operation at; false: it could not return that here. */
typedef bool linear_step(const struct linear_history *history, int at,
                         uint64_t *state);

/* ---- recording ----------------------------------------------------------- */

#ifdef __SANITIZE_THREAD__
#define LINEAR_ORDER __ATOMIC_RELAXED
#else
#define LINEAR_ORDER __ATOMIC_SEQ_CST
#endif

struct linear_record {
    uint64_t clock;
    struct linear_history of[LINEAR_THREADS_MAX];
};

static inline struct linear_op *linear_begin(struct linear_record *record,
                                             int thread, uint8_t kind,
                                             uint64_t object,
                                             uint64_t argument)
{
    struct linear_history *own = &record->of[thread];
    struct linear_op *op = &own->ops[own->count++];
    *op = (struct linear_op){.thread = (uint8_t)thread, .kind = kind,
                             .object = object, .argument = argument};
    op->call = __atomic_fetch_add(&record->clock, 1, LINEAR_ORDER);
    return op;
}

static inline void linear_end(struct linear_record *record,
                              struct linear_op *op, uint64_t result)
{
    op->end = __atomic_fetch_add(&record->clock, 1, LINEAR_ORDER);
    op->result = result;
}

/* The operations of one object, of all threads. Histories of different objects
 * may be looked at one by one: linearizability is local. */
static inline void linear_gather(const struct linear_record *record,
                                 uint64_t object,
                                 struct linear_history *history)
{
    history->count = 0;
    for (int t = 0; t < LINEAR_THREADS_MAX; t++)
        for (int i = 0; i < record->of[t].count; i++)
            if (record->of[t].ops[i].object == object &&
                history->count < LINEAR_OPS_MAX)
                history->ops[history->count++] = record->of[t].ops[i];
}

/* How many operations met one of another thread. */
static inline uint64_t linear_meetings(const struct linear_record *record)
{
    uint64_t met = 0;
    for (int t = 0; t < LINEAR_THREADS_MAX; t++)
        for (int i = 0; i < record->of[t].count; i++) {
            const struct linear_op *a = &record->of[t].ops[i];
            bool meets = false;
            for (int u = 0; u < LINEAR_THREADS_MAX; u++)
                for (int j = 0; u != t && j < record->of[u].count; j++)
                    meets |= a->call < record->of[u].ops[j].end &&
                             record->of[u].ops[j].call < a->end;
            met += meets;
        }
    return met;
}

static inline void linear_print(const struct linear_history *history,
                                const char *what, uint64_t seed)
{
    fprintf(stderr, "%s: no order explains seed %lu:\n", what,
            (unsigned long)seed);
    for (int i = 0; i < history->count; i++) {
        const struct linear_op *op = &history->ops[i];
        fprintf(stderr, "  %4lu .. %4lu thread %u kind %u (%lu) = %lu\n",
                (unsigned long)op->call, (unsigned long)op->end, op->thread,
                op->kind, (unsigned long)op->argument,
                (unsigned long)op->result);
    }
}

/* ---- searching ------------------------------------------------------------ */

struct linear_search {
    const struct linear_history *history;
    linear_step *step;
    uint64_t steps;
    uint64_t taken[LINEAR_MEMORY], state[LINEAR_MEMORY];
    bool used[LINEAR_MEMORY];
};

/* Whether the pair led nowhere before; notes it. What finds no room is only
 * tried again. */
static inline bool linear_known(struct linear_search *search, uint64_t taken,
                                uint64_t state)
{
    uint64_t at = (taken ^ state * 0x9e3779b97f4a7c15u) *
                  0xbf58476d1ce4e5b9u >> 40;
    for (int i = 0; i < 16; i++, at++) {
        uint64_t place = at % LINEAR_MEMORY;
        if (!search->used[place]) {
            search->used[place] = true;
            search->taken[place] = taken;
            search->state[place] = state;
            return false;
        }
        if (search->taken[place] == taken && search->state[place] == state)
            return true;
    }
    return false;
}

static inline bool linear_from(struct linear_search *search, uint64_t taken,
                               uint64_t state)
{
    const struct linear_history *history = search->history;
    uint64_t first_end = UINT64_MAX;
    if (taken == ((uint64_t)1 << history->count) - 1)
        return true;
    if (linear_known(search, taken, state))
        return false;
    for (int i = 0; i < history->count; i++)
        if (!(taken >> i & 1) && history->ops[i].end < first_end)
            first_end = history->ops[i].end;
    for (int i = 0; i < history->count; i++) {
        uint64_t next = state;
        if (taken >> i & 1 || history->ops[i].call > first_end ||
            !search->step(history, i, &next))
            continue;
        search->steps++;
        if (linear_from(search, taken | (uint64_t)1 << i, next))
            return true;
    }
    return false;
}

static inline bool linear_explains(const struct linear_history *history,
                                   linear_step *step, uint64_t state)
{
    static struct linear_search search;
    search.history = history;
    search.step = step;
    search.steps = 0;
    memset(search.used, 0, sizeof search.used);
    return linear_from(&search, 0, state);
}

#endif
