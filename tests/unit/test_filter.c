#include "tests/unit/parse_fixture.h"

#include "stages/parse/csv_rows.h"
#include "stages/parse/filter.h"

#include <stdio.h>
#include <unistd.h>

/* ---- one line and one filter --------------------------------------------- */

struct found {
    uint64_t lines, posts, notices;
};

static struct filter *filter_of(const struct filter_request *request)
{
    struct fault fault = {0};
    struct filter_request whole = *request;
    if (!whole.since && !whole.until) {
        whole.since = INT64_MIN;
        whole.until = INT64_MAX;
    }
    struct filter *filter = filter_create(&whole, &fault);
    if (!filter)
        print_message("%s\n", fault.doing);
    assert_non_null(filter);
    return filter;
}

static struct found found_in(const struct filter_request *request,
                             const char *line)
{
    struct filter *filter = filter_of(request);
    struct parser_options options = {
        .isa = ISA_SCALAR, .ranged = true, .since = filter->since,
        .until = filter->until, .filter = filter};
    struct parsed parsed = {.parser = parser_create(&options)};
    assert_non_null(parsed.parser);
    parsed_line(&parsed, line, strlen(line));
    struct found found = {parsed.tally.matched_lines,
                          parsed.tally.matched_posts,
                          parsed.tally.matched_notices};
    assert_int_equal(parsed.batch.size, 0);
    parsed_end(&parsed);
    filter_free(filter);
    return found;
}

static bool finds(const struct filter_request *request, const char *line)
{
    struct found found = found_in(request, line);
    assert_int_equal(found.lines, found.posts + found.notices > 0);
    return found.lines;
}

static const char *list_file(const char *text)
{
    static char path[] = "/tmp/test_filter_XXXXXX";
    static bool made;
    FILE *file;
    if (!made)
        close(mkstemp(path));
    made = true;
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}

static bool lists(const char *list, const char *line)
{
    return finds(&(struct filter_request){.accounts = list_file(list)}, line);
}

static bool tagged(const char *tag, const char *line)
{
    return finds(&(struct filter_request){.hashtags = &tag,
                                          .hashtag_count = 1}, line);
}

static bool says(const char *word, const char *line)
{
    return finds(&(struct filter_request){.words = &word, .word_count = 1},
                 line);
}

/* ---- records -------------------------------------------------------------- */

#define USER(id, name) "{\"id\":" id ",\"id_str\":\"" id "\","                 \
    "\"screen_name\":\"" name "\",\"name\":\"n\"}"
#define TAGS(tag) "{\"hashtags\":[{\"text\":\"" tag "\",\"indices\":[0,1]}]}"
/* 2019-07-03T08:31:51.510Z, by its id. */
#define STATUS(text, more)                                                     \
    "{\"id\":1146335733915582464,\"id_str\":\"1146335733915582464\","          \
    "\"text\":\"" text "\",\"user\":" USER("42", "Some_Name") more "}"
#define STATUS_MS 1562142711510

static void accounts_are_listed_by_id_or_by_handle_in_any_case(void **state)
{
    (void)state;
    const char *line = STATUS("a", "");
    assert_true(lists("42\n", line));
    assert_true(lists("# who\n\n 7\n\t42 \r\n", line));
    assert_true(lists("@some_name", line));
    assert_true(lists("@SOME_NAME\n@other\n", line));
    assert_false(lists("@some\n@n\n4\n420\n042\nSome_Name\n", line));
    assert_false(lists("\n", line));
}

static void only_the_author_of_a_status_counts(void **state)
{
    (void)state;
    const char *line = STATUS("a", ",\"retweeted_status\":{\"id\":9,"
                                   "\"text\":\"b\",\"user\":"
                                   USER("7", "Seven") "}");
    assert_true(lists("42", line));
    assert_false(lists("7\n@seven", line));
}

