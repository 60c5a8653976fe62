#include "stages/aggregate/segment_format.h"
#include "tests/unit/segment_world.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct memory memory;
static char folder[] = "/tmp/test_segment_XXXXXX";
static int directory;

static const char *const CLIENTS[WORLD_CLIENTS] = {"Android", "Web", "a b",
                                                   "iPhone", "\xe4\xb8\xad"};
static const char *const LANGUAGES[WORLD_LANGUAGES] = {"en", "ja", "zh"};

/* ---- writing ----------------------------------------------------------- */

struct seal_task {
    struct segment_writer *writer;
    struct world *world;
    uint32_t lane, lanes;
};

static void *seal_some(void *argument)
{
    struct seal_task *task = argument;
    for (uint32_t p = task->lane; p < WORLD_PARTS; p += task->lanes)
        assert_int_equal(segment_seal(task->writer, task->lane, p,
                                      world_open(task->world, p, 0)),
                         0);
    return NULL;
}

static void write_segment(struct world *world, const char *name,
                          uint32_t lanes)
{
    struct segment_writer *writer;
    struct seal_task tasks[WORLD_PARTS];
    pthread_t threads[WORLD_PARTS];
    struct text clients[WORLD_CLIENTS], languages[WORLD_LANGUAGES];
    struct dictionaries names = {
        world_names(clients, CLIENTS, WORLD_CLIENTS),
        world_names(languages, LANGUAGES, WORLD_LANGUAGES)};
    unlinkat(directory, name, 0);
    assert_int_equal(segment_create(&writer, &memory, directory, name, lanes,
                                    WORLD_PARTS),
                     0);
    for (uint32_t i = 0; i < lanes; i++) {
        tasks[i] = (struct seal_task){writer, world, i, lanes};
        assert_int_equal(
            pthread_create(&threads[i], NULL, seal_some, &tasks[i]), 0);
    }
    for (uint32_t i = 0; i < lanes; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(segment_end(writer, &names, &(uint64_t){0}), 0);
    assert_int_equal(memory.used, 0);
}

/* ---- reading ----------------------------------------------------------- */

static void compare_views(const struct account_view *got,
                          const struct account_view *want)
{
    assert_int_equal(got->platform, want->platform);
    assert_true(id_equal(got->id, want->id));
    assert_true(same_profile(got->profile, want->profile));
    assert_int_equal(got->fact_count, want->fact_count);
    assert_int_equal(got->deletion_count, want->deletion_count);
    for (size_t i = 0; i < got->fact_count; i++) {
        assert_true(same_fact(&got->facts[i], &want->facts[i]));
        assert_int_equal(got->facts[i].client, want->facts[i].client);
        assert_int_equal(got->facts[i].language, want->facts[i].language);
    }
    for (size_t i = 0; i < got->deletion_count; i++)
        assert_true(same_deletion(&got->deletions[i], &want->deletions[i]));
}

static void compare_segment(struct world *world, const char *name)
{
    struct segment *segment;
    assert_int_equal(segment_open(&segment, &memory, directory, name), 0);
    assert_int_equal(segment_partitions(segment), WORLD_PARTS);
    const struct dictionaries *names = segment_dictionaries(segment);
    assert_int_equal(names->clients.count, WORLD_CLIENTS);
    assert_int_equal(names->languages.count, WORLD_LANGUAGES);
    for (uint32_t i = 0; i < WORLD_CLIENTS; i++)
        assert_memory_equal(names->clients.names[i].bytes, CLIENTS[i],
                            strlen(CLIENTS[i]));
    assert_int_equal(segment_counts(segment).accounts, world->count);
    for (uint32_t p = 0; p < WORLD_PARTS; p++) {
        struct part_cursor *got = segment_cursor(segment, p, NULL);
        struct part_cursor *want = world_open(world, p, 0);
        struct account_view a, b;
        int status;
        do {
            status = got->next(got, &a);
            assert_int_equal(status, want->next(want, &b));
            if (status > 0)
                compare_views(&a, &b);
        } while (status > 0);
        assert_int_equal(got->next(got, &a), 0);
        got->close(got);
        want->close(want);
    }
    segment_close(segment);
    assert_int_equal(memory.used, 0);
}

/* Reads everything; 0 when all of it was good. */
static int drain(const char *name)
{
    struct segment *segment;
    int status = segment_open(&segment, &memory, directory, name);
    if (status)
        return status;
    for (uint32_t p = 0; p < segment_partitions(segment) && !status; p++) {
        struct part_cursor *cursor = segment_cursor(segment, p, NULL);
        struct account_view view;
        while ((status = cursor->next(cursor, &view)) > 0)
            ;
        cursor->close(cursor);
    }
    segment_close(segment);
    assert_int_equal(memory.used, 0);
    return status;
}

static uint8_t *load(const char *name, size_t *size)
{
    struct stat status;
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC);
    assert_int_equal(fstat(fd, &status), 0);
    *size = (size_t)status.st_size;
    uint8_t *bytes = malloc(*size);
    assert_int_equal(read(fd, bytes, *size), (ssize_t)*size);
    close(fd);
    return bytes;
}

