#ifndef SANDPIPER_TESTS_SOURCE_CASES_H
#define SANDPIPER_TESTS_SOURCE_CASES_H

#include "pipeline/source.h"
#include "pipeline/source_backend.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * What the tests of sources share: the table of configurations that every
 * case runs over, and files whose bytes are known by their offsets.
 */
#define BLOCK 4096u

static struct memory memory;
static char folder[] = "/tmp/test_source_XXXXXX";

/* Every case runs over this table; a backend that the machine refuses is
 * skipped by name. */
struct configuration {
    const char *name;
    enum io_backend backend;
    uint32_t depth, block_bytes;
};
static const struct configuration CONFIGURATIONS[] = {
    {"pread", IO_PREAD, 2, BLOCK},
    {"pread, large blocks", IO_PREAD, 4, 1u << 20},
    {"io_uring, least depth", IO_URING, 2, BLOCK},
    {"io_uring", IO_URING, 5, BLOCK},
    {"io_uring, greatest depth", IO_URING, 64, BLOCK},
    {"io_uring, large blocks", IO_URING, 4, 1u << 20},
};
#define CONFIGURATION_COUNT (sizeof CONFIGURATIONS / sizeof *CONFIGURATIONS)

static inline struct source *make_source(const struct configuration *configuration,
                                  const struct fault *fault)
{
    struct source_options options = {.backend = configuration->backend,
                                     .depth = configuration->depth,
                                     .block_bytes = configuration->block_bytes,
                                     .fault = fault};
    struct source *source;
    int error = source_create(&source, &options, &memory);
    if (error && configuration->backend == IO_URING) {
        print_message("skipped %s: the kernel refuses it: %s\n",
                      configuration->name, strerror(-error));
        return NULL;
    }
    assert_int_equal(error, 0);
    return source;
}

/* Runs a case over all configurations, and sees that memory is given back. */
static inline void each_configuration(void (*run)(struct source *source))
{
    memory_init(&memory, UINT64_C(1) << 30, 0);
    for (size_t i = 0; i < CONFIGURATION_COUNT; i++) {
        struct source *source = make_source(&CONFIGURATIONS[i], NULL);
        if (!source)
            continue;
        run(source);
        source_destroy(source);
        assert_int_equal(atomic_load(&memory.used), 0);
    }
}

/* ---- files ---- */

static inline uint8_t byte_at(uint64_t offset)
{
    uint64_t mixed = (offset + 1) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint8_t)(mixed >> 56);
}

/* A file of size bytes, each known by its offset; unlinked at once. */
static inline int make_file(size_t size)
{
    char path[128];
    snprintf(path, sizeof path, "%s/file_XXXXXX", folder);
    int fd = mkostemp(path, O_CLOEXEC);
    assert_true(fd >= 0);
    unlink(path);
    uint8_t *bytes = malloc(size + 1);
    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_at(i);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    free(bytes);
    return fd;
}

/* Reads on to the end; every byte must be the right one. Gives the last
 * result of source_next; *total counts the bytes. */
static inline ssize_t drain(struct source *source, uint64_t *total)
{
    const uint8_t *data;
    ssize_t size;
    *total = 0;
    while ((size = source_next(source, &data)) > 0) {
        uint64_t start = source_position(source) - (uint64_t)size;
        for (ssize_t i = 0; i < size; i++)
            if (data[i] != byte_at(start + (uint64_t)i))
                fail_msg("wrong byte at %llu",
                         (unsigned long long)(start + (uint64_t)i));
        *total += (uint64_t)size;
    }
    return size;
}

/* Around the borders of blocks. */
static const size_t SIZES[] = {0,         1,         BLOCK - 1,
                               BLOCK,     BLOCK + 1, 5 * BLOCK - 1,
                               5 * BLOCK, 5 * BLOCK + 1,
                               333 * BLOCK + 77};
#define SIZE_COUNT (sizeof SIZES / sizeof *SIZES)

static inline int set_up(void **state)
{
    (void)state;
    memory_init(&memory, UINT64_C(1) << 30, 0);
    return mkdtemp(folder) ? 0 : -1;
}

#endif
