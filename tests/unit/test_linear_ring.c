#include "tests/unit/schedule.h"

#include "pipeline/ring.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/linear.h"
#include "tests/unit/linear_cases.h"

/*
 * The guarantees of ring.h: a queue, first in, first out, of so many places,
 * in which each operation counts from its claim. What "not now" may mean is
 * guarantee 5, and no more than that is allowed: NULL when the queue is empty
 * or the push whose turn it is has not yet returned; false when it is full or
 * the pop of the lap before has not.
 */
#define THREADS 3
#define OPS 7

enum { OP_PUSH, OP_POP };

struct item {
    uint64_t number;
    uint64_t check;     /* ~number: written before the push */
};

struct world {
    struct linear_record record;
    struct memory memory;
    struct ring ring;
    struct item items[THREADS][OPS];
    uint64_t seed;
    bool torn_item;
};

static uint64_t pop_one(struct world *world)
{
    const struct item *item = ring_pop(&world->ring);
    if (!item)
        return 0;
    if (item->check != ~item->number)
        world->torn_item = true;
    return item->number;
}

static void work_on_ring(int thread, void *argument)
{
    struct world *world = argument;
    uint64_t random = world->seed * 31 + (uint64_t)thread;
    for (int i = 0; i < OPS; i++) {
        struct item *item = &world->items[thread][i];
        item->number = (uint64_t)(thread * OPS + i + 1);
        item->check = ~item->number;
        bool pushes = schedule_draw(&random) >> 8 & 1;
        struct linear_op *op = linear_begin(&world->record, thread,
                                            pushes ? OP_PUSH : OP_POP, 0,
                                            item->number);
        uint64_t result = pushes ? ring_push(&world->ring, item)
                                 : pop_one(world);
        linear_end(&world->record, op, result);
    }
}

/*
 * The state, by bytes: items pushed, items popped, and for each place the
 * operation + 1 that used it last: the push of what is in it, or the pop that
 * emptied it.
 */
#define PLACES 4
static uint64_t places;         /* 2 or 4 */

static uint64_t byte_at(uint64_t state, uint64_t at)
{
    return state >> 8 * at & 0xff;
}

static uint64_t with_byte(uint64_t state, uint64_t at, uint64_t byte)
{
    return (state & ~((uint64_t)0xff << 8 * at)) | byte << 8 * at;
}

/* Whether the operation that used the place last is seen to have returned. */
static bool is_over(const struct linear_history *history, uint64_t state,
                    uint64_t place, const struct linear_op *op)
{
    uint64_t last = byte_at(state, 2 + place);
    return last == 0 || history->ops[last - 1].end < op->call;
}

static bool step_ring(const struct linear_history *history, int at,
                      uint64_t *state)
{
    const struct linear_op *op = &history->ops[at];
    uint64_t pushed = byte_at(*state, 0), popped = byte_at(*state, 1);
    bool push = op->kind == OP_PUSH;
    uint64_t place = (push ? pushed : popped) % places;
    bool none = push ? pushed - popped == places : pushed == popped;
    if (!op->result)
        return none || !is_over(history, *state, place, op);
    if (none)
        return false;
    uint64_t last = byte_at(*state, 2 + place);
    if (!push && history->ops[last - 1].argument != op->result)
        return false;
    *state = with_byte(*state, 2 + place, (uint64_t)at + 1);
    *state = with_byte(*state, push ? 0 : 1, (push ? pushed : popped) + 1);
    return true;
}

static bool try_ring(enum schedule_mode mode, uint64_t seed, bool tell)
{
    static struct world world;
    static struct linear_history history;
    world = (struct world){.seed = seed};
    places = seed % 2 ? PLACES : 2;
    memory_init(&world.memory, (uint64_t)1 << 32, 0);
    assert_int_equal(ring_init(&world.ring, &world.memory, places), 0);
    schedule_run(mode, seed, THREADS, work_on_ring, &world);
    linear_met += linear_meetings(&world.record);
    linear_gather(&world.record, 0, &history);
    bool explained = linear_explains(&history, step_ring, 0);
    if (!explained && tell)
        linear_print(&history, "ring", seed);
    ring_destroy(&world.ring);
    return explained && !world.torn_item;
}

static void every_history_of_the_ring_has_an_order(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_ONE, try_ring);
}

static void the_machines_own_order_of_the_ring_is_explained(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_FREE, try_ring);
}

static void a_torn_exchange_of_the_ring_is_caught(void **state)
{
    (void)state;
    linear_catch(try_ring);
}

/* The search itself: what it must refuse, and what it must not. */
static void a_queue_out_of_order_is_refused(void **state)
{
    (void)state;
    struct linear_history history = {4, {
        {0, OP_PUSH, 0, 1, 1, 0, 1}, {0, OP_PUSH, 0, 2, 1, 2, 3},
        {1, OP_POP, 0, 0, 1, 4, 5}, {1, OP_POP, 0, 0, 2, 6, 7}}};
    places = PLACES;
    assert_true(linear_explains(&history, step_ring, 0));
    history.ops[2].result = 2;
    history.ops[3].result = 1;
    assert_false(linear_explains(&history, step_ring, 0));
    /* If the pushes met, either may have been the first. */
    history.ops[1].call = 0;
    assert_true(linear_explains(&history, step_ring, 0));
    /* Nothing in it, though both pushes have returned. */
    history.ops[2].result = 0;
    assert_false(linear_explains(&history, step_ring, 0));
    /* One of them has not: it may hide the other. */
    history.ops[1].end = 6;
    history.ops[3].result = 2;
    assert_true(linear_explains(&history, step_ring, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_out_of_order_is_refused),
        cmocka_unit_test(every_history_of_the_ring_has_an_order),
        cmocka_unit_test(the_machines_own_order_of_the_ring_is_explained),
        cmocka_unit_test(a_torn_exchange_of_the_ring_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
