#include "stages/units.h"

#include "pipeline/check.h"

#include <stdlib.h>

/*
 * Layout of an item: a fixed struct, then the bytes of its texts back to back,
 * padded to 8. Texts that are ids stand first. The structs are written and
 * read by memcpy-free access to 8-aligned memory of the same process only;
 * a batch never leaves it.
 */
struct item_head {
    uint32_t bytes;      /* of the whole item */
    uint8_t kind;        /* enum batch_kind */
    uint8_t platform;
    uint8_t a, b;        /* observation: author, snapshot; post: kind */
};

struct observation_item {
    struct item_head head;
    uint64_t id;
    uint32_t id_size;
    uint32_t text_sizes[PROFILE_TEXTS];
    int64_t t_obs, created_at;
    int64_t counts[PROFILE_COUNTS];
    int64_t engagement[ENGAGEMENTS];
    uint8_t flags[PROFILE_FLAGS];
    uint8_t padding[4];
};

struct post_item {
    struct item_head head;
    uint64_t account, id, target, target_post;
    uint32_t account_size, id_size, target_size, target_post_size;
    uint32_t language_size, client_size;
    int64_t time, original_time, statuses, followers;
    uint64_t name_hash;
    uint32_t urls, mentions, media;
    uint16_t flags;
    uint16_t padding;
    uint64_t text_hash;
    uint32_t hashtag_count, hashtag_size, domain_count, domain_size;
    uint32_t text_length;
    uint32_t scripts[SCRIPTS];
    uint32_t more_padding;
};

struct notice_item {
    struct item_head head;
    uint64_t account, post;
    uint32_t account_size, post_size;
    int64_t time;
};

struct line_item {
    struct item_head head;
    uint64_t size;
};

#define TEXTS_MAX 8

void batch_free(struct batch *batch)
{
    free(batch->bytes);
    *batch = (struct batch){0};
}

bool batch_reserve(struct batch *batch, size_t bytes)
{
    if (batch->capacity - batch->size >= bytes)
        return true;
    size_t capacity = batch->capacity ? batch->capacity : (size_t)1 << 16;
    while (capacity - batch->size < bytes) {
        if (capacity > SIZE_MAX / 4)
            return false;
        capacity *= 2;
    }
    uint8_t *grown = realloc(batch->bytes, capacity);
    if (!grown)
        return false;
    batch->bytes = grown;
    batch->capacity = capacity;
    return true;
}

/* Adds head (fixed bytes) and texts; sets head->bytes. */
static bool add_item(struct batch *batch, struct item_head *head, size_t fixed,
                     const struct text *texts, uint32_t count)
{
    size_t bytes = fixed;
    for (uint32_t i = 0; i < count; i++)
        bytes += texts[i].size;
    bytes = (bytes + 7) & ~(size_t)7;
    if (bytes > UINT32_MAX || !batch_reserve(batch, bytes))
        return false;
    head->bytes = (uint32_t)bytes;
    uint8_t *at = batch->bytes + batch->size;
    memset(at + bytes - 8, 0, 8);       /* the padding, whatever it is */
    memcpy(at, head, fixed);
    at += fixed;
    for (uint32_t i = 0; i < count; i++) {
        if (texts[i].size)
            memcpy(at, texts[i].bytes, texts[i].size);
        at += texts[i].size;
    }
    batch->size += bytes;
    return true;
}

static struct text known(struct text text)
{
    return text.size == TEXT_NONE ? (struct text){NULL, 0} : text;
}

bool batch_add_observation(struct batch *batch, const struct observation *o)
{
    struct observation_item item = {
        .head = {0, BATCH_OBSERVATION, (uint8_t)o->platform, o->author,
                 o->snapshot},
        .id = o->id.number, .id_size = o->id.text.size,
        .t_obs = o->t_obs, .created_at = o->created_at};
    struct text texts[TEXTS_MAX] = {o->id.text};
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        item.text_sizes[i] = o->texts[i].size;
        texts[i + 1] = known(o->texts[i]);
    }
    memcpy(item.counts, o->counts, sizeof item.counts);
    memcpy(item.engagement, o->engagement, sizeof item.engagement);
    memcpy(item.flags, o->flags, sizeof item.flags);
    return add_item(batch, &item.head, sizeof item, texts, 1 + PROFILE_TEXTS);
}

static struct text list_text(struct text_list list)
{
    return (struct text){(const char *)list.bytes, list.size};
}

bool batch_add_post(struct batch *batch, const struct post *post)
{
    struct post_item item = {
        .head = {0, BATCH_POST, (uint8_t)post->platform, (uint8_t)post->kind,
                 0},
        .account = post->account.number, .id = post->id.number,
        .target = post->target.number, .target_post = post->target_post.number,
        .account_size = post->account.text.size,
        .id_size = post->id.text.size,
        .target_size = post->target.text.size,
        .target_post_size = post->target_post.text.size,
        .language_size = post->language.size,
        .client_size = post->client.size,
        .time = post->time, .original_time = post->original_time,
        .statuses = post->statuses, .followers = post->followers,
        .name_hash = post->name_hash,
        .urls = post->urls, .mentions = post->mentions, .media = post->media,
        .flags = post->flags,
        .hashtag_count = post->hashtags.count,
        .hashtag_size = post->hashtags.size,
        .domain_count = post->domains.count,
        .domain_size = post->domains.size,
        .text_hash = post->text.hash, .text_length = post->text.length};
    memcpy(item.scripts, post->text.scripts, sizeof item.scripts);
    struct text texts[TEXTS_MAX] = {
        post->account.text,        post->id.text,
        post->target.text,         post->target_post.text,
        post->language,            post->client,
        list_text(post->hashtags), list_text(post->domains)};
    return add_item(batch, &item.head, sizeof item, texts, TEXTS_MAX);
}

