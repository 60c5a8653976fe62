#include "tests/unit/schedule.h"

#include "stages/aggregate/intern_table.c"
#include "stages/aggregate/slot_table.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/linear.h"
#include "tests/unit/linear_cases.h"

/*
 * G1 to G6 of slot_table.h, and the numbers of intern_table.h: a table of keys
 * is as many objects as it has keys, each empty until the first add and from
 * then on that entry for ever. The tables are as small as they can be, and
 * grow all the time.
 */
#define THREADS 3
#define OPS 10
#define KEYS 8

enum { OP_FIND, OP_ADD };

struct item {
    struct slot_entry entry;
    uint64_t key, number;
    uint64_t check;             /* ~key: written before the item is added */
};

struct world {
    struct linear_record record;
    struct memory memory;
    struct slot_table table;
    struct intern_table names;
    struct item items[THREADS][OPS];
    uint64_t seed;
    bool torn_entry;            /* an entry was seen before it was whole */
};

static uint64_t advanced;       /* histories in which `current` went on */

static bool item_is(const struct slot_entry *entry, const void *key)
{
    const struct item *item = (const struct item *)entry;
    return item->key == *(const uint64_t *)key;
}

/* Same tag, and ways that are the same or overlap, by the seed. */
static uint64_t hash_of(uint64_t seed, uint64_t key)
{
    return key * (seed % 4) << 61;
}

static uint64_t number_of(struct world *world, const struct slot_entry *entry)
{
    const struct item *item = (const struct item *)entry;
    if (!item)
        return 0;
    if (item->check != ~item->key)
        world->torn_entry = true;
    return item->number;
}

static void add_or_find(struct world *world, struct slot_adder *adder,
                        int thread, int at, uint64_t draw)
{
    struct item *item = &world->items[thread][at];
    uint64_t key = draw % KEYS, hash = hash_of(world->seed, key);
    bool adds = draw / KEYS % 3 > 0;
    *item = (struct item){{hash}, key, (uint64_t)(thread * OPS + at + 1),
                          ~key};
    struct linear_op *op = linear_begin(&world->record, thread,
                                        adds ? OP_ADD : OP_FIND, key,
                                        item->number);
    struct slot_entry *entry =
        adds ? slot_table_add(&world->table, adder, &item->entry, item_is, &key)
             : slot_table_find(&world->table, hash, item_is, &key);
    linear_end(&world->record, op, number_of(world, entry));
}

static void work_on_table(int thread, void *argument)
{
    struct world *world = argument;
    struct slot_adder adder = {0};
    uint64_t random = world->seed * 31 + (uint64_t)thread;
    for (int i = 0; i < OPS; i++)
        add_or_find(world, &adder, thread, i, schedule_draw(&random) >> 8);
}

/* The entry of one key, 0 while there is none. */
static bool step_table(const struct linear_history *history, int at,
                       uint64_t *state)
{
    const struct linear_op *op = &history->ops[at];
    if (!*state && op->kind == OP_ADD)
        *state = op->argument;
    return op->result == *state;
}

static bool try_table(enum schedule_mode mode, uint64_t seed, bool tell)
{
    static struct world world;
    static struct linear_history history;
    bool explained = true;
    world = (struct world){.seed = seed};
    memory_init(&world.memory, (uint64_t)1 << 32, 0);
    struct slot_table_options options = {.slots_initial = 4,
                                         .grow_every = (uint32_t)(1 + seed % 3)};
    slot_table_init(&world.table, &world.memory, &options);
    schedule_run(mode, seed, THREADS, work_on_table, &world);
    linear_met += linear_meetings(&world.record);
    for (uint64_t key = 0; key < KEYS; key++) {
        linear_gather(&world.record, key, &history);
        if (linear_explains(&history, step_table, 0))
            continue;
        explained = false;
        if (tell)
            linear_print(&history, "table", seed);
    }
    advanced += atomic_load_explicit(&world.table.current,
                                     memory_order_relaxed) !=
                atomic_load_explicit(&world.table.oldest,
                                     memory_order_relaxed);
    slot_table_reset(&world.table);
    return explained && !world.torn_entry;
}

static void g1_to_g5_every_history_of_the_table_has_an_order(void **state)
{
    (void)state;
    advanced = 0;
    linear_try_all(SCHEDULE_ONE, try_table);
    assert_true(advanced > 0);
}

