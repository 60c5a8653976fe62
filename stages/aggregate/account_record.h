#ifndef SANDPIPER_STAGES_ACCOUNT_RECORD_H
#define SANDPIPER_STAGES_ACCOUNT_RECORD_H

#include "stages/aggregate/profile_registers.h"
#include "stages/aggregate/slot_table.h"

/*
 * What is kept of one account. The record itself never changes after it is
 * published in the account table, but for two words: its profile and, while no
 * batch is applied, its place in a cursor's order.
 *
 * A profile goes one way, by compare-and-swap of one pointer:
 *
 *     never observed -> compact (one observation) -> registers (the join)
 *
 * Registers are built privately from the compact profile and then published;
 * who loses that exchange goes on with the winner's. A compact profile is
 * immutable and, like everything in an arena, stays until the reset, so a
 * reader of an old pointer reads a true observation.
 *
 * Everything comes from the calling lane's arena.
 */
#define ACCOUNT_ORDER_MAX (((uint32_t)1 << 30) - 1)

struct account {
    struct slot_entry entry;
    uint64_t number;                /* of the id; or its text below */
    _Atomic uintptr_t profile;      /* 0; compact | 1; or registers */
    uint32_t platform : 2;
    uint32_t order : 30;            /* among its partition's accounts */
    uint32_t text_size;
    char text[];
};

struct account_key {
    enum platform platform;
    struct id id;
};

/* NULL: out of memory. */
struct account *account_create(const struct account_key *key, uint64_t hash,
                               struct arena *arena);
/* Borrows the record's text. */
struct id account_id(const struct account *account);
/* For the table: key is a struct account_key. */
bool account_is(const struct slot_entry *entry, const void *key);

/* Joins an observation into the profile. False: out of memory. */
bool account_observe(struct account *account, const struct observation *o,
                     struct arena *arena);
/* The profile, borrowing texts; false: never observed. No observe may run. */
bool account_profile(const struct account *account, struct profile *profile);
/* Draws the profile towards the cache, if there is one. */
void account_prefetch_profile(const struct account *account);
/* Draws its texts towards the cache; reads the profile. */
void account_prefetch_texts(const struct account *account);

#endif
