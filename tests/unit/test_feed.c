#include "pipeline/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK 4096u
#define BYTES_MAX 100000u

static struct memory memory;
static char folder[] = "/tmp/test_feed_XXXXXX";
static uint8_t plain[BYTES_MAX];   /* what every file of the tests begins as */

static const enum io_backend BACKENDS[] = {IO_PREAD, IO_URING};

/* XXH3-128, seed 0, of the first bytes of plain, by libxxhash 0.8.1's one-shot
 * function. */
static const struct {
    size_t size;
    uint64_t digest[2];
} DIGESTS[] = {
    {0, {UINT64_C(0x99aa06d3014798d8), UINT64_C(0x6001c324468d497f)}},
    {1, {UINT64_C(0x80a904279c75ba2a), UINT64_C(0xdd02fbe6d2c66464)}},
    {BYTES_MAX, {UINT64_C(0x8bd0abd1c13d9c5b), UINT64_C(0x5030f8087098c8aa)}},
};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *seed >> 33;
}

static int make_file(size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/file_XXXXXX", folder);
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(pwrite(fd, plain, size, 0), (ssize_t)size);
    return fd;
}

/* Runs a case over both backends with the smallest blocks. */
static void each_backend(void (*run)(struct source *source))
{
    memory_init(&memory, UINT64_C(1) << 30, 0);
    for (size_t i = 0; i < 2; i++) {
        struct source_options options = {BACKENDS[i], 3, BLOCK, NULL};
        struct source *source;
        int error = source_create(&source, &options, &memory);
        if (error && BACKENDS[i] == IO_URING) {
            print_message("skipped: the kernel refuses io_uring: %s\n",
                          strerror(-error));
            continue;
        }
        assert_int_equal(error, 0);
        run(source);
        source_destroy(source);
        assert_int_equal(atomic_load(&memory.used), 0);
    }
}

static void digest_of_plain(size_t size, uint64_t digest[2])
{
    struct feed *feed = feed_create(&memory);
    assert_non_null(feed);
    uint64_t bytes;
    feed_open_bytes(feed, plain, size, 0);
    assert_int_equal(feed_finish(feed, digest, &bytes), 0);
    assert_int_equal(bytes, size);
    feed_destroy(feed);
}

/* The digest and the count must be those of the whole file. */
static void finish_and_check(struct feed *feed, size_t size)
{
    uint64_t digest[2], expected[2], bytes;
    digest_of_plain(size, expected);
    assert_int_equal(feed_finish(feed, digest, &bytes), 0);
    assert_int_equal(bytes, size);
    assert_int_equal(digest[0], expected[0]);
    assert_int_equal(digest[1], expected[1]);
    assert_int_equal(feed_position(feed), size);
}

/* Peeks and compares with plain, whose first size bytes are the shard. */
static size_t peek_and_check(struct feed *feed, size_t want, size_t size,
                             uint64_t base)
{
    size_t have;
    uint64_t at = feed_position(feed) - base;
    assert_true(at <= size);
    const uint8_t *bytes = feed_peek(feed, want, &have);
    size_t left = size - (size_t)at;
    assert_true(have <= left);
    assert_true(have >= want || have == left);
    if (have)
        assert_memory_equal(bytes, plain + at, have);
    return have;
}

static void digests_are_those_of_one_shot_xxh3(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof DIGESTS / sizeof *DIGESTS; i++) {
        uint64_t digest[2];
        digest_of_plain(DIGESTS[i].size, digest);
        assert_int_equal(digest[0], DIGESTS[i].digest[0]);
        assert_int_equal(digest[1], DIGESTS[i].digest[1]);
    }
}

static void walk(struct feed *feed, size_t size, size_t want, size_t step)
{
    for (;;) {
        size_t have = peek_and_check(feed, want, size, 0);
        if (!have)
            break;
        feed_skip(feed, have < step ? have : step);
    }
    assert_int_equal(feed_position(feed), size);
    finish_and_check(feed, size);
}

