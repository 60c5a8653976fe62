#include "stages/parse/kernel_block.h"
#include "stages/parse/kernel_tables.h"

#if defined(__x86_64__)

/* A test compiles this source a second time for machines without AVX-512,
 * with the intrinsics in C. */
#if defined(KERNEL_AVX512_EMULATED)
/* Vectors stay within this file: how they would be passed is no matter. */
#pragma GCC diagnostic ignored "-Wpsabi"
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#define INDEX_AVX512 index_avx512_emulated
uint32_t INDEX_AVX512(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count);
#else
#include <immintrin.h>
#define INDEX_AVX512 index_avx512
#endif

#include "stages/parse/kernel_avx512.h"

/* The AVX2 kernel with one register a block, and masks that need no
 * gathering. */

static inline void load_escapes(struct block_masks *masks, __m512i bytes)
{
    __m512i classes = _mm512_and_si512(
        _mm512_shuffle_epi8(table(ESCAPES_HIGH), nibble_high(bytes)),
        _mm512_shuffle_epi8(table(ESCAPES_LOW), bytes));
    masks->hex = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(0x70));
    masks->escapable = _mm512_test_epi8_mask(classes, _mm512_set1_epi8(0x0F));
    masks->letter_u = equal(bytes, 'u');
}

static inline uint64_t tokens_of(__m512i bytes, struct block_carry *carry)
{
    struct block_masks masks = {0};
    const __m512i fold = _mm512_set1_epi8(0x20);
    masks.quote = equal(bytes, '"');
    masks.backslash = equal(bytes, '\\');
    /* { } [ ] : , and space: with bit 5 set, [ ] are { }. */
    masks.separator = _mm512_cmpeq_epi8_mask(
        _mm512_or_si512(bytes, fold),
        _mm512_shuffle_epi8(table(SEPARATORS), bytes));
    /* Among separators the brackets are those with bit 6. */
    masks.bracket = _mm512_test_epi8_mask(bytes, _mm512_set1_epi8(0x40));
    masks.control = _mm512_cmplt_epu8_mask(bytes, fold);
    if (masks.control) {
        /* 0x00, 0x0C and 0x1A were taken for separators. */
        masks.separator &= ~masks.control;
        masks.separator |=
            equal(bytes, '\t') | equal(bytes, '\n') | equal(bytes, '\r');
    }
    if (block_escapes(&masks, carry))
        load_escapes(&masks, bytes);
    return block_tokens(&masks, carry);
}

uint32_t INDEX_AVX512(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count)
{
    struct block_carry carry = {0};
    __m512i previous = _mm512_setzero_si512();
    uint32_t *out = tokens;
    uint64_t errors = 0, wide = 0;
    for (size_t at = 0; at < size; at += 64) {
        __m512i bytes = _mm512_loadu_si512(text + at);
        if (size - at < 64)
            bytes = _mm512_mask_blend_epi8(
                ((uint64_t)1 << (size - at)) - 1, _mm512_set1_epi8(' '),
                bytes);
        uint64_t wide_now = _mm512_movepi8_mask(bytes);
        if (wide_now | wide)
            errors |= utf8_errors(previous, bytes);
        wide = wide_now;
        previous = bytes;
        out = write_tokens(out, (uint32_t)at, tokens_of(bytes, &carry));
    }
    /* No space behind the text shows that a sequence is cut. */
    bool cut = wide && size % 64 == 0 && utf8_incomplete(text + size);
    *count = (uint32_t)(out - tokens);
    return block_errors(&carry, errors != 0 || cut);
}
#endif
