#include "pipeline/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Feeds over parts of files, and over what a function gives. */

#define BLOCK 4096u
#define BYTES_MAX 100000u

static struct memory memory;
static uint8_t plain[BYTES_MAX];

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return *seed >> 33;
}

static int make_file(size_t size)
{
    char path[] = "/tmp/test_feed_parts_XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(pwrite(fd, plain, size, 0), (ssize_t)size);
    return fd;
}

/* Runs a case over both backends with the smallest blocks. */
static void each_backend(void (*run)(struct source *source))
{
    static const enum io_backend BACKENDS[] = {IO_PREAD, IO_URING};
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

static void show_parts(struct source *source)
{
    static const struct { uint64_t offset, size; } PARTS[] = {
        {0, 0}, {0, 1}, {1, BLOCK}, {BLOCK - 1, 2}, {BLOCK, 3 * BLOCK},
        {5000, 60000}, {BYTES_MAX - 1, 1}, {BYTES_MAX, 0}, {7, BYTES_MAX},
    };
    int fd = make_file(BYTES_MAX);
    struct feed *feed = feed_create(&memory);
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        uint64_t offset = PARTS[i].offset, left = BYTES_MAX - offset;
        uint64_t size = PARTS[i].size < left ? PARTS[i].size : left;
        uint64_t digest[2], bytes, wanted[2], expected;
        assert_int_equal(feed_open_range(feed, source, fd, offset,
                                         PARTS[i].size), 0);
        size_t have;
        const uint8_t *shown = feed_peek(feed, 2 * BYTES_MAX, &have);
        assert_int_equal(have, size);
        assert_memory_equal(shown, plain + offset, size);
        assert_int_equal(feed_position(feed), 0);
        if (size > 2) {
            assert_int_equal(feed_skip_far(feed, size), size);
            assert_int_equal(feed_seek(feed, 1), 0);
            shown = feed_peek(feed, 1, &have);
            assert_int_equal(shown[0], plain[offset + 1]);
        }
        assert_int_equal(feed_finish(feed, digest, &bytes), 0);
        assert_int_equal(bytes, size);
        feed_open_bytes(feed, plain + offset, size, 0);
        assert_int_equal(feed_finish(feed, wanted, &expected), 0);
        assert_memory_equal(digest, wanted, sizeof digest);
    }
    feed_destroy(feed);
    close(fd);
}

static void a_part_of_a_file_is_a_feed_of_its_own(void **state)
{
    (void)state;
    each_backend(show_parts);
}

struct giver {
    uint64_t at, seed;
    size_t fails_at;
    uint8_t lent[700];         /* is overwritten at each call */
};

static ssize_t give(void *context, const uint8_t **bytes)
{
    struct giver *giver = context;
    memset(giver->lent, 0xee, sizeof giver->lent);
    if (giver->fails_at && giver->at >= giver->fails_at)
        return -EIO;
    size_t size = 1 + next_random(&giver->seed) % sizeof giver->lent;
    if (size > BYTES_MAX - giver->at)
        size = BYTES_MAX - giver->at;
    memcpy(giver->lent, plain + giver->at, size);
    giver->at += size;
    *bytes = giver->lent;
    return (ssize_t)size;
}

static void what_a_function_gives_is_shown_whole(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    struct giver giver = {.seed = 5};
    struct feed *feed = feed_create(&memory);
    feed_open_pull(feed, give, &giver);
    uint64_t at = 0, seed = 9, digest[2], wanted[2], bytes;
    for (size_t have = 1; have > 0;) {
        size_t want = 1 + next_random(&seed) % 3000;
        const uint8_t *shown = feed_peek(feed, want, &have);
        assert_true(have >= want || at + have == BYTES_MAX);
        assert_memory_equal(shown, plain + at, have);
        size_t skip = have < want ? have : want;
        feed_skip(feed, skip);
        at += skip;
    }
    assert_int_equal(at, BYTES_MAX);
    assert_int_equal(feed_seek(feed, 0), -ESPIPE);
    assert_int_equal(feed_finish(feed, digest, &bytes), 0);
    feed_open_bytes(feed, plain, BYTES_MAX, 0);
    assert_int_equal(feed_finish(feed, wanted, &bytes), 0);
    assert_memory_equal(digest, wanted, sizeof digest);
    feed_destroy(feed);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static void a_function_that_fails_ends_the_feed_with_its_error(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    struct giver giver = {.seed = 6, .fails_at = 5000};
    struct feed *feed = feed_create(&memory);
    feed_open_pull(feed, give, &giver);
    size_t have;
    (void)feed_peek(feed, 20000, &have);
    assert_true(have >= 5000 && have < 5700);
    assert_int_equal(feed_error(feed), -EIO);
    feed_destroy(feed);
}

int main(void)
{
    uint64_t seed = 1;
    for (size_t i = 0; i < BYTES_MAX; i++)
        plain[i] = (uint8_t)next_random(&seed);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_part_of_a_file_is_a_feed_of_its_own),
        cmocka_unit_test(what_a_function_gives_is_shown_whole),
        cmocka_unit_test(a_function_that_fails_ends_the_feed_with_its_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
