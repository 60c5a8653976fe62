#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pipeline/check.h"
#include "stages/parse/url_host.h"

#include <stdlib.h>

static void expect(const char *url, const char *host)
{
    uint32_t size = (uint32_t)strlen(url);
    /* Of exactly the promised size, so that going past it is seen. */
    char *in = malloc(size + 1), *out = malloc(size + 1);
    CHECK(in && out);
    memcpy(in + 1, url, size);
    struct text text = url_host((struct text){in + 1, size}, out + 1);
    if (text.size != strlen(host) ||
        memcmp(text.bytes, host, text.size) != 0)
        fail_msg("%s: %.*s", url, (int)text.size, text.bytes);
    free(in);
    free(out);
}

static void a_host_stands_between_scheme_and_path(void **state)
{
    (void)state;
    expect("https://example.org/a/b?c#d", "example.org");
    expect("http://example.org", "example.org");
    expect("ftp+x.y-1://h?q", "h");
    expect("http://h#f/g", "h");
    expect("http://h\\g", "h");
    expect("https://xn--fiq228c.example/", "xn--fiq228c.example");
    expect("https://\xE9\xA6\x99.\xC3\x89/", "\xE9\xA6\x99.\xC3\x89");
}

static void user_port_dot_and_www_are_left_out(void **state)
{
    (void)state;
    expect("http://user:pass@h/", "h");
    expect("http://a@b@h:80/@c", "h");
    expect("http://h:8080/", "h");
    expect("http://h:", "h");
    expect("http://h:80a/", "h:80a");
    expect("http://[::1]:80/", "[::1]");
    expect("http://[::1]/", "[::1]");
    expect("http://h./", "h");
    expect("http://h.:80/", "h");
    expect("http://h../", "h.");
    expect("http://WWW.Example.ORG/", "example.org");
    expect("http://www.www.h/", "www.h");
    expect("http://www./", "www");
    expect("http://www.", "www");
    expect("http://www..", "");
    expect("http://www2.h", "www2.h");
    expect("http://wwwh", "wwwh");
}

static void without_a_scheme_the_host_is_in_front(void **state)
{
    (void)state;
    expect("t.co/abc", "t.co");
    expect("www.t.co", "t.co");
    expect("t.co/x?u=http://other", "t.co");
    expect("//h/x", "");
    expect("://h/x", "");
    expect("1a://h", "1a");
    expect("mailto:me@h", "h");
    expect("http:/h", "http");
}

static void nothing_left_is_no_domain(void **state)
{
    (void)state;
    expect("", "");
    expect("http://", "");
    expect("http:///path", "");
    expect("http://@/", "");
    expect("http://:80/", "");
    expect("http://./", "");
    expect("/", "");
    char none;
    struct text unknown = url_host((struct text){NULL, TEXT_NONE}, &none);
    assert_int_equal(unknown.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_host_stands_between_scheme_and_path),
        cmocka_unit_test(user_port_dot_and_www_are_left_out),
        cmocka_unit_test(without_a_scheme_the_host_is_in_front),
        cmocka_unit_test(nothing_left_is_no_domain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
