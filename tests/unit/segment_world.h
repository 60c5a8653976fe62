#ifndef SANDPIPER_TESTS_SEGMENT_WORLD_H
#define SANDPIPER_TESTS_SEGMENT_WORLD_H

#include "stages/aggregate/segment.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * Random accounts with everything that a segment can hold, cursors over them,
 * and their comparison. Shared by the tests of segments and joins.
 */
#define WORLD_FACTS_MAX 40
#define WORLD_PARTS 4u          /* partitions */
#define WORLD_CLIENTS 5u
#define WORLD_LANGUAGES 3u

struct world_account {
    enum platform platform;
    struct id id;
    char name[48];
    bool has_profile;
    struct profile profile;
    char texts[PROFILE_TEXTS][24];
    uint8_t registers[PROFILE_DISTINCTS][HLL_REGISTERS];
    struct fact facts[WORLD_FACTS_MAX];
    size_t fact_count;
    struct deletion deletions[8];
    size_t deletion_count;
};

struct world {
    struct world_account *accounts;
    size_t count;
    uint64_t seed;
};

/* Blobs that facts point at, laid out like struct id_blob. */
static const struct {
    uint32_t size;
    char bytes[12];
} WORLD_BLOBS[3] = {{4, "t1_a"}, {11, "at://did/x1"}, {2, "07"}};

static const struct fact_lists WORLD_LISTS[3] = {
    {{0, 1, 0, 0, 0, 0, 300, 0}, {NULL, 0, 0}, {NULL, 0, 0}},
    {{0}, {(const uint8_t *)"\1a\2bc", 5, 2}, {NULL, 0, 0}},
    {{1}, {(const uint8_t *)"\0", 1, 1}, {(const uint8_t *)"\4t.co", 5, 1}}};

static inline uint64_t world_below(struct world *world, uint64_t bound)
{
    world->seed = world->seed * UINT64_C(6364136223846793005) +
                  1442695040888963407;
    return (world->seed >> 33) % bound;
}

static inline uint64_t world_id(struct world *world, struct fact *fact,
                                uint16_t flag)
{
    if (world_below(world, 4))
        return 1 + world_below(world, 1000) * UINT64_C(0x100000000);
    fact->flags |= flag;
    return (uint64_t)(uintptr_t)&WORLD_BLOBS[world_below(world, 3)];
}

static inline struct fact world_fact(struct world *world)
{
    struct fact fact = {.time = (int64_t)world_below(world, 1000000) - 1000,
                        .original_time = TIME_NONE, .statuses = COUNT_NONE,
                        .followers = COUNT_NONE,
                        .kind = (uint8_t)world_below(world, POST_KINDS)};
    fact.flags = (uint16_t)(world_below(world, 1024) << 3 & FACT_FLAGS_ALL);
    fact.post = world_id(world, &fact, FACT_POST_BLOB);
    fact.name_hash = world_below(world, 2) ? world->seed : 0;
    if (fact.flags & FACT_HAS_TEXT) {
        fact.text_hash = world->seed;
        fact.text_length = (uint32_t)world_below(world, 300);
    }
    fact.urls = (uint32_t)world_below(world, 3);
    fact.media = (uint32_t)world_below(world, 300);
    if (world_below(world, 2))
        fact.lists = &WORLD_LISTS[world_below(world, 3)];
    if (world_below(world, 2))
        fact.followers = (int64_t)world_below(world, 1u << 20);
    if (world_below(world, 2))
        fact.target = world_id(world, &fact, FACT_TARGET_BLOB);
    if (world_below(world, 2))
        fact.target_post = world_id(world, &fact, FACT_TARGET_POST_BLOB);
    if (world_below(world, 2))
        fact.original_time = -TIME_BIAS + 1 + (int64_t)world_below(world, 9);
    if (world_below(world, 2))
        fact.statuses = (int64_t)world_below(world, 1u << 30);
    fact.client = (uint32_t)world_below(world, WORLD_CLIENTS + 1);
    fact.language = (uint32_t)world_below(world, WORLD_LANGUAGES + 1);
    return fact;
}

static inline struct cell world_cell(struct world *world, uint64_t bound)
{
    if (!world_below(world, 3))
        return (struct cell){0};
    int64_t t = (int64_t)world_below(world, 9) - 4;
    return (struct cell){when_last(t, world_below(world, 2)),
                         (int64_t)world_below(world, bound)};
}

