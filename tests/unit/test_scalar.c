#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/scalar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* A copy with padding that would be noticed. */
static const uint8_t *padded(const void *bytes, size_t size)
{
    static uint8_t text[1024];
    assert_true(size + 64 <= sizeof text);
    memset(text, '7', sizeof text);
    memcpy(text, bytes, size);
    return text;
}

static const uint8_t *string(const char *text)
{
    return padded(text, strlen(text));
}

static void scalars_are_told_by_their_bytes(void **state)
{
    static const struct {
        const char *text;
        enum value_type type;
    } cases[] = {
        {"null", VALUE_NULL},     {"true", VALUE_TRUE},
        {"false", VALUE_FALSE},   {"nul", VALUE_ABSENT},
        {"falsy", VALUE_ABSENT},  {"nullx", VALUE_ABSENT},
        {"0", VALUE_NUMBER},      {"-0", VALUE_NUMBER},
        {"01", VALUE_ABSENT},     {"00000001", VALUE_ABSENT},
        {"12345678", VALUE_NUMBER}, {"123456789", VALUE_NUMBER},
        {"1146304818337722368", VALUE_NUMBER},
        {"0146304818337722368", VALUE_ABSENT},
        {"11463048183377x2368", VALUE_ABSENT},
        {"114630481833772236x", VALUE_ABSENT},
        {"11463048183377223681146304818337", VALUE_NUMBER},
        {"-1146304818337722368", VALUE_NUMBER},
        {"1.5", VALUE_NUMBER},    {"1.", VALUE_ABSENT},
        {".5", VALUE_ABSENT},     {"1e400", VALUE_NUMBER},
        {"9.42439739264831e+17", VALUE_NUMBER},
        {"1e", VALUE_ABSENT},     {"+1", VALUE_ABSENT},
        {"-", VALUE_ABSENT},      {"1:", VALUE_ABSENT},
        {"1234567:", VALUE_ABSENT}, {"/", VALUE_ABSENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (scalar_type(string(cases[i].text), strlen(cases[i].text)) !=
            cases[i].type)
            fail_msg("%s", cases[i].text);
}

/* Every byte at every place of a run of digits. */
static void no_byte_but_a_digit_is_a_digit(void **state)
{
    (void)state;
    for (uint32_t size = 1; size <= 26; size++)
        for (uint32_t place = 0; place < size; place++)
            for (int byte = 0; byte < 256; byte++) {
                char text[32];
                uint64_t number;
                memset(text, '1', sizeof text);
                text[place] = (char)byte;
                bool digit = (byte >= '1' && byte <= '9') ||
                             (byte == '0' && (place > 0 || size == 1));
                assert_int_equal(
                    number_from_digits(padded(text, size), size, &number),
                    digit && size <= 19);
            }
}

static void numbers_are_exact_to_the_last_digit(void **state)
{
    (void)state;
    uint64_t numbers[] = {0, 1, 9, 10, 99999999, 100000000, INT64_MAX,
                          9999999999999999999u, 1146304818337722368};
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t number = i < 9 ? numbers[i]
                                : (i * 0x9e3779b97f4a7c15u) >> (i % 64);
        char text[32];
        uint64_t read = 0;
        uint32_t size = (uint32_t)sprintf(text, "%" PRIu64, number);
        bool fits = size <= 19;
        assert_int_equal(
            number_from_digits(padded(text, size), size, &read), fits);
        if (fits)
            assert_true(read == number);
    }
}

static int64_t count(const char *text)
{
    return count_from_text(string(text), (uint32_t)strlen(text));
}

static void counts_are_what_the_features_say(void **state)
{
    (void)state;
    assert_int_equal(count("0"), 0);
    assert_int_equal(count("-0"), 0);
    assert_int_equal(count("12"), 12);
    assert_int_equal(count("12.0"), 12);
    assert_int_equal(count("100+"), 100);
    assert_int_equal(count("9223372036854775807"), INT64_MAX);
    static const char *const none[] = {
        "", "-1", "1.5", "1.00", "1e3", "x", "1000+", "9223372036854775808",
        "99999999999999999999999", "true", " 1", "1 "};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(count(none[i]), COUNT_NONE);
}

static void integers_have_a_sign_and_fit(void **state)
{
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},   {"-5", true, -5}, {"00012", true, 12},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0}, {"", false, 0},
        {"-", false, 0}, {"+1", false, 0}, {"1.0", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t value;
        bool good = integer_from_text(string(cases[i].text),
                                      (uint32_t)strlen(cases[i].text),
                                      &value);
        assert_int_equal(good, cases[i].good);
        if (good)
            assert_int_equal(value, cases[i].value);
    }
}

