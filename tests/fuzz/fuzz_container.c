/*
 * Any bytes as a gzip file, a bzip2 file, an entry of a zip, headers of a tar
 * and the end of a zip: no crash, every byte told once, every walk ends.
 */
#include "pipeline/limits.h"
#include "stages/decode/decode.h"
#include "stages/decode/tar_header.h"
#include "stages/decode/zip_directory.h"
#include "tests/fuzz/fuzz_input.h"

struct rig {
    struct memory memory;
    struct feed *feed;
    struct decoder *decoder;
};

static struct rig *rig_create(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    CHECK(rig);
    memory_init(&rig->memory, GIB, 0);
    struct decoder_options options = {8 * MIB, 1000};
    rig->feed = feed_create(&rig->memory);
    rig->decoder = decoder_create(&rig->memory, &options);
    CHECK(rig->feed && rig->decoder);
    return rig;
}

/* Bombs are cut short: what they hold is not the question here. */
#define STEPS_MAX 400

static bool decode(struct rig *rig, const struct item *item)
{
    uint64_t bytes;
    CHECK(decoder_begin(rig->decoder, rig->feed, item, &bytes) == FRAME_OK);
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        struct step step = decoder_step(rig->decoder);
        CHECK(step.kind != STEP_IO);
        if (step.kind == STEP_FRAME_END || step.kind == STEP_FRAME_BAD)
            return true;
        if (step.kind == STEP_TEXT)
            memset((uint8_t *)(uintptr_t)step.text + step.size, 0xa5,
                   LINE_PADDING_BYTES);
    }
    return false;
}

static void walk(struct rig *rig, const uint8_t *bytes, size_t size,
                 enum codec codec, const struct item *entry)
{
    feed_open_bytes(rig->feed, bytes, size, 0);
    for (;;) {
        uint64_t before = feed_position(rig->feed);
        struct item item = entry ? item_next_entry(rig->feed, entry)
                                 : item_next_packed(rig->feed, codec);
        CHECK(item.offset == before);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME && !decode(rig, &item))
            break;
        bool empty = entry && entry->content_bytes == 0;
        CHECK(feed_position(rig->feed) > before || empty || size == 0);
        if (feed_position(rig->feed) == before)
            break;
    }
    decoder_rest(rig->decoder);
    feed_close(rig->feed);
}

static void read_tar(const uint8_t *bytes, size_t size)
{
    struct tar_header header;
    for (size_t at = 0; size - at >= TAR_BLOCK_BYTES; at += TAR_BLOCK_BYTES)
        if (!tar_block_is_zero(bytes + at) &&
            tar_header_read(bytes + at, &header))
            CHECK(strlen(header.name) < TAR_NAME_BYTES &&
                  tar_padded(header.bytes) >= header.bytes);
    for (size_t at = 0; at < size && at < 64; at++) {
        struct tar_pax pax = {0};
        (void)tar_pax_read(bytes + at, size - at, &pax);
        CHECK(!pax.name || pax.name_size < size);
    }
}

static void read_zip(const uint8_t *bytes, size_t size)
{
    struct zip_end end;
    struct zip_entry entry;
    if (zip_end_find(bytes, size, &end) && size >= ZIP64_END_BYTES)
        (void)zip64_end_read(bytes + size - ZIP64_END_BYTES, &end);
    for (size_t at = 0; at < size; at++) {
        size_t taken = zip_entry_read(bytes + at, size - at, &entry);
        CHECK(taken <= size - at);
        CHECK(!taken || entry.name_size <= taken);
    }
    if (size >= ZIP_LOCAL_BYTES)
        (void)zip_local_read(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    static struct rig *rig;
    if (!rig)
        rig = rig_create();
    /* A copy of its own, so that reading past the end is seen. */
    uint8_t *bytes = fuzz_copy(input, size, 0);
    struct item deflated = {.kind = ITEM_FRAME, .codec = CODEC_DEFLATE,
                            .content_bytes = size * 3};
    struct item stored = {.kind = ITEM_FRAME, .codec = CODEC_STORED,
                          .content_bytes = size - size / 4};
    walk(rig, bytes, size, CODEC_GZIP, NULL);
    walk(rig, bytes, size, CODEC_BZIP2, NULL);
    walk(rig, bytes, size, CODEC_DEFLATE, &deflated);
    walk(rig, bytes, size, CODEC_STORED, &stored);
    read_tar(bytes, size);
    read_zip(bytes, size);
    free(bytes);
    return 0;
}
