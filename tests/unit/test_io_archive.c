#include "stages/parse/dialects/io_archive.h"

#include "stages/parse/kernel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "tGpRofwHLXI5iuye+ZDKVW8yVCic9mkRLxTwiBbEOrU="
/* 2019-11-19T05:20:25.218Z by its id. */
#define TWEET "1196659470232772609"
#define TWEET_TIME INT64_C(1574140825218)

struct fixture {
    struct io_scratch scratch;
    struct content content;
    struct batch batch;
    struct tally tally;
    struct sink sink;
    struct io_record record;
};

/* Cells with the padding that is promised behind them. */
static struct text cell_at(const char *bytes)
{
    static char pool[1 << 16];
    static size_t used;
    size_t size = strlen(bytes);
    if (used + size + KERNEL_PADDING > sizeof pool)
        used = 0;
    struct text cell = {memcpy(pool + used, bytes, size), (uint32_t)size};
    memset(pool + used + size, '7', KERNEL_PADDING);
    used += size + KERNEL_PADDING;
    return cell;
}

static void set(struct fixture *f, enum io_field field, const char *bytes)
{
    f->record.cells[field] = cell_at(bytes);
}

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    *state = f;
    if (!f)
        return -1;
    f->sink = (struct sink){.batch = &f->batch, .tally = &f->tally,
                            .dialect = DIALECT_IO_ARCHIVE,
                            .since = INT64_MIN, .until = INT64_MAX};
    for (int i = 0; i < IO_FIELDS; i++)
        set(f, (enum io_field)i, "");
    set(f, IO_TWEET, TWEET);
    set(f, IO_USER, HASH);
    set(f, IO_TIME, "2019-11-19 05:20");
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;
    io_scratch_free(&f->scratch);
    content_free(&f->content);
    batch_free(&f->batch);
    free(f);
    return 0;
}

static enum line_reason take(struct fixture *f)
{
    f->batch.size = 0;
    enum line_reason reason = io_archive_tweet(&f->scratch, &f->record,
                                               &f->content, &f->sink);
    assert_false(f->sink.out_of_memory);
    if (reason != LINE_OK)
        assert_int_equal(f->batch.size, 0);
    return reason;
}

static struct batch_item item_of(struct fixture *f, enum batch_kind kind)
{
    struct batch_item item;
    size_t at = 0;
    while (batch_next(&f->batch, &at, &item) != BATCH_END)
        if (item.kind == kind)
            return item;
    fail_msg("no such item");
    return item;
}

static struct post post_of(struct fixture *f)
{
    assert_int_equal(take(f), LINE_OK);
    return item_of(f, BATCH_POST).post;
}

static struct observation observation_of(struct fixture *f)
{
    assert_int_equal(take(f), LINE_OK);
    return item_of(f, BATCH_OBSERVATION).observation;
}

#define assert_text(got, expected)                                             \
    do {                                                                       \
        struct text text_ = (got);                                             \
        assert_int_equal(text_.size, sizeof(expected) - 1);                    \
        if (text_.size)                                                        \
            assert_memory_equal(text_.bytes, expected, text_.size);            \
    } while (0)

