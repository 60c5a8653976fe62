#include "stages/aggregate/aggregate.h"

#include "pipeline/check.h"
#include "tests/unit/profile_reference.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define PARTITIONS 4
#define LANES_MAX 4
#define ACCOUNTS 40
#define ITEMS 1500

static struct memory memory;

static struct aggregate *make(uint32_t lanes, uint64_t seed,
                              uint32_t grow_every)
{
    struct aggregate *aggregate;
    struct aggregate_options options = {.lanes = lanes,
                                        .partitions = PARTITIONS,
                                        .hash_seed = seed,
                                        .slots_initial = 64,
                                        .grow_every = grow_every};
    memory_init(&memory, (uint64_t)1 << 32, 0);
    assert_int_equal(aggregate_create(&aggregate, &memory, &options), 0);
    return aggregate;
}

static void finish(struct aggregate *aggregate)
{
    aggregate_destroy(aggregate);
    assert_int_equal(atomic_load(&memory.used), 0);
}

/* Numbers that sort otherwise as text, and texts, of three platforms. */
static void account_name(uint64_t i, enum platform *platform, struct id *id)
{
    static char texts[ACCOUNTS][16];
    *platform = (enum platform)(i % PLATFORM_COUNT);
    *id = (struct id){.number = i % 5 ? i * i * i + 1 : UINT64_MAX - i};
    if (i % 4 == 3) {
        snprintf(texts[i], sizeof texts[i], "%c_account_%u",
                 (int)(i % 2 ? 'a' : 'Z'), (unsigned)i);
        *id = (struct id){.text = text_of_string(texts[i])};
    }
}

/* ---- the input and what must come out ------------------------------------ */

struct input {
    struct batch_item items[ITEMS];
};

/* Of those that a parser sets. */
static uint64_t random_flags(struct random *random)
{
    return (random_below(random, 1024) * FACT_MINUTE_ONLY |
            random_below(random, 2) * FACT_MANUAL_RETWEET) & FACT_FLAGS_ALL;
}

static struct post random_post(struct random *random, uint64_t i)
{
    static const char *const LANGUAGES[] = {"", "en", "zh", "de"};
    static const char *const CLIENTS[] = {"", "web", "a phone", "bot"};
    struct post post = {.kind = (enum post_kind)random_below(random, 4),
                        .flags = (uint16_t)random_flags(random),
                        .id = {.number = 1 + random_below(random, 50)},
                        .time = (int64_t)random_below(random, 1000),
                        .original_time = TIME_NONE,
                        .statuses = COUNT_NONE,
                        .followers = (int64_t)random_below(random, 9) - 1,
                        .name_hash = random_below(random, 3),
                        .urls = (uint32_t)random_below(random, 3),
                        .hashtags = {(const uint8_t *)"\1a\2bc", 5, 2}};
    if (post.flags & FACT_HAS_TEXT) {
        post.text.hash = random->state;
        post.text.length = (uint32_t)random_below(random, 300);
        post.text.scripts[random_below(random, SCRIPTS)] = 300;
    }
    account_name(i, &post.platform, &post.account);
    if (random_below(random, 4) == 0)
        post.id = (struct id){.text = text_of_string("at://a/post/1")};
    if (random_below(random, 2))
        post.target = post.account;
    else if (random_below(random, 2))
        post.target_post = (struct id){.text = text_of_string("t3_z")};
    post.language = text_of_string(LANGUAGES[random_below(random, 4)]);
    post.client = text_of_string(CLIENTS[random_below(random, 4)]);
    return post;
}

static struct notice random_notice(struct random *random, uint64_t i)
{
    struct notice notice = {.post = {.number = random_below(random, 9) + 1},
                            .time = (int64_t)random_below(random, 9) - 4};
    account_name(i, &notice.platform, &notice.account);
    if (random_below(random, 3) == 0)
        notice.time = TIME_NONE;
    if (random_below(random, 3) == 0)
        notice.post = (struct id){.text = text_of_string("at://gone")};
    return notice;
}

