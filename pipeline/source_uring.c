#include "pipeline/source_backend.h"

#include "pipeline/check.h"

#include <errno.h>
#include <liburing.h>
#include <stdlib.h>

/*
 * Block k of a file goes to slot k % depth. given counts the blocks that the
 * caller has had, asked those whose reads were begun:
 *
 *     given <= asked <= given + depth
 *
 * so the slot of the block that the caller holds is asked for again only
 * when he comes for the next one. A slot is read until it is full, or its
 * file ends, or fails; each of its reads is submitted when the one before is
 * complete. So there are at most depth reads in flight, the submission queue
 * (depth entries) always has room, and the completion queue (twice that)
 * never overflows.
 *
 * IORING_SETUP_SINGLE_ISSUER would bind the ring to the thread that made it;
 * it saves nothing at one system call for a megabyte.
 */
struct slot {
    uint8_t *bytes;
    uint64_t offset;
    uint32_t want;       /* bytes that make it full */
    uint32_t length;     /* bytes read so far */
    int result;          /* as source_block's; it counts when !reading */
    int pretended;       /* -errno from the hook, for the read in flight */
    unsigned retries;
    bool reading;
};

struct source_uring {
    struct io_uring ring;
    uint32_t depth;
    uint32_t block_bytes;
    bool registered;
    bool stopping;
    unsigned in_flight;
    int fd;
    const struct source_hook *hook;
    uint64_t given, asked;
    uint64_t next_offset;   /* of block number asked */
    uint64_t size, end;
    struct slot slots[SOURCE_DEPTH_MAX];
};

static bool passing(int error)
{
    return error == -EINTR || error == -EAGAIN || error == -EBUSY;
}

/* ---- making a ring ---- */

static int ring_open(struct io_uring *ring, uint32_t depth)
{
    /* Linux 5.19: completions without interrupting the lane. */
    int error = io_uring_queue_init(depth, ring, IORING_SETUP_COOP_TASKRUN);
    if (error == -EINVAL)
        error = io_uring_queue_init(depth, ring, 0);
    return error;
}

/* A filter may allow the set-up and refuse what comes after it; and kernels
 * before 5.6 have no plain reads. Better known now than in mid-file. */
static int ring_try(struct io_uring *ring)
{
    struct io_uring_probe *probe = io_uring_get_probe_ring(ring);
    bool reads = probe && io_uring_opcode_supported(probe, IORING_OP_READ) &&
                 io_uring_opcode_supported(probe, IORING_OP_READ_FIXED);
    io_uring_free_probe(probe);
    if (!reads)
        return -EOPNOTSUPP;
    struct io_uring_sqe *sqe = io_uring_get_sqe(ring);
    CHECK(sqe);
    io_uring_prep_nop(sqe);
    int submitted;
    do
        submitted = io_uring_submit_and_wait(ring, 1);
    while (passing(submitted));
    if (submitted < 0)
        return submitted;
    struct io_uring_cqe *cqe;
    int error = io_uring_peek_cqe(ring, &cqe);
    if (error)
        return error;
    error = cqe->res;
    io_uring_cqe_seen(ring, cqe);
    return error;
}

int source_uring_create(struct source_uring **out, uint32_t depth,
                        uint32_t block_bytes)
{
    *out = NULL;
    struct source_uring *uring = calloc(1, sizeof *uring);
    if (!uring)
        return -ENOMEM;
    uring->depth = depth;
    uring->block_bytes = block_bytes;
    int error = ring_open(&uring->ring, depth);
    if (error) {
        free(uring);
        return error;
    }
    error = ring_try(&uring->ring);
    if (error) {
        source_uring_destroy(uring);
        return error;
    }
    *out = uring;
    return 0;
}

bool source_uring_use_buffers(struct source_uring *uring, uint8_t *buffers)
{
    struct iovec vectors[SOURCE_DEPTH_MAX];
    for (uint32_t i = 0; i < uring->depth; i++) {
        uring->slots[i].bytes = buffers + (size_t)i * uring->block_bytes;
        vectors[i] = (struct iovec){.iov_base = uring->slots[i].bytes,
                                    .iov_len = uring->block_bytes};
    }
    /* RLIMIT_MEMLOCK is often 8 MiB or less: then unregistered ones. */
    uring->registered =
        io_uring_register_buffers(&uring->ring, vectors, uring->depth) == 0;
    return uring->registered;
}

void source_uring_destroy(struct source_uring *uring)
{
    if (!uring)
        return;
    CHECK(uring->in_flight == 0);
    io_uring_queue_exit(&uring->ring);
    free(uring);
}

/* ---- one slot ---- */

/* Queues the read of what the slot still lacks. */
static void slot_read(struct source_uring *uring, struct slot *slot)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&uring->ring);
    CHECK(sqe && uring->in_flight < uring->depth);
    uint64_t offset = slot->offset + slot->length;
    ssize_t ask = source_hook_ask(uring->hook, offset,
                                  slot->want - slot->length);
    uint8_t *bytes = slot->bytes + slot->length;
    slot->pretended = ask < 0 ? (int)ask : 0;
    if (ask < 0)
        io_uring_prep_nop(sqe);
    else if (uring->registered)
        io_uring_prep_read_fixed(sqe, uring->fd, bytes, (unsigned)ask, offset,
                                 (int)(slot - uring->slots));
    else
        io_uring_prep_read(sqe, uring->fd, bytes, (unsigned)ask, offset);
    io_uring_sqe_set_data(sqe, slot);
    slot->reading = true;
    uring->in_flight++;
}

