#ifndef SANDPIPER_STAGES_PARSE_KERNEL_BLOCK_H
#define SANDPIPER_STAGES_PARSE_KERNEL_BLOCK_H

#include "stages/parse/kernel.h"

#include <stdbool.h>

/*
 * What the vector kernels share: the algebra on 64-bit masks, one bit a byte,
 * after Langdale and Lemire, "Parsing Gigabytes of JSON per Second" (VLDB
 * Journal 2019), sections 3.1.1 to 3.1.5. A kernel for an instruction set
 * fills block_masks; this turns them into tokens. Included by kernels only.
 */
struct block_masks {
    uint64_t quote, backslash;   /* the characters */
    uint64_t separator;          /* { } [ ] : , and white space */
    uint64_t bracket;            /* { } [ ], and others that are none */
    uint64_t control;            /* below 0x20 */
    /* Set when block_escapes: */
    uint64_t escapable;          /* one of "\/bfnrtu: valid behind \ */
    uint64_t hex, letter_u;
};

struct block_carry {
    uint64_t escape;      /* bit 0: the next block's first byte is escaped */
    uint64_t in_string;   /* all ones inside a string, else 0 */
    uint64_t scalar;      /* bit 0: the last byte was of a scalar */
    uint64_t hex;         /* bits 0..3: bytes that \u wants to be digits */
    uint64_t bad_control, bad_escape;
};

static inline uint64_t prefix_xor(uint64_t mask)
{
#if defined(__PCLMUL__)
    typedef long long pair __attribute__((vector_size(16)));
    pair a = {(long long)mask, 0}, ones = {-1, -1};
    pair product = __builtin_ia32_pclmulqdq128(a, ones, 0);
    return (uint64_t)product[0];
#else
    for (int shift = 1; shift < 64; shift *= 2)
        mask ^= mask << shift;
    return mask;
#endif
}

/* Bytes that stand behind an unescaped backslash. */
static inline uint64_t escaped_bytes(uint64_t backslash,
                                     struct block_carry *carry)
{
    backslash &= ~carry->escape;
    uint64_t follows = backslash << 1 | carry->escape;
    /* Mostly no backslash is itself escaped. */
    if (!(backslash & follows)) {
        carry->escape = backslash >> 63;
        return follows;
    }
    const uint64_t even = 0x5555555555555555u;
    uint64_t odd_starts = backslash & ~even & ~follows;
    uint64_t sequences;
    carry->escape =
        __builtin_add_overflow(odd_starts, backslash, &sequences) ? 1 : 0;
    return (even ^ (sequences << 1)) & follows;
}

/* Whether any byte of the block stands in an escape or is a backslash. */
static inline bool block_escapes(const struct block_masks *masks,
                                 const struct block_carry *carry)
{
    return (masks->backslash | carry->escape | carry->hex) != 0;
}

/* The bytes behind unescaped backslashes; checks them, and the digits. */
static inline uint64_t checked_escapes(const struct block_masks *masks,
                                       struct block_carry *carry)
{
    uint64_t escaped = escaped_bytes(masks->backslash, carry);
    uint64_t u = escaped & masks->letter_u;
    uint64_t two = u << 1 | u << 2;
    uint64_t digits = two | two << 2 | carry->hex;
    carry->bad_escape |= (escaped & ~masks->escapable) |
                         (digits & ~masks->hex);
    uint64_t over = u >> 60;
    over |= over >> 1;
    carry->hex = over | over >> 2;
    return escaped;
}

/* Tokens of a block. Behind the text's end a block is filled with spaces.
 * escapes: what block_escapes says, or true, which spares the branch. */
static inline uint64_t block_tokens(const struct block_masks *masks,
                                    bool escapes, struct block_carry *carry)
{
    uint64_t quote = masks->quote;
    if (escapes)
        quote &= ~checked_escapes(masks, carry);
    uint64_t inside = prefix_xor(quote) ^ carry->in_string;
    carry->in_string = (uint64_t)((int64_t)inside >> 63);
    if (escapes)
        carry->bad_escape |= masks->backslash & ~inside;
    if (masks->control)
        carry->bad_control |= masks->control & (inside | ~masks->separator);
    uint64_t bare = ~(masks->separator | quote);
    uint64_t starts = ~(bare << 1 | carry->scalar | masks->separator);
    carry->scalar = bare >> 63;
    uint64_t tail = inside ^ quote;           /* contents and closing quote */
    return ((masks->separator & masks->bracket) | starts) & ~tail;
}

/* The place of the lowest bit; anything if there is none. Opaque to gcc, which
 * would gather four results in a vector to store them at once: slower. */
static inline uint64_t lowest_bit(uint64_t bits)
{
#if defined(__BMI__)
    uint64_t place;
    __asm__("tzcnt %1, %0" : "=r"(place) : "r"(bits) : "cc");
    return place;
#else
    return bits ? (uint64_t)__builtin_ctzll(bits) : 64;
#endif
}

/* Appends base + the place of each bit; returns the new end. May write up to
 * 4 entries behind it. */
static inline uint32_t *write_tokens(uint32_t *out, uint32_t base,
                                     uint64_t bits)
{
    uint32_t *end = out + __builtin_popcountll(bits);
    do {
        for (int i = 0; i < 4; i++) {
            out[i] = base + (uint32_t)lowest_bit(bits);
            bits &= bits - 1;
        }
        out += 4;
    } while (out < end);
    return end;
}

static inline uint32_t block_errors(const struct block_carry *carry,
                                    bool bad_utf8)
{
    return (bad_utf8 ? INDEX_UTF8 : 0u) |
           (carry->bad_control ? INDEX_CONTROL : 0u) |
           (carry->bad_escape ? INDEX_ESCAPE : 0u) |
           (carry->in_string ? INDEX_UNTERMINATED : 0u);
}

#endif
