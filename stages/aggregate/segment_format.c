#include "stages/aggregate/segment_format.h"

#include "stages/hash.h"

#include <errno.h>
#include <unistd.h>

#define ROOM_KEPT_BYTES ((size_t)4 << 20)

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

bool segment_room_for(struct segment_room *room, struct memory *memory,
                      uint64_t count, size_t size)
{
    uint64_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 4)
        return false;
    /* What one huge account took is not kept for the small ones after it. */
    bool excess = room->bytes > ROOM_KEPT_BYTES && bytes < ROOM_KEPT_BYTES;
    if (bytes <= room->bytes && !excess)
        return true;
    segment_room_free(room, memory);
    size_t grown = bytes < ROOM_KEPT_BYTES ? (size_t)bytes * 2 : (size_t)bytes;
    room->base = memory_map(memory, grown ? grown : 1);
    room->bytes = room->base ? grown ? grown : 1 : 0;
    return room->base != NULL;
}

void segment_room_free(struct segment_room *room, struct memory *memory)
{
    memory_unmap(memory, room->base, room->bytes);
    *room = (struct segment_room){0};
}
