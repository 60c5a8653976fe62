/* What stands where in a shard, found without decoding. */
#define ZSTD_STATIC_LINKING_ONLY
#include "pipeline/limits.h"
#include "stages/decode/decode.h"
#include "stages/decode/frame_header.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

static struct memory memory;
static struct feed *feed;

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, GIB, 0);
    feed = feed_create(&memory);
    return feed ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    feed_destroy(feed);
    return 0;
}

/* A frame of 14 bytes: one raw block of five. */
static const uint8_t FRAME[] = {0x28, 0xb5, 0x2f, 0xfd, 0x20, 5,   0x29,
                                0,    0,    'h',  'e',  'l',  'l', 'o'};

struct shard {
    uint8_t bytes[4096];
    size_t size;
};

static void put(struct shard *shard, const void *bytes, size_t size)
{
    assert_true(size <= sizeof shard->bytes - shard->size);
    memcpy(shard->bytes + shard->size, bytes, size);
    shard->size += size;
}

static void put_skippable(struct shard *shard, unsigned variant, uint32_t told,
                          size_t size)
{
    uint8_t header[8] = {(uint8_t)(0x50 + variant), 0x2a, 0x4d, 0x18,
                         (uint8_t)told, (uint8_t)(told >> 8),
                         (uint8_t)(told >> 16), (uint8_t)(told >> 24)};
    put(shard, header, 8);
    for (size_t i = 0; i < size; i++)
        put(shard, "s", 1);
}

/* The next item is this, and goes up to `end`. */
static struct item expect(enum item_kind kind, enum frame_reason reason,
                          uint64_t end)
{
    uint64_t before = feed_position(feed);
    struct item item = item_next(feed);
    assert_int_equal(item.kind, kind);
    assert_int_equal(item.offset, before);
    assert_int_equal(feed_position(feed), end);
    if (kind == ITEM_REJECTED)
        assert_int_equal(item.reason, reason);
    if (kind == ITEM_REJECTED || kind == ITEM_SKIPPABLE)
        assert_int_equal(item.bytes, end - before);
    return item;
}

/* ---- headers ---- */

static void compare_header(const uint8_t *bytes, size_t have)
{
    struct frame_header ours;
    ZSTD_frameHeader theirs;
    enum header_status status = frame_header_read(bytes, have, &ours);
    size_t result = ZSTD_getFrameHeader(&theirs, bytes, have);
    if (ZSTD_isError(result)) {
        bool window = ZSTD_getErrorCode(result) ==
                      ZSTD_error_frameParameter_windowTooLarge;
        assert_int_equal(status, window ? HEADER_WINDOW : HEADER_DAMAGED);
        return;
    }
    assert_int_equal(status, result ? HEADER_CUT : HEADER_OK);
    if (result)
        return;
    assert_int_equal(ours.bytes, theirs.headerSize);
    assert_int_equal(ours.window_bytes, theirs.windowSize);
    assert_int_equal(ours.content_bytes, theirs.frameContentSize);
    assert_int_equal(ours.block_bytes_max, theirs.blockSizeMax);
    assert_int_equal(ours.dictionary_id, theirs.dictID);
    assert_int_equal(ours.checksum, theirs.checksumFlag);
}

static void every_header_is_read_as_libzstd_reads_it(void **state)
{
    (void)state;
    uint8_t bytes[FRAME_HEADER_BYTES_MAX] = {0x28, 0xb5, 0x2f, 0xfd};
    uint32_t random = 1;
    for (unsigned descriptor = 0; descriptor < 256; descriptor++)
        for (unsigned window = 0; window < 256; window++) {
            bytes[4] = (uint8_t)descriptor;
            bytes[5] = (uint8_t)window;
            for (size_t i = 6; i < sizeof bytes; i++) {
                random = random * 1664525 + 1013904223;
                bytes[i] = (uint8_t)(random >> 24);
            }
            for (size_t have = 5; have <= sizeof bytes; have++)
                compare_header(bytes, have);
        }
    struct frame_header header;
    assert_int_equal(frame_header_read(bytes, 4, &header), HEADER_CUT);
}

static void impossible_blocks_are_refused(void **state)
{
    (void)state;
    struct frame_header frame = {.block_bytes_max = 1000};
    struct block_header block;
    for (uint32_t size = 0; size < 1u << 21; size += size < 2000 ? 1 : 997)
        for (uint32_t type = 0; type < 4; type++) {
            uint32_t word = size << 3 | type << 1 | 1;
            uint8_t bytes[3] = {(uint8_t)word, (uint8_t)(word >> 8),
                                (uint8_t)(word >> 16)};
            bool possible = type != BLOCK_RESERVED && size <= 1000 &&
                            (type != BLOCK_COMPRESSED || size >= 2);
            assert_int_equal(block_header_read(bytes, &frame, &block),
                             possible);
            assert_true(block.last);
            if (possible && type == BLOCK_RLE)
                assert_int_equal(block.content_bytes, 1);
            else if (possible)
                assert_int_equal(block.content_bytes, size);
        }
}

