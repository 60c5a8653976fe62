#include "parse_fixture.h"

#include "stages/hash.h"

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

#define EVENT(operation, collection, record)                                   \
    "{'did':'did:plc:a','time_us':1783175888085434,'kind':'commit','commit':"  \
    "{'rev':'r','operation':'" operation "','collection':'" collection         \
    "','rkey':'3k'" record ",'cid':'c'}}"
#define POST(members)                                                          \
    EVENT("create", "app.bsky.feed.post", ",'record':{" members "}")

static void a_post_is_told_by_its_uri(void **state)
{
    (void)state;
    struct post post = post_of(&line, json(POST("'text':'t','langs':['in']")));
    assert_int_equal(post.platform, PLATFORM_BLUESKY);
    assert_int_equal(post.kind, KIND_ORIGINAL);
    assert_id(post.account, "did:plc:a");
    assert_id(post.id, "at://did:plc:a/app.bsky.feed.post/3k");
    assert_int_equal(post.time, 1783175888085);
    assert_text(post.language, "id");
    assert_int_equal(post.flags, FACT_HAS_TEXT | FACT_HAS_LANGUAGE);
    assert_int_equal(line.tally.dialect_posts[DIALECT_BLUESKY], 1);
    assert_true(observation_at(&line, 0).author);
    assert_int_equal(observation_at(&line, 0).created_at, TIME_NONE);
}

static void languages_are_the_first_of_an_array(void **state)
{
    (void)state;
    struct post post = post_of(&line, json(POST("'langs':[]")));
    assert_true(post.flags & FACT_HAS_LANGUAGE);
    assert_int_equal(post.language.size, 0);
    post = post_of(&line, json(POST("'langs':['und','en']")));
    assert_int_equal(post.language.size, 0);
    post = post_of(&line, json(POST("'langs':'en'")));
    assert_false(post.flags & FACT_HAS_LANGUAGE);
}

#define URI(did) "'uri':'at://did:plc:" did "/app.bsky.feed.post/9'"

static void replies_quotes_and_reposts_have_targets(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json(POST("'reply':{'root':{" URI("r") "},'parent':{" URI(
                             "p") "}},'embed':{'record':{" URI("q") "}}")));
    assert_int_equal(post.kind, KIND_REPLY);
    assert_id(post.target, "did:plc:p");
    assert_id(post.target_post, "at://did:plc:p/app.bsky.feed.post/9");
    post = post_of(&line, json(POST("'embed':{'record':{" URI("q") "}}")));
    assert_int_equal(post.kind, KIND_QUOTE);
    assert_id(post.target, "did:plc:q");
    post = post_of(&line, json(POST("'embed':{'media':{'images':[{},{}]},"
                                    "'record':{'record':{" URI("w") "}}}")));
    assert_int_equal(post.kind, KIND_QUOTE);
    assert_id(post.target, "did:plc:w");
    post = post_of(&line, json(EVENT("create", "app.bsky.feed.repost",
                                     ",'record':{'subject':{" URI("s") "}}")));
    assert_int_equal(post.kind, KIND_RETWEET);
    assert_id(post.target, "did:plc:s");
    assert_int_equal(post.original_time, TIME_NONE);
    assert_int_equal(post.flags, 0);
    post = post_of(&line,
                   json(POST("'reply':{'parent':{'uri':'at://ann.org/p/1'}}")));
    assert_int_equal(post.kind, KIND_REPLY);
    assert_false(id_known(post.target));
    assert_id(post.target_post, "at://ann.org/p/1");
}

#define FACET(from, to, features)                                              \
    "{'index':{'byteStart':" from ",'byteEnd':" to "},'features':[" features   \
    "]}"
#define TYPE "'$type':'app.bsky.richtext.facet#"

static void facets_are_hashtags_links_and_mentions(void **state)
{
    (void)state;
    /* 沙 is 3 bytes: "沙 @b #c x.y d". */
    struct post post = post_of(
        &line,
        json(POST("'text':'\\u6c99 @b #c x.y d','facets':[" FACET(
            "4", "6", "{'did':'did:plc:b'," TYPE "mention'}") "," FACET(
            "7", "9", "{" TYPE "tag','tag':'C'}") "," FACET(
            "10", "13", "{'uri':'http://x.y/z'," TYPE "link'},{" TYPE
                        "other'}") ",7]")));
    assert_int_equal(post.hashtags.count, 1);
    assert_text(list_text_at(post.hashtags, 0), "c");
    assert_int_equal(post.urls, 1);
    assert_text(list_text_at(post.domains, 0), "x.y");
    assert_int_equal(post.mentions, 1);
    assert_int_equal(post.text.length, 8);
    assert_int_equal(post.text.hash, hash_bytes64("\xE6\xB2\x99 #c d", 8));
    int all = FACT_HAS_HASHTAGS | FACT_HAS_URLS | FACT_HAS_MENTIONS;
    assert_int_equal(post.flags & all, all);
    post = post_of(&line, json(POST("'text':'t'")));
    assert_int_equal(post.flags & all, 0);
}

