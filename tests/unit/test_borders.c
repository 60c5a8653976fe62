/*
 * Split and parse over every border: whatever the frames, blocks and steps
 * are that a text is cut into, the same lines are found, and the same
 * accounts come of them.
 */
#include "stages/run.h"
#include "stages/handle_watch.h"
#include "stages/seal.h"
#include "stages/state.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zstd.h>

#define POST(id, user, text)                                                   \
    "{\"created_at\":\"Wed Jul 03 06:29:00 +0000 2019\",\"id_str\":\"" id      \
    "\",\"text\":\"" text "\",\"user\":{\"id_str\":\"" user "\","              \
    "\"screen_name\":\"n" user "\",\"statuses_count\":7}}"

/* Every kind of line and line end; the last one has none. */
static const char LINES[] =
    "\xEF\xBB\xBF" POST("11", "1", "a") "\r\n"
    POST("12", "1", "\\u4e2d\\ud83d\\ude00 \xE4\xB8\xAD") "\n"
    "\n"
    "\r\n"
    "{\"delete\":{\"status\":{\"id_str\":\"11\",\"user_id_str\":\"1\"}}}\r\n"
    "{\"broken\": [1,\n"
    "[" POST("13", "2", "b") "," POST("14", "3", "c") "]\n"
    "{\"limit\":{\"track\":5}}\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789"
    "0123456789012345678901234567890123456789012345678901234567890123456789\n"
    POST("15", "1", "last, without a line end");

static const char DOCUMENT[] =
    "[\n  " POST("11", "1", "]}\\\"{[") ",\n  " POST("12", "1", "\\\\") ",\n"
    "{\"statuses\": [\n" POST("13", "2", "b") "\n,\n" POST("14", "3", "c")
    "]}\n, 7, \"x]\" ,\n {\"bad\": nul}\n]\n" POST("15", "1", "d");

/* Rows of CSV: line feeds, quotes and commas in quotes, rows without quotes,
 * bad rows, a row that is too long; the last one has no line end. */
#define TWEET(id, user, text) id "," user "," text ",2019-07-03 16:29,false"
static const char ROWS[] =
    "\xEF\xBB\xBF\"tweetid\",userid,\"tweet_text\",tweet_time,is_retweet\r\n"
    TWEET("\"11\"", "\"1\"", "\"a\r\n\n\"\",\"\"b,\"") "\r\n"
    TWEET("12", "1", "\xE4\xB8\xAD") "\n"
    "\n"
    "\r\n"
    TWEET("13", "2", "a\"b") "\n"
    TWEET("13", "2", "\"a\"b,\n\"") "\n"
    "\",\"\"\"\n"
    TWEET("13", "2", "\"\"\"\",\"\"\"") "\n"
    "14,3\n"
    "tweetid,userid,tweet_text,tweet_time,is_retweet\n"
    TWEET("14", "3", "\"\n,\"\",\n,\"\"\"") "\n"
    "15,3,\"5678901234567890123456789012345678901234567890123456789012345678\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789\"\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789\n"
    "16,3,\"5678901234567890123456789012345678901234567890123456789012345678\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789,"
    "\"\"2345678901234567890123456789012345678901234567890123456789012345678\n"
    "0123456789012345678901234567890123456789012345678901234567890123456789,"
    "0123456789012345678901234567890123456789012345678901234567890123456789\","
    "2019-07-03 16:29,false\n"
    TWEET("15", "1", "\"last, without a line end\"");

struct outcome {
    uint64_t lines, accepted, control, blank, rejected, records, posts;
    uint64_t too_long, bad_json, bad_csv, unknown, text_bytes;
    uint64_t accounts, facts, deletions, hash;
};

static char folder[] = "/tmp/sandpiper-borders-XXXXXX";

