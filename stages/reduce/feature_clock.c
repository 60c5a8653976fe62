#include "stages/days.h"
#include "stages/reduce/chi_square.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"
#include "stages/reduce/local_time.h"

#include <math.h>

#define MS_PER_HOUR 3600000
#define MS_PER_QUARTER 900000
#define HOUR_QUARTERS 4
#define DAY_QUARTERS 96
#define MINUTE_SECONDS 60
#define DAY_HOURS 24
#define WEEK_DAYS 7
#define WEEK_HOURS 168
#define WORK_FIRST 9            /* 09:00 to 17:59, Monday to Friday */
#define WORK_LAST 17
#define WORK_HOURS 45           /* of the 168 */
#define WAKING_FIRST 8          /* 08:00 to 23:59 */
#define CLOCK_POSTS_MIN 20
#define QUIET_POSTS_MIN 100
#define QUIET_HOURS 6
#define SECONDS_POSTS_MIN 300
#define WEEKEND_SPAN_MIN (14 * MS_PER_DAY)

/* To decimals for more than 64 bits of mantissa: what the compiler would
 * compute differs between compilers. */
#define LN_24 3.1780538303479456196469416012970554L
#define LN_168 5.1239639794032589247522943447402351L

/* When clocks are put back hours come again: they are looked for among this
 * many slots before. No zone went back by more than a day. */
#define SLOTS_RECENT 32

struct clock {
    uint64_t week[WEEK_HOURS];  /* posts by hour of the week, Monday first */
    uint64_t hours[DAY_HOURS];
    uint64_t days[WEEK_DAYS];
    uint64_t quarters[DAY_QUARTERS];
    uint8_t week_used[WEEK_HOURS]; /* hours of the week with posts */
    size_t week_used_count;
    uint64_t posts, work, waking;
    uint64_t slots, slots_work; /* distinct (date, hour) */
    int64_t recent[SLOTS_RECENT], latest;
    int64_t first_day, last_day;
};

/* Hours since 1970-01-01 00:00, which was a Thursday, to hours of the week. */
static int64_t week_hour_of(int64_t slot)
{
    return modulo_down(slot + 3 * DAY_HOURS, WEEK_HOURS);
}

/* Whether the slot is a new one. */
static bool open_slot(struct clock *clock, int64_t slot)
{
    if (clock->slots && slot <= clock->latest) {
        size_t kept = clock->slots < SLOTS_RECENT ? clock->slots : SLOTS_RECENT;
        for (size_t i = 0; i < kept; i++)
            if (clock->recent[i] == slot)
                return false;
    } else {
        clock->latest = slot;
    }
    clock->recent[clock->slots++ % SLOTS_RECENT] = slot;
    return true;
}

/* Posts of one quarter of an hour. */
static void add_quarter(struct clock *clock, int64_t quarter, uint64_t posts)
{
    int64_t slot = divide_down(quarter, HOUR_QUARTERS);
    int64_t week_hour = week_hour_of(slot);
    int64_t day = week_hour / DAY_HOURS, hour = week_hour % DAY_HOURS;
    bool work = day < DAYS_SATURDAY && hour >= WORK_FIRST && hour <= WORK_LAST;
    if (!clock->week[week_hour])
        clock->week_used[clock->week_used_count++] = (uint8_t)week_hour;
    clock->week[week_hour] += posts;
    clock->hours[hour] += posts;
    clock->days[day] += posts;
    clock->quarters[hour * HOUR_QUARTERS + quarter - slot * HOUR_QUARTERS] +=
        posts;
    clock->work += work ? posts : 0;
    clock->waking += hour >= WAKING_FIRST ? posts : 0;
    if (open_slot(clock, slot))
        clock->slots_work += work;
}

/* Posts come in order of time, so those of a quarter are neighbours. */
static void count_quarters(struct clock *clock, const struct fact *facts,
                           size_t count, struct local_clock local)
{
    int64_t quarter =
        divide_down(local_clock_ms(&local, facts[0].time), MS_PER_QUARTER);
    clock->first_day = divide_down(quarter, DAY_QUARTERS);
    size_t start = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t next = divide_down(local_clock_ms(&local, facts[i].time),
                                   MS_PER_QUARTER);
        if (next != quarter) {
            add_quarter(clock, quarter, i - start);
            quarter = next;
            start = i;
        }
    }
    add_quarter(clock, quarter, count - start);
    clock->last_day = divide_down(quarter, DAY_QUARTERS);
    clock->posts = count;
}

