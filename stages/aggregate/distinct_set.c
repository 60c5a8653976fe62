#include "stages/aggregate/distinct_set.h"

#include <stdatomic.h>

#define HLL_INDEX_BITS 12
#define MORE_HASHES (DISTINCT_EXACT_MAX - 1)
_Static_assert(HLL_REGISTERS == 1 << HLL_INDEX_BITS, "p = 12");

struct distinct_more {
    _Atomic uint64_t hashes[MORE_HASHES];
    _Atomic(_Atomic uint8_t *) hll;
};

uint32_t hll_index(uint64_t hash)
{
    return (uint32_t)(hash >> (64 - HLL_INDEX_BITS));
}

uint8_t hll_rank(uint64_t hash)
{
    uint64_t rest = hash << HLL_INDEX_BITS;
    return rest ? (uint8_t)(__builtin_clzll(rest) + 1)
                : (uint8_t)(64 - HLL_INDEX_BITS + 1);
}

void hll_add(uint8_t *registers, uint64_t hash)
{
    uint8_t *at = &registers[hll_index(hash)];
    if (*at < hll_rank(hash))
        *at = hll_rank(hash);
}

static void hll_raise(_Atomic uint8_t *registers, uint64_t hash)
{
    _Atomic uint8_t *at = &registers[hll_index(hash)];
    uint8_t rank = hll_rank(hash);
    uint8_t seen = atomic_load_explicit(at, memory_order_relaxed);
    while (rank > seen &&
           !atomic_compare_exchange_weak_explicit(at, &seen, rank,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

/* True: the place holds the hash, now or already. */
static bool place_takes(_Atomic uint64_t *place, uint64_t hash)
{
    uint64_t seen = atomic_load_explicit(place, memory_order_relaxed);
    if (!seen && atomic_compare_exchange_strong_explicit(
                     place, &seen, hash, memory_order_relaxed,
                     memory_order_relaxed))
        return true;
    return seen == hash;
}

static struct distinct_more *more_of(struct distinct_set *set,
                                     struct arena *arena)
{
    /* Acquire: pairs with the release of the exchange below, for the zeroes
     * of a fresh block. */
    struct distinct_more *more = atomic_load_explicit(&set->more,
                                                      memory_order_acquire);
    if (more)
        return more;
    struct distinct_more *fresh = arena_alloc(arena, sizeof *fresh, 8);
    if (fresh && !atomic_compare_exchange_strong_explicit(
                     &set->more, &more, fresh, memory_order_acq_rel,
                     memory_order_acquire))
        return more;
    return fresh;
}

/* Called when all places are taken. */
static _Atomic uint8_t *hll_of(const struct distinct_set *set,
                               struct distinct_more *more,
                               struct arena *arena)
{
    /* Acquire: pairs with the release of the exchange below. */
    _Atomic uint8_t *hll = atomic_load_explicit(&more->hll,
                                                memory_order_acquire);
    if (hll)
        return hll;
    _Atomic uint8_t *fresh = arena_alloc(arena, HLL_REGISTERS, 1);
    if (!fresh)
        return NULL;
    hll_raise(fresh, atomic_load_explicit(&set->first, memory_order_relaxed));
    for (int i = 0; i < MORE_HASHES; i++)
        hll_raise(fresh, atomic_load_explicit(&more->hashes[i],
                                              memory_order_relaxed));
    if (!atomic_compare_exchange_strong_explicit(&more->hll, &hll, fresh,
                                                 memory_order_acq_rel,
                                                 memory_order_acquire))
        return hll;
    return fresh;
}

bool distinct_set_add(struct distinct_set *set, uint64_t hash,
                      struct arena *arena)
{
    hash += hash == 0;
    if (place_takes(&set->first, hash))
        return true;
    struct distinct_more *more = more_of(set, arena);
    if (!more)
        return false;
    for (int i = 0; i < MORE_HASHES; i++)
        if (place_takes(&more->hashes[i], hash))
            return true;
    _Atomic uint8_t *hll = hll_of(set, more, arena);
    if (!hll)
        return false;
    hll_raise(hll, hash);
    return true;
}

static void keep_rising(struct distinct *out, uint64_t hash)
{
    if (!hash)
        return;
    int at = out->count++;
    for (; at > 0 && out->hashes[at - 1] > hash; at--)
        out->hashes[at] = out->hashes[at - 1];
    out->hashes[at] = hash;
}

void distinct_set_read(const struct distinct_set *set, struct distinct *out)
{
    *out = (struct distinct){0};
    const struct distinct_more *more = atomic_load_explicit(
        &set->more, memory_order_acquire);
    keep_rising(out, atomic_load_explicit(&set->first, memory_order_relaxed));
    if (!more)
        return;
    for (int i = 0; i < MORE_HASHES; i++)
        keep_rising(out, atomic_load_explicit(&more->hashes[i],
                                              memory_order_relaxed));
    _Atomic uint8_t *hll = atomic_load_explicit(&more->hll,
                                                memory_order_acquire);
    if (hll)
        *out = (struct distinct){.count = DISTINCT_EXACT_MAX + 1,
                                 .hll = (const uint8_t *)hll};
}
