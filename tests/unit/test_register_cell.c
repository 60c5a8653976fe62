#include "stages/aggregate/register_cell.h"

#include "pipeline/check.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct memory memory;
static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 32, 0);
    arena_init(&arena, &memory, 1 << 16);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

static struct text text_from(const char *string)
{
    return (struct text){string, (uint32_t)strlen(string)};
}

static void the_greatest_time_wins_and_then_the_greatest_value(void **state)
{
    (void)state;
    union register_cell cell = {0};
    const struct cell_view steps[][2] = {
        {{5, 9}, {5, 9}}, {{4, 99}, {5, 9}}, {{5, 8}, {5, 9}},
        {{5, 10}, {5, 10}}, {{6, 0}, {6, 0}}, {{6, 0}, {6, 0}}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        cell_raise(&cell, steps[i][0].when, steps[i][0].value);
        struct cell_view view = cell_load(&cell);
        assert_int_equal(view.when, steps[i][1].when);
        assert_int_equal(view.value, steps[i][1].value);
    }
}

static void texts_of_one_time_compare_by_bytes(void **state)
{
    (void)state;
    union register_cell cell = {0};
    const char *raised[] = {"", "b", "ab", "ba", "b", "\xff"};
    const char *holds[] = {"", "b", "b", "ba", "ba", "\xff"};
    for (size_t i = 0; i < 6; i++) {
        bool held;
        assert_true(text_cell_raise(&cell, 7, text_from(raised[i]), 0, &arena,
                                    &held));
        struct text now = text_block_read(cell_load(&cell).value);
        assert_true(text_equal(now, text_from(holds[i])));
    }
}

static void an_equal_text_renews_the_time_without_allocation(void **state)
{
    (void)state;
    union register_cell cell = {0};
    bool held;
    char other_place[] = "same";
    assert_true(text_cell_raise(&cell, 1, text_from("same"), 0, &arena,
                                &held));
    assert_false(held);
    uint64_t bytes = arena.bytes;
    assert_true(text_cell_raise(&cell, 2, text_from(other_place), 0, &arena,
                                &held));
    assert_true(held);
    assert_int_equal(arena.bytes, bytes);
    assert_int_equal(cell_load(&cell).when, 2);
    /* What is older and different takes nothing either. */
    assert_true(text_cell_raise(&cell, 1, text_from("older"), 0, &arena,
                                &held));
    assert_false(held);
    assert_int_equal(arena.bytes, bytes);
}

/* ---- many threads: a value never stands beside another's time ------------ */

#define ROUNDS 20000
static union register_cell shared_cell, shared_text;
static _Atomic uint64_t shared_word;

struct raiser {
    pthread_t thread;
    uint64_t begin;
    struct arena arena;
};

static void *raise_all(void *argument)
{
    struct raiser *raiser = argument;
    for (uint64_t i = raiser->begin; i < ROUNDS; i += 2) {
        char digits[8];
        struct text text = {digits, 8};
        bool held;
        for (int k = 0; k < 8; k++)
            digits[k] = (char)(i >> 4 * (7 - k) & 15);
        cell_raise(&shared_cell, i / 8 + 1, i);
        register_raise(&shared_word, i);
        CHECK(text_cell_raise(&shared_text, i / 8 + 1, text, 0,
                              &raiser->arena, &held));
        struct cell_view number = cell_load(&shared_cell);
        struct cell_view seen = cell_load(&shared_text);
        struct text now = text_block_read(seen.value);
        uint64_t value = 0;
        for (int k = 0; k < 8; k++)
            value = value << 4 | (uint64_t)now.bytes[k];
        CHECK(number.value / 8 + 1 == number.when && number.value >= i);
        CHECK(value / 8 + 1 == seen.when && value >= i);
    }
    return NULL;
}

static void halves_never_part_under_contention(void **state)
{
    (void)state;
    struct raiser raisers[2] = {{.begin = 0}, {.begin = 1}};
    for (int i = 0; i < 2; i++) {
        arena_init(&raisers[i].arena, &memory, 1 << 16);
        assert_int_equal(pthread_create(&raisers[i].thread, NULL, raise_all,
                                        &raisers[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(raisers[i].thread, NULL);
    assert_int_equal(cell_load(&shared_cell).value, ROUNDS - 1);
    assert_int_equal(atomic_load(&shared_word), ROUNDS - 1);
    for (int i = 0; i < 2; i++)
        arena_reset(&raisers[i].arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greatest_time_wins_and_then_the_greatest_value),
        cmocka_unit_test(texts_of_one_time_compare_by_bytes),
        cmocka_unit_test(an_equal_text_renews_the_time_without_allocation),
        cmocka_unit_test(halves_never_part_under_contention),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
