#include "stages/reduce/table_lane.h"

#include <errno.h>

/* 180 years; more is handed over, so that no clock that is wrong in many ways
 * makes the table grow without bound. */
#define DAYS_MAX ((size_t)1 << 16)
/* A huge page from the start: one fault instead of hundreds. */
#define DAY_SLOTS_MIN ((size_t)1 << 14)
#define DAY_BYTES_MIN ((size_t)2 << 20)

static size_t table_bytes(const struct day_table *days)
{
    size_t bytes = days->slot_count * sizeof *days->slots;
    return bytes > DAY_BYTES_MIN ? bytes : DAY_BYTES_MIN;
}

void day_table_free(struct reduce *reduce, struct day_table *days)
{
    memory_unmap(reduce->options.memory, days->slots, table_bytes(days));
    *days = (struct day_table){0};
}

/* Its slot, or the empty one where it would stand. */
static struct day_sums *find(const struct day_table *days, int64_t key)
{
    size_t mask = days->slot_count - 1;
    uint64_t mixed = (uint64_t)key * 0x9e3779b97f4a7c15u;
    size_t slot = (size_t)(mixed >> 32) & mask;
    while (days->slots[slot].used && days->slots[slot].key != key)
        slot = (slot + 1) & mask;
    return &days->slots[slot];
}

static bool grow(struct reduce *reduce, struct day_table *days)
{
    struct day_table grown = {
        .slot_count = days->slot_count ? days->slot_count * 2 : DAY_SLOTS_MIN,
        .count = days->count};
    grown.slots = memory_map(reduce->options.memory, table_bytes(&grown));
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < days->slot_count; i++)
        if (days->slots[i].used)
            *find(&grown, days->slots[i].key) = days->slots[i];
    day_table_free(reduce, days);
    *days = grown;
    return true;
}

struct day_sums *day_table_at(struct reduce *reduce, struct reduce_lane *lane,
                              enum platform platform, int64_t day,
                              int *status)
{
    struct day_table *days = &lane->tables->days;
    int64_t key = day * 4 + (int64_t)platform;
    *status = -ENOMEM;
    if (days->count == DAYS_MAX && (*status = day_table_flush(reduce, lane)))
        return NULL;
    if (days->count * 2 >= days->slot_count && !grow(reduce, days))
        return NULL;
    struct day_sums *at = find(days, key);
    days->count += !at->used;
    at->used = true;
    at->key = key;
    *status = 0;
    return at;
}

static int flush_day(struct reduce *reduce, struct reduce_lane *lane,
                     const struct day_sums *day)
{
    struct sum_key key = {.table = TABLE_DAYS,
                          .platform = (enum platform)(day->key & 3)};
    key.day = (day->key - (int64_t)key.platform) / 4;
    struct sum sum = {0};
    int status = 0;
    memcpy(sum.counts, day->counts, sizeof day->counts);
    if (reduce_wants(reduce, TABLE_DAYS))
        status = table_add_sum(reduce, lane, &key, sum_key_hash(&key), &sum);
    if (status || !day->counts[SUM_CREATED] ||
        !reduce_wants(reduce, TABLE_CREATED))
        return status;
    key.table = TABLE_CREATED;
    sum = (struct sum){0};
    sum.counts[SUM_ACCOUNTS] = day->counts[SUM_CREATED];
    sum.counts[SUM_POSTS] = day->created_posts;
    return table_add_sum(reduce, lane, &key, sum_key_hash(&key), &sum);
}

int day_table_flush(struct reduce *reduce, struct reduce_lane *lane)
{
    struct day_table *days = &lane->tables->days;
    int status = 0;
    for (size_t i = 0; i < days->slot_count && !status; i++)
        if (days->slots[i].used)
            status = flush_day(reduce, lane, &days->slots[i]);
    if (days->slot_count)
        memset(days->slots, 0, days->slot_count * sizeof *days->slots);
    days->count = 0;
    return status;
}