bool batch_add_notice(struct batch *batch, const struct notice *notice)
{
    struct notice_item item = {
        .head = {0, BATCH_NOTICE, (uint8_t)notice->platform, 0, 0},
        .account = notice->account.number, .post = notice->post.number,
        .account_size = notice->account.text.size,
        .post_size = notice->post.text.size,
        .time = notice->time};
    struct text texts[TEXTS_MAX] = {notice->account.text, notice->post.text};
    return add_item(batch, &item.head, sizeof item, texts, 2);
}

bool batch_add_line(struct batch *batch, const uint8_t *bytes, uint64_t size)
{
    struct line_item item = {.head = {0, BATCH_LINE, 0, 0, 0}, .size = size};
    struct text line = {(const char *)bytes, (uint32_t)size};
    return size < UINT32_MAX &&
           add_item(batch, &item.head, sizeof item, &line, 1);
}

static struct text take(const char **at, uint32_t size)
{
    struct text text = {*at, size};
    if (size == TEXT_NONE)
        return (struct text){NULL, TEXT_NONE};
    *at += size;
    return text;
}

static struct text_list take_list(const char **at, uint32_t size,
                                  uint32_t count)
{
    struct text_list list = {(const uint8_t *)*at, size, count};
    *at += size;
    return list;
}

static void read_observation(const struct observation_item *item,
                             struct observation *o)
{
    const char *at = (const char *)(item + 1);
    o->platform = (enum platform)item->head.platform;
    o->author = item->head.a;
    o->snapshot = item->head.b;
    o->id.number = item->id;
    o->id.text = take(&at, item->id_size);
    o->t_obs = item->t_obs;
    o->created_at = item->created_at;
    memcpy(o->counts, item->counts, sizeof o->counts);
    memcpy(o->engagement, item->engagement, sizeof o->engagement);
    memcpy(o->flags, item->flags, sizeof o->flags);
    for (int i = 0; i < PROFILE_TEXTS; i++)
        o->texts[i] = take(&at, item->text_sizes[i]);
}

static void read_post(const struct post_item *item, struct post *post)
{
    const char *at = (const char *)(item + 1);
    post->platform = (enum platform)item->head.platform;
    post->kind = (enum post_kind)item->head.a;
    post->flags = item->flags;
    post->account.number = item->account;
    post->account.text = take(&at, item->account_size);
    post->id.number = item->id;
    post->id.text = take(&at, item->id_size);
    post->target.number = item->target;
    post->target.text = take(&at, item->target_size);
    post->target_post.number = item->target_post;
    post->target_post.text = take(&at, item->target_post_size);
    post->language = take(&at, item->language_size);
    post->client = take(&at, item->client_size);
    post->hashtags = take_list(&at, item->hashtag_size, item->hashtag_count);
    post->domains = take_list(&at, item->domain_size, item->domain_count);
    post->time = item->time;
    post->original_time = item->original_time;
    post->statuses = item->statuses;
    post->followers = item->followers;
    post->name_hash = item->name_hash;
    post->urls = item->urls;
    post->mentions = item->mentions;
    post->media = item->media;
    post->text.hash = item->text_hash;
    post->text.length = item->text_length;
    memcpy(post->text.scripts, item->scripts, sizeof item->scripts);
}

static void read_notice(const struct notice_item *item, struct notice *notice)
{
    const char *at = (const char *)(item + 1);
    notice->platform = (enum platform)item->head.platform;
    notice->account.number = item->account;
    notice->account.text = take(&at, item->account_size);
    notice->post.number = item->post;
    notice->post.text = take(&at, item->post_size);
    notice->time = item->time;
}

static void read_line(const struct line_item *item, struct text *line)
{
    *line = (struct text){(const char *)(item + 1), (uint32_t)item->size};
}

enum batch_kind batch_next(const struct batch *batch, size_t *at,
                           struct batch_item *out)
{
    if (*at >= batch->size)
        return out->kind = BATCH_END;
    const void *place = batch->bytes + *at;
    const struct item_head *head = place;
    CHECK(head->bytes && head->bytes <= batch->size - *at);
    out->kind = (enum batch_kind)head->kind;
    *at += head->bytes;
    if (out->kind == BATCH_OBSERVATION)
        read_observation(place, &out->observation);
    else if (out->kind == BATCH_POST)
        read_post(place, &out->post);
    else if (out->kind == BATCH_LINE)
        read_line(place, &out->line);
    else
        read_notice(place, &out->notice);
    return out->kind;
}
