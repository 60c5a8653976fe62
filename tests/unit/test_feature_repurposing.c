#include "tests/unit/feature_fixture.h"

#define HALF_YEAR (180 * MS_PER_DAY)
#define HOUR ((int64_t)3600000)

enum { EN = 1, HE, ID, ZH };

/* So many posts, a second apart, from a time on. */
static struct fact *posts_from(struct fixture *f, int64_t time, int count)
{
    struct fact *first = NULL;
    for (int i = 0; i < count; i++) {
        struct fact *fact = fixture_post(f, time + i * MS_PER_SECOND);
        first = first ? first : fact;
    }
    return first;
}

static void assert_nothing_told(struct fixture *f)
{
    fixture_compute(f);
    for (int i = COL_REPURPOSED_AT; i <= COL_REPURPOSE_SCORE; i++)
        assert_true(f->row[i].null);
}

static void few_posts_or_a_short_gap_tell_nothing(void **state)
{
    struct fixture *f = *state;
    posts_from(f, 0, 4);
    posts_from(f, HALF_YEAR * 2, 30);
    assert_nothing_told(f);
    f->view.fact_count = 0;
    posts_from(f, 0, 5);
    posts_from(f, HALF_YEAR * 2, 19);
    assert_nothing_told(f);
    f->view.fact_count = 0;
    posts_from(f, 0, 5);
    posts_from(f, 4 * MS_PER_SECOND + HALF_YEAR - 1, 20);
    assert_nothing_told(f);
}

static void half_a_year_with_enough_posts_is_told(void **state)
{
    struct fixture *f = *state;
    posts_from(f, 0, 5);
    posts_from(f, 4 * MS_PER_SECOND + HALF_YEAR, 20);
    fixture_compute(f);
    assert_cell(f, REPURPOSED_AT, "1970-06-30T00:00:04.000Z");
    assert_cell(f, REPURPOSED_POST, "6");
    assert_cell(f, REPURPOSE_LANGUAGE, "null");
    assert_cell(f, REPURPOSE_CLIENT, "null");
    assert_cell(f, REPURPOSE_HOURS, "null");
    assert_cell(f, REPURPOSE_NAME, "null");
    assert_cell(f, REPURPOSE_FOLLOWERS, "null");
    assert_cell(f, REPURPOSE_SCORE, "null");
}

/* The longest gap of all has 3 posts before it: the longest of the others. */
static void the_longest_gap_with_support_counts(void **state)
{
    struct fixture *f = *state;
    posts_from(f, 0, 3);
    posts_from(f, HALF_YEAR * 4, 2);
    posts_from(f, HALF_YEAR * 6, 10);
    posts_from(f, HALF_YEAR * 8 + 20 * MS_PER_SECOND, 20);
    fixture_compute(f);
    assert_cell(f, DORMANT_TO_POST, "4");
    assert_cell(f, REPURPOSED_POST, "16");
}

static void the_first_of_equal_gaps_counts(void **state)
{
    struct fixture *f = *state;
    posts_from(f, 0, 10);
    posts_from(f, 9 * MS_PER_SECOND + HALF_YEAR, 10);
    posts_from(f, 18 * MS_PER_SECOND + HALF_YEAR * 2, 20);
    fixture_compute(f);
    assert_cell(f, REPURPOSED_POST, "11");
}

/* en en en zh zh | 20 zh: top language before is en. */
static void languages_are_compared_by_the_most_frequent(void **state)
{
    struct fixture *f = *state;
    struct fact *before = posts_from(f, 0, 5);
    struct fact *after = posts_from(f, HALF_YEAR * 2, 20);
    for (int i = 0; i < 5; i++)
        before[i].language = i < 3 ? EN : ZH;
    for (int i = 0; i < 20; i++)
        after[i].language = ZH;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_LANGUAGE, "1");
    assert_cell(f, REPURPOSE_SCORE, "1");
    before[0].language = 0; /* 2 en, 2 zh: en is the smaller */
    fixture_compute(f);
    assert_cell(f, REPURPOSE_LANGUAGE, "1");
    before[1].language = 0;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_LANGUAGE, "0");
    assert_cell(f, REPURPOSE_SCORE, "0");
    for (int i = 0; i < 5; i++)
        before[i].language = 0;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_LANGUAGE, "null");
}

/* Another client of the same class is no sign. Ties: automation is before
 * web, other before web. */
