/*
 * Any bytes as a dictionary of zstd, and as frames that may need it: a frame
 * that ends well is what libzstd makes of it in one piece, with the dictionary
 * or without one. Dictionaries that are damaged are refused.
 *
 * The first two bytes tell how long the dictionary is.
 */
#include "pipeline/limits.h"
#include "stages/decode/decode.h"
#include "tests/fuzz/fuzz_input.h"

#include <zstd.h>

#define TEXT_MAX ((size_t)2 << 20)

struct rig {
    struct memory memory;
    struct feed *feed;
    struct decoder *decoder;
    uint8_t *text, *expected;
    size_t text_size;
};

static bool is_expected(struct rig *rig, struct fuzz_input frame,
                        struct fuzz_input dictionary)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    CHECK(context);
    size_t size = ZSTD_decompress_usingDict(
        context, rig->expected, TEXT_MAX, frame.at, frame.left, dictionary.at,
        dictionary.left);
    ZSTD_freeDCtx(context);
    return !ZSTD_isError(size) && size == rig->text_size &&
           memcmp(rig->text, rig->expected, size) == 0;
}

static void decode(struct rig *rig, const struct item *item,
                   const uint8_t *bytes, struct fuzz_input dictionary)
{
    uint64_t extent;
    rig->text_size = 0;
    if (decoder_begin(rig->decoder, rig->feed, item, &extent) != FRAME_OK)
        return;
    for (;;) {
        struct step step = decoder_step(rig->decoder);
        CHECK(step.kind != STEP_IO);
        if (step.kind == STEP_FRAME_BAD)
            return;
        if (step.kind == STEP_FRAME_END) {
            struct fuzz_input frame = {bytes + item->offset,
                                       (size_t)step.bytes};
            CHECK(step.text_bytes > TEXT_MAX ||
                  is_expected(rig, frame, dictionary) ||
                  is_expected(rig, frame, (struct fuzz_input){NULL, 0}));
            return;
        }
        if (step.kind == STEP_TEXT && rig->text_size + step.size <= TEXT_MAX) {
            memcpy(rig->text + rig->text_size, step.text, step.size);
            rig->text_size += step.size;
        }
    }
}

static void walk(struct rig *rig, const uint8_t *bytes, size_t size,
                 struct fuzz_input dictionary)
{
    feed_open_bytes(rig->feed, bytes, size, 0);
    for (;;) {
        uint64_t before = feed_position(rig->feed);
        struct item item = item_next(rig->feed);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME)
            decode(rig, &item, bytes, dictionary);
        CHECK(feed_position(rig->feed) > before);
    }
    feed_close(rig->feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig rig = {.text = malloc(TEXT_MAX), .expected = malloc(TEXT_MAX)};
    const struct decoder_options options = {8 * MIB, 1000};
    struct fuzz_input input = {data, size};
    size_t high = fuzz_byte(&input), low = fuzz_byte(&input);
    struct fuzz_input dictionary = fuzz_take(&input, high << 8 | low);
    uint8_t *own = fuzz_copy(dictionary.at, dictionary.left, 0);
    uint8_t *frames = fuzz_copy(input.at, input.left, 0);
    memory_init(&rig.memory, GIB, 0);
    rig.feed = feed_create(&rig.memory);
    rig.decoder = decoder_create(&rig.memory, &options);
    CHECK(rig.feed && rig.decoder && rig.text && rig.expected);
    dictionary.at = own;
    if (decoder_dictionary(rig.decoder, own, dictionary.left) == 0)
        walk(&rig, frames, input.left, dictionary);
    decoder_destroy(rig.decoder);
    feed_destroy(rig.feed);
    CHECK(rig.memory.used == 0);
    free(own);
    free(frames);
    free(rig.text);
    free(rig.expected);
    return 0;
}
