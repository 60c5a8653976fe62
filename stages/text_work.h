#ifndef SANDPIPER_STAGES_TEXT_WORK_H
#define SANDPIPER_STAGES_TEXT_WORK_H

#include "stages/aside.h"
#include "stages/stitch.h"

/*
 * The text of one frame on its way through split and parse, on the lane that
 * decodes it. It comes in stretches; whole lines (or rows of CSV, which may
 * hold line feeds) are parsed at once, while
 * they are in the cache, or, when other lanes have nothing to do, copied to a
 * span and handed to them. What the lines say waits until text_commit or
 * text_drop: in the lane's batch while it is small, then in a run that may
 * spill. Where frames are only verified, the bytes of the text are counted in
 * the piece's tally, and that is all.
 */
#define SPANS_MAX 8

struct text_work;

/* A stretch of whole lines or rows handed to another lane, or a batch to apply. */
struct span {
    struct text_work *owner;
    bool apply;                /* batch is to be applied, text is not used */
    const struct csv_layout *layout;    /* of rows; NULL: lines */
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
    /* Of a CSV shard (else NULL): its layout, and the states in which the text
     * in piece->head or piece->tail may have left the next byte. */
    const struct csv_layout *layout;
    uint8_t states;
    uint32_t bom_left;         /* bytes of it still to come */
    bool unsettled;            /* too much of the head has no sure border */
    struct aside aside;        /* what the frame said so far */
    uint32_t first_span, span_count;   /* in flight, in order */
    struct span spans[SPANS_MAX];
};

/* NULL: out of memory. */
struct text_work *text_work_create(struct lane_state *state);
void text_work_free(struct text_work *work);

void text_begin(struct text_work *work, struct piece *piece, bool at_once);
/* Behind text_begin: what comes are rows. raw: what stood before the frame is
 * not known (states are CSV_ANY), and its head is kept as it comes. If no
 * border is sure within CSV_HEAD_BYTES_MAX of it, work->unsettled is set: the
 * frame is dropped, and decoded again when its turn comes. Else states are
 * those at its start, and its head is the end of the row that is open. */
#define CSV_HEAD_BYTES_MAX ((size_t)256 << 10)
void text_begin_rows(struct text_work *work, const struct csv_layout *layout,
                     bool raw, uint8_t states, uint32_t bom_left);
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
/* The same for a frame whose turn has not come, maybe: of a filter, what it
 * said stays with its piece until then. */
void text_hand_over(struct text_work *work);
/* Applies what was handed over, and frees it. */
void text_take_over(struct lane_state *state, struct piece *piece);
/* It did not: everything is dropped. */
void text_drop(struct text_work *work);

/* Another lane's part: parses the span's lines or rows, or applies its batch. */
void span_do(struct lane_state *state, struct span *span);

/* Keeps the lane's batch small: applies it (at_once) or puts it aside. */
void text_relieve(struct text_work *work);

#endif
