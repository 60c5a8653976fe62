#include "tests/unit/source_cases.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void read_all_sizes(struct source *source)
{
    for (size_t i = 0; i < SIZE_COUNT; i++) {
        int fd = make_file(SIZES[i]);
        uint64_t total;
        assert_int_equal(source_open(source, fd, 0), 0);
        assert_int_equal(drain(source, &total), 0);
        assert_int_equal(total, SIZES[i]);
        assert_int_equal(source_position(source), SIZES[i]);
        const uint8_t *data;
        assert_int_equal(source_next(source, &data), 0);
        source_close(source);
        close(fd);
    }
}

static void a_file_of_any_size_comes_whole_and_in_order(void **state)
{
    (void)state;
    each_configuration(read_all_sizes);
}

static void read_from_offsets(struct source *source)
{
    static const size_t OFFSETS[] = {
        0, 1, 511, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 7, 20 * BLOCK,
        20 * BLOCK + 3, 20 * BLOCK + 4, 99 * BLOCK};
    size_t size = 20 * BLOCK + 3;
    int fd = make_file(size);
    for (size_t i = 0; i < sizeof OFFSETS / sizeof *OFFSETS; i++) {
        uint64_t total, offset = OFFSETS[i];
        assert_int_equal(source_open(source, fd, offset), 0);
        assert_int_equal(source_position(source), offset);
        assert_int_equal(drain(source, &total), 0);
        assert_int_equal(total, offset < size ? size - offset : 0);
    }
    close(fd);
}

static void a_file_is_read_from_any_offset(void **state)
{
    (void)state;
    each_configuration(read_from_offsets);
}

/* No read may pass the end of the part. */
static ssize_t stay_inside(void *context, uint64_t offset, size_t want)
{
    assert_true(offset + want <= *(uint64_t *)context);
    return (ssize_t)want;
}

static void read_parts(struct source *source)
{
    static const struct {
        uint64_t offset, end, bytes;
    } PARTS[] = {
        {0, 0, 0}, {0, 1, 1}, {1, BLOCK, BLOCK - 1}, {7, 7 + BLOCK, BLOCK},
        {BLOCK, 9 * BLOCK, 8 * BLOCK}, {3, 20 * BLOCK + 3, 20 * BLOCK},
        {5, 99 * BLOCK, 20 * BLOCK - 2}, {30 * BLOCK, 40 * BLOCK, 0},
        {50, 20, 0},
    };
    int fd = make_file(20 * BLOCK + 3);
    for (size_t i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
        uint64_t total, end = PARTS[i].end;
        struct source_hook hook = {stay_inside, &end, false};
        source_set_hook(source, &hook);
        assert_int_equal(source_open_range(source, fd, PARTS[i].offset, end),
                         0);
        assert_int_equal(drain(source, &total), 0);
        assert_int_equal(total, PARTS[i].bytes);
        source_close(source);
        source_set_hook(source, NULL);
    }
    close(fd);
}

static void of_a_part_nothing_behind_it_is_asked_for(void **state)
{
    (void)state;
    each_configuration(read_parts);
}

static void reopen_in_the_middle(struct source *source)
{
    int one = make_file(200 * BLOCK + 9), other = make_file(70 * BLOCK);
    const uint8_t *data;
    for (uint64_t i = 0; i < 40; i++) {
        assert_int_equal(source_open(source, i % 2 ? one : other, i * 999), 0);
        for (uint64_t k = 0; k < i % 4; k++)
            assert_true(source_next(source, &data) >= 0);
    }
    uint64_t total;
    assert_int_equal(source_open(source, one, 5), 0);
    assert_int_equal(drain(source, &total), 0);
    assert_int_equal(total, 200 * BLOCK + 4);
    close(one);
    close(other);
}

static void reopening_with_reads_in_flight_loses_and_mixes_nothing(void **state)
{
    (void)state;
    each_configuration(reopen_in_the_middle);
}

static void destroy_in_the_middle(struct source *source)
{
    int fd = make_file(200 * BLOCK);
    const uint8_t *data;
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_true(source_next(source, &data) > 0);
    /* Open and in flight: each_configuration destroys it like this. */
    close(fd);
}

