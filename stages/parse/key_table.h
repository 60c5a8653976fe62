#ifndef SANDPIPER_STAGES_PARSE_KEY_TABLE_H
#define SANDPIPER_STAGES_PARSE_KEY_TABLE_H

#include "stages/parse/project.h"

#include <string.h>

/*
 * The keys of a context, as the walk compares them: with both quotes and the
 * colon, so that one comparison also checks the grammar around the key.
 *
 * A platform writes its keys in nearly the same order in every object. Each
 * entry remembers which one followed it last, and the walk tries that one
 * first. Else the key's first and last eight bytes and its length hash to a
 * place in a small table, whose multiplier was searched when the context was
 * compiled, to have no collisions. What is remembered changes speed alone.
 */
#define KEY_BYTES_MAX 48
#define KEY_PATTERN_MAX (KEY_BYTES_MAX + 3)
#define KEY_ENTRIES_MAX 128
#define KEY_TABLE_BITS 10

enum key_kind { KEY_UNKNOWN, KEY_IGNORED, KEY_LEAF, KEY_CHILD };

struct key_entry {
    uint64_t first, last;          /* bytes of the pattern */
    uint64_t second, last_but_one; /* the same, when it has more than 16 */
    uint64_t mask;                 /* of first and last, when it has < 8 */
    struct key_entry *follower;    /* the entry that followed last */
    uint32_t size;                 /* of the pattern; 0: matches nothing */
    uint16_t slot, child_slot;
    uint8_t child;                 /* context, when kind is KEY_CHILD */
    uint8_t kind;                  /* enum key_kind */
    uint8_t last_at;               /* where `last` stands */
    char pattern[KEY_PATTERN_MAX]; /* "name": */
};

/* Entries that are no key: where an object begins, and all unknown keys. */
enum { ENTRY_BEGIN, ENTRY_UNKNOWN, ENTRY_FIRST_KEY };

struct compiled_context {
    uint64_t multiplier;
    uint32_t entry_count;
    uint32_t slots;
    struct key_entry entries[KEY_ENTRIES_MAX];
    uint8_t places[1 << KEY_TABLE_BITS];   /* index of an entry */
};

struct projection {
    uint32_t count;
    struct compiled_context contexts[];
};

static inline uint64_t load8(const void *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* at[0..size) is "key": of an object; reads into the padding. */
static inline bool key_matches(const struct key_entry *entry,
                               const uint8_t *at, size_t size)
{
    if (entry->size != size)
        return false;
    uint64_t differs = ((load8(at) ^ entry->first) |
                        (load8(at + entry->last_at) ^ entry->last)) &
                       entry->mask;
    if (size > 16) {
        differs |= (load8(at + 8) ^ entry->second) |
                   (load8(at + size - 16) ^ entry->last_but_one);
        if (size > 32)
            return !differs && memcmp(at, entry->pattern, size) == 0;
    }
    return !differs;
}

/* The entry of the key[0..length) (without quotes, escapes decoded), which
 * a quote and a colon follow; the unknown one if there is none. */
struct key_entry *key_find(struct compiled_context *context,
                           const uint8_t *key, uint32_t length);
/* The same for a key that may be spelled with escapes. */
struct key_entry *key_find_any(struct compiled_context *context,
                               const uint8_t *key, uint32_t length);

#endif
