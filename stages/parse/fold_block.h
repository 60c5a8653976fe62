#ifndef SANDPIPER_STAGES_PARSE_FOLD_BLOCK_H
#define SANDPIPER_STAGES_PARSE_FOLD_BLOCK_H

#include "stages/parse/text_class.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/*
 * What is done with TEXT_BLOCK_BYTES of text at once. Each step takes a block
 * that is readable whole, and writes at most a block; the scalar step is the
 * specification, and the only one where there is no SSE2, which every x86-64
 * has.
 */
#define TEXT_BLOCK_BYTES 16

static inline uint32_t count_bits16(uint32_t bits)
{
    bits -= bits >> 1 & 0x5555;
    bits = (bits & 0x3333) + (bits >> 2 & 0x3333);
    bits = (bits + (bits >> 4)) & 0x0F0F;
    return (bits + (bits >> 8)) & 0x1F;
}

/* Letters counted so far. */
struct block_letters {
#ifdef __SSE2__
    __m128i sums;
#endif
    uint32_t count;
};

/*
 * Takes the ASCII at the start of in[0..left), a block at most (there is some):
 * lower-cases it to out, makes each white space U+0020 if collapse is asked
 * for, counts its letters. Returns how many bytes; *whites tells which of them
 * are white space that follows white space (bit i: byte i), the byte before
 * out included. Without collapse it is 0.
 */
static inline unsigned block_ascii_scalar(const uint8_t *in, size_t left,
                                          uint8_t *out, bool collapse,
                                          struct block_letters *letters,
                                          uint32_t *whites)
{
    unsigned count = 0;
    uint8_t behind = collapse ? out[-1] : 0;
    *whites = 0;
    while (count < TEXT_BLOCK_BYTES && count < left && in[count] < 0x80) {
        uint8_t byte = in[count];
        bool upper = byte >= 'A' && byte <= 'Z';
        letters->count += upper || (byte >= 'a' && byte <= 'z');
        if (upper)
            byte |= 0x20;
        if (collapse && ascii_white(byte)) {
            byte = ' ';
            *whites |= (uint32_t)(behind == ' ') << count;
        }
        out[count++] = behind = byte;
    }
    return count;
}

#ifdef __SSE2__

/* 0xFF where first <= byte <= last. */
static inline __m128i bytes_within(__m128i bytes, uint8_t first, uint8_t last)
{
    __m128i above = _mm_sub_epi8(bytes, _mm_set1_epi8((char)first));
    __m128i most = _mm_set1_epi8((char)(last - first));
    return _mm_cmpeq_epi8(_mm_min_epu8(above, most), above);
}

/* Ones for the first count bytes. */
static inline __m128i first_bytes(unsigned count)
{
    static const uint8_t window[2 * TEXT_BLOCK_BYTES] = {
        1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    return _mm_loadu_si128(
        (const __m128i *)(const void *)(window + TEXT_BLOCK_BYTES - count));
}

static inline unsigned block_ascii(const uint8_t *in, size_t left,
                                   uint8_t *out, bool collapse,
                                   struct block_letters *letters,
                                   uint32_t *whites)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
    uint32_t high = (uint32_t)_mm_movemask_epi8(bytes) | 1u << TEXT_BLOCK_BYTES;
    unsigned count = (unsigned)__builtin_ctz(high);
    if (left < count)
        count = (unsigned)left;
    __m128i space = _mm_set1_epi8(' ');
    __m128i letter = bytes_within(_mm_or_si128(bytes, space), 'a', 'z');
    __m128i lower = _mm_or_si128(bytes, _mm_and_si128(letter, space));
    *whites = 0;
    if (collapse) {
        __m128i white = _mm_or_si128(_mm_cmpeq_epi8(bytes, space),
                                     bytes_within(bytes, '\t', '\r'));
        lower = _mm_or_si128(_mm_andnot_si128(white, lower),
                             _mm_and_si128(white, space));
        uint32_t mask = (uint32_t)_mm_movemask_epi8(white);
        mask &= mask << 1 | (out[-1] == ' ');
        *whites = mask & ((1u << count) - 1);
    }
    _mm_storeu_si128((__m128i *)(void *)out, lower);
    letter = _mm_and_si128(letter, first_bytes(count));
    letters->sums = _mm_add_epi64(
        letters->sums, _mm_sad_epu8(letter, _mm_setzero_si128()));
    return count;
}

static inline uint32_t block_letters_sum(const struct block_letters *letters)
{
    __m128i upper = _mm_unpackhi_epi64(letters->sums, letters->sums);
    return letters->count + (uint32_t)_mm_cvtsi128_si32(letters->sums) +
           (uint32_t)_mm_cvtsi128_si32(upper);
}

/* Bytes of the CJK ideographs at the start of a block of valid UTF-8, a
 * multiple of 3: those from U+5000 to U+9FFF, all of which are PLAIN letters
 * of Han and begin with a byte E5 to E9. */
static inline unsigned block_han(const uint8_t *in)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
    uint32_t mask = (uint32_t)_mm_movemask_epi8(bytes_within(bytes, 0xE5, 0xE9));
    return (unsigned)__builtin_ctz((~mask & 0x1249u) | 1u << 15);
}

/* Bytes of a block that begin a code point, as bits. */
static inline uint32_t block_begins(const uint8_t *in)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)in);
    return (uint32_t)_mm_movemask_epi8(
        _mm_cmpgt_epi8(bytes, _mm_set1_epi8((char)0xBF)));
}

/* in and out may overlap. */
static inline void block_copy(const uint8_t *in, uint8_t *out)
{
    _mm_storeu_si128((__m128i *)(void *)out,
                     _mm_loadu_si128((const __m128i *)(const void *)in));
}

#else

static inline unsigned block_ascii(const uint8_t *in, size_t left,
                                   uint8_t *out, bool collapse,
                                   struct block_letters *letters,
                                   uint32_t *whites)
{
    return block_ascii_scalar(in, left, out, collapse, letters, whites);
}

static inline uint32_t block_letters_sum(const struct block_letters *letters)
{
    return letters->count;
}

static inline unsigned block_han(const uint8_t *in)
{
    unsigned count = 0;
    while (count < 15 && in[count] >= 0xE5 && in[count] <= 0xE9)
        count += 3;
    return count;
}

static inline uint32_t block_begins(const uint8_t *in)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < TEXT_BLOCK_BYTES; i++)
        mask |= (uint32_t)utf8_begins(in[i]) << i;
    return mask;
}

static inline void block_copy(const uint8_t *in, uint8_t *out)
{
    uint8_t block[TEXT_BLOCK_BYTES];
    memcpy(block, in, sizeof block);
    memcpy(out, block, sizeof block);
}

#endif

#endif
