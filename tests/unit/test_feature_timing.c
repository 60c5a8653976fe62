#include "tests/unit/feature_fixture.h"

#include "stages/days.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define DAY_S ((int64_t)86400)

static void one_post_has_no_timing(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 1000);
    fixture_compute(f);
    for (int i = COL_GAP_MEAN_S; i <= COL_DORMANT_TO_POST; i++)
        assert_true(f->row[i].null);
    assert_cell(f, SESSIONS, "1");
    assert_cell(f, SESSION_POSTS_MEAN, "1");
    assert_cell(f, SESSION_LONGEST_S, "0");
}

static void one_gap_supports_dormancy_pauses_and_its_mode(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){60}, 1);
    fixture_compute(f);
    assert_cell(f, DORMANT_GAPS, "0");
    assert_cell(f, GAP_MEAN_S, "null");
    assert_cell(f, GAP_MIN_S, "null");
    assert_cell(f, GAP_Q50_S, "null");
    assert_cell(f, BURSTINESS, "null");
    assert_cell(f, DORMANT_FROM, "null");
    assert_cell(f, GAP_ENTROPY, "null");
    assert_cell(f, MODAL_GAP_S, "60");
    assert_cell(f, MODAL_GAP_SHARE, "1");
    assert_cell(f, GAPS_LE_10S, "0");
    assert_cell(f, GAPS_LE_60S, "1");
    assert_cell(f, PAUSES_LT_1M, "0");
    assert_cell(f, PAUSES_LT_5M, "1");
    assert_cell(f, SESSIONS, "1");
}

/* Gaps 1 and 3 s: mu = 2, sigma = 1, cv = 1/2, B = (1 - 2) / (1 + 2). */
static void two_gaps_by_hand(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){3, 1}, 2);
    fixture_compute(f);
    assert_cell(f, GAP_MEAN_S, "2");
    assert_cell(f, GAP_VARIANCE_S2, "1");
    assert_cell(f, GAP_CV, "0.5");
    assert_cell(f, GAP_MIN_S, "1");
    assert_cell(f, GAP_MAX_S, "3");
    assert_cell(f, BURSTINESS, "-0.333333333");
    assert_cell(f, BURSTINESS_N, "null");
    assert_cell(f, MEMORY, "null");
}

/* Gaps 1, 2, 6 s: mu = 3, variance (4 + 1 + 9) / 3 = 14/3,
 * r = sqrt(14/3) / 3 = 0.720082300, B = (r - 1) / (r + 1) = -0.162735...;
 * with m = 3: (2 r - sqrt 2) / (0 r + sqrt 2) = r sqrt 2 - 1 = 0.01835... */
static void three_gaps_by_hand(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){2, 6, 1}, 3);
    fixture_compute(f);
    assert_cell(f, GAP_MEAN_S, "3");
    assert_cell(f, GAP_VARIANCE_S2, "4.66666667");
    assert_cell(f, GAP_CV, "0.7200823");
    assert_cell(f, BURSTINESS, "-0.162735062");
    assert_cell(f, BURSTINESS_N, "0.0183501544");
}

/* A clock: sigma = 0, r = 0, both measures are -1 exactly. */
static void regular_posting_has_burstiness_minus_one(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[20];
    for (size_t i = 0; i < COUNT(gaps); i++)
        gaps[i] = 3600;
    fixture_gaps(f, gaps, COUNT(gaps));
    fixture_compute(f);
    assert_cell(f, GAP_VARIANCE_S2, "0");
    assert_cell(f, GAP_CV, "0");
    assert_cell(f, BURSTINESS, "-1");
    assert_cell(f, BURSTINESS_N, "-1");
    assert_cell(f, MEMORY, "null"); /* both sides constant */
}

/* All the time in one of m gaps: sigma/mu = sqrt(m - 1), where burstiness_n
 * reaches its limit 1. m = 10: r = 3, B = (3 - 1) / (3 + 1). */
static void one_burst_has_burstiness_n_one(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[10] = {[4] = 500};
    fixture_gaps(f, gaps, COUNT(gaps));
    fixture_compute(f);
    assert_cell(f, GAP_CV, "3");
    assert_cell(f, BURSTINESS, "0.5");
    assert_cell(f, BURSTINESS_N, "1");
}

/* burstiness_n is 0 where r^2 = (m - 1) / (m + 1), as of a Poisson process:
 * for m = 17, 8/9. If k of the gaps are equal and the others 0, r^2 = m/k - 1,
 * and k = 9 gives 17/9 - 1 = 8/9. */
static void a_poisson_spread_has_burstiness_n_zero(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[17];
    for (size_t i = 0; i < COUNT(gaps); i++)
        gaps[i] = i % 2 ? 0 : 7;
    fixture_gaps(f, gaps, COUNT(gaps));
    fixture_compute(f);
    assert_cell(f, BURSTINESS_N, "0");
}

