#include "stages/decode/packed_frames.h"

#include "pipeline/check.h"
#include "pipeline/limits.h"
#include "stages/decode/text_ring.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A step ends with this much text, or when it took so much without any. */
#define PACKED_STEP_BYTES ((size_t)128 << 10)
#define PACKED_TAKE_BYTES_MAX ((size_t)4 << 20)
/* The ring goes back to its start when a step may not fit: seldom enough. */
#define PACKED_RING_STEPS 4u

#define GZIP_HEADER_BYTES 10u
#define BZIP2_HEADER_BYTES 10u

_Static_assert(PACKED_STEP_BYTES <= DECODE_STEP_BYTES_MAX, "decode.h's bound");

enum state { STATE_IDLE, STATE_TEXT, STATE_GOOD, STATE_BAD, STATE_IO };

struct packed {
    struct inflater *inflater;
    struct bunzipper *bunzipper;
    struct text_ring ring;
    size_t ring_bytes, at;
    bool jumped;
    int error;
    /* The frame under way. */
    enum state state;
    struct feed *feed;
    struct item item;
    enum frame_reason reason;
    uint64_t text_bytes;
};

struct packed *packed_create(struct memory *memory, size_t slack_bytes)
{
    struct packed *packed = calloc(1, sizeof *packed);
    if (!packed)
        return NULL;
    text_ring_init(&packed->ring, memory);
    packed->ring_bytes =
        slack_bytes + PACKED_RING_STEPS * PACKED_STEP_BYTES +
        LINE_PADDING_BYTES;
    packed->inflater = inflater_create(memory);
    packed->bunzipper = bunzipper_create(memory);
    if (packed->inflater && packed->bunzipper)
        return packed;
    packed_destroy(packed);
    return NULL;
}

void packed_destroy(struct packed *packed)
{
    if (!packed)
        return;
    inflater_destroy(packed->inflater);
    bunzipper_destroy(packed->bunzipper);
    text_ring_free(&packed->ring);
    free(packed);
}

void packed_rest(struct packed *packed)
{
    packed->state = STATE_IDLE;
    inflater_end(packed->inflater);
    bunzipper_end(packed->bunzipper);
}

int packed_error(const struct packed *packed)
{
    return packed->error;
}

/* ---- what stands between frames ---- */

static bool gzip_is_plausible(const uint8_t *bytes, size_t have)
{
    return have >= GZIP_HEADER_BYTES && bytes[0] == 0x1f && bytes[1] == 0x8b &&
           bytes[2] == 8 && (bytes[3] & 0xe0) == 0 &&
           (bytes[8] == 0 || bytes[8] == 2 || bytes[8] == 4) &&
           (bytes[9] <= 13 || bytes[9] == 255);
}

static bool bzip2_is_plausible(const uint8_t *bytes, size_t have)
{
    return have >= BZIP2_HEADER_BYTES && memcmp(bytes, "BZh", 3) == 0 &&
           bytes[3] >= '1' && bytes[3] <= '9' &&
           (memcmp(bytes + 4, "1AY&SY", 6) == 0 ||
            memcmp(bytes + 4, "\x17\x72\x45\x38\x50\x90", 6) == 0);
}

static bool packed_is_plausible(enum codec codec, const uint8_t *bytes,
                                size_t have)
{
    return codec == CODEC_GZIP ? gzip_is_plausible(bytes, have)
                               : bzip2_is_plausible(bytes, have);
}

/* The magic, or as much of it as there is. */
static bool packed_begins(enum codec codec, const uint8_t *bytes, size_t have)
{
    const char *magic = codec == CODEC_GZIP ? "\x1f\x8b" : "BZh";
    size_t size = strlen(magic);
    return memcmp(bytes, magic, have < size ? have : size) == 0;
}

/* Steps on to the next plausible start or the end, or over
 * FRAME_SEARCH_BYTES_MAX; how many bytes. */
