#ifndef SANDPIPER_STAGES_PARSE_KEY_TABLE_H
#define SANDPIPER_STAGES_PARSE_KEY_TABLE_H

#include "stages/parse/project.h"

#include <string.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

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

/* What the walk reads of a key in its pattern's first KEY_WIDE bytes stands in
 * one cache line. */
#define KEY_WIDE 32
struct key_entry {
    _Alignas(64) uint8_t pattern[KEY_WIDE];  /* "name": */
    struct key_entry *follower;    /* the entry that followed last */
    uint32_t size;                 /* of the pattern; 0: matches nothing */
    uint16_t slot, child_slot;
    uint8_t child;                 /* context, when kind is KEY_CHILD */
    uint8_t kind;                  /* enum key_kind */
    uint8_t mask_at;               /* KEY_WIDE - size, 0 at least */
    uint8_t tail[KEY_PATTERN_MAX - KEY_WIDE];   /* of a longer pattern */
};

/* Entries that are no key: where an object begins, and all unknown keys. Their
 * pattern is a NUL byte, which no key begins with. */
enum { ENTRY_BEGIN, ENTRY_UNKNOWN, ENTRY_FIRST_KEY };

struct compiled_context {
    uint64_t multiplier;
    uint32_t entry_count;
    uint32_t slots;
    struct key_entry entries[KEY_ENTRIES_MAX];
    uint8_t places[1 << KEY_TABLE_BITS];   /* index of an entry */
};

/* How a run over members or elements ended. */
enum run {
    RUN_BAD,
    RUN_END,      /* at the token behind the last one: a closing bracket */
    RUN_OPENS,    /* at a container's opening bracket */
    RUN_UNUSUAL,  /* at a member that the general path has to look at */
};

struct walk_state;
/* Takes members of the innermost level as long as they are plain leaves.
 * *opened is the key of the container at which the run ended. */
typedef enum run (*members_walk)(struct walk_state *state,
                                 const struct key_entry **opened);

struct projection {
    uint32_t count;
    members_walk walk_members;
    struct compiled_context contexts[];
};

static inline uint64_t load8(const void *from)
{
    uint64_t word;
    memcpy(&word, from, 8);
    return word;
}

/* The pattern begins with what stands at `at`, as far as KEY_WIDE bytes. Reads
 * KEY_WIDE bytes. */
static inline bool key_begins(const struct key_entry *entry,
                              const uint8_t *at)
{
    /* From [KEY_WIDE - size] on: as many ones as the pattern has bytes. */
    static const uint8_t ones[2 * KEY_WIDE] = {
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    const uint8_t *mask = ones + entry->mask_at;
#if defined(__AVX2__)
    __m256i differs = _mm256_xor_si256(
        _mm256_loadu_si256((const void *)entry->pattern),
        _mm256_loadu_si256((const void *)at));
    return _mm256_testz_si256(differs,
                              _mm256_loadu_si256((const void *)mask));
#else
    uint64_t differs = 0;
    for (int i = 0; i < KEY_WIDE; i += 8)
        differs |= (load8(at + i) ^ load8(entry->pattern + i)) &
                   load8(mask + i);
    return !differs;
#endif
}

/* at[0..size) is "key": of an object; reads into the padding. */
static inline bool key_matches(const struct key_entry *entry,
                               const uint8_t *at)
{
    return key_begins(entry, at) &&
           (entry->size <= KEY_WIDE ||
            memcmp(at + KEY_WIDE, entry->tail, entry->size - KEY_WIDE) == 0);
}

/* Reads into the padding. */
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

/* The only entry that the key[0..length) can be. */
static inline struct key_entry *
key_at_its_place(struct compiled_context *context, const uint8_t *key,
                 uint32_t length)
{
    return &context->entries[context->places[key_place(
        key, length, context->multiplier)]];
}

/* The entry of the key[0..length) (without quotes, escapes decoded), which
 * a quote and a colon follow; the unknown one if there is none. */
struct key_entry *key_find(struct compiled_context *context,
                           const uint8_t *key, uint32_t length);
/* The same for a key that may be spelled with escapes. */
struct key_entry *key_find_any(struct compiled_context *context,
                               const uint8_t *key, uint32_t length);

#endif
