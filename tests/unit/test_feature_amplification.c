#include "tests/unit/feature_fixture.h"

#include "stages/account_set.h"

static struct fact *retweet(struct fixture *f, uint64_t target, int64_t delay)
{
    struct fact *fact = fixture_post(f, 1000000);
    fact->kind = KIND_RETWEET;
    fact->target = target;
    if (delay != TIME_NONE)
        fact->original_time = fact->time - delay;
    return fact;
}

static void an_account_without_retweets_has_zero_targets(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0)->target = 7; /* of an original: not counted */
    fixture_compute(f);
    assert_cell(f, RETWEET_TARGETS, "0");
    assert_cell(f, TOP_RETWEET_TARGET, "null");
    assert_cell(f, TOP_RETWEET_TARGET_SHARE, "null");
    assert_cell(f, RETWEET_TARGET_ENTROPY, "null");
    assert_cell(f, RETWEET_DELAY_Q50_S, "null");
    assert_cell(f, RETWEETS_LE_10S, "0");
    assert_cell(f, RETWEETS_LE_60S, "0");
}

static void unknown_targets_are_null_not_zero(void **state)
{
    struct fixture *f = *state;
    retweet(f, 0, TIME_NONE);
    fixture_compute(f);
    assert_cell(f, RETWEET_TARGETS, "null");
    assert_cell(f, TOP_RETWEET_TARGET, "null");
    assert_cell(f, RETWEETS_LE_10S, "null");
    assert_cell(f, RETWEETS_LE_60S, "null");
}

/* 9, 9, 100, unknown: 9 has 2 of 3; H = ln 3 - 2/3 ln 2. */
static void targets_are_counted_where_known(void **state)
{
    struct fixture *f = *state;
    retweet(f, 100, TIME_NONE);
    retweet(f, 9, TIME_NONE);
    retweet(f, 0, TIME_NONE);
    retweet(f, 9, TIME_NONE);
    fixture_compute(f);
    assert_cell(f, RETWEET_TARGETS, "2");
    assert_cell(f, TOP_RETWEET_TARGET, "9");
    assert_cell(f, TOP_RETWEET_TARGET_SHARE, "0.666666667");
    assert_cell(f, RETWEET_TARGET_ENTROPY, "0.636514168");
}

/* As bytes 100 comes before 9, and every number before a letter. */
static void the_bytewise_smallest_target_wins_a_tie(void **state)
{
    struct fixture *f = *state;
    static const char *const TEXTS[] = {"abc", "abc", "abd"};
    for (int i = 0; i < 3; i++)
        retweet(f, fixture_blob(f, TEXTS[i]), TIME_NONE)->flags =
            FACT_TARGET_BLOB;
    retweet(f, 9, TIME_NONE);
    fixture_compute(f);
    assert_cell(f, RETWEET_TARGETS, "3");
    assert_cell(f, TOP_RETWEET_TARGET, "abc"); /* twice, at two addresses */
    retweet(f, 9, TIME_NONE);
    retweet(f, 100, TIME_NONE);
    retweet(f, 100, TIME_NONE);
    fixture_compute(f);
    assert_cell(f, TOP_RETWEET_TARGET, "100");
}

static void many_targets_are_exact(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 900; i++)
        retweet(f, 1 + i % 450, TIME_NONE);
    fixture_compute(f);
    assert_cell(f, RETWEET_TARGETS, "450");
    assert_cell(f, TOP_RETWEET_TARGET, "1");
    assert_cell(f, RETWEET_TARGET_ENTROPY, "6.10924758"); /* ln 450 */
}

/* 0, 10,000, 10,001, 60,000, 60,001 ms and one negative: the median of five
 * is the third. */
static void delays_have_exact_borders_and_no_negatives(void **state)
{
    struct fixture *f = *state;
    const int64_t delays[] = {60001, -1, 10000, 0, 60000, 10001};
    for (int i = 0; i < 6; i++)
        retweet(f, 1, delays[i]);
    fixture_compute(f);
    assert_cell(f, RETWEET_DELAY_Q50_S, "10.001");
    assert_cell(f, RETWEETS_LE_10S, "2");
    assert_cell(f, RETWEETS_LE_60S, "4");
}

static void the_median_of_an_even_number_is_the_lower(void **state)
{
    struct fixture *f = *state;
    retweet(f, 1, 4000);
    retweet(f, 1, 2000);
    fixture_compute(f);
    assert_cell(f, RETWEET_DELAY_Q50_S, "2");
}

