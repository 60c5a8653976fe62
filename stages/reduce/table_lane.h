#ifndef SANDPIPER_STAGES_REDUCE_TABLE_LANE_H
#define SANDPIPER_STAGES_REDUCE_TABLE_LANE_H

#include "stages/reduce/rounds.h"
#include "stages/reduce/table_sums.h"

/*
 * What a lane gathers for the tables beside accounts in round one.
 *
 *   labels   clients and languages: one sum for each platform and rank in the
 *            dictionary; handed over at the end
 *   days     a hash table by (platform, day); handed over when it is full and
 *            at the end
 *   tags     hashtags and domains: of the account at hand, in order of time;
 *            handed over with each account
 *
 * All of it is charged to the budget. Handing over is adding tuples of sums.
 */

/* ---- labels -------------------------------------------------------------- */

struct label {
    uint64_t posts, accounts;
    uint64_t serial;             /* of the last account counted */
    int64_t first, last;
};
struct label_sums {
    const struct dictionary *names;
    struct label *labels[PLATFORM_COUNT];   /* by rank; NULL: none yet */
};

/* ---- days (table_days.c) ------------------------------------------------- */

struct day_sums {
    int64_t key;                 /* day << 2 | platform */
    bool used;
    uint64_t counts[SUM_DAY_COUNTS];
    uint64_t created_posts;      /* of accounts created that day */
};
struct day_table {
    struct day_sums *slots;
    size_t slot_count, count;    /* slot_count: 0 or a power of two */
};
/* The sums of a day, until the next call. NULL: *status says why. */
struct day_sums *day_table_at(struct reduce *reduce, struct reduce_lane *lane,
                              enum platform platform, int64_t day,
                              int *status);
int day_table_flush(struct reduce *reduce, struct reduce_lane *lane);
void day_table_free(struct reduce *reduce, struct day_table *days);

/* ---- tags (table_tags.c) ------------------------------------------------- */

struct tag {
    struct sum_key key;          /* borrows the text */
    uint64_t hash;               /* sum_key_hash */
    struct sum sum;
    size_t post;                 /* the last that used it, counted from 1 */
    uint32_t slot;
};
struct tag_table {
    struct tag *tags;
    uint32_t *slots;             /* numbers of tags plus 1; twice capacity */
    uint32_t count, capacity;    /* capacity: 0 or a power of two */
    bool split_days;             /* hashtags are summed up by day */
};
/* The posts of one account, in their order. 0 or -errno. */
int tag_table_collect(struct reduce *reduce, struct reduce_lane *lane,
                      const struct account_view *view);
void tag_table_free(struct reduce *reduce, struct tag_table *tags);

/* -------------------------------------------------------------------------- */

struct table_lane {
    uint64_t serial;             /* of the account at hand, from 1 */
    bool days_wanted, tags_wanted, labels_wanted;
    struct label_sums clients, languages;
    struct day_table days;
    struct tag_table tags;
};

/* Adds one tuple. 0 or -errno. */
int table_add_sum(struct reduce *reduce, struct reduce_lane *lane,
                  const struct sum_key *key, uint64_t hash,
                  const struct sum *sum);

#endif