static void a_magic_is_found_wherever_it_stands(void **state)
{
    (void)state;
    static const uint8_t MAGICS[2][4] = {{0x28, 0xb5, 0x2f, 0xfd},
                                         {0x5f, 0x2a, 0x4d, 0x18}};
    uint8_t bytes[700];
    for (size_t have = 0; have < sizeof bytes; have += 1 + have / 40) {
        memset(bytes, 0xb5, sizeof bytes);
        assert_int_equal(frame_magic_find(bytes, have), have);
        for (size_t at = 0; at < have; at++) {
            memset(bytes, at & 1 ? 0x18 : 0x28, sizeof bytes);
            memcpy(bytes + at, MAGICS[at & 2 ? 1 : 0], at + 4 <= have ? 4 : 0);
            assert_int_equal(frame_magic_find(bytes, have),
                             at + 4 <= have ? at : have);
        }
    }
}

static void reasons_have_names_and_sentences_of_their_own(void **state)
{
    (void)state;
    for (unsigned a = 0; a < FRAME_REASON_COUNT; a++) {
        assert_true(strlen(frame_reason_sentence(a)) > 10);
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(frame_reason_name(a),
                                    frame_reason_name(b));
    }
    assert_string_equal(frame_reason_name(FRAME_CHECKSUM), "frame_checksum");
}

/* ---- items ---- */

static void an_empty_shard_ends(void **state)
{
    (void)state;
    feed_open_bytes(feed, NULL, 0, 0);
    expect(ITEM_END, FRAME_OK, 0);
}

static void a_frame_is_told_and_not_stepped_over(void **state)
{
    (void)state;
    feed_open_bytes(feed, FRAME, sizeof FRAME, 700);
    for (int i = 0; i < 2; i++) {
        struct item item = expect(ITEM_FRAME, FRAME_OK, 700);
        assert_int_equal(item.content_bytes, 5);
        assert_int_equal(item.window_bytes, 5);
        assert_int_equal(item.dictionary_id, 0);
        assert_false(item.checksum);
    }
}

static void honest_skippable_frames_of_all_16_magics_are_stepped_over(
    void **state)
{
    (void)state;
    struct shard shard = {0};
    uint64_t ends[16];
    for (unsigned i = 0; i < 16; i++) {
        put_skippable(&shard, i, i * 5, i * 5);
        ends[i] = shard.size;
    }
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    for (unsigned i = 0; i < 16; i++)
        expect(ITEM_SKIPPABLE, FRAME_OK, ends[i]);
    expect(ITEM_END, FRAME_OK, shard.size);
}

static void a_lying_length_hides_no_frame(void **state)
{
    (void)state;
    for (uint32_t told = 0; told < 200; told++) {
        struct shard shard = {0};
        put_skippable(&shard, 5, told, 20);
        put(&shard, FRAME, sizeof FRAME);
        put(&shard, FRAME, sizeof FRAME);
        feed_open_bytes(feed, shard.bytes, shard.size, 0);
        if (told == 20)
            expect(ITEM_SKIPPABLE, FRAME_OK, 28);
        else if (told == 20 + sizeof FRAME || told == 20 + 2 * sizeof FRAME)
            expect(ITEM_SKIPPABLE, FRAME_OK, 8 + told);   /* no lie to see */
        else
            expect(ITEM_REJECTED,
                   told + 8 > shard.size ? FRAME_SKIPPABLE_TRUNCATED
                                         : FRAME_HEADER, 28);
    }
}

static void a_length_too_great_to_look_behind_is_believed_aloud(void **state)
{
    (void)state;
    struct shard shard = {0};
    put_skippable(&shard, 15, UINT32_MAX, 20);
    put(&shard, FRAME, sizeof FRAME);
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    expect(ITEM_REJECTED, FRAME_SKIPPABLE_TRUNCATED, shard.size);

    size_t size = FRAME_CHAIN_BYTES_MAX + 1000;
    uint8_t *bytes = calloc(1, size + sizeof FRAME);
    struct shard header = {0};
    put_skippable(&header, 0, (uint32_t)size - 8, 0);
    memcpy(bytes, header.bytes, 8);
    memcpy(bytes + size, FRAME, sizeof FRAME);
    feed_open_bytes(feed, bytes, size + sizeof FRAME, 0);
    expect(ITEM_SKIPPABLE, FRAME_OK, size);
    bytes[size] = 0;
    feed_open_bytes(feed, bytes, size + sizeof FRAME, 0);
    expect(ITEM_REJECTED, FRAME_HEADER, size);
    feed_close(feed);
    free(bytes);
}

