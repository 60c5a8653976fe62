#include "stages/parse/key_table.h"

#include "pipeline/check.h"
#include "stages/parse/scalar.h"

#include <stdlib.h>

#define FIRST_MULTIPLIER 0x9e3779b97f4a7c15u
#define TRIES_MAX 1000000

static inline uint32_t key_place(const uint8_t *key, uint32_t length,
                                 uint64_t multiplier)
{
    uint64_t first = load8(key), last = 0;
    if (length >= 8)
        last = load8(key + length - 8);
    else
        first &= ((uint64_t)1 << length * 8) - 1;
    uint64_t mixed = (first ^ (last << 3 | last >> 61)) + length;
    return (uint32_t)((mixed * multiplier) >> (64 - KEY_TABLE_BITS));
}

static struct key_entry *entry_of_key(struct compiled_context *compiled,
                                      const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = ENTRY_FIRST_KEY; i < compiled->entry_count; i++) {
        struct key_entry *entry = &compiled->entries[i];
        if (entry->size == length + 3 &&
            memcmp(entry->pattern + 1, name, length) == 0)
            return entry;
    }
    return NULL;
}

static struct key_entry *add_key(struct compiled_context *compiled,
                                 const char *name, enum key_kind kind)
{
    uint32_t length = (uint32_t)strlen(name), size = length + 3;
    CHECK(length > 0 && length <= KEY_BYTES_MAX);
    CHECK(compiled->entry_count < KEY_ENTRIES_MAX);
    struct key_entry *entry = &compiled->entries[compiled->entry_count++];
    char pattern[KEY_PATTERN_MAX + 16] = {0};
    pattern[0] = '"';
    memcpy(pattern + 1, name, length);
    memcpy(pattern + 1 + length, "\":", 2);
    memcpy(entry->pattern, pattern, KEY_PATTERN_MAX);
    entry->size = size;
    entry->kind = (uint8_t)kind;
    entry->mask = size < 8 ? ((uint64_t)1 << size * 8) - 1 : ~(uint64_t)0;
    entry->last_at = (uint8_t)(size < 8 ? 0 : size - 8);
    entry->first = load8(pattern);
    entry->last = load8(pattern + entry->last_at);
    if (size > 16) {
        entry->second = load8(pattern + 8);
        entry->last_but_one = load8(pattern + size - 16);
    }
    return entry;
}

static void add_wanted(struct compiled_context *compiled,
                       const struct context_key *key)
{
    struct key_entry *entry =
        add_key(compiled, key->name, key->child ? KEY_CHILD : KEY_LEAF);
    entry->slot = key->slot;
    entry->child = key->child;
    entry->child_slot = key->child_slot;
}

static bool place_keys(struct compiled_context *compiled)
{
    memset(compiled->places, ENTRY_UNKNOWN, sizeof compiled->places);
    for (uint32_t i = ENTRY_FIRST_KEY; i < compiled->entry_count; i++) {
        const struct key_entry *entry = &compiled->entries[i];
        uint8_t *place = &compiled->places[key_place(
            (const uint8_t *)entry->pattern + 1, entry->size - 3,
            compiled->multiplier)];
        if (*place != ENTRY_UNKNOWN)
            return false;
        *place = (uint8_t)i;
    }
    return true;
}

static void compile_context(struct compiled_context *compiled,
                            const struct context *context)
{
    compiled->slots = context->slots;
    compiled->entry_count = ENTRY_FIRST_KEY;
    for (const struct context_key *key = context->keys; key->name; key++)
        add_wanted(compiled, key);
    for (const char *const *name = context->others; name && *name; name++)
        if (!entry_of_key(compiled, *name))
            add_key(compiled, *name, KEY_IGNORED);
    for (uint32_t i = 0; i < compiled->entry_count; i++)
        compiled->entries[i].follower = &compiled->entries[ENTRY_UNKNOWN];
    compiled->multiplier = FIRST_MULTIPLIER;
    for (int tries = 0; !place_keys(compiled); tries++) {
        CHECK(tries < TRIES_MAX);
        /* Knuth's MMIX generator; even multipliers lose a bit. */
        compiled->multiplier = (compiled->multiplier * 6364136223846793005u +
                                1442695040888963407u) | 1;
    }
}

struct projection *projection_compile(const struct context *contexts,
                                      uint32_t count)
{
    CHECK(count <= PROJECTION_CONTEXTS_MAX);
    struct projection *projection =
        calloc(1, sizeof *projection +
                      count * sizeof(struct compiled_context));
    if (!projection)
        return NULL;
    projection->count = count;
    for (uint32_t i = 1; i < count; i++)
        compile_context(&projection->contexts[i], &contexts[i]);
    return projection;
}

void projection_free(struct projection *projection)
{
    free(projection);
}

struct key_entry *key_find(struct compiled_context *context,
                           const uint8_t *key, uint32_t length)
{
    struct key_entry *entry =
        &context->entries[context->places[key_place(key, length,
                                                    context->multiplier)]];
    if (entry->size == length + 3 &&
        memcmp(entry->pattern + 1, key, length) == 0)
        return entry;
    return &context->entries[ENTRY_UNKNOWN];
}

struct key_entry *key_find_any(struct compiled_context *context,
                               const uint8_t *key, uint32_t length)
{
    struct key_entry *entry = key_find(context, key, length);
    if (entry->kind != KEY_UNKNOWN || length > 6 * KEY_BYTES_MAX ||
        !has_backslash(key, length))
        return entry;
    uint8_t plain[6 * KEY_BYTES_MAX + 16] = {0};
    size_t size = unescape(plain, key, length);
    memset(plain + size, 0, sizeof plain - size);
    return key_find(context, plain, (uint32_t)size);
}