static inline void world_distinct(struct world *world,
                                  struct world_account *account, int i)
{
    struct distinct *set = &account->profile.distincts[i];
    set->count = (uint8_t)world_below(world, DISTINCT_EXACT_MAX + 2);
    for (int k = 0; k < set->count && k < DISTINCT_EXACT_MAX; k++)
        set->hashes[k] = (uint64_t)(k + 1) << 60 | world_below(world, 3);
    if (set->count <= DISTINCT_EXACT_MAX)
        return;
    *set = (struct distinct){.count = DISTINCT_EXACT_MAX + 1,
                             .hll = account->registers[i]};
    for (int k = 0; k < HLL_REGISTERS; k += 1 + (int)world_below(world, 900))
        account->registers[i][k] = (uint8_t)world_below(world, 54);
}

static inline void world_profile(struct world *world,
                                 struct world_account *account)
{
    struct profile *profile = &account->profile;
    profile_init(profile);
    profile->created_at = (struct cell){1 + world_below(world, 2),
                                        (int64_t)world_below(world, 1000)};
    profile->engagement[0] = (int64_t)world_below(world, 1000) - 1;
    profile->first_observed = -(int64_t)world_below(world, 1000);
    profile->last_observed = (int64_t)world_below(world, 1000);
    for (int i = 0; i < PROFILE_COUNTS; i++) {
        struct count_register *count = &profile->counts[i];
        count->first = count->last = world_cell(world, 1000);
        if (count->first.when) {
            count->min = 0;
            count->max = count->first.value;
        }
    }
    for (int i = 0; i < PROFILE_TEXTS; i++) {
        int size = snprintf(account->texts[i], sizeof account->texts[i],
                            "text %u", (unsigned)world_below(world, 99));
        if (world_below(world, 3))
            profile->texts[i] = (struct text_cell){
                when_last((int64_t)world_below(world, 5), true),
                {account->texts[i], (uint32_t)size}};
    }
    for (int i = 0; i < PROFILE_FLAGS; i++)
        profile->flags[i] = world_cell(world, 2);
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        world_distinct(world, account, i);
}

static inline void world_account(struct world *world, size_t number,
                                 struct world_account *account)
{
    *account = (struct world_account){
        .platform = (enum platform)(number % PLATFORM_COUNT)};
    int size = snprintf(account->name, sizeof account->name,
                        number % 5 ? "%zu" : "a-long-common-prefix-%zu",
                        number * 31 + 1);
    account->id = id_from_text((struct text){account->name, (uint32_t)size});
    account->has_profile = world_below(world, 4) != 0;
    if (account->has_profile)
        world_profile(world, account);
    account->fact_count =
        world_below(world, 3) ? world_below(world, WORLD_FACTS_MAX + 1) : 0;
    for (size_t i = 0; i < account->fact_count; i++)
        account->facts[i] = world_fact(world);
    account->deletion_count = world_below(world, 3) ? 0
                                                    : world_below(world, 9);
    for (size_t i = 0; i < account->deletion_count; i++)
        account->deletions[i] = (struct deletion){
            world_below(world, 2)
                ? (struct id){.number = 1 + world_below(world, 50)}
                : fact_id((uint64_t)(uintptr_t)&WORLD_BLOBS[0], true),
            world_below(world, 2) ? TIME_NONE
                                  : (int64_t)world_below(world, 1000)};
}

/* Accounts number 0, step, 2 step...; the same numbers are the same ids. */
static inline void world_make(struct world *world, size_t count, size_t step,
                              uint64_t seed)
{
    *world = (struct world){calloc(count, sizeof *world->accounts), count,
                            seed};
    for (size_t i = 0; i < count; i++)
        world_account(world, i * step, &world->accounts[i]);
}

static inline void world_free(struct world *world)
{
    free(world->accounts);
}

static inline int world_order(const void *a, const void *b)
{
    const struct world_account *x = *(const struct world_account *const *)a;
    const struct world_account *y = *(const struct world_account *const *)b;
    if (x->platform != y->platform)
        return x->platform < y->platform ? -1 : 1;
    return id_compare_bytes(x->id, y->id);
}

/* ---- a cursor over a world --------------------------------------------- */

struct world_cursor {
    struct part_cursor face;
    struct world_account **order;
    size_t count, at;
    int error;                   /* given instead of the end */
};

