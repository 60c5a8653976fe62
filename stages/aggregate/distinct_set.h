#ifndef SANDPIPER_STAGES_DISTINCT_SET_H
#define SANDPIPER_STAGES_DISTINCT_SET_H

#include "pipeline/memory.h"
#include "stages/units.h"

/*
 * How many distinct values an account showed, filled by any number of threads
 * without waiting: the first hash inline, seven more in a block made for the
 * second, HyperLogLog made for the ninth (struct distinct of units.h has the
 * definition). Most sets hold one value, so a set is two words.
 *
 * Hashes are only added, each to the first free place of one fixed order, so
 * a value stands in the exact part at most once. The registers are made only
 * when all eight places are taken, which is final, and start with these eight:
 * no race can lose a value.
 *
 * Zeroed memory is an empty set. Blocks come from an arena that must live as
 * long as the set.
 */
struct distinct_more;
struct distinct_set {
    _Atomic uint64_t first;
    _Atomic(struct distinct_more *) more;
};

/* False: out of memory. */
bool distinct_set_add(struct distinct_set *set, uint64_t hash,
                      struct arena *arena);
/* No add may run. The registers of the result are borrowed from the set. */
void distinct_set_read(const struct distinct_set *set, struct distinct *out);

/* Raises the register of the hash in HLL_REGISTERS plain bytes. */
void hll_add(uint8_t *registers, uint64_t hash);
uint32_t hll_index(uint64_t hash);
uint8_t hll_rank(uint64_t hash);

#endif
