#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/twitter.h"
#include "stages/parse/dialects/v2.h"

struct observation v2_profile(struct reader *reader, uint32_t first,
                              struct id id, int64_t t_obs)
{
    struct observation o = {
        .platform = PLATFORM_TWITTER, .id = id, .t_obs = t_obs,
        .engagement = {COUNT_NONE, COUNT_NONE},
        .created_at = field_time(reader, first + V2_USER_CREATED_AT)};
    o.counts[COUNT_FOLLOWERS] = field_count(reader, first + V2_USER_FOLLOWERS);
    o.counts[COUNT_FRIENDS] = field_count(reader, first + V2_USER_FOLLOWING);
    o.counts[COUNT_STATUSES] = field_count(reader, first + V2_USER_TWEETS);
    o.counts[COUNT_FAVOURITES] = COUNT_NONE;
    o.counts[COUNT_LISTED] = field_count(reader, first + V2_USER_LISTED);
    o.flags[FLAG_DEFAULT_PROFILE] = FLAG_NONE;
    o.flags[FLAG_DEFAULT_PROFILE_IMAGE] = FLAG_NONE;
    o.flags[FLAG_VERIFIED] = field_flag(reader, first + V2_USER_VERIFIED);
    o.flags[FLAG_PROTECTED] = field_flag(reader, first + V2_USER_PROTECTED);
    o.texts[TEXT_SCREEN_NAME] = field_text(reader, first + V2_USER_USERNAME);
    o.texts[TEXT_DISPLAY_NAME] = field_text(reader, first + V2_USER_NAME);
    o.texts[TEXT_DESCRIPTION] =
        field_text_or_empty(reader, first + V2_USER_DESCRIPTION);
    o.texts[TEXT_LOCATION] =
        field_text_or_empty(reader, first + V2_USER_LOCATION);
    o.texts[TEXT_URL] = field_text_or_empty(reader, first + V2_USER_URL);
    return o;
}

void v2_engagement(const struct reader *reader, uint32_t base,
                   int64_t engagement[ENGAGEMENTS])
{
    engagement[ENGAGEMENT_RETWEETS] = field_count(reader, base + V2_RETWEETS);
    engagement[ENGAGEMENT_FAVORITES] = field_count(reader, base + V2_LIKES);
}

struct id v2_author_id(struct reader *reader, uint32_t base)
{
    struct id id = field_single_id(reader, base + V2_AUTHOR_ID);
    return id_known(id)
               ? id
               : field_single_id(reader, base + V2_AUTHOR_FIRST + V2_USER_ID);
}

/* What a post refers to: the post itself, if it stands in the line. */
struct reference {
    enum post_kind kind;
    uint32_t token;            /* of its element in referenced_tweets */
    struct id post, author;
    bool inside;               /* of a flattened post; in memory->reference */
    struct included_tweet *included;
};

struct post_work {
    struct record *record;
    struct reader *reader;
    uint32_t base;
    struct post post;
    struct reference reference;
    bool anomaly;
};

static bool type_is(struct text type, const char *name)
{
    return type.size != TEXT_NONE && type.size == strlen(name) &&
           memcmp(type.bytes, name, type.size) == 0;
}

/* KIND_ORIGINAL: of no type that makes a kind. */
static enum post_kind kind_of_type(struct text type)
{
    return type_is(type, "retweeted")    ? KIND_RETWEET
           : type_is(type, "replied_to") ? KIND_REPLY
           : type_is(type, "quoted")     ? KIND_QUOTE
                                         : KIND_ORIGINAL;
}

/* The author who stands inside a reference (its values are in the reader's
 * slots), as seen with the outer post. */