static void hashtags_are_folded_on_both_sides(void **state)
{
    (void)state;
    assert_true(tagged("Stra\xC3\x9F" "e",
                       STATUS("a", ",\"entities\":" TAGS("STRASSE"))));
    assert_true(tagged("#STRASSE",
                       STATUS("a", ",\"entities\":" TAGS("stra\\u00dfe"))));
    assert_true(tagged("\xEF\xBC\x83" "abc",    /* a wide # */
                       STATUS("a", ",\"entities\":"
                                   TAGS("\\uff21\\uff22\\uff23"))));
    assert_true(tagged("\xE9\xA6\x99\xE6\xB8\xAF",
                       STATUS("a", ",\"entities\":" TAGS("\\u9999\\u6e2f"))));
    assert_false(tagged("\xE9\xA6\x99",
                        STATUS("a", ",\"entities\":"
                                    TAGS("\\u9999\\u6e2f"))));
    assert_false(tagged("abc", STATUS("#abc", "")));
}

static void hashtags_of_a_retweet_are_those_of_what_is_retweeted(void **state)
{
    (void)state;
    const char *line =
        STATUS("RT @x: b", ",\"entities\":" TAGS("cut")
               ",\"retweeted_status\":{\"id\":9,\"text\":\"b\",\"user\":"
               USER("7", "x") ",\"entities\":" TAGS("short")
               ",\"extended_tweet\":{\"full_text\":\"b c\",\"entities\":"
               TAGS("long") "}}");
    assert_true(tagged("long", line));
    assert_false(tagged("short", line));
    assert_false(tagged("cut", line));
}

static void words_are_parts_of_the_text_folded_on_both_sides(void **state)
{
    (void)state;
    const char *line =
        STATUS("\\u9999\\u6e2f\\u4eba \\uff33tra\\u00dfe A&amp;B\\nend", "");
    assert_true(says("\xE6\xB8\xAF", line));
    assert_true(says("\xE9\xA6\x99\xE6\xB8\xAF\xE4\xBA\xBA", line));
    assert_true(says("strasse", line));
    assert_true(says("STRASSE a&b", line));
    assert_true(says("b\nEND", line));
    assert_false(says("amp;", line));
    assert_false(says("\xE4\xBA\xBA\xE9\xA6\x99", line));
    assert_false(says("b end", line));
    assert_false(says("Some_Name", line));
}

static void the_whole_text_is_searched_wherever_it_stands(void **state)
{
    (void)state;
    assert_true(says("whole", STATUS("cut", ",\"extended_tweet\":"
                                            "{\"full_text\":\"the whole\"}")));
    assert_false(says("cut", STATUS("cut", ",\"extended_tweet\":"
                                           "{\"full_text\":\"whole\"}")));
    assert_true(says("full", STATUS("cut", ",\"full_text\":\"full\"")));
}

static void of_a_retweet_both_texts_are_searched(void **state)
{
    (void)state;
#define RETWEET(more) STATUS("RT @x: beg", ",\"retweeted_status\":{\"id\":9,"  \
    "\"text\":\"begins and\",\"user\":" USER("7", "x") more "}")
    assert_true(says("rt @X", RETWEET("")));
    assert_true(says("gins AND", RETWEET("")));
    assert_true(says("goes on", RETWEET(",\"full_text\":\"goes on\"")));
    assert_true(says("ends", RETWEET(",\"extended_tweet\":"
                                     "{\"full_text\":\"ends\"}")));
    assert_false(says("gins and", RETWEET(",\"full_text\":\"goes on\"")));
    assert_false(says("quoted", STATUS("a", ",\"quoted_status\":{\"id\":9,"
                                            "\"text\":\"quoted\",\"user\":"
                                            USER("7", "x") "}")));
#undef RETWEET
}

