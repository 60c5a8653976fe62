#include "stages/parse/csv_block.h"

#if defined(__x86_64__)

/* A test compiles this source a second time for machines without AVX-512,
 * with the intrinsics in C. */
#if defined(KERNEL_AVX512_EMULATED)
/* Vectors stay within this file: how they would be passed is no matter. */
#pragma GCC diagnostic ignored "-Wpsabi"
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#define CSV_AVX512 csv_avx512_emulated
#define CSV_BORDER_AVX512 csv_border_avx512_emulated
void CSV_AVX512(const uint8_t *text, size_t size, struct csv_index *index);
size_t CSV_BORDER_AVX512(const uint8_t *text, size_t size);
#else
#include <immintrin.h>
#define CSV_AVX512 csv_avx512
#define CSV_BORDER_AVX512 csv_border_avx512
#endif

#include "stages/parse/kernel_avx512.h"

static inline uint64_t equal(__m512i bytes, char byte)
{
    return _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8(byte));
}

static inline __m512i load(const uint8_t *text, size_t at, size_t size,
                           uint64_t *valid)
{
    __m512i bytes = _mm512_loadu_si512(text + at);
    *valid = ~(uint64_t)0;
    if (size - at >= 64)
        return bytes;
    *valid = ((uint64_t)1 << (size - at)) - 1;
    return _mm512_mask_blend_epi8(*valid, _mm512_set1_epi8(' '), bytes);
}

static inline uint64_t ends_of(__m512i bytes, struct csv_masks *masks,
                               struct csv_carry *carry)
{
    uint64_t odd;
    masks->quote = equal(bytes, '"');
    masks->comma = equal(bytes, ',');
    masks->feed = equal(bytes, '\n');
    uint64_t ends = csv_ends(masks, carry, &odd);
    if (__builtin_expect((odd | carry->returned) != 0, 0))
        csv_returns(masks, carry, odd, equal(bytes, '\r'));
    return ends;
}

/* False: there is an error somewhere in the text. */
static bool index_rows(const uint8_t *text, size_t size,
                       struct csv_index *index)
{
    struct csv_carry carry = csv_row_start();
    __m512i previous = _mm512_setzero_si512();
    uint32_t *out = index->tokens;
    uint64_t wrong = 0, wide = 0, nul = 0;
    index->row_count = 0;
    for (size_t at = 0; at < size && index->row_count < CSV_ROWS_MAX;
         at += 64) {
        struct csv_masks masks;
        __m512i bytes = load(text, at, size, &masks.valid);
        uint64_t wide_now = _mm512_movepi8_mask(bytes);
        if (wide_now | wide)
            wrong |= utf8_errors(previous, bytes) & masks.valid;
        wide = wide_now;
        previous = bytes;
        nul |= equal(bytes, 0);
        uint64_t ends = ends_of(bytes, &masks, &carry);
        uint64_t feeds = ends & masks.feed;
        if (feeds)
            csv_note_rows(index, ends, feeds, (uint32_t)(out - index->tokens));
        out = write_tokens(out, (uint32_t)at, ends);
    }
    if (index->row_count > CSV_ROWS_MAX)
        index->row_count = CSV_ROWS_MAX;
    index->nul = nul != 0;
    return !(carry.bad | wrong);
}

void CSV_AVX512(const uint8_t *text, size_t size, struct csv_index *index)
{
    if (!index_rows(text, size, index))
        csv_scalar(text, size, index);
}

size_t CSV_BORDER_AVX512(const uint8_t *text, size_t size)
{
    struct csv_carry carry = csv_row_start();
    size_t border = 0;
    for (size_t at = 0; at < size; at += 64) {
        struct csv_masks masks;
        __m512i bytes = load(text, at, size, &masks.valid);
        uint64_t feeds = ends_of(bytes, &masks, &carry) & masks.feed;
        if (feeds)
            border = at + 64 - (size_t)__builtin_clzll(feeds);
    }
    return carry.bad ? csv_border_scalar(text, size) : border;
}
#endif
