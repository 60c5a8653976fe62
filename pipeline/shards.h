#ifndef SANDPIPER_PIPELINE_SHARDS_H
#define SANDPIPER_PIPELINE_SHARDS_H

#include "pipeline/fault.h"
#include "pipeline/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

/*
 * The list of shards, made from what the command line names, before anything
 * is read. An input is
 *
 *   FILE    a regular file, whatever its name; a symbolic link is resolved
 *   FOLDER  every file below it whose name ends in one of SHARD_SUFFIXES, in
 *           any case; hidden names, linked folders and files of other kinds
 *           are passed over and counted; skip_folders are not entered
 *   @LIST   a file of inputs (FILE, FOLDER or -), one a line, relative to
 *           the list's folder; empty lines and lines that start with # are
 *           passed over; @- is a list on standard input, relative to the
 *           current folder. A list does not name lists.
 *   -       standard input
 *
 * The list is sorted by the bytes of the names, so it does not depend on the
 * order of the command line nor of the folders. A file that comes twice (by
 * name, by hard or symbolic link, through a list) is a shard once, under the
 * first of its names; the others are kept as repeats, for the report.
 *
 * Failure is a fault: CODE_INPUT for what is missing, unreadable, of the
 * wrong kind or too much, CODE_USAGE for inputs that make no sense together,
 * CODE_MEMORY. Names come from outside: they are bytes without NUL, maybe
 * not UTF-8, maybe with control characters.
 */
#define SHARD_SUFFIXES                                                         \
    ".zst", ".zstd", ".json", ".jsonl", ".ndjson", ".txt", ".csv", ".gz",      \
        ".tgz", ".bz2", ".tbz2", ".tbz", ".tar", ".zip"
#define SHARDS_MAX ((size_t)4 << 20)
#define SHARDS_FOLDER_DEPTH_MAX 128u
#define SHARD_SIZE_UNKNOWN UINT64_MAX

struct shard {
    const char *name;    /* as given or found; "-" is standard input */
    bool is_stdin;
    uint64_t size;       /* SHARD_SIZE_UNKNOWN for a pipe */
    dev_t dev;
    ino_t ino;
    int64_t mtime_ns, ctime_ns;   /* since 1970 */
};

struct shard_repeat {
    const char *name;
    const char *first;   /* the name of the shard that it is */
};

/* What folders held and was not taken. */
struct shards_passed {
    uint64_t hidden;           /* files and folders */
    uint64_t other_suffix;     /* regular files */
    uint64_t linked_folders;
    uint64_t special;          /* FIFOs, devices, sockets */
    uint64_t skip_folders;
};

struct shards {
    struct memory *memory;
    struct shard *items;
    size_t count, capacity;
    struct shard_repeat *repeats;
    size_t repeat_count, repeat_capacity;
    struct shards_passed passed;
    struct arena names;        /* owns all names */
};

struct shards_request {
    const char *const *inputs;
    size_t input_count;
    /* The output and state folders; those that do not exist do not matter. */
    const char *const *skip_folders;
    size_t skip_folder_count;
};

/* An empty list. */
void shards_init(struct shards *shards, struct memory *memory);
/* Makes the list; CODE_DONE, or the fault's code. At least one shard.
 * shards_free in either case. */
enum exit_code shards_collect(struct shards *shards,
                              const struct shards_request *request,
                              struct memory *memory, struct fault *fault);
void shards_free(struct shards *shards);

/* Adds shards and repeats that a state knows besides (their names borrowed
 * until shards_free), and sorts again. A repeat whose name is there already is
 * passed over. 0 or -ENOMEM. */
int shards_adopt(struct shards *shards, const struct shard *items,
                 size_t count, const struct shard_repeat *repeats,
                 size_t repeat_count);

/* Sum of the sizes; SHARD_SIZE_UNKNOWN if one of them is. */
uint64_t shards_bytes(const struct shards *shards);

/* Whether a folder's entry of this name is taken. */
bool shard_has_suffix(const char *name);

/* What the file looks like now; name is borrowed by the shard. */
struct shard shard_identify(const char *name, const struct stat *status,
                            bool is_stdin);

/* Opens the shard for reading, gives *fd (the caller closes it; of standard
 * input it is a copy). Only the regular file that was listed: the same
 * inode, size and time of writing. */
enum exit_code shard_open(const struct shard *shard, int *fd,
                          struct fault *fault);

/* After reading: still the same size and time of writing, and the name still
 * leads to it. A pipe is always unchanged. */
enum exit_code shard_unchanged(const struct shard *shard, int fd,
                               struct fault *fault);

#endif