static void posts_at_one_instant_have_no_ratios(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[24] = {0};
    fixture_gaps(f, gaps, COUNT(gaps));
    fixture_compute(f);
    assert_cell(f, GAP_MEAN_S, "0");
    assert_cell(f, GAP_VARIANCE_S2, "0");
    assert_cell(f, GAP_MAX_S, "0");
    assert_cell(f, GAP_Q95_S, "0");
    assert_cell(f, GAP_CV, "null");
    assert_cell(f, BURSTINESS, "null");
    assert_cell(f, BURSTINESS_N, "null");
    assert_cell(f, MEMORY, "null");
    assert_cell(f, DORMANT_GAPS, "0");
}

/* Gaps 1..20: ceil(0.05 * 20) = 1, 5, 10, 15, 19. */
static void quantiles_take_the_nearest_rank(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[21];
    for (size_t i = 0; i < 20; i++)
        gaps[i] = (int64_t)(i * 7 % 20) + 1; /* 1..20 in another order */
    fixture_gaps(f, gaps, 20);
    fixture_compute(f);
    assert_cell(f, GAP_Q05_S, "1");
    assert_cell(f, GAP_Q25_S, "5");
    assert_cell(f, GAP_Q50_S, "10");
    assert_cell(f, GAP_Q75_S, "15");
    assert_cell(f, GAP_Q95_S, "19");
}

/* With 21 gaps: ceil(1.05) = 2, ceil(5.25) = 6, 11, 16, ceil(19.95) = 20. */
static void a_fraction_of_a_rank_counts_as_the_next(void **state)
{
    struct fixture *f = *state;
    int64_t gaps[21];
    for (size_t i = 0; i < 21; i++)
        gaps[i] = (int64_t)(i * 8 % 21) + 1;
    fixture_gaps(f, gaps, 21);
    fixture_compute(f);
    assert_cell(f, GAP_Q05_S, "2");
    assert_cell(f, GAP_Q25_S, "6");
    assert_cell(f, GAP_Q50_S, "11");
    assert_cell(f, GAP_Q75_S, "16");
    assert_cell(f, GAP_Q95_S, "20");
}

static void nine_gaps_have_no_memory(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){1, 3, 1, 3, 1, 3, 1, 3, 1}, 9);
    fixture_compute(f);
    assert_cell(f, MEMORY, "null");
}

/* 1 3 1 3 ...: where one is long the next is short. */
static void alternating_gaps_have_memory_minus_one(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){1, 3, 1, 3, 1, 3, 1, 3, 1, 3}, 10);
    fixture_compute(f);
    assert_cell(f, MEMORY, "-1");
}

/* 1 ... 10: x = 1..9, y = x + 1. */
static void steadily_growing_gaps_have_memory_one(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 10);
    fixture_compute(f);
    assert_cell(f, MEMORY, "1");
}

/* Gaps of nine zeros and a 1 in the middle: x and y have one 1 among nine,
 * never together. covariance -1/81, variances 8/81: memory = -1/8. */
static void a_single_pulse_by_hand(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){0, 0, 0, 0, 1, 0, 0, 0, 0, 0}, 10);
    fixture_compute(f);
    assert_cell(f, MEMORY, "-0.125");
}

/* The gaps of ten posts, 2^44 ms (557 years) apart but for 0 or 1 ms: sums of
 * squares exceed 2^90, the variance is that of the single ms. Seven 0s and
 * three 1s: variance 0.3 * 0.7 ms^2 = 0.21e-6 s^2. */
static void a_small_spread_of_huge_gaps_loses_no_digit(void **state)
{
    struct fixture *f = *state;
    int64_t time = -((int64_t)1 << 47);
    fixture_post(f, time);
    for (int i = 0; i < 10; i++)
        fixture_post(f, time += ((int64_t)1 << 44) + (i % 4 == 1));
    fixture_compute(f);
    assert_cell(f, GAP_VARIANCE_S2, "2.1e-07");
    assert_cell(f, GAP_MIN_S, "1.7592186e+10");
}

/* 1234567895 ms is a decimal tie at nine digits; its double is above. */
static void decimal_ties_of_milliseconds_are_exact(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_post(f, 1234567895);
    fixture_post(f, 1234567895 * (int64_t)2);
    fixture_compute(f);
    assert_cell(f, GAP_MEAN_S, "1234567.9");
    assert_cell(f, GAP_MAX_S, "1234567.9");
}

static void a_gap_of_exactly_180_days_is_dormant(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_post(f, 180 * MS_PER_DAY - 1);
    fixture_post(f, 360 * MS_PER_DAY - 1);
    fixture_compute(f);
    assert_cell(f, DORMANT_GAPS, "1");
    assert_cell(f, DORMANT_FROM_POST, "2");
    assert_cell(f, DORMANT_TO_POST, "3");
}

