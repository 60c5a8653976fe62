#include "tests/unit/segment_world.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#define INPUTS 3u

static struct memory memory;

/* ---- dictionaries ------------------------------------------------------ */

static void joined_dictionaries_are_the_sorted_union(void **state)
{
    (void)state;
    static const char *const STRINGS[INPUTS][3] = {
        {"Android", "Web", "iPhone"}, {"Web", "a", "b"}, {"", "", ""}};
    static const char *const UNION[] = {"Android", "Web", "a", "b", "iPhone"};
    struct text names[INPUTS][3];
    struct dictionaries inputs[INPUTS] = {0}, joined;
    const struct dictionaries *pointers[INPUTS];
    struct translation translations[INPUTS];
    for (uint32_t i = 0; i < INPUTS; i++) {
        inputs[i].clients = world_names(names[i], STRINGS[i], i < 2 ? 3 : 0);
        inputs[i].languages = world_names(names[i], STRINGS[i], i < 2);
        pointers[i] = &inputs[i];
    }
    assert_int_equal(dictionaries_join(pointers, INPUTS, &joined,
                                       translations),
                     0);
    assert_int_equal(joined.clients.count, 5);
    assert_int_equal(joined.languages.count, 2);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(joined.clients.names[i].size, strlen(UNION[i]));
        assert_memory_equal(joined.clients.names[i].bytes, UNION[i],
                            strlen(UNION[i]));
    }
    for (uint32_t i = 0; i < INPUTS; i++)
        for (uint32_t rank = 0; rank <= inputs[i].clients.count; rank++) {
            uint32_t to = translations[i].clients[rank];
            assert_int_equal(to == 0, rank == 0);
            if (rank)
                assert_int_equal(
                    text_compare(inputs[i].clients.names[rank - 1],
                                 joined.clients.names[to - 1]),
                    0);
        }
    translations_free(translations, INPUTS);
    dictionaries_free(&joined);
}

/* ---- accounts ---------------------------------------------------------- */

static const struct world_account *find(const struct world *world,
                                        const struct account_view *view)
{
    for (size_t i = 0; i < world->count; i++)
        if (world->accounts[i].platform == view->platform &&
            id_equal(world->accounts[i].id, view->id))
            return &world->accounts[i];
    return NULL;
}

/* The joined account has all facts and deletions of the worlds, and the join
 * of the profiles. */
static void check_view(const struct world *worlds,
                       const struct account_view *view)
{
    struct arena arena;
    struct profile profile;
    bool any = false;
    size_t facts = 0, deletions = 0;
    arena_init(&arena, &memory, 65536);
    profile_init(&profile);
    for (uint32_t w = 0; w < INPUTS; w++) {
        const struct world_account *account = find(&worlds[w], view);
        if (!account)
            continue;
        if (account->has_profile)
            assert_true(profile_join(&profile, &account->profile, &arena));
        any |= account->has_profile;
        facts += account->fact_count;
        deletions += account->deletion_count;
        for (size_t i = 0; i < account->fact_count; i++) {
            bool found = false;
            for (size_t k = 0; k < view->fact_count; k++)
                found |= same_fact(&account->facts[i], &view->facts[k]);
            assert_true(found);
        }
        for (size_t i = 0; i < account->deletion_count; i++) {
            bool found = false;
            for (size_t k = 0; k < view->deletion_count; k++)
                found |= same_deletion(&account->deletions[i],
                                       &view->deletions[k]);
            assert_true(found);
        }
    }
    assert_int_equal(view->fact_count, facts);
    assert_int_equal(view->deletion_count, deletions);
    assert_true(same_profile(view->profile, any ? &profile : NULL));
    arena_reset(&arena);
}

static void accounts_come_once_in_order_with_all_they_have(void **state)
{
    (void)state;
    struct world worlds[INPUTS];
    size_t expected = 0, given = 0;
    world_make(&worlds[0], 300, 1, 1);
    world_make(&worlds[1], 100, 6, 2);
    world_make(&worlds[2], 80, 15, 3);
    for (size_t i = 0; i < 1200; i++)
        expected += i < 300 || (i < 600 && i % 6 == 0) || i % 15 == 0;
    for (uint32_t p = 0; p < WORLD_PARTS; p++) {
        struct part_cursor *cursors[INPUTS];
        for (uint32_t w = 0; w < INPUTS; w++)
            cursors[w] = world_open(&worlds[w], p, 0);
        struct part_cursor *join = join_cursors(cursors, INPUTS, &memory);
        struct account_view view, last;
        int status;
        for (bool any = false; (status = join->next(join, &view)) > 0;
             any = true, last = view, given++) {
            if (any)
                assert_true(view.platform > last.platform ||
                            (view.platform == last.platform &&
                             id_compare_bytes(last.id, view.id) < 0));
            check_view(worlds, &view);
        }
        assert_int_equal(status, 0);
        join->close(join);
    }
    assert_int_equal(given, expected);
    assert_int_equal(memory.used, 0);
    for (uint32_t w = 0; w < INPUTS; w++)
        world_free(&worlds[w]);
}