static void only_negative_delays_count_zero(void **state)
{
    struct fixture *f = *state;
    retweet(f, 1, -5);
    fixture_compute(f);
    assert_cell(f, RETWEET_DELAY_Q50_S, "null");
    assert_cell(f, RETWEETS_LE_10S, "0");
}

/* The id 10^6 << 22 was given 10^6 ms after the epoch of ids. */
static void latency_is_measured_from_the_id(void **state)
{
    struct fixture *f = *state;
    const uint64_t id = (uint64_t)1000000 << 22;
    const int64_t posted = 1288834974657 + 1000000;
    struct deletion deletions[] = {
        {{.number = id}, posted + 5000},
        {{.number = id + 1}, posted + 7000},
        {{.number = id + 2}, posted + 6000},
        {{.number = id + 3}, posted - 1},          /* before the post */
        {{.number = id + 4}, TIME_NONE},
        {{.number = 29700859246}, posted + 1},     /* too old to hold a time */
        {{.text = {"abc", 3}}, posted + 1},
    };
    fixture_post(f, 0);
    f->view.deletions = deletions;
    f->view.deletion_count = 7;
    fixture_compute(f);
    assert_cell(f, DELETES, "7");
    assert_cell(f, DELETE_LATENCY_Q50_S, "6");
    f->view.platform = PLATFORM_REDDIT;
    fixture_compute(f);
    assert_cell(f, DELETES, "7");
    assert_cell(f, DELETE_LATENCY_Q50_S, "null");
}

/* The id 29,700,859,247 is the first with a time: 7081 ms after the epoch. */
static void the_first_id_with_a_time_has_one(void **state)
{
    struct fixture *f = *state;
    struct deletion deletion = {{.number = 29700859247},
                                1288834974657 + 7081 + 250};
    fixture_post(f, 0);
    f->view.deletions = &deletion;
    f->view.deletion_count = 1;
    fixture_compute(f);
    assert_cell(f, DELETE_LATENCY_Q50_S, "0.25");
}

/* 10, -, 7, 9, 4: falls of 3 and 5. */
static void falls_of_the_status_count_add_up(void **state)
{
    struct fixture *f = *state;
    const int64_t statuses[] = {10, COUNT_NONE, 7, 9, 4};
    for (int i = 0; i < 5; i++)
        fixture_post(f, i)->statuses = statuses[i];
    fixture_compute(f);
    assert_cell(f, STATUSES_DROP, "8");
    f->view.fact_count = 1;
    fixture_compute(f);
    assert_cell(f, STATUSES_DROP, "0");
}

static void falls_too_great_to_add_are_null(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 4; i++)
        fixture_post(f, i)->statuses = i % 2 ? 0 : INT64_MAX;
    fixture_compute(f);
    assert_cell(f, STATUSES_DROP, "null");
    f->view.fact_count = 3;
    fixture_compute(f);
    assert_cell(f, STATUSES_DROP, "9223372036854775807");
    f->facts[0].statuses = f->facts[1].statuses = COUNT_NONE;
    f->view.fact_count = 2;
    fixture_compute(f);
    assert_cell(f, STATUSES_DROP, "null");
}

static void columns_of_round_two_wait(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_compute(f);
    for (int i = 0; i < COL_COUNT; i++)
        assert_true(!COLUMNS[i].round_two || f->row[i].null);
    assert_true(COLUMNS[COL_RETWEETERS].round_two);
    assert_true(COLUMNS[COL_RETWEETS_RECEIVED].round_two);
    assert_true(COLUMNS[COL_CORE_LIFT].round_two);
}

/* ---- a core -------------------------------------------------------------- */

static struct memory memory;
static struct handle_watch *watch;

static struct account_set *core_of(const char *const *lines)
{
    memory_init(&memory, (uint64_t)1 << 20, 0);
    watch = handle_watch_create(&memory, 1);
    struct account_set *core = account_set_create(watch);
    for (; *lines; lines++)
        account_set_add_line(
            core, (struct text){*lines, (uint32_t)strlen(*lines)});
    return core;
}

static void end_core(struct account_set *core)
{
    account_set_free(core);
    handle_watch_free(watch);
}

static void no_list_means_null(void **state)
{
    struct fixture *f = *state;
    retweet(f, 7, 5);
    fixture_compute(f);
    for (int i = COL_CORE_RETWEETS; i <= COL_CORE_DELAY_Q50_S; i++)
        assert_true(f->row[i].null);
}