static void store(const char *name, const uint8_t *bytes, size_t size)
{
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                    0600);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

/* ---- cases ------------------------------------------------------------- */

static void what_is_sealed_is_read_back_by_any_number_of_lanes(void **state)
{
    (void)state;
    static const size_t COUNTS[] = {0, 1, 50, 3000};
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t lanes = 1; lanes <= WORLD_PARTS; lanes++) {
            struct world world;
            world_make(&world, COUNTS[i], 1, 7 + i);
            write_segment(&world, "whole", lanes);
            compare_segment(&world, "whole");
            world_free(&world);
        }
}

/* A cursor that gives one view. */
struct single_cursor {
    struct part_cursor face;
    struct account_view view;
    bool given;
};

static int single_next(struct part_cursor *face, struct account_view *view)
{
    struct single_cursor *cursor = (struct single_cursor *)face;
    bool first = !cursor->given;
    cursor->given = true;
    *view = cursor->view;
    return first;
}

static void single_close(struct part_cursor *face)
{
    (void)face;
}

static void an_account_may_be_larger_than_many_blocks(void **state)
{
    (void)state;
    enum { FACTS = 60000 };
    static struct fact facts[FACTS];
    struct world world = {.seed = 3};
    struct segment_writer *writer;
    struct segment *segment;
    struct account_view view;
    struct text clients[WORLD_CLIENTS], languages[WORLD_LANGUAGES];
    struct dictionaries names = {
        world_names(clients, CLIENTS, WORLD_CLIENTS),
        world_names(languages, LANGUAGES, WORLD_LANGUAGES)};
    for (size_t i = 0; i < FACTS; i++)
        facts[i] = world_fact(&world);
    struct single_cursor single = {
        .face = {single_next, single_close},
        .view = {.platform = PLATFORM_TWITTER, .id = {.number = 12},
                 .facts = facts, .fact_count = FACTS}};
    assert_int_equal(
        segment_create(&writer, &memory, directory, "large", 1, 1), 0);
    assert_int_equal(segment_seal(writer, 0, 0, &single.face), 0);
    assert_int_equal(segment_end(writer, &names, &(uint64_t){0}), 0);
    assert_int_equal(segment_open(&segment, &memory, directory, "large"), 0);
    assert_true(segment_counts(segment).bytes > 6 * SEGMENT_BLOCK_BYTES);
    struct part_cursor *cursor = segment_cursor(segment, 0, NULL);
    assert_int_equal(cursor->next(cursor, &view), 1);
    compare_views(&view, &single.view);
    assert_int_equal(cursor->next(cursor, &view), 0);
    cursor->close(cursor);
    segment_close(segment);
    assert_int_equal(memory.used, 0);
}

static void the_shortest_facts_come_back(void **state)
{
    (void)state;
    enum { FACTS = 100 };
    static struct fact facts[FACTS];
    static const struct { uint32_t size; char bytes[4]; } ID = {1, "a"};
    struct segment_writer *writer;
    const struct dictionaries names = {0};
    for (size_t i = 0; i < FACTS; i++)
        facts[i] = (struct fact){.post = (uint64_t)(uintptr_t)&ID,
                                 .flags = FACT_POST_BLOB,
                                 .original_time = TIME_NONE,
                                 .statuses = COUNT_NONE,
                                 .followers = COUNT_NONE};
    struct single_cursor single = {
        .face = {single_next, single_close},
        .view = {.platform = PLATFORM_TWITTER, .id = {.number = 12},
                 .facts = facts, .fact_count = FACTS}};
    assert_int_equal(
        segment_create(&writer, &memory, directory, "short", 1, 1), 0);
    assert_int_equal(segment_seal(writer, 0, 0, &single.face), 0);
    assert_int_equal(segment_end(writer, &names, &(uint64_t){0}), 0);
    assert_int_equal(drain("short"), 0);
}

static void every_truncation_is_detected(void **state)
{
    (void)state;
    struct world world;
    size_t size;
    world_make(&world, 6, 1, 21);
    write_segment(&world, "cut", 2);
    uint8_t *bytes = load("cut", &size);
    assert_int_equal(drain("cut"), 0);
    int fd = openat(directory, "cut", O_WRONLY | O_CLOEXEC);
    while (size-- > 0) {
        assert_int_equal(ftruncate(fd, (off_t)size), 0);
        assert_int_equal(drain("cut"), -EBADMSG);
    }
    close(fd);
    free(bytes);
    world_free(&world);
}

static void every_flipped_byte_is_detected(void **state)
{
    (void)state;
    struct world world;
    size_t size;
    world_make(&world, 5, 1, 22);
    write_segment(&world, "flip", 2);
    uint8_t *bytes = load("flip", &size);
    int fd = openat(directory, "flip", O_WRONLY | O_CLOEXEC);
    for (size_t at = 0; at < size; at++) {
        uint8_t flipped = bytes[at] ^ (uint8_t)(1u << at % 8);
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)at), 1);
        assert_int_equal(drain("flip"), -EBADMSG);
        assert_int_equal(pwrite(fd, &bytes[at], 1, (off_t)at), 1);
    }
    assert_int_equal(drain("flip"), 0);
    close(fd);
    free(bytes);
    world_free(&world);
}

