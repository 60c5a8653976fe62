#include "parse_fixture.h"

#include "stages/hash.h"
#include "stages/parse/scalar.h"

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

#define COMMENT(more)                                                          \
    "{'subreddit':'a','author':'Ann','id':'c13','parent_id':'t3_17',"          \
    "'created_utc':1134365188,'body':'b'" more "}"
#define SUBMISSION(more)                                                       \
    "{'subreddit':'a','author':'Ann','id':'dbk','created_utc':1134365188,"     \
    "'title':'T','selftext':'s'" more "}"

static void a_comment_is_a_reply(void **state)
{
    (void)state;
    struct post post =
        post_of(&line, json(COMMENT(",'author_created_utc':1000000000")));
    assert_int_equal(post.platform, PLATFORM_REDDIT);
    assert_int_equal(post.kind, KIND_REPLY);
    assert_id(post.account, "Ann");
    assert_id(post.id, "t1_c13");
    assert_id(post.target_post, "t3_17");
    assert_false(id_known(post.target));
    assert_int_equal(post.time, 1134365188000);
    assert_int_equal(post.flags, FACT_HAS_TEXT);
    assert_int_equal(post.followers, COUNT_NONE);
    assert_int_equal(line.tally.dialect_posts[DIALECT_REDDIT], 1);
    assert_int_equal(line.tally.id_times, 0);
    struct observation o = observation_at(&line, 0);
    assert_true(o.author);
    assert_int_equal(o.created_at, 1000000000000);
    assert_text(o.texts[TEXT_SCREEN_NAME], "Ann");
    assert_int_equal(o.texts[TEXT_DISPLAY_NAME].size, TEXT_NONE);
    assert_int_equal(post.name_hash, hash_bytes64("Ann\xFF", 4));
    assert_int_equal(o.counts[COUNT_FOLLOWERS], COUNT_NONE);
    assert_int_equal(o.flags[FLAG_VERIFIED], FLAG_NONE);
}

static void a_submission_is_an_original_with_title_and_text(void **state)
{
    (void)state;
    struct post post = post_of(&line, json(SUBMISSION("")));
    assert_int_equal(post.kind, KIND_ORIGINAL);
    assert_id(post.id, "t3_dbk");
    assert_int_equal(post.text.length, 3);
    assert_int_equal(post.text.hash, hash_bytes64("t s", 3));
    assert_int_equal(post.urls, 0);
    assert_true(post.flags & FACT_HAS_URLS);
}

static void only_a_link_submission_has_a_link(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json(SUBMISSION(",'is_self':false,'url':'https://www.B.c/d'")));
    assert_int_equal(post.urls, 1);
    assert_text(list_text_at(post.domains, 0), "b.c");
    post = post_of(&line, json(SUBMISSION(",'is_self':true,'url':'http://a'")));
    assert_int_equal(post.urls, 0);
    post = post_of(&line, json(SUBMISSION(",'url':''")));
    assert_int_equal(post.urls, 0);
    post = post_of(&line, json(COMMENT(",'url':'http://a'")));
    assert_false(post.flags & FACT_HAS_URLS);
}

static void links_are_removed_by_pattern_and_mentions_stay(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json("{'subreddit':'a','author':'Ann','id':'1','created_utc':1,"
                    "'body':'&amp; HTTP://x.y/z @ann'}"));
    assert_int_equal(post.text.length, 7);
}

static void a_crosspost_is_a_retweet(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json(SUBMISSION(",'crosspost_parent':'t3_old',"
                               "'crosspost_parent_list':[{'created_utc':"
                               "1134365100.5,'author':'Bob'},{'author':'C'}]")));
    assert_int_equal(post.kind, KIND_RETWEET);
    assert_id(post.target, "Bob");
    assert_id(post.target_post, "t3_old");
    assert_int_equal(post.original_time, 1134365100500);
    assert_false(post.flags & FACT_HAS_TEXT);
    post = post_of(&line,
                   json(SUBMISSION(",'crosspost_parent':'t3_old',"
                                   "'crosspost_parent_list':[{'author':"
                                   "'[deleted]'}]")));
    assert_int_equal(post.kind, KIND_RETWEET);
    assert_false(id_known(post.target));
}

static void a_post_of_the_deleted_has_no_account(void **state)
{
    (void)state;
    assert_int_equal(reason_of(&line, json("{'subreddit':'a','author':"
                                           "'[deleted]','body':'b'}")),
                     LINE_OK);
    assert_int_equal(line.tally.accepted, 1);
    assert_int_equal(line.tally.no_account, 1);
    assert_int_equal(line.tally.post_records, 0);
    assert_int_equal(line.batch.size, 0);
}

static void what_lacks_its_keys_is_rejected(void **state)
{
    (void)state;
#define RECORD(author, id, at)                                                 \
    json("{'subreddit':'a','author':" author ",'id':" id ",'created_utc':" at  \
         ",'body':'b'}")
    assert_int_equal(reason_of(&line, RECORD("null", "'a'", "1")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, RECORD("'A'", "'a_b'", "1")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, RECORD("'A'", "''", "1")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, RECORD("'A'", "'a'", "-1")),
                     LINE_BAD_TIME);
    assert_int_equal(reason_of(&line, RECORD("'A'", "'a'", "'1'")), LINE_OK);
    assert_int_equal(reason_of(&line, RECORD("'A'", "12", "1")), LINE_OK);
    assert_int_equal(
        reason_of(&line, json("{'subreddit':'a','author':'A','id':'1'}")),
        LINE_UNKNOWN_RECORD);
}

static void seconds_are_numbers_cut_to_milliseconds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {
        {"0", 0}, {"1134365188", 1134365188000}, {"1.0", 1000},
        {"1.2345", 1234}, {"1.5e9", 1500000000000}, {"15E8", 1500000000000},
        {"1500000000000000e-6", 1500000000000}, {"0.0009", 0},
        {"0.00000000000000000000000000001e29", 1000},
        {"253402300799.999", 253402300799999},
        {"253402300800", TIME_NONE}, {"1e30", TIME_NONE}, {"1e999", TIME_NONE},
        {"-1", TIME_NONE}, {"", TIME_NONE}, {"1.", TIME_NONE},
        {".5", TIME_NONE}, {"1e", TIME_NONE}, {"1e+", TIME_NONE},
        {"1e1000", TIME_NONE}, {"1 ", TIME_NONE}, {"00012", 12000},
        {"0e999", 0}, {"1e-999", 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(time_from_seconds((const uint8_t *)cases[i].text,
                                           (uint32_t)strlen(cases[i].text)),
                         cases[i].ms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_comment_is_a_reply),
        cmocka_unit_test(a_submission_is_an_original_with_title_and_text),
        cmocka_unit_test(only_a_link_submission_has_a_link),
        cmocka_unit_test(links_are_removed_by_pattern_and_mentions_stay),
        cmocka_unit_test(a_crosspost_is_a_retweet),
        cmocka_unit_test(a_post_of_the_deleted_has_no_account),
        cmocka_unit_test(what_lacks_its_keys_is_rejected),
        cmocka_unit_test(seconds_are_numbers_cut_to_milliseconds),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