static void expect_unescaped(const char *escaped, const char *plain,
                             size_t size)
{
    uint8_t out[1024];
    assert_int_equal(unescape(out, string(escaped), strlen(escaped)), size);
    assert_memory_equal(out, plain, size);
}

#define EXPECT(escaped, plain) \
    expect_unescaped(escaped, plain, sizeof(plain) - 1)

static void escapes_become_utf8(void **state)
{
    (void)state;
    EXPECT("", "");
    EXPECT("plain, and longer than eight", "plain, and longer than eight");
    EXPECT("\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t");
    EXPECT("a\\u0000b", "a\0b");
    EXPECT("\\u007f\\u0080\\u07ff\\u0800\\uffff",
           "\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xEF\xBF\xBF");
    EXPECT("\\uABCD\\uabcd", "\xEA\xAF\x8D\xEA\xAF\x8D");
    EXPECT("\\ud83d\\ude00!", "\xF0\x9F\x98\x80!");
    EXPECT("\\ud800\\udc00\\udbff\\udfff",
           "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF");
    EXPECT("\xC3\xA9\\u00e9\xE2\x82\xAC", "\xC3\xA9\xC3\xA9\xE2\x82\xAC");
}

static void lone_surrogates_become_the_replacement(void **state)
{
    (void)state;
    EXPECT("\\ud83d", "\xEF\xBF\xBD");
    EXPECT("\\ude00", "\xEF\xBF\xBD");
    EXPECT("\\ud83dx", "\xEF\xBF\xBDx");
    EXPECT("\\ud83d\\n", "\xEF\xBF\xBD\n");
    EXPECT("\\ud83d\\u0041", "\xEF\xBF\xBD" "A");
    EXPECT("\\ud83d\\ud83d\\ude00", "\xEF\xBF\xBD\xF0\x9F\x98\x80");
    EXPECT("\\ude00\\ud83d", "\xEF\xBF\xBD\xEF\xBF\xBD");
}

/* Each length of plain text before, between and behind escapes. */
static void plain_runs_of_every_length_are_kept(void **state)
{
    (void)state;
    for (int before = 0; before < 40; before++)
        for (int behind = 0; behind < 40; behind++) {
            char escaped[128], plain[128];
            sprintf(escaped, "%.*s\\n\\u00e9%.*s", before,
                    "0123456789012345678901234567890123456789", behind,
                    "abcdefghijabcdefghijabcdefghijabcdefghij");
            int size =
                sprintf(plain, "%.*s\n\xC3\xA9%.*s", before,
                        "0123456789012345678901234567890123456789", behind,
                        "abcdefghijabcdefghijabcdefghijabcdefghij");
            expect_unescaped(escaped, plain, (size_t)size);
        }
}

static void a_backslash_behind_the_text_is_not_seen(void **state)
{
    (void)state;
    for (uint32_t size = 0; size < 40; size++)
        for (uint32_t place = 0; place < 48; place++) {
            char text[64];
            memset(text, 'a', sizeof text);
            text[place] = '\\';
            assert_int_equal(has_backslash(padded(text, 48), size),
                             place < size);
        }
}

static void the_time_of_an_id_begins_with_snowflake(void **state)
{
    (void)state;
    assert_int_equal(time_of_id((struct id){.number = 29700859246}),
                     TIME_NONE);
    assert_int_equal(time_of_id((struct id){.number = 29700859247}),
                     (29700859247 >> 22) + 1288834974657);
    assert_int_equal(time_of_id((struct id){.number = 1146304818337722368}),
                     1562135340662);
    assert_int_equal(time_of_id((struct id){.text = {"x", 1}}), TIME_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars_are_told_by_their_bytes),
        cmocka_unit_test(no_byte_but_a_digit_is_a_digit),
        cmocka_unit_test(numbers_are_exact_to_the_last_digit),
        cmocka_unit_test(counts_are_what_the_features_say),
        cmocka_unit_test(integers_have_a_sign_and_fit),
        cmocka_unit_test(escapes_become_utf8),
        cmocka_unit_test(lone_surrogates_become_the_replacement),
        cmocka_unit_test(plain_runs_of_every_length_are_kept),
        cmocka_unit_test(a_backslash_behind_the_text_is_not_seen),
        cmocka_unit_test(the_time_of_an_id_begins_with_snowflake),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
