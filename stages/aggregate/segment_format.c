#include "stages/aggregate/segment_format.h"

#include "stages/hash.h"

#include <errno.h>
#include <unistd.h>

uint64_t segment_checksum(const void *bytes, size_t size)
{
    return hash_bytes64(bytes, size);
}

int segment_write_at(int fd, const void *bytes, size_t size, uint64_t offset)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        ssize_t wrote = pwrite(fd, from, size, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? -errno : -EIO;
        from += wrote;
        size -= (size_t)wrote;
        offset += (uint64_t)wrote;
    }
    return 0;
}

int segment_read_at(int fd, void *bytes, size_t size, uint64_t offset)
{
    uint8_t *to = bytes;
    while (size > 0) {
        ssize_t got = pread(fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EBADMSG;
        to += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}