/* Every third item is of account 0; the last accounts have notices only. */
static void fill_input(struct input *input, uint64_t seed)
{
    struct random random = {seed};
    for (int k = 0; k < ITEMS; k++) {
        struct batch_item *item = &input->items[k];
        uint64_t i = k % 3 ? random_below(&random, ACCOUNTS) : 0;
        item->kind = (enum batch_kind)(BATCH_OBSERVATION +
                                       random_below(&random, 3));
        if (i >= ACCOUNTS - 4)
            item->kind = BATCH_NOTICE;
        if (item->kind == BATCH_POST) {
            item->post = random_post(&random, i);
        } else if (item->kind == BATCH_NOTICE) {
            item->notice = random_notice(&random, i);
        } else {
            enum platform platform;
            struct id id;
            account_name(i, &platform, &id);
            item->observation = random_observation(&random, id,
                                                   i ? 7 : 64);
            item->observation.platform = platform;
        }
    }
}

static bool item_of(const struct batch_item *item, enum platform platform,
                    struct id id)
{
    if (item->kind == BATCH_OBSERVATION)
        return item->observation.platform == platform &&
               id_equal(item->observation.id, id);
    if (item->kind == BATCH_POST)
        return item->post.platform == platform &&
               id_equal(item->post.account, id);
    return item->notice.platform == platform &&
           id_equal(item->notice.account, id);
}

static struct text name_of(const struct dictionary *names, uint32_t rank)
{
    return rank ? names->names[rank - 1] : (struct text){NULL, 0};
}

static bool fact_is(const struct fact *fact, const struct post *post,
                    const struct dictionaries *names)
{
    bool self = id_known(post->target);     /* in this test, always */
    unsigned made = FACT_SELF | FACT_POST_BLOB | FACT_TARGET_BLOB |
                    FACT_TARGET_POST_BLOB;
    uint32_t letters = 0;
    for (int i = 0; i < SCRIPTS; i++)
        letters += fact->lists->scripts[i];
    return fact->followers == post->followers && fact->time == post->time &&
           fact->name_hash == post->name_hash && fact->urls == post->urls &&
           fact->text_hash == post->text.hash &&
           fact->text_length == post->text.length &&
           letters == (post->flags & FACT_HAS_TEXT ? 300 : 0) &&
           fact->lists->hashtags.count == 2 &&
           memcmp(fact->lists->hashtags.bytes, "\1a\2bc", 5) == 0 &&
           fact->original_time == post->original_time &&
           fact->statuses == post->statuses && fact->kind == post->kind &&
           id_equal(fact_post(fact), post->id) &&
           id_equal(fact_target(fact), post->target) &&
           id_equal(fact_target_post(fact), post->target_post) &&
           (fact->flags & ~made) == post->flags &&
           !(fact->flags & FACT_SELF) == !self &&
           same_text(name_of(&names->languages, fact->language),
                     post->language) &&
           same_text(name_of(&names->clients, fact->client), post->client);
}

/* Of the view's account: every post is one fact and every notice one deletion,
 * in any order, copies times as often. */
static void check_lists(const struct account_view *view,
                        const struct input *input, unsigned copies,
                        const struct dictionaries *names)
{
    size_t posts = 0, notices = 0;
    for (int k = 0; k < ITEMS; k++) {
        const struct batch_item *item = &input->items[k];
        if (!item_of(item, view->platform, view->id))
            continue;
        unsigned found = 0;
        if (item->kind == BATCH_POST) {
            posts++;
            for (size_t i = 0; i < view->fact_count; i++)
                found += fact_is(&view->facts[i], &item->post, names);
            assert_true(found >= copies);
        } else if (item->kind == BATCH_NOTICE) {
            notices++;
            for (size_t i = 0; i < view->deletion_count; i++)
                found += view->deletions[i].time == item->notice.time &&
                         id_equal(view->deletions[i].post, item->notice.post);
            assert_true(found >= copies);
        }
    }
    assert_int_equal(view->fact_count, posts * copies);
    assert_int_equal(view->deletion_count, notices * copies);
}

static void check_view(const struct account_view *view,
                       const struct input *input, unsigned copies,
                       const struct dictionaries *names)
{
    static struct observation all[ITEMS];
    size_t count = 0;
    for (int k = 0; k < ITEMS; k++)
        if (input->items[k].kind == BATCH_OBSERVATION &&
            item_of(&input->items[k], view->platform, view->id))
            all[count++] = input->items[k].observation;
    assert_int_equal(view->profile == NULL, count == 0);
    if (view->profile)
        assert_null(reference_difference(view->profile, all, count));
    check_lists(view, input, copies, names);
}

