#ifndef SANDPIPER_STAGES_PARSE_PROJECT_H
#define SANDPIPER_STAGES_PARSE_PROJECT_H

#include "stages/parse/kernel.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The projection: one walk over the tokens of a JSON text, which checks the
 * whole text against the grammar (RFC 8259) and notes where the values stand
 * that somebody asked for, without building a tree.
 *
 * What is wanted is compiled once from tables of contexts. A context is an
 * object of a known meaning (a status, a user); it names keys, and for each
 * the slot where its value is noted, and, for an object to be entered, its
 * context there. A context's slots are a contiguous range, those of the
 * contexts within it included. Of a key that stands twice the last counts.
 *
 * Whether a text is accepted depends on its bytes and DEPTH_MAX alone, never
 * on the contexts.
 */
#define PROJECT_DEPTH_MAX 1024

enum value_type {
    VALUE_ABSENT,
    VALUE_NULL,
    VALUE_TRUE,
    VALUE_FALSE,
    VALUE_NUMBER,
    VALUE_STRING,
    VALUE_OBJECT,
    VALUE_ARRAY,
};

/* Where a value stands: text[start..end). Strings: without their quotes. */
struct value_ref {
    uint32_t start, end;
    uint32_t token;        /* index of its first token */
    uint8_t type;          /* enum value_type */
};

struct context_key {
    const char *name;      /* NULL ends the list */
    uint16_t slot;         /* relative to the first slot of the context */
    uint8_t child;         /* context entered if the value is an object; 0 */
    uint16_t child_slot;   /* first slot of the child, relative likewise */
};

struct context {
    const struct context_key *keys;
    uint16_t slots;        /* own and nested */
    /* Keys that the platform is known to write beside these (NULL ends the
     * list; may name wanted ones). Changes speed alone. */
    const char *const *others;
};

/* What is noted; refs[i] counts when types[i] is not VALUE_ABSENT. Kept apart
 * so that clearing them for a record is cheap. */
#define PROJECTION_SLOTS_MAX 192
struct slots {
    uint8_t types[PROJECTION_SLOTS_MAX];
    struct value_ref refs[PROJECTION_SLOTS_MAX];
};

static inline struct value_ref slot_value(const struct slots *slots,
                                          uint32_t slot)
{
    return slots->types[slot] == VALUE_ABSENT ? (struct value_ref){0}
                                              : slots->refs[slot];
}

/* Belongs to one thread: it remembers the order in which keys came. */
struct projection;
#define PROJECTION_CONTEXTS_MAX 32

/* Compiles contexts[1..count); contexts[0] is not used (no context). Gives,
 * or NULL when out of memory. */
struct projection *projection_compile(const struct context *contexts,
                                      uint32_t count);
/* Walks as suits this instruction set; at first the scalar one. The answers
 * are the same. */
void projection_use(struct projection *projection, enum isa isa);
void projection_free(struct projection *projection);

struct walk {
    const uint8_t *text;      /* KERNEL_PADDING readable bytes behind */
    uint32_t size;
    const uint32_t *tokens;   /* of text, without index errors */
    uint32_t count;
};

enum walk_result { WALK_OK, WALK_BAD, WALK_TOO_DEEP };

/*
 * Walks the value whose first token is tokens[*token] and sets *token behind
 * it. If it is an object, its members are noted in slots (all of
 * contexts[context].slots are set) as the context says; *value says what and
 * where it is. context 0: checks only.
 */
enum walk_result project_value(struct projection *projection,
                               const struct walk *walk, uint32_t *token,
                               uint8_t context, struct slots *slots,
                               struct value_ref *value);

#endif
