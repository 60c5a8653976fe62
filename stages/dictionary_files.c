#include "stages/dictionary_files.h"

#include "stages/hash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

static bool refuse(const char *name, int error, const char *why,
                   struct fault *fault)
{
    fault_raise(fault, error == ENOMEM ? CODE_MEMORY : CODE_INPUT, name,
                UINT64_MAX, error, "%s", why);
    return false;
}

static bool read_file(FILE *file, struct dictionary_file *read,
                      struct fault *fault)
{
    struct stat status;
    if (fstat(fileno(file), &status) != 0)
        return refuse(read->name, errno, "cannot look at this dictionary",
                      fault);
    if (!S_ISREG(status.st_mode) || status.st_size <= 0 ||
        (uint64_t)status.st_size > DICTIONARY_BYTES_MAX)
        return refuse(read->name, 0, "a dictionary is a file of 1 byte to "
                                     "64 MiB", fault);
    read->size = (size_t)status.st_size;
    read->bytes = malloc(read->size);
    if (!read->bytes)
        return refuse(read->name, ENOMEM, "no room for this dictionary",
                      fault);
    if (fread(read->bytes, 1, read->size, file) != read->size)
        return refuse(read->name, ferror(file) ? errno : 0,
                      "cannot read this dictionary", fault);
    struct hash128 hash = hash_bytes128(read->bytes, read->size);
    read->digest[0] = hash.high;
    read->digest[1] = hash.low;
    return true;
}

/* A damaged dictionary is found out here, and not by every lane. */
static bool try_dictionary(const struct dictionary_file *file,
                           struct fault *fault)
{
    struct memory memory;
    struct decoder_options options = {0};
    memory_init(&memory, UINT64_MAX / 2, 0);
    struct decoder *decoder = decoder_create(&memory, &options);
    bool good = decoder &&
                decoder_dictionary(decoder, file->bytes, file->size) == 0;
    decoder_destroy(decoder);
    return good || refuse(file->name, 0, "this is no dictionary that zstd can "
                                         "read", fault);
}

bool dictionary_files_read(struct dictionary_files *files,
                       const char *const *names, size_t count,
                       struct fault *fault)
{
    *files = (struct dictionary_files){0};
    for (size_t i = 0; i < count; i++) {
        struct dictionary_file *item = &files->items[files->count++];
        item->name = names[i];
        FILE *file = fopen(names[i], "rbe");
        if (!file)
            return refuse(names[i], errno, "cannot open this dictionary",
                          fault);
        bool read = read_file(file, item, fault);
        fclose(file);
        if (!read || !try_dictionary(item, fault))
            return false;
    }
    return true;
}

void dictionary_files_free(struct dictionary_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->items[i].bytes);
    files->count = 0;
}

bool dictionary_files_give(const struct dictionary_files *files,
                       struct decoder *decoder)
{
    for (size_t i = 0; files && i < files->count; i++)
        if (decoder_dictionary(decoder, files->items[i].bytes,
                               files->items[i].size) != 0)
            return false;
    return true;
}
