#include "stages/parse/kernel.h"
#include "stages/parse/kernel_utf8.h"

#include <stdbool.h>

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
    uint32_t errors = utf8_valid(text, size) ? INDEX_OK : INDEX_UTF8;
    uint32_t written = 0;
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
