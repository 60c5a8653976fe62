#include "stages/reduce/sort_posts.h"

#include "pipeline/check.h"
#include "stages/reduce/merge_sort.h"

#include <errno.h>
#include <stdlib.h>

/* ---- memory ------------------------------------------------------------ */

void sorter_init(struct sorter *sorter, struct memory *memory)
{
    *sorter = (struct sorter){.memory = memory};
}

void sorter_free(struct sorter *sorter)
{
    room_free(&sorter->room, sorter->memory);
    free(sorter->json);
    sorter_init(sorter, sorter->memory);
}

/* Room for count elements of size bytes, or NULL. */
static void *sorter_room(struct sorter *sorter, size_t count, size_t size)
{
    return room_for(&sorter->room, sorter->memory, count, size)
               ? sorter->room.base
               : NULL;
}

/* ---- orders ------------------------------------------------------------ */

/*
 * What is sorted instead of the facts, which are five times as large. By id:
 * major is the number or the first eight bytes, minor tells texts apart from
 * numbers. By time: major is the time, minor the number.
 */
struct post_key {
    uint64_t major, minor;
    const struct fact *fact;
};

static uint64_t text_prefix(struct text text)
{
    uint64_t prefix = 0;
    for (uint32_t i = 0; i < 8; i++)
        prefix = prefix << 8 |
                 (i < text.size ? (unsigned char)text.bytes[i] : 0);
    return prefix;
}

static struct post_key key_by_id(const struct fact *fact)
{
    bool blob = fact->flags & FACT_POST_BLOB;
    return (struct post_key){
        blob ? text_prefix(fact_post(fact).text) : fact->post, blob, fact};
}

static struct post_key key_by_time(const struct fact *fact)
{
    return (struct post_key){(uint64_t)fact->time ^ (uint64_t)1 << 63,
                             fact->post, fact};
}

/* Any order that brings copies together; not the order of ids. */
static int order_by_id(const struct post_key *a, const struct post_key *b)
{
    if (a->major != b->major)
        return a->major < b->major ? -1 : 1;
    if (a->minor != b->minor)
        return a->minor < b->minor ? -1 : 1;
    return a->minor ? text_compare(fact_post(a->fact).text,
                                   fact_post(b->fact).text)
                    : 0;
}

static inline bool less_by_id(const struct post_key *a,
                              const struct post_key *b)
{
    return order_by_id(a, b) < 0;
}

static inline bool less_by_time(const struct post_key *a,
                                const struct post_key *b)
{
    if (a->major != b->major)
        return a->major < b->major;
    if ((a->fact->flags | b->fact->flags) & FACT_POST_BLOB)
        return id_compare(fact_post(a->fact), fact_post(b->fact)) < 0;
    return a->minor < b->minor;
}

MERGE_SORT(sort_by_id, struct post_key, less_by_id)
MERGE_SORT(sort_by_time, struct post_key, less_by_time)

/* ---- posts ------------------------------------------------------------- */

/* Of the posts in their order. */
static void status_counts(const struct fact *facts, struct sorted_posts *out)
{
    size_t first = 0, last = out->count;
    while (first < out->count && facts[first].statuses == COUNT_NONE)
        first++;
    while (last > first && facts[last - 1].statuses == COUNT_NONE)
        last--;
    bool known = first < last;
    out->statuses_first = known ? facts[first].statuses : COUNT_NONE;
    out->statuses_last = known ? facts[last - 1].statuses : COUNT_NONE;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

static int order_lists(struct text_list a, struct text_list b)
{
    return text_compare((struct text){(const char *)a.bytes, a.size},
                        (struct text){(const char *)b.bytes, b.size});
}

static int order_content(const struct fact *a, const struct fact *b)
{
    static const struct fact_lists none;
    const struct fact_lists *x = a->lists ? a->lists : &none;
    const struct fact_lists *y = b->lists ? b->lists : &none;
    for (int i = 0; i < SCRIPTS; i++)
        if (x->scripts[i] != y->scripts[i])
            return ORDER(x->scripts[i], y->scripts[i]);
    int order = order_lists(x->hashtags, y->hashtags);
    return order ? order : order_lists(x->domains, y->domains);
}

/*
 * All that a fact holds, in some order. Copies that are equal here need no
 * hash; and XXH3 resists no forger: of a forged pair with one hash, the order
 * of arrival must not decide.
 */
static int order_copies(const struct fact *a, const struct fact *b)
{
    const int orders[] = {
        ORDER(a->time, b->time),
        ORDER(a->kind, b->kind),
        ORDER(a->statuses, b->statuses),
        ORDER(a->followers, b->followers),
        ORDER(a->original_time, b->original_time),
        ORDER(a->client, b->client),
        ORDER(a->language, b->language),
        ORDER(a->flags, b->flags),
        ORDER(a->text_hash, b->text_hash),
        ORDER(a->text_length, b->text_length),
        ORDER(a->name_hash, b->name_hash),
        ORDER(a->urls, b->urls),
        ORDER(a->mentions, b->mentions),
        ORDER(a->media, b->media),
        id_compare(fact_target(a), fact_target(b)),
        id_compare(fact_target_post(a), fact_target_post(b)),
    };
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++)
        if (orders[i])
            return orders[i];
    return order_content(a, b);
}

static bool all_equal(const struct post_key *keys, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (order_copies(keys[i].fact, keys[0].fact) != 0)
            return false;
    return true;
}

