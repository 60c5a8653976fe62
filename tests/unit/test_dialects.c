#include "parse_fixture.h"

#include "key_order.h"

/* One record of each dialect, whole. Without white space (key_order.h). */
static const char *const RECORDS[DIALECT_COUNT] = {
    [DIALECT_V11] =
        "{'created_at':'Wed Jul 03 06:29:00 +0000 2019','id':7,'id_str':'7',"
        "'text':'a\\u00e9 @b http://c #d','source':'Web','lang':'en',"
        "'entities':{'hashtags':[{'text':'D','indices':[16,18]}],'urls':"
        "[{'url':'http://c','expanded_url':'http://e.f/','indices':[6,14]}],"
        "'user_mentions':[{'screen_name':'b','indices':[3,5]}]},"
        "'extended_entities':{'media':[{'type':'photo','indices':[6,14]}]},"
        "'retweet_count':1,'favorite_count':2,'is_quote_status':true,"
        "'user':{'id':5,'id_str':'5','screen_name':'s','name':'n','url':null,"
        "'followers_count':3,'statuses_count':4,'verified':false},"
        "'quoted_status':{'id_str':'2','created_at':'x','user':{'id_str':'1',"
        "'location':'l'},'retweet_count':8}}",
    [DIALECT_V2] =
        "{'data':[{'id':'9','author_id':'5','text':'RT @a: b','created_at':"
        "'2021-04-08T19:33:45.000Z','lang':'en','source':'s',"
        "'referenced_tweets':[{'type':'retweeted','id':'8'}]},"
        "{'id':'10','author_id':'6','text':'@a b','created_at':"
        "'2021-04-08T19:33:46.000Z','entities':{'mentions':[{'start':0,"
        "'end':2}]},'public_metrics':{'retweet_count':1,'like_count':2}}],"
        "'includes':{'users':[{'id':'5','username':'f','name':'n',"
        "'public_metrics':{'followers_count':7}},{'id':'6','url':''}],"
        "'tweets':[{'id':'8','author_id':'6','entities':{'hashtags':"
        "[{'tag':'T'}]}}]},'meta':{'result_count':2},"
        "'__twarc':{'retrieved_at':'2021-04-08T20:00:00+00:00'}}",
    [DIALECT_IO_ARCHIVE] =
        "{'tweetid':'1198473762313818112','userid':'12','user_screen_name':'s',"
        "'follower_count':12,'account_creation_date':'2019-11-05',"
        "'tweet_language':'th','tweet_text':'hello @you http://t.co/x',"
        "'tweet_time':'2019-11-24 05:20','tweet_client_name':'Web',"
        "'is_retweet':false,'like_count':3,'retweet_count':1,"
        "'hashtags':['a'],'urls':['http://www.e.com/x'],"
        "'user_mentions':['123']}",
    [DIALECT_REDDIT] =
        "{'subreddit':'a','author':'Ann','id':'dbk','created_utc':1134365188,"
        "'title':'T','selftext':'s','url':'http://b.c/','crosspost_parent':"
        "'t3_o','crosspost_parent_list':[{'author':'Bob','created_utc':1}],"
        "'author_created_utc':1000000000}",
    [DIALECT_BLUESKY] =
        "{'did':'did:plc:a','time_us':1783175888085434,'kind':'commit',"
        "'commit':{'operation':'create','collection':'app.bsky.feed.post',"
        "'rkey':'k','record':{'text':'see x.y','langs':['en'],'facets':["
        "{'index':{'byteStart':4,'byteEnd':7},'features':[{'$type':"
        "'app.bsky.richtext.facet#link','uri':'http://x.y/'}]}],'embed':"
        "{'media':{'images':[{}]},'record':{'record':{'uri':"
        "'at://did:plc:q/app.bsky.feed.post/9'}}}}}}",
};

struct taken {
    struct batch batch;
    struct tally tally;
};

/* Takes the batch and tally of the parser's last line. */
static struct taken take(struct parsed *parsed, const char *text)
{
    struct taken taken;
    parsed_line(parsed, text, strlen(text));
    taken.batch = parsed->batch;
    taken.tally = parsed->tally;
    parsed->batch = (struct batch){0};
    return taken;
}

