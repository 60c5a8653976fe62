#include "parse_fixture.h"

#include <stdio.h>

static struct parsed scalar, best;

static int begin(void **state)
{
    (void)state;
    parsed_begin(&scalar, ISA_SCALAR);
    parsed_begin(&best, isa_best());
    return 0;
}

static int end(void **state)
{
    (void)state;
    parsed_end(&scalar);
    parsed_end(&best);
    return 0;
}

#define USER "\"user\":{\"id\":5,\"id_str\":\"5\",\"name\":\"n\"}"
#define STATUS(id)                                                            \
    "{\"created_at\":\"Wed Jul 03 06:29:00 +0000 2019\",\"id\":" #id          \
    ",\"id_str\":\"" #id "\",\"text\":\"t\"," USER "}"

/* ---- one specimen file a reason ---------------------------------------- */

/* Of lines that are not parsed, or are no JSON; other tests have their specimens. */
static bool made_elsewhere(int reason)
{
    return reason == LINE_TOO_LONG || reason == LINE_FRAME_LOST ||
           reason == LINE_FRAMING_LOST || reason == LINE_BAD_CSV;
}

static FILE *open_specimen(const char *name)
{
    /* This source stands beside the specimens' directory. */
    char path[4096];
    const char *slash = strrchr(__FILE__, '/');
    int folder = slash ? (int)(slash - __FILE__) : 1;
    snprintf(path, sizeof path, "%.*s/../specimens/lines/%s.jsonl", folder,
             slash ? __FILE__ : ".", name);
    return fopen(path, "rb");
}

static void every_reason_has_its_specimen(void **state)
{
    (void)state;
    for (int reason = 1; reason < LINE_REASON_COUNT; reason++) {
        const char *name = line_reason_name((enum line_reason)reason);
        if (made_elsewhere(reason))
            continue;
        FILE *file = open_specimen(name);
        if (!file)
            fail_msg("no specimen tests/specimens/lines/%s.jsonl", name);
        char line[16384];
        size_t lines = 0;
        /* The first line has the reason, what follows is good. */
        for (; fgets(line, sizeof line, file); lines++) {
            int expected = lines == 0 ? reason : LINE_OK;
            size_t size = strlen(line);
            assert_int_equal(line[size - 1], '\n');
            parsed_line(&scalar, line, size - 1);
            parsed_line(&best, line, size - 1);
            assert_int_equal(parsed_reason(&scalar), expected);
            assert_int_equal(parsed_reason(&best), expected);
            assert_int_equal(scalar.batch.size == 0, expected != LINE_OK);
        }
        fclose(file);
        assert_true(lines > 0);
    }
}

/* ---- lines and records ------------------------------------------------- */

static void blank_lines_are_counted_apart(void **state)
{
    static const char *const blank[] = {"", "\r", "\r\r"};
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(reason_of(&best, blank[i]), LINE_OK);
        assert_int_equal(best.tally.blank, 1);
        assert_int_equal(best.tally.records, 0);
    }
    assert_int_equal(reason_of(&best, " "), LINE_BAD_JSON);
}

static void a_status_is_accepted_and_said(void **state)
{
    (void)state;
    assert_int_equal(reason_of(&best, STATUS(7)), LINE_OK);
    assert_int_equal(best.tally.accepted, 1);
    assert_int_equal(best.tally.records, 1);
    assert_int_equal(best.tally.post_records, 1);
    assert_int_equal(best.tally.observations, 1);
    assert_int_equal(item_at(&best, 0).kind, BATCH_OBSERVATION);
    assert_int_equal(item_at(&best, 1).kind, BATCH_POST);
    assert_int_equal(item_at(&best, 2).kind, BATCH_END);
}

/* Posts and unknown records of a line with several. */
static void expect_records(const char *line, uint64_t posts, uint64_t unknown)
{
    assert_int_equal(reason_of(&best, line), LINE_OK);
    assert_int_equal(best.tally.accepted, 1);
    assert_int_equal(best.tally.post_records, posts);
    assert_int_equal(best.tally.records_rejected[LINE_UNKNOWN_RECORD],
                     unknown);
    assert_int_equal(best.tally.records, posts + unknown);
}