static void put_inside(struct post_work *work, struct reader *reader)
{
    uint32_t first = V2_AUTHOR_FIRST;
    size_t scratch_used = reader->scratch_used;
    struct id author = field_single_id(reader, first + V2_USER_ID);
    if (field_object(reader, V2_AUTHOR) && id_known(author) &&
        id_known(field_single_id(reader, V2_ID))) {
        struct observation o =
            v2_profile(reader, first, author, work->post.time);
        v2_engagement(reader, 0, o.engagement);
        sink_observation(work->record->sink, &o);
    }
    reader->scratch_used = scratch_used;
}

/* The references within a post retweeted: who is quoted there. */
static void put_quoted_inside(struct post_work *work,
                              const struct reader *retweeted)
{
    struct v2_memory *memory = work->record->memory;
    struct reader reader = *retweeted;
    if (!elements_are(retweeted, V2_REFERENCED))
        return;
    struct elements inner = elements_of(retweeted, V2_REFERENCED);
    reader.slots = &memory->inner;
    while (elements_next(&inner, work->record->projection, V2_POST,
                         &memory->inner))
        if (kind_of_type(field_text(&reader, V2_TYPE)) == KIND_QUOTE)
            put_inside(work, &reader);
}

/* Of several references the first one retweeted counts, then replied to, then
 * quoted (enum post_kind is in that order). */
static void choose_reference(struct post_work *work)
{
    struct record *record = work->record;
    struct v2_memory *memory = record->memory;
    struct reference *chosen = &work->reference;
    struct reader reader = *work->reader;
    uint32_t slot = work->base + V2_REFERENCED, last = 0;
    _Static_assert(KIND_RETWEET > KIND_REPLY && KIND_REPLY > KIND_QUOTE &&
                       KIND_QUOTE > KIND_ORIGINAL, "the greatest counts");
    if (!elements_are(work->reader, slot))
        return;
    struct elements elements = elements_of(work->reader, slot);
    reader.slots = &memory->reference;
    while (elements_next(&elements, record->projection, V2_POST,
                         &memory->reference)) {
        reader.scratch_used = work->reader->scratch_used;
        enum post_kind kind = kind_of_type(field_text(&reader, V2_TYPE));
        last = elements.value.token;
        if (kind > chosen->kind) {
            chosen->kind = kind;
            chosen->token = last;
        }
    }
    if (chosen->kind == KIND_ORIGINAL || chosen->token == last)
        return;
    uint32_t token = chosen->token;
    (void)project_value(record->projection, reader.walk, &token, V2_POST,
                        &memory->reference, &elements.value);
}

/* Included tweets are walked for their entities; no more of them than so many
 * times the line: a page has 500 posts, and a tweet is no longer than those
 * who retweet it together. */
#define JOINED_LINES_MAX 64

static bool walk_included(struct post_work *work,
                          const struct included_tweet *tweet)
{
    struct record *record = work->record;
    struct v2_memory *memory = record->memory;
    struct value_ref unused;
    uint32_t token = tweet->token;
    memory->joined_bytes += tweet->bytes;
    if (memory->joined_bytes >
        (uint64_t)JOINED_LINES_MAX * record->reader.walk->size)
        return false;
    (void)project_value(record->projection, record->reader.walk, &token,
                        V2_POST, &memory->reference, &unused);
    return true;
}

static void read_reference(struct post_work *work)
{
    struct v2_memory *memory = work->record->memory;
    struct reference *reference = &work->reference;
    struct reader reader = *work->reader;
    reader.slots = &memory->reference;
    choose_reference(work);
    if (reference->kind == KIND_ORIGINAL)
        return;
    reference->post = field_single_id(&reader, V2_ID);
    reference->inside = field_present(&reader, V2_TEXT);
    if (reference->inside) {
        reference->author = v2_author_id(&reader, 0);
    } else {
        reference->included = includes_tweet(memory, reference->post);
        if (reference->included)
            reference->author = reference->included->author;
    }
    /* Ids that are texts stay in the scratch. */
    work->reader->scratch_used = reader.scratch_used;
}

