#include "pipeline/memory.h"

/* The table's own source, so that a mover can be stopped inside a stretch and
 * the system be out of memory when a test wants it. */
static void *map_or_not(struct memory *memory, size_t bytes);
#define memory_map map_or_not
#include "stages/aggregate/slot_table.c"
#undef memory_map

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * G1 to G7 of slot_table.h, against the plainest reference there is: an array
 * of all keys, in which each thread notes the entry that it was given.
 */
#define THREADS_MAX 8
#define KEYS 600

struct item {
    struct slot_entry entry;
    uint64_t key;
    uint64_t check;     /* ~key: written before the item is added */
};

static struct memory memory;
static bool no_memory_left;

static void *map_or_not(struct memory *from, size_t bytes)
{
    return no_memory_left ? NULL : memory_map(from, bytes);
}

static uint64_t hash_of(uint64_t key)
{
    key *= 0x9e3779b97f4a7c15u;
    return (key ^ key >> 29) * 0xbf58476d1ce4e5b9u;
}

static bool item_is(const struct slot_entry *entry, const void *key)
{
    const struct item *item = (const struct item *)entry;
    assert_int_equal(item->check, ~item->key);
    return item->key == *(const uint64_t *)key;
}

static struct item item_of(uint64_t key)
{
    return (struct item){{hash_of(key)}, key, ~key};
}

static struct item *add(struct slot_table *table, struct slot_adder *adder,
                        struct item *item)
{
    return (struct item *)slot_table_add(table, adder, &item->entry, item_is,
                                         &item->key);
}

static struct item *find(const struct slot_table *table, uint64_t key)
{
    return (struct item *)slot_table_find(table, hash_of(key), item_is, &key);
}

static void table_make(struct slot_table *table, uint64_t slots,
                       uint32_t grow_every)
{
    memory_init(&memory, (uint64_t)1 << 32, 0);
    struct slot_table_options options = {slots, grow_every};
    slot_table_init(table, &memory, &options);
}

static void table_end(struct slot_table *table)
{
    slot_table_reset(table);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static void an_empty_table_takes_no_memory_and_finds_nothing(void **state)
{
    (void)state;
    struct slot_table table;
    table_make(&table, 0, 0);
    assert_null(find(&table, 7));
    assert_null(slot_table_guess(&table, 7));
    slot_table_prefetch(&table, 7);
    assert_int_equal(slot_table_bytes(&table), 0);
    table_end(&table);
}

static void g2_g3_one_thread_finds_each_entry_where_it_was(void **state)
{
    (void)state;
    struct slot_table table;
    struct slot_adder adder = {0};
    static struct item items[20000], again;
    table_make(&table, 4, 0);
    for (uint64_t i = 0; i < 20000; i++) {
        items[i] = item_of(i);
        again = item_of(i);
        assert_null(find(&table, i));
        assert_ptr_equal(add(&table, &adder, &items[i]), &items[i]);
        assert_ptr_equal(add(&table, &adder, &again), &items[i]);
    }
    for (uint64_t i = 0; i < 20000; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    assert_null(find(&table, 20000));
    /* Load stays near two thirds, and old arrays are at most as much again. */
    assert_in_range(slot_table_bytes(&table), 20000 * 8,
                    2 * 65536 * 8 + 64 * 1024);
    table_end(&table);
}

/* ---- many threads -------------------------------------------------------- */

struct worker {
    pthread_t thread;
    struct slot_table *table;
    uint64_t seed;
    bool hot;                       /* most adds are of a few keys */
    struct item items[KEYS];
    struct item *given[KEYS];       /* by key */
    uint64_t wins;
};

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void work_on(struct worker *worker, struct slot_adder *adder,
                    uint64_t key)
{
    bool before = worker->given[key] != NULL;
    struct item spare = item_of(key), *mine = &worker->items[key];
    struct item *given = add(worker->table, adder, before ? &spare : mine);
    if (before)
        CHECK(given == worker->given[key]);
    worker->wins += given == mine && !before;
    worker->given[key] = given;
    CHECK(find(worker->table, key) == given);
}

static void *run_worker(void *argument)
{
    struct worker *worker = argument;
    struct slot_adder adder = {0};
    uint64_t random = worker->seed;
    for (uint64_t i = 0; i < KEYS; i++)
        worker->items[i] = item_of(i);
    for (int i = 0; i < KEYS / 2; i++)
        work_on(worker, &adder,
                next_random(&random) % (worker->hot ? 4 : KEYS));
    uint64_t from = next_random(&random) % KEYS;
    for (uint64_t i = 0; i < KEYS; i++)
        work_on(worker, &adder, (from + i) % KEYS);
    return NULL;
}

static void run_threads(int threads, uint64_t slots, uint32_t grow_every,
                        bool hot, uint64_t seed)
{
    static struct worker workers[THREADS_MAX];
    struct slot_table table;
    table_make(&table, slots, grow_every);
    for (int i = 0; i < threads; i++) {
        memset(&workers[i], 0, sizeof workers[i]);
        workers[i].table = &table;
        workers[i].seed = seed * 1000 + (uint64_t)i + 1;
        workers[i].hot = hot;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, run_worker,
                                        &workers[i]), 0);
    }
    uint64_t wins = 0;
    for (int i = 0; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    for (int i = 0; i < threads; i++) {
        wins += workers[i].wins;
        for (uint64_t key = 0; key < KEYS; key++) {
            assert_ptr_equal(workers[i].given[key], workers[0].given[key]);
            assert_int_equal(workers[i].given[key]->key, key);
        }
    }
    assert_int_equal(wins, KEYS);
    for (uint64_t key = 0; key < KEYS; key++)
        assert_ptr_equal(find(&table, key), workers[0].given[key]);
    table_end(&table);
}

static void g1_g2_g3_threads_agree_while_the_table_doubles(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 12; round++)
        for (int threads = 2; threads <= THREADS_MAX; threads *= 2)
            run_threads(threads, 4, 0, round % 2, round);
}

