#include "kernel_cases.h"

static int use_scalar(void **state)
{
    (void)state;
    kernel_under_test = index_scalar;
    return 0;
}

/* The specification itself, by a table. */
static void the_scalar_kernel_says_what_the_header_says(void **state)
{
    static const struct {
        const char *text;
        uint32_t errors, count, tokens[6];
    } cases[] = {
        {"", 0, 0, {0}},
        {"{}", 0, 2, {0, 1}},
        {"{\"a\":1,\"b\":[]}", 0, 7, {0, 1, 5, 7, 11, 12}},
        {"  null", 0, 1, {2}},
        {"1\"a\"", 0, 1, {0}},
        {"\"a\"\"b\"", 0, 2, {0, 3}},
        {"\"a\"b", 0, 2, {0, 3}},
        {"\"\\\"\"", 0, 1, {0}},
        {"\"\\u12aF\"", 0, 1, {0}},
        {"\"\\u12g4\"", INDEX_ESCAPE, 1, {0}},
        {"\"\\x\"", INDEX_ESCAPE, 1, {0}},
        {"\\", INDEX_ESCAPE, 1, {0}},
        {"\"\t\"", INDEX_CONTROL, 1, {0}},
        {"\x0C", INDEX_CONTROL, 1, {0}},
        {"\"a", INDEX_UNTERMINATED, 1, {0}},
        {"\"\xC3\"", INDEX_UTF8, 1, {0}},
        {"\"\xED\xA0\x80\"", INDEX_UTF8, 1, {0}},
        {"\xEF\xBB\xBF{}", 0, 3, {0, 3, 4}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t tokens[16 + KERNEL_PADDING], count;
        uint32_t errors = index_scalar((const uint8_t *)cases[i].text,
                                       strlen(cases[i].text), tokens, &count);
        assert_int_equal(errors, cases[i].errors);
        if (errors)
            continue;
        assert_int_equal(count, cases[i].count);
        for (uint32_t at = 0; at < count && at < 6; at++)
            assert_int_equal(tokens[at], cases[i].tokens[at]);
    }
}

static void the_names_of_instruction_sets_go_both_ways(void **state)
{
    (void)state;
    for (int isa = 0; isa < ISA_COUNT; isa++)
        assert_int_equal(isa_from_name(isa_name((enum isa)isa)), isa);
    assert_int_equal(isa_from_name("neon"), -1);
    assert_true(isa_runs_here(ISA_SCALAR));
    assert_true(isa_runs_here(isa_best()));
    assert_ptr_equal(kernel_of(ISA_SCALAR), index_scalar);
}

static const struct CMUnitTest cases[] = {KERNEL_CASES};

static int run_cases(enum isa isa)
{
    if (!isa_runs_here(isa)) {
        print_message("[  SKIPPED ] %s: this machine does not run it\n",
                      isa_name(isa));
        return 0;
    }
    kernel_under_test = kernel_of(isa);
    return cmocka_run_group_tests_name(isa_name(isa), cases, NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_scalar_kernel_says_what_the_header_says,
                               use_scalar),
        cmocka_unit_test(the_names_of_instruction_sets_go_both_ways),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (int isa = ISA_SCALAR + 1; isa < ISA_COUNT; isa++)
        failed += run_cases((enum isa)isa);
    return failed;
}
