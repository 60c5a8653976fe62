#include "stages/decode/decode.h"

#include "pipeline/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bzlib.h>
#include <cmocka.h>
#include <zlib.h>

/* Frames of gzip and bzip2, and entries of zip, through the decoder. */

struct bytes {
    uint8_t *data;
    size_t size;
};

static uint32_t seed;

static uint32_t next_random(void)
{
    seed = seed * 1664525 + 1013904223;
    return seed >> 8;
}

static struct bytes make_text(size_t size)
{
    struct bytes text = {malloc(size + 1), size};
    seed = 7;
    for (size_t i = 0; i < size; i++)
        text.data[i] = next_random() % 60 == 0
                           ? '\n'
                           : (uint8_t)('a' + next_random() % 9);
    return text;
}

static void add(struct bytes *to, const void *data, size_t size)
{
    to->data = realloc(to->data, to->size + size + 1);
    assert_non_null(to->data);
    if (size)
        memcpy(to->data + to->size, data, size);
    to->size += size;
}

/* As gzip (bits 31) or bare (-15). */
static void add_deflated(struct bytes *to, const uint8_t *text, size_t size,
                         int bits)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, bits, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
    size_t bound = deflateBound(&stream, size) + 64;
    uint8_t *out = malloc(bound);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = (uInt)bound;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    add(to, out, bound - stream.avail_out);
    deflateEnd(&stream);
    free(out);
}

static void add_bzip2(struct bytes *to, const uint8_t *text, size_t size)
{
    unsigned bound = (unsigned)(size + size / 50 + 1000);
    char *out = malloc(bound);
    assert_int_equal(BZ2_bzBuffToBuffCompress(out, &bound,
                                              (char *)(uintptr_t)text,
                                              (unsigned)size, 1, 0, 0), BZ_OK);
    add(to, out, bound);
    free(out);
}

static void add_frame(struct bytes *to, enum codec codec, const uint8_t *text,
                      size_t size)
{
    if (codec == CODEC_BZIP2)
        add_bzip2(to, text, size);
    else
        add_deflated(to, text, size, 31);
}

#define EVENTS_MAX 64
struct event {
    enum item_kind kind;
    enum frame_reason reason;
    uint64_t offset, bytes, text_bytes;
};

struct rig {
    struct memory memory;
    struct feed *feed;
    struct decoder *decoder;
    struct bytes text;            /* of good frames */
    struct event events[EVENTS_MAX];
    size_t count;
};

static void rig_open(struct rig *rig)
{
    *rig = (struct rig){0};
    memory_init(&rig->memory, GIB, 0);
    struct decoder_options options = {MIB, 3000};
    rig->feed = feed_create(&rig->memory);
    rig->decoder = decoder_create(&rig->memory, &options);
    assert_true(rig->feed && rig->decoder);
}

static void rig_close(struct rig *rig)
{
    free(rig->text.data);
    decoder_destroy(rig->decoder);
    feed_destroy(rig->feed);
    assert_int_equal(rig->memory.used, 0);
}

static void decode(struct rig *rig, const struct item *item,
                   struct event *event)
{
    size_t before = rig->text.size;
    const uint8_t *end = NULL;
    assert_int_equal(decoder_begin(rig->decoder, rig->feed, item,
                                   &event->bytes), FRAME_OK);
    for (;;) {
        struct step step = decoder_step(rig->decoder);
        assert_int_not_equal(step.kind, STEP_IO);
        if (step.kind == STEP_TEXT) {
            assert_true(step.size > 0 && step.size < DECODE_STEP_BYTES_MAX);
            assert_int_equal(step.contiguous, step.text == end);
            end = step.text + step.size;
            add(&rig->text, step.text, step.size);
            memset((uint8_t *)(uintptr_t)end, 0xa5, LINE_PADDING_BYTES);
        } else if (step.kind != STEP_NOTHING) {
            event->reason = step.reason;
            event->bytes = step.bytes;
            event->text_bytes = rig->text.size - before;
            if (step.kind == STEP_FRAME_BAD)
                rig->text.size = before;
            return;
        }
    }
}

