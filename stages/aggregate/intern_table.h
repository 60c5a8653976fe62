#ifndef SANDPIPER_STAGES_INTERN_TABLE_H
#define SANDPIPER_STAGES_INTERN_TABLE_H

#include "stages/aggregate/slot_table.h"
#include "stages/units.h"

/*
 * Numbers for byte strings (clients, languages), 1 upwards in the order of
 * arrival, on the lock-free table of slot_table.h; any number of threads ask
 * at once. The numbers mean nothing outside the process: what leaves it is a
 * rank in bytewise order.
 *
 * There is no cache in front: the few names that nearly all posts carry stand
 * in each core's cache as it is, since finding them writes nothing.
 *
 * Threads that bring one new name at once each take a number, and only one
 * uses it; the others keep theirs for their next new name. So at the limit up
 * to one number a thread may be out of reach.
 */
struct intern_entry {
    struct slot_entry entry;
    struct intern_entry *next;      /* list of all, newest first */
    uint32_t id;
    uint32_t size;
    char bytes[];
};

struct intern_table {
    struct slot_table slots;
    uint64_t seed;
    uint32_t id_max;
    _Atomic uint64_t ids;           /* taken so far; may pass id_max */
    _Atomic(struct intern_entry *) newest;
};

/* What one thread keeps between calls; begin with zeroes. */
struct interner {
    struct slot_adder adder;
    uint32_t spare_id;
};

void intern_table_init(struct intern_table *table, struct memory *memory,
                       uint64_t seed, uint32_t id_max);
/* Forgets all names. No operation may run. */
void intern_table_reset(struct intern_table *table);
/* *id of the text (0: of the empty one), new ones kept in arena, which must
 * live until the reset. 0, -ENOMEM, or -EOVERFLOW: no number is left. */
int intern_table_id(struct intern_table *table, struct interner *interner,
                    struct arena *arena, struct text text, uint32_t *id);

/* All names in bytewise order, in one malloc'ed piece with their bytes (free
 * names), and ranks[id], calloc'ed. No operation may run. 0 or -ENOMEM. */
int intern_table_sort(const struct intern_table *table,
                      struct dictionary *names, uint32_t **ranks);

#endif
