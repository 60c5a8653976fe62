#include "stages/parse/dialects/dialect.h"
#include "stages/parse/dialects/elements.h"
#include "stages/parse/dialects/recognise.h"
#include "stages/parse/dialects/twitter.h"

/*
 * Reddit, as Pushshift published it: comments and submissions. An account is
 * its name. docs/FORMATS.md has the rules.
 */
enum reddit_context { REDDIT_ROOT = CONTEXT_ROOT, REDDIT_PARENT,
                      REDDIT_CONTEXTS };
enum reddit_slot {
    REDDIT_AUTHOR = KEY_AUTHOR,
    REDDIT_ID = RECOGNISED_KEYS, REDDIT_BODY, REDDIT_TITLE, REDDIT_SELFTEXT,
    REDDIT_CREATED_UTC, REDDIT_PARENT_ID, REDDIT_URL, REDDIT_IS_SELF,
    REDDIT_CROSSPOST_PARENT, REDDIT_CROSSPOST_LIST, REDDIT_ACCOUNT_CREATED,
    REDDIT_SLOTS
};
/* Of an element of crosspost_parent_list. */
enum parent_slot { PARENT_AUTHOR, PARENT_CREATED_UTC, PARENT_TITLE,
                   PARENT_SELFTEXT, PARENT_SLOTS };

static const struct context_key ROOT_KEYS[] = {
    {"id", REDDIT_ID, 0, 0},
    {"body", REDDIT_BODY, 0, 0},
    {"title", REDDIT_TITLE, 0, 0},
    {"selftext", REDDIT_SELFTEXT, 0, 0},
    {"created_utc", REDDIT_CREATED_UTC, 0, 0},
    {"parent_id", REDDIT_PARENT_ID, 0, 0},
    {"url", REDDIT_URL, 0, 0},
    {"is_self", REDDIT_IS_SELF, 0, 0},
    {"crosspost_parent", REDDIT_CROSSPOST_PARENT, 0, 0},
    {"crosspost_parent_list", REDDIT_CROSSPOST_LIST, 0, 0},
    {"author_created_utc", REDDIT_ACCOUNT_CREATED, 0, 0},
    {NULL, 0, 0, 0},
};
static const struct context_key PARENT_KEYS[] = {
    {"author", PARENT_AUTHOR, 0, 0},
    {"created_utc", PARENT_CREATED_UTC, 0, 0},
    {"title", PARENT_TITLE, 0, 0},
    {"selftext", PARENT_SELFTEXT, 0, 0},
    {NULL, 0, 0, 0},
};
static const char *const ROOT_OTHERS[] = {
    "all_awardings", "archived", "author_cakeday", "author_flair_css_class",
    "author_flair_richtext", "author_flair_template_id", "author_flair_text",
    "author_flair_text_color", "author_flair_type", "author_fullname",
    "author_patreon_flair", "author_premium", "can_gild", "collapsed",
    "collapsed_reason", "controversiality", "distinguished", "domain",
    "edited", "gilded", "gildings", "is_submitter", "link_id", "locked",
    "media", "name", "no_follow", "num_comments", "over_18", "permalink",
    "quarantined", "retrieved_on", "score", "score_hidden", "send_replies",
    "stickied", "subreddit_id", "subreddit_name_prefixed", "subreddit_type",
    "thumbnail", "total_awards_received", "ups",
    NULL,
};
static const struct context CONTEXTS[REDDIT_CONTEXTS] = {
    [REDDIT_ROOT] = {ROOT_KEYS, REDDIT_SLOTS, ROOT_OTHERS},
    [REDDIT_PARENT] = {PARENT_KEYS, PARENT_SLOTS, ROOT_OTHERS},
};

static bool is_deleted(struct text author)
{
    static const char deleted[] = "[deleted]";
    return author.size == sizeof deleted - 1 &&
           memcmp(author.bytes, deleted, sizeof deleted - 1) == 0;
}

