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

/* One register a block, and masks that need no gathering. */

/*
 * The classes of an ASCII byte, one bit each, by one look-up in a table of 128
 * entries: eight tests of a bit are cheaper than as many comparisons, and
 * white space needs no second look.
 */
enum { QUOTE = 1, BACKSLASH = 2, SEPARATOR = 4, BRACKET = 8, CONTROL = 16,
       ESCAPABLE = 32, HEX = 64, LETTER_U = 128 };
#define EIGHT(at, class)                                                       \
    [at] = class, [at + 1] = class, [at + 2] = class, [at + 3] = class,        \
    [at + 4] = class, [at + 5] = class, [at + 6] = class, [at + 7] = class
static const uint8_t BYTE_CLASSES[128] = {
    EIGHT(0, CONTROL), [8] = CONTROL, ['\t'] = CONTROL | SEPARATOR,
    ['\n'] = CONTROL | SEPARATOR, [11] = CONTROL, [12] = CONTROL,
    ['\r'] = CONTROL | SEPARATOR, [14] = CONTROL, [15] = CONTROL,
    EIGHT(16, CONTROL), EIGHT(24, CONTROL), [' '] = SEPARATOR,
    ['"'] = QUOTE | ESCAPABLE, ['\\'] = BACKSLASH | ESCAPABLE,
    ['/'] = ESCAPABLE, [','] = SEPARATOR, [':'] = SEPARATOR,
    ['{'] = SEPARATOR | BRACKET, ['}'] = SEPARATOR | BRACKET,
    ['['] = SEPARATOR | BRACKET, [']'] = SEPARATOR | BRACKET,
    EIGHT('0', HEX), ['8'] = HEX, ['9'] = HEX,
    ['A'] = HEX, ['B'] = HEX, ['C'] = HEX, ['D'] = HEX, ['E'] = HEX,
    ['F'] = HEX, ['a'] = HEX, ['b'] = HEX | ESCAPABLE, ['c'] = HEX,
    ['d'] = HEX, ['e'] = HEX, ['f'] = HEX | ESCAPABLE, ['n'] = ESCAPABLE,
    ['r'] = ESCAPABLE, ['t'] = ESCAPABLE, ['u'] = ESCAPABLE | LETTER_U};

/*
 * The constants of the loop. gcc would make each of them anew for every block,
 * from a number in a general register; opaque to it they stay in registers,
 * of which there are enough.
 */
#if defined(KERNEL_AVX512_EMULATED)
#define KEEP(vector) (void)(vector)
#else
#define KEEP(vector) __asm__("" : "+v"(vector))
#endif

struct constants {
    __m512i table_low, table_high, places;
    __m512i quote, backslash, separator, bracket, control, escapable, hex,
        letter_u;
};

static inline __m512i of_bit(int class)
{
    __m512i vector = _mm512_set1_epi8((char)class);
    KEEP(vector);
    return vector;
}

static inline struct constants make_constants(void)
{
    uint8_t bytes[64];
    for (int i = 0; i < 64; i++)
        bytes[i] = (uint8_t)i;
    struct constants with = {
        .table_low = _mm512_loadu_si512(BYTE_CLASSES),
        .table_high = _mm512_loadu_si512(BYTE_CLASSES + 64),
        .places = _mm512_loadu_si512(bytes),
        .quote = of_bit(QUOTE),         .backslash = of_bit(BACKSLASH),
        .separator = of_bit(SEPARATOR), .bracket = of_bit(BRACKET),
        .control = of_bit(CONTROL),     .escapable = of_bit(ESCAPABLE),
        .hex = of_bit(HEX),             .letter_u = of_bit(LETTER_U)};
    KEEP(with.table_low);
    KEEP(with.table_high);
    KEEP(with.places);
    return with;
}

/* wide: bytes from 0x80 on, which are of no class. */
static inline uint64_t tokens_of(const struct constants *with, __m512i bytes,
                                 uint64_t wide, struct block_carry *carry)
{
    const __m512i classes = _mm512_maskz_permutex2var_epi8(
        ~wide, with->table_low, bytes, with->table_high);
    const struct block_masks masks = {
        .quote = _mm512_test_epi8_mask(classes, with->quote),
        .backslash = _mm512_test_epi8_mask(classes, with->backslash),
        .separator = _mm512_test_epi8_mask(classes, with->separator),
        .bracket = _mm512_test_epi8_mask(classes, with->bracket),
        .control = _mm512_test_epi8_mask(classes, with->control),
        .escapable = _mm512_test_epi8_mask(classes, with->escapable),
        .hex = _mm512_test_epi8_mask(classes, with->hex),
        .letter_u = _mm512_test_epi8_mask(classes, with->letter_u)};
    return block_tokens(&masks, true, carry);
}

/* The places of 16 tokens, from entry 16 * part on. */
#define STORE_PLACES(part)                                                     \
    _mm512_storeu_si512(                                                       \
        out + 16 * (part),                                                     \
        _mm512_add_epi32(from, _mm512_cvtepu8_epi32(                           \
                                   _mm512_extracti32x4_epi32(places, part))))

/* Appends base + the place of each bit; returns the new end. May write up to
 * 16 entries behind it. Places are gathered by one compression of the bytes 0
 * to 63, so that nothing branches on how many there are, up to 16. */
static inline uint32_t *write_places(const struct constants *with,
                                     uint32_t *out, uint32_t base,
                                     uint64_t bits)
{
#if defined(KERNEL_AVX512_EMULATED)
    (void)with;
    return write_tokens(out, base, bits);
#else
    __m512i places = _mm512_maskz_compress_epi8(bits, with->places);
    const __m512i from = _mm512_set1_epi32((int)base);
    uint32_t count = (uint32_t)__builtin_popcountll(bits);
    STORE_PLACES(0);
    if (__builtin_expect(count > 16, 0)) {
        STORE_PLACES(1);
        STORE_PLACES(2);
        STORE_PLACES(3);
    }
    return out + count;
#endif
}

/* Out of the way: its tables would crowd the constants out of registers. */
static __attribute__((noinline)) uint64_t utf8_block(const uint8_t *text,
                                                     size_t at,
                                                     __m512i bytes)
{
    __m512i previous = at ? _mm512_loadu_si512(text + at - 64)
                          : _mm512_setzero_si512();
    return utf8_errors(previous, bytes);
}

uint32_t INDEX_AVX512(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count)
{
    const struct constants with = make_constants();
    struct block_carry carry = {0};
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
            errors |= utf8_block(text, at, bytes);
        wide = wide_now;
        uint64_t places = tokens_of(&with, bytes, wide_now, &carry);
        out = write_places(&with, out, (uint32_t)at, places);
    }
    /* No space behind the text shows that a sequence is cut. */
    bool cut = wide && size % 64 == 0 && utf8_incomplete(text + size);
    *count = (uint32_t)(out - tokens);
    return block_errors(&carry, errors != 0 || cut);
}
#endif