static void walk_all_borders(struct source *source)
{
    static const size_t SIZES[] = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1,
                                   4 * BLOCK, 9 * BLOCK + 5};
    static const size_t WANTS[] = {1, 2, 63, BLOCK - 1, BLOCK, BLOCK + 1,
                                   3 * BLOCK + 1};
    struct feed *feed = feed_create(&memory);
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        int fd = make_file(SIZES[i]);
        for (size_t k = 0; k < sizeof WANTS / sizeof *WANTS; k++)
            for (size_t step = WANTS[k]; step; step /= 5) {
                assert_int_equal(feed_open(feed, source, fd, true), 0);
                walk(feed, SIZES[i], WANTS[k], step);
                feed_close(feed);
            }
        close(fd);
    }
    feed_destroy(feed);
}

static void spans_hide_the_borders_of_blocks(void **state)
{
    (void)state;
    each_backend(walk_all_borders);
}

static void border_at_every_position(struct source *source)
{
    size_t size = 3 * BLOCK;
    int fd = make_file(size);
    struct feed *feed = feed_create(&memory);
    for (size_t before = 0; before <= 40; before++)
        for (size_t want = 1; want <= 41; want++) {
            assert_int_equal(feed_open(feed, source, fd, true), 0);
            assert_int_equal(feed_skip_far(feed, BLOCK - before),
                             BLOCK - before);
            peek_and_check(feed, want, size, 0);
            feed_skip(feed, want);
            peek_and_check(feed, want, size, 0);
            feed_skip(feed, 1);
            peek_and_check(feed, BLOCK, size, 0);
        }
    feed_close(feed);
    close(fd);
    feed_destroy(feed);
}

static void a_border_at_every_position_in_a_span_is_hidden(void **state)
{
    (void)state;
    each_backend(border_at_every_position);
}

static void grow_the_window(struct source *source)
{
    static const size_t WANTS[] = {10, 5000, 70000, 99000, BYTES_MAX};
    int fd = make_file(BYTES_MAX);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    for (size_t i = 0; i < sizeof WANTS / sizeof *WANTS; i++)
        peek_and_check(feed, WANTS[i], BYTES_MAX, 0);
    feed_skip(feed, 50000);
    peek_and_check(feed, 30000, BYTES_MAX, 0);
    finish_and_check(feed, BYTES_MAX);
    feed_destroy(feed);
    close(fd);
}

static void a_growing_window_keeps_what_it_holds(void **state)
{
    (void)state;
    each_backend(grow_the_window);
}

/* One random step; the position is what the plain array says it is. */
static void random_step(struct feed *feed, uint64_t *seed, size_t size,
                        uint64_t base, bool seekable)
{
    uint64_t kind = next_random(seed) % 8;
    size_t span = next_random(seed) % (kind % 2 ? 3 * BLOCK : 50);
    uint64_t position = feed_position(feed), left = base + size - position;
    if (kind < 5) {
        size_t have = peek_and_check(feed, span, size, base);
        size_t skip = have ? next_random(seed) % (have + 1) : 0;
        feed_skip(feed, skip);
        assert_int_equal(feed_position(feed), position + skip);
    } else if (kind < 6 || !seekable) {
        uint64_t gone = feed_skip_far(feed, span);
        assert_int_equal(gone, span < left ? span : left);
        assert_int_equal(feed_position(feed), position + gone);
    } else {
        bool near = next_random(seed) % 2;
        uint64_t target = near ? position + next_random(seed) % 200
                               : base + next_random(seed) % (size + 1);
        target = target > base + 100 && near ? target - 100 : target;
        target = target > base + size ? base + size : target;
        assert_int_equal(feed_seek(feed, target), 0);
        assert_int_equal(feed_position(feed), target);
    }
}

static void random_walks(struct source *source)
{
    uint64_t seed = 7;
    struct feed *feed = feed_create(&memory);
    for (unsigned walk_number = 0; walk_number < 200; walk_number++) {
        size_t size = next_random(&seed) % (12 * BLOCK);
        int fd = make_file(size);
        assert_int_equal(feed_open(feed, source, fd, true), 0);
        unsigned steps = (unsigned)(next_random(&seed) % 100);
        for (unsigned i = 0; i < steps; i++)
            random_step(feed, &seed, size, 0, true);
        finish_and_check(feed, size);
        /* And what comes after the digest is right and changes it not. */
        for (unsigned i = 0; i < 10; i++)
            random_step(feed, &seed, size, 0, true);
        finish_and_check(feed, size);
        feed_close(feed);
        close(fd);
    }
    feed_destroy(feed);
}

