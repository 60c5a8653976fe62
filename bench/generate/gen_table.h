/*
 * gen_table: the tables beside accounts, of the whole archive.
 *
 * Counts posts as they are planned, in order of time: by day, client,
 * language, domain, hashtag, and hashtag and day. tables.truth has a row a
 * line, {"table":NAME, ...} under the columns' names; times are ISO, days
 * YYYY-MM-DD, and rows of a table stand in no promised order.
 *
 * Distinct accounts are exact, by some 50 bytes an account. So there are no
 * tables above GEN_TABLES_ACCOUNTS_MAX accounts: tables.truth is left out.
 */
#ifndef GEN_TABLE_H
#define GEN_TABLE_H

#include <stdio.h>

#include "gen_account.h"
#include "gen_catalogue.h"
#include "gen_post.h"
#include "gen_set.h"

#define GEN_TABLES_ACCOUNTS_MAX UINT32_C(2000000)

struct gen_row {
    uint64_t posts, accounts;
    int64_t first_t, last_t;
};

struct gen_day {
    uint64_t kinds[4], active, created, created_posts, deletes;
};

struct gen_tag_day {
    uint32_t day, posts, accounts;
    uint16_t label;
};

struct gen_tables {
    const struct gen_population *people;
    struct gen_catalogue catalogue;
    bool wanted;
    bool photo_links; /* a photo is a link as well: dialect v2 */
    struct gen_row rows[GEN_LABELS_MAX];
    unsigned words;   /* of the bits of an account, one a label */
    uint64_t *marks;
    uint32_t *active; /* of an account: the last day it posted */
    struct gen_day *days; /* from 2006-01-01 */
    uint32_t day_count, today;
    struct gen_set tag_accounts; /* of today */
    uint32_t tag_posts[GEN_LABELS_MAX], tag_active[GEN_LABELS_MAX];
    struct gen_tag_day *tag_days;
    size_t tag_day_count, tag_day_room;
    int failed; /* 0, or -ENOMEM */
};

/* 0, or -ENOMEM. Borrows the population for its life. */
int gen_tables_open(struct gen_tables *tables, const struct gen_population *people,
                    bool photo_links);
void gen_tables_close(struct gen_tables *tables);

void gen_tables_count_post(struct gen_tables *tables, const struct gen_line *line);
/* A notice with a time, the first one of its post. */
void gen_tables_count_delete(struct gen_tables *tables, int64_t t);

/* `statuses` has the posts of every account. 0, or a failure of writing. */
int gen_tables_write(struct gen_tables *tables, const uint32_t *statuses, FILE *file);

#endif