static void an_error_of_one_input_is_the_joins_error_and_stays(void **state)
{
    (void)state;
    struct world world;
    struct account_view view;
    int status;
    world_make(&world, 20, 1, 9);
    struct part_cursor *cursors[] = {world_open(&world, 0, 0),
                                     world_open(&world, 0, -EBADMSG)};
    struct part_cursor *join = join_cursors(cursors, 2, &memory);
    while ((status = join->next(join, &view)) > 0)
        ;
    assert_int_equal(status, -EBADMSG);
    assert_int_equal(join->next(join, &view), -EBADMSG);
    join->close(join);
    world_free(&world);
    assert_int_equal(memory.used, 0);
}

/* ---- segments of different dictionaries -------------------------------- */

static void write_segment(struct world *world, int directory,
                          const char *name, const char *const *clients)
{
    struct segment_writer *writer;
    struct text texts[WORLD_CLIENTS], languages[WORLD_LANGUAGES];
    static const char *const LANGUAGES[WORLD_LANGUAGES] = {"en", "ja", "zh"};
    struct dictionaries names = {
        world_names(texts, clients, WORLD_CLIENTS),
        world_names(languages, LANGUAGES, WORLD_LANGUAGES)};
    assert_int_equal(segment_create(&writer, &memory, directory, name, 1,
                                    WORLD_PARTS),
                     0);
    for (uint32_t p = 0; p < WORLD_PARTS; p++)
        assert_int_equal(
            segment_seal(writer, 0, p, world_open(world, p, 0)), 0);
    assert_int_equal(segment_end(writer, &names, &(uint64_t){0}), 0);
}

/* Each fact's client reads the same by the joined dictionary as it did by
 * its own segment's. */
static void check_clients(const struct account_view *view,
                          const struct dictionary *joined,
                          const struct world *world,
                          const char *const *clients)
{
    const struct world_account *account = find(world, view);
    for (size_t i = 0; account && i < account->fact_count; i++) {
        const struct fact *fact = &account->facts[i];
        bool found = false;
        for (size_t k = 0; k < view->fact_count && !found; k++) {
            uint32_t rank = view->facts[k].client;
            found = same_fact(fact, &view->facts[k]) && !rank == !fact->client;
            if (found && rank) {
                struct text name = joined->names[rank - 1];
                found = name.size == strlen(clients[fact->client - 1]) &&
                        !memcmp(name.bytes, clients[fact->client - 1],
                                name.size);
            }
        }
        assert_true(found);
    }
}

static void segments_of_different_dictionaries_join_by_their_names(
    void **state)
{
    (void)state;
    static const char *const CLIENTS[2][WORLD_CLIENTS] = {
        {"b", "d", "f", "h", "j"}, {"a", "b", "c", "i", "j"}};
    char folder[] = "/tmp/test_join_XXXXXX", command[64];
    assert_non_null(mkdtemp(folder));
    int directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct world worlds[2];
    struct segment *segments[2];
    struct translation translations[2];
    struct dictionaries joined;
    const struct dictionaries *inputs[2];
    for (int i = 0; i < 2; i++) {
        const char *name = i ? "second" : "first";
        world_make(&worlds[i], 60, (size_t)i + 1, 50 + (uint64_t)i);
        write_segment(&worlds[i], directory, name, CLIENTS[i]);
        assert_int_equal(segment_open(&segments[i], &memory, directory, name),
                         0);
        inputs[i] = segment_dictionaries(segments[i]);
    }
    assert_int_equal(dictionaries_join(inputs, 2, &joined, translations), 0);
    assert_int_equal(joined.clients.count, 8);
    for (uint32_t p = 0; p < WORLD_PARTS; p++) {
        struct part_cursor *cursors[2];
        struct account_view view;
        for (int i = 0; i < 2; i++)
            cursors[i] = segment_cursor(segments[i], p, &translations[i]);
        struct part_cursor *join = join_cursors(cursors, 2, &memory);
        while (join->next(join, &view) > 0)
            for (int i = 0; i < 2; i++)
                check_clients(&view, &joined.clients, &worlds[i], CLIENTS[i]);
        join->close(join);
    }
    for (int i = 0; i < 2; i++) {
        segment_close(segments[i]);
        world_free(&worlds[i]);
    }
    translations_free(translations, 2);
    dictionaries_free(&joined);
    close(directory);
    snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    assert_int_equal(memory.used, 0);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(joined_dictionaries_are_the_sorted_union),
        cmocka_unit_test(accounts_come_once_in_order_with_all_they_have),
        cmocka_unit_test(an_error_of_one_input_is_the_joins_error_and_stays),
        cmocka_unit_test(segments_of_different_dictionaries_join_by_their_names),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
