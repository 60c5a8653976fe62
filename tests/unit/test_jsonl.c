#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/emit/emit.h"

#include <stdlib.h>

#define TEXT_OF(literal) ((struct text){literal, sizeof(literal) - 1})
#define REPLACED "\xef\xbf\xbd"

static void assert_bytes(struct output *output, const char *bytes, size_t size)
{
    assert_int_equal(output->size, size);
    assert_memory_equal(output->bytes, bytes, size);
    output_free(output);
}

#define ASSERT_TEXT(text, expected)                                            \
    do {                                                                       \
        struct output cell = {0};                                              \
        emit_json_text(&cell, TEXT_OF(text));                                  \
        assert_bytes(&cell, "\"" expected "\"", sizeof(expected) + 1);         \
    } while (0)

static void plain_text_stays_as_it_is(void **state)
{
    (void)state;
    ASSERT_TEXT("", "");
    ASSERT_TEXT("a/b </script> =1", "a/b </script> =1");
    ASSERT_TEXT("\xc3\xab \xe4\xb8\xad \xf0\x9f\x98\x80",
                "\xc3\xab \xe4\xb8\xad \xf0\x9f\x98\x80");
    ASSERT_TEXT("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80",
                "\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80");
}

static void quotes_backslashes_and_controls_are_escaped(void **state)
{
    (void)state;
    ASSERT_TEXT("a\"b\\c", "a\\\"b\\\\c");
    ASSERT_TEXT("\b\f\n\r\t", "\\b\\f\\n\\r\\t");
    ASSERT_TEXT("a\0b", "a\\u0000b");
    ASSERT_TEXT("\x01\x1f\x7f", "\\u0001\\u001f\\u007f");
    ASSERT_TEXT("\x1b[31m", "\\u001b[31m");
}

/* Truncated, overlong, surrogate, beyond U+10FFFF, lone continuation. */
static void bytes_that_are_no_utf8_are_replaced_one_by_one(void **state)
{
    (void)state;
    ASSERT_TEXT("a\xff" "b", "a" REPLACED "b");
    ASSERT_TEXT("\x80", REPLACED);
    ASSERT_TEXT("\xc3", REPLACED);
    ASSERT_TEXT("\xc3" "a", REPLACED "a");
    ASSERT_TEXT("\xe4\xb8", REPLACED REPLACED);
    ASSERT_TEXT("\xc0\xaf", REPLACED REPLACED);
    ASSERT_TEXT("\xe0\x80\xaf", REPLACED REPLACED REPLACED);
    ASSERT_TEXT("\xed\xa0\x80", REPLACED REPLACED REPLACED);
    ASSERT_TEXT("\xf0\x8f\xbf\xbf", REPLACED REPLACED REPLACED REPLACED);
    ASSERT_TEXT("\xf4\x90\x80\x80", REPLACED REPLACED REPLACED REPLACED);
    ASSERT_TEXT("\xf5\x80\x80\x80", REPLACED REPLACED REPLACED REPLACED);
}

/* A character may straddle the spans in which a long text is written. */
static void long_texts_keep_every_character(void **state)
{
    (void)state;
    enum { PAIRS = 20000 };
    for (uint32_t shift = 0; shift < 3; shift++) {
        struct output output = {0};
        char *text = malloc(3 * PAIRS + 2);
        assert_non_null(text);
        memcpy(text, "xy", 2);
        for (int i = 0; i < PAIRS; i++)
            memcpy(text + shift + 3 * i, "\xe4\xb8\xad", 3);
        uint32_t size = 3 * PAIRS + shift;
        emit_json_text(&output, (struct text){text, size});
        assert_int_equal(output.size, size + 2);
        assert_memory_equal(output.bytes + 1, text, size);
        free(text);
        output_free(&output);
    }
}

static void a_row_is_one_object_on_one_line(void **state)
{
    (void)state;
    static const struct column columns[] = {
        {.name = "name", .type = COLUMN_TEXT},
        {.name = "n", .type = COLUMN_INT},
        {.name = "share", .type = COLUMN_REAL},
        {.name = "at", .type = COLUMN_TIME},
        {.name = "flag", .type = COLUMN_BOOL},
        {.name = "day", .type = COLUMN_DAY},
        {.name = "none", .type = COLUMN_TEXT},
    };
    static const struct table table = {.name = "test", .columns = columns,
                                       .count = 7};
    const struct value row[] = {
        {.text = TEXT_OF("a\nb")}, {.integer = 42},  {.real = 1.0 / 3},
        {.integer = -1},           {.integer = 0},   {.integer = 18369},
        {.null = true},
    };
    struct output output = {0};
    emit_header(&output, EMIT_JSONL, &table);
    assert_int_equal(output.size, 0);
    emit_cells(&output, EMIT_JSONL, &table, 0, 7, row);
    static const char expected[] =
        "{\"name\":\"a\\nb\",\"n\":42,\"share\":0.333333333,"
        "\"at\":\"1969-12-31T23:59:59.999Z\",\"flag\":0,"
        "\"day\":\"2020-04-17\",\"none\":null}\n";
    assert_bytes(&output, expected, sizeof expected - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays_as_it_is),
        cmocka_unit_test(quotes_backslashes_and_controls_are_escaped),
        cmocka_unit_test(bytes_that_are_no_utf8_are_replaced_one_by_one),
        cmocka_unit_test(long_texts_keep_every_character),
        cmocka_unit_test(a_row_is_one_object_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
