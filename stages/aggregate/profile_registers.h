#ifndef SANDPIPER_STAGES_PROFILE_REGISTERS_H
#define SANDPIPER_STAGES_PROFILE_REGISTERS_H

#include "stages/aggregate/distinct_set.h"
#include "stages/aggregate/register_cell.h"

/*
 * All registers of one account's profile, raised by any number of threads.
 * Zeroed memory is the profile of an account never seen. 464 bytes at most;
 * texts and distinct sets stand outside.
 *
 * Everything is kept so that the greatest wins and 0 is "never": a least as
 * its complement, a count plus 1, a flag as (when << 1 | value), created_at
 * as its complement with a bit above it if the observation has a time.
 *
 * An observation without a time ranks behind every timed one: it fills only
 * registers that no timed observation fills, does not move first_observed and
 * last_observed, and adds nothing to distinct sets. A snapshot fills last
 * values, created_at and distinct sets. Times beyond TIME_LIMIT count as none.
 */
#define TIME_LIMIT ((int64_t)1 << 58)

struct count_cells {
    union register_cell first, last;
    _Atomic uint64_t least, greatest;
};

struct profile_registers {
    union register_cell texts[PROFILE_TEXTS];
    struct count_cells counts[PROFILE_COUNTS];
    _Atomic uint64_t created_at, first_observed, last_observed;
    _Atomic uint64_t engagement[ENGAGEMENTS];
    _Atomic uint64_t flags[PROFILE_FLAGS];
    struct distinct_set distincts[PROFILE_DISTINCTS];
};

static inline bool time_known(int64_t time)
{
    return time > -TIME_LIMIT && time < TIME_LIMIT;
}

/* when_last and when_first (units.h), extended to observations without a
 * time: below, or above, those of every time, and never 0. */
uint64_t observation_when_last(const struct observation *o);
uint64_t observation_when_first(const struct observation *o);

/* Joins what was seen. blocks[i], if not 0, is a text block of texts[i] that
 * lives as long as the registers; blocks may be NULL. False: out of memory. */
bool profile_registers_observe(struct profile_registers *registers,
                               const struct observation *o,
                               const uint64_t blocks[PROFILE_TEXTS],
                               struct arena *arena);
/* No observe may run. The profile borrows from the registers. */
void profile_registers_read(const struct profile_registers *registers,
                            struct profile *profile);
void profile_registers_prefetch(const struct profile_registers *registers);

#endif
