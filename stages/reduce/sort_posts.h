#ifndef SANDPIPER_STAGES_REDUCE_SORT_POSTS_H
#define SANDPIPER_STAGES_REDUCE_SORT_POSTS_H

#include "pipeline/room.h"
#include "stages/reduce/survivor.h"

/*
 * From every copy of one account's posts, in any order, to its posts: sorted
 * by (time, id), each once; likewise its deletions. In place, and the same
 * whatever the order the copies come in.
 *
 * Copies of a post may carry different times (an id that is no snowflake
 * gives none), so they are found by id first. Of equal (account, post id) the
 * copy with the greatest hash of its canonical JSON stays (survivor.h); a
 * post of which a dropped copy has another hash is conflicting. (Posts are
 * counted and not copies: after a resume a copy may be there more often than
 * it was read from a shard.)
 *
 * O(n log n) at worst, n comparisons when sorted already; memory (charged to
 * the budget, kept for the next account unless it is large): 48 bytes a copy.
 * A sorter belongs to one thread.
 */
struct sorter {
    struct memory *memory;
    struct room room;
    char *json;                          /* of a copy */
    size_t json_capacity;
};
void sorter_init(struct sorter *sorter, struct memory *memory);
void sorter_free(struct sorter *sorter);

struct sorted_posts {
    size_t count;                        /* facts[0, count) are the posts */
    uint64_t duplicates;                 /* copies dropped */
    uint64_t conflicting;                /* posts of which copies differ */
    /* Of the first and the last post that carry the count, in the order of
     * posts. COUNT_NONE: none does. */
    int64_t statuses_first, statuses_last;
};
/* 0 or -ENOMEM. What lies behind the posts is in no order. context: whose
 * facts they are. */
int sort_posts(struct sorter *sorter, const struct copy_context *context,
               struct fact *facts, size_t count, struct sorted_posts *out);

/* Distinct by post id, in the order of ids, each with its least known time;
 * *kept of them. 0 or -ENOMEM. */
int sort_deletions(struct sorter *sorter, struct deletion *deletions,
                   size_t count, size_t *kept);

#endif
