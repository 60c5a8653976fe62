#include "stages/parse/client_text.h"

#include "pipeline/check.h"

#include <string.h>

/* Bytes of the white space character (Unicode White_Space) at text, or 0. */
static uint32_t space_at(const uint8_t *text, uint32_t left)
{
    if (text[0] < 0x80)
        return text[0] == ' ' || (text[0] >= 0x09 && text[0] <= 0x0D);
    if (left >= 2 && text[0] == 0xC2)
        return text[1] == 0x85 || text[1] == 0xA0 ? 2 : 0;
    if (left < 3)
        return 0;
    uint32_t point = (text[0] & 0x0Fu) << 12 | (text[1] & 0x3Fu) << 6 |
                     (text[2] & 0x3Fu);
    if ((text[0] & 0xF0) != 0xE0)
        return 0;
    bool space = point == 0x1680 || (point >= 0x2000 && point <= 0x200A) ||
                 point == 0x2028 || point == 0x2029 || point == 0x202F ||
                 point == 0x205F || point == 0x3000;
    return space ? 3 : 0;
}

static struct text trimmed(struct text text)
{
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    uint32_t start = 0, end = text.size, step;
    while (start < end && (step = space_at(bytes + start, end - start)) > 0)
        start += step;
    while (end > start) {
        uint32_t last = end - 1;
        while (last > start && (bytes[last] & 0xC0) == 0x80)
            last--;
        if (space_at(bytes + last, end - last) != end - last)
            break;
        end = last;
    }
    return (struct text){text.bytes + start, end - start};
}

/* <a ...>INNER</a>, the whole of it; else the text itself. */
static struct text without_anchor(struct text text)
{
    static const char close[] = "</a>";
    uint32_t close_size = (uint32_t)sizeof close - 1;
    if (text.size < 3 + close_size || memcmp(text.bytes, "<a", 2) != 0 ||
        memcmp(text.bytes + text.size - close_size, close, close_size) != 0)
        return text;
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    if (bytes[2] != '>' && space_at(bytes + 2, text.size - 2) == 0)
        return text;
    const char *open_end = memchr(text.bytes, '>', text.size);
    const char *end = text.bytes + text.size - close_size;
    if (open_end >= end)
        return text;
    return (struct text){open_end + 1, (uint32_t)(end - open_end - 1)};
}

struct text client_of_source(struct text source)
{
    if (source.size == TEXT_NONE || source.size == 0)
        return (struct text){NULL, 0};
    return trimmed(without_anchor(trimmed(source)));
}

/* Behind a client's name stands \u003c\/a\u003e: the bytes before that differ
 * most. */
#define NAME_FROM_END 22

struct client_place *client_place_of(struct client_memory *memory,
                                     struct text source)
{
    if (source.size < NAME_FROM_END || source.size > CLIENT_SOURCE_MAX)
        return NULL;
    uint64_t word;
    memcpy(&word, source.bytes + source.size - NAME_FROM_END, sizeof word);
    word = (word + source.size) * 0x9E3779B97F4A7C15u;
    return &memory->places[word >> (64 - CLIENT_PLACES_BITS)];
}

void client_remember(struct client_place *place, struct text source,
                     struct text client)
{
    CHECK(source.size <= CLIENT_SOURCE_MAX && client.size <= source.size);
    place->source_size = source.size;
    place->client_size = client.size;
    memcpy(place->source, source.bytes, source.size);
    if (client.size)
        memcpy(place->client, client.bytes, client.size);
}
