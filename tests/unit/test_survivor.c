#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/hash.h"
#include "stages/parse/survivor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT(literal) {literal, sizeof(literal) - 1}

/* The hash is that of exactly these bytes, and they fit. */
static void expect(const struct post *post, const char *json)
{
    size_t size = strlen(json), room = survivor_bytes_max(post);
    char *out = malloc(room);
    assert_non_null(out);
    assert_true(size <= room);
    uint64_t hash = survivor_hash(post, out);
    assert_memory_equal(out, json, size);
    assert_true(hash == hash_bytes128(json, size).high);
    free(out);
}

static void a_post_is_its_canonical_json(void **state)
{
    struct post post = {.account = {.number = 1}, .id = {.number = 2},
                        .kind = KIND_RETWEET, .language = TEXT("en"),
                        .original_time = 1562133183000, .statuses = 7,
                        .target = {.number = 3}, .target_post = {.number = 4},
                        .time = 1562135340660};
    (void)state;
    expect(&post,
           "{\"account\":\"1\",\"client\":null,\"id\":\"2\","
           "\"kind\":\"retweet\",\"lang\":\"en\",\"manual\":false,"
           "\"original_time\":1562133183000,\"statuses\":7,\"target\":\"3\","
           "\"target_post\":\"4\",\"time\":1562135340660}");
}

static void what_is_unknown_is_null(void **state)
{
    struct post post = {.account = {.number = UINT64_MAX},
                        .id = {.text = TEXT("00x")}, .manual_retweet = true,
                        .original_time = TIME_NONE, .statuses = COUNT_NONE,
                        .time = -5};
    (void)state;
    expect(&post,
           "{\"account\":\"18446744073709551615\",\"client\":null,"
           "\"id\":\"00x\",\"kind\":\"original\",\"lang\":null,"
           "\"manual\":true,\"original_time\":null,\"statuses\":null,"
           "\"target\":null,\"target_post\":null,\"time\":-5}");
}

static void only_what_json_demands_is_escaped(void **state)
{
    struct post post = {.account = {.number = 10}, .id = {.number = 100},
                        .kind = KIND_QUOTE, .original_time = 0,
                        .client = TEXT("a\"\\/\x01\b\t\n\v\f\r\x1F\x7F\xC3\xA9"),
                        .language = TEXT("\x1F\x1F\x1F\x1F")};
    (void)state;
    expect(&post,
           "{\"account\":\"10\",\"client\":\"a\\\"\\\\/\\u0001\\b\\t\\n"
           "\\u000b\\f\\r\\u001f\x7F\xC3\xA9\",\"id\":\"100\","
           "\"kind\":\"quote\",\"lang\":\"\\u001f\\u001f\\u001f\\u001f\","
           "\"manual\":false,\"original_time\":0,\"statuses\":0,"
           "\"target\":null,\"target_post\":null,\"time\":0}");
}

static void numbers_of_every_length_are_written(void **state)
{
    (void)state;
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10)
        for (uint64_t id = power; id <= power + 1; id++) {
            struct post post = {.account = {.number = id},
                                .id = {.number = id * 9 / 10 + 1},
                                .time = (int64_t)(power - 1) >> 1};
            char json[512];
            snprintf(json, sizeof json,
                     "{\"account\":\"%" PRIu64 "\",\"client\":null,\"id\":\"%"
                     PRIu64 "\",\"kind\":\"original\",\"lang\":null,"
                     "\"manual\":false,\"original_time\":0,\"statuses\":0,"
                     "\"target\":null,\"target_post\":null,\"time\":%" PRId64
                     "}", id, id * 9 / 10 + 1, post.time);
            expect(&post, json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_post_is_its_canonical_json),
        cmocka_unit_test(what_is_unknown_is_null),
        cmocka_unit_test(only_what_json_demands_is_escaped),
        cmocka_unit_test(numbers_of_every_length_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
