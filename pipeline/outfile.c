#include "pipeline/outdir.h"
#include "pipeline/outdir_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_BYTES ((size_t)1 << 20)

struct outfile {
    struct outdir *outdir;
    int fd;
    bool failed;
    uint64_t bytes;          /* taken so far */
    size_t fill;
    char *buffer;
    char name[OUTDIR_NAME_MAX];
};

static bool file_fail(struct outfile *file, int error, const char *doing)
{
    file->failed = true;
    return outdir_fail(file->outdir, error, doing, file->name);
}

static struct outfile *create(struct outdir *outdir, const char *name,
                              bool later)
{
    struct outfile *file = calloc(1, sizeof *file);
    char *buffer = malloc(WRITE_BYTES);
    if (!file || !buffer) {
        outdir_fail(outdir, ENOMEM, "making", name);
        goto failed;
    }
    *file = (struct outfile){.outdir = outdir, .buffer = buffer};
    strncpy(file->name, name, sizeof file->name - 1);
    file->fd = outdir_create_file(outdir, name, later);
    if (file->fd >= 0)
        return file;
failed:
    free(file);
    free(buffer);
    return NULL;
}

struct outfile *outfile_create(struct outdir *outdir, const char *name)
{
    return create(outdir, name, false);
}

struct outfile *outfile_create_new(struct outdir *outdir, const char *name)
{
    return create(outdir, name, true);
}

static bool write_out(struct outfile *file, const char *bytes, size_t size)
{
    const struct outdir_system *system = outdir_calls(file->outdir);
    while (size > 0) {
        ssize_t wrote = system->write(file->fd, bytes, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return file_fail(file, wrote < 0 ? errno : EIO, "writing");
        bytes += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool flush(struct outfile *file)
{
    size_t size = file->fill;
    file->fill = 0;
    return write_out(file, file->buffer, size);
}

bool outfile_write(struct outfile *file, const void *bytes, size_t size)
{
    const char *from = bytes;
    if (file->failed)
        return false;
    file->bytes += size;
    while (size > 0) {
        size_t part = WRITE_BYTES - file->fill;
        part = part < size ? part : size;
        memcpy(file->buffer + file->fill, from, part);
        file->fill += part;
        from += part;
        size -= part;
        if (file->fill == WRITE_BYTES && !flush(file))
            return false;
    }
    return true;
}

void outfile_path(const struct outfile *file, char path[OUTFILE_PATH_MAX])
{
    snprintf(path, OUTFILE_PATH_MAX, "/proc/self/fd/%d/%s",
             outdir_staging(file->outdir), file->name);
}

uint64_t outfile_bytes(const struct outfile *file)
{
    return file->bytes;
}

bool outfile_end(struct outfile *file)
{
    bool done = !file->failed && flush(file);
    if (done && outdir_calls(file->outdir)->sync(file->fd) != 0)
        done = file_fail(file, errno, "syncing");
    /* After a sync, close has nothing left to tell (NFS tells it there). */
    if (close(file->fd) != 0 && done && errno != EINTR)
        done = file_fail(file, errno, "closing");
    outdir_file_ended(file->outdir, done);
    free(file->buffer);
    free(file);
    return done;
}
