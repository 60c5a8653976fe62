/*
 * Any bytes as a shard: no crash, every byte told once, the walk ends, the
 * gathered frames give what direct decoding gives, what ends well is what
 * libzstd makes of it in one piece, and what libzstd streams to its end ends
 * well, if its window is admitted.
 */
#include "pipeline/limits.h"
#include "stages/decode/decode.h"
#include "tests/fuzz/fuzz_input.h"

#include <zstd.h>

#define EVENTS_MAX 4096u
#define WINDOW_LOG_MAX 25
#define WINDOW_BYTES_MAX ((uint64_t)1 << WINDOW_LOG_MAX)
#define TEXT_BYTES_MAX ((size_t)4 << 20)   /* of one frame that is compared */

struct event {
    enum item_kind kind;
    enum frame_reason reason;
    uint64_t offset, bytes, text_bytes, text_sum;
};

struct rig {
    struct memory memory;
    struct feed *feed, *gathered;
    struct decoder *decoder;
    uint8_t *text, *expected;
    const uint8_t *shard;
    struct event events[2][EVENTS_MAX];
};

static struct rig *rig_create(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    CHECK(rig);
    memory_init(&rig->memory, GIB, 0);
    struct decoder_options options = {WINDOW_BYTES_MAX, 1000};
    rig->feed = feed_create(&rig->memory);
    rig->gathered = feed_create(&rig->memory);
    rig->decoder = decoder_create(&rig->memory, &options);
    rig->text = malloc(TEXT_BYTES_MAX);
    rig->expected = malloc(TEXT_BYTES_MAX);
    CHECK(rig->feed && rig->gathered && rig->decoder && rig->text &&
          rig->expected);
    return rig;
}

static void compare(struct rig *rig, const struct event *event)
{
    if (event->text_bytes > TEXT_BYTES_MAX)
        return;
    size_t size =
        ZSTD_decompress(rig->expected, TEXT_BYTES_MAX,
                        rig->shard + event->offset, (size_t)event->bytes);
    CHECK(!ZSTD_isError(size) && size == event->text_bytes);
    CHECK(memcmp(rig->text, rig->expected, size) == 0);
}

/* What libzstd streams is no bad frame. (In one piece it also takes blocks
 * that are longer than the window, which RFC 8878, 3.1.1.2.4, forbids.) */
static void check_bad(struct rig *rig, const struct item *item, size_t size)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_inBuffer in = {rig->shard + item->offset,
                        size - (size_t)item->offset, 0};
    size_t left;
    CHECK(context && !ZSTD_isError(ZSTD_DCtx_setParameter(
                         context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)));
    do {
        ZSTD_outBuffer out = {rig->expected, TEXT_BYTES_MAX, 0};
        size_t before = in.pos;
        left = ZSTD_decompressStream(context, &out, &in);
        if (!ZSTD_isError(left) && in.pos == before && out.pos == 0)
            break;
    } while (!ZSTD_isError(left) && left);
    CHECK(left);
    ZSTD_freeDCtx(context);
}

static void decode(struct rig *rig, struct feed *feed, const struct item *item,
                   struct event *event)
{
    event->reason = decoder_begin(rig->decoder, feed, item, &event->bytes);
    if (event->reason != FRAME_OK)
        return;
    for (;;) {
        struct step step = decoder_step(rig->decoder);
        CHECK(step.kind != STEP_IO);
        event->bytes = step.bytes;
        event->reason = step.reason;
        if (step.kind == STEP_FRAME_BAD)
            return;
        if (step.kind == STEP_FRAME_END) {
            CHECK(step.text_bytes == event->text_bytes);
            compare(rig, event);
            return;
        }
        if (step.kind != STEP_TEXT)
            continue;
        CHECK(step.size > 0 && step.size < DECODE_STEP_BYTES_MAX);
        if (event->text_bytes + step.size <= TEXT_BYTES_MAX)
            memcpy(rig->text + event->text_bytes, step.text, step.size);
        for (size_t i = 0; i < step.size; i += 61)
            event->text_sum = event->text_sum * 31 + step.text[i];
        event->text_bytes += step.size;
        memset((uint8_t *)(uintptr_t)step.text + step.size, 0xa5,
               LINE_PADDING_BYTES);
    }
}

static size_t walk(struct rig *rig, const uint8_t *bytes, size_t size,
                   uint8_t *buffer, struct event *events)
{
    size_t count = 0;
    feed_open_bytes(rig->feed, bytes, size, 0);
    while (count < EVENTS_MAX) {
        uint64_t before = feed_position(rig->feed);
        struct item item = item_next(rig->feed);
        CHECK(item.offset == before);
        if (item.kind == ITEM_END) {
            CHECK(before == size);
            break;
        }
        struct event event = {.kind = item.kind, .reason = item.reason,
                              .offset = item.offset, .bytes = item.bytes};
        struct feed *feed = rig->feed;
        size_t gathered = item.kind == ITEM_FRAME && buffer
                              ? frame_gather(feed, &item, buffer, size)
                              : 0;
        if (gathered) {
            feed = rig->gathered;
            feed_open_bytes(feed, buffer, gathered, item.offset);
        }
        if (item.kind == ITEM_FRAME)
            decode(rig, feed, &item, &event);
        if (item.kind == ITEM_FRAME && event.reason != FRAME_OK && !buffer)
            check_bad(rig, &item, size);
        CHECK(feed_position(feed) == before + event.bytes);
        CHECK(feed_position(rig->feed) == before + event.bytes);
        CHECK(event.bytes > 0);
        events[count++] = event;
    }
    feed_close(rig->feed);
    feed_close(rig->gathered);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static struct rig *rig;
    if (!rig)
        rig = rig_create();
    rig->shard = bytes;
    const char *name;
    shard_format_detect(bytes, size, &name);
    uint8_t *buffer = malloc(size + 1);
    CHECK(buffer);
    memset(rig->events, 0, sizeof rig->events);
    size_t direct = walk(rig, bytes, size, NULL, rig->events[0]);
    size_t gathered = walk(rig, bytes, size, buffer, rig->events[1]);
    free(buffer);
    CHECK(direct == gathered);
    CHECK(memcmp(rig->events[0], rig->events[1],
                 direct * sizeof *rig->events[0]) == 0);
    return 0;
}
