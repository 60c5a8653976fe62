#ifndef SANDPIPER_STAGES_ITEM_LOG_H
#define SANDPIPER_STAGES_ITEM_LOG_H

#include "pipeline/memory.h"

/*
 * A list that is only appended to, by one thread: items in chunks from an
 * arena. They are of one size, or each begins with what tells its size. Chunks
 * double from a few items up to 16 KiB, so that many logs (lanes times
 * partitions) with little in them cost little, and at most half of what is
 * taken stands empty. Items stay where they are until the arena is reset; then
 * zero the log.
 */
struct item_chunk;
struct item_log {
    struct item_chunk *first, *last;
    uint8_t *next, *end;        /* room in the last chunk */
    uint64_t count;
};

/* Room for one more item, 8-aligned if all sizes are multiples of 8; NULL:
 * out of memory. */
void *item_log_add(struct item_log *log, struct arena *arena,
                   size_t item_bytes);

/* Reads in the order of appending, while nothing is appended. */
struct item_reader {
    const struct item_log *log;
    struct item_chunk *chunk;
    uint8_t *at;
};
void item_reader_open(struct item_reader *reader, const struct item_log *log);
/* The next item, or NULL at the end. */
void *item_reader_next(struct item_reader *reader, size_t item_bytes);
/* Where the next item begins, NULL at the end; item_reader_next steps on. */
const uint8_t *item_reader_at(struct item_reader *reader);

#endif
