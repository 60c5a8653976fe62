#include "stages/parse/dialects/dialect.h"
#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/recognise.h"
#include "stages/parse/dialects/twitter.h"

/*
 * Bluesky, as Jetstream sends it: one event a record. Posts and reposts are
 * posts, deleted posts are delete notices, all else is counted by its
 * collection or kind. docs/FORMATS.md has the rules.
 */
enum bluesky_context {
    BLUESKY_ROOT = CONTEXT_ROOT,
    BLUESKY_COMMIT,
    BLUESKY_RECORD,
    BLUESKY_REPLY,
    BLUESKY_SUBJECT,           /* a reference: {uri, cid} */
    BLUESKY_EMBED,
    BLUESKY_EMBED_RECORD,
    BLUESKY_FACET,
    BLUESKY_FACET_INDEX,
    BLUESKY_FEATURE,
    BLUESKY_CONTEXTS
};
enum bluesky_slot {
    BLUESKY_DID = KEY_DID,
    BLUESKY_COMMIT_OBJECT = KEY_COMMIT,
    BLUESKY_KIND = KEY_KIND,
    BLUESKY_TIME_US = RECOGNISED_KEYS,
    BLUESKY_OPERATION, BLUESKY_COLLECTION, BLUESKY_RKEY,
    BLUESKY_RECORD_OBJECT, BLUESKY_TEXT, BLUESKY_LANGS, BLUESKY_FACETS,
    BLUESKY_REPLY_OBJECT, BLUESKY_REPLY_PARENT, BLUESKY_REPLY_URI,
    BLUESKY_SUBJECT_OBJECT, BLUESKY_SUBJECT_URI,
    BLUESKY_EMBED_OBJECT, BLUESKY_QUOTED, BLUESKY_QUOTED_URI, BLUESKY_QUOTED_INNER,
    BLUESKY_QUOTED_INNER_URI,
    BLUESKY_SLOTS
};
enum facet_slot { FACET_INDEX, FACET_FROM, FACET_TO, FACET_FEATURES,
                  FACET_SLOTS };
enum feature_slot { FEATURE_TYPE, FEATURE_URI, FEATURE_TAG, FEATURE_SLOTS };

