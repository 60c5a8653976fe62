#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/client_class.h"

static enum client_class class_of(const char *name)
{
    return client_class_of((struct text){name, (uint32_t)strlen(name)});
}

static void known_clients_have_their_classes(void **state)
{
    (void)state;
    assert_int_equal(class_of("Twitter Web App"), CLIENT_WEB);
    assert_int_equal(class_of("web"), CLIENT_WEB);
    assert_int_equal(class_of("Mobile Web (M2)"), CLIENT_WEB);
    assert_int_equal(class_of("Twitter for iPhone"), CLIENT_MOBILE);
    assert_int_equal(class_of("Twitter for BlackBerry®"), CLIENT_MOBILE);
    assert_int_equal(class_of("IFTTT"), CLIENT_AUTOMATION);
    assert_int_equal(class_of("twittbot.net"), CLIENT_AUTOMATION);
    assert_int_equal(class_of("TweetDeck"), CLIENT_OTHER);
}

static void unknown_names_are_other(void **state)
{
    (void)state;
    assert_int_equal(class_of("Twitter for iPhon"), CLIENT_OTHER);
    assert_int_equal(class_of("Twitter for iPhone "), CLIENT_OTHER);
    assert_int_equal(class_of("twitter for iphone"), CLIENT_OTHER);
    assert_int_equal(class_of(""), CLIENT_OTHER);
    assert_int_equal(class_of("#"), CLIENT_OTHER);
    assert_int_equal(class_of("\xff\xff"), CLIENT_OTHER);
    assert_int_equal(class_of("IFTTT\tautomation"), CLIENT_OTHER);
    assert_int_equal(class_of("IFTTT\tautomation\nInstagram"), CLIENT_OTHER);
}

/* Lines of the table one by one: name, tab, class, rising; then found again. */
static void every_row_is_in_order_and_is_found(void **state)
{
    (void)state;
    struct text table = client_table(), before = {"", 0};
    const char *at = table.bytes, *end = at + table.size;
    bool rows_began = false;
    int rows = 0;
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        assert_non_null(line_end);
        if (*at == '#') {
            assert_false(rows_began); /* the comment stands on top */
        } else {
            rows_began = true;
            const char *tab = memchr(at, '\t', (size_t)(line_end - at));
            assert_non_null(tab);
            struct text name = {at, (uint32_t)(tab - at)};
            assert_true(text_compare(before, name) < 0);
            enum client_class class = client_class_of(name);
            assert_int_equal(strlen(CLIENT_CLASS_NAMES[class]),
                             line_end - tab - 1);
            assert_memory_equal(CLIENT_CLASS_NAMES[class], tab + 1,
                                (size_t)(line_end - tab - 1));
            before = name;
            rows++;
        }
        at = line_end + 1;
    }
    assert_true(rows > 300);
}

static void names_of_classes_rise(void **state)
{
    (void)state;
    for (int i = 1; i < CLIENT_CLASSES; i++)
        assert_true(strcmp(CLIENT_CLASS_NAMES[i - 1],
                           CLIENT_CLASS_NAMES[i]) < 0);
}

static void the_digest_is_of_the_bytes(void **state)
{
    (void)state;
    struct text table = client_table();
    struct hash128 digest = hash_bytes128(table.bytes, table.size);
    assert_true(client_table_digest().low == digest.low &&
                client_table_digest().high == digest.high);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_clients_have_their_classes),
        cmocka_unit_test(unknown_names_are_other),
        cmocka_unit_test(every_row_is_in_order_and_is_found),
        cmocka_unit_test(names_of_classes_rise),
        cmocka_unit_test(the_digest_is_of_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