/* A number, or a string of one. */
static int64_t seconds(const struct reader *reader, uint32_t slot)
{
    struct value_ref value = field_scalar(reader, slot);
    if (value.type != VALUE_NUMBER && value.type != VALUE_STRING)
        return TIME_NONE;
    return time_from_seconds(reader->walk->text + value.start,
                             value.end - value.start);
}

/* Texts one behind another, in the scratch. */
static struct text joined(struct reader *reader, const struct text *texts,
                          int count)
{
    uint8_t *out = reader->scratch + reader->scratch_used;
    uint32_t size = 0;
    for (int i = 0; i < count; i++) {
        if (texts[i].size)
            memcpy(out + size, texts[i].bytes, texts[i].size);
        size += texts[i].size;
    }
    reader->scratch_used += size;
    return (struct text){(const char *)out, size};
}

/* t1_ or t3_ and the id, which is base 36. */
static struct id post_id(struct reader *reader, const char *kind)
{
    struct value_ref value = field_scalar(reader, REDDIT_ID);
    struct text id = {(const char *)reader->walk->text + value.start,
                      value.end - value.start};
    if (value.type == VALUE_STRING)
        id = field_text(reader, REDDIT_ID);
    else if (value.type != VALUE_NUMBER)
        return (struct id){0};
    for (uint32_t i = 0; i < id.size; i++) {
        char byte = id.bytes[i], lower = byte | 0x20;
        if (!(byte >= '0' && byte <= '9') && !(lower >= 'a' && lower <= 'z'))
            return (struct id){0};
    }
    if (id.size == 0 || id.size > FIELD_ID_MAX - 3)
        return (struct id){0};
    return id_from_text(joined(reader, (struct text[]){{kind, 3}, id}, 2));
}

static void read_parent(struct record *record, struct post *post)
{
    struct slots slots;
    struct reader reader = record->reader;
    if (!elements_are(&record->reader, REDDIT_CROSSPOST_LIST))
        return;
    struct elements parents =
        elements_of(&record->reader, REDDIT_CROSSPOST_LIST);
    reader.slots = &slots;
    if (!elements_next(&parents, record->projection, REDDIT_PARENT, &slots))
        return;
    post->original_time = seconds(&reader, PARENT_CREATED_UTC);
    if (!is_deleted(field_text(&reader, PARENT_AUTHOR)))
        post->target = field_text_id(&reader, PARENT_AUTHOR);
    record->reader.scratch_used = reader.scratch_used;
}

static void read_kind(struct record *record, bool comment, struct post *post)
{
    struct reader *reader = &record->reader;
    post->kind = comment ? KIND_REPLY : KIND_ORIGINAL;
    post->target_post = field_text_id(reader, comment
                                                  ? REDDIT_PARENT_ID
                                                  : REDDIT_CROSSPOST_PARENT);
    if (comment || !id_known(post->target_post))
        return;
    post->kind = KIND_RETWEET;
    read_parent(record, post);
}

/* Title, line feed, text; TEXT_NONE: it has neither. */
static struct text submission(struct reader *reader, uint32_t title,
                              uint32_t selftext)
{
    struct text texts[] = {field_text(reader, title), {"\n", 1},
                           field_text(reader, selftext)};
    if (texts[0].size == TEXT_NONE && texts[2].size == TEXT_NONE)
        return texts[0];
    for (int i = 0; i < 3; i++)
        if (texts[i].size == TEXT_NONE)
            texts[i].size = 0;
    return joined(reader, texts, 3);
}

/* TEXT_NONE: it has none. */
static struct text text_of(struct reader *reader, bool comment)
{
    return comment ? field_text(reader, REDDIT_BODY)
                   : submission(reader, REDDIT_TITLE, REDDIT_SELFTEXT);
}

