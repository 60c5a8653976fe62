#include "stages/parse/dialects/v11.h"

#include "stages/parse/dialects/twitter.h"

/* The event time of a status: FEATURES.md, Conventions. created_at is decoded
 * only where it counts. */
static int64_t event_time(struct reader *reader, struct id id,
                          uint32_t slot_timestamp_ms, uint32_t slot_created_at,
                          bool *anomaly)
{
    int64_t timestamp_ms = field_ms(reader, slot_timestamp_ms);
    int64_t reference = timestamp_ms != TIME_NONE
                            ? timestamp_ms
                            : field_time(reader, slot_created_at);
    int64_t time = twitter_event_time(id, reference, ANOMALY_MS, anomaly);
    if (!*anomaly || timestamp_ms == TIME_NONE)
        return time;
    int64_t created_at = field_time(reader, slot_created_at);
    return created_at != TIME_NONE ? created_at : timestamp_ms;
}

/* The profile whose slots start at first, as seen at t_obs. */
static struct observation profile(struct reader *reader, uint32_t first,
                                  struct id id, int64_t t_obs)
{
    struct observation o = {
        .platform = PLATFORM_TWITTER, .id = id, .t_obs = t_obs,
        .engagement = {COUNT_NONE, COUNT_NONE},
        .created_at = field_time(reader, first + USER_CREATED_AT)};
    for (uint32_t i = 0; i < PROFILE_COUNTS; i++)
        o.counts[i] = field_count(reader, first + USER_FOLLOWERS + i);
    for (uint32_t i = 0; i < PROFILE_FLAGS; i++)
        o.flags[i] = field_flag(reader, first + USER_DEFAULT_PROFILE + i);
    o.texts[TEXT_SCREEN_NAME] = field_text(reader, first + USER_SCREEN_NAME);
    o.texts[TEXT_DISPLAY_NAME] = field_text(reader, first + USER_NAME);
    o.texts[TEXT_DESCRIPTION] =
        field_text_or_empty(reader, first + USER_DESCRIPTION);
    o.texts[TEXT_LOCATION] =
        field_text_or_empty(reader, first + USER_LOCATION);
    o.texts[TEXT_URL] = field_text_or_empty(reader, first + USER_URL);
    return o;
}

/* The counts at these two slots, of a post that the observed one wrote. */
static void read_engagement(struct reader *reader, uint32_t retweets,
                            struct observation *o)
{
    o->engagement[ENGAGEMENT_RETWEETS] = field_count(reader, retweets);
    o->engagement[ENGAGEMENT_FAVORITES] = field_count(reader, retweets + 1);
}

/* What stands embedded in a status. */
struct embedded {
    struct id post, author;
    uint32_t user_first, retweets;     /* slots */
};

static struct embedded embedded_status(struct reader *reader, uint32_t object,
                                       uint32_t id, uint32_t user,
                                       uint32_t user_first, uint32_t retweets)
{
    struct embedded embedded = {.user_first = user_first,
                                .retweets = retweets};
    if (!field_object(reader, object))
        return embedded;
    embedded.post = field_id(reader, id, id + 1);
    if (reader->slots->types[user] == VALUE_OBJECT)
        embedded.author = field_id(reader, user_first + USER_ID,
                                   user_first + USER_ID_STR);
    return embedded;
}

struct status {
    struct post post;
    struct observation author;
    struct embedded retweeted, retweeted_quoted, quoted;
    bool anomaly;
};

