#include "stages/decode/frame_walk.h"

#include "pipeline/check.h"

#include <string.h>

/* What a look at a possible start of a frame needs. */
#define START_BYTES (FRAME_HEADER_BYTES_MAX + BLOCK_HEADER_BYTES)
/* A window that item_next believes when it searches. */
#define PLAUSIBLE_WINDOW_BYTES ((uint64_t)1 << 31)

const char *frame_reason_name(enum frame_reason reason)
{
    static const char *const NAMES[] = {
        [FRAME_OK] = "ok",
#define X(name, stable, sentence) [name] = stable,
        FRAME_REASONS(X)
#undef X
    };
    CHECK(reason < FRAME_REASON_COUNT);
    return NAMES[reason];
}

const char *frame_reason_sentence(enum frame_reason reason)
{
    static const char *const SENTENCES[] = {
        [FRAME_OK] = "the frame is good",
#define X(name, stable, sentence) [name] = sentence,
        FRAME_REASONS(X)
#undef X
    };
    CHECK(reason < FRAME_REASON_COUNT);
    return SENTENCES[reason];
}

/* ---- what stands at a place ---- */

/* A sight of the feed from its position on, which grows as it is needed; or,
 * without a feed, of bytes behind which nothing is to be seen. */
struct sight {
    struct feed *feed;
    const uint8_t *bytes;
    size_t have;
};

/* Growing by halves, since each peek may copy all that it shows. */
static bool sight_reaches(struct sight *sight, size_t want)
{
    if (want > sight->have && sight->feed)
        sight->bytes = feed_peek(sight->feed, want + want / 2, &sight->have);
    return want <= sight->have;
}

/* A magic, the start of one that is cut off, or the end stands at `at`. */
static bool sight_leads(struct sight *sight, size_t at)
{
    if (sight_reaches(sight, at + MAGIC_BYTES))
        return frame_magic_read(sight->bytes + at, MAGIC_BYTES) != MAGIC_NONE;
    if (at > sight->have || (sight->feed && feed_error(sight->feed)))
        return false;
    size_t left = sight->have - at;
    return left == 0 || frame_magic_read(sight->bytes + at, left) != MAGIC_NONE;
}

static bool frame_is_plausible(const uint8_t *bytes, size_t have)
{
    struct frame_header header;
    struct block_header block;
    return frame_header_read(bytes, have, &header) == HEADER_OK &&
           header.window_bytes <= PLAUSIBLE_WINDOW_BYTES &&
           have >= header.bytes + BLOCK_HEADER_BYTES &&
           block_header_read(bytes + header.bytes, &header, &block);
}

/* Whether a frame may start at the sight's first byte. */
static bool start_is_plausible(struct sight sight)
{
    sight_reaches(&sight, START_BYTES);
    enum frame_magic magic = frame_magic_read(sight.bytes, sight.have);
    if (magic == MAGIC_FRAME)
        return frame_is_plausible(sight.bytes, sight.have);
    if (magic != MAGIC_SKIPPABLE || sight.have < SKIPPABLE_HEADER_BYTES)
        return false;
    uint64_t size = skippable_bytes(sight.bytes);
    return size <= FRAME_CHAIN_BYTES_MAX && sight_leads(&sight, (size_t)size);
}

/* Whether a frame may start in these bytes, and be judged by them alone. */
static bool bytes_hold_start(const uint8_t *bytes, size_t have)
{
    size_t at = frame_magic_find(bytes, have);
    while (at < have) {
        struct sight sight = {.bytes = bytes + at, .have = have - at};
        if (start_is_plausible(sight))
            return true;
        at += 1 + frame_magic_find(bytes + at + 1, have - at - 1);
    }
    return false;
}

/* ---- hops over block headers ---- */

/*
 * Hops from the block at hand to the frame's end, without decoding. The end
 * from the feed's position, if it lies within `limit` bytes of it and a magic
 * or the end of the shard follows; else 0. The feed has shown all of it.
 *
 * A damaged size may lead into the next frame, and by chance from there to
 * its end: in small frames that is one flip of a thousand. So there must be
 * no start of a frame on the way, from `from` on. It is judged by the bytes
 * up to the end alone, since a gathered frame has no more.
 */
static size_t chain_end(const struct frame_walk *walk, size_t from,
                        size_t limit)
{
    struct sight sight = {.feed = walk->feed};
    uint64_t blocks = walk->blocks;
    size_t at = walk->lag;
    bool last = walk->last;
    while (!last) {
        struct block_header block;
        if (at > limit || ++blocks > FRAME_CHAIN_BLOCKS_MAX ||
            !sight_reaches(&sight, at + BLOCK_HEADER_BYTES) ||
            !block_header_read(sight.bytes + at, &walk->header, &block))
            return 0;
        at += BLOCK_HEADER_BYTES + block.content_bytes;
        last = block.last;
    }
    at += walk->header.checksum ? CHECKSUM_BYTES : 0;
    if (at > limit || !sight_leads(&sight, at))
        return 0;
    return bytes_hold_start(sight.bytes + from, at - from) ? 0 : at;
}

