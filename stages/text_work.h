#ifndef SANDPIPER_STAGES_TEXT_WORK_H
#define SANDPIPER_STAGES_TEXT_WORK_H

#include "stages/stitch.h"

/*
 * The text of one frame on its way through split and parse, on the lane that
 * decodes it. It comes in stretches; whole lines are parsed at once, while
 * they are in the cache, or, when other lanes have nothing to do, copied to a
 * span and handed to them. What the lines say waits until text_commit or
 * text_drop: in the lane's batch while it is small, then in a run that may
 * spill.
 */
#define SPANS_MAX 8

struct text_work;

/* A stretch of whole lines handed to another lane, or a batch to apply. */
struct span {
    struct text_work *owner;
    bool apply;                /* batch is to be applied, text is not used */
    uint8_t *text;             /* owned, capacity span_bytes + padding */
    size_t size;
    struct batch batch;
    struct tally tally;
    _Atomic int done;
};

struct text_work {
    struct lane_state *state;
    struct piece *piece;       /* head, tail and tally go there */
    bool at_once;              /* nothing can fail later: applied as it comes */
    /* The last line so far, without its end: in the decoder's text ... */
    const uint8_t *partial;
    size_t partial_size;
    /* ... or, when that does not stay, in piece->tail. */
    struct byte_run pending;
    uint64_t pending_batches;
    uint32_t first_span, span_count;   /* in flight, in order */
    struct span spans[SPANS_MAX];
};

/* NULL: out of memory. */
struct text_work *text_work_create(struct lane_state *state);
void text_work_free(struct text_work *work);

void text_begin(struct text_work *work, struct piece *piece, bool at_once);
/* The next stretch; contiguous: it follows the last one in memory, which is
 * still readable as far as the decoder's slack goes. */
void text_take(struct text_work *work, const uint8_t *text, size_t size,
               bool contiguous);
/* The stretch taken last does not stay readable: what waits is copied. */
void text_leave(struct text_work *work);
/* No more text comes: waits for the spans. */
void text_end(struct text_work *work);
/* The frame ended well: everything it said is applied. */
void text_commit(struct text_work *work);
/* It did not: everything is dropped. */
void text_drop(struct text_work *work);

/* Another lane's part: parses the span's lines, or applies its batch. */
void span_do(struct lane_state *state, struct span *span);

/* Keeps the lane's batch small: applies it (at_once) or puts it aside. */
void text_relieve(struct text_work *work);

#endif