static void read_embedded(struct reader *reader, struct status *status)
{
    status->retweeted =
        embedded_status(reader, ROOT_RETWEETED,
                        ROOT_RETWEETED_FIRST + RETWEETED_ID,
                        ROOT_RETWEETED_FIRST + RETWEETED_USER,
                        ROOT_RETWEETED_FIRST + RETWEETED_USER_FIRST,
                        ROOT_RETWEETED_FIRST + RETWEETED_RETWEETS);
    uint32_t inner = ROOT_RETWEETED_FIRST + RETWEETED_QUOTED_FIRST;
    if (field_object(reader, ROOT_RETWEETED))
        status->retweeted_quoted = embedded_status(
            reader, ROOT_RETWEETED_FIRST + RETWEETED_QUOTED,
            inner + QUOTED_ID, inner + QUOTED_USER, inner + QUOTED_USER_FIRST,
            inner + QUOTED_RETWEETS);
    status->quoted = embedded_status(reader, ROOT_QUOTED,
                                     ROOT_QUOTED_FIRST + QUOTED_ID,
                                     ROOT_QUOTED_FIRST + QUOTED_USER,
                                     ROOT_QUOTED_FIRST + QUOTED_USER_FIRST,
                                     ROOT_QUOTED_FIRST + QUOTED_RETWEETS);
}

static bool is_reply(const struct reader *reader)
{
    return field_known(reader, ROOT_REPLY_STATUS) ||
           field_known(reader, ROOT_REPLY_STATUS_STR) ||
           field_known(reader, ROOT_REPLY_USER) ||
           field_known(reader, ROOT_REPLY_USER_STR);
}

static int64_t retweeted_time(struct reader *reader, struct id id)
{
    bool anomaly;
    return event_time(reader, id,
                      ROOT_RETWEETED_FIRST + RETWEETED_TIMESTAMP_MS,
                      ROOT_RETWEETED_FIRST + RETWEETED_CREATED_AT, &anomaly);
}

static void read_kind(struct reader *reader, struct status *status)
{
    struct post *post = &status->post;
    struct id reply_post =
        field_id(reader, ROOT_REPLY_STATUS, ROOT_REPLY_STATUS_STR);
    struct id reply_user =
        field_id(reader, ROOT_REPLY_USER, ROOT_REPLY_USER_STR);
    struct id quoted = field_id(reader, ROOT_QUOTED_ID, ROOT_QUOTED_ID_STR);
    post->kind = KIND_ORIGINAL;
    if (field_object(reader, ROOT_RETWEETED)) {
        post->kind = KIND_RETWEET;
        post->target = status->retweeted.author;
        post->target_post = status->retweeted.post;
        post->original_time = retweeted_time(reader, status->retweeted.post);
    } else if (is_reply(reader)) {
        post->kind = KIND_REPLY;
        post->target = reply_user;
        post->target_post = reply_post;
    } else if (field_object(reader, ROOT_QUOTED) ||
               (field_flag(reader, ROOT_IS_QUOTE) == 1 && id_known(quoted))) {
        post->kind = KIND_QUOTE;
        post->target = status->quoted.author;
        post->target_post = id_known(status->quoted.post) ? status->quoted.post
                                                          : quoted;
    }
}

/* Which language and client it was written in, and who wrote it. */
static void read_circumstances(struct record *record, struct status *status)
{
    struct reader *reader = &record->reader;
    struct post *post = &status->post;
    const struct observation *author = &status->author;
    if (field_known(reader, ROOT_LANG))
        post->flags |= FACT_HAS_LANGUAGE;
    post->language = twitter_language(field_text(reader, ROOT_LANG));
    if (field_known(reader, ROOT_SOURCE))
        post->flags |= FACT_HAS_CLIENT;
    post->client = twitter_client(reader, ROOT_SOURCE);
    post->followers = author->counts[COUNT_FOLLOWERS];
    post->statuses = author->counts[COUNT_STATUSES];
    post->name_hash =
        content_name_hash(record->content, author->texts[TEXT_SCREEN_NAME],
                          author->texts[TEXT_DISPLAY_NAME]);
}

/* Id, author and time of a status: what it cannot be without. */
static enum line_reason read_key(struct reader *reader, struct status *status)
{
    struct post *post = &status->post;
    post->platform = PLATFORM_TWITTER;
    post->original_time = TIME_NONE;
    post->id = field_id(reader, ROOT_ID, ROOT_ID_STR);
    post->account = field_id(reader, ROOT_USER_FIRST + USER_ID,
                             ROOT_USER_FIRST + USER_ID_STR);
    if (!id_known(post->id) || !id_known(post->account))
        return LINE_MISSING_KEY;
    post->time = event_time(reader, post->id, ROOT_TIMESTAMP_MS,
                            ROOT_CREATED_AT, &status->anomaly);
    return post->time == TIME_NONE ? LINE_BAD_TIME : LINE_OK;
}

