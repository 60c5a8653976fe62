#ifndef SANDPIPER_STAGES_DICTIONARY_FILES_H
#define SANDPIPER_STAGES_DICTIONARY_FILES_H

#include "pipeline/fault.h"
#include "stages/decode/decode.h"

/*
 * The files of --dict: dictionaries for zstd frames, read whole before the
 * shards (at most DICTIONARY_BYTES_MAX each) and shared by all lanes.
 */
#define DICTIONARIES_MAX 64u
#define DICTIONARY_BYTES_MAX ((uint64_t)64 << 20)

struct dictionary_file {
    const char *name;        /* borrowed */
    uint8_t *bytes;
    size_t size;
    uint64_t digest[2];      /* XXH3-128, high and low half */
};
struct dictionary_files {
    size_t count;
    struct dictionary_file items[DICTIONARIES_MAX];
};

/* False: the fault is up. dictionary_files_free in either case. */
bool dictionary_files_read(struct dictionary_files *files,
                       const char *const *names, size_t count,
                       struct fault *fault);
void dictionary_files_free(struct dictionary_files *files);
/* Gives all to a decoder, in order; files may be NULL. False: out of memory,
 * or one is damaged. */
bool dictionary_files_give(const struct dictionary_files *files,
                       struct decoder *decoder);

#endif