size_t frame_measure(struct feed *feed, const struct item *item,
                     size_t capacity)
{
    CHECK(item->kind == ITEM_FRAME && item->offset == feed_position(feed));
    size_t have;
    struct frame_walk walk = {.feed = feed};
    const uint8_t *bytes = feed_peek(feed, FRAME_HEADER_BYTES_MAX, &have);
    if (frame_header_read(bytes, have, &walk.header) != HEADER_OK)
        return 0;
    walk.lag = walk.header.bytes;
    size_t limit = capacity < FRAME_CHAIN_BYTES_MAX ? capacity
                                                    : FRAME_CHAIN_BYTES_MAX;
    return chain_end(&walk, MAGIC_BYTES, limit);
}

void frame_copy(struct feed *feed, uint8_t *buffer, size_t size)
{
    size_t have;
    const uint8_t *bytes = feed_peek(feed, size, &have);
    CHECK(have >= size);
    memcpy(buffer, bytes, size);
    feed_skip(feed, size);
}

size_t frame_gather(struct feed *feed, const struct item *item,
                    uint8_t *buffer, size_t capacity)
{
    size_t size = frame_measure(feed, item, capacity);
    if (size > 0)
        frame_copy(feed, buffer, size);
    return size;
}

/* ---- the search for the next frame ---- */

/* Steps on to the next plausible start, at the position or behind it, to the
 * end, or over FRAME_SEARCH_BYTES_MAX; how many bytes. */
static uint64_t search_start(struct feed *feed)
{
    uint64_t from = feed_position(feed);
    uint64_t stepped = 0;
    struct sight sight = {.feed = feed};
    while (stepped < FRAME_SEARCH_BYTES_MAX && !start_is_plausible(sight)) {
        size_t have;
        const uint8_t *bytes = feed_peek(feed, START_BYTES, &have);
        if (have == 0)
            break;
        /* The byte here is none; the last three seen may start a magic. */
        uint64_t room = FRAME_SEARCH_BYTES_MAX - stepped + MAGIC_BYTES - 1;
        size_t size = have < room ? have : (size_t)room;
        size_t skip = 1 + frame_magic_find(bytes + 1, size - 1);
        if (skip == size && (size < have || have >= START_BYTES))
            skip -= MAGIC_BYTES - 1;
        feed_skip(feed, skip);
        stepped = feed_position(feed) - from;
    }
    return stepped;
}

/* ---- items ---- */

/* Rejects what stands here: its first `sure` bytes, which the feed has shown,
 * and all up to the next plausible start. */
static void reject(struct feed *feed, struct item *item,
                   enum frame_reason reason, size_t sure)
{
    feed_skip(feed, sure);
    item->kind = ITEM_REJECTED;
    item->reason = reason;
    item->bytes = sure + search_start(feed);
}

static void read_frame(struct feed *feed, struct item *item,
                       const uint8_t *bytes, size_t have)
{
    static const enum frame_reason REASONS[] = {
        [HEADER_CUT] = FRAME_TRUNCATED,
        [HEADER_DAMAGED] = FRAME_HEADER,
        [HEADER_WINDOW] = FRAME_WINDOW,
    };
    struct frame_header header;
    enum header_status status = frame_header_read(bytes, have, &header);
    if (status != HEADER_OK) {
        reject(feed, item, REASONS[status], MAGIC_BYTES);
        return;
    }
    item->kind = ITEM_FRAME;
    item->window_bytes = header.window_bytes;
    item->content_bytes = header.content_bytes;
    item->dictionary_id = header.dictionary_id;
    item->checksum = header.checksum;
}

/* Too long to look behind it first: it is believed, but not without a word
 * when it leads nowhere. */
static void step_over_long(struct feed *feed, struct item *item, uint64_t size)
{
    item->bytes = feed_skip_far(feed, size);
    struct sight sight = {.feed = feed};
    if (item->bytes < size) {
        item->kind = ITEM_REJECTED;
        item->reason = FRAME_SKIPPABLE_TRUNCATED;
    } else if (!sight_leads(&sight, 0)) {
        item->kind = ITEM_REJECTED;
        item->reason = FRAME_HEADER;
    }
}

static void read_skippable(struct feed *feed, struct item *item,
                           const uint8_t *bytes, size_t have)
{
    if (have < SKIPPABLE_HEADER_BYTES) {
        reject(feed, item, FRAME_SKIPPABLE_TRUNCATED, have);
        return;
    }
    uint64_t size = skippable_bytes(bytes);
    item->kind = ITEM_SKIPPABLE;
    item->bytes = size;
    if (size > FRAME_CHAIN_BYTES_MAX) {
        step_over_long(feed, item, size);
        return;
    }
    struct sight sight = {.feed = feed};
    if (sight_leads(&sight, (size_t)size))
        feed_skip(feed, (size_t)size);
    else
        reject(feed, item,
               sight.have < size ? FRAME_SKIPPABLE_TRUNCATED : FRAME_HEADER,
               SKIPPABLE_HEADER_BYTES);
}

