#include "stages/parse/csv_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEADER "tweetid,userid,tweet_text,tweet_time,is_retweet\n"
#define ROW(id, text) id ",7," text ",2019-07-03 16:29,false\n"
#define LIMIT 400

struct rows {
    struct row_parser *parser;
    struct csv_layout layout;
    struct batch batch;
    struct tally tally;
};

static void rows_begin(struct rows *rows, const char *header)
{
    struct parser_options options = {.isa = isa_best()};
    *rows = (struct rows){.parser = row_parser_create(&options)};
    assert_non_null(rows->parser);
    assert_true(csv_layout_read(&rows->layout, (const uint8_t *)header,
                                strlen(header), true));
}

static void rows_end(struct rows *rows)
{
    row_parser_free(rows->parser);
    batch_free(&rows->batch);
}

/* All rows of a text, the last one without a line feed by itself. */
static void rows_read(struct rows *rows, const char *bytes, size_t size)
{
    size_t taken;
    uint8_t *text = malloc(size + KERNEL_PADDING);
    assert_non_null(text);
    memcpy(text, bytes, size);
    memset(text + size, '"', KERNEL_PADDING);
    rows->batch.size = 0;
    tally_init(&rows->tally);
    assert_true(rows_take(rows->parser, &rows->layout, text, size, LIMIT,
                          &rows->batch, &rows->tally, &taken));
    assert_int_equal(rows->tally.text_bytes, taken);
    assert_int_equal(rows_last_border(rows->parser, text, size), taken);
    if (taken < size)
        assert_true(row_take(rows->parser, &rows->layout, text + taken,
                             size - taken, size - taken, 0, LIMIT,
                             &rows->batch, &rows->tally));
    assert_int_equal(rows->tally.text_bytes, size);
    free(text);
}

static void rows_of(struct rows *rows, const char *text)
{
    rows_read(rows, text, strlen(text));
}

/* Why the only row of the text is rejected. */
static enum line_reason reason_of(struct rows *rows, const char *row)
{
    rows_of(rows, row);
    assert_int_equal(rows->tally.lines, 1);
    for (int reason = 1; reason < LINE_REASON_COUNT; reason++)
        if (rows->tally.rejected[reason])
            return (enum line_reason)reason;
    return LINE_OK;
}

static void a_row_counts_as_one_line(void **state)
{
    struct rows rows;
    (void)state;
    rows_begin(&rows, HEADER);
    rows_of(&rows, HEADER ROW("11", "a") "\n\r\n"
                   ROW("12", "\"a,\r\nb\n\"\"c\"\"\"") ROW("x", "a")
                   "13,7,,2019-07-03 16:29,true");
    assert_int_equal(rows.tally.lines, 7);
    assert_int_equal(rows.tally.control, 1);
    assert_int_equal(rows.tally.control_records[CONTROL_CSV_HEADER], 1);
    assert_int_equal(rows.tally.blank, 2);
    assert_int_equal(rows.tally.accepted, 3);
    assert_int_equal(rows.tally.rejected[LINE_MISSING_KEY], 1);
    assert_int_equal(rows.tally.records, 5);
    assert_int_equal(rows.tally.post_records, 3);
    assert_int_equal(rows.tally.dialect_records[DIALECT_IO_ARCHIVE], 4);
    assert_int_equal(rows.tally.sample_count, 1);
    assert_int_equal(rows.tally.samples[0].line, 5);
    rows_end(&rows);
}

static void a_bad_row_has_its_reason(void **state)
{
    struct rows rows;
    char row[2 * LIMIT];
    (void)state;
    rows_begin(&rows, HEADER);
    assert_int_equal(reason_of(&rows, ROW("11", "a\"b")), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, ROW("11", "\"a\"b")), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, ROW("11", "a,b")), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, "11,7\n"), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, " \n"), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, "11,7,\"a\n"), LINE_BAD_CSV);
    assert_int_equal(reason_of(&rows, ROW("11", "\xC3")), LINE_BAD_UTF8);
    assert_int_equal(reason_of(&rows, "11,7,\"\xC3\n"), LINE_BAD_UTF8);
    assert_int_equal(reason_of(&rows, "1146454524019142656,7,a,never,\n"),
                     LINE_OK);
    assert_int_equal(reason_of(&rows, "\"1\"\"1\",7,a,,\n"), LINE_MISSING_KEY);
    assert_int_equal(reason_of(&rows, "5,7,a,never,\r\n"), LINE_BAD_TIME);
    /* Of the limit's length, and one more, with each line end. */
    static const char *const ends[] = {"", "\n", "\r\n"};
    for (size_t size = LIMIT; size <= LIMIT + 1; size++)
        for (int end = 0; end < 3; end++) {
            memset(row, '\n', size);
            memcpy(row, "5,7,\"", 5);
            memcpy(row + size - 10, "\",a,1,2,3,", 10);
            memcpy(row + size, ends[end], strlen(ends[end]) + 1);
            assert_int_equal(reason_of(&rows, row),
                             size > LIMIT ? LINE_TOO_LONG : LINE_BAD_CSV);
        }
    rows_end(&rows);
}

