#include "tests/unit/feature_fixture.h"

#include "stages/days.h"

#define HOUR ((int64_t)3600000)

/* 2 retweets, 1 reply, 1 quote, 1 original. */
static void posts_are_counted_by_kind(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 1)->kind = KIND_RETWEET;
    fixture_post(f, 2)->kind = KIND_REPLY;
    fixture_post(f, 3)->kind = KIND_QUOTE;
    fixture_post(f, 4)->kind = KIND_ORIGINAL;
    fixture_post(f, 5)->kind = KIND_RETWEET;
    fixture_compute(f);
    assert_cell(f, POSTS, "5");
    assert_cell(f, ORIGINALS, "1");
    assert_cell(f, RETWEETS, "2");
    assert_cell(f, REPLIES, "1");
    assert_cell(f, QUOTES, "1");
    assert_cell(f, RETWEET_SHARE, "0.4");
    assert_cell(f, REPLY_SHARE, "0.2");
    assert_cell(f, QUOTE_SHARE, "0.2");
}

static void a_single_post_has_a_whole_row(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, -1);
    fixture_compute(f);
    assert_cell(f, POSTS, "1");
    assert_cell(f, FIRST_POST, "1969-12-31T23:59:59.999Z");
    assert_cell(f, LAST_POST, "1969-12-31T23:59:59.999Z");
    assert_cell(f, SPAN_DAYS, "0");
    assert_cell(f, ACTIVE_DAYS, "1");
    assert_cell(f, POSTS_PER_ACTIVE_DAY, "1");
    assert_cell(f, MAX_POSTS_PER_DAY, "1");
    assert_cell(f, MAX_POSTS_PER_HOUR, "1");
    assert_cell(f, MANUAL_RETWEETS, "0");
    assert_cell(f, SELF_INTERACTIONS, "0");
    assert_cell(f, COVERAGE, "null");
    assert_cell(f, DELETES, "0");
}

/* 22:59, 23:00, 23:59 on the leap day, 00:00 of the next: two days, three
 * hours, at most 3 a day, 2 an hour, and never in the local offset. */
static void bins_are_fixed_utc_days_and_hours(void **state)
{
    struct fixture *f = *state;
    int64_t march = days_from_civil(2020, 3, 1) * MS_PER_DAY;
    f->options.utc_offset_minutes = 480;
    fixture_post(f, march - HOUR - 1);
    fixture_post(f, march - HOUR);
    fixture_post(f, march - 1);
    fixture_post(f, march);
    fixture_compute(f);
    assert_cell(f, FIRST_POST, "2020-02-29T22:59:59.999Z");
    assert_cell(f, ACTIVE_DAYS, "2");
    assert_cell(f, MAX_POSTS_PER_DAY, "3");
    assert_cell(f, MAX_POSTS_PER_HOUR, "2");
    assert_cell(f, POSTS_PER_ACTIVE_DAY, "2");
    assert_cell(f, SPAN_DAYS, "0.0416666782"); /* 3,600,001 ms */
}

static void days_before_1970_do_not_share_the_day_zero(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, -1);
    fixture_post(f, 0);
    fixture_compute(f);
    assert_cell(f, ACTIVE_DAYS, "2");
    assert_cell(f, MAX_POSTS_PER_HOUR, "1");
}

static void flags_are_counted(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 1)->flags = FACT_MANUAL_RETWEET;
    fixture_post(f, 2)->flags = FACT_SELF;
    fixture_post(f, 3)->flags = FACT_SELF | FACT_MANUAL_RETWEET;
    fixture_compute(f);
    assert_cell(f, MANUAL_RETWEETS, "2");
    assert_cell(f, SELF_INTERACTIONS, "2");
}

/* 3 posts while the count grew from 100 to 105: 3 / 6. */
static void coverage_counts_both_ends(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        fixture_post(f, i);
    f->posts.statuses_first = 100;
    f->posts.statuses_last = 105;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "0.5");
    f->posts.statuses_last = 101;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "1.5");
}

static void coverage_needs_a_count_that_grew(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    f->posts.statuses_first = f->posts.statuses_last = 100;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "null");
    f->posts.statuses_last = 99;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "null");
    f->posts.statuses_first = COUNT_NONE;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "null");
    f->posts.statuses_first = 0;
    f->posts.statuses_last = INT64_MAX;
    fixture_compute(f);
    assert_cell(f, COVERAGE, "1.08420217e-19"); /* 2^-63 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(posts_are_counted_by_kind),
        fixture_test(a_single_post_has_a_whole_row),
        fixture_test(bins_are_fixed_utc_days_and_hours),
        fixture_test(days_before_1970_do_not_share_the_day_zero),
        fixture_test(flags_are_counted),
        fixture_test(coverage_counts_both_ends),
        fixture_test(coverage_needs_a_count_that_grew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
