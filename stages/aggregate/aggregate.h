#ifndef SANDPIPER_STAGES_AGGREGATE_H
#define SANDPIPER_STAGES_AGGREGATE_H

#include "pipeline/memory.h"
#include "stages/handle_watch.h"
#include "stages/units.h"

/*
 * The face of the aggregate stage: one shared, lock-free account table, the
 * interning tables (clients, languages), and per-lane logs of facts and
 * delete notices, partitioned by account.
 *
 * Any number of lanes apply batches at once; no operation waits for another
 * thread (slot_table.h has the essay and the numbered guarantees). Applying
 * is commutative, associative and, but for the number of copies kept in the
 * logs, idempotent.
 *
 * An account's partition is id_hash & (partitions - 1): of one hash with fixed
 * seeds, so the same in every process with as many partitions.
 *
 * Memory is charged to the budget given. When aggregate_full() holds, all
 * lanes meet (no apply is running), every partition is read through
 * aggregate_cursor (to be sealed), and aggregate_reset makes it empty.
 */
struct aggregate;
struct aggregate_lane;

struct aggregate_options {
    uint32_t lanes;
    uint32_t partitions;     /* a power of two */
    uint64_t hash_seed;      /* of tables only; invisible in any output */
    uint64_t slots_initial;  /* of the account table; 0: a default */
    uint32_t grow_every;     /* for tests: grow also after so many accounts */
    struct handle_watch *watch;  /* is shown every observation; or NULL */
};

/* 0 or -ENOMEM. */
int aggregate_create(struct aggregate **out, struct memory *memory,
                     const struct aggregate_options *options);
void aggregate_destroy(struct aggregate *aggregate);
struct aggregate_lane *aggregate_lane(struct aggregate *aggregate,
                                      uint32_t lane);

/* Applies all items; 0, -ENOMEM, or -EOVERFLOW: more distinct languages than
 * 65,535, as many as a fact can tell apart. After an error the run is lost, but
 * tables and logs stay readable. Concurrent with other lanes' calls. The batch
 * is only read. */
int aggregate_apply(struct aggregate_lane *lane, const struct batch *batch);

/* The budget is at its mark, or the table cannot grow within it. */
bool aggregate_full(const struct aggregate *aggregate);
bool aggregate_empty(const struct aggregate *aggregate);

/* What was interned, in bytewise order; gives *out (dictionaries_free), texts
 * included. Fixes the ranks that facts of aggregate_cursor carry, so it comes
 * before every cursor after an apply. No apply may run. 0 or -ENOMEM. */
int aggregate_dictionaries(struct aggregate *aggregate,
                           struct dictionaries *out);
void dictionaries_free(struct dictionaries *dictionaries);

/* From a rank of one dictionary to the rank in a joined one; entry 0 is 0.
 * No rank of a language passes UINT16_MAX. */
struct translation {
    const uint32_t *clients, *languages;
};

/*
 * A cursor over one partition; no apply may run; several cursors of different
 * partitions may. Facts carry ranks of aggregate_dictionaries(), translated
 * further where translation is not NULL (borrowed until the cursor is made).
 * Copies the partition's facts to a contiguous array, charged to the budget.
 * NULL: out of memory. The profile's texts stay valid until aggregate_reset.
 */
struct part_cursor *aggregate_cursor(struct aggregate *aggregate,
                                     uint32_t partition,
                                     const struct translation *translation);

/* Empties tables and logs and gives their memory back. No apply may run. */
void aggregate_reset(struct aggregate *aggregate);

struct aggregate_counts {
    uint64_t accounts;        /* in the table now */
    uint64_t facts;           /* copies in the logs now */
    uint64_t notices;
    uint64_t table_bytes;     /* slots */
    uint64_t record_bytes;    /* account records and their texts */
    uint64_t log_bytes;
};
struct aggregate_counts aggregate_counts(const struct aggregate *aggregate);

/* Joins from into into: texts and hll of the result borrow from either, or
 * from arena (may be NULL only if no distinct overflows). Commutative,
 * associative, idempotent. False when out of memory. */
bool profile_join(struct profile *into, const struct profile *from,
                  struct arena *arena);
void profile_init(struct profile *profile);

#endif