static void check_all(struct aggregate *aggregate, const struct input *input,
                      unsigned copies)
{
    struct dictionaries names;
    size_t accounts = 0;
    assert_int_equal(aggregate_dictionaries(aggregate, &names), 0);
    for (uint32_t p = 0; p < PARTITIONS; p++) {
        struct part_cursor *cursor = aggregate_cursor(aggregate, p, NULL);
        struct account_view view, before = {0};
        assert_non_null(cursor);
        for (; cursor->next(cursor, &view) == 1; accounts++, before = view) {
            assert_int_equal(id_hash(view.platform, view.id) % PARTITIONS, p);
            bool rises = before.platform < view.platform ||
                         id_compare_bytes(before.id, view.id) < 0;
            assert_true(rises && before.platform <= view.platform);
            check_view(&view, input, copies, &names);
        }
        cursor->close(cursor);
    }
    assert_int_equal(accounts, ACCOUNTS);
    dictionaries_free(&names);
}

/* ---- applying, in batches, by lanes -------------------------------------- */

static void add_item(struct batch *batch, const struct batch_item *item)
{
    if (item->kind == BATCH_OBSERVATION)
        CHECK(batch_add_observation(batch, &item->observation));
    else if (item->kind == BATCH_POST)
        CHECK(batch_add_post(batch, &item->post));
    else
        CHECK(batch_add_notice(batch, &item->notice));
}

struct applier {
    pthread_t thread;
    struct aggregate_lane *lane;
    const struct input *input;
    const int *order;
    int begin, end;
    uint64_t seed;
};

static void *apply_part(void *argument)
{
    struct applier *applier = argument;
    struct random random = {applier->seed};
    struct batch batch = {0};
    for (int k = applier->begin; k < applier->end; k++) {
        add_item(&batch, &applier->input->items[applier->order[k]]);
        if (random_below(&random, 100) == 0) {
            CHECK(!aggregate_apply(applier->lane, &batch));
            batch.size = 0;
        }
    }
    CHECK(!aggregate_apply(applier->lane, &batch));
    batch_free(&batch);
    return NULL;
}

static void apply_shuffled(struct aggregate *aggregate, uint32_t lanes,
                           const struct input *input, uint64_t seed)
{
    struct applier appliers[LANES_MAX];
    struct random random = {seed};
    int order[ITEMS];
    for (int k = 0; k < ITEMS; k++) {
        int other = (int)random_below(&random, (uint64_t)k + 1);
        order[k] = order[other];
        order[other] = k;
    }
    for (uint32_t i = 0; i < lanes; i++) {
        appliers[i] = (struct applier){
            .lane = aggregate_lane(aggregate, i), .input = input,
            .order = order, .begin = (int)(ITEMS * i / lanes),
            .end = (int)(ITEMS * (i + 1) / lanes), .seed = seed + i};
        assert_int_equal(pthread_create(&appliers[i].thread, NULL, apply_part,
                                        &appliers[i]), 0);
    }
    for (uint32_t i = 0; i < lanes; i++)
        pthread_join(appliers[i].thread, NULL);
}

static struct input input;

static void any_order_by_any_lanes_gives_the_reference(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 24; seed++) {
        uint32_t lanes = (uint32_t)(seed % LANES_MAX) + 1;
        struct aggregate *aggregate = make(lanes, seed * 1234567,
                                           seed % 2 ? 1 : 0);
        fill_input(&input, seed / 8);
        apply_shuffled(aggregate, lanes, &input, seed);
        check_all(aggregate, &input, 1);
        finish(aggregate);
    }
}

static void applying_twice_changes_only_the_copies(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(3, 11, 0);
    fill_input(&input, 77);
    apply_shuffled(aggregate, 3, &input, 1);
    apply_shuffled(aggregate, 3, &input, 2);
    check_all(aggregate, &input, 2);
    finish(aggregate);
}