static uint64_t search_packed(struct feed *feed, enum codec codec)
{
    int first = codec == CODEC_GZIP ? 0x1f : 'B';
    uint64_t from = feed_position(feed);
    while (feed_position(feed) - from < FRAME_SEARCH_BYTES_MAX) {
        size_t have;
        const uint8_t *bytes = feed_peek(feed, GZIP_HEADER_BYTES, &have);
        if (have == 0 || packed_is_plausible(codec, bytes, have))
            break;
        const uint8_t *next =
            have > 1 ? memchr(bytes + 1, first, have - 1) : NULL;
        feed_skip(feed, next ? (size_t)(next - bytes) : have);
    }
    return feed_position(feed) - from;
}

/* Zeros are what tapes and block devices leave behind a file. */
static uint64_t skip_zeros(struct feed *feed)
{
    uint64_t from = feed_position(feed);
    while (feed_position(feed) - from < FRAME_SEARCH_BYTES_MAX) {
        size_t have, zeros = 0;
        const uint8_t *bytes = feed_peek(feed, 1, &have);
        while (zeros < have && bytes[zeros] == 0)
            zeros++;
        feed_skip(feed, zeros);
        if (zeros == 0 || zeros < have)
            break;
    }
    return feed_position(feed) - from;
}

static void between_frames(struct feed *feed, struct item *item)
{
    item->kind = ITEM_SKIPPABLE;
    item->bytes = skip_zeros(feed);
    if (item->bytes > 0)
        return;
    item->kind = ITEM_REJECTED;
    item->reason = FRAME_GARBAGE;
    feed_skip(feed, 1);
    item->bytes = 1 + search_packed(feed, item->codec);
}

struct item item_next_packed(struct feed *feed, enum codec codec)
{
    size_t have;
    const uint8_t *bytes = feed_peek(feed, GZIP_HEADER_BYTES, &have);
    struct item item = {.kind = ITEM_END, .codec = codec,
                        .offset = feed_position(feed),
                        .content_bytes = UINT64_MAX};
    if (have == 0 || (have < GZIP_HEADER_BYTES && feed_error(feed)))
        return item;
    if (packed_begins(codec, bytes, have)) {
        item.kind = ITEM_FRAME;
        item.checksum = true;
        return item;
    }
    between_frames(feed, &item);
    if (feed_error(feed))
        item.kind = ITEM_END;
    return item;
}

struct item item_next_entry(struct feed *feed, const struct item *entry)
{
    size_t have;
    (void)feed_peek(feed, 1, &have);
    struct item item = *entry;
    item.offset = feed_position(feed);
    item.kind = item.offset == 0 ? ITEM_FRAME : ITEM_END;
    if (item.offset == 0 || have == 0)
        return item;
    item.kind = ITEM_REJECTED;
    item.reason = FRAME_GARBAGE;
    item.bytes = feed_skip_far(feed, FRAME_SEARCH_BYTES_MAX);
    if (feed_error(feed))
        item.kind = ITEM_END;
    return item;
}

/* ---- a frame ---- */

static void fail(struct packed *packed, enum frame_reason reason)
{
    packed->state = STATE_BAD;
    packed->reason = reason;
}

static void fail_io(struct packed *packed, int error)
{
    packed->state = STATE_IO;
    packed->error = error;
}

void packed_begin(struct packed *packed, struct feed *feed,
                  const struct item *item)
{
    CHECK(item->kind == ITEM_FRAME && item->offset == feed_position(feed));
    packed->feed = feed;
    packed->item = *item;
    packed->text_bytes = 0;
    packed->at = 0;
    packed->jumped = true;
    packed->error = 0;
    packed->state = STATE_TEXT;
    bool made = item->codec == CODEC_BZIP2
                    ? bunzipper_begin(packed->bunzipper)
                    : inflater_begin(packed->inflater, item);
    if (!made || text_ring_reserve(&packed->ring, packed->ring_bytes) != 0)
        fail_io(packed, -ENOMEM);
}

