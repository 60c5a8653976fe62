#include "pipeline/room.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A file below it, gone from the folder before it is used. */
static int nameless_file(int folder)
{
    int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR &&
                    errno != ENOENT && errno != EINVAL))
        return fd;
    /* Some file systems have no O_TMPFILE. */
    char name[64];
    static _Atomic unsigned number;
    snprintf(name, sizeof name, ".room-%u",
             atomic_fetch_add_explicit(&number, 1, memory_order_relaxed));
    fd = openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW |
                                  O_CLOEXEC, 0600);
    if (fd >= 0)
        unlinkat(folder, name, 0);
    return fd;
}

/* Reserved before it is mapped: a page that cannot be written later would be
 * SIGBUS. */
static void *map_file(int folder, size_t bytes)
{
    int fd = nameless_file(folder);
    if (fd < 0)
        return NULL;
    int error = posix_fallocate(fd, 0, (off_t)bytes);
    void *base = error ? MAP_FAILED
                       : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
                              fd, 0);
    close(fd);
    if (error)
        errno = error;
    return base == MAP_FAILED ? NULL : base;
}

static bool fits(const struct memory *memory, size_t bytes)
{
    return bytes < ROOM_KEPT_BYTES || memory->overflow < 0 ||
           memory_fits(memory, bytes);
}

bool room_for(struct room *room, struct memory *memory, uint64_t count,
              size_t size)
{
    uint64_t wanted;
    errno = ENOMEM;
    if (__builtin_mul_overflow(count, size, &wanted) || wanted > SIZE_MAX / 4)
        return false;
    size_t bytes = wanted ? (size_t)wanted : 1;
    bool excess = room->bytes > ROOM_KEPT_BYTES && bytes < ROOM_KEPT_BYTES;
    if (bytes <= room->bytes && !excess)
        return true;
    room_free(room, memory);
    size_t grown = bytes < ROOM_KEPT_BYTES ? bytes * 2 : bytes;
    room->on_disk = !fits(memory, grown);
    room->base = room->on_disk ? map_file(memory->overflow, grown)
                               : memory_map(memory, grown);
    room->bytes = room->base ? grown : 0;
    return room->base != NULL;
}

void room_free(struct room *room, struct memory *memory)
{
    if (room->base && room->on_disk)
        munmap(room->base, room->bytes);
    else
        memory_unmap(memory, room->base, room->bytes);
    *room = (struct room){0};
}
