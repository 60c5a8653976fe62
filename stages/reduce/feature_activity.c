#include "pipeline/check.h"
#include "stages/days.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#define MS_PER_HOUR 3600000

/* Posts per fixed bin; posts come in order of time, so a bin is a run. */
struct bins {
    int64_t bin;
    uint64_t in_bin, most, used;
};

static void bins_add(struct bins *bins, int64_t bin)
{
    if (!bins->used || bin != bins->bin) {
        bins->bin = bin;
        bins->in_bin = 0;
        bins->used++;
    }
    bins->in_bin++;
    if (bins->in_bin > bins->most)
        bins->most = bins->in_bin;
}

struct activity {
    uint64_t kinds[POST_KINDS];
    uint64_t manual_retweets, self;
    struct bins days, hours;
};

static void count_posts(struct activity *activity, const struct fact *facts,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct fact *fact = &facts[i];
        CHECK(fact->kind < POST_KINDS);
        activity->kinds[fact->kind]++;
        activity->manual_retweets +=
            (fact->flags & FACT_MANUAL_RETWEET) != 0;
        activity->self += (fact->flags & FACT_SELF) != 0;
        int64_t hour = divide_down(fact->time, MS_PER_HOUR);
        bins_add(&activity->hours, hour);
        bins_add(&activity->days, divide_down(hour, 24));
    }
}

static void set_kinds(const uint64_t *kinds, uint64_t posts, struct value *row)
{
    set_integer(row, COL_POSTS, (int64_t)posts);
    set_integer(row, COL_ORIGINALS, (int64_t)kinds[KIND_ORIGINAL]);
    set_integer(row, COL_RETWEETS, (int64_t)kinds[KIND_RETWEET]);
    set_integer(row, COL_REPLIES, (int64_t)kinds[KIND_REPLY]);
    set_integer(row, COL_QUOTES, (int64_t)kinds[KIND_QUOTE]);
    set_real(row, COL_RETWEET_SHARE, ratio_real(kinds[KIND_RETWEET], posts));
    set_real(row, COL_REPLY_SHARE, ratio_real(kinds[KIND_REPLY], posts));
    set_real(row, COL_QUOTE_SHARE, ratio_real(kinds[KIND_QUOTE], posts));
}

static void set_bins(const struct activity *activity, uint64_t posts,
                     struct value *row)
{
    set_integer(row, COL_ACTIVE_DAYS, (int64_t)activity->days.used);
    set_real(row, COL_POSTS_PER_ACTIVE_DAY,
             ratio_real(posts, activity->days.used));
    set_integer(row, COL_MAX_POSTS_PER_DAY, (int64_t)activity->days.most);
    set_integer(row, COL_MAX_POSTS_PER_HOUR, (int64_t)activity->hours.most);
}

/* Unknown is below every count, so one comparison asks for both. */
static void set_coverage(const struct account_posts *posts, uint64_t count,
                         struct value *row)
{
    int64_t first = posts->statuses_first, last = posts->statuses_last;
    if (first == COUNT_NONE || last <= first)
        return;
    uint64_t grown = (uint64_t)last - (uint64_t)first;
    set_real(row, COL_COVERAGE, ratio_real(count, (uint128)grown + 1));
}

int feature_activity(const struct account_posts *posts,
                     struct feature_scratch *scratch, struct value *row)
{
    (void)scratch;
    const struct fact *facts = posts->view->facts;
    size_t count = posts->view->fact_count;
    int64_t first = facts[0].time, last = facts[count - 1].time;
    struct activity activity = {0};
    count_posts(&activity, facts, count);
    set_kinds(activity.kinds, count, row);
    set_integer(row, COL_MANUAL_RETWEETS, (int64_t)activity.manual_retweets);
    set_integer(row, COL_SELF_INTERACTIONS, (int64_t)activity.self);
    set_time(row, COL_FIRST_POST, first);
    set_time(row, COL_LAST_POST, last);
    set_real(row, COL_SPAN_DAYS, ratio_difference(last, first, MS_PER_DAY));
    set_bins(&activity, count, row);
    set_coverage(posts, count, row);
    return 0;
}
