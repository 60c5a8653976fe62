#ifndef SANDPIPER_TESTS_SCHEDULE_H
#define SANDPIPER_TESTS_SCHEDULE_H

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Threads whose interleaving a seed decides. Include this before the source
 * that is to be tried: every atomic operation of that source then has a
 * schedule point before it, and one behind it if it writes. Nothing stands for
 * this in the source itself, so what is shipped is what it was.
 *
 *   SCHEDULE_ONE    one thread runs at a time, and at each point the seed
 *                   decides who goes on: the same seed, the same run, byte for
 *                   byte. Half of the seeds also freeze a thread at some point
 *                   until all others have ended. More points than a run can
 *                   need end the program: somebody waits.
 *   SCHEDULE_FREE   threads run at once, and linger at points by chance. Order
 *                   is that of the machine; nothing here synchronises them, so
 *                   ThreadSanitizer sees what the source does by itself.
 *
 * schedule_torn makes each compare-and-swap a comparison and a store with a
 * point between: an error that any check worth its name must find. Only with
 * SCHEDULE_ONE.
 */
#define SCHEDULE_THREADS_MAX 4
#define SCHEDULE_POINTS_MAX 1000000

enum schedule_mode { SCHEDULE_ONE, SCHEDULE_FREE };

struct schedule {
    enum schedule_mode mode;
    int threads;
    int victim;             /* -1: none; to be frozen at its own point: */
    uint64_t freeze_at;
    bool frozen;
    uint64_t random, points, seed;
    bool live[SCHEDULE_THREADS_MAX];
    sem_t turn[SCHEDULE_THREADS_MAX];
    int ready;              /* SCHEDULE_FREE: all begin together */
    void (*work)(int thread, void *world);
    void *world;
};

static struct schedule schedule;
static bool schedule_torn;
static _Thread_local int schedule_self = -1;
static _Thread_local uint64_t schedule_own_random, schedule_own_points;

