#include "tests/unit/feature_fixture.h"

#include "stages/days.h"
#include "stages/reduce/local_time.h"

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
    for (int i = COL_HOUR_ENTROPY; i <= COL_SECOND_P; i++)
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

/* ---- the mean hour ------------------------------------------------------- */

#define QUARTER (HOUR / 4)

static void post_at(struct fixture *f, int64_t time, int count)
{
    for (int i = 0; i < count; i++)
        fixture_post(f, time);
}

/* The middle of a quarter: 22.5 minutes past 13 is 13.375. */
static void one_quarter_of_an_hour_is_its_own_mean(void **state)
{
    struct fixture *f = *state;
    post_at(f, monday() + 13 * HOUR + QUARTER, 20);
    fixture_compute(f);
    assert_cell(f, CLOCK_CONCENTRATION, "1");
    assert_cell(f, CLOCK_MEAN_HOUR, "13.375");
    f->options.utc_offset_minutes = -13 * 60;
    fixture_compute(f);
    assert_cell(f, CLOCK_MEAN_HOUR, "0.375");
}

/* The first and the last quarter of the day: between them lies midnight. */
static void the_mean_of_both_sides_of_midnight_is_midnight(void **state)
{
    struct fixture *f = *state;
    post_at(f, monday(), 10);
    post_at(f, monday() + 24 * HOUR - 1, 10);
    fixture_compute(f);
    assert_cell(f, CLOCK_MEAN_HOUR, "0");
    assert_cell(f, CLOCK_CONCENTRATION, "0.999464587"); /* cos(pi / 96) */
}

static void opposite_hours_have_no_mean(void **state)
{
    struct fixture *f = *state;
    post_at(f, monday() + 2 * HOUR, 10);
    post_at(f, monday() + 14 * HOUR, 10);
    fixture_compute(f);
    assert_cell(f, CLOCK_CONCENTRATION, "0");
    assert_cell(f, CLOCK_MEAN_HOUR, "null");
    f->view.fact_count = 0;
    for (int hour = 1; hour < 24; hour += 8) /* three, a third apart */
        post_at(f, monday() + hour * HOUR, 10);
    fixture_compute(f);
    assert_cell(f, CLOCK_CONCENTRATION, "0");
    assert_cell(f, CLOCK_MEAN_HOUR, "null");
}

/* 10 at 06:07:30 and 10 at 12:07:30: a quarter of the circle apart. */
static void a_right_angle_halves_by_its_root(void **state)
{
    struct fixture *f = *state;
    post_at(f, monday() + 6 * HOUR, 10);
    post_at(f, monday() + 12 * HOUR, 10);
    fixture_compute(f);
    assert_cell(f, CLOCK_CONCENTRATION, "0.707106781");
    assert_cell(f, CLOCK_MEAN_HOUR, "9.125");
}

/* ---- seconds of the minute ----------------------------------------------- */

static void even_seconds_have_a_chi_square_of_zero(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++)
        fixture_post(f, monday() + i * 1000);
    fixture_compute(f);
    assert_cell(f, SECOND_CHI2, "0");
    assert_cell(f, SECOND_P, "1");
    f->view.fact_count = 299;
    fixture_compute(f);
    assert_cell(f, SECOND_CHI2, "null");
    assert_cell(f, SECOND_P, "null");
}

/* 5 posts a second, but four seconds lost 3 each to second 0, which has 17:
 * (12^2 + 4 * 3^2) / 5 = 36. */
static void a_chi_square_by_hand(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++) {
        int second = i % 60;
        if (second >= 20 && second < 24 && i < 180)
            second = 0;
        fixture_post(f, monday() + (int64_t)i * 60000 + second * 1000);
    }
    fixture_compute(f);
    assert_cell(f, SECOND_CHI2, "36");
    assert_cell(f, SECOND_P, "0.992146063");
}

/* All in one second: chi-square 59 N. */
static void a_machine_on_the_second_is_improbable(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++)
        fixture_post(f, monday() + i * 60000);
    fixture_compute(f);
    assert_cell(f, SECOND_CHI2, "17700");
    assert_cell(f, SECOND_P, "0");
}

static void a_time_of_minutes_tells_no_seconds(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 300; i++)
        fixture_post(f, monday() + i * 60000);
    f->facts[17].flags = FACT_MINUTE_ONLY;
    fixture_compute(f);
    assert_cell(f, SECOND_CHI2, "null");
    assert_cell(f, SECOND_P, "null");
}

