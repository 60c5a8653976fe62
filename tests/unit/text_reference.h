#ifndef SANDPIPER_TESTS_TEXT_REFERENCE_H
#define SANDPIPER_TESTS_TEXT_REFERENCE_H

#include "pipeline/check.h"
#include "stages/parse/text_class.h"
#include "stages/parse/text_normal.h"

#include <stdlib.h>
#include <string.h>

/*
 * The slow way that text_fold must agree with: the whole text through
 * text_normalise, then white space, one code point at a time and by a list of
 * its own. For unit tests and the fuzz target.
 */
static inline unsigned reference_white(const uint8_t *at)
{
    static const char *const whites[] = {
        "\t", "\n", "\v", "\f", "\r", " ", "\xC2\x85", "\xC2\xA0",
        "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81", "\xE2\x80\x82",
        "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
        "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A",
        "\xE2\x80\xA8", "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F",
        "\xE3\x80\x80"};
    for (size_t i = 0; i < sizeof whites / sizeof *whites; i++)
        if (memcmp(at, whites[i], strlen(whites[i])) == 0)
            return (unsigned)strlen(whites[i]);
    return 0;
}

/* Gives the folded text; its size to *folded_size. */
static inline uint8_t *reference_fold(struct text_scratch *scratch,
                                      const uint8_t *text, size_t size,
                                      bool collapse, size_t *folded_size)
{
    size_t normal, used = 0;
    CHECK(text_normalise(scratch, text, size, &normal));
    uint8_t *out = calloc(1, normal + 1), *in = calloc(1, normal + 4);
    CHECK(out && in);
    if (normal)
        memcpy(in, scratch->stretch.bytes, normal);
    bool white = true;
    for (size_t at = 0; at < normal;) {
        unsigned spaces = collapse ? reference_white(in + at) : 0;
        if (spaces && !white)
            out[used++] = ' ';
        white = spaces > 0;
        unsigned bytes = spaces ? spaces : utf8_size(in[at]);
        if (!spaces)
            memcpy(out + used, in + at, bytes);
        used += spaces ? 0 : bytes;
        at += bytes;
    }
    if (collapse && used && out[used - 1] == ' ')
        used--;
    free(in);
    *folded_size = used;
    return out;
}

/* Writes a code point that is no surrogate; its bytes. */
static inline size_t reference_encode(uint32_t point, uint8_t *out)
{
    unsigned size = point < 0x80 ? 1 : point < 0x800 ? 2
                    : point < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (unsigned i = size; i-- > 1; point >>= 6)
        out[i] = (uint8_t)(0x80 | (point & 0x3F));
    out[0] = (uint8_t)(leads[size] | point);
    return size;
}

#endif
