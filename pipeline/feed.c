#include "pipeline/feed.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
/* A state of the hash is kept over processes: its members must be seen. */
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

/*
 * Offsets are absolute. Two spans are at hand: the block that came last from
 * the source (or the bytes in memory), and the window, a copy of what leads
 * up to it:
 *
 *          window: [ end of block k-1 | start of block k ]
 *           block:                    [ block k                    ]
 *
 * While the position is in front of the block, what is shown is the window;
 * once it is in the block, the block itself is shown again, without a copy.
 * So only spans across a border are copied, and each byte at most twice.
 *
 * Hashing follows the blocks as they come, while they are in the cache.
 * hashed is the offset up to which that is done; a block never starts behind
 * it, since going beyond it is done by reading.
 */
struct span {
    const uint8_t *bytes;
    uint64_t offset;
    size_t size;
};

struct feed {
    struct memory *memory;
    struct source *source;    /* NULL: bytes, or nothing open */
    int fd;
    uint64_t start, end;      /* of the source: the file's bytes shown */
    feed_pull *pull;          /* where the blocks come from, or NULL */
    void *pull_context;
    bool seekable;
    bool ended;               /* nothing follows the block */
    int error;
    uint64_t position;
    size_t shown;             /* bytes behind position that may be skipped */
    struct span block;
    struct span window;       /* its bytes are window_base */
    uint8_t *window_base;
    size_t window_capacity;
    XXH3_state_t *hash;
    uint64_t base;            /* offset of the first byte */
    uint64_t hashed;
};

#define WINDOW_BYTES_MIN ((size_t)1 << 16)

/* Forgets all but the memory. */
static void feed_reset(struct feed *feed, uint64_t position)
{
    feed->source = NULL;
    feed->pull = NULL;
    feed->seekable = false;
    feed->ended = true;
    feed->error = 0;
    feed->position = position;
    feed->shown = 0;
    feed->block = (struct span){.offset = position};
    feed->window = (struct span){.offset = position};
    feed->base = position;
    feed->hashed = position;
    CHECK(XXH3_128bits_reset(feed->hash) == XXH_OK);
}

struct feed *feed_create(struct memory *memory)
{
    struct feed *feed = calloc(1, sizeof *feed);
    if (!feed)
        return NULL;
    feed->memory = memory;
    feed->hash = XXH3_createState();
    if (!feed->hash) {
        free(feed);
        return NULL;
    }
    feed_reset(feed, 0);
    return feed;
}

void feed_destroy(struct feed *feed)
{
    if (!feed)
        return;
    feed_close(feed);
    memory_unmap(feed->memory, feed->window_base, feed->window_capacity);
    XXH3_freeState(feed->hash);
    free(feed);
}

static int open_file(struct feed *feed, struct source *source, int fd,
                     uint64_t start, uint64_t end)
{
    feed_close(feed);
    int error = source_open_range(source, fd, start, end);
    if (error)
        return error;
    feed->source = source;
    feed->fd = fd;
    feed->start = start;
    feed->end = end;
    feed->ended = false;
    return 0;
}

int feed_open(struct feed *feed, struct source *source, int fd, bool seekable)
{
    int error = open_file(feed, source, fd, 0, UINT64_MAX);
    feed->seekable = seekable && !error;
    return error;
}

int feed_open_range(struct feed *feed, struct source *source, int fd,
                    uint64_t offset, uint64_t size)
{
    CHECK(offset <= UINT64_MAX - size);
    int error = open_file(feed, source, fd, offset, offset + size);
    feed->seekable = !error;
    return error;
}

void feed_open_pull(struct feed *feed, feed_pull *pull, void *context)
{
    feed_close(feed);
    feed->pull = pull;
    feed->pull_context = context;
    feed->ended = false;
}

void feed_open_bytes(struct feed *feed, const uint8_t *bytes, size_t size,
                     uint64_t base)
{
    CHECK(base <= UINT64_MAX - size);
    feed_close(feed);
    feed_reset(feed, base);
    feed->block = (struct span){.bytes = bytes, .offset = base, .size = size};
    feed->seekable = true;
}

void feed_close(struct feed *feed)
{
    if (feed->source)
        source_close(feed->source);
    feed_reset(feed, 0);
}

/* ---- marks ---- */

/* What of a hash state changes as bytes come; the rest is of the seed. */
struct hash_image {
    uint64_t accumulators[8];
    uint64_t buffered, stripes, total;
    uint8_t buffer[256];
};
_Static_assert(sizeof(struct hash_image) == FEED_HASH_BYTES,
               "the mark has room for it");
_Static_assert(sizeof ((XXH3_state_t *)0)->acc ==
                       sizeof ((struct hash_image *)0)->accumulators &&
                   sizeof ((XXH3_state_t *)0)->buffer ==
                       sizeof ((struct hash_image *)0)->buffer,
               "another xxHash than 0.8");

