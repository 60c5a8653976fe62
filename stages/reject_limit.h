#ifndef SANDPIPER_STAGES_REJECT_LIMIT_H
#define SANDPIPER_STAGES_REJECT_LIMIT_H

#include "stages/run.h"

/*
 * --max-rejects: how much may be rejected before a run publishes nothing. It
 * is looked at when every shard was read, so that the answer depends on the
 * shards alone, and all reasons are told at once.
 */

/* False: more was rejected than the limit allows; counts by reason and the
 * first reject are on standard error, the fault is up. */
bool rejects_within(const struct run *run, const struct reject_limit *limit);
/* Rejected frames, and for each reason the greater of rejected lines and
 * records: a line that is one record stands in both columns. */
uint64_t rejects_counted(const struct shard_ledger *ledger);
/* Whether so many rejects of so many lines are more than it allows. */
bool reject_limit_exceeded(const struct reject_limit *limit, uint64_t rejects,
                           uint64_t lines);

#endif
