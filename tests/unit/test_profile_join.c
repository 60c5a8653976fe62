#include "stages/aggregate/account_record.h"
#include "stages/aggregate/aggregate.h"

#include "tests/unit/profile_reference.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SIGHTS 60
static struct memory memory;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 32, 0);
    arena_init(&arena, &memory, 1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

/* The profile of some observations; of none, the initial one. */
static struct profile profile_of(const struct observation *all, size_t count)
{
    struct account_key key = {PLATFORM_TWITTER, {.number = 1}};
    struct account *account = account_create(&key, 1, &arena);
    struct profile profile;
    for (size_t i = 0; i < count; i++)
        assert_true(account_observe(account, &all[i], &arena));
    if (!account_profile(account, &profile))
        profile_init(&profile);
    return profile;
}

static size_t fill(struct random *random, struct observation *all,
                   uint64_t variety)
{
    size_t count = random_below(random, SIGHTS) + 1;
    for (size_t i = 0; i < count; i++)
        all[i] = random_observation(random, (struct id){.number = 1},
                                    variety);
    return count;
}

static struct profile joined(const struct profile *a, const struct profile *b)
{
    struct profile out = *a;
    assert_true(profile_join(&out, b, &arena));
    return out;
}

static void two_parts_join_to_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct random random = {seed};
        struct observation all[SIGHTS];
        size_t count = fill(&random, all, seed % 2 ? 6 : 50);
        size_t cut = random_below(&random, count + 1);
        struct profile a = profile_of(all, cut);
        struct profile b = profile_of(all + cut, count - cut);
        struct profile whole = profile_of(all, count);
        struct profile ab = joined(&a, &b), ba = joined(&b, &a);
        assert_null(profile_difference(&ab, &whole));
        assert_null(profile_difference(&ba, &whole));
        assert_null(reference_difference(&ab, all, count));
        struct profile again = joined(&ab, &a);
        assert_null(profile_difference(&again, &whole));
    }
}

static void joining_is_associative(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct random random = {seed + 7000};
        struct profile parts[3];
        for (int i = 0; i < 3; i++) {
            struct observation all[SIGHTS];
            size_t count = fill(&random, all, 12 + seed % 40);
            parts[i] = profile_of(all, count);
        }
        struct profile left = joined(&parts[0], &parts[1]);
        left = joined(&left, &parts[2]);
        struct profile right = joined(&parts[1], &parts[2]);
        right = joined(&parts[0], &right);
        assert_null(profile_difference(&left, &right));
    }
}

static void the_initial_profile_changes_nothing(void **state)
{
    (void)state;
    struct random random = {5};
    struct observation all[SIGHTS];
    struct profile none, whole = profile_of(all, fill(&random, all, 40));
    profile_init(&none);
    struct profile a = joined(&whole, &none), b = joined(&none, &whole);
    assert_null(profile_difference(&a, &whole));
    assert_null(profile_difference(&b, &whole));
    struct profile nothing = joined(&none, &none);
    assert_null(profile_difference(&nothing, &none));
}

static void borrowed_registers_are_never_written(void **state)
{
    (void)state;
    static uint8_t low[HLL_REGISTERS], high[HLL_REGISTERS];
    struct profile a, b;
    profile_init(&a);
    profile_init(&b);
    low[0] = 1;
    high[1] = 1;
    a.distincts[0] = (struct distinct){.count = 9, .hll = low};
    b.distincts[0] = (struct distinct){.count = 9, .hll = high};
    struct profile out = joined(&a, &b);
    assert_int_equal(low[1], 0);
    assert_int_equal(high[0], 0);
    assert_int_equal(out.distincts[0].hll[0], 1);
    assert_int_equal(out.distincts[0].hll[1], 1);
    /* What is covered already is not copied again. */
    uint64_t bytes = arena.bytes;
    struct profile same = joined(&out, &a);
    assert_ptr_equal(same.distincts[0].hll, out.distincts[0].hll);
    assert_int_equal(arena.bytes, bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_parts_join_to_the_whole),
        cmocka_unit_test(joining_is_associative),
        cmocka_unit_test(the_initial_profile_changes_nothing),
        cmocka_unit_test(borrowed_registers_are_never_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
