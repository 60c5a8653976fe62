#include "stages/container_work.h"

#include "pipeline/check.h"
#include "stages/decode/zip_directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of one file; what stands behind in the directory is not read. */
#define ZIP_UNITS_MAX ((size_t)1 << 20)
#define ZIP_READ_BYTES ((size_t)256 << 10)

_Static_assert(ZIP_READ_BYTES >= ZIP_ENTRY_BYTES_MAX &&
                   ZIP_READ_BYTES >= ZIP_TAIL_BYTES, "an entry fits");

/* An entry of the directory, in 48 bytes; its name is read again. */
struct zip_unit {
    uint64_t local_offset, directory_offset;
    uint64_t packed_bytes, bytes;
    uint32_t crc;
    uint16_t method, name_size;
    bool encrypted;
};

struct zip_walk {
    struct container *container;
    struct zip_end end;
    uint8_t *buffer;             /* ZIP_READ_BYTES */
    struct zip_unit *units;
    size_t count, capacity;
    uint64_t floor;              /* no member may begin before it */
    bool damaged;                /* the directory; the rest is not known */
};

static struct run *run_of(const struct zip_walk *walk)
{
    return walk->container->job->state->run;
}

/* Reads up to size bytes at offset; how many there were. 0 after a fault. */
static size_t read_at(struct zip_walk *walk, uint64_t offset, uint8_t *bytes,
                      size_t size)
{
    struct shard_job *job = walk->container->job;
    size_t have = 0;
    while (have < size && offset + have < job->file_bytes) {
        ssize_t got = pread(job->fd, bytes + have, size - have,
                            (off_t)(offset + have));
        if (got == 0)
            break;
        if (got > 0)
            have += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN) {
            fault_raise(run_of(walk)->fault, CODE_IO, job->name, offset, errno,
                        "cannot read");
            return 0;
        }
    }
    return have;
}

/* ---- the directory ------------------------------------------------------ */

/* FRAME_OK, or why there is no directory. */
static enum frame_reason find_directory(struct zip_walk *walk)
{
    uint64_t file = walk->container->job->file_bytes;
    uint64_t tail = file < ZIP_TAIL_BYTES ? file : ZIP_TAIL_BYTES;
    size_t have = read_at(walk, file - tail, walk->buffer, (size_t)tail);
    struct zip_end *end = &walk->end;
    if (!zip_end_find(walk->buffer, have, end))
        return CONTAINER_TRUNCATED;
    if (end->zip64 && (read_at(walk, end->zip64_offset, walk->buffer,
                               ZIP64_END_BYTES) < ZIP64_END_BYTES ||
                       !zip64_end_read(walk->buffer, end)))
        return CONTAINER_CORRUPT;
    if (end->other_disks)
        return CONTAINER_UNSUPPORTED;
    bool inside = end->offset <= file && end->bytes <= file - end->offset;
    return inside ? FRAME_OK : CONTAINER_CORRUPT;
}

static bool add_unit(struct zip_walk *walk, const struct zip_entry *entry,
                     uint64_t offset)
{
    struct memory *memory = run_of(walk)->memory;
    if (walk->count == walk->capacity) {
        size_t larger = walk->capacity ? 2 * walk->capacity : 1024;
        struct zip_unit *grown =
            memory_map(memory, larger * sizeof *grown);
        if (!grown) {
            run_out_of_memory(run_of(walk));
            return false;
        }
        if (walk->count)
            memcpy(grown, walk->units, walk->count * sizeof *grown);
        memory_unmap(memory, walk->units, walk->capacity * sizeof *grown);
        walk->units = grown;
        walk->capacity = larger;
    }
    size_t most = MEMBER_NAME_BYTES_MAX;
    walk->units[walk->count++] = (struct zip_unit){
        .local_offset = entry->local_offset, .directory_offset = offset,
        .packed_bytes = entry->packed_bytes, .bytes = entry->bytes,
        .crc = entry->crc, .method = entry->method,
        .name_size = (uint16_t)(entry->name_size < most ? entry->name_size
                                                        : most + 1),
        .encrypted = entry->encrypted};
    return true;
}

/* Takes the entries that stand whole in the buffer; how many bytes they are.
 * 0: the next one is damaged or cut off, or there is a fault. */
static size_t take_entries(struct zip_walk *walk, uint64_t offset,
                           size_t have)
{
    size_t at = 0;
    while (at < have && walk->count < ZIP_UNITS_MAX) {
        struct zip_entry entry;
        size_t size = zip_entry_read(walk->buffer + at, have - at, &entry);
        if (size == 0)
            break;
        bool taken = !entry.folder &&
                     container_takes(walk->container, entry.name,
                                     entry.name_size);
        if (taken && !add_unit(walk, &entry, offset + at))
            return 0;
        at += size;
    }
    CHECK(XXH3_128bits_update(&walk->container->hash, walk->buffer, at) ==
          XXH_OK);
    return at;
}