static void write_shard(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* What the tables hold, whatever the order. */
static void read_accounts(struct run *run, struct outcome *outcome)
{
    const struct dictionaries *names;
    assert_true(seal_join(run->seal, &names));
    for (uint32_t part = 0; part < run->plan->partitions; part++) {
        struct part_cursor *cursor = seal_open_part(run->seal, part);
        struct account_view view;
        assert_non_null(cursor);
        while (cursor->next(cursor, &view) == 1) {
            outcome->accounts++;
            outcome->facts += view.fact_count;
            outcome->deletions += view.deletion_count;
            for (size_t i = 0; i < view.fact_count; i++)
                outcome->hash += (uint64_t)view.facts[i].statuses * 31 +
                                 view.facts[i].post + view.id.number * 7;
        }
        cursor->close(cursor);
    }
}

static struct outcome outcome_of(struct run *run)
{
    const struct tally *t = &run->ledgers[0].tally;
    struct outcome outcome = {
        .lines = t->lines, .accepted = t->accepted, .control = t->control,
        .blank = t->blank, .records = t->records, .posts = t->post_records,
        .too_long = t->rejected[LINE_TOO_LONG],
        .bad_json = t->rejected[LINE_BAD_JSON],
        .bad_csv = t->rejected[LINE_BAD_CSV],
        .unknown = t->records_rejected[LINE_UNKNOWN_RECORD],
        .text_bytes = t->text_bytes};
    for (int i = 0; i < LINE_REASON_COUNT; i++)
        outcome.rejected += t->rejected[i];
    read_accounts(run, &outcome);
    return outcome;
}

/* Where a run has a state: what it reads between commits. */
static uint64_t commit_bytes;
static uint64_t level_max;            /* of its segments, at its end */

static void open_state(struct run_options *options, struct shards *shards,
                       struct memory *memory, struct fault *fault)
{
    static char place[64];
    snprintf(place, sizeof place, "%s/state", folder);
    options->state = state_open(place, STATE_RESTART, memory, fault);
    assert_non_null(options->state);
    options->commit_bytes = commit_bytes;
    options->watch = handle_watch_create(memory, options->lanes);
    struct state_request request = {.shards = shards,
                                    .reading = {.since = SINCE_EVER,
                                                .until = UNTIL_EVER},
                                    .asked = "", .watch = options->watch};
    assert_true(state_match(options->state, &request));
}

static void close_state(const struct run *run)
{
    size_t count;
    const struct checkpoint_segment *segments =
        seal_segments(run->seal, &count);
    level_max = 0;
    for (size_t i = 0; i < count; i++)
        if (segments[i].level > level_max)
            level_max = segments[i].level;
}

static struct outcome run_over(const char *path, uint32_t threads,
                               uint32_t block_bytes)
{
    struct topology *topology = calloc(1, sizeof *topology);
    struct plan *plan = calloc(1, sizeof *plan);
    struct run *run = calloc(1, sizeof *run);
    struct plan_request request = {.threads = threads,
                                   .memory_bytes = (uint64_t)256 << 20,
                                   .io_depth = 2, .block_bytes = block_bytes,
                                   .line_bytes_max = 4096, .smt = true};
    struct fault fault = {0};
    struct memory memory;
    struct shards shards;
    const char *inputs[] = {path};
    struct shards_request shards_request = {.inputs = inputs,
                                            .input_count = 1};
    struct run_options options = {.isa = ISA_SCALAR, .io = IO_PREAD,
                                  .lanes = threads, .since = SINCE_EVER,
                                  .until = UNTIL_EVER};
    assert_int_equal(topology_read(topology, NULL), 0);
    assert_int_equal(plan_make(plan, topology, &request, NULL), PLAN_OK);
    plan->line_bytes_max = 300;      /* the digits are longer */
    memory_init(&memory, plan->memory_bytes, plan->reserve_bytes);
    assert_int_equal(
        shards_collect(&shards, &shards_request, &memory, &fault), CODE_DONE);
    if (commit_bytes)
        open_state(&options, &shards, &memory, &fault);
    int directory = open(folder, O_RDONLY | O_DIRECTORY);
    assert_int_equal(run_open(run, plan, &memory, &fault, &shards, &options,
                              directory),
                     CODE_DONE);
    run->lanes = lanes_create(plan, NULL, &fault, run);
    assert_int_equal(lanes_run(run->lanes, run_lane), 0);
    lanes_destroy(run->lanes);
    struct outcome outcome = outcome_of(run);
    if (commit_bytes)
        close_state(run);
    run_close(run);
    if (commit_bytes) {
        handle_watch_free(options.watch);
        state_discard(options.state);
    }
    shards_free(&shards);
    topology_release(topology);
    close(directory);
    free(run);
    free(plan);
    free(topology);
    return outcome;
}

/* text[0, cuts[0]), [cuts[0], cuts[1]), ... as one frame each. */
static void write_frames(const char *path, const char *text, size_t size,
                         const size_t *cuts, size_t count)
{
    size_t capacity = size + 256 * (count + 2);
    uint8_t *out = malloc(capacity);
    size_t used = 0, from = 0;
    assert_non_null(out);
    for (size_t i = 0; i <= count; i++) {
        size_t to = i < count ? cuts[i] : size;
        size_t got = ZSTD_compress(out + used, capacity - used, text + from,
                                   to - from, 1);
        assert_false(ZSTD_isError(got));
        used += got;
        from = to;
    }
    write_shard(path, out, used);
    free(out);
}

static void assert_same(const struct outcome *a, const struct outcome *b,
                        size_t at)
{
    if (memcmp(a, b, sizeof *a) != 0)
        fail_msg("a border at byte %zu changes the outcome: lines %lu %lu, "
                 "accepted %lu %lu, rejected %lu %lu, facts %lu %lu",
                 at, (unsigned long)a->lines, (unsigned long)b->lines,
                 (unsigned long)a->accepted, (unsigned long)b->accepted,
                 (unsigned long)a->rejected, (unsigned long)b->rejected,
                 (unsigned long)a->facts, (unsigned long)b->facts);
}

static void cut_everywhere(const char *text, size_t size,
                           const struct outcome *whole, uint32_t threads)
{
    char path[64];
    snprintf(path, sizeof path, "%s/cut.zst", folder);
    for (size_t at = 0; at <= size; at++) {
        size_t cuts[] = {at, at + (size - at) / 3};
        write_frames(path, text, size, cuts, 2);
        struct outcome outcome = run_over(path, threads, 0);
        assert_same(whole, &outcome, at);
    }
}

static void lines_are_the_same_over_every_border_of_frames(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/whole.json", folder);
    write_shard(path, LINES, sizeof LINES - 1);
    struct outcome whole = run_over(path, 1, 0);
    assert_int_equal(whole.lines, 10);
    assert_int_equal(whole.accepted, 4);
    assert_int_equal(whole.control, 2);
    assert_int_equal(whole.blank, 2);
    assert_int_equal(whole.bad_json, 1);
    assert_int_equal(whole.too_long, 1);
    assert_int_equal(whole.posts, 5);
    assert_int_equal(whole.accounts, 3);
    assert_int_equal(whole.facts, 5);
    assert_int_equal(whole.deletions, 1);
    assert_int_equal(whole.text_bytes, sizeof LINES - 1);
    cut_everywhere(LINES, sizeof LINES - 1, &whole, 1);
}

static void elements_are_the_same_over_every_border_of_frames(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/whole.json", folder);
    write_shard(path, DOCUMENT, sizeof DOCUMENT - 1);
    struct outcome whole = run_over(path, 1, 0);
    assert_int_equal(whole.accepted, 4);
    assert_int_equal(whole.posts, 5);
    assert_int_equal(whole.accounts, 3);
    assert_int_equal(whole.bad_json, 1);
    assert_int_equal(whole.unknown, 2);
    cut_everywhere(DOCUMENT, sizeof DOCUMENT - 1, &whole, 1);
}

/* With several lanes a frame may be decoded before it is known what stood
 * before it. */
static void rows_are_the_same_over_every_border_of_frames(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/whole.json", folder);
    write_shard(path, ROWS, sizeof ROWS - 1);
    struct outcome whole = run_over(path, 1, 0);
    assert_int_equal(whole.lines, 16);
    assert_int_equal(whole.accepted, 4);
    assert_int_equal(whole.control, 2);
    assert_int_equal(whole.blank, 2);
    assert_int_equal(whole.bad_csv, 7);
    assert_int_equal(whole.too_long, 1);
    assert_int_equal(whole.posts, 4);
    assert_int_equal(whole.accounts, 2);
    assert_int_equal(whole.text_bytes, sizeof ROWS - 1);
    cut_everywhere(ROWS, sizeof ROWS - 1, &whole, 1);
    cut_everywhere(ROWS, sizeof ROWS - 1, &whole, 2);
}

/* Every byte its own frame: lines are made of heads alone. */
static void check_every_byte(const char *text, size_t size)
{
    char path[64];
    size_t *cuts = malloc(size * sizeof *cuts);
    assert_non_null(cuts);
    for (size_t i = 0; i < size; i++)
        cuts[i] = i;
    snprintf(path, sizeof path, "%s/bytes.zst", folder);
    write_frames(path, text, size, NULL, 0);
    struct outcome whole = run_over(path, 1, 0);
    write_frames(path, text, size, cuts, size);
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        struct outcome outcome = run_over(path, threads, 0);
        assert_same(&whole, &outcome, threads);
    }
    free(cuts);
}