static void clients_are_compared_by_class(void **state)
{
    struct fixture *f = *state;
    struct fact *before = posts_from(f, 0, 6);
    struct fact *after = posts_from(f, HALF_YEAR * 2, 20);
    for (int i = 0; i < 20; i++)
        after[i].client = CLIENT_RANK_BOT;
    before[0].client = CLIENT_RANK_WEB;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_CLIENT, "1");
    before[1].client = CLIENT_RANK_BOT;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_CLIENT, "0");
    before[1].client = before[0].client = 0;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_CLIENT, "null");
}

static void names_are_those_at_the_gap(void **state)
{
    struct fixture *f = *state;
    struct fact *before = posts_from(f, 0, 5);
    struct fact *after = posts_from(f, HALF_YEAR * 2, 20);
    before[0].name_hash = 1;
    before[4].name_hash = 2;
    after[0].name_hash = 2;
    after[1].name_hash = 3;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_NAME, "0");
    after[0].name_hash = 3;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_NAME, "1");
    after[0].name_hash = 0;
    fixture_compute(f);
    assert_cell(f, REPURPOSE_NAME, "null");
}

static void followers_must_double_and_grow_by_fifty(void **state)
{
    static const struct {
        int64_t before, after;
        const char *cell;
    } CASES[] = {
        {0, 50, "1"},     {0, 49, "0"},     {50, 100, "1"},
        {51, 101, "0"},   {49, 98, "0"},    {1000, 1999, "0"},
        {1000, 2000, "1"}, {2000, 10, "0"}, {COUNT_NONE, 10, "null"},
        {10, COUNT_NONE, "null"}, {INT64_MAX, INT64_MAX, "0"},
        {0, INT64_MAX, "1"},
    };
    struct fixture *f = *state;
    struct fact *before = posts_from(f, 0, 5);
    struct fact *after = posts_from(f, HALF_YEAR * 2, 20);
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        before[4].followers = CASES[i].before;
        after[0].followers = CASES[i].after;
        fixture_compute(f);
        assert_cell(f, REPURPOSE_FOLLOWERS, CASES[i].cell);
    }
}

/* One post an hour, at k hours of the day in turn. */
static void post_hourly(struct fixture *f, int64_t day, int count,
                        int first_hour, int hours)
{
    for (int i = 0; i < count; i++)
        fixture_post(f, (day + i / hours) * MS_PER_DAY +
                            (first_hour + i % hours) * HOUR);
}

static void hours_need_150_posts_on_each_side(void **state)
{
    struct fixture *f = *state;
    post_hourly(f, 0, 150, 0, 10);
    post_hourly(f, 1000, 149, 12, 10);
    fixture_compute(f);
    assert_cell(f, REPURPOSE_HOURS, "null");
    fixture_post(f, 1014 * MS_PER_DAY + 22 * HOUR);
    fixture_compute(f);
    assert_cell(f, REPURPOSE_HOURS, "1");
    assert_cell(f, REPURPOSE_SCORE, "1");
}

static void the_same_hours_are_no_sign(void **state)
{
    struct fixture *f = *state;
    post_hourly(f, 0, 200, 0, 10);
    post_hourly(f, 1000, 300, 0, 10);
    fixture_compute(f);
    assert_cell(f, REPURPOSE_HOURS, "0");
    assert_cell(f, REPURPOSE_SCORE, "0");
}

/* Before: 75 posts at hour 0 and 75 at hour 1. After: 75 + d and 75 - d. With
 * d = 55, G2 = 48.85 and p = 0.00130; with d = 56, 51.10 and p = 0.00066. */
static void the_level_is_one_in_a_thousand(void **state)
{
    struct fixture *f = *state;
    for (int d = 55; d <= 56; d++) {
        f->view.fact_count = 0;
        for (int i = 0; i < 150; i++)
            fixture_post(f, i * MS_PER_DAY + (i % 2) * HOUR);
        for (int i = 0; i < 150; i++)
            fixture_post(f, (1000 + i) * MS_PER_DAY +
                                (i < 75 + d ? 0 : 1) * HOUR);
        fixture_compute(f);
        assert_cell(f, REPURPOSE_HOURS, d == 55 ? "0" : "1");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(few_posts_or_a_short_gap_tell_nothing),
        fixture_test(half_a_year_with_enough_posts_is_told),
        fixture_test(the_longest_gap_with_support_counts),
        fixture_test(the_first_of_equal_gaps_counts),
        fixture_test(languages_are_compared_by_the_most_frequent),
        fixture_test(clients_are_compared_by_class),
        fixture_test(names_are_those_at_the_gap),
        fixture_test(followers_must_double_and_grow_by_fifty),
        fixture_test(hours_need_150_posts_on_each_side),
        fixture_test(the_same_hours_are_no_sign),
        fixture_test(the_level_is_one_in_a_thousand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
