#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/emit/number_text.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void assert_real_text(double real, const char *expected)
{
    char text[NUMBER_TEXT_MAX + 1];
    *write_real(text, real) = '\0';
    assert_string_equal(text, expected);
}

static void assert_like_printf(double real)
{
    char expected[64];
    snprintf(expected, sizeof expected, "%.9g", real);
    assert_real_text(real, expected);
}

static void assert_time_text(int64_t ms, const char *expected)
{
    char text[NUMBER_TEXT_MAX + 1];
    *write_time(text, ms) = '\0';
    assert_string_equal(text, expected);
}

static void nine_digits_without_trailing_zeros(void **state)
{
    (void)state;
    assert_real_text(0.5, "0.5");
    assert_real_text(1.0 / 3, "0.333333333");
    assert_real_text(2.0 / 3, "0.666666667");
    assert_real_text(100, "100");
    assert_real_text(123456789, "123456789");
    assert_real_text(1234567890, "1.23456789e+09");
    assert_real_text(0.0001, "0.0001");
    assert_real_text(0.00001, "1e-05");
    assert_real_text(-2.5, "-2.5");
    assert_real_text(1e300, "1e+300");
    assert_real_text(1200000, "1200000");
}

static void zero_has_no_sign(void **state)
{
    (void)state;
    assert_real_text(0.0, "0");
    assert_real_text(-0.0, "0");
}

/* 1234567.895 is a decimal tie that no double is: the nearest double,
 * 1234567.89500000001863..., decides. True ties go to the even digit. */
static void ties_fall_as_the_double_tells(void **state)
{
    (void)state;
    assert_real_text(1234567.895, "1234567.9");
    assert_real_text(1234567.845, "1234567.84"); /* ...84499999997 */
    assert_real_text(100000000.5, "100000000");
    assert_real_text(100000001.5, "100000002");
    assert_real_text(0.0009765625, "0.0009765625");
    assert_real_text(1.0009765625, "1.00097656");
    assert_real_text(3.0029296875, "3.00292969");
}

static void rounding_up_to_a_power_of_ten_gains_a_digit(void **state)
{
    (void)state;
    assert_real_text(9.9999999996, "10");
    assert_real_text(9.9999999994, "10");
    assert_real_text(9.999999994, "9.99999999");
    assert_real_text(999999999.6, "1e+09");
    assert_real_text(0.000099999999999, "0.0001");
    assert_real_text(0.99999999999, "1");
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15u;
    uint64_t z = (*state ^ *state >> 30) * 0xbf58476d1ce4e5b9u;
    return z ^ z >> 27;
}

static void any_double_is_printed_as_printf_does(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 300000; i++) {
        uint64_t bits = next_random(&seed);
        double any;
        memcpy(&any, &bits, sizeof any);
        if (isfinite(any) && any != 0)
            assert_like_printf(any);
        assert_like_printf((double)(bits % 10000000000) / 1000 + 1);
        assert_like_printf(ldexp((double)(bits >> 11) + 1,
                                 (int)(next_random(&seed) % 130) - 120));
    }
}

static void the_borders_of_every_power_are_printed_as_printf_does(void **state)
{
    (void)state;
    for (int power = -30; power < 30; power++) {
        double up = strtod((char[]){'1', 'e', power < 0 ? '-' : '+',
                                    (char)('0' + abs(power) / 10),
                                    (char)('0' + abs(power) % 10), '\0'},
                           NULL);
        double down = up;
        for (int i = 0; i < 200; i++) {
            assert_like_printf(up);
            assert_like_printf(-down);
            up = nextafter(up, INFINITY);
            down = nextafter(down, 0);
        }
    }
    for (int power = -100; power < 100; power++)
        assert_like_printf(ldexp(1, power));
    assert_like_printf(DBL_MAX);
    assert_like_printf(DBL_TRUE_MIN);
}

static void assert_integer_text(int64_t integer)
{
    char text[NUMBER_TEXT_MAX + 1], expected[32];
    *write_integer(text, integer) = '\0';
    snprintf(expected, sizeof expected, "%" PRId64, integer);
    assert_string_equal(text, expected);
}

static void integers_are_exact_to_the_last_digit(void **state)
{
    (void)state;
    uint64_t seed = 2;
    assert_integer_text(INT64_MIN);
    assert_integer_text(INT64_MAX);
    assert_integer_text(((int64_t)1 << 53) + 1);
    for (int64_t i = -1100; i <= 1100; i++)
        assert_integer_text(i);
    for (int i = 0; i < 100000; i++)
        assert_integer_text((int64_t)(next_random(&seed) >>
                                      (next_random(&seed) % 64)));
}

static void times_are_utc_to_the_millisecond(void **state)
{
    (void)state;
    assert_time_text(0, "1970-01-01T00:00:00.000Z");
    assert_time_text(-1, "1969-12-31T23:59:59.999Z");
    assert_time_text(INT64_C(1587112200123), "2020-04-17T08:30:00.123Z");
    assert_time_text(INT64_C(2147483648000), "2038-01-19T03:14:08.000Z");
    assert_time_text(INT64_C(951782400000), "2000-02-29T00:00:00.000Z");
    assert_time_text(INT64_C(-62135596800000), "0001-01-01T00:00:00.000Z");
    assert_time_text(INT64_C(253402300799999), "9999-12-31T23:59:59.999Z");
}

static void years_without_four_digits_stay_within_bounds(void **state)
{
    (void)state;
    assert_time_text(INT64_C(253402300800000), "10000-01-01T00:00:00.000Z");
    assert_time_text(INT64_C(-62167219200001), "-0001-12-31T23:59:59.999Z");
    char text[NUMBER_TEXT_MAX];
    assert_true(write_time(text, INT64_MAX) - text <= NUMBER_TEXT_MAX);
    assert_true(write_time(text, INT64_MIN + 1) - text <= NUMBER_TEXT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nine_digits_without_trailing_zeros),
        cmocka_unit_test(zero_has_no_sign),
        cmocka_unit_test(ties_fall_as_the_double_tells),
        cmocka_unit_test(rounding_up_to_a_power_of_ten_gains_a_digit),
        cmocka_unit_test(any_double_is_printed_as_printf_does),
        cmocka_unit_test(the_borders_of_every_power_are_printed_as_printf_does),
        cmocka_unit_test(integers_are_exact_to_the_last_digit),
        cmocka_unit_test(times_are_utc_to_the_millisecond),
        cmocka_unit_test(years_without_four_digits_stay_within_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
