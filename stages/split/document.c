#include "stages/split/split.h"

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

/* Between elements: true when one starts at this byte. */
static bool between(struct document *document, uint8_t byte)
{
    if (is_space(byte) || byte == ',')
        return false;
    if (document->base == 0 && byte == '[') {
        document->base = document->depth = 1;
        return false;
    }
    if (document->base == 1 && byte == ']') {
        document->base = document->depth = 0;
        return false;
    }
    document->in_element = true;
    document->in_string = false;
    document->scalar = byte != '{' && byte != '[' && byte != '"';
    return true;
}

/* Inside an element: true when it ends behind this byte. */
static bool inside(struct document *document, uint8_t byte)
{
    if (document->in_string) {
        if (document->escaped)
            document->escaped = false;
        else if (byte == '\\')
            document->escaped = true;
        else if (byte == '"')
            document->in_string = false;
        return !document->in_string && document->depth == document->base;
    }
    if (byte == '"')
        document->in_string = true;
    else if (byte == '{' || byte == '[')
        document->depth++;
    else if (byte == '}' || byte == ']')
        return --document->depth == document->base;
    return false;
}

/* A number or literal ends before this byte. */
static bool ends_scalar(const struct document *document, uint8_t byte)
{
    return document->scalar && (is_space(byte) || byte == ',' ||
                                byte == ']' || byte == '}');
}

bool document_next(struct document *document, const uint8_t *text, size_t size,
                   size_t *at, struct element *element)
{
    size_t place = *at;
    *element = (struct element){.start = place};
    while (!document->in_element && place < size) {
        if (between(document, text[place])) {
            element->start = place;
            element->begins = true;
            break;
        }
        place++;
    }
    if (!document->in_element) {
        *at = place;
        return false;
    }
    for (; place < size; place++) {
        if (ends_scalar(document, text[place])) {
            /* A bracket that closes nothing is part of the garbage. */
            bool stray = text[place] == '}' ||
                         (text[place] == ']' && document->base == 0);
            place += stray;
            element->ends = true;
            break;
        }
        if (!document->scalar && inside(document, text[place])) {
            place++;
            element->ends = true;
            break;
        }
    }
    document->in_element = !element->ends;
    element->end = *at = place;
    return true;
}
