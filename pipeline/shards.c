#include "pipeline/shards.h"

#include "pipeline/check.h"
#include "pipeline/near.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES_CHUNK_BYTES ((size_t)64 << 10)

/* A folder that is still to be listed. */
struct folder {
    const char *name;
    unsigned depth;
};

struct file_id {
    dev_t dev;
    ino_t ino;
};

/* What lives while the list is being made. */
struct collector {
    struct shards *shards;
    struct memory *memory;
    struct fault *fault;
    struct folder *folders;       /* a stack */
    size_t folder_count, folder_capacity;
    struct file_id *skips;
    size_t skip_count;
    const char *list;             /* the list being read, NULL: none */
    unsigned long line;
    bool stdin_is_list;
};

/* ---- small things ---- */

/* Raises; says which line of which list it was. */
__attribute__((format(printf, 5, 6))) static enum exit_code
refuse(struct collector *collector, enum exit_code code, const char *name,
       int error, const char *format, ...)
{
    char text[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!collector->list)
        return fault_raise(collector->fault, code, name, UINT64_MAX, error,
                           "%s", text);
    return fault_raise(collector->fault, code, name, UINT64_MAX, error,
                       "%s (line %lu of %.100s)", text, collector->line,
                       collector->list);
}

static enum exit_code refuse_memory(struct collector *collector)
{
    return refuse(collector, CODE_MEMORY, NULL, ENOMEM,
                  "there is no room for the list of shards");
}

/* Room for one item more in an array of mapped memory; NULL when none. */
static void *make_room(struct memory *memory, void *base, size_t *capacity,
                       size_t count, size_t item_bytes)
{
    if (count < *capacity)
        return base;
    size_t larger = *capacity ? *capacity * 2 : 64;
    void *grown = memory_map(memory, larger * item_bytes);
    if (!grown)
        return NULL;
    if (count)
        memcpy(grown, base, count * item_bytes);
    memory_unmap(memory, base, *capacity * item_bytes);
    *capacity = larger;
    return grown;
}

static const char *kind_of_file(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFIFO:
        return "a FIFO (a pipe is read as -)";
    case S_IFSOCK:
        return "a socket";
    case S_IFCHR:
    case S_IFBLK:
        return "a device";
    case S_IFDIR:
        return "a folder";
    default:
        return "no regular file";
    }
}

/* ---- a name that is missing ---- */

/* Looks beside the first part of the name that does not exist. */
static enum exit_code refuse_missing(struct collector *collector,
                                     const char *name)
{
    char folder[PATH_MAX], near[NAME_MAX + 1];
    snprintf(folder, sizeof folder, "%s", name);
    for (;;) {
        char *slash = strrchr(folder, '/');
        if (slash && slash[1] == 0 && slash != folder) {
            *slash = 0;
            continue;
        }
        const char *missing = slash ? slash + 1 : folder;
        char kept[NAME_MAX + 1];
        snprintf(kept, sizeof kept, "%.*s", NAME_MAX, missing);
        if (slash)
            slash[slash == folder] = 0;
        near_entry(slash ? folder : ".", kept, near);
        struct stat status;
        if (near[0])
            return refuse(collector, CODE_INPUT, name, 0,
                          "no such file or folder (did you mean %s%s%s?)",
                          slash ? folder : "",
                          slash && strcmp(folder, "/") != 0 ? "/" : "", near);
        if (!slash || slash == folder || stat(folder, &status) == 0)
            return refuse(collector, CODE_INPUT, name, 0,
                          "no such file or folder");
    }
}

/* ---- adding ---- */