static void random_walks_through_files_show_what_is_there(void **state)
{
    (void)state;
    each_backend(random_walks);
}

static void random_walks_through_bytes_show_what_is_there(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    uint64_t seed = 8;
    struct feed *feed = feed_create(&memory);
    for (unsigned walk_number = 0; walk_number < 200; walk_number++) {
        size_t size = next_random(&seed) % (3 * BLOCK);
        uint64_t base = next_random(&seed) << walk_number % 30;
        feed_open_bytes(feed, plain, size, base);
        assert_int_equal(feed_position(feed), base);
        for (unsigned i = 0; i < 50; i++)
            random_step(feed, &seed, size, base, true);
        assert_int_equal(feed_seek(feed, base + size + 1), -EINVAL);
        if (base)
            assert_int_equal(feed_seek(feed, base - 1), -EINVAL);
        assert_int_equal(feed_error(feed), 0);
    }
    feed_destroy(feed);
    assert_int_equal(atomic_load(&memory.used), 0);
}

/* ---- the digest ---- */

static void seek_about(struct source *source)
{
    size_t size = 12 * BLOCK + 1;
    int fd = make_file(size);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    assert_int_equal(feed_seek(feed, 7 * BLOCK + 5), 0);
    peek_and_check(feed, 10, size, 0);
    assert_int_equal(feed_seek(feed, 3), 0);
    peek_and_check(feed, 10, size, 0);
    assert_int_equal(feed_seek(feed, 6 * BLOCK), 0);
    peek_and_check(feed, 3 * BLOCK, size, 0);
    assert_int_equal(feed_seek(feed, 0), 0);
    finish_and_check(feed, size);
    assert_int_equal(feed_seek(feed, 1), 0);
    finish_and_check(feed, size);
    feed_destroy(feed);
    close(fd);
}

static void each_byte_is_hashed_once_in_order_whatever_is_sought(void **state)
{
    (void)state;
    each_backend(seek_about);
}

static void finish_untouched(struct source *source)
{
    struct feed *feed = feed_create(&memory);
    for (size_t i = 0; i < sizeof DIGESTS / sizeof *DIGESTS; i++) {
        int fd = make_file(DIGESTS[i].size);
        assert_int_equal(feed_open(feed, source, fd, i % 2), 0);
        finish_and_check(feed, DIGESTS[i].size);
        feed_close(feed);
        close(fd);
    }
    feed_destroy(feed);
}

static void finish_reads_what_nobody_looked_at(void **state)
{
    (void)state;
    each_backend(finish_untouched);
}

/* ---- ends and errors ---- */

static void seek_behind_the_end(struct source *source)
{
    size_t size = 2 * BLOCK + 10;
    int fd = make_file(size);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    assert_int_equal(feed_seek(feed, UINT64_MAX), -EINVAL);
    assert_int_equal(feed_position(feed), size);
    assert_int_equal(feed_error(feed), 0);
    assert_int_equal(feed_seek(feed, 5), 0);
    peek_and_check(feed, 100, size, 0);
    assert_int_equal(feed_skip_far(feed, UINT64_MAX), size - 5);
    finish_and_check(feed, size);
    feed_destroy(feed);
    close(fd);
}

static void seeking_behind_the_end_says_so_and_harms_nothing(void **state)
{
    (void)state;
    each_backend(seek_behind_the_end);
}

static void ask_for_too_much(struct source *source)
{
    size_t size = 2 * BLOCK + 10;
    int fd = make_file(size);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    uint64_t before = atomic_load(&memory.used);
    assert_int_equal(peek_and_check(feed, SIZE_MAX, size, 0), size);
    assert_true(atomic_load(&memory.used) <= before + 64 * 1024);
    feed_skip(feed, 10);
    assert_int_equal(peek_and_check(feed, SIZE_MAX / 2, size, 0), size - 10);
    assert_int_equal(feed_error(feed), 0);
    finish_and_check(feed, size);
    feed_destroy(feed);
    close(fd);
}

