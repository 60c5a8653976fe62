#ifndef SANDPIPER_TESTS_UNIT_KEY_ORDER_H
#define SANDPIPER_TESTS_UNIT_KEY_ORDER_H

#include <string.h>

/*
 * The same JSON text with the members of every object in another order, or
 * with one more member in front that nobody knows. For whole texts without
 * white space.
 */
enum key_order { KEYS_REVERSED, KEYS_ROTATED, KEYS_MORE, KEY_ORDERS };
#define MEMBERS_MAX 64
#define MORE_MEMBER "\"nobody\":{\"id\":[1,{\"text\":\"x\"}],\"text\":null}"

static inline const char *string_end(const char *at)
{
    for (at++; *at != '"'; at++)
        at += *at == '\\';
    return at + 1;
}

static inline const char *value_end(const char *at)
{
    int depth = 0;
    do {
        if (*at == '"') {
            at = string_end(at);
            continue;
        }
        depth += *at == '{' || *at == '[';
        depth -= *at == '}' || *at == ']';
        at++;
    } while (depth > 0 || (*at && !strchr(",:]}", *at)));
    return at;
}

static inline char *reorder(char *out, const char *from, const char *to,
                            enum key_order order);

/* The members or elements in from..to, without brackets. */
static inline char *reorder_inside(char *out, const char *from, const char *to,
                                   enum key_order order, int is_object)
{
    const char *starts[MEMBERS_MAX + 1];
    int count = 0;
    for (const char *at = from; at < to && count < MEMBERS_MAX; at++) {
        starts[count++] = at;
        at = value_end(at);
        if (is_object)
            at = value_end(at + 1);
    }
    starts[count] = to + 1;
    for (int i = 0; i < count; i++) {
        int which = !is_object              ? i
                    : order == KEYS_REVERSED ? count - 1 - i
                    : order == KEYS_ROTATED  ? (i + 1) % count
                                             : i;
        const char *at = starts[which];
        if (i)
            *out++ = ',';
        if (is_object) {
            const char *value = value_end(at) + 1;
            memcpy(out, at, (size_t)(value - at));
            out += value - at;
            at = value;
        }
        out = reorder(out, at, starts[which + 1] - 1, order);
    }
    return out;
}

static inline char *reorder(char *out, const char *from, const char *to,
                            enum key_order order)
{
    if (*from != '{' && *from != '[') {
        memcpy(out, from, (size_t)(to - from));
        return out + (to - from);
    }
    *out++ = *from;
    if (*from == '{' && order == KEYS_MORE) {
        memcpy(out, MORE_MEMBER, sizeof MORE_MEMBER - 1);
        out += sizeof MORE_MEMBER - 1;
        if (to - from > 2)
            *out++ = ',';
    }
    out = reorder_inside(out, from + 1, to - 1, order, *from == '{');
    *out++ = to[-1];
    return out;
}

/* Terminates out, which has room. */
static inline void key_order(char *out, const char *text, enum key_order order)
{
    *reorder(out, text, text + strlen(text), order) = 0;
}

#endif