static void a_source_may_be_destroyed_with_reads_in_flight(void **state)
{
    (void)state;
    each_configuration(destroy_in_the_middle);
}

static void keep_a_block(struct source *source)
{
    int fd = make_file(80 * BLOCK);
    const uint8_t *data;
    assert_int_equal(source_open(source, fd, 0), 0);
    ssize_t size;
    while ((size = source_next(source, &data)) > 0) {
        uint64_t start = source_position(source) - (uint64_t)size;
        usleep(100);
        assert_int_equal(data[0], byte_at(start));
        assert_int_equal(data[size - 1],
                         byte_at(start + (uint64_t)size - 1));
    }
    close(fd);
}

static void a_borrowed_block_is_not_written_until_the_next_call(void **state)
{
    (void)state;
    each_configuration(keep_a_block);
}

static void read_sparse(struct source *source)
{
    int fd = make_file(0);
    off_t size = 30 * BLOCK + 5;
    assert_int_equal(ftruncate(fd, size), 0);
    assert_int_equal(pwrite(fd, "x", 1, 17 * BLOCK), 1);
    assert_int_equal(source_open(source, fd, 0), 0);
    const uint8_t *data;
    ssize_t got;
    uint64_t at = 0;
    while ((got = source_next(source, &data)) > 0)
        for (ssize_t i = 0; i < got; i++, at++)
            assert_int_equal(data[i], at == 17 * BLOCK ? 'x' : 0);
    assert_int_equal(got, 0);
    assert_int_equal(at, size);
    close(fd);
}

static void holes_are_zeros(void **state)
{
    (void)state;
    each_configuration(read_sparse);
}

static void open_impossible(struct source *source)
{
    int fd = open(folder, O_RDONLY | O_CLOEXEC);
    assert_int_equal(source_open(source, fd, 0), -EISDIR);
    close(fd);
    assert_int_equal(source_open(source, fd, 0), -EBADF);
    fd = make_file(10);
    assert_int_equal(source_open(source, fd, UINT64_MAX), -EINVAL);
    close(fd);
    int ends[2];
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(source_open(source, ends[0], 1), -ESPIPE);
    close(ends[0]);
    close(ends[1]);
    /* And the source is as good as before. */
    read_all_sizes(source);
}

static void folders_bad_descriptors_and_offsets_are_refused(void **state)
{
    (void)state;
    each_configuration(open_impossible);
}

