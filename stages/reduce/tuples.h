#ifndef SANDPIPER_STAGES_REDUCE_TUPLES_H
#define SANDPIPER_STAGES_REDUCE_TUPLES_H

#include "stages/reduce/row_key.h"

#include "pipeline/runs.h"

#include <pthread.h>

/*
 * What one account says of something that other accounts speak of too: a
 * target that it retweeted, a row of another table that it adds to. A tuple
 * goes in round one to the partition of what it is about, and in round two
 * the tuples of a partition are sorted and taken one by one.
 *
 * There are streams of tuples, each of one kind. In runs every tuple begins
 * with
 *
 *     uint32_t head     payload bytes << 4 | flags of the kind << 2 | platform
 *
 * and what stands behind it is the kind's own. While they are sorted tuples
 * are known by their first bytes and two numbers, which nearly always tell
 * them apart; the rest stays where it is.
 */
#define TUPLE_BYTES_MAX ((size_t)1 << 28)     /* what the head can say */

struct tuple {
    row_prefix prefix;        /* of what it is about */
    uint64_t second, third;   /* the kind's own */
    const uint8_t *bytes;     /* as in runs; borrowed */
};

struct tuple_kind {
    /* The tuple in these bytes, borrowing them. */
    struct tuple (*read)(const uint8_t *bytes);
    /* The order in which they are taken. */
    int (*compare)(const struct tuple *a, const struct tuple *b);
    /* By that order; spare has room for count. */
    void (*sort)(struct tuple *tuples, size_t count, struct tuple *spare);
};
enum tuple_stream { TUPLES_RETWEETS, TUPLES_SUMS, TUPLE_STREAMS };
extern const struct tuple_kind RETWEET_TUPLES, SUM_TUPLES;

static inline uint32_t tuple_head(const uint8_t *bytes)
{
    uint32_t head;
    memcpy(&head, bytes, sizeof head);
    return head;
}
/* The head of a tuple of this size, head included. */
static inline uint32_t tuple_head_of(size_t size, uint32_t flags,
                                     enum platform platform)
{
    return (uint32_t)(size - sizeof(uint32_t)) << 4 | flags << 2 |
           (uint32_t)platform;
}
/* Bytes of the tuple that begins with this head. */
static inline size_t tuple_size_of(uint32_t head)
{
    return sizeof head + (head >> 4);
}
static inline enum platform tuple_platform(const struct tuple *tuple)
{
    return (enum platform)(tuple_head(tuple->bytes) & 3);
}

/* Tuples of one partition and stream; filled by all lanes. */
struct tuple_run {
    pthread_mutex_t lock;
    struct byte_run run;
    uint64_t count;
    uint64_t largest;         /* bounds the largest tuple, in bytes */
};

/* What a lane has gathered of a stream: one slot for each partition. */
struct tuple_slots {
    uint8_t *bytes;
    uint32_t *fill;           /* bytes in each */
    uint32_t *counts;
};

/* Takes tuples in their order, borrowing them for the call; 0 or -errno. */
struct tuple_taker {
    int (*take)(struct tuple_taker *taker, const struct tuple *tuple);
};

#endif
