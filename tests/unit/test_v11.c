#include "parse_fixture.h"

#include <stdio.h>

static struct parsed line;

static int begin(void **state)
{
    (void)state;
    parsed_begin(&line, isa_best());
    return 0;
}

static int end(void **state)
{
    (void)state;
    parsed_end(&line);
    return 0;
}

#define AT "\"created_at\":\"Wed Jul 03 06:29:00 +0000 2019\","
#define AT_MS 1562135340000
#define USER "\"user\":{\"id\":5,\"id_str\":\"5\"}"
#define POST "{" AT "\"id\":7,\"id_str\":\"7\",\"text\":\"t\"," USER

/* ---- control messages -------------------------------------------------- */

static void every_control_kind_is_counted_by_its_name(void **state)
{
    (void)state;
    for (int kind = 0; kind <= CONTROL_ERRORS; kind++) {
        char text[128];
        snprintf(text, sizeof text, "{\"%s\":{\"a\":1}}",
                 control_kind_name((enum control_kind)kind));
        assert_int_equal(reason_of(&line, text), LINE_OK);
        assert_int_equal(line.tally.control, 1);
        assert_int_equal(line.tally.accepted, 0);
        assert_int_equal(line.tally.control_records[kind], 1);
        assert_int_equal(line.batch.size, 0);
    }
}

static void a_text_makes_it_no_control_message(void **state)
{
    (void)state;
    assert_int_equal(reason_of(&line, POST ",\"event\":1}"), LINE_OK);
    assert_int_equal(line.tally.post_records, 1);
    assert_int_equal(reason_of(&line, "{\"limit\":{},\"text\":1}"),
                     LINE_UNKNOWN_RECORD);
}

static void errors_are_control_only_when_alone(void **state)
{
    (void)state;
    assert_int_equal(reason_of(&line, "{ \"errors\" : [ 1 ] }"), LINE_OK);
    assert_int_equal(reason_of(&line, "{\"errors\":\"x\"}"), LINE_OK);
    assert_int_equal(reason_of(&line, "{\"errors\":[1],\"a\":1}"),
                     LINE_UNKNOWN_RECORD);
    assert_int_equal(reason_of(&line, "{\"a\":1,\"errors\":[1]}"),
                     LINE_UNKNOWN_RECORD);
}

static void a_delete_with_both_ids_is_a_notice(void **state)
{
    (void)state;
    assert_int_equal(
        reason_of(&line, "{\"delete\":{\"status\":{\"id\":3,\"id_str\":\"3\","
                         "\"user_id\":4,\"user_id_str\":\"4\"},"
                         "\"timestamp_ms\":\"1562135340000\"}}"), LINE_OK);
    struct batch_item item = item_at(&line, 0);
    assert_int_equal(item.kind, BATCH_NOTICE);
    assert_int_equal(item.notice.post.number, 3);
    assert_int_equal(item.notice.account.number, 4);
    assert_int_equal(item.notice.time, AT_MS);
    reason_of(&line, "{\"delete\":{\"status\":{\"id\":3,\"user_id\":4}}}");
    assert_int_equal(item_at(&line, 0).notice.time, TIME_NONE);
    reason_of(&line, "{\"delete\":{\"status\":{\"id\":3,\"user_id\":0}}}");
    assert_int_equal(line.batch.size, 0);
    assert_int_equal(line.tally.notices, 0);
    assert_int_equal(line.tally.control_records[CONTROL_DELETE], 1);
}

static void a_limit_tells_its_number(void **state)
{
    (void)state;
    reason_of(&line, "{\"limit\":{\"track\":12}}");
    assert_int_equal(line.tally.limit_track, 12);
    reason_of(&line, "{\"limit\":{\"track\":-12}}");
    assert_int_equal(line.tally.limit_track, 0);
}

/* ---- ids --------------------------------------------------------------- */

static void expect_id(const char *members, uint64_t number,
                      uint64_t mismatches)
{
    char text[1024];
    snprintf(text, sizeof text, "{" AT "%s,\"text\":\"t\"," USER "}", members);
    enum line_reason reason = reason_of(&line, text);
    if (!number) {
        assert_int_equal(reason, LINE_MISSING_KEY);
        return;
    }
    assert_int_equal(post_of(&line, text).id.number, number);
    assert_int_equal(line.tally.id_mismatch, mismatches);
}

