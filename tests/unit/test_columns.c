#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/emit/emit.h"
#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"

static void every_column_is_described(void **state)
{
    (void)state;
    assert_int_equal(COLUMN_COUNT, COL_COUNT);
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        assert_true(COLUMNS[i].name[0]);
        assert_true(COLUMNS[i].definition[0]);
        assert_true(COLUMNS[i].null_rule[0]);
        assert_non_null(COLUMNS[i].unit);
        assert_non_null(COLUMNS[i].source);
    }
}

static void no_two_columns_share_a_name(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        for (uint32_t j = 0; j < i; j++)
            assert_string_not_equal(COLUMNS[i].name, COLUMNS[j].name);
}

/* Names are written into CSV headers and JSON keys as they are. */
static void names_need_no_quoting(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        assert_int_equal(
            strspn(COLUMNS[i].name, "abcdefghijklmnopqrstuvwxyz_0123456789"),
            strlen(COLUMNS[i].name));
}

static void gap_columns_are_marked_as_needing_whole_streams(void **state)
{
    (void)state;
    for (int i = COL_GAP_MEAN_S; i <= COL_SESSION_LONGEST_S; i++)
        assert_false(COLUMNS[i].valid_on_sample);
    assert_false(COLUMNS[COL_ACTIVE_DAYS].valid_on_sample);
    assert_false(COLUMNS[COL_COVERAGE].valid_on_sample);
    assert_false(COLUMNS[COL_LANGUAGE_CHANGES].valid_on_sample);
    assert_false(COLUMNS[COL_RETWEETERS].valid_on_sample);
    assert_true(COLUMNS[COL_POSTS].valid_on_sample);
    assert_true(COLUMNS[COL_HOUR_00].valid_on_sample);
}

static size_t count_of(const struct output *output, const char *needle)
{
    size_t count = 0, size = strlen(needle);
    const char *at = output->bytes, *end = at + output->size;
    while ((at = memmem(at, (size_t)(end - at), needle, size))) {
        count++;
        at += size;
    }
    return count;
}

static void the_dictionary_tells_of_every_column(void **state)
{
    (void)state;
    struct output output = {0};
    size_t columns = 0;
    for (int i = 0; i < TABLE_COUNT; i++)
        columns += TABLES[i].count;
    assert_int_equal(emit_features_json(&output, TABLES, TABLE_COUNT), 0);
    assert_int_equal(count_of(&output, "\"name\": "), columns);
    assert_int_equal(count_of(&output, "\"definition\": "), columns);
    assert_int_equal(count_of(&output, "\"hashtag_days\": ["), 1);
    assert_int_equal(count_of(&output, "\"round\": 2"), 3);
    assert_int_equal(count_of(&output, "\\\"RT @\\\""), 1);
    assert_int_equal(output.bytes[output.size - 1], '\n');
    output_free(&output);
}

static void a_dictionary_without_room_says_so(void **state)
{
    (void)state;
    struct output output = {.failed = true};
    assert_true(emit_features_json(&output, TABLES, TABLE_COUNT) < 0);
    output_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_is_described),
        cmocka_unit_test(no_two_columns_share_a_name),
        cmocka_unit_test(names_need_no_quoting),
        cmocka_unit_test(gap_columns_are_marked_as_needing_whole_streams),
        cmocka_unit_test(the_dictionary_tells_of_every_column),
        cmocka_unit_test(a_dictionary_without_room_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
