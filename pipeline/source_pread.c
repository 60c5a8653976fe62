#include "pipeline/source_backend.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

/* How long a pipe is waited for before the fault is looked at again. */
#define PIPE_WAIT_MS 100

/* Waits until a read will not block. 0, or -ECANCELED when told to stop. */
static int wait_readable(const struct source_pread *reader)
{
    struct pollfd poll_one = {.fd = reader->fd, .events = POLLIN};
    for (;;) {
        if (reader->fault && fault_raised(reader->fault))
            return -ECANCELED;
        /* Whatever it reports, even an error of the pipe, read() will say. */
        int ready = poll(&poll_one, 1, PIPE_WAIT_MS);
        if (ready > 0)
            return 0;
        if (ready < 0 && errno != EINTR)
            return -errno;
    }
}

/* One read: bytes (0 at the end) or -errno. */
static ssize_t read_once(const struct source_pread *reader, uint8_t *bytes,
                         size_t size, uint64_t offset)
{
    ssize_t ask = source_hook_ask(reader->hook, offset, size);
    if (ask < 0)
        return ask;
    ssize_t got;
    if (reader->seekable) {
        got = pread(reader->fd, bytes, (size_t)ask, (off_t)offset);
    } else {
        int stopped = wait_readable(reader);
        if (stopped)
            return stopped;
        got = read(reader->fd, bytes, (size_t)ask);
    }
    return got < 0 ? -errno : got;
}

/* Reading ahead is the kernel's: source_open tells it that reads go front to
 * back. Telling it each range (POSIX_FADV_WILLNEED) was slower from a cold
 * disk, and costs a walk over the pages where the file is in memory. */
struct source_block source_pread_fill(const struct source_pread *reader,
                                      uint8_t *bytes, size_t size,
                                      uint64_t offset)
{
    struct source_block block = {.bytes = bytes};
    unsigned retries = 0;
    while (block.length < size) {
        ssize_t got = read_once(reader, bytes + block.length,
                                size - block.length, offset + block.length);
        if (got > 0) {
            block.length += (size_t)got;
            retries = 0;
        } else if (got == 0) {
            block.result = SOURCE_END;
            return block;
        } else if ((got != -EINTR && got != -EAGAIN) ||
                   ++retries > SOURCE_RETRIES_MAX) {
            block.result = (int)got;
            return block;
        }
    }
    return block;
}
