#include "stages/reduce/core_set.h"

#include "pipeline/check.h"
#include "stages/hash.h"
#include "stages/reduce/exact.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define SLOTS_MIN 64
#define ANY_PLATFORM ((uint8_t)((1u << PLATFORM_COUNT) - 1))

void core_set_init(struct core_set *set)
{
    memset(set, 0, sizeof *set);
    /* Without entropy the set is still right, only easier to slow down. */
    if (getrandom(&set->seed, sizeof set->seed, GRND_NONBLOCK) !=
        (ssize_t)sizeof set->seed)
        set->seed = (uint64_t)(uintptr_t)set;
}

void core_set_free(struct core_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        free((char *)(uintptr_t)set->entries[i].id.text.bytes);
    free(set->entries);
    free(set->slots);
    memset(set, 0, sizeof *set);
}

static size_t slot_of(const struct core_set *set, struct id id)
{
    uint64_t hash =
        id.text.size
            ? hash_bytes64_seeded(id.text.bytes, id.text.size, set->seed)
            : hash_bytes64_seeded(&id.number, sizeof id.number, set->seed);
    size_t slot = hash & set->mask;
    while (set->slots[slot] &&
           !id_equal(set->entries[set->slots[slot] - 1].id, id))
        slot = (slot + 1) & set->mask;
    return slot;
}

/* Twice the slots, and room for half as many entries. */
static int grow(struct core_set *set)
{
    size_t slots = set->mask ? (set->mask + 1) * 2 : SLOTS_MIN;
    if (slots > UINT32_MAX)
        return -ENOMEM;
    struct core_entry *entries =
        reallocarray(set->entries, slots / 2, sizeof *entries);
    if (!entries)
        return -ENOMEM;
    set->entries = entries;
    uint32_t *fresh = calloc(slots, sizeof *fresh);
    if (!fresh)
        return -ENOMEM;
    free(set->slots);
    set->slots = fresh;
    set->mask = slots - 1;
    set->capacity = slots / 2;
    for (size_t i = 0; i < set->count; i++)
        set->slots[slot_of(set, entries[i].id)] = (uint32_t)i + 1;
    return 0;
}

static int own_text(struct id *id)
{
    if (!id->text.size)
        return 0;
    char *bytes = malloc(id->text.size);
    if (!bytes)
        return -ENOMEM;
    memcpy(bytes, id->text.bytes, id->text.size);
    id->text.bytes = bytes;
    return 0;
}

static int add(struct core_set *set, struct id id, uint8_t platforms)
{
    if (!id_known(id))
        return 0;
    if (set->count == set->capacity && grow(set))
        return -ENOMEM;
    size_t slot = slot_of(set, id);
    if (set->slots[slot]) {
        set->entries[set->slots[slot] - 1].platforms |= platforms;
        return 0;
    }
    if (own_text(&id))
        return -ENOMEM;
    set->entries[set->count++] = (struct core_entry){id, platforms};
    set->slots[slot] = (uint32_t)set->count;
    return 0;
}

int core_set_add_id(struct core_set *set, struct id id)
{
    return add(set, id, ANY_PLATFORM);
}

int core_set_add_account(struct core_set *set, enum platform platform,
                         struct id id)
{
    return add(set, id, (uint8_t)(1u << platform));
}

void core_set_add_unseen(struct core_set *set)
{
    set->unseen++;
}

bool core_set_has(const struct core_set *set, enum platform platform,
                  struct id id)
{
    if (!set->count || !id_known(id))
        return false;
    uint32_t entry = set->slots[slot_of(set, id)];
    return entry && set->entries[entry - 1].platforms >> platform & 1;
}

uint64_t core_set_size(const struct core_set *set)
{
    return set->count + set->unseen;
}

double core_lift(uint64_t core_retweets, uint64_t retweets,
                 uint64_t run_core_retweets, uint64_t run_retweets)
{
    CHECK(retweets > 0 && run_core_retweets > 0);
    return ratio_real((uint128)core_retweets * run_retweets,
                      (uint128)retweets * run_core_retweets);
}