static void a_frame_of_every_byte_gives_the_same_lines(void **state)
{
    (void)state;
    check_every_byte(LINES, sizeof LINES - 1);
    check_every_byte(ROWS, sizeof ROWS - 1);
}

/* The text repeated until it crosses blocks, steps, spans and slack. */
static void check_many(const char *part, size_t unit, uint64_t lines,
                       uint64_t posts)
{
    enum { TIMES = 3000 };
    char *text = malloc((unit + 1) * TIMES), path[64];
    size_t size = 0;
    assert_non_null(text);
    for (int i = 0; i < TIMES; i++) {
        memcpy(text + size, part, unit);
        size += unit;
        text[size++] = '\n';
    }
    snprintf(path, sizeof path, "%s/many.json", folder);
    write_shard(path, text, size);
    struct outcome plain = run_over(path, 1, 4096);
    assert_int_equal(plain.lines, lines * TIMES);
    assert_int_equal(plain.posts, posts * TIMES);
    for (uint32_t threads = 1; threads <= 4; threads++) {
        struct outcome outcome = run_over(path, threads, 8192);
        assert_same(&plain, &outcome, threads);
    }
    snprintf(path, sizeof path, "%s/many.zst", folder);
    size_t cuts[64];
    for (size_t i = 0; i < 64; i++)
        cuts[i] = size / 64 * i + i * i;
    for (uint32_t threads = 1; threads <= 4; threads++) {
        write_frames(path, text, size, NULL, 0);
        struct outcome one = run_over(path, threads, 4096);
        assert_same(&plain, &one, threads);
        write_frames(path, text, size, cuts, 64);
        struct outcome many = run_over(path, threads, 0);
        assert_same(&plain, &many, threads);
    }
    free(text);
}

