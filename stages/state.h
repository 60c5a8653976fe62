#ifndef SANDPIPER_STAGES_STATE_H
#define SANDPIPER_STAGES_STATE_H

#include "pipeline/statedir.h"
#include "stages/checkpoint.h"

/*
 * The state of a run: its directory, and what the last checkpoint in it says.
 *
 *   state_open     locks the directory and reads the checkpoint
 *   state_match    is this run the one that the state is of? then the list of
 *                  shards becomes that of both
 *   state_begin    gives ledgers, marks and handles to the run
 *   state_commit   in a seal: makes what is known now durable
 *
 * A state is of one list of shards, one version of the program, and one set of
 * parameters; anything else is refused, unless more shards are added, or the
 * user begins anew.
 *
 * Functions that return false have raised the fault.
 */
struct state;

enum state_use {
    STATE_RUN,         /* the same shards again */
    STATE_ADD,         /* these shards too */
    STATE_RESTART,     /* whatever was there is removed */
    STATE_REDUCE,      /* nothing is read; several at once */
};

/* NULL: the fault is up. The path is borrowed until state_close. */
struct state *state_open(const char *path, enum state_use use,
                         struct memory *memory, struct fault *fault);
void state_close(struct state *state);
/* Removes it all, and closes. */
void state_discard(struct state *state);
const char *state_path(const struct state *state);

/* What a run is asked for; borrowed until state_close. */
struct state_request {
    struct shards *shards;
    struct reading reading;
    const char *asked;                 /* all parameters, as JSON */
    struct handle_watch *watch;
};
/* For STATE_REDUCE the shards are those of the state. May read standard
 * input only in a state of its own. */
bool state_match(struct state *state, const struct state_request *request);
/* What it was read with; after state_match. */
const struct reading *state_reading(const struct state *state);
/* Every shard is read already. */
bool state_finished(const struct state *state);
/* There was a checkpoint: copies may be there more often than they were
 * read. */
bool state_resumed(const struct state *state);
/* Shards that are read, and bytes of shards that need not be read again. */
uint64_t state_shards_done(const struct state *state);
uint64_t state_bytes_done(const struct state *state);

/* Once; the run is open. */
bool state_begin(struct state *state, struct run *run);
const struct checkpoint_segment *state_segments(const struct state *state,
                                                size_t *count);
int state_directory(const struct state *state);
/* No lane applies anything. */
bool state_commit(struct state *state, const struct run *run,
                  const struct checkpoint_segment *segments, size_t count);

#endif
