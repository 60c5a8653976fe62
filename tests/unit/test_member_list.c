#include "stages/member_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_name(const char *name, size_t size, const char *shown)
{
    char *made = member_name("a.tar", name, size);
    assert_non_null(made);
    assert_string_equal(made, shown);
    free(made);
}

static void what_steers_a_terminal_is_escaped(void **state)
{
    (void)state;
    check_name("d/posts.json", 12, "a.tar!d/posts.json");
    check_name("", 0, "a.tar!");
    check_name("\x1b[2J\n\x7f\\", 7, "a.tar!\\x1b[2J\\x0a\\x7f\\x5c");
    check_name("\xc2\x9b\xc3\xa9\xc2", 5, "a.tar!\\xc2\\x9b\xc3\xa9\xc2");
    check_name("a\0b", 3, "a.tar!a\\x00b");
}

static void a_name_without_end_is_cut(void **state)
{
    (void)state;
    size_t size = 100000;
    char *name = malloc(size);
    memset(name, 1, size);
    char *made = member_name("a.tar", name, size);
    assert_int_equal(strlen(made), 6 + 4 * MEMBER_NAME_BYTES_MAX + 3);
    free(made);
    free(name);
}

static void a_kept_ledger_has_its_samples_and_no_more(void **state)
{
    (void)state;
    struct memory memory;
    memory_init(&memory, 1 << 20, 0);
    struct shard_ledger *ledger = calloc(1, sizeof *ledger), *sum;
    struct member_list *list = member_list_create(&memory);
    ledger_clear(ledger);
    ledger->frames = 3;
    tally_reject(&ledger->tally, LINE_BAD_JSON, 9, (const uint8_t *)"{", 1);
    struct member *member =
        member_list_add(list, member_name("a", "b", 1));
    assert_true(member_keep(member, &memory, ledger));
    assert_true(member->ledger_bytes < sizeof *ledger);
    sum = calloc(1, sizeof *sum);
    ledger_append(sum, member->ledger);
    ledger_append(sum, member->ledger);
    assert_int_equal(sum->frames, 6);
    assert_int_equal(sum->tally.lines, 2);
    assert_int_equal(sum->tally.sample_count, 2);
    assert_int_equal(sum->tally.samples[1].line, 1);
    for (int i = 0; i < 1000; i++)
        assert_non_null(member_list_add(list, member_name("a", "c", 1)));
    member_list_cut(list, 1);
    assert_int_equal(list->count, 1);
    assert_ptr_equal(list->items[0], member);
    member_list_free(list);
    assert_int_equal(atomic_load(&memory.used), 0);
    free(sum);
    free(ledger);
}

static void the_walk_shows_members_behind_their_container(void **state)
{
    (void)state;
    struct memory memory;
    memory_init(&memory, 1 << 20, 0);
    struct shard items[3] = {{.name = "a"}, {.name = "b.tar"}, {.name = "c"}};
    struct shards shards = {.items = items, .count = 3};
    struct shard_ledger *ledgers = calloc(3, sizeof *ledgers);
    struct run *run = calloc(1, sizeof *run);
    run->shards = &shards;
    run->ledgers = ledgers;
    ledgers[1].member_list = member_list_create(&memory);
    for (int i = 0; i < 2; i++) {
        struct member *member =
            member_list_add(ledgers[1].member_list,
                            member_name("b.tar", i ? "y" : "x", 1));
        assert_true(member_keep(member, &memory, &ledgers[0]));
    }
    static const char *const NAMES[] = {"a", "b.tar", "b.tar!x", "b.tar!y",
                                        "c"};
    struct ledger_walk walk = {0};
    for (size_t i = 0; i < 5; i++) {
        assert_true(ledger_next(run, &walk));
        assert_string_equal(walk.name, NAMES[i]);
    }
    assert_false(ledger_next(run, &walk));
    member_list_free(ledgers[1].member_list);
    free(ledgers);
    free(run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_steers_a_terminal_is_escaped),
        cmocka_unit_test(a_name_without_end_is_cut),
        cmocka_unit_test(a_kept_ledger_has_its_samples_and_no_more),
        cmocka_unit_test(the_walk_shows_members_behind_their_container),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
