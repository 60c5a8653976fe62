#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/aside.h"

#include <stdlib.h>

static struct memory memory;
static struct run_store store;

/* A batch of notices, all of account and post `number`. */
static void fill(struct batch *batch, uint64_t number)
{
    struct notice notice = {.account = {.number = number},
                            .post = {.number = number}, .time = 5};
    for (uint64_t i = 0; i <= number % 50; i++)
        assert_true(batch_add_notice(batch, &notice));
}

static void expect(struct batch *batch, uint64_t number)
{
    struct batch_item item;
    size_t at = 0;
    uint64_t count = 0;
    for (; batch_next(batch, &at, &item) == BATCH_NOTICE; count++)
        assert_true(item.notice.post.number == number);
    assert_int_equal(count, number % 50 + 1);
}

static void try_round(struct aside *aside, struct batch *batch,
                      uint64_t batches, uint64_t taken)
{
    for (uint64_t i = 1; i <= batches; i++) {
        fill(batch, i);
        assert_int_equal(aside_put(aside, batch), 0);
        assert_int_equal(batch->size, 0);
    }
    assert_int_equal(aside_empty(aside), batches == 0);
    for (uint64_t i = 1; i <= taken; i++) {
        assert_int_equal(aside_next(aside, batch), 1);
        expect(batch, i);
    }
    if (taken == batches)
        assert_int_equal(aside_next(aside, batch), 0);
    aside_drop(aside);
    batch->size = 0;
    assert_true(aside_empty(aside));
}

static void batches_come_back_in_order_and_may_be_dropped(void **state)
{
    (void)state;
    struct aside aside;
    struct batch batch = {0};
    aside_init(&aside, &memory, &store);
    static const uint64_t counts[] = {0, 1, 3, ASIDE_KEPT - 1, ASIDE_KEPT,
                                      ASIDE_KEPT + 1, 100, 2, 40};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        for (uint64_t left = 0; left <= counts[i]; left += 1 + counts[i] / 5)
            try_round(&aside, &batch, counts[i], counts[i] - left);
    aside_free(&aside);
    batch_free(&batch);
}

static void what_is_kept_is_charged_and_under_pressure_it_is_written(
    void **state)
{
    (void)state;
    struct aside aside;
    struct batch batch = {0};
    uint64_t before = memory.used;
    aside_init(&aside, &memory, &store);
    fill(&batch, 1);
    assert_int_equal(aside_put(&aside, &batch), 0);
    assert_true(memory.used > before);
    memory_charge(&memory, memory.limit);
    fill(&batch, 2);
    assert_int_equal(aside_put(&aside, &batch), 0);
    assert_int_equal(aside.kept_count, 1);
    memory_uncharge(&memory, memory.limit);
    /* In order also when there is room again. */
    fill(&batch, 3);
    assert_int_equal(aside_put(&aside, &batch), 0);
    for (uint64_t i = 1; i <= 3; i++) {
        assert_int_equal(aside_next(&aside, &batch), 1);
        expect(&batch, i);
    }
    aside_free(&aside);
    batch_free(&batch);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    return run_store_open(&store, &memory, (uint64_t)1 << 20, -1);
}

static int tear_down(void **state)
{
    (void)state;
    run_store_close(&store);
    return memory.used != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_come_back_in_order_and_may_be_dropped),
        cmocka_unit_test(
            what_is_kept_is_charged_and_under_pressure_it_is_written),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
