/*
 * gen_campaign: the planted accounts and what each will do, and when.
 *
 * The acts are made before anything else and sorted by time; the planner
 * merges them with ordinary activity. Roles:
 *
 *   operator   no followers, no bio; Monday to Friday 09:00 to 17:59 at +08:00,
 *              on the web, Chinese texts that the operators share
 *   bought     two years of another language on a telephone, asleep for more
 *              than a year, then an operator under another name
 *   amplifier  born with the others within three days; retweets what the
 *              core (operators, awakened bought accounts) posted seconds ago
 *   scheduler  honest: on the hour, day and night, by a scheduling client
 *   resident   honest: lives at +08:00, evenings and weekends too, followers
 *
 * gen_campaign_make also fills people->plants. A campaign owns its acts;
 * gen_campaign_free frees them and the plants.
 */
#ifndef GEN_CAMPAIGN_H
#define GEN_CAMPAIGN_H

#include <stddef.h>
#include <stdint.h>

#include "gen_account.h"

#define GEN_CAMPAIGN_OFFSET_MS (8 * INT64_C(3600000)) /* +08:00 */
#define GEN_CAMPAIGN_TEXTS 160 /* texts that the core shares */

enum gen_deed {
    GEN_DEED_COPY,     /* a core post: one of the shared texts */
    GEN_DEED_ECHO,     /* retweets an earlier core post of somebody else */
    GEN_DEED_BOOST,    /* retweets core post number `core` */
    GEN_DEED_ANSWER,   /* answers somebody */
    GEN_DEED_LIVE,     /* whatever ordinary accounts do */
    GEN_DEED_SCHEDULE, /* an original with a link */
    GEN_DEED_SAY,      /* an original */
};

struct gen_act {
    int64_t t;
    uint32_t plant;
    uint32_t core; /* GEN_DEED_COPY, GEN_DEED_BOOST: its number in time order */
    uint8_t deed;
};

struct gen_campaign {
    struct gen_act *acts; /* by time */
    size_t count, room;
    uint32_t cores;
};

extern const char *const gen_role_names[GEN_ROLES];

/* 0, or -ENOMEM. `wanted` accounts are shared out among the roles. */
int gen_campaign_make(struct gen_campaign *campaign, struct gen_population *people,
                      uint32_t wanted);
void gen_campaign_free(struct gen_campaign *campaign, struct gen_population *people);

#endif
