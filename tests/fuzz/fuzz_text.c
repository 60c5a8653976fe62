/* Any bytes as a text and what to remove from it: the folded text is what
 * utf8proc makes of the whole, what is removed does not depend on the order of
 * the ranges, and nothing outside is touched. The first byte tells the way of
 * removing, the next how many ranges of two bytes follow; then the text. */
#include "stages/parse/text_fold.h"
#include "stages/parse/text_measure.h"
#include "stages/parse/text_remove.h"
#include "stages/parse/url_host.h"
#include "tests/unit/text_reference.h"
#include "tests/fuzz/fuzz_input.h"

#define RANGES_MAX 8
#define TEXT_SIZE_MAX ((size_t)64 << 10)

/* The text with each wrong byte as a question mark. */
static void make_valid(uint8_t *text, size_t size)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t at = 0; at < size;) {
        unsigned bytes = utf8_size(text[at]), good = 1;
        while (good < bytes && at + good < size &&
               !utf8_begins(text[at + good]))
            good++;
        bool whole = utf8_begins(text[at]) && good == bytes;
        uint32_t point = whole ? utf8_point(text + at) : 0;
        bool valid = whole && text[at] < 0xF8 && point >= least[bytes] &&
                     point < 0x110000 && (point < 0xD800 || point >= 0xE000);
        if (!valid)
            text[at] = '?';
        at += valid ? bytes : 1;
    }
}

static void compare_folds(struct text_scratch *scratch, const uint8_t *text,
                          size_t size, bool collapse)
{
    size_t expected_size;
    uint8_t *expected =
        reference_fold(scratch, text, size, collapse, &expected_size);
    CHECK(text_buffer_reserve(&scratch->source, size + TEXT_FOLD_PADDING));
    memcpy(scratch->source.bytes, text, size);
    struct text_tally tally;
    struct folded_text folded;
    CHECK(text_fold(scratch, size, collapse, &tally, &folded));
    CHECK(folded.size == expected_size);
    CHECK(memcmp(folded.bytes, expected, expected_size) == 0);
    free(expected);
}

static void fold_tag(struct text_scratch *scratch, struct text tag)
{
    uint32_t size;
    char *out = malloc((size_t)tag.size * HASHTAG_FOLD_GROWTH + 1);
    CHECK(out && hashtag_fold(scratch, tag, out, &size));
    CHECK(size <= (size_t)tag.size * HASHTAG_FOLD_GROWTH);
    struct text host = url_host(tag, out);
    CHECK(host.size <= tag.size);
    free(out);
}

static void measure_both_ways(struct text_scratch *scratch,
                              struct text_source *source)
{
    struct text_range back[RANGES_MAX + 1];
    for (size_t i = 0; i < source->range_count; i++)
        back[i] = source->ranges[source->range_count - 1 - i];
    struct text_measure a, b;
    memset(&a, 0, sizeof a);
    memset(&b, 0, sizeof b);
    CHECK(text_measure(scratch, source, &a));
    source->ranges = back;
    CHECK(text_measure(scratch, source, &b));
    CHECK(memcmp(&a, &b, sizeof a) == 0);
    CHECK(a.hash != 0 && a.length <= source->text.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > TEXT_SIZE_MAX)
        return 0;
    struct text_range ranges[RANGES_MAX];
    size_t count = data[1] % (RANGES_MAX + 1), at = 2;
    for (size_t i = 0; i < count; i++, at += 2)
        ranges[i] = at + 2 <= size
                        ? (struct text_range){(int8_t)data[at], data[at + 1]}
                        : (struct text_range){0, 0};
    if (at > size)
        at = size;
    /* Of exactly its size, so that reading past it is seen. */
    size_t left = size - at;
    uint8_t *text = malloc(left + 1);
    CHECK(text);
    memcpy(text + 1, data + at, left);
    make_valid(text + 1, left);
    struct text_scratch scratch = {0};
    compare_folds(&scratch, text + 1, left, false);
    compare_folds(&scratch, text + 1, left, true);
    struct text whole = {(const char *)text + 1, (uint32_t)left};
    fold_tag(&scratch, whole);
    struct text_source source = {whole, (enum text_removal)(data[0] & 3),
                                 (data[0] & 4) != 0, ranges, count};
    measure_both_ways(&scratch, &source);
    text_scratch_free(&scratch);
    free(text);
    return 0;
}
