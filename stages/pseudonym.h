#ifndef SANDPIPER_STAGES_PSEUDONYM_H
#define SANDPIPER_STAGES_PSEUDONYM_H

#include "pipeline/fault.h"
#include "stages/units.h"

/*
 * Keyed hashes in place of ids and names of accounts (--pseudonyms), so that
 * tables can be handed on and joined with each other, and only who has the
 * key can tell whether an account is in them.
 *
 * A pseudonym is BLAKE2b (RFC 7693) of 16 bytes, keyed, written as 32
 * lower-case hexadecimal digits; what is hashed begins with its kind:
 *
 *   account   id: PLATFORM : ID       (id:twitter:12)
 *   name      name: NAME
 *   post      post: ID                whole, where the id tells the account
 *
 * Reading the key is one thread's; afterwards it is only read, by any number.
 * Forgotten (overwritten) by pseudonyms_free.
 */
struct pseudonyms;

#define PSEUDONYM_BYTES 16
#define PSEUDONYM_DIGITS (2 * PSEUDONYM_BYTES)
#define PSEUDONYM_KEY_MIN 16
#define PSEUDONYM_KEY_MAX 64

/* The key is all bytes of the file, a last line feed too. NULL: the fault was
 * raised. */
struct pseudonyms *pseudonyms_read(const char *path, struct fault *fault);
/* For tests; size within the bounds above. NULL: out of memory. */
struct pseudonyms *pseudonyms_create(const void *key, size_t size);
void pseudonyms_free(struct pseudonyms *pseudonyms);
/* 16 hexadecimal digits that tell one key from another: BLAKE2b of "sandpiper"
 * with the key, 8 bytes. Borrowed. */
const char *pseudonyms_fingerprint(const struct pseudonyms *pseudonyms);

/* The pseudonym of an account; the text is out's, and so may the id be. */
struct text pseudonym_account(const struct pseudonyms *pseudonyms,
                              enum platform platform, struct text id,
                              char out[PSEUDONYM_DIGITS]);

/* Rows without ids and names: what one lane needs to make them. */
struct pseudonym_room {
    struct value *row;
    uint32_t capacity;
    char (*digits)[PSEUDONYM_DIGITS];   /* by column */
};
void pseudonym_room_free(struct pseudonym_room *room);

/*
 * Cells [first, last) of a row of the table, as they may be shown: what a
 * column holds of an account (enum privacy) is replaced. Borrows row, and
 * gives it back where there is nothing to replace; otherwise what it gives
 * lasts until the room's next use. Column 0 tells the platform, and must be
 * known where an account is among the cells. NULL: out of memory.
 */
const struct value *pseudonyms_row(const struct pseudonyms *pseudonyms,
                                   struct pseudonym_room *room,
                                   const struct table *table, uint32_t first,
                                   uint32_t last, const struct value *row);

#endif
