#ifndef SANDPIPER_PIPELINE_PLAN_H
#define SANDPIPER_PIPELINE_PLAN_H

#include "pipeline/limits.h"
#include "pipeline/topology.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * A plan says, before anything is read, how many lanes run and where, how
 * large every buffer is, and how the memory is split. It is a pure function
 * of the topology and the request: the same two give the same plan, and no
 * plan changes an answer. What cannot work is refused here, with a sentence,
 * and not killed later.
 *
 * Lanes. Without --threads: one a core, at most what the CPU quota can feed
 * and the memory can carry. With --threads: that many. First one lane a
 * core, spread evenly over packages, nodes and L3 caches in this order; then
 * the second threads of the cores, where SMT is allowed; then lanes that are
 * not pinned, and share the PUs of the others round robin.
 *
 * Memory. The budget is split into four:
 *
 *     | lanes' buffers | tables                   | reserve          |
 *     |                |                     mark ^            limit ^
 *
 *   lanes' buffers  lane_count * lane_bytes: reads, spans, the ring of text
 *                   with the floor window, the line buffer. To be charged at
 *                   the start, whether touched or not.
 *   tables          tables_bytes: all that grows with the input.
 *   reserve         what is taken between seeing the mark and meeting: a
 *                   step of every lane, and windows above the floor. For
 *                   memory_init(memory, memory_bytes, reserve_bytes).
 *
 * window_bytes_max and the line depend on the memory and the limits asked
 * for, never on the number of lanes, so that no frame or record is accepted
 * on one machine plan and rejected on another of the same --memory. At most
 * wide_lanes_max lanes may hold a window above window_bytes_floor at a time.
 *
 * Threads: none; a plan is read-only once made.
 */
struct plan_request {
    uint32_t threads;         /* 0: one a core */
    uint64_t memory_bytes;    /* 0: three quarters of what there is */
    uint32_t io_depth;        /* 0: by the budget; else 2..64 */
    uint32_t block_bytes;     /* 0: by the budget; else a multiple of 4096 */
    uint64_t line_bytes_max;  /* 0: 16 MiB */
    bool smt;                 /* second threads may carry lanes */
};

struct plan_lane {
    uint32_t pu;          /* index into topology.pus */
    uint32_t os_index;    /* of that PU */
    uint32_t core, l3, package, node;
    bool pinned;          /* the only pinned lane of its PU */
};

/* Why there is no plan. X(NAME, "stable_name") */
#define PLAN_REFUSALS(X)                                                       \
    X(PLAN_NO_PU, "no_pu")                                                     \
    X(PLAN_THREADS, "threads")                                                 \
    X(PLAN_MEMORY_SMALL, "memory_small")                                       \
    X(PLAN_MEMORY_LARGE, "memory_large")                                       \
    X(PLAN_IO_DEPTH, "io_depth")                                               \
    X(PLAN_BLOCK_BYTES, "block_bytes")                                         \
    X(PLAN_LINE_BYTES, "line_bytes")

enum plan_status {
    PLAN_OK = 0,
#define X(name, stable) name,
    PLAN_REFUSALS(X)
#undef X
    PLAN_STATUS_COUNT
};

#define PLAN_NOTES_MAX 16
#define PLAN_NOTE_BYTES 192

struct plan {
    uint32_t lane_count;
    uint32_t pinned_count;
    struct plan_lane lanes[LANES_MAX];

    /* buffers of one lane */
    uint32_t io_depth;              /* reads in flight */
    uint32_t block_bytes;           /* of one read */
    uint32_t spans;                 /* span buffers */
    uint32_t span_bytes;            /* of one */
    uint32_t decode_slack_bytes;    /* decoder_options.slack_bytes */
    uint64_t line_bytes_max;        /* longest line accepted */
    uint64_t line_buffer_bytes;     /* with padding, in whole pages */
    uint64_t step_bytes;            /* taken between two safe points */
    uint64_t lane_bytes;            /* of all buffers above, without step */

    /* the budget */
    uint64_t memory_bytes;
    uint64_t reserve_bytes;
    uint64_t mark_bytes;            /* memory_bytes - reserve_bytes */
    uint64_t tables_bytes;          /* mark_bytes - buffers of all lanes */
    uint64_t window_bytes_floor;    /* every lane's, part of lane_bytes */
    uint64_t window_bytes_max;      /* decoder_options.window_bytes_max */
    uint32_t wide_lanes_max;
    uint32_t partitions;

    uint32_t note_count;
    char notes[PLAN_NOTES_MAX][PLAN_NOTE_BYTES];
};

struct plan_refusal {
    enum plan_status status;
    uint64_t memory_bytes_min;   /* MEMORY_SMALL: the least that works */
    char sentence[256];          /* for the user, without a newline */
};

/* Makes the plan, or says why not; then the plan is not to be used. refusal
 * may be NULL. */
enum plan_status plan_make(struct plan *plan, const struct topology *topology,
                           const struct plan_request *request,
                           struct plan_refusal *refusal);

/* "ok", "memory_small", ...; "unknown" for other numbers. */
const char *plan_status_name(enum plan_status status);

/* Adds a line to the notes, e.g. what was refused while starting. Notes
 * beyond PLAN_NOTES_MAX are dropped. */
void plan_note(struct plan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Prints the plan as aligned text. The topology is the one it was made of. */
void plan_print(FILE *out, const struct plan *plan,
                const struct topology *topology);

#endif
