#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/fold_block.h"
#include "stages/parse/text_fold.h"
#include "stages/parse/text_measure.h"
#include "tests/unit/text_reference.h"

#include <stdio.h>
#include <utf8proc.h>

#define POINTS 0x110000u
#define MIXTURES 60000
#define MIXTURE_POINTS_MAX 24

static bool is_surrogate(uint32_t point)
{
    return point >= 0xD800 && point < 0xE000;
}

/* Both ways agree on text[0..size), in both ways of treating white space. */
static void compare(struct text_scratch *scratch, const uint8_t *text,
                    size_t size)
{
    for (int collapse = 0; collapse < 2; collapse++) {
        size_t expected_size;
        uint8_t *expected = reference_fold(scratch, text, size, collapse,
                                           &expected_size);
        CHECK(text_buffer_reserve(&scratch->source, size + TEXT_FOLD_PADDING));
        if (size)
            memcpy(scratch->source.bytes, text, size);
        struct text_tally tally;
        struct folded_text folded;
        assert_true(text_fold(scratch, size, collapse, &tally, &folded));
        if (folded.size != expected_size ||
            memcmp(folded.bytes, expected, expected_size) != 0) {
            for (size_t i = 0; i < size; i += utf8_size(text[i]))
                printf("U+%04X ", utf8_point(text + i));
            fail_msg("folds to %.*s, not to %.*s (collapse %d)",
                     (int)folded.size, (const char *)folded.bytes,
                     (int)expected_size, (char *)expected, collapse);
        }
        uint32_t points = 0, counted = 0;
        for (size_t i = 0; i < size; i += utf8_size(text[i]))
            points++;
        for (int i = 0; i < TEXT_TALLIES; i++)
            counted += tally.counts[i];
        assert_int_equal(counted, points);
        free(expected);
    }
}

static void the_tables_and_utf8proc_know_the_same_unicode(void **state)
{
    (void)state;
    assert_string_equal(TEXT_CLASS_UNICODE, text_normal_unicode());
}

static void every_code_point_folds_as_utf8proc_folds_it(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    uint8_t text[8];
    for (uint32_t point = 0; point < POINTS; point++)
        if (!is_surrogate(point))
            compare(&scratch, text, reference_encode(point, text));
    text_scratch_free(&scratch);
}

static void every_code_point_folds_between_others(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    for (uint32_t point = 0; point < POINTS; point++) {
        if (is_surrogate(point) ||
            (text_class(point) == TEXT_NO_LETTER && point > 0x30000))
            continue;
        uint8_t text[32];
        size_t size = reference_encode(point, text);
        memcpy(text + size, "\xCC\xA3\xCC\x81", 4);     /* 0323 0301 */
        compare(&scratch, text, size + 4);
        size_t before = reference_encode(0x1100, text);
        size = before + reference_encode(point, text + before);
        memcpy(text + size, "A\xCC\x88", 3);
        compare(&scratch, text, size + 3);
    }
    text_scratch_free(&scratch);
}

static void letters_are_what_utf8proc_calls_letters(void **state)
{
    (void)state;
    for (uint32_t point = 0; point < POINTS; point++) {
        utf8proc_category_t category =
            utf8proc_category((utf8proc_int32_t)point);
        bool letter = category >= UTF8PROC_CATEGORY_LU &&
                      category <= UTF8PROC_CATEGORY_LO;
        if (((text_class(point) & 15) != TEXT_NO_LETTER) != letter)
            fail_msg("U+%04X is %s letter", point, letter ? "a" : "no");
    }
}

static void ideographs_taken_by_blocks_are_plain_letters(void **state)
{
    (void)state;
    for (uint32_t point = 0x5000; point < 0xA000; point++)
        assert_int_equal(text_class(point), TEXT_PLAIN << 4 | SCRIPT_HAN);
}

