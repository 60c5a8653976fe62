#define ZSTD_STATIC_LINKING_ONLY
#include "stages/decode/decode.h"

#include "pipeline/check.h"
#include "pipeline/limits.h"
#include "stages/decode/frame_walk.h"
#include "stages/decode/packed_frames.h"
#include "stages/decode/text_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

/*
 * libzstd's buffer-less interface (zstd.h, "Buffer-less streaming
 * decompression"): it wants exactly the next header or block, writes text
 * where it is told, and finds the window in the text that it wrote before,
 * in at most two stretches: the one being written, and the one before the
 * last jump. The ring jumps to its start only, so the stretch before is
 *
 *     start                    `at`          R        end of what was written
 *       |--- after the jump ---|.....room.....|--- still in the window ---|
 *
 * and it is enough that the room between holds a block with what libzstd
 * writes behind it in passing: ZSTD_decodingBufferSize_min says how much.
 *
 * libzstd reports a wrong content size as corruption, like all else. So the
 * mark of the last block is taken off before it sees it, the size is compared
 * here, and an empty last block is shown to it instead, behind which it
 * expects and verifies the checksum as usual.
 */

/* Behind each block: for libzstd's copies, which overshoot by up to 32 bytes
 * where they may, and then for the parser. */
#define OVERSHOOT_BYTES 64u
#define BEHIND_BLOCK_BYTES (OVERSHOOT_BYTES + LINE_PADDING_BYTES)
/* Blocks are put together until a step has this much text, since writers
 * that flush after each record leave blocks of a KB. */
#define STEP_TEXT_BYTES_MIN (32u << 10)
/* Blocks without text that are passed in one step. */
#define STEP_BLOCKS_MAX (1u << 16)
/* Frames up to this are decoded without a jump: that is no slower as long as
 * it fits the cache, and the usual ring has the room. */
#define STRAIGHT_BYTES_MAX WINDOW_BYTES_FLOOR

/* Of a frame that names no dictionary: decoded for a trial, so that the right
 * one is found. */
#define TRIAL_BYTES_MAX ((size_t)1 << 20)

_Static_assert(STEP_TEXT_BYTES_MIN + BLOCK_TEXT_BYTES_MAX ==
                   DECODE_STEP_BYTES_MAX, "a step ends with the block that "
                                          "reaches the least");

enum state {
    STATE_IDLE,      /* between frames */
    STATE_BLOCKS,    /* a block is at hand */
    STATE_GOOD,      /* all verified, to be told */
    STATE_BAD,       /* reason, to be told */
    STATE_OVER,      /* reason; being stepped over */
    STATE_IO,
};

struct zstd_dictionary {
    ZSTD_DDict *digested;
    uint32_t id;            /* 0: raw */
};

struct decoder {
    struct decoder_options options;
    struct memory *memory;
    ZSTD_DCtx *context;
    struct zstd_dictionary *dictionaries;
    size_t dictionary_count;
    struct packed *packed;  /* of frames that are not zstd; made when needed */
    bool in_packed;         /* the frame at hand is its */
    struct text_ring ring;
    size_t ring_bytes_usual;
    int error;
    /* The frame under way. */
    enum state state;
    enum frame_reason reason;
    struct frame_walk walk;
    size_t ring_bytes;      /* of the ring, the part in use */
    size_t at;              /* where the next block goes */
    bool jumped;            /* not behind the text shown last */
    uint64_t text_bytes;
};

/* ---- making ---- */

/* For a window and a slack, whichever is larger. libzstd's least has room for
 * the block that no longer fits the end and for one at the start; a step may
 * have STEP_TEXT_BYTES_MIN before its last block. */
static size_t ring_bytes_for(uint64_t window, size_t slack)
{
    uint64_t kept = window > slack ? window : slack;
    size_t least = ZSTD_decodingBufferSize_min(kept, UINT64_MAX);
    CHECK(!ZSTD_isError(least));
    return least + STEP_TEXT_BYTES_MIN + 2 * BEHIND_BLOCK_BYTES;
}

