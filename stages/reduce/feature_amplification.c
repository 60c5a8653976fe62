#include "stages/account_set.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <errno.h>

#define SOON_MS (10 * MS_PER_SECOND)
#define MINUTE_MS (60 * MS_PER_SECOND)

/* ---- whom it retweets -------------------------------------------------- */

struct retweets {
    uint64_t all, targeted;
    uint64_t timed;             /* the original's time is known */
    uint64_t soon, in_minute;
    uint64_t *delays;
    size_t delay_count;         /* timed, and not negative */
};

static void add_delay(struct retweets *retweets, const struct fact *fact)
{
    if (fact->original_time == TIME_NONE)
        return;
    retweets->timed++;
    if (fact->time < fact->original_time)
        return;
    uint64_t delay = (uint64_t)fact->time - (uint64_t)fact->original_time;
    retweets->soon += delay <= SOON_MS;
    retweets->in_minute += delay <= MINUTE_MS;
    retweets->delays[retweets->delay_count++] = delay;
}

static int count_retweets(struct retweets *retweets,
                          const struct account_view *view,
                          struct id_counts *tally)
{
    for (size_t i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        if (fact->kind != KIND_RETWEET)
            continue;
        retweets->all++;
        add_delay(retweets, fact);
        struct id target = fact_target(fact);
        if (!id_known(target))
            continue;
        retweets->targeted++;
        int status = id_counts_add(tally, target, 1);
        if (status)
            return status;
    }
    return 0;
}

static int set_targets(const struct retweets *retweets,
                       struct feature_scratch *scratch, struct value *row)
{
    const struct id_counts *tally = &scratch->tally;
    if (retweets->targeted || !retweets->all)
        set_integer(row, COL_RETWEET_TARGETS, (int64_t)tally->count);
    const struct id_count *top = id_counts_top(tally, id_compare_bytes);
    if (!top)
        return 0;
    set_text(row, COL_TOP_RETWEET_TARGET,
             id_text(top->key, scratch->digits[DIGITS_TOP_TARGET]));
    set_real(row, COL_TOP_RETWEET_TARGET_SHARE,
             ratio_real(top->count, retweets->targeted));
    return set_entropy(row, COL_RETWEET_TARGET_ENTROPY, scratch,
                       retweets->targeted);
}

static void set_delays(const struct retweets *retweets, struct value *row)
{
    if (retweets->timed || !retweets->all) {
        set_integer(row, COL_RETWEETS_LE_10S, (int64_t)retweets->soon);
        set_integer(row, COL_RETWEETS_LE_60S, (int64_t)retweets->in_minute);
    }
    set_median_s(row, COL_RETWEET_DELAY_Q50_S, retweets->delays,
                 retweets->delay_count);
}

static int set_retweets(const struct account_view *view,
                        struct feature_scratch *scratch, struct value *row)
{
    struct retweets retweets = {
        .delays = scratch_numbers(scratch, view->fact_count),
    };
    if (!retweets.delays)
        return -ENOMEM;
    id_counts_clear(&scratch->tally);
    int status = count_retweets(&retweets, view, &scratch->tally);
    if (status)
        return status;
    set_delays(&retweets, row); /* before the numbers are taken again */
    return set_targets(&retweets, scratch, row);
}

/* ---- how it retweets a core -------------------------------------------- */

static int count_core(const struct account_posts *posts,
                      struct id_counts *tally, uint64_t *delays,
                      size_t *delay_count, uint64_t *core_retweets)
{
    const struct account_view *view = posts->view;
    for (size_t i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        struct id target = fact_target(fact);
        if (fact->kind != KIND_RETWEET ||
            !account_set_has(posts->core, view->platform, target))
            continue;
        ++*core_retweets;
        /* TIME_NONE is told apart first: it is less than any time. */
        if (fact->original_time != TIME_NONE &&
            fact->time >= fact->original_time)
            delays[(*delay_count)++] =
                (uint64_t)fact->time - (uint64_t)fact->original_time;
        int status = id_counts_add(tally, target, 1);
        if (status)
            return status;
    }
    return 0;
}