/* ---- a zone with summer time ---------------------------------------------- */

/* New York: UTC-5, from 8 March 2020 07:00 UTC UTC-4. 12:30 UTC is 07:30
 * before and 08:30 after. */
static void hours_follow_the_zone(void **state)
{
    struct fixture *f = *state;
    struct local_time zone;
    if (local_time_load("America/New_York", &zone))
        skip(); /* the package tzdata is missing */
    f->options.zone = &zone;
    int64_t day = days_from_civil(2020, 3, 7) * MS_PER_DAY;
    fixture_post(f, day + 12 * HOUR + HOUR / 2);
    fixture_post(f, day + 36 * HOUR + HOUR / 2);
    fixture_compute(f);
    assert_cell(f, HOUR_07, "1");
    assert_cell(f, HOUR_08, "1");
    /* 04:30 UTC is the day before at UTC-5, and at UTC-4 as well. */
    f->view.fact_count = 0;
    post_at(f, day + 4 * HOUR + HOUR / 2, 10);       /* Friday 23:30 */
    post_at(f, day + 17 * MS_PER_DAY + 4 * HOUR, 10); /* Tuesday 00:00 */
    fixture_compute(f);
    assert_cell(f, WEEKEND_RATIO, "0");
    assert_cell(f, DOW_5, "10");
    assert_cell(f, DOW_2, "10");
    local_time_free(&zone);
}

/* 1 November 2020: the hour from 01:00 comes twice, 05:00 and 06:00 UTC. Its
 * slot is one; 21 posts in 3 slots: 01, 02, 10 on Sunday. */
static void an_hour_that_comes_twice_is_one_slot(void **state)
{
    struct fixture *f = *state;
    struct local_time zone;
    if (local_time_load("America/New_York", &zone))
        skip();
    f->options.zone = &zone;
    int64_t day = days_from_civil(2020, 11, 1) * MS_PER_DAY;
    post_at(f, day + 5 * HOUR + HOUR / 2, 7);
    post_at(f, day + 6 * HOUR, 7);
    post_at(f, day + 7 * HOUR, 6);
    post_at(f, days_from_civil(2020, 11, 2) * MS_PER_DAY + 15 * HOUR, 1);
    fixture_compute(f);
    assert_cell(f, HOUR_01, "14");
    assert_cell(f, WORK_SHARE_ACTIVE, "0.333333333");
    local_time_free(&zone);
}

/* St John's went back at 00:01 until 2011: 23:30, 00:00, 23:30, 00:00 are two
 * slots, of which the first comes again behind the second. */
static void slots_come_again_across_midnight(void **state)
{
    struct fixture *f = *state;
    struct local_time zone;
    if (local_time_load("America/St_Johns", &zone))
        skip();
    f->options.zone = &zone;
    /* 7 November 2010, 00:01 NDT = 02:31 UTC. */
    int64_t change = days_from_civil(2010, 11, 7) * MS_PER_DAY + 2 * HOUR +
                     31 * 60000;
    post_at(f, change - 31 * 60000, 5);  /* Saturday 23:30 NDT */
    post_at(f, change - 30000, 5);       /* Sunday 00:00:30 NDT */
    post_at(f, change + 29 * 60000, 5);  /* Saturday 23:30 NST */
    post_at(f, change + 59 * 60000, 5);  /* Sunday 00:00 NST */
    post_at(f, change + 36 * HOUR, 1);   /* Monday 11:01 NST */
    fixture_compute(f);
    assert_cell(f, HOUR_23, "10");
    assert_cell(f, HOUR_00, "10");
    assert_cell(f, WORK_SHARE_ACTIVE, "0.333333333");
    local_time_free(&zone);
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
        fixture_test(one_quarter_of_an_hour_is_its_own_mean),
        fixture_test(the_mean_of_both_sides_of_midnight_is_midnight),
        fixture_test(opposite_hours_have_no_mean),
        fixture_test(a_right_angle_halves_by_its_root),
        fixture_test(even_seconds_have_a_chi_square_of_zero),
        fixture_test(a_chi_square_by_hand),
        fixture_test(a_machine_on_the_second_is_improbable),
        fixture_test(a_time_of_minutes_tells_no_seconds),
        fixture_test(hours_follow_the_zone),
        fixture_test(an_hour_that_comes_twice_is_one_slot),
        fixture_test(slots_come_again_across_midnight),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
