#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/decode/decode.h"
#include "stages/encode/encode.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BYTES ((size_t)3 << 20)

/* Text with some repetition, another for each seed. */
static char *text_of(uint32_t seed)
{
    char *text = malloc(TEXT_BYTES);
    assert_non_null(text);
    for (size_t i = 0; i < TEXT_BYTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        text[i] = (char)('a' + (seed >> 29) + (i % 97 == 0));
    }
    return text;
}

static size_t frame_of(struct encoder *encoder, const char *text, size_t size,
                       uint8_t **frame)
{
    *frame = malloc(encode_bound(size));
    assert_non_null(*frame);
    return encode_frame(encoder, *frame, encode_bound(size), text, size);
}

static void a_frame_is_read_back_and_has_its_size_and_a_checksum(void **state)
{
    (void)state;
    struct memory memory;
    struct decoder_options options = {(uint64_t)1 << 27, (size_t)1 << 20};
    struct encoder *encoder = encoder_create();
    char *text = text_of(1);
    uint8_t *frame;
    uint64_t bytes;
    size_t size = frame_of(encoder, text, TEXT_BYTES, &frame), at = 0;
    assert_true(size > 0 && size < TEXT_BYTES);
    memory_init(&memory, (uint64_t)1 << 30, (uint64_t)1 << 20);
    struct feed *feed = feed_create(&memory);
    struct decoder *decoder = decoder_create(&memory, &options);
    feed_open_bytes(feed, frame, size, 0);
    struct item item = item_next(feed);
    assert_int_equal(item.kind, ITEM_FRAME);
    assert_true(item.checksum);
    assert_int_equal(item.content_bytes, TEXT_BYTES);
    assert_int_equal(decoder_begin(decoder, feed, &item, &bytes), FRAME_OK);
    struct step step = decoder_step(decoder);
    for (; step.kind == STEP_TEXT || step.kind == STEP_NOTHING;
         step = decoder_step(decoder)) {
        if (step.kind == STEP_NOTHING)
            continue;
        assert_memory_equal(step.text, text + at, step.size);
        at += step.size;
    }
    assert_int_equal(step.kind, STEP_FRAME_END);
    assert_int_equal(at, TEXT_BYTES);
    assert_int_equal(item_next(feed).kind, ITEM_END);
    feed_close(feed);
    decoder_destroy(decoder);
    feed_destroy(feed);
    encoder_free(encoder);
    free(frame);
    free(text);
}

static void a_frame_depends_on_its_text_alone(void **state)
{
    (void)state;
    struct encoder *used = encoder_create();
    char *text = text_of(7);
    uint8_t *first, *again, *other;
    for (uint32_t seed = 2; seed < 6; seed++) {
        char *before = text_of(seed);
        assert_true(frame_of(used, before, TEXT_BYTES / seed, &other) > 0);
        free(other);
        free(before);
        struct encoder *fresh = encoder_create();
        size_t size = frame_of(fresh, text, TEXT_BYTES, &first);
        assert_int_equal(frame_of(used, text, TEXT_BYTES, &again), size);
        assert_memory_equal(first, again, size);
        encoder_free(fresh);
        free(first);
        free(again);
    }
    encoder_free(used);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_frame_is_read_back_and_has_its_size_and_a_checksum),
        cmocka_unit_test(a_frame_depends_on_its_text_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