static void a_reset_makes_it_empty_and_usable(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(2, 12, 0);
    assert_true(aggregate_empty(aggregate));
    for (uint64_t round = 0; round < 3; round++) {
        fill_input(&input, 90 + round);
        apply_shuffled(aggregate, 2, &input, round);
        assert_false(aggregate_empty(aggregate));
        struct aggregate_counts counts = aggregate_counts(aggregate);
        uint64_t of[BATCH_NOTICE + 1] = {0};
        for (int k = 0; k < ITEMS; k++)
            of[input.items[k].kind]++;
        assert_int_equal(counts.facts, of[BATCH_POST]);
        assert_int_equal(counts.notices, of[BATCH_NOTICE]);
        assert_int_equal(counts.accounts, ACCOUNTS - 4);
        assert_true(counts.table_bytes && counts.record_bytes &&
                    counts.log_bytes);
        check_all(aggregate, &input, 1);
        aggregate_reset(aggregate);
        assert_true(aggregate_empty(aggregate));
        assert_int_equal(atomic_load(&memory.used), 0);
    }
    finish(aggregate);
}

static void a_translation_renumbers_the_ranks(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(1, 13, 0);
    struct dictionaries names;
    struct random random = {3};
    struct batch batch = {0};
    struct post post = random_post(&random, 0);
    const char *words[] = {"b", "c", "a"};
    for (int i = 0; i < 3; i++) {
        post.time = i;
        post.client = post.language = text_of_string(words[i]);
        assert_true(batch_add_post(&batch, &post));
    }
    assert_int_equal(aggregate_apply(aggregate_lane(aggregate, 0), &batch), 0);
    assert_int_equal(aggregate_dictionaries(aggregate, &names), 0);
    const uint32_t clients[] = {0, 10, 20, 30}, languages[] = {0, 7, 8, 9};
    struct translation translation = {clients, languages};
    uint32_t partition = (uint32_t)(id_hash(post.platform, post.account) %
                                    PARTITIONS);
    struct part_cursor *cursor = aggregate_cursor(aggregate, partition,
                                                  &translation);
    struct account_view view;
    assert_int_equal(cursor->next(cursor, &view), 1);
    assert_int_equal(view.fact_count, 3);
    assert_null(view.profile);
    for (int i = 0; i < 3; i++) {
        int rank = view.facts[i].time == 2 ? 1 : (int)view.facts[i].time + 2;
        assert_int_equal(view.facts[i].client, rank * 10);
        assert_int_equal(view.facts[i].language, rank + 6);
    }
    assert_int_equal(cursor->next(cursor, &view), 0);
    cursor->close(cursor);
    dictionaries_free(&names);
    batch_free(&batch);
    finish(aggregate);
}

static void ids_alike_in_16_bytes_sort_by_the_rest(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(1, 17, 0);
    struct dictionaries names;
    struct batch batch = {0};
    size_t seen = 0;
    for (uint64_t i = 0; i < 100; i++) {
        uint64_t number = 123456789012345600 + i;
        struct notice notice = {.post = {.number = 1}};
        struct observation o = {.id = {.number = i % 2 ? number / 10 : number}};
        notice.account.number = number * 10;
        assert_true(batch_add_observation(&batch, &o));
        assert_true(batch_add_notice(&batch, &notice));
    }
    assert_int_equal(aggregate_apply(aggregate_lane(aggregate, 0), &batch), 0);
    assert_int_equal(aggregate_dictionaries(aggregate, &names), 0);
    for (uint32_t p = 0; p < PARTITIONS; p++) {
        struct part_cursor *cursor = aggregate_cursor(aggregate, p, NULL);
        struct account_view view;
        struct id before = {0};
        for (; cursor->next(cursor, &view) == 1; seen++, before = view.id)
            assert_true(id_compare_bytes(before, view.id) < 0);
        cursor->close(cursor);
    }
    assert_int_equal(seen, 50 + 10 + 100);
    dictionaries_free(&names);
    batch_free(&batch);
    finish(aggregate);
}

