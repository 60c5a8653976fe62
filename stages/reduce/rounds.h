#ifndef SANDPIPER_STAGES_REDUCE_ROUNDS_H
#define SANDPIPER_STAGES_REDUCE_ROUNDS_H

#include "pipeline/runs.h"
#include "stages/reduce/reduce.h"
#include "stages/reduce/row_key.h"
#include "stages/reduce/sort_posts.h"
#include "stages/reduce/tuples.h"

#include <stdatomic.h>

/*
 * What the files of the rounds share; nobody else includes this.
 *
 *   round one:  accounts --> rows[ROWS_ACCOUNTS][p]    (the lane that
 *                      |---> rows[ROWS_POSTS][p]        claimed p)
 *                      |---> tuples[RETWEETS][target's partition] (any lane)
 *                      \---> tuples[SUMS][label's partition]      (any lane)
 *   round two:  tuples[RETWEETS][p] sorted --> received[p]
 *               tuples[SUMS][p] sorted --> rows[ROWS_TABLES][p]
 *                                      \-> rows[ROWS_TAG_DAYS][p]
 *   merge:      rows[...][0..P), received[0..P) --> sinks
 *
 * Records in runs never leave the process: native integers, copied in and out.
 */

/*
 * A record of rows: the head, the id, and for each format and each range that
 * is known in round one a uint32_t size and that many bytes of text. The id
 * is the account's, the label's, or a day's (row_day_id). Records of the
 * days of a hashtag hold struct tag_day instead of text.
 */
struct row_head {
    uint64_t bytes;          /* behind the head */
    uint32_t id_bytes;
    uint32_t place;          /* row_place */
    uint64_t numbers[2];     /* by table, below */
};
enum row_number {
    ROW_RETWEETS = 0,        /* accounts */
    ROW_CORE_RETWEETS = 1,   /* likewise; UINT64_MAX: not known */
    ROW_COUNT = 0,           /* posts: how many rows */
    ROW_TAG_POSTS = 0,       /* hashtag_days: of the hashtag in all */
    ROW_TAG_FIRST = 1,       /* likewise: 1 in its first record */
};
static inline uint32_t row_place(enum table_id table, enum platform platform)
{
    return (uint32_t)table << 2 | (uint32_t)platform;
}

struct tag_day {
    int64_t day;
    uint64_t posts, accounts;
};
/* Hashtags whose days are written. */
#define TAGS_MAX 1000

/* What a target received: the head and the id. */
struct received_head {
    uint64_t retweets, retweeters;
    uint32_t id_bytes;
    uint32_t platform;
};

/* Which runs hold the records of a table. */
enum row_runs {
    ROWS_ACCOUNTS,
    ROWS_POSTS,
    ROWS_TABLES,             /* all tables of sums, one after the other */
    ROWS_TAG_DAYS,
    ROW_RUNS
};

/* Columns next to each other that are known in the same round. */
struct column_range {
    uint32_t first, last;
    bool round_two;
};

/* The posts of the hashtags of a partition that may be among the first
 * TAGS_MAX, in no order. */
struct tag_tops {
    uint64_t *posts;
    uint32_t count;
};

/* Memory that a lane's sorts take again and again. */
struct sort_room {
    void *base;
    size_t bytes;
};

/* Rows as text, gathered in one format. */
struct row_buffer {
    char *bytes;
    size_t size, capacity;
};

struct table_lane;
struct row_merge;

struct reduce_lane {
    struct reduce_counts counts;
    uint64_t retweets, core_retweets;     /* of all rows, for core_lift */
    struct sorter sorter;
    struct feature_scratch *scratch;
    struct value *row;
    uint8_t *record;         /* being built */
    size_t record_fill, record_capacity;
    struct tuple_slots slots[TUPLE_STREAMS];
    uint8_t *tuple;          /* being built */
    size_t tuple_capacity;
    struct sort_room sort_bytes, sort_tuples;
    struct table_lane *tables;
    struct row_buffer buffers[REDUCE_FORMATS_MAX];   /* posts */
    char *joined;            /* hashtags of a post */
    size_t joined_capacity;
};

