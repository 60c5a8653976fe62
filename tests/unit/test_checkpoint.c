#include "stages/checkpoint.h"
#include "stages/checkpoint_code.h"
#include "stages/hash.h"
#include "stages/member_list.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER_BYTES 32u

static struct memory memory;

/* ---- one with every field ----------------------------------------------- */

struct whole {
    struct checkpoint checkpoint;
    struct dictionary_files dictionaries;
    struct checkpoint_segment segments[3];
    struct shard_repeat repeats[1];
    struct handle_seen handles[2];
    struct checkpoint_shard shards[4];
    struct shard_ledger ledgers[3];
    struct shard_mark marks[2];
};

/* Each word of it is another number. */
static void fill_tally(struct tally *tally, uint64_t from)
{
    uint64_t *words = (uint64_t *)(void *)tally;
    for (size_t i = 0; i < offsetof(struct tally, sample_count) / 8; i++)
        words[i] = from + i * i * UINT64_C(1000003);
    tally->sample_count = 2;
    tally->samples[0] = (struct sample){.frame = 1, .offset = UINT64_MAX,
                                        .line = 3, .size = 4,
                                        .shown = SAMPLE_BYTES};
    memset(tally->samples[0].bytes, 0xfe, SAMPLE_BYTES);
    tally->samples[1] = (struct sample){.reason = LINE_REASON_COUNT - 1};
}

static void fill_ledger(struct shard_ledger *ledger, bool done, uint64_t from)
{
    *ledger = (struct shard_ledger){
        .done = done, .container = "tar", .framing = FRAMING_CSV,
        .digest = {from, from + 1}, .file_bytes = from + 2,
        .frame_bytes = from + 3, .skippable_bytes = from + 4,
        .skippable_frames = from + 5, .rejected_bytes = from + 6,
        .unpacked = {from + 7, from + 8, from + 9, from + 10},
        .members = from + 11, .members_passed = from + 12,
        .frames = from + 13, .frames_ok = from + 14,
        .frames_unchecked = from + 15, .text_frames = from + 16,
        .salvaged = {from + 17, from + 18, from + 19, from + 20},
        .window_bytes_max = from + 21, .frame_sample_count = 1,
        .frame_samples = {{from + 22, from + 23, FRAME_REASON_COUNT - 1,
                           {from + 24, 1, 2, 3}}}};
    for (size_t i = 0; i < FRAME_REASON_COUNT; i++)
        ledger->frames_rejected[i] = from + 30 + i;
    fill_tally(&ledger->tally, from);
}

static void fill_mark(struct shard_mark *mark, bool csv)
{
    *mark = (struct shard_mark){
        .feed = {.position = 4096, .hashed = 8192}, .codec = CODEC_BZIP2,
        .after_loss = true, .at_start = csv, .in_order = true,
        .is_csv = csv, .states = csv ? 5 : 0, .bom_left = 3,
        .open_frame = 4000, .lost_bytes = 17, .open_total = 400,
        .open = (uint8_t *)(uintptr_t)"an open line", .open_size = 12};
    for (size_t i = 0; i < FEED_HASH_BYTES; i++)
        mark->feed.hash[i] = (uint8_t)(i * 7);
    if (!csv)
        return;
    mark->layout = (struct csv_layout){.users = true, .bom = 3,
                                       .columns = CSV_COLUMNS_MAX};
    for (size_t i = 0; i < IO_FIELDS; i++)
        mark->layout.column_of[i] =
            i == 1 ? CSV_NO_COLUMN : (uint16_t)(CSV_COLUMNS_MAX - 1 - i);
}

static void add_members(struct shard_ledger *ledger)
{
    static struct shard_ledger member;
    ledger->member_list = member_list_create(&memory);
    assert_non_null(ledger->member_list);
    for (uint64_t i = 0; i < 2; i++) {
        struct member *kept = member_list_add(
            ledger->member_list, strdup(i ? "a.tar!two" : "a.tar!one"));
        fill_ledger(&member, true, 9000 + i);
        assert_true(member_keep(kept, &memory, &member));
    }
}

