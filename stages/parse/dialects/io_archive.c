#include "stages/parse/dialects/io_archive.h"

#include "stages/parse/client_text.h"
#include "stages/parse/dialects/twitter.h"
#include "stages/parse/kernel.h"
#include "stages/parse/python_list.h"
#include "stages/parse/scalar.h"

#include <stdlib.h>
#include <string.h>

const char *const IO_FIELD_NAMES[IO_FIELDS] = {
#define X(name, column) [name] = column,
    IO_FIELDS_X(X)
#undef X
};

void io_scratch_free(struct io_scratch *scratch)
{
    free(scratch->items.bytes);
    *scratch = (struct io_scratch){0};
}

/* ---- cells --------------------------------------------------------------- */

static bool known(struct text cell)
{
    return cell.size != 0 && cell.size != TEXT_NONE;
}

#define ID_BYTES_MAX 255
#define HASH_BYTES_MIN 20     /* X's are 40 to 44, or 64 in hexadecimal */

struct id io_post_id(struct text cell)
{
    struct id none = {0};
    uint64_t number;
    if (!known(cell) || cell.size > ID_BYTES_MAX)
        return none;
    if (number_from_digits((const uint8_t *)cell.bytes, cell.size, &number))
        return (struct id){.number = number};
    bool zero = true;
    for (uint32_t i = 0; i < cell.size; i++) {
        if (cell.bytes[i] < '0' || cell.bytes[i] > '9')
            return none;
        zero = zero && cell.bytes[i] == '0';
    }
    return zero ? none : id_from_text(cell);
}

#define TEN(at) [at] = 1, [at + 1] = 1, [at + 2] = 1, [at + 3] = 1,            \
    [at + 4] = 1, [at + 5] = 1, [at + 6] = 1, [at + 7] = 1, [at + 8] = 1,      \
    [at + 9] = 1
static const uint8_t HASH_BYTES[256] = {
    TEN('0'), TEN('A'), TEN('K'), ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
    ['Y'] = 1, ['Z'] = 1, TEN('a'), TEN('k'), ['u'] = 1, ['v'] = 1, ['w'] = 1,
    ['x'] = 1, ['y'] = 1, ['z'] = 1, ['+'] = 1, ['/'] = 1, ['-'] = 1,
    ['_'] = 1};
#undef TEN

struct id io_account_id(struct text cell)
{
    struct id id = io_post_id(cell);
    if (id_known(id) || !known(cell) || cell.size < HASH_BYTES_MIN ||
        cell.size > ID_BYTES_MAX)
        return id;
    uint32_t size = cell.size;
    while (size > 0 && cell.bytes[size - 1] == '=')
        size--;
    uint8_t all = 1;
    for (uint32_t i = 0; i < size; i++)
        all &= HASH_BYTES[(uint8_t)cell.bytes[i]];
    if (!all || size == 0 || is_number((const uint8_t *)cell.bytes, cell.size))
        return id;
    return (struct id){.text = cell};
}

static int64_t count_of(struct text cell)
{
    return known(cell)
               ? count_from_text((const uint8_t *)cell.bytes, cell.size)
               : COUNT_NONE;
}

/* A time of 10 or 16 characters, made whole: "2019-11-05T00:00:00". */
static int64_t filled_time(struct text cell)
{
    char whole[] = "0000-00-00T00:00:00";
    memcpy(whole, cell.bytes, cell.size);
    return time_from_text((const uint8_t *)whole, sizeof whole - 1);
}

int64_t io_time(struct text cell, bool *minute_only)
{
    *minute_only = cell.size == 16;
    if (!known(cell) || cell.size < 16)
        return TIME_NONE;
    return *minute_only ? filled_time(cell)
                        : time_from_text((const uint8_t *)cell.bytes,
                                         cell.size);
}

int64_t io_date(struct text cell)
{
    bool minute_only;
    if (cell.size == 10)
        return filled_time(cell);
    return io_time(cell, &minute_only);
}

static bool is_true(struct text cell)
{
    return cell.size == 4 && (cell.bytes[0] | 0x20) == 't' &&
           (cell.bytes[1] | 0x20) == 'r' && (cell.bytes[2] | 0x20) == 'u' &&
           (cell.bytes[3] | 0x20) == 'e';
}

/* ---- the profile --------------------------------------------------------- */

/* Of a hashed account the names are the hash: unknown, as are empty ones. */
static struct text name_of(const struct io_record *record, enum io_field field)
{
    struct text name = record->cells[field];
    if (!known(name) || text_compare(name, record->cells[IO_USER]) == 0)
        return (struct text){NULL, TEXT_NONE};
    return name;
}

