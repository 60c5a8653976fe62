#ifndef SANDPIPER_STAGES_PARSE_KERNEL_AVX2_H
#define SANDPIPER_STAGES_PARSE_KERNEL_AVX2_H

#include "stages/parse/kernel_tables.h"

#include <immintrin.h>
#include <stddef.h>

/*
 * What the AVX2 kernels share: masks of 64 bytes, and UTF-8 by 32 bytes at once
 * (kernel_tables.h has the method and its paper). Included by them only.
 */
#define INLINE static inline __attribute__((always_inline))

static inline uint64_t bits(__m256i a, __m256i b)
{
    return (uint32_t)_mm256_movemask_epi8(a) |
           (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

INLINE uint64_t equal(__m256i a, __m256i b, __m256i wanted)
{
    return bits(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted));
}

/* The compiler would rather make some constants anew for each block than keep
 * them: opaque to it, they stay in registers, or become memory operands. */
INLINE __m256i kept(__m256i value)
{
    __asm__("" : "+x"(value));
    return value;
}

INLINE __m256i table(const uint8_t entries[16])
{
    return _mm256_broadcastsi128_si256(
        _mm_loadu_si128((const __m128i *)(const void *)entries));
}

static inline __m256i nibble_high(__m256i bytes)
{
    return _mm256_and_si256(_mm256_srli_epi16(bytes, 4),
                            _mm256_set1_epi8(0x0F));
}

static inline __m256i utf8_special_cases(__m256i input, __m256i before)
{
    __m256i low = _mm256_and_si256(before, _mm256_set1_epi8(0x0F));
    return _mm256_and_si256(
        _mm256_and_si256(_mm256_shuffle_epi8(table(FIRST_HIGH),
                                             nibble_high(before)),
                         _mm256_shuffle_epi8(table(FIRST_LOW), low)),
        _mm256_shuffle_epi8(table(SECOND_HIGH), nibble_high(input)));
}

/* The 32 bytes that stand `by` bytes before input. */
#define SHIFTED(input, joined, by) _mm256_alignr_epi8(input, joined, 16 - (by))

/* Non-zero where input is not UTF-8, given the 32 bytes before it. */
static inline __m256i utf8_errors(__m256i previous, __m256i input)
{
    __m256i joined = _mm256_permute2x128_si256(previous, input, 0x21);
    __m256i special =
        utf8_special_cases(input, SHIFTED(input, joined, 1));
    __m256i third = _mm256_subs_epu8(SHIFTED(input, joined, 2),
                                     _mm256_set1_epi8((char)(0xE0 - 0x80)));
    __m256i fourth = _mm256_subs_epu8(SHIFTED(input, joined, 3),
                                      _mm256_set1_epi8((char)(0xF0 - 0x80)));
    __m256i must = _mm256_and_si256(_mm256_or_si256(third, fourth),
                                    _mm256_set1_epi8((char)0x80));
    return _mm256_xor_si256(must, special);
}

/* Non-zero if the bytes end inside a sequence. */
static inline __m256i utf8_incomplete(__m256i input)
{
    const __m256i most = _mm256_setr_epi8(
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, (char)(0xF0 - 1),
        (char)(0xE0 - 1), (char)(0xC0 - 1));
    return _mm256_subs_epu8(input, most);
}

static inline __m256i load_or_space(const uint8_t *text, size_t count)
{
    const __m256i place = _mm256_setr_epi8(
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
        20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    char limit = (char)(count > 32 ? 32 : count);
    return _mm256_blendv_epi8(_mm256_set1_epi8(' '),
                              _mm256_loadu_si256((const __m256i *)text),
                              _mm256_cmpgt_epi8(_mm256_set1_epi8(limit),
                                                place));
}

#endif
