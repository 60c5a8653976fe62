#ifndef SANDPIPER_STAGES_INSPECT_PARTS_H
#define SANDPIPER_STAGES_INSPECT_PARTS_H

#include "stages/inspect.h"
#include "stages/parse/csv_rows.h"

/*
 * What the files of inspect share; nobody else includes this. A looker is what
 * a lane has for itself, reused for all its shards, and the shard at hand.
 */
struct looker {
    struct inspect *inspect;
    struct source *source;
    struct feed *feed;             /* over the shard */
    struct feed *inner;            /* over bytes in memory */
    struct decoder *decoder;
    struct parser *parser;
    struct row_parser *rows;
    struct batch batch;
    uint8_t *text;                 /* SAMPLE_TEXT_BYTES and padding */
    /* The shard at hand. */
    const char *name;
    int fd;                        /* -1: it cannot seek */
    struct inspection *found;
};

/* Each false: the fault is up. */
bool look_at_frames(struct looker *looker, enum codec codec);
/* A tar in the file, or the beginning of one: bytes in memory. */
bool look_at_tar(struct looker *looker, const uint8_t *bytes, size_t size);
bool look_at_zip(struct looker *looker);

/* Decodes a little of what stands at the feed's position, which stays; entry
 * is of a zip, or NULL. */
bool look_at_packed_text(struct looker *looker, struct feed *feed,
                         enum codec codec, const struct item *entry);
/* The same of text as it is. */
bool look_at_plain_text(struct looker *looker, struct feed *feed);
/* What the text decoded so far says. */
bool look_at_records(struct looker *looker);

void look_damage(struct looker *looker, enum frame_reason reason,
                 uint64_t offset, uint64_t bytes);
bool look_failed(struct looker *looker, int error);
bool look_out_of_memory(struct looker *looker);

#endif
