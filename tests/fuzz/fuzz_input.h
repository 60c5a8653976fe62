#ifndef SANDPIPER_TESTS_FUZZ_INPUT_H
#define SANDPIPER_TESTS_FUZZ_INPUT_H

#include "pipeline/check.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * What the fuzz targets share. A target is one function over any bytes, and
 * its first comment states the property that it tries; a broken property is
 * a CHECK that fails, or a finding of a sanitizer. Built with libFuzzer it is
 * a fuzzer, built with replay.c it goes through files.
 *
 * Targets that need files have a folder, which is removed at the end; one
 * that crashes leaves it, so scripts/fuzz gives them a TMPDIR of its own.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy of exactly this size and padding, so that a sanitizer sees what is
 * read behind it. Free it. */
static inline uint8_t *fuzz_copy(const void *data, size_t size, size_t padding)
{
    uint8_t *copy = calloc(1, size + padding + (size + padding == 0));
    CHECK(copy);
    if (size)
        memcpy(copy, data, size);
    memset(copy + size, '"', padding);
    return copy;
}

/* ---- choices: bytes taken from the front; 0 where there are no more ------ */

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_input *input)
{
    if (!input->left)
        return 0;
    input->left--;
    return *input->at++;
}

static inline uint64_t fuzz_word(struct fuzz_input *input)
{
    uint64_t word = 0;
    for (int i = 0; i < 8; i++)
        word = word << 8 | fuzz_byte(input);
    return word;
}

/* As many bytes as there are, at most count. */
static inline struct fuzz_input fuzz_take(struct fuzz_input *input,
                                          size_t count)
{
    struct fuzz_input taken = {input->at,
                               count < input->left ? count : input->left};
    if (taken.left) {
        input->at += taken.left;
        input->left -= taken.left;
    }
    return taken;
}

/* ---- files ---------------------------------------------------------------- */

static char fuzz_folder_path[256];

static inline void fuzz_folder_remove(void)
{
    char command[320];
    snprintf(command, sizeof command, "rm -rf '%s'", fuzz_folder_path);
    if (system(command))
        fprintf(stderr, "cannot remove %s\n", fuzz_folder_path);
}

/* The path of a folder of this process; made at the first call. */
static inline const char *fuzz_folder(void)
{
    if (*fuzz_folder_path)
        return fuzz_folder_path;
    const char *parent = getenv("TMPDIR");
    int size = snprintf(fuzz_folder_path, sizeof fuzz_folder_path,
                        "%s/sandpiper-fuzz-XXXXXX", parent ? parent : "/tmp");
    CHECK(size > 0 && (size_t)size < sizeof fuzz_folder_path);
    CHECK(mkdtemp(fuzz_folder_path));
    CHECK(!strchr(fuzz_folder_path, '\''));
    CHECK(!atexit(fuzz_folder_remove));
    return fuzz_folder_path;
}

static inline int fuzz_folder_fd(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = open(fuzz_folder(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CHECK(fd >= 0);
    return fd;
}

/* Writes a file of the folder, in place of an older one. */
static inline void fuzz_file(const char *name, const void *bytes, size_t size)
{
    int fd = openat(fuzz_folder_fd(), name,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    CHECK(size == 0 || write(fd, bytes, size) == (ssize_t)size);
    CHECK(close(fd) == 0);
}

#endif
