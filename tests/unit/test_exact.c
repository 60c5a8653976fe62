#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/exact.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 7;

static uint64_t next_random(void)
{
    random_state += 0x9e3779b97f4a7c15u;
    uint64_t z = (random_state ^ random_state >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 27;
}

static uint128 both(uint64_t high, uint64_t low)
{
    return (uint128)high << 64 | low;
}

static void products_of_128_bits_keep_all_256(void **state)
{
    (void)state;
    uint128 all = both(UINT64_MAX, UINT64_MAX);
    struct wide square = wide_multiply(all, all); /* 2^256 - 2^129 + 1 */
    assert_true(square.low == 1);
    assert_true(square.high == all - 1);
    struct wide sum = wide_scale(wide_multiply(both(1, 0), both(1, 0)), 3);
    assert_true(sum.low == 0 && sum.high == 3);
}

static void distances_borrow_across_the_halves(void **state)
{
    (void)state;
    bool negative;
    struct wide two_to_128 = {.low = 0, .high = 1};
    struct wide d = wide_distance(two_to_128, wide_from(1), &negative);
    assert_true(d.high == 0 && d.low == both(UINT64_MAX, UINT64_MAX));
    assert_false(negative);
    d = wide_distance(wide_from(1), two_to_128, &negative);
    assert_true(d.high == 0 && d.low == both(UINT64_MAX, UINT64_MAX));
    assert_true(negative);
}

/* The exact path against the processor's division, where the latter is
 * correctly rounded: numbers that are doubles, made large by a common factor
 * which takes them off the fast path. */
static void quotients_do_not_depend_on_the_path(void **state)
{
    (void)state;
    for (int i = 0; i < 200000; i++) {
        uint64_t a = (next_random() >> (11 + next_random() % 50)) + 1;
        uint64_t b = (next_random() >> (11 + next_random() % 50)) + 1;
        double expected = (double)a / (double)b;
        assert_true(ratio_wide(wide_from(a), b) == expected);
        uint64_t factor = next_random() >> 43 | 1;
        assert_true(ratio_wide(wide_from((uint128)a * factor),
                               (uint128)b * factor) == expected);
        uint128 large = (uint128)factor << 50 | 1;
        assert_true(ratio_wide(wide_multiply(a, large), b * large) ==
                    expected);
    }
}

/* (2^53 + 1) / 1 lies between two doubles: to even, and above with a rest. */
static void a_tie_goes_to_even_and_a_rest_breaks_it(void **state)
{
    (void)state;
    uint128 tie = ((uint128)1 << 53) + 1;
    assert_true(ratio_real(tie, 1) == 0x1p53);
    assert_true(ratio_real(tie + 2, 1) == 0x1p53 + 4);
    assert_true(ratio_real(tie * 3 + 1, 3) == 0x1p53 + 2);
    uint128 far = (uint128)1 << 70;
    assert_true(ratio_wide(wide_multiply(tie, far), far) == 0x1p53);
    struct wide more = wide_multiply(tie, far);
    more.low++;
    assert_true(ratio_wide(more, far) == 0x1p53 + 2);
}

static void quotients_reach_the_limits(void **state)
{
    (void)state;
    uint128 all = both(UINT64_MAX, UINT64_MAX);
    assert_true(ratio_wide((struct wide){all, all}, 1) == 0x1p256);
    assert_true(ratio_wide(wide_from(1), ((uint128)1 << 127) - 1) == 0x1p-127);
    assert_true(ratio_wide(wide_from(0), 5) == 0);
    assert_true(ratio_difference(INT64_MAX, INT64_MIN, 1) == 0x1p64);
    assert_true(ratio_difference(INT64_MIN, INT64_MAX, 1) == -0x1p64);
    assert_false(signbit(ratio_difference(3, 3, 1)));
}

static void whole_roots_are_found_and_others_are_not(void **state)
{
    (void)state;
    for (int i = 0; i < 100000; i++) {
        uint64_t n = next_random() >> (2 + next_random() % 60), whole = 0;
        long double root;
        assert_true(wide_root(wide_multiply(n, n), &root, &whole));
        assert_true(whole == n);
        struct wide beside = wide_multiply(n, n);
        beside.low++;
        assert_true(n == 0 || !wide_root(beside, &root, &whole));
    }
}

static void the_top_of_a_wide_number_is_exact(void **state)
{
    (void)state;
    struct wide wide = {.low = (uint128)1 << 127, .high = 1};
    assert_true(wide_real(wide) == 0x1.8p128L);
    wide.high = (uint128)1 << 127;
    assert_true(wide_real(wide) == 0x1p255L);
    assert_true(wide_real(wide_from(0)) == 0);
    assert_true(wide_real(wide_from(UINT64_MAX)) == 0x1p64L - 1);
}

/* ceil(q m): q 0.05 of 20 is 1, of 21 is 2; never by floating point, where
 * 0.05 * 20 could be more than 1. */
static void the_nearest_rank_is_the_ceiling(void **state)
{
    (void)state;
    assert_int_equal(nearest_rank(20, 5), 0);
    assert_int_equal(nearest_rank(21, 5), 1);
    assert_int_equal(nearest_rank(1, 5), 0);
    assert_int_equal(nearest_rank(1, 95), 0);
    assert_int_equal(nearest_rank(2, 50), 0);
    assert_int_equal(nearest_rank(3, 50), 1);
    assert_int_equal(nearest_rank(4, 75), 2);
    assert_int_equal(nearest_rank(100, 95), 94);
    assert_int_equal(nearest_rank(101, 95), 95);
    assert_int_equal(nearest_rank(SIZE_MAX, 100), SIZE_MAX - 1);
    for (size_t m = 1; m < 1000; m++)
        for (unsigned q = 1; q <= 100; q++)
            assert_int_equal(nearest_rank(m, q), (m * q + 99) / 100 - 1);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void sorting_orders_numbers_of_any_size(void **state)
{
    (void)state;
    enum { MOST = 3000 };
    static uint64_t values[MOST], spare[MOST], expected[MOST];
    for (size_t count = 0; count < MOST; count += 1 + count / 8) {
        for (unsigned bits = 1; bits <= 64; bits += 9) {
            for (size_t i = 0; i < count; i++)
                values[i] = next_random() >> (64 - bits);
            memcpy(expected, values, sizeof values);
            qsort(expected, count, sizeof *expected, compare_numbers);
            sort_numbers(values, spare, count);
            assert_memory_equal(values, expected, count * sizeof *values);
        }
    }
}

/* Of 2, 1, 1: H = ln 4 - (2 ln 2) / 4 = 1.5 ln 2 = 1.0397207708... */
static void entropy_is_in_nats(void **state)
{
    (void)state;
    struct entropy entropy = {.total = 4};
    entropy_add(&entropy, 2);
    entropy_add(&entropy, 1);
    entropy_add(&entropy, 1);
    assert_true(fabs(entropy_end(&entropy, 0) - 1.0397207708399179) < 1e-15);
    struct entropy one = {.total = 9};
    entropy_add(&one, 9);
    assert_true(entropy_end(&one, 0) == 0);
    assert_false(signbit(entropy_end(&one, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_of_128_bits_keep_all_256),
        cmocka_unit_test(distances_borrow_across_the_halves),
        cmocka_unit_test(quotients_do_not_depend_on_the_path),
        cmocka_unit_test(a_tie_goes_to_even_and_a_rest_breaks_it),
        cmocka_unit_test(quotients_reach_the_limits),
        cmocka_unit_test(whole_roots_are_found_and_others_are_not),
        cmocka_unit_test(the_top_of_a_wide_number_is_exact),
        cmocka_unit_test(the_nearest_rank_is_the_ceiling),
        cmocka_unit_test(sorting_orders_numbers_of_any_size),
        cmocka_unit_test(entropy_is_in_nats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