static const struct context_key ROOT_KEYS[] = {
    {"commit", BLUESKY_COMMIT_OBJECT, BLUESKY_COMMIT, BLUESKY_OPERATION},
    {"time_us", BLUESKY_TIME_US, 0, 0},
    {NULL, 0, 0, 0},
};
/* From BLUESKY_OPERATION on. */
#define AT(slot) ((slot) - BLUESKY_OPERATION)
static const struct context_key COMMIT_KEYS[] = {
    {"operation", AT(BLUESKY_OPERATION), 0, 0},
    {"collection", AT(BLUESKY_COLLECTION), 0, 0},
    {"rkey", AT(BLUESKY_RKEY), 0, 0},
    {"record", AT(BLUESKY_RECORD_OBJECT), BLUESKY_RECORD, AT(BLUESKY_TEXT)},
    {NULL, 0, 0, 0},
};
#undef AT
/* From BLUESKY_TEXT on. */
#define AT(slot) ((slot) - BLUESKY_TEXT)
static const struct context_key RECORD_KEYS[] = {
    {"text", AT(BLUESKY_TEXT), 0, 0},
    {"langs", AT(BLUESKY_LANGS), 0, 0},
    {"facets", AT(BLUESKY_FACETS), 0, 0},
    {"reply", AT(BLUESKY_REPLY_OBJECT), BLUESKY_REPLY,
     AT(BLUESKY_REPLY_PARENT)},
    {"subject", AT(BLUESKY_SUBJECT_OBJECT), BLUESKY_SUBJECT,
     AT(BLUESKY_SUBJECT_URI)},
    {"embed", AT(BLUESKY_EMBED_OBJECT), BLUESKY_EMBED, AT(BLUESKY_QUOTED)},
    {NULL, 0, 0, 0},
};
#undef AT
/* From BLUESKY_REPLY_PARENT on. */
static const struct context_key REPLY_KEYS[] = {
    {"parent", 0, BLUESKY_SUBJECT, BLUESKY_REPLY_URI - BLUESKY_REPLY_PARENT},
    {NULL, 0, 0, 0},
};
static const struct context_key SUBJECT_KEYS[] = {
    {"uri", 0, 0, 0},
    {NULL, 0, 0, 0},
};
/* From BLUESKY_QUOTED on. */
static const struct context_key EMBED_KEYS[] = {
    {"record", 0, BLUESKY_EMBED_RECORD, BLUESKY_QUOTED_URI - BLUESKY_QUOTED},
    {NULL, 0, 0, 0},
};
/* From BLUESKY_QUOTED_URI on: of a record, or of one with media. */
#define AT(slot) ((slot) - BLUESKY_QUOTED_URI)
static const struct context_key EMBED_RECORD_KEYS[] = {
    {"uri", AT(BLUESKY_QUOTED_URI), 0, 0},
    {"record", AT(BLUESKY_QUOTED_INNER), BLUESKY_SUBJECT,
     AT(BLUESKY_QUOTED_INNER_URI)},
    {NULL, 0, 0, 0},
};
#undef AT
static const struct context_key FACET_KEYS[] = {
    {"index", FACET_INDEX, BLUESKY_FACET_INDEX, FACET_FROM},
    {"features", FACET_FEATURES, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key FACET_INDEX_KEYS[] = {
    {"byteStart", 0, 0, 0},
    {"byteEnd", FACET_TO - FACET_FROM, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key FEATURE_KEYS[] = {
    {"$type", FEATURE_TYPE, 0, 0},
    {"uri", FEATURE_URI, 0, 0},
    {"tag", FEATURE_TAG, 0, 0},
    {NULL, 0, 0, 0},
};
static const char *const OTHERS[] = {
    "$type", "createdAt", "cid", "rev", "root", "self", "via", "labels",
    "tags", "external", "images", "video", "media", "alt", "aspectRatio",
    "did",
    NULL,
};
static const struct context CONTEXTS[BLUESKY_CONTEXTS] = {
    [BLUESKY_ROOT] = {ROOT_KEYS, BLUESKY_SLOTS, NULL},
    [BLUESKY_COMMIT] = {COMMIT_KEYS, BLUESKY_SLOTS - BLUESKY_OPERATION,
                        OTHERS},
    [BLUESKY_RECORD] = {RECORD_KEYS, BLUESKY_SLOTS - BLUESKY_TEXT, OTHERS},
    [BLUESKY_REPLY] = {REPLY_KEYS,
                       BLUESKY_REPLY_URI + 1 - BLUESKY_REPLY_PARENT, OTHERS},
    [BLUESKY_SUBJECT] = {SUBJECT_KEYS, 1, OTHERS},
    [BLUESKY_EMBED] = {EMBED_KEYS, BLUESKY_SLOTS - BLUESKY_QUOTED, OTHERS},
    [BLUESKY_EMBED_RECORD] = {EMBED_RECORD_KEYS,
                              BLUESKY_SLOTS - BLUESKY_QUOTED_URI, OTHERS},
    [BLUESKY_FACET] = {FACET_KEYS, FACET_SLOTS, OTHERS},
    [BLUESKY_FACET_INDEX] = {FACET_INDEX_KEYS, 2, NULL},
    [BLUESKY_FEATURE] = {FEATURE_KEYS, FEATURE_SLOTS, OTHERS},
};

static bool text_is(struct text text, const char *name)
{
    return text.size != TEXT_NONE && text.size == strlen(name) &&
           memcmp(text.bytes, name, text.size) == 0;
}

#define POST_COLLECTION "app.bsky.feed.post"
#define REPOST_COLLECTION "app.bsky.feed.repost"

static enum control_kind kind_of_collection(struct text collection)
{
    for (int kind = CONTROL_LIKE; kind < CONTROL_OTHER_COLLECTION; kind++)
        if (text_is(collection, control_kind_name((enum control_kind)kind)))
            return (enum control_kind)kind;
    return CONTROL_OTHER_COLLECTION;
}

static enum line_reason take_event(struct record *record, bool *control)
{
    struct text kind = field_text(&record->reader, BLUESKY_KIND);
    if (kind.size == TEXT_NONE || kind.size == 0)
        return LINE_UNKNOWN_RECORD;
    *control = true;
    sink_control(record->sink, text_is(kind, "identity")  ? CONTROL_IDENTITY
                               : text_is(kind, "account") ? CONTROL_ACCOUNT
                                                          : CONTROL_OTHER_EVENT);
    return LINE_OK;
}

/* Microseconds, a number or a string of digits, in ms. */
static int64_t event_time(const struct reader *reader)
{
    struct value_ref value = field_scalar(reader, BLUESKY_TIME_US);
    int64_t us;
    if ((value.type != VALUE_NUMBER && value.type != VALUE_STRING) ||
        !integer_from_text(reader->walk->text + value.start,
                           value.end - value.start, &us) ||
        us < 0 || us / 1000 >= MS_YEAR_10000)
        return TIME_NONE;
    return us / 1000;
}

/* at:// did / collection / rkey, in the scratch. */
static struct id uri_of_event(struct reader *reader, struct text did,
                              struct text collection)
{
    struct text rkey = field_text(reader, BLUESKY_RKEY);
    struct text parts[] = {{"at://", 5}, did, {"/", 1}, collection, {"/", 1},
                           rkey};
    uint8_t *out = reader->scratch + reader->scratch_used;
    uint32_t size = 0;
    if (did.size == 0 || did.size == TEXT_NONE || rkey.size == 0 ||
        rkey.size == TEXT_NONE || did.size + (uint64_t)rkey.size > FIELD_ID_MAX)
        return (struct id){0};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        memcpy(out + size, parts[i].bytes, parts[i].size);
        size += parts[i].size;
    }
    reader->scratch_used += size;
    return id_from_text((struct text){(const char *)out, size});
}

/* The account in at://did:.../ */
static struct id did_of_uri(struct id uri)
{
    struct text text = uri.text;
    uint32_t end = 5;
    if (text.size < 9 || memcmp(text.bytes, "at://did:", 9) != 0)
        return (struct id){0};
    while (end < text.size && text.bytes[end] != '/')
        end++;
    return end > 9 ? id_from_text((struct text){text.bytes + 5, end - 5})
                   : (struct id){0};
}

static void target(struct post *post, enum post_kind kind, struct id uri)
{
    post->kind = kind;
    post->target_post = uri;
    post->target = did_of_uri(uri);
}

static void read_kind(struct reader *reader, bool repost, struct post *post)
{
    if (repost) {
        target(post, KIND_RETWEET, field_text_id(reader, BLUESKY_SUBJECT_URI));
    } else if (field_object(reader, BLUESKY_REPLY_OBJECT)) {
        target(post, KIND_REPLY, field_text_id(reader, BLUESKY_REPLY_URI));
    } else if (field_object(reader, BLUESKY_QUOTED)) {
        struct id uri = field_text_id(reader, BLUESKY_QUOTED_URI);
        target(post, KIND_QUOTE,
               id_known(uri) ? uri
                             : field_text_id(reader, BLUESKY_QUOTED_INNER_URI));
    }
}

/* ---- content ------------------------------------------------------------ */

#define FEATURE_PREFIX "app.bsky.richtext.facet#"

/* One of a facet's features; true: its range is no text. */
static bool take_feature(struct reader *reader, struct content *content,
                         struct post *post)
{
    struct text type = field_text(reader, FEATURE_TYPE);
    if (text_is(type, FEATURE_PREFIX "tag")) {
        struct text tag = field_text(reader, FEATURE_TAG);
        if (tag.size != TEXT_NONE)
            content_hashtag(content, tag);
    } else if (text_is(type, FEATURE_PREFIX "link")) {
        struct text uri = field_text(reader, FEATURE_URI);
        if (uri.size != TEXT_NONE)
            content_link(content, uri);
        post->urls++;
        return true;
    } else if (text_is(type, FEATURE_PREFIX "mention")) {
        post->mentions++;
        return true;
    }
    return false;
}

static void take_facet(struct record *record, const struct reader *facet,
                       struct post *post)
{
    struct slots slots;
    struct reader feature = *facet;
    bool removed = false;
    int64_t from, to;
    feature.slots = &slots;
    if (!elements_are(facet, FACET_FEATURES))
        return;
    struct elements features = elements_of(facet, FACET_FEATURES);
    while (elements_next(&features, record->projection, BLUESKY_FEATURE,
                         &slots)) {
        feature.scratch_used = facet->scratch_used;
        removed |= take_feature(&feature, record->content, post);
    }
    if (removed && field_integer(facet, FACET_FROM, &from) &&
        field_integer(facet, FACET_TO, &to))
        content_range(record->content, from, to);
}

static void read_facets(struct record *record, struct post *post)
{
    struct slots slots;
    struct reader facet = record->reader;
    if (!elements_are(&record->reader, BLUESKY_FACETS))
        return;
    post->flags |= FACT_HAS_HASHTAGS | FACT_HAS_URLS | FACT_HAS_MENTIONS;
    struct elements facets = elements_of(&record->reader, BLUESKY_FACETS);
    facet.slots = &slots;
    while (elements_next(&facets, record->projection, BLUESKY_FACET, &slots))
        take_facet(record, &facet, post);
}

static void read_language(struct reader *reader, struct post *post)
{
    struct value_ref first = slot_value(reader->slots, BLUESKY_LANGS);
    if (first.type != VALUE_ARRAY)
        return;
    post->flags |= FACT_HAS_LANGUAGE;
    struct elements langs = elements_of(reader, BLUESKY_LANGS);
    if (elements_next(&langs, NULL, 0, NULL))
        post->language =
            twitter_language(field_element_text(reader, &langs.value));
}

static void read_content(struct record *record, struct post *post)
{
    struct reader *reader = &record->reader;
    struct text text = field_text(reader, BLUESKY_TEXT);
    read_language(reader, post);
    read_facets(record, post);
    if (text.size == TEXT_NONE)
        return;
    if (post->kind != KIND_QUOTE && twitter_is_manual_retweet(text))
        post->flags |= FACT_MANUAL_RETWEET;
    content_measure(record->content, text, TEXT_REMOVE_BYTES, post);
}

/* ---- what a filter asks for ---------------------------------------------- */

static void offer_hashtags(void *context)
{
    struct post unused;
    post_begin(&unused, PLATFORM_BLUESKY);
    read_facets(context, &unused);
}

static void offer_texts(void *context, struct filter_search *search)
{
    struct record *record = context;
    filter_search_text(search, field_text(&record->reader, BLUESKY_TEXT));
}

static void offer_post(struct record *record, const struct post *post)
{
    struct filter_view view = {.account = post->account, .context = record,
                               .hashtags = offer_hashtags,
                               .texts = offer_texts};
    sink_offer(record->sink, post, record->content, &view);
}

/* ---- events ------------------------------------------------------------- */

static enum line_reason take_post(struct record *record, bool repost,
                                  struct id did, struct id uri)
{
    struct post post;
    struct observation o;
    post_begin(&post, PLATFORM_BLUESKY);
    post.account = did;
    post.id = uri;
    post.time = event_time(&record->reader);
    if (!id_known(did) || !id_known(uri))
        return LINE_MISSING_KEY;
    if (post.time == TIME_NONE)
        return LINE_BAD_TIME;
    if (!sink_wants(record->sink, post.time))
        return LINE_OK;
    read_kind(&record->reader, repost, &post);
    if (record->sink->filter) {
        offer_post(record, &post);
        return LINE_OK;
    }
    content_begin(record->content);
    if (!repost)
        read_content(record, &post);
    if (!content_finish(record->content, &post))
        record->sink->out_of_memory = true;
    observation_begin(&o, PLATFORM_BLUESKY, did, post.time);
    o.author = true;
    sink_observation(record->sink, &o);
    sink_post(record->sink, &post);
    return LINE_OK;
}

static void take_delete(struct record *record, struct id did, struct id uri)
{
    struct notice notice = {.platform = PLATFORM_BLUESKY, .account = did,
                            .post = uri,
                            .time = event_time(&record->reader)};
    sink_control(record->sink, CONTROL_DELETE);
    if (id_known(did) && id_known(uri))
        sink_notice(record->sink, &notice);
}

static enum line_reason take(struct record *record, bool *control)
{
    struct reader *reader = &record->reader;
    *control = false;
    if (reader->slots->types[BLUESKY_COMMIT_OBJECT] != VALUE_OBJECT)
        return take_event(record, control);
    struct text collection = field_text(reader, BLUESKY_COLLECTION);
    bool repost = text_is(collection, REPOST_COLLECTION);
    bool deleted = text_is(field_text(reader, BLUESKY_OPERATION), "delete");
    if (collection.size == TEXT_NONE || collection.size == 0)
        return LINE_UNKNOWN_RECORD;
    *control = deleted || !(repost || text_is(collection, POST_COLLECTION));
    if (*control && (repost || !text_is(collection, POST_COLLECTION))) {
        sink_control(record->sink, kind_of_collection(collection));
        return LINE_OK;
    }
    struct text did = field_text(reader, BLUESKY_DID);
    struct id account = field_text_id(reader, BLUESKY_DID);
    struct id uri = uri_of_event(reader, did, collection);
    if (!deleted)
        return take_post(record, repost, account, uri);
    take_delete(record, account, uri);
    return LINE_OK;
}

const struct dialect DIALECT_OF_BLUESKY = {.id = DIALECT_BLUESKY,
                                           .contexts = CONTEXTS,
                                           .context_count = BLUESKY_CONTEXTS,
                                           .take = take};
