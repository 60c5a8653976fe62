#include "pipeline/runs.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct memory memory;
static char folder[] = "/tmp/test_runs_XXXXXX";
static int directory;

/* The byte at a place of run number r. */
static uint8_t byte_at(uint64_t run, uint64_t at)
{
    return (uint8_t)((at * 2654435761u + run * 40503u) >> 7);
}

/* Appends [run->bytes, +size). */
static void append(struct byte_run *run, uint64_t number, size_t size)
{
    uint8_t *bytes = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(number, run->bytes + i);
    assert_int_equal(run_append(run, bytes, size), 0);
    free(bytes);
}

/* Reads all in pieces of the size given. */
static void check(const struct byte_run *run, uint64_t number, size_t piece)
{
    struct run_reader reader;
    const void *at;
    run_reader_init(&reader, run);
    for (uint64_t done = 0; done < run->bytes;) {
        uint64_t left = run->bytes - done;
        size_t size = left < piece ? (size_t)left : piece;
        assert_int_equal(run_reader_next(&reader, size, &at), 1);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(((const uint8_t *)at)[i],
                             byte_at(number, done + i));
        done += size;
    }
    assert_true(run_reader_ended(&reader));
    assert_int_equal(run_reader_next(&reader, 1, &at), 0);
    run_reader_end(&reader);
}

static void try_store(uint64_t bound, int where, uint64_t *spilled)
{
    enum { RUNS = 5 };
    static const size_t SIZES[] = {1, 7, 4096, 65535, 65536, 65537, 300000};
    static const size_t PIECES[] = {1000, 65536, 70001};
    struct run_store store;
    struct byte_run runs[RUNS];
    assert_int_equal(run_store_open(&store, &memory, bound, where), 0);
    for (unsigned r = 0; r < RUNS; r++)
        run_init(&runs[r], &store);
    for (unsigned i = 0; i < 7; i++)
        for (unsigned r = 0; r + 1 < RUNS; r++)
            append(&runs[r], r, SIZES[(i + r) % 7]);
    for (unsigned r = 0; r < RUNS; r++)
        for (unsigned p = 0; p < 3; p++)
            check(&runs[r], r, PIECES[p]);
    *spilled = run_store_spilled(&store);
    for (unsigned r = 0; r < RUNS; r++)
        run_free(&runs[r]);
    assert_int_equal(store.chunks_held, 0);
    append(&runs[0], 0, 100000);
    check(&runs[0], 0, 999);
    run_free(&runs[0]);
    run_store_close(&store);
    assert_int_equal(memory.used, 0);
}

static void what_was_appended_is_read_back_from_memory(void **state)
{
    (void)state;
    uint64_t spilled;
    try_store((uint64_t)1 << 30, directory, &spilled);
    assert_int_equal(spilled, 0);
}

static void what_was_appended_is_read_back_from_the_file(void **state)
{
    (void)state;
    uint64_t spilled;
    for (uint64_t bound = 0; bound < 8 * RUN_CHUNK_BYTES;
         bound += RUN_CHUNK_BYTES) {
        try_store(bound, directory, &spilled);
        assert_true(spilled > 0);
    }
}

static void without_a_directory_all_stays_in_memory(void **state)
{
    (void)state;
    uint64_t spilled;
    try_store(0, -1, &spilled);
    assert_int_equal(spilled, 0);
}

static void memory_stays_within_the_bound_and_a_chunk_a_run(void **state)
{
    (void)state;
    struct run_store store;
    struct byte_run run;
    assert_int_equal(run_store_open(&store, &memory, 1 << 20, directory), 0);
    run_init(&run, &store);
    for (int i = 0; i < 200; i++) {
        append(&run, 1, 100000);
        assert_true(store.chunks_held <= 17);
    }
    assert_true(memory.used <= 4 << 20);
    check(&run, 1, 12345);
    run_free(&run);
    run_store_close(&store);
}

static void the_spill_file_has_no_name(void **state)
{
    (void)state;
    struct run_store store;
    char command[128];
    assert_int_equal(run_store_open(&store, &memory, 0, directory), 0);
    snprintf(command, sizeof command, "test -z \"$(ls -A %s)\"", folder);
    assert_int_equal(system(command), 0);
    run_store_close(&store);
}

static void a_run_copies_out_exactly_or_not_at_all(void **state)
{
    (void)state;
    struct run_store store;
    struct byte_run run;
    struct run_reader reader;
    char out[4] = "";
    assert_int_equal(run_store_open(&store, &memory, 0, directory), 0);
    run_init(&run, &store);
    assert_int_equal(run_append(&run, "abc", 3), 0);
    run_reader_init(&reader, &run);
    assert_int_equal(run_read(&reader, out, 4), -EIO);
    assert_int_equal(run_read(&reader, out, 3), 0);
    assert_string_equal(out, "abc");
    assert_int_equal(run_read(&reader, out, 0), 0);
    run_reader_end(&reader);
    run_free(&run);
    run_store_close(&store);
}

static void a_spill_file_that_cannot_grow_is_an_error(void **state)
{
    (void)state;
    int full = open("/dev/full", O_RDWR | O_CLOEXEC);
    if (full < 0)
        skip(); /* no /dev/full here */
    struct run_store store;
    struct byte_run run;
    assert_int_equal(run_store_open(&store, &memory, 0, directory), 0);
    close(store.fd);
    store.fd = full;
    run_init(&run, &store);
    uint8_t *bytes = calloc(1, 1 << 20);
    int status = run_append(&run, bytes, 1 << 20);
    assert_true(status == -ENOSPC || status == -ESPIPE);
    free(bytes);
    run_free(&run);
    run_store_close(&store);
    assert_int_equal(memory.used, 0);
}

static int set_up(void **state)
{
    (void)state;
    memory_init(&memory, (uint64_t)1 << 30, 0);
    if (!mkdtemp(folder))
        return -1;
    directory = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory < 0;
}

static int tear_down(void **state)
{
    (void)state;
    close(directory);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_appended_is_read_back_from_memory),
        cmocka_unit_test(what_was_appended_is_read_back_from_the_file),
        cmocka_unit_test(without_a_directory_all_stays_in_memory),
        cmocka_unit_test(memory_stays_within_the_bound_and_a_chunk_a_run),
        cmocka_unit_test(the_spill_file_has_no_name),
        cmocka_unit_test(a_run_copies_out_exactly_or_not_at_all),
        cmocka_unit_test(a_spill_file_that_cannot_grow_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