/* The same but for how many bytes the line had, and samples. */
static void assert_same(const struct taken *a, const struct taken *b)
{
    assert_int_equal(a->batch.size, b->batch.size);
    assert_memory_equal(a->batch.bytes, b->batch.bytes, a->batch.size);
    assert_memory_equal(&a->tally, &b->tally, offsetof(struct tally, samples));
}

static void every_record_is_of_its_dialect(void **state)
{
    (void)state;
    struct parsed parsed;
    parsed_begin(&parsed, isa_best());
    for (int id = 0; id < DIALECT_COUNT; id++) {
        assert_int_equal(reason_of(&parsed, json(RECORDS[id])), LINE_OK);
        uint64_t posts = id == DIALECT_V2 ? 2 : 1;
        assert_int_equal(parsed.tally.dialect_records[id], posts);
        assert_int_equal(parsed.tally.dialect_posts[id], posts);
        assert_int_equal(parsed.tally.post_records, posts);
    }
    parsed_end(&parsed);
}

static void the_order_of_keys_and_unknown_keys_change_nothing(void **state)
{
    (void)state;
    struct parsed parsed;
    parsed_begin(&parsed, isa_best());
    for (int id = 0; id < DIALECT_COUNT; id++) {
        const char *text = json(RECORDS[id]);
        struct taken plain = take(&parsed, text);
        assert_int_equal(plain.tally.accepted, 1);
        for (int order = 0; order < KEY_ORDERS; order++) {
            char other[2 * JSON_BYTES];
            key_order(other, text, (enum key_order)order);
            assert_true(strcmp(other, text) != 0);
            struct taken taken = take(&parsed, other);
            assert_same(&plain, &taken);
            batch_free(&taken.batch);
        }
        batch_free(&plain.batch);
    }
    parsed_end(&parsed);
}

static void what_came_before_changes_nothing(void **state)
{
    (void)state;
    struct parsed fresh[DIALECT_COUNT], used;
    parsed_begin(&used, isa_best());
    for (int id = 0; id < DIALECT_COUNT; id++)
        parsed_begin(&fresh[id], ISA_SCALAR);
    for (int before = 0; before < DIALECT_COUNT; before++)
        for (int id = 0; id < DIALECT_COUNT; id++) {
            struct taken first = take(&used, json(RECORDS[before]));
            struct taken got = take(&used, json(RECORDS[id]));
            struct taken expected = take(&fresh[id], json(RECORDS[id]));
            assert_same(&expected, &got);
            batch_free(&first.batch);
            batch_free(&got.batch);
            batch_free(&expected.batch);
        }
    for (int id = 0; id < DIALECT_COUNT; id++)
        parsed_end(&fresh[id]);
    parsed_end(&used);
}

static void an_array_may_hold_every_dialect(void **state)
{
    (void)state;
    struct parsed parsed;
    char text[JSON_BYTES] = "[";
    parsed_begin(&parsed, isa_best());
    for (int id = 0; id < DIALECT_COUNT; id++)
        strcat(strcat(text, RECORDS[id]), ",");
    strcat(text, "{'a':1}]");
    assert_int_equal(reason_of(&parsed, json(text)), LINE_OK);
    assert_int_equal(parsed.tally.records, DIALECT_COUNT + 2);
    assert_int_equal(parsed.tally.post_records, DIALECT_COUNT + 1);
    for (int id = 0; id < DIALECT_COUNT; id++)
        assert_int_equal(parsed.tally.dialect_posts[id],
                         id == DIALECT_V2 ? 2 : 1);
    parsed_end(&parsed);
}

