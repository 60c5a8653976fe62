#ifndef SANDPIPER_STAGES_SLOT_TABLE_H
#define SANDPIPER_STAGES_SLOT_TABLE_H

#include "pipeline/memory.h"

/*
 * A hash table that any number of threads fill and read at once, that grows
 * while they do, and in which no operation waits for another thread. Entries
 * are only ever added: between two resets nothing is removed or moved.
 *
 * SOURCES. Cliff Click, "A Lock-Free Wait-Free Hash Table" (JavaOne 2007):
 * one-word slots, a marker that closes a slot, readers that go on in the next
 * array. Maier, Sanders, Dementiev, "Concurrent Hash Tables: Fast and
 * General(?)!" (ACM TOPC 5(4), 2019): linear probing over bounded ranges of
 * hashes, so that moving a stretch writes a stretch; helpers that claim
 * stretches; counting in steps. folly's AtomicHashMap: insert-only, and all
 * that this saves. What is ours is little: entries stand outside and never
 * move, so that a slot fits a word and an old copy stays true for ever.
 *
 * A SLOT is one 64-bit word, and its life is one of these:
 *
 *     EMPTY (0) ----- add ----->  | tag 16 | pointer 48 |     (final)
 *         \-------- growth ---->  MOVED (1)                   (final)
 *
 * The pointer leads to an entry that was complete before it was published;
 * its hash stands first in it. The tag is the low 16 bits of the hash: a slot
 * of another key costs no look at its entry but once in 65,536 times. The
 * place where probing begins is given by the hash's top bits.
 *
 * ADDING probes from there to the first EMPTY slot and exchanges it, by
 * compare-and-swap, for the word. If the exchange fails the slot has become
 * final, and is looked at like any other: the same key may have won. As slots
 * never become EMPTY again, all threads that bring one key meet the same slots
 * in the same order, so one of them wins and the others find its entry.
 *
 * GROWTH. When an array is two thirds full, a bigger one is linked behind it,
 * by compare-and-swap from NULL. From then on each thread that has added an
 * entry claims one stretch of the old array (fetch-add) and moves it:
 *
 *     old   [ a ][MOVED][ b ][ c ][     ][ d ][     ][     ]
 *            `-- moved stretch --'      `-- not yet moved --'
 *     new   [ a ][     ][     ][ b ][ c ][     ][   ][ ... ]
 *
 * an EMPTY slot is closed by exchanging it for MOVED, an occupied one is
 * copied to the new array and stays as it is. So the first slot of a key's
 * way through the old array that is not some other key's decides for ever:
 * the key is there; or EMPTY, the key is nowhere yet and belongs there; or
 * MOVED (or there is no such slot), the key is not in the old array, never
 * will be, and everything goes on in the new one. Copying is idempotent: a
 * word that is met on its own way is already there.
 *
 * When the last stretch is moved, `current` is advanced, and new operations
 * begin in the new array. Old arrays stay linked and mapped until the reset:
 * they are a geometric series, together at most as large as the one in use,
 * and there is nothing to reclaim while anyone may be reading.
 *
 * GUARANTEES
 *  G1  What find and add return is complete: add publishes with release order
 *      and every slot is loaded with acquire order, so the entry's plain
 *      fields, written before add, are visible to who gets it.
 *  G2  A key has one entry. Of any number of adds of equal keys, however they
 *      meet each other and growth, one returns its own entry, and all others
 *      that same one.
 *  G3  A key once added (its add happens before) is found by every find, in
 *      every state of growth, at the same address, until the reset.
 *  G4  Whoever meets MOVED finds the next array: it was linked with release
 *      order; the mover acquired it before it closed the slot with release
 *      order; the slot is loaded with acquire order, and then `next` too.
 *  G5  Whoever starts in the new array misses nothing: a mover's copies come
 *      before its addition to `moved` (release), the one that brings it to
 *      the last acquires all of them before it advances `current` (release),
 *      which every operation loads with acquire order.
 *  G6  No operation waits. find and add take at most one pass over each array
 *      of the chain; an exchange fails only because another thread's
 *      succeeded, and then the slot is final; add moves at most one stretch.
 *  G7  Growth that finds no room in the budget is put off and full() says so;
 *      adding goes on. Beyond 15/16 the array grows whatever the budget says,
 *      as a batch begun must be ended. Only when the system has no memory
 *      either, and no slot is left, add fails, and the table stays readable.
 *
 * They are held by tests/model/slot_table.pml in every interleaving of a small
 * table, by the histories of tests/unit/test_linear_table.c (G1 to G6), and by
 * tests/unit/test_slot_table.c, whose tests name them. What one of these would
 * miss is in docs/RELIABILITY.md.
 *
 * A THREAD THAT STOPS, for a while or for good, at any instruction, holds
 * nothing that others need. Before its exchange it has done nothing visible,
 * after it everything. Inside a stretch it leaves that stretch unmoved: what
 * is in it is found in the old array, `current` does not advance, and each
 * operation passes one more array; the new array can grow in its turn.
 */

/* The head of whatever is stored; the hash is made with the run's seed. */
struct slot_entry {
    uint64_t hash;
};

/* Whether the entry's key is this key. Called for equal hashes only. */
typedef bool slot_equal(const struct slot_entry *entry, const void *key);

struct slot_array;
struct slot_table {
    struct memory *memory;
    _Atomic(struct slot_array *) current;   /* where operations begin */
    _Atomic(struct slot_array *) oldest;    /* head of the chain, for reset */
    uint64_t slots_first;       /* of the next first array */
    uint32_t grow_every;
    _Atomic bool full;
};

struct slot_table_options {
    uint64_t slots_initial;     /* rounded up to a power of two; 0: default */
    uint32_t grow_every;        /* for tests: also grow after so many adds */
};

/* What one thread keeps between its adds; begin with zeroes. */
struct slot_adder {
    uint32_t uncounted;
};

/* Takes no memory before the first add. */
void slot_table_init(struct slot_table *table, struct memory *memory,
                     const struct slot_table_options *options);
/* Forgets all entries and gives the arrays back; no operation may run. The
 * next first array is as large as the last one was, if the budget has room. */
void slot_table_reset(struct slot_table *table);

/* The key's entry (borrowed until reset), or NULL. */
struct slot_entry *slot_table_find(const struct slot_table *table,
                                   uint64_t hash, slot_equal *equal,
                                   const void *key);
/* Adds entry, complete and with its hash set, for key. Returns the key's
 * entry, this one or another that was first; NULL: out of memory. */
struct slot_entry *slot_table_add(struct slot_table *table,
                                  struct slot_adder *adder,
                                  struct slot_entry *entry, slot_equal *equal,
                                  const void *key);

/* Draws the slot towards the cache. */
void slot_table_prefetch(const struct slot_table *table, uint64_t hash);
/* An entry whose tag is right, for prefetching; it may be another key's. */
struct slot_entry *slot_table_guess(const struct slot_table *table,
                                    uint64_t hash);

bool slot_table_full(const struct slot_table *table);
/* Of all arrays. While operations run, a value of some past moment. */
uint64_t slot_table_bytes(const struct slot_table *table);

#endif
