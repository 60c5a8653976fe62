#ifndef SANDPIPER_STAGES_PARSE_KERNEL_AVX512_H
#define SANDPIPER_STAGES_PARSE_KERNEL_AVX512_H

#include "stages/parse/kernel_tables.h"

#include <stdbool.h>

/*
 * What the AVX-512 kernels share: UTF-8 by 64 bytes at once
 * (kernel_tables.h has the method and its paper). Included by them only,
 * behind their intrinsics.
 */
static inline __m512i table(const uint8_t entries[16])
{
    return _mm512_broadcast_i32x4(
        _mm_loadu_si128((const __m128i *)(const void *)entries));
}

static inline __m512i nibble_high(__m512i bytes)
{
    return _mm512_and_si512(_mm512_srli_epi16(bytes, 4),
                            _mm512_set1_epi8(0x0F));
}

/* The 64 bytes that stand `by` bytes before input. */
static inline __m512i shifted(__m512i previous, __m512i input, int by)
{
    uint8_t places[64];
    for (int i = 0; i < 64; i++)
        places[i] = (uint8_t)(64 + i - by);
    return _mm512_permutex2var_epi8(previous, _mm512_loadu_si512(places),
                                    input);
}

/* Bytes of input that are not UTF-8, given the 64 bytes before it. */
static inline uint64_t utf8_errors(__m512i previous, __m512i input)
{
    __m512i before = shifted(previous, input, 1);
    __m512i low = _mm512_and_si512(before, _mm512_set1_epi8(0x0F));
    __m512i special = _mm512_and_si512(
        _mm512_and_si512(
            _mm512_shuffle_epi8(table(FIRST_HIGH), nibble_high(before)),
            _mm512_shuffle_epi8(table(FIRST_LOW), low)),
        _mm512_shuffle_epi8(table(SECOND_HIGH), nibble_high(input)));
    __m512i third = _mm512_subs_epu8(shifted(previous, input, 2),
                                     _mm512_set1_epi8(0xE0 - 0x80));
    __m512i fourth = _mm512_subs_epu8(shifted(previous, input, 3),
                                      _mm512_set1_epi8(0xF0 - 0x80));
    __m512i must = _mm512_and_si512(_mm512_or_si512(third, fourth),
                                    _mm512_set1_epi8((char)0x80));
    return _mm512_test_epi8_mask(_mm512_xor_si512(must, special),
                                 _mm512_set1_epi8(-1));
}

/* The last three bytes begin a sequence that they do not end. */
static inline bool utf8_incomplete(const uint8_t *end)
{
    return end[-1] >= 0xC0 || end[-2] >= 0xE0 || end[-3] >= 0xF0;
}

#endif
