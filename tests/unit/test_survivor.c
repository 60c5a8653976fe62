#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/reduce/survivor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define TEXT(literal) {literal, sizeof(literal) - 1}

static struct text clients[] = {TEXT("a\"\\/\x01\b\t\n\v\f\r\x1F\x7F\xC3\xA9")};
static struct text languages[] = {TEXT("en"), TEXT("\x1F\x1F\x1F\x1F")};
static const struct dictionaries names = {{1, clients}, {2, languages}};
static const struct fact unknown = {.original_time = TIME_NONE,
                                    .statuses = COUNT_NONE,
                                    .followers = COUNT_NONE, .post = 2};

/* The hash is that of exactly these bytes, and they fit. */
static void expect(struct id account, const struct fact *fact,
                   const char *json)
{
    struct copy_context context = {account, &names};
    size_t size = strlen(json), room = copy_json_bytes_max(&context, fact);
    char *out = malloc(room);
    assert_non_null(out);
    assert_true(size <= room);
    assert_int_equal(copy_json(&context, fact, out), size);
    assert_memory_equal(out, json, size);
    struct hash128 hash = copy_hash(&context, fact, out);
    struct hash128 want = hash_bytes128(json, size);
    assert_true(hash.high == want.high && hash.low == want.low);
    free(out);
}

static void a_retweet_is_its_canonical_json(void **state)
{
    uint8_t tags[16], hosts[16], *end = text_list_put(
        tags, (struct text)TEXT("a"));
    end = text_list_put(end, (struct text)TEXT("b\""));
    struct fact_lists lists = {
        .hashtags = {tags, (uint32_t)(end - tags), 2}};
    end = text_list_put(hosts, (struct text)TEXT("t.co"));
    lists.domains = (struct text_list){hosts, (uint32_t)(end - hosts), 1};
    struct fact fact = {.post = 2, .kind = KIND_RETWEET, .language = 1,
                        .original_time = 1562133183000, .statuses = 7,
                        .followers = 5, .target = 3, .target_post = 4,
                        .time = 1562135340660, .urls = 1, .mentions = 2,
                        .name_hash = 0xABC, .lists = &lists,
                        .flags = FACT_HAS_URLS | FACT_HAS_MENTIONS |
                                 FACT_HAS_MEDIA | FACT_HAS_HASHTAGS};
    (void)state;
    expect((struct id){.number = 1}, &fact,
           "{\"account\":\"1\",\"client\":null,\"domains\":[\"t.co\"],"
           "\"followers\":5,\"hashtags\":[\"a\",\"b\\\"\"],\"id\":\"2\","
           "\"kind\":\"retweet\",\"lang\":\"en\",\"manual\":false,"
           "\"media\":0,\"mentions\":2,\"minute_only\":false,"
           "\"name\":\"0000000000000abc\",\"original_time\":1562133183000,"
           "\"scripts\":null,\"statuses\":7,\"target\":\"3\","
           "\"target_post\":\"4\",\"text\":null,\"text_length\":null,"
           "\"time\":1562135340660,\"urls\":1}");
}

static void a_text_is_its_measure(void **state)
{
    struct fact_lists lists = {.scripts = {1, 0, 0, 0, 0, 0, 12, 0}};
    struct fact fact = unknown;
    fact.kind = KIND_REPLY;
    fact.text_hash = UINT64_C(0xFEDCBA9876543210);
    fact.text_length = 30;
    fact.lists = &lists;
    fact.flags = FACT_HAS_TEXT | FACT_MINUTE_ONLY | FACT_HAS_HASHTAGS;
    (void)state;
    expect((struct id){.number = 1}, &fact,
           "{\"account\":\"1\",\"client\":null,\"domains\":null,"
           "\"followers\":null,\"hashtags\":[],\"id\":\"2\","
           "\"kind\":\"reply\",\"lang\":null,\"manual\":false,"
           "\"media\":null,\"mentions\":null,\"minute_only\":true,"
           "\"name\":null,\"original_time\":null,"
           "\"scripts\":[1,0,0,0,0,0,12,0],\"statuses\":null,"
           "\"target\":null,\"target_post\":null,"
           "\"text\":\"fedcba9876543210\",\"text_length\":30,"
           "\"time\":0,\"urls\":null}");
}

#define TAIL                                                                   \
    "\"media\":null,\"mentions\":null,\"minute_only\":false,\"name\":null,"    \
    "\"original_time\":null,\"scripts\":null,\"statuses\":null,"               \
    "\"target\":null,\"target_post\":null,\"text\":null,"                      \
    "\"text_length\":null,\"time\":%" PRId64 ",\"urls\":null}"

static void only_what_json_demands_is_escaped(void **state)
{
    struct fact fact = unknown;
    struct id_blob *blob = malloc(sizeof *blob + 3);
    char json[1024];
    blob->size = 3;
    memcpy(blob->bytes, "00x", 3);
    fact.post = (uint64_t)(uintptr_t)blob;
    fact.client = 1;
    fact.language = 2;
    fact.kind = KIND_QUOTE;
    fact.time = -5;
    fact.flags = FACT_POST_BLOB | FACT_MANUAL_RETWEET;
    (void)state;
    snprintf(json, sizeof json,
             "{\"account\":\"t\",\"client\":\"a\\\"\\\\/\\u0001\\b\\t\\n"
             "\\u000b\\f\\r\\u001f\x7F\xC3\xA9\",\"domains\":null,"
             "\"followers\":null,\"hashtags\":null,\"id\":\"00x\","
             "\"kind\":\"quote\",\"lang\":\"\\u001f\\u001f\\u001f\\u001f\","
             "\"manual\":true," TAIL, (int64_t)-5);
    expect((struct id){.text = TEXT("t")}, &fact, json);
    free(blob);
}

static void numbers_of_every_length_are_written(void **state)
{
    (void)state;
    uint64_t power = 1;
    for (int digits = 1; digits <= 20; digits++, power *= 10)
        for (uint64_t id = power; id <= power + 1; id++) {
            struct fact fact = unknown;
            char json[1024];
            fact.post = id * 9 / 10 + 1;
            fact.time = (int64_t)(power - 1) >> 1;
            snprintf(json, sizeof json,
                     "{\"account\":\"%" PRIu64 "\",\"client\":null,"
                     "\"domains\":null,\"followers\":null,\"hashtags\":null,"
                     "\"id\":\"%" PRIu64 "\",\"kind\":\"original\","
                     "\"lang\":null,\"manual\":false," TAIL,
                     id, fact.post, fact.time);
            expect((struct id){.number = id}, &fact, json);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retweet_is_its_canonical_json),
        cmocka_unit_test(a_text_is_its_measure),
        cmocka_unit_test(only_what_json_demands_is_escaped),
        cmocka_unit_test(numbers_of_every_length_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
