#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline/check.h"
#include "stages/hash.h"
#include "stages/parse/text_fold.h"
#include "stages/parse/text_measure.h"
#include "stages/parse/text_remove.h"

#include <stdio.h>
#include <stdlib.h>

#define RANGES_MAX 8

/* What make_text_cases.py, which shares no code with this, says. */
static const struct text_case {
    const char *text;
    uint32_t size;
    enum text_removal removal;
    bool decode_entities;
    struct text_range ranges[RANGES_MAX];
    size_t range_count;
    uint64_t hash;
    uint32_t length;
    uint32_t scripts[SCRIPTS];
    const char *folded;
    size_t folded_size;
} CASES[] = {
#include "tests/unit/text_cases.inc"
};
#define CASE_COUNT (sizeof CASES / sizeof *CASES)

/* Measures a copy that ends where its memory ends. */
static struct text_measure measured(struct text_scratch *scratch,
                                    const struct text_case *c)
{
    struct text_range ranges[RANGES_MAX];
    memcpy(ranges, c->ranges, sizeof ranges);
    char *copy = malloc(c->size + 1);
    CHECK(copy);
    memcpy(copy + 1, c->text, c->size);
    struct text_source source = {
        {copy + 1, c->size}, c->removal, c->decode_entities, ranges,
        c->range_count};
    struct text_measure measure;
    assert_true(text_measure(scratch, &source, &measure));
    free(copy);
    return measure;
}

static void texts_are_measured_as_python_measures_them(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    for (size_t i = 0; i < CASE_COUNT; i++) {
        const struct text_case *c = &CASES[i];
        struct text_measure measure = measured(&scratch, c);
        if (measure.hash != c->hash)
            fail_msg("\"%s\" folds to \"%s\", not to \"%s\"", c->text,
                     (char *)scratch.folded.bytes + 1, c->folded);
        assert_int_equal(measure.length, c->length);
        for (int s = 0; s < SCRIPTS; s++)
            if (measure.scripts[s] != c->scripts[s])
                fail_msg("\"%s\": %u letters of script %d, not %u", c->text,
                         measure.scripts[s], s, c->scripts[s]);
    }
    text_scratch_free(&scratch);
}

static void a_hash_is_that_of_the_folded_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        uint64_t hash = hash_bytes64(CASES[i].folded, CASES[i].folded_size);
        assert_int_equal(CASES[i].hash, hash ? hash : 1);
    }
}

static void many_ranges_are_sorted(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    enum { COUNT = 1000 };
    char text[COUNT * 2];
    struct text_range ranges[COUNT];
    for (int i = 0; i < COUNT; i++) {
        memcpy(text + (size_t)i * 2, "aB", 2);
        int at = i * 7 % COUNT;
        ranges[i] = (struct text_range){at * 2, at * 2 + 1};
    }
    struct text_source source = {{text, sizeof text}, TEXT_REMOVE_POINTS, true,
                                 ranges, COUNT};
    struct text_measure measure;
    assert_true(text_measure(&scratch, &source, &measure));
    assert_int_equal(measure.length, COUNT);
    memset(text, 'b', COUNT);
    assert_int_equal(measure.hash, hash_bytes64(text, COUNT));
    text_scratch_free(&scratch);
}

/* The place of the nth code point, by the letter. */
static void ranges_count_code_points_across_blocks(void **state)
{
    (void)state;
    static const char *const points[] = {"a", "\xD0\x96", "\xE9\xA6\x99",
                                         "\xF0\x9F\x90\xA6"};
    uint8_t out[512];
    for (uint32_t seed = 0; seed < 4096; seed++) {
        char text[400];
        uint32_t starts[61] = {0}, dice = seed * 2654435761u;
        for (int i = 0; i < 60; i++, dice = dice * 1664525 + 1013904223) {
            const char *point = points[seed % 4 ? dice >> 30 : dice >> 31];
            memcpy(text + starts[i], point, strlen(point));
            starts[i + 1] = starts[i] + (uint32_t)strlen(point);
        }
        uint32_t from = dice % 61, to = from + (dice >> 8) % (61 - from);
        struct text_range range = {from, to};
        struct text_source source = {{text, starts[60]}, TEXT_REMOVE_POINTS,
                                     false, &range, 1};
        size_t size = text_remove(&source, out);
        assert_int_equal(size, starts[60] - (starts[to] - starts[from]));
        assert_memory_equal(out, text, starts[from]);
        assert_memory_equal(out + starts[from], text + starts[to],
                            starts[60] - starts[to]);
    }
}

static void expect_tag(struct text_scratch *scratch, const char *tag,
                       const char *folded)
{
    uint32_t size, tag_size = (uint32_t)strlen(tag);
    char *out = malloc((size_t)tag_size * HASHTAG_FOLD_GROWTH + 1);
    CHECK(out);
    assert_true(hashtag_fold(scratch, (struct text){tag, tag_size}, out,
                             &size));
    if (size != strlen(folded) || memcmp(out, folded, size) != 0)
        fail_msg("%s: %.*s, not %s", tag, (int)size, out, folded);
    free(out);
}

static void hashtags_are_folded_and_nothing_else(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    expect_tag(&scratch, "", "");
    expect_tag(&scratch, "HongKong", "hongkong");
    expect_tag(&scratch, "反送中", "反送中");
    expect_tag(&scratch, "ＨＫ２０１９", "hk2019");
    expect_tag(&scratch, "Straße", "strasse");
    expect_tag(&scratch, "МОСКВА", "москва");
    expect_tag(&scratch, "E\xCC\x81TE\xCC\x81", "été");
    expect_tag(&scratch, " a\t\tb ", " a\t\tb ");
    expect_tag(&scratch, "é\xC2\xA0\xE3\x80\x80", "é  ");
    expect_tag(&scratch, "\xE2\x80\xA8\xCC\x81\xC2\x85",
               "\xE2\x80\xA8\xCC\x81\xC2\x85");
    expect_tag(&scratch, "&amp;é", "&amp;é");
    expect_tag(&scratch, "\xEF\xB7\xBA",
               "\xD8\xB5\xD9\x84\xD9\x89 \xD8\xA7\xD9\x84\xD9\x84\xD9\x87 "
               "\xD8\xB9\xD9\x84\xD9\x8A\xD9\x87 "
               "\xD9\x88\xD8\xB3\xD9\x84\xD9\x85");
    text_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_measured_as_python_measures_them),
        cmocka_unit_test(a_hash_is_that_of_the_folded_text),
        cmocka_unit_test(many_ranges_are_sorted),
        cmocka_unit_test(ranges_count_code_points_across_blocks),
        cmocka_unit_test(hashtags_are_folded_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
