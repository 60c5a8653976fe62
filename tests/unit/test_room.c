#include "pipeline/room.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define LIMIT ((uint64_t)64 << 20)

static char folder[] = "/tmp/sandpiper-room-XXXXXX";
static int directory;
static struct memory memory;

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0;
}

static int remove_folder(void **state)
{
    (void)state;
    close(directory);
    return rmdir(folder);      /* fails if a file was left in it */
}

static void begin(bool overflow)
{
    memory_init(&memory, LIMIT, 0);
    memory.overflow = overflow ? directory : -1;
}

static uint64_t used(void)
{
    return atomic_load(&memory.used);
}

static void fill(const struct room *room, size_t bytes)
{
    uint8_t *at = room->base;
    for (size_t i = 0; i < bytes; i += 4096)
        at[i] = (uint8_t)(i >> 12);
    for (size_t i = 0; i < bytes; i += 4096)
        assert_int_equal(at[i], (uint8_t)(i >> 12));
}

static void what_fits_is_charged(void **state)
{
    (void)state;
    struct room room = {0};
    begin(true);
    assert_true(room_for(&room, &memory, 1000, 8));
    assert_false(room.on_disk);
    assert_true(used() >= 8000);
    assert_true(room_for(&room, &memory, 32, 1 << 20));
    assert_false(room.on_disk);
    assert_true(used() >= (32u << 20) && used() <= (34u << 20));
    room_free(&room, &memory);
    assert_int_equal(used(), 0);
}

static void what_does_not_fit_lies_in_a_file_and_is_not_charged(void **state)
{
    (void)state;
    struct room room = {0};
    begin(true);
    assert_true(room_for(&room, &memory, 65, 1 << 20));
    assert_true(room.on_disk);
    assert_int_equal(used(), 0);
    fill(&room, (size_t)65 << 20);
    /* The next small account has memory again. */
    assert_true(room_for(&room, &memory, 1, 64));
    assert_false(room.on_disk);
    fill(&room, 64);
    room_free(&room, &memory);
    assert_int_equal(used(), 0);
}

static void without_a_folder_it_takes_memory(void **state)
{
    (void)state;
    struct room room = {0};
    begin(false);
    assert_true(room_for(&room, &memory, 65, 1 << 20));
    assert_false(room.on_disk);
    assert_true(used() >= (65u << 20));
    room_free(&room, &memory);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct room room = {0};
    begin(true);
    assert_false(room_for(&room, &memory, UINT64_MAX, 2));
    assert_false(room_for(&room, &memory, UINT64_MAX / 4, 4));
    assert_null(room.base);
    /* More than any disk has: there is no file either. */
    assert_false(room_for(&room, &memory, (uint64_t)1 << 57, 1));
    assert_true(errno != 0);
    room_free(&room, &memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_charged),
        cmocka_unit_test(what_does_not_fit_lies_in_a_file_and_is_not_charged),
        cmocka_unit_test(without_a_folder_it_takes_memory),
        cmocka_unit_test(sizes_that_overflow_are_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