static void since_is_within_the_range_and_until_is_not(void **state)
{
    (void)state;
    const char *line = STATUS("a", "");
    static const struct {
        int64_t since, until;
        bool found;
    } cases[] = {
        {STATUS_MS, STATUS_MS + 1, true},
        {STATUS_MS, INT64_MAX, true},
        {INT64_MIN, STATUS_MS + 1, true},
        {INT64_MIN, STATUS_MS, false},
        {STATUS_MS + 1, INT64_MAX, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(finds(&(struct filter_request){
                                   .since = cases[i].since,
                                   .until = cases[i].until}, line),
                         cases[i].found);
}

/* ---- several kinds --------------------------------------------------------- */

static void all_kinds_must_hold_or_any_of_them_and_the_time_always(
    void **state)
{
    (void)state;
    const char *tags[] = {"no", "yes"}, *words[] = {"nothing", "some"};
    const char *line = STATUS("something", ",\"entities\":" TAGS("Yes"));
    for (int held = 0; held < 8; held++) {
        for (int any = 0; any < 2; any++) {
            struct filter_request request = {
                .accounts = list_file(held & 1 ? "42" : "43"),
                .hashtags = tags, .hashtag_count = held & 2 ? 2 : 1,
                .words = words, .word_count = held & 4 ? 2 : 1,
                .since = INT64_MIN, .until = INT64_MAX, .any = any};
            assert_int_equal(finds(&request, line),
                             any ? held > 0 : held == 7);
            request.until = STATUS_MS;
            assert_false(finds(&request, line));
        }
    }
}

static void delete_notices_have_an_account_and_maybe_a_time(void **state)
{
    (void)state;
#define NOTICE "{\"delete\":{\"status\":{\"id\":5,\"id_str\":\"5\","           \
    "\"user_id\":42,\"user_id_str\":\"42\"}"
    static const char timed[] =
        NOTICE ",\"timestamp_ms\":\"1562142711510\"}}";
    static const char untimed[] = NOTICE "}}";
    const char *word = "a";
    struct filter_request accounts = {.accounts = list_file("42"),
                                      .since = INT64_MIN,
                                      .until = INT64_MAX};
    struct filter_request times = {.since = STATUS_MS, .until = INT64_MAX};
    assert_int_equal(found_in(&accounts, timed).notices, 1);
    assert_true(finds(&accounts, untimed));
    assert_true(finds(&times, timed));
    assert_false(finds(&times, untimed));
    accounts.until = STATUS_MS;
    assert_false(finds(&accounts, timed));
    assert_true(finds(&accounts, untimed));
    accounts.words = &word;
    accounts.word_count = 1;
    assert_false(finds(&accounts, untimed));
    accounts.any = true;
    assert_true(finds(&accounts, untimed));
    assert_false(lists("@some_name\n43", timed));
    assert_false(finds(&(struct filter_request){.since = 0, .until = INT64_MAX},
                       "{\"limit\":{\"track\":5}}"));
#undef NOTICE
}

/* ---- other dialects -------------------------------------------------------- */

static void a_page_of_v2_is_found_by_any_of_its_posts(void **state)
{
    (void)state;
    static const char page[] =
        "{\"data\":[{\"id\":\"1146335733915582464\",\"author_id\":\"42\","
        "\"text\":\"one\",\"entities\":{\"hashtags\":[{\"tag\":\"Own\"}]}},"
        "{\"id\":\"1146335733915582465\",\"author_id\":\"43\","
        "\"text\":\"RT @s: tw\",\"referenced_tweets\":[{\"type\":"
        "\"retweeted\",\"id\":\"9\"}]}],\"includes\":{\"users\":["
        "{\"id\":\"43\",\"username\":\"Forty3\"},{\"id\":\"7\",\"username\":"
        "\"seven\"}],\"tweets\":[{\"id\":\"9\",\"author_id\":\"7\","
        "\"text\":\"two &lt;3\",\"entities\":{\"hashtags\":[{\"tag\":"
        "\"Joined\"}]}}]}}";
    assert_true(lists("42", page));
    assert_true(lists("@FORTY3", page));
    assert_false(lists("@seven\n7", page));
    assert_true(tagged("own", page));
    assert_true(tagged("joined", page));
    assert_true(says("o <3", page));
    assert_false(says("three", page));
    const char *words[] = {"one", "two"};
    struct found found = found_in(
        &(struct filter_request){.words = words, .word_count = 2}, page);
    assert_int_equal(found.posts, 2);
    assert_int_equal(found.lines, 1);
}

static void a_flattened_retweet_holds_both_texts(void **state)
{
    (void)state;
    static const char line[] =
        "{\"id\":\"1146335733915582464\",\"author_id\":\"42\",\"author\":"
        "{\"id\":\"42\",\"username\":\"Me\"},\"text\":\"RT\","
        "\"referenced_tweets\":[{\"type\":\"retweeted\",\"id\":\"9\","
        "\"author_id\":\"7\",\"text\":\"inside\",\"entities\":{\"hashtags\":"
        "[{\"tag\":\"T\"}]}}]}";
    assert_true(lists("@me", line));
    assert_true(says("INSIDE", line));
    assert_true(tagged("t", line));
}

static void reddit_has_texts_and_accounts(void **state)
{
    (void)state;
    static const char comment[] =
        "{\"subreddit\":\"s\",\"author\":\"Who\",\"id\":\"a\","
        "\"created_utc\":1562142711,\"body\":\"A &amp; b\"}";
    static const char crosspost[] =
        "{\"subreddit\":\"s\",\"author\":\"Who\",\"id\":\"b\","
        "\"created_utc\":1562142711,\"title\":\"new\",\"selftext\":\"\","
        "\"crosspost_parent\":\"t3_a\",\"crosspost_parent_list\":"
        "[{\"author\":\"x\",\"title\":\"the old\",\"selftext\":\"one\"}]}";
    static const char nobody[] =
        "{\"subreddit\":\"s\",\"author\":\"[deleted]\",\"id\":\"a\","
        "\"created_utc\":1562142711,\"body\":\"A\"}";
    assert_true(lists("Who", comment));
    assert_false(lists("who\n@Who", comment));
    assert_true(says("a & B", comment));
    assert_true(says("NEW", crosspost));
    assert_true(says("old\none", crosspost));
    assert_false(says("a", nobody));
    assert_false(tagged("a", comment));
}

static void bluesky_has_tags_texts_and_deletes(void **state)
{
    (void)state;
    static const char post[] =
        "{\"did\":\"did:plc:me\",\"time_us\":1562142711510000,"
        "\"kind\":\"commit\",\"commit\":{\"operation\":\"create\","
        "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\",\"record\":"
        "{\"text\":\"Some #Tag\",\"facets\":[{\"index\":{\"byteStart\":5,"
        "\"byteEnd\":9},\"features\":[{\"$type\":"
        "\"app.bsky.richtext.facet#tag\",\"tag\":\"Tag\"}]}]}}}";
    static const char gone[] =
        "{\"did\":\"did:plc:me\",\"time_us\":1562142711510000,"
        "\"kind\":\"commit\",\"commit\":{\"operation\":\"delete\","
        "\"collection\":\"app.bsky.feed.post\",\"rkey\":\"k\"}}";
    assert_true(lists("did:plc:me", post));
    assert_true(lists("did:plc:me", gone));
    assert_true(tagged("TAG", post));
    assert_true(says("some #", post));
    assert_false(says("some", gone));
}

static void the_archive_in_json_has_its_own_names(void **state)
{
    (void)state;
    static const char line[] =
        "{\"tweetid\":\"1146335733915582464\",\"userid\":\"42\","
        "\"user_screen_name\":\"Me\",\"tweet_text\":\"a &gt; b\","
        "\"tweet_time\":\"2019-07-03 08:33\",\"hashtags\":[\"Tag\"]}";
    assert_true(lists("@ME", line));
    assert_true(says("a > b", line));
    assert_true(tagged("tag", line));
}

/* ---- rows ------------------------------------------------------------------ */

static void rows_are_taken_as_they_stand(void **state)
{
    (void)state;
    static const char text[] =
        "tweetid,userid,tweet_text,tweet_time\r\n"
        "1146335733915582464,42,\"a \"\"quote\"\"\n here\",2019-07-03 08:33\r\n"
        "1146335733915582465,43,b,2019-07-03 08:33\n"
        "tweetid,userid,tweet_text,tweet_time\n"
        "1146335733915582466,42,c,2019-07-03 08:33\n";
    static const char *const rows[] = {
        "1146335733915582464,42,\"a \"\"quote\"\"\n here\",2019-07-03 08:33\r",
        "1146335733915582466,42,c,2019-07-03 08:33"};
    struct filter *filter =
        filter_of(&(struct filter_request){.accounts = list_file("42")});
    struct row_parser *parser = row_parser_create(
        &(struct parser_options){.isa = ISA_SCALAR, .filter = filter});
    struct csv_layout layout;
    struct tally tally;
    struct batch batch = {0};
    struct batch_item item;
    uint8_t *copy = malloc(sizeof text + KERNEL_PADDING);
    size_t taken, at = 0;
    assert_non_null(copy);
    memcpy(copy, text, sizeof text);
    tally_init(&tally);
    assert_true(csv_layout_read(&layout, copy, sizeof text - 1, true));
    assert_true(rows_take(parser, &layout, copy, sizeof text - 1, 1000, &batch,
                          &tally, &taken));
    assert_int_equal(taken, sizeof text - 1);
    assert_int_equal(tally.matched_lines, 2);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(batch_next(&batch, &at, &item), BATCH_LINE);
        assert_int_equal(item.line.size, strlen(rows[i]));
        assert_memory_equal(item.line.bytes, rows[i], item.line.size);
    }
    assert_int_equal(batch_next(&batch, &at, &item), BATCH_END);
    batch_free(&batch);
    row_parser_free(parser);
    filter_free(filter);
    free(copy);
}

/* ---- what is refused -------------------------------------------------------- */

static void what_finds_nothing_or_everything_is_refused(void **state)
{
    (void)state;
    const char *empty = "", *hash = "#", *bytes = "\xFF";
    const struct {
        struct filter_request request;
        enum exit_code code;
    } cases[] = {
        {{.since = INT64_MIN, .until = INT64_MAX}, CODE_USAGE},
        {{.words = &empty, .word_count = 1}, CODE_USAGE},
        {{.hashtags = &hash, .hashtag_count = 1}, CODE_USAGE},
        {{.words = &bytes, .word_count = 1}, CODE_USAGE},
        {{.accounts = list_file("1\n@\n")}, CODE_USAGE},
        {{.accounts = "/nowhere/at/all"}, CODE_INPUT},
        {{.accounts = "/"}, CODE_INPUT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fault fault = {0};
        assert_null(filter_create(&cases[i].request, &fault));
        assert_int_equal(fault.code, cases[i].code);
    }
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(list_file(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accounts_are_listed_by_id_or_by_handle_in_any_case),
        cmocka_unit_test(only_the_author_of_a_status_counts),
        cmocka_unit_test(hashtags_are_folded_on_both_sides),
        cmocka_unit_test(hashtags_of_a_retweet_are_those_of_what_is_retweeted),
        cmocka_unit_test(words_are_parts_of_the_text_folded_on_both_sides),
        cmocka_unit_test(the_whole_text_is_searched_wherever_it_stands),
        cmocka_unit_test(of_a_retweet_both_texts_are_searched),
        cmocka_unit_test(since_is_within_the_range_and_until_is_not),
        cmocka_unit_test(
            all_kinds_must_hold_or_any_of_them_and_the_time_always),
        cmocka_unit_test(delete_notices_have_an_account_and_maybe_a_time),
        cmocka_unit_test(a_page_of_v2_is_found_by_any_of_its_posts),
        cmocka_unit_test(a_flattened_retweet_holds_both_texts),
        cmocka_unit_test(reddit_has_texts_and_accounts),
        cmocka_unit_test(bluesky_has_tags_texts_and_deletes),
        cmocka_unit_test(the_archive_in_json_has_its_own_names),
        cmocka_unit_test(rows_are_taken_as_they_stand),
        cmocka_unit_test(what_finds_nothing_or_everything_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, tear_down);
}
