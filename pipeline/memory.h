#ifndef SANDPIPER_PIPELINE_MEMORY_H
#define SANDPIPER_PIPELINE_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One budget for the whole run, and the mappings and arenas charged to it.
 *
 * Everything that grows with the input is charged: tables, dictionaries,
 * logs, arenas, decode buffers, uncommitted work. Small fixed things (code,
 * stacks, contexts of libraries) are not; they are the slack of 64 MiB that
 * the promise about resident memory leaves.
 *
 * The budget never refuses by itself in the middle of a batch. It has a mark
 * (memory_pressed): above it the lanes seal at their next safe point. Between
 * two safe points a lane takes a bounded amount, which the mark leaves room
 * for. Mappings are aligned to 2 MiB and advised huge from 2 MiB upward.
 *
 * Threads: memory_* may be called by any thread. An arena belongs to one
 * thread at a time.
 */
struct memory {
    uint64_t limit;          /* bytes */
    uint64_t mark;           /* bytes; above it memory_pressed() holds */
    _Atomic uint64_t used;   /* bytes charged now */
    _Atomic uint64_t peak;   /* greatest value of used */
    int overflow;            /* folder for what does not fit (room.h); or -1 */
};

/* mark = limit - reserve (at least half the limit). */
void memory_init(struct memory *memory, uint64_t limit, uint64_t reserve);
bool memory_pressed(const struct memory *memory);
/* Whether the budget has place for so much more, now. */
bool memory_fits(const struct memory *memory, uint64_t bytes);
/* Charges without mapping (for memory that someone else maps lazily). */
void memory_charge(struct memory *memory, uint64_t bytes);
void memory_uncharge(struct memory *memory, uint64_t bytes);

/* Zeroed pages, charged whole; NULL with errno when the system has none. */
void *memory_map(struct memory *memory, size_t bytes);
void memory_unmap(struct memory *memory, void *base, size_t bytes);

/*
 * A bump arena: chunks of chunk_bytes, freed all at once. What is larger than
 * a chunk gets a chunk of its own. Pointers stay valid until arena_reset.
 */
struct arena_chunk;
struct arena {
    struct memory *memory;
    size_t chunk_bytes;
    struct arena_chunk *head;   /* the chunk being filled */
    uint8_t *next, *end;
    uint64_t bytes;             /* given out since the last reset */
};

void arena_init(struct arena *arena, struct memory *memory,
                size_t chunk_bytes);
/* Zeroed; align is a power of two up to 4096. NULL when the system has no
 * memory left. */
void *arena_alloc(struct arena *arena, size_t bytes, size_t align);
void arena_reset(struct arena *arena);   /* gives all chunks back */
/* Likewise, but keeps a chunk for what comes next: for arenas that are filled
 * again and again, as a fresh page costs more than clearing a used one. */
void arena_rewind(struct arena *arena);

#endif