static void too_many_languages_are_an_error_and_nothing_is_mixed(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(1, 14, 0);
    struct dictionaries names;
    struct random random = {4};
    struct post post = random_post(&random, 0);
    int error = 0;
    for (uint32_t i = 0; i < 65536; i++) {
        char word[16];
        struct batch batch = {0};
        snprintf(word, sizeof word, "%05u", i);
        post.language = text_of_string(word);
        post.time = i;
        assert_int_equal(error, 0);
        assert_true(batch_add_post(&batch, &post));
        error = aggregate_apply(aggregate_lane(aggregate, 0), &batch);
        batch_free(&batch);
    }
    assert_int_equal(error, -EOVERFLOW);
    assert_int_equal(aggregate_dictionaries(aggregate, &names), 0);
    assert_int_equal(names.languages.count, 65535);
    struct part_cursor *cursor = aggregate_cursor(
        aggregate, (uint32_t)(id_hash(post.platform, post.account) %
                              PARTITIONS), NULL);
    struct account_view view;
    assert_int_equal(cursor->next(cursor, &view), 1);
    assert_int_equal(view.fact_count, 65535);
    for (size_t i = 0; i < view.fact_count; i++)
        assert_int_equal(view.facts[i].language, view.facts[i].time + 1);
    cursor->close(cursor);
    dictionaries_free(&names);
    finish(aggregate);
}

static void it_is_full_at_the_budgets_mark(void **state)
{
    (void)state;
    struct aggregate *aggregate = make(1, 15, 0);
    struct batch batch = {0};
    memory_init(&memory, (uint64_t)8 << 20, 0);
    for (uint64_t i = 1; !aggregate_full(aggregate); i++) {
        assert_true(i < 1000000);
        struct notice notice = {PLATFORM_TWITTER, {.number = i},
                                {.number = i}, 5};
        batch.size = 0;
        assert_true(batch_add_notice(&batch, &notice));
        assert_int_equal(aggregate_apply(aggregate_lane(aggregate, 0),
                                         &batch), 0);
    }
    batch_free(&batch);
    aggregate_reset(aggregate);
    assert_false(aggregate_full(aggregate));
    finish(aggregate);
}

/* ---- out of memory ------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMITS_WORK false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMITS_WORK false
#endif
#endif
#ifndef LIMITS_WORK
#define LIMITS_WORK true
#endif

/* What this process has mapped already; 0: not known. */
static uint64_t address_space_bytes(void)
{
    unsigned long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* In a child: applies until the address space is used up. 0: it ended as it
 * should. */
static int exhaust_memory(void)
{
    struct aggregate *aggregate = make(1, 16, 0);
    struct batch batch = {0};
    struct random random = {1};
    uint64_t mapped = address_space_bytes();
    rlim_t most = (rlim_t)mapped + ((rlim_t)1 << 28);
    struct rlimit limit = {most, most};
    if (!mapped || setrlimit(RLIMIT_AS, &limit))
        return 1;
    int error = 0;
    for (uint64_t i = 1; !error; i++) {
        struct observation o = random_observation(
            &random, (struct id){.number = i / 2}, 64);
        o.id.number += !o.id.number;
        batch.size = 0;
        if (!batch_add_observation(&batch, &o))
            return 2;
        error = aggregate_apply(aggregate_lane(aggregate, 0), &batch);
    }
    if (error != -ENOMEM || aggregate_counts(aggregate).accounts < 1000)
        return 3;
    aggregate_reset(aggregate);
    if (aggregate_apply(aggregate_lane(aggregate, 0), &batch))
        return 4;
    return 0;
}

static void without_memory_apply_fails_and_a_reset_frees(void **state)
{
    (void)state;
    if (!LIMITS_WORK) {
        print_message("skipped: sanitizers need the address space\n");
        skip();
    }
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(exhaust_memory());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_order_by_any_lanes_gives_the_reference),
        cmocka_unit_test(applying_twice_changes_only_the_copies),
        cmocka_unit_test(a_reset_makes_it_empty_and_usable),
        cmocka_unit_test(a_translation_renumbers_the_ranks),
        cmocka_unit_test(ids_alike_in_16_bytes_sort_by_the_rest),
        cmocka_unit_test(too_many_languages_are_an_error_and_nothing_is_mixed),
        cmocka_unit_test(it_is_full_at_the_budgets_mark),
        cmocka_unit_test(without_memory_apply_fails_and_a_reset_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