static void garbage_is_rejected_up_to_the_next_frame(void **state)
{
    (void)state;
    struct shard shard = {0};
    put(&shard, "garbage (\xb5/", 11);
    put(&shard, FRAME, sizeof FRAME);
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    expect(ITEM_REJECTED, FRAME_GARBAGE, 11);
    expect(ITEM_FRAME, FRAME_OK, 11);
    feed_skip(feed, sizeof FRAME);
    expect(ITEM_END, FRAME_OK, shard.size);
}

static void old_formats_and_wrong_headers_are_no_start(void **state)
{
    (void)state;
    struct shard shard = {0};
    for (int version = 0x1e; version <= 0x27; version++) {
        uint8_t magic[4] = {(uint8_t)version, 0xb5, 0x2f, 0xfd};
        put(&shard, magic, 4);
    }
    put(&shard, "\x28\xb5\x2f\xfd\x08\x00\0\0\0", 9);   /* reserved bit */
    put(&shard, "\x28\xb5\x2f\xfd\x00\xb0\0\0\0", 9);   /* window 2^32 */
    put(&shard, "\x28\xb5\x2f\xfd\x00\x00\x07\0\0", 9); /* reserved block */
    put(&shard, "\x28\xb5\x2f\xfd\x00\xa9\0\0\0", 9);   /* above 2^31 */
    size_t garbage = shard.size;
    put(&shard, FRAME, sizeof FRAME);
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    expect(ITEM_REJECTED, FRAME_GARBAGE, garbage);
    expect(ITEM_FRAME, FRAME_OK, garbage);

    feed_open_bytes(feed, shard.bytes + 40, shard.size - 40, 40);
    expect(ITEM_REJECTED, FRAME_HEADER, garbage);
    feed_open_bytes(feed, shard.bytes + 49, shard.size - 49, 49);
    expect(ITEM_REJECTED, FRAME_WINDOW, garbage);
}

static void a_magic_that_is_cut_off_is_a_truncated_frame(void **state)
{
    (void)state;
    struct shard skippable = {0};
    put_skippable(&skippable, 7, 0, 0);
    for (size_t cut = 1; cut < 6; cut++) {
        feed_open_bytes(feed, FRAME, cut, 0);
        expect(ITEM_REJECTED, FRAME_TRUNCATED, cut);
        feed_open_bytes(feed, skippable.bytes, cut, 0);
        expect(ITEM_REJECTED, FRAME_SKIPPABLE_TRUNCATED, cut);
    }
}

static void a_long_search_is_in_pieces_and_misses_nothing_between(void **state)
{
    (void)state;
    size_t piece = FRAME_SEARCH_BYTES_MAX;
    uint8_t *bytes = malloc(2 * piece + 100);
    for (size_t at = piece - 6; at < piece + 3; at++) {
        memset(bytes, ' ', 2 * piece + 100);
        memcpy(bytes + at, FRAME, sizeof FRAME);
        feed_open_bytes(feed, bytes, at + sizeof FRAME, 0);
        /* The first byte is known to be none, and not counted. */
        if (at <= piece + 1) {
            expect(ITEM_REJECTED, FRAME_GARBAGE, at);
        } else {
            expect(ITEM_REJECTED, FRAME_GARBAGE, piece + 1);
            expect(ITEM_REJECTED, FRAME_GARBAGE, at);
        }
        expect(ITEM_FRAME, FRAME_OK, at);
    }
    feed_close(feed);
    free(bytes);
}

/* ---- gathering ---- */

static void a_gathered_frame_is_whole_and_stepped_over(void **state)
{
    (void)state;
    struct shard shard = {0};
    put(&shard, FRAME, sizeof FRAME);
    put(&shard, FRAME, sizeof FRAME);
    uint8_t buffer[64];
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    for (uint64_t i = 0; i < 2; i++) {
        struct item item = expect(ITEM_FRAME, FRAME_OK, i * sizeof FRAME);
        assert_int_equal(frame_gather(feed, &item, buffer, sizeof buffer),
                         sizeof FRAME);
        assert_memory_equal(buffer, FRAME, sizeof FRAME);
    }
    expect(ITEM_END, FRAME_OK, shard.size);
}