static void the_longest_gap_is_told_from_exactly_30_days_on(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){5, 30 * DAY_S, 7}, 3);
    fixture_compute(f);
    assert_cell(f, DORMANT_GAPS, "0");
    assert_cell(f, DORMANT_FROM, "1970-01-01T00:00:05.000Z");
    assert_cell(f, DORMANT_TO, "1970-01-31T00:00:05.000Z");
    assert_cell(f, DORMANT_FROM_POST, "2");
    assert_cell(f, DORMANT_TO_POST, "3");
    f->view.fact_count = 0;
    fixture_post(f, 0);
    fixture_post(f, 30 * MS_PER_DAY - 1);
    fixture_compute(f);
    assert_cell(f, DORMANT_FROM, "null");
    assert_cell(f, DORMANT_TO_POST, "null");
}

static void the_first_of_equally_long_gaps_is_told(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){1, 200 * DAY_S, 2, 200 * DAY_S}, 4);
    fixture_compute(f);
    assert_cell(f, DORMANT_GAPS, "2");
    assert_cell(f, DORMANT_FROM_POST, "2");
    assert_cell(f, DORMANT_TO_POST, "3");
}

static void ids_that_are_no_numbers_are_evidence_too(void **state)
{
    struct fixture *f = *state;
    struct fact *fact = fixture_post(f, 0);
    fact->post = fixture_blob(f, "t3_0a=z");
    fact->flags = FACT_POST_BLOB;
    fixture_post(f, 31 * MS_PER_DAY)->post = UINT64_MAX;
    fixture_compute(f);
    assert_cell(f, DORMANT_FROM_POST, "t3_0a=z");
    assert_cell(f, DORMANT_TO_POST, "18446744073709551615");
}

/* ---- how gaps spread ----------------------------------------------------- */

/* Bins of 0.4 s and 1 s: 0; 2 and 3 s: 1; 2^31 s: 31. Counts 2, 2, 1:
 * H = -(2 * 0.4 ln 0.4 + 0.2 ln 0.2) = 1.05492017, / ln 32. */
static void gaps_fall_into_bins_of_powers_of_two(void **state)
{
    struct fixture *f = *state;
    static const int64_t GAPS_MS[] = {400, 1000, 2999, 2000,
                                      INT64_C(2147483648000)};
    int64_t time = 0;
    fixture_post(f, time);
    for (size_t i = 0; i < COUNT(GAPS_MS); i++)
        fixture_post(f, time += GAPS_MS[i]);
    fixture_compute(f);
    assert_cell(f, GAP_ENTROPY, "0.304385619");
    f->view.fact_count = 0;
    fixture_gaps(f, (int64_t[]){5, 5, 5, 5}, 4);
    fixture_compute(f);
    assert_cell(f, GAP_ENTROPY, "0");
}

/* Half a second rounds up: 0.5 and 1.499 s are 1 s; 0.499 s is none. */
static void the_modal_gap_is_the_commonest_second(void **state)
{
    struct fixture *f = *state;
    static const int64_t GAPS_MS[] = {500, 1499, 7000, 7001, 499, 1500,
                                      86400499, 86400500};
    int64_t time = 0;
    fixture_post(f, time);
    for (size_t i = 0; i < COUNT(GAPS_MS); i++)
        fixture_post(f, time += GAPS_MS[i]);
    fixture_compute(f);
    assert_cell(f, MODAL_GAP_S, "1"); /* twice, as 7 is: the smallest */
    assert_cell(f, MODAL_GAP_SHARE, "0.25");
    f->view.fact_count = 0;
    fixture_gaps(f, (int64_t[]){0, 0, 86401, 86401}, 4);
    fixture_compute(f);
    assert_cell(f, MODAL_GAP_S, "null");
    assert_cell(f, MODAL_GAP_SHARE, "null");
    f->view.fact_count = 0;
    fixture_gaps(f, (int64_t[]){86400, 0, 0}, 3);
    fixture_compute(f);
    assert_cell(f, MODAL_GAP_S, "86400");
}

/* One gap at each end of each pause: the end belongs to the next. */
static void pauses_have_exact_borders(void **state)
{
    struct fixture *f = *state;
    static const int64_t ENDS_S[] = {60, 300, 3600, 86400, 604800, 2628000,
                                     31540000};
    int64_t time = 0;
    fixture_post(f, time);
    for (size_t i = 0; i < COUNT(ENDS_S); i++) {
        fixture_post(f, time += ENDS_S[i] * 1000 - 1);
        fixture_post(f, time += ENDS_S[i] * 1000);
    }
    fixture_compute(f);
    assert_cell(f, PAUSES_LT_1M, "1");
    for (int i = COL_PAUSES_LT_5M; i <= COL_PAUSES_LT_1Y; i++)
        assert_int_equal(f->row[i].integer, 2);
    assert_cell(f, PAUSES_GE_1Y, "1");
    assert_cell(f, GAPS_LE_60S, "2");
}

