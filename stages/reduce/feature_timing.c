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
#define SESSION_MS (1800 * MS_PER_SECOND)
#define MODAL_S_MAX 86400
#define GAP_BINS 64             /* of powers of two, of s */
#define LN_32 3.46573590279972654708616060729088284L

struct gaps {
    uint64_t *values;           /* in order of time, later sorted */
    size_t count;               /* m */
    uint64_t sum, first, last, longest;
    size_t longest_at;          /* index of the post before it */
    uint64_t dormant;
    uint64_t sessions, session_longest; /* runs of gaps below SESSION_MS */
    uint128 squares, products;  /* tau_i^2; tau_i tau_(i+1) */
};

/* Posts in one session follow each other: its length adds up gap by gap. */
static void add_to_session(struct gaps *gaps, uint64_t *session, uint64_t gap)
{
    if (gap >= SESSION_MS) {
        gaps->sessions++;
        *session = 0;
        return;
    }
    *session += gap;
    if (*session > gaps->session_longest)
        gaps->session_longest = *session;
}

static void measure_gaps(struct gaps *gaps, const struct fact *facts)
{
    uint64_t before = 0, session = 0;
    gaps->sessions = 1;
    for (size_t i = 0; i < gaps->count; i++) {
        CHECK(facts[i].time <= facts[i + 1].time);
        uint64_t gap = (uint64_t)(facts[i + 1].time - facts[i].time);
        gaps->values[i] = gap;
        gaps->squares += (uint128)gap * gap;
        gaps->products += (uint128)gap * before;
        gaps->dormant += gap >= DORMANT_MS;
        add_to_session(gaps, &session, gap);
        if (gap > gaps->longest) {
            gaps->longest = gap;
            gaps->longest_at = i;
        }
        before = gap;
    }
    if (!gaps->count)
        return;
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
    set_seconds(row, COL_GAP_MIN_S, gaps->values[0]);
    set_seconds(row, COL_GAP_MAX_S, gaps->values[m - 1]);
    for (size_t i = 0; i < sizeof QUANTILES / sizeof QUANTILES[0]; i++)
        set_seconds(row, QUANTILES[i].column,
                    gaps->values[nearest_rank(m, QUANTILES[i].percent)]);
}

/* ---- how the sorted gaps spread ----------------------------------------- */

static void set_sessions(const struct gaps *gaps, struct value *row)
{
    set_integer(row, COL_SESSIONS, (int64_t)gaps->sessions);
    set_real(row, COL_SESSION_POSTS_MEAN,
             ratio_real(gaps->count + 1, gaps->sessions));
    set_seconds(row, COL_SESSION_LONGEST_S, gaps->session_longest);
}

/* Gaps rise, so those of one bin, of one pause and of one rounded second are
 * neighbours: no table is cleared or searched. */
static void set_gap_entropy(const struct gaps *gaps, struct value *row)
{
    uint64_t counts[GAP_BINS];
    size_t used = 0;
    int before = -1;
    for (size_t i = 0; i < gaps->count; i++) {
        uint64_t seconds = gaps->values[i] / MS_PER_SECOND;
        int bin = seconds ? 63 - __builtin_clzll(seconds) : 0;
        if (bin != before)
            counts[used++] = 0;
        counts[used - 1]++;
        before = bin;
    }
    struct entropy entropy = {.total = gaps->count};
    sort_falling(counts, used);
    for (size_t i = 0; i < used; i++)
        entropy_add(&entropy, counts[i]);
    set_real(row, COL_GAP_ENTROPY, entropy_end(&entropy, LN_32));
}

static void set_modal_gap(const struct gaps *gaps, struct value *row)
{
    uint64_t modal = 0, most = 0, before = 0, run = 0;
    for (size_t i = 0; i < gaps->count; i++) {
        uint64_t rounded = (gaps->values[i] + MS_PER_SECOND / 2) /
                           MS_PER_SECOND;
        if (rounded > MODAL_S_MAX)
            break;
        run = rounded == before ? run + 1 : 1;
        before = rounded;
        if (rounded && run > most) {
            most = run;
            modal = rounded;
        }
    }
    if (!most)
        return;
    set_integer(row, COL_MODAL_GAP_S, (int64_t)modal);
    set_real(row, COL_MODAL_GAP_SHARE, ratio_real(most, gaps->count));
}

#define PAUSES 8

/* Where each pause of BLOC's alphabet ends, in s; the last has no end. */
static const uint64_t PAUSE_ENDS_S[PAUSES - 1] = {
    60, 300, 3600, 86400, 604800, 2628000, 31540000,
};
_Static_assert(COL_PAUSES_GE_1Y == COL_PAUSES_LT_1M + PAUSES - 1, "in a row");
_Static_assert(COL_GAPS_LE_60S == COL_GAPS_LE_1S + 2, "in a row");

static void set_pauses(const struct gaps *gaps, struct value *row)
{
    static const uint64_t LIMITS_S[] = {1, 10, 60};
    uint64_t pauses[PAUSES] = {0}, within[3] = {0};
    size_t pause = 0;
    for (size_t i = 0; i < gaps->count; i++) {
        uint64_t gap = gaps->values[i];
        while (pause < PAUSES - 1 &&
               gap >= PAUSE_ENDS_S[pause] * MS_PER_SECOND)
            pause++;
        pauses[pause]++;
        for (int limit = 0; limit < 3; limit++)
            within[limit] += gap <= LIMITS_S[limit] * MS_PER_SECOND;
    }
    for (unsigned i = 0; i < PAUSES; i++)
        set_integer(row, COL_PAUSES_LT_1M + i, (int64_t)pauses[i]);
    for (unsigned i = 0; i < 3; i++)
        set_integer(row, COL_GAPS_LE_1S + i, (int64_t)within[i]);
}

int feature_timing(const struct account_posts *posts,
                   struct feature_scratch *scratch, struct value *row)
{
    const struct fact *facts = posts->view->facts;
    struct gaps gaps = {.count = posts->view->fact_count - 1};
    gaps.values = scratch_numbers(scratch, gaps.count);
    if (!gaps.values)
        return -ENOMEM;
    measure_gaps(&gaps, facts);
    set_sessions(&gaps, row);
    if (!gaps.count)
        return 0;
    set_dormancy(&gaps, facts, scratch, row);
    if (gaps.count >= GAPS_MIN)
        set_moments(&gaps, row);
    if (gaps.count >= MEMORY_GAPS_MIN)
        set_memory(&gaps, row);
    sort_numbers(gaps.values, gaps.values + gaps.count, gaps.count);
    set_modal_gap(&gaps, row);
    set_pauses(&gaps, row);
    if (gaps.count < GAPS_MIN)
        return 0;
    set_quantiles(&gaps, row);
    set_gap_entropy(&gaps, row);
    return 0;
}
