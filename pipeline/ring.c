#include "pipeline/ring.h"

#include "pipeline/check.h"

#include <errno.h>

int ring_init(struct ring *ring, struct memory *memory, size_t capacity)
{
    /* With one cell, "full" and "empty for the next lap" are one number. */
    CHECK(capacity >= 2 && (capacity & (capacity - 1)) == 0);
    CHECK(capacity <= SIZE_MAX / 4 / sizeof(struct ring_cell));
    ring->cells = memory_map(memory, capacity * sizeof(struct ring_cell));
    if (!ring->cells)
        return -ENOMEM;
    ring->memory = memory;
    ring->mask = capacity - 1;
    for (size_t i = 0; i < capacity; i++)
        atomic_init(&ring->cells[i].sequence, i);
    atomic_init(&ring->push_at, 0);
    atomic_init(&ring->pop_at, 0);
    return 0;
}

void ring_destroy(struct ring *ring)
{
    memory_unmap(ring->memory, ring->cells,
                 (ring->mask + 1) * sizeof(struct ring_cell));
    ring->cells = NULL;
}

bool ring_push(struct ring *ring, void *item)
{
    CHECK(item);
    uint64_t at = atomic_load_explicit(&ring->push_at, memory_order_relaxed);
    for (;;) {
        struct ring_cell *cell = &ring->cells[at & ring->mask];
        /* Acquire: pairs with the release in ring_pop of the lap before; the
         * popper has taken the old item when this is written to. */
        uint64_t turn =
            atomic_load_explicit(&cell->sequence, memory_order_acquire);
        int64_t ahead = (int64_t)(turn - at);
        if (ahead < 0)
            return false;
        if (ahead > 0) {
            /* Another push has taken this position since it was read. */
            at = atomic_load_explicit(&ring->push_at, memory_order_relaxed);
            continue;
        }
        /* Relaxed: the claim carries no data, the sequence does. A failure
         * reloads at. */
        if (!atomic_compare_exchange_weak_explicit(
                &ring->push_at, &at, at + 1, memory_order_relaxed,
                memory_order_relaxed))
            continue;
        cell->item = item;
        /* Release: pairs with the acquire in ring_pop of this position. */
        atomic_store_explicit(&cell->sequence, at + 1, memory_order_release);
        return true;
    }
}

void *ring_pop(struct ring *ring)
{
    uint64_t at = atomic_load_explicit(&ring->pop_at, memory_order_relaxed);
    for (;;) {
        struct ring_cell *cell = &ring->cells[at & ring->mask];
        /* Acquire: pairs with the release in ring_push of this position;
         * the item, and what it points to, are whole. */
        uint64_t turn =
            atomic_load_explicit(&cell->sequence, memory_order_acquire);
        int64_t ahead = (int64_t)(turn - (at + 1));
        if (ahead < 0)
            return NULL;
        if (ahead > 0) {
            at = atomic_load_explicit(&ring->pop_at, memory_order_relaxed);
            continue;
        }
        if (!atomic_compare_exchange_weak_explicit(
                &ring->pop_at, &at, at + 1, memory_order_relaxed,
                memory_order_relaxed))
            continue;
        void *item = cell->item;
        /* Release: pairs with the acquire in ring_push one lap later. */
        atomic_store_explicit(&cell->sequence, at + ring->mask + 1,
                              memory_order_release);
        return item;
    }
}

size_t ring_count(const struct ring *ring)
{
    /* pop_at first: it is never ahead of what push_at is read as after,
     * except for reordering, which the comparison takes for empty. */
    uint64_t popped =
        atomic_load_explicit(&ring->pop_at, memory_order_relaxed);
    uint64_t pushed =
        atomic_load_explicit(&ring->push_at, memory_order_relaxed);
    return pushed > popped ? (size_t)(pushed - popped) : 0;
}
