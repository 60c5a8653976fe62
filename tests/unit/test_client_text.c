#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/client_text.h"

static void expect(const char *source, const char *client)
{
    struct text text = client_of_source(
        (struct text){source, (uint32_t)strlen(source)});
    if (text.size != strlen(client) ||
        memcmp(text.bytes ? text.bytes : "", client, text.size) != 0)
        fail_msg("%s: %.*s", source, (int)text.size, text.bytes);
}

static void the_text_of_an_anchor_is_the_client(void **state)
{
    (void)state;
    expect("<a href=\"http://x\" rel=\"nofollow\">Twitter for iPhone</a>",
           "Twitter for iPhone");
    expect("<a>x</a>", "x");
    expect("<a\thref='x'>y</a>", "y");
    expect(" <a>x</a>\n", "x");
    expect("<a> \xC2\xA0" "x\xE3\x80\x80 </a>", "x");
    expect("<a></a>", "");
    expect("<a> </a>", "");
    expect("<a>b<i>c</i></a>", "b<i>c</i>");
}

static void what_is_no_anchor_stays_as_it_is(void **state)
{
    (void)state;
    expect("web", "web");
    expect("  web  ", "web");
    expect("<b>x</b>", "<b>x</b>");
    expect("<abbr>x</a>", "<abbr>x</a>");
    expect("<a>x", "<a>x");
    expect("<a </a>", "<a </a>");
    expect("x<a>y</a>", "x<a>y</a>");
    expect("<a>y</a>x", "<a>y</a>x");
    expect("</a>", "</a>");
}

static void without_a_source_there_is_no_client(void **state)
{
    (void)state;
    assert_int_equal(client_of_source((struct text){NULL, TEXT_NONE}).size, 0);
    assert_int_equal(client_of_source((struct text){"", 0}).size, 0);
    expect("\xE2\x80\x83\xE2\x80\xA8\xE2\x81\x9F\xE1\x9A\x80\xC2\x85", "");
    /* No White_Space: zero width space, BOM, Mongolian vowel separator. */
    expect("\xE2\x80\x8B", "\xE2\x80\x8B");
    expect("\xEF\xBB\xBF", "\xEF\xBB\xBF");
    expect("\xE1\xA0\x8E", "\xE1\xA0\x8E");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_of_an_anchor_is_the_client),
        cmocka_unit_test(what_is_no_anchor_stays_as_it_is),
        cmocka_unit_test(without_a_source_there_is_no_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
