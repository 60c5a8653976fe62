#include "stages/split/split.h"

#include <stdlib.h>
#include <string.h>

void fragment_init(struct fragment *fragment, struct memory *memory,
                   size_t limit)
{
    *fragment = (struct fragment){.memory = memory, .limit = limit};
}

void fragment_free(struct fragment *fragment)
{
    free(fragment->bytes);
    memory_uncharge(fragment->memory, fragment->capacity);
    fragment_init(fragment, fragment->memory, fragment->limit);
}

static bool fragment_grow(struct fragment *fragment, size_t bytes)
{
    size_t capacity = fragment->capacity ? fragment->capacity : 1 << 12;
    while (capacity < bytes)
        capacity *= 2;
    uint8_t *grown = realloc(fragment->bytes, capacity);
    if (!grown)
        return false;
    memory_charge(fragment->memory, capacity - fragment->capacity);
    fragment->bytes = grown;
    fragment->capacity = capacity;
    return true;
}

bool fragment_add(struct fragment *fragment, const uint8_t *bytes, size_t size)
{
    size_t room = fragment->limit - fragment->size;
    size_t kept = fragment_too_long(fragment) ? 0 : size < room ? size : room;
    size_t need = fragment->size + kept + FRAGMENT_PADDING;
    if (need > fragment->capacity && !fragment_grow(fragment, need))
        return false;
    if (kept)
        memcpy(fragment->bytes + fragment->size, bytes, kept);
    fragment->size += kept;
    fragment->total += size;
    return true;
}

void fragment_clear(struct fragment *fragment)
{
    fragment->size = 0;
    fragment->total = 0;
}