static void read_kind(struct post_work *work)
{
    struct v2_memory *memory = work->record->memory;
    const struct reference *reference = &work->reference;
    struct post *post = &work->post;
    struct reader reader = *work->reader;
    post->kind = reference->kind;
    post->target_post = reference->post;
    post->target = reference->author;
    if (post->kind == KIND_REPLY)
        post->target =
            field_single_id(work->reader, work->base + V2_REPLY_USER);
    if (post->kind != KIND_RETWEET)
        return;
    bool known = reference->inside ||
                 (reference->included &&
                  walk_included(work, reference->included));
    bool anomaly;
    reader.slots = &memory->reference;
    post->original_time = twitter_event_time(
        post->target_post,
        known ? field_time(&reader, V2_CREATED_AT) : TIME_NONE, ANOMALY_MS,
        &anomaly);
    work->reference.inside = known;
}

/* ---- text and entities -------------------------------------------------- */

struct v2_elements {
    struct post_work *work;
    struct reader reader;
    bool ranges;
};

static bool next(struct v2_elements *of, struct elements *elements,
                 uint8_t context)
{
    struct v2_memory *memory = of->work->record->memory;
    of->reader.scratch_used = of->work->reader->scratch_used;
    return elements_next(elements, of->work->record->projection, context,
                         &memory->element);
}

static void take_range(struct v2_elements *of)
{
    int64_t from, to;
    if (of->ranges && field_integer(&of->reader, V2_START, &from) &&
        field_integer(&of->reader, V2_END, &to))
        content_range(of->work->record->content, from, to);
}

static void take_hashtags(struct v2_elements *of, struct elements elements)
{
    while (next(of, &elements, V2_HASHTAG)) {
        struct text tag = field_text(&of->reader, V2_TAG);
        if (elements.value.type == VALUE_OBJECT && tag.size != TEXT_NONE)
            content_hashtag(of->work->record->content, tag);
    }
}

static uint32_t take_links(struct v2_elements *of, struct elements elements)
{
    uint32_t count = 0;
    for (; next(of, &elements, V2_LINK); count++) {
        struct text url = field_text(&of->reader, V2_EXPANDED_URL);
        if (url.size == TEXT_NONE || url.size == 0)
            url = field_text(&of->reader, V2_LINK_URL);
        if (url.size != TEXT_NONE)
            content_link(of->work->record->content, url);
        take_range(of);
    }
    return count;
}

static uint32_t take_mentions(struct v2_elements *of, struct elements elements)
{
    uint32_t count = 0;
    if (!of->ranges)
        return elements_count(elements);
    for (; next(of, &elements, V2_MENTION); count++)
        take_range(of);
    return count;
}

/* Of the post whose values start at base in the reader's slots. */
static void take_entities(struct v2_elements *of, const struct reader *reader,
                          uint32_t base, struct post *post)
{
    if (elements_are(reader, base + V2_HASHTAGS)) {
        post->flags |= FACT_HAS_HASHTAGS;
        take_hashtags(of, elements_of(reader, base + V2_HASHTAGS));
    }
    if (elements_are(reader, base + V2_LINKS)) {
        post->flags |= FACT_HAS_URLS;
        post->urls = take_links(of, elements_of(reader, base + V2_LINKS));
    }
    if (elements_are(reader, base + V2_MENTIONS)) {
        post->flags |= FACT_HAS_MENTIONS;
        post->mentions =
            take_mentions(of, elements_of(reader, base + V2_MENTIONS));
    }
    if (elements_are(reader, base + V2_MEDIA_KEYS)) {
        post->flags |= FACT_HAS_MEDIA;
        post->media = elements_count(elements_of(reader, base + V2_MEDIA_KEYS));
    }
}

