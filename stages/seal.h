#ifndef SANDPIPER_STAGES_SEAL_H
#define SANDPIPER_STAGES_SEAL_H

#include "stages/run.h"

/*
 * Sealing: all lanes meet and write the tables to a segment, sorted by
 * account; the tables start empty, and are joined with the segments when the
 * accounts are read.
 *
 * Without a state (state.h) this happens when the tables reach the budget, and
 * segments are temporary files of the run. With one it happens besides every
 * COMMIT_NS or COMMIT_BYTES, and when the last shard is read; each time the
 * state is told, and is durable then. What the last seal wrote also stays in
 * the tables, and is read from there.
 *
 * Segments are merged when there are SEGMENTS_OF_A_LEVEL of one level, to one
 * of the next: so that reading them takes a bounded number of cursors, and
 * each account is written again only once for each level.
 */
#define COMMIT_NS UINT64_C(30000000000)
#define COMMIT_BYTES ((uint64_t)1 << 30)
#define SEGMENTS_OF_A_LEVEL 8u
#define SEGMENTS_MAX 256u
/* More than ever are left behind; a state that has more is damaged. */
#define SEGMENTS_KEPT_MAX (SEGMENTS_MAX / 2)

struct checkpoint_segment;
struct seal;

/* directory: where segments go, borrowed. The segments given are there
 * already. NULL: out of memory. */
struct seal *seal_open(struct run *run, int directory,
                       const struct checkpoint_segment *segments,
                       size_t count);
/* Removes the segments, unless they belong to a state. */
void seal_close(struct seal *seal);
/* Whether it is time to commit, at this moment (profile_now). Any lane. */
bool seal_is_due(const struct seal *seal, uint64_t now_ns);
/* Every lane comes. */
void seal_together(struct lane_state *state);
/* How often tables were sealed to make room, in this process. */
uint32_t seal_count(const struct seal *seal);
/* Those that hold what was sealed; borrowed until the next seal. */
const struct checkpoint_segment *seal_segments(const struct seal *seal,
                                               size_t *count);

/* After the last apply: opens the segments and joins the dictionaries (its
 * own, borrowed until seal_close). False: the fault is up. */
bool seal_join(struct seal *seal, const struct dictionaries **names);
/* All accounts of a partition, of segments and tables; NULL with errno.
 * context is the seal; for reduce_options.open_part. */
struct part_cursor *seal_open_part(void *context, uint32_t partition);

#endif
