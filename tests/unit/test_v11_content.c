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

#define HEAD                                                                   \
    "{'created_at':'Wed Jul 03 06:29:00 +0000 2019','id_str':'7',"             \
    "'user':{'id_str':'5'},"
#define INNER                                                                  \
    "'created_at':'Wed Jul 03 06:20:00 +0000 2019','id_str':'3',"              \
    "'user':{'id_str':'4'},"

static struct post post(const char *members)
{
    char text[JSON_BYTES] = HEAD;
    strcat(strcat(text, members), "}");
    return post_of(&line, json(text));
}

static uint64_t hash_of(const char *text)
{
    return hash_bytes64(text, strlen(text));
}

/* ---- entities ----------------------------------------------------------- */

static void entities_are_counted_and_hashtags_folded(void **state)
{
    (void)state;
    struct post got = post(
        "'text':'t','entities':{'hashtags':[{'text':'AbC','indices':[0,3]},"
        "{'indices':[1,2],'text':'Stra\\u00dfe'},{'text':1},7,{'text':''}],"
        "'urls':[{'url':'http://t.co/a','expanded_url':'HTTPS://u@www.X.org:80"
        "/p'},{'expanded_url':null,'url':'http://t.co/b'},"
        "{'expanded_url':'','url':'//'},5],"
        "'user_mentions':[{'id':1},2],'media':[{},{},{}]}");
    assert_int_equal(got.hashtags.count, 3);
    assert_text(list_text_at(got.hashtags, 0), "abc");
    assert_text(list_text_at(got.hashtags, 1), "strasse");
    assert_text(list_text_at(got.hashtags, 2), "");
    assert_int_equal(got.urls, 4);
    assert_int_equal(got.domains.count, 2);
    assert_text(list_text_at(got.domains, 0), "x.org");
    assert_text(list_text_at(got.domains, 1), "t.co");
    assert_int_equal(got.mentions, 2);
    assert_int_equal(got.media, 3);
    int all = FACT_HAS_HASHTAGS | FACT_HAS_URLS | FACT_HAS_MENTIONS |
              FACT_HAS_MEDIA;
    assert_int_equal(got.flags & all, all);
}

static void what_is_no_array_is_not_carried(void **state)
{
    (void)state;
    struct post got = post("'text':'t','entities':{'hashtags':null,'urls':{},"
                           "'user_mentions':[]}");
    assert_int_equal(got.flags & (FACT_HAS_HASHTAGS | FACT_HAS_URLS |
                                  FACT_HAS_MENTIONS | FACT_HAS_MEDIA),
                     FACT_HAS_MENTIONS);
    got = post("'text':'t','entities':[]");
    assert_int_equal(got.flags & FACT_HAS_MENTIONS, 0);
}

static void extended_media_win_when_they_are_an_array(void **state)
{
    (void)state;
    struct post got =
        post("'text':'t','entities':{'media':[{}]},"
             "'extended_entities':{'media':[{},{}]}");
    assert_int_equal(got.media, 2);
    got = post("'text':'t','entities':{'media':[{}]},"
               "'extended_entities':{'media':null}");
    assert_int_equal(got.media, 1);
}

static void entities_come_from_the_place_of_the_text(void **state)
{
    (void)state;
    const char *members = "'text':'t','entities':{'urls':[{'url':'a.b'}]},"
                          "'extended_tweet':{'entities':{'urls':[],"
                          "'media':[{}]},'full_text':%s}";
    char text[JSON_BYTES];
    snprintf(text, sizeof text, members, "'longer'");
    struct post got = post(text);
    assert_int_equal(got.urls, 0);
    assert_int_equal(got.media, 1);
    assert_int_equal(got.text.length, 6);
    snprintf(text, sizeof text, members, "null");
    got = post(text);
    assert_int_equal(got.urls, 1);
    assert_int_equal(got.text.length, 1);
}

static void a_retweet_has_the_entities_of_its_original(void **state)
{
    (void)state;
    struct post got = post(
        "'text':'RT @a: t','entities':{'hashtags':[{'text':'cut'}]},"
        "'retweeted_status':{" INNER "'entities':{'hashtags':[{'text':'A'},"
        "{'text':'b'}],'urls':[],'media':[1]}}");
    assert_int_equal(got.kind, KIND_RETWEET);
    assert_int_equal(got.hashtags.count, 2);
    assert_text(list_text_at(got.hashtags, 0), "a");
    assert_int_equal(got.media, 1);
    assert_false(got.flags & (FACT_HAS_TEXT | FACT_MANUAL_RETWEET));
    assert_int_equal(got.text.length, 0);
    got = post("'text':'t','retweeted_status':{'extended_tweet':{"
               "'full_text':'x','entities':{'urls':[{'url':'e.f'}]}}," INNER
               "'entities':{'urls':[],'media':[]}}");
    assert_int_equal(got.urls, 1);
    assert_false(got.flags & FACT_HAS_MEDIA);
}

/* ---- text --------------------------------------------------------------- */