static void fill(struct whole *whole)
{
    *whole = (struct whole){
        .dictionaries = {.items = {{.name = "dict", .size = 112640,
                                    .digest = {5, UINT64_MAX}}},
                         .count = 1},
        .segments = {{12, 2, 1 << 20}, {40, 1, 77}, {UINT32_MAX, 0, 1}},
        .repeats = {{.name = "b\n\x1b", .first = "a"}},
        .handles = {{0, {.number = 12}},
                    {7, {.text = {"did:plc:x", 9}}}}};
    fill_ledger(&whole->ledgers[0], true, 100);
    fill_ledger(&whole->ledgers[1], false, 200);
    fill_ledger(&whole->ledgers[2], false, 300);
    add_members(&whole->ledgers[0]);
    fill_mark(&whole->marks[0], false);
    fill_mark(&whole->marks[1], true);
    struct checkpoint_shard shards[4] = {
        {.name = "a", .size = 1, .mtime_ns = -1, .progress = SHARD_DONE,
         .ledger = &whole->ledgers[0]},
        {.name = "b", .size = UINT64_MAX, .progress = SHARD_BEGUN,
         .ledger = &whole->ledgers[1], .mark = &whole->marks[0]},
        {.name = "c", .size = 9999, .mtime_ns = INT64_MAX,
         .progress = SHARD_BEGUN, .ledger = &whole->ledgers[2],
         .mark = &whole->marks[1]},
        {.name = "d", .is_stdin = true, .mtime_ns = INT64_MIN}};
    memcpy(whole->shards, shards, sizeof shards);
    whole->checkpoint = (struct checkpoint){
        .reading = {.since = INT64_MIN, .until = INT64_MAX,
                    .line_bytes_max = 1 << 24, .salvage = true,
                    .handles_key = {3, 4},
                    .dictionaries = &whole->dictionaries},
        .asked = "{\"all\":\"that\"}", .handles = whole->handles,
        .handle_count = 2, .segments = whole->segments, .segment_count = 3,
        .repeats = whole->repeats, .repeat_count = 1,
        .shards = whole->shards, .shard_count = 4};
}

static void empty(struct whole *whole)
{
    member_list_free(whole->ledgers[0].member_list);
}

/* ---- reading it --------------------------------------------------------- */

static int read_bytes(const void *bytes, size_t size,
                      struct checkpoint *checkpoint)
{
    /* Of its own size, so that a byte read behind it is found. */
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    int error = checkpoint_read(checkpoint, &memory, copy, size);
    free(copy);
    return error;
}

static int try_bytes(const void *bytes, size_t size)
{
    struct checkpoint checkpoint;
    int error = read_bytes(bytes, size, &checkpoint);
    checkpoint_free(&checkpoint);
    return error;
}

static void set_checksum(struct output *output)
{
    uint64_t size = output->size - HEADER_BYTES;
    uint64_t checksum = hash_bytes64(output->bytes + HEADER_BYTES, size);
    memcpy(output->bytes + 16, &size, 8);
    memcpy(output->bytes + 24, &checksum, 8);
}

static void make(struct whole *whole, struct output *output)
{
    fill(whole);
    *output = (struct output){0};
    assert_true(checkpoint_write(&whole->checkpoint, output));
}

/* Of ledgers without lists. */
static void assert_same_ledger(const struct shard_ledger *a,
                               const struct shard_ledger *b)
{
    assert_string_equal(a->container, b->container);
    assert_int_equal(a->framing, b->framing);
    assert_memory_equal(a->digest, b->digest,
                        offsetof(struct shard_ledger, frame_sample_count) -
                            offsetof(struct shard_ledger, digest));
    assert_int_equal(a->frame_sample_count, b->frame_sample_count);
    assert_memory_equal(a->frame_samples, b->frame_samples,
                        sizeof a->frame_samples);
    assert_memory_equal(&a->tally, &b->tally,
                        offsetof(struct tally, sample_count));
    assert_int_equal(a->tally.sample_count, b->tally.sample_count);
    for (uint32_t i = 0; i < a->tally.sample_count; i++)
        assert_memory_equal(&a->tally.samples[i], &b->tally.samples[i],
                            offsetof(struct sample, bytes) +
                                a->tally.samples[i].shown);
}

static void assert_same_mark(const struct shard_mark *a,
                             const struct shard_mark *b)
{
    assert_int_equal(a->feed.position, b->feed.position);
    assert_int_equal(a->feed.hashed, b->feed.hashed);
    assert_memory_equal(a->feed.hash, b->feed.hash, FEED_HASH_BYTES);
    assert_int_equal(a->codec, b->codec);
    assert_int_equal(a->is_text, b->is_text);
    assert_int_equal(a->after_loss, b->after_loss);
    assert_int_equal(a->at_start, b->at_start);
    assert_int_equal(a->in_order, b->in_order);
    assert_int_equal(a->lost, b->lost);
    assert_int_equal(a->is_csv, b->is_csv);
    assert_int_equal(a->states, b->states);
    assert_int_equal(a->bom_left, b->bom_left);
    assert_int_equal(a->open_frame, b->open_frame);
    assert_int_equal(a->lost_bytes, b->lost_bytes);
    assert_int_equal(a->open_total, b->open_total);
    assert_int_equal(a->open_size, b->open_size);
    assert_memory_equal(a->open, b->open, a->open_size);
    assert_int_equal(a->layout.users, b->layout.users);
    assert_int_equal(a->layout.bom, b->layout.bom);
    assert_int_equal(a->layout.columns, b->layout.columns);
    assert_memory_equal(a->layout.column_of, b->layout.column_of,
                        sizeof a->layout.column_of);
}

