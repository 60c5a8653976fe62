#include "stages/inspect_parts.h"

#include "stages/decode/frame_walk.h"
#include "stages/layer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- sizes --------------------------------------------------------------- */

static bool size_keep(struct size_range *range, uint64_t size)
{
    if (range->kept_count == SIZES_KEPT_MAX)
        return true;
    if (range->kept_count == range->capacity) {
        size_t larger = range->capacity ? 2 * range->capacity : 256;
        uint64_t *grown = realloc(range->kept, larger * sizeof *grown);
        if (!grown)
            return false;
        range->kept = grown;
        range->capacity = larger;
    }
    range->kept[range->kept_count++] = size;
    return true;
}

static bool size_add(struct size_range *range, uint64_t size)
{
    if (range->count == 0 || size < range->least)
        range->least = size;
    if (size > range->greatest)
        range->greatest = size;
    range->count++;
    range->sum += size;
    return size_keep(range, size);
}

static int by_size(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void size_end(struct size_range *range)
{
    if (range->kept_count) {
        qsort(range->kept, range->kept_count, sizeof *range->kept, by_size);
        range->median = range->kept[(range->kept_count - 1) / 2];
    }
    free(range->kept);
    range->kept = NULL;
    range->kept_count = range->capacity = 0;
}

/* ---- zstd: by headers ---------------------------------------------------- */

static void see_dictionary(struct frames_found *frames, uint32_t id)
{
    if (id == 0)
        return;
    frames->with_dictionary++;
    for (uint32_t i = 0; i < frames->dictionary_count; i++)
        if (frames->dictionaries[i] == id)
            return;
    if (frames->dictionary_count < INSPECT_DICTIONARIES)
        frames->dictionaries[frames->dictionary_count++] = id;
}

/* What the decoder must hold of its text decides, as in a run. */
static void see_header(struct looker *looker, const struct item *item)
{
    struct frames_found *frames = &looker->found->frames;
    uint64_t need = item->content_bytes < item->window_bytes
                        ? item->content_bytes : item->window_bytes;
    if (item->window_bytes > frames->window_bytes_max)
        frames->window_bytes_max = item->window_bytes;
    frames->windows_refused += need > looker->inspect->plan->window_bytes_max;
    see_dictionary(frames, item->dictionary_id);
}

static bool see_whole(struct looker *looker, const struct item *item,
                      uint64_t bytes)
{
    struct frames_found *frames = &looker->found->frames;
    bool sized = item->content_bytes != UINT64_MAX;
    frames->whole++;
    frames->checked += item->checksum;
    frames->unsized += !sized;
    frames->sized_bytes += sized ? bytes : 0;
    return (size_add(&frames->compressed, bytes) &&
            (!sized || size_add(&frames->content, item->content_bytes))) ||
           look_out_of_memory(looker);
}

static bool may_go_on(const struct looker *looker, uint64_t at)
{
    return looker->inspect->full || at < INSPECT_BYTES;
}

/* A frame too long to be handed out, or one that is not whole: hops over its
 * blocks. */
static bool hop_frame(struct looker *looker, const struct item *item)
{
    struct frame_walk walk;
    enum walk_status status = WALK_OK;
    walk_begin(&walk, looker->feed);
    while (!walk.last) {
        const uint8_t *bytes;
        struct block_header block;
        if (fault_raised(looker->inspect->fault))
            return false;
        if (!may_go_on(looker, item->offset + walk.bytes)) {
            looker->found->frames.open = true;
            looker->found->looked_bytes = item->offset + walk.bytes;
            return true;
        }
        status = walk_block(&walk, &bytes, &block);
        if (status != WALK_OK)
            break;
        walk_advance(&walk, &block, block.text_bytes);
    }
    if (status == WALK_OK && walk.header.checksum && !walk_checksum(&walk))
        status = WALK_CUT;
    if (status == WALK_OK)
        return see_whole(looker, item, walk_end(&walk));
    look_damage(looker, status == WALK_CUT ? FRAME_TRUNCATED : FRAME_CORRUPT,
                item->offset, walk_abandon(&walk));
    return true;
}

static bool see_frame(struct looker *looker, const struct item *item)
{
    see_header(looker, item);
    size_t size = frame_measure(looker->feed, item, FRAME_CHAIN_BYTES_MAX);
    if (size == 0)
        return hop_frame(looker, item);
    (void)feed_skip_far(looker->feed, size);
    looker->found->frames.handed++;
    return see_whole(looker, item, size);
}

/* ---- gzip and bzip2: by decoding ----------------------------------------- */

static bool see_packed_frame(struct looker *looker, const struct item *item)
{
    struct frames_found *frames = &looker->found->frames;
    uint64_t bytes, text = 0;
    (void)decoder_begin(looker->decoder, looker->feed, item, &bytes);
    for (;;) {
        struct step step = decoder_step(looker->decoder);
        if (fault_raised(looker->inspect->fault))
            return false;
        switch (step.kind) {
        case STEP_TEXT:
            text += step.size;
            break;
        case STEP_NOTHING:
            break;
        case STEP_IO:
            return look_failed(looker, decoder_error(looker->decoder));
        case STEP_FRAME_BAD:
            look_damage(looker, step.reason, item->offset, step.bytes);
            return true;
        case STEP_FRAME_END:
            frames->whole++;
            frames->checked++;
            frames->text_bytes += text;
            frames->text_of += step.bytes;
            return (size_add(&frames->compressed, step.bytes) &&
                    size_add(&frames->content, text)) ||
                   look_out_of_memory(looker);
        }
        uint64_t at = feed_position(looker->feed);
        if (!looker->inspect->full && at >= INSPECT_PACKED_BYTES) {
            frames->open = true;
            frames->text_bytes += text;
            frames->text_of += at - item->offset;
            looker->found->looked_bytes = at;
            decoder_rest(looker->decoder);
            return true;
        }
    }
}

/* ---- the seek table ------------------------------------------------------ */

#define SEEK_MAGIC 0x8F92EAB1u
#define SEEK_TABLE_MAGIC 0x184D2A5Eu
#define SEEK_FOOTER_BYTES 9u
/* More frames than this are believed, and not added up. */
#define SEEK_FRAMES_MAX ((uint64_t)1 << 20)

static uint32_t read_u32(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static bool read_all(int fd, uint64_t offset, uint8_t *bytes, size_t size)
{
    size_t have = 0;
    while (have < size) {
        ssize_t got = pread(fd, bytes + have, size - have,
                            (off_t)(offset + have));
        if (got > 0)
            have += (size_t)got;
        else if (got == 0 || (errno != EINTR && errno != EAGAIN))
            return false;
    }
    return true;
}

static void add_up(struct looker *looker, uint64_t offset, size_t entry)
{
    struct seek_table *table = &looker->found->seek_table;
    size_t size = (size_t)table->frames * entry;
    uint8_t *bytes = malloc(size ? size : 1);
    if (bytes && read_all(looker->fd, offset, bytes, size))
        for (size_t at = 0; at < size; at += entry) {
            table->compressed_bytes += read_u32(bytes + at);
            table->text_bytes += read_u32(bytes + at + 4);
        }
    free(bytes);
}

/* zstd's contrib/seekable_format: a skippable frame at the end of the file,
 * with an entry of 8 or 12 bytes for each frame and a footer. */
static void look_at_seek_table(struct looker *looker)
{
    struct seek_table *table = &looker->found->seek_table;
    uint8_t footer[SEEK_FOOTER_BYTES], head[SKIPPABLE_HEADER_BYTES];
    uint64_t file = looker->found->file_bytes;
    if (looker->fd < 0 || file < sizeof footer + sizeof head ||
        !read_all(looker->fd, file - sizeof footer, footer, sizeof footer) ||
        read_u32(footer + 5) != SEEK_MAGIC)
        return;
    size_t entry = footer[4] & 0x80 ? 12 : 8;
    uint64_t frames = read_u32(footer);
    uint64_t size = sizeof head + frames * entry + sizeof footer;
    if (size > file || !read_all(looker->fd, file - size, head, sizeof head) ||
        read_u32(head) != SEEK_TABLE_MAGIC ||
        read_u32(head + 4) != size - sizeof head)
        return;
    table->found = true;
    table->frames = frames;
    if (frames <= SEEK_FRAMES_MAX)
        add_up(looker, file - size + sizeof head, entry);
    table->agrees = table->compressed_bytes == file - size;
}

/* ---- frames -------------------------------------------------------------- */

static bool see_item(struct looker *looker, const struct item *item)
{
    struct frames_found *frames = &looker->found->frames;
    switch (item->kind) {
    case ITEM_FRAME:
        return item->codec == CODEC_ZSTD ? see_frame(looker, item)
                                         : see_packed_frame(looker, item);
    case ITEM_SKIPPABLE:
        frames->skippable++;
        frames->skippable_bytes += item->bytes;
        return true;
    case ITEM_REJECTED:
        look_damage(looker, item->reason, item->offset, item->bytes);
        return true;
    case ITEM_END:
        break;
    }
    return true;
}

static bool see_items(struct looker *looker, enum codec codec)
{
    struct inspection *found = looker->found;
    uint64_t most = codec == CODEC_ZSTD ? INSPECT_BYTES : INSPECT_PACKED_BYTES;
    while (!found->frames.open) {
        found->looked_bytes = feed_position(looker->feed);
        if (!looker->inspect->full && found->looked_bytes >= most)
            break;
        struct item item = layer_item(looker->feed, codec, NULL);
        if (feed_error(looker->feed))
            return look_failed(looker, feed_error(looker->feed));
        if (item.kind == ITEM_END) {
            found->whole = true;
            break;
        }
        if (!see_item(looker, &item))
            return false;
        if (feed_error(looker->feed))
            return look_failed(looker, feed_error(looker->feed));
        if (fault_raised(looker->inspect->fault))
            return false;
    }
    return true;
}

bool look_at_frames(struct looker *looker, enum codec codec)
{
    struct frames_found *frames = &looker->found->frames;
    bool well = see_items(looker, codec);
    size_end(&frames->compressed);
    size_end(&frames->content);
    if (codec == CODEC_ZSTD)
        look_at_seek_table(looker);
    return well;
}