struct decoder *decoder_create(struct memory *memory,
                               const struct decoder_options *options)
{
    CHECK(options->window_bytes_max <= SIZE_MAX / 4 &&
          options->slack_bytes <= SIZE_MAX / 4);
    struct decoder *decoder = calloc(1, sizeof *decoder);
    if (!decoder)
        return NULL;
    decoder->options = *options;
    decoder->memory = memory;
    text_ring_init(&decoder->ring, memory);
    decoder->ring_bytes_usual =
        ring_bytes_for(WINDOW_BYTES_FLOOR, options->slack_bytes);
    decoder->context = ZSTD_createDCtx();
    if (!decoder->context) {
        decoder_destroy(decoder);
        return NULL;
    }
    return decoder;
}

void decoder_destroy(struct decoder *decoder)
{
    if (!decoder)
        return;
    text_ring_free(&decoder->ring);
    for (size_t i = 0; i < decoder->dictionary_count; i++)
        ZSTD_freeDDict(decoder->dictionaries[i].digested);
    free(decoder->dictionaries);
    packed_destroy(decoder->packed);
    ZSTD_freeDCtx(decoder->context);
    free(decoder);
}

int decoder_dictionary(struct decoder *decoder, const void *bytes, size_t size)
{
    size_t count = decoder->dictionary_count;
    struct zstd_dictionary *grown =
        realloc(decoder->dictionaries, (count + 1) * sizeof *grown);
    if (!grown)
        return -1;
    decoder->dictionaries = grown;
    ZSTD_DDict *digested = ZSTD_createDDict_byReference(bytes, size);
    if (!digested)
        return -1;
    decoder->state = STATE_IDLE;
    grown[count].digested = digested;
    grown[count].id = ZSTD_getDictID_fromDDict(digested);
    decoder->dictionary_count++;
    return 0;
}

void decoder_rest(struct decoder *decoder)
{
    decoder->state = STATE_IDLE;
    decoder->in_packed = false;
    if (decoder->packed)
        packed_rest(decoder->packed);
    text_ring_trim(&decoder->ring, decoder->ring_bytes_usual);
}

int decoder_error(const struct decoder *decoder)
{
    return decoder->in_packed && decoder->packed
               ? packed_error(decoder->packed)
               : decoder->error;
}

/* ---- dictionaries ---- */

/* The latest with this number (0: raw), or NULL. */
static const struct zstd_dictionary *find_dictionary(const struct decoder *decoder,
                                                uint32_t id)
{
    for (size_t i = decoder->dictionary_count; i-- > 0;)
        if (decoder->dictionaries[i].id == id)
            return &decoder->dictionaries[i];
    return NULL;
}

/* ---- beginning ---- */

/* How much text of the frame may be referred to. */
static uint64_t text_bytes_needed(const struct frame_header *header)
{
    return header->window_bytes < header->content_bytes
               ? header->window_bytes
               : header->content_bytes;
}

static int reserve_ring(struct decoder *decoder)
{
    const struct frame_header *header = &decoder->walk.header;
    size_t slack = decoder->options.slack_bytes;
    size_t bytes = ring_bytes_for(text_bytes_needed(header), slack);
    /* A block more than the content, so that too much of it is seen. */
    if (header->content_bytes <= STRAIGHT_BYTES_MAX)
        bytes = (size_t)header->content_bytes + header->block_bytes_max +
                BEHIND_BLOCK_BYTES;
    size_t usual = decoder->ring_bytes_usual;
    text_ring_trim(&decoder->ring, bytes > usual ? bytes : usual);
    decoder->ring_bytes = bytes;
    decoder->at = 0;
    decoder->jumped = true;
    return text_ring_reserve(&decoder->ring, bytes);
}

