#ifndef SANDPIPER_STAGES_REGISTER_CELL_H
#define SANDPIPER_STAGES_REGISTER_CELL_H

#include "stages/aggregate/text_block.h"

#include <stdalign.h>
#include <stdatomic.h>

/*
 * Registers that any number of threads raise at once. All are of one kind:
 * they start at 0, "never seen", and the greatest value wins, so raising
 * commutes, associates, and may be repeated. A least value is kept as the
 * greatest of its complement.
 *
 * A register is one word. A cell is two, (when, value), replaced together by
 * a double-word compare-and-swap; the greatest `when` wins, and at equal
 * `when` the greatest value: of numbers as numbers, of texts by their bytes.
 *
 * Order: registers are relaxed. They are read for output only when no thread
 * raises any more, and whatever made the threads meet orders that reading. A
 * text cell also publishes the text it points to; see cell_load.
 *
 * Tried in every interleaving by tests/model/register_cell.pml, and by the
 * histories of tests/unit/test_linear_cell.c.
 *
 * Progress: an exchange fails only because another thread raised the register
 * meanwhile; what is not news is refused after loads alone, so that a hot
 * register that has reached its value is shared by all caches.
 */

#if !defined(__SIZEOF_INT128__) ||                                             \
    (defined(__x86_64__) && !defined(__GCC_HAVE_SYNC_COMPARE_AND_SWAP_16))
#error "cells need a double-word compare-and-swap: on x86-64 compile with \
-mcx16 (all processors since 2006); on a machine without one, keep first and \
last of a profile under one lock an account, in this file alone"
#endif

__extension__ typedef unsigned __int128 cell_pair;

/* 16-aligned, as the instruction demands. The 8-byte loads of its halves and
 * the 16-byte exchange are coherent with each other on every machine that has
 * the latter (Intel SDM 3A 9.1, Arm ARM B2.2.1), if not in the C standard. */
union register_cell {
    struct {
        _Atomic uint64_t when;
        _Atomic uint64_t value;     /* a number, or a text block's address */
    } half;
    alignas(16) cell_pair both;
};

struct cell_view {
    uint64_t when, value;
};

static inline void register_raise(_Atomic uint64_t *at, uint64_t value)
{
    uint64_t seen = atomic_load_explicit(at, memory_order_relaxed);
    while (value > seen &&
           !atomic_compare_exchange_weak_explicit(at, &seen, value,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

static inline cell_pair pair_of(struct cell_view view)
{
    union {
        uint64_t halves[2];
        cell_pair both;
    } pair = {{view.when, view.value}};
    return pair.both;
}

/* True: the cell held old, and holds new. Releases what new points to. */
static inline bool cell_replace(union register_cell *cell,
                                struct cell_view old, struct cell_view new)
{
    /* The __sync builtins are full barriers; GCC 12 makes a call of its
     * __atomic counterpart, but this one an instruction. */
    return __sync_bool_compare_and_swap(&cell->both, pair_of(old),
                                        pair_of(new));
}

/*
 * Both halves as they stood together at one moment; what the value points to
 * is visible. `when` never falls, so if it is the same before and after, the
 * value read between belongs to it. The last load is the one that makes a text
 * visible: it reads from the exchange that brought the value, or from a later
 * one, all of which continue its release sequence (cell_replace).
 */
static inline struct cell_view cell_load(const union register_cell *cell)
{
    struct cell_view view;
    do {
        view.when = atomic_load_explicit(&cell->half.when,
                                         memory_order_acquire);
        view.value = atomic_load_explicit(&cell->half.value,
                                          memory_order_acquire);
    } while (view.when != atomic_load_explicit(&cell->half.when,
                                               memory_order_acquire));
    return view;
}

static inline void cell_raise(union register_cell *cell, uint64_t when,
                              uint64_t value)
{
    struct cell_view seen;
    do {
        /* Acquire: pairs with cell_replace, so that the value is no older
         * than its time. If it is younger, at the same time it can only have
         * grown, and at a greater one ours has lost. */
        seen.when = atomic_load_explicit(&cell->half.when,
                                         memory_order_acquire);
        if (when < seen.when)
            return;
        seen.value = atomic_load_explicit(&cell->half.value,
                                          memory_order_relaxed);
        if (when == seen.when && value <= seen.value)
            return;
    } while (!cell_replace(cell, seen, (struct cell_view){when, value}));
}

/*
 * Raises a text cell. `block`, if not 0, is a block that holds the text and
 * lives as long as the cell; else one is made in arena when the cell takes the
 * text; when it already holds an equal one only the time is renewed. *held
 * tells whether the cell held this text already. False: out of memory.
 */
bool text_cell_raise(union register_cell *cell, uint64_t when,
                     struct text text, uint64_t block, struct arena *arena,
                     bool *held);

#endif
