#include "pipeline/shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct memory memory;
static struct shards shards;

static void begin(void)
{
    memory_init(&memory, UINT64_C(1) << 30, 0);
    shards_init(&shards, &memory);
}

static void end(void)
{
    shards_free(&shards);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static void expect_names(const char *names)
{
    char got[256] = "";
    for (size_t i = 0; i < shards.count; i++) {
        strcat(got, i ? " " : "");
        strcat(got, shards.items[i].name);
    }
    assert_string_equal(got, names);
}

static void adopted_shards_stand_in_their_place(void **state)
{
    (void)state;
    static const struct shard FIRST[] = {{.name = "d", .size = 4},
                                         {.name = "b", .size = 2}};
    static const struct shard MORE[] = {{.name = "c", .size = 3},
                                        {.name = "a", .size = 1},
                                        {.name = "B", .size = 9}};
    begin();
    assert_int_equal(shards_adopt(&shards, NULL, 0, NULL, 0), 0);
    expect_names("");
    assert_int_equal(shards_adopt(&shards, FIRST, 2, NULL, 0), 0);
    expect_names("b d");
    assert_int_equal(shards_adopt(&shards, MORE, 3, NULL, 0), 0);
    expect_names("B a b c d");
    assert_int_equal(shards_bytes(&shards), 19);
    for (size_t i = 1; i < shards.count; i++)
        assert_int_equal(shards.items[i].size, i);
    end();
}

static void repeats_are_joined_by_name(void **state)
{
    (void)state;
    static const struct shard_repeat ONE[] = {{"m", "a"}, {"k", "b"}};
    static const struct shard_repeat TWO[] = {{"z", "c"}, {"k", "other"},
                                              {"c", "d"}};
    static const char *const WANTED[] = {"c", "k", "m", "z"};
    begin();
    assert_int_equal(shards_adopt(&shards, NULL, 0, ONE, 2), 0);
    assert_int_equal(shards_adopt(&shards, NULL, 0, TWO, 3), 0);
    assert_int_equal(shards.repeat_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(shards.repeats[i].name, WANTED[i]);
    assert_string_equal(shards.repeats[1].first, "b");
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adopted_shards_stand_in_their_place),
        cmocka_unit_test(repeats_are_joined_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