static void a_measured_frame_stays_where_it_is(void **state)
{
    (void)state;
    struct shard shard = {0};
    put(&shard, FRAME, sizeof FRAME);
    put(&shard, FRAME, sizeof FRAME);
    uint8_t buffer[64];
    feed_open_bytes(feed, shard.bytes, shard.size, 0);
    struct item item = expect(ITEM_FRAME, FRAME_OK, 0);
    assert_int_equal(frame_measure(feed, &item, sizeof FRAME - 1), 0);
    size_t size = frame_measure(feed, &item, sizeof buffer);
    assert_int_equal(size, sizeof FRAME);
    assert_int_equal(feed_position(feed), 0);
    frame_copy(feed, buffer, size);
    assert_memory_equal(buffer, FRAME, sizeof FRAME);
    assert_int_equal(feed_position(feed), sizeof FRAME);
}

static void refuse(const struct shard *shard, size_t capacity)
{
    uint8_t buffer[4096];
    feed_open_bytes(feed, shard->bytes, shard->size, 0);
    struct item item = expect(ITEM_FRAME, FRAME_OK, 0);
    assert_int_equal(frame_gather(feed, &item, buffer, capacity), 0);
    assert_int_equal(feed_position(feed), 0);
}

static void a_frame_that_leads_nowhere_is_not_gathered(void **state)
{
    (void)state;
    struct shard shard = {0};
    put(&shard, FRAME, sizeof FRAME);
    refuse(&shard, sizeof FRAME - 1);
    for (size_t cut = 6; cut < sizeof FRAME; cut++) {
        shard.size = cut;
        refuse(&shard, 4096);
    }
    shard.size = sizeof FRAME;
    put(&shard, "x", 1);
    refuse(&shard, 4096);
    shard.size = sizeof FRAME;
    shard.bytes[6] |= 6;   /* a reserved block */
    refuse(&shard, 4096);
}

/* One block longer than it was, and its chain meets that of the next. */
static void a_frame_around_another_is_not_gathered(void **state)
{
    (void)state;
    struct shard shard = {0};
    put(&shard, FRAME, sizeof FRAME);
    put(&shard, FRAME, sizeof FRAME);
    shard.bytes[5] = 5 + sizeof FRAME;
    shard.bytes[6] = 1 | (5 + sizeof FRAME) << 3;
    refuse(&shard, 4096);
}

static void frames_of_too_many_blocks_are_not_gathered(void **state)
{
    (void)state;
    static uint8_t bytes[6 + 3 * (FRAME_CHAIN_BLOCKS_MAX + 1)];
    static uint8_t buffer[sizeof bytes];
    for (size_t more = 0; more < 2; more++) {
        size_t blocks = FRAME_CHAIN_BLOCKS_MAX + more;
        size_t size = 6 + 3 * blocks;
        memset(bytes, 0, sizeof bytes);
        memcpy(bytes, FRAME, 4);
        bytes[size - 3] = 1;
        feed_open_bytes(feed, bytes, size, 0);
        struct item item = expect(ITEM_FRAME, FRAME_OK, 0);
        assert_int_equal(frame_gather(feed, &item, buffer, sizeof buffer),
                         more ? 0 : size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_header_is_read_as_libzstd_reads_it),
        cmocka_unit_test(impossible_blocks_are_refused),
        cmocka_unit_test(a_magic_is_found_wherever_it_stands),
        cmocka_unit_test(reasons_have_names_and_sentences_of_their_own),
        cmocka_unit_test(an_empty_shard_ends),
        cmocka_unit_test(a_frame_is_told_and_not_stepped_over),
        cmocka_unit_test(
            honest_skippable_frames_of_all_16_magics_are_stepped_over),
        cmocka_unit_test(a_lying_length_hides_no_frame),
        cmocka_unit_test(a_length_too_great_to_look_behind_is_believed_aloud),
        cmocka_unit_test(garbage_is_rejected_up_to_the_next_frame),
        cmocka_unit_test(old_formats_and_wrong_headers_are_no_start),
        cmocka_unit_test(a_magic_that_is_cut_off_is_a_truncated_frame),
        cmocka_unit_test(a_long_search_is_in_pieces_and_misses_nothing_between),
        cmocka_unit_test(a_gathered_frame_is_whole_and_stepped_over),
        cmocka_unit_test(a_measured_frame_stays_where_it_is),
        cmocka_unit_test(a_frame_that_leads_nowhere_is_not_gathered),
        cmocka_unit_test(a_frame_around_another_is_not_gathered),
        cmocka_unit_test(frames_of_too_many_blocks_are_not_gathered),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
