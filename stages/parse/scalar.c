#include "stages/parse/scalar.h"

#include <string.h>

static inline bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static inline uint64_t load8(const uint8_t *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* Ids are the common long numbers: 8 to 24 digits. */
static bool is_long_integer(const uint8_t *text, uint32_t size)
{
    return text[0] != '0' && are_digits(load8(text), 8) &&
           are_digits(load8(text + size - 8), 8) &&
           (size <= 16 || are_digits(load8(text + 8), 8));
}

bool is_number(const uint8_t *text, uint32_t size)
{
    if (size >= 8 && size <= 24 && is_long_integer(text, size))
        return true;
    uint32_t at = text[0] == '-';
    if (at == size || !is_digit(text[at]))
        return false;
    if (text[at] == '0')
        at++;
    else
        while (at < size && is_digit(text[at]))
            at++;
    if (at < size && text[at] == '.') {
        uint32_t first = ++at;
        while (at < size && is_digit(text[at]))
            at++;
        if (at == first)
            return false;
    }
    if (at < size && (text[at] | 0x20) == 'e') {
        at++;
        if (at < size && (text[at] == '+' || text[at] == '-'))
            at++;
        uint32_t first = at;
        while (at < size && is_digit(text[at]))
            at++;
        if (at == first)
            return false;
    }
    return at == size;
}

/* Four hexadecimal digits: each to its value, then two by two together. */
static inline uint32_t hex4(const uint8_t *text)
{
    uint32_t word;
    memcpy(&word, text, 4);
    word = (word & 0x0F0F0F0Fu) + (word >> 6 & 0x01010101u) * 9;
    word = (word << 4 | word >> 8) & 0x00FF00FFu;
    return (word << 8 | word >> 16) & 0xFFFFu;
}

static inline void store4(uint8_t *to, uint32_t word)
{
    memcpy(to, &word, 4);
}

/* Writes 4 bytes, of which those up to the new end count. */
static inline uint8_t *put_utf8(uint8_t *out, uint32_t point)
{
    uint32_t low = 0x80 | (point & 0x3F);
    if (point < 0x80) {
        *out = (uint8_t)point;
        return out + 1;
    }
    if (point < 0x800) {
        store4(out, 0xC0 | point >> 6 | low << 8);
        return out + 2;
    }
    uint32_t middle = 0x80 | (point >> 6 & 0x3F);
    if (point < 0x10000) {
        store4(out, 0xE0 | point >> 12 | middle << 8 | low << 16);
        return out + 3;
    }
    store4(out, 0xF0 | point >> 18 | (0x80 | (point >> 12 & 0x3F)) << 8 |
                    middle << 16 | low << 24);
    return out + 4;
}

#define REPLACEMENT 0xFFFDu

/* The \uXXXX (or a pair of them) at text; *taken bytes. */
static inline uint32_t code_point(const uint8_t *text, size_t left,
                                  size_t *taken)
{
    uint32_t unit = hex4(text + 2);
    *taken = 6;
    if (unit < 0xD800 || unit > 0xDFFF)
        return unit;
    if (unit > 0xDBFF || left < 12 || text[6] != '\\' || text[7] != 'u')
        return REPLACEMENT;
    uint32_t low = hex4(text + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return REPLACEMENT;
    *taken = 12;
    return 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
}

static uint8_t simple_escape(uint8_t byte)
{
    switch (byte) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return byte;
    }
}

/* Escapes come in runs (\uXXXX\uXXXX...): as long as one follows another. */
static const uint8_t *unescape_run(uint8_t **out, const uint8_t *text,
                                   const uint8_t *end)
{
    do {
        size_t taken = 2;
        if (text[1] == 'u')
            *out = put_utf8(*out,
                            code_point(text, (size_t)(end - text), &taken));
        else
            *(*out)++ = simple_escape(text[1]);
        text += taken;
    } while (text < end && *text == '\\');
    return text;
}

size_t unescape(uint8_t *out, const uint8_t *text, size_t size)
{
    uint8_t *start = out;
    const uint8_t *end = text + size;
    while (text < end) {
        uint32_t plain = copy_plain_bytes(out, text);
        out += plain;
        text += plain;
        if (plain < PLAIN_STEP && text < end)
            text = unescape_run(&out, text, end);
    }
    /* The last bytes copied may have begun before the end and gone past it. */
    return (size_t)(out - start) - (size_t)(text - end);
}

/* Eight digits as a number; the first is in the lowest byte. Pairs, then
 * fours, then all: Lemire, "Quickly parsing eight digits" (2018). */
static inline uint64_t eight_digits(uint64_t word)
{
    word = (word & 0x0F0F0F0F0F0F0F0Fu) * 2561 >> 8;
    word = (word & 0x00FF00FF00FF00FFu) * 6553601 >> 16;
    return (word & 0x0000FFFF0000FFFFu) * 42949672960001u >> 32;
}

bool number_from_digits(const uint8_t *text, uint32_t size, uint64_t *number)
{
    static const uint32_t powers[] = {1,      10,      100,     1000,
                                      10000,  100000,  1000000, 10000000};
    if (size - 1 > 18 || (text[0] == '0' && size > 1))
        return false;
    uint64_t sum = 0;
    for (; size >= 8; size -= 8, text += 8) {
        uint64_t word = load8(text);
        if (!are_digits(word, 8))
            return false;
        sum = sum * 100000000 + eight_digits(word);
    }
    *number = sum;
    if (size == 0)
        return true;
    uint64_t word = load8(text);
    if (!are_digits(word, size))
        return false;
    *number = sum * powers[size] + eight_digits(word << (64 - 8 * size));
    return true;
}

/* Leading digits as a number: how many there were; 0 on overflow too. */
static uint32_t leading_digits(const uint8_t *text, uint32_t size,
                               int64_t *number)
{
    uint32_t at = 0;
    *number = 0;
    for (; at < size && is_digit(text[at]); at++)
        if (__builtin_mul_overflow(*number, 10, number) ||
            __builtin_add_overflow(*number, text[at] - '0', number))
            return 0;
    return at;
}

int64_t count_from_text(const uint8_t *text, uint32_t size)
{
    int64_t number;
    uint64_t plain;
    if (number_from_digits(text, size, &plain) && plain <= INT64_MAX)
        return (int64_t)plain;
    if (size == 2 && text[0] == '-' && text[1] == '0')
        return 0;
    uint32_t digits = leading_digits(text, size, &number);
    if (digits == 0)
        return COUNT_NONE;
    if (digits == size)
        return number;
    if (digits + 2 == size && text[digits] == '.' && text[digits + 1] == '0')
        return number;
    if (size == 4 && memcmp(text, "100+", 4) == 0)
        return 100;
    return COUNT_NONE;
}

bool integer_from_text(const uint8_t *text, uint32_t size, int64_t *out)
{
    uint64_t plain;
    if (number_from_digits(text, size, &plain) && plain <= INT64_MAX) {
        *out = (int64_t)plain;
        return true;
    }
    bool negative = size > 0 && text[0] == '-';
    uint32_t digits = leading_digits(text + negative, size - negative, out);
    if (digits == 0 || digits != size - negative)
        return false;
    if (negative)
        *out = -*out;
    return true;
}
