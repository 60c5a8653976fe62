#ifndef SANDPIPER_PIPELINE_NEAR_H
#define SANDPIPER_PIPELINE_NEAR_H

#include <limits.h>

/*
 * What somebody may have meant who wrote a name that does not exist: the
 * nearest one that does, at most two edits away. For messages only.
 */
#define NEAR_EDITS_MAX 2u

/* How many bytes must be inserted, removed or replaced to make b of a
 * (Levenshtein); of each, the first NAME_MAX bytes count. */
unsigned near_distance(const char *a, const char *b);

/* The entry of the folder that is nearest to missing, of several the least
 * by bytes, no hidden one; "" when none is near. Control characters come as
 * question marks. */
void near_entry(const char *folder, const char *missing,
                char near[NAME_MAX + 1]);

#endif