static enum codec_status codec_step(struct packed *packed, struct codec_io *io,
                                    enum frame_reason *reason)
{
    return packed->item.codec == CODEC_BZIP2
               ? bunzipper_step(packed->bunzipper, io, reason)
               : inflater_step(packed->inflater, io, reason);
}

/* Decodes what the feed has at hand to `room` bytes at `at`; how many bytes
 * were taken. */
static size_t take_some(struct packed *packed, size_t room)
{
    size_t have;
    enum frame_reason reason = FRAME_CORRUPT;
    const uint8_t *bytes = feed_peek(packed->feed, 1, &have);
    if (feed_error(packed->feed)) {
        fail_io(packed, feed_error(packed->feed));
        return 0;
    }
    uint8_t *out = packed->ring.base + packed->at;
    struct codec_io io = {have ? bytes : (const uint8_t *)"", have, out, room};
    enum codec_status status = codec_step(packed, &io, &reason);
    size_t made = (size_t)(io.out - out);
    packed->at += made;
    packed->text_bytes += made;
    feed_skip(packed->feed, have - io.in_size);
    if (status == CODEC_ENDED)
        packed->state = STATE_GOOD;
    else if (status == CODEC_BAD)
        fail(packed, reason);
    else if (status == CODEC_NO_MEMORY)
        fail_io(packed, -ENOMEM);
    else if (have == 0 && made == 0)
        fail(packed, FRAME_TRUNCATED);
    else if (io.in_size == have && made == 0)
        fail(packed, FRAME_CORRUPT);   /* no library does so: no loop */
    return have - io.in_size;
}

/* Behind a bad frame: to the next start, or the end of the entry. */
static void leave_bad(struct packed *packed)
{
    struct feed *feed = packed->feed;
    enum codec codec = packed->item.codec;
    if (codec == CODEC_GZIP || codec == CODEC_BZIP2) {
        /* Never back to where this one began. */
        size_t have;
        (void)feed_peek(feed, 1, &have);
        if (feed_position(feed) == packed->item.offset && have > 0)
            feed_skip(feed, 1);
        (void)search_packed(feed, codec);
    } else {
        (void)feed_skip_far(feed, FRAME_SEARCH_BYTES_MAX);
    }
}

static struct step tell_outcome(struct packed *packed)
{
    struct step step = {.kind = STEP_IO};
    if (packed->state == STATE_GOOD) {
        step.kind = STEP_FRAME_END;
        step.text_bytes = packed->text_bytes;
    } else if (packed->state == STATE_BAD) {
        step.kind = STEP_FRAME_BAD;
        step.reason = packed->reason;
        leave_bad(packed);
        packed->error = feed_error(packed->feed);
        if (packed->error)
            step.kind = STEP_IO;
    }
    step.bytes = feed_position(packed->feed) - packed->item.offset;
    packed_rest(packed);
    return step;
}

struct step packed_step(struct packed *packed)
{
    CHECK(packed->state != STATE_IDLE);
    if (packed->ring_bytes - packed->at <
        PACKED_STEP_BYTES + LINE_PADDING_BYTES) {
        packed->at = 0;
        packed->jumped = true;
    }
    size_t from = packed->at, taken = 0;
    if (packed->state == STATE_TEXT)
        text_ring_touch(&packed->ring,
                        from + PACKED_STEP_BYTES + LINE_PADDING_BYTES);
    while (packed->state == STATE_TEXT &&
           packed->at - from < PACKED_STEP_BYTES &&
           taken < PACKED_TAKE_BYTES_MAX)
        taken += take_some(packed, PACKED_STEP_BYTES - (packed->at - from));
    if (packed->at > from) {
        struct step step = {.kind = STEP_TEXT,
                            .text = packed->ring.base + from,
                            .size = packed->at - from,
                            .contiguous = !packed->jumped};
        packed->jumped = false;
        return step;
    }
    if (packed->state == STATE_TEXT)
        return (struct step){.kind = STEP_NOTHING};
    return tell_outcome(packed);
}
