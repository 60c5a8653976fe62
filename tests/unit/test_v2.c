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

/* Ids whose times are those of the second after 2021-04-08T19:34:00Z. */
#define ID "1380242539517779970"
#define AT "'created_at':'2021-04-08T19:33:45.000Z',"
#define AT_MS 1617910425000
#define POST(id, author, more)                                                 \
    "{'id':'" id "','author_id':'" author "','text':'t'," AT more "'lang':'en'}"
#define USER(id, more) "{'id':'" id "','username':'u" id "'" more "}"
#define TWARC ",'__twarc':{'retrieved_at':'2021-04-08T20:00:00+00:00'}"
#define RETRIEVED_MS 1617912000000

static void take(const char *quoted)
{
    const char *text = json(quoted);
    parsed_line(&line, text, strlen(text));
}

static void every_element_of_a_page_is_a_record(void **state)
{
    (void)state;
    take("{'data':[" POST("1", "5", "") "," POST("2", "5", "") ",7,"
         "{'start':1,'tweet_count':3},{'id':'x','text':'t'},"
         "{'id':'3','author_id':'5','text':'t','created_at':'never'}],"
         "'meta':{},'errors':[{}]}");
    assert_int_equal(line.tally.accepted, 1);
    assert_int_equal(line.tally.records, 6);
    assert_int_equal(line.tally.post_records, 2);
    assert_int_equal(line.tally.dialect_posts[DIALECT_V2], 2);
    assert_int_equal(line.tally.dialect_records[DIALECT_V2], 6);
    assert_int_equal(line.tally.records_rejected[LINE_UNKNOWN_RECORD], 2);
    assert_int_equal(line.tally.records_rejected[LINE_MISSING_KEY], 1);
    assert_int_equal(line.tally.records_rejected[LINE_BAD_TIME], 1);
    assert_int_equal(line.tally.sample_count, 4);
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), 0);
    take("{'data':[]}");
    assert_int_equal(line.tally.accepted, 1);
    assert_int_equal(line.tally.records, 0);
}

static void a_stream_record_is_what_its_post_is(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json("{'data':" POST("1", "5", "'source':'Web',")
                    ",'includes':{'users':[" USER(
                        "5", ",'public_metrics':{'followers_count':3,"
                             "'tweet_count':9}") "]},'matching_rules':[1]}"));
    assert_int_equal(line.tally.records, 1);
    assert_int_equal(post.time, AT_MS);
    assert_int_equal(post.followers, 3);
    assert_int_equal(post.statuses, 9);
    assert_text(post.client, "Web");
    assert_text(post.language, "en");
    assert_true(post.name_hash != 0);
    assert_int_equal(reason_of(&line, json("{'data':{'id':'1','text':'t'}}")),
                     LINE_MISSING_KEY);
    assert_int_equal(reason_of(&line, json("{'data':{'tweet_count':1}}")),
                     LINE_UNKNOWN_RECORD);
}

static void the_first_of_the_strongest_references_makes_the_kind(void **state)
{
    (void)state;
    struct post post = post_of(
        &line,
        json("{'data':[" POST("9", "5",
                              "'in_reply_to_user_id':'8','referenced_tweets':["
                              "{'type':'quoted','id':'2'},{'type':'replied_to',"
                              "'id':'3'},{'id':'4','type':'replied_to'}],")
             "],'includes':{'tweets':[{'id':'3','author_id':'7'}]}}"));
    assert_int_equal(post.kind, KIND_REPLY);
    assert_id(post.target_post, "3");
    assert_id(post.target, "8");
    post = post_of(&line,
                   json("{'data':[" POST("9", "5",
                                         "'referenced_tweets':[{'type':'quoted'"
                                         ",'id':'2'}],")
                        "],'includes':{'tweets':[{'author_id':'6','id':'2'},"
                        "{'author_id':'7','id':'2'}]}}"));
    assert_int_equal(post.kind, KIND_QUOTE);
    assert_id(post.target, "6");
    post = post_of(&line, json("{'data':[" POST(
                              "9", "5", "'in_reply_to_user_id':'8',") "]}"));
    assert_int_equal(post.kind, KIND_ORIGINAL);
}

#define RETWEET                                                                \
    "'entities':{'hashtags':[{'tag':'cut'}]},'referenced_tweets':["            \
    "{'type':'retweeted','id':'" ID "'}],"

