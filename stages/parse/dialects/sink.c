#include "stages/parse/dialects/dialect.h"

#include "stages/parse/scalar.h"

/* Of 1 % samples the ids' milliseconds lie in a hundredth of the second. */
static void count_id_time(struct tally *tally, struct id id)
{
    int64_t of_id = time_of_id(id);
    if (of_id == TIME_NONE)
        return;
    int64_t ms = of_id % MS_PER_SECOND;
    tally->id_times++;
    tally->id_times_657_666 += ms >= 657 && ms <= 666;
}

static void count_post(struct sink *sink, const struct post *post)
{
    struct tally *tally = sink->tally;
    tally->post_records++;
    tally->kinds[post->kind]++;
    tally->dialect_posts[sink->dialect]++;
    if (post->platform == PLATFORM_TWITTER)
        count_id_time(tally, post->id);
}

void sink_post(struct sink *sink, const struct post *post)
{
    count_post(sink, post);
    if (!batch_add_post(sink->batch, post))
        sink->out_of_memory = true;
}

void sink_offer(struct sink *sink, const struct post *post,
                struct content *content, const struct filter_view *view)
{
    count_post(sink, post);
    content->out_of_memory = false;
    if (filter_takes_post(sink->filter, content, view)) {
        sink->matched = true;
        sink->tally->matched_posts++;
    }
    sink->out_of_memory |= content->out_of_memory;
}

void sink_observation(struct sink *sink, const struct observation *o)
{
    if (sink->filter)
        return;
    sink->tally->observations++;
    if (!batch_add_observation(sink->batch, o))
        sink->out_of_memory = true;
}

void sink_notice(struct sink *sink, const struct notice *notice)
{
    if (notice->time != TIME_NONE &&
        (notice->time < sink->since || notice->time >= sink->until))
        return;
    sink->tally->notices++;
    if (sink->filter) {
        bool taken = filter_takes_notice(sink->filter, notice);
        sink->matched |= taken;
        sink->tally->matched_notices += taken;
        return;
    }
    if (!batch_add_notice(sink->batch, notice))
        sink->out_of_memory = true;
}

void observation_begin(struct observation *o, enum platform platform,
                       struct id id, int64_t t_obs)
{
    *o = (struct observation){.platform = platform, .id = id, .t_obs = t_obs,
                              .created_at = TIME_NONE};
    for (int i = 0; i < ENGAGEMENTS; i++)
        o->engagement[i] = COUNT_NONE;
    for (int i = 0; i < PROFILE_COUNTS; i++)
        o->counts[i] = COUNT_NONE;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        o->flags[i] = FLAG_NONE;
    for (int i = 0; i < PROFILE_TEXTS; i++)
        o->texts[i] = (struct text){NULL, TEXT_NONE};
}
