#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/units.h"

#include <stdlib.h>

static struct batch batch;

static int empty(void **state)
{
    (void)state;
    batch_free(&batch);
    return 0;
}

static struct text text(const char *bytes, uint32_t size)
{
    return (struct text){bytes, size};
}

static void expect_text(struct text got, struct text expected)
{
    assert_int_equal(got.size, expected.size);
    if (got.size && got.size != TEXT_NONE)
        assert_memory_equal(got.bytes, expected.bytes, got.size);
}

static void expect_id(struct id got, struct id expected)
{
    assert_true(got.number == expected.number);
    expect_text(got.text, expected.text);
}

/* Sizes 0..n and unknown ones, so that every padding occurs. */
static struct observation observation_of(uint32_t seed)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz\0zyxwvutsr";
    struct observation o = {.platform = PLATFORM_TWITTER, .author = seed & 1,
                            .t_obs = (int64_t)seed - 5,
                            .created_at = seed % 3 ? (int64_t)seed : TIME_NONE};
    if (seed % 4)
        o.id.number = UINT64_MAX - seed;
    else
        o.id.text = text("an id", 1 + seed % 5);
    for (uint32_t i = 0; i < PROFILE_COUNTS; i++)
        o.counts[i] = i == seed % 7 ? COUNT_NONE : (int64_t)(seed * i);
    for (uint32_t i = 0; i < PROFILE_FLAGS; i++)
        o.flags[i] = (uint8_t)((seed + i) % 3);
    for (uint32_t i = 0; i < PROFILE_TEXTS; i++)
        o.texts[i] = (seed + i) % 6 == 0 ? text(NULL, TEXT_NONE)
                                         : text(bytes, (seed * 7 + i) % 36);
    return o;
}

static void an_observation_comes_back_as_it_was(void **state)
{
    (void)state;
    for (uint32_t seed = 0; seed < 5000; seed++) {
        struct observation o = observation_of(seed);
        assert_true(batch_add_observation(&batch, &o));
        assert_int_equal(batch.size % 8, 0);
    }
    size_t at = 0;
    struct batch_item item;
    for (uint32_t seed = 0; seed < 5000; seed++) {
        struct observation o = observation_of(seed);
        assert_int_equal(batch_next(&batch, &at, &item), BATCH_OBSERVATION);
        assert_int_equal(item.observation.platform, o.platform);
        assert_int_equal(item.observation.author, o.author);
        expect_id(item.observation.id, o.id);
        assert_true(item.observation.t_obs == o.t_obs);
        assert_true(item.observation.created_at == o.created_at);
        assert_memory_equal(item.observation.counts, o.counts,
                            sizeof o.counts);
        assert_memory_equal(item.observation.flags, o.flags, sizeof o.flags);
        assert_memory_equal(item.observation.engagement, o.engagement,
                            sizeof o.engagement);
        assert_int_equal(item.observation.snapshot, o.snapshot);
        for (int i = 0; i < PROFILE_TEXTS; i++)
            expect_text(item.observation.texts[i], o.texts[i]);
    }
    assert_int_equal(batch_next(&batch, &at, &item), BATCH_END);
    assert_int_equal(batch_next(&batch, &at, &item), BATCH_END);
}

