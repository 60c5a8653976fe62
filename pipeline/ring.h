#ifndef SANDPIPER_PIPELINE_RING_H
#define SANDPIPER_PIPELINE_RING_H

#include "pipeline/memory.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bounded ring of pointers that any number of threads push to and pop from
 * (multi-producer, multi-consumer).
 *
 * Algorithm. Dmitry Vyukov's bounded MPMC queue (1024cores.net, "Bounded MPMC
 * queue", 2010). Each cell carries a sequence number which says whose turn
 * the cell is. Two counters, push_at and pop_at, only grow; the cell of a
 * position p is p modulo the capacity:
 *
 *     cell.sequence == p              empty: the push of position p may claim
 *     cell.sequence == p + 1          full: the pop of position p may claim
 *     cell.sequence == p + capacity   empty again, for the next lap
 *
 *         pop_at                    push_at
 *           v                         v
 *     +---+---+---+---+---+---+---+---+---+
 *     | . | 2 | 3 | 4 | 5 | ? | 7 | 8 | . |   ? claimed, not yet published
 *     +---+---+---+---+---+---+---+---+---+
 *
 * A push claims its position by compare-and-swap on push_at, writes the
 * pointer, and publishes it by storing sequence p + 1; a pop claims by
 * compare-and-swap on pop_at, takes the pointer, and gives the cell back by
 * storing p + capacity. There is no memory to reclaim and no ABA: positions
 * are 64 bits wide and never come again.
 *
 * Guarantees.
 *  1. Each pointer pushed is popped at most once, and exactly once when the
 *     ring is popped until empty after all pushes have returned.
 *  2. What a thread wrote before ring_push is visible to the thread whose
 *     ring_pop returns that pointer; and what a popper did with the cell is
 *     over before the next lap's push writes to it.
 *  3. Positions are claimed in order. Two pushes of one thread are claimed
 *     in the order of the calls, and one thread that pops sees them in this
 *     order. Between threads the order is that of the claims.
 *  4. No operation waits for another thread. A retry happens only when
 *     another operation has claimed a position in the meantime, so out of
 *     all that are trying one always gets on.
 *  5. The price of 4: between a claim and its publication a thread may be
 *     descheduled. Until it comes back, a pop whose turn is that cell returns
 *     NULL although later cells are full; and when a popper sleeps there, a
 *     push one lap later returns false although others have popped. NULL and
 *     false therefore mean "not now", never "nothing is left": whoever needs
 *     to know that all work is done counts the work, beside the ring.
 *  6. A push that returned true before a pop began (as seen by that pop) is
 *     not missed by it, unless 5 hides it behind an unpublished cell.
 *
 * 1 to 5 are held by tests/model/ring.pml in every interleaving of two cells;
 * tests/unit/test_linear_ring.c looks for an order in recorded histories.
 *
 * Ownership: ring_push gives the pointer away when it returns true, and
 * leaves it with the caller when false. The ring owns its cells only; what
 * is in it at ring_destroy is not freed.
 *
 * Layout: the two counters stand on cache lines of their own (two lines
 * each, since processors fetch lines in pairs), so that pushers and poppers
 * do not take them from each other. Cells are not padded: neighbours are
 * used at nearly the same time, and items are buffers of many KiB.
 */
#define RING_LINE_BYTES 128

struct ring_cell {
    _Atomic uint64_t sequence;
    void *item;
};

struct ring {
    struct ring_cell *cells;     /* owned */
    uint64_t mask;               /* capacity - 1 */
    struct memory *memory;       /* borrowed until ring_destroy */
    alignas(RING_LINE_BYTES) _Atomic uint64_t push_at;
    alignas(RING_LINE_BYTES) _Atomic uint64_t pop_at;
};

/* capacity: a power of two, 2 at least. 0, or -ENOMEM. */
int ring_init(struct ring *ring, struct memory *memory, size_t capacity);
/* No thread may use the ring any more. */
void ring_destroy(struct ring *ring);

/* False when full; then the item stays with the caller. Not NULL. */
bool ring_push(struct ring *ring, void *item);
/* NULL when empty. */
void *ring_pop(struct ring *ring);

/* About how many items are in it: a hint, exact when nobody is at work. */
size_t ring_count(const struct ring *ring);

#endif
