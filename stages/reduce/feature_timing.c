#include "pipeline/check.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <errno.h>
#include <math.h>

/*
 * All of it rests on the exact sums of the gaps, of their squares and of the
 * products of neighbours, in ms. The gaps add up to the time between first
 * and last post, which is below 2^62 (TIME_BIAS), so squares and products add
 * up to less than 2^124, whatever the number m of gaps; and with m < 2^58
 * (a fact has 64 bytes), m times a sum of squares stays below 2^182, and the
 * greatest number here, (m + 1) V, below 2^241: struct wide holds all.
 */
#define DORMANT_MS (180 * MS_PER_DAY)
#define LONG_MS (30 * MS_PER_DAY)
#define GAPS_MIN 2
#define BURSTINESS_N_GAPS_MIN 3
#define MEMORY_GAPS_MIN 10
#define MS_PER_SECOND_SQUARED 1000000

struct gaps {
    uint64_t *values;           /* in order of time, later sorted */
    size_t count;               /* m */
    uint64_t sum, first, last, longest;
    size_t longest_at;          /* index of the post before it */
    uint64_t dormant;
    uint128 squares, products;  /* tau_i^2; tau_i tau_(i+1) */
};

static void measure_gaps(struct gaps *gaps, const struct fact *facts)
{
    uint64_t before = 0;
    for (size_t i = 0; i < gaps->count; i++) {
        CHECK(facts[i].time <= facts[i + 1].time);
        uint64_t gap = (uint64_t)(facts[i + 1].time - facts[i].time);
        gaps->values[i] = gap;
        gaps->squares += (uint128)gap * gap;
        gaps->products += (uint128)gap * before;
        gaps->dormant += gap >= DORMANT_MS;
        if (gap > gaps->longest) {
            gaps->longest = gap;
            gaps->longest_at = i;
        }
        before = gap;
    }
    gaps->first = gaps->values[0];
    gaps->last = before;
    gaps->sum = (uint64_t)(facts[gaps->count].time - facts[0].time);
}

static void set_dormancy(const struct gaps *gaps, const struct fact *facts,
                         struct feature_scratch *scratch, struct value *row)
{
    set_integer(row, COL_DORMANT_GAPS, (int64_t)gaps->dormant);
    if (gaps->longest < LONG_MS)
        return;
    const struct fact *from = &facts[gaps->longest_at], *to = from + 1;
    set_time(row, COL_DORMANT_FROM, from->time);
    set_time(row, COL_DORMANT_TO, to->time);
    set_text(row, COL_DORMANT_FROM_POST,
             id_text(fact_post(from), scratch->digits[DIGITS_DORMANT_FROM]));
    set_text(row, COL_DORMANT_TO_POST,
             id_text(fact_post(to), scratch->digits[DIGITS_DORMANT_TO]));
}

/* m sum(x^2) - sum(x)^2 = m^2 times the variance; never negative. */
static struct wide spread(uint64_t count, uint128 squares, uint64_t sum)
{
    bool negative;
    struct wide spread = wide_distance(wide_multiply(squares, count),
                                       wide_multiply(sum, sum), &negative);
    CHECK(!negative);
    return spread;
}

/* root(V) / S, where V and S are m^2 sigma^2 and m mu. */
static double variation(long double root, bool exact, uint64_t whole,
                        uint64_t sum)
{
    return exact ? ratio_real(whole, sum) : (double)(root / (long double)sum);
}

/*
 * (root(V) - S) / (root(V) + S). Where both are near each other the
 * difference would lose its digits, so it is taken of the squares:
 * (V - S^2) / (root(V) + S)^2.
 */
static double burstiness(struct wide v, long double root, bool exact,
                         uint64_t whole, uint64_t sum)
{
    bool negative;
    struct wide square = wide_multiply(sum, sum);
    struct wide distance = wide_distance(v, square, &negative);
    if (exact)
        return real_with_sign(
            ratio_real(whole > sum ? whole - sum : sum - whole,
                       (uint128)whole + sum),
            negative);
    long double both = root + (long double)sum;
    return real_with_sign((double)(wide_real(distance) / both / both),
                          negative);
}

/*
 * With a = sqrt(m + 1), b = sqrt(m - 1), r = root(V) / S:
 * (a r - b) / ((a - 2) r + b), the numerator again by its squares:
 * ((m + 1) V - (m - 1) S^2) / (S (a root(V) + b S)).
 */
