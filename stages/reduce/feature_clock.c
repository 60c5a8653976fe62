#include "stages/days.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <math.h>

#define MS_PER_HOUR 3600000
#define MS_PER_MINUTE 60000
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
#define WEEKEND_SPAN_MIN (14 * MS_PER_DAY)

/* To decimals for more than 64 bits of mantissa: what the compiler would
 * compute differs between compilers. */
#define LN_24 3.1780538303479456196469416012970554L
#define LN_168 5.1239639794032589247522943447402351L

struct clock {
    uint64_t week[WEEK_HOURS];  /* posts by hour of the week, Monday first */
    uint64_t hours[DAY_HOURS];
    uint64_t days[WEEK_DAYS];
    uint8_t week_used[WEEK_HOURS]; /* hours of the week with posts */
    size_t week_used_count;
    uint64_t posts, work, waking;
    uint64_t slots, slots_work; /* distinct (date, hour) */
    int64_t first_day, last_day;
};

/* Hours since 1970-01-01 00:00, which was a Thursday, to hours of the week. */
static int64_t week_hour_of(int64_t slot)
{
    return modulo_down(slot + 3 * DAY_HOURS, WEEK_HOURS);
}

static void add_slot(struct clock *clock, int64_t slot, uint64_t posts)
{
    int64_t week_hour = week_hour_of(slot);
    int64_t day = week_hour / DAY_HOURS, hour = week_hour % DAY_HOURS;
    bool work = day < DAYS_SATURDAY && hour >= WORK_FIRST && hour <= WORK_LAST;
    if (!clock->week[week_hour])
        clock->week_used[clock->week_used_count++] = (uint8_t)week_hour;
    clock->week[week_hour] += posts;
    clock->hours[hour] += posts;
    clock->days[day] += posts;
    clock->work += work ? posts : 0;
    clock->waking += hour >= WAKING_FIRST ? posts : 0;
    clock->slots++;
    clock->slots_work += work;
}

/* Posts come in order of time, so those of a slot are neighbours. */
static void count_slots(struct clock *clock, const struct fact *facts,
                        size_t count, int64_t offset)
{
    int64_t slot = divide_down(facts[0].time + offset, MS_PER_HOUR);
    clock->first_day = divide_down(slot, DAY_HOURS);
    size_t start = 0;
    for (size_t i = 1; i < count; i++) {
        int64_t next = divide_down(facts[i].time + offset, MS_PER_HOUR);
        if (next != slot) {
            add_slot(clock, slot, i - start);
            slot = next;
            start = i;
        }
    }
    add_slot(clock, slot, count - start);
    clock->last_day = divide_down(slot, DAY_HOURS);
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

int feature_clock(const struct account_posts *posts,
                  struct feature_scratch *scratch, struct value *row)
{
    (void)scratch;
    const struct fact *facts = posts->view->facts;
    size_t count = posts->view->fact_count;
    int64_t offset =
        (int64_t)posts->options->utc_offset_minutes * MS_PER_MINUTE;
    struct clock clock = {0};
    count_slots(&clock, facts, count, offset);
    set_histograms(&clock, row);
    if (count < CLOCK_POSTS_MIN)
        return 0;
    set_entropies(&clock, row);
    set_work(&clock, row);
    if (facts[count - 1].time - facts[0].time >= WEEKEND_SPAN_MIN)
        set_weekend(&clock, row);
    if (count >= QUIET_POSTS_MIN)
        set_quiet(&clock, row);
    return 0;
}
