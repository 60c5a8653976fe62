#ifndef SANDPIPER_PIPELINE_SOURCE_H
#define SANDPIPER_PIPELINE_SOURCE_H

#include "pipeline/fault.h"
#include "pipeline/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A source reads one file at a time, front to back, with several large reads
 * in flight, and gives its bytes in order as blocks. One source a lane; not
 * shared between threads.
 *
 * Two backends give the same bytes: io_uring (reads into registered buffers
 * where RLIMIT_MEMLOCK allows) and pread/read. IO_AUTO tries io_uring and
 * falls back when the kernel, a sysctl or seccomp refuses it; the reason is
 * kept for the report. Pipes and other files that cannot seek are read with
 * read() whatever the backend. Short reads, EINTR and EAGAIN are resumed;
 * completions may come in any order and late. The end is a read of 0 bytes,
 * and final: what a file grows by after it is not read.
 *
 * Memory: buffers of block_bytes, charged to the budget: depth of them for
 * io_uring (one is with the caller, the others are being filled), one for
 * pread. The thread that uses a source may change between two calls.
 */
enum io_backend { IO_AUTO, IO_URING, IO_PREAD };

struct source_options {
    enum io_backend backend;
    uint32_t depth;        /* reads in flight, 2..64 */
    uint32_t block_bytes;  /* of one read, a multiple of 4096, to 1 GiB */
    /* May be NULL. Once it is raised, waiting for a pipe that brings nothing
     * ends with -ECANCELED, so that a stop is obeyed. Borrowed for good. */
    const struct fault *fault;
};

struct source;

/* Gives a source in *out. 0 or -errno: -EINVAL for options out of bounds;
 * IO_URING where it is refused gives the kernel's -errno (-EPERM, -ENOSYS,
 * ...), IO_AUTO falls back instead. */
int source_create(struct source **out, const struct source_options *options,
                  struct memory *memory);
void source_destroy(struct source *source);

/* "io_uring", "io_uring, registered buffers" or "pread". */
const char *source_backend(const struct source *source);
/* Of --io: "uring", "pread", or anything else for IO_AUTO. */
enum io_backend source_backend_named(const char *name);
/* Why this backend: "asked for", "the kernel refused io_uring: ..." */
const char *source_backend_reason(const struct source *source);

/* Starts reading fd (borrowed until source_close) at offset (0 for a file
 * that cannot seek, else -ESPIPE). What was open before is closed first.
 * 0 or -errno, -EISDIR for a directory. */
int source_open(struct source *source, int fd, uint64_t offset);
/* The same, but the source ends at `end` (an offset in the file), and nothing
 * behind it is read: a part of a file that can seek. */
int source_open_range(struct source *source, int fd, uint64_t offset,
                      uint64_t end);

/* The next block in order: > 0 bytes in *data, borrowed until the next call
 * of source_open, _next, _close or _destroy; 0 at the end; -errno on failure,
 * after all bytes before it were given: then source_position is the offset of
 * the byte that could not be read. The end and a failure stay. A block is
 * shorter than block_bytes only before the end or a failure. */
ssize_t source_next(struct source *source, const uint8_t **data);

/* Offset just behind what source_next has given. */
uint64_t source_position(const struct source *source);

/* Waits for, or cancels, what is in flight; fd may be closed after. */
void source_close(struct source *source);

#endif
