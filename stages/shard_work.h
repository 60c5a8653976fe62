#ifndef SANDPIPER_STAGES_SHARD_WORK_H
#define SANDPIPER_STAGES_SHARD_WORK_H

#include "stages/run.h"

/*
 * One shard, from opening to its line in the ledger, on the lane that claimed
 * it (its owner). False: the run cannot go on, the fault is up.
 */
bool shard_do(struct lane_state *state, uint32_t shard);

#endif
