#include "stages/aggregate/distinct_set.h"

#include "pipeline/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct memory memory;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 32, 0);
    arena_init(&arena, &memory, 1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

static uint64_t hash_of(uint64_t i)
{
    i *= 0x9e3779b97f4a7c15u;
    return (i ^ i >> 31) * 0xbf58476d1ce4e5b9u;
}

static void eight_values_are_exact_and_nine_are_registers(void **state)
{
    (void)state;
    struct distinct_set set = {0};
    struct distinct read;
    uint8_t expected[HLL_REGISTERS] = {0};
    for (uint64_t i = 0; i < 8; i++) {
        for (uint64_t again = 0; again <= i; again++)
            assert_true(distinct_set_add(&set, hash_of(8 - again), &arena));
        hll_add(expected, hash_of(8 - i));
        distinct_set_read(&set, &read);
        assert_int_equal(read.count, i + 1);
        assert_null(read.hll);
        for (uint64_t k = 1; k <= i; k++)
            assert_true(read.hashes[k - 1] < read.hashes[k]);
    }
    uint64_t bytes = arena.bytes;
    assert_true(distinct_set_add(&set, hash_of(9), &arena));
    assert_int_equal(arena.bytes - bytes, HLL_REGISTERS);
    hll_add(expected, hash_of(9));
    distinct_set_read(&set, &read);
    assert_int_equal(read.count, 9);
    assert_memory_equal(read.hll, expected, HLL_REGISTERS);
}

static void one_value_takes_no_memory_and_zero_counts_as_one(void **state)
{
    (void)state;
    struct distinct_set set = {0};
    struct distinct read;
    uint64_t bytes = arena.bytes;
    assert_true(distinct_set_add(&set, 0, &arena));
    assert_true(distinct_set_add(&set, 1, &arena));
    distinct_set_read(&set, &read);
    assert_int_equal(read.count, 1);
    assert_int_equal(read.hashes[0], 1);
    assert_int_equal(arena.bytes, bytes);
}

static void ranks_follow_the_definition(void **state)
{
    (void)state;
    assert_int_equal(hll_index(0xabc0000000000000u), 0xabc);
    assert_int_equal(hll_rank(0xabc0000000000000u), 53);
    assert_int_equal(hll_rank(0xabc0000000000001u), 52);
    assert_int_equal(hll_rank(0xabc8000000000000u), 1);
    assert_int_equal(hll_rank(0xabc7ffffffffffffu), 2);
}

/* ---- many threads -------------------------------------------------------- */

#define VALUES 40
#define SETS 400
static struct distinct_set sets[SETS];

struct filler {
    pthread_t thread;
    uint64_t begin;
    struct arena arena;
};

/* Set i gets i % VALUES + 1 values, each thread adding them all from its own
 * starting point. */
static void *fill(void *argument)
{
    struct filler *filler = argument;
    for (uint64_t i = 0; i < SETS; i++) {
        uint64_t count = i % VALUES + 1;
        for (uint64_t k = 0; k < count; k++)
            CHECK(distinct_set_add(&sets[i],
                                   hash_of((k + filler->begin) % count + 1),
                                   &filler->arena));
    }
    return NULL;
}

static void no_race_loses_a_value(void **state)
{
    (void)state;
    struct filler fillers[4];
    for (uint64_t i = 0; i < 4; i++) {
        fillers[i].begin = i * 7;
        arena_init(&fillers[i].arena, &memory, 1 << 16);
        assert_int_equal(pthread_create(&fillers[i].thread, NULL, fill,
                                        &fillers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(fillers[i].thread, NULL);
    for (uint64_t i = 0; i < SETS; i++) {
        uint64_t count = i % VALUES + 1;
        uint8_t expected[HLL_REGISTERS] = {0};
        struct distinct read;
        for (uint64_t k = 1; k <= count; k++)
            hll_add(expected, hash_of(k));
        distinct_set_read(&sets[i], &read);
        assert_int_equal(read.count, count > 8 ? 9 : count);
        if (count > 8)
            assert_memory_equal(read.hll, expected, HLL_REGISTERS);
    }
    for (int i = 0; i < 4; i++)
        arena_reset(&fillers[i].arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_values_are_exact_and_nine_are_registers),
        cmocka_unit_test(one_value_takes_no_memory_and_zero_counts_as_one),
        cmocka_unit_test(ranks_follow_the_definition),
        cmocka_unit_test(no_race_loses_a_value),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