/* Every byte is told once; entry: of a zip, or NULL. */
static void walk(struct rig *rig, const struct bytes *shard, enum codec codec,
                 const struct item *entry)
{
    uint64_t told = 0;
    rig->count = 0;
    rig->text.size = 0;
    feed_open_bytes(rig->feed, shard->data, shard->size, 0);
    for (;;) {
        struct item item = entry ? item_next_entry(rig->feed, entry)
                                 : item_next_packed(rig->feed, codec);
        if (item.kind == ITEM_END)
            break;
        struct event event = {item.kind, item.reason, item.offset, item.bytes,
                              0};
        if (item.kind == ITEM_FRAME)
            decode(rig, &item, &event);
        assert_int_equal(event.offset, told);
        told += event.bytes;
        assert_int_equal(feed_position(rig->feed), told);
        assert_true(rig->count < EVENTS_MAX);
        rig->events[rig->count++] = event;
    }
    assert_int_equal(told, shard->size);
    feed_close(rig->feed);
}

static const enum codec BOTH[] = {CODEC_GZIP, CODEC_BZIP2};

static void frames_one_after_the_other_are_all_read(void **state)
{
    (void)state;
    struct bytes text = make_text(700000);
    for (size_t i = 0; i < 2; i++) {
        struct bytes shard = {0};
        struct rig rig;
        rig_open(&rig);
        add_frame(&shard, BOTH[i], text.data, 100);
        add_frame(&shard, BOTH[i], text.data, 0);
        add_frame(&shard, BOTH[i], text.data + 100, text.size - 100);
        walk(&rig, &shard, BOTH[i], NULL);
        assert_int_equal(rig.count, 3);
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(rig.events[k].reason, FRAME_OK);
        assert_int_equal(rig.text.size, text.size);
        assert_memory_equal(rig.text.data, text.data, text.size);
        rig_close(&rig);
        free(shard.data);
    }
    free(text.data);
}

static void a_cut_anywhere_loses_the_cut_frame_alone(void **state)
{
    (void)state;
    struct bytes text = make_text(2000);
    for (size_t i = 0; i < 2; i++) {
        struct bytes shard = {0};
        struct rig rig;
        rig_open(&rig);
        add_frame(&shard, BOTH[i], text.data, text.size);
        size_t first = shard.size;
        add_frame(&shard, BOTH[i], text.data, 700);
        for (size_t size = first + 1; size < shard.size; size++) {
            struct bytes cut = {shard.data, size};
            walk(&rig, &cut, BOTH[i], NULL);
            assert_int_equal(rig.count, 2);
            assert_int_equal(rig.events[0].reason, FRAME_OK);
            assert_int_equal(rig.events[1].reason, FRAME_TRUNCATED);
        }
        rig_close(&rig);
        free(shard.data);
    }
    free(text.data);
}

