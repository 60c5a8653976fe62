#include "csv_kernel_cases.h"

/* The specification itself, by a table. */
static void the_scalar_kernel_says_what_the_header_says(void **state)
{
    static const struct {
        const char *text;
        uint32_t rows, ends[3], errors[3], tokens[6];
    } cases[] = {
        {"", 0, {0}, {0}, {0}},
        {"a,b", 0, {0}, {0}, {0}},
        {"a,b\n", 1, {2}, {0}, {1, 3}},
        {"\n\n", 2, {1, 2}, {0}, {0, 1}},
        {"\"a,\nb\",c\n", 1, {2}, {0}, {6, 8}},
        {"\"a\"\"b\",\"\"\r\nx\n", 2, {2, 3}, {0}, {6, 10, 12}},
        /* A quote where none may stand costs its row alone. */
        {"a\"b,\"c\"\nd\n", 2, {2, 3}, {CSV_QUOTE, 0}, {3, 7, 9}},
        {"\"a\"b,c\nd\n", 2, {2, 3}, {CSV_QUOTE, 0}, {4, 6, 8}},
        {"\"a\"\rb\nc\n", 2, {1, 2}, {CSV_QUOTE, 0}, {5, 7}},
        {"\"a\" \"b\"\nc\n", 2, {1, 2}, {CSV_QUOTE, 0}, {7, 9}},
        {"a\r\rb\n", 1, {1}, {0}, {4}},
        {"\xC3\xA9\n\xC3\nb\n", 3, {1, 2, 3}, {0, CSV_UTF8, 0}, {2, 4, 6}},
        {"\"\n", 0, {0}, {0}, {0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        case_run(csv_scalar, &expected, (const uint8_t *)cases[i].text,
                 strlen(cases[i].text));
        assert_int_equal(expected.index.row_count, cases[i].rows);
        for (uint32_t row = 0; row < cases[i].rows; row++) {
            assert_int_equal(expected.rows[row].end, cases[i].ends[row]);
            assert_int_equal(expected.rows[row].errors, cases[i].errors[row]);
        }
        uint32_t tokens =
            cases[i].rows ? cases[i].ends[cases[i].rows - 1] : 0;
        for (uint32_t at = 0; at < tokens; at++)
            assert_int_equal(expected.tokens[at], cases[i].tokens[at]);
    }
}

static const struct CMUnitTest cases[] = {CSV_KERNEL_CASES};

static int run_cases(enum isa isa)
{
    if (!isa_runs_here(isa)) {
        print_message("[  SKIPPED ] %s: this machine does not run it\n",
                      isa_name(isa));
        return 0;
    }
    kernel_under_test = csv_kernel_of(isa);
    border_under_test = csv_border_of(isa);
    return cmocka_run_group_tests_name(isa_name(isa), cases, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_scalar_kernel_says_what_the_header_says),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int isa = ISA_SCALAR; isa < ISA_COUNT; isa++)
        failed += run_cases((enum isa)isa);
    return failed;
}