static void ranges_of_entities_are_removed_from_the_text(void **state)
{
    (void)state;
    struct post got = post(
        "'text':'@ab \\u6c99\\u6ee9 &amp; Co http://t.co/1 X',"
        "'entities':{'user_mentions':[{'indices':[0,3]}],"
        "'urls':[{'url':'http://t.co/1','indices':[[16],[29]]}]}");
    /* " 沙滩 & Co  X": the ranges count code points of the text as it came. */
    assert_true(got.flags & FACT_HAS_TEXT);
    assert_int_equal(got.text.length, 11);
    assert_int_equal(got.text.hash, hash_of("\xE6\xB2\x99\xE6\xBB\xA9 & co x"));
    assert_int_equal(got.text.scripts[SCRIPT_HAN], 2);
    assert_int_equal(got.text.scripts[SCRIPT_LATIN], 3);
}

static void bad_indices_remove_nothing(void **state)
{
    (void)state;
    struct post got = post("'text':'abc','entities':{'urls':["
                           "{'indices':[0]},{'indices':[0,1,2]},"
                           "{'indices':['0','1']},{'indices':[0.0,1.0]},"
                           "{'indices':null},{'indices':[[0,1],[2]]}]}");
    assert_int_equal(got.text.length, 3);
    assert_int_equal(got.urls, 6);
}

static void an_empty_text_is_measured_and_none_is_not(void **state)
{
    (void)state;
    struct post got = post("'text':''");
    assert_true(got.flags & FACT_HAS_TEXT);
    assert_int_equal(got.text.length, 0);
    assert_int_equal(got.text.hash, hash_of(""));
    got = post("'text':null");
    assert_false(got.flags & FACT_HAS_TEXT);
}

static void wrapped_scalars_in_entities_are_unwrapped(void **state)
{
    (void)state;
    struct post got = post(
        "'text':['ab c'],'entities':{'hashtags':[{'text':['T'],"
        "'indices':[[0],[2]]}],'urls':[{'expanded_url':['http://w.x/y'],"
        "'url':['http://t.co/1'],'indices':[[0],[2]]}],'user_mentions':[]}");
    assert_int_equal(got.text.length, 2);
    assert_text(list_text_at(got.hashtags, 0), "t");
    assert_text(list_text_at(got.domains, 0), "w.x");
}

/* ---- names, engagement -------------------------------------------------- */

static void names_are_hashed_together(void **state)
{
    (void)state;
    struct post got = post_of(
        &line, json("{'id_str':'1146454524019142656','text':'t','user':"
                    "{'id_str':'5','screen_name':'a\\u00e9','name':'B'}}"));
    assert_int_equal(got.name_hash, hash_of("a\xC3\xA9\xFF" "B"));
    got = post_of(&line, json("{'id_str':'1146454524019142656','text':'t',"
                              "'user':{'id_str':'5','name':'B'}}"));
    assert_int_equal(got.name_hash, hash_of("\xFF" "B"));
    assert_int_equal(post("'text':'t'").name_hash, 0);
}

static void engagement_is_that_of_the_posts_own_author(void **state)
{
    (void)state;
    (void)post("'text':'t','retweet_count':3,'favorite_count':'4',"
               "'quoted_status':{" INNER "'retweet_count':5,"
               "'favorite_count':6}");
    struct observation author = observation_at(&line, 0);
    struct observation quoted = observation_at(&line, 1);
    assert_int_equal(author.engagement[ENGAGEMENT_RETWEETS], 3);
    assert_int_equal(author.engagement[ENGAGEMENT_FAVORITES], 4);
    assert_int_equal(quoted.engagement[ENGAGEMENT_RETWEETS], 5);
    assert_int_equal(quoted.engagement[ENGAGEMENT_FAVORITES], 6);
    (void)post("'text':'t','retweet_count':3,'retweeted_status':{" INNER
               "'retweet_count':'100+','quoted_status':{'id_str':'2',"
               "'user':{'id_str':'1'},'favorite_count':9}}");
    assert_int_equal(observation_at(&line, 0).engagement[0], COUNT_NONE);
    assert_int_equal(observation_at(&line, 1).engagement[0], 100);
    assert_int_equal(observation_at(&line, 2).engagement[1], 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(entities_are_counted_and_hashtags_folded),
        cmocka_unit_test(what_is_no_array_is_not_carried),
        cmocka_unit_test(extended_media_win_when_they_are_an_array),
        cmocka_unit_test(entities_come_from_the_place_of_the_text),
        cmocka_unit_test(a_retweet_has_the_entities_of_its_original),
        cmocka_unit_test(ranges_of_entities_are_removed_from_the_text),
        cmocka_unit_test(bad_indices_remove_nothing),
        cmocka_unit_test(an_empty_text_is_measured_and_none_is_not),
        cmocka_unit_test(wrapped_scalars_in_entities_are_unwrapped),
        cmocka_unit_test(names_are_hashed_together),
        cmocka_unit_test(engagement_is_that_of_the_posts_own_author),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
