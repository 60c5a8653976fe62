#ifndef SANDPIPER_STAGES_PARSE_RECOGNISE_H
#define SANDPIPER_STAGES_PARSE_RECOGNISE_H

#include "stages/parse/project.h"
#include "stages/tally.h"

/*
 * Which dialect a record is of, by its top-level keys (docs/FORMATS.md,
 * "Records"; the first match wins). The keys stand in these slots in every
 * dialect's root context; a dialect that wants the value of one too names the
 * key in its own table, with this slot.
 */
enum recognised_key {
    KEY_TEXT, KEY_FULL_TEXT, KEY_USER, KEY_STATUSES, KEY_DATA, KEY_AUTHOR_ID,
    KEY_AUTHOR, KEY_TWEETID, KEY_USERID, KEY_SUBREDDIT, KEY_DID, KEY_COMMIT,
    KEY_KIND,
    KEY_CONTROL_FIRST,         /* v1.1's control messages, by control_kind */
    KEY_ERRORS = KEY_CONTROL_FIRST + CONTROL_ERRORS,
    RECOGNISED_KEYS
};

struct dialect;
/* Compiles a dialect's contexts, with these keys in the root. Gives, or NULL
 * when out of memory. */
struct projection *recognise_compile(const struct dialect *dialect);

/* The dialect of the object whose keys are noted in slots; DIALECT_COUNT: of
 * none that is read. */
enum dialect_id recognise(const struct walk *walk, const struct slots *slots,
                          const struct value_ref *object);

/* The control message of v1.1 that stands in the slots, or -1. */
int recognise_control(const struct slots *slots);

#endif