static void id_str_decides_and_id_stands_in(void **state)
{
    (void)state;
    expect_id("\"id\":7,\"id_str\":\"7\"", 7, 0);
    expect_id("\"id\":8,\"id_str\":\"7\"", 7, 1);
    expect_id("\"id\":7", 7, 0);
    expect_id("\"id\":\"7\"", 7, 0);
    expect_id("\"id_str\":\"7\"", 7, 0);
    expect_id("\"id\":7,\"id_str\":null", 7, 0);
    expect_id("\"id\":7,\"id_str\":\"\"", 7, 1);
    expect_id("\"id\":7,\"id_str\":\"x\"", 7, 1);
    expect_id("\"id\":7,\"id_str\":\"\\u0037\"", 7, 0);
    expect_id("\"id\":9.4e+17,\"id_str\":\"942\"", 942, 1);
    expect_id("\"id\":[7],\"id_str\":[\"7\"]", 7, 0);
    expect_id("\"id\":[9.4e+17],\"id_str\":[\"942\"]", 942, 1);
    expect_id("\"id\":18446744073709551615", UINT64_MAX, 0);
    expect_id("\"id\":0", 0, 0);
    expect_id("\"id\":0,\"id_str\":\"0\"", 0, 0);
    expect_id("\"id\":-7", 0, 0);
    expect_id("\"id\":7.0", 0, 0);
    expect_id("\"id\":9.4e+17", 0, 0);
    expect_id("\"id\":null", 0, 0);
    expect_id("\"id\":[7,8]", 0, 0);
    expect_id("\"id\":{}", 0, 0);
    expect_id("\"x\":7", 0, 0);
}

static void ids_that_are_no_64_bit_numbers_are_texts(void **state)
{
    struct post post;
    (void)state;
    post = post_of(&line, "{" AT "\"id\":18446744073709551616,"
                          "\"text\":\"t\"," USER "}");
    assert_text(post.id.text, "18446744073709551616");
    post = post_of(&line, "{" AT "\"id_str\":\"007\",\"text\":\"t\"," USER "}");
    assert_text(post.id.text, "007");
}

/* ---- times ------------------------------------------------------------- */

static int64_t time_with(const char *members, uint64_t anomalies)
{
    char text[1024];
    snprintf(text, sizeof text, "{%s,\"text\":\"t\"," USER "}", members);
    int64_t time = post_of(&line, text).time;
    assert_int_equal(line.tally.time_anomalies, anomalies);
    return time;
}

static void the_event_time_follows_its_rules(void **state)
{
    /* The id's own time is 1562135340662. */
    const char *id = "\"id\":1146304818337722368";
    char text[512];
    (void)state;
    assert_int_equal(time_with(id, 0), 1562135340662);
    snprintf(text, sizeof text, AT "%s", id);
    assert_int_equal(time_with(text, 0), 1562135340662);
    snprintf(text, sizeof text, "%s,\"timestamp_ms\":\"1562135400662\"", id);
    assert_int_equal(time_with(text, 0), 1562135340662);
    snprintf(text, sizeof text, "%s,\"timestamp_ms\":1562135400663", id);
    assert_int_equal(time_with(text, 1), 1562135400663);
    snprintf(text, sizeof text, AT "%s,\"timestamp_ms\":1", id);
    assert_int_equal(time_with(text, 1), AT_MS);
    assert_int_equal(time_with(AT "\"id\":7", 0), AT_MS);
    assert_int_equal(time_with(AT "\"id\":7,\"timestamp_ms\":\"5\"", 0), 5);
    assert_int_equal(time_with(AT "\"id\":7,\"timestamp_ms\":-5", 0), AT_MS);
    assert_int_equal(time_with(AT "\"id\":7,\"timestamp_ms\":253402300800000",
                               0), AT_MS);
    assert_int_equal(reason_of(&line, "{\"id\":7,\"text\":\"t\"," USER "}"),
                     LINE_BAD_TIME);
}

/* ---- kinds and targets ------------------------------------------------- */

static struct post kind_of(const char *members, enum post_kind kind)
{
    char text[2048];
    snprintf(text, sizeof text, POST ",%s}", members);
    struct post post = post_of(&line, text);
    assert_int_equal(post.kind, kind);
    assert_int_equal(line.tally.kinds[kind], 1);
    return post;
}