/* Core: 7, 8, 9 and a handle nobody has. 7 retweeted twice (20 s, 1 s), 8 once
 * (before its original), 100 and somebody unknown once. */
static void a_core_is_counted_covered_and_timed(void **state)
{
    struct fixture *f = *state;
    struct account_set *core =
        core_of((const char *const[]){"7", "8", "9", "@nobody", NULL});
    f->posts.core = core;
    retweet(f, 7, 20000);
    retweet(f, 7, 1000);
    retweet(f, 8, -5);
    retweet(f, 100, 3);
    retweet(f, 0, TIME_NONE);
    fixture_post(f, 1000000)->target = 9; /* a reply is no retweet */
    fixture_compute(f);
    assert_cell(f, CORE_RETWEETS, "3");
    assert_cell(f, CORE_SHARE, "0.6");
    assert_cell(f, CORE_COVERAGE, "0.5");
    assert_cell(f, CORE_DELAY_Q50_S, "1");
    assert_cell(f, CORE_LIFT, "null");
    assert_cell(f, TOP_RETWEET_TARGET, "7");
    end_core(core);
}

static void who_never_retweets_has_no_share_of_a_core(void **state)
{
    struct fixture *f = *state;
    struct account_set *core = core_of((const char *const[]){NULL});
    f->posts.core = core;
    fixture_post(f, 0);
    fixture_compute(f);
    assert_cell(f, CORE_RETWEETS, "0");
    assert_cell(f, CORE_SHARE, "null");
    assert_cell(f, CORE_COVERAGE, "null"); /* of an empty list */
    end_core(core);
    core = core_of((const char *const[]){"@nobody", NULL});
    f->posts.core = core;
    fixture_compute(f);
    assert_cell(f, CORE_COVERAGE, "0");
    end_core(core);
}

/* ---- poverty and engagement ---------------------------------------------- */

static void poverty_has_exact_borders(void **state)
{
    static const struct {
        int originals, replies, retweets;
        const char *cell;
    } CASES[] = {
        {1, 0, 9, "1"},  {0, 1, 9, "1"},  {0, 0, 9, "0"},  {0, 2, 8, "0"},
        {2, 0, 18, "0"}, {1, 1, 18, "1"}, {1, 1, 17, "0"}, {0, 0, 10, "1"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        f->view.fact_count = 0;
        for (int k = 0; k < CASES[i].originals; k++)
            fixture_post(f, 0);
        for (int k = 0; k < CASES[i].replies; k++)
            fixture_post(f, 0)->kind = KIND_REPLY;
        for (int k = 0; k < CASES[i].retweets; k++)
            fixture_post(f, 0)->kind = KIND_RETWEET;
        fixture_compute(f);
        assert_cell(f, ORIGINAL_POVERTY, CASES[i].cell);
    }
}

static void engagement_is_the_profiles(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    f->profile.engagement[ENGAGEMENT_RETWEETS] = 12;
    fixture_compute(f);
    assert_cell(f, MAX_RETWEET_COUNT, "12");
    assert_cell(f, MAX_FAVORITE_COUNT, "null");
    f->profile.engagement[ENGAGEMENT_FAVORITES] = 0;
    fixture_compute(f);
    assert_cell(f, MAX_FAVORITE_COUNT, "0");
    f->view.profile = NULL;
    fixture_compute(f);
    assert_cell(f, MAX_RETWEET_COUNT, "null");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(an_account_without_retweets_has_zero_targets),
        fixture_test(unknown_targets_are_null_not_zero),
        fixture_test(targets_are_counted_where_known),
        fixture_test(the_bytewise_smallest_target_wins_a_tie),
        fixture_test(many_targets_are_exact),
        fixture_test(delays_have_exact_borders_and_no_negatives),
        fixture_test(the_median_of_an_even_number_is_the_lower),
        fixture_test(only_negative_delays_count_zero),
        fixture_test(latency_is_measured_from_the_id),
        fixture_test(the_first_id_with_a_time_has_one),
        fixture_test(falls_of_the_status_count_add_up),
        fixture_test(falls_too_great_to_add_are_null),
        fixture_test(columns_of_round_two_wait),
        fixture_test(no_list_means_null),
        fixture_test(a_core_is_counted_covered_and_timed),
        fixture_test(who_never_retweets_has_no_share_of_a_core),
        fixture_test(poverty_has_exact_borders),
        fixture_test(engagement_is_the_profiles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
