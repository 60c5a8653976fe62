#include "stages/container_work.h"

#include "stages/decode/tar_header.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Long names and records of pax up to this are read; PATH_MAX is 4 KiB, and
 * what else writers put there is passed over with them. */
#define TAR_EXTRA_BYTES_MAX ((size_t)64 << 10)
/* Read at once for a header; more only where it is asked for. */
#define TAR_READ_BYTES ((size_t)4 << 10)

/* What a long name or records of pax say of the member that follows. */
struct tar_next {
    bool has_name, has_bytes, sparse;
    char name[MEMBER_NAME_BYTES_MAX + 1];   /* its beginning is not needed */
    size_t name_size;
    uint64_t bytes;
};

struct tar_walk {
    struct container *container;
    struct feed *feed;       /* stream; NULL: direct */
    uint64_t at;             /* in the tar */
    uint8_t *buffer;         /* direct: TAR_EXTRA_BYTES_MAX and two blocks */
    uint64_t buffer_at;
    size_t buffer_have;
    struct tar_next next;
};

#define TAR_BUFFER_BYTES (TAR_EXTRA_BYTES_MAX + 2 * TAR_BLOCK_BYTES)

/* ---- bytes -------------------------------------------------------------- */

static bool read_file(struct tar_walk *walk, size_t want)
{
    struct shard_job *job = walk->container->job;
    size_t size = want < TAR_READ_BYTES ? TAR_READ_BYTES : want;
    walk->buffer_at = walk->at;
    walk->buffer_have = 0;
    while (walk->buffer_have < size) {
        ssize_t got = pread(job->fd, walk->buffer + walk->buffer_have,
                            size - walk->buffer_have,
                            (off_t)(walk->at + walk->buffer_have));
        if (got == 0)
            break;
        if (got > 0)
            walk->buffer_have += (size_t)got;
        else if (errno != EINTR && errno != EAGAIN) {
            fault_raise(job->state->run->fault, CODE_IO, job->name, walk->at,
                        errno, "cannot read");
            return false;
        }
    }
    return true;
}

/* Shows `want` bytes, fewer at the end; 0 there and after a fault. */
static const uint8_t *tar_peek(struct tar_walk *walk, size_t want,
                               size_t *have)
{
    if (walk->feed) {
        const uint8_t *bytes = feed_peek(walk->feed, want, have);
        *have = *have < want ? *have : want;
        if (feed_error(walk->feed))
            *have = 0;
        return bytes;
    }
    uint64_t end = walk->buffer_at + walk->buffer_have;
    bool there = walk->at >= walk->buffer_at && walk->at + want <= end;
    *have = 0;
    if (!there && !read_file(walk, want))
        return walk->buffer;
    size_t from = (size_t)(walk->at - walk->buffer_at);
    *have = walk->buffer_have - from;
    *have = *have < want ? *have : want;
    return walk->buffer + from;
}

/* Steps over bytes that were shown, which are no member's. */
static void tar_skip(struct tar_walk *walk, const uint8_t *bytes, size_t size)
{
    CHECK(XXH3_128bits_update(&walk->container->hash, bytes, size) == XXH_OK);
    if (walk->feed)
        feed_skip(walk->feed, size);
    walk->at += size;
}

static uint64_t file_left(const struct tar_walk *walk)
{
    uint64_t size = walk->container->job->file_bytes;
    return size > walk->at ? size - walk->at : 0;
}

/* Steps over what nobody looks at; how many bytes there were. */
static uint64_t tar_pass(struct tar_walk *walk, uint64_t bytes)
{
    uint64_t passed = 0;
    if (!walk->feed)
        passed = file_left(walk) < bytes ? file_left(walk) : bytes;
    while (walk->feed && passed < bytes) {
        uint64_t left = bytes - passed;
        uint64_t part = left < FRAME_SEARCH_BYTES_MAX ? left
                                                      : FRAME_SEARCH_BYTES_MAX;
        uint64_t got = feed_skip_far(walk->feed, part);
        passed += got;
        run_safe_point(walk->container->job->state);
        if (got < part || fault_raised(walk->container->job->state->run->fault))
            break;
    }
    walk->at += passed;
    return passed;
}