static void g4_g5_threads_agree_while_every_add_grows_the_table(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 12; round++)
        for (int threads = 2; threads <= THREADS_MAX; threads *= 2)
            run_threads(threads, 64, 1, round % 2, round + 100);
}

/* ---- G6: what a stopped thread leaves ------------------------------------ */

static struct slot_table *inner_table;
static struct item inner_items[3000];
static int inner_runs;

/* A thread that is stopped in the middle of its probing while others add. */
static bool item_is_after_a_pause(const struct slot_entry *entry,
                                  const void *key)
{
    if (!inner_runs++) {
        struct slot_adder adder = {0};
        for (uint64_t i = 0; i < 3000; i++) {
            inner_items[i] = item_of(1000 + i);
            add(inner_table, &adder, &inner_items[i]);
        }
    }
    return item_is(entry, key);
}

static void g6_an_add_stopped_while_probing_finds_what_came(void **state)
{
    (void)state;
    struct slot_table table;
    struct slot_adder adder = {0};
    table_make(&table, 4, 0);
    inner_table = &table;
    inner_runs = 0;
    /* Of the same hash as the late item, so that the probe looks at it. */
    struct item first = item_of(1), late = item_of(2500);
    first.entry.hash = late.entry.hash;
    add(&table, &adder, &first);
    struct item *given = (struct item *)slot_table_add(
        &table, &adder, &late.entry, item_is_after_a_pause, &late.key);
    assert_int_equal(inner_runs > 0, 1);
    assert_ptr_equal(given, &inner_items[1500]);
    assert_ptr_equal(find(&table, 2500), given);
    table_end(&table);
}

static void g6_a_mover_that_never_returns_stops_nobody(void **state)
{
    (void)state;
    struct slot_table table;
    struct slot_adder adder = {0};
    static struct item items[20000];
    table_make(&table, 256, 0);
    uint64_t i = 0;
    for (; i < 20000; i++) {
        items[i] = item_of(i);
        assert_ptr_equal(add(&table, &adder, &items[i]), &items[i]);
        struct slot_array *array = atomic_load(&table.current);
        /* A thread claims a stretch, and is never seen again. */
        if (i == 150)
            atomic_fetch_add(&array->claimed, 1);
        if (i > 150)
            assert_ptr_equal(array, atomic_load(&table.oldest));
    }
    for (i = 0; i < 20000; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    assert_null(find(&table, i));
    table_end(&table);
}

/* ---- G7: room ------------------------------------------------------------ */

static void g7_growth_is_put_off_and_then_demanded(void **state)
{
    (void)state;
    struct slot_table table;
    struct slot_adder adder = {0};
    static struct item items[4000];
    memory_init(&memory, 16384, 0);
    struct slot_table_options options = {1024, 0};
    slot_table_init(&table, &memory, &options);
    for (uint64_t i = 0; i < 4000; i++) {
        items[i] = item_of(i);
        assert_ptr_equal(add(&table, &adder, &items[i]), &items[i]);
        struct slot_array *array = atomic_load(&table.current);
        if (i < 670)
            assert_false(slot_table_full(&table));
        if (i >= 690)
            assert_true(slot_table_full(&table));
        if (i < 950)
            assert_null(atomic_load(&array->next));
    }
    for (uint64_t i = 0; i < 4000; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    slot_table_reset(&table);
    assert_false(slot_table_full(&table));
    assert_null(find(&table, 1));
}

static void g7_without_memory_add_fails_and_the_table_stays(void **state)
{
    (void)state;
    struct slot_table table;
    struct slot_adder adder = {0};
    static struct item items[100];
    table_make(&table, 64, 0);
    for (uint64_t i = 0; i < 100; i++)
        items[i] = item_of(i);
    assert_non_null(add(&table, &adder, &items[0]));
    no_memory_left = true;
    for (uint64_t i = 1; i < 64; i++)
        assert_ptr_equal(add(&table, &adder, &items[i]), &items[i]);
    assert_null(add(&table, &adder, &items[64]));
    assert_true(slot_table_full(&table));
    for (uint64_t i = 0; i < 64; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    assert_null(find(&table, 64));
    no_memory_left = false;
    for (uint64_t i = 64; i < 100; i++)
        assert_ptr_equal(add(&table, &adder, &items[i]), &items[i]);
    for (uint64_t i = 0; i < 100; i++)
        assert_ptr_equal(find(&table, i), &items[i]);
    no_memory_left = true;
    slot_table_reset(&table);
    assert_null(add(&table, &adder, &items[0]));
    no_memory_left = false;
    assert_non_null(add(&table, &adder, &items[0]));
    table_end(&table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_table_takes_no_memory_and_finds_nothing),
        cmocka_unit_test(g2_g3_one_thread_finds_each_entry_where_it_was),
        cmocka_unit_test(g1_g2_g3_threads_agree_while_the_table_doubles),
        cmocka_unit_test(g4_g5_threads_agree_while_every_add_grows_the_table),
        cmocka_unit_test(g6_an_add_stopped_while_probing_finds_what_came),
        cmocka_unit_test(g6_a_mover_that_never_returns_stops_nobody),
        cmocka_unit_test(g7_growth_is_put_off_and_then_demanded),
        cmocka_unit_test(g7_without_memory_add_fails_and_the_table_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
