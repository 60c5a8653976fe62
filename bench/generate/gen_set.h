/*
 * gen_set: which numbers were seen.
 *
 * Open addressing, doubling at half full; keys are not 0. An empty set is all
 * zero bytes; gen_set_free gives back what it owns. One thread.
 */
#ifndef GEN_SET_H
#define GEN_SET_H

#include <stdint.h>

struct gen_set {
    uint64_t *keys;
    uint32_t room, count;
};

/* 1: it is new; 0: it was there; or -ENOMEM. */
int gen_set_add(struct gen_set *set, uint64_t key);
void gen_set_clear(struct gen_set *set);
void gen_set_free(struct gen_set *set);

#endif
