#include "pipeline/runs.h"

#include "pipeline/check.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define SLAB_BYTES ((size_t)2 << 20)  /* one huge page of 32 chunks */
#define WRITE_CHUNKS 16           /* a write of 1 MiB */

struct run_chunk {
    union {
        struct run_chunk *next;   /* while free */
        uint8_t bytes[RUN_CHUNK_BYTES];
    };
};

struct run_slab {
    struct run_slab *next;
    uint8_t *base;
};

/* Memory of a reader. A few that were given back are kept, so that who reads
 * runs again and again does not touch fresh pages each time. */
struct run_room {
    struct run_room *next;        /* while kept */
    size_t capacity;              /* of bytes */
    uint8_t bytes[];
};
#define ROOMS_KEPT 4
/* From here on in whole huge pages. */
#define ROOM_HUGE_BYTES ((size_t)512 << 10)

/* ---- the store --------------------------------------------------------- */

static int spill_file(int directory)
{
    int fd = openat(directory, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)
        return -errno;
    /* File systems without O_TMPFILE (NFS, some FUSE). */
    char name[64];
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        snprintf(name, sizeof name, ".spill-%ld-%u", (long)getpid(), attempt);
        fd = openat(directory, name,
                    O_CREAT | O_EXCL | O_NOFOLLOW | O_RDWR | O_CLOEXEC, 0600);
        if (fd >= 0)
            return unlinkat(directory, name, 0) == 0 ? fd : (close(fd), -EIO);
        if (errno != EEXIST)
            return -errno;
    }
    return -EEXIST;
}

int run_store_open(struct run_store *store, struct memory *memory,
                   uint64_t bound_bytes, int directory)
{
    *store = (struct run_store){.memory = memory, .fd = -1,
                                .chunks_max = SIZE_MAX};
    pthread_mutex_init(&store->lock, NULL);
    if (directory < 0)
        return 0;
    store->chunks_max = (size_t)(bound_bytes / RUN_CHUNK_BYTES);
    store->fd = spill_file(directory);
    return store->fd < 0 ? store->fd : 0;
}

void run_store_close(struct run_store *store)
{
    while (store->slabs) {
        struct run_slab *slab = store->slabs;
        store->slabs = slab->next;
        memory_unmap(store->memory, slab->base, SLAB_BYTES);
        free(slab);
    }
    while (store->rooms) {
        struct run_room *room = store->rooms;
        store->rooms = room->next;
        memory_unmap(store->memory, room, sizeof *room + room->capacity);
    }
    if (store->fd >= 0)
        close(store->fd);
    store->fd = -1;
    pthread_mutex_destroy(&store->lock);
}

uint64_t run_store_spilled(struct run_store *store)
{
    pthread_mutex_lock(&store->lock);
    uint64_t bytes = store->file_bytes;
    pthread_mutex_unlock(&store->lock);
    return bytes;
}

/* The lock is held. */
static bool store_grow(struct run_store *store)
{
    struct run_slab *slab = malloc(sizeof *slab);
    uint8_t *base = slab ? memory_map(store->memory, SLAB_BYTES) : NULL;
    if (!base) {
        free(slab);
        return false;
    }
    *slab = (struct run_slab){store->slabs, base};
    store->slabs = slab;
    for (size_t at = SLAB_BYTES; at > 0; at -= RUN_CHUNK_BYTES) {
        struct run_chunk *chunk =
            (struct run_chunk *)(void *)(base + at - RUN_CHUNK_BYTES);
        chunk->next = store->free;
        store->free = chunk;
    }
    return true;
}

/* A chunk, or NULL: at the bound (*full), or out of memory. */
static struct run_chunk *take_chunk(struct run_store *store, bool needed,
                                    bool *full)
{
    pthread_mutex_lock(&store->lock);
    struct run_chunk *chunk = NULL;
    *full = !needed && store->chunks_held >= store->chunks_max;
    if (!*full && (store->free || store_grow(store))) {
        chunk = store->free;
        store->free = chunk->next;
        store->chunks_held++;
    }
    pthread_mutex_unlock(&store->lock);
    return chunk;
}

static void give_chunks(struct run_store *store, struct run_chunk **chunks,
                        size_t count)
{
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < count; i++) {
        chunks[i]->next = store->free;
        store->free = chunks[i];
    }
    CHECK(store->chunks_held >= count);
    store->chunks_held -= count;
    pthread_mutex_unlock(&store->lock);
}

static uint64_t reserve_file(struct run_store *store, uint64_t bytes)
{
    pthread_mutex_lock(&store->lock);
    uint64_t offset = store->file_bytes;
    store->file_bytes += bytes;
    pthread_mutex_unlock(&store->lock);
    return offset;
}

/* ---- appending --------------------------------------------------------- */

void run_init(struct byte_run *run, struct run_store *store)
{
    *run = (struct byte_run){.store = store, .chunk_fill = RUN_CHUNK_BYTES};
}

