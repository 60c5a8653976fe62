/*
 * Any bytes as a segment file (segment_file.h): opening and reading it give
 * an error or all of it, and give all memory back.
 *
 * What was read without an error is written again; the copy reads the same,
 * and a copy of the copy has the same bytes. Joined with itself it has the
 * same accounts, each once.
 */
#include "stages/aggregate/segment.h"
#include "tests/fuzz/segment_file.h"

#include <errno.h>
#include <sys/stat.h>

static struct memory memory;

static void check_error(int error)
{
    CHECK(error == 0 || error == -EBADMSG || error == -ENOMEM);
}

struct sums {
    uint64_t accounts, facts, deletions, ids;
};

static int drain(struct part_cursor *cursor, struct sums *sums)
{
    struct account_view view;
    int status;
    CHECK(cursor);
    while ((status = cursor->next(cursor, &view)) == 1) {
        sums->accounts++;
        sums->facts += view.fact_count;
        sums->deletions += view.deletion_count;
        sums->ids = sums->ids * 31 + id_hash(view.platform, view.id);
        for (size_t i = 0; i < view.fact_count; i++)
            CHECK(view.facts[i].kind < POST_KINDS);
    }
    cursor->close(cursor);
    check_error(status);
    return status;
}

static int drain_all(struct segment *segment, struct sums *sums)
{
    int status = 0;
    for (uint32_t p = 0; p < segment_partitions(segment) && !status; p++)
        status = drain(segment_cursor(segment, p, NULL), sums);
    return status;
}

static void join_with_itself(struct segment *segment, const struct sums *sums)
{
    struct sums joined = {0};
    for (uint32_t p = 0; p < segment_partitions(segment); p++) {
        struct part_cursor *cursors[2] = {segment_cursor(segment, p, NULL),
                                          segment_cursor(segment, p, NULL)};
        CHECK(cursors[0] && cursors[1]);
        CHECK(drain(join_cursors(cursors, 2, &memory), &joined) == 0);
    }
    CHECK(joined.accounts == sums->accounts && joined.ids == sums->ids);
    CHECK(joined.facts == 2 * sums->facts);
    CHECK(joined.deletions == 2 * sums->deletions);
}

static void write_again(struct segment *segment, const char *name)
{
    struct segment_writer *writer;
    uint32_t partitions = segment_partitions(segment);
    unlinkat(fuzz_folder_fd(), name, 0);
    CHECK(segment_create(&writer, &memory, fuzz_folder_fd(), name, 1,
                         partitions) == 0);
    for (uint32_t p = 0; p < partitions; p++) {
        struct part_cursor *cursor = segment_cursor(segment, p, NULL);
        CHECK(cursor && segment_seal(writer, 0, p, cursor) == 0);
    }
    CHECK(segment_end(writer, segment_dictionaries(segment),
                      &(uint64_t){0}) == 0);
}

static uint8_t *load(const char *name, size_t *size)
{
    struct stat status;
    int fd = openat(fuzz_folder_fd(), name, O_RDONLY | O_CLOEXEC);
    CHECK(fd >= 0 && fstat(fd, &status) == 0);
    *size = (size_t)status.st_size;
    uint8_t *bytes = malloc(*size + 1);
    CHECK(bytes && read(fd, bytes, *size) == (ssize_t)*size);
    close(fd);
    return bytes;
}

static void compare_files(const char *a, const char *b)
{
    size_t a_size, b_size;
    uint8_t *a_bytes = load(a, &a_size), *b_bytes = load(b, &b_size);
    CHECK(a_size == b_size && memcmp(a_bytes, b_bytes, a_size) == 0);
    free(a_bytes);
    free(b_bytes);
}

static void copy_twice(struct segment *segment, const struct sums *sums)
{
    struct sums again = {0};
    struct segment *copy;
    write_again(segment, "copy");
    CHECK(segment_open(&copy, &memory, fuzz_folder_fd(), "copy") == 0);
    CHECK(drain_all(copy, &again) == 0);
    CHECK(memcmp(&again, sums, sizeof again) == 0);
    write_again(copy, "second");
    segment_close(copy);
    compare_files("copy", "second");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t file_size;
    struct sums sums = {0};
    struct segment *segment;
    uint8_t *file = segment_of_input((struct fuzz_input){data, size},
                                     &file_size);
    memory_init(&memory, (uint64_t)256 << 20, 0);
    fuzz_file("segment", file, file_size);
    free(file);
    int status = segment_open(&segment, &memory, fuzz_folder_fd(), "segment");
    check_error(status);
    if (!status && segment_partitions(segment) <= 64) {
        if (drain_all(segment, &sums) == 0) {
            join_with_itself(segment, &sums);
            copy_twice(segment, &sums);
        }
    }
    if (!status)
        segment_close(segment);
    CHECK(memory.used == 0);
    return 0;
}