/* As whoever forges a segment would: with checksums that are right. */
static void forge(uint8_t *bytes, size_t size)
{
    struct segment_header *header = (struct segment_header *)(void *)bytes;
    struct segment_footer footer;
    memcpy(&footer, bytes + size - sizeof footer, sizeof footer);
    uint8_t *index = bytes + footer.index_offset;
    size_t heads = (WORLD_PARTS + 1) * sizeof(struct segment_section);
    for (uint64_t i = 0; i < footer.blocks; i++) {
        struct segment_block block;
        memcpy(&block, index + heads + i * sizeof block, sizeof block);
        if (block.offset < size && block.bytes <= size - block.offset)
            block.checksum = segment_checksum(bytes + block.offset,
                                              block.bytes);
        memcpy(index + heads + i * sizeof block, &block, sizeof block);
    }
    footer.index_checksum =
        segment_checksum(index, size - sizeof footer - footer.index_offset);
    footer.checksum = segment_checksum(&footer, offsetof(struct segment_footer,
                                                         checksum));
    memcpy(bytes + size - sizeof footer, &footer, sizeof footer);
    header->checksum = segment_checksum(header, offsetof(struct segment_header,
                                                         checksum));
}

static void forged_segments_give_errors_and_no_more(void **state)
{
    (void)state;
    struct world world;
    size_t size;
    unsigned refused = 0;
    world_make(&world, 12, 1, 23);
    write_segment(&world, "forged", 1);
    uint8_t *bytes = load("forged", &size), *copy = malloc(size);
    size_t index_size = sizeof(struct segment_footer) +
                        (WORLD_PARTS + 1) * sizeof(struct segment_section) +
                        (WORLD_PARTS + 1) * sizeof(struct segment_block);
    for (int i = 0; i < 6000; i++) {
        memcpy(copy, bytes, size);
        /* Half of them in the index; the footer's own fields stay. */
        size_t range = i % 2 ? size - 64 : index_size - 64;
        size_t base = i % 2 ? 0 : size - index_size;
        for (uint64_t k = world_below(&world, 3) + 1; k > 0; k--)
            copy[base + world_below(&world, range)] =
                (uint8_t)(world_below(&world, 2) ? 255
                                                 : world_below(&world, 256));
        forge(copy, size);
        store("forged", copy, size);
        int status = drain("forged");
        assert_true(status == 0 || status == -EBADMSG || status == -ENOMEM);
        refused += status != 0;
    }
    assert_true(refused > 1500);
    free(bytes);
    free(copy);
    world_free(&world);
}

static void what_is_no_segment_is_refused(void **state)
{
    (void)state;
    static const uint8_t ZEROS[4096];
    assert_int_equal(drain("absent"), -ENOENT);
    store("zeros", ZEROS, 0);
    assert_int_equal(drain("zeros"), -EBADMSG);
    store("zeros", ZEROS, sizeof ZEROS);
    assert_int_equal(drain("zeros"), -EBADMSG);
    assert_int_equal(symlinkat("zeros", directory, "link"), 0);
    assert_int_equal(drain("link"), -ELOOP);
    assert_int_equal(mkfifoat(directory, "fifo", 0600), 0);
    assert_true(drain("fifo") < 0);
}

static void a_failed_seal_removes_its_file(void **state)
{
    (void)state;
    struct world world;
    struct segment_writer *writer;
    const struct dictionaries names = {0};
    world_make(&world, 9, 1, 5);
    assert_int_equal(segment_create(&writer, &memory, directory, "failed", 1,
                                    WORLD_PARTS),
                     0);
    assert_int_equal(segment_create(&(struct segment_writer *){0}, &memory,
                                    directory, "failed", 1, WORLD_PARTS),
                     -EEXIST);
    assert_int_equal(
        segment_seal(writer, 0, 1, world_open(&world, 1, -EIO)), -EIO);
    segment_abandon(writer);
    assert_int_equal(faccessat(directory, "failed", F_OK, 0), -1);
    assert_int_equal(segment_create(&writer, &memory, directory, "failed", 1,
                                    WORLD_PARTS),
                     0);
    assert_int_equal(segment_end(writer, &names, &(uint64_t){0}), 0);
    assert_int_equal(drain("failed"), 0);
    assert_int_equal(memory.used, 0);
    world_free(&world);
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
    char command[64];
    close(directory);
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sealed_is_read_back_by_any_number_of_lanes),
        cmocka_unit_test(an_account_may_be_larger_than_many_blocks),
        cmocka_unit_test(the_shortest_facts_come_back),
        cmocka_unit_test(every_truncation_is_detected),
        cmocka_unit_test(every_flipped_byte_is_detected),
        cmocka_unit_test(forged_segments_give_errors_and_no_more),
        cmocka_unit_test(what_is_no_segment_is_refused),
        cmocka_unit_test(a_failed_seal_removes_its_file),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
