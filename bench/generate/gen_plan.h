/*
 * gen_plan: the archive as a sequence of planned lines.
 *
 * The planner walks through the archive's time hour by hour: so many posts as
 * the hour's activity over all time zones is worth, then the planted acts
 * of that hour, in order of time. In that order it decides what needs order
 * (ids, counts of statuses, who retweets what) and counts the truth. Lines
 * then leave in almost that order: within a window of 64 lines they are
 * shuffled a little, as the real stream is; some leave a second time later.
 *
 * The sequence depends on seed and options of content only, not on layout or
 * threads. Memory: 4 bytes an account, and some 25 MB. One thread.
 */
#ifndef GEN_PLAN_H
#define GEN_PLAN_H

#include <stddef.h>

#include "gen_acts.h"
#include "gen_options.h"
#include "gen_recent.h"
#include "gen_truth.h"

#define GEN_WINDOW_LINES 64
#define GEN_PENDING_MAX 32
#define GEN_NO_ACT UINT32_MAX

struct gen_event {
    int64_t t;
    uint32_t account;
    uint32_t act; /* index into the acts, or GEN_NO_ACT */
};

struct gen_pending {
    uint64_t due; /* when so many lines have left */
    struct gen_line line;
};

/* Posts that acts refer to. */
struct gen_posts {
    struct gen_post *list;
    uint32_t made; /* so far */
};

struct gen_plan {
    const struct gen_options *options;
    const struct gen_population *people;
    const struct gen_acts *acts;
    struct gen_truth *truth;
    struct gen_rng rng;
    struct gen_recent recent;
    struct gen_posts pools[GEN_POOLS];
    struct gen_post *own; /* of each planted account, its latest original */
    uint32_t *statuses; /* of every ordinary and planted account */
    uint64_t last_id;
    uint64_t posts, posts_done, weight_all, weight_done;
    int64_t hour, hours; /* of the archive */
    size_t acts_done;
    struct gen_event *events; /* of the present hour */
    size_t event_count, event_at, event_room;
    struct gen_line window[GEN_WINDOW_LINES];
    unsigned window_count, window_at;
    uint64_t left; /* lines that left */
    struct gen_pending pending[GEN_PENDING_MAX];
    unsigned pending_count;
    struct gen_line spare; /* a delete notice that waits for room */
    bool has_spare;
};

/* 0, or -ENOMEM. Everything passed in is borrowed for the plan's life. */
int gen_plan_open(struct gen_plan *plan, const struct gen_options *options,
                  const struct gen_population *people,
                  const struct gen_acts *acts, struct gen_truth *truth);
void gen_plan_close(struct gen_plan *plan);

struct gen_post *gen_plan_own(struct gen_plan *plan, uint32_t account);

/* 1 and a line; 0 at the end; -ENOMEM. */
int gen_plan_next(struct gen_plan *plan, struct gen_line *line);

/* Lines that left, of about so many: for progress. */
double gen_plan_done(const struct gen_plan *plan);

#endif