static void ids_are_digits_or_hashes(void **state)
{
    static const struct {
        const char *cell;
        bool account, post;
    } cases[] = {
        {"12", true, true}, {"0", false, false}, {"000", false, false},
        {"007", true, true}, {"18446744073709551616", true, true},
        {"", false, false}, {HASH, true, false},
        {"hfg2zB3w3Ms2yTAnnRWD3XtVmgsIhmPFKfELGctzU=", true, false},
        {"0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a69788796a5b4c3d2e1f0",
         true, false},
        {"1.198473762313818e+18", false, false}, {"1e+18", false, false},
        {"1198473762313818112000e+18", false, false},
        {"-1198473762313818112000", false, false}, {"12.0", false, false},
        {"absent", false, false}, {"nan", false, false}, {" 12", false, false},
        {"tGpRofwHLXI5iuye ZDKVW8yVCic9mkRLxTwiBbEOrU=", false, false},
        {"====================", false, false},
        {"tGpRofwHLXI5iu=ye+ZDKVW8yVCic9mkRLxTwiBbEOrU", false, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text cell = cell_at(cases[i].cell);
        if (id_known(io_account_id(cell)) != cases[i].account ||
            id_known(io_post_id(cell)) != cases[i].post)
            fail_msg("%s", cases[i].cell);
    }
    assert_int_equal(io_post_id(cell_at(TWEET)).number,
                     UINT64_C(1196659470232772609));
    assert_text(io_account_id(cell_at("007")).text, "007");
    assert_text(io_account_id(cell_at(HASH)).text, HASH);
}

static void a_row_without_its_ids_is_missing_a_key(void **state)
{
    struct fixture *f = *state;
    set(f, IO_TWEET, "1.198473762313818e+18");
    assert_int_equal(take(f), LINE_MISSING_KEY);
    set(f, IO_TWEET, TWEET);
    set(f, IO_USER, "");
    assert_int_equal(take(f), LINE_MISSING_KEY);
}

static void the_id_repairs_a_time_known_to_the_minute(void **state)
{
    struct fixture *f = *state;
    struct post post = post_of(f);
    assert_int_equal(post.time, TWEET_TIME);
    assert_false(post.flags & FACT_MINUTE_ONLY);
    /* 120 s apart at most. */
    set(f, IO_TIME, "2019-11-19 05:22");
    assert_int_equal(post_of(f).time, TWEET_TIME);
    assert_int_equal(f->tally.time_anomalies, 0);
    set(f, IO_TIME, "2019-11-19 05:23");
    post = post_of(f);
    assert_int_equal(post.time, INT64_C(1574140980000));
    assert_true(post.flags & FACT_MINUTE_ONLY);
    assert_int_equal(f->tally.time_anomalies, 1);
}

static void an_id_of_old_leaves_the_minute(void **state)
{
    struct fixture *f = *state;
    set(f, IO_TWEET, "5");
    struct post post = post_of(f);
    assert_int_equal(post.time, INT64_C(1574140800000));
    assert_true(post.flags & FACT_MINUTE_ONLY);
    set(f, IO_TIME, "2019-11-19 05:20:07");
    post = post_of(f);
    assert_int_equal(post.time, INT64_C(1574140807000));
    assert_false(post.flags & FACT_MINUTE_ONLY);
    set(f, IO_TIME, "2019-11-19");
    assert_int_equal(take(f), LINE_BAD_TIME);
    set(f, IO_TIME, "2019-13-19 05:20");
    assert_int_equal(take(f), LINE_BAD_TIME);
    set(f, IO_TIME, "");
    assert_int_equal(take(f), LINE_BAD_TIME);
    set(f, IO_TWEET, TWEET);
    assert_int_equal(post_of(f).time, TWEET_TIME);
}

static void the_kind_follows_from_the_cells(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(post_of(f).kind, KIND_ORIGINAL);
    set(f, IO_QUOTED_TWEET, "1196659470232772600");
    struct post post = post_of(f);
    assert_int_equal(post.kind, KIND_QUOTE);
    assert_false(id_known(post.target));
    assert_int_equal(post.target_post.number, UINT64_C(1196659470232772600));
    set(f, IO_REPLY_USER, "229313308");
    set(f, IO_REPLY_TWEET, "1.19e+18");
    post = post_of(f);
    assert_int_equal(post.kind, KIND_REPLY);
    assert_int_equal(post.target.number, 229313308);
    assert_false(id_known(post.target_post));
    set(f, IO_IS_RETWEET, "True");
    set(f, IO_RETWEET_TWEET, "1196659470232772609");
    set(f, IO_MENTIONS, "['123', '456']");
    post = post_of(f);
    assert_int_equal(post.kind, KIND_RETWEET);
    assert_int_equal(post.target.number, 123);
    assert_int_equal(post.original_time, TWEET_TIME);
    set(f, IO_RETWEET_USER, HASH);
    assert_text(post_of(f).target.text, HASH);
    set(f, IO_IS_RETWEET, "False");
    assert_int_equal(post_of(f).kind, KIND_REPLY);
}

static void a_retweet_has_no_text_and_no_engagement(void **state)
{
    struct fixture *f = *state;
    set(f, IO_TEXT, "RT @a: b");
    set(f, IO_RETWEETS, "3");
    set(f, IO_LIKES, "4.0");
    struct observation o = observation_of(f);
    assert_int_equal(o.engagement[ENGAGEMENT_RETWEETS], 3);
    assert_int_equal(o.engagement[ENGAGEMENT_FAVORITES], 4);
    assert_true(post_of(f).flags & FACT_HAS_TEXT);
    assert_true(post_of(f).flags & FACT_MANUAL_RETWEET);
    set(f, IO_IS_RETWEET, "true");
    o = observation_of(f);
    assert_int_equal(o.engagement[ENGAGEMENT_RETWEETS], COUNT_NONE);
    assert_false(post_of(f).flags & (FACT_HAS_TEXT | FACT_MANUAL_RETWEET));
}

static void text_is_measured_without_urls_and_mentions(void **state)
{
    struct fixture *f = *state;
    set(f, IO_TEXT, "@ab &lt;3 https://t.co/x \xE0\xB8\x81");
    struct post post = post_of(f);
    assert_int_equal(post.text.length, 6);
    assert_int_equal(post.text.scripts[SCRIPT_THAI], 1);
    set(f, IO_TEXT, "");
    assert_false(post_of(f).flags & FACT_HAS_TEXT);
}

static void lists_are_carried_when_they_are_whole(void **state)
{
    struct fixture *f = *state;
    uint16_t all = FACT_HAS_HASHTAGS | FACT_HAS_URLS | FACT_HAS_MENTIONS;
    assert_int_equal(post_of(f).flags & all, 0);
    set(f, IO_HASHTAGS, "['A', 'b\\u00c9', 'a']");
    set(f, IO_URLS, "['https://www.Example.org/x', 'y/z']");
    set(f, IO_MENTIONS, "[12, \"34\"]");
    struct post post = post_of(f);
    assert_int_equal(post.flags & all, all);
    assert_int_equal(post.urls, 2);
    assert_int_equal(post.mentions, 2);
    assert_int_equal(post.flags & FACT_HAS_MEDIA, 0);
    assert_int_equal(post.hashtags.count, 3);
    struct text tag;
    const uint8_t *at = text_list_get(post.hashtags.bytes, &tag);
    assert_text(tag, "a");
    text_list_get(at, &tag);
    assert_text(tag, "b\xC3\xA9");
    assert_int_equal(post.domains.count, 2);
    text_list_get(post.domains.bytes, &tag);
    assert_text(tag, "example.org");
    set(f, IO_HASHTAGS, "[]");
    set(f, IO_URLS, "['a'");
    set(f, IO_MENTIONS, "absent");
    post = post_of(f);
    assert_int_equal(post.flags & all, FACT_HAS_HASHTAGS);
    assert_int_equal(post.hashtags.count + post.domains.count + post.urls +
                         post.mentions,
                     0);
}

static void the_profile_is_a_snapshot(void **state)
{
    struct fixture *f = *state;
    set(f, IO_SCREEN_NAME, HASH);
    set(f, IO_DISPLAY_NAME, "Piper");
    set(f, IO_DESCRIPTION, "");
    f->record.cells[IO_LOCATION] = (struct text){NULL, TEXT_NONE};
    set(f, IO_FOLLOWERS, "12.0");
    set(f, IO_FRIENDS, "absent");
    set(f, IO_CREATED, "2019-11-05");
    struct observation o = observation_of(f);
    assert_true(o.snapshot && o.author);
    assert_int_equal(o.t_obs, TWEET_TIME);
    assert_int_equal(o.created_at, INT64_C(1572912000000));
    assert_int_equal(o.counts[COUNT_FOLLOWERS], 12);
    assert_int_equal(o.counts[COUNT_FRIENDS], COUNT_NONE);
    assert_int_equal(o.counts[COUNT_STATUSES], COUNT_NONE);
    assert_int_equal(o.flags[FLAG_VERIFIED], FLAG_NONE);
    assert_int_equal(o.texts[TEXT_SCREEN_NAME].size, TEXT_NONE);
    assert_text(o.texts[TEXT_DISPLAY_NAME], "Piper");
    assert_int_equal(o.texts[TEXT_DESCRIPTION].size, 0);
    assert_int_equal(o.texts[TEXT_LOCATION].size, TEXT_NONE);
    struct post post = post_of(f);
    assert_int_equal(post.name_hash, 0);
    assert_int_equal(post.followers, COUNT_NONE);
    assert_int_equal(post.statuses, COUNT_NONE);
}

static void a_profile_alone_has_no_time(void **state)
{
    struct fixture *f = *state;
    set(f, IO_FOLLOWERS, "5");
    assert_int_equal(io_archive_user(&f->record, &f->sink), LINE_OK);
    struct observation o = item_of(f, BATCH_OBSERVATION).observation;
    assert_true(o.snapshot);
    assert_int_equal(o.t_obs, TIME_NONE);
    assert_int_equal(o.counts[COUNT_FOLLOWERS], 5);
    assert_int_equal(f->tally.user_records, 1);
    set(f, IO_USER, "1e5");
    assert_int_equal(io_archive_user(&f->record, &f->sink), LINE_MISSING_KEY);
    assert_int_equal(f->tally.user_records, 1);
}

static void language_and_client_are_canonical(void **state)
{
    struct fixture *f = *state;
    uint16_t both = FACT_HAS_LANGUAGE | FACT_HAS_CLIENT;
    assert_int_equal(post_of(f).flags & both, 0);
    set(f, IO_LANGUAGE, "in");
    set(f, IO_CLIENT, " Twitter Web App ");
    struct post post = post_of(f);
    assert_int_equal(post.flags & both, both);
    assert_text(post.language, "id");
    assert_text(post.client, "Twitter Web App");
    set(f, IO_LANGUAGE, "und");
    post = post_of(f);
    assert_int_equal(post.flags & both, both);
    assert_int_equal(post.language.size, 0);
}

static void a_time_that_was_not_asked_for_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    f->sink.until = TWEET_TIME;
    assert_int_equal(take(f), LINE_OK);
    assert_int_equal(f->batch.size, 0);
    assert_int_equal(f->tally.outside_range, 1);
    f->sink.until = TWEET_TIME + 1;
    assert_int_equal(post_of(f).time, TWEET_TIME);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(ids_are_digits_or_hashes),
        TEST(a_row_without_its_ids_is_missing_a_key),
        TEST(the_id_repairs_a_time_known_to_the_minute),
        TEST(an_id_of_old_leaves_the_minute),
        TEST(the_kind_follows_from_the_cells),
        TEST(a_retweet_has_no_text_and_no_engagement),
        TEST(text_is_measured_without_urls_and_mentions),
        TEST(lists_are_carried_when_they_are_whole),
        TEST(the_profile_is_a_snapshot),
        TEST(a_profile_alone_has_no_time),
        TEST(language_and_client_are_canonical),
        TEST(a_time_that_was_not_asked_for_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
