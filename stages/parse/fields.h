#ifndef SANDPIPER_STAGES_PARSE_FIELDS_H
#define SANDPIPER_STAGES_PARSE_FIELDS_H

#include "stages/parse/project.h"
#include "stages/parse/scalar.h"
#include "stages/units.h"

/*
 * From noted values to fields. A scalar wrapped in an array of one element
 * (as R's jsonlite writes it) is unwrapped; an empty array or object where a
 * scalar is expected is null.
 *
 * A reader borrows the walk and the slots, and decodes texts into scratch,
 * which has room for what the line can hold (line bytes + 16 a text).
 */
struct client_memory;
struct reader {
    const struct walk *walk;
    const struct slots *slots;
    uint8_t *scratch;
    size_t scratch_used;
    uint64_t mismatches;      /* pairs of id and id_str that differ */
    struct client_memory *clients;    /* or NULL */
};

/* The scalar at slot, unwrapped; type OBJECT or ARRAY if it is none. */
struct value_ref field_scalar(const struct reader *reader, uint32_t slot);
bool field_present(const struct reader *reader, uint32_t slot);
/* Present and not null. */
bool field_known(const struct reader *reader, uint32_t slot);
/* An object with at least one member. */
bool field_object(const struct reader *reader, uint32_t slot);

/* A string, decoded (borrowed from text or scratch); TEXT_NONE: no string. */
struct text field_text(struct reader *reader, uint32_t slot);
/* A string that begins with these ASCII bytes (FIELD_PREFIX_MAX at most). */
#define FIELD_PREFIX_MAX 8
bool field_begins(const struct reader *reader, uint32_t slot,
                  const char *prefix);
/* As field_text, but null is empty where the key is present. */
struct text field_text_or_empty(struct reader *reader, uint32_t slot);
/* An array of two integers, each of them wrapped or not: [from, to]. */
bool field_pair(const struct reader *reader, uint32_t slot, int64_t pair[2]);
/* An integer (no string), wrapped or not. */
bool field_integer(const struct reader *reader, uint32_t slot, int64_t *out);
int64_t field_count(const struct reader *reader, uint32_t slot);
uint8_t field_flag(const struct reader *reader, uint32_t slot);
/* created_at: ms, or TIME_NONE. */
int64_t field_time(struct reader *reader, uint32_t slot);
/* timestamp_ms, a number or a string of digits within years 1970..9999. */
int64_t field_ms(struct reader *reader, uint32_t slot);
/* id_str decides, id where it is not usable; differing pairs are counted. A
 * usable id is a string or an integer of ASCII digits, not all 0. */
struct id field_id(struct reader *reader, uint32_t slot_id,
                   uint32_t slot_id_str);

/* A string that is an id as it stands (names, URIs), 1 to FIELD_ID_MAX bytes;
 * "" and all else: none. */
#define FIELD_ID_MAX 4096
struct id field_text_id(struct reader *reader, uint32_t slot);
/* The text at an element of an array, which is no slot's. */
struct text field_element_text(struct reader *reader,
                               const struct value_ref *value);
/* As field_id, of one slot. */
struct id field_single_id(struct reader *reader, uint32_t slot);

#endif