static void set_histograms(const struct clock *clock, struct value *row)
{
    for (int i = 0; i < DAY_HOURS; i++)
        set_integer(row, COL_HOUR_00 + (unsigned)i, (int64_t)clock->hours[i]);
    for (int i = 0; i < WEEK_DAYS; i++)
        set_integer(row, COL_DOW_1 + (unsigned)i, (int64_t)clock->days[i]);
}
_Static_assert(COL_HOUR_23 == COL_HOUR_00 + DAY_HOURS - 1, "in a row");
_Static_assert(COL_DOW_7 == COL_DOW_1 + WEEK_DAYS - 1, "in a row");

static double entropy_of_posts(uint64_t *posts, size_t count, uint64_t total,
                               long double log_bins)
{
    struct entropy entropy = {.total = total};
    sort_falling(posts, count);
    for (size_t i = 0; i < count && posts[i]; i++)
        entropy_add(&entropy, posts[i]);
    return entropy_end(&entropy, log_bins);
}

static void set_entropies(const struct clock *clock, struct value *row)
{
    uint64_t posts[WEEK_HOURS];
    memcpy(posts, clock->hours, sizeof clock->hours);
    set_real(row, COL_HOUR_ENTROPY,
             entropy_of_posts(posts, DAY_HOURS, clock->posts, LN_24));
    for (size_t i = 0; i < clock->week_used_count; i++)
        posts[i] = clock->week[clock->week_used[i]];
    set_real(row, COL_WEEK_ENTROPY,
             entropy_of_posts(posts, clock->week_used_count, clock->posts,
                              LN_168));
}

/* cos(2 pi (k + 0.5) / 96), k = 0..23: a quarter of the circle. */
static const long double QUARTER_COSINES[DAY_QUARTERS / 4] = {
    0.999464587476365644429836446242859946L,
    0.995184726672196886244836953109479922L,
    0.986643332084879004746923932984206043L,
    0.973876979277333648149689970133550392L,
    0.956940335732208864935797886980269969L,
    0.93590592675732570029170724946673536L,
    0.910863824921175818573291707160550646L,
    0.88192126434835502971275686366038835L,
    0.849202181526578887649096937343100223L,
    0.8128466845916152165790961432719088L,
    0.773010453362736960810906609758469801L,
    0.729864072697835657350101194403181883L,
    0.683592302022871280513497594316155117L,
    0.634393284163645498215171613225493371L,
    0.58247769686780214919713476703611245L,
    0.528067850650367995873448820337605568L,
    0.471396736825997648556387625905254378L,
    0.412707029804394737047702186073367472L,
    0.352250047921233506531752319758712672L,
    0.290284677254462367636192375817395275L,
    0.227076263034373207585696692577088087L,
    0.16289547339458873948080063970826556L,
    0.0980171403295606019941955638886418459L,
    0.0327190828217761420636599263172881261L,
};
#define HOURS_PER_RADIAN 3.81971863420548805845321032094034469L /* 12 / pi */

/* What rounding leaves of sums that are 0, by posts: nobody's R or hour. */
#define VECTOR_NOTHING 1e-15L
#define CONCENTRATION_MIN 1e-9L
/* %.9g prints hours above it as 24, which is 0. */
#define HOUR_LAST 23.99999995L

/* The mean vector, from counts folded to the first quarter of the circle, so
 * that what lies opposite cancels as integers do. */
static void sum_vector(const uint64_t *quarters, long double *x,
                       long double *y)
{
    const int quarter = DAY_QUARTERS / 4, half = DAY_QUARTERS / 2;
    *x = *y = 0;
    for (int k = 0; k < quarter; k++) {
        int64_t first = (int64_t)quarters[k];
        int64_t second = (int64_t)quarters[half - 1 - k];
        int64_t third = (int64_t)quarters[half + k];
        int64_t fourth = (int64_t)quarters[DAY_QUARTERS - 1 - k];
        long double across = (long double)(first - second - third + fourth);
        long double up = (long double)(first + second - third - fourth);
        *x += across * QUARTER_COSINES[k];
        *y += up * QUARTER_COSINES[quarter - 1 - k];
    }
}

static void set_direction(const struct clock *clock, struct value *row)
{
    long double x, y, posts = (long double)clock->posts;
    sum_vector(clock->quarters, &x, &y);
    if (fabsl(x) < VECTOR_NOTHING * posts)
        x = 0;
    if (fabsl(y) < VECTOR_NOTHING * posts)
        y = 0;
    long double length = sqrtl(x * x + y * y) / posts;
    if (length < CONCENTRATION_MIN) {
        set_real(row, COL_CLOCK_CONCENTRATION, 0);
        return;
    }
    set_real(row, COL_CLOCK_CONCENTRATION, (double)length);
    long double hour = atan2l(y, x) * HOURS_PER_RADIAN;
    if (hour < 0)
        hour += DAY_HOURS;
    set_real(row, COL_CLOCK_MEAN_HOUR,
             hour < HOUR_LAST ? (double)hour : 0);
}

