#ifndef SANDPIPER_STAGES_HOLD_H
#define SANDPIPER_STAGES_HOLD_H

#include "stages/run.h"

/*
 * Members of a packed container (a tar in gzip, a zstd file in a zip) say
 * nothing that is sure before the frame around them ended well. A hold keeps
 * what they said until then, in a run that may spill: while a lane has one,
 * run_apply puts batches there. It belongs to the lane's shard.
 */
struct hold {
    struct lane_state *state;
    struct byte_run kept;
    uint64_t batches;
    uint64_t whole;       /* batches of members that ended */
};

void hold_begin(struct hold *hold, struct lane_state *state);
/* False: the fault is up. */
bool hold_keep(struct hold *hold, const struct batch *batch);
/* All that was kept so far is of members that ended. */
void hold_member_end(struct hold *hold);
/* The frame around ended well: applies what members that ended said. */
bool hold_settle(struct hold *hold);
/* Drops what is left, and takes the hold from the lane. */
void hold_end(struct hold *hold);

#endif
