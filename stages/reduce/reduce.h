#ifndef SANDPIPER_STAGES_REDUCE_H
#define SANDPIPER_STAGES_REDUCE_H

#include "pipeline/fault.h"
#include "pipeline/memory.h"
#include "stages/account_set.h"
#include "stages/pseudonym.h"
#include "stages/units.h"

/*
 * The face of the reduce stage: from accounts with their profile and facts to
 * one row of values an account, and the tables beside them (docs/TABLES.md).
 *
 * Round one, by account: sort the facts by (time, id), drop duplicates, run
 * the feature functions, each a plain sequential function over the sorted
 * posts, and give tuples: (target account, retweeter), and what the account
 * adds to a row of another table. Round two, by what a tuple is about: sort
 * the tuples, add them up; columns that come of it are filled in when rows
 * are merged. Every number is an integer until a column is written.
 */

/* What may be written, in this order. */
enum table_id {
    TABLE_ACCOUNTS,
    TABLE_DAYS,
    TABLE_HASHTAGS,
    TABLE_HASHTAG_DAYS,
    TABLE_CLIENTS,
    TABLE_LANGUAGES,
    TABLE_DOMAINS,
    TABLE_CREATED,
    TABLE_POSTS,
    TABLE_COUNT
};
extern const struct table TABLES[TABLE_COUNT];
/* Sets of tables. */
#define TABLE_BIT(table) (1u << (table))
#define TABLES_ALL (TABLE_BIT(TABLE_COUNT) - 1)
#define TABLES_USUAL (TABLES_ALL & ~TABLE_BIT(TABLE_POSTS))

/* Those of accounts, in the order of the output. */
extern const struct column COLUMNS[];
extern const uint32_t COLUMN_COUNT;

struct local_time;                   /* stages/reduce/local_time.h */
struct feature_options {
    int32_t utc_offset_minutes;      /* of the local columns, -1439..1439 */
    const struct local_time *zone;   /* instead of the offset; or NULL */
};

/* The result of dedup and the counts the ledger needs. */
struct reduce_counts {
    uint64_t accounts;               /* with a post */
    uint64_t posts;                  /* distinct, the sum over accounts */
    uint64_t accounts_listed;        /* with posts_min or more: with a row */
    uint64_t posts_listed;           /* the sum over these */
    uint64_t duplicates;             /* copies dropped */
    uint64_t conflicting_duplicates; /* posts of which copies differ */
    uint64_t deletions;              /* distinct, of accounts with a row */
    uint64_t deletes_without_account;/* distinct, of accounts without one */
    uint64_t days_posts;             /* sum over the table of days */
    uint64_t table_rows[TABLE_COUNT];/* merged */
};

/* Features of one account ------------------------------------------------ */

struct feature_scratch;      /* reused buffers of one lane */
struct feature_scratch *feature_scratch_create(void);
void feature_scratch_destroy(struct feature_scratch *scratch);

/*
 * Computes a row (COLUMN_COUNT values; round-two columns are left null) from
 * an account's view whose facts are sorted by (time, post id) and free of
 * duplicates, count > 0. statuses_first and statuses_last are the author's
 * own status count at the first and last post that carry it (COUNT_NONE if
 * none does).
 * deletions are distinct, each with its least time.
 */
struct account_posts {
    const struct account_view *view;
    int64_t statuses_first, statuses_last;
    const struct dictionaries *names;      /* of ranks in facts */
    const struct feature_options *options;
    const struct account_set *core;        /* core accounts; NULL: no list */
};
/* 0 or -ENOMEM. */
int features_compute(const struct account_posts *posts,
                     struct feature_scratch *scratch, struct value *row);

/* The rounds ------------------------------------------------------------- */

/*
 * All lanes call reduce_round_one, meet, call reduce_round_two, meet, and one
 * thread calls reduce_merge for each table. In a round the lanes claim partitions until none
 * is left. Whichever lane takes which partition, and whether rows and tuples
 * stay in memory or spill to an unlinked file, the rows come out the same to
 * the byte.
 *
 * The neighbours are known only by the callbacks below: a partition's
 * accounts come from open_part, rows become text by format, and go to sinks.
 * Callbacks are called by all lanes at once, each with its own partition or
 * lane number.
 *
 * Memory: rows and tuples hold at most run_bytes (and a chunk of 64 KiB a
 * run), a lane's tuple buffers 2 MiB, a lane's sort in round two sort_bytes;
 * sorting the largest account takes 48 bytes a copy. The tables beside
 * accounts take 40 bytes a lane for each client and language, a lane's days
 * 14 MiB at most, 150 bytes for each distinct hashtag and domain of the
 * largest account, and 24 for each day of the hashtag with most days.
 *
 * Failure: the first fault is raised in *fault, the other lanes end at their
 * next account, and the later steps do nothing.
 */
struct reduce;

struct reduce_options {
    uint32_t lanes;
    uint32_t partitions;             /* a power of two: id_hash's low bits */
    struct memory *memory;
    struct fault *fault;
    int directory;                   /* of the spill file; < 0: never spill */
    uint64_t run_bytes, sort_bytes;  /* 0: from the budget's room */
    const struct dictionaries *names;         /* of ranks in facts; borrowed */
    struct feature_options features;

    /* Gives the cursor of a partition; NULL with errno. */
    struct part_cursor *(*open_part)(void *context, uint32_t partition);
    void *open_context;

    /* Cells [first, last) of a row of the table in format 0..formats-1, with
     * whatever stands before the first cell of a row and after its last one;
     * borrowed until the lane's next call. bytes NULL: out of memory. */
    struct text (*format)(void *context, uint32_t lane, enum table_id table,
                          uint32_t format, uint32_t first, uint32_t last,
                          const struct value *row);
    void *format_context;
    uint32_t formats;                /* 1..REDUCE_FORMATS_MAX */
    uint32_t tables;                 /* a set of TABLE_BIT */
    const struct account_set *accounts;   /* that the tables beside accounts
                                      * tell of; NULL: all */
    const struct account_set *core;  /* NULL: core columns stay null */
    uint64_t posts_min;              /* of an account with a row */
    const struct pseudonyms *pseudonyms;  /* rows are sorted by these; NULL:
                                      * by the accounts' ids */
};
#define REDUCE_FORMATS_MAX 8

/* Gives a reduce; the options' pointers are borrowed until reduce_destroy.
 * NULL: a fault was raised. */
struct reduce *reduce_create(const struct reduce_options *options);
void reduce_destroy(struct reduce *reduce);
void reduce_round_one(struct reduce *reduce, uint32_t lane);
void reduce_round_two(struct reduce *reduce, uint32_t lane);

/* Where one format's rows go, front to back. False: it raised a fault. */
struct row_sink {
    bool (*write)(void *context, const void *bytes, size_t size);
    void *context;
};
/* All rows of a table in their order; sinks[format]. Formats as lane 0. The
 * tables of the options one by one, in the order of enum table_id. False: a
 * fault was raised. */
bool reduce_merge(struct reduce *reduce, enum table_id table,
                  const struct row_sink *sinks);
/* Of accounts and posts after round one, the sum of days after round two, of
 * a table's rows after its merge. */
struct reduce_counts reduce_counts(const struct reduce *reduce);
uint64_t reduce_spilled_bytes(struct reduce *reduce);

#endif
