#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/days.h"

static void known_days_have_known_numbers(void **state)
{
    (void)state;
    assert_int_equal(days_from_civil(1970, 1, 1), 0);
    assert_int_equal(days_from_civil(1969, 12, 31), -1);
    assert_int_equal(days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(days_from_civil(2038, 1, 19), 24855);
    /* 2^31 s is 24855 days and 11,648 s */
    assert_int_equal((int64_t)1 << 31, 24855 * (int64_t)86400 + 11648);
    assert_int_equal(days_from_civil(1, 1, 1), -719162);
    assert_int_equal(days_from_civil(9999, 12, 31), 2932896);
}

static void leap_years_follow_the_gregorian_rule(void **state)
{
    (void)state;
    assert_int_equal(days_from_civil(1900, 3, 1) - days_from_civil(1900, 2, 28),
                     1);
    assert_int_equal(days_from_civil(2000, 3, 1) - days_from_civil(2000, 2, 28),
                     2);
    assert_int_equal(days_from_civil(2019, 3, 1) - days_from_civil(2019, 2, 28),
                     1);
    assert_int_equal(days_from_civil(2020, 3, 1) - days_from_civil(2020, 2, 28),
                     2);
    struct civil leap = days_to_civil(days_from_civil(2020, 2, 29));
    assert_int_equal(leap.month, 2);
    assert_int_equal(leap.day, 29);
}

/* Every day of 12,000 years follows the one before, by a calendar written
 * out: lengths of months, leap years by their rule. */
static void every_day_follows_the_day_before(void **state)
{
    (void)state;
    static const int LENGTHS[] = {31, 28, 31, 30, 31, 30,
                                  31, 31, 30, 31, 30, 31};
    int64_t days = days_from_civil(-1000, 1, 1);
    for (int64_t year = -1000; year < 11000; year++) {
        int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        for (int month = 1; month <= 12; month++) {
            int length = LENGTHS[month - 1] + (month == 2 ? leap : 0);
            for (int day = 1; day <= length; day++, days++) {
                struct civil civil = days_to_civil(days);
                assert_true(civil.year == year && civil.month == month &&
                            civil.day == day);
                assert_true(days_from_civil(year, month, day) == days);
            }
        }
    }
}

static void weekdays_count_from_monday(void **state)
{
    (void)state;
    assert_int_equal(days_weekday(0), 3);  /* a Thursday */
    assert_int_equal(days_weekday(-3), 0); /* Monday, 1969-12-29 */
    assert_int_equal(days_weekday(-4), 6);
    assert_int_equal(days_weekday(days_from_civil(2020, 6, 11)), 3);
    assert_int_equal(days_weekday(days_from_civil(1600, 1, 1)), 5);
}

static void weekend_days_are_those_counted_one_by_one(void **state)
{
    (void)state;
    for (int64_t first = -20; first < 20; first++) {
        int64_t counted = 0;
        for (int64_t last = first; last < first + 40; last++) {
            counted += days_weekday(last) >= 5;
            assert_int_equal(days_weekend(first, last), counted);
        }
    }
}

static void division_rounds_down_on_both_sides_of_zero(void **state)
{
    (void)state;
    assert_int_equal(divide_down(7, 4), 1);
    assert_int_equal(divide_down(-1, 4), -1);
    assert_int_equal(divide_down(-4, 4), -1);
    assert_int_equal(divide_down(-5, 4), -2);
    assert_int_equal(modulo_down(-1, 4), 3);
    assert_int_equal(modulo_down(-4, 4), 0);
    assert_int_equal(modulo_down(7, 4), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days_have_known_numbers),
        cmocka_unit_test(leap_years_follow_the_gregorian_rule),
        cmocka_unit_test(every_day_follows_the_day_before),
        cmocka_unit_test(weekdays_count_from_monday),
        cmocka_unit_test(weekend_days_are_those_counted_one_by_one),
        cmocka_unit_test(division_rounds_down_on_both_sides_of_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
