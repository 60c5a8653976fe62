#ifndef SANDPIPER_STAGES_REDUCE_TALLY_H
#define SANDPIPER_STAGES_REDUCE_TALLY_H

#include "stages/units.h"

/*
 * How often each of some ids occurs. A rank of a dictionary counts as an id
 * that is a number. Keys that are texts borrow their bytes until tally_clear.
 *
 * Owns its memory. The table's seed is random, so that nobody can choose ids
 * that collide; it is invisible, since the order of entries is that of arrival
 * and results depend on neither.
 * One thread; tally_add takes constant time on average.
 */
struct tally_entry {
    struct id key;
    uint64_t count;
    uint64_t hash;
};

struct tally {
    struct tally_entry *entries; /* in order of arrival */
    uint32_t *slots;             /* of mask + 1; entry + 1, 0 is empty */
    size_t count, capacity;
    size_t mask;                 /* slots in use - 1; 0: none yet */
    size_t slots_allocated;
    uint64_t seed;
};

void tally_init(struct tally *tally);
void tally_free(struct tally *tally);
/* Forgets all keys; gives memory back that an unusual account needed. */
void tally_clear(struct tally *tally);
/* 0 or -ENOMEM (beyond 2^32 - 2 keys, too). */
int tally_add(struct tally *tally, struct id key, uint64_t times);
/* The most frequent key (ties: the least by compare, which must tell all
 * apart); NULL when there is none. */
const struct tally_entry *tally_top(const struct tally *tally,
                                    int (*compare)(struct id, struct id));

#endif