static void read_profile(const struct io_record *record, struct id account,
                         struct observation *o)
{
    *o = (struct observation){.platform = PLATFORM_TWITTER, .author = true,
                              .snapshot = true, .id = account,
                              .t_obs = TIME_NONE};
    o->created_at = io_date(record->cells[IO_CREATED]);
    for (int i = 0; i < ENGAGEMENTS; i++)
        o->engagement[i] = COUNT_NONE;
    for (int i = 0; i < PROFILE_COUNTS; i++)
        o->counts[i] = COUNT_NONE;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        o->flags[i] = FLAG_NONE;
    o->counts[COUNT_FOLLOWERS] = count_of(record->cells[IO_FOLLOWERS]);
    o->counts[COUNT_FRIENDS] = count_of(record->cells[IO_FRIENDS]);
    o->texts[TEXT_SCREEN_NAME] = name_of(record, IO_SCREEN_NAME);
    o->texts[TEXT_DISPLAY_NAME] = name_of(record, IO_DISPLAY_NAME);
    /* Null with the column there is empty: as it came. */
    o->texts[TEXT_DESCRIPTION] = record->cells[IO_DESCRIPTION];
    o->texts[TEXT_LOCATION] = record->cells[IO_LOCATION];
    o->texts[TEXT_URL] = record->cells[IO_URL];
}

enum line_reason io_archive_user(const struct io_record *record,
                                 struct sink *sink)
{
    struct observation o;
    struct id account = io_account_id(record->cells[IO_USER]);
    if (!id_known(account))
        return LINE_MISSING_KEY;
    read_profile(record, account, &o);
    sink_user(sink);
    sink_observation(sink, &o);
    return LINE_OK;
}

/* ---- lists --------------------------------------------------------------- */

/* The number of items, and the first one's account id; -1: no list. */
static int64_t list_count(struct io_scratch *scratch,
                          const struct io_record *record, enum io_field field,
                          struct content *content, struct id *first)
{
    struct text cell = record->cells[field], item;
    if (!known(cell))
        return -1;
    if (cell.size == 2)
        return memcmp(cell.bytes, "[]", 2) == 0 ? 0 : -1;
    if (!text_buffer_reserve(&scratch->items,
                             (size_t)cell.size + KERNEL_PADDING)) {
        content->out_of_memory = true;
        return -1;
    }
    struct python_list list = python_list_of(cell, record->json);
    uint8_t *out = scratch->items.bytes;
    for (int64_t count = 0;; count++) {
        int got = python_list_next(&list, out, &item);
        if (got <= 0)
            return got ? -1 : count;
        if (first && count == 0) {
            *first = io_account_id(item);
            out += item.size;       /* the id may borrow what is there */
        }
    }
}

/* Gives the items of a list that is whole to `take`. */
static void list_each(struct io_scratch *scratch,
                      const struct io_record *record, enum io_field field,
                      struct content *content,
                      void (*take)(struct content *, struct text))
{
    struct python_list list =
        python_list_of(record->cells[field], record->json);
    struct text item;
    while (python_list_next(&list, scratch->items.bytes, &item) == 1)
        take(content, item);
}

/* Returns the first account mentioned. */
static struct id read_lists(struct io_scratch *scratch,
                            const struct io_record *record,
                            struct content *content, struct post *post)
{
    struct id first = {0};
    int64_t count = list_count(scratch, record, IO_HASHTAGS, content, NULL);
    if (count >= 0)
        post->flags |= FACT_HAS_HASHTAGS;
    if (count > 0)
        list_each(scratch, record, IO_HASHTAGS, content, content_hashtag);
    count = list_count(scratch, record, IO_URLS, content, NULL);
    if (count >= 0)
        post->flags |= FACT_HAS_URLS;
    if (count > 0) {
        post->urls = (uint32_t)count;
        list_each(scratch, record, IO_URLS, content, content_link);
    }
    count = list_count(scratch, record, IO_MENTIONS, content, &first);
    if (count >= 0) {
        post->flags |= FACT_HAS_MENTIONS;
        post->mentions = (uint32_t)count;
    }
    return count > 0 ? first : (struct id){0};
}

/* ---- the post ------------------------------------------------------------ */

static void read_kind(const struct io_record *record, struct id first_mention,
                      struct post *post)
{
    const struct text *cells = record->cells;
    post->kind = KIND_ORIGINAL;
    if (is_true(cells[IO_IS_RETWEET])) {
        post->kind = KIND_RETWEET;
        post->target = io_account_id(cells[IO_RETWEET_USER]);
        if (!id_known(post->target))
            post->target = first_mention;
        post->target_post = io_post_id(cells[IO_RETWEET_TWEET]);
        bool anomaly;
        post->original_time = twitter_event_time(post->target_post, TIME_NONE,
                                                 0, &anomaly);
    } else if (known(cells[IO_REPLY_USER]) || known(cells[IO_REPLY_TWEET])) {
        post->kind = KIND_REPLY;
        post->target = io_account_id(cells[IO_REPLY_USER]);
        post->target_post = io_post_id(cells[IO_REPLY_TWEET]);
    } else if (known(cells[IO_QUOTED_TWEET])) {
        post->kind = KIND_QUOTE;
        post->target_post = io_post_id(cells[IO_QUOTED_TWEET]);
    }
}

