#include "stages/parse/url_host.h"

#include "stages/hash.h"

static bool is_letter(char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Behind `scheme://` (RFC 3986, section 3.1), or the start. */
static uint32_t host_start(struct text url)
{
    uint32_t at = 0;
    while (at < url.size &&
           (is_letter(url.bytes[at]) ||
            (at > 0 && (is_digit(url.bytes[at]) || url.bytes[at] == '+' ||
                        url.bytes[at] == '-' || url.bytes[at] == '.'))))
        at++;
    bool scheme = at > 0 && url.size - at >= 3 &&
                  memcmp(url.bytes + at, "://", 3) == 0;
    return scheme ? at + 3 : 0;
}

static bool ends_authority(char byte)
{
    return byte == '/' || byte == '?' || byte == '#' || byte == '\\';
}

/* The host as it stands in the URL. */
static struct text host_of(struct text url)
{
    uint32_t start = host_start(url), end = start;
    for (; end < url.size && !ends_authority(url.bytes[end]); end++)
        if (url.bytes[end] == '@')
            start = end + 1;
    uint32_t port = end;
    while (port > start && is_digit(url.bytes[port - 1]))
        port--;
    if (port > start && url.bytes[port - 1] == ':')
        end = port - 1;
    if (end > start && url.bytes[end - 1] == '.')
        end--;
    return (struct text){url.bytes + start, end - start};
}

struct text url_host(struct text url, char *out)
{
    if (url.size == 0 || url.size == TEXT_NONE)
        return (struct text){out, 0};
    struct text host = host_of(url);
    hash_lower_ascii(out, host.bytes, host.size);
    uint32_t www = host.size >= 4 && memcmp(out, "www.", 4) == 0 ? 4 : 0;
    return (struct text){out + www, host.size - www};
}
