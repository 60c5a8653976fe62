#ifndef SANDPIPER_STAGES_PARSE_SCALAR_H
#define SANDPIPER_STAGES_PARSE_SCALAR_H

#include "stages/parse/project.h"
#include "stages/units.h"

#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/*
 * From the bytes of a JSON scalar to what it means. All functions read only
 * the bytes given, unless they say that they read into the padding.
 */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "words are taken apart from the lowest byte");

static inline bool is_json_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* text[0..size) is a number (RFC 8259 section 6). size > 0. */
bool is_number(const uint8_t *text, uint32_t size);

/* A word whose first size bytes are decimal digits. */
static inline bool are_digits(uint64_t word, size_t size)
{
    /* The bytes that count, moved to the top. */
    size_t unused = 64 - 8 * size;
    uint64_t high = word & 0xF0F0F0F0F0F0F0F0u;
    uint64_t over = (word + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u;
    return (((high | over) ^ 0x3030303030303030u) |
            (high ^ 0x3030303030303030u)) << unused == 0;
}

/* How many bytes of the word, from the lowest, are digits: 0 to 8. */
static inline uint32_t leading_digit_bytes(uint64_t word)
{
    /* Of a digit the high nibble is 3, and still when 6 is added. A carry
     * into the next byte comes only from a byte that is no digit. */
    uint64_t other = ((word ^ 0x3030303030303030u) |
                      ((word + 0x0606060606060606u) ^ 0x3030303030303030u)) &
                     0xF0F0F0F0F0F0F0F0u;
    return other ? (uint32_t)__builtin_ctzll(other) / 8 : 8;
}

/* VALUE_NULL, _TRUE, _FALSE or _NUMBER, VALUE_ABSENT if the bytes are none of
 * these. size > 0. Reads into the padding. */
static inline enum value_type scalar_type(const uint8_t *text, size_t size)
{
    uint64_t word;
    memcpy(&word, text, 8);
    if (text[0] <= '9') {
        bool plain = size <= 8 && are_digits(word, size) &&
                     (text[0] != '0' || size == 1);
        return plain || is_number(text, (uint32_t)size) ? VALUE_NUMBER : VALUE_ABSENT;
    }
    const uint64_t null = 0x6C6C756E, yes = 0x65757274, no = 0x65736C6166;
    if (size == 4)
        return (uint32_t)word == null  ? VALUE_NULL
               : (uint32_t)word == yes ? VALUE_TRUE
                                       : VALUE_ABSENT;
    return size == 5 && (word & 0xFFFFFFFFFF) == no ? VALUE_FALSE
                                                    : VALUE_ABSENT;
}

/* Bytes that plain_bytes looks at. */
#if defined(__SSE2__)
#define PLAIN_STEP 16
#else
#define PLAIN_STEP 8
#endif

/* Copies PLAIN_STEP bytes from text; how many stand before the first backslash
 * among them. */
static inline uint32_t copy_plain_bytes(uint8_t *out, const uint8_t *text)
{
#if defined(__SSE2__)
    __m128i bytes = _mm_loadu_si128((const void *)text);
    _mm_storeu_si128((void *)out, bytes);
    uint32_t found = (uint32_t)_mm_movemask_epi8(
        _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    return (uint32_t)__builtin_ctz(found | 1u << PLAIN_STEP);
#else
    const uint64_t ones = 0x0101010101010101u;
    uint64_t word;
    memcpy(&word, text, 8);
    memcpy(out, &word, 8);
    uint64_t other = word ^ ones * '\\';
    uint64_t zeros = (other - ones) & ~other & ones << 7;
    return zeros ? (uint32_t)__builtin_ctzll(zeros) / 8 : PLAIN_STEP;
#endif
}

/* Whether text[0..size) has a backslash. Reads PLAIN_STEP - 1 bytes into the
 * padding. */
static inline bool has_backslash(const uint8_t *text, uint32_t size)
{
    uint8_t unused[PLAIN_STEP];
    for (uint32_t at = 0; at < size; at += PLAIN_STEP) {
        uint32_t plain = copy_plain_bytes(unused, text + at);
        if (plain < PLAIN_STEP)
            return at + plain < size;
    }
    return false;
}

/* Decodes the escapes of a string's contents (index-checked) to UTF-8; a lone
 * surrogate becomes U+FFFD, \u0000 a NUL byte. out needs size + 16 bytes.
 * Returns the bytes written. Reads up to 16 bytes into the padding. */
size_t unescape(uint8_t *out, const uint8_t *text, size_t size);

/*
 * A count as FEATURES.md has it: an integer, N.0, or as a string also "100+";
 * COUNT_NONE for anything else, for negative numbers, and over INT64_MAX.
 * Reads into the padding, as does the next one.
 */
int64_t count_from_text(const uint8_t *text, uint32_t size);

/* text[0..size) as a number, if it is 1 to 19 digits without a leading zero.
 * Reads into the padding. */
bool number_from_digits(const uint8_t *text, uint32_t size, uint64_t *number);

/* A decimal integer of 1 to 19 digits with an optional sign, that fits. */
bool integer_from_text(const uint8_t *text, uint32_t size, int64_t *out);

/* "Wed Jul 03 06:29:00 +0000 2019" or "2019-07-03T06:29:00.123Z" (seconds'
 * fraction and zone optional): ms, or TIME_NONE. */
int64_t time_from_text(const uint8_t *text, uint32_t size);

/* Seconds since 1970, 12, 12.5 or 1.25e1, in ms (cut): from 1970 to the end of
 * 9999, or TIME_NONE. */
int64_t time_from_seconds(const uint8_t *text, uint32_t size);

/* 10000-01-01T00:00:00Z in ms: no time of ours reaches it. */
#define MS_YEAR_10000 INT64_C(253402300800000)

/* The id time of a Twitter id (ms), or TIME_NONE before 29,700,859,247. */
static inline int64_t time_of_id(struct id id)
{
    if (id.text.size || id.number < 29700859247u)
        return TIME_NONE;
    return (int64_t)(id.number >> 22) + 1288834974657;
}

#endif