static void short_gaps_include_their_limit(void **state)
{
    struct fixture *f = *state;
    static const int64_t GAPS_MS[] = {0, 1000, 1001, 10000, 10001, 60000,
                                      60001};
    int64_t time = 0;
    fixture_post(f, time);
    for (size_t i = 0; i < COUNT(GAPS_MS); i++)
        fixture_post(f, time += GAPS_MS[i]);
    fixture_compute(f);
    assert_cell(f, GAPS_LE_1S, "2");
    assert_cell(f, GAPS_LE_10S, "4");
    assert_cell(f, GAPS_LE_60S, "6");
}

/* Gaps 1799, 1799, 1800, 10, 1800: three sessions of 3, 2, 1 posts. */
static void half_an_hour_ends_a_session(void **state)
{
    struct fixture *f = *state;
    fixture_gaps(f, (int64_t[]){1799, 1799, 1800, 10, 1800}, 5);
    fixture_compute(f);
    assert_cell(f, SESSIONS, "3");
    assert_cell(f, SESSION_POSTS_MEAN, "2");
    assert_cell(f, SESSION_LONGEST_S, "3598");
}

/* ---- calendars ----------------------------------------------------------- */

static int64_t date(int year, int month, int day)
{
    return days_from_civil(year, month, day) * MS_PER_DAY;
}

/* 180 days are 180 times 24 hours: over a leap day, over the end of summer
 * time, at the ends of the years that are counted in 32 bits. */
static void dormancy_counts_days_of_24_hours(void **state)
{
    static const struct {
        int year, month, day;
        const char *to;
    } STARTS[] = {
        {1970, 1, 1, "1970-06-30T00:00:00.000Z"},
        {2019, 12, 1, "2020-05-29T00:00:00.000Z"}, /* over 29 February */
        {2020, 12, 1, "2021-05-30T00:00:00.000Z"},
        {2020, 8, 1, "2021-01-28T00:00:00.000Z"},
        {2037, 12, 1, "2038-05-30T00:00:00.000Z"},
        {2100, 1, 1, "2100-06-30T00:00:00.000Z"}, /* no leap year */
    };
    struct fixture *f = *state;
    f->options.utc_offset_minutes = 480;
    for (size_t i = 0; i < COUNT(STARTS); i++) {
        int64_t start = date(STARTS[i].year, STARTS[i].month, STARTS[i].day);
        f->view.fact_count = 0;
        fixture_post(f, start);
        fixture_post(f, start + 180 * MS_PER_DAY);
        fixture_compute(f);
        assert_cell(f, DORMANT_GAPS, "1");
        assert_cell(f, DORMANT_TO, STARTS[i].to);
        f->facts[1].time--;
        fixture_compute(f);
        assert_cell(f, DORMANT_GAPS, "0");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(one_post_has_no_timing),
        fixture_test(one_gap_supports_dormancy_pauses_and_its_mode),
        fixture_test(two_gaps_by_hand),
        fixture_test(three_gaps_by_hand),
        fixture_test(regular_posting_has_burstiness_minus_one),
        fixture_test(one_burst_has_burstiness_n_one),
        fixture_test(a_poisson_spread_has_burstiness_n_zero),
        fixture_test(posts_at_one_instant_have_no_ratios),
        fixture_test(quantiles_take_the_nearest_rank),
        fixture_test(a_fraction_of_a_rank_counts_as_the_next),
        fixture_test(nine_gaps_have_no_memory),
        fixture_test(alternating_gaps_have_memory_minus_one),
        fixture_test(steadily_growing_gaps_have_memory_one),
        fixture_test(a_single_pulse_by_hand),
        fixture_test(a_small_spread_of_huge_gaps_loses_no_digit),
        fixture_test(decimal_ties_of_milliseconds_are_exact),
        fixture_test(a_gap_of_exactly_180_days_is_dormant),
        fixture_test(the_longest_gap_is_told_from_exactly_30_days_on),
        fixture_test(the_first_of_equally_long_gaps_is_told),
        fixture_test(ids_that_are_no_numbers_are_evidence_too),
        fixture_test(gaps_fall_into_bins_of_powers_of_two),
        fixture_test(the_modal_gap_is_the_commonest_second),
        fixture_test(pauses_have_exact_borders),
        fixture_test(short_gaps_include_their_limit),
        fixture_test(half_an_hour_ends_a_session),
        fixture_test(dormancy_counts_days_of_24_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
