#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/days.h"
#include "stages/reduce/zone_rule.h"

#include <string.h>

static struct zone_rule rule_of(const char *text)
{
    struct zone_rule rule;
    assert_true(zone_rule_parse(text, strlen(text), &rule));
    return rule;
}

static int64_t utc(int year, int month, int day, int hour)
{
    return days_from_civil(year, month, day) * 86400 + hour * 3600;
}

static void assert_change(const char *text, int64_t at, int before, int after)
{
    struct zone_rule rule = rule_of(text);
    struct zone_span last = zone_rule_span(&rule, at - 1);
    struct zone_span next = zone_rule_span(&rule, at);
    assert_int_equal(last.offset, before);
    assert_int_equal(last.until, at);
    assert_int_equal(next.from, at);
    assert_int_equal(next.offset, after);
}

static void a_fixed_offset_never_ends(void **state)
{
    (void)state;
    struct zone_rule rule = rule_of("<+0530>-5:30");
    struct zone_span span = zone_rule_span(&rule, utc(2038, 1, 19, 0));
    assert_int_equal(span.offset, 19800);
    assert_true(span.from == INT64_MIN && span.until == INT64_MAX);
    assert_int_equal(rule_of("CST-8").standard, 28800);
    assert_int_equal(rule_of("LMT8:05:43").standard, -29143);
    assert_int_equal(rule_of("<-03>+3").standard, -10800);
}

/* Second Sunday of March and first of November, 02:00 local. */
static void summer_time_changes_in_the_north(void **state)
{
    (void)state;
    const char *text = "EST5EDT,M3.2.0,M11.1.0";
    assert_change(text, utc(2020, 3, 8, 7), -18000, -14400);
    assert_change(text, utc(2020, 11, 1, 6), -14400, -18000);
    assert_change(text, utc(2100, 3, 14, 7), -18000, -14400);
    assert_change(text, utc(1970, 3, 8, 7), -18000, -14400);
}

static void summer_goes_over_the_new_year_in_the_south(void **state)
{
    (void)state;
    const char *text = "AEST-10AEDT,M10.1.0,M4.1.0/3";
    assert_change(text, utc(2021, 4, 3, 16), 39600, 36000);
    assert_change(text, utc(2021, 10, 2, 16), 36000, 39600);
    struct zone_rule rule = rule_of(text);
    assert_int_equal(zone_rule_span(&rule, utc(2021, 1, 1, 0)).offset, 39600);
    assert_int_equal(zone_rule_span(&rule, utc(2020, 12, 31, 23)).until,
                     utc(2021, 4, 3, 16));
}

/* Half an hour of summer time; the last Sunday; hours below 0 and above 24. */
static void odd_rules_are_followed(void **state)
{
    (void)state;
    assert_change("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                  utc(2021, 4, 3, 15), 39600, 37800);
    assert_change("IST-1GMT0,M10.5.0,M3.5.0/1", utc(2021, 10, 31, 1), 3600, 0);
    assert_change("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", utc(2025, 3, 30, 1),
                  -7200, -3600);
    assert_change("EET-2EEST,M3.4.4/50,M10.4.4/50", utc(2023, 3, 25, 0), 7200,
                  10800);
}

/* Day 60 is 1 March in each year as J60, and 29 February of leap years when
 * it is counted from 0 as 59. */
static void days_of_the_year_mind_the_leap_day(void **state)
{
    (void)state;
    assert_change("AAA0BBB,J60/0,J300", utc(2019, 3, 1, 0), 0, 3600);
    assert_change("AAA0BBB,J60/0,J300", utc(2020, 3, 1, 0), 0, 3600);
    assert_change("AAA0BBB,59/0,J300", utc(2019, 3, 1, 0), 0, 3600);
    assert_change("AAA0BBB,59/0,J300", utc(2020, 2, 29, 0), 0, 3600);
}

/* RFC 9636, 3.3.1: all-year summer time, whose end is the next one's start. */
static void summer_time_may_last_all_year(void **state)
{
    (void)state;
    struct zone_rule rule = rule_of("XXX3EDT4,0/0,J365/23");
    for (int year = 1999; year < 2003; year++)
        for (int hour = -30; hour <= 30; hour++)
            assert_int_equal(
                zone_rule_span(&rule, utc(year, 1, 1, 0) + hour * 3600).offset,
                -14400);
}

static void spans_tile_time(void **state)
{
    (void)state;
    struct zone_rule rule = rule_of("NZST-12NZDT,M9.5.0,M4.1.0/3");
    int64_t t = utc(1970, 1, 1, 0);
    for (int i = 0; i < 400; i++) {
        struct zone_span span = zone_rule_span(&rule, t);
        assert_true(span.from <= t && t < span.until);
        assert_int_equal(zone_rule_span(&rule, span.until).from, span.until);
        t = span.until;
    }
    assert_true(t > utc(2168, 1, 1, 0));
}

static void no_summer_time_is_beyond_the_greatest_offset(void **state)
{
    (void)state;
    struct zone_rule rule;
    const char *text = "AAA-26BBB,M1.5.0,0", *less = "AAA-25BBB,M1.5.0,0";
    assert_false(zone_rule_parse(text, strlen(text), &rule));
    assert_int_equal(rule_of(less).summer, ZONE_OFFSET_MAX);
}

/* The end of summer is in the next year, behind the start of its summer. */
static void changes_may_cross_each_other_at_the_new_year(void **state)
{
    (void)state;
    struct zone_rule rule = rule_of("XXX24:59:59YYY,M1.1.0/-26,M12.5.6/26");
    int64_t t = utc(1970, 1, 1, 0);
    for (int i = 0; i < 400; i++) {
        struct zone_span span = zone_rule_span(&rule, t);
        struct zone_span last = zone_rule_span(&rule, span.until - 1);
        assert_int_equal(last.from, span.from);
        assert_int_equal(last.until, span.until);
        assert_int_equal(last.offset, span.offset);
        t = span.until;
    }
}

static void what_is_no_rule_is_refused(void **state)
{
    (void)state;
    static const char *const WRONG[] = {
        "",          "A",           "AB3",           "EST",
        "EST5EDT",   "EST27",       "EST5x",         "<+03-3",
        "<+>3",      "EST5:60",     "EST5EDT,M3.2.0", "EST5EDT,M13.2.0,M1.1.0",
        "EST5EDT,M3.0.0,M1.1.0",    "EST5EDT,M3.6.0,M1.1.0",
        "EST5EDT,M3.2.7,M1.1.0",    "EST5EDT,J0,J365", "EST5EDT,J1,J366",
        "EST5EDT,0,366",            "EST5EDT,0/168,J365",
        "EST5EDT,M3.2.0,M11.1.0,",  "EST5EDT,M3.2.0,M11.1.0 ",
        "EST99999999999999999999",  "5EST",
    };
    struct zone_rule rule;
    for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++)
        assert_false(zone_rule_parse(WRONG[i], strlen(WRONG[i]), &rule));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fixed_offset_never_ends),
        cmocka_unit_test(summer_time_changes_in_the_north),
        cmocka_unit_test(summer_goes_over_the_new_year_in_the_south),
        cmocka_unit_test(odd_rules_are_followed),
        cmocka_unit_test(days_of_the_year_mind_the_leap_day),
        cmocka_unit_test(summer_time_may_last_all_year),
        cmocka_unit_test(spans_tile_time),
        cmocka_unit_test(no_summer_time_is_beyond_the_greatest_offset),
        cmocka_unit_test(changes_may_cross_each_other_at_the_new_year),
        cmocka_unit_test(what_is_no_rule_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