static void read_content(struct post_work *work)
{
    struct record *record = work->record;
    struct v2_memory *memory = record->memory;
    struct post *post = &work->post;
    struct text text = {NULL, TEXT_NONE};
    bool retweet = post->kind == KIND_RETWEET;
    if (!retweet)
        text = field_text(work->reader, work->base + V2_TEXT);
    struct v2_elements of = {.work = work, .reader = *work->reader,
                             .ranges = text.size != TEXT_NONE};
    of.reader.slots = &memory->element;
    struct reader original = *work->reader;
    original.slots = &memory->reference;
    content_begin(record->content);
    if (retweet && work->reference.inside)
        take_entities(&of, &original, 0, post);
    else
        take_entities(&of, work->reader, work->base, post);
    if (text.size != TEXT_NONE) {
        if (post->kind != KIND_QUOTE && twitter_is_manual_retweet(text))
            post->flags |= FACT_MANUAL_RETWEET;
        content_measure(record->content, text, TEXT_REMOVE_POINTS, post);
    }
    if (!content_finish(record->content, post))
        record->sink->out_of_memory = true;
}

/* ---- the post ----------------------------------------------------------- */

static void read_circumstances(struct post_work *work)
{
    struct post *post = &work->post;
    uint32_t base = work->base;
    if (field_known(work->reader, base + V2_LANG))
        post->flags |= FACT_HAS_LANGUAGE;
    post->language = twitter_language(field_text(work->reader, base + V2_LANG));
    if (field_known(work->reader, base + V2_SOURCE))
        post->flags |= FACT_HAS_CLIENT;
    post->client = twitter_client(work->reader, base + V2_SOURCE);
}

/* The author, who stands inside the post or in includes, or nowhere. */
static void see_author(struct post_work *work)
{
    struct record *record = work->record;
    struct v2_memory *memory = record->memory;
    struct post *post = &work->post;
    int64_t engagement[ENGAGEMENTS] = {COUNT_NONE, COUNT_NONE};
    int64_t t = memory->retrieved != TIME_NONE ? memory->retrieved
                                               : post->time;
    if (post->kind != KIND_RETWEET)
        v2_engagement(work->reader, work->base, engagement);
    post->followers = post->statuses = COUNT_NONE;
    if (field_object(work->reader, work->base + V2_AUTHOR)) {
        struct observation o =
            v2_profile(work->reader, work->base + V2_AUTHOR_FIRST,
                       post->account, t);
        o.author = true;
        memcpy(o.engagement, engagement, sizeof engagement);
        post->followers = o.counts[COUNT_FOLLOWERS];
        post->statuses = o.counts[COUNT_STATUSES];
        post->name_hash =
            content_name_hash(record->content, o.texts[TEXT_SCREEN_NAME],
                              o.texts[TEXT_DISPLAY_NAME]);
        sink_observation(record->sink, &o);
        return;
    }
    struct included_user *user = includes_user(memory, post->account);
    if (!user)
        return;
    includes_saw_user(user, t, true, engagement);
    post->followers = user->followers;
    post->statuses = user->statuses;
    post->name_hash = user->name_hash;
}

/* Authors of the posts that this one refers to. */
static void see_references(struct post_work *work)
{
    struct record *record = work->record;
    struct v2_memory *memory = record->memory;
    struct reader reader = *work->reader;
    uint32_t slot = work->base + V2_REFERENCED;
    if (!elements_are(work->reader, slot))
        return;
    struct elements elements = elements_of(work->reader, slot);
    reader.slots = &memory->reference;
    while (elements_next(&elements, record->projection, V2_POST,
                         &memory->reference)) {
        size_t scratch_used = reader.scratch_used;
        struct included_tweet *tweet =
            includes_tweet(memory, field_single_id(&reader, V2_ID));
        if (tweet)
            includes_saw_tweet(memory, tweet,
                               memory->retrieved != TIME_NONE
                                   ? memory->retrieved
                                   : work->post.time);
        put_inside(work, &reader);
        if (kind_of_type(field_text(&reader, V2_TYPE)) == KIND_RETWEET)
            put_quoted_inside(work, &reader);
        reader.scratch_used = scratch_used;
    }
}

