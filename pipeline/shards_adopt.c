#include "pipeline/shards.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a state knows besides the shards that the command names. */

static int order_shards(const void *a, const void *b)
{
    return strcmp(((const struct shard *)a)->name,
                  ((const struct shard *)b)->name);
}

static int order_repeats(const void *a, const void *b)
{
    return strcmp(((const struct shard_repeat *)a)->name,
                  ((const struct shard_repeat *)b)->name);
}

static int adopt_items(struct shards *shards, const struct shard *items,
                       size_t count)
{
    size_t all = shards->count + count;
    if (count == 0)
        return 0;
    struct shard *joined = memory_map(shards->memory, all * sizeof *joined);
    if (!joined)
        return -ENOMEM;
    if (shards->count)
        memcpy(joined, shards->items, shards->count * sizeof *joined);
    memcpy(joined + shards->count, items, count * sizeof *joined);
    qsort(joined, all, sizeof *joined, order_shards);
    memory_unmap(shards->memory, shards->items,
                 shards->capacity * sizeof *joined);
    shards->items = joined;
    shards->count = shards->capacity = all;
    return 0;
}

static int adopt_repeats(struct shards *shards,
                         const struct shard_repeat *repeats, size_t count)
{
    size_t before = shards->repeat_count, all = before + count, kept = before;
    if (count == 0)
        return 0;
    struct shard_repeat *joined =
        memory_map(shards->memory, all * sizeof *joined);
    if (!joined)
        return -ENOMEM;
    if (before)
        memcpy(joined, shards->repeats, before * sizeof *joined);
    for (size_t i = 0; i < count; i++)
        if (!before || !bsearch(&repeats[i], shards->repeats, before,
                                sizeof *joined, order_repeats))
            joined[kept++] = repeats[i];
    qsort(joined, kept, sizeof *joined, order_repeats);
    memory_unmap(shards->memory, shards->repeats,
                 shards->repeat_capacity * sizeof *joined);
    shards->repeats = joined;
    shards->repeat_capacity = all;
    shards->repeat_count = kept;
    return 0;
}

int shards_adopt(struct shards *shards, const struct shard *items,
                 size_t count, const struct shard_repeat *repeats,
                 size_t repeat_count)
{
    int error = adopt_items(shards, items, count);
    return error ? error : adopt_repeats(shards, repeats, repeat_count);
}
