#ifndef SANDPIPER_STAGES_COMPACT_PROFILE_H
#define SANDPIPER_STAGES_COMPACT_PROFILE_H

#include "stages/aggregate/register_cell.h"

/*
 * One observation, packed and immutable: what most accounts of a sample ever
 * need. Numbers are LEB128 varints, some 30 bytes of them; texts stand as text
 * blocks, so that the registers which replace a compact profile go on pointing
 * into it. The account's id and platform are not in it.
 *
 *   author, created_at known, timed (1 byte); flags (1 byte, 2 bits each);
 *   t_obs and created_at where known (zigzag); counts plus 1;
 *   which texts are known (1 byte); their blocks
 */

/* Made in arena; NULL: out of memory. */
const uint8_t *compact_profile_make(const struct observation *o,
                                    struct arena *arena);
/* Back to an observation (all but platform and id); its texts, and blocks of
 * each known text, are borrowed from the compact profile. */
void compact_profile_read(const uint8_t *compact, struct observation *o,
                          uint64_t blocks[PROFILE_TEXTS]);
/* Whether both say the same of an account. */
bool observation_equal(const struct observation *a,
                       const struct observation *b);

#endif