static void g1_to_g5_the_machines_own_order_is_explained(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_FREE, try_table);
}

static void the_same_seed_is_the_same_run(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 50; seed++) {
        assert_true(try_table(SCHEDULE_ONE, seed, true));
        uint64_t points = schedule.points, random = schedule.random;
        assert_true(try_table(SCHEDULE_ONE, seed, true));
        assert_int_equal(schedule.points, points);
        assert_int_equal(schedule.random, random);
    }
}

static void a_torn_exchange_of_the_table_is_caught(void **state)
{
    (void)state;
    linear_catch(try_table);
}

/* ---- numbers of names ------------------------------------------------------ */

static const char *const NAMES[] = {"en", "th", "ja"};
#define NAME_COUNT 3

struct name_world {
    struct linear_record record;
    struct memory memory;
    struct arena arenas[THREADS];
    struct intern_table names;
    uint64_t seed;
};

static void work_on_names(int thread, void *argument)
{
    struct name_world *world = argument;
    struct interner interner = {0};
    uint64_t random = world->seed * 31 + (uint64_t)thread;
    for (int i = 0; i < OPS; i++) {
        uint64_t key = (schedule_draw(&random) >> 8) % NAME_COUNT;
        struct text text = {NAMES[key], 2};
        uint32_t id = 0;
        struct linear_op *op = linear_begin(&world->record, thread, OP_ADD,
                                            key, 0);
        (void)intern_table_id(&world->names, &interner, &world->arenas[thread],
                              text, &id);
        linear_end(&world->record, op, id);
    }
}

/* The number of one name, whichever it is given first. */
static bool step_name(const struct linear_history *history, int at,
                      uint64_t *state)
{
    const struct linear_op *op = &history->ops[at];
    if (!*state)
        *state = op->result;
    return op->result == *state && op->result != 0;
}

/* Names have different numbers, and those without a name are the spare ones of
 * the threads, at most one each. */
static bool numbers_are_apart(struct name_world *world)
{
    struct dictionary names;
    uint32_t *ranks, seen = 0;
    assert_int_equal(intern_table_sort(&world->names, &names, &ranks), 0);
    uint64_t taken = atomic_load_explicit(&world->names.ids,
                                          memory_order_relaxed);
    for (uint64_t id = 1; id <= taken; id++)
        seen += ranks[id] > 0;
    bool apart = seen == names.count && taken <= seen + THREADS;
    free(ranks);
    free(names.names);
    return apart;
}

static bool try_names(enum schedule_mode mode, uint64_t seed, bool tell)
{
    static struct name_world world;
    static struct linear_history history;
    bool explained = true;
    world = (struct name_world){.seed = seed};
    memory_init(&world.memory, (uint64_t)1 << 32, 0);
    for (int i = 0; i < THREADS; i++)
        arena_init(&world.arenas[i], &world.memory, 4096);
    intern_table_init(&world.names, &world.memory, seed, 100);
    schedule_run(mode, seed, THREADS, work_on_names, &world);
    linear_met += linear_meetings(&world.record);
    for (uint64_t key = 0; key < NAME_COUNT; key++) {
        linear_gather(&world.record, key, &history);
        if (linear_explains(&history, step_name, 0))
            continue;
        explained = false;
        if (tell)
            linear_print(&history, "names", seed);
    }
    explained &= numbers_are_apart(&world);
    intern_table_reset(&world.names);
    for (int i = 0; i < THREADS; i++)
        arena_reset(&world.arenas[i]);
    return explained;
}

static void every_history_of_names_has_an_order(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_ONE, try_names);
    linear_try_all(SCHEDULE_FREE, try_names);
}

static void a_torn_exchange_of_names_is_caught(void **state)
{
    (void)state;
    linear_catch(try_names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(g1_to_g5_every_history_of_the_table_has_an_order),
        cmocka_unit_test(g1_to_g5_the_machines_own_order_is_explained),
        cmocka_unit_test(the_same_seed_is_the_same_run),
        cmocka_unit_test(a_torn_exchange_of_the_table_is_caught),
        cmocka_unit_test(every_history_of_names_has_an_order),
        cmocka_unit_test(a_torn_exchange_of_names_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
