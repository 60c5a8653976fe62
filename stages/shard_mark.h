#ifndef SANDPIPER_STAGES_SHARD_MARK_H
#define SANDPIPER_STAGES_SHARD_MARK_H

#include "stages/checkpoint.h"
#include "stages/shard_job.h"

/*
 * Where a shard goes on in another process (struct shard_mark, checkpoint.h):
 * the oldest piece that is not stitched begins there, and everything before it
 * is in the ledger and in the tables.
 *
 * Only what is read front to back in frames, or as plain text, by lines or
 * rows, has such places. A document, a container, and standard input are
 * begun again.
 */

/* Of the shard that the lane owns (lane->job), while all lanes stand still.
 * The open line is borrowed. */
void shard_mark_take(const struct lane_state *lane, struct shard_mark *mark);
/* Puts stitch and job, which are begun, there; the feed is open at the mark.
 * False: out of memory. */
bool shard_mark_restore(struct shard_job *job, const struct shard_mark *mark);
void shard_mark_free(struct shard_mark *mark);

#endif
