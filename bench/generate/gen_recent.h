/*
 * gen_recent: posts that others may still retweet, quote or delete.
 *
 * Two rings of fixed size: originals and quotes to be embedded in later posts,
 * and (account, id) pairs to be named in delete notices. What falls out of a
 * ring is forgotten, so memory does not grow with the archive. Owned by the
 * planner's thread.
 */
#ifndef GEN_RECENT_H
#define GEN_RECENT_H

#include <stdbool.h>
#include <stddef.h>

#include "gen_post.h"
#include "gen_random.h"

#define GEN_RECENT_POSTS 65536 /* powers of two */
#define GEN_RECENT_DELETABLE 65536
#define GEN_RECENT_HOT 64

struct gen_recent_post {
    struct gen_post post;
    struct gen_post quoted;
    bool has_quoted;
};

struct gen_deletable {
    uint64_t id; /* 0: deleted already */
    uint32_t account;
};

struct gen_recent {
    struct gen_recent_post *posts;
    struct gen_deletable *deletable;
    uint64_t posts_seen, deletable_seen;
    uint64_t hot[GEN_RECENT_HOT]; /* numbers of posts that many retweet */
};

/* 0, or -ENOMEM. */
int gen_recent_open(struct gen_recent *recent);
void gen_recent_close(struct gen_recent *recent);

void gen_recent_add(struct gen_recent *recent, const struct gen_line *line,
                    struct gen_rng *rng);
void gen_recent_add_deletable(struct gen_recent *recent, const struct gen_post *post);

/* Gives NULL while there is nothing; late posts and hot ones are likelier. */
struct gen_recent_post *gen_recent_pick(struct gen_recent *recent, struct gen_rng *rng);

/* Takes one out; false if the one that was drawn is gone. */
bool gen_recent_take_deletable(struct gen_recent *recent, struct gen_rng *rng,
                               struct gen_deletable *taken);

#endif
