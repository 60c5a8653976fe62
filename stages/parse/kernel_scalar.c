#include "stages/parse/kernel.h"

#include <stdbool.h>

/* Length of the UTF-8 sequence at text (RFC 3629 section 4), 0 if there is
 * none within size. */
static size_t utf8_length(const uint8_t *text, size_t size)
{
    uint8_t lead = text[0];
    if (lead < 0x80)
        return 1;
    size_t length = lead >= 0xC2 && lead < 0xE0   ? 2
                    : lead >= 0xE0 && lead < 0xF0 ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && text[1] < 0xA0) ||   /* overlong */
        (lead == 0xED && text[1] > 0x9F) ||   /* surrogates */
        (lead == 0xF0 && text[1] < 0x90) ||   /* overlong */
        (lead == 0xF4 && text[1] > 0x8F))     /* above U+10FFFF */
        return 0;
    return length;
}

static uint32_t check_utf8(const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_length(text + at, size - at);
        if (length == 0)
            return INDEX_UTF8;
        at += length;
    }
    return INDEX_OK;
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f') ||
           (byte >= 'A' && byte <= 'F');
}

/* The escape whose backslash stands at text[0]: its length, or 0. */
static size_t escape_length(const uint8_t *text, size_t size)
{
    if (size < 2)
        return 0;
    switch (text[1]) {
    case '"': case '\\': case '/': case 'b':
    case 'f': case 'n': case 'r': case 't':
        return 2;
    case 'u':
        for (size_t i = 2; i < 6; i++)
            if (i >= size || !is_hex(text[i]))
                return 0;
        return 6;
    default:
        return 0;
    }
}

/* Steps over the string whose opening quote stands at text[at]. */
static size_t skip_string(const uint8_t *text, size_t size, size_t at,
                          uint32_t *errors)
{
    at++;
    while (at < size && text[at] != '"') {
        if (text[at] < 0x20)
            *errors |= INDEX_CONTROL;
        if (text[at] != '\\') {
            at++;
            continue;
        }
        size_t length = escape_length(text + at, size - at);
        if (length == 0)
            *errors |= INDEX_ESCAPE;
        /* What follows a bad escape's second byte is looked at by itself. */
        at += length ? length : 2;
    }
    if (at >= size) {
        *errors |= INDEX_UNTERMINATED;
        return size;
    }
    return at + 1;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool is_bracket(uint8_t byte)
{
    return byte == '{' || byte == '}' || byte == '[' || byte == ']';
}

uint32_t index_scalar(const uint8_t *text, size_t size, uint32_t *tokens,
                      uint32_t *count)
{
    uint32_t errors = check_utf8(text, size), written = 0;
    bool in_scalar = false;
    for (size_t at = 0; at < size;) {
        uint8_t byte = text[at];
        if (byte == '"') {
            /* A quote glued to a scalar starts no token: 1"a" is one run. */
            if (!in_scalar)
                tokens[written++] = (uint32_t)at;
            at = skip_string(text, size, at, &errors);
            in_scalar = false;
            continue;
        }
        if (byte == '\\')
            errors |= INDEX_ESCAPE;
        if (byte < 0x20 && !is_space(byte))
            errors |= INDEX_CONTROL;
        bool scalar = !is_space(byte) && !is_bracket(byte) && byte != ',' &&
                      byte != ':';
        if (is_bracket(byte) || (scalar && !in_scalar))
            tokens[written++] = (uint32_t)at;
        in_scalar = scalar;
        at++;
    }
    *count = written;
    return errors;
}