static inline uint64_t schedule_draw(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;     /* splitmix64 */
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

/* Who runs next; -1: all have ended. The frozen one only when alone. */
static inline int schedule_next(void)
{
    int able[SCHEDULE_THREADS_MAX], count = 0;
    for (int i = 0; i < schedule.threads; i++)
        if (schedule.live[i] && !(schedule.frozen && i == schedule.victim))
            able[count++] = i;
    if (count > 0)
        return able[schedule_draw(&schedule.random) % (unsigned)count];
    if (!schedule.frozen)
        return -1;
    schedule.frozen = false;
    schedule.freeze_at = UINT64_MAX;
    return schedule.victim;
}

static inline void schedule_linger(void)
{
    uint64_t draw = schedule_draw(&schedule_own_random);
    if (draw % 16 == 0)
        sched_yield();
    else if (draw % 4 == 0)
        for (volatile uint64_t i = draw >> 32 & 0xff; i > 0;)
            i = i - 1;
}

/* Hands the turn on, or keeps it. */
static inline void schedule_switch(void)
{
    int self = schedule_self;
    if (self == schedule.victim &&
        ++schedule_own_points >= schedule.freeze_at)
        schedule.frozen = true;
    else if (schedule_draw(&schedule.random) % 2)
        return;
    int next = schedule_next();
    if (next == self)
        return;
    sem_post(&schedule.turn[next]);
    sem_wait(&schedule.turn[self]);
}

static inline void schedule_point(void)
{
    if (schedule_self < 0)
        return;
    if (schedule.mode == SCHEDULE_FREE) {
        schedule_linger();
        return;
    }
    if (++schedule.points > SCHEDULE_POINTS_MAX) {
        fprintf(stderr, "seed %lu: an operation waits\n",
                (unsigned long)schedule.seed);
        abort();
    }
    schedule_switch();
}

/* All who run free begin together; relaxed, as it must order nothing. */
static inline void schedule_gather(void)
{
    __atomic_fetch_add(&schedule.ready, 1, __ATOMIC_RELAXED);
    while (__atomic_load_n(&schedule.ready, __ATOMIC_RELAXED) <
           schedule.threads)
        sched_yield();
}

static inline void *schedule_thread(void *argument)
{
    int self = (int)(intptr_t)argument;
    bool one = schedule.mode == SCHEDULE_ONE;
    sem_wait(&schedule.turn[self]);
    schedule_self = self;
    schedule_own_points = 0;
    schedule_own_random = schedule.seed * SCHEDULE_THREADS_MAX +
                          (uint64_t)self;
    if (!one)
        schedule_gather();
    schedule.work(self, schedule.world);
    schedule_self = -1;
    if (!one)
        return NULL;
    schedule.live[self] = false;
    int next = schedule_next();
    if (next >= 0)
        sem_post(&schedule.turn[next]);
    return NULL;
}

/* Runs work(0 .. threads - 1, world) at once, and returns when all ended. */
static inline void schedule_run(enum schedule_mode mode, uint64_t seed,
                                int threads, void (*work)(int, void *),
                                void *world)
{
    pthread_t ids[SCHEDULE_THREADS_MAX];
    schedule = (struct schedule){.mode = mode, .threads = threads,
                                 .victim = -1, .random = seed, .seed = seed,
                                 .work = work, .world = world};
    if (schedule_draw(&schedule.random) % 2) {
        schedule.victim = (int)(schedule_draw(&schedule.random) %
                                (unsigned)threads);
        schedule.freeze_at = 1 + schedule_draw(&schedule.random) % 60;
    }
    for (int i = 0; i < threads; i++) {
        schedule.live[i] = true;
        sem_init(&schedule.turn[i], 0, 0);
    }
    for (int i = 0; i < threads; i++)
        if (pthread_create(&ids[i], NULL, schedule_thread,
                           (void *)(intptr_t)i))
            abort();
    int first = schedule_next();
    for (int i = 0; i < threads; i++)
        if (mode == SCHEDULE_FREE || i == first)
            sem_post(&schedule.turn[i]);
    for (int i = 0; i < threads; i++)
        pthread_join(ids[i], NULL);
    for (int i = 0; i < threads; i++)
        sem_destroy(&schedule.turn[i]);
}

/* ---- the atomic operations of what is included behind this --------------- */

#undef atomic_load_explicit
#undef atomic_store_explicit
#undef atomic_exchange_explicit
#undef atomic_fetch_add_explicit
#undef atomic_compare_exchange_strong_explicit
#undef atomic_compare_exchange_weak_explicit

#ifdef __clang__
#define PLAIN_LOAD(at, order) __c11_atomic_load(at, order)
#define PLAIN_STORE(at, value, order) __c11_atomic_store(at, value, order)
#define PLAIN_ADD(at, value, order) __c11_atomic_fetch_add(at, value, order)
#define PLAIN_EXCHANGE(at, seen, value, order, failure) \
    __c11_atomic_compare_exchange_strong(at, seen, value, order, failure)
#else
#define PLAIN_LOAD(at, order) __atomic_load_n(at, order)
#define PLAIN_STORE(at, value, order) __atomic_store_n(at, value, order)
#define PLAIN_ADD(at, value, order) __atomic_fetch_add(at, value, order)
#define PLAIN_EXCHANGE(at, seen, value, order, failure) \
    __atomic_compare_exchange_n(at, seen, value, false, order, failure)
#endif
#define VALUE_OF(at) __typeof__((void)0, *(at))

#define atomic_load_explicit(at, order) \
    (schedule_point(), PLAIN_LOAD(at, order))

#define atomic_store_explicit(at, value, order) \
    __extension__({ \
        schedule_point(); \
        PLAIN_STORE(at, value, order); \
        schedule_point(); \
    })

#define atomic_fetch_add_explicit(at, value, order) \
    __extension__({ \
        schedule_point(); \
        VALUE_OF(at) before_add = PLAIN_ADD(at, value, order); \
        schedule_point(); \
        before_add; \
    })

#define atomic_compare_exchange_strong_explicit(at, seen, value, order, \
                                                failure) \
    __extension__({ \
        bool exchanged; \
        schedule_point(); \
        if (schedule_torn) { \
            VALUE_OF(at) there = PLAIN_LOAD(at, memory_order_acquire); \
            exchanged = there == *(seen); \
            schedule_point(); \
            if (exchanged) \
                PLAIN_STORE(at, value, memory_order_release); \
            else \
                *(seen) = there; \
        } else { \
            exchanged = PLAIN_EXCHANGE(at, seen, value, order, failure); \
        } \
        schedule_point(); \
        exchanged; \
    })
#define atomic_compare_exchange_weak_explicit \
    atomic_compare_exchange_strong_explicit

/* The double-word exchange of register_cell.h. A macro does not call itself. */
#define __sync_bool_compare_and_swap(at, old, new) \
    __extension__({ \
        bool exchanged; \
        schedule_point(); \
        if (schedule_torn) { \
            exchanged = *(at) == (old); \
            schedule_point(); \
            if (exchanged) \
                *(at) = (new); \
        } else { \
            exchanged = __sync_bool_compare_and_swap(at, old, new); \
        } \
        schedule_point(); \
        exchanged; \
    })

#endif