static void a_post_comes_back_as_it_was(void **state)
{
    struct post post = {
        .platform = PLATFORM_REDDIT, .kind = KIND_QUOTE,
        .account = {.number = 1}, .id = {.text = {"t3_abc", 6}},
        .target_post = {.number = UINT64_MAX}, .time = -1,
        .original_time = TIME_NONE, .statuses = COUNT_NONE,
        .language = {"en", 2}, .client = {"a\0b", 3}, .followers = 12,
        .name_hash = 77, .urls = 1, .mentions = 2, .media = 3,
        .hashtags = {(const uint8_t *)"\1a\2bc", 5, 2},
        .domains = {(const uint8_t *)"\0", 1, 1},
        .text = {99, 5, {1, 2, 3, 4, 5, 6, 7, 8}}};
    (void)state;
    for (uint16_t flags = 1; flags < FACT_FLAGS_ALL; flags *= 2) {
        batch.size = 0;
        post.flags = flags;
        assert_true(batch_add_post(&batch, &post));
        struct batch_item item;
        size_t at = 0;
        assert_int_equal(batch_next(&batch, &at, &item), BATCH_POST);
        assert_int_equal(item.post.platform, post.platform);
        assert_int_equal(item.post.kind, post.kind);
        assert_int_equal(item.post.flags, post.flags);
        expect_id(item.post.account, post.account);
        expect_id(item.post.id, post.id);
        expect_id(item.post.target, post.target);
        expect_id(item.post.target_post, post.target_post);
        assert_true(item.post.time == post.time);
        assert_true(item.post.original_time == post.original_time);
        assert_true(item.post.statuses == post.statuses);
        assert_true(item.post.followers == post.followers);
        assert_true(item.post.name_hash == post.name_hash);
        assert_int_equal(item.post.urls, post.urls);
        assert_int_equal(item.post.mentions, post.mentions);
        assert_int_equal(item.post.media, post.media);
        assert_int_equal(item.post.hashtags.count, 2);
        assert_int_equal(item.post.hashtags.size, 5);
        assert_memory_equal(item.post.hashtags.bytes, "\1a\2bc", 5);
        assert_int_equal(item.post.domains.count, 1);
        assert_int_equal(item.post.domains.size, 1);
        assert_int_equal(item.post.text.hash, post.text.hash);
        assert_int_equal(item.post.text.length, post.text.length);
        assert_memory_equal(item.post.text.scripts, post.text.scripts,
                            sizeof post.text.scripts);
        expect_text(item.post.language, post.language);
        expect_text(item.post.client, post.client);
        assert_int_equal(at, batch.size);
    }
}

static void a_notice_comes_back_as_it_was(void **state)
{
    struct notice notice = {.platform = PLATFORM_BLUESKY,
                            .account = {.text = {"did:plc:x", 9}},
                            .post = {.number = 5}, .time = TIME_NONE};
    struct batch_item item;
    size_t at = 0;
    (void)state;
    assert_true(batch_add_notice(&batch, &notice));
    assert_int_equal(batch_next(&batch, &at, &item), BATCH_NOTICE);
    assert_int_equal(item.notice.platform, notice.platform);
    expect_id(item.notice.account, notice.account);
    expect_id(item.notice.post, notice.post);
    assert_true(item.notice.time == notice.time);
}

static void what_cannot_be_reserved_changes_nothing(void **state)
{
    (void)state;
    assert_true(batch_reserve(&batch, 100));
    struct batch before = batch;
    assert_false(batch_reserve(&batch, SIZE_MAX / 2));
    assert_ptr_equal(batch.bytes, before.bytes);
    assert_int_equal(batch.capacity, before.capacity);
    assert_int_equal(batch.size, 0);
}

static void a_freed_batch_is_an_empty_one(void **state)
{
    struct notice notice = {.account = {.number = 1}, .post = {.number = 2}};
    struct batch_item item;
    size_t at = 0;
    (void)state;
    assert_true(batch_add_notice(&batch, &notice));
    batch_free(&batch);
    assert_int_equal(batch_next(&batch, &at, &item), BATCH_END);
    assert_true(batch_add_notice(&batch, &notice));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_observation_comes_back_as_it_was, empty),
        cmocka_unit_test_teardown(a_post_comes_back_as_it_was, empty),
        cmocka_unit_test_teardown(a_notice_comes_back_as_it_was, empty),
        cmocka_unit_test_teardown(what_cannot_be_reserved_changes_nothing,
                                  empty),
        cmocka_unit_test_teardown(a_freed_batch_is_an_empty_one, empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