/* Gives folder/name, or name alone where folder is NULL; NULL after a fault. */
static const char *keep_name(struct collector *collector, const char *folder,
                             size_t folder_length, const char *name)
{
    size_t length = strlen(name);
    bool slash = folder && folder_length && folder[folder_length - 1] != '/';
    size_t total = (folder ? folder_length : 0) + slash + length;
    if (total >= PATH_MAX) {
        refuse(collector, CODE_INPUT, name, ENAMETOOLONG,
               "the path of this name is too long");
        return NULL;
    }
    char *kept = arena_alloc(&collector->shards->names, total + 1, 1);
    if (!kept) {
        refuse_memory(collector);
        return NULL;
    }
    char *next = kept;
    if (folder)
        next = mempcpy(next, folder, folder_length);
    if (slash)
        *next++ = '/';
    memcpy(next, name, length + 1);
    return kept;
}

static enum exit_code add_shard(struct collector *collector, const char *name,
                                const struct stat *status, bool is_stdin)
{
    struct shards *shards = collector->shards;
    if (shards->count == SHARDS_MAX)
        return refuse(collector, CODE_INPUT, name, 0,
                      "more than %zu shards", SHARDS_MAX);
    struct shard *items =
        make_room(collector->memory, shards->items, &shards->capacity,
                  shards->count, sizeof *items);
    if (!items)
        return refuse_memory(collector);
    shards->items = items;
    items[shards->count++] = shard_identify(name, status, is_stdin);
    return CODE_DONE;
}

static enum exit_code add_file(struct collector *collector, const char *name,
                               const struct stat *status)
{
    /* Better now than after hours. */
    if (faccessat(AT_FDCWD, name, R_OK, AT_EACCESS) != 0)
        return refuse(collector, CODE_INPUT, name, errno,
                      "this file cannot be read");
    return add_shard(collector, name, status, false);
}

static enum exit_code add_stdin(struct collector *collector)
{
    struct stat status;
    if (collector->stdin_is_list)
        return refuse(collector, CODE_USAGE, NULL, 0,
                      "standard input cannot be a list and a shard");
    if (fstat(STDIN_FILENO, &status) != 0)
        return refuse(collector, CODE_INPUT, "-", errno,
                      "standard input cannot be read");
    if (isatty(STDIN_FILENO))
        return refuse(collector, CODE_USAGE, "-", 0,
                      "standard input is a terminal");
    if (S_ISDIR(status.st_mode))
        return refuse(collector, CODE_INPUT, "-", EISDIR,
                      "standard input cannot be read");
    /* Offsets in the ledger count from the first byte. */
    if (S_ISREG(status.st_mode) && lseek(STDIN_FILENO, 0, SEEK_CUR) != 0)
        return refuse(collector, CODE_INPUT, "-", 0,
                      "standard input is a file that was read in part "
                      "already; give it through a pipe (cat)");
    return add_shard(collector, "-", &status, true);
}

/* ---- folders ---- */

static bool is_skipped(const struct collector *collector,
                       const struct stat *status)
{
    for (size_t i = 0; i < collector->skip_count; i++)
        if (collector->skips[i].dev == status->st_dev &&
            collector->skips[i].ino == status->st_ino)
            return true;
    return false;
}

static enum exit_code push_folder(struct collector *collector,
                                  const char *name, unsigned depth)
{
    if (depth > SHARDS_FOLDER_DEPTH_MAX)
        return refuse(collector, CODE_INPUT, name, 0,
                      "folders deeper than %u; is it a loop?",
                      SHARDS_FOLDER_DEPTH_MAX);
    struct folder *folders =
        make_room(collector->memory, collector->folders,
                  &collector->folder_capacity, collector->folder_count,
                  sizeof *folders);
    if (!folders)
        return refuse_memory(collector);
    collector->folders = folders;
    folders[collector->folder_count++] =
        (struct folder){.name = name, .depth = depth};
    return CODE_DONE;
}

