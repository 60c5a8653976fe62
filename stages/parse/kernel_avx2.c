#include "stages/parse/kernel_block.h"
#include "stages/parse/kernel_tables.h"

#if defined(__x86_64__)
#include "stages/parse/kernel_avx2.h"

/* What every block is compared with. */
struct constants {
    __m256i quote, backslash, fold, separators, letter_u, lift;
};

INLINE struct constants block_constants(void)
{
    return (struct constants){
        .quote = kept(_mm256_set1_epi8('"')),
        .backslash = kept(_mm256_set1_epi8('\\')),
        .fold = kept(_mm256_set1_epi8(0x20)),
        .separators = kept(table(SEPARATORS)),
        .letter_u = kept(_mm256_set1_epi8('u')),
        .lift = kept(_mm256_set1_epi8(0x70)),
    };
}

/* { } [ ] : , and space, and what fix_controls takes back. */
INLINE uint64_t separators(const struct constants *with, __m256i a, __m256i b)
{
    return bits(
        _mm256_cmpeq_epi8(_mm256_or_si256(a, with->fold),
                          _mm256_shuffle_epi8(with->separators, a)),
        _mm256_cmpeq_epi8(_mm256_or_si256(b, with->fold),
                          _mm256_shuffle_epi8(with->separators, b)));
}

/* Control characters are rare within a line: most blocks pay for one test. */
INLINE bool any_control(const struct constants *with, __m256i a, __m256i b)
{
    __m256i low = _mm256_subs_epu8(with->fold, _mm256_min_epu8(a, b));
    return !_mm256_testz_si256(low, low);
}

static inline uint64_t controls(__m256i a, __m256i b)
{
    const __m256i most = _mm256_set1_epi8(0x1F);
    return bits(_mm256_cmpeq_epi8(_mm256_max_epu8(a, most), most),
                _mm256_cmpeq_epi8(_mm256_max_epu8(b, most), most));
}

static inline void fix_controls(struct block_masks *masks, __m256i a,
                                __m256i b)
{
    masks->control = controls(a, b);
    masks->separator &= ~masks->control;
    masks->separator |=
        equal(a, b, _mm256_set1_epi8('\t')) |
        equal(a, b, _mm256_set1_epi8('\n')) |
        equal(a, b, _mm256_set1_epi8('\r'));
    /* Tab, LF and CR have bit 6 clear: none becomes a bracket. */
}

static inline __m256i escape_classes(__m256i bytes)
{
    return _mm256_and_si256(
        _mm256_shuffle_epi8(table(ESCAPES_HIGH), nibble_high(bytes)),
        _mm256_shuffle_epi8(table(ESCAPES_LOW), bytes));
}

INLINE void load_escapes(const struct constants *with,
                         struct block_masks *masks, __m256i a, __m256i b)
{
    /* Of a byte's classes one at most is of the low nibble: added to 0x70, a
     * nibble that is not 0 sets bit 7. */
    __m256i class_a = escape_classes(a), class_b = escape_classes(b);
    masks->hex = bits(_mm256_add_epi8(class_a, with->lift),
                      _mm256_add_epi8(class_b, with->lift));
    masks->escapable =
        bits(_mm256_add_epi8(_mm256_slli_epi16(class_a, 4), with->lift),
             _mm256_add_epi8(_mm256_slli_epi16(class_b, 4), with->lift));
    masks->letter_u = equal(a, b, with->letter_u);
}

INLINE uint64_t tokens_of(const struct constants *with, __m256i a, __m256i b,
                          struct block_carry *carry)
{
    struct block_masks masks = {0};
    masks.quote = equal(a, b, with->quote);
    masks.backslash = equal(a, b, with->backslash);
    masks.separator = separators(with, a, b);
    /* Among separators the brackets are those with bit 6. */
    masks.bracket = bits(_mm256_slli_epi16(a, 1), _mm256_slli_epi16(b, 1));
    if (__builtin_expect(any_control(with, a, b), 0))
        fix_controls(&masks, a, b);
    bool escapes = block_escapes(&masks, carry);
    if (escapes)
        load_escapes(with, &masks, a, b);
    return block_tokens(&masks, escapes, carry);
}

/* The UTF-8 check, for a block that is not ASCII or follows such a one. Its
 * tables would crowd the other constants out of the registers. */
static __attribute__((noinline)) __m256i
utf8_block(const uint8_t *text, size_t at, __m256i a, __m256i b)
{
    __m256i previous =
        at ? _mm256_loadu_si256((const __m256i *)(text + at - 32))
           : _mm256_setzero_si256();
    return _mm256_or_si256(utf8_errors(previous, a), utf8_errors(a, b));
}

struct index_state {
    const uint8_t *text;
    uint32_t *out;             /* the next token's place */
    struct block_carry carry;
    __m256i utf8_errors;
    int wide;                  /* the block before is not ASCII */
};

INLINE void index_block(struct index_state *state,
                        const struct constants *with, size_t at, __m256i a,
                        __m256i b)
{
    int wide = _mm256_movemask_epi8(_mm256_or_si256(a, b));
    if (__builtin_expect(wide | state->wide, 0))
        state->utf8_errors = _mm256_or_si256(
            state->utf8_errors, utf8_block(state->text, at, a, b));
    state->wide = wide;
    state->out = write_tokens(state->out, (uint32_t)at,
                              tokens_of(with, a, b, &state->carry));
}

uint32_t index_avx2(const uint8_t *text, size_t size, uint32_t *tokens,
                    uint32_t *count)
{
    struct index_state state = {.text = text, .out = tokens,
                                .utf8_errors = _mm256_setzero_si256()};
    const struct constants with = block_constants();
    size_t at = 0;
    for (; size - at >= 64; at += 64)
        index_block(&state, &with, at,
                    _mm256_loadu_si256((const __m256i *)(text + at)),
                    _mm256_loadu_si256((const __m256i *)(text + at + 32)));
    size_t left = size - at;
    if (left)
        index_block(&state, &with, at, load_or_space(text + at, left),
                    load_or_space(text + at + 32, left > 32 ? left - 32 : 0));
    else if (state.wide)
        /* No space behind the text shows that a sequence is cut. */
        state.utf8_errors = _mm256_or_si256(
            state.utf8_errors, utf8_incomplete(_mm256_loadu_si256(
                                   (const __m256i *)(text + at - 32))));
    *count = (uint32_t)(state.out - tokens);
    return block_errors(&state.carry, !_mm256_testz_si256(state.utf8_errors,
                                                          state.utf8_errors));
}
#endif