/* core_lift is of the second round: it needs all retweets of the run. */
static int set_core(const struct account_posts *posts,
                    struct feature_scratch *scratch, struct value *row)
{
    if (!posts->core)
        return 0;
    uint64_t *delays = scratch_numbers(scratch, posts->view->fact_count);
    if (!delays)
        return -ENOMEM;
    size_t delay_count = 0;
    uint64_t core_retweets = 0;
    id_counts_clear(&scratch->tally);
    int status = count_core(posts, &scratch->tally, delays, &delay_count,
                            &core_retweets);
    if (status)
        return status;
    uint64_t retweets = (uint64_t)row[COL_RETWEETS].integer;
    uint64_t size = account_set_size(posts->core);
    set_integer(row, COL_CORE_RETWEETS, (int64_t)core_retweets);
    if (retweets)
        set_real(row, COL_CORE_SHARE, ratio_real(core_retweets, retweets));
    if (size)
        set_real(row, COL_CORE_COVERAGE,
                 ratio_real(scratch->tally.count, size));
    set_median_s(row, COL_CORE_DELAY_Q50_S, delays, delay_count);
    return 0;
}

/* ---- what its posts got ------------------------------------------------ */

static void set_engagement(const struct account_view *view, struct value *row)
{
    if (!view->profile)
        return;
    for (unsigned i = 0; i < ENGAGEMENTS; i++)
        if (view->profile->engagement[i] != COUNT_NONE)
            set_integer(row, COL_MAX_RETWEET_COUNT + i,
                        view->profile->engagement[i]);
}
_Static_assert(COL_MAX_FAVORITE_COUNT ==
                   COL_MAX_RETWEET_COUNT + ENGAGEMENT_FAVORITES, "in a row");

#define POVERTY_POSTS_MIN 10
#define POVERTY_ORIGINALS_MAX 1
#define POVERTY_RETWEETS_PERCENT 90

static void set_poverty(struct value *row)
{
    int64_t posts = row[COL_POSTS].integer;
    set_integer(row, COL_ORIGINAL_POVERTY,
                posts >= POVERTY_POSTS_MIN &&
                    row[COL_ORIGINALS].integer <= POVERTY_ORIGINALS_MAX &&
                    row[COL_RETWEETS].integer * 100 >=
                        posts * POVERTY_RETWEETS_PERCENT);
}

/* ---- what was deleted -------------------------------------------------- */

/* The time inside a Twitter id, from the first id that has one. */
#define SNOWFLAKE_FIRST UINT64_C(29700859247)
#define SNOWFLAKE_EPOCH_MS 1288834974657
#define SNOWFLAKE_SHIFT 22

static int64_t id_time(enum platform platform, struct id id)
{
    if (platform != PLATFORM_TWITTER || id.number < SNOWFLAKE_FIRST)
        return TIME_NONE;
    return (int64_t)(id.number >> SNOWFLAKE_SHIFT) + SNOWFLAKE_EPOCH_MS;
}

static int set_deletes(const struct account_view *view,
                       struct feature_scratch *scratch, struct value *row)
{
    set_integer(row, COL_DELETES, (int64_t)view->deletion_count);
    if (!view->deletion_count)
        return 0;
    uint64_t *latencies = scratch_numbers(scratch, view->deletion_count);
    if (!latencies)
        return -ENOMEM;
    size_t count = 0;
    for (size_t i = 0; i < view->deletion_count; i++) {
        const struct deletion *deletion = &view->deletions[i];
        int64_t posted = id_time(view->platform, deletion->post);
        /* TIME_NONE as the notice's time is less than any posted. */
        if (posted != TIME_NONE && deletion->time >= posted)
            latencies[count++] = (uint64_t)deletion->time - (uint64_t)posted;
    }
    set_median_s(row, COL_DELETE_LATENCY_Q50_S, latencies, count);
    return 0;
}

/* The author's own count of posts falls when posts are deleted. */
static void set_drop(const struct account_view *view, struct value *row)
{
    int64_t before = COUNT_NONE, sum = 0;
    for (size_t i = 0; i < view->fact_count; i++) {
        int64_t now = view->facts[i].statuses;
        if (now == COUNT_NONE)
            continue;
        if (now < before && __builtin_add_overflow(sum, before - now, &sum))
            return;
        before = now;
    }
    if (before != COUNT_NONE)
        set_integer(row, COL_STATUSES_DROP, sum);
}

int feature_amplification(const struct account_posts *posts,
                          struct feature_scratch *scratch, struct value *row)
{
    set_drop(posts->view, row);
    set_engagement(posts->view, row);
    set_poverty(row);
    int status = set_retweets(posts->view, scratch, row);
    if (!status)
        status = set_core(posts, scratch, row);
    return status ? status : set_deletes(posts->view, scratch, row);
}
