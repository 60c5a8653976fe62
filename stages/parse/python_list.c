#include "stages/parse/python_list.h"

#include "stages/parse/scalar.h"

#include <string.h>

struct python_list python_list_of(struct text text, bool json)
{
    const uint8_t *bytes = (const uint8_t *)text.bytes;
    return (struct python_list){.at = bytes, .end = bytes + text.size,
                                .json = json};
}

static void skip_spaces(struct python_list *list)
{
    while (list->at < list->end &&
           (is_json_space(*list->at) ||
            (!list->json && (*list->at == '\f' || *list->at == '\v'))))
        list->at++;
}

static bool take_byte(struct python_list *list, uint8_t byte)
{
    skip_spaces(list);
    if (list->at == list->end || *list->at != byte)
        return false;
    list->at++;
    return true;
}

static int digit_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* `count` hexadecimal digits; UINT32_MAX if they are none. */
static uint32_t take_hex(struct python_list *list, int count)
{
    uint32_t value = 0;
    if (list->end - list->at < count)
        return UINT32_MAX;
    for (int i = 0; i < count; i++) {
        int digit = digit_value(*list->at++);
        if (digit < 0)
            return UINT32_MAX;
        value = value << 4 | (uint32_t)digit;
    }
    return value;
}

static uint32_t take_octal(struct python_list *list)
{
    uint32_t value = 0;
    for (int i = 0; i < 3 && list->at < list->end && *list->at >= '0' &&
                    *list->at <= '7';
         i++)
        value = value << 3 | (uint32_t)(*list->at++ - '0');
    return value;
}

static uint8_t *put_point(uint8_t *out, uint32_t point)
{
    if (point < 0x80) {
        *out++ = (uint8_t)point;
    } else if (point < 0x800) {
        *out++ = (uint8_t)(0xC0 | point >> 6);
        *out++ = (uint8_t)(0x80 | (point & 0x3F));
    } else {
        if (point < 0x10000) {
            *out++ = (uint8_t)(0xE0 | point >> 12);
        } else {
            *out++ = (uint8_t)(0xF0 | point >> 18);
            *out++ = (uint8_t)(0x80 | (point >> 12 & 0x3F));
        }
        *out++ = (uint8_t)(0x80 | (point >> 6 & 0x3F));
        *out++ = (uint8_t)(0x80 | (point & 0x3F));
    }
    return out;
}

static bool is_surrogate(uint32_t point)
{
    return point >= 0xD800 && point <= 0xDFFF;
}

/* The other half, behind a high surrogate: \uDC00 to \uDFFF. */
static uint32_t join_surrogate(struct python_list *list, uint32_t high)
{
    struct python_list after = *list;
    if (high > 0xDBFF || after.end - after.at < 6 || after.at[0] != '\\' ||
        after.at[1] != 'u')
        return 0xFFFD;
    after.at += 2;
    uint32_t low = take_hex(&after, 4);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0xFFFD;
    list->at = after.at;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* An escape of one letter: the byte, or -1. */
static int simple_escape(const struct python_list *list, uint8_t letter)
{
    static const char python[] = "\\\\''\"\"a\ab\bf\fn\nr\rt\tv\v";
    static const char json[] = "\\\\\"\"//b\bf\fn\nr\rt\t";
    const char *pairs = list->json ? json : python;
    for (; *pairs; pairs += 2)
        if ((uint8_t)pairs[0] == letter)
            return pairs[1];
    return -1;
}

/* The escape behind a backslash; NULL: malformed. Never longer than it was
 * written. */
static uint8_t *take_escape(struct python_list *list, uint8_t *out)
{
    uint8_t letter = *list->at;
    int simple = simple_escape(list, letter);
    if (simple >= 0) {
        list->at++;
        *out++ = (uint8_t)simple;
        return out;
    }
    uint32_t point;
    if (letter == 'u' || (!list->json && (letter == 'x' || letter == 'U'))) {
        list->at++;
        point = take_hex(list, letter == 'u' ? 4 : letter == 'x' ? 2 : 8);
    } else if (list->json || letter == 'N') {
        return NULL;
    } else if (letter >= '0' && letter <= '7') {
        point = take_octal(list);
    } else if (letter == '\n') {
        list->at++;
        return out;
    } else {
        *out++ = '\\';
        return out;
    }
    if (point > 0x10FFFF)
        return NULL;
    if (is_surrogate(point))
        point = join_surrogate(list, point);
    return put_point(out, point);
}

/* How many bytes at text stand before the first that is a quote of this kind,
 * a backslash or a control character, size at most. */
static size_t plain_size(const uint8_t *text, size_t size, uint8_t quote)
{
    size_t at = 0;
#if defined(__SSE2__)
    const __m128i quotes = _mm_set1_epi8((char)quote);
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1F);
    for (; at < size; at += 16) {
        __m128i bytes = _mm_loadu_si128((const void *)(text + at));
        __m128i found = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(bytes, quotes),
                         _mm_cmpeq_epi8(bytes, backslash)),
            _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(found);
        if (mask) {
            at += (uint32_t)__builtin_ctz(mask);
            break;
        }
    }