static enum frame_reason check_header(const struct decoder *decoder)
{
    const struct frame_header *header = &decoder->walk.header;
    if (text_bytes_needed(header) > decoder->options.window_bytes_max)
        return FRAME_WINDOW;
    if (header->dictionary_id != 0 &&
        !find_dictionary(decoder, header->dictionary_id))
        return FRAME_DICTIONARY;
    return FRAME_OK;
}

static void begin_context(struct decoder *decoder,
                          const struct zstd_dictionary *dictionary)
{
    size_t result = ZSTD_decompressBegin_usingDDict(
        decoder->context, dictionary ? dictionary->digested : NULL);
    CHECK(!ZSTD_isError(result));
}

static enum frame_reason reason_of(size_t error)
{
    switch (ZSTD_getErrorCode(error)) {
    case ZSTD_error_checksum_wrong:
        return FRAME_CHECKSUM;
    case ZSTD_error_dictionary_wrong:
    case ZSTD_error_dictionary_corrupted:
        return FRAME_DICTIONARY;
    case ZSTD_error_frameParameter_unsupported:
    case ZSTD_error_frameParameter_windowTooLarge:
    case ZSTD_error_prefix_unknown:
        return FRAME_HEADER;
    default:
        return FRAME_CORRUPT;
    }
}

static void fail(struct decoder *decoder, enum frame_reason reason)
{
    decoder->state = STATE_BAD;
    decoder->reason = reason;
    if (feed_error(decoder->walk.feed)) {
        decoder->state = STATE_IO;
        decoder->error = feed_error(decoder->walk.feed);
    }
}

/* Shows libzstd what it wants next; how much text it made of it. On an error
 * the frame has failed. */
static size_t show(struct decoder *decoder, const uint8_t *bytes, size_t size)
{
    size_t room = decoder->walk.header.block_bytes_max + OVERSHOOT_BYTES;
    size_t left = decoder->ring_bytes - decoder->at;
    room = room < left ? room : left;
    text_ring_touch(&decoder->ring, decoder->at + room);
    size_t made = ZSTD_decompressContinue(
        decoder->context, decoder->ring.base + decoder->at, room, bytes, size);
    if (!ZSTD_isError(made))
        return made;
    fail(decoder, reason_of(made));
    return 0;
}

static void show_header(struct decoder *decoder, const uint8_t *bytes)
{
    size_t size = decoder->walk.header.bytes;
    size_t first = ZSTD_nextSrcSizeToDecompress(decoder->context);
    CHECK(first < size);
    show(decoder, bytes, first);
    if (decoder->state == STATE_BLOCKS)
        show(decoder, bytes + first, size - first);
}

static bool has_room(const struct decoder *decoder)
{
    size_t block = decoder->walk.header.block_bytes_max;
    return decoder->ring_bytes - decoder->at >=
           block + BEHIND_BLOCK_BYTES;
}

/* Shows libzstd a block without its mark of the last one (see above), and how
 * much text it made. */
static size_t show_block(struct decoder *decoder, const uint8_t *bytes,
                         const struct block_header *block)
{
    const uint8_t header[BLOCK_HEADER_BYTES] = {bytes[0] & 0xfe, bytes[1],
                                                bytes[2]};
    size_t made = show(decoder, header, BLOCK_HEADER_BYTES);
    if (block->content_bytes && decoder->state == STATE_BLOCKS)
        made = show(decoder, bytes + BLOCK_HEADER_BYTES, block->content_bytes);
    return made;
}

static const uint8_t EMPTY_LAST_BLOCK[BLOCK_HEADER_BYTES] = {1, 0, 0};

/* Whether the frame can be decoded with this dictionary, as far as can be
 * seen in TRIAL_BYTES_MAX of it and in the ring. */