static void everything_comes_back(void **state)
{
    (void)state;
    static struct whole whole;
    struct output output, again = {0};
    struct checkpoint got;
    make(&whole, &output);
    assert_int_equal(read_bytes(output.bytes, output.size, &got), 0);
    assert_int_equal(got.reading.since, INT64_MIN);
    assert_int_equal(got.reading.until, INT64_MAX);
    assert_true(got.reading.salvage);
    assert_int_equal(got.reading.dictionaries->items[0].size, 112640);
    assert_string_equal(got.asked, whole.checkpoint.asked);
    assert_int_equal(got.handles[1].id.text.size, 9);
    assert_int_equal(got.segments[2].number, UINT32_MAX);
    assert_string_equal(got.repeats[0].name, "b\n\x1b");
    assert_int_equal(got.shards[3].mtime_ns, INT64_MIN);
    assert_true(got.shards[3].is_stdin);
    assert_false(checkpoint_finished(&got));
    const struct shard_ledger *ledger = got.shards[0].ledger;
    assert_memory_equal(&ledger->tally, &whole.ledgers[0].tally,
                        offsetof(struct tally, samples));
    assert_int_equal(ledger->member_list->count, 2);
    assert_string_equal(ledger->member_list->items[1]->name, "a.tar!two");
    for (size_t i = 1; i < 3; i++) {
        assert_same_ledger(got.shards[i].ledger, &whole.ledgers[i]);
        assert_same_mark(got.shards[i].mark, &whole.marks[i - 1]);
    }
    /* Whatever was lost would be lost here. */
    assert_true(checkpoint_write(&got, &again));
    assert_int_equal(again.size, output.size);
    assert_memory_equal(again.bytes, output.bytes, output.size);
    checkpoint_free(&got);
    output_free(&output);
    output_free(&again);
    empty(&whole);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static void every_truncation_is_detected(void **state)
{
    (void)state;
    static struct whole whole;
    struct output output;
    make(&whole, &output);
    for (size_t size = 0; size < output.size; size++)
        assert_int_equal(try_bytes(output.bytes, size), -EBADMSG);
    output_free(&output);
    empty(&whole);
}

static void every_flipped_byte_is_detected(void **state)
{
    (void)state;
    static struct whole whole;
    struct output output;
    make(&whole, &output);
    for (size_t at = 0; at < output.size; at++) {
        output.bytes[at] ^= 0x41;
        assert_int_equal(try_bytes(output.bytes, output.size),
                         at >= 8 && at < 12 ? -ESTALE : -EBADMSG);
        output.bytes[at] ^= 0x41;
    }
    assert_int_equal(try_bytes(output.bytes, output.size), 0);
    output_free(&output);
    empty(&whole);
}

/* The sum is right, and one byte says something else: that may be read, or
 * not, and what is read can be written again. */
static void forged_ones_give_errors_and_no_more(void **state)
{
    (void)state;
    static struct whole whole;
    static const uint8_t BYTES[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    struct output output;
    size_t refused = 0, read = 0;
    make(&whole, &output);
    for (size_t at = HEADER_BYTES; at < output.size; at++)
        for (size_t i = 0; i < sizeof BYTES; i++) {
            char before = output.bytes[at];
            struct checkpoint got;
            struct output again = {0};
            output.bytes[at] = (char)BYTES[i];
            set_checksum(&output);
            int error = read_bytes(output.bytes, output.size, &got);
            output.bytes[at] = before;
            assert_true(error == 0 || error == -EBADMSG || error == -ESTALE);
            if (!error)
                assert_true(checkpoint_write(&got, &again));
            checkpoint_free(&got);
            output_free(&again);
            refused += error != 0;
            read += error == 0;
        }
    assert_true(refused > 1000 && read > 1000);
    assert_true(atomic_load(&memory.used) > 0);     /* the members */
    output_free(&output);
    empty(&whole);
    assert_int_equal(atomic_load(&memory.used), 0);
}

/* Reads what the checkpoint of the whole is written to. */
static int forged(struct whole *whole)
{
    struct output output = {0};
    (void)checkpoint_write(&whole->checkpoint, &output);
    set_checksum(&output);
    int error = try_bytes(output.bytes, output.size);
    output_free(&output);
    empty(whole);
    return error;
}

static void what_a_run_would_stumble_over_is_refused(void **state)
{
    (void)state;
    static struct whole whole;
    fill(&whole);
    assert_int_equal(forged(&whole), 0);
    fill(&whole);
    whole.checkpoint.asked = NULL;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.dictionaries.items[0].name = NULL;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.shards[1].name = "a";
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.shards[2].name = "aa";
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.ledgers[0].done = false;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.ledgers[1].done = true;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.marks[1].states = 0;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.marks[1].lost = true;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.marks[0].feed.position = whole.marks[0].feed.hashed + 1;
    assert_int_equal(forged(&whole), -EBADMSG);
    fill(&whole);
    whole.marks[0].is_text = true;
    assert_int_equal(forged(&whole), -EBADMSG);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_comes_back),
        cmocka_unit_test(every_truncation_is_detected),
        cmocka_unit_test(every_flipped_byte_is_detected),
        cmocka_unit_test(forged_ones_give_errors_and_no_more),
        cmocka_unit_test(what_a_run_would_stumble_over_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