void feed_save(const struct feed *feed, uint64_t position,
               struct feed_mark *mark)
{
    CHECK(feed->source && feed->seekable && position <= feed->hashed);
    struct hash_image image = {.buffered = feed->hash->bufferedSize,
                               .stripes = feed->hash->nbStripesSoFar,
                               .total = feed->hash->totalLen};
    memcpy(image.accumulators, feed->hash->acc, sizeof image.accumulators);
    memcpy(image.buffer, feed->hash->buffer, sizeof image.buffer);
    mark->position = position;
    mark->hashed = feed->hashed;
    memcpy(mark->hash, &image, sizeof image);
}

/* The mark may be anything. */
static bool restore_hash(struct feed *feed, const struct feed_mark *mark)
{
    struct hash_image image;
    memcpy(&image, mark->hash, sizeof image);
    if (image.total != mark->hashed || mark->position > mark->hashed ||
        image.buffered > sizeof image.buffer ||
        image.stripes > feed->hash->nbStripesPerBlock)
        return false;
    feed->hash->bufferedSize = (XXH32_hash_t)image.buffered;
    feed->hash->nbStripesSoFar = image.stripes;
    feed->hash->totalLen = image.total;
    memcpy(feed->hash->acc, image.accumulators, sizeof image.accumulators);
    memcpy(feed->hash->buffer, image.buffer, sizeof image.buffer);
    feed->hashed = mark->hashed;
    return true;
}

int feed_open_at(struct feed *feed, struct source *source, int fd,
                 const struct feed_mark *mark)
{
    int error = open_file(feed, source, fd, mark->position, UINT64_MAX);
    if (error)
        return error;
    if (!restore_hash(feed, mark)) {
        feed_close(feed);
        return -EINVAL;
    }
    feed->start = 0;
    feed->seekable = true;
    feed->position = mark->position;
    feed->block = (struct span){.offset = mark->position};
    feed->window = (struct span){.offset = mark->position};
    return 0;
}

/* ---- spans ---- */

static uint64_t span_end(const struct span *span)
{
    return span->offset + span->size;
}

/* Whether offset is in the span or just behind it. */
static bool span_reaches(const struct span *span, uint64_t offset)
{
    return offset >= span->offset && offset <= span_end(span);
}

/* Bytes of the span from offset on; *have says how many. */
static const uint8_t *span_from(const struct span *span, uint64_t offset,
                                size_t *have)
{
    CHECK(span_reaches(span, offset));
    size_t at = (size_t)(offset - span->offset);
    *have = span->size - at;
    return span->size ? span->bytes + at : span->bytes;
}

/* ---- blocks ---- */

static void hash_block(struct feed *feed)
{
    uint64_t end = span_end(&feed->block);
    if (end <= feed->hashed)
        return;
    size_t size;
    const uint8_t *bytes = span_from(&feed->block, feed->hashed, &size);
    CHECK(XXH3_128bits_update(feed->hash, bytes, size) == XXH_OK);
    feed->hashed = end;
}

/* Takes the next block; false at the end or on an error. The block before
 * is gone, unless there was none to take. */
static bool next_block(struct feed *feed)
{
    if (feed->ended)
        return false;
    const uint8_t *bytes;
    ssize_t size = feed->pull ? feed->pull(feed->pull_context, &bytes)
                              : source_next(feed->source, &bytes);
    if (size <= 0) {
        feed->ended = true;
        feed->error = (int)size;
        feed->block = (struct span){.offset = span_end(&feed->block)};
        return false;
    }
    feed->block.offset = span_end(&feed->block);
    feed->block.bytes = bytes;
    feed->block.size = (size_t)size;
    hash_block(feed);
    return true;
}

/* ---- the window ---- */

/* Makes room for want bytes in the window, whose first keep bytes stay. */
static bool window_reserve(struct feed *feed, size_t want, size_t keep)
{
    if (want <= feed->window_capacity)
        return true;
    size_t capacity = WINDOW_BYTES_MIN;
    while (capacity < want && capacity <= SIZE_MAX / 8)
        capacity *= 2;
    uint8_t *base = capacity < want ? NULL
                                    : memory_map(feed->memory, capacity);
    if (!base)
        return false;
    if (keep)
        memcpy(base, feed->window_base, keep);
    memory_unmap(feed->memory, feed->window_base, feed->window_capacity);
    feed->window_base = base;
    feed->window_capacity = capacity;
    return true;
}

/* Starts the window with what is at hand from the position on. */
static void window_begin(struct feed *feed)
{
    size_t have;
    if (span_reaches(&feed->block, feed->position)) {
        feed->window.size = 0;
    } else {
        const uint8_t *bytes = span_from(&feed->window, feed->position, &have);
        memmove(feed->window_base, bytes, have);
        feed->window.size = have;
    }
    feed->window.bytes = feed->window_base;
    feed->window.offset = feed->position;
}