static double burstiness_n(struct wide v, long double root, uint64_t count,
                           uint64_t sum)
{
    bool negative;
    struct wide square = wide_multiply(sum, sum);
    struct wide distance =
        wide_distance(wide_scale(v, count + 1),
                      wide_scale(square, count - 1), &negative);
    long double a = sqrtl((long double)(count + 1));
    long double b = sqrtl((long double)(count - 1));
    long double total = (long double)sum;
    long double numerator = wide_real(distance) / (a * root + b * total);
    long double denominator = (a - 2) * root + b * total;
    return real_with_sign((double)(numerator / denominator), negative);
}

static void set_moments(const struct gaps *gaps, struct value *row)
{
    uint64_t m = gaps->count, sum = gaps->sum;
    struct wide v = spread(m, gaps->squares, sum);
    set_real(row, COL_GAP_MEAN_S,
             ratio_real(sum, (uint128)m * MS_PER_SECOND));
    set_real(row, COL_GAP_VARIANCE_S2,
             ratio_wide(v, (uint128)m * m * MS_PER_SECOND_SQUARED));
    if (!sum) /* all posts at one instant */
        return;
    long double root;
    uint64_t whole = 0;
    bool exact = wide_root(v, &root, &whole);
    set_real(row, COL_GAP_CV, variation(root, exact, whole, sum));
    set_real(row, COL_BURSTINESS, burstiness(v, root, exact, whole, sum));
    if (m >= BURSTINESS_N_GAPS_MIN)
        set_real(row, COL_BURSTINESS_N, burstiness_n(v, root, m, sum));
}

/*
 * Pearson's correlation of x = tau_1..tau_(m-1) and y = tau_2..tau_m, from
 * k = m - 1 times the exact covariance and variances. Where first and last
 * gap are equal so are the variances, and it is a ratio.
 */
static void set_memory(const struct gaps *gaps, struct value *row)
{
    uint64_t k = gaps->count - 1;
    uint64_t sum_x = gaps->sum - gaps->last, sum_y = gaps->sum - gaps->first;
    uint128 last2 = (uint128)gaps->last * gaps->last;
    uint128 first2 = (uint128)gaps->first * gaps->first;
    struct wide x = spread(k, gaps->squares - last2, sum_x);
    struct wide y = spread(k, gaps->squares - first2, sum_y);
    struct wide none = wide_from(0);
    if (wide_compare(x, none) == 0 || wide_compare(y, none) == 0)
        return;
    bool negative;
    struct wide xy = wide_distance(wide_multiply(gaps->products, k),
                                   wide_multiply(sum_x, sum_y), &negative);
    double memory;
    if (wide_compare(x, y) == 0 && !x.high && !(x.low >> 127))
        memory = ratio_wide(xy, x.low);
    else
        memory = (double)(wide_real(xy) / sqrtl(wide_real(x)) /
                          sqrtl(wide_real(y)));
    set_real(row, COL_MEMORY, real_with_sign(memory, negative));
}

static void set_seconds(struct value *row, enum column_place column,
                        uint64_t ms)
{
    set_real(row, column, ratio_real(ms, MS_PER_SECOND));
}

static void set_quantiles(const struct gaps *gaps, struct value *row)
{
    static const struct {
        enum column_place column;
        unsigned percent;
    } QUANTILES[] = {
        {COL_GAP_Q05_S, 5},  {COL_GAP_Q25_S, 25}, {COL_GAP_Q50_S, 50},
        {COL_GAP_Q75_S, 75}, {COL_GAP_Q95_S, 95},
    };
    size_t m = gaps->count;
    sort_numbers(gaps->values, gaps->values + m, m);
    set_seconds(row, COL_GAP_MIN_S, gaps->values[0]);
    set_seconds(row, COL_GAP_MAX_S, gaps->values[m - 1]);
    for (size_t i = 0; i < sizeof QUANTILES / sizeof QUANTILES[0]; i++)
        set_seconds(row, QUANTILES[i].column,
                    gaps->values[nearest_rank(m, QUANTILES[i].percent)]);
}

int feature_timing(const struct account_posts *posts,
                   struct feature_scratch *scratch, struct value *row)
{
    const struct fact *facts = posts->view->facts;
    struct gaps gaps = {.count = posts->view->fact_count - 1};
    if (!gaps.count)
        return 0;
    gaps.values = scratch_numbers(scratch, gaps.count);
    if (!gaps.values)
        return -ENOMEM;
    measure_gaps(&gaps, facts);
    set_dormancy(&gaps, facts, scratch, row);
    if (gaps.count < GAPS_MIN)
        return 0;
    set_moments(&gaps, row);
    if (gaps.count >= MEMORY_GAPS_MIN)
        set_memory(&gaps, row);
    set_quantiles(&gaps, row);
    return 0;
}
