#ifndef SANDPIPER_STAGES_PARSE_WALK_H
#define SANDPIPER_STAGES_PARSE_WALK_H

#include "stages/parse/key_table.h"
#include "stages/parse/scalar.h"

/*
 * What the files of the walk share (project.c is its face). Between two tokens
 * stand only white space, commas and colons; behind every value there must be
 * exactly the separator that the grammar wants there.
 *
 * Nearly all text has no white space. There the plain paths go from byte to
 * byte: where a byte behind a separator begins a value, a key or a bracket, it
 * is the next token, and the index need not be asked; of the index they need
 * only where the token behind a string is. Whatever they do not know they
 * leave, untouched, to the general path.
 */
struct walker {
    const uint8_t *text;
    const uint32_t *tokens;
    uint32_t count, size;
    uint32_t at;           /* the next token */
};

/* An object of a known context, of those that are open. */
struct level {
    struct compiled_context *context;
    struct key_entry *before;  /* of the key before the next one */
    uint32_t base;             /* the context's first slot */
    struct value_ref *noted;   /* where the object itself is noted */
};
#define LEVELS_MAX 16

struct walk_state {
    struct walker walker;
    struct projection *projection;
    struct slots *slots;
    uint32_t depth;
    struct level levels[LEVELS_MAX];
};

static inline uint32_t token_place(const struct walker *walker, uint32_t token)
{
    return token < walker->count ? walker->tokens[token] : walker->size;
}

static inline uint16_t load2(const void *from)
{
    uint16_t word;
    memcpy(&word, from, 2);
    return word;
}

#define QUOTE_COLON ((uint16_t)load2("\":"))
#define COMMA_QUOTE ((uint16_t)load2(",\""))
#define EMPTY_ARRAY ((uint16_t)load2("[]"))

/* As loaded from memory. */
#define LITERAL_NULL 0x6C6C756Eu
#define LITERAL_TRUE 0x65757274u
#define LITERAL_FALS 0x736C6166u

/* Bit 5 makes braces of brackets. */
static inline bool opens(uint8_t byte)
{
    return (byte | 0x20) == '{';
}

static inline bool closes(uint8_t byte)
{
    return (byte | 0x20) == '}';
}

/* A key without white space around its colon, up to the value's token. */
static inline bool plain_key(const uint8_t *key, const uint8_t *value)
{
    return *key == '"' && load2(value - 2) == QUOTE_COLON;
}

/* Where the leaf ends that the token *next follows, if nothing stands between
 * them but a comma. */
static inline const uint8_t *leaf_end(const uint8_t *text,
                                      const uint32_t *next)
{
    const uint8_t *end = text + *next;
    return end - (end[-1] == ',');
}

/* Not inlined: the loops around it need the registers. */
enum value_type long_scalar(const uint8_t *start, const uint8_t *end);

/*
 * The type of the leaf at start, whose end is *end if a separator or bracket
 * stands there; *next is the token behind it. ABSENT: it is no leaf, or the
 * general path has to look at it.
 */
static inline enum value_type plain_leaf(const uint8_t *text,
                                         const uint8_t *start,
                                         const uint32_t *next,
                                         const uint8_t **end)
{
    uint32_t word;
    memcpy(&word, start, 4);
    if ((uint8_t)word == '"') {
        *end = leaf_end(text, next);
        return (*end)[-1] == '"' ? VALUE_STRING : VALUE_ABSENT;
    }
    *end = start + 4;
    if (word == LITERAL_NULL)
        return VALUE_NULL;
    if (word == LITERAL_TRUE)
        return VALUE_TRUE;
    if (word == LITERAL_FALS) {
        *end = start + 5;
        return start[4] == 'e' ? VALUE_FALSE : VALUE_ABSENT;
    }
    if (opens((uint8_t)word))
        return VALUE_ABSENT;
    uint32_t digits = leading_digit_bytes(load8(start));
    *end = start + digits;
    /* A fraction or exponent, and all else that does not end here, are of the
     * long way. */
    if (digits - 1 < 7 && (**end == ',' || closes(**end)) &&
        ((uint8_t)word != '0' || digits == 1))
        return VALUE_NUMBER;
    return long_scalar(start, *end = leaf_end(text, next));
}

/* One for each instruction set that makes a difference. */
enum run take_leaf_members(struct walk_state *state,
                           const struct key_entry **opened);
enum run take_leaf_members_avx2(struct walk_state *state,
                                const struct key_entry **opened);

/* Passes over the container at the current token. False: nothing is done, and
 * the general path has to. */
bool skip_plain_container(struct walker *walker);

#endif
