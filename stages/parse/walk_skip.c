#include "stages/parse/walk.h"

enum value_type long_scalar(const uint8_t *start, const uint8_t *end)
{
    return scalar_type(start, (size_t)(end - start));
}

/* Which brackets are open around the place, from the lowest bit outwards. */
#define NESTED_MAX 63

bool skip_plain_container(struct walker *walker)
{
    const uint8_t *const text = walker->text;
    const uint32_t *token = walker->tokens + walker->at;
    const uint32_t *const end_token = walker->tokens + walker->count;
    const uint8_t *at = text + *token;
    uint64_t objects = 1;      /* the highest bit marks the bottom */
    bool object;
open:
    object = *at++ == '{';
    token++;
    if (objects >> NESTED_MAX)
        return false;
    objects = objects << 1 | object;
    if (closes(*at))
        goto close;
next:
    if (end_token - token <= 2)
        return false;
    if (object) {
        if (*at != '"')
            return false;
        at = text + *++token;
        if (load2(at - 2) != QUOTE_COLON)
            return false;
    }
    if (load2(at) == EMPTY_ARRAY) {
        at += 2;
        token += 2;
    } else {
        const uint8_t *end;
        if (plain_leaf(text, at, token + 1, &end) == VALUE_ABSENT) {
            if (!opens(*at))
                return false;
            goto open;
        }
        at = end;
        token++;
    }
behind:
    if (*at == ',') {
        at++;
        goto next;
    }
close:
    if (*at != (object ? '}' : ']'))
        return false;
    at++;
    token++;
    objects >>= 1;
    object = objects & 1;
    if (objects > 1)
        goto behind;
    /* A bracket behind the text's end is none. */
    if (token > end_token)
        return false;
    walker->at = (uint32_t)(token - walker->tokens);
    return true;
}
