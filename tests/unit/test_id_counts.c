#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/id_counts.h"

static int set_up(void **state)
{
    static struct id_counts tally;
    id_counts_init(&tally);
    *state = &tally;
    return 0;
}

static int tear_down(void **state)
{
    id_counts_free(*state);
    return 0;
}

static struct id number(uint64_t value)
{
    return (struct id){.number = value};
}

static void an_empty_tally_has_no_top(void **state)
{
    struct id_counts *tally = *state;
    assert_null(id_counts_top(tally, id_compare));
    id_counts_clear(tally);
    assert_null(id_counts_top(tally, id_compare));
}

static void keys_are_counted_however_many(void **state)
{
    struct id_counts *tally = *state;
    enum { KEYS = 200000 };
    for (uint64_t i = 0; i < 2 * KEYS; i++)
        assert_int_equal(id_counts_add(tally, number(i % KEYS + 1), 1), 0);
    assert_int_equal(id_counts_add(tally, number(777), 5), 0);
    assert_int_equal(tally->count, KEYS);
    const struct id_count *top = id_counts_top(tally, id_compare);
    assert_int_equal(top->key.number, 777);
    assert_int_equal(top->count, 7);
    id_counts_clear(tally); /* gives the large table back */
    assert_int_equal(tally->slots_allocated, 0);
    assert_int_equal(id_counts_add(tally, number(1), 1), 0);
    assert_int_equal(tally->count, 1);
}

static void a_number_and_its_text_with_a_zero_are_two(void **state)
{
    struct id_counts *tally = *state;
    struct id padded = {.text = {"07", 2}};
    assert_int_equal(id_counts_add(tally, number(7), 1), 0);
    assert_int_equal(id_counts_add(tally, padded, 1), 0);
    assert_int_equal(tally->count, 2);
    assert_int_equal(id_counts_top(tally, id_compare_bytes)->key.text.size, 2);
}

static void ties_do_not_depend_on_the_order_of_arrival(void **state)
{
    struct id_counts *tally = *state;
    for (int order = 0; order < 2; order++) {
        id_counts_clear(tally);
        for (int i = 0; i < 50; i++) {
            int key = order ? 50 - i : i + 1;
            assert_int_equal(id_counts_add(tally, number((uint64_t)key), 3), 0);
        }
        assert_int_equal(id_counts_top(tally, id_compare)->key.number, 1);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_tally_has_no_top),
        TEST(keys_are_counted_however_many),
        TEST(a_number_and_its_text_with_a_zero_are_two),
        TEST(ties_do_not_depend_on_the_order_of_arrival),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
