/* The numbers in brackets are those of the guarantees in ring.h. */
#include "pipeline/ring.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct memory memory;
static struct ring ring;

static int make_memory(void **state)
{
    (void)state;
    memory_init(&memory, 1 << 30, 0);
    return 0;
}

static int memory_is_all_back(void **state)
{
    (void)state;
    return atomic_load(&memory.used) == 0 ? 0 : -1;
}

/* ---- one thread -------------------------------------------------------- */

static void an_empty_ring_gives_nothing(void **state)
{
    (void)state;
    assert_int_equal(ring_init(&ring, &memory, 2), 0);
    assert_null(ring_pop(&ring));
    assert_int_equal(ring_count(&ring), 0);
    ring_destroy(&ring);
}

static void a_full_ring_refuses_and_keeps_ownership(void **state)
{
    (void)state;
    int items[5] = {0};
    assert_int_equal(ring_init(&ring, &memory, 4), 0);
    for (int i = 0; i < 4; i++)
        assert_true(ring_push(&ring, &items[i]));
    assert_int_equal(ring_count(&ring), 4);
    for (int i = 0; i < 3; i++)
        assert_false(ring_push(&ring, &items[4]));
    for (int i = 0; i < 4; i++)
        assert_ptr_equal(ring_pop(&ring), &items[i]);
    assert_null(ring_pop(&ring));
    ring_destroy(&ring);
}

static void items_come_out_in_the_order_they_went_in(void **state)
{
    (void)state;
    static char items[1000];
    for (size_t capacity = 2; capacity <= 64; capacity *= 2) {
        size_t pushed = 0, popped = 0;
        assert_int_equal(ring_init(&ring, &memory, capacity), 0);
        while (popped < sizeof items) {
            for (size_t n = pushed % capacity + 1;
                 n > 0 && pushed < sizeof items; n--)
                pushed += ring_push(&ring, &items[pushed]);
            assert_int_equal(ring_count(&ring), pushed - popped);
            assert_ptr_equal(ring_pop(&ring), &items[popped]);
            popped++;
        }
        assert_null(ring_pop(&ring));
        ring_destroy(&ring);
    }
}

static void no_memory_is_an_error_and_no_ring(void **state)
{
    (void)state;
    assert_int_equal(ring_init(&ring, &memory, (size_t)1 << 50), -ENOMEM);
}

/* A pusher that sleeps between claim and publication, made by hand [5]. */
static void an_unpublished_cell_hides_later_ones_without_waiting(void **state)
{
    (void)state;
    int later = 0;
    assert_int_equal(ring_init(&ring, &memory, 4), 0);
    atomic_fetch_add(&ring.push_at, 1);
    assert_true(ring_push(&ring, &later));
    assert_null(ring_pop(&ring));
    ring.cells[0].item = &ring;
    atomic_store(&ring.cells[0].sequence, 1);
    assert_ptr_equal(ring_pop(&ring), &ring);
    assert_ptr_equal(ring_pop(&ring), &later);
    ring_destroy(&ring);
}

/* A popper that sleeps before it gives the cell back [5]. */
static void a_cell_not_given_back_refuses_the_next_lap(void **state)
{
    (void)state;
    int item = 0;
    assert_int_equal(ring_init(&ring, &memory, 2), 0);
    assert_true(ring_push(&ring, &item));
    assert_true(ring_push(&ring, &item));
    atomic_fetch_add(&ring.pop_at, 1);
    assert_ptr_equal(ring_pop(&ring), &item);
    assert_false(ring_push(&ring, &item));
    atomic_store(&ring.cells[0].sequence, 2);
    assert_true(ring_push(&ring, &item));
    ring_destroy(&ring);
}

