#include "pipeline/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CHUNK_BYTES ((size_t)64 << 10)

static void assert_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        assert_int_equal(bytes[i], 0);
}

static void a_rewound_arena_keeps_a_chunk_and_gives_zeroed_memory(void **state)
{
    (void)state;
    struct memory memory;
    struct arena arena;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    arena_init(&arena, &memory, CHUNK_BYTES);
    arena_rewind(&arena);
    assert_int_equal(memory.used, 0);
    unsigned char *first = NULL;
    for (int round = 0; round < 3; round++) {
        unsigned char *bytes = arena_alloc(&arena, 5000, 8);
        assert_true(!first || bytes == first);
        first = bytes;
        assert_zero(bytes, 5000);
        memset(bytes, 7, 5000);
        arena_rewind(&arena);
        assert_int_equal(memory.used, CHUNK_BYTES);
        assert_int_equal(arena.bytes, 0);
    }
    arena_reset(&arena);
    assert_int_equal(memory.used, 0);
}

static void a_rewound_arena_gives_back_what_is_large(void **state)
{
    (void)state;
    struct memory memory;
    struct arena arena;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    arena_init(&arena, &memory, CHUNK_BYTES);
    for (int i = 0; i < 100; i++)
        memset(arena_alloc(&arena, 3000, 1), 9, 3000);
    assert_true(memory.used > 4 * CHUNK_BYTES);
    arena_rewind(&arena);
    assert_int_equal(memory.used, CHUNK_BYTES);
    assert_zero(arena_alloc(&arena, 60000, 1), 60000);
    memset(arena_alloc(&arena, 10 * CHUNK_BYTES, 1), 9, 10 * CHUNK_BYTES);
    arena_rewind(&arena);
    assert_int_equal(memory.used, 0);
    assert_zero(arena_alloc(&arena, 60000, 1), 60000);
    arena_reset(&arena);
    assert_int_equal(memory.used, 0);
}

static void memory_presses_above_the_mark_and_no_longer(void **state)
{
    (void)state;
    struct memory memory;
    memory_init(&memory, 1000, 300);
    memory_charge(&memory, 700);
    assert_false(memory_pressed(&memory));
    memory_charge(&memory, 1);
    assert_true(memory_pressed(&memory));
    memory_uncharge(&memory, 1);
    assert_false(memory_pressed(&memory));
    memory_init(&memory, 1000, 900);
    memory_charge(&memory, 501);
    assert_true(memory_pressed(&memory));
    assert_int_equal(memory.peak, 501);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_rewound_arena_keeps_a_chunk_and_gives_zeroed_memory),
        cmocka_unit_test(a_rewound_arena_gives_back_what_is_large),
        cmocka_unit_test(memory_presses_above_the_mark_and_no_longer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