/* Of a layer that is bad the end means nothing. */
static void tar_truncated(struct tar_walk *walk, uint64_t bytes)
{
    struct layer *layer = walk->container->layer;
    bool bad = layer && layer->bad;
    bool failed = walk->feed && feed_error(walk->feed);
    if (!bad && !failed)
        container_reject(walk->container, CONTAINER_TRUNCATED,
                         walk->at - bytes, bytes);
}

/* ---- headers ------------------------------------------------------------ */

/* Blocks that are no header, up to the next one: a header was damaged, or a
 * size in it. */
static void tar_resync(struct tar_walk *walk)
{
    struct run *run = walk->container->job->state->run;
    uint64_t from = walk->at;
    struct tar_header header;
    for (;;) {
        size_t have;
        const uint8_t *block = tar_peek(walk, TAR_BLOCK_BYTES, &have);
        bool found = have == TAR_BLOCK_BYTES && walk->at > from &&
                     tar_header_read(block, &header);
        if (have == 0 || found || fault_raised(run->fault))
            break;
        tar_skip(walk, block, have);
        run_safe_point(walk->container->job->state);
    }
    struct layer *layer = walk->container->layer;
    if (!layer || !layer->bad)
        container_reject(walk->container, CONTAINER_CORRUPT, from,
                         walk->at - from);
}

static void keep_name(struct tar_next *next, const char *name, size_t size)
{
    size_t most = MEMBER_NAME_BYTES_MAX;
    size_t skip = size > most ? size - most : 0;
    memcpy(next->name, name + skip, size - skip);
    next->name_size = size - skip;
    next->has_name = true;
}

static void take_pax(struct tar_next *next, const uint8_t *records,
                     size_t size)
{
    struct tar_pax pax = {0};
    (void)tar_pax_read(records, size, &pax);
    if (pax.name)
        keep_name(next, pax.name, pax.name_size);
    if (pax.has_bytes) {
        next->has_bytes = true;
        next->bytes = pax.bytes;
    }
    next->sparse |= pax.sparse;
}

/* A header whose data says something of the next one. The walk stands at it;
 * it goes behind the data. */
static void take_extra(struct tar_walk *walk, const struct tar_header *header)
{
    size_t have;
    size_t whole = TAR_BLOCK_BYTES + (size_t)tar_padded(header->bytes);
    const uint8_t *bytes = tar_peek(walk, whole, &have);
    if (have < whole) {
        tar_skip(walk, bytes, have);
        tar_truncated(walk, have);
        return;
    }
    const uint8_t *data = bytes + TAR_BLOCK_BYTES;
    size_t size = (size_t)header->bytes;
    if (header->kind == TAR_PAX)
        take_pax(&walk->next, data, size);
    else
        keep_name(&walk->next, (const char *)data,
                  strnlen((const char *)data, size));
    tar_skip(walk, bytes, whole);
}

/* Some writers tell the size of the file that a hard link leads to, with no
 * data behind it. */
static uint64_t link_bytes(struct tar_walk *walk,
                           const struct tar_header *header)
{
    size_t have;
    struct tar_header next;
    const uint8_t *bytes = tar_peek(walk, 2 * TAR_BLOCK_BYTES, &have);
    if (have < 2 * TAR_BLOCK_BYTES)
        return 0;
    bytes += TAR_BLOCK_BYTES;
    return tar_block_is_zero(bytes) || tar_header_read(bytes, &next)
               ? 0
               : header->bytes;
}

/* Blocks that go on with the map of a file with holes. */
static void skip_sparse_map(struct tar_walk *walk, bool more)
{
    while (more) {
        size_t have;
        const uint8_t *block = tar_peek(walk, TAR_BLOCK_BYTES, &have);
        more = have == TAR_BLOCK_BYTES && block[TAR_SPARSE_MORE_AT] != 0;
        tar_skip(walk, block, have);
    }
}

/* ---- members ------------------------------------------------------------ */

/* The data of a member, at which the walk stands, and what fills its last
 * block. */
