#include "pipeline/source_backend.h"

#include "pipeline/check.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The face: chooses the backend once, and for each file the way it is read;
 * keeps the position, and makes the end and failures stay.
 */
struct source {
    struct source_options options;
    struct memory *memory;
    struct source_uring *uring;   /* NULL: pread only */
    bool registered;
    uint8_t *buffers;
    size_t buffers_bytes;
    const struct source_hook *hook;
    bool open;
    bool through_uring;           /* the file open now */
    struct source_pread reader;   /* the file open now, where not */
    uint64_t position;
    uint64_t end;                 /* nothing behind it is asked for */
    int result;                   /* as source_block's, of the last block */
    char reason[160];
};

static int pretended_refusal;

void source_pretend_refusal(int refusal)
{
    pretended_refusal = refusal;
}

void source_set_hook(struct source *source, const struct source_hook *hook)
{
    source->hook = hook;
}

static int choose_backend(struct source *source)
{
    const struct source_options *options = &source->options;
    snprintf(source->reason, sizeof source->reason, "asked for");
    if (options->backend == IO_PREAD)
        return 0;
    int refusal = pretended_refusal;
    if (!refusal)
        refusal = source_uring_create(&source->uring, options->depth,
                                      options->block_bytes);
    if (refusal && options->backend == IO_URING)
        return refusal;
    if (refusal)
        snprintf(source->reason, sizeof source->reason,
                 "the kernel refused io_uring: %s", strerror(-refusal));
    else if (options->backend == IO_AUTO)
        snprintf(source->reason, sizeof source->reason,
                 "the kernel offers io_uring");
    return 0;
}

static int make_buffers(struct source *source)
{
    size_t count = source->uring ? source->options.depth : 1;
    source->buffers_bytes = count * source->options.block_bytes;
    source->buffers = memory_map(source->memory, source->buffers_bytes);
    if (!source->buffers)
        return -ENOMEM;
    if (source->uring)
        source->registered =
            source_uring_use_buffers(source->uring, source->buffers);
    return 0;
}

static bool options_possible(const struct source_options *options)
{
    return options->depth >= SOURCE_DEPTH_MIN &&
           options->depth <= SOURCE_DEPTH_MAX &&
           options->block_bytes >= 4096 && options->block_bytes % 4096 == 0 &&
           options->block_bytes <= SOURCE_BLOCK_BYTES_MAX;
}

int source_create(struct source **out, const struct source_options *options,
                  struct memory *memory)
{
    *out = NULL;
    if (!options_possible(options))
        return -EINVAL;
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return -ENOMEM;
    source->options = *options;
    source->memory = memory;
    int error = choose_backend(source);
    if (!error)
        error = make_buffers(source);
    if (error) {
        source_destroy(source);
        return error;
    }
    *out = source;
    return 0;
}

void source_destroy(struct source *source)
{
    if (!source)
        return;
    source_close(source);
    /* The ring first: it lets go of the pages of the buffers. */
    source_uring_destroy(source->uring);
    memory_unmap(source->memory, source->buffers, source->buffers_bytes);
    free(source);
}

enum io_backend source_backend_named(const char *name)
{
    return strcmp(name, "uring") == 0   ? IO_URING
           : strcmp(name, "pread") == 0 ? IO_PREAD
                                        : IO_AUTO;
}

const char *source_backend(const struct source *source)
{
    if (!source->uring)
        return "pread";
    return source->registered ? "io_uring, registered buffers" : "io_uring";
}

const char *source_backend_reason(const struct source *source)
{
    return source->reason;
}

int source_open(struct source *source, int fd, uint64_t offset)
{
    return source_open_range(source, fd, offset, UINT64_MAX);
}

int source_open_range(struct source *source, int fd, uint64_t offset,
                      uint64_t end)
{
    source_close(source);
    struct stat status;
    if (fstat(fd, &status) != 0)
        return -errno;
    if (S_ISDIR(status.st_mode))
        return -EISDIR;
    if (offset > INT64_MAX - SOURCE_BLOCK_BYTES_MAX)
        return -EINVAL;
    bool seekable = lseek(fd, 0, SEEK_CUR) >= 0;
    if (!seekable && offset != 0)
        return -ESPIPE;
    if (seekable)
        /* Advice only: where it is refused, reading is slower at worst. */
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    source->open = true;
    source->position = offset;
    source->end = end;
    source->result = offset < end ? 0 : SOURCE_END;
    source->through_uring = seekable && source->uring;
    if (source->through_uring)
        source_uring_start(source->uring, fd, offset,
                           (uint64_t)status.st_size, end, source->hook);
    source->reader = (struct source_pread){
        .fd = fd,
        .seekable = seekable,
        .fault = source->options.fault,
        .hook = source->hook,
    };
    return 0;
}

ssize_t source_next(struct source *source, const uint8_t **data)
{
    CHECK(source->open);
    *data = source->buffers;
    if (source->result)
        return source->result == SOURCE_END ? 0 : source->result;
    uint64_t left = source->end - source->position;
    size_t size = source->options.block_bytes;
    struct source_block block =
        source->through_uring
            ? source_uring_next(source->uring)
            : source_pread_fill(&source->reader, source->buffers,
                                left < size ? (size_t)left : size,
                                source->position);
    CHECK(block.length <= source->options.block_bytes);
    CHECK(block.result || block.length > 0);
    source->result = block.result;
    source->position += block.length;
    if (source->position == source->end && !source->result)
        source->result = SOURCE_END;
    *data = block.bytes;
    if (block.length)
        return (ssize_t)block.length;
    return block.result == SOURCE_END ? 0 : block.result;
}

uint64_t source_position(const struct source *source)
{
    return source->position;
}

void source_close(struct source *source)
{
    if (source->open && source->through_uring)
        source_uring_stop(source->uring);
    source->open = false;
}
