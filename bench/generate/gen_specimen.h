/*
 * gen_specimen: one honest account of each rare shape.
 *
 * Between them every column of the contract is null once and has a value once:
 * too few posts for a column and just enough, posts round the clock and at
 * night only, names that change for ever, texts that differ in hand alone,
 * posts that are deleted, and posts of another age, without entities, language
 * or profile. The truth names the kind under "specimen".
 */
#ifndef GEN_SPECIMEN_H
#define GEN_SPECIMEN_H

#include "gen_acts.h"

#define GEN_SPECIMENS 32

/* The plant's kind is its distance from the last seat of another role. */
void gen_add_specimen(struct gen_acts *acts, struct gen_population *people,
                      uint32_t plant, struct gen_rng *rng);

/* The deletes of what is settled in GEN_POOL_PURGED. */
void gen_add_regrets(struct gen_acts *acts);

#endif
