#include "stages/parse/v11.h"

#include "stages/parse/client_text.h"

int v11_control_kind(const struct reader *reader)
{
    if (field_present(reader, ROOT_TEXT) ||
        field_present(reader, ROOT_FULL_TEXT))
        return -1;
    for (int kind = 0; kind < CONTROL_ERRORS; kind++)
        if (field_present(reader, (uint32_t)(ROOT_CONTROL_FIRST + kind)))
            return kind;
    return -1;
}

bool v11_is_status(const struct reader *reader)
{
    return reader->slots->types[ROOT_USER] == VALUE_OBJECT &&
           (field_present(reader, ROOT_TEXT) ||
            field_present(reader, ROOT_FULL_TEXT));
}

#define ANOMALY_MS 60000

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
    int64_t of_id = time_of_id(id);
    *anomaly = false;
    if (of_id == TIME_NONE || of_id >= MS_YEAR_10000)
        return reference;
    if (reference == TIME_NONE)
        return of_id;
    int64_t apart = of_id > reference ? of_id - reference : reference - of_id;
    if (apart <= ANOMALY_MS)
        return of_id;
    *anomaly = true;
    if (timestamp_ms == TIME_NONE)
        return reference;
    int64_t created_at = field_time(reader, slot_created_at);
    return created_at != TIME_NONE ? created_at : timestamp_ms;
}

