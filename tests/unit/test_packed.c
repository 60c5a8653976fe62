#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/emit/emit.h"
#include "stages/emit/value_text.h"
#include "stages/emit/writers.h"

#include <stdio.h>
#include <stdlib.h>

static const struct column COLUMNS_HERE[] = {
    {.name = "t", .type = COLUMN_TEXT}, {.name = "i", .type = COLUMN_INT},
    {.name = "r", .type = COLUMN_REAL}, {.name = "w", .type = COLUMN_TIME},
    {.name = "d", .type = COLUMN_DAY},  {.name = "b", .type = COLUMN_BOOL}};
enum { COUNT = 6, ROWS = 200 };

/* A writer that keeps what it is given as text. */
struct keeper {
    struct table_writer face;
    char text[1 << 16];
    size_t size;
    const struct table *table;
};

static bool keep_row(struct table_writer *face, const struct value *row)
{
    struct keeper *keeper = (struct keeper *)face;
    struct output output = {0};
    emit_cells(&output, EMIT_CSV, keeper->table, 0, keeper->table->count,
               row);
    assert_true(keeper->size + output.size < sizeof keeper->text);
    memcpy(keeper->text + keeper->size, output.bytes, output.size);
    keeper->size += output.size;
    output_free(&output);
    return true;
}

static void make_row(uint32_t i, struct value row[COUNT])
{
    static const char *const texts[] = {"", "a", "b\"c,\n", "\xF0\x9F\x98\x80"};
    const char *text = texts[i % 4];
    row[0] = (struct value){.text = {text, (uint32_t)strlen(text)}};
    row[1] = (struct value){.integer = (int64_t)i * -7919 + (i == 7)};
    row[2] = (struct value){.real = i / 7.0};
    row[3] = (struct value){.integer = (int64_t)i * 86399999};
    row[4] = (struct value){.integer = (int64_t)i - 100};
    row[5] = (struct value){.integer = i & 1};
    for (uint32_t k = 0; k < COUNT; k++)
        row[k].null = (i >> k & 3) == 3;
}

/* Rows written in pieces at `cut`, and handed over in pieces of `piece`. */
static void compare(const struct table *table, uint32_t cut, size_t piece)
{
    static struct keeper keeper;
    struct table_writer *writers[] = {&keeper.face};
    struct output packed = {0}, csv = {0};
    keeper = (struct keeper){.face.row = keep_row, .table = table};
    for (uint32_t i = 0; i < ROWS; i++) {
        struct value row[COUNT];
        make_row(i, row);
        emit_cells(&packed, EMIT_PACKED, table, 0, cut, row);
        emit_cells(&packed, EMIT_PACKED, table, cut, COUNT, row);
        emit_cells(&csv, EMIT_CSV, table, 0, cut, row);
        emit_cells(&csv, EMIT_CSV, table, cut, COUNT, row);
    }
    struct packed_reader *reader = packed_reader_create(table, writers, 1);
    assert_non_null(reader);
    for (size_t at = 0; at < packed.size; at += piece) {
        size_t size = packed.size - at < piece ? packed.size - at : piece;
        assert_true(packed_reader_take(reader, packed.bytes + at, size));
    }
    assert_true(packed_reader_ended(reader));
    assert_int_equal(keeper.size, csv.size);
    assert_memory_equal(keeper.text, csv.bytes, csv.size);
    packed_reader_free(reader);
    output_free(&packed);
    output_free(&csv);
}

static void packed_rows_come_back_however_they_are_cut(void **state)
{
    (void)state;
    const struct table table = {.name = "t", .columns = COLUMNS_HERE,
                                .count = COUNT};
    for (uint32_t cut = 0; cut <= COUNT; cut++)
        for (size_t piece = 1; piece < 70; piece += 3)
            compare(&table, cut, piece);
}

static void columns_that_are_not_shown_are_not_there(void **state)
{
    (void)state;
    for (unsigned set = 1; set < 1u << COUNT; set++) {
        bool shown[COUNT];
        struct table table = {.name = "t", .columns = COLUMNS_HERE,
                              .count = COUNT, .shown = shown,
                              .shown_first = COUNT};
        for (uint32_t k = 0; k < COUNT; k++) {
            shown[k] = set >> k & 1;
            if (!shown[k])
                continue;
            table.shown_first = k < table.shown_first ? k : table.shown_first;
            table.shown_end = k + 1;
        }
        compare(&table, set % (COUNT + 1), 5);
    }
}

static void a_real_number_is_as_it_is_printed(void **state)
{
    (void)state;
    struct value third = {.real = 1.0 / 3}, zero = {.real = -0.0};
    assert_true(value_as_printed(&third) == 0.333333333);
    assert_true(value_as_printed(&zero) == 0 &&
                !__builtin_signbit(value_as_printed(&zero)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_rows_come_back_however_they_are_cut),
        cmocka_unit_test(columns_that_are_not_shown_are_not_there),
        cmocka_unit_test(a_real_number_is_as_it_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