struct reduce {
    struct reduce_options options;
    struct run_store store;
    struct column_range *ranges;
    uint32_t range_count;
    uint32_t retweets_column, core_retweets_column;
    uint32_t received_column, retweeters_column, lift_column;
    uint64_t sort_bytes;
    size_t slot_bytes;
    struct reduce_lane *lanes;
    struct byte_run *rows[ROW_RUNS];            /* one for each partition */
    struct byte_run *received;
    struct tuple_run *tuples[TUPLE_STREAMS];
    struct tag_tops *tag_tops;
    struct row_merge *table_merge;   /* of ROWS_TABLES, between tables */
    uint64_t table_rows[TABLE_COUNT];           /* merged */
    /* Relaxed: only who gets which number matters; the meeting of the lanes
     * between the rounds orders everything else. */
    _Atomic uint32_t claimed_one, claimed_two;
};

static inline bool reduce_wants(const struct reduce *reduce,
                                enum table_id table)
{
    return reduce->options.tables & TABLE_BIT(table);
}
/* Raises the fault that a -errno stands for. */
void reduce_fail(struct reduce *reduce, int status, const char *doing);
/* The next unclaimed partition; false at the end or after a fault. */
bool reduce_claim(struct reduce *reduce, _Atomic uint32_t *claimed,
                  uint32_t *partition);

/* ---- tuples.c, tuple_sort.c --------------------------------------------- */

bool tuple_slots_create(struct reduce *reduce, struct tuple_slots *slots);
void tuple_slots_destroy(struct reduce *reduce, struct tuple_slots *slots);
/* Where the next tuple of the lane is written; NULL: out of memory. */
uint8_t *tuple_room(struct reduce_lane *lane, size_t size);
/* Adds the tuple that stands in the lane's room; the hash is of what it is
 * about. 0 or -errno. */
int tuple_add(struct reduce *reduce, struct reduce_lane *lane,
              enum tuple_stream stream, uint64_t hash);
/* Hands over what waits in the lane's slots. */
int tuples_flush(struct reduce *reduce, struct reduce_lane *lane);
/* Gives the tuples of a partition in their order, and empties it. */
int tuples_take(struct reduce *reduce, struct reduce_lane *lane,
                enum tuple_stream stream, uint32_t partition,
                struct tuple_taker *taker);
/* Gives back what the lane's sorts took. */
void sort_rooms_free(struct reduce *reduce, struct reduce_lane *lane);

/* ---- row_record.c: one record at a time, in the lane's room -------------- */

/* 0 or -ENOMEM. */
int record_begin(struct reduce_lane *lane, uint32_t place, struct text id);
int record_add(struct reduce_lane *lane, const void *bytes, size_t size);
/* The size, then the bytes. */
int record_piece(struct reduce_lane *lane, struct text piece);
int record_end(struct reduce_lane *lane, uint64_t first, uint64_t second,
               struct byte_run *run);
/* A row of a table beside accounts, in every format. 0 or -errno. */
int record_row(struct reduce *reduce, uint32_t lane, enum table_id table,
               enum platform platform, struct text id, const struct value *row,
               struct byte_run *run);

/* ---- tables beside accounts ---------------------------------------------- */

/* What lanes gather in round one (table_collect.c). */
bool table_lane_create(struct reduce *reduce, struct reduce_lane *lane);
void table_lane_destroy(struct reduce *reduce, struct reduce_lane *lane);
/* An account, sorted as for features, perhaps without posts. 0 or -errno. */
int table_collect(struct reduce *reduce, struct reduce_lane *lane,
                  const struct account_view *view);
/* At the end of the round. */
int table_collect_end(struct reduce *reduce, struct reduce_lane *lane);
/* Its posts (table_posts.c). */
int table_posts(struct reduce *reduce, uint32_t lane,
                const struct account_view *view, struct byte_run *run);
/* Sums of a partition become rows (table_rows.c). */
int table_rows_make(struct reduce *reduce, uint32_t lane, uint32_t partition);

#endif
