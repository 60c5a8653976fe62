#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/emit/emit.h"

#define TEXT_OF(literal) ((struct text){literal, sizeof(literal) - 1})

static void assert_bytes(struct output *output, const char *bytes, size_t size)
{
    assert_int_equal(output->size, size);
    assert_memory_equal(output->bytes, bytes, size);
    output_free(output);
}
#define ASSERT_OUTPUT(output, literal)                                         \
    assert_bytes(output, literal, sizeof(literal) - 1)

#define ASSERT_CELL(text, expected)                                            \
    do {                                                                       \
        struct output cell = {0};                                              \
        emit_csv_text(&cell, TEXT_OF(text));                                   \
        ASSERT_OUTPUT(&cell, expected);                                        \
    } while (0)

static void plain_text_stays_as_it_is(void **state)
{
    (void)state;
    ASSERT_CELL("abc", "abc");
    ASSERT_CELL("a b=c-d+e@f'g;h", "a b=c-d+e@f'g;h");
    ASSERT_CELL("\xe4\xb8\xad\xe6\x96\x87", "\xe4\xb8\xad\xe6\x96\x87");
    ASSERT_CELL("0123", "0123");
}

static void what_would_break_a_row_is_quoted(void **state)
{
    (void)state;
    ASSERT_CELL("a,b", "\"a,b\"");
    ASSERT_CELL("a\"b", "\"a\"\"b\"");
    ASSERT_CELL("\"", "\"\"\"\"");
    ASSERT_CELL("\"\"", "\"\"\"\"\"\"");
    ASSERT_CELL("a\nb", "\"a\nb\"");
    ASSERT_CELL("a\r\n", "\"a\r\n\"");
    ASSERT_CELL("\r", "\"\r\"");
    ASSERT_CELL(" a", "\" a\"");
    ASSERT_CELL("a ", "\"a \"");
    ASSERT_CELL(" ", "\" \"");
    ASSERT_CELL("a\0b", "\"a\0b\"");
    ASSERT_CELL("\x1b[31m", "\"\x1b[31m\"");
}

static void formulas_are_quoted_and_unchanged(void **state)
{
    (void)state;
    ASSERT_CELL("=1+1", "\"=1+1\"");
    ASSERT_CELL("+1", "\"+1\"");
    ASSERT_CELL("-1", "\"-1\"");
    ASSERT_CELL("@a", "\"@a\"");
    ASSERT_CELL("\t=1", "\"\t=1\"");
}

static void an_empty_text_is_not_null(void **state)
{
    (void)state;
    ASSERT_CELL("", "\"\"");
}

static const struct column COLUMNS_HERE[] = {
    {.name = "name", .type = COLUMN_TEXT},
    {.name = "n", .type = COLUMN_INT},
    {.name = "share", .type = COLUMN_REAL},
    {.name = "at", .type = COLUMN_TIME},
    {.name = "flag", .type = COLUMN_BOOL},
};
#define COUNT_HERE 5
static const struct table TABLE_HERE = {.name = "here",
                                        .columns = COLUMNS_HERE,
                                        .count = COUNT_HERE};

static void fill_row(struct value row[COUNT_HERE])
{
    row[0] = (struct value){.text = TEXT_OF("a,b")};
    row[1] = (struct value){.integer = INT64_MIN};
    row[2] = (struct value){.real = -0.0};
    row[3] = (struct value){.integer = 0};
    row[4] = (struct value){.integer = 1};
}

static void a_row_has_a_cell_for_every_column(void **state)
{
    (void)state;
    struct output output = {0};
    struct value row[COUNT_HERE];
    fill_row(row);
    emit_header(&output, EMIT_CSV, &TABLE_HERE);
    emit_cells(&output, EMIT_CSV, &TABLE_HERE, 0, COUNT_HERE, row);
    ASSERT_OUTPUT(&output, "name,n,share,at,flag\r\n"
                           "\"a,b\",-9223372036854775808,0,"
                           "1970-01-01T00:00:00.000Z,1\r\n");
}

static void null_is_an_empty_cell(void **state)
{
    (void)state;
    struct output output = {0};
    struct value row[COUNT_HERE];
    for (int i = 0; i < COUNT_HERE; i++)
        row[i] = (struct value){.null = true, .integer = 7};
    emit_cells(&output, EMIT_CSV, &TABLE_HERE, 0, COUNT_HERE, row);
    ASSERT_OUTPUT(&output, ",,,,\r\n");
}

static void a_row_in_pieces_equals_the_row(void **state)
{
    (void)state;
    struct value row[COUNT_HERE];
    fill_row(row);
    for (int format = 0; format < EMIT_FORMATS; format++) {
        struct output whole = {0};
        emit_cells(&whole, (enum emit_format)format, &TABLE_HERE, 0,
                   COUNT_HERE, row);
        for (uint32_t a = 0; a <= COUNT_HERE; a++) {
            for (uint32_t b = a; b <= COUNT_HERE; b++) {
                struct output pieces = {0};
                const uint32_t cuts[] = {0, a, b, COUNT_HERE};
                for (int i = 0; i < 3; i++)
                    if (cuts[i] < cuts[i + 1])
                        emit_cells(&pieces, (enum emit_format)format,
                                   &TABLE_HERE, cuts[i], cuts[i + 1], row);
                assert_bytes(&pieces, whole.bytes, whole.size);
            }
        }
        output_free(&whole);
    }
}

static void an_output_grows_and_keeps_its_bytes(void **state)
{
    (void)state;
    struct output output = {0};
    for (int i = 0; i < 200000; i++)
        emit_integer(&output, i % 10);
    assert_false(output.failed);
    assert_int_equal(output.size, 200000);
    for (int i = 0; i < 200000; i++)
        assert_true(output.bytes[i] == '0' + i % 10);
    output_free(&output);
    assert_null(output.bytes);
}

static void out_of_memory_is_sticky_and_adds_nothing(void **state)
{
    (void)state;
    struct output output = {0};
    output_add(&output, "abc", 3);
    output_add(&output, output.bytes, SIZE_MAX - 1); /* no such room */
    assert_true(output.failed);
    emit_integer(&output, 5);
    emit_csv_text(&output, TEXT_OF("x"));
    emit_json_text(&output, TEXT_OF("x"));
    ASSERT_OUTPUT(&output, "abc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays_as_it_is),
        cmocka_unit_test(what_would_break_a_row_is_quoted),
        cmocka_unit_test(formulas_are_quoted_and_unchanged),
        cmocka_unit_test(an_empty_text_is_not_null),
        cmocka_unit_test(a_row_has_a_cell_for_every_column),
        cmocka_unit_test(null_is_an_empty_cell),
        cmocka_unit_test(a_row_in_pieces_equals_the_row),
        cmocka_unit_test(an_output_grows_and_keeps_its_bytes),
        cmocka_unit_test(out_of_memory_is_sticky_and_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