/* Room for one more in an array of elements of size bytes. */
static bool array_room(void **array, size_t count, size_t *capacity,
                       size_t size)
{
    if (count < *capacity)
        return true;
    size_t grown = *capacity ? *capacity * 2 : 4;
    void *moved = realloc(*array, grown * size);
    if (!moved)
        return false;
    *array = moved;
    *capacity = grown;
    return true;
}

static int add_extent(struct byte_run *run, uint64_t offset, uint64_t bytes)
{
    struct run_extent *last =
        run->extent_count ? &run->extents[run->extent_count - 1] : NULL;
    if (last && last->offset + last->bytes == offset) {
        last->bytes += bytes;
        return 0;
    }
    void *array = run->extents;
    if (!array_room(&array, run->extent_count, &run->extent_capacity,
                    sizeof *run->extents))
        return -ENOMEM;
    run->extents = array;
    run->extents[run->extent_count++] = (struct run_extent){offset, bytes};
    return 0;
}

static int write_all(int fd, struct iovec *parts, int count, uint64_t offset)
{
    while (count > 0) {
        ssize_t wrote = pwritev(fd, parts, count, (off_t)offset);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? -errno : -EIO;
        offset += (uint64_t)wrote;
        size_t rest = (size_t)wrote;
        while (count > 0 && rest >= parts->iov_len) {
            rest -= parts->iov_len;
            parts++;
            count--;
        }
        if (count > 0) {
            parts->iov_base = (uint8_t *)parts->iov_base + rest;
            parts->iov_len -= rest;
        }
    }
    return 0;
}

/* Writes all chunks, which are full, and keeps the first, empty. */
static int spill(struct byte_run *run)
{
    uint64_t bytes = run->chunk_count * RUN_CHUNK_BYTES;
    uint64_t offset = reserve_file(run->store, bytes);
    int status = add_extent(run, offset, bytes);
    for (size_t at = 0; at < run->chunk_count && !status; at += WRITE_CHUNKS) {
        struct iovec parts[WRITE_CHUNKS];
        size_t count = run->chunk_count - at;
        count = count < WRITE_CHUNKS ? count : WRITE_CHUNKS;
        for (size_t i = 0; i < count; i++)
            parts[i] = (struct iovec){run->chunks[at + i]->bytes,
                                      RUN_CHUNK_BYTES};
        status = write_all(run->store->fd, parts, (int)count,
                           offset + at * RUN_CHUNK_BYTES);
    }
    give_chunks(run->store, run->chunks + 1, run->chunk_count - 1);
    run->chunk_count = 1;
    run->chunk_fill = 0;
    return status;
}

static int more_room(struct byte_run *run)
{
    void *array = run->chunks;
    if (!array_room(&array, run->chunk_count, &run->chunk_capacity,
                    sizeof *run->chunks))
        return -ENOMEM;
    run->chunks = array;
    bool full;
    struct run_chunk *chunk =
        take_chunk(run->store, run->chunk_count == 0, &full);
    if (full)
        return spill(run);
    if (!chunk)
        return -ENOMEM;
    run->chunks[run->chunk_count++] = chunk;
    run->chunk_fill = 0;
    return 0;
}

int run_append(struct byte_run *run, const void *bytes, size_t size)
{
    const uint8_t *from = bytes;
    while (size > 0) {
        if (run->chunk_fill == RUN_CHUNK_BYTES) {
            int status = more_room(run);
            if (status)
                return status;
        }
        size_t part = RUN_CHUNK_BYTES - run->chunk_fill;
        part = part < size ? part : size;
        memcpy(run->chunks[run->chunk_count - 1]->bytes + run->chunk_fill,
               from, part);
        run->chunk_fill += part;
        run->bytes += part;
        from += part;
        size -= part;
    }
    return 0;
}

void run_free(struct byte_run *run)
{
    if (!run->store)
        return;
    /* A file system that cannot punch keeps the bytes until the end. */
    for (size_t i = 0; i < run->extent_count; i++)
        (void)fallocate(run->store->fd,
                        FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                        (off_t)run->extents[i].offset,
                        (off_t)run->extents[i].bytes);
    if (run->chunk_count)
        give_chunks(run->store, run->chunks, run->chunk_count);
    free(run->extents);
    free(run->chunks);
    run_init(run, run->store);
}

/* ---- rooms ------------------------------------------------------------- */

/* The smallest kept room of this size, taken out; or NULL. */
static struct run_room *take_kept(struct run_store *store, size_t size)
{
    struct run_room **best = NULL;
    pthread_mutex_lock(&store->lock);
    for (struct run_room **at = &store->rooms; *at; at = &(*at)->next)
        if ((*at)->capacity >= size &&
            (!best || (*at)->capacity < (*best)->capacity))
            best = at;
    struct run_room *room = best ? *best : NULL;
    if (room) {
        *best = room->next;
        store->room_count--;
    }
    pthread_mutex_unlock(&store->lock);
    return room;
}