#define QUOTED "\"quoted_status\":{\"id\":30,\"user\":{\"id\":31}}"
#define RETWEETED                                                             \
    "\"retweeted_status\":{\"id\":20,\"created_at\":"                         \
    "\"Wed Jul 03 06:29:00 +0000 2019\",\"user\":{\"id\":21}," QUOTED "}"

static void the_kind_of_a_post_is_told(void **state)
{
    struct post post;
    (void)state;
    post = kind_of("\"a\":1", KIND_ORIGINAL);
    assert_false(id_known(post.target));
    post = kind_of(RETWEETED ",\"in_reply_to_user_id\":9", KIND_RETWEET);
    assert_int_equal(post.target.number, 21);
    assert_int_equal(post.target_post.number, 20);
    assert_int_equal(post.original_time, AT_MS);
    assert_int_equal(line.tally.observations, 3);
    post = kind_of("\"in_reply_to_user_id\":9," QUOTED, KIND_REPLY);
    assert_int_equal(post.target.number, 9);
    assert_false(id_known(post.target_post));
    post = kind_of("\"in_reply_to_status_id_str\":\"8\"", KIND_REPLY);
    assert_int_equal(post.target_post.number, 8);
    post = kind_of(QUOTED, KIND_QUOTE);
    assert_int_equal(post.target.number, 31);
    assert_int_equal(post.target_post.number, 30);
    post = kind_of("\"is_quote_status\":true,\"quoted_status_id\":30",
                   KIND_QUOTE);
    assert_int_equal(post.target_post.number, 30);
    kind_of("\"is_quote_status\":false,\"quoted_status_id\":30",
            KIND_ORIGINAL);
    kind_of("\"is_quote_status\":true", KIND_ORIGINAL);
    kind_of("\"retweeted_status\":{},\"quoted_status\":null", KIND_ORIGINAL);
    kind_of("\"in_reply_to_user_id\":null", KIND_ORIGINAL);
}

static void embedded_authors_are_observed(void **state)
{
    (void)state;
    reason_of(&line, POST "," RETWEETED "}");
    static const uint64_t expected[] = {5, 0, 21, 31};
    for (uint32_t i = 0; i < 4; i++) {
        struct batch_item item = item_at(&line, i);
        if (i == 1) {
            assert_int_equal(item.kind, BATCH_POST);
            continue;
        }
        assert_int_equal(item.kind, BATCH_OBSERVATION);
        assert_int_equal(item.observation.id.number, expected[i]);
        assert_int_equal(item.observation.author, i == 0);
        assert_int_equal(item.observation.t_obs, AT_MS);
    }
}

static void a_manual_retweet_begins_so(void **state)
{
    static const struct {
        const char *text;
        bool manual;
    } cases[] = {
        {"RT @x: y", true}, {"RT @", true}, {"\\u0052T\\u0020\\u0040x", true},
        {"RT x", false}, {"RT ", false}, {"", false}, {" RT @x", false},
        {"rt @x", false}, {"\\ud83d\\ude00RT @", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "{" AT "\"id\":7,\"text\":\"%s\"," USER "}", cases[i].text);
        assert_int_equal(!!(post_of(&line, text).flags & FACT_MANUAL_RETWEET),
                         cases[i].manual);
        snprintf(text, sizeof text,
                 POST ",\"extended_tweet\":{\"full_text\":\"%s\"}}",
                 cases[i].text);
        assert_int_equal(!!(post_of(&line, text).flags & FACT_MANUAL_RETWEET),
                         cases[i].manual);
    }
    assert_false(kind_of("\"full_text\":\"RT @a\"," RETWEETED,
                         KIND_RETWEET).flags & FACT_MANUAL_RETWEET);
}

/* ---- contents ---------------------------------------------------------- */

