#include "stages/parse/csv_block.h"

#if defined(__x86_64__)
#include "stages/parse/kernel_avx2.h"

struct constants {
    __m256i quote, comma, feed;
};

INLINE struct constants block_constants(void)
{
    return (struct constants){.quote = kept(_mm256_set1_epi8('"')),
                              .comma = kept(_mm256_set1_epi8(',')),
                              .feed = kept(_mm256_set1_epi8('\n'))};
}

/* 64 bytes of the text, spaces behind it. */
struct block {
    __m256i a, b;
};

INLINE struct block load(const uint8_t *text, size_t at, size_t size,
                         uint64_t *valid)
{
    size_t left = size - at;
    *valid = ~(uint64_t)0;
    if (__builtin_expect(left >= 64, 1))
        return (struct block){
            _mm256_loadu_si256((const __m256i *)(text + at)),
            _mm256_loadu_si256((const __m256i *)(text + at + 32))};
    *valid = ((uint64_t)1 << left) - 1;
    return (struct block){
        load_or_space(text + at, left),
        load_or_space(text + at + 32, left > 32 ? left - 32 : 0)};
}

INLINE uint64_t ends_of(const struct constants *with, struct block block,
                        struct csv_masks *masks, struct csv_carry *carry)
{
    uint64_t odd;
    masks->quote = equal(block.a, block.b, with->quote);
    masks->comma = equal(block.a, block.b, with->comma);
    masks->feed = equal(block.a, block.b, with->feed);
    uint64_t ends = csv_ends(masks, carry, &odd);
    if (__builtin_expect((odd | carry->returned) != 0, 0))
        csv_returns(masks, carry, odd,
                    equal(block.a, block.b, _mm256_set1_epi8('\r')));
    return ends;
}

/* Which bytes of a block are not UTF-8 behind what stands before it. */
static __attribute__((noinline)) uint64_t
wrong_bytes(const uint8_t *text, size_t at, __m256i a, __m256i b)
{
    const __m256i zero = _mm256_setzero_si256();
    __m256i previous =
        at ? _mm256_loadu_si256((const __m256i *)(text + at - 32)) : zero;
    return ~bits(_mm256_cmpeq_epi8(utf8_errors(previous, a), zero),
                 _mm256_cmpeq_epi8(utf8_errors(a, b), zero));
}

/* False: there is an error somewhere in the text. */
static bool index_rows(const uint8_t *text, size_t size,
                       struct csv_index *index)
{
    const struct constants with = block_constants();
    struct csv_carry carry = csv_row_start();
    uint32_t *out = index->tokens;
    uint64_t wrong = 0;
    int wide = 0;
    __m256i least = _mm256_set1_epi8(-1);
    index->row_count = 0;
    for (size_t at = 0; at < size && index->row_count < CSV_ROWS_MAX;
         at += 64) {
        struct csv_masks masks;
        struct block block = load(text, at, size, &masks.valid);
        int wide_now = _mm256_movemask_epi8(_mm256_or_si256(block.a, block.b));
        if (__builtin_expect(wide_now | wide, 0))
            wrong |= wrong_bytes(text, at, block.a, block.b) & masks.valid;
        wide = wide_now;
        least = _mm256_min_epu8(least, _mm256_min_epu8(block.a, block.b));
        uint64_t ends = ends_of(&with, block, &masks, &carry);
        uint64_t feeds = ends & masks.feed;
        if (feeds)
            csv_note_rows(index, ends, feeds, (uint32_t)(out - index->tokens));
        out = write_tokens(out, (uint32_t)at, ends);
    }
    if (index->row_count > CSV_ROWS_MAX)
        index->row_count = CSV_ROWS_MAX;
    index->nul = _mm256_movemask_epi8(_mm256_cmpeq_epi8(
                     least, _mm256_setzero_si256())) != 0;
    return !(carry.bad | wrong);
}

void csv_avx2(const uint8_t *text, size_t size, struct csv_index *index)
{
    if (!index_rows(text, size, index))
        csv_scalar(text, size, index);
}

size_t csv_border_avx2(const uint8_t *text, size_t size)
{
    const struct constants with = block_constants();
    struct csv_carry carry = csv_row_start();
    size_t border = 0;
    for (size_t at = 0; at < size; at += 64) {
        struct csv_masks masks;
        struct block block = load(text, at, size, &masks.valid);
        uint64_t feeds = ends_of(&with, block, &masks, &carry) & masks.feed;
        if (feeds)
            border = at + 64 - (size_t)__builtin_clzll(feeds);
    }
    return carry.bad ? csv_border_scalar(text, size) : border;
}
#endif