static void read_directory(struct zip_walk *walk)
{
    uint64_t at = walk->end.offset, end = at + walk->end.bytes;
    while (at < end && !fault_raised(run_of(walk)->fault)) {
        uint64_t left = end - at;
        size_t want = left < ZIP_READ_BYTES ? (size_t)left : ZIP_READ_BYTES;
        size_t have = read_at(walk, at, walk->buffer, want);
        size_t taken = take_entries(walk, at, have);
        at += taken;
        walk->damaged = taken == 0;
        if (walk->damaged)
            break;
        run_safe_point(walk->container->job->state);
    }
}

static int by_offset(const void *a, const void *b)
{
    const struct zip_unit *x = a, *y = b;
    if (x->local_offset != y->local_offset)
        return x->local_offset < y->local_offset ? -1 : 1;
    return (x->directory_offset > y->directory_offset) -
           (x->directory_offset < y->directory_offset);
}

/* ---- members ------------------------------------------------------------ */

/* The offset of the entry's data, or 0: there is no room for it. Entries that
 * overlap would count bytes twice, and are how bombs are made. */
static uint64_t data_offset(struct zip_walk *walk,
                            const struct zip_unit *unit)
{
    uint8_t local[ZIP_LOCAL_BYTES];
    if (unit->local_offset < walk->floor ||
        unit->local_offset >= walk->end.offset ||
        read_at(walk, unit->local_offset, local, sizeof local) < sizeof local)
        return 0;
    size_t size = zip_local_read(local);
    uint64_t data = unit->local_offset + size;
    if (size == 0 || data > walk->end.offset ||
        unit->packed_bytes > walk->end.offset - data)
        return 0;
    return data;
}

/* How the member is read: bzip2 and zstd hold whole files of their kind. */
static const struct item *read_method(const struct zip_unit *unit,
                                      struct item *entry,
                                      enum frame_reason *rejected)
{
    *entry = (struct item){.kind = ITEM_FRAME, .crc = unit->crc,
                           .content_bytes = unit->bytes, .checksum = true,
                           .codec = unit->method == ZIP_STORED
                                        ? CODEC_STORED
                                        : CODEC_DEFLATE};
    *rejected = FRAME_OK;
    if (unit->encrypted)
        *rejected = CONTAINER_ENCRYPTED;
    else if (unit->method == ZIP_STORED || unit->method == ZIP_DEFLATED)
        return entry;
    else if (unit->method != ZIP_BZIP2 && unit->method != ZIP_ZSTD)
        *rejected = CONTAINER_UNSUPPORTED;
    return NULL;
}

static bool take_unit(struct zip_walk *walk, const struct zip_unit *unit)
{
    struct item entry;
    uint64_t data = data_offset(walk, unit);
    if (data == 0) {
        container_reject(walk->container, CONTAINER_CORRUPT,
                         unit->local_offset, 0);
        return true;
    }
    size_t name = read_at(walk, unit->directory_offset + ZIP_ENTRY_BYTES,
                          walk->buffer, unit->name_size);
    struct member_place place = {.name = (const char *)walk->buffer,
                                 .name_size = name, .offset = data,
                                 .there = unit->packed_bytes,
                                 .size = unit->packed_bytes};
    place.entry = read_method(unit, &entry, &place.rejected);
    walk->floor = data + unit->packed_bytes;
    return container_member(walk->container, &place);
}

static bool take_units(struct zip_walk *walk)
{
    if (walk->count)
        qsort(walk->units, walk->count, sizeof *walk->units, by_offset);
    for (size_t i = 0; i < walk->count; i++)
        if (!take_unit(walk, &walk->units[i]))
            return false;
    struct shard_job *job = walk->container->job;
    if (walk->damaged)
        /* Whatever is no member's: members may stand in it. */
        container_reject(walk->container, CONTAINER_CORRUPT, walk->end.offset,
                         job->file_bytes - walk->container->member_bytes);
    return !fault_raised(run_of(walk)->fault);
}

static bool walk_zip(struct zip_walk *walk)
{
    struct shard_job *job = walk->container->job;
    walk->buffer = malloc(ZIP_READ_BYTES);
    if (!walk->buffer) {
        run_out_of_memory(run_of(walk));
        return false;
    }
    enum frame_reason reason = find_directory(walk);
    if (fault_raised(run_of(walk)->fault))
        return false;
    if (reason != FRAME_OK) {
        container_reject(walk->container, reason, 0, job->file_bytes);
        return true;
    }
    read_directory(walk);
    return take_units(walk);
}

bool container_zip(struct shard_job *job)
{
    struct container container;
    struct zip_walk walk = {.container = &container};
    if (job->fd < 0) {
        fprintf(stderr, "sandpiper: a zip cannot be read from a pipe: its "
                        "directory stands at its end. All of it is rejected "
                        "(container_unsupported).\n");
        return shard_job_reject(job, CONTAINER_UNSUPPORTED);
    }
    if (!container_begin(&container, job))
        return false;
    feed_close(job->feed);
    bool read = walk_zip(&walk);
    free(walk.buffer);
    memory_unmap(job->state->run->memory, walk.units,
                 walk.capacity * sizeof *walk.units);
    return container_end(&container, read, job->file_bytes);
}
