#include "stages/parse/dialects/content.h"

#include "stages/hash.h"
#include "stages/parse/url_host.h"

#include <stdlib.h>
#include <string.h>

void content_free(struct content *content)
{
    text_scratch_free(&content->scratch);
    free(content->hashtags.buffer.bytes);
    free(content->domains.buffer.bytes);
    free(content->ranges.bytes);
    *content = (struct content){0};
}

/* Room for one more text of this size at the end of the list, behind its
 * size's bytes; NULL when out of memory. */
static char *list_room(struct content_list *list, size_t bytes)
{
    if (!text_buffer_reserve(&list->buffer,
                             list->size + bytes + 2 * TEXT_LIST_EXTRA))
        return NULL;
    return (char *)list->buffer.bytes + list->size + TEXT_LIST_EXTRA;
}

/* The text that was written there becomes the list's last. */
static void list_take(struct content_list *list, const char *at, uint32_t size)
{
    uint8_t *end = list->buffer.bytes + list->size;
    uint32_t rest = size;
    /* A varint, as text_list_put writes it; the text moves up to it. */
    for (; rest >= 0x80; rest >>= 7)
        *end++ = (uint8_t)(rest | 0x80);
    *end++ = (uint8_t)rest;
    if (size)
        memmove(end, at, size);
    list->size = (uint32_t)(end - list->buffer.bytes) + size;
    list->count++;
}

void content_hashtag(struct content *content, struct text tag)
{
    struct content_list *list = &content->hashtags;
    char *room = list_room(list, (size_t)tag.size * HASHTAG_FOLD_GROWTH);
    uint32_t size;
    if (!room || !hashtag_fold(&content->scratch, tag, room, &size))
        content->out_of_memory = true;
    else
        list_take(list, room, size);
}

void content_link(struct content *content, struct text url)
{
    struct content_list *list = &content->domains;
    char *room = list_room(list, url.size);
    if (!room) {
        content->out_of_memory = true;
        return;
    }
    struct text host = url_host(url, room);
    if (host.size)
        list_take(list, host.bytes, host.size);
}

void content_range(struct content *content, int64_t from, int64_t to)
{
    size_t used = content->range_count * sizeof(struct text_range);
    if (!text_buffer_reserve(&content->ranges,
                             used + sizeof(struct text_range))) {
        content->out_of_memory = true;
        return;
    }
    struct text_range range = {from, to};
    memcpy(content->ranges.bytes + used, &range, sizeof range);
    content->range_count++;
}

void content_measure(struct content *content, struct text text,
                     enum text_removal removal, struct post *post)
{
    struct text_source source = {
        .text = text, .removal = removal, .decode_entities = true,
        .ranges = (struct text_range *)(void *)content->ranges.bytes,
        .range_count = content->range_count};
    post->flags |= FACT_HAS_TEXT;
    if (!text_measure(&content->scratch, &source, &post->text))
        content->out_of_memory = true;
}

bool content_finish(struct content *content, struct post *post)
{
    const struct content_list *tags = &content->hashtags;
    const struct content_list *hosts = &content->domains;
    post->hashtags =
        (struct text_list){tags->buffer.bytes, tags->size, tags->count};
    post->domains =
        (struct text_list){hosts->buffer.bytes, hosts->size, hosts->count};
    return !content->out_of_memory;
}

uint64_t content_name_hash(struct content *content, struct text screen_name,
                           struct text display_name)
{
    bool screen = screen_name.size != TEXT_NONE;
    bool display = display_name.size != TEXT_NONE;
    struct text_buffer *buffer = &content->scratch.source;
    size_t first = screen ? screen_name.size : 0;
    size_t second = display ? display_name.size : 0;
    if (!screen && !display)
        return 0;
    if (!text_buffer_reserve(buffer, first + 1 + second)) {
        content->out_of_memory = true;
        return 0;
    }
    if (first)
        memcpy(buffer->bytes, screen_name.bytes, first);
    buffer->bytes[first] = 0xFF;
    if (second)
        memcpy(buffer->bytes + first + 1, display_name.bytes, second);
    uint64_t hash = hash_bytes64(buffer->bytes, first + 1 + second);
    return hash ? hash : 1;
}
