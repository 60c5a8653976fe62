/*
 * gen_truth: what was really written, counted as it was planned.
 *
 * One record a planted account, plain counters, fed with every distinct line
 * in order of time, before copies are made of it; so the counts are exact
 * whatever was drawn. Names are the columns of the feature contract.
 *
 * Owned by the planner's thread. The only failure is memory; it is kept in
 * `failed` and looked at once, at the end.
 */
#ifndef GEN_TRUTH_H
#define GEN_TRUTH_H

#include "gen_account.h"
#include "gen_client.h"
#include "gen_post.h"
#include "gen_tally.h"

/* First, last, least and greatest of a count over observations. */
struct gen_register {
    int64_t first_t, last_t;
    uint32_t first, last, min, max;
    uint8_t first_rank, last_rank;
    bool seen;
};

struct gen_day_count {
    int64_t bin;
    uint32_t now, max, bins;
};

struct gen_account_truth {
    uint32_t kinds[4]; /* by enum gen_kind */
    uint32_t hours[24], weekdays[7], work_posts; /* at +08:00 */
    uint32_t clients[GEN_CLIENTS], languages[GEN_LANGUAGES];
    uint32_t hashtags, urls, mentions;
    uint32_t with_hashtag, with_url, with_mention, with_media;
    uint32_t gaps_1s, gaps_10s, gaps_60s, gaps_180d, sessions;
    uint32_t fast_10s, fast_60s, self_interactions;
    uint32_t retweets_received, deletes, versions;
    int64_t first_t, last_t, session_from, session_longest;
    int64_t longest_gap, dormant_from, dormant_to;
    uint64_t first_id, last_id, dormant_from_id, dormant_to_id;
    int64_t first_observed, last_observed;
    struct gen_day_count days, day_hours; /* UTC */
    struct gen_register followers, friends, statuses;
    struct gen_tally targets, retweeters;
};

struct gen_totals {
    uint64_t lines, posts, deletes, strangers_deletes;
    uint64_t duplicates, duplicate_posts, duplicate_deletes;
    uint64_t authors, text_bytes, written_bytes, files, frames;
    uint64_t kinds[4];
};

struct gen_truth {
    const struct gen_population *people;
    struct gen_account_truth *accounts; /* people->planted of them */
    struct gen_totals totals;
    int failed; /* 0, or -ENOMEM */
};

/* 0, or -ENOMEM. Borrows the population for its life. */
int gen_truth_open(struct gen_truth *truth, const struct gen_population *people);
void gen_truth_close(struct gen_truth *truth);

/* A distinct line; deletes of strangers are told apart by the account. */
void gen_truth_count_line(struct gen_truth *truth, const struct gen_line *line);

#endif