static void asking_for_more_than_there_is_costs_what_there_is(void **state)
{
    (void)state;
    each_backend(ask_for_too_much);
}

struct writer {
    int fd;
    size_t size;
};

static void *write_pipe(void *context)
{
    struct writer *writer = context;
    for (size_t at = 0; at < writer->size;) {
        size_t count = writer->size - at < 777 ? writer->size - at : 777;
        ssize_t written = write(writer->fd, plain + at, count);
        if (written <= 0)
            break;
        at += (size_t)written;
    }
    close(writer->fd);
    return NULL;
}

static void read_pipe(struct source *source)
{
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    struct writer writer = {ends[1], 9 * BLOCK + 13};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, write_pipe, &writer), 0);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, ends[0], false), 0);
    uint64_t seed = 9;
    for (unsigned i = 0; i < 10; i++)
        random_step(feed, &seed, writer.size, 0, false);
    uint64_t position = feed_position(feed);
    assert_int_equal(feed_seek(feed, 0), -ESPIPE);
    assert_int_equal(feed_seek(feed, position), -ESPIPE);
    assert_int_equal(feed_position(feed), position);
    peek_and_check(feed, 100, writer.size, 0);
    finish_and_check(feed, writer.size);
    pthread_join(thread, NULL);
    feed_destroy(feed);
    close(ends[0]);
}

static void a_pipe_is_fed_and_digested_but_not_sought(void **state)
{
    (void)state;
    each_backend(read_pipe);
}

static void read_unreadable(struct source *source)
{
    char path[128];
    snprintf(path, sizeof path, "%s/write_only", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    unlink(path);
    assert_true(fd >= 0);
    struct feed *feed = feed_create(&memory);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    size_t have;
    feed_peek(feed, 1, &have);
    assert_int_equal(have, 0);
    assert_int_equal(feed_error(feed), -EBADF);
    assert_int_equal(feed_seek(feed, 0), -EBADF);
    uint64_t digest[2], bytes;
    assert_int_equal(feed_finish(feed, digest, &bytes), -EBADF);
    assert_int_equal(bytes, 0);
    close(fd);
    /* The next shard does not inherit it. */
    fd = make_file(100);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    finish_and_check(feed, 100);
    int closed = fd;
    feed_close(feed);
    close(fd);
    assert_int_equal(feed_open(feed, source, closed, true), -EBADF);
    feed_destroy(feed);
}

static void an_error_is_kept_until_the_next_shard(void **state)
{
    (void)state;
    each_backend(read_unreadable);
}

static void a_feed_with_nothing_open_is_empty(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    struct feed *feed = feed_create(&memory);
    size_t have = 1;
    feed_peek(feed, 10, &have);
    assert_int_equal(have, 0);
    assert_int_equal(feed_skip_far(feed, 10), 0);
    assert_int_equal(feed_seek(feed, 0), -ESPIPE);
    finish_and_check(feed, 0);
    feed_destroy(feed);
    feed_destroy(NULL);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static int set_up(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < BYTES_MAX; i++)
        plain[i] = (uint8_t)((i + 1) * UINT64_C(0x9e3779b97f4a7c15) >> 56);
    return mkdtemp(folder) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_one_shot_xxh3),
        cmocka_unit_test(spans_hide_the_borders_of_blocks),
        cmocka_unit_test(a_border_at_every_position_in_a_span_is_hidden),
        cmocka_unit_test(a_growing_window_keeps_what_it_holds),
        cmocka_unit_test(random_walks_through_files_show_what_is_there),
        cmocka_unit_test(random_walks_through_bytes_show_what_is_there),
        cmocka_unit_test(each_byte_is_hashed_once_in_order_whatever_is_sought),
        cmocka_unit_test(finish_reads_what_nobody_looked_at),
        cmocka_unit_test(seeking_behind_the_end_says_so_and_harms_nothing),
        cmocka_unit_test(asking_for_more_than_there_is_costs_what_there_is),
        cmocka_unit_test(a_pipe_is_fed_and_digested_but_not_sought),
        cmocka_unit_test(an_error_is_kept_until_the_next_shard),
        cmocka_unit_test(a_feed_with_nothing_open_is_empty),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
