#include "stages/account_set.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct memory memory;

static struct text text_of(const char *bytes)
{
    return (struct text){bytes, (uint32_t)strlen(bytes)};
}

static struct id id_of(const char *bytes)
{
    return id_from_text(text_of(bytes));
}

static void see(struct handle_watch *watch, uint32_t lane, const char *name,
                const char *id)
{
    struct observation observation = {.platform = PLATFORM_TWITTER,
                                      .id = id_of(id)};
    /* The id of a number has no text, but may point to where one would be. */
    if (!observation.id.text.size)
        observation.id.text.bytes = name;
    observation.texts[TEXT_SCREEN_NAME] = text_of(name);
    assert_int_equal(handle_watch_see(watch, lane, &observation), 0);
}

static struct account_set *set_of(struct handle_watch *watch,
                                  const char *const *lines)
{
    struct account_set *set = account_set_create(watch);
    assert_non_null(set);
    for (; *lines; lines++)
        assert_int_equal(account_set_add_line(set, text_of(*lines)), 0);
    return set;
}

static bool has(const struct account_set *set, enum platform platform,
                const char *id)
{
    return account_set_has(set, platform, id_of(id));
}

static void an_id_is_of_any_platform_and_compared_as_bytes(void **state)
{
    (void)state;
    struct handle_watch *watch = handle_watch_create(&memory, 1);
    const char *const lines[] = {"  12 \t\r\n", "", "# 99", "did:plc:x", "012",
                                 "12", NULL};
    struct account_set *set = set_of(watch, lines);
    assert_int_equal(account_set_resolve(set), 0);
    assert_int_equal(account_set_size(set), 3);
    for (int platform = 0; platform < PLATFORM_COUNT; platform++) {
        assert_true(has(set, (enum platform)platform, "12"));
        assert_true(has(set, (enum platform)platform, "012"));
        assert_true(has(set, (enum platform)platform, "did:plc:x"));
        assert_false(has(set, (enum platform)platform, "99"));
        assert_false(has(set, (enum platform)platform, "did:plc:X"));
    }
    account_set_free(set);
    handle_watch_free(watch);
}

static void a_handle_is_every_twitter_account_seen_under_it(void **state)
{
    (void)state;
    struct handle_watch *watch = handle_watch_create(&memory, 2);
    const char *const lines[] = {"@Bob", "@nobody", "7", "@bOB", "@carol",
                                 NULL};
    struct account_set *set = set_of(watch, lines);
    struct account_set *other = set_of(watch, (const char *const[]){
                                                  "@dave", NULL});
    see(watch, 0, "BOB", "1");
    see(watch, 0, "bob", "1");
    see(watch, 1, "bob", "1");
    see(watch, 1, "bob", "hash=");
    see(watch, 1, "CAROL", "7");
    see(watch, 0, "bobby", "8");
    see(watch, 0, "dave", "9");
    struct observation elsewhere = {.platform = PLATFORM_REDDIT,
                                    .id = id_of("44")};
    elsewhere.texts[TEXT_SCREEN_NAME] = text_of("bob");
    assert_int_equal(handle_watch_see(watch, 0, &elsewhere), 0);
    elsewhere.platform = PLATFORM_TWITTER;
    elsewhere.texts[TEXT_SCREEN_NAME].size = TEXT_NONE;
    assert_int_equal(handle_watch_see(watch, 0, &elsewhere), 0);
    assert_int_equal(account_set_resolve(set), 0);
    assert_int_equal(account_set_resolve(other), 0);
    /* 1, hash=, 7 and the handle that nobody had. */
    assert_int_equal(account_set_size(set), 4);
    assert_int_equal(account_set_size(other), 1);
    assert_true(has(set, PLATFORM_TWITTER, "1"));
    assert_true(has(set, PLATFORM_TWITTER, "hash="));
    assert_false(has(set, PLATFORM_REDDIT, "1"));
    assert_true(has(set, PLATFORM_REDDIT, "7"));
    assert_false(has(set, PLATFORM_TWITTER, "8"));
    assert_false(has(set, PLATFORM_TWITTER, "9"));
    assert_false(has(set, PLATFORM_TWITTER, "44"));
    assert_true(has(other, PLATFORM_TWITTER, "9"));
    account_set_free(set);
    account_set_free(other);
    handle_watch_free(watch);
}

