#ifndef SANDPIPER_STAGES_REDUCE_CORE_SET_H
#define SANDPIPER_STAGES_REDUCE_CORE_SET_H

#include "stages/units.h"

/*
 * The accounts of a list (--core): ids of any platform, accounts of one
 * platform that a handle stands for, and handles that nobody was seen under.
 * An id that stands for an account and is in the list as well is one account.
 *
 * Owns its memory. It is filled by one thread; then all may ask. Slots are
 * found by a hash with a random seed, which shows nowhere.
 */
struct core_entry {
    struct id id;            /* its text is owned */
    uint8_t platforms;       /* a bit for each */
};
struct core_set {
    struct core_entry *entries;
    uint32_t *slots;         /* of mask + 1; entry + 1, 0 is empty */
    size_t count, capacity, mask;
    uint64_t unseen;
    uint64_t seed;
};

void core_set_init(struct core_set *set);
void core_set_free(struct core_set *set);
/* An id of any platform, or an account of one; 0 or -ENOMEM. */
int core_set_add_id(struct core_set *set, struct id id);
int core_set_add_account(struct core_set *set, enum platform platform,
                         struct id id);
/* A handle that nobody was seen under: it only makes the core larger. */
void core_set_add_unseen(struct core_set *set);

bool core_set_has(const struct core_set *set, enum platform platform,
                  struct id id);
/* Distinct accounts of the list. */
uint64_t core_set_size(const struct core_set *set);

/*
 * core_share / (the core's share of all retweets in the run), of an account
 * with this many retweets, core_retweets of them of core accounts. Null, and
 * not to be asked, where retweets or run_core_retweets is 0.
 */
double core_lift(uint64_t core_retweets, uint64_t retweets,
                 uint64_t run_core_retweets, uint64_t run_retweets);

#endif