static inline int world_next(struct part_cursor *face,
                             struct account_view *view)
{
    struct world_cursor *cursor = (struct world_cursor *)face;
    if (cursor->at == cursor->count)
        return cursor->error;
    struct world_account *account = cursor->order[cursor->at++];
    *view = (struct account_view){
        .platform = account->platform, .id = account->id,
        .profile = account->has_profile ? &account->profile : NULL,
        .facts = account->facts, .fact_count = account->fact_count,
        .deletions = account->deletions,
        .deletion_count = account->deletion_count};
    return 1;
}

static inline void world_close(struct part_cursor *face)
{
    free(((struct world_cursor *)face)->order);
    free(face);
}

static inline struct part_cursor *world_open(struct world *world,
                                             uint32_t partition, int error)
{
    struct world_cursor *cursor = calloc(1, sizeof *cursor);
    cursor->face = (struct part_cursor){world_next, world_close};
    cursor->order = calloc(world->count + 1, sizeof *cursor->order);
    cursor->error = error;
    for (size_t i = 0; i < world->count; i++)
        if ((id_hash(world->accounts[i].platform, world->accounts[i].id) &
             (WORLD_PARTS - 1)) == partition)
            cursor->order[cursor->count++] = &world->accounts[i];
    qsort(cursor->order, cursor->count, sizeof *cursor->order, world_order);
    return &cursor->face;
}

/* ---- comparison -------------------------------------------------------- */

static inline bool same_cell(struct cell a, struct cell b)
{
    return a.when == b.when && a.value == b.value;
}

static inline bool same_distinct(const struct distinct *a,
                                 const struct distinct *b)
{
    if (a->count != b->count || !a->hll != !b->hll)
        return false;
    return a->hll ? memcmp(a->hll, b->hll, HLL_REGISTERS) == 0
                  : memcmp(a->hashes, b->hashes, a->count * 8u) == 0;
}

static inline bool same_profile(const struct profile *a,
                                const struct profile *b)
{
    if (!a || !b)
        return a == b;
    bool same = same_cell(a->created_at, b->created_at) &&
                a->engagement[0] == b->engagement[0] &&
                a->engagement[1] == b->engagement[1] &&
                a->first_observed == b->first_observed &&
                a->last_observed == b->last_observed;
    for (int i = 0; i < PROFILE_COUNTS; i++)
        same = same && same_cell(a->counts[i].first, b->counts[i].first) &&
               same_cell(a->counts[i].last, b->counts[i].last) &&
               a->counts[i].min == b->counts[i].min &&
               a->counts[i].max == b->counts[i].max;
    for (int i = 0; i < PROFILE_TEXTS; i++)
        same = same && a->texts[i].when == b->texts[i].when &&
               text_compare(a->texts[i].value, b->texts[i].value) == 0;
    for (int i = 0; i < PROFILE_FLAGS; i++)
        same = same && same_cell(a->flags[i], b->flags[i]);
    for (int i = 0; i < PROFILE_DISTINCTS; i++)
        same = same && same_distinct(&a->distincts[i], &b->distincts[i]);
    return same;
}

static inline bool same_list(struct text_list a, struct text_list b)
{
    return a.count == b.count && a.size == b.size &&
           (!a.size || memcmp(a.bytes, b.bytes, a.size) == 0);
}

/* But for the dictionary ranks. */
static inline bool same_fact(const struct fact *a, const struct fact *b)
{
    static const struct fact_lists none;
    const struct fact_lists *x = a->lists ? a->lists : &none;
    const struct fact_lists *y = b->lists ? b->lists : &none;
    return a->time == b->time && a->name_hash == b->name_hash &&
           a->text_hash == b->text_hash && a->text_length == b->text_length &&
           a->followers == b->followers && a->urls == b->urls &&
           a->mentions == b->mentions && a->media == b->media &&
           memcmp(x->scripts, y->scripts, sizeof x->scripts) == 0 &&
           same_list(x->hashtags, y->hashtags) &&
           same_list(x->domains, y->domains) &&
           a->original_time == b->original_time &&
           a->statuses == b->statuses && a->kind == b->kind &&
           a->flags == b->flags && id_equal(fact_post(a), fact_post(b)) &&
           id_equal(fact_target(a), fact_target(b)) &&
           id_equal(fact_target_post(a), fact_target_post(b));
}

static inline bool same_deletion(const struct deletion *a,
                                 const struct deletion *b)
{
    return id_equal(a->post, b->post) && a->time == b->time;
}

/* ---- dictionaries ------------------------------------------------------ */

static inline struct dictionary world_names(struct text *names,
                                            const char *const *strings,
                                            uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        names[i] = (struct text){strings[i], (uint32_t)strlen(strings[i])};
    return (struct dictionary){count, names};
}

#endif
