#include "stages/reduce/table_lane.h"

#include "stages/days.h"

#include <errno.h>
#include <stdlib.h>

#define TAGS_MIN 64u
/* Room that an account with very many took is given back. */
#define TAGS_KEPT ((uint32_t)1 << 14)

static uint64_t room_bytes(const struct tag_table *tags)
{
    return tags->capacity * (sizeof *tags->tags + 2 * sizeof *tags->slots);
}

void tag_table_free(struct reduce *reduce, struct tag_table *tags)
{
    memory_uncharge(reduce->options.memory, room_bytes(tags));
    free(tags->tags);
    free(tags->slots);
    tags->tags = NULL;
    tags->slots = NULL;
    tags->count = tags->capacity = 0;
}

static void place(struct tag_table *tags, struct tag *tag)
{
    uint32_t mask = tags->capacity * 2 - 1;
    uint32_t slot = (uint32_t)(tag->hash >> 32) & mask;
    while (tags->slots[slot])
        slot = (slot + 1) & mask;
    tags->slots[slot] = (uint32_t)(tag - tags->tags) + 1;
    tag->slot = slot;
}

static bool grow(struct reduce *reduce, struct tag_table *tags)
{
    uint32_t capacity = tags->capacity ? tags->capacity * 2 : TAGS_MIN;
    struct tag *grown = reallocarray(tags->tags, capacity, sizeof *grown);
    if (grown)
        tags->tags = grown;
    uint32_t *slots = calloc((size_t)capacity * 2, sizeof *slots);
    if (!grown || !slots) {
        free(slots);
        return false;
    }
    uint64_t before = room_bytes(tags);
    free(tags->slots);
    tags->slots = slots;
    tags->capacity = capacity;
    memory_charge(reduce->options.memory, room_bytes(tags) - before);
    for (uint32_t i = 0; i < tags->count; i++)
        place(tags, &tags->tags[i]);
    return true;
}

/* The account's tag of this key; a new one has no posts. NULL: no memory. */
static struct tag *tag_of(struct reduce *reduce, struct tag_table *tags,
                          const struct sum_key *key)
{
    if (tags->count == tags->capacity && !grow(reduce, tags))
        return NULL;
    uint64_t hash = sum_key_hash(key);
    uint32_t mask = tags->capacity * 2 - 1;
    for (uint32_t slot = (uint32_t)(hash >> 32) & mask; tags->slots[slot];
         slot = (slot + 1) & mask) {
        struct tag *tag = &tags->tags[tags->slots[slot] - 1];
        if (tag->hash == hash && tag->key.table == key->table &&
            text_compare(tag->key.text, key->text) == 0)
            return tag;
    }
    struct tag *tag = &tags->tags[tags->count++];
    *tag = (struct tag){.key = *key, .hash = hash,
                        .sum.counts[SUM_ACCOUNTS] = 1};
    place(tags, tag);
    return tag;
}

/* What the account adds on the day at hand. */
static int hand_over(struct reduce *reduce, struct reduce_lane *lane,
                     struct tag *tag)
{
    tag->sum.counts[SUM_DAY_ACCOUNTS] = 1;
    int status =
        table_add_sum(reduce, lane, &tag->key, tag->hash, &tag->sum);
    tag->sum.counts[SUM_ACCOUNTS] = 0;
    tag->sum.counts[SUM_POSTS] = 0;
    return status;
}

static int collect_list(struct reduce *reduce, struct reduce_lane *lane,
                        struct sum_key *key, struct text_list list,
                        size_t post, int64_t time)
{
    const uint8_t *at = list.bytes, *end = list.bytes + list.size;
    while (at < end) {
        at = text_list_get(at, &key->text);
        struct tag *tag = tag_of(reduce, &lane->tables->tags, key);
        if (!tag)
            return -ENOMEM;
        if (tag->post == post)
            continue;
        if (tag->key.day != key->day) {
            int status = hand_over(reduce, lane, tag);
            if (status)
                return status;
            tag->key.day = key->day;
        }
        if (!tag->sum.counts[SUM_POSTS]++)
            tag->sum.first = time;
        tag->sum.last = time;
        tag->post = post;
    }
    return 0;
}

static int collect_posts(struct reduce *reduce, struct reduce_lane *lane,
                         const struct account_view *view)
{
    bool hashtags = reduce_wants(reduce, TABLE_HASHTAGS) ||
                    reduce_wants(reduce, TABLE_HASHTAG_DAYS);
    bool domains = reduce_wants(reduce, TABLE_DOMAINS);
    bool split_days = lane->tables->tags.split_days;
    int status = 0;
    for (size_t i = 0; i < view->fact_count && !status; i++) {
        const struct fact *fact = &view->facts[i];
        if (!fact->lists)
            continue;
        struct sum_key key = {.table = TABLE_HASHTAGS,
                              .platform = view->platform};
        if (split_days)
            key.day = divide_down(fact->time, MS_PER_DAY);
        if (hashtags)
            status = collect_list(reduce, lane, &key, fact->lists->hashtags,
                                  i + 1, fact->time);
        key.table = TABLE_DOMAINS;
        key.day = 0;
        if (domains && !status)
            status = collect_list(reduce, lane, &key, fact->lists->domains,
                                  i + 1, fact->time);
    }
    return status;
}

int tag_table_collect(struct reduce *reduce, struct reduce_lane *lane,
                      const struct account_view *view)
{
    struct tag_table *tags = &lane->tables->tags;
    int status = collect_posts(reduce, lane, view);
    for (uint32_t i = 0; i < tags->count; i++) {
        tags->slots[tags->tags[i].slot] = 0;
        if (!status)
            status = hand_over(reduce, lane, &tags->tags[i]);
    }
    tags->count = 0;
    if (tags->capacity > TAGS_KEPT)
        tag_table_free(reduce, tags);
    return status;
}