/* EAGAIN is what a file opened with O_NONBLOCK gets where the kernel would
 * have to wait for the disk; asking again would spin. pread waits. */
static void slot_read_waiting(struct source_uring *uring, struct slot *slot)
{
    struct source_pread reader = {
        .fd = uring->fd, .seekable = true, .hook = uring->hook};
    struct source_block rest = source_pread_fill(
        &reader, slot->bytes + slot->length, slot->want - slot->length,
        slot->offset + slot->length);
    slot->length += (uint32_t)rest.length;
    slot->result = rest.result;
}

/* A read of the slot gave result: bytes, 0 at the end, or -errno. */
static void slot_complete(struct source_uring *uring, struct slot *slot,
                          int result)
{
    CHECK(slot->reading && uring->in_flight > 0);
    uring->in_flight--;
    slot->reading = false;
    if (uring->stopping)
        return;
    if (result > 0) {
        CHECK((uint32_t)result <= slot->want - slot->length);
        slot->length += (uint32_t)result;
        slot->retries = 0;
        if (slot->length < slot->want)
            slot_read(uring, slot);
    } else if (result == 0) {
        slot->result = SOURCE_END;
    } else if (result == -EAGAIN) {
        slot_read_waiting(uring, slot);
    } else if (result == -EINTR && ++slot->retries <= SOURCE_RETRIES_MAX) {
        slot_read(uring, slot);
    } else {
        slot->result = result;
    }
}

static void slot_begin(struct source_uring *uring)
{
    struct slot *slot = &uring->slots[uring->asked % uring->depth];
    uint64_t left = uring->end - uring->next_offset;
    slot->offset = uring->next_offset;
    slot->want = left < uring->block_bytes ? (uint32_t)left
                                           : uring->block_bytes;
    slot->length = 0;
    slot->result = 0;
    slot->retries = 0;
    slot_read(uring, slot);
    uring->asked++;
    uring->next_offset += slot->want;
}

/* ---- the ring ---- */

/* Submits what is queued and waits for at least wait_count completions. */
static int ring_submit(struct source_uring *uring, unsigned wait_count)
{
    int submitted;
    do
        submitted = wait_count
                        ? io_uring_submit_and_wait(&uring->ring, wait_count)
                        : io_uring_submit(&uring->ring);
    while (submitted == -EINTR);
    return submitted < 0 && !passing(submitted) ? submitted : 0;
}

/* Takes all completions that are there; may queue new reads. */
static void ring_reap(struct source_uring *uring)
{
    struct io_uring_cqe *ready[2 * SOURCE_DEPTH_MAX];
    unsigned count = io_uring_peek_batch_cqe(&uring->ring, ready,
                                             2 * SOURCE_DEPTH_MAX);
    bool backwards = uring->hook && uring->hook->backwards;
    for (unsigned i = 0; i < count; i++) {
        struct io_uring_cqe *cqe = ready[backwards ? count - 1 - i : i];
        struct slot *slot = io_uring_cqe_get_data(cqe);
        slot_complete(uring, slot,
                      slot->pretended ? slot->pretended : cqe->res);
    }
    io_uring_cq_advance(&uring->ring, count);
}

void source_uring_start(struct source_uring *uring, int fd, uint64_t offset,
                        uint64_t size, uint64_t end,
                        const struct source_hook *hook)
{
    CHECK(uring->in_flight == 0);
    uring->fd = fd;
    uring->hook = hook;
    uring->given = 0;
    uring->asked = 0;
    uring->next_offset = offset;
    uring->end = end;
    uring->size = size < end ? size : end;
}

struct source_block source_uring_next(struct source_uring *uring)
{
    /* Beyond the size that the file seems to have, one block at a time: it
     * may have grown, and many files of /proc say 0. */
    while (uring->asked == uring->given ||
           (uring->asked < uring->given + uring->depth &&
            uring->next_offset < uring->size))
        slot_begin(uring);
    struct slot *slot = &uring->slots[uring->given % uring->depth];
    bool backwards = uring->hook && uring->hook->backwards;
    int error = ring_submit(uring, backwards ? uring->in_flight : 0);
    ring_reap(uring);
    while (!error && slot->reading) {
        error = ring_submit(uring, backwards ? uring->in_flight : 1);
        ring_reap(uring);
    }
    if (error)
        return (struct source_block){.bytes = slot->bytes, .result = error};
    uring->given++;
    return (struct source_block){.bytes = slot->bytes,
                                 .length = slot->length,
                                 .result = slot->result};
}

void source_uring_stop(struct source_uring *uring)
{
    /* Cancelling helps little: a read of a file is with the disk already.
     * The buffers are the kernel's until the last one is complete; if the
     * ring itself fails now, there is no safe way on. */
    unsigned failures = 0;
    uring->stopping = true;
    while (uring->in_flight) {
        if (ring_submit(uring, 1) != 0)
            CHECK(++failures < SOURCE_RETRIES_MAX);
        ring_reap(uring);
    }
    uring->stopping = false;
}
