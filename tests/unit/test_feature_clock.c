#include "tests/unit/feature_fixture.h"

#include "stages/days.h"

#define HOUR ((int64_t)3600000)

/* Monday, 2020-06-01 00:00 UTC. */
static int64_t monday(void)
{
    return days_from_civil(2020, 6, 1) * MS_PER_DAY;
}

static void few_posts_have_histograms_only(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 19; i++)
        fixture_post(f, monday() + i * 1000);
    fixture_compute(f);
    assert_cell(f, HOUR_00, "19");
    assert_cell(f, HOUR_01, "0");
    assert_cell(f, DOW_1, "19");
    assert_cell(f, DOW_7, "0");
    for (int i = COL_HOUR_ENTROPY; i <= COL_QUIET_SHARE; i++)
        assert_true(f->row[i].null);
}

/* 18:30 UTC on a Sunday is 02:30 on Monday at +08:00, and 13:00 at -05:30. */
static void hours_and_days_are_local(void **state)
{
    struct fixture *f = *state;
    f->options.utc_offset_minutes = 480;
    fixture_post(f, monday() - 5 * HOUR - HOUR / 2);
    fixture_compute(f);
    assert_cell(f, HOUR_02, "1");
    assert_cell(f, DOW_1, "1");
    f->options.utc_offset_minutes = -330;
    fixture_compute(f);
    assert_cell(f, HOUR_13, "1");
    assert_cell(f, DOW_7, "1");
    assert_cell(f, HOUR_02, "0");
}

/* -1 ms is 1969-12-31 23:59:59.999, a Wednesday. */
static void times_before_1970_fall_into_their_bins(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, -1);
    fixture_compute(f);
    assert_cell(f, HOUR_23, "1");
    assert_cell(f, DOW_3, "1");
}

static void days_after_2038_and_leap_days_fall_into_their_bins(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, days_from_civil(2020, 2, 29) * MS_PER_DAY); /* Saturday */
    fixture_post(f, days_from_civil(2038, 1, 20) * MS_PER_DAY); /* Wednesday */
    fixture_compute(f);
    assert_cell(f, DOW_6, "1");
    assert_cell(f, DOW_3, "1");
}

/* 24 posts, one each hour of a Monday: both entropies are ln 24, normalised 1
 * and ln 24 / ln 168 = 0.620233...; 9 of 24 in work hours, 9 of 16 waking.
 * work_excess = (168*9 - 45*24) / sqrt(45*123*24) = 432 / sqrt(132840). */
static void a_post_every_hour_of_a_monday(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 24; i++)
        fixture_post(f, monday() + i * HOUR);
    fixture_compute(f);
    assert_cell(f, HOUR_ENTROPY, "1");
    assert_cell(f, WEEK_ENTROPY, "0.620233445");
    assert_cell(f, WORK_SHARE, "0.375");
    assert_cell(f, WORK_SHARE_ACTIVE, "0.375");
    assert_cell(f, WORK_SHARE_WAKING, "0.5625");
    assert_cell(f, WORK_EXCESS, "1.18527552");
    assert_cell(f, WEEKEND_RATIO, "null");
    assert_cell(f, QUIET_SHARE, "null");
}

/* 19 posts within Monday 09:00 and one on Saturday 10:00: 19/20 of posts but
 * 1/2 of slots are in work hours. H of (19, 1) / ln 24:
 * (0.95 * 0.0512933 + 0.05 * 2.9957323) / 3.1780538 = 0.0624644... */
static void a_burst_counts_once_among_active_slots(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 19; i++)
        fixture_post(f, monday() + 9 * HOUR + i);
    fixture_post(f, monday() + 5 * MS_PER_DAY + 10 * HOUR);
    fixture_compute(f);
    assert_cell(f, WORK_SHARE, "0.95");
    assert_cell(f, WORK_SHARE_ACTIVE, "0.5");
    assert_cell(f, WORK_SHARE_WAKING, "0.95");
    assert_cell(f, HOUR_ENTROPY, "0.0624644056");
}

static void posts_at_one_instant_have_entropy_zero(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 25; i++)
        fixture_post(f, monday());
    fixture_compute(f);
    assert_cell(f, HOUR_ENTROPY, "0");
    assert_cell(f, WEEK_ENTROPY, "0");
    assert_cell(f, WORK_SHARE, "0");
    assert_cell(f, WORK_SHARE_WAKING, "null"); /* none from 08:00 on */
}

