/*
 * gen_lookalike: honest accounts that resemble a campaign in one respect.
 *
 *   scheduler  every seventh hour, on the hour, by a scheduling client
 *   resident   lives at +08:00: evenings and weekends too, followers
 *   newsroom   several accounts, office hours at -05:00, desktop and
 *              scheduling clients, links to one domain, many followers
 *   star, fan  fans of all ages retweet their star within seconds to minutes,
 *              and share one hashtag
 *   witness    lives as others do, and partakes in the burst
 *
 * The burst is breaking news: half of the ordinary accounts, 5000 at most, use
 * one hashtag and one link within an hour, most of them as fast retweets.
 */
#ifndef GEN_LOOKALIKE_H
#define GEN_LOOKALIKE_H

#include "gen_acts.h"

#define GEN_NEWS_MILLE 800 /* when the burst is, rounded down to an hour */
#define GEN_NEWS_ACCOUNTS_MAX 5000

/* Each fills in one planted account, and adds its acts. */
void gen_add_scheduler(struct gen_acts *acts, struct gen_population *people,
                       uint32_t plant, struct gen_rng *rng);
void gen_add_resident(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng);
void gen_add_newsroom(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng);
void gen_add_star(struct gen_acts *acts, struct gen_population *people,
                  uint32_t plant, struct gen_rng *rng);
void gen_add_witness(struct gen_acts *acts, struct gen_population *people,
                     uint32_t plant, struct gen_rng *rng);

/* The star's posts are settled and known. */
void gen_add_fan(struct gen_acts *acts, struct gen_population *people, uint32_t plant,
                 const int64_t *star_times, struct gen_rng *rng);

/* What the ordinary accounts do in the burst. */
void gen_add_burst(struct gen_acts *acts, const struct gen_population *people,
                   struct gen_rng *rng);
int64_t gen_burst_time(const struct gen_population *people);

#endif
