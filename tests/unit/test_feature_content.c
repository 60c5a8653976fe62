#include "tests/unit/feature_fixture.h"

static struct fact *tweet(struct fixture *f, enum post_kind kind)
{
    struct fact *fact = fixture_post(f, (int64_t)f->view.fact_count * 1000);
    fact->kind = (uint8_t)kind;
    fact->flags = FACT_HAS_HASHTAGS | FACT_HAS_URLS | FACT_HAS_MENTIONS |
                  FACT_HAS_MEDIA;
    return fact;
}

static struct fact *say(struct fixture *f, uint64_t hash, uint32_t length)
{
    struct fact *fact = tweet(f, KIND_ORIGINAL);
    fact->flags |= FACT_HAS_TEXT;
    fact->text_hash = hash;
    fact->text_length = length;
    return fact;
}

static void posts_without_the_fields_leave_all_null(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_compute(f);
    for (int i = COL_HASHTAGS; i <= COL_SCRIPT_OTHER; i++)
        assert_true(f->row[i].null);
}

static void a_field_that_is_carried_counts_zero(void **state)
{
    struct fixture *f = *state;
    fixture_post(f, 0);
    fixture_post(f, 1)->flags = FACT_HAS_URLS;
    fixture_compute(f);
    assert_cell(f, URLS, "0");
    assert_cell(f, POSTS_WITH_URL, "0");
    assert_cell(f, DISTINCT_DOMAINS, "0");
    assert_cell(f, HASHTAGS, "null");
    assert_cell(f, DISTINCT_HASHTAGS, "null");
    assert_cell(f, MENTIONS, "null");
    assert_cell(f, POSTS_WITH_MEDIA, "null");
}

/* A retweet's entities count for what is distinct, not for the totals; that
 * it carries them is enough for the totals to be 0. */
static void retweets_count_only_for_what_is_distinct(void **state)
{
    struct fixture *f = *state;
    struct fact *retweet = tweet(f, KIND_RETWEET);
    fixture_lists(f, retweet, "a b", "x.org");
    retweet->urls = retweet->mentions = retweet->media = 1;
    fixture_compute(f);
    assert_cell(f, HASHTAGS, "0");
    assert_cell(f, URLS, "0");
    assert_cell(f, MENTIONS, "0");
    assert_cell(f, MEDIA, "0");
    assert_cell(f, POSTS_WITH_HASHTAG, "0");
    assert_cell(f, DISTINCT_HASHTAGS, "2");
    assert_cell(f, DISTINCT_DOMAINS, "1");
    assert_cell(f, TOP_HASHTAG, "a");
    assert_cell(f, TOP_HASHTAG_SHARE, "0.5");
    assert_cell(f, DISTINCT_TEXTS, "null");
}

static void totals_and_posts_are_counted_apart(void **state)
{
    struct fixture *f = *state;
    struct fact *first = tweet(f, KIND_ORIGINAL);
    fixture_lists(f, first, "hk hk china", "a.com a.com b.com");
    first->urls = 3;
    first->mentions = 2;
    struct fact *second = tweet(f, KIND_REPLY);
    fixture_lists(f, second, "hk", "");
    second->urls = 1; /* a link without a host */
    second->media = 4;
    tweet(f, KIND_QUOTE);
    fixture_compute(f);
    assert_cell(f, HASHTAGS, "4");
    assert_cell(f, POSTS_WITH_HASHTAG, "2");
    assert_cell(f, URLS, "4");
    assert_cell(f, POSTS_WITH_URL, "2");
    assert_cell(f, MENTIONS, "2");
    assert_cell(f, POSTS_WITH_MENTION, "1");
    assert_cell(f, MEDIA, "4");
    assert_cell(f, POSTS_WITH_MEDIA, "1");
    assert_cell(f, DISTINCT_HASHTAGS, "2");
    assert_cell(f, DISTINCT_DOMAINS, "2");
    assert_cell(f, TOP_HASHTAG, "hk");
    assert_cell(f, TOP_HASHTAG_SHARE, "0.75"); /* 3 of 4 uses */
}

/* As texts, so that digits are no numbers: "10" is before "9". */
static void the_bytewise_smallest_hashtag_wins_a_tie(void **state)
{
    struct fixture *f = *state;
    fixture_lists(f, tweet(f, KIND_ORIGINAL), "9 a 10", "");
    fixture_compute(f);
    assert_cell(f, TOP_HASHTAG, "10");
    assert_cell(f, DISTINCT_HASHTAGS, "3");
    assert_cell(f, TOP_HASHTAG_SHARE, "0.333333333");
}

