/*
 * gen_acts: what the planted accounts will do, and when.
 *
 * A list of acts in order of time, which the planner merges with ordinary
 * activity. Some acts make posts that later acts refer to: those are numbered
 * in their pool, in order of time, when the list is settled.
 *
 * A list owns its acts. The only failure is memory: it is kept in `failed`,
 * and looked at once. Instants outside of the archive's time are left out.
 */
#ifndef GEN_ACTS_H
#define GEN_ACTS_H

#include <stddef.h>
#include <stdint.h>

#include "gen_account.h"

#define GEN_YEAR_MS (365 * GEN_DAY_MS)

/* Posts that are referred to by their number. */
enum gen_pool_of {
    GEN_POOL_CORE,   /* of the campaign's core */
    GEN_POOL_STAR,   /* of the star */
    GEN_POOL_NEWS,   /* first reports of the news */
    GEN_POOL_PURGED, /* to be deleted by their author */
    GEN_POOLS
};

enum gen_deed {
    /* These make a post of a pool, by the pool's number. */
    GEN_DEED_COPY,   /* one of the texts that the core shares */
    GEN_DEED_SHINE,  /* the star's */
    GEN_DEED_REPORT, /* the news, with its hashtag and its link */
    GEN_DEED_REGRET, /* to be deleted */
    /* These refer to a pool. */
    GEN_DEED_ECHO,   /* retweets an earlier core post of somebody else */
    GEN_DEED_BOOST,  /* retweets core post number `number` */
    GEN_DEED_CHEER,  /* retweets the star's */
    GEN_DEED_SPREAD, /* retweets one of the latest reports */
    GEN_DEED_DELETE, /* deletes purged post number `number` */
    GEN_DEED_DELETE_UNTIMED, /* the same, the notice without a time */
    /* And these stand alone. */
    GEN_DEED_ANSWER,    /* answers somebody */
    GEN_DEED_LIVE,      /* whatever ordinary accounts do */
    GEN_DEED_SCHEDULE,  /* an original with a link */
    GEN_DEED_SAY,       /* an original */
    GEN_DEED_MURMUR,    /* without hashtag, link, photo or mention */
    GEN_DEED_PUBLISH,   /* an article of the newsroom */
    GEN_DEED_CHANT,     /* an original with the fans' hashtag */
    GEN_DEED_FORWARD,   /* a retweet of anybody, if there is one */
    GEN_DEED_BABEL,     /* any language, any client, any kind */
    GEN_DEED_MIRROR,    /* retweets, answers or quotes itself */
    GEN_DEED_PARROT,    /* one of few texts in one of several hands */
};

struct gen_act {
    int64_t t;
    uint32_t account;
    uint32_t number; /* in a pool */
    uint8_t deed;
};

struct gen_acts {
    struct gen_act *list; /* by time, once settled */
    size_t count, room;
    size_t posts; /* acts that make one */
    uint32_t pools[GEN_POOLS]; /* posts of each */
    int64_t from, to;
    int failed; /* 0, or -ENOMEM */
};

/* A stretch of the archive's time. */
struct gen_stretch {
    int64_t from, to;
};

void gen_acts_add(struct gen_acts *acts, uint32_t account, int64_t t, enum gen_deed deed);
void gen_acts_add_numbered(struct gen_acts *acts, uint32_t account, int64_t t,
                           enum gen_deed deed, uint32_t number);

/* Sorts, and numbers the posts of the pools. */
void gen_acts_settle(struct gen_acts *acts);
void gen_acts_free(struct gen_acts *acts);

/* When the posts of a pool are made: malloc'ed, or NULL and acts->failed. */
int64_t *gen_acts_pool_times(struct gen_acts *acts, enum gen_pool_of pool);

/* In thousandths of the archive's time. */
struct gen_stretch gen_stretch_of(const struct gen_population *people,
                                  int64_t from_mille, int64_t to_mille);

int64_t gen_any_time(struct gen_rng *rng, struct gen_stretch stretch);

/* An instant that a clock at `offset_ms` shows as Mon..Fri, 09:00 to 17:59. */
int64_t gen_office_time(struct gen_rng *rng, struct gen_stretch stretch,
                        int64_t offset_ms);

/* Evenings, weekends, some nights. */
int64_t gen_leisure_time(struct gen_rng *rng, struct gen_stretch stretch,
                         int64_t offset_ms);

#endif
