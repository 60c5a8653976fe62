/*
 * gen_campaign: the planted accounts, and the acts of the campaign.
 *
 *   operator   no followers, no bio; Monday to Friday 09:00 to 17:59 at +08:00,
 *              on the web, Chinese texts that the operators share
 *   bought     two years of another language on a telephone, asleep for more
 *              than a year, then an operator under another name
 *   amplifier  born with the others within three days; retweets what the
 *              core (operators, awakened bought accounts) posted seconds ago
 *
 * The honest roles are those of gen_lookalike.h, the rare shapes those of
 * gen_specimen.h. gen_campaign_make also fills people->plants, which
 * gen_campaign_free frees with the acts.
 */
#ifndef GEN_CAMPAIGN_H
#define GEN_CAMPAIGN_H

#include "gen_acts.h"

#define GEN_CAMPAIGN_OFFSET_MS (8 * INT64_C(3600000)) /* +08:00 */
#define GEN_CAMPAIGN_TEXTS 160 /* texts that the core shares */

extern const char *const gen_role_names[GEN_ROLES];

/* True of the roles that are no part of the campaign. */
bool gen_role_is_honest(uint8_t role);

/* True of the roles whose retweets the core list asks for. */
bool gen_role_is_core(uint8_t role);

/* 0, or -ENOMEM. `wanted` accounts are shared out among the roles; specimens
 * come on top. */
int gen_campaign_make(struct gen_acts *acts, struct gen_population *people,
                      uint32_t wanted, bool specimens);
void gen_campaign_free(struct gen_acts *acts, struct gen_population *people);

#endif