/* 3, 3, 9: mean 5, variance (4 + 4 + 16) / 3 = 8. */
static void lengths_have_a_mean_and_a_population_deviation(void **state)
{
    struct fixture *f = *state;
    say(f, 1, 3);
    say(f, 1, 3);
    say(f, 2, 9);
    tweet(f, KIND_RETWEET);
    fixture_compute(f);
    assert_cell(f, TEXT_LENGTH_MEAN, "5");
    assert_cell(f, TEXT_LENGTH_SD, "2.82842712");
    assert_cell(f, DISTINCT_TEXTS, "2");
    assert_cell(f, DUPLICATE_TEXT_SHARE, "0.333333333");
}

static void one_text_deviates_by_nothing(void **state)
{
    struct fixture *f = *state;
    say(f, 7, 280);
    fixture_compute(f);
    assert_cell(f, TEXT_LENGTH_MEAN, "280");
    assert_cell(f, TEXT_LENGTH_SD, "0");
    assert_cell(f, DISTINCT_TEXTS, "1");
    assert_cell(f, DUPLICATE_TEXT_SHARE, "0");
}

/* 2, 4: a whole deviation is exact. */
static void a_whole_deviation_is_exact(void **state)
{
    struct fixture *f = *state;
    say(f, 1, 2);
    say(f, 2, 4);
    fixture_compute(f);
    assert_cell(f, TEXT_LENGTH_SD, "1");
}

/* The share is of posts that are no retweets, with a text or not. */
static void a_post_without_a_text_is_in_the_denominator(void **state)
{
    struct fixture *f = *state;
    say(f, 1, 2);
    tweet(f, KIND_ORIGINAL);
    fixture_compute(f);
    assert_cell(f, DISTINCT_TEXTS, "1");
    assert_cell(f, DUPLICATE_TEXT_SHARE, "0.5");
    assert_cell(f, TEXT_LENGTH_MEAN, "2");
}

static void letters_add_up_by_script(void **state)
{
    struct fixture *f = *state;
    struct fact_lists *first = fixture_lists(f, say(f, 1, 12), "", "");
    first->scripts[SCRIPT_HAN] = 10;
    first->scripts[SCRIPT_OTHER] = 2;
    fixture_lists(f, say(f, 2, 7), "", "")->scripts[SCRIPT_HAN] = 5;
    say(f, 3, 0);
    fixture_compute(f);
    assert_cell(f, SCRIPT_HAN, "15");
    assert_cell(f, SCRIPT_KANA, "0");
    assert_cell(f, SCRIPT_LATIN, "0");
    assert_cell(f, SCRIPT_OTHER, "2");
}

static void many_texts_are_counted_exactly(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 900; i++)
        say(f, (i % 300 + 1) * 0x9e3779b97f4a7c15u, 1);
    fixture_compute(f);
    assert_cell(f, DISTINCT_TEXTS, "300");
    assert_cell(f, DUPLICATE_TEXT_SHARE, "0.666666667");
}

static void one_account_leaves_nothing_to_the_next(void **state)
{
    struct fixture *f = *state;
    fixture_lists(f, tweet(f, KIND_ORIGINAL), "a b c", "x y z");
    fixture_compute(f);
    f->view.fact_count = 0;
    fixture_lists(f, tweet(f, KIND_ORIGINAL), "d", "");
    fixture_compute(f);
    assert_cell(f, DISTINCT_HASHTAGS, "1");
    assert_cell(f, TOP_HASHTAG, "d");
    assert_cell(f, DISTINCT_DOMAINS, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        fixture_test(posts_without_the_fields_leave_all_null),
        fixture_test(a_field_that_is_carried_counts_zero),
        fixture_test(retweets_count_only_for_what_is_distinct),
        fixture_test(totals_and_posts_are_counted_apart),
        fixture_test(the_bytewise_smallest_hashtag_wins_a_tie),
        fixture_test(lengths_have_a_mean_and_a_population_deviation),
        fixture_test(one_text_deviates_by_nothing),
        fixture_test(a_whole_deviation_is_exact),
        fixture_test(a_post_without_a_text_is_in_the_denominator),
        fixture_test(letters_add_up_by_script),
        fixture_test(many_texts_are_counted_exactly),
        fixture_test(one_account_leaves_nothing_to_the_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