static struct run_room *take_room(struct run_store *store, size_t size)
{
    struct run_room *room = take_kept(store, size);
    if (room)
        return room;
    size_t bytes = sizeof *room + size;
    if (bytes >= ROOM_HUGE_BYTES)
        bytes = (bytes + SLAB_BYTES - 1) / SLAB_BYTES * SLAB_BYTES;
    room = memory_map(store->memory, bytes);
    if (room)
        room->capacity = bytes - sizeof *room;
    return room;
}

/* Very large ones go back to the system at once. */
static void give_room(struct run_store *store, struct run_room *room)
{
    if (!room)
        return;
    bool kept = false;
    if (sizeof *room + room->capacity <= SLAB_BYTES) {
        pthread_mutex_lock(&store->lock);
        kept = store->room_count < ROOMS_KEPT;
        if (kept) {
            room->next = store->rooms;
            store->rooms = room;
            store->room_count++;
        }
        pthread_mutex_unlock(&store->lock);
    }
    if (!kept)
        memory_unmap(store->memory, room, sizeof *room + room->capacity);
}

/* ---- reading ----------------------------------------------------------- */

void run_reader_init(struct run_reader *reader, const struct byte_run *run)
{
    *reader = (struct run_reader){.run = run};
}

static int read_all(int fd, uint8_t *to, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t got = pread(fd, to, size, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? -errno : -EIO;
        to += got;
        size -= (size_t)got;
        offset += (uint64_t)got;
    }
    return 0;
}

static int next_file_span(struct run_reader *reader)
{
    struct run_store *store = reader->run->store;
    const struct run_extent *extent = &reader->run->extents[reader->extent];
    if (!reader->buffer)
        reader->buffer = take_room(store, RUN_CHUNK_BYTES);
    if (!reader->buffer)
        return -ENOMEM;
    uint64_t left = extent->bytes - reader->extent_at;
    size_t size = left < RUN_CHUNK_BYTES ? (size_t)left : RUN_CHUNK_BYTES;
    int status = read_all(store->fd, reader->buffer->bytes, size,
                          extent->offset + reader->extent_at);
    reader->span = reader->buffer->bytes;
    reader->span_bytes = size;
    reader->extent_at += size;
    if (reader->extent_at == extent->bytes) {
        reader->extent++;
        reader->extent_at = 0;
    }
    return status;
}

/* Call only when bytes are left. */
static int next_span(struct run_reader *reader)
{
    const struct byte_run *run = reader->run;
    if (reader->extent < run->extent_count)
        return next_file_span(reader);
    CHECK(reader->chunk < run->chunk_count);
    bool last = reader->chunk == run->chunk_count - 1;
    reader->span = run->chunks[reader->chunk++]->bytes;
    reader->span_bytes = last ? run->chunk_fill : RUN_CHUNK_BYTES;
    return 0;
}

static int join_room(struct run_reader *reader, size_t size)
{
    struct run_store *store = reader->run->store;
    if (reader->joined && size <= reader->joined->capacity)
        return 0;
    struct run_room *grown =
        take_room(store, size + size / 2 + RUN_CHUNK_BYTES);
    if (!grown)
        return -ENOMEM;
    give_room(store, reader->joined);
    reader->joined = grown;
    return 0;
}

/* What lies on both sides of a border is put together. */
static int join_spans(struct run_reader *reader, size_t size)
{
    int status = join_room(reader, size);
    for (size_t have = 0; have < size && !status;) {
        if (!reader->span_bytes)
            status = next_span(reader);
        if (status)
            break;
        size_t part = size - have;
        part = part < reader->span_bytes ? part : reader->span_bytes;
        memcpy(reader->joined->bytes + have, reader->span, part);
        reader->span += part;
        reader->span_bytes -= part;
        have += part;
    }
    return status;
}

int run_reader_next(struct run_reader *reader, size_t size, const void **out)
{
    if (size > reader->run->bytes - reader->at)
        return 0;
    int status = 0;
    if (!reader->span_bytes && size)
        status = next_span(reader);
    if (status)
        return status;
    *out = reader->span;
    if (size <= reader->span_bytes) {
        reader->span += size;
        reader->span_bytes -= size;
    } else {
        status = join_spans(reader, size);
        if (!status)
            *out = reader->joined->bytes;
    }
    reader->at += size;
    return status ? status : 1;
}

int run_read(struct run_reader *reader, void *to, size_t size)
{
    const void *from = NULL;
    int status = run_reader_next(reader, size, &from);
    if (status == 0)
        return -EIO;
    if (status > 0 && size)
        memcpy(to, from, size);
    return status < 0 ? status : 0;
}

void run_reader_end(struct run_reader *reader)
{
    give_room(reader->run->store, reader->buffer);
    give_room(reader->run->store, reader->joined);
    run_reader_init(reader, reader->run);
}
