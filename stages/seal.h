#ifndef SANDPIPER_STAGES_SEAL_H
#define SANDPIPER_STAGES_SEAL_H

#include "stages/run.h"

/*
 * When the tables reach the budget, all lanes meet and write them to a
 * segment, sorted by account; the tables start empty, and are joined with the
 * segments when the accounts are read. A run that fits writes no segment.
 */
struct seal;

/* directory: where segments go, borrowed. NULL: out of memory. */
struct seal *seal_open(struct run *run, int directory);
/* Removes the segments. */
void seal_close(struct seal *seal);
/* Every lane comes. */
void seal_together(struct lane_state *state);
uint32_t seal_count(const struct seal *seal);

/* After the last apply: opens the segments and joins the dictionaries (its
 * own, borrowed until seal_close). False: the fault is up. */
bool seal_join(struct seal *seal, const struct dictionaries **names);
/* All accounts of a partition, of segments and tables; NULL with errno.
 * context is the seal; for reduce_options.open_part. */
struct part_cursor *seal_open_part(void *context, uint32_t partition);

#endif
