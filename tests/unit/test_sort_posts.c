#include "stages/reduce/sort_posts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct memory memory;
static struct sorter sorter;
static uint64_t seed;

static uint64_t below(uint64_t bound)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (seed >> 33) % bound;
}

/* Ids: few numbers, and texts of several kinds, so that all ties occur. */
#define BLOBS 8
static const char *const TEXTS[BLOBS] = {"t1_a", "t1_b", "007", "07", "abcdefgh",
                                         "abcdefghi", "1a", "99999999999999999999"};
static struct id_blob *blobs[BLOBS];

static struct fact random_fact(uint64_t ids, bool text_ids)
{
    struct fact fact = {.time = (int64_t)below(6) - 2,
                        .post = 1 + below(ids),
                        .urls = (uint32_t)below(3),
                        .followers = COUNT_NONE,
                        .flags = FACT_HAS_URLS,
                        .original_time = TIME_NONE,
                        .statuses = (int64_t)below(5) - 1,
                        .kind = (uint8_t)below(POST_KINDS)};
    if (text_ids && below(3) == 0) {
        fact.post = (uint64_t)(uintptr_t)blobs[below(BLOBS)];
        fact.flags |= FACT_POST_BLOB;
    }
    return fact;
}

/* ---- the slow reference ------------------------------------------------ */

static bool digits(struct id id)
{
    char out[ID_DIGITS_MAX];
    struct text text = id_text(id, out);
    for (uint32_t i = 0; i < text.size; i++)
        if (text.bytes[i] < '0' || text.bytes[i] > '9')
            return false;
    return true;
}

static bool comes_before(const struct fact *a, const struct fact *b)
{
    if (a->time != b->time)
        return a->time < b->time;
    struct id x = fact_post(a), y = fact_post(b);
    if (digits(x) != digits(y))
        return digits(x);
    return id_compare(x, y) < 0;
}

static const struct dictionaries no_names;
static const struct copy_context context = {{.number = 1}, &no_names};

static struct hash128 hash_of(const struct fact *fact)
{
    char json[4096];
    assert_true(copy_json_bytes_max(&context, fact) <= sizeof json);
    return copy_hash(&context, fact, json);
}

static bool same_copy(const struct fact *a, const struct fact *b)
{
    struct hash128 x = hash_of(a), y = hash_of(b);
    return x.high == y.high && x.low == y.low;
}

static bool survives(const struct fact *a, const struct fact *b)
{
    struct hash128 x = hash_of(a), y = hash_of(b);
    return x.high != y.high ? x.high > y.high : x.low > y.low;
}

static size_t reference(const struct fact *in, size_t count, struct fact *out,
                        struct sorted_posts *result)
{
    size_t kept = 0;
    *result = (struct sorted_posts){.statuses_first = COUNT_NONE,
                                    .statuses_last = COUNT_NONE};
    for (size_t i = 0; i < count; i++) {
        const struct fact *best = &in[i];
        bool first = true, differs = false;
        for (size_t k = 0; k < count; k++) {
            if (!id_equal(fact_post(&in[i]), fact_post(&in[k])))
                continue;
            first = first && k >= i;
            if (survives(&in[k], best))
                best = &in[k];
        }
        for (size_t k = 0; k < count; k++)
            differs |= id_equal(fact_post(&in[i]), fact_post(&in[k])) &&
                       !same_copy(&in[k], best);
        result->conflicting += first && differs;
        result->duplicates += !first;
        if (first)
            out[kept++] = *best;
    }
    for (size_t i = 0; i < kept; i++)
        for (size_t k = i + 1; k < kept; k++)
            if (comes_before(&out[k], &out[i])) {
                struct fact held = out[i];
                out[i] = out[k];
                out[k] = held;
            }
    for (size_t i = 0; i < kept; i++) {
        if (out[i].statuses == COUNT_NONE)
            continue;
        if (result->statuses_first == COUNT_NONE)
            result->statuses_first = out[i].statuses;
        result->statuses_last = out[i].statuses;
    }
    return kept;
}

static void compare_once(size_t count, uint64_t ids, bool text_ids)
{
    struct fact facts[200], copy[200], expected[200];
    struct sorted_posts got, want;
    for (size_t i = 0; i < count; i++)
        facts[i] = copy[i] = random_fact(ids, text_ids);
    size_t kept = reference(copy, count, expected, &want);
    assert_int_equal(sort_posts(&sorter, &context, facts, count, &got), 0);
    assert_int_equal(got.count, kept);
    assert_int_equal(got.duplicates, want.duplicates);
    assert_int_equal(got.conflicting, want.conflicting);
    assert_int_equal(got.statuses_first, want.statuses_first);
    assert_int_equal(got.statuses_last, want.statuses_last);
    for (size_t i = 0; i < kept; i++) {
        assert_true(id_equal(fact_post(&facts[i]), fact_post(&expected[i])));
        assert_true(same_copy(&facts[i], &expected[i]));
    }
}

