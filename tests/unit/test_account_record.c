#include "pipeline/memory.h"

/* The record's own source, so that another lane can come first at the very
 * moment in which this one has made what it is about to publish. */
static void *alloc_after_a_rival(struct arena *arena, size_t bytes,
                                 size_t align);
#define arena_alloc alloc_after_a_rival
#include "stages/aggregate/account_record.c"
#include "stages/aggregate/compact_profile.c"
#undef arena_alloc

#include "pipeline/check.h"
#include "tests/unit/profile_reference.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct memory memory;
static struct arena arena, rival_arena;

/* What the rival does at the next allocation, once. */
static _Thread_local struct account *rival_account;
static const struct observation *rival_sight;

static void *alloc_after_a_rival(struct arena *from, size_t bytes,
                                 size_t align)
{
    struct account *account = rival_account;
    rival_account = NULL;
    if (account && !account_observe(account, rival_sight, &rival_arena))
        return NULL;
    return arena_alloc(from, bytes, align);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 32, 0);
    arena_init(&arena, &memory, 1 << 20);
    arena_init(&rival_arena, &memory, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    arena_reset(&rival_arena);
    return 0;
}

static struct account *account_of(uint64_t number)
{
    struct account_key key = {PLATFORM_TWITTER, {.number = number}};
    return account_create(&key, number * 77, &arena);
}

/* Texts as long as they usually are in a stream. */
static struct observation usual_observation(int64_t t)
{
    struct observation o = {.platform = PLATFORM_TWITTER,
                            .id = {.number = 1151234567890123456u},
                            .author = true,
                            .t_obs = 1562112000000 + t,
                            .created_at = 1300000000000,
                            .counts = {523, 480, 21034, 9000, 3},
                            .flags = {0, 0, 0, 0}};
    o.texts[TEXT_SCREEN_NAME] = text_of_string("some_handle1");
    o.texts[TEXT_DISPLAY_NAME] = text_of_string("A usual name");
    o.texts[TEXT_DESCRIPTION] = text_of_string(
        "A description of some seventy bytes, as people write them, in short");
    o.texts[TEXT_LOCATION] = text_of_string("Somewhere, XY");
    o.texts[TEXT_URL] = text_of_string("https://t.co/0123456789");
    return o;
}

static void a_record_keeps_its_key(void **state)
{
    (void)state;
    struct account_key keys[] = {
        {PLATFORM_TWITTER, {.number = UINT64_MAX}},
        {PLATFORM_REDDIT, {.text = text_of_string("t2_abc")}},
        {PLATFORM_BLUESKY, {.text = text_of_string("did:plc:x")}}};
    for (int i = 0; i < 3; i++) {
        struct account *account = account_create(&keys[i], 5, &arena);
        for (int k = 0; k < 3; k++)
            assert_int_equal(account_is(&account->entry, &keys[k]), i == k);
        struct account_key other = keys[i];
        other.platform = (enum platform)((keys[i].platform + 1) % 3);
        assert_false(account_is(&account->entry, &other));
        assert_true(id_equal(account_id(account), keys[i].id));
    }
}

static void an_account_without_observation_has_no_profile(void **state)
{
    (void)state;
    struct profile profile;
    assert_false(account_profile(account_of(1), &profile));
}

static void compact_profiles_say_what_was_seen(void **state)
{
    (void)state;
    struct random random = {1};
    for (int i = 0; i < 2000; i++) {
        struct observation back, o = random_observation(
            &random, (struct id){.number = 1}, 20);
        uint64_t blocks[PROFILE_TEXTS];
        const uint8_t *compact = compact_profile_make(&o, &arena);
        compact_profile_read(compact, &back, blocks);
        assert_true(observation_equal(&o, &back));
        for (int k = 0; k < PROFILE_TEXTS; k++)
            if (blocks[k])
                assert_true(same_text(text_block_read(blocks[k]),
                                      o.texts[k]));
    }
}

static void the_same_observation_again_takes_no_memory(void **state)
{
    (void)state;
    struct account *account = account_of(2);
    struct observation o = usual_observation(0);
    assert_true(account_observe(account, &o, &arena));
    uint64_t bytes = arena.bytes;
    assert_true(account_observe(account, &o, &arena));
    assert_int_equal(arena.bytes, bytes);
}

static void usual_accounts_fit_their_sizes(void **state)
{
    (void)state;
    /* Beside the record: a slot at load 1/3, its retired copies, and a place
     * in the log of accounts. */
    const uint64_t beside = 24 + 24 + 8;
    uint64_t before = arena.bytes;
    struct account *account = account_of(3);
    struct observation o = usual_observation(0);
    assert_true(account_observe(account, &o, &arena));
    uint64_t compact = arena.bytes - before + beside;
    o.t_obs++;
    assert_true(account_observe(account, &o, &arena));
    uint64_t full = arena.bytes - before + beside;
    print_message("bytes: compact %u, full %u\n", (unsigned)compact,
                  (unsigned)full);
    assert_in_range(compact, 1, 280);
    assert_in_range(full, 1, 720);
    /* As long as only time passes, nothing more. */
    o.t_obs++;
    before = arena.bytes;
    assert_true(account_observe(account, &o, &arena));
    assert_int_equal(arena.bytes, before);
}