/* Appends up to size bytes in all, as far as the block at hand goes. */
static void window_append(struct feed *feed, size_t size)
{
    size_t have;
    const uint8_t *bytes =
        span_from(&feed->block, span_end(&feed->window), &have);
    size_t lacking = size - feed->window.size;
    size_t take = have < lacking ? have : lacking;
    if (take)
        memcpy(feed->window_base + feed->window.size, bytes, take);
    feed->window.size += take;
}

/*
 * Fills the window with want bytes from the position on, or all there are.
 * It takes up to twice as many where they are at hand: then an asker who
 * goes on in small steps is past the border before he asks for more than the
 * window has, and it is not moved down at each step.
 */
static void window_gather(struct feed *feed, size_t want)
{
    size_t fill = want > SIZE_MAX / 2 ? SIZE_MAX : 2 * want;
    window_begin(feed);
    do {
        /* Room for what came, not for what was asked: the asker may have
         * believed a header that lies. */
        uint64_t came = span_end(&feed->block) - feed->window.offset;
        size_t size = came < fill ? (size_t)came : fill;
        if (!window_reserve(feed, size, feed->window.size)) {
            feed->error = -ENOMEM;
            feed->ended = true;
            return;
        }
        feed->window.bytes = feed->window_base;
        window_append(feed, size);
    } while (feed->window.size < want && next_block(feed));
}

const uint8_t *feed_peek(struct feed *feed, size_t want, size_t *have)
{
    const struct span *span = span_reaches(&feed->block, feed->position)
                                  ? &feed->block
                                  : &feed->window;
    const uint8_t *bytes = span_from(span, feed->position, have);
    if (*have == 0 && next_block(feed))
        /* On a border nothing is left to copy. */
        bytes = span_from(&feed->block, feed->position, have);
    bool all = feed->ended && span_end(span) == span_end(&feed->block);
    if (*have < want && !all) {
        window_gather(feed, want);
        bytes = span_from(&feed->window, feed->position, have);
    }
    feed->shown = *have;
    return bytes;
}

/* ---- moving ---- */

void feed_skip(struct feed *feed, size_t n)
{
    CHECK(n <= feed->shown);
    feed->position += n;
    feed->shown -= n;
}

/* Reads the file again from offset on, all of which is hashed. */
static bool restart(struct feed *feed, uint64_t offset)
{
    CHECK(feed->source && feed->seekable && offset <= feed->hashed);
    feed->block = (struct span){.offset = offset};
    feed->window = (struct span){.offset = offset};
    feed->position = offset;
    feed->error = source_open_range(feed->source, feed->fd,
                                    feed->start + offset, feed->end);
    feed->ended = feed->error != 0;
    return !feed->error;
}

/* Goes forward to target, or to the end if that comes before; what was never
 * read before is read, for the digest. */
static void step_to(struct feed *feed, uint64_t target)
{
    bool hashed_before = feed->source && feed->seekable && !feed->error &&
                         target <= feed->hashed;
    if (hashed_before && target > span_end(&feed->block))
        restart(feed, target);
    while (target > span_end(&feed->block) && next_block(feed))
        ;
    uint64_t end = span_end(&feed->block);
    feed->position = target < end ? target : end;
    feed->shown = 0;
}

uint64_t feed_skip_far(struct feed *feed, uint64_t n)
{
    uint64_t start = feed->position;
    step_to(feed, n > UINT64_MAX - start ? UINT64_MAX : start + n);
    return feed->position - start;
}

/* Whether offset is still at hand. A window that does not lead up to the
 * block is left from an earlier border. */
static bool at_hand(const struct feed *feed, uint64_t offset)
{
    return span_reaches(&feed->block, offset) ||
           (span_reaches(&feed->window, offset) &&
            span_reaches(&feed->block, span_end(&feed->window)));
}

int feed_seek(struct feed *feed, uint64_t offset)
{
    if (!feed->seekable)
        return -ESPIPE;
    if (feed->error)
        return feed->error;
    feed->shown = 0;
    if (at_hand(feed, offset)) {
        feed->position = offset;
        return 0;
    }
    if (offset > span_end(&feed->block))
        step_to(feed, offset);
    else if (feed->source)
        restart(feed, offset);
    if (feed->error)
        return feed->error;
    return feed->position == offset ? 0 : -EINVAL;
}

uint64_t feed_position(const struct feed *feed)
{
    return feed->position;
}

int feed_error(const struct feed *feed)
{
    return feed->error;
}

int feed_finish(struct feed *feed, uint64_t digest[2], uint64_t *bytes)
{
    if (!feed->source)
        hash_block(feed);
    else if (!feed->error && span_end(&feed->block) < feed->hashed)
        restart(feed, feed->hashed);
    while (next_block(feed))
        ;
    feed->position = span_end(&feed->block);
    feed->shown = 0;
    XXH128_hash_t hash = XXH3_128bits_digest(feed->hash);
    digest[0] = hash.high64;
    digest[1] = hash.low64;
    *bytes = feed->hashed - feed->base;
    return feed->error;
}