static void no_code_point_grows_beyond_the_bound(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    size_t most = 0;
    for (uint32_t point = 0; point < POINTS; point++) {
        uint8_t text[8];
        size_t normal, size = reference_encode(point, text);
        if (is_surrogate(point))
            continue;
        assert_true(text_normalise(&scratch, text, size, &normal));
        /* Decomposed, as it may stay in company. */
        utf8proc_uint8_t *whole = NULL;
        utf8proc_ssize_t decomposed = utf8proc_map(
            scratch.stretch.bytes, (utf8proc_ssize_t)normal, &whole,
            UTF8PROC_STABLE | UTF8PROC_DECOMPOSE);
        free(whole);
        assert_true(normal <= size * HASHTAG_FOLD_GROWTH);
        assert_true((size_t)decomposed <= size * HASHTAG_FOLD_GROWTH);
        if (normal * 3 > most)
            most = size == 3 ? normal * 3 : most;
    }
    assert_int_equal(most, 9 * HASHTAG_FOLD_GROWTH);
    text_scratch_free(&scratch);
}

static uint64_t next_random(uint64_t *state)
{
    *state += 0x9E3779B97F4A7C15u;      /* SplitMix64 */
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint32_t within(uint64_t *seed, uint32_t first, uint32_t last)
{
    return first + (uint32_t)(next_random(seed) % (last - first + 1));
}

/* Code points that meet each other in some script, or anything. */
static uint32_t random_point(uint64_t *seed, unsigned script)
{
    static const struct {
        uint32_t first, last;
    } ranges[] = {
        {0x20, 0x7E},     {0x00, 0x20},     {0x300, 0x36F},   {0xC0, 0x24F},
        {0x370, 0x3FF},   {0x400, 0x4FF},   {0x591, 0x5F4},   {0x600, 0x6FF},
        {0x900, 0x97F},   {0x980, 0x9FF},   {0xB80, 0xBFF},   {0xC00, 0xCFF},
        {0xD00, 0xDFF},   {0xE00, 0xE7F},   {0xF00, 0xFBC},   {0x1000, 0x109F},
        {0x1100, 0x11FF}, {0x1B00, 0x1B7C}, {0x1DC0, 0x1DFF}, {0x1E00, 0x1EFF},
        {0x1F00, 0x1FFF}, {0x2000, 0x206F}, {0x20D0, 0x20F0}, {0x2100, 0x21FF},
        {0x3000, 0x30FF}, {0x4E00, 0x5100}, {0x9F00, 0xA010}, {0xAC00, 0xAC40},
        {0xFB00, 0xFDFF}, {0xFE00, 0xFEFF}, {0xFF00, 0xFFEF},
        {0x11080, 0x110C2}, {0x11100, 0x11147}, {0x11300, 0x1137F},
        {0x114B0, 0x114C7}, {0x11580, 0x115DD}, {0x11900, 0x11959},
        {0x1D150, 0x1D1FF}, {0x1D400, 0x1D7FF}, {0x1E000, 0x1E02A},
        {0x1E900, 0x1E95F}, {0x1F300, 0x1F6FF}, {0x2F800, 0x2FA1D},
        {0x0, 0xD7FF},    {0xE000, 0x10FFFF}};
    unsigned count = sizeof ranges / sizeof *ranges;
    uint32_t which = within(seed, 0, 9);
    unsigned at = which < 5 ? script % count
                  : which < 7 ? 2
                  : which < 8 ? within(seed, 0, 1)
                              : within(seed, 0, count - 1);
    return within(seed, ranges[at].first, ranges[at].last);
}

static void mixtures_fold_as_utf8proc_folds_them_whole(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    uint64_t seed = 20200611;
    for (unsigned i = 0; i < MIXTURES; i++) {
        uint8_t text[MIXTURE_POINTS_MAX * 4];
        size_t starts[MIXTURE_POINTS_MAX + 1] = {0};
        uint32_t count = within(&seed, 1, MIXTURE_POINTS_MAX);
        for (uint32_t k = 0; k < count; k++)
            starts[k + 1] = starts[k] + reference_encode(random_point(&seed, i),
                                                         text + starts[k]);
        compare(&scratch, text, starts[count]);
        if (i % 16)
            continue;
        for (uint32_t k = 1; k < count; k++) {  /* split at every place */
            compare(&scratch, text, starts[k]);
            compare(&scratch, text + starts[k], starts[count] - starts[k]);
        }
    }
    text_scratch_free(&scratch);
}

static void white_space_collapses_across_blocks(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    uint64_t seed = 7;
    for (int i = 0; i < 20000; i++) {
        uint8_t text[80];
        size_t size = within(&seed, 0, sizeof text);
        uint32_t whites = within(&seed, 1, 9);
        for (size_t k = 0; k < size; k++)
            text[k] = within(&seed, 0, 9) < whites
                          ? (uint8_t)" \t\n\r\v\f \x1C"[within(&seed, 0, 7)]
                          : (uint8_t)within(&seed, '@', 'z');
        compare(&scratch, text, size);
    }
    text_scratch_free(&scratch);
}

static void the_scalar_block_is_what_the_vector_block_is(void **state)
{
    (void)state;
    uint64_t seed = 99;
    for (int i = 0; i < 200000; i++) {
        uint8_t in[TEXT_BLOCK_BYTES], a[48] = {0}, b[48] = {0};
        uint32_t most = within(&seed, 0, 3) ? 0x7F : 0xFF;
        for (int k = 0; k < TEXT_BLOCK_BYTES; k++)
            in[k] = (uint8_t)(within(&seed, 0, 3) ? within(&seed, 0, most)
                                                  : within(&seed, 8, 33));
        in[0] &= 0x7F;
        a[15] = b[15] = (uint8_t)within(&seed, 31, 33);
        size_t left = within(&seed, 1, 20);
        bool collapse = within(&seed, 0, 1);
        struct block_letters letters[2];
        memset(letters, 0, sizeof letters);
        uint32_t whites[2];
        unsigned count = block_ascii(in, left, a + 16, collapse, &letters[0],
                                     &whites[0]);
        assert_int_equal(count, block_ascii_scalar(in, left, b + 16, collapse,
                                                   &letters[1], &whites[1]));
        assert_int_equal(whites[0], whites[1]);
        assert_memory_equal(a + 16, b + 16, count);
        assert_int_equal(block_letters_sum(&letters[0]), letters[1].count);
    }
}

static void a_text_of_marks_alone_takes_linear_time(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    size_t size = 2 << 20;      /* by insertion: 2.7e11 steps */
    CHECK(text_buffer_reserve(&scratch.source, size + TEXT_FOLD_PADDING));
    for (size_t i = 0; i < size; i += 4)
        memcpy(scratch.source.bytes + i, "\xCC\x81\xCC\xA3", 4);
    struct text_tally tally;
    struct folded_text folded;
    assert_true(text_fold(&scratch, size, true, &tally, &folded));
    assert_int_equal(folded.size, size);
    assert_memory_equal(folded.bytes, "\xCC\xA3\xCC\xA3\xCC\xA3", 6);
    assert_memory_equal(folded.bytes + size - 4, "\xCC\x81\xCC\x81", 4);
    assert_int_equal(tally.counts[TEXT_NO_LETTER], size / 2);
    text_scratch_free(&scratch);
}

static void texts_that_expand_find_room(void **state)
{
    (void)state;
    struct text_scratch scratch = {0};
    uint8_t *text = malloc(30000);
    assert_non_null(text);
    for (size_t i = 0; i < 30000; i += 3)
        memcpy(text + i, "\xEF\xB7\xBA", 3);    /* U+FDFA */
    for (size_t size = 3; size <= 30000; size = size * 2 + 3)
        compare(&scratch, text, size);
    free(text);
    text_scratch_free(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_tables_and_utf8proc_know_the_same_unicode),
        cmocka_unit_test(every_code_point_folds_as_utf8proc_folds_it),
        cmocka_unit_test(every_code_point_folds_between_others),
        cmocka_unit_test(letters_are_what_utf8proc_calls_letters),
        cmocka_unit_test(ideographs_taken_by_blocks_are_plain_letters),
        cmocka_unit_test(no_code_point_grows_beyond_the_bound),
        cmocka_unit_test(mixtures_fold_as_utf8proc_folds_them_whole),
        cmocka_unit_test(white_space_collapses_across_blocks),
        cmocka_unit_test(the_scalar_block_is_what_the_vector_block_is),
        cmocka_unit_test(a_text_of_marks_alone_takes_linear_time),
        cmocka_unit_test(texts_that_expand_find_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
