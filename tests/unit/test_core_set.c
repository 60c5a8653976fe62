#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stages/reduce/core_set.h"

#include <stdio.h>

static struct id number(uint64_t value)
{
    return (struct id){.number = value};
}

static struct id text(const char *bytes)
{
    return (struct id){.text = {bytes, (uint32_t)strlen(bytes)}};
}

static void an_empty_list_holds_nobody(void **state)
{
    (void)state;
    struct core_set set;
    core_set_init(&set);
    assert_false(core_set_has(&set, PLATFORM_TWITTER, number(1)));
    assert_int_equal(core_set_size(&set), 0);
    core_set_free(&set);
}

static void an_id_is_of_any_platform(void **state)
{
    (void)state;
    struct core_set set;
    core_set_init(&set);
    core_set_add_id(&set, number(12));
    core_set_add_id(&set, text("did:plc:x"));
    assert_true(core_set_has(&set, PLATFORM_TWITTER, number(12)));
    assert_true(core_set_has(&set, PLATFORM_REDDIT, number(12)));
    assert_true(core_set_has(&set, PLATFORM_BLUESKY, text("did:plc:x")));
    assert_false(core_set_has(&set, PLATFORM_TWITTER, number(13)));
    assert_false(core_set_has(&set, PLATFORM_TWITTER, (struct id){0}));
    core_set_free(&set);
}

static void an_account_is_of_its_platform(void **state)
{
    (void)state;
    struct core_set set;
    core_set_init(&set);
    core_set_add_account(&set, PLATFORM_TWITTER, number(12));
    assert_true(core_set_has(&set, PLATFORM_TWITTER, number(12)));
    assert_false(core_set_has(&set, PLATFORM_BLUESKY, number(12)));
    core_set_free(&set);
}

static void the_size_counts_accounts_once(void **state)
{
    (void)state;
    struct core_set set;
    core_set_init(&set);
    core_set_add_id(&set, number(12));
    core_set_add_account(&set, PLATFORM_TWITTER, number(12));
    core_set_add_id(&set, number(12));
    core_set_add_id(&set, text("a"));
    core_set_add_unseen(&set);
    assert_int_equal(core_set_size(&set), 3);
    core_set_free(&set);
}

/* The list's own bytes may go away. */
static void many_ids_are_found_again(void **state)
{
    (void)state;
    struct core_set set;
    char name[32];
    core_set_init(&set);
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(name, sizeof name, "id %u", i);
        assert_int_equal(core_set_add_id(&set, text(name)), 0);
        assert_int_equal(core_set_add_id(&set, number(i)), 0);
    }
    assert_int_equal(core_set_size(&set), 10000);
    for (unsigned i = 1; i <= 5000; i++) {
        snprintf(name, sizeof name, "id %u", i);
        assert_true(core_set_has(&set, PLATFORM_REDDIT, text(name)));
        assert_true(core_set_has(&set, PLATFORM_REDDIT, number(i)));
        assert_false(core_set_has(&set, PLATFORM_REDDIT, number(i + 5000)));
    }
    core_set_free(&set);
}

static void the_lift_is_a_ratio_of_shares(void **state)
{
    (void)state;
    assert_true(core_lift(5, 10, 100, 1000) == 5);
    assert_true(core_lift(0, 10, 100, 1000) == 0);
    uint64_t large = UINT64_C(1) << 60;
    assert_true(core_lift(large, large, large, large) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_list_holds_nobody),
        cmocka_unit_test(an_id_is_of_any_platform),
        cmocka_unit_test(an_account_is_of_its_platform),
        cmocka_unit_test(the_size_counts_accounts_once),
        cmocka_unit_test(many_ids_are_found_again),
        cmocka_unit_test(the_lift_is_a_ratio_of_shares),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
