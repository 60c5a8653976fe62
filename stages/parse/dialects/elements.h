#ifndef SANDPIPER_STAGES_PARSE_ELEMENTS_H
#define SANDPIPER_STAGES_PARSE_ELEMENTS_H

#include "stages/parse/fields.h"

/*
 * The elements of an array that was noted (a post's entities), one by one:
 *
 *     struct elements elements = elements_of(&reader, slot);
 *     while (elements_next(&elements, projection, CONTEXT, &slots))
 *         ... elements.value, and its noted values in slots
 *
 * The slots are the element's own, not the record's. Each element is walked
 * once more than the record; context 0 passes over it.
 */
struct elements {
    const struct walk *walk;
    uint32_t token;            /* of the next element */
    struct value_ref value;    /* of the one at hand */
};

static inline bool elements_are(const struct reader *reader, uint32_t slot)
{
    return reader->slots->types[slot] == VALUE_ARRAY;
}

/* The slot holds an array (elements_are). */
static inline struct elements elements_of(const struct reader *reader,
                                          uint32_t slot)
{
    return (struct elements){.walk = reader->walk,
                             .token = reader->slots->refs[slot].token + 1};
}

/* The array that stands at this token, which is its bracket. */
static inline struct elements elements_at(const struct walk *walk,
                                          uint32_t token)
{
    return (struct elements){.walk = walk, .token = token + 1};
}

/* The next element; if it is no object, all of context's slots are absent. */
static inline bool elements_next(struct elements *elements,
                                 struct projection *projection,
                                 uint8_t context, struct slots *slots)
{
    const struct walk *walk = elements->walk;
    if (walk->text[walk->tokens[elements->token]] == ']')
        return false;
    (void)project_value(projection, walk, &elements->token, context, slots,
                        &elements->value);
    return true;
}

/* How many there are. */
static inline uint32_t elements_count(struct elements elements)
{
    uint32_t count = 0;
    while (elements_next(&elements, NULL, 0, NULL))
        count++;
    return count;
}

#endif