static enum line_reason read_key(struct post_work *work)
{
    struct post *post = &work->post;
    post->platform = PLATFORM_TWITTER;
    post->original_time = TIME_NONE;
    post->id = field_single_id(work->reader, work->base + V2_ID);
    post->account = v2_author_id(work->reader, work->base);
    if (!id_known(post->id) || !id_known(post->account))
        return LINE_MISSING_KEY;
    post->time = twitter_event_time(
        post->id, field_time(work->reader, work->base + V2_CREATED_AT),
        ANOMALY_MS, &work->anomaly);
    return post->time == TIME_NONE ? LINE_BAD_TIME : LINE_OK;
}

/* ---- what a filter asks for ---------------------------------------------- */

static struct text offer_handle(void *context)
{
    struct post_work *work = context;
    struct v2_memory *memory = work->record->memory;
    if (field_object(work->reader, work->base + V2_AUTHOR))
        return field_text(work->reader,
                          work->base + V2_AUTHOR_FIRST + V2_USER_USERNAME);
    struct included_user *user = includes_user(memory, work->post.account);
    if (!user)
        return (struct text){NULL, TEXT_NONE};
    struct value_ref unused;
    uint32_t token = user->token;
    struct reader reader = *work->reader;
    (void)project_value(work->record->projection, reader.walk, &token, V2_USER,
                        &memory->inner, &unused);
    reader.slots = &memory->inner;
    struct text username = field_text(&reader, V2_USER_USERNAME);
    work->reader->scratch_used = reader.scratch_used;
    return username;
}

static void offer_hashtags(void *context)
{
    struct post_work *work = context;
    struct v2_memory *memory = work->record->memory;
    bool joined = work->post.kind == KIND_RETWEET && work->reference.inside;
    struct reader original = *work->reader;
    original.slots = &memory->reference;
    const struct reader *reader = joined ? &original : work->reader;
    uint32_t slot = (joined ? 0 : work->base) + V2_HASHTAGS;
    struct v2_elements of = {.work = work, .reader = *work->reader};
    of.reader.slots = &memory->element;
    if (elements_are(reader, slot))
        take_hashtags(&of, elements_of(reader, slot));
}

static void offer_texts(void *context, struct filter_search *search)
{
    struct post_work *work = context;
    struct v2_memory *memory = work->record->memory;
    filter_search_text(search, field_text(work->reader, work->base + V2_TEXT));
    if (work->post.kind != KIND_RETWEET || !work->reference.inside)
        return;
    struct reader original = *work->reader;
    original.slots = &memory->reference;
    filter_search_text(search, field_text(&original, V2_TEXT));
}

static void offer(struct post_work *work)
{
    struct filter_view view = {.account = work->post.account, .context = work,
                               .handle = offer_handle,
                               .hashtags = offer_hashtags,
                               .texts = offer_texts};
    sink_offer(work->record->sink, &work->post, work->record->content, &view);
}

enum line_reason v2_post(struct record *record, struct reader *reader,
                         uint32_t base)
{
    struct v2_memory *memory = record->memory;
    struct post_work work = {.record = record, .reader = reader,
                             .base = base};
    enum line_reason reason = read_key(&work);
    if (reason != LINE_OK || !sink_wants(record->sink, work.post.time))
        return reason;
    if (work.post.time > memory->latest)
        memory->latest = work.post.time;
    read_reference(&work);
    read_kind(&work);
    if (record->sink->filter) {
        offer(&work);
        record->sink->tally->time_anomalies += work.anomaly;
        return LINE_OK;
    }
    read_circumstances(&work);
    see_author(&work);
    read_content(&work);
    sink_post(record->sink, &work.post);
    see_references(&work);
    record->sink->tally->time_anomalies += work.anomaly;
    return LINE_OK;
}