static int hash_copy(struct sorter *sorter,
                     const struct copy_context *context,
                     const struct fact *fact, struct hash128 *hash)
{
    size_t need = copy_json_bytes_max(context, fact);
    if (need > sorter->json_capacity) {
        free(sorter->json);
        sorter->json = malloc(need * 2);
        sorter->json_capacity = sorter->json ? need * 2 : 0;
    }
    if (need > sorter->json_capacity)
        return -ENOMEM;
    *hash = copy_hash(context, fact, sorter->json);
    return 0;
}

static int order_hashes(const struct hash128 *a, const struct hash128 *b)
{
    return a->high != b->high ? ORDER(a->high, b->high)
                              : ORDER(a->low, b->low);
}

/* Leaves the best copy of keys[0, count), which are of one post, in keys[0];
 * adds 1 to *conflicting if they differ. Each copy is hashed once while the
 * best is looked for; those with its hash are counted as they come. 0 or
 * -ENOMEM. */
static int choose_survivor(struct sorter *sorter,
                           const struct copy_context *context,
                           struct post_key *keys, size_t count,
                           uint64_t *conflicting)
{
    if (all_equal(keys, count))
        return 0;
    struct hash128 best_hash = {0}, hash;
    size_t best = 0, equal = 0;
    for (size_t i = 0; i < count; i++) {
        if (hash_copy(sorter, context, keys[i].fact, &hash))
            return -ENOMEM;
        int order = i ? order_hashes(&hash, &best_hash) : 1;
        equal = order > 0 ? 1 : equal + (order == 0);
        if (order > 0 || (order == 0 && order_copies(keys[i].fact,
                                                     keys[best].fact) > 0)) {
            best = i;
            best_hash = hash;
        }
    }
    struct post_key first = keys[0];
    keys[0] = keys[best];
    keys[best] = first;
    *conflicting += equal < count;
    return 0;
}

/* Keys are sorted by id. Survivors go to the front, what is dropped behind. */
static int drop_copies(struct sorter *sorter,
                       const struct copy_context *context,
                       struct post_key *keys, size_t count,
                       struct sorted_posts *out)
{
    size_t kept = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count; end++)
            if (order_by_id(&keys[i], &keys[end]) != 0)
                break;
        if (end - i > 1 && choose_survivor(sorter, context, keys + i, end - i,
                                           &out->conflicting))
            return -ENOMEM;
        /* A swap: no key is lost, so the keys stay a permutation. */
        struct post_key survivor = keys[i];
        keys[i] = keys[kept];
        keys[kept++] = survivor;
    }
    out->count = kept;
    out->duplicates = count - kept;
    return 0;
}

/* facts[i] becomes what keys[i] points at: one walk along each cycle, so that
 * no second array of facts is needed. */
static void arrange(struct fact *facts, struct post_key *keys, size_t count)
{
    for (size_t start = 0; start < count; start++) {
        if (keys[start].fact == &facts[start])
            continue;
        struct fact held = facts[start];
        size_t to = start;
        for (;;) {
            size_t from = (size_t)(keys[to].fact - facts);
            keys[to].fact = &facts[to];
            if (from == start)
                break;
            facts[to] = facts[from];
            to = from;
        }
        facts[to] = held;
    }
}

int sort_posts(struct sorter *sorter, const struct copy_context *context,
               struct fact *facts, size_t count, struct sorted_posts *out)
{
    *out = (struct sorted_posts){.count = count};
    if (count < 2) {
        status_counts(facts, out);
        return 0;
    }
    struct post_key small[2 * MERGE_SORT_BLOCK], *keys = small;
    if (count > MERGE_SORT_BLOCK)
        keys = sorter_room(sorter, count, 2 * sizeof *keys);
    if (!keys)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++)
        keys[i] = key_by_id(&facts[i]);
    sort_by_id(keys, count, keys + count);
    if (drop_copies(sorter, context, keys, count, out))
        return -ENOMEM;
    for (size_t i = 0; i < out->count; i++)
        keys[i] = key_by_time(keys[i].fact);
    sort_by_time(keys, out->count, keys + count);
    arrange(facts, keys, count);
    status_counts(facts, out);
    return 0;
}

/* ---- deletions --------------------------------------------------------- */

/* Unknown times last. */
static inline bool less_deletion(const struct deletion *a,
                                 const struct deletion *b)
{
    int order = id_compare(a->post, b->post);
    if (order)
        return order < 0;
    if (a->time == TIME_NONE || b->time == TIME_NONE)
        return b->time == TIME_NONE && a->time != TIME_NONE;
    return a->time < b->time;
}

MERGE_SORT(sort_all_deletions, struct deletion, less_deletion)

int sort_deletions(struct sorter *sorter, struct deletion *deletions,
                   size_t count, size_t *kept)
{
    *kept = count;
    if (count < 2)
        return 0;
    struct deletion *spare = NULL;
    if (count > MERGE_SORT_BLOCK) {
        spare = sorter_room(sorter, count, sizeof *spare);
        if (!spare)
            return -ENOMEM;
    }
    sort_all_deletions(deletions, count, spare);
    size_t to = 1;
    for (size_t i = 1; i < count; i++)
        if (!id_equal(deletions[i].post, deletions[to - 1].post))
            deletions[to++] = deletions[i];
    *kept = to;
    return 0;
}