static void the_counters_do_not_share_a_cache_line(void **state)
{
    (void)state;
    uintptr_t push = (uintptr_t)&ring.push_at, pop = (uintptr_t)&ring.pop_at;
    assert_true(pop - push >= RING_LINE_BYTES);
    assert_int_equal(push % RING_LINE_BYTES, 0);
    assert_true(push - (uintptr_t)&ring.cells >= RING_LINE_BYTES);
}

/* ---- several threads ------------------------------------------------------ */

#define PUSHERS 4
#define EACH 20000

struct parcel {
    uint32_t pusher, number;
    uint64_t twice;    /* plain memory that must be visible [2] */
    uint32_t seen;     /* times popped; plain, so TSan sees two poppers */
};

static struct parcel parcels[PUSHERS][EACH];
static _Atomic uint32_t popped_count;
static uint32_t pusher_count;
static _Atomic uint32_t misordered, torn;

static void *push_all(void *argument)
{
    uint32_t pusher = *(uint32_t *)argument;
    for (uint32_t i = 0; i < EACH; i++) {
        struct parcel *parcel = &parcels[pusher][i];
        *parcel = (struct parcel){pusher, i, 2 * (uint64_t)i, 0};
        while (!ring_push(&ring, parcel))
            sched_yield();
    }
    return NULL;
}

static void *pop_all(void *argument)
{
    (void)argument;
    uint32_t next[PUSHERS] = {0};
    while (atomic_load(&popped_count) < pusher_count * EACH) {
        struct parcel *parcel = ring_pop(&ring);
        if (!parcel) {
            sched_yield();
            continue;
        }
        atomic_fetch_add(&popped_count, 1);
        parcel->seen++;
        atomic_fetch_add(&torn, parcel->twice != 2 * parcel->number);
        /* One popper sees one pusher's items in the order of pushing [3]. */
        atomic_fetch_add(&misordered, parcel->number < next[parcel->pusher]);
        next[parcel->pusher] = parcel->number + 1;
    }
    return NULL;
}

static void stress(uint32_t pushers, uint32_t poppers, size_t capacity)
{
    pthread_t threads[2 * PUSHERS];
    uint32_t numbers[PUSHERS] = {0, 1, 2, 3};
    memset(parcels, 0, sizeof parcels);
    pusher_count = pushers;
    popped_count = misordered = torn = 0;
    assert_int_equal(ring_init(&ring, &memory, capacity), 0);
    for (uint32_t i = 0; i < pushers; i++)
        pthread_create(&threads[i], NULL, push_all, &numbers[i]);
    for (uint32_t i = 0; i < poppers; i++)
        pthread_create(&threads[pushers + i], NULL, pop_all, NULL);
    for (uint32_t i = 0; i < pushers + poppers; i++)
        pthread_join(threads[i], NULL);
    assert_null(ring_pop(&ring));
    assert_int_equal(ring_count(&ring), 0);
    ring_destroy(&ring);
    assert_int_equal(misordered, 0);
    assert_int_equal(torn, 0);
    for (uint32_t i = 0; i < pushers; i++)
        for (uint32_t j = 0; j < EACH; j++)
            assert_int_equal(parcels[i][j].seen, 1);
}

static void threads_get_every_item_exactly_once(void **state)
{
    (void)state;
    stress(1, 1, 2);     /* [1] [2] [3] */
    stress(1, 3, 4);
    stress(3, 1, 4);
    stress(2, 2, 2);
    stress(2, 2, 64);
    stress(4, 4, 8);
    stress(4, 4, 1024);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, make_memory, memory_is_all_back)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_ring_gives_nothing),
        TEST(a_full_ring_refuses_and_keeps_ownership),
        TEST(items_come_out_in_the_order_they_went_in),
        TEST(no_memory_is_an_error_and_no_ring),
        TEST(an_unpublished_cell_hides_later_ones_without_waiting),
        TEST(a_cell_not_given_back_refuses_the_next_lap),
        TEST(the_counters_do_not_share_a_cache_line),
        TEST(threads_get_every_item_exactly_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
