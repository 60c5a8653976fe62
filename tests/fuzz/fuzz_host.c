/*
 * Any bytes as the URL of a link: its domain is what a slow reading of the
 * definition (url_host.h) gives, by copies that are cut shorter and shorter.
 */
#include "stages/parse/url_host.h"
#include "tests/fuzz/fuzz_input.h"

struct slice {
    const char *from, *to;
};

static bool is_one_of(char byte, const char *set)
{
    return byte && strchr(set, byte);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static struct slice without_scheme(struct slice url)
{
    const char *colon = memchr(url.from, ':', (size_t)(url.to - url.from));
    if (!colon || colon == url.from || url.to - colon < 3 ||
        colon[1] != '/' || colon[2] != '/' || !is_one_of(*url.from, LETTERS))
        return url;
    for (const char *at = url.from; at < colon; at++)
        if (!is_one_of(*at, LETTERS DIGITS "+-."))
            return url;
    return (struct slice){colon + 3, url.to};
}

static struct slice authority(struct slice url)
{
    for (const char *at = url.from; at < url.to; at++)
        if (is_one_of(*at, "/?#\\"))
            url.to = at;
    const char *sign = memrchr(url.from, '@', (size_t)(url.to - url.from));
    return sign ? (struct slice){sign + 1, url.to} : url;
}

static struct slice without_port(struct slice host)
{
    const char *colon = memrchr(host.from, ':', (size_t)(host.to - host.from));
    for (const char *at = colon ? colon + 1 : host.to; at < host.to; at++)
        if (!is_one_of(*at, DIGITS))
            return host;
    return colon ? (struct slice){host.from, colon} : host;
}

/* In place. */
static struct slice slow_host(char *bytes, size_t size)
{
    struct slice url = {bytes, bytes + size};
    struct slice host = without_port(authority(without_scheme(url)));
    if (host.to > host.from && host.to[-1] == '.')
        host.to--;
    for (char *at = bytes; at < bytes + size; at++)
        if (*at >= 'A' && *at <= 'Z')
            *at = (char)(*at - 'A' + 'a');
    if (host.to - host.from >= 4 && memcmp(host.from, "www.", 4) == 0)
        host.from += 4;
    return host;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 65536)
        return 0;
    char *url = (char *)fuzz_copy(data, size, 0);
    char *out = malloc(size);
    CHECK(out);
    struct text got = url_host((struct text){url, (uint32_t)size}, out);
    CHECK(memcmp(url, data, size) == 0);
    struct slice expected = slow_host(url, size);
    CHECK(got.size == (size_t)(expected.to - expected.from));
    CHECK(memcmp(got.bytes, expected.from, got.size) == 0);
    free(out);
    free(url);
    return 0;
}
