#include "stages/parse/walk.h"

#include "pipeline/check.h"

#include <stdlib.h>

#define FIRST_MULTIPLIER 0x9e3779b97f4a7c15u
#define TRIES_MAX 1000000

/* The entry's name; room for KEY_PATTERN_MAX bytes. */
static void write_pattern(const struct key_entry *entry, uint8_t *pattern)
{
    memcpy(pattern, entry->pattern, KEY_WIDE);
    memcpy(pattern + KEY_WIDE, entry->tail, sizeof entry->tail);
}

static bool is_key(const struct key_entry *entry, const uint8_t *key,
                   uint32_t length)
{
    uint8_t pattern[KEY_PATTERN_MAX];
    if (entry->size != length + 3)
        return false;
    write_pattern(entry, pattern);
    return memcmp(pattern + 1, key, length) == 0;
}

static struct key_entry *entry_of_key(struct compiled_context *compiled,
                                      const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = ENTRY_FIRST_KEY; i < compiled->entry_count; i++) {
        struct key_entry *entry = &compiled->entries[i];
        if (is_key(entry, (const uint8_t *)name, (uint32_t)length))
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
    uint8_t pattern[KEY_PATTERN_MAX] = {'"'};
    memcpy(pattern + 1, name, length);
    memcpy(pattern + 1 + length, "\":", 2);
    memcpy(entry->pattern, pattern, KEY_WIDE);
    memcpy(entry->tail, pattern + KEY_WIDE, sizeof entry->tail);
    entry->size = size;
    entry->mask_at = (uint8_t)(size < KEY_WIDE ? KEY_WIDE - size : 0);
    entry->kind = (uint8_t)kind;
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
        uint8_t pattern[KEY_PATTERN_MAX];
        write_pattern(entry, pattern);
        uint8_t *place = &compiled->places[key_place(
            pattern + 1, entry->size - 3, compiled->multiplier)];
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
    compiled->entries[ENTRY_BEGIN].mask_at = KEY_WIDE - 1;
    compiled->entries[ENTRY_UNKNOWN].mask_at = KEY_WIDE - 1;
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

void projection_use(struct projection *projection, enum isa isa)
{
    projection->walk_members = take_leaf_members;
#if defined(__x86_64__)
    if (isa != ISA_SCALAR)
        projection->walk_members = take_leaf_members_avx2;
#endif
    (void)isa;
}

struct projection *projection_compile(const struct context *contexts,
                                      uint32_t count)
{
    CHECK(count <= PROJECTION_CONTEXTS_MAX);
    size_t size = sizeof(struct projection) +
                  count * sizeof(struct compiled_context);
    struct projection *projection =
        aligned_alloc(_Alignof(struct projection), size);
    if (!projection)
        return NULL;
    memset(projection, 0, size);
    projection_use(projection, ISA_SCALAR);
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
    struct key_entry *entry = key_at_its_place(context, key, length);
    return is_key(entry, key, length) ? entry
                                      : &context->entries[ENTRY_UNKNOWN];
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
