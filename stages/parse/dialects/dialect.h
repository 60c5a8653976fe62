#ifndef SANDPIPER_STAGES_PARSE_DIALECT_H
#define SANDPIPER_STAGES_PARSE_DIALECT_H

#include "stages/parse/dialects/content.h"
#include "stages/parse/dialects/sink.h"
#include "stages/parse/fields.h"

/*
 * A dialect: a form in which a platform writes its records, as data (tables
 * of the keys that are wanted, project.h) and small functions that say what
 * the noted values mean. docs/DIALECTS.md tells how to add one.
 *
 * Which dialect a record is of, the recogniser says (recognise.h). The keys it
 * asks for stand first in the slots of every dialect's root context, so that
 * one walk notes them together with the fields of the dialect that is
 * expected; only if it is of another one it is walked again.
 */
#define CONTEXT_ROOT 1             /* contexts[CONTEXT_ROOT] is the record */

/* What a dialect's functions get. */
struct record {
    struct reader reader;          /* the record's values */
    struct sink *sink;
    struct content *content;       /* scratch for entities and text */
    struct projection *projection; /* the dialect's, to walk elements with */
    struct value_ref value;        /* where the record stands in the line */
    uint64_t offset;               /* of the line, for samples of rejects */
    void *memory;                  /* the dialect's own, see memory_bytes */
};

struct dialect {
    enum dialect_id id;
    const struct context *contexts;
    uint32_t context_count;
    /*
     * One record: puts what it says to the sink, and counts what it is there
     * (a post, a control message, a post of nobody, a profile), or says why it
     * is rejected, having put nothing. *control: it is a control message.
     */
    enum line_reason (*take)(struct record *record, bool *control);
    /*
     * Of dialects with pages (else NULL): the record holds several records in
     * an array. page_take takes them, and counts each one that is rejected by
     * record_reject. NULL: there are no pages.
     */
    bool (*is_page)(const struct record *record);
    void (*page_take)(struct record *record);
    /* Zeroed memory that stays with the parser; freed by the function. */
    size_t memory_bytes;
    void (*memory_free)(void *memory);
};

/* A post and an observation of which nothing is known but this. */
static inline void post_begin(struct post *post, enum platform platform)
{
    *post = (struct post){.platform = platform, .time = TIME_NONE,
                          .original_time = TIME_NONE,
                          .statuses = COUNT_NONE, .followers = COUNT_NONE};
}
void observation_begin(struct observation *o, enum platform platform,
                       struct id id, int64_t t_obs);

/* One record of a page begins. */
static inline void record_count(struct record *record)
{
    record->sink->tally->records++;
    record->sink->tally->dialect_records[record->sink->dialect]++;
}
/* One record of a page is rejected; a sample shows where it stands. */
void record_reject(struct record *record, enum line_reason reason,
                   const struct value_ref *value);

extern const struct dialect DIALECT_OF_V11, DIALECT_OF_V2, DIALECT_OF_REDDIT,
    DIALECT_OF_BLUESKY, DIALECT_OF_IO_ARCHIVE;

#endif