static void random_observations_join_to_the_reference(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 600; seed++) {
        struct random random = {seed};
        struct observation all[80];
        size_t count = 1 + random_below(&random, seed % 3 ? 4 : 80);
        struct account *account = account_of(seed + 10);
        for (size_t i = 0; i < count; i++) {
            all[i] = random_observation(&random, (struct id){.number = 1},
                                        seed % 2 ? 5 : 60);
            assert_true(account_observe(account, &all[i], &arena));
        }
        struct profile profile;
        assert_true(account_profile(account, &profile));
        const char *difference = reference_difference(&profile, all, count);
        if (difference)
            fail_msg("seed %u: %s", (unsigned)seed, difference);
    }
}

static void times_beyond_the_limit_count_as_none(void **state)
{
    (void)state;
    const int64_t times[] = {INT64_MAX, INT64_MIN + 1, TIME_LIMIT,
                             -TIME_LIMIT};
    for (int i = 0; i < 4; i++) {
        struct account *account = account_of(5000);
        struct observation o = usual_observation(0);
        struct profile profile;
        o.t_obs = o.created_at = times[i];
        o.counts[0] = 7;
        assert_true(account_observe(account, &o, &arena));
        assert_true(account_profile(account, &profile));
        assert_int_equal(profile.created_at.value, TIME_NONE);
        assert_int_equal(profile.first_observed, TIME_NONE);
        assert_int_equal(profile.last_observed, TIME_NONE);
        assert_int_equal(profile.counts[0].first.value, 7);
        o = usual_observation(0);
        assert_true(account_observe(account, &o, &arena));
        assert_true(account_profile(account, &profile));
        assert_int_equal(profile.counts[0].first.value, 523);
        assert_int_equal(profile.counts[0].last.value, 523);
        assert_int_equal(profile.counts[0].min, 7);
    }
}

static void who_loses_a_publication_joins_the_winners(void **state)
{
    (void)state;
    struct random random = {31};
    /* The rival comes at the first sight (compact) or at the second, where
     * both promote; or at both. */
    for (int round = 0; round < 300; round++) {
        struct account *account = account_of(6000);
        struct observation all[4];
        size_t count = 0;
        for (int sight = 0; sight < 2; sight++) {
            struct observation *o = &all[count++], *rival = &all[count];
            *o = random_observation(&random, (struct id){.number = 1}, 30);
            *rival = random_observation(&random, (struct id){.number = 1},
                                        30);
            if (round % 3 == 2 || round % 3 == sight) {
                rival_account = account;
                rival_sight = rival;
                count++;
            }
            assert_true(account_observe(account, o, &arena));
            /* Nothing was allocated: then it comes after. */
            if (rival_account)
                assert_true(account_observe(account, rival, &rival_arena));
            rival_account = NULL;
        }
        struct profile profile;
        assert_true(account_profile(account, &profile));
        assert_null(reference_difference(&profile, all, count));
    }
}

/* ---- many threads: whoever makes the registers, nothing is lost ---------- */

#define ACCOUNTS 300
#define SIGHTS 12
static struct account *shared[ACCOUNTS];
static struct observation sights[ACCOUNTS][SIGHTS];

struct observer {
    pthread_t thread;
    size_t begin;
    struct arena arena;
};

static void *observe_all(void *argument)
{
    struct observer *observer = argument;
    for (size_t i = 0; i < ACCOUNTS; i++)
        for (size_t k = 0; k < SIGHTS; k++)
            CHECK(account_observe(
                shared[i], &sights[i][(k + observer->begin) % SIGHTS],
                &observer->arena));
    return NULL;
}

static void racing_promotions_lose_no_observation(void **state)
{
    (void)state;
    struct random random = {99};
    struct observer observers[4];
    for (size_t i = 0; i < ACCOUNTS; i++) {
        shared[i] = account_of(i + 1);
        for (size_t k = 0; k < SIGHTS; k++)
            sights[i][k] = random_observation(
                &random, (struct id){.number = 1}, 30);
    }
    for (size_t i = 0; i < 4; i++) {
        observers[i].begin = i * 3;
        arena_init(&observers[i].arena, &memory, 1 << 20);
        assert_int_equal(pthread_create(&observers[i].thread, NULL,
                                        observe_all, &observers[i]), 0);
    }
    for (int i = 0; i < 4; i++)
        pthread_join(observers[i].thread, NULL);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        struct profile profile;
        assert_true(account_profile(shared[i], &profile));
        assert_null(reference_difference(&profile, sights[i], SIGHTS));
    }
    for (int i = 0; i < 4; i++)
        arena_reset(&observers[i].arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_keeps_its_key),
        cmocka_unit_test(an_account_without_observation_has_no_profile),
        cmocka_unit_test(compact_profiles_say_what_was_seen),
        cmocka_unit_test(the_same_observation_again_takes_no_memory),
        cmocka_unit_test(usual_accounts_fit_their_sizes),
        cmocka_unit_test(random_observations_join_to_the_reference),
        cmocka_unit_test(times_beyond_the_limit_count_as_none),
        cmocka_unit_test(who_loses_a_publication_joins_the_winners),
        cmocka_unit_test(racing_promotions_lose_no_observation),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
