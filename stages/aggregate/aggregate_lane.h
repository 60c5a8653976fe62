#ifndef SANDPIPER_STAGES_AGGREGATE_LANE_H
#define SANDPIPER_STAGES_AGGREGATE_LANE_H

#include "stages/aggregate/account_record.h"
#include "stages/aggregate/aggregate.h"
#include "stages/aggregate/intern_table.h"
#include "stages/aggregate/item_log.h"
#include "stages/fact_code.h"
#include "stages/varint.h"

#include <pthread.h>

/*
 * Inside the aggregate stage: what aggregate.c, aggregate_apply.c and
 * aggregate_cursor.c share. A lane writes only its own struct, its arenas, and
 * by atomic operations the tables and the accounts' profiles.
 */

/*
 * One item of a fact log: the address of its struct account, the size of the
 * code as a varint, the code (stages/fact_code.h, times less 0). Packed
 * tightly, at any address.
 */
#define LOGGED_FACT_HEAD_MAX (sizeof(struct account *) + VARINT_BYTES_MAX)

struct logged_fact {
    struct account *account;
    const uint8_t *code;
    size_t size;
};
/* Reads the item that begins at `at` and steps the reader behind it. */
static inline struct logged_fact logged_fact_read(struct item_reader *reader,
                                                  const uint8_t *at)
{
    struct logged_fact item;
    uint64_t size;
    memcpy(&item.account, at, sizeof item.account);
    item.code = varint_read(at + sizeof item.account, &size);
    item.size = (size_t)size;
    (void)item_reader_next(reader, (size_t)(item.code + size - at));
    return item;
}

/*
 * One item of a notice log. Ids are numbers, or pointers to a struct id_blob.
 * `what` holds the platform (2 bits), which ids are blobs (2 bits), and above
 * them the time; NOTICE_TIME_NONE there: unknown.
 */
struct logged_notice {
    uint64_t account, post;
    int64_t what;
};
enum { NOTICE_ACCOUNT_BLOB = 4, NOTICE_POST_BLOB = 8 };
#define NOTICE_TIME_SHIFT 4
#define NOTICE_TIME_NONE (-TIME_LIMIT)

/* The logs of one lane and partition. */
struct partition_logs {
    struct item_log accounts;   /* struct account *, added by this lane */
    struct item_log facts;      /* logged facts */
    struct item_log notices;    /* struct logged_notice */
};

struct apply_scratch;

/* Lanes are two cache lines apart: processors fetch lines in pairs. */
#define LANE_ALIGN 128

struct aggregate_lane {
    alignas(LANE_ALIGN) struct aggregate *aggregate;
    struct arena records;       /* accounts, profiles, texts, names, blobs */
    struct arena log_arena;
    struct partition_logs *logs;
    struct apply_scratch *scratch;
    struct slot_adder adder;
    struct interner clients, languages;
    /* Totals that other threads may read at any time; written by the lane. */
    _Atomic uint64_t accounts, facts, notices, record_bytes, log_bytes;
};

struct aggregate {
    struct memory *memory;
    struct aggregate_options options;
    struct slot_table accounts;
    struct intern_table clients, languages;
    uint32_t *client_ranks, *language_ranks;    /* by interned number */
    struct aggregate_lane *lanes;
    /* Closed cursors, whose memory the next ones take over. */
    pthread_mutex_t spare_lock;
    struct aggregate_cursor *spare_cursors;
    uint32_t spare_count;
};

/* Frees the closed cursors. */
void aggregate_drop_spares(struct aggregate *aggregate);

/* For aggregate.c: a lane's reused working space; NULL: out of memory. */
struct apply_scratch *apply_scratch_create(void);
void apply_scratch_destroy(struct apply_scratch *scratch);

static inline uint32_t partition_of(const struct aggregate *aggregate,
                                    uint64_t hash)
{
    return (uint32_t)(hash & (aggregate->options.partitions - 1));
}

#endif