static bool take_member(struct tar_walk *walk, struct member_place *place)
{
    struct container *container = walk->container;
    uint64_t padding = tar_padded(place->size) - place->size;
    place->feed = walk->feed;
    place->offset = walk->at;
    if (!walk->feed)
        place->there =
            file_left(walk) < place->size ? file_left(walk) : place->size;
    if (!container_member(container, place))
        return false;
    walk->at = walk->feed ? feed_position(walk->feed)
                          : walk->at + place->there;
    if (padding == 0)
        return true;
    size_t have;
    const uint8_t *bytes = tar_peek(walk, (size_t)padding, &have);
    tar_skip(walk, bytes, have);
    return true;
}

static bool take_file(struct tar_walk *walk, const struct tar_header *header,
                      const struct tar_next *next)
{
    struct member_place place = {
        .name = next->has_name ? next->name : header->name,
        .name_size = next->has_name ? next->name_size : strlen(header->name),
        .size = next->has_bytes ? next->bytes : header->bytes};
    bool sparse = header->kind == TAR_SPARSE || next->sparse;
    if (sparse)
        place.rejected = CONTAINER_UNSUPPORTED;
    if (container_takes(walk->container, place.name, place.name_size))
        return take_member(walk, &place);
    if (tar_pass(walk, tar_padded(place.size)) < place.size)
        tar_truncated(walk, 0);
    return true;
}

/* The walk stands at a header. */
static bool take_header(struct tar_walk *walk,
                        const struct tar_header *header)
{
    struct tar_next next = walk->next;
    bool extra = header->kind == TAR_LONG_NAME || header->kind == TAR_PAX;
    if (extra && header->bytes <= TAR_EXTRA_BYTES_MAX) {
        take_extra(walk, header);
        return true;
    }
    uint64_t bytes = header->kind == TAR_LINK && !next.has_bytes
                         ? link_bytes(walk, header)
                         : header->bytes;
    if (!extra)
        walk->next = (struct tar_next){0};
    size_t have;
    tar_skip(walk, tar_peek(walk, TAR_BLOCK_BYTES, &have), TAR_BLOCK_BYTES);
    skip_sparse_map(walk, header->more);
    if (header->kind == TAR_FILE || header->kind == TAR_SPARSE)
        return take_file(walk, header, &next);
    if (tar_pass(walk, tar_padded(bytes)) < bytes)
        tar_truncated(walk, 0);
    return true;
}

static bool take_blocks(struct tar_walk *walk)
{
    struct shard_job *job = walk->container->job;
    struct tar_header header;
    for (;;) {
        size_t have;
        const uint8_t *block = tar_peek(walk, TAR_BLOCK_BYTES, &have);
        run_safe_point(job->state);
        if (fault_raised(job->state->run->fault))
            return false;
        if (have == 0)
            return true;
        bool zeros = block[0] == 0 && memcmp(block, block + 1, have - 1) == 0;
        if (zeros) {
            /* The end; but tars stand behind one another. */
            tar_skip(walk, block, have);
        } else if (have < TAR_BLOCK_BYTES) {
            tar_skip(walk, block, have);
            tar_truncated(walk, have);
        } else if (!tar_header_read(block, &header)) {
            tar_resync(walk);
        } else if (!take_header(walk, &header)) {
            return false;
        }
    }
}

bool tar_walk_all(struct container *container, struct feed *feed,
                  uint64_t *file_bytes)
{
    struct tar_walk walk = {.container = container, .feed = feed};
    if (!feed)
        walk.buffer = malloc(TAR_BUFFER_BYTES);
    if (!feed && !walk.buffer) {
        run_out_of_memory(container->job->state->run);
        return false;
    }
    bool read = take_blocks(&walk);
    if (feed && feed_error(feed)) {
        fault_raise(container->job->state->run->fault, CODE_IO,
                    container->job->name, walk.at, -feed_error(feed),
                    "cannot read");
        read = false;
    }
    free(walk.buffer);
    *file_bytes = walk.at;
    return read;
}

bool container_tar(struct shard_job *job)
{
    struct container container;
    bool direct = job->fd >= 0;
    uint64_t bytes;
    if (!container_begin(&container, job))
        return false;
    if (direct)
        /* Members are read through the lane's source. */
        feed_close(job->feed);
    bool read = tar_walk_all(&container, direct ? NULL : job->feed, &bytes);
    return container_end(&container, read, bytes);
}
