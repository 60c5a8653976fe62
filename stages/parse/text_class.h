#ifndef SANDPIPER_STAGES_PARSE_TEXT_CLASS_H
#define SANDPIPER_STAGES_PARSE_TEXT_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a code point is to measuring a text: which letters it counts among,
 * and how far normalising it needs to look around. Read-only tables in two
 * stages, made by scripts/unicode-tables from the Unicode Character Database.
 *
 * Fold is toNFKC(toCasefold(toNFKC(x))). A code point is a *border* if
 * nothing in front of it can change with it: its full decomposition begins
 * with a starter (combining class 0) that is no second half of any primary
 * composite. A text folded in pieces cut before borders is the folded text,
 * since case folding makes no border cease to be one (the script asserts it
 * of every code point).
 */
enum text_kind {
    /* Borders. */
    TEXT_PLAIN,         /* folds to itself, and composes with nothing */
    TEXT_FIRST,         /* folds to itself; may compose with what follows */
    TEXT_MAPPED,        /* folds to what text_mapped says */
    TEXT_WHITE,         /* White_Space: folds to white space */
    /* Joiners: no borders. */
    TEXT_MARK,          /* folds to itself, combining class not 0, composes
                         * with nothing: its order alone matters */
    TEXT_JOIN,          /* folds to itself; may compose with what stands
                         * before it */
    TEXT_KNOT,          /* does not fold to itself */
};
/* A class is kind << 4 | what it counts among: an enum script for letters
 * (general category L), or this. */
#define TEXT_NO_LETTER 8
#define TEXT_TALLIES 16

extern const char TEXT_CLASS_UNICODE[];     /* "15.0.0" */
extern const uint8_t TEXT_CLASS_NUMBERS[8704], TEXT_CLASS_BLOCKS[];
extern const uint8_t TEXT_MAPPED_NUMBERS[8704], TEXT_MAPPED_POOL[];
extern const uint16_t TEXT_MAPPED_BLOCKS[];
#define TEXT_BLOCK_BITS 7
#define TEXT_BLOCK_MASK ((1u << TEXT_BLOCK_BITS) - 1)

static inline unsigned text_class(uint32_t point)
{
    size_t block = TEXT_CLASS_NUMBERS[point >> TEXT_BLOCK_BITS];
    return TEXT_CLASS_BLOCKS[block << TEXT_BLOCK_BITS |
                             (point & TEXT_BLOCK_MASK)];
}

/* Of a code point below U+0800: these blocks stand first, in order. */
static inline unsigned text_class_low(uint32_t point)
{
    return TEXT_CLASS_BLOCKS[point];
}

static inline enum text_kind text_kind(uint32_t point)
{
    return (enum text_kind)(text_class(point) >> 4);
}

static inline bool text_joins(enum text_kind kind)
{
    return kind >= TEXT_MARK;
}

/* What a code point of kind MAPPED from U+0080 up folds to: one byte of size,
 * then so many bytes of UTF-8. Four bytes behind the size are readable. */
static inline const uint8_t *text_mapped(uint32_t point)
{
    size_t block = TEXT_MAPPED_NUMBERS[point >> TEXT_BLOCK_BITS];
    return TEXT_MAPPED_POOL + TEXT_MAPPED_BLOCKS[block << TEXT_BLOCK_BITS |
                                                 (point & TEXT_BLOCK_MASK)];
}

/* ---- valid UTF-8 -------------------------------------------------------- */

/* Bytes of the code point that this byte begins. */
static inline unsigned utf8_size(uint8_t lead)
{
    return 1u + (lead >= 0xC0) + (lead >= 0xE0) + (lead >= 0xF0);
}

/* The code point of so many bytes at this place. The marks of the bytes, 110
 * and 10 and so on, are taken off in one. */
static inline uint32_t utf8_point2(const uint8_t *at)
{
    return ((uint32_t)at[0] << 6) + at[1] - 0x3080;
}

static inline uint32_t utf8_point3(const uint8_t *at)
{
    return ((uint32_t)at[0] << 12) + ((uint32_t)at[1] << 6) + at[2] - 0xE2080;
}

static inline uint32_t utf8_point4(const uint8_t *at)
{
    return ((uint32_t)at[0] << 18) + ((uint32_t)at[1] << 12) +
           ((uint32_t)at[2] << 6) + at[3] - 0x3C82080;
}

static inline uint32_t utf8_point(const uint8_t *at)
{
    if (at[0] < 0x80)
        return at[0];
    if (at[0] < 0xE0)
        return utf8_point2(at);
    return at[0] < 0xF0 ? utf8_point3(at) : utf8_point4(at);
}

/* Whether this byte begins a code point. */
static inline bool utf8_begins(uint8_t byte)
{
    return (byte & 0xC0) != 0x80;
}

/* The code point that ends before at; there is one. */
static inline const uint8_t *utf8_before(const uint8_t *at)
{
    do
        at--;
    while (!utf8_begins(*at));
    return at;
}

static inline bool ascii_white(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* Bytes of the White_Space character at this place, or 0. */
static inline unsigned utf8_white(const uint8_t *at)
{
    if (at[0] < 0x80)
        return ascii_white(at[0]);
    return text_kind(utf8_point(at)) == TEXT_WHITE ? utf8_size(at[0]) : 0;
}

#endif
