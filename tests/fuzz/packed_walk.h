#ifndef SANDPIPER_TESTS_PACKED_WALK_H
#define SANDPIPER_TESTS_PACKED_WALK_H

#include "pipeline/limits.h"
#include "stages/decode/decode.h"
#include "tests/fuzz/fuzz_input.h"

/*
 * A walk through a gzip or bzip2 file, beside the library itself, which gets
 * each frame in one piece: where it finds a whole frame, so do we, with the
 * same bytes and the same text; where it does not, we do not.
 */
#define PACKED_TEXT_MAX ((size_t)4 << 20)

struct packed_frame {
    bool good;
    uint64_t bytes;
    size_t text_size;
    uint8_t *text;                     /* PACKED_TEXT_MAX; more is cut short */
    bool too_long;
};

/* Decodes the frame at the start of the bytes with the library. */
typedef void (*packed_reference)(const uint8_t *bytes, size_t size,
                                 struct packed_frame *frame);

struct packed_rig {
    struct memory memory;
    struct feed *feed;
    struct decoder *decoder;
    struct packed_frame ours, expected;
};

static inline struct packed_rig *packed_rig(void)
{
    static struct packed_rig *rig;
    const struct decoder_options options = {8 * MIB, 1000};
    if (rig)
        return rig;
    rig = calloc(1, sizeof *rig);
    CHECK(rig);
    memory_init(&rig->memory, GIB, 0);
    rig->feed = feed_create(&rig->memory);
    rig->decoder = decoder_create(&rig->memory, &options);
    rig->ours.text = malloc(PACKED_TEXT_MAX);
    rig->expected.text = malloc(PACKED_TEXT_MAX);
    CHECK(rig->feed && rig->decoder && rig->ours.text && rig->expected.text);
    return rig;
}

static inline void packed_add(struct packed_frame *frame, const void *text,
                              size_t size)
{
    size_t room = PACKED_TEXT_MAX - frame->text_size;
    frame->too_long |= size > room;
    size = size < room ? size : room;
    memcpy(frame->text + frame->text_size, text, size);
    frame->text_size += size;
}

static inline void packed_decode(struct packed_rig *rig,
                                 const struct item *item)
{
    struct packed_frame *ours = &rig->ours;
    CHECK(decoder_begin(rig->decoder, rig->feed, item, &ours->bytes) ==
          FRAME_OK);
    ours->text_size = 0;
    ours->too_long = false;
    for (;;) {
        struct step step = decoder_step(rig->decoder);
        CHECK(step.kind != STEP_IO);
        ours->good = step.kind == STEP_FRAME_END;
        ours->bytes = step.bytes;
        if (ours->good || step.kind == STEP_FRAME_BAD)
            return;
        if (step.kind == STEP_TEXT)
            packed_add(ours, step.text, step.size);
        if (ours->too_long)
            return;
    }
}

static inline void packed_compare(const struct packed_frame *ours,
                                  const struct packed_frame *expected)
{
    CHECK(ours->good == expected->good);
    if (!ours->good)
        return;
    CHECK(ours->bytes == expected->bytes);
    CHECK(ours->text_size == expected->text_size);
    CHECK(memcmp(ours->text, expected->text, ours->text_size) == 0);
}

/* A frame is compared while both texts fit. */
static inline void packed_walk(const uint8_t *bytes, size_t size,
                               enum codec codec, packed_reference reference)
{
    struct packed_rig *rig = packed_rig();
    feed_open_bytes(rig->feed, bytes, size, 0);
    for (;;) {
        uint64_t before = feed_position(rig->feed);
        struct item item = item_next_packed(rig->feed, codec);
        CHECK(item.offset == before);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME) {
            packed_decode(rig, &item);
            rig->expected.text_size = 0;
            rig->expected.too_long = rig->expected.good = false;
            reference(bytes + before, size - (size_t)before, &rig->expected);
            if (rig->ours.too_long || rig->expected.too_long)
                break;
            packed_compare(&rig->ours, &rig->expected);
        }
        CHECK(feed_position(rig->feed) > before);
    }
    decoder_rest(rig->decoder);
    feed_close(rig->feed);
}

#endif
