#ifndef SANDPIPER_STAGES_REDUCE_ID_COUNTS_H
#define SANDPIPER_STAGES_REDUCE_ID_COUNTS_H

#include "stages/units.h"

/*
 * How often each of some ids occurs. A rank of a dictionary counts as an id
 * that is a number. Keys that are texts borrow their bytes until id_counts_clear.
 *
 * Owns its memory. The table's seed is random, so that nobody can choose ids
 * that collide; it is invisible, since the order of entries is that of arrival
 * and results depend on neither.
 * One thread; id_counts_add takes constant time on average.
 */
struct id_count {
    struct id key;
    uint64_t count;
    uint64_t hash;
};

struct id_counts {
    struct id_count *entries; /* in order of arrival */
    uint32_t *slots;             /* of mask + 1; entry + 1, 0 is empty */
    size_t count, capacity;
    size_t mask;                 /* slots in use - 1; 0: none yet */
    size_t slots_allocated;
    uint64_t seed;
};

void id_counts_init(struct id_counts *tally);
void id_counts_free(struct id_counts *tally);
/* Forgets all keys; gives memory back that an unusual account needed. */
void id_counts_clear(struct id_counts *tally);
/* 0 or -ENOMEM (beyond 2^32 - 2 keys, too). */
int id_counts_add(struct id_counts *tally, struct id key, uint64_t times);
/* The most frequent key (ties: the least by compare, which must tell all
 * apart); NULL when there is none. */
const struct id_count *id_counts_top(const struct id_counts *tally,
                                    int (*compare)(struct id, struct id));

#endif