static void a_flipped_bit_never_counts_and_spares_the_next_frame(void **state)
{
    (void)state;
    struct bytes text = make_text(1500);
    for (size_t i = 0; i < 2; i++) {
        struct bytes shard = {0};
        struct rig rig;
        size_t kept = 0, flips = 0;
        rig_open(&rig);
        add_frame(&shard, BOTH[i], text.data, 700);
        size_t first = shard.size;
        add_frame(&shard, BOTH[i], text.data + 700, 800);
        for (size_t bit = 0; bit < 8 * first; bit++, flips++) {
            shard.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
            walk(&rig, &shard, BOTH[i], NULL);
            /* Of gzip's header not all bits mean something. */
            bool whole = rig.text.size == text.size;
            if (!whole && rig.text.size != 0)
                assert_int_equal(rig.text.size, 800);
            size_t from = text.size - rig.text.size;
            assert_memory_equal(rig.text.data, text.data + from,
                                rig.text.size);
            kept += rig.text.size > 0;
            shard.data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        /* Damage may swallow the start of the next, but seldom does. */
        assert_true(kept > flips * 9 / 10);
        rig_close(&rig);
        free(shard.data);
    }
    free(text.data);
}

static void each_lie_of_gzip_has_its_reason(void **state)
{
    (void)state;
    struct bytes text = make_text(3000), shard = {0};
    add_frame(&shard, CODEC_GZIP, text.data, text.size);
    const struct { size_t at; enum frame_reason reason; } LIES[] = {
        {2, FRAME_HEADER}, {3, FRAME_HEADER}, {10, FRAME_CORRUPT},
        {shard.size - 8, FRAME_CHECKSUM}, {shard.size - 4, FRAME_SIZE},
    };
    struct rig rig;
    rig_open(&rig);
    for (size_t i = 0; i < sizeof LIES / sizeof *LIES; i++) {
        shard.data[LIES[i].at] ^= 0xe6;
        walk(&rig, &shard, CODEC_GZIP, NULL);
        assert_int_equal(rig.events[0].reason, LIES[i].reason);
        shard.data[LIES[i].at] ^= 0xe6;
    }
    rig_close(&rig);
    free(shard.data);
    free(text.data);
}

static void zeros_are_skippable_and_other_bytes_garbage(void **state)
{
    (void)state;
    struct bytes text = make_text(3000);
    for (size_t i = 0; i < 2; i++) {
        struct bytes shard = {0};
        struct rig rig;
        rig_open(&rig);
        add_frame(&shard, BOTH[i], text.data, text.size);
        add(&shard, "no frame BZh9\x1f\x8b!", 16);
        add_frame(&shard, BOTH[i], text.data, text.size);
        add(&shard, (char[600]){0}, 600);
        walk(&rig, &shard, BOTH[i], NULL);
        assert_int_equal(rig.count, 4);
        assert_int_equal(rig.events[0].reason, FRAME_OK);
        assert_int_equal(rig.events[1].kind, ITEM_REJECTED);
        assert_int_equal(rig.events[1].reason, FRAME_GARBAGE);
        assert_int_equal(rig.events[1].bytes, 16);
        assert_int_equal(rig.events[2].reason, FRAME_OK);
        assert_int_equal(rig.events[3].kind, ITEM_SKIPPABLE);
        assert_int_equal(rig.events[3].bytes, 600);
        rig_close(&rig);
        free(shard.data);
    }
    free(text.data);
}

static void an_entry_is_compared_with_what_the_directory_says(void **state)
{
    (void)state;
    struct bytes text = make_text(300000), deflated = {0};
    add_deflated(&deflated, text.data, text.size, -15);
    uint32_t crc = (uint32_t)crc32(0, text.data, (uInt)text.size);
    for (size_t i = 0; i < 2; i++) {
        const struct bytes *packed = i == 0 ? &deflated : &text;
        struct item good = {.kind = ITEM_FRAME, .crc = crc,
                            .codec = i == 0 ? CODEC_DEFLATE : CODEC_STORED,
                            .content_bytes = text.size, .checksum = true};
        struct item sum = good, more = good, less = good;
        struct rig rig;
        rig_open(&rig);
        walk(&rig, packed, good.codec, &good);
        assert_int_equal(rig.count, 1);
        assert_int_equal(rig.events[0].reason, FRAME_OK);
        assert_memory_equal(rig.text.data, text.data, text.size);
        sum.crc ^= 1;
        walk(&rig, packed, sum.codec, &sum);
        assert_int_equal(rig.events[0].reason, FRAME_CHECKSUM);
        more.content_bytes++;
        walk(&rig, packed, more.codec, &more);
        assert_int_equal(rig.events[0].reason,
                         i == 0 ? FRAME_SIZE : FRAME_TRUNCATED);
        less.content_bytes--;
        walk(&rig, packed, less.codec, &less);
        assert_int_not_equal(rig.events[0].reason, FRAME_OK);
        rig_close(&rig);
    }
    free(deflated.data);
    free(text.data);
}

/* Shows the shard's bytes in pieces. */
struct pieces {
    const struct bytes *shard;
    size_t at, piece;
};

static ssize_t pieces_pull(void *context, const uint8_t **bytes)
{
    struct pieces *pieces = context;
    size_t left = pieces->shard->size - pieces->at;
    size_t size = left < pieces->piece ? left : pieces->piece;
    *bytes = pieces->shard->data + pieces->at;
    pieces->at += size;
    return (ssize_t)size;
}

/* Bare, whole bytes of it, and then a block of a kind that does not exist. */
static struct bytes deflated_then_damaged(const struct bytes *text)
{
    struct bytes deflated = {malloc(text->size + 100), 0};
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, -15, 8,
                                  Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = text->data;
    stream.avail_in = (uInt)text->size;
    stream.next_out = deflated.data;
    stream.avail_out = (uInt)text->size + 100;
    assert_int_equal(deflate(&stream, Z_SYNC_FLUSH), Z_OK);
    deflated.size = text->size + 100 - stream.avail_out;
    (void)deflateEnd(&stream);
    add(&deflated, "\x07 and more", 10);
    return deflated;
}

/* The first bytes are decoded before anybody sees that the rest is damaged:
 * what counts as decoded must not depend on how much was there at once. */
static void too_long_an_entry_is_the_same_in_any_pieces(void **state)
{
    (void)state;
    struct bytes text = make_text(20000);
    struct bytes deflated = deflated_then_damaged(&text);
    static const size_t PIECES[] = {1, 2, 7, 300, 4096, SIZE_MAX};
    for (size_t i = 0; i < sizeof PIECES / sizeof *PIECES; i++) {
        struct item entry = {.kind = ITEM_FRAME, .codec = CODEC_DEFLATE,
                             .content_bytes = 9001, .checksum = true};
        struct pieces pieces = {&deflated, 0, PIECES[i]};
        struct event event = {0};
        struct rig rig;
        rig_open(&rig);
        feed_open_pull(rig.feed, pieces_pull, &pieces);
        struct item item = item_next_entry(rig.feed, &entry);
        decode(&rig, &item, &event);
        assert_int_equal(event.reason, FRAME_SIZE);
        assert_int_equal(event.text_bytes, 9001);
        assert_int_equal(event.bytes, deflated.size);
        assert_memory_equal(rig.text.data, text.data, 9001);
        feed_close(rig.feed);
        rig_close(&rig);
    }
    free(deflated.data);
    free(text.data);
}

static void an_empty_entry_is_a_frame(void **state)
{
    (void)state;
    struct bytes nothing = {(uint8_t *)(uintptr_t)"", 0};
    struct item entry = {.kind = ITEM_FRAME, .codec = CODEC_STORED};
    struct rig rig;
    rig_open(&rig);
    feed_open_bytes(rig.feed, nothing.data, 0, 0);
    struct event event = {0};
    struct item item = item_next_entry(rig.feed, &entry);
    assert_int_equal(item.kind, ITEM_FRAME);
    decode(&rig, &item, &event);
    assert_int_equal(event.reason, FRAME_OK);
    rig_close(&rig);
}

static void noise_never_breaks_the_count(void **state)
{
    (void)state;
    struct bytes noise = {malloc(4000), 4000};
    struct rig rig;
    rig_open(&rig);
    seed = 3;
    for (int round = 0; round < 200; round++) {
        for (size_t i = 0; i < noise.size; i++)
            noise.data[i] = (uint8_t)next_random();
        enum codec codec = BOTH[round % 2];
        memcpy(noise.data, codec == CODEC_GZIP ? "\x1f\x8b\x08\0" : "BZh9", 4);
        walk(&rig, &noise, codec, NULL);
        assert_int_equal(rig.text.size, 0);
    }
    rig_close(&rig);
    free(noise.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_one_after_the_other_are_all_read),
        cmocka_unit_test(a_cut_anywhere_loses_the_cut_frame_alone),
        cmocka_unit_test(a_flipped_bit_never_counts_and_spares_the_next_frame),
        cmocka_unit_test(each_lie_of_gzip_has_its_reason),
        cmocka_unit_test(zeros_are_skippable_and_other_bytes_garbage),
        cmocka_unit_test(an_entry_is_compared_with_what_the_directory_says),
        cmocka_unit_test(too_long_an_entry_is_the_same_in_any_pieces),
        cmocka_unit_test(an_empty_entry_is_a_frame),
        cmocka_unit_test(noise_never_breaks_the_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
