#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/json_writer.h"

#include <jansson.h>

/* jansson says what stands in it. */
static json_t *parsed(struct output *output)
{
    json_error_t error;
    assert_false(output->failed);
    json_t *root = json_loadb(output->bytes, output->size,
                              JSON_REJECT_DUPLICATES, &error);
    assert_non_null(root);
    output_free(output);
    return root;
}

static const char *name_of(int number)
{
    static const char *const names[] = {"none", "one", "two", "three"};
    return names[number];
}

static void what_is_written_parses_back_equal(void **state)
{
    (void)state;
    struct output output = {0};
    struct json_writer json = {.output = &output};
    uint64_t counts[] = {7, 0, 2, 3}, digest[] = {0xab, UINT64_MAX};
    json_open(&json, NULL, '{');
    json_add_number(&json, "number", INT64_MAX);
    json_add_text(&json, "text", "a\"b\n");
    json_add_text(&json, "nothing", NULL);
    json_add_truth(&json, "truth", true);
    json_add_real(&json, "real", 0.5);
    json_add_counts(&json, "counts", counts, 1, 4, name_of);
    json_add_digest(&json, "digest", digest);
    json_open(&json, "empty", '[');
    json_close(&json, ']');
    json_close(&json, '}');
    json_end(&json);
    json_t *root = parsed(&output);
    json_t *expected = json_pack(
        "{s:I, s:s, s:n, s:b, s:f, s:{s:i, s:i}, s:s, s:[]}", "number",
        (json_int_t)INT64_MAX, "text", "a\"b\n", "nothing", "truth", 1,
        "real", 0.5, "counts", "two", 2, "three", 3, "digest",
        "00000000000000abffffffffffffffff", "empty");
    assert_non_null(expected);
    assert_true(json_equal(root, expected));
    json_decref(expected);
    json_decref(root);
}

static void arrays_and_objects_nest_with_their_commas(void **state)
{
    (void)state;
    struct output output = {0};
    struct json_writer json = {.output = &output};
    json_open(&json, NULL, '[');
    for (uint64_t i = 0; i < 2; i++) {
        json_open(&json, NULL, '{');
        json_add_number(&json, "i", i);
        json_close(&json, '}');
        json_add_number(&json, NULL, i);
    }
    json_close(&json, ']');
    json_end(&json);
    static const char EXPECTED[] =
        "[\n  {\n    \"i\": 0\n  },\n  0,\n  {\n    \"i\": 1\n  },\n  1\n]\n";
    assert_int_equal(output.size, sizeof EXPECTED - 1);
    assert_memory_equal(output.bytes, EXPECTED, sizeof EXPECTED - 1);
    output_free(&output);
}

static void bytes_that_are_no_utf8_do_not_break_it(void **state)
{
    (void)state;
    struct output output = {0};
    struct json_writer json = {.output = &output};
    json_open(&json, NULL, '[');
    json_add_bytes(&json, NULL, "\xff\x00z", 3);
    json_close(&json, ']');
    static const char EXPECTED[] = "[\n  \"\xef\xbf\xbd\\u0000z\"\n]";
    assert_int_equal(output.size, sizeof EXPECTED - 1);
    assert_memory_equal(output.bytes, EXPECTED, sizeof EXPECTED - 1);
    output_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_parses_back_equal),
        cmocka_unit_test(arrays_and_objects_nest_with_their_commas),
        cmocka_unit_test(bytes_that_are_no_utf8_do_not_break_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