static void a_retweet_is_joined_with_its_original(void **state)
{
    (void)state;
    struct post post = post_of(
        &line,
        json("{'data':[" POST("9", "5", RETWEET)
             "],'includes':{'tweets':[{'id':'" ID "','author_id':'6',"
             "'created_at':'2021-04-08T19:33:59.000Z','entities':{'hashtags':["
             "{'tag':'One'},{'tag':'Two'}],'urls':[{'start':0,'end':1,"
             "'expanded_url':'http://a.b/c'}]},'attachments':{'media_keys':["
             "'1','2']}}]}}"));
    assert_int_equal(post.kind, KIND_RETWEET);
    assert_id(post.target, "6");
    assert_id(post.target_post, ID);
    assert_int_equal(post.original_time, 1617910439744);
    assert_int_equal(post.hashtags.count, 2);
    assert_text(list_text_at(post.hashtags, 1), "two");
    assert_int_equal(post.urls, 1);
    assert_int_equal(post.media, 2);
    assert_false(post.flags & FACT_HAS_TEXT);
    /* Without it the time is still in the id. */
    post = post_of(&line, json("{'data':[" POST("9", "5", RETWEET) "]}"));
    assert_false(id_known(post.target));
    assert_int_equal(post.original_time, 1617910439744);
    assert_text(list_text_at(post.hashtags, 0), "cut");
}

static void links_and_mentions_are_removed_by_start_and_end(void **state)
{
    (void)state;
    struct post post = post_of(
        &line, json("{'id':'1','author_id':'5'," AT
                    "'text':'@a \\u6c99 &lt; x.y','entities':{'mentions':["
                    "{'start':0,'end':2,'id':'8'}],'urls':[{'url':'x.y',"
                    "'start':10,'end':13}]}}"));
    assert_int_equal(post.text.length, 5);
    assert_int_equal(post.mentions, 1);
    assert_int_equal(post.text.scripts[SCRIPT_HAN], 1);
    assert_int_equal(post.text.scripts[SCRIPT_LATIN], 0);
    assert_false(post.flags & (FACT_HAS_HASHTAGS | FACT_HAS_MEDIA));
}

static void a_retrieved_page_shows_every_user_once(void **state)
{
    (void)state;
    take("{'data':[" POST("1", "5", "") "," POST("2", "6", "") "," POST(
        "4", "5", "'public_metrics':{'retweet_count':7,'like_count':8},")
         "],'includes':{'users':[" USER("5", ",'description':null") "," USER(
             "6", "") "," USER("7", "") "," USER("7", ",'name':'second'")
         ",{'id':'no'}]}" TWARC "}");
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), 3);
    struct observation author = observation_at(&line, 0);
    assert_true(author.author);
    assert_int_equal(author.t_obs, RETRIEVED_MS);
    assert_int_equal(author.engagement[ENGAGEMENT_RETWEETS], 7);
    assert_int_equal(author.engagement[ENGAGEMENT_FAVORITES], 8);
    assert_text(author.texts[TEXT_DESCRIPTION], "");
    assert_int_equal(author.texts[TEXT_LOCATION].size, TEXT_NONE);
    struct observation other = observation_at(&line, 2);
    assert_false(other.author);
    assert_int_equal(other.t_obs, RETRIEVED_MS);
    assert_int_equal(other.texts[TEXT_DISPLAY_NAME].size, TEXT_NONE);
}

#define AT_DAY(day) "'created_at':'2006-08-0" day "T00:00:00Z',"
#define DAYS_MS(day) (1154390400000 + ((day) - 1) * MS_PER_DAY)
#define POST_OF_DAY(id, author, day, more)                                     \
    "{'id':'" id "','author_id':'" author "','text':'t'," AT_DAY(day) more     \
    "'lang':'en'}"
#define QUOTES(id) "'referenced_tweets':[{'type':'quoted','id':'" id "'}],"

static void other_pages_show_users_at_the_times_of_posts(void **state)
{
    (void)state;
    take("{'data':[" POST_OF_DAY("1", "5", "3", QUOTES("20")) "," POST_OF_DAY(
        "2", "5", "2", "") "," POST_OF_DAY("3", "5", "4", "") "," POST_OF_DAY(
        "4", "8", "9", "")
         "],'includes':{'users':[" USER("5", "") "," USER("6", "") "," USER(
             "7", "") "],'tweets':[{'id':'20','author_id':'6',"
         "'public_metrics':{'like_count':2}},{'id':'21','author_id':'5'}]}}");
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), 4);
    /* The author at his first and last post, or embedded where that is later:
     * tweet 21 is seen with the page. */
    assert_int_equal(observation_at(&line, 0).t_obs, DAYS_MS(2));
    assert_true(observation_at(&line, 0).author);
    assert_int_equal(observation_at(&line, 1).t_obs, DAYS_MS(9));
    assert_false(observation_at(&line, 1).author);
    /* The one quoted, with the post that quotes him. */
    assert_int_equal(observation_at(&line, 2).t_obs, DAYS_MS(3));
    assert_int_equal(observation_at(&line, 2).engagement[1], 2);
    /* The one who is only mentioned, with the latest post. */
    assert_int_equal(observation_at(&line, 3).t_obs, DAYS_MS(9));
}

