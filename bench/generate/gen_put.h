/*
 * gen_put: append to a line of text.
 *
 * Every function writes at `out` and gives the new end. Nothing is checked
 * here: a line is written into a buffer with GEN_LINE_BYTES_MAX bytes to
 * spare, and the composers bound their pieces (see gen_text.h), so that no
 * line comes near it. This is the hot path: memcpy and tables, no printf.
 */
#ifndef GEN_PUT_H
#define GEN_PUT_H

#include <stdint.h>
#include <string.h>

#define GEN_LINE_BYTES_MAX 65536
#define GEN_BASE64_ALPHABET                                                    \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* A string literal, its length known to the compiler. */
#define GEN_PUT(out, literal) gen_put_bytes((out), (literal), sizeof(literal) - 1)

static inline char *gen_put_bytes(char *out, const char *bytes, size_t length)
{
    memcpy(out, bytes, length);
    return out + length;
}

static inline char *gen_put_two_digits(char *out, unsigned value)
{
    out[0] = (char)('0' + value / 10);
    out[1] = (char)('0' + value % 10);
    return out + 2;
}

static inline char *gen_put_number(char *out, uint64_t value)
{
    char digits[20];
    size_t at = sizeof(digits);
    while (value >= 100) {
        at -= 2;
        gen_put_two_digits(digits + at, (unsigned)(value % 100));
        value /= 100;
    }
    if (value >= 10) {
        at -= 2;
        gen_put_two_digits(digits + at, (unsigned)value);
    } else {
        digits[--at] = (char)('0' + value);
    }
    return gen_put_bytes(out, digits + at, sizeof(digits) - at);
}

/* `count` <= 10 characters of URL-safe base 64, six bits of `key` each. */
static inline char *gen_put_token(char *out, uint64_t key, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        out[i] = GEN_BASE64_ALPHABET[(key >> (6 * i)) & 63];
    }
    return out + count;
}

/* The same, letters and digits only, as in short links. */
static inline char *gen_put_word_token(char *out, uint64_t key, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        unsigned at = (unsigned)((key >> (6 * i)) & 63);
        out[i] = GEN_BASE64_ALPHABET[at < 62 ? at : at - 31];
    }
    return out + count;
}

/* `value` & 0xffffff as six upper-case hexadecimal digits: a colour. */
static inline char *gen_put_colour(char *out, uint32_t value)
{
    for (unsigned i = 0; i < 6; i++) {
        out[i] = "0123456789ABCDEF"[(value >> (20 - 4 * i)) & 15];
    }
    return out + 6;
}

#endif