/* What a folder holds by the name entry, which is no hidden one. */
static enum exit_code add_entry(struct collector *collector, int folder_fd,
                                const struct folder *folder, const char *entry)
{
    struct shards_passed *passed = &collector->shards->passed;
    struct stat status;
    int error = 0;
    bool linked = false;
    if (fstatat(folder_fd, entry, &status, AT_SYMLINK_NOFOLLOW) != 0)
        error = errno;
    else if (S_ISLNK(status.st_mode)) {
        linked = true;
        error = fstatat(folder_fd, entry, &status, 0) == 0 ? 0 : errno;
    }
    bool is_folder = !error && S_ISDIR(status.st_mode);
    if (!is_folder && !shard_has_suffix(entry))
        return passed->other_suffix++, CODE_DONE;
    if (is_folder && linked)
        return passed->linked_folders++, CODE_DONE;
    if (is_folder && is_skipped(collector, &status))
        return passed->skip_folders++, CODE_DONE;
    if (!error && !is_folder && !S_ISREG(status.st_mode))
        return passed->special++, CODE_DONE;
    const char *name =
        keep_name(collector, folder->name, strlen(folder->name), entry);
    if (!name)
        return collector->fault->code;
    if (error)
        return refuse(collector, CODE_INPUT, name, error,
                      linked ? "this link leads nowhere"
                             : "this file cannot be looked at");
    return is_folder ? push_folder(collector, name, folder->depth + 1)
                     : add_file(collector, name, &status);
}

static enum exit_code list_folder(struct collector *collector,
                                  const struct folder *folder)
{
    DIR *listing = opendir(folder->name);
    if (!listing)
        return refuse(collector, CODE_INPUT, folder->name, errno,
                      "this folder cannot be listed");
    enum exit_code code = CODE_DONE;
    struct dirent *entry;
    while (code == CODE_DONE && (errno = 0, entry = readdir(listing))) {
        const char *name = entry->d_name;
        if (name[0] != '.')
            code = add_entry(collector, dirfd(listing), folder, name);
        else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
            collector->shards->passed.hidden++;
    }
    if (code == CODE_DONE && errno)
        code = refuse(collector, CODE_IO, folder->name, errno,
                      "this folder cannot be listed");
    closedir(listing);
    return code;
}

static enum exit_code add_folder(struct collector *collector, const char *name)
{
    enum exit_code code = push_folder(collector, name, 0);
    while (code == CODE_DONE && collector->folder_count) {
        struct folder folder = collector->folders[--collector->folder_count];
        code = list_folder(collector, &folder);
    }
    return code;
}

/* ---- inputs ---- */

/* name is kept by the list. */
static enum exit_code add_path(struct collector *collector, const char *name)
{
    struct stat status;
    if (stat(name, &status) != 0) {
        if (errno == ENOENT || errno == ENOTDIR)
            return refuse_missing(collector, name);
        return refuse(collector, CODE_INPUT, name, errno,
                      "this input cannot be looked at");
    }
    if (S_ISREG(status.st_mode))
        return add_file(collector, name, &status);
    if (!S_ISDIR(status.st_mode))
        return refuse(collector, CODE_INPUT, name, 0,
                      "this input is %s", kind_of_file(status.st_mode));
    if (is_skipped(collector, &status))
        return refuse(collector, CODE_USAGE, name, 0,
                      "this input is the output or state folder");
    return add_folder(collector, name);
}

/* Without slashes at the end, so that names are joined one way. */
static const char *keep_input(struct collector *collector, const char *folder,
                              size_t folder_length, const char *input)
{
    size_t length = strlen(input);
    if (length >= PATH_MAX)
        return keep_name(collector, folder, folder_length, input);
    while (length > 1 && input[length - 1] == '/')
        length--;
    char cut[PATH_MAX];
    memcpy(cut, input, length);
    cut[length] = 0;
    return keep_name(collector, folder, folder_length, cut);
}

/* Reads a line without its end. 1, 0 at the end of the list, or -errno:
 * -ENAMETOOLONG, -EINVAL for a NUL. */
static int read_line(FILE *list, char line[PATH_MAX])
{
    size_t length = 0;
    int next;
    while ((next = getc(list)) != EOF && next != '\n') {
        if (next == 0)
            return -EINVAL;
        if (length == PATH_MAX - 1)
            return -ENAMETOOLONG;
        line[length++] = (char)next;
    }
    if (ferror(list))
        return errno ? -errno : -EIO;
    if (length && line[length - 1] == '\r')
        length--;
    line[length] = 0;
    return length || next != EOF;
}