/* (x - p N) / sqrt(p (1 - p) N), p = 45/168, both sides times 168. */
static double work_excess(uint64_t work, uint64_t slots)
{
    int64_t above =
        (int64_t)(WEEK_HOURS * work) - (int64_t)(WORK_HOURS * slots);
    uint128 under = (uint128)(WORK_HOURS * (WEEK_HOURS - WORK_HOURS)) * slots;
    long double root;
    uint64_t whole;
    if (wide_root(wide_from(under), &root, &whole))
        return ratio_difference(above, 0, whole);
    return (double)((long double)above / root);
}

static void set_work(const struct clock *clock, struct value *row)
{
    set_real(row, COL_WORK_SHARE, ratio_real(clock->work, clock->posts));
    set_real(row, COL_WORK_SHARE_ACTIVE,
             ratio_real(clock->slots_work, clock->slots));
    set_real(row, COL_WORK_EXCESS,
             work_excess(clock->slots_work, clock->slots));
    if (clock->waking)
        set_real(row, COL_WORK_SHARE_WAKING,
                 ratio_real(clock->work, clock->waking));
}

/* (weekend posts / weekend days) / (weekday posts / weekdays). A span of 14
 * days holds both kinds of days. */
static void set_weekend(const struct clock *clock, struct value *row)
{
    uint64_t weekend_posts = clock->days[DAYS_SATURDAY] +
                             clock->days[DAYS_SATURDAY + 1];
    uint64_t weekday_posts = clock->posts - weekend_posts;
    if (!weekday_posts)
        return;
    int64_t all = clock->last_day - clock->first_day + 1;
    int64_t weekend = days_weekend(clock->first_day, clock->last_day);
    set_real(row, COL_WEEKEND_RATIO,
             ratio_real((uint128)weekend_posts * (uint128)(all - weekend),
                        (uint128)weekday_posts * (uint128)weekend));
}

static void set_quiet(const struct clock *clock, struct value *row)
{
    uint64_t fewest = UINT64_MAX;
    int quiet = 0;
    for (int start = 0; start < DAY_HOURS; start++) {
        uint64_t posts = 0;
        for (int i = 0; i < QUIET_HOURS; i++)
            posts += clock->hours[(start + i) % DAY_HOURS];
        if (posts < fewest) {
            fewest = posts;
            quiet = start;
        }
    }
    set_integer(row, COL_QUIET_START_HOUR, quiet);
    set_real(row, COL_QUIET_SHARE, ratio_real(fewest, clock->posts));
}

/* sum (c - N/60)^2 / (N/60) = (60 sum c^2 - N^2) / N. */
static void set_seconds_of_minute(const struct fact *facts, uint64_t count,
                                  struct value *row)
{
    uint64_t seconds[MINUTE_SECONDS] = {0};
    for (size_t i = 0; i < count; i++) {
        if (facts[i].flags & FACT_MINUTE_ONLY)
            return;
        int64_t second = divide_down(facts[i].time, MS_PER_SECOND);
        seconds[modulo_down(second, MINUTE_SECONDS)]++;
    }
    uint128 squares = 0;
    for (int i = 0; i < MINUTE_SECONDS; i++)
        squares += (uint128)seconds[i] * seconds[i];
    uint128 above = MINUTE_SECONDS * squares - (uint128)count * count;
    set_real(row, COL_SECOND_CHI2, ratio_real(above, count));
    set_real(row, COL_SECOND_P,
             chi_square_p(wide_real(wide_from(above)) / (long double)count,
                          MINUTE_SECONDS - 1));
}

int feature_clock(const struct account_posts *posts,
                  struct feature_scratch *scratch, struct value *row)
{
    (void)scratch;
    const struct fact *facts = posts->view->facts;
    size_t count = posts->view->fact_count;
    struct clock clock = {0};
    count_quarters(&clock, facts, count, local_clock_of(posts->options));
    set_histograms(&clock, row);
    if (count < CLOCK_POSTS_MIN)
        return 0;
    set_entropies(&clock, row);
    set_direction(&clock, row);
    set_work(&clock, row);
    if (facts[count - 1].time - facts[0].time >= WEEKEND_SPAN_MIN)
        set_weekend(&clock, row);
    if (count >= QUIET_POSTS_MIN)
        set_quiet(&clock, row);
    if (count >= SECONDS_POSTS_MIN)
        set_seconds_of_minute(facts, count, row);
    return 0;
}