static void put_embedded(struct record *record,
                         const struct embedded *embedded, int64_t t_obs)
{
    struct reader *reader = &record->reader;
    if (!id_known(embedded->post) || !id_known(embedded->author))
        return;
    size_t scratch_used = reader->scratch_used;
    struct observation o =
        profile(reader, embedded->user_first, embedded->author, t_obs);
    read_engagement(reader, embedded->retweets, &o);
    sink_observation(record->sink, &o);
    reader->scratch_used = scratch_used;
}

static void count_oddities(struct record *record, const struct status *status)
{
    record->sink->tally->time_anomalies += status->anomaly;
    record->sink->tally->id_mismatch += record->reader.mismatches;
}

static enum line_reason take_status(struct record *record)
{
    struct reader *reader = &record->reader;
    struct sink *sink = record->sink;
    struct status status = {0};
    struct post *post = &status.post;
    enum line_reason reason = read_key(reader, &status);
    if (reason != LINE_OK || !sink_wants(sink, post->time))
        return reason;
    read_embedded(reader, &status);
    read_kind(reader, &status);
    if (sink->filter) {
        v11_offer(record, post);
        count_oddities(record, &status);
        return LINE_OK;
    }
    status.author = profile(reader, ROOT_USER_FIRST, post->account, post->time);
    status.author.author = true;
    if (post->kind != KIND_RETWEET)
        read_engagement(reader, ROOT_RETWEETS, &status.author);
    read_circumstances(record, &status);
    v11_content(record, post);
    sink_observation(sink, &status.author);
    sink_post(sink, post);
    put_embedded(record, &status.retweeted, post->time);
    put_embedded(record, &status.retweeted_quoted, post->time);
    put_embedded(record, &status.quoted, post->time);
    count_oddities(record, &status);
    return LINE_OK;
}

static void put_notice(struct reader *reader, struct sink *sink)
{
    struct notice notice = {
        .platform = PLATFORM_TWITTER,
        .account = field_id(reader, ROOT_DELETE_USER, ROOT_DELETE_USER_STR),
        .post = field_id(reader, ROOT_DELETE_ID, ROOT_DELETE_ID_STR),
        .time = field_ms(reader, ROOT_DELETE_MS)};
    sink->tally->id_mismatch += reader->mismatches;
    if (id_known(notice.account) && id_known(notice.post))
        sink_notice(sink, &notice);
}

static void take_control(struct record *record, enum control_kind kind)
{
    struct reader *reader = &record->reader;
    struct tally *tally = record->sink->tally;
    sink_control(record->sink, kind);
    if (kind == CONTROL_DELETE)
        put_notice(reader, record->sink);
    if (kind == CONTROL_LIMIT) {
        int64_t track = field_count(reader, ROOT_LIMIT_TRACK);
        if (track != COUNT_NONE && (uint64_t)track > tally->limit_track)
            tally->limit_track = (uint64_t)track;
    }
}

/* Recognised: a status, a control message, or errors alone. */
static enum line_reason take(struct record *record, bool *control)
{
    const struct slots *slots = record->reader.slots;
    int kind = recognise_control(slots);
    if (kind < 0 && slots->types[ROOT_USER] == VALUE_OBJECT &&
        (slots->types[ROOT_TEXT] || slots->types[ROOT_FULL_TEXT]))
        return take_status(record);
    *control = true;
    take_control(record, kind < 0 ? CONTROL_ERRORS : (enum control_kind)kind);
    return LINE_OK;
}

const struct dialect DIALECT_OF_V11 = {.id = DIALECT_V11,
                                       .contexts = V11,
                                       .context_count = V11_CONTEXTS,
                                       .take = take};