static void languages_are_canonical(void **state)
{
    static const char *const cases[][2] = {
        {"en", "en"},  {"in", "id"},  {"iw", "he"}, {"und", ""},
        {"zxx", ""},   {"qme", ""},   {"qht", ""},  {"qam", ""},
        {"qct", ""},   {"qst", ""},   {"", ""},     {"zh-CN", "zh-CN"},
        {"ind", "ind"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char members[64];
        snprintf(members, sizeof members, "\"lang\":\"%s\"", cases[i][0]);
        struct post post = kind_of(members, KIND_ORIGINAL);
        assert_true(post.flags & FACT_HAS_LANGUAGE);
        assert_int_equal(post.language.size, strlen(cases[i][1]));
        assert_memory_equal(post.language.bytes, cases[i][1],
                            post.language.size);
    }
    assert_false(kind_of("\"lang\":null", KIND_ORIGINAL).flags & FACT_HAS_LANGUAGE);
}

static void the_client_is_the_text_of_the_source(void **state)
{
    struct post post;
    (void)state;
    post = kind_of("\"source\":\"\\u003ca href=\\\"x\\\"\\u003eW\\u00e9b"
                   "\\u003c\\/a\\u003e\"", KIND_ORIGINAL);
    assert_text(post.client, "W\xC3\xA9" "b");
    assert_true(post.flags & FACT_HAS_CLIENT);
    assert_false(kind_of("\"a\":1", KIND_ORIGINAL).flags & FACT_HAS_CLIENT);
    post = kind_of("\"source\":\"\"", KIND_ORIGINAL);
    assert_true(post.flags & FACT_HAS_CLIENT);
    assert_int_equal(post.client.size, 0);
}

static void a_profile_is_read_whole(void **state)
{
    (void)state;
    reason_of(&line,
              "{" AT "\"id\":7,\"text\":\"t\",\"user\":{\"id\":5,"
              "\"screen_name\":\"s\",\"name\":\"a\\u0000b\",\"description\":"
              "null,\"location\":\"\",\"created_at\":"
              "\"Thu Jan 01 00:00:01 +0000 1970\",\"followers_count\":1,"
              "\"friends_count\":\"100+\",\"statuses_count\":[3],"
              "\"favourites_count\":-4,\"listed_count\":5.0,"
              "\"default_profile\":true,\"verified\":[false],"
              "\"protected\":null}}");
    struct observation o = item_at(&line, 0).observation;
    static const int64_t counts[] = {1, 100, 3, COUNT_NONE, 5};
    static const uint8_t flags[] = {1, FLAG_NONE, 0, FLAG_NONE};
    assert_memory_equal(o.counts, counts, sizeof counts);
    assert_memory_equal(o.flags, flags, sizeof flags);
    assert_int_equal(o.created_at, 1000);
    assert_text(o.texts[TEXT_SCREEN_NAME], "s");
    assert_text(o.texts[TEXT_DISPLAY_NAME], "a\0b");
    assert_int_equal(o.texts[TEXT_DESCRIPTION].size, 0);
    assert_int_equal(o.texts[TEXT_LOCATION].size, 0);
    assert_int_equal(item_at(&line, 1).post.statuses, 3);
    /* An absent url is null as well: FEATURES.md. */
    reason_of(&line, POST "}");
    assert_int_equal(
        item_at(&line, 0).observation.texts[TEXT_SCREEN_NAME].size,
        TEXT_NONE);
}

static void a_record_without_its_keys_is_unknown(void **state)
{
    static const char *const unknown[] = {
        "{}", "1", "null", "\"x\"", "{\"text\":\"t\"}", "{" USER "}",
        "{\"text\":\"t\",\"user\":null}", "{\"text\":\"t\",\"user\":[]}"};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        assert_int_equal(reason_of(&line, unknown[i]), LINE_UNKNOWN_RECORD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_control_kind_is_counted_by_its_name),
        cmocka_unit_test(a_text_makes_it_no_control_message),
        cmocka_unit_test(errors_are_control_only_when_alone),
        cmocka_unit_test(a_delete_with_both_ids_is_a_notice),
        cmocka_unit_test(a_limit_tells_its_number),
        cmocka_unit_test(id_str_decides_and_id_stands_in),
        cmocka_unit_test(ids_that_are_no_64_bit_numbers_are_texts),
        cmocka_unit_test(the_event_time_follows_its_rules),
        cmocka_unit_test(the_kind_of_a_post_is_told),
        cmocka_unit_test(embedded_authors_are_observed),
        cmocka_unit_test(a_manual_retweet_begins_so),
        cmocka_unit_test(languages_are_canonical),
        cmocka_unit_test(the_client_is_the_text_of_the_source),
        cmocka_unit_test(a_profile_is_read_whole),
        cmocka_unit_test(a_record_without_its_keys_is_unknown),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