static bool dictionary_fits(struct decoder *decoder, const uint8_t *header,
                            const struct zstd_dictionary *dictionary)
{
    const uint8_t *bytes;
    struct block_header block = {0};
    struct frame_walk trial = decoder->walk;
    begin_context(decoder, dictionary);
    show_header(decoder, header);
    while (decoder->state == STATE_BLOCKS && !block.last &&
           trial.lag <= TRIAL_BYTES_MAX && has_room(decoder) &&
           walk_block(&trial, &bytes, &block) == WALK_OK) {
        decoder->at += show_block(decoder, bytes, &block);
        trial.lag += BLOCK_HEADER_BYTES + block.content_bytes;
        trial.last = block.last;
    }
    if (decoder->state == STATE_BLOCKS && trial.last) {
        show(decoder, EMPTY_LAST_BLOCK, BLOCK_HEADER_BYTES);
        bytes = trial.header.checksum ? walk_checksum(&trial) : NULL;
        if (bytes && decoder->state == STATE_BLOCKS)
            show(decoder, bytes, CHECKSUM_BYTES);
    }
    bool fits = decoder->state == STATE_BLOCKS;
    decoder->state = STATE_BLOCKS;
    decoder->at = 0;
    return fits;
}

/* A frame that names no dictionary may have been made with one: writers can
 * leave the number out. What needs one refers to what stands in front of the
 * frame, or to tables that it does not have, and fails without. */
static const struct zstd_dictionary *
choose_dictionary(struct decoder *decoder, const uint8_t *header)
{
    uint32_t id = decoder->walk.header.dictionary_id;
    const struct zstd_dictionary *raw = find_dictionary(decoder, id);
    if (id != 0 || raw || decoder->dictionary_count == 0 ||
        dictionary_fits(decoder, header, NULL))
        return raw;
    for (size_t i = 0; i < decoder->dictionary_count; i++)
        if (dictionary_fits(decoder, header, &decoder->dictionaries[i]))
            return &decoder->dictionaries[i];
    return NULL;
}

/* Goes on over a frame that is not decoded; true when it is behind. */
static bool step_over(struct decoder *decoder, uint64_t *bytes)
{
    bool behind = walk_over(&decoder->walk, bytes);
    decoder->state = behind ? STATE_IDLE : STATE_OVER;
    decoder->error = feed_error(decoder->walk.feed);
    if (decoder->error)
        decoder->state = STATE_IO;
    return behind && !decoder->error;
}

/* A frame that is not zstd. */
static void begin_packed(struct decoder *decoder, struct feed *feed,
                         const struct item *item)
{
    if (!decoder->packed)
        decoder->packed = packed_create(decoder->memory,
                                        decoder->options.slack_bytes);
    decoder->in_packed = true;
    if (decoder->packed) {
        packed_begin(decoder->packed, feed, item);
        return;
    }
    decoder->in_packed = false;
    decoder->state = STATE_IO;
    decoder->error = -ENOMEM;
}

enum frame_reason decoder_begin(struct decoder *decoder, struct feed *feed,
                                const struct item *item, uint64_t *bytes)
{
    CHECK(item->kind == ITEM_FRAME && item->offset == feed_position(feed));
    decoder->in_packed = false;
    if (item->codec != CODEC_ZSTD) {
        begin_packed(decoder, feed, item);
        return FRAME_OK;
    }
    uint8_t header[FRAME_HEADER_BYTES_MAX];
    size_t have;
    const uint8_t *shown = feed_peek(feed, sizeof header, &have);
    memcpy(header, shown, have < sizeof header ? have : sizeof header);
    walk_begin(&decoder->walk, feed);
    decoder->text_bytes = 0;
    decoder->reason = check_header(decoder);
    if (decoder->reason != FRAME_OK)
        return step_over(decoder, bytes) ? decoder->reason : FRAME_OK;
    decoder->state = STATE_BLOCKS;
    decoder->error = reserve_ring(decoder);
    if (decoder->error) {
        decoder->state = STATE_IO;
        return FRAME_OK;
    }
    begin_context(decoder, choose_dictionary(decoder, header));
    show_header(decoder, header);
    return FRAME_OK;
}