static void read_write_only(struct source *source)
{
    char path[128];
    snprintf(path, sizeof path, "%s/write_only", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(source_open(source, fd, 0), 0);
    const uint8_t *data;
    assert_int_equal(source_next(source, &data), -EBADF);
    assert_int_equal(source_next(source, &data), -EBADF);
    assert_int_equal(source_position(source), 0);
    close(fd);
}

static void a_kernels_refusal_to_read_is_given(void **state)
{
    (void)state;
    each_configuration(read_write_only);
}

static void truncate_meanwhile(struct source *source)
{
    int fd = make_file(200 * BLOCK);
    const uint8_t *data;
    assert_int_equal(source_open(source, fd, 0), 0);
    ssize_t first = source_next(source, &data);
    assert_true(first > 0);
    assert_int_equal(ftruncate(fd, BLOCK + 3), 0);
    uint64_t total;
    assert_int_equal(drain(source, &total), 0);
    assert_true((uint64_t)first + total <= 200 * BLOCK);
    assert_int_equal(source_position(source), (uint64_t)first + total);
    /* A second look finds exactly what is left. */
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_int_equal(drain(source, &total), 0);
    assert_int_equal(total, BLOCK + 3);
    close(fd);
}

static void a_file_that_shrinks_ends_early(void **state)
{
    (void)state;
    each_configuration(truncate_meanwhile);
}

static void grow_at_the_end(struct source *source)
{
    int fd = make_file(3 * BLOCK + 5);
    uint64_t total;
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_int_equal(drain(source, &total), 0);
    assert_int_equal(pwrite(fd, "more", 4, 3 * BLOCK + 5), 4);
    const uint8_t *data;
    assert_int_equal(source_next(source, &data), 0);
    assert_int_equal(source_position(source), 3 * BLOCK + 5);
    close(fd);
}

static void the_end_is_final(void **state)
{
    (void)state;
    each_configuration(grow_at_the_end);
}

static void read_of_unknown_size(struct source *source)
{
    /* Its size is 0, and it has content. */
    int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
    const uint8_t *data;
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_true(source_next(source, &data) > 0);
    assert_memory_equal(data, "Name:", 5);
    close(fd);
}

static void a_file_longer_than_its_size_says_is_read(void **state)
{
    (void)state;
    if (access("/proc/self/status", R_OK) != 0) {
        print_message("skipped: no /proc here\n");
        skip();
    }
    each_configuration(read_of_unknown_size);
}

/* ---- pipes ---- */

struct writer {
    int fd;
    size_t size;
};

static void *write_pipe(void *context)
{
    struct writer *writer = context;
    size_t at = 0;
    unsigned step = 1;
    while (at < writer->size) {
        uint8_t bytes[3000];
        size_t count = step++ * 37 % sizeof bytes + 1;
        if (count > writer->size - at)
            count = writer->size - at;
        for (size_t i = 0; i < count; i++)
            bytes[i] = byte_at(at + i);
        if (write(writer->fd, bytes, count) != (ssize_t)count)
            break;
        at += count;
    }
    close(writer->fd);
    return NULL;
}

static void read_pipes(struct source *source)
{
    for (size_t i = 0; i < 2 * SIZE_COUNT; i++) {
        int ends[2];
        int flags = i < SIZE_COUNT ? O_CLOEXEC : O_CLOEXEC | O_NONBLOCK;
        assert_int_equal(pipe2(ends, flags), 0);
        assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
        struct writer writer = {ends[1], SIZES[i % SIZE_COUNT]};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, write_pipe, &writer),
                         0);
        uint64_t total;
        assert_int_equal(source_open(source, ends[0], 0), 0);
        assert_int_equal(drain(source, &total), 0);
        assert_int_equal(total, writer.size);
        pthread_join(thread, NULL);
        source_close(source);
        close(ends[0]);
    }
}

static void a_pipe_comes_whole_blocking_or_not(void **state)
{
    (void)state;
    each_configuration(read_pipes);
}

static void a_fault_ends_the_wait_for_a_silent_pipe(void **state)
{
    (void)state;
    struct fault fault = {0};
    fault_raise(&fault, CODE_STOPPED, NULL, UINT64_MAX, 0, "stopped");
    for (size_t i = 0; i < CONFIGURATION_COUNT; i++) {
        struct source *source = make_source(&CONFIGURATIONS[i], &fault);
        if (!source)
            continue;
        int ends[2];
        const uint8_t *data;
        assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
        assert_int_equal(source_open(source, ends[0], 0), 0);
        assert_int_equal(source_next(source, &data), -ECANCELED);
        source_destroy(source);
        close(ends[0]);
        close(ends[1]);
    }
}

static void read_nonblocking(struct source *source)
{
    int fd = make_file(50 * BLOCK);
    assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    fdatasync(fd);
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    uint64_t total;
    assert_int_equal(source_open(source, fd, 0), 0);
    assert_int_equal(drain(source, &total), 0);
    assert_int_equal(total, 50 * BLOCK);
    close(fd);
}

static void a_file_opened_without_blocking_is_read_all_the_same(void **state)
{
    (void)state;
    each_configuration(read_nonblocking);
}

/* ---- choosing ---- */

static void a_refused_ring_falls_back_and_says_why(void **state)
{
    (void)state;
    struct source_options options = {IO_AUTO, 4, BLOCK, NULL};
    struct source *source;
    source_pretend_refusal(-EPERM);
    assert_int_equal(source_create(&source, &options, &memory), 0);
    assert_string_equal(source_backend(source), "pread");
    assert_string_equal(
        source_backend_reason(source),
        "the kernel refused io_uring: Operation not permitted");
    read_all_sizes(source);
    source_destroy(source);
    options.backend = IO_URING;
    assert_int_equal(source_create(&source, &options, &memory), -EPERM);
    assert_null(source);
    source_pretend_refusal(0);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static void what_was_asked_for_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < CONFIGURATION_COUNT; i++) {
        struct source *source = make_source(&CONFIGURATIONS[i], NULL);
        if (!source)
            continue;
        const char *name = CONFIGURATIONS[i].backend == IO_PREAD ? "pread"
                                                                 : "io_uring";
        assert_memory_equal(source_backend(source), name, strlen(name));
        assert_string_equal(source_backend_reason(source), "asked for");
        source_destroy(source);
    }
}

