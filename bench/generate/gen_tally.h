/*
 * gen_tally: how often each number was seen.
 *
 * Open addressing, doubling at half full; keys are never 0 inside (a key is
 * stored plus one). An empty tally is all zero bytes; gen_tally_free gives
 * back what it owns. One thread.
 */
#ifndef GEN_TALLY_H
#define GEN_TALLY_H

#include <stdint.h>

struct gen_tally_entry {
    uint32_t key, count;
};

struct gen_tally {
    struct gen_tally_entry *entries;
    uint32_t room, distinct;
};

/* 0, or -ENOMEM. The greatest key is UINT32_MAX - 1. */
int gen_tally_add(struct gen_tally *tally, uint32_t key);
void gen_tally_free(struct gen_tally *tally);

#endif