static void media_are_not_carried(void **state)
{
    (void)state;
    struct post post =
        post_of(&line, json(POST("'embed':{'images':[{},{},{}]}")));
    assert_false(post.flags & FACT_HAS_MEDIA);
    assert_int_equal(post.kind, KIND_ORIGINAL);
}

static void a_deleted_post_is_a_notice(void **state)
{
    (void)state;
    assert_int_equal(
        reason_of(&line, json(EVENT("delete", "app.bsky.feed.post", ""))),
        LINE_OK);
    assert_int_equal(line.tally.control, 1);
    assert_int_equal(line.tally.control_records[CONTROL_DELETE], 1);
    assert_int_equal(line.tally.notices, 1);
    struct notice notice = item_at(&line, 0).notice;
    assert_int_equal(notice.platform, PLATFORM_BLUESKY);
    assert_id(notice.account, "did:plc:a");
    assert_id(notice.post, "at://did:plc:a/app.bsky.feed.post/3k");
    assert_int_equal(notice.time, 1783175888085);
    (void)reason_of(&line, json(EVENT("delete", "app.bsky.feed.repost", "")));
    assert_int_equal(line.tally.control_records[CONTROL_REPOST], 1);
    assert_int_equal(line.batch.size, 0);
}

static void everything_else_is_counted_by_name(void **state)
{
    (void)state;
    for (int kind = CONTROL_LIKE; kind < CONTROL_OTHER_COLLECTION; kind++) {
        char text[512];
        if (kind == CONTROL_REPOST)
            continue;
        snprintf(text, sizeof text,
                 "{'did':'d','commit':{'operation':'create','collection':'%s'"
                 "}}",
                 control_kind_name((enum control_kind)kind));
        assert_int_equal(reason_of(&line, json(text)), LINE_OK);
        assert_int_equal(line.tally.control_records[kind], 1);
        assert_int_equal(line.tally.control, 1);
    }
    (void)reason_of(&line, json("{'did':'d','commit':{'collection':'a.b'}}"));
    assert_int_equal(line.tally.control_records[CONTROL_OTHER_COLLECTION], 1);
    (void)reason_of(&line, json("{'did':'d','kind':'identity'}"));
    assert_int_equal(line.tally.control_records[CONTROL_IDENTITY], 1);
    (void)reason_of(&line, json("{'did':'d','kind':'account'}"));
    assert_int_equal(line.tally.control_records[CONTROL_ACCOUNT], 1);
    (void)reason_of(&line, json("{'did':'d','kind':'new'}"));
    assert_int_equal(line.tally.control_records[CONTROL_OTHER_EVENT], 1);
    assert_int_equal(reason_of(&line, json("{'did':'d','kind':1}")),
                     LINE_UNKNOWN_RECORD);
    assert_int_equal(reason_of(&line, json("{'did':'d','commit':{}}")),
                     LINE_UNKNOWN_RECORD);
}

static void what_lacks_its_keys_is_rejected(void **state)
{
    (void)state;
#define BARE(did, at, rkey)                                                    \
    json("{'did':" did ",'time_us':" at ",'commit':{'operation':'create',"     \
         "'collection':'app.bsky.feed.post','rkey':" rkey "}}")
    assert_int_equal(reason_of(&line, BARE("''", "1", "'k'")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, BARE("'d'", "1", "null")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, BARE("'d'", "-1", "'k'")),
                     LINE_BAD_TIME);
    assert_int_equal(reason_of(&line, BARE("'d'", "1.5", "'k'")),
                     LINE_BAD_TIME);
    assert_int_equal(reason_of(&line, BARE("'d'", "'1'", "'k'")), LINE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_told_by_its_uri),
        cmocka_unit_test(languages_are_the_first_of_an_array),
        cmocka_unit_test(replies_quotes_and_reposts_have_targets),
        cmocka_unit_test(facets_are_hashtags_links_and_mentions),
        cmocka_unit_test(media_are_not_carried),
        cmocka_unit_test(a_deleted_post_is_a_notice),
        cmocka_unit_test(everything_else_is_counted_by_name),
        cmocka_unit_test(what_lacks_its_keys_is_rejected),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
