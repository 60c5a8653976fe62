#ifndef SANDPIPER_PIPELINE_SOURCE_BACKEND_H
#define SANDPIPER_PIPELINE_SOURCE_BACKEND_H

#include "pipeline/source.h"

/*
 * What is behind source.h: the two backends that source.c chooses from, and
 * the hook by which tests make the world worse. Only source*.c and their
 * tests include it.
 *
 * Both backends promise the same to source.c. A block comes back as a length
 * and a result: length bytes were read; result is 0 when the block is full,
 * SOURCE_END when the file ends behind them, -errno when the byte behind
 * them could not be read.
 */
#define SOURCE_END 1
#define SOURCE_DEPTH_MIN 2u
#define SOURCE_DEPTH_MAX 64u
#define SOURCE_BLOCK_BYTES_MAX (1u << 30)
/* Reads in a row that brought nothing but EINTR or EAGAIN: then it is an
 * error after all, since an error ends and a loop does not. */
#define SOURCE_RETRIES_MAX 1000u

struct source_hook {
    /* Called before each read of want bytes at offset. Gives how many bytes
     * are asked for instead (1 to want: a short read), or the -errno that
     * this read fails with, without being done. */
    ssize_t (*before_read)(void *context, uint64_t offset, size_t want);
    void *context;
    /* io_uring: waits for all reads in flight, takes the last one first. */
    bool backwards;
};

struct source_block {
    const uint8_t *bytes;
    size_t length;
    int result;
};

/* Tests only; NULL takes it away. Borrowed. Between two files. */
void source_set_hook(struct source *source, const struct source_hook *hook);
/* Tests only: what IO_AUTO is told by the kernel from now on, as -errno; 0
 * asks the kernel itself. Not for several threads. */
void source_pretend_refusal(int refusal);

/* What before_read says, or want where there is no hook. */
static inline ssize_t source_hook_ask(const struct source_hook *hook,
                                      uint64_t offset, size_t want)
{
    return hook ? hook->before_read(hook->context, offset, want)
                : (ssize_t)want;
}

/* ---- source_pread.c: one read after the other, by pread or read ---- */

struct source_pread {
    int fd;
    bool seekable;
    const struct fault *fault;
    const struct source_hook *hook;
};
/* Fills bytes with up to size bytes from offset on. */
struct source_block source_pread_fill(const struct source_pread *reader,
                                      uint8_t *bytes, size_t size,
                                      uint64_t offset);

/* ---- source_uring.c: depth reads in flight ---- */

struct source_uring;

/* A ring that was tried with one round trip; 0 or the kernel's -errno. */
int source_uring_create(struct source_uring **out, uint32_t depth,
                        uint32_t block_bytes);
/* Reads go to these depth * block_bytes bytes (borrowed until destroyed);
 * true when the kernel took them as registered buffers. */
bool source_uring_use_buffers(struct source_uring *uring, uint8_t *buffers);
void source_uring_destroy(struct source_uring *uring);
/* size is how long the file seems: nothing is read ahead beyond. Nothing is
 * read at all beyond `end`; a block that reaches it is the last to ask for. */
void source_uring_start(struct source_uring *uring, int fd, uint64_t offset,
                        uint64_t size, uint64_t end,
                        const struct source_hook *hook);
/* The next block; the one given before is being filled again. */
struct source_block source_uring_next(struct source_uring *uring);
/* Waits for what is in flight. */
void source_uring_stop(struct source_uring *uring);

#endif
