#include "tests/unit/schedule.h"

#include "stages/aggregate/distinct_set.c"
#include "stages/aggregate/register_cell.c"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/linear.h"
#include "tests/unit/linear_cases.h"

/*
 * The registers and cells of register_cell.h are objects whose value is the
 * join of all that was brought so far: a load returns that join, a raise of a
 * text says whether the cell held it. A distinct set is read when nobody adds
 * any more, and then is the set of all that was added.
 */
#define THREADS 3
#define OPS 8
#define TIMES 3
#define TEXTS 4

enum { OP_LOAD, OP_RAISE };
enum object { OBJECT_REGISTER, OBJECT_NUMBERS, OBJECT_TEXTS, OBJECTS };

/* In bytewise order, the first one empty. */
static const char *const WORDS[TEXTS] = {"", "a", "ab", "b"};

struct world {
    struct linear_record record;
    struct memory memory;
    struct arena arenas[THREADS];
    _Atomic uint64_t one;
    union register_cell numbers, texts;
    struct distinct_set set;
    uint64_t seed;
    bool out_of_memory;
};

/* (when, value) as one word, in the order of the join. */
static uint64_t pair(uint64_t when, uint64_t value)
{
    return when << 8 | value;
}

static uint64_t word_of(uint64_t block)
{
    struct text text = text_block_read(block);
    for (uint64_t i = 0; i < TEXTS; i++)
        if (text_equal(text, (struct text){WORDS[i],
                                           (uint32_t)strlen(WORDS[i])}))
            return i;
    return UINT8_MAX;
}

static uint64_t load(struct world *world, enum object object)
{
    if (object == OBJECT_REGISTER)
        return atomic_load_explicit(&world->one, memory_order_relaxed);
    struct cell_view view = cell_load(
        object == OBJECT_NUMBERS ? &world->numbers : &world->texts);
    return pair(view.when, object == OBJECT_NUMBERS ? view.value
                                                    : word_of(view.value));
}

/* Whether a text was held already; of the others, 0. */
static uint64_t raise_to(struct world *world, int thread, enum object object,
                         uint64_t argument)
{
    uint64_t when = argument >> 8, value = argument & 0xff;
    bool held = false;
    if (object == OBJECT_REGISTER)
        register_raise(&world->one, argument);
    else if (object == OBJECT_NUMBERS)
        cell_raise(&world->numbers, when, value);
    else if (!text_cell_raise(&world->texts, when,
                              (struct text){WORDS[value],
                                            (uint32_t)strlen(WORDS[value])},
                              0, &world->arenas[thread], &held))
        world->out_of_memory = true;
    return held;
}

static void work_on_cells(int thread, void *argument)
{
    struct world *world = argument;
    uint64_t random = world->seed * 31 + (uint64_t)thread;
    for (int i = 0; i < OPS; i++) {
        uint64_t draw = schedule_draw(&random) >> 8;
        enum object object = (enum object)(draw % OBJECTS);
        bool loads = draw / OBJECTS % 3 == 0;
        uint64_t argument_pair = pair(1 + draw / 16 % TIMES,
                                      draw / 256 % TEXTS);
        struct linear_op *op = linear_begin(&world->record, thread,
                                            loads ? OP_LOAD : OP_RAISE, object,
                                            argument_pair);
        uint64_t result = loads ? load(world, object)
                                : raise_to(world, thread, object,
                                           argument_pair);
        linear_end(&world->record, op, result);
    }
}

static bool step_cell(const struct linear_history *history, int at,
                      uint64_t *state)
{
    const struct linear_op *op = &history->ops[at];
    uint64_t before = *state;
    if (op->kind == OP_LOAD)
        return op->result == before;
    if (op->argument > before)
        *state = op->argument;
    bool held = op->object == OBJECT_TEXTS && before >> 8 &&
                (before & 0xff) == (op->argument & 0xff);
    return op->result == held;
}

static void begin(struct world *world, uint64_t seed)
{
    *world = (struct world){.seed = seed};
    memory_init(&world->memory, (uint64_t)1 << 32, 0);
    for (int i = 0; i < THREADS; i++)
        arena_init(&world->arenas[i], &world->memory, 4096);
}

