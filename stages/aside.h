#ifndef SANDPIPER_STAGES_ASIDE_H
#define SANDPIPER_STAGES_ASIDE_H

#include "pipeline/runs.h"
#include "stages/units.h"

/*
 * What a frame says, put aside until the frame ended well: whole batches, in
 * their order. The first ASIDE_KEPT of them stay as they are, in memory that
 * is charged to the budget and used again for the next frame: for most frames
 * that is all, and nothing is copied. The others go to a run, which may spill.
 *
 * It belongs to one lane.
 */
#define ASIDE_KEPT 16

struct aside {
    struct memory *memory;
    struct batch kept[ASIDE_KEPT];
    uint32_t kept_count;
    uint64_t kept_bytes;         /* charged */
    struct byte_run run;
    uint64_t run_batches;
    /* Reading: */
    uint32_t kept_taken;
    struct run_reader reader;
    bool reading;
};

void aside_init(struct aside *aside, struct memory *memory,
                struct run_store *store);
void aside_free(struct aside *aside);

/* Takes over what the batch holds and leaves an empty one, perhaps with room.
 * 0 or -errno: then what was put aside is lost. */
int aside_put(struct aside *aside, struct batch *batch);
static inline bool aside_empty(const struct aside *aside)
{
    return aside->kept_count == 0 && aside->run_batches == 0;
}
/* Gives the next batch, in exchange for batch, whose room is used again: 1;
 * 0: there is none left; -errno. */
int aside_next(struct aside *aside, struct batch *batch);
/* Forgets what is left. */
void aside_drop(struct aside *aside);

#endif
