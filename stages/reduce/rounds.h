#ifndef SANDPIPER_STAGES_REDUCE_ROUNDS_H
#define SANDPIPER_STAGES_REDUCE_ROUNDS_H

#include "pipeline/runs.h"
#include "stages/reduce/reduce.h"
#include "stages/reduce/row_key.h"
#include "stages/reduce/sort_posts.h"
#include "stages/reduce/tuples.h"

#include <pthread.h>
#include <stdatomic.h>

/*
 * What the files of the rounds share; nobody else includes this.
 *
 *   round one:  accounts --> rows[p]  (the lane that claimed p)
 *                       \--> tuples[target's partition]  (any lane)
 *   round two:  tuples[p] sorted --> received[p]
 *   merge:      rows[0..P), received[0..P) --> sinks
 *
 * Records in runs never leave the process: native integers, copied in and out.
 */

/* A row: the head, the id, and for each format and each range that is known
 * in round one a uint32_t size and that many bytes of text. */
struct row_head {
    uint64_t bytes;          /* behind the head */
    uint32_t id_bytes;
    uint32_t platform;
};

/* What a target received: the head and the id. */
struct received_head {
    uint64_t retweets, retweeters;
    uint32_t id_bytes;
    uint32_t platform;
};

/* Retweets of accounts of one partition; filled by all lanes. */
struct tuple_run {
    pthread_mutex_t lock;
    struct byte_run run;
    uint64_t count;
    uint64_t largest;        /* bytes of the largest tuple */
};

/* Columns next to each other that are known in the same round. */
struct column_range {
    uint32_t first, last;
    bool round_two;
};

struct reduce_lane {
    struct reduce_counts counts;
    struct sorter sorter;
    struct feature_scratch *scratch;
    struct value *row;
    uint8_t *record;         /* the row being built */
    size_t record_capacity;
    uint8_t *tuple_slots;    /* one for each partition */
    uint32_t *tuple_fill;    /* bytes in each */
    uint32_t *tuple_counts;
};

struct reduce {
    struct reduce_options options;
    struct run_store store;
    struct column_range *ranges;
    uint32_t range_count;
    uint32_t retweets_column, retweeters_column;
    uint64_t sort_bytes;
    size_t slot_bytes;
    struct reduce_lane *lanes;
    struct byte_run *rows, *received;           /* one for each partition */
    struct tuple_run *tuples;
    /* Relaxed: only who gets which number matters; the meeting of the lanes
     * between the rounds orders everything else. */
    _Atomic uint32_t claimed_one, claimed_two;
};

/* Raises the fault that a -errno stands for. */
void reduce_fail(struct reduce *reduce, int status, const char *doing);
/* The next unclaimed partition; false at the end or after a fault. */
bool reduce_claim(struct reduce *reduce, _Atomic uint32_t *claimed,
                  uint32_t *partition);

/* Adds one retweet of target by account; 0 or -errno. */
int tuples_add(struct reduce *reduce, struct reduce_lane *lane,
               enum platform platform, struct id target, struct id account);
/* Hands over what waits in the lane's slots. */
int tuples_flush(struct reduce *reduce, struct reduce_lane *lane);

#endif
