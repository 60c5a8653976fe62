#include "stages/aggregate/intern_table.h"

#include "pipeline/check.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NAMES 3000
#define NAME_BYTES 8
static char names[NAMES][NAME_BYTES];
static struct memory memory;
static struct arena arena;

static struct text name(uint32_t i)
{
    return (struct text){names[i], (uint32_t)strlen(names[i])};
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 32, 0);
    arena_init(&arena, &memory, 1 << 16);
    for (uint32_t i = 0; i < NAMES; i++)
        snprintf(names[i], NAME_BYTES, "%x", i * 2654435761u % 100003u);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    assert_int_equal(atomic_load(&memory.used), 0);
    return 0;
}

static void numbers_come_in_order_of_arrival_and_stay(void **state)
{
    (void)state;
    struct intern_table table;
    struct interner interner = {0};
    uint32_t id;
    intern_table_init(&table, &memory, 5, UINT32_MAX);
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < NAMES; i++) {
            assert_int_equal(intern_table_id(&table, &interner, &arena,
                                             name(i), &id), 0);
            assert_int_equal(id, i + 1);
        }
    assert_int_equal(intern_table_id(&table, &interner, &arena,
                                     (struct text){NULL, 0}, &id), 0);
    assert_int_equal(id, 0);
    intern_table_reset(&table);
}

static void ranks_are_bytewise_whatever_the_arrival(void **state)
{
    (void)state;
    struct intern_table table;
    struct interner interner = {0};
    struct dictionary sorted;
    uint32_t ids[NAMES], *ranks;
    intern_table_init(&table, &memory, 6, UINT32_MAX);
    for (uint32_t i = NAMES; i-- > 0;)
        assert_int_equal(intern_table_id(&table, &interner, &arena, name(i),
                                         &ids[i]), 0);
    assert_int_equal(intern_table_sort(&table, &sorted, &ranks), 0);
    assert_int_equal(sorted.count, NAMES);
    for (uint32_t i = 1; i < NAMES; i++)
        assert_true(text_compare(sorted.names[i - 1], sorted.names[i]) < 0);
    for (uint32_t i = 0; i < NAMES; i++)
        assert_int_equal(
            text_compare(sorted.names[ranks[ids[i]] - 1], name(i)), 0);
    assert_int_equal(ranks[0], 0);
    free(sorted.names);
    free(ranks);
    intern_table_reset(&table);
}

static void beyond_the_limit_it_refuses_and_stays_readable(void **state)
{
    (void)state;
    struct intern_table table;
    struct interner interner = {0};
    struct dictionary sorted;
    uint32_t id, *ranks;
    intern_table_init(&table, &memory, 7, 100);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(intern_table_id(&table, &interner, &arena, name(i),
                                         &id), 0);
    for (uint32_t i = 100; i < 110; i++)
        assert_int_equal(intern_table_id(&table, &interner, &arena, name(i),
                                         &id), -EOVERFLOW);
    for (uint32_t i = 0; i < 100; i++) {
        assert_int_equal(intern_table_id(&table, &interner, &arena, name(i),
                                         &id), 0);
        assert_int_equal(id, i + 1);
    }
    assert_int_equal(intern_table_sort(&table, &sorted, &ranks), 0);
    assert_int_equal(sorted.count, 100);
    free(sorted.names);
    free(ranks);
    intern_table_reset(&table);
}

/* ---- many threads -------------------------------------------------------- */

struct asker {
    pthread_t thread;
    struct intern_table *table;
    struct interner interner;
    struct arena arena;
    uint32_t begin;
    uint32_t ids[NAMES];
};

static void *ask(void *argument)
{
    struct asker *asker = argument;
    for (uint32_t k = 0; k < NAMES; k++) {
        uint32_t i = (k + asker->begin) % NAMES;
        CHECK(!intern_table_id(asker->table, &asker->interner, &asker->arena,
                               name(i), &asker->ids[i]));
    }
    return NULL;
}

static void threads_agree_on_numbers_that_no_two_names_share(void **state)
{
    (void)state;
    static struct asker askers[4];
    static bool taken[NAMES + 5];
    struct intern_table table;
    struct dictionary sorted;
    uint32_t *ranks;
    intern_table_init(&table, &memory, 8, NAMES + 4);
    for (uint32_t i = 0; i < 4; i++) {
        askers[i].table = &table;
        askers[i].begin = i / 2 * 500;
        arena_init(&askers[i].arena, &memory, 1 << 16);
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask,
                                        &askers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(askers[i].thread, NULL);
    for (uint32_t i = 0; i < NAMES; i++) {
        uint32_t id = askers[0].ids[i];
        assert_in_range(id, 1, NAMES + 4);
        assert_false(taken[id]);
        taken[id] = true;
        for (int k = 1; k < 4; k++)
            assert_int_equal(askers[k].ids[i], id);
    }
    assert_int_equal(intern_table_sort(&table, &sorted, &ranks), 0);
    assert_int_equal(sorted.count, NAMES);
    free(sorted.names);
    free(ranks);
    intern_table_reset(&table);
    for (int i = 0; i < 4; i++)
        arena_reset(&askers[i].arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_come_in_order_of_arrival_and_stay),
        cmocka_unit_test(ranks_are_bytewise_whatever_the_arrival),
        cmocka_unit_test(beyond_the_limit_it_refuses_and_stays_readable),
        cmocka_unit_test(threads_agree_on_numbers_that_no_two_names_share),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
