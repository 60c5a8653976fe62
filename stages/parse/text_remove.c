#include "stages/parse/text_remove.h"

#include "stages/parse/fold_block.h"
#include "stages/parse/text_class.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Up to so many ranges are sorted by insertion. */
#define FEW_RANGES 16
#define MENTION_LETTERS_MAX 15

/* A text that is copied in pieces. */
struct copying {
    const uint8_t *at, *end;
    uint8_t *out;
};

static void copy_to(struct copying *c, const uint8_t *to)
{
    size_t size = (size_t)(to - c->at);
    if (size)
        memcpy(c->out, c->at, size);
    c->out += size;
    c->at = to;
}

/* ---- ranges ------------------------------------------------------------- */

static int compare_ranges(const void *left, const void *right)
{
    const struct text_range *a = left, *b = right;
    return (a->from > b->from) - (a->from < b->from);
}

static void sort_ranges(struct text_range *ranges, size_t count)
{
    if (count > FEW_RANGES) {
        qsort(ranges, count, sizeof *ranges, compare_ranges);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct text_range range = ranges[i];
        size_t at = i;
        for (; at > 0 && ranges[at - 1].from > range.from; at--)
            ranges[at] = ranges[at - 1];
        ranges[at] = range;
    }
}

/* The place so many code points further, or the end. */
static const uint8_t *skip_points(const uint8_t *at, const uint8_t *end,
                                  int64_t points)
{
    if (points >= end - at)
        return end;
    for (; end - at >= TEXT_BLOCK_BYTES; at += TEXT_BLOCK_BYTES) {
        uint32_t begins = block_begins(at), count = TEXT_BLOCK_BYTES;
        if (begins != 0xFFFF)
            count = count_bits16(begins);
        if (count <= points) {
            points -= count;
            continue;
        }
        if (count == TEXT_BLOCK_BYTES)
            return at + points;
        for (; points; points--)
            begins &= begins - 1;
        return at + __builtin_ctz(begins);
    }
    for (; at < end; at++)
        if (utf8_begins(*at) && points-- == 0)
            return at;
    return end;
}

/* The place so many bytes further where a code point begins, or the end. */
static const uint8_t *skip_bytes(const uint8_t *at, const uint8_t *end,
                                 int64_t bytes)
{
    if (end - at <= bytes)
        return end;
    for (at += bytes; at < end && !utf8_begins(*at); at++)
        ;
    return at;
}

static void remove_ranges(struct copying *c, const struct text_source *source)
{
    bool bytes = source->removal == TEXT_REMOVE_BYTES;
    const uint8_t *start = c->at;
    sort_ranges(source->ranges, source->range_count);
    int64_t done = 0;           /* where c->at is, in code points or bytes */
    for (size_t i = 0; i < source->range_count && c->at < c->end; i++) {
        int64_t from = source->ranges[i].from, to = source->ranges[i].to;
        if (from < done)
            from = done;
        if (to <= from)
            continue;
        if (bytes) {
            copy_to(c, skip_bytes(start, c->end, from));
            c->at = skip_bytes(start, c->end, to);
        } else {
            copy_to(c, skip_points(c->at, c->end, from - done));
            c->at = skip_points(c->at, c->end, to - from);
        }
        done = to;
    }
}

/* ---- patterns ----------------------------------------------------------- */

static bool is_word(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || byte == '_' ||
           ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
}

/* Where http:// or https:// begins whose "://" is at colon; or NULL. */
static const uint8_t *scheme_before(const uint8_t *start, const uint8_t *colon)
{
    size_t room = (size_t)(colon - start);
    if (room >= 4 && strncasecmp((const char *)colon - 4, "http", 4) == 0)
        return colon - 4;
    if (room >= 5 && strncasecmp((const char *)colon - 5, "https", 5) == 0)
        return colon - 5;
    return NULL;
}

/* The first URL in start..end, or end; *behind is the place behind it. */
static const uint8_t *find_url(const uint8_t *start, const uint8_t *end,
                               const uint8_t **behind)
{
    *behind = end;
    const uint8_t *colon = start;
    while ((colon = memchr(colon, ':', (size_t)(end - colon))) != NULL) {
        const uint8_t *url = NULL;
        if (end - colon >= 3 && colon[1] == '/' && colon[2] == '/')
            url = scheme_before(start, colon);
        if (!url) {
            colon++;
            continue;
        }
        const uint8_t *at = colon;
        while (at < end && !utf8_white(at))
            at += utf8_size(*at);
        *behind = at;
        return url;
    }
    return end;
}

/* Copies up to end, where a URL begins or the text ends, without mentions.
 * text: the start of all. */
static void remove_mentions(struct copying *c, const uint8_t *text,
                            const uint8_t *end)
{
    const uint8_t *sign = c->at;
    while (sign < end &&
           (sign = memchr(sign, '@', (size_t)(end - sign))) != NULL) {
        const uint8_t *behind = sign + 1;
        while (behind < end && is_word(*behind) &&
               behind - sign <= MENTION_LETTERS_MAX)
            behind++;
        bool alone = sign == text || (!is_word(sign[-1]) && sign[-1] != '@');
        if (alone && behind > sign + 1) {
            copy_to(c, sign);
            c->at = behind;
        }
        sign = behind;
    }
    copy_to(c, end);
}

static void remove_patterns(struct copying *c, bool mentions)
{
    const uint8_t *text = c->at;
    while (c->at < c->end) {
        const uint8_t *behind, *url = find_url(c->at, c->end, &behind);
        if (mentions)
            remove_mentions(c, text, url);
        else
            copy_to(c, url);
        c->at = behind;
    }
}

size_t text_remove(const struct text_source *source, uint8_t *out)
{
    if (source->text.size == 0)
        return 0;
    const uint8_t *text = (const uint8_t *)source->text.bytes;
    struct copying c = {text, text + source->text.size, out};
    if (source->removal == TEXT_REMOVE_URLS_AND_MENTIONS)
        remove_patterns(&c, true);
    else if (source->removal == TEXT_REMOVE_URLS)
        remove_patterns(&c, false);
    else
        remove_ranges(&c, source);
    copy_to(&c, c.end);
    return (size_t)(c.out - out);
}

/* ---- entities ----------------------------------------------------------- */

static const struct entity {
    char name[6];
    uint8_t size;
    uint8_t byte;
} ENTITIES[] = {{"&amp;", 5, '&'}, {"&lt;", 4, '<'}, {"&gt;", 4, '>'}};
#define ENTITY_COUNT (sizeof ENTITIES / sizeof *ENTITIES)

/* The entity at this place, or NULL. */
static const struct entity *entity_at(const uint8_t *at, size_t left)
{
    for (size_t i = 0; i < ENTITY_COUNT; i++)
        if (ENTITIES[i].size <= left &&
            memcmp(at, ENTITIES[i].name, ENTITIES[i].size) == 0)
            return &ENTITIES[i];
    return NULL;
}

size_t text_decode_entities(uint8_t *bytes, size_t size)
{
    uint8_t *end = bytes + size, *out = bytes;
    const uint8_t *at = bytes;
    while (at < end) {
        const uint8_t *sign = memchr(at, '&', (size_t)(end - at));
        size_t plain = (size_t)((sign ? sign : end) - at);
        if (out != at)
            memmove(out, at, plain);
        out += plain;
        at += plain;
        if (!sign)
            break;
        const struct entity *entity = entity_at(at, (size_t)(end - at));
        *out++ = entity ? entity->byte : '&';
        at += entity ? entity->size : 1;
    }
    return (size_t)(out - bytes);
}