#else
    while (at < size && text[at] != quote && text[at] != '\\' &&
           text[at] > 0x1F)
        at++;
#endif
    return at < size ? at : size;
}

/* The string whose opening quote was taken, with escapes; NULL: malformed. */
static uint8_t *take_string(struct python_list *list, uint8_t quote,
                            uint8_t *out)
{
    while (list->at < list->end) {
        uint8_t byte = *list->at++;
        if (byte == quote)
            return out;
        if (byte == '\n' || byte == '\r' || (list->json && byte < 0x20))
            return NULL;
        if (byte != '\\') {
            *out++ = byte;
            continue;
        }
        if (list->at == list->end)
            return NULL;
        out = take_escape(list, out);
        if (!out)
            return NULL;
    }
    return NULL;
}

/* A number as it is written. */
static bool take_number(struct python_list *list, struct text *item)
{
    const uint8_t *start = list->at;
    while (list->at < list->end && *list->at != ',' && *list->at != ']' &&
           !is_json_space(*list->at))
        list->at++;
    uint32_t size = (uint32_t)(list->at - start);
    *item = (struct text){(const char *)start, size};
    return size > 0 && size <= 255 && is_number(start, size);
}

static int take_item(struct python_list *list, uint8_t *out,
                     struct text *item)
{
    uint8_t byte = *list->at;
    if (!list->json && (byte == 'u' || byte == 'U') &&
        list->end - list->at > 1)
        byte = *++list->at;
    else if (byte != '"' && byte != '\'')
        return take_number(list, item) ? 1 : -1;
    if (byte != '"' && (list->json || byte != '\''))
        return -1;
    list->at++;
    size_t plain =
        plain_size(list->at, (size_t)(list->end - list->at), byte);
    if (list->at + plain < list->end && list->at[plain] == byte) {
        *item = (struct text){(const char *)list->at, (uint32_t)plain};
        list->at += plain + 1;
        return 1;
    }
    uint8_t *end = take_string(list, byte, out);
    if (!end)
        return -1;
    *item = (struct text){(const char *)out, (uint32_t)(end - out)};
    return 1;
}

int python_list_next(struct python_list *list, uint8_t *out,
                     struct text *item)
{
    bool comma = false;
    if (!list->begun) {
        if (!take_byte(list, '['))
            return -1;
    } else {
        comma = take_byte(list, ',');
    }
    if (take_byte(list, ']')) {
        skip_spaces(list);
        return list->at == list->end && !(comma && list->json) ? 0 : -1;
    }
    if (list->at == list->end || (list->begun && !comma))
        return -1;
    list->begun = true;
    return take_item(list, out, item);
}