static enum exit_code add_line(struct collector *collector, const char *line)
{
    if (line[0] == 0 || line[0] == '#')
        return CODE_DONE;
    if (strcmp(line, "-") == 0)
        return add_stdin(collector);
    if (line[0] == '@')
        return refuse(collector, CODE_INPUT, line, 0,
                      "a list does not name lists (a file of that name is "
                      "./@...)");
    const char *slash = strrchr(collector->list, '/');
    bool joined = slash && line[0] != '/';
    const char *name = keep_input(
        collector, joined ? collector->list : NULL,
        joined ? (size_t)(slash - collector->list) + 1 : 0, line);
    return name ? add_path(collector, name) : collector->fault->code;
}

static enum exit_code add_lines(struct collector *collector, FILE *list)
{
    char line[PATH_MAX];
    enum exit_code code = CODE_DONE;
    int status = 0;
    errno = 0;
    while (code == CODE_DONE && (status = read_line(list, line)) > 0) {
        collector->line++;
        code = add_line(collector, line);
        errno = 0;
    }
    if (code != CODE_DONE || status == 0)
        return code;
    collector->line++;
    return refuse(collector, CODE_INPUT, NULL, -status,
                  "the list cannot be read");
}

static enum exit_code add_list(struct collector *collector, const char *name)
{
    bool from_stdin = strcmp(name, "-") == 0;
    if (from_stdin) {
        for (size_t i = 0; i < collector->shards->count; i++)
            if (collector->shards->items[i].is_stdin)
                collector->stdin_is_list = true;
        if (collector->stdin_is_list)
            return refuse(collector, CODE_USAGE, NULL, 0,
                          "standard input can be read only once");
        collector->stdin_is_list = true;
    }
    int fd = from_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                        : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        return refuse_missing(collector, name);
    FILE *list = fd < 0 ? NULL : fdopen(fd, "r");
    if (!list) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        return refuse(collector, CODE_INPUT, name, error,
                      "this list cannot be opened");
    }
    collector->list = from_stdin ? "standard input" : name;
    collector->line = 0;
    enum exit_code code = add_lines(collector, list);
    collector->list = NULL;
    fclose(list);
    return code;
}

static enum exit_code add_input(struct collector *collector, const char *input)
{
    if (input[0] == 0)
        return refuse(collector, CODE_USAGE, NULL, 0, "an input has no name");
    if (strcmp(input, "-") == 0)
        return add_stdin(collector);
    if (input[0] == '@')
        return add_list(collector, input + 1);
    const char *name = keep_input(collector, NULL, 0, input);
    return name ? add_path(collector, name) : collector->fault->code;
}

/* ---- the list ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct shard *)a)->name,
                  ((const struct shard *)b)->name);
}

/* By file, and by name where that is the same: indexes into sorted items. */
static int by_file(const void *a, const void *b, void *context)
{
    const struct shard *items = context;
    uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    if (items[i].dev != items[k].dev)
        return items[i].dev < items[k].dev ? -1 : 1;
    if (items[i].ino != items[k].ino)
        return items[i].ino < items[k].ino ? -1 : 1;
    return (i > k) - (i < k);
}

static bool same_file(const struct shard *a, const struct shard *b)
{
    return a->dev == b->dev && a->ino == b->ino;
}

/* first[i] becomes the index of the first name of the file of item i. */
static void find_firsts(struct shards *shards, uint32_t *order,
                        uint32_t *first)
{
    struct shard *items = shards->items;
    for (uint32_t i = 0; i < shards->count; i++)
        order[i] = i;
    qsort_r(order, shards->count, sizeof *order, by_file, items);
    for (size_t i = 0; i < shards->count; i++) {
        uint32_t here = order[i];
        first[here] = here;
        if (i > 0 && same_file(&items[order[i - 1]], &items[here])) {
            first[here] = first[order[i - 1]];
            shards->repeat_count++;
        }
    }
}

