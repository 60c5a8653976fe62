#include "stages/parse/python_list.h"

#include "stages/parse/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The items joined by |, "-" for a malformed list; frees the last answer. */
static const char *joined(const char *literal, bool json)
{
    static char answer[512];
    size_t size = strlen(literal), used = 0;
    /* Of exactly the promised size, so that reading past it is seen. */
    uint8_t *text = malloc(size + KERNEL_PADDING);
    uint8_t *out = malloc(size + 1);
    assert_true(text && out);
    memcpy(text, literal, size);
    memset(text + size, '\'', KERNEL_PADDING);
    struct python_list list = python_list_of(
        (struct text){(const char *)text, (uint32_t)size}, json);
    struct text item;
    int got;
    while ((got = python_list_next(&list, out, &item)) == 1) {
        assert_true(item.size <= size);
        if (used)
            answer[used++] = '|';
        memcpy(answer + used, item.bytes, item.size);
        used += item.size;
    }
    answer[used] = 0;
    free(text);
    free(out);
    return got < 0 ? "-" : answer;
}

#define PYTHON(literal, expected)                                              \
    assert_string_equal(joined(literal, false), expected)
#define JSON(literal, expected)                                                \
    assert_string_equal(joined(literal, true), expected)

static void lists_of_strings_and_numbers_are_taken(void **state)
{
    (void)state;
    PYTHON("[]", "");
    PYTHON("[ ]", "");
    PYTHON("['a', 'b']", "a|b");
    PYTHON("[\"it's\", 'say \"x\"']", "it's|say \"x\"");
    PYTHON("[123, 456]", "123|456");
    PYTHON("[1.198473762313818e+18, -5, 0]", "1.198473762313818e+18|-5|0");
    PYTHON("['a',]", "a");
    PYTHON(" [ 'a' , 7 ] ", "a|7");
    PYTHON("[u'a', U\"b\"]", "a|b");
    PYTHON("['']", "");
    PYTHON("['[', ']', ',']", "[|]|,");
    PYTHON("['\xE0\xB8\x81\xE0\xB8\x95\xE0\xB8\x81\xE0\xB8\x95\xE0\xB8\x81']",
           "\xE0\xB8\x81\xE0\xB8\x95\xE0\xB8\x81\xE0\xB8\x95\xE0\xB8\x81");
    PYTHON("['0123456789012345678901234567890123456789']",
           "0123456789012345678901234567890123456789");
}

static void escapes_are_pythons(void **state)
{
    (void)state;
    PYTHON("['it\\'s', 'a\\\\b', 'x\\ty']", "it's|a\\b|x\ty");
    PYTHON("['\\x41\\xe9']", "A\xC3\xA9");
    PYTHON("['\\u0e01\\U0001f426']", "\xE0\xB8\x81\xF0\x9F\x90\xA6");
    PYTHON("['\\101\\7a']", "A\aa");
    PYTHON("['\\d\\ ']", "\\d\\ ");
    PYTHON("['a\\\nb']", "ab");
    PYTHON("['\\ud83d\\udc26']", "\xF0\x9F\x90\xA6");
    PYTHON("['\\ud83d', '\\udc26\\ud83d']",
           "\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD");
    PYTHON("['\\/']", "\\/");
}

static void what_is_no_list_is_malformed(void **state)
{
    static const char *const cases[] = {
        "", "[", "]", "x", "absent", "['a'", "['a]", "['a' 'b']", "['a', ",
        "[,]", "['a',,'b']", "[a]", "[None]", "['a'] x", "['a']]", "('a',)",
        "['\\x4']", "['\\u12']", "['\\U00110000']", "['\\N{DIGIT ONE}']",
        "['a\nb']", "['a\\", "['a\\'", "[1 2]", "[01]", "[1.]", "[+1]",
        "[u]", "[b'a']", "[['a']]", "[u", "[u'"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (strcmp(joined(cases[i], false), "-") != 0)
            fail_msg("%s is taken", cases[i]);
}

static void lists_of_json_have_jsons_escapes(void **state)
{
    (void)state;
    JSON("[]", "");
    JSON("[\"a\", 12]", "a|12");
    JSON("[\"\\u00e9\\/\\\"\\ud83d\\udc26\"]", "\xC3\xA9/\"\xF0\x9F\x90\xA6");
    JSON("['a']", "-");
    JSON("[\"a\",]", "-");
    JSON("[\"\\x41\"]", "-");
    JSON("[\"\t\"]", "-");
    JSON("[u\"a\"]", "-");
    JSON("[null]", "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_strings_and_numbers_are_taken),
        cmocka_unit_test(escapes_are_pythons),
        cmocka_unit_test(what_is_no_list_is_malformed),
        cmocka_unit_test(lists_of_json_have_jsons_escapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