struct item item_next(struct feed *feed)
{
    size_t have;
    const uint8_t *bytes = feed_peek(feed, START_BYTES, &have);
    struct item item = {.kind = ITEM_END, .offset = feed_position(feed)};
    if (have == 0 || (have < START_BYTES && feed_error(feed)))
        return item;
    switch (frame_magic_read(bytes, have)) {
    case MAGIC_FRAME:
        read_frame(feed, &item, bytes, have);
        break;
    case MAGIC_SKIPPABLE:
        read_skippable(feed, &item, bytes, have);
        break;
    case MAGIC_FRAME_CUT:
        reject(feed, &item, FRAME_TRUNCATED, have);
        break;
    case MAGIC_SKIPPABLE_CUT:
        reject(feed, &item, FRAME_SKIPPABLE_TRUNCATED, have);
        break;
    case MAGIC_NONE:
        reject(feed, &item, FRAME_GARBAGE, 1);
        break;
    }
    if (feed_error(feed) && item.kind != ITEM_FRAME)
        item.kind = ITEM_END;
    return item;
}

/* ---- the walk ---- */

void walk_begin(struct frame_walk *walk, struct feed *feed)
{
    size_t have;
    const uint8_t *bytes = feed_peek(feed, FRAME_HEADER_BYTES_MAX, &have);
    *walk = (struct frame_walk){.feed = feed};
    CHECK(frame_magic_read(bytes, have) == MAGIC_FRAME);
    CHECK(frame_header_read(bytes, have, &walk->header) == HEADER_OK);
    walk->bytes = walk->header.bytes;
    walk->lag = walk->header.bytes - MAGIC_BYTES;
    feed_skip(feed, MAGIC_BYTES);
}

enum walk_status walk_block(struct frame_walk *walk, const uint8_t **bytes,
                            struct block_header *block)
{
    size_t have;
    size_t want = walk->lag + BLOCK_HEADER_BYTES;
    const uint8_t *shown = feed_peek(walk->feed, want, &have);
    if (have < want)
        return WALK_CUT;
    if (!block_header_read(shown + walk->lag, &walk->header, block))
        return WALK_DAMAGED;
    want += block->content_bytes;
    if (have < want)
        shown = feed_peek(walk->feed, want, &have);
    *bytes = shown + walk->lag;
    return have < want ? WALK_CUT : WALK_OK;
}

void walk_advance(struct frame_walk *walk, const struct block_header *block,
                  size_t text_bytes)
{
    size_t size = BLOCK_HEADER_BYTES + block->content_bytes;
    walk->lag += size;
    walk->bytes += size;
    walk->blocks++;
    walk->last = block->last;
    walk->weight += size > text_bytes ? size : text_bytes;
    if (walk->weight < FRAME_REWIND_BYTES)
        return;
    feed_skip(walk->feed, walk->newer);
    walk->lag -= walk->newer;
    walk->newer = walk->lag;
    walk->weight = 0;
}

const uint8_t *walk_checksum(struct frame_walk *walk)
{
    CHECK(walk->last && walk->header.checksum);
    size_t have;
    size_t want = walk->lag + CHECKSUM_BYTES;
    const uint8_t *shown = feed_peek(walk->feed, want, &have);
    return have < want ? NULL : shown + walk->lag;
}

uint64_t walk_end(struct frame_walk *walk)
{
    CHECK(walk->last);
    size_t size = walk->header.checksum ? CHECKSUM_BYTES : 0;
    feed_skip(walk->feed, walk->lag + size);
    return walk->bytes + size;
}

uint64_t walk_abandon(struct frame_walk *walk)
{
    uint64_t behind = walk->bytes - walk->lag;
    if (behind < FRAME_CHAIN_BYTES_MAX) {
        size_t size =
            chain_end(walk, 0, FRAME_CHAIN_BYTES_MAX - (size_t)behind);
        if (size != 0) {
            feed_skip(walk->feed, size);
            return behind + size;
        }
    }
    return behind + search_start(walk->feed);
}

bool walk_over(struct frame_walk *walk, uint64_t *bytes)
{
    uint64_t from = walk->bytes;
    while (!walk->last) {
        const uint8_t *shown;
        struct block_header block;
        if (walk->bytes - from >= FRAME_SEARCH_BYTES_MAX)
            return false;
        if (walk_block(walk, &shown, &block) != WALK_OK) {
            *bytes = walk_abandon(walk);
            return true;
        }
        walk_advance(walk, &block, block.text_bytes);
    }
    bool whole = !walk->header.checksum || walk_checksum(walk);
    *bytes = whole ? walk_end(walk) : walk_abandon(walk);
    return true;
}