static bool part_repeats(struct shards *shards, const uint32_t *first)
{
    struct shard *items = shards->items;
    if (!shards->repeat_count)
        return true;
    shards->repeats = memory_map(
        shards->memory, shards->repeat_count * sizeof *shards->repeats);
    if (!shards->repeats)
        return false;
    shards->repeat_capacity = shards->repeat_count;
    size_t repeats = 0, kept = 0;
    for (size_t i = 0; i < shards->count; i++)
        if (first[i] != i)
            shards->repeats[repeats++] = (struct shard_repeat){
                .name = items[i].name, .first = items[first[i]].name};
    for (size_t i = 0; i < shards->count; i++)
        if (first[i] == i)
            items[kept++] = items[i];
    CHECK(kept + repeats == shards->count && repeats == shards->repeat_count);
    shards->count = kept;
    return true;
}

static enum exit_code settle(struct collector *collector)
{
    struct shards *shards = collector->shards;
    if (!shards->count)
        return refuse(collector, CODE_INPUT, NULL, 0,
                      "there is nothing to read: no input names a shard");
    qsort(shards->items, shards->count, sizeof *shards->items, by_name);
    size_t bytes = 2 * shards->count * sizeof(uint32_t);
    uint32_t *order = memory_map(collector->memory, bytes);
    if (!order)
        return refuse_memory(collector);
    uint32_t *first = order + shards->count;
    find_firsts(shards, order, first);
    bool parted = part_repeats(shards, first);
    memory_unmap(collector->memory, order, bytes);
    return parted ? CODE_DONE : refuse_memory(collector);
}

static enum exit_code note_skip_folders(struct collector *collector,
                                        const struct shards_request *request)
{
    if (!request->skip_folder_count)
        return CODE_DONE;
    collector->skips =
        calloc(request->skip_folder_count, sizeof *collector->skips);
    if (!collector->skips)
        return refuse_memory(collector);
    for (size_t i = 0; i < request->skip_folder_count; i++) {
        struct stat status;
        if (stat(request->skip_folders[i], &status) == 0)
            collector->skips[collector->skip_count++] = (struct file_id){
                .dev = status.st_dev, .ino = status.st_ino};
    }
    return CODE_DONE;
}

void shards_init(struct shards *shards, struct memory *memory)
{
    *shards = (struct shards){.memory = memory};
    arena_init(&shards->names, memory, NAMES_CHUNK_BYTES);
}

enum exit_code shards_collect(struct shards *shards,
                              const struct shards_request *request,
                              struct memory *memory, struct fault *fault)
{
    shards_init(shards, memory);
    struct collector collector = {
        .shards = shards, .memory = memory, .fault = fault};
    enum exit_code code = note_skip_folders(&collector, request);
    for (size_t i = 0; code == CODE_DONE && i < request->input_count; i++)
        code = add_input(&collector, request->inputs[i]);
    if (code == CODE_DONE)
        code = settle(&collector);
    memory_unmap(memory, collector.folders,
                 collector.folder_capacity * sizeof *collector.folders);
    free(collector.skips);
    return code;
}

void shards_free(struct shards *shards)
{
    if (!shards->memory)
        return;
    memory_unmap(shards->memory, shards->items,
                 shards->capacity * sizeof *shards->items);
    memory_unmap(shards->memory, shards->repeats,
                 shards->repeat_capacity * sizeof *shards->repeats);
    arena_reset(&shards->names);
    *shards = (struct shards){0};
}

uint64_t shards_bytes(const struct shards *shards)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < shards->count; i++) {
        uint64_t size = shards->items[i].size;
        if (size == SHARD_SIZE_UNKNOWN || size > INT64_MAX - sum)
            return SHARD_SIZE_UNKNOWN;
        sum += size;
    }
    return sum;
}
