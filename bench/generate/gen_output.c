#include "gen_output.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES_MAX 4096

static int complain(const char *doing, const char *path, int exit_code)
{
    fprintf(stderr, "sandpiper-generate: %s %s: %s\n", doing, path, strerror(errno));
    return exit_code;
}

static bool is_empty(DIR *directory)
{
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            return false;
        }
    }
    return true;
}

int gen_output_open(struct gen_output *output, const struct gen_options *options)
{
    const char *path = options->directory;
    *output = (struct gen_output){.options = options, .file = -1};
    if (mkdir(path, 0777) != 0 && errno != EEXIST) {
        return complain("cannot make", path, GEN_EXIT_CANTCREAT);
    }
    DIR *directory = opendir(path);
    if (directory == NULL) {
        return complain("cannot open", path, GEN_EXIT_CANTCREAT);
    }
    bool empty = is_empty(directory);
    closedir(directory);
    if (!empty && !options->force) {
        errno = ENOTEMPTY;
        return complain("will not write into", path, GEN_EXIT_CANTCREAT);
    }
    if (options->layout == GEN_GIANT) {
        output->giant = gen_pack_open(options, options->threads);
        if (output->giant == NULL || gen_pack_begin(output->giant, GEN_PACK_SIZE_UNKNOWN) != 0) {
            errno = ENOMEM;
            return complain("cannot compress for", path, GEN_EXIT_IOERR);
        }
    }
    return 0;
}

static int open_file(struct gen_output *output)
{
    char path[PATH_BYTES_MAX];
    const char *end = output->options->layout == GEN_PLAIN ? "" : ".zst";
    const char *kind = output->options->dialect == GEN_IO ? "csv" : "jsonl";
    int length = snprintf(path, sizeof(path), "%s/posts-%05llu.%s%s",
                          output->options->directory,
                          (unsigned long long)output->files, kind, end);
    if (length < 0 || length >= (int)sizeof(path)) {
        errno = ENAMETOOLONG;
        return complain("cannot write", output->options->directory, GEN_EXIT_CANTCREAT);
    }
    output->file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (output->file < 0) {
        return complain("cannot write", path, GEN_EXIT_CANTCREAT);
    }
    output->files++;
    return 0;
}

static int close_file(struct gen_output *output)
{
    int failed = close(output->file);
    output->file = -1;
    if (failed != 0) {
        return complain("cannot write to", output->options->directory, GEN_EXIT_IOERR);
    }
    return 0;
}

static int write_bytes(struct gen_output *output, const struct gen_bytes *bytes)
{
    size_t at = 0;
    while (at < bytes->length) {
        ssize_t wrote = write(output->file, bytes->data + at, bytes->length - at);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return complain("cannot write to", output->options->directory, GEN_EXIT_IOERR);
        }
        at += (size_t)wrote;
    }
    output->written_bytes += bytes->length;
    return 0;
}

/* A piece of the one giant frame. */
static int write_giant(struct gen_output *output, const struct gen_bytes *text, bool end)
{
    output->packed.length = 0;
    int failed = gen_pack_feed(output->giant, text->data, text->length, end, &output->packed);
    if (failed != 0) {
        errno = -failed;
        return complain("cannot compress for", output->options->directory, GEN_EXIT_IOERR);
    }
    return write_bytes(output, &output->packed);
}

int gen_output_write(struct gen_output *output, const struct gen_job *job)
{
    int failed = 0;
    if (job->failed != 0) {
        errno = -job->failed;
        return complain("cannot compress for", output->options->directory, GEN_EXIT_IOERR);
    }
    if (output->file < 0) {
        failed = open_file(output);
    }
    if (failed == 0) {
        failed = output->giant != NULL ? write_giant(output, &job->out, false)
                                       : write_bytes(output, &job->out);
    }
    output->text_bytes += job->text_bytes;
    output->frames += output->options->layout != GEN_PLAIN && output->giant == NULL;
    if (failed == 0 && job->ends_file) {
        failed = close_file(output);
    }
    return failed;
}

int gen_output_end(struct gen_output *output)
{
    static const struct gen_bytes nothing;
    int failed = 0;
    if (output->giant != NULL) {
        failed = write_giant(output, &nothing, true);
        output->frames = 1;
    }
    if (failed == 0 && output->file >= 0) {
        failed = close_file(output);
    }
    return failed;
}

void gen_output_close(struct gen_output *output)
{
    if (output->file >= 0) {
        close(output->file);
    }
    gen_pack_close(output->giant);
    free(output->packed.data);
    *output = (struct gen_output){.file = -1};
}

FILE *gen_output_create(const struct gen_options *options, const char *name)
{
    char path[PATH_BYTES_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", options->directory, name);
    FILE *file = NULL;
    if (length > 0 && length < (int)sizeof(path)) {
        file = fopen(path, "we");
    }
    if (file == NULL) {
        complain("cannot write", name, GEN_EXIT_CANTCREAT);
    }
    return file;
}
