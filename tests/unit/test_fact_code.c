#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/aggregate/aggregate.h"
#include "stages/fact_code.h"
#include "segment_world.h"

#include <errno.h>

static struct memory memory;
static struct arena arena;

/* Bytes of their own size, so that a sanitizer sees every read behind. */
static uint8_t *exact_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    assert_non_null(copy);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

static size_t encode(const struct fact *fact, int64_t before,
                     uint8_t out[4096])
{
    size_t bound = fact_code_bytes_max(fact);
    assert_true(bound <= 4096);
    size_t size = (size_t)(fact_encode(out, fact, before) - out);
    assert_true(size <= bound && size >= FACT_CODE_BYTES_MIN);
    return size;
}

static void a_fact_comes_back_as_it_was(void **state)
{
    struct world world = {.seed = 3};
    uint8_t code[4096];
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct fact fact = world_fact(&world), back;
        int64_t before = (int64_t)world_below(&world, 1000000);
        size_t size = encode(&fact, before, code);
        uint8_t *copy = exact_copy(code, size);
        assert_int_equal(fact_decode(copy, size, before, &arena, &back), 0);
        assert_true(same_fact(&fact, &back));
        assert_int_equal(fact.client, back.client);
        assert_int_equal(fact.language, back.language);
        free(copy);
    }
}

static void a_code_cut_short_or_too_long_is_refused(void **state)
{
    struct world world = {.seed = 4};
    uint8_t code[4096];
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct fact fact = world_fact(&world), back;
        size_t size = encode(&fact, 0, code);
        for (size_t cut = 0; cut <= size + 1; cut++) {
            uint8_t *copy = exact_copy(code, cut);
            int error = fact_decode(copy, cut, 0, &arena, &back);
            assert_int_equal(error, cut == size ? 0 : -EBADMSG);
            free(copy);
        }
    }
}

static void no_bytes_are_believed(void **state)
{
    struct world world = {.seed = 5};
    uint8_t code[4096];
    (void)state;
    for (int round = 0; round < 20000; round++) {
        struct fact fact = world_fact(&world), back;
        size_t size = encode(&fact, 0, code);
        for (int i = 0; i < 3; i++)
            code[world_below(&world, size)] ^=
                (uint8_t)(1u << world_below(&world, 8));
        uint8_t *copy = exact_copy(code, size);
        int error = fact_decode(copy, size, 0, &arena, &back);
        assert_true(error == 0 || error == -EBADMSG);
        if (!error) {
            assert_true(back.kind < POST_KINDS);
            assert_true(back.flags <= FACT_FLAGS_ALL);
            assert_true(id_known(fact_post(&back)));
        }
        free(copy);
    }
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    arena_init(&arena, &memory, (size_t)1 << 20);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_reset(&arena);
    return memory.used != 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fact_comes_back_as_it_was),
        cmocka_unit_test(a_code_cut_short_or_too_long_is_refused),
        cmocka_unit_test(no_bytes_are_believed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
