/* A feed that goes on where another one was left (feed_save, feed_open_at). */
#include "pipeline/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define BLOCK 4096u
#define BYTES 30001u

static struct memory memory;
static uint8_t plain[BYTES];
static const enum io_backend BACKENDS[] = {IO_PREAD, IO_URING};

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *seed >> 33;
}

static int make_file(size_t size)
{
    int fd = memfd_create("feed", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, plain, size, 0), (ssize_t)size);
    return fd;
}

static void each_backend(void (*run)(struct source *source))
{
    uint64_t seed = 1;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    for (size_t i = 0; i < BYTES; i++)
        plain[i] = (uint8_t)next_random(&seed);
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

static void digest_of(size_t size, uint64_t digest[2])
{
    uint64_t bytes;
    struct feed *feed = feed_create(&memory);
    assert_non_null(feed);
    feed_open_bytes(feed, plain, size, 0);
    assert_int_equal(feed_finish(feed, digest, &bytes), 0);
    feed_destroy(feed);
}

/* Reads to the offset `to`, and compares. */
static void read_to(struct feed *feed, size_t to, size_t step)
{
    while (feed_position(feed) < to) {
        size_t at = (size_t)feed_position(feed), have;
        const uint8_t *bytes = feed_peek(feed, step, &have);
        size_t take = have < to - at ? have : to - at;
        assert_true(take > 0);
        assert_memory_equal(bytes, plain + at, take);
        feed_skip(feed, take);
    }
}

static void finish(struct feed *feed, size_t size)
{
    uint64_t digest[2], wanted[2], bytes;
    digest_of(size, wanted);
    assert_int_equal(feed_finish(feed, digest, &bytes), 0);
    assert_int_equal(bytes, size);
    assert_int_equal(digest[0], wanted[0]);
    assert_int_equal(digest[1], wanted[1]);
}

/* Read to `read`, saved at `position`, gone on with by another feed. */
static void go_on(struct source *source, int fd, size_t size, size_t position,
                  size_t read, bool to_end)
{
    struct feed_mark mark;
    struct feed *feed = feed_create(&memory);
    assert_non_null(feed);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    read_to(feed, read, 1);
    feed_save(feed, position, &mark);
    feed_destroy(feed);
    feed = feed_create(&memory);
    assert_non_null(feed);
    assert_int_equal(feed_open_at(feed, source, fd, &mark), 0);
    assert_int_equal(feed_position(feed), position);
    if (to_end)
        read_to(feed, size, 777);
    finish(feed, size);
    feed_destroy(feed);
}

static void check_sizes(struct source *source)
{
    static const size_t SIZES[] = {0, 1, 63, 64, 65, 240, 241, 255, 256, 257,
                                   511, 1024, 1025, 4095, 4096, 4097};
    for (size_t i = 0; i < sizeof SIZES / sizeof *SIZES; i++) {
        int fd = make_file(SIZES[i]);
        size_t step = SIZES[i] > 300 ? 61 : 1;
        for (size_t at = 0; at <= SIZES[i]; at += step)
            go_on(source, fd, SIZES[i], at, at, at % 2);
        close(fd);
    }
}

static void a_small_file_goes_on_at_every_offset(void **state)
{
    (void)state;
    each_backend(check_sizes);
}

static void check_anywhere(struct source *source)
{
    uint64_t seed = 7;
    int fd = make_file(BYTES);
    for (int i = 0; i < 300; i++) {
        size_t read = next_random(&seed) % (BYTES + 1);
        size_t position = i % 3 ? next_random(&seed) % (read + 1) : read;
        go_on(source, fd, BYTES, position, read, i % 2);
    }
    for (size_t at = BLOCK - 2; at <= BLOCK + 2; at++)
        for (size_t back = 0; back < 3; back++)
            go_on(source, fd, BYTES, at - back, at, true);
    close(fd);
}

static void a_file_goes_on_anywhere_behind_what_was_read(void **state)
{
    (void)state;
    each_backend(check_anywhere);
}

/* A mark of a mark, until the end. */
static void check_chain(struct source *source)
{
    struct feed_mark mark;
    struct feed *feed = feed_create(&memory);
    int fd = make_file(BYTES);
    assert_non_null(feed);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    for (size_t at = 0; at < BYTES; at += 501) {
        read_to(feed, at, 300);
        feed_save(feed, at - at % 64, &mark);
        assert_int_equal(feed_open_at(feed, source, fd, &mark), 0);
        assert_int_equal(feed_seek(feed, at / 2), 0);
        read_to(feed, at, 100);
    }
    finish(feed, BYTES);
    feed_destroy(feed);
    close(fd);
}

static void marks_of_marks_give_the_same_digest(void **state)
{
    (void)state;
    each_backend(check_chain);
}

static void try_mark(struct source *source, int fd,
                     const struct feed_mark *mark, int wanted)
{
    uint64_t digest[2], bytes;
    struct feed *feed = feed_create(&memory);
    assert_non_null(feed);
    int error = feed_open_at(feed, source, fd, mark);
    if (wanted)
        assert_int_equal(error, wanted);
    if (!error)
        (void)feed_finish(feed, digest, &bytes);
    feed_destroy(feed);
}

static void check_hostile(struct source *source)
{
    uint64_t seed = 3;
    int fd = make_file(BYTES);
    struct feed_mark mark, bad;
    struct feed *feed = feed_create(&memory);
    assert_non_null(feed);
    assert_int_equal(feed_open(feed, source, fd, true), 0);
    read_to(feed, 9000, 100);
    feed_save(feed, 9000, &mark);
    feed_destroy(feed);
    bad = mark;
    bad.position = mark.hashed + 1;
    try_mark(source, fd, &bad, -EINVAL);
    bad = mark;
    bad.hashed++;
    try_mark(source, fd, &bad, -EINVAL);
    bad = mark;
    bad.hash[64] = 1, bad.hash[65] = 1;            /* buffered: 257 */
    try_mark(source, fd, &bad, -EINVAL);
    bad = mark;
    memset(bad.hash + 72, 0xff, 8);                /* stripes */
    try_mark(source, fd, &bad, -EINVAL);
    for (int i = 0; i < 2000; i++) {
        bad = mark;
        bad.hash[next_random(&seed) % FEED_HASH_BYTES] =
            (uint8_t)next_random(&seed);
        if (i % 2) {
            bad.position = next_random(&seed) % 20000;
            bad.hashed = next_random(&seed) % 20000;
            memcpy(bad.hash + 80, &bad.hashed, 8);
        }
        try_mark(source, fd, &bad, 0);
    }
    memset(&bad, 0xff, sizeof bad);
    try_mark(source, fd, &bad, 0);
    close(fd);
}

static void hostile_marks_are_refused_or_give_another_digest(void **state)
{
    (void)state;
    each_backend(check_hostile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_small_file_goes_on_at_every_offset),
        cmocka_unit_test(a_file_goes_on_anywhere_behind_what_was_read),
        cmocka_unit_test(marks_of_marks_give_the_same_digest),
        cmocka_unit_test(hostile_marks_are_refused_or_give_another_digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
