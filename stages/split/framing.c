#include "stages/split/split.h"

#include <string.h>

size_t bom_bytes(const uint8_t *text, size_t size)
{
    return size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* The first line break outside strings. */
struct first_break {
    bool found;
    int64_t depth;          /* brackets open there */
    uint8_t before;         /* the last byte before it that is no space */
};

static struct first_break find_break(const uint8_t *text, size_t size)
{
    struct first_break result = {0};
    bool in_string = false;
    for (size_t at = 0; at < size; at++) {
        uint8_t byte = text[at];
        if (in_string) {
            if (byte == '\\')
                at++;
            in_string = byte != '"' && byte != '\n';
            /* A line break in a string: the line was cut. It is a line. */
            if (byte == '\n')
                return (struct first_break){true, 0, 0};
            continue;
        }
        in_string = byte == '"';
        result.depth += byte == '{' || byte == '[';
        result.depth -= byte == '}' || byte == ']';
        if (byte == '\n') {
            result.found = true;
            return result;
        }
        if (!is_space(byte))
            result.before = byte;
    }
    return result;
}

enum framing framing_detect(const uint8_t *text, size_t size)
{
    if (size > FRAMING_BYTES)
        size = FRAMING_BYTES;
    size_t at = bom_bytes(text, size);
    while (at < size && is_space(text[at]))
        at++;
    if (at == size || (text[at] != '[' && text[at] != '{'))
        return FRAMING_LINES;
    struct first_break first = find_break(text + at, size - at);
    if (text[at] == '[')
        return !first.found || first.depth > 0 ? FRAMING_DOCUMENT
                                               : FRAMING_LINES;
    /* A line that was cut short ends nearly anywhere but here. */
    bool open = first.before == '{' || first.before == '[';
    return first.found && first.depth > 0 && open ? FRAMING_DOCUMENT
                                                  : FRAMING_LINES;
}
