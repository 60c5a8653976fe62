#ifndef SANDPIPER_STAGES_FRAME_WORK_H
#define SANDPIPER_STAGES_FRAME_WORK_H

#include "stages/document_work.h"

/*
 * One frame: decoded in steps, each step's text parsed while it is in the
 * cache. The same for a frame read from its shard and for one that was
 * gathered and handed over.
 */

/* A whole compressed frame handed from a shard's owner to any lane. */
struct frame_task {
    struct stitch *stitch;
    struct piece *piece;
    struct item item;
    size_t size;
    uint8_t bytes[];
};
/* Larger frames are decoded where they are read, and their text shared. */
#define FRAME_TASK_BYTES_MAX ((size_t)8 << 20)

/* Decodes the frame that starts at the feed's position; fills the piece.
 * in_order: all text before it is stitched. False: an I/O error, the fault is
 * up. */
bool frame_do(struct lane_state *state, struct feed *feed,
              const struct item *item, struct stitch *stitch,
              struct piece *piece, bool in_order);
/* The same in a document shard. */
bool frame_do_document(struct lane_state *state, struct document_work *work,
                       struct feed *feed, const struct item *item,
                       struct piece *piece);

/* Does a frame that was handed over, completes its piece, and frees the task;
 * or lets the piece wait with it (stitch.h). */
void frame_task_do(struct lane_state *state, struct frame_task *task);
/* Does the frame that waits in this piece, and is next to be stitched. False:
 * an I/O error, the fault is up. */
bool frame_task_redo(struct lane_state *state, struct piece *piece);
void frame_task_free(struct run *run, struct frame_task *task);

#endif