static void records_of_arrays_are_taken_one_by_one(void **state)
{
    (void)state;
    expect_records("[]", 0, 0);
    expect_records("[" STATUS(7) "]", 1, 0);
    expect_records("[" STATUS(7) "," STATUS(8) "]", 2, 0);
    expect_records(" [ [ " STATUS(7) " ] , {} , 1 , [[]] ] ", 1, 2);
    expect_records("{\"statuses\":[" STATUS(7) "," STATUS(8) "]}", 2, 0);
    expect_records("{\"a\":[1],\"statuses\":[[" STATUS(7) "]],\"b\":{}}",
                   1, 0);
    expect_records("[{\"statuses\":[" STATUS(7) ",{\"statuses\":["
                   STATUS(8) "]}," STATUS(9) "]},\"x\"," STATUS(6) "]",
                   4, 1);
}

static void a_line_with_several_records_is_whole_or_rejected(void **state)
{
    (void)state;
    assert_int_equal(reason_of(&best, "[" STATUS(7) "," STATUS(8)),
                     LINE_BAD_JSON);
    assert_int_equal(best.batch.size, 0);
    assert_int_equal(best.tally.records, 0);
    assert_int_equal(reason_of(&best, STATUS(7) STATUS(8)), LINE_BAD_JSON);
    assert_int_equal(best.batch.size, 0);
}

static void a_rejected_line_leaves_the_batch_as_it_was(void **state)
{
    static const char *const bad[] = {"{", "{}", "\"\xFF\"",
                                      "{\"text\":\"\"," USER ",\"id\":0}"};
    (void)state;
    assert_int_equal(reason_of(&best, STATUS(7)), LINE_OK);
    size_t size = best.batch.size;
    for (int i = 0; i < 4; i++) {
        char line[256 + KERNEL_PADDING] = "";
        strcpy(line, bad[i]);
        assert_true(parse_line(best.parser, (uint8_t *)line, strlen(bad[i]),
                               10, &best.batch, &best.tally));
        assert_int_equal(best.batch.size, size);
    }
    assert_int_equal(best.tally.lines, 5);
    assert_int_equal(best.tally.sample_count, 4);
    assert_int_equal(best.tally.samples[3].line, 4);
    assert_int_equal(best.tally.samples[3].offset, 10);
}

static void a_line_of_a_megabyte_is_a_line(void **state)
{
    enum { BYTES = 1 << 20 };
    (void)state;
    char *line = malloc(BYTES + 512);
    assert_non_null(line);
    char *at = line + sprintf(line, "{\"created_at\":\"Wed Jul 03 06:29:00 "
                                    "+0000 2019\",\"id\":7,\"text\":\"");
    for (int i = 0; i < BYTES / 6; i++)
        at += sprintf(at, "\\u00e9");
    at += sprintf(at, "\"," USER "}");
    parsed_line(&best, line, (size_t)(at - line));
    assert_int_equal(best.tally.post_records, 1);
    free(line);
}

static void every_cut_of_a_line_is_rejected_by_every_kernel(void **state)
{
    static const char line[] =
        "{\"created_at\":\"Wed Jul 03 06:29:00 +0000 2019\",\"id\":7,"
        "\"text\":\"\\u00e9\xC3\xA9\",\"x\":[1,{\"a\":null}]," USER "}";
    (void)state;
    for (size_t size = 1; size + 1 < sizeof line; size++) {
        parsed_line(&scalar, line, size);
        parsed_line(&best, line, size);
        assert_int_not_equal(parsed_reason(&scalar), LINE_OK);
        assert_int_equal(parsed_reason(&scalar), parsed_reason(&best));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_reason_has_its_specimen),
        cmocka_unit_test(blank_lines_are_counted_apart),
        cmocka_unit_test(a_status_is_accepted_and_said),
        cmocka_unit_test(records_of_arrays_are_taken_one_by_one),
        cmocka_unit_test(a_line_with_several_records_is_whole_or_rejected),
        cmocka_unit_test(a_rejected_line_leaves_the_batch_as_it_was),
        cmocka_unit_test(a_line_of_a_megabyte_is_a_line),
        cmocka_unit_test(every_cut_of_a_line_is_rejected_by_every_kernel),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
