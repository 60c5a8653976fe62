#ifndef SANDPIPER_STAGES_REDUCE_TABLE_SUMS_H
#define SANDPIPER_STAGES_REDUCE_TABLE_SUMS_H

#include "stages/reduce/reduce.h"
#include "stages/reduce/tuples.h"

/*
 * Rows of the tables beside accounts are sums over accounts. What an account,
 * or a lane, adds to a row is a tuple; tuples of the same key are added up in
 * round two, in any order and grouping.
 *
 * Behind the head of a tuple:
 *
 *     uint8_t table
 *     varint size, text          of the label: hashtag, client...
 *     varint day                 zigzag; tables that have one
 *     varint first, last-first   zigzag; tables that have them
 *     varint for each count
 *
 * They are sorted by table, platform, text and day: by the order of rows, so
 * that what is added up is the table.
 */
enum sum_count {
    /* of labels: clients, languages, hashtags, domains */
    SUM_POSTS = 0,
    SUM_ACCOUNTS = 1,
    SUM_DAY_ACCOUNTS = 2,        /* hashtags: of the day at hand alone */
    SUM_LABEL_COUNTS = 2,
    SUM_HASHTAG_COUNTS = 3,
    /* of days */
    SUM_KINDS = 1,               /* by enum post_kind */
    SUM_ACTIVE = SUM_KINDS + POST_KINDS,
    SUM_CREATED,
    SUM_DELETES,
    SUM_DAY_COUNTS,
    /* of created */
    SUM_CREATED_COUNTS = 2,
    SUM_COUNTS_MAX = SUM_DAY_COUNTS
};

/* Days by hashtag stand under hashtags: day 0 where they are not asked for. */
struct sum_key {
    enum table_id table;
    enum platform platform;
    int64_t day;                 /* 0 where the table has none */
    struct text text;
};
struct sum {
    int64_t first, last;         /* ms; tables that have none: 0 */
    uint64_t counts[SUM_COUNTS_MAX];
};

/* With fixed seeds, so that partitions never depend on the run: of the label,
 * or of the day in the tables of days. */
uint64_t sum_key_hash(const struct sum_key *key);
/* Bytes that are enough for the tuple; 0: more than there may be. */
size_t sum_tuple_bytes_max(const struct sum_key *key);
void sum_tuple_write(uint8_t *to, const struct sum_key *key,
                     const struct sum *sum);
/* Borrows the tuple's bytes. */
void sum_tuple_read(const struct tuple *tuple, struct sum_key *key,
                    struct sum *sum);

void sum_add(struct sum *into, const struct sum *from);

#endif
