#ifndef SANDPIPER_PIPELINE_RUNS_H
#define SANDPIPER_PIPELINE_RUNS_H

#include "pipeline/memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A run is a sequence of bytes that is appended to and then read front to
 * back, any number of times: the rows of a partition, uncommitted work of a
 * frame. It lives in memory while there is room, and otherwise in a spill
 * file.
 *
 * A store holds the memory and the file of many runs. Memory
 * comes in chunks of RUN_CHUNK_BYTES, cut from slabs charged to the budget,
 * and reused. Below the store's bound a run takes another chunk; at the bound
 * it writes the chunks that it holds to the file, and goes on in one of them.
 * So the store holds at most its bound and one chunk a run. There is one
 * unlinked file whatever the number of runs (RLIMIT_NOFILE is 1024 on many
 * machines); a run's parts of it are listed in memory, 16 bytes for at least
 * 64 KiB, and given back to the file system (hole punching) by run_free.
 * Where the bytes of a run lie never shows in what is read.
 *
 * Threads: a run and its readers belong to one thread at a time, or are
 * guarded by their user; different runs of a store may be used at once. After
 * the last append several readers may read one run.
 */
#define RUN_CHUNK_BYTES ((size_t)64 << 10)

struct run_slab;
struct run_chunk;
struct run_room;

struct run_store {
    struct memory *memory;
    size_t chunks_max;           /* the bound */
    int fd;                      /* of the spill file; -1: none may be used */
    pthread_mutex_t lock;        /* of all below */
    size_t chunks_held;
    uint64_t file_bytes;         /* given out */
    struct run_slab *slabs;
    struct run_chunk *free;
    struct run_room *rooms;      /* that readers gave back */
    uint32_t room_count;
};

/* The file is made in the directory (borrowed for the call) and unlinked at
 * once; directory < 0: memory only, the bound is not kept. 0 or -errno. */
int run_store_open(struct run_store *store, struct memory *memory,
                   uint64_t bound_bytes, int directory);
/* Frees the memory of all runs of the store, freed or not. */
void run_store_close(struct run_store *store);
/* Bytes ever written to the file. */
uint64_t run_store_spilled(struct run_store *store);

struct run_extent {
    uint64_t offset, bytes;
};

struct byte_run {
    struct run_store *store;
    uint64_t bytes;                       /* appended */
    struct run_extent *extents;           /* in the file: the front */
    size_t extent_count, extent_capacity;
    struct run_chunk **chunks;            /* in memory: the rest */
    size_t chunk_count, chunk_capacity;
    size_t chunk_fill;                    /* bytes in the last chunk */
};

void run_init(struct byte_run *run, struct run_store *store);
/* 0 or -errno; then the run is lost, and may only be freed. */
int run_append(struct byte_run *run, const void *bytes, size_t size);
/* Gives back memory and file; the run is empty and may be used again. */
void run_free(struct byte_run *run);

struct run_reader {
    const struct byte_run *run;
    uint64_t at;                          /* of the run: bytes given */
    size_t extent;                        /* being read */
    uint64_t extent_at;
    size_t chunk, chunk_at;
    const uint8_t *span;                  /* bytes at hand */
    size_t span_bytes;
    struct run_room *buffer;              /* of the file's bytes */
    struct run_room *joined;              /* what crosses a border */
};

/* Takes a buffer of RUN_CHUNK_BYTES only when it comes to a part in the file.
 * The run stays as it is while readers are open. */
void run_reader_init(struct run_reader *reader, const struct byte_run *run);
/* The next size bytes, contiguous, borrowed until the reader's next call:
 * 1; 0 when fewer than size are left; -errno. */
int run_reader_next(struct run_reader *reader, size_t size, const void **out);
/* Copies the next size bytes: 0, -EIO when fewer are left, or -errno. */
int run_read(struct run_reader *reader, void *to, size_t size);
static inline bool run_reader_ended(const struct run_reader *reader)
{
    return reader->at == reader->run->bytes;
}
void run_reader_end(struct run_reader *reader);

#endif
