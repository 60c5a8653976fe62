/*
 * Any bytes: every kernel says that they are UTF-8 where this says so: each
 * character is decoded by its bits alone, and is good if written out again it
 * has the same bytes and is a code point that is no surrogate (RFC 3629).
 */
#include "stages/parse/kernel.h"
#include "stages/parse/kernel_utf8.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/unit/text_reference.h"

/* Bits that are set before the first one that is not. */
static unsigned leading_ones(uint8_t byte)
{
    unsigned ones = 0;
    while (ones < 8 && byte >> (7 - ones) & 1)
        ones++;
    return ones;
}

/* Bytes of the character at text, 0 if it is none. */
static size_t character(const uint8_t *text, size_t left)
{
    uint8_t again[4];
    unsigned ones = leading_ones(text[0]);
    size_t size = ones ? ones : 1;
    if (ones == 1 || ones > 4 || size > left)
        return 0;
    uint32_t point = text[0] & (0x7Fu >> ones);
    for (size_t i = 1; i < size; i++) {
        if (leading_ones(text[i]) != 1)
            return 0;
        point = point << 6 | (text[i] & 0x3Fu);
    }
    if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000))
        return 0;
    bool shortest = reference_encode(point, again) == size;
    return shortest && memcmp(again, text, size) == 0 ? size : 0;
}

static bool is_utf8(const uint8_t *text, size_t size)
{
    for (size_t at = 0, step; at < size; at += step)
        if ((step = character(text + at, size - at)) == 0)
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *text = fuzz_copy(data, size, KERNEL_PADDING);
    uint32_t *tokens = malloc((size + KERNEL_PADDING) * sizeof *tokens), count;
    bool good = is_utf8(text, size);
    CHECK(tokens && utf8_valid(text, size) == good);
    for (int isa = 0; isa < ISA_COUNT; isa++)
        if (isa_runs_here((enum isa)isa))
            CHECK(good == !(kernel_of((enum isa)isa)(text, size, tokens,
                                                     &count) & INDEX_UTF8));
    free(tokens);
    free(text);
    return 0;
}