#define MANY 5000
#define LANES 4

struct seer {
    struct handle_watch *watch;
    uint32_t lane;
};

static void *see_many(void *argument)
{
    const struct seer *seer = argument;
    for (unsigned i = 0; i < MANY; i++) {
        char name[32], id[32];
        snprintf(name, sizeof name, "Name_%u", i % 100);
        snprintf(id, sizeof id, i % 2 ? "%u" : "id-%u", i + 1);
        see(seer->watch, seer->lane, name, id);
    }
    return NULL;
}

static void lanes_see_at_once_and_nothing_is_lost(void **state)
{
    (void)state;
    struct handle_watch *watch = handle_watch_create(&memory, LANES);
    struct account_set *set = account_set_create(watch);
    for (unsigned i = 0; i < 50; i++) {
        char line[32];
        snprintf(line, sizeof line, "@nAmE_%u", i * 2);
        assert_int_equal(account_set_add_line(set, text_of(line)), 0);
    }
    assert_int_equal(handle_watch_count(watch), 50);
    pthread_t threads[LANES];
    struct seer seers[LANES];
    for (uint32_t i = 0; i < LANES; i++) {
        seers[i] = (struct seer){watch, i};
        pthread_create(&threads[i], NULL, see_many, &seers[i]);
    }
    for (uint32_t i = 0; i < LANES; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(account_set_resolve(set), 0);
    assert_int_equal(account_set_size(set), MANY / 2);
    for (unsigned i = 0; i < MANY; i++) {
        char id[32];
        snprintf(id, sizeof id, i % 2 ? "%u" : "id-%u", i + 1);
        assert_int_equal(has(set, PLATFORM_TWITTER, id), i % 2 == 0);
    }
    account_set_free(set);
    handle_watch_free(watch);
    assert_int_equal(memory.used, 0);
}

static void a_list_is_read_from_a_file_or_refused(void **state)
{
    (void)state;
    struct fault fault = {0};
    struct handle_watch *watch = handle_watch_create(&memory, 1);
    char path[] = "/tmp/test_account_set_XXXXXX";
    int fd = mkstemp(path);
    static const char good[] = "# core\n1\r\n\n @a \n2";
    assert_int_equal(write(fd, good, sizeof good - 1), sizeof good - 1);
    struct account_set *set = account_set_read(path, watch, &fault);
    assert_non_null(set);
    assert_int_equal(account_set_size(set), 3);
    account_set_free(set);
    assert_int_equal(write(fd, "\n@\n", 3), 3);
    assert_null(account_set_read(path, watch, &fault));
    assert_int_equal(fault.code, CODE_USAGE);
    assert_non_null(strstr(fault.doing, "line 6"));
    close(fd);
    unlink(path);
    fault = (struct fault){0};
    assert_null(account_set_read(path, watch, &fault));
    assert_int_equal(fault.code, CODE_INPUT);
    fault = (struct fault){0};
    assert_null(account_set_read("/tmp", watch, &fault));
    assert_int_equal(fault.code, CODE_IO);
    handle_watch_free(watch);
}

int main(void)
{
    memory_init(&memory, (uint64_t)1 << 30, 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_id_is_of_any_platform_and_compared_as_bytes),
        cmocka_unit_test(a_handle_is_every_twitter_account_seen_under_it),
        cmocka_unit_test(lanes_see_at_once_and_nothing_is_lost),
        cmocka_unit_test(a_list_is_read_from_a_file_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