static void read_content(const struct io_record *record,
                         struct content *content, struct post *post)
{
    const struct text *cells = record->cells;
    if (known(cells[IO_LANGUAGE]))
        post->flags |= FACT_HAS_LANGUAGE;
    post->language = twitter_language(cells[IO_LANGUAGE]);
    if (known(cells[IO_CLIENT]))
        post->flags |= FACT_HAS_CLIENT;
    post->client = client_of_source(cells[IO_CLIENT]);
    if (post->kind == KIND_RETWEET || !known(cells[IO_TEXT]))
        return;
    if (post->kind != KIND_QUOTE && twitter_is_manual_retweet(cells[IO_TEXT]))
        post->flags |= FACT_MANUAL_RETWEET;
    content_measure(content, cells[IO_TEXT], TEXT_REMOVE_URLS_AND_MENTIONS, post);
}

/* The ids and the time; LINE_OK if they are usable. */
static enum line_reason read_keys(const struct io_record *record,
                                  struct post *post, bool *anomaly)
{
    bool minute_only;
    post->id = io_post_id(record->cells[IO_TWEET]);
    post->account = io_account_id(record->cells[IO_USER]);
    if (!id_known(post->id) || !id_known(post->account))
        return LINE_MISSING_KEY;
    int64_t reference = io_time(record->cells[IO_TIME], &minute_only);
    post->time = twitter_event_time(post->id, reference, ANOMALY_MINUTE_MS,
                                    anomaly);
    if (post->time == TIME_NONE)
        return LINE_BAD_TIME;
    int64_t of_id = time_of_id(post->id);
    if (minute_only && post->time != of_id)
        post->flags |= FACT_MINUTE_ONLY;
    return LINE_OK;
}

/* ---- what a filter asks for ---------------------------------------------- */

struct offer {
    struct io_scratch *scratch;
    const struct io_record *record;
    struct content *content;
};

static struct text offer_handle(void *context)
{
    struct offer *offer = context;
    return name_of(offer->record, IO_SCREEN_NAME);
}

static void offer_hashtags(void *context)
{
    struct offer *offer = context;
    if (list_count(offer->scratch, offer->record, IO_HASHTAGS, offer->content,
                   NULL) > 0)
        list_each(offer->scratch, offer->record, IO_HASHTAGS, offer->content,
                  content_hashtag);
}

static void offer_texts(void *context, struct filter_search *search)
{
    struct offer *offer = context;
    filter_search_text(search, offer->record->cells[IO_TEXT]);
}

static void offer_tweet(struct io_scratch *scratch,
                        const struct io_record *record,
                        struct content *content, const struct post *post,
                        struct sink *sink)
{
    struct offer offer = {scratch, record, content};
    struct filter_view view = {.account = post->account, .context = &offer,
                               .handle = offer_handle,
                               .hashtags = offer_hashtags,
                               .texts = offer_texts};
    sink_offer(sink, post, content, &view);
}

/* ---- the tweet ----------------------------------------------------------- */

enum line_reason io_archive_tweet(struct io_scratch *scratch,
                                  const struct io_record *record,
                                  struct content *content, struct sink *sink)
{
    struct post post = {.platform = PLATFORM_TWITTER,
                        .original_time = TIME_NONE, .statuses = COUNT_NONE,
                        .followers = COUNT_NONE};
    struct observation o;
    bool anomaly = false;
    enum line_reason reason = read_keys(record, &post, &anomaly);
    if (reason != LINE_OK)
        return reason;
    sink->tally->time_anomalies += anomaly;
    if (!sink_wants(sink, post.time))
        return LINE_OK;
    if (sink->filter) {
        read_kind(record, (struct id){0}, &post);
        offer_tweet(scratch, record, content, &post, sink);
        return LINE_OK;
    }
    content_begin(content);
    read_kind(record, read_lists(scratch, record, content, &post), &post);
    read_content(record, content, &post);
    if (!content_finish(content, &post))
        sink->out_of_memory = true;
    read_profile(record, post.account, &o);
    o.t_obs = post.time;
    if (post.kind != KIND_RETWEET) {
        o.engagement[ENGAGEMENT_RETWEETS] =
            count_of(record->cells[IO_RETWEETS]);
        o.engagement[ENGAGEMENT_FAVORITES] = count_of(record->cells[IO_LIKES]);
    }
    sink_observation(sink, &o);
    sink_post(sink, &post);
    return LINE_OK;
}
