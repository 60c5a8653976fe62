#include "stages/reduce/id_counts.h"

#include "stages/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define TALLY_SLOTS_MIN 64
#define TALLY_SLOTS_KEPT 65536
#define TALLY_KEYS_MAX (UINT32_MAX - 1)

void id_counts_init(struct id_counts *tally)
{
    memset(tally, 0, sizeof *tally);
    /* Without entropy the table is still right, only easier to slow down. */
    if (getrandom(&tally->seed, sizeof tally->seed, GRND_NONBLOCK) !=
        (ssize_t)sizeof tally->seed)
        tally->seed = (uint64_t)(uintptr_t)tally;
}

void id_counts_free(struct id_counts *tally)
{
    free(tally->entries);
    free(tally->slots);
    tally->entries = NULL;
    tally->slots = NULL;
    tally->count = tally->capacity = 0;
    tally->mask = tally->slots_allocated = 0;
}

void id_counts_clear(struct id_counts *tally)
{
    if (tally->slots_allocated > TALLY_SLOTS_KEPT) {
        id_counts_free(tally);
        return;
    }
    tally->count = 0;
    if (!tally->slots)
        return;
    tally->mask = TALLY_SLOTS_MIN - 1;
    memset(tally->slots, 0, TALLY_SLOTS_MIN * sizeof *tally->slots);
}

/* Texts are hashed with the secret seed; then the halves of the product with a
 * secret odd number are folded, so that numbers cannot be chosen to collide. */
static uint64_t hash_key(const struct id_counts *tally, struct id key)
{
    uint64_t hash = key.text.size ? hash_bytes64_seeded(key.text.bytes,
                                                        key.text.size,
                                                        tally->seed)
                                  : key.number;
    __extension__ unsigned __int128 product =
        (unsigned __int128)(hash ^ tally->seed) *
        (tally->seed << 1 ^ 0x9e3779b97f4a7c15u);
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static int grow_slots(struct id_counts *tally)
{
    size_t wanted = tally->mask ? (tally->mask + 1) * 2 : TALLY_SLOTS_MIN;
    if (wanted > tally->slots_allocated) {
        uint32_t *grown = realloc(tally->slots, wanted * sizeof *grown);
        if (!grown)
            return -ENOMEM;
        tally->slots = grown;
        tally->slots_allocated = wanted;
    }
    tally->mask = wanted - 1;
    memset(tally->slots, 0, wanted * sizeof *tally->slots);
    for (size_t i = 0; i < tally->count; i++) {
        size_t slot = tally->entries[i].hash & tally->mask;
        while (tally->slots[slot])
            slot = (slot + 1) & tally->mask;
        tally->slots[slot] = (uint32_t)i + 1;
    }
    return 0;
}

/* Room for one more entry, with the slots at most half full. */
static int make_room(struct id_counts *tally)
{
    if (tally->count >= TALLY_KEYS_MAX)
        return -ENOMEM;
    if (tally->count == tally->capacity) {
        size_t wanted = tally->capacity ? tally->capacity * 2
                                        : TALLY_SLOTS_MIN;
        struct id_count *grown =
            reallocarray(tally->entries, wanted, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        tally->entries = grown;
        tally->capacity = wanted;
    }
    return tally->count * 2 < tally->mask ? 0 : grow_slots(tally);
}

int id_counts_add(struct id_counts *tally, struct id key, uint64_t times)
{
    int status = make_room(tally);
    if (status)
        return status;
    uint64_t hash = hash_key(tally, key);
    size_t slot = hash & tally->mask;
    for (; tally->slots[slot]; slot = (slot + 1) & tally->mask) {
        struct id_count *entry = &tally->entries[tally->slots[slot] - 1];
        if (entry->hash == hash && id_equal(entry->key, key)) {
            entry->count += times;
            return 0;
        }
    }
    tally->entries[tally->count++] = (struct id_count){key, times, hash};
    tally->slots[slot] = (uint32_t)tally->count;
    return 0;
}

const struct id_count *id_counts_top(const struct id_counts *tally,
                                    int (*compare)(struct id, struct id))
{
    const struct id_count *top = NULL;
    for (size_t i = 0; i < tally->count; i++) {
        const struct id_count *entry = &tally->entries[i];
        if (!top || entry->count > top->count ||
            (entry->count == top->count &&
             compare(entry->key, top->key) < 0))
            top = entry;
    }
    return top;
}