/* The posts' ids of a text with a row of every length around the window. */
static void rows_are_found_over_every_window(void **state)
{
    struct rows rows;
    enum { BYTES = 200 << 10 };
    char *text = malloc(BYTES + 4096);
    (void)state;
    assert_non_null(text);
    rows_begin(&rows, HEADER);
    for (size_t step = 1; step < 40; step += 3) {
        size_t size = 0;
        uint64_t count = 0;
        while (size < BYTES) {
            size_t fill = count * step % (LIMIT - 60);
            size += (size_t)sprintf(text + size, "%lu,7,\"",
                                    (unsigned long)(5 + count));
            memset(text + size, count % 3 ? '\n' : ',', fill);
            size += fill;
            size += (size_t)sprintf(text + size, "\",2019-07-03 16:29,false\n");
            count++;
        }
        rows_read(&rows, text, size);
        assert_int_equal(rows.tally.post_records, count);
        assert_int_equal(rows.tally.lines, count);
        struct batch_item item;
        size_t at = 0;
        for (uint64_t next = 5; batch_next(&rows.batch, &at, &item);)
            if (item.kind == BATCH_POST)
                assert_int_equal(item.post.id.number, next++);
    }
    rows_end(&rows);
    free(text);
}

static void nul_is_removed_from_cells(void **state)
{
    struct rows rows;
    static const char row[] = "1\0001,7,\"\0\",2019-07-03 16:29,false\n";
    (void)state;
    rows_begin(&rows, HEADER);
    rows_read(&rows, row, sizeof row - 1);
    assert_int_equal(rows.tally.post_records, 1);
    struct batch_item item;
    size_t at = 0;
    do
        assert_int_not_equal(batch_next(&rows.batch, &at, &item), BATCH_END);
    while (item.kind != BATCH_POST);
    assert_int_equal(item.post.id.number, 11);
    assert_false(item.post.flags & FACT_HAS_TEXT);
    rows_end(&rows);
}

static bool is_csv(const char *text, struct csv_layout *layout)
{
    return csv_layout_read(layout, (const uint8_t *)text, strlen(text), false);
}

static void a_header_with_the_right_columns_makes_it_csv(void **state)
{
    struct csv_layout layout;
    (void)state;
    assert_true(is_csv("tweetid,userid\n1,2\n", &layout));
    assert_false(layout.users);
    assert_int_equal(layout.columns, 2);
    assert_int_equal(layout.bom, 0);
    assert_true(is_csv("\xEF\xBB\xBF\"x\ny\",\"userid\",x,\"tweetid\"\r\n",
                       &layout));
    assert_int_equal(layout.bom, 3);
    assert_int_equal(layout.columns, 4);
    assert_int_equal(layout.column_of[IO_USER], 1);
    assert_int_equal(layout.column_of[IO_TWEET], 3);
    assert_int_equal(layout.column_of[IO_TEXT], CSV_NO_COLUMN);
    assert_true(is_csv("userid,user_screen_name\n", &layout));
    assert_true(layout.users);
    assert_true(is_csv("follower_count,userid\n", &layout));
    assert_true(is_csv("userid,account_creation_date,userid\n", &layout));
    assert_int_equal(layout.column_of[IO_USER], 2);
}

static void any_other_first_line_does_not(void **state)
{
    static const char *const texts[] = {
        "", "\n", "{\"tweetid\":1,\"userid\":2}\n", "userid\n",
        "tweetid,user\n", "userid,tweet_text\n", "\ntweetid,userid\n",
        "tweetid,userid", "tweetid;userid\n", "tweetid\tuserid\n",
        "tweetid,\"userid\"x\n", "tweetid,userid,\xFF\n", " tweetid,userid\n",
        "Tweetid,userid\n", "tweetid,\"userid\n", "tweetid,user\0id\n"};
    struct csv_layout layout;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (is_csv(texts[i], &layout))
            fail_msg("%s", texts[i]);
    assert_true(csv_layout_read(&layout, (const uint8_t *)"tweetid,userid", 14,
                                true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_row_counts_as_one_line),
        cmocka_unit_test(a_bad_row_has_its_reason),
        cmocka_unit_test(rows_are_found_over_every_window),
        cmocka_unit_test(nul_is_removed_from_cells),
        cmocka_unit_test(a_header_with_the_right_columns_makes_it_csv),
        cmocka_unit_test(any_other_first_line_does_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