static void the_first_test_that_matches_names_the_dialect(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum dialect_id dialect;
    } cases[] = {
        {"{'delete':1,'data':[]}", DIALECT_V11},
        {"{'data':{},'user':{},'text':'t'}", DIALECT_V2},
        {"{'data':1,'user':{},'text':'t'}", DIALECT_V11},
        {"{'data':{},'errors':[]}", DIALECT_V2},
        {"{'errors':[]}", DIALECT_V11},
        {"{'user':{},'text':1,'author_id':'1'}", DIALECT_V11},
        {"{'user':1,'text':'t','author_id':null}", DIALECT_V2},
        {"{'author':{},'text':'t','tweetid':1,'userid':1}", DIALECT_V2},
        {"{'author':'a','text':'t','subreddit':'s','body':''}",
         DIALECT_REDDIT},
        {"{'tweetid':1,'userid':1,'subreddit':'s','author':'a'}",
         DIALECT_IO_ARCHIVE},
        {"{'subreddit':'s','author':'a','did':'d','commit':{}}",
         DIALECT_REDDIT},
        {"{'did':'d','commit':1}", DIALECT_BLUESKY},
        {"{'did':'d','kind':'k'}", DIALECT_BLUESKY},
        {"{'did':'d'}", DIALECT_COUNT},
        {"{'text':'t'}", DIALECT_COUNT},
        {"{'tweetid':1}", DIALECT_COUNT},
    };
    struct parsed parsed;
    parsed_begin(&parsed, isa_best());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        (void)reason_of(&parsed, json(cases[i].text));
        for (int id = 0; id < DIALECT_COUNT; id++)
            if (parsed.tally.dialect_records[id])
                assert_int_equal(id, cases[i].dialect);
        if (cases[i].dialect == DIALECT_COUNT)
            assert_int_equal(
                parsed.tally.records_rejected[LINE_UNKNOWN_RECORD], 1);
    }
    parsed_end(&parsed);
}

/* ---- times asked for ---------------------------------------------------- */

static void posts_outside_the_range_leave_nothing(void **state)
{
    (void)state;
    for (int id = 0; id < DIALECT_COUNT; id++) {
        struct parsed parsed;
        parsed_begin(&parsed, isa_best());
        parser_free(parsed.parser);
        parsed.parser = parser_create(
            &(struct parser_options){.isa = isa_best(), .ranged = true,
                                     .since = INT64_MIN, .until = 1000});
        assert_non_null(parsed.parser);
        uint64_t posts = id == DIALECT_V2 ? 2 : 1;
        assert_int_equal(reason_of(&parsed, json(RECORDS[id])), LINE_OK);
        assert_int_equal(parsed.tally.accepted, 1);
        assert_int_equal(parsed.tally.outside_range, posts);
        assert_int_equal(parsed.tally.records, posts);
        assert_int_equal(parsed.tally.post_records, 0);
        assert_int_equal(parsed.tally.observations, 0);
        assert_int_equal(parsed.batch.size, 0);
        parsed_end(&parsed);
    }
}

#define NOTICE(more)                                                           \
    "{'delete':{'status':{'id_str':'1','user_id_str':'2'}" more "}}"

static void since_is_in_the_range_and_until_is_not(void **state)
{
    (void)state;
    struct parsed parsed;
    parsed_begin(&parsed, isa_best());
    parser_free(parsed.parser);
    parsed.parser = parser_create(&(struct parser_options){
        .isa = isa_best(), .ranged = true, .since = 1000, .until = 2000});
#define BODY(at)                                                               \
    json("{'subreddit':'s','author':'a','id':'1','body':'','created_utc':" at  \
         "}")
    (void)reason_of(&parsed, BODY("0.999"));
    assert_int_equal(parsed.tally.outside_range, 1);
    (void)reason_of(&parsed, BODY("1"));
    assert_int_equal(parsed.tally.post_records, 1);
    (void)reason_of(&parsed, BODY("1.999"));
    assert_int_equal(parsed.tally.post_records, 1);
    (void)reason_of(&parsed, BODY("2"));
    assert_int_equal(parsed.tally.outside_range, 1);
    (void)reason_of(&parsed, json(NOTICE(",'timestamp_ms':'1000'")));
    assert_int_equal(parsed.tally.notices, 1);
    (void)reason_of(&parsed, json(NOTICE(",'timestamp_ms':'2000'")));
    assert_int_equal(parsed.tally.notices, 0);
    assert_int_equal(parsed.tally.control_records[CONTROL_DELETE], 1);
    (void)reason_of(&parsed, json(NOTICE("")));
    assert_int_equal(parsed.tally.notices, 1);
    parsed_end(&parsed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_of_its_dialect),
        cmocka_unit_test(the_order_of_keys_and_unknown_keys_change_nothing),
        cmocka_unit_test(what_came_before_changes_nothing),
        cmocka_unit_test(an_array_may_hold_every_dialect),
        cmocka_unit_test(the_first_test_that_matches_names_the_dialect),
        cmocka_unit_test(posts_outside_the_range_leave_nothing),
        cmocka_unit_test(since_is_in_the_range_and_until_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