/* The profile whose slots start at first, as seen at t_obs. */
static bool add_profile(struct reader *reader, uint32_t first, struct id id,
                        int64_t t_obs, bool author, struct batch *batch)
{
    struct observation o = {
        .platform = PLATFORM_TWITTER, .author = author, .id = id,
        .t_obs = t_obs, .engagement = {COUNT_NONE, COUNT_NONE},
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
    return batch_add_observation(batch, &o);
}

/* What stands embedded in a status. */
struct embedded {
    struct id post, author;
    uint32_t user_first;
};

static struct embedded embedded_status(struct reader *reader, uint32_t object,
                                       uint32_t id, uint32_t user,
                                       uint32_t user_first)
{
    struct embedded embedded = {.user_first = user_first};
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
    struct embedded retweeted, retweeted_quoted, quoted;
    bool anomaly;
};

static void read_embedded(struct reader *reader, struct status *status)
{
    status->retweeted =
        embedded_status(reader, ROOT_RETWEETED,
                        ROOT_RETWEETED_FIRST + RETWEETED_ID,
                        ROOT_RETWEETED_FIRST + RETWEETED_USER,
                        ROOT_RETWEETED_FIRST + RETWEETED_USER_FIRST);
    uint32_t inner = ROOT_RETWEETED_FIRST + RETWEETED_QUOTED_FIRST;
    if (field_object(reader, ROOT_RETWEETED))
        status->retweeted_quoted = embedded_status(
            reader, ROOT_RETWEETED_FIRST + RETWEETED_QUOTED,
            inner + QUOTED_ID, inner + QUOTED_USER, inner + QUOTED_USER_FIRST);
    status->quoted = embedded_status(reader, ROOT_QUOTED,
                                     ROOT_QUOTED_FIRST + QUOTED_ID,
                                     ROOT_QUOTED_FIRST + QUOTED_USER,
                                     ROOT_QUOTED_FIRST + QUOTED_USER_FIRST);
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

static bool begins_manual_retweet(const struct reader *reader)
{
    uint32_t slots[] = {ROOT_EXTENDED_FULL_TEXT, ROOT_FULL_TEXT, ROOT_TEXT};
    for (int i = 0; i < 3; i++) {
        if (field_scalar(reader, slots[i]).type == VALUE_STRING)
            return field_begins(reader, slots[i], "RT @");
    }
    return false;
}

/* in and iw are old codes; the others say that there is no language. */
static struct text canonical_language(struct text lang)
{
    static const char *const none[] = {"und", "zxx", "qme", "qht",
                                       "qam", "qct", "qst"};
    if (lang.size == TEXT_NONE)
        return (struct text){NULL, 0};
    if (lang.size == 2 && memcmp(lang.bytes, "in", 2) == 0)
        return (struct text){"id", 2};
    if (lang.size == 2 && memcmp(lang.bytes, "iw", 2) == 0)
        return (struct text){"he", 2};
    for (size_t i = 0; lang.size == 3 && i < sizeof none / sizeof *none; i++)
        if (memcmp(lang.bytes, none[i], 3) == 0)
            return (struct text){NULL, 0};
    return lang;
}

/* Most records name one of a few clients: decoded once. */
static struct text client_of(struct reader *reader)
{
    struct value_ref raw = field_scalar(reader, ROOT_SOURCE);
    struct client_place *place = NULL;
    struct text text = {(const char *)reader->walk->text + raw.start,
                        raw.end - raw.start};
    if (reader->clients && raw.type == VALUE_STRING)
        place = client_place_of(reader->clients, text);
    if (place && client_is_at(place, text))
        return (struct text){place->client, place->client_size};
    struct text client = client_of_source(field_text(reader, ROOT_SOURCE));
    if (place)
        client_remember(place, text, client);
    return client;
}

static void read_content(struct reader *reader, struct post *post)
{
    if (field_known(reader, ROOT_LANG))
        post->flags |= FACT_HAS_LANGUAGE;
    post->language = canonical_language(field_text(reader, ROOT_LANG));
    if (field_known(reader, ROOT_SOURCE))
        post->flags |= FACT_HAS_CLIENT;
    post->client = client_of(reader);
    if ((post->kind == KIND_ORIGINAL || post->kind == KIND_REPLY) &&
        begins_manual_retweet(reader))
        post->flags |= FACT_MANUAL_RETWEET;
    post->followers = field_count(reader, ROOT_USER_FIRST + USER_FOLLOWERS);
    post->statuses = field_count(reader, ROOT_USER_FIRST + USER_STATUSES);
}

static enum line_reason read_status(struct reader *reader,
                                    struct status *status)
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
    if (post->time == TIME_NONE)
        return LINE_BAD_TIME;
    read_embedded(reader, status);
    read_kind(reader, status);
    read_content(reader, post);
    return LINE_OK;
}

static bool add_embedded(struct reader *reader,
                         const struct embedded *embedded, int64_t t_obs,
                         struct batch *batch, struct tally *tally)
{
    if (!id_known(embedded->post) || !id_known(embedded->author))
        return true;
    tally->observations++;
    return add_profile(reader, embedded->user_first, embedded->author, t_obs,
                       false, batch);
}

static void count_status(const struct status *status, struct tally *tally)
{
    tally->post_records++;
    tally->kinds[status->post.kind]++;
    tally->observations++;
    tally->time_anomalies += status->anomaly;
    int64_t of_id = time_of_id(status->post.id);
    if (of_id != TIME_NONE) {
        int64_t ms = of_id % MS_PER_SECOND;
        tally->id_times++;
        tally->id_times_657_666 += ms >= 657 && ms <= 666;
    }
}

enum line_reason v11_status(struct reader *reader, struct batch *batch,
                            struct tally *tally, bool *out_of_memory)
{
    struct status status = {0};
    enum line_reason reason = read_status(reader, &status);
    if (reason != LINE_OK)
        return reason;
    int64_t t = status.post.time;
    count_status(&status, tally);
    if (!add_profile(reader, ROOT_USER_FIRST, status.post.account, t, true,
                     batch) ||
        !batch_add_post(batch, &status.post) ||
        !add_embedded(reader, &status.retweeted, t, batch, tally) ||
        !add_embedded(reader, &status.retweeted_quoted, t, batch, tally) ||
        !add_embedded(reader, &status.quoted, t, batch, tally))
        *out_of_memory = true;
    tally->id_mismatch += reader->mismatches;
    return LINE_OK;
}

static void add_notice(struct reader *reader, struct batch *batch,
                       struct tally *tally, bool *out_of_memory)
{
    struct notice notice = {
        .platform = PLATFORM_TWITTER,
        .account = field_id(reader, ROOT_DELETE_USER, ROOT_DELETE_USER_STR),
        .post = field_id(reader, ROOT_DELETE_ID, ROOT_DELETE_ID_STR),
        .time = field_ms(reader, ROOT_DELETE_MS)};
    tally->id_mismatch += reader->mismatches;
    if (!id_known(notice.account) || !id_known(notice.post))
        return;
    tally->notices++;
    if (!batch_add_notice(batch, &notice))
        *out_of_memory = true;
}

void v11_control(struct reader *reader, int kind, struct batch *batch,
                 struct tally *tally, bool *out_of_memory)
{
    tally->control_records[kind]++;
    if (kind == CONTROL_DELETE)
        add_notice(reader, batch, tally, out_of_memory);
    if (kind == CONTROL_LIMIT) {
        int64_t track = field_count(reader, ROOT_LIMIT_TRACK);
        if (track != COUNT_NONE && (uint64_t)track > tally->limit_track)
            tally->limit_track = (uint64_t)track;
    }
}