static void pages_of_users_are_profiles_alone(void **state)
{
    (void)state;
    take("{'data':[" USER("5", "") "," USER("x", "") "]" TWARC "}");
    assert_int_equal(line.tally.user_records, 1);
    assert_int_equal(line.tally.records_rejected[LINE_MISSING_KEY], 1);
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), 1);
    assert_int_equal(observation_at(&line, 0).t_obs, RETRIEVED_MS);
    assert_false(observation_at(&line, 0).author);
    take("{'data':" USER("5", "") "}");
    assert_int_equal(line.tally.accepted, 1);
    assert_int_equal(line.tally.user_records, 1);
    assert_int_equal(line.batch.size, 0);
}

static void a_flattened_post_holds_what_it_refers_to(void **state)
{
    (void)state;
    struct post post = post_of(
        &line,
        json("{'text':'RT @a: b','id':'9'," AT
             "'author':{'id':'5','username':'five','verified':true,"
             "'public_metrics':{'following_count':2,'listed_count':1}},"
             "'public_metrics':{'retweet_count':70},"
             "'referenced_tweets':[{'type':'retweeted','id':'8','text':'b',"
             "'created_at':'2021-04-08T19:00:00Z','author':{'id':'6'},"
             "'public_metrics':{'retweet_count':70},'entities':{'hashtags':["
             "{'tag':'B'}]},'referenced_tweets':[{'type':'quoted','id':'7',"
             "'author':{'id':'4'}},{'type':'replied_to','id':'3','author':"
             "{'id':'2'}}]}]" TWARC "}"));
    assert_int_equal(line.tally.accepted, 1);
    assert_id(post.account, "5");
    assert_id(post.target, "6");
    assert_int_equal(post.original_time, 1617908400000);
    assert_text(list_text_at(post.hashtags, 0), "b");
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), 3);
    struct observation author = observation_at(&line, 0);
    assert_int_equal(author.t_obs, AT_MS);
    assert_text(author.texts[TEXT_SCREEN_NAME], "five");
    assert_int_equal(author.counts[COUNT_FRIENDS], 2);
    assert_int_equal(author.counts[COUNT_LISTED], 1);
    assert_int_equal(author.flags[FLAG_VERIFIED], 1);
    assert_int_equal(author.flags[FLAG_DEFAULT_PROFILE], FLAG_NONE);
    assert_int_equal(author.engagement[0], COUNT_NONE);
    assert_int_equal(observation_at(&line, 1).engagement[0], 70);
    assert_id(observation_at(&line, 2).id, "4");
}

/* A page in which everything collides as well as it can. */
static void a_page_of_many_is_joined(void **state)
{
    (void)state;
    enum { MANY = 500, ROOM = 256 * MANY };
    char *text = malloc(ROOM), *at = text;
    assert_non_null(text);
    at += sprintf(at, "{\"data\":[");
    for (int i = 0; i < MANY; i++)
        at += sprintf(at,
                      "%s{\"id\":\"%d\",\"author_id\":\"%d\",\"text\":\"t\","
                      "\"created_at\":\"2006-08-01T00:00:00Z\"}",
                      i ? "," : "", i + 1, 1000 + i);
    at += sprintf(at, "],\"includes\":{\"users\":[");
    for (int i = MANY; i-- > 0;)
        at += sprintf(at, "{\"id\":\"%d\",\"username\":\"u%d\"}%s", 1000 + i,
                      i, i ? "," : "]}}");
    parsed_line(&line, text, (size_t)(at - text));
    assert_int_equal(line.tally.post_records, MANY);
    assert_int_equal(items_of(&line, BATCH_OBSERVATION), MANY);
    struct batch_item item;
    size_t place = 0;
    while (batch_next(&line.batch, &place, &item) != BATCH_END)
        if (item.kind == BATCH_POST)
            assert_true(item.post.name_hash != 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_element_of_a_page_is_a_record),
        cmocka_unit_test(a_stream_record_is_what_its_post_is),
        cmocka_unit_test(the_first_of_the_strongest_references_makes_the_kind),
        cmocka_unit_test(a_retweet_is_joined_with_its_original),
        cmocka_unit_test(links_and_mentions_are_removed_by_start_and_end),
        cmocka_unit_test(a_retrieved_page_shows_every_user_once),
        cmocka_unit_test(other_pages_show_users_at_the_times_of_posts),
        cmocka_unit_test(pages_of_users_are_profiles_alone),
        cmocka_unit_test(a_flattened_post_holds_what_it_refers_to),
        cmocka_unit_test(a_page_of_many_is_joined),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