static void posts_are_as_the_slow_reference_says(void **state)
{
    (void)state;
    for (int round = 0; round < 4000; round++)
        compare_once(below(200), 1 + below(100), round % 2);
    for (int round = 0; round < 4000; round++)
        compare_once(1 + below(6), 1 + below(4), round % 2);
}

static void the_order_of_copies_never_shows(void **state)
{
    (void)state;
    struct fact facts[100], again[100];
    struct sorted_posts first, second;
    for (int round = 0; round < 500; round++) {
        for (size_t i = 0; i < 100; i++)
            facts[i] = again[i] = random_fact(20, true);
        for (size_t i = 99; i > 0; i--) {
            size_t k = below(i + 1);
            struct fact held = again[i];
            again[i] = again[k];
            again[k] = held;
        }
        assert_int_equal(sort_posts(&sorter, &context, facts, 100, &first), 0);
        assert_int_equal(sort_posts(&sorter, &context, again, 100, &second), 0);
        assert_memory_equal(&first, &second, sizeof first);
        for (size_t i = 0; i < first.count; i++)
            assert_true(same_copy(&facts[i], &again[i]));
    }
}

static void copies_with_different_times_are_one_post(void **state)
{
    (void)state;
    struct fact facts[3] = {
        {.time = 30, .post = 5, .statuses = COUNT_NONE},
        {.time = 20, .post = 6, .statuses = COUNT_NONE},
        {.time = 10, .post = 5, .statuses = COUNT_NONE}};
    int64_t survivor = survives(&facts[0], &facts[2]) ? 30 : 10;
    struct sorted_posts out;
    assert_int_equal(sort_posts(&sorter, &context, facts, 3, &out), 0);
    assert_int_equal(out.count, 2);
    assert_int_equal(out.conflicting, 1);
    assert_int_equal(facts[survivor == 30].time, survivor);
    assert_int_equal(facts[survivor != 30].post, 6);
}

static void a_hot_account_sorts_in_memory_charged(void **state)
{
    (void)state;
    enum { COUNT = 300000 };
    struct fact *facts = calloc(COUNT, sizeof *facts);
    struct sorted_posts out;
    for (size_t i = 0; i < COUNT; i++)
        facts[i] = (struct fact){.time = (int64_t)(i * 7919 % COUNT / 2),
                                 .post = 1 + i * 7919 % COUNT / 2};
    assert_int_equal(sort_posts(&sorter, &context, facts, COUNT, &out), 0);
    assert_int_equal(out.count, COUNT / 2);
    for (size_t i = 1; i < out.count; i++)
        assert_true(facts[i - 1].post < facts[i].post);
    assert_true(memory.used >= COUNT * 48);
    assert_int_equal(sort_posts(&sorter, &context, facts, 20, &out), 0);
    assert_true(memory.used < COUNT * 48);
    free(facts);
}

static void deletions_keep_their_least_known_time(void **state)
{
    (void)state;
    for (int round = 0; round < 1000; round++) {
        struct deletion in[60], out[60];
        size_t count = below(60), kept;
        for (size_t i = 0; i < count; i++) {
            struct id id = {.number = 1 + below(9)};
            if (below(3) == 0)
                id = fact_id((uint64_t)(uintptr_t)blobs[below(BLOBS)], true);
            in[i] = out[i] = (struct deletion){
                id, below(3) ? (int64_t)below(9) - 4 : TIME_NONE};
        }
        assert_int_equal(sort_deletions(&sorter, out, count, &kept), 0);
        for (size_t i = 0; i < kept; i++) {
            int64_t least = TIME_NONE;
            for (size_t k = 0; k < count; k++)
                if (id_equal(in[k].post, out[i].post) &&
                    in[k].time != TIME_NONE &&
                    (least == TIME_NONE || in[k].time < least))
                    least = in[k].time;
            assert_int_equal(out[i].time, least);
            for (size_t k = 0; k < i; k++)
                assert_false(id_equal(out[k].post, out[i].post));
        }
        for (size_t k = 0; k < count; k++) {
            bool found = false;
            for (size_t i = 0; i < kept; i++)
                found |= id_equal(in[k].post, out[i].post);
            assert_true(found);
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    seed = 4;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    sorter_init(&sorter, &memory);
    for (int i = 0; i < BLOBS; i++) {
        size_t size = strlen(TEXTS[i]);
        blobs[i] = malloc(sizeof **blobs + size);
        blobs[i]->size = (uint32_t)size;
        memcpy(blobs[i]->bytes, TEXTS[i], size);
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sorter_free(&sorter);
    for (int i = 0; i < BLOBS; i++)
        free(blobs[i]);
    return memory.used != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_are_as_the_slow_reference_says),
        cmocka_unit_test(the_order_of_copies_never_shows),
        cmocka_unit_test(copies_with_different_times_are_one_post),
        cmocka_unit_test(a_hot_account_sorts_in_memory_charged),
        cmocka_unit_test(deletions_keep_their_least_known_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
