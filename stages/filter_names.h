#ifndef SANDPIPER_STAGES_FILTER_NAMES_H
#define SANDPIPER_STAGES_FILTER_NAMES_H

#include "pipeline/shards.h"

/*
 * What the files of a filter are called: as the shard's file, without the
 * suffixes that shards have (SHARD_SUFFIXES), and with one that says what the
 * file holds. Of shards with the same name the first in the list has it, the
 * others have -2, -3 and so on behind it. So the names depend on the list
 * alone, and are known before anything is read.
 */
struct filter_names {
    struct arena arena;
    const char **stems;          /* by shard; owned, the texts by the arena */
};

#define FILTER_STEM_MAX 200      /* longer names are cut */
#define FILTER_NAME_BYTES (FILTER_STEM_MAX + 32)

/* False when out of memory; filter_names_free in either case. */
bool filter_names_make(struct filter_names *names, const struct shards *shards,
                       struct memory *memory);
void filter_names_free(struct filter_names *names);
/* The file's whole name. */
void filter_name(const struct filter_names *names, size_t shard, bool csv,
                 char out[FILTER_NAME_BYTES]);

#endif