static void read_content(struct record *record, bool comment,
                         struct post *post)
{
    struct reader *reader = &record->reader;
    content_begin(record->content);
    if (!comment) {
        struct text url = field_text(reader, REDDIT_URL);
        post->flags |= FACT_HAS_URLS;
        if (field_flag(reader, REDDIT_IS_SELF) != 1 &&
            url.size != TEXT_NONE && url.size != 0) {
            post->urls = 1;
            content_link(record->content, url);
        }
    }
    struct text text = post->kind == KIND_RETWEET
                           ? (struct text){NULL, TEXT_NONE}
                           : text_of(reader, comment);
    if (text.size != TEXT_NONE) {
        if (twitter_is_manual_retweet(text))
            post->flags |= FACT_MANUAL_RETWEET;
        content_measure(record->content, text, TEXT_REMOVE_URLS, post);
    }
    post->name_hash = content_name_hash(record->content,
                                        field_text(reader, REDDIT_AUTHOR),
                                        (struct text){NULL, TEXT_NONE});
    if (!content_finish(record->content, post))
        record->sink->out_of_memory = true;
}

/* ---- what a filter asks for ---------------------------------------------- */

struct offer {
    struct record *record;
    bool comment, retweet;
};

static void search_parent(struct record *record, struct filter_search *search)
{
    struct slots slots;
    struct reader reader = record->reader;
    if (!elements_are(&record->reader, REDDIT_CROSSPOST_LIST))
        return;
    struct elements parents =
        elements_of(&record->reader, REDDIT_CROSSPOST_LIST);
    reader.slots = &slots;
    if (!elements_next(&parents, record->projection, REDDIT_PARENT, &slots))
        return;
    filter_search_text(search, submission(&reader, PARENT_TITLE,
                                          PARENT_SELFTEXT));
}

static void offer_texts(void *context, struct filter_search *search)
{
    struct offer *offer = context;
    struct record *record = offer->record;
    filter_search_text(search, text_of(&record->reader, offer->comment));
    if (offer->retweet && !search->found)
        search_parent(record, search);
}

static void offer_post(struct record *record, bool comment,
                       const struct post *post)
{
    struct offer offer = {record, comment, post->kind == KIND_RETWEET};
    struct filter_view view = {.account = post->account, .context = &offer,
                               .texts = offer_texts};
    sink_offer(record->sink, post, record->content, &view);
}

/* ---- the record ---------------------------------------------------------- */

static void put_author(struct record *record, const struct post *post)
{
    struct observation o;
    observation_begin(&o, PLATFORM_REDDIT, post->account, post->time);
    o.author = true;
    o.texts[TEXT_SCREEN_NAME] = field_text(&record->reader, REDDIT_AUTHOR);
    o.created_at = seconds(&record->reader, REDDIT_ACCOUNT_CREATED);
    sink_observation(record->sink, &o);
}

static enum line_reason take(struct record *record, bool *control)
{
    struct reader *reader = &record->reader;
    bool comment = field_present(reader, REDDIT_BODY);
    *control = false;
    if (!comment && !field_present(reader, REDDIT_TITLE) &&
        !field_present(reader, REDDIT_SELFTEXT))
        return LINE_UNKNOWN_RECORD;
    if (is_deleted(field_text(reader, REDDIT_AUTHOR))) {
        sink_no_account(record->sink);
        return LINE_OK;
    }
    struct post post;
    post_begin(&post, PLATFORM_REDDIT);
    post.account = field_text_id(reader, REDDIT_AUTHOR);
    post.id = post_id(reader, comment ? "t1_" : "t3_");
    post.time = seconds(reader, REDDIT_CREATED_UTC);
    if (!id_known(post.account) || !id_known(post.id))
        return LINE_MISSING_KEY;
    if (post.time == TIME_NONE)
        return LINE_BAD_TIME;
    if (!sink_wants(record->sink, post.time))
        return LINE_OK;
    read_kind(record, comment, &post);
    if (record->sink->filter) {
        offer_post(record, comment, &post);
        return LINE_OK;
    }
    read_content(record, comment, &post);
    put_author(record, &post);
    sink_post(record->sink, &post);
    return LINE_OK;
}

const struct dialect DIALECT_OF_REDDIT = {.id = DIALECT_REDDIT,
                                          .contexts = CONTEXTS,
                                          .context_count = REDDIT_CONTEXTS,
                                          .take = take};
