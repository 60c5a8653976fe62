#include "gen_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_random.h"

static uint64_t *find_slot(uint64_t *keys, uint32_t room, uint64_t key)
{
    uint32_t at = (uint32_t)gen_mix(key) & (room - 1);
    while (keys[at] != 0 && keys[at] != key) {
        at = (at + 1) & (room - 1);
    }
    return &keys[at];
}

static int grow(struct gen_set *set)
{
    uint32_t room = set->room == 0 ? 64 : 2 * set->room;
    uint64_t *keys = calloc(room, sizeof(*keys));
    if (keys == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < set->room; i++) {
        if (set->keys[i] != 0) {
            *find_slot(keys, room, set->keys[i]) = set->keys[i];
        }
    }
    free(set->keys);
    set->keys = keys;
    set->room = room;
    return 0;
}

int gen_set_add(struct gen_set *set, uint64_t key)
{
    if (2 * set->count >= set->room && grow(set) != 0) {
        return -ENOMEM;
    }
    uint64_t *slot = find_slot(set->keys, set->room, key);
    int new_one = *slot == 0;
    *slot = key;
    set->count += (uint32_t)new_one;
    return new_one;
}

void gen_set_clear(struct gen_set *set)
{
    if (set->count > 0) {
        memset(set->keys, 0, set->room * sizeof(*set->keys));
        set->count = 0;
    }
}

void gen_set_free(struct gen_set *set)
{
    free(set->keys);
    memset(set, 0, sizeof(*set));
}
