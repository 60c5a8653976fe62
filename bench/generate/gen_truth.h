/*
 * gen_truth: what was planned, written down and counted.
 *
 * Fed with every distinct line in order of time, before copies are made of it.
 * What concerns a planted account becomes a line of posts.truth at once, so no
 * memory grows with the archive:
 *
 *   {"account":ID, "id":..., ...}  a post of its own, with all that was decided
 *                                  of it, and its author's counts by then
 *   {"seen":ID, "by":ID, ...}      a post of its own, embedded in another's
 *   {"deleted":ID, "id":..., "time":...}
 *
 * The rest of the archive is counted into totals and tables.
 *
 * Owned by the planner's thread. Failures are kept in `failed` and looked at
 * once, at the end.
 */
#ifndef GEN_TRUTH_H
#define GEN_TRUTH_H

#include <stdio.h>

#include "gen_options.h"
#include "gen_put.h"
#include "gen_table.h"
#include "gen_text.h"

struct gen_totals {
    uint64_t lines, posts, deletes, strangers_deletes;
    uint64_t duplicates, duplicate_posts, duplicate_deletes;
    uint64_t authors, text_bytes, written_bytes, files, frames;
    uint64_t kinds[4], core_retweets, notices;
};

struct gen_truth {
    const struct gen_population *people;
    FILE *posts; /* posts.truth */
    struct gen_totals totals;
    struct gen_tables tables;
    struct gen_set notices; /* of planted accounts: ids told, and told with a time */
    struct gen_text text;
    char line[GEN_LINE_BYTES_MAX];
    int failed; /* 0, -ENOMEM, -EIO */
};

/* 0, or -ENOMEM. Borrows the population for its life. */
int gen_truth_open(struct gen_truth *truth, const struct gen_population *people,
                   const struct gen_options *options);
void gen_truth_close(struct gen_truth *truth);

/* A distinct line; deletes of strangers are told apart by the account. */
void gen_truth_count_line(struct gen_truth *truth, const struct gen_line *line);

#endif