/* ---- blocks ---- */

static void finish(struct decoder *decoder)
{
    const struct frame_header *header = &decoder->walk.header;
    if (header->content_bytes != UINT64_MAX &&
        decoder->text_bytes != header->content_bytes) {
        fail(decoder, FRAME_SIZE);
        return;
    }
    decoder->state = STATE_GOOD;
    show(decoder, EMPTY_LAST_BLOCK, BLOCK_HEADER_BYTES);
    if (!header->checksum || decoder->state != STATE_GOOD)
        return;
    const uint8_t *checksum = walk_checksum(&decoder->walk);
    if (checksum)
        show(decoder, checksum, CHECKSUM_BYTES);
    else
        fail(decoder, FRAME_TRUNCATED);
}

static void decode_block(struct decoder *decoder)
{
    const uint8_t *bytes;
    struct block_header block;
    enum walk_status status = walk_block(&decoder->walk, &bytes, &block);
    if (status != WALK_OK) {
        fail(decoder,
             status == WALK_CUT ? FRAME_TRUNCATED : FRAME_CORRUPT);
        return;
    }
    size_t made = show_block(decoder, bytes, &block);
    if (decoder->state != STATE_BLOCKS)
        return;
    decoder->at += made;
    decoder->text_bytes += made;
    if (decoder->text_bytes > decoder->walk.header.content_bytes) {
        fail(decoder, FRAME_SIZE);
        return;
    }
    walk_advance(&decoder->walk, &block, made);
    if (block.last)
        finish(decoder);
}

/* ---- steps ---- */

static struct step tell_outcome(struct decoder *decoder)
{
    struct step step = {.kind = STEP_IO};
    if (decoder->state == STATE_GOOD) {
        step.kind = STEP_FRAME_END;
        step.text_bytes = decoder->text_bytes;
        step.bytes = walk_end(&decoder->walk);
    } else if (decoder->state == STATE_BAD) {
        step.kind = STEP_FRAME_BAD;
        step.reason = decoder->reason;
        step.bytes = walk_abandon(&decoder->walk);
        decoder->error = feed_error(decoder->walk.feed);
        if (decoder->error)
            step.kind = STEP_IO;
    }
    decoder->state = STATE_IDLE;
    return step;
}

static struct step go_over(struct decoder *decoder)
{
    struct step step = {.kind = STEP_NOTHING};
    if (step_over(decoder, &step.bytes)) {
        step.kind = STEP_FRAME_BAD;
        step.reason = decoder->reason;
    } else if (decoder->state == STATE_IO) {
        return tell_outcome(decoder);
    }
    return step;
}

static struct step tell_text(struct decoder *decoder, size_t from)
{
    struct step step = {.kind = STEP_TEXT,
                        .text = decoder->ring.base + from,
                        .size = decoder->at - from,
                        .contiguous = !decoder->jumped};
    decoder->jumped = false;
    return step;
}

struct step decoder_step(struct decoder *decoder)
{
    if (decoder->in_packed)
        return packed_step(decoder->packed);
    CHECK(decoder->state != STATE_IDLE);
    if (decoder->state == STATE_OVER)
        return go_over(decoder);
    if (!has_room(decoder)) {
        decoder->at = 0;
        decoder->jumped = true;
    }
    size_t from = decoder->at;
    for (uint32_t blocks = 0; blocks < STEP_BLOCKS_MAX; blocks++) {
        if (decoder->state != STATE_BLOCKS || !has_room(decoder) ||
            decoder->at - from >= STEP_TEXT_BYTES_MIN)
            break;
        decode_block(decoder);
    }
    if (decoder->at > from)
        return tell_text(decoder, from);
    if (decoder->state == STATE_BLOCKS)
        return (struct step){.kind = STEP_NOTHING};
    return tell_outcome(decoder);
}