/* The borders of the working week: 08:59:59.999 and 18:00 are outside, 09:00
 * and 17:59:59.999 inside, Friday inside, Saturday outside. */
static void work_hours_have_exact_borders(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 14; i++)
        fixture_post(f, monday());
    fixture_post(f, monday() + 9 * HOUR - 1);
    fixture_post(f, monday() + 9 * HOUR);
    fixture_post(f, monday() + 18 * HOUR - 1);
    fixture_post(f, monday() + 18 * HOUR);
    fixture_post(f, monday() + 4 * MS_PER_DAY + 17 * HOUR);
    fixture_post(f, monday() + 5 * MS_PER_DAY + 9 * HOUR);
    fixture_compute(f);
    assert_cell(f, WORK_SHARE, "0.15");              /* 3 of 20 */
    assert_cell(f, WORK_SHARE_WAKING, "0.5");        /* 3 of 6 */
    assert_cell(f, WORK_SHARE_ACTIVE, "0.428571429"); /* 3 of 7 */
}

/* From Monday to Monday two weeks later: 15 dates, 4 of weekends, 11 others.
 * 4 posts on weekends, 22 on weekdays: (4/4) / (22/11) = 1/2. */
static void the_weekend_ratio_is_per_day(void **state)
{
    struct fixture *f = *state;
    for (int day = 0; day < 15; day++)
        for (int i = 0; i < (day % 7 < 5 ? 2 : 1); i++)
            fixture_post(f, monday() + day * MS_PER_DAY);
    fixture_compute(f);
    assert_cell(f, POSTS, "26");
    assert_cell(f, WEEKEND_RATIO, "0.5");
    f->facts[25].time = f->facts[24].time -= 1; /* 14 days less 1 ms */
    fixture_compute(f);
    assert_cell(f, WEEKEND_RATIO, "null");
}

static void no_weekday_post_means_no_weekend_ratio(void **state)
{
    struct fixture *f = *state;
    for (int week = 0; week < 4; week++)
        for (int i = 0; i < 5; i++)
            fixture_post(f, monday() + (week * 7 + 5) * MS_PER_DAY);
    fixture_compute(f);
    assert_cell(f, WEEKEND_RATIO, "null");
}

/* Quiet from 22:00 to 03:59, around midnight: 6 posts an hour elsewhere,
 * at 22:00 one: 18 * 6 + 1 = 109 posts. */
static void the_quiet_window_is_circular(void **state)
{
    struct fixture *f = *state;
    for (int hour = 4; hour < 22; hour++)
        for (int i = 0; i < 6; i++)
            fixture_post(f, monday() + hour * HOUR);
    fixture_post(f, monday() + 22 * HOUR);
    fixture_compute(f);
    assert_cell(f, POSTS, "109");
    assert_cell(f, QUIET_START_HOUR, "22");
    assert_cell(f, QUIET_SHARE, "0.00917431193"); /* 1/109 */
}

static void the_earliest_of_equally_quiet_windows_is_told(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 100; i++)
        fixture_post(f, monday() + 8 * HOUR);
    fixture_compute(f);
    assert_cell(f, QUIET_START_HOUR, "0"); /* 0..5; so are 1, 2, 9, ... */
    assert_cell(f, QUIET_SHARE, "0");
    f->view.fact_count = 99;
    fixture_compute(f);
    assert_cell(f, QUIET_START_HOUR, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(few_posts_have_histograms_only),
        fixture_test(hours_and_days_are_local),
        fixture_test(times_before_1970_fall_into_their_bins),
        fixture_test(days_after_2038_and_leap_days_fall_into_their_bins),
        fixture_test(a_post_every_hour_of_a_monday),
        fixture_test(a_burst_counts_once_among_active_slots),
        fixture_test(posts_at_one_instant_have_entropy_zero),
        fixture_test(work_hours_have_exact_borders),
        fixture_test(the_weekend_ratio_is_per_day),
        fixture_test(no_weekday_post_means_no_weekend_ratio),
        fixture_test(the_quiet_window_is_circular),
        fixture_test(the_earliest_of_equally_quiet_windows_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
