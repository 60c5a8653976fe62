#ifndef SANDPIPER_STAGES_PARSE_KERNEL_TABLES_H
#define SANDPIPER_STAGES_PARSE_KERNEL_TABLES_H

#include <stdint.h>

/*
 * Tables of 16 entries, by a byte's high or low nibble, for byte shuffles.
 * Included by vector kernels only.
 *
 * UTF-8 by three look-ups a byte: Keiser and Lemire, "Validating UTF-8 In Less
 * Than One Instruction Per Byte" (2021), figures 2 to 4. A byte, and the one
 * before it, are in error when the three entries have a bit in common.
 */
enum {
    TOO_SHORT = 1 << 0,
    TOO_LONG = 1 << 1,
    OVERLONG_3 = 1 << 2,
    TOO_LARGE = 1 << 3,
    SURROGATE = 1 << 4,
    OVERLONG_2 = 1 << 5,
    TOO_LARGE_1000 = 1 << 6,
    OVERLONG_4 = 1 << 6,
    TWO_CONTINUATIONS = 1 << 7,
    CARRY = TOO_SHORT | TOO_LONG | TWO_CONTINUATIONS,
    LARGE = CARRY | TOO_LARGE | TOO_LARGE_1000,
    SECOND = TOO_LONG | OVERLONG_2 | TWO_CONTINUATIONS,
};

static const uint8_t FIRST_HIGH[16] = {
    TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG, TOO_LONG,
    TOO_LONG, TWO_CONTINUATIONS, TWO_CONTINUATIONS, TWO_CONTINUATIONS,
    TWO_CONTINUATIONS, TOO_SHORT | OVERLONG_2, TOO_SHORT,
    TOO_SHORT | OVERLONG_3 | SURROGATE,
    TOO_SHORT | TOO_LARGE | TOO_LARGE_1000 | OVERLONG_4};
static const uint8_t FIRST_LOW[16] = {
    CARRY | OVERLONG_3 | OVERLONG_2 | OVERLONG_4, CARRY | OVERLONG_2, CARRY,
    CARRY, CARRY | TOO_LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE, LARGE,
    LARGE, LARGE | SURROGATE, LARGE, LARGE};
static const uint8_t SECOND_HIGH[16] = {
    TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    TOO_SHORT, TOO_SHORT, SECOND | OVERLONG_3 | TOO_LARGE_1000 | OVERLONG_4,
    SECOND | OVERLONG_3 | TOO_LARGE, SECOND | SURROGATE | TOO_LARGE,
    SECOND | SURROGATE | TOO_LARGE, TOO_SHORT, TOO_SHORT, TOO_SHORT,
    TOO_SHORT};

/*
 * A byte is { } [ ] : , or a space when, with bit 5 set (which makes [ ] of
 * { }), it equals the entry of its low nibble. So are 0x00, 0x0C and 0x1A,
 * which a kernel takes back where a block has control characters.
 */
#define NO 0xFF       /* no byte of its own low nibble equals it */
static const uint8_t SEPARATORS[16] = {' ', NO, NO, NO, NO, NO, NO, NO, NO,
                                       NO, ':', '{', ',', '}', NO, NO};
#undef NO

/* Classes around escapes. 1, 2, 4, 8: escapable with high nibble 2, 5, 6, 7; 16: a digit; 32, 64:
 * A-F, a-f. A byte is of a class when both its entries have the bit. */
static const uint8_t ESCAPES_HIGH[16] = {0, 0, 1, 16, 32, 2, 4 | 64, 8,
                                         0, 0, 0, 0, 0, 0, 0, 0};
static const uint8_t ESCAPES_LOW[16] = {
    16, 0x70, 0x70 | 1 | 4 | 8, 0x70, 0x70 | 8, 0x70 | 8, 0x70 | 4, 16,
    16, 16, 0, 0, 2, 0, 4, 1};

#endif