static void lines_are_the_same_over_blocks_and_steps(void **state)
{
    (void)state;
    /* Without BOM, with a line end. */
    check_many(LINES + 3, sizeof LINES - 4, 10, 5);
    check_many(ROWS + 3, sizeof ROWS - 4, 16, 4);
}

/* A part of plain text is as long as what is read between two commits. */
static void check_parts(const char *text, size_t size)
{
    char path[64];
    snprintf(path, sizeof path, "%s/whole.json", folder);
    write_shard(path, text, size);
    struct outcome whole = run_over(path, 1, 0);
    for (commit_bytes = size / 3; commit_bytes <= size; commit_bytes++) {
        struct outcome outcome = run_over(path, 1, 0);
        assert_same(&whole, &outcome, commit_bytes);
    }
    for (commit_bytes = 1; commit_bytes < size; commit_bytes *= 4) {
        struct outcome outcome = run_over(path, 2, 0);
        assert_same(&whole, &outcome, commit_bytes);
    }
    commit_bytes = 0;
}

static void plain_text_is_the_same_in_parts_of_any_size(void **state)
{
    (void)state;
    check_parts(LINES, sizeof LINES - 1);
    check_parts(ROWS, sizeof ROWS - 1);
}

/* So many seals that segments of segments are merged. */
static void segments_merged_over_levels_give_the_same_accounts(void **state)
{
    (void)state;
    enum { TIMES = 80 };
    size_t unit = sizeof LINES - 4, size = 0;
    char *text = malloc((unit + 1) * TIMES), path[64];
    assert_non_null(text);
    for (int i = 0; i < TIMES; i++) {
        memcpy(text + size, LINES + 3, unit);
        size += unit;
        text[size++] = '\n';
    }
    snprintf(path, sizeof path, "%s/many.json", folder);
    write_shard(path, text, size);
    struct outcome whole = run_over(path, 1, 0);
    for (uint32_t threads = 1; threads <= 4; threads *= 2) {
        commit_bytes = unit;
        struct outcome outcome = run_over(path, threads, 0);
        commit_bytes = 0;
        assert_same(&whole, &outcome, threads);
        assert_true(level_max >= 2);
    }
    free(text);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    static const char *const names[] = {"cut.zst", "whole.json", "bytes.zst",
                                        "many.json", "many.zst"};
    char path[64];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_the_same_over_every_border_of_frames),
        cmocka_unit_test(elements_are_the_same_over_every_border_of_frames),
        cmocka_unit_test(rows_are_the_same_over_every_border_of_frames),
        cmocka_unit_test(a_frame_of_every_byte_gives_the_same_lines),
        cmocka_unit_test(lines_are_the_same_over_blocks_and_steps),
        cmocka_unit_test(plain_text_is_the_same_in_parts_of_any_size),
        cmocka_unit_test(segments_merged_over_levels_give_the_same_accounts),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
