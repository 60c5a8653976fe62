#ifndef SANDPIPER_STAGES_REDUCE_MERGE_ROWS_H
#define SANDPIPER_STAGES_REDUCE_MERGE_ROWS_H

#include "pipeline/heap.h"
#include "stages/reduce/rounds.h"

/*
 * The records of all partitions in the order of rows: by place (table and
 * platform), then by the bytes of the id. Records of one id are of one
 * partition, and come one after the other. One thread.
 */
struct row_source {
    struct run_reader reader;
    struct row_head head;
    struct row_key key;
    const uint8_t *pieces;       /* behind the id; until the next step */
};

struct row_merge {
    struct reduce *reduce;
    enum row_runs runs;
    struct row_source *sources;  /* one for each partition */
    struct heap heap;            /* of those that are not at their end */
};

/* Stands at the first record. NULL: a fault was raised. */
struct row_merge *merge_open(struct reduce *reduce, enum row_runs runs);
/* The source whose record comes next; NULL: the end. */
static inline struct row_source *merge_top(const struct row_merge *merge)
{
    return merge->heap.count ? &merge->sources[merge->heap.items[0]] : NULL;
}
/* Goes to the next record. False: a fault was raised. */
bool merge_step(struct row_merge *merge);
/* Gives the runs back too. May be NULL. */
void merge_close(struct row_merge *merge);

#endif