static void impossible_options_are_refused(void **state)
{
    (void)state;
    static const struct source_options IMPOSSIBLE[] = {
        {IO_AUTO, 1, BLOCK, NULL},     {IO_AUTO, 65, BLOCK, NULL},
        {IO_AUTO, 4, 0, NULL},         {IO_AUTO, 4, 4095, NULL},
        {IO_AUTO, 4, 4097, NULL},      {IO_AUTO, 4, 0xfffff000, NULL},
        {IO_AUTO, UINT32_MAX, 0, NULL}};
    for (size_t i = 0; i < sizeof IMPOSSIBLE / sizeof *IMPOSSIBLE; i++) {
        struct source *source;
        assert_int_equal(source_create(&source, &IMPOSSIBLE[i], &memory),
                         -EINVAL);
        assert_null(source);
    }
}

/* In a process of its own, as a user whom the limit binds. */
static int read_with_little_locked_memory(void)
{
    struct rlimit none = {0, 0};
    int fd = make_file(100 * BLOCK);
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
        (geteuid() == 0 && setuid(65534) != 0))
        return 2;
    struct source_options options = {IO_AUTO, 4, BLOCK, NULL};
    struct source *source;
    if (source_create(&source, &options, &memory) != 0)
        return 1;
    bool registered = strstr(source_backend(source), "registered");
    uint64_t total;
    bool read = source_open(source, fd, 0) == 0 &&
                drain(source, &total) == 0 && total == 100 * BLOCK;
    source_destroy(source);
    return !registered && read ? 0 : 1;
}

static void without_locked_memory_buffers_are_not_registered(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        _exit(read_with_little_locked_memory());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 2) {
        print_message("skipped: the limit cannot be set here\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void memory_is_charged_and_given_back(void **state)
{
    (void)state;
    struct source_options options = {IO_PREAD, 8, 1u << 20, NULL};
    struct source *source;
    assert_int_equal(source_create(&source, &options, &memory), 0);
    assert_int_equal(atomic_load(&memory.used), 1u << 20);
    source_destroy(source);
    options.backend = IO_AUTO;
    assert_int_equal(source_create(&source, &options, &memory), 0);
    if (strcmp(source_backend(source), "pread") != 0)
        assert_int_equal(atomic_load(&memory.used), 8u << 20);
    source_destroy(source);
    assert_int_equal(atomic_load(&memory.used), 0);
}

static int tear_down(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/write_only", folder);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_of_any_size_comes_whole_and_in_order),
        cmocka_unit_test(a_file_is_read_from_any_offset),
        cmocka_unit_test(of_a_part_nothing_behind_it_is_asked_for),
        cmocka_unit_test(
            reopening_with_reads_in_flight_loses_and_mixes_nothing),
        cmocka_unit_test(a_source_may_be_destroyed_with_reads_in_flight),
        cmocka_unit_test(a_borrowed_block_is_not_written_until_the_next_call),
        cmocka_unit_test(holes_are_zeros),
        cmocka_unit_test(folders_bad_descriptors_and_offsets_are_refused),
        cmocka_unit_test(a_kernels_refusal_to_read_is_given),
        cmocka_unit_test(a_file_that_shrinks_ends_early),
        cmocka_unit_test(the_end_is_final),
        cmocka_unit_test(a_file_longer_than_its_size_says_is_read),
        cmocka_unit_test(a_pipe_comes_whole_blocking_or_not),
        cmocka_unit_test(a_fault_ends_the_wait_for_a_silent_pipe),
        cmocka_unit_test(a_file_opened_without_blocking_is_read_all_the_same),
        cmocka_unit_test(a_refused_ring_falls_back_and_says_why),
        cmocka_unit_test(what_was_asked_for_is_named),
        cmocka_unit_test(impossible_options_are_refused),
        cmocka_unit_test(without_locked_memory_buffers_are_not_registered),
        cmocka_unit_test(memory_is_charged_and_given_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
