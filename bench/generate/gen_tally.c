#include "gen_tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_random.h"

static struct gen_tally_entry *find_slot(struct gen_tally_entry *entries,
                                         uint32_t room, uint32_t stored)
{
    uint32_t at = (uint32_t)gen_mix(stored) & (room - 1);
    while (entries[at].key != 0 && entries[at].key != stored) {
        at = (at + 1) & (room - 1);
    }
    return &entries[at];
}

static int grow(struct gen_tally *tally)
{
    uint32_t room = tally->room == 0 ? 16 : 2 * tally->room;
    struct gen_tally_entry *entries = calloc(room, sizeof(*entries));
    if (entries == NULL) {
        return -ENOMEM;
    }
    for (uint32_t i = 0; i < tally->room; i++) {
        if (tally->entries[i].key != 0) {
            *find_slot(entries, room, tally->entries[i].key) = tally->entries[i];
        }
    }
    free(tally->entries);
    tally->entries = entries;
    tally->room = room;
    return 0;
}

int gen_tally_add(struct gen_tally *tally, uint32_t key)
{
    if (2 * tally->distinct >= tally->room && grow(tally) != 0) {
        return -ENOMEM;
    }
    struct gen_tally_entry *slot = find_slot(tally->entries, tally->room, key + 1);
    tally->distinct += slot->key == 0;
    slot->key = key + 1;
    slot->count++;
    return 0;
}

void gen_tally_free(struct gen_tally *tally)
{
    free(tally->entries);
    memset(tally, 0, sizeof(*tally));
}
