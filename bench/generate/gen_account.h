/*
 * gen_account: who posts.
 *
 * Accounts are numbers, in four ranges: ordinary accounts [0, ordinary), then
 * planted ones [ordinary, ordinary + planted), and above them strangers, who
 * are only mentioned, answered and deleted. Nothing is kept for an ordinary
 * account: its id, birth, names and profile are hashes of its number and the
 * instant at which it is looked at. A planted account has a record.
 *
 * Ordinary accounts are in groups of one language and home time zone, each
 * group a range of numbers in falling order of activity.
 *
 * A population owns its planted records; it is read-only once the campaign is
 * made, and then free for any number of threads.
 */
#ifndef GEN_ACCOUNT_H
#define GEN_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "gen_lexicon.h"
#include "gen_random.h"

#define GEN_GROUPS 14
#define GEN_SCREEN_NAME_MAX 15
#define GEN_NAME_BYTES_MAX 256

enum gen_role {
    GEN_OPERATOR,
    GEN_BOUGHT,
    GEN_AMPLIFIER,
    GEN_SCHEDULER,
    GEN_RESIDENT,
    GEN_NEWSROOM,
    GEN_STAR,
    GEN_FAN,
    GEN_WITNESS,
    GEN_SPECIMEN,
    GEN_ROLES
};

/* A planted account: what the campaign says of it. What never happens happens
 * at INT64_MAX. */
struct gen_planted {
    uint64_t id;
    int64_t created;
    int64_t turned;       /* language and client change */
    int64_t renamed;      /* the first other name and bio, */
    int64_t rename_every; /* and further ones; 0: there is one */
    int64_t purged_at;    /* `purged` posts of before the archive are gone */
    int64_t followers_at; /* so many followers more */
    uint32_t purged, followers_gain, followers_base;
    const char *specimen; /* its kind, of role GEN_SPECIMEN */
    uint8_t role;
    uint8_t language, language_first; /* from `turned` on; until then */
    uint8_t client, client_first;
    bool plain;   /* no bio, no picture, no place */
    bool alone;   /* follows nobody */
    bool bare;    /* posts without entities, by users without a profile */
    bool readers; /* strangers come upon what it posts */
    bool marked;  /* its handles hold `__`, which nobody else's do */
    bool verified;
};

struct gen_population {
    uint64_t seed;
    int64_t from, to;
    uint32_t ordinary, planted;
    uint64_t stride;           /* between old-style ids */
    uint64_t step;             /* coprime with `ordinary`: scatters ages */
    uint32_t first[GEN_GROUPS + 1]; /* of each group */
    struct gen_planted *plants;
    const struct gen_lexicon *lexicon;
};

struct gen_group {
    uint8_t language;
    int16_t offset_minutes;
    uint16_t weight; /* of the accounts */
};

extern const struct gen_group gen_groups[GEN_GROUPS];

/* An account as its profile shows it at one instant. */
struct gen_profile {
    uint64_t id, look; /* look: a hash for what else the profile shows */
    int64_t created;
    uint32_t followers, friends, listed, favourites, statuses_base;
    uint8_t language, screen_length;
    uint16_t version;
    bool plain, verified;
    uint16_t name_length;
    char screen[GEN_SCREEN_NAME_MAX + 1];
    char name[GEN_NAME_BYTES_MAX]; /* escaped, name_length bytes */
};

/* Lays out the groups. `ordinary` is at least 1. The lexicon is borrowed as
 * long as the population lives. */
void gen_population_lay_out(struct gen_population *people, uint64_t seed,
                            uint32_t ordinary, int64_t from, int64_t to,
                            const struct gen_lexicon *lexicon);

unsigned gen_account_group(const struct gen_population *people, uint32_t account);
bool gen_account_is_planted(const struct gen_population *people, uint32_t account);
const struct gen_planted *gen_account_plant(const struct gen_population *people,
                                            uint32_t account);
uint32_t gen_account_stranger(const struct gen_population *people, uint64_t hash);
int64_t gen_account_created(const struct gen_population *people, uint32_t account);
uint64_t gen_account_id(const struct gen_population *people, uint32_t account);
uint8_t gen_account_language(const struct gen_population *people, uint32_t account,
                             int64_t t);

/* How often it has changed its name by `t`. */
uint16_t gen_account_version(const struct gen_population *people, uint32_t account,
                             int64_t t);

/* Names only: id, language, screen, name, version. */
void gen_account_name(const struct gen_population *people, uint32_t account,
                      int64_t t, struct gen_profile *profile);
/* All of it. */
void gen_account_profile(const struct gen_population *people, uint32_t account,
                         int64_t t, struct gen_profile *profile);

#endif