static void end(struct world *world)
{
    for (int i = 0; i < THREADS; i++)
        arena_reset(&world->arenas[i]);
}

static bool try_cells(enum schedule_mode mode, uint64_t seed, bool tell)
{
    static struct world world;
    static struct linear_history history;
    bool explained = true;
    begin(&world, seed);
    schedule_run(mode, seed, THREADS, work_on_cells, &world);
    linear_met += linear_meetings(&world.record);
    for (uint64_t object = 0; object < OBJECTS; object++) {
        linear_gather(&world.record, object, &history);
        if (linear_explains(&history, step_cell, 0))
            continue;
        explained = false;
        if (tell)
            linear_print(&history, "cell", seed);
    }
    end(&world);
    return explained && !world.out_of_memory;
}

static void every_history_of_cells_has_an_order(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_ONE, try_cells);
}

static void the_machines_own_order_of_cells_is_explained(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_FREE, try_cells);
}

static void a_torn_exchange_of_a_cell_is_caught(void **state)
{
    (void)state;
    linear_catch(try_cells);
}

/* ---- distinct sets --------------------------------------------------------- */

#define HASHES 12

/* Hash number i: spread over registers, and one that is 0. */
static uint64_t hash_of(uint64_t i)
{
    return i * 0x9e3779b97f4a7c15u;
}

static void work_on_set(int thread, void *argument)
{
    struct world *world = argument;
    uint64_t random = world->seed * 31 + (uint64_t)thread;
    for (int i = 0; i < OPS; i++) {
        uint64_t hash = (schedule_draw(&random) >> 8) % (world->seed % HASHES +
                                                         1);
        struct linear_op *op = linear_begin(&world->record, thread, OP_RAISE,
                                            0, hash);
        if (!distinct_set_add(&world->set, hash_of(hash),
                              &world->arenas[thread]))
            world->out_of_memory = true;
        linear_end(&world->record, op, 0);
    }
}

/* Whether the set is what one thread would have made of the same hashes. */
static bool set_is_of(const struct world *world,
                      const struct linear_history *history)
{
    struct distinct read;
    uint8_t registers[HLL_REGISTERS] = {0};
    uint64_t seen = 0;
    for (int i = 0; i < history->count; i++)
        seen |= (uint64_t)1 << history->ops[i].argument;
    distinct_set_read(&world->set, &read);
    if (__builtin_popcountll(seen) <= DISTINCT_EXACT_MAX) {
        bool same = read.count == __builtin_popcountll(seen);
        for (int i = 0; same && i < read.count; i++) {
            bool there = false;
            for (uint64_t h = 0; h < HASHES; h++)
                there |= (seen >> h & 1) &&
                         read.hashes[i] == hash_of(h) + (h == 0);
            same = there && (i == 0 || read.hashes[i - 1] < read.hashes[i]);
        }
        return same;
    }
    for (uint64_t h = 0; h < HASHES; h++)
        if (seen >> h & 1)
            hll_add(registers, hash_of(h) + (h == 0));
    return read.hll && memcmp(read.hll, registers, sizeof registers) == 0;
}

static bool try_set(enum schedule_mode mode, uint64_t seed, bool tell)
{
    static struct world world;
    static struct linear_history history;
    begin(&world, seed);
    schedule_run(mode, seed, THREADS, work_on_set, &world);
    linear_met += linear_meetings(&world.record);
    linear_gather(&world.record, 0, &history);
    bool same = set_is_of(&world, &history);
    if (!same && tell)
        linear_print(&history, "set", seed);
    end(&world);
    return same && !world.out_of_memory;
}

static void a_set_is_what_one_thread_makes_of_it(void **state)
{
    (void)state;
    linear_try_all(SCHEDULE_ONE, try_set);
    linear_try_all(SCHEDULE_FREE, try_set);
}

static void a_torn_exchange_of_a_set_is_caught(void **state)
{
    (void)state;
    linear_catch(try_set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_history_of_cells_has_an_order),
        cmocka_unit_test(the_machines_own_order_of_cells_is_explained),
        cmocka_unit_test(a_torn_exchange_of_a_cell_is_caught),
        cmocka_unit_test(a_set_is_what_one_thread_makes_of_it),
        cmocka_unit_test(a_torn_exchange_of_a_set_is_caught),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
