#include "pipeline/outdir.h"

#include "pipeline/check.h"
#include "pipeline/outdir_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_NAME ".sandpiper-lock"
#define SET_PREFIX ".sandpiper-set-"
#define LINK_NAME ".sandpiper-link"      /* a symlink on its way to its name */
#define CURRENT "current"

struct outdir_name {
    char *name;                          /* owned */
    bool created;                        /* in the new set */
};

/* lock >= 0: we hold it. set_name: not empty once the new set was made. */
struct outdir {
    struct fault *fault;
    const struct outdir_system *system;
    const char *path;
    int fd, lock, set;
    char set_name[OUTDIR_NAME_MAX];
    char old_set[OUTDIR_NAME_MAX];       /* what current leads to; or empty */
    bool published;
    pthread_mutex_t mutex;               /* of what files of the set change: */
    struct outdir_name *names;
    size_t name_count, name_capacity;
    unsigned open_files;
    bool broken;                         /* a file did not end well */
};

/* ---- the system -------------------------------------------------------- */

static int system_create(int directory, const char *name)
{
    return openat(directory, name,
                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
}

static int system_make_directory(int directory, const char *name)
{
    return mkdirat(directory, name, 0777);
}

static int system_rename(int directory, const char *from, const char *to)
{
    return renameat(directory, from, directory, to);
}

const struct outdir_system OUTDIR_SYSTEM = {
    .create = system_create,
    .make_directory = system_make_directory,
    .write = write,
    .sync = fsync,
    .link = symlinkat,
    .rename = system_rename,
    .remove = unlinkat,
};

/* A parent that must not be read cannot be synced; then its own file system
 * has to keep the name. */
static int sync_parent(int directory, const struct outdir_system *system)
{
    int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0)
        return errno == EACCES ? 0 : errno;
    int error = system->sync(parent) != 0 ? errno : 0;
    close(parent);
    return error;
}

int outdir_settle(int directory, const struct outdir_system *system)
{
    int error = system->sync(directory) != 0 ? errno : 0;
    return error ? error : sync_parent(directory, system);
}

const struct outdir_system *outdir_calls(const struct outdir *outdir)
{
    return outdir->system;
}

bool outdir_fail(struct outdir *outdir, int error, const char *doing,
                 const char *name)
{
    fault_raise(outdir->fault, error == ENOMEM ? CODE_MEMORY : CODE_OUTPUT,
                NULL, UINT64_MAX, error, "%s%s %.64s in the output directory "
                "%.128s", outdir->published ? "the new set is in place; " : "",
                doing, name, outdir->path);
    return false;
}

/* A fault that is no errno: the sentence says all. */
static bool refuse(struct outdir *outdir, enum exit_code code,
                   const char *name, const char *sentence)
{
    fault_raise(outdir->fault, code, NULL, UINT64_MAX, 0, "%.128s%s%.64s: %s",
                outdir->path, *name ? "/" : "", name, sentence);
    return false;
}

/* ---- opening ----------------------------------------------------------- */

bool outdir_plain_path(const char *path, char out[PATH_MAX])
{
    size_t size = strlen(path);
    while (size > 1 && (path[size - 1] == '/' ||
                        (size > 2 && path[size - 1] == '.' &&
                         path[size - 2] == '/')))
        size--;
    if (size == 0 || size >= PATH_MAX)
        return false;
    memcpy(out, path, size);
    out[size] = '\0';
    return true;
}

static bool open_directory(struct outdir *outdir, const char *path)
{
    struct stat status;
    char plain[PATH_MAX];
    if (!outdir_plain_path(path, plain))
        return refuse(outdir, CODE_OUTPUT, "", "is no usable path");
    if (outdir->system->make_directory(AT_FDCWD, plain) != 0 &&
        errno != EEXIST)
        return outdir_fail(outdir, errno, "making the directory", "itself");
    outdir->fd = open(plain, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (outdir->fd >= 0)
        return true;
    int error = errno;
    if (lstat(plain, &status) == 0 && S_ISLNK(status.st_mode))
        return refuse(outdir, CODE_REFUSED, "",
                      "the output directory is a symbolic link; give the "
                      "directory that it leads to");
    return outdir_fail(outdir, error, "opening", ".");
}

static bool lock_directory(struct outdir *outdir)
{
    outdir->lock = openat(outdir->fd, LOCK_NAME,
                          O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (outdir->lock < 0)
        return outdir_fail(outdir, errno, "opening the lock", LOCK_NAME);
    if (flock(outdir->lock, LOCK_EX | LOCK_NB) == 0)
        return true;
    int error = errno;
    /* Not ours: outdir_close must tidy up nothing. */
    close(outdir->lock);
    outdir->lock = -1;
    if (error == EWOULDBLOCK)
        return refuse(outdir, CODE_OUTPUT, "",
                      "another run is writing to this directory; wait for it, "
                      "or give another --output");
    return outdir_fail(outdir, error, "locking", LOCK_NAME);
}

/* The number of a set's name; 0: it is none. */
static uint64_t set_number(const char *name)
{
    uint64_t number = 0;
    size_t prefix = strlen(SET_PREFIX);
    if (strncmp(name, SET_PREFIX, prefix) != 0 || name[prefix] == '0')
        return 0;
    for (const char *at = name + prefix; *at; at++) {
        if (*at < '0' || *at > '9' || number > UINT64_MAX / 100)
            return 0;
        number = number * 10 + (uint64_t)(*at - '0');
    }
    return number;
}

/* Where a symlink leads; false: name is none. */
static bool link_target(struct outdir *outdir, const char *name,
                        char *target, size_t size)
{
    ssize_t length = readlinkat(outdir->fd, name, target, size - 1);
    if (length < 0 || (size_t)length >= size - 1)
        return false;
    target[length] = '\0';
    return true;
}

static bool read_current(struct outdir *outdir)
{
    struct stat status;
    if (fstatat(outdir->fd, CURRENT, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ||
               outdir_fail(outdir, errno, "reading", CURRENT);
    if (link_target(outdir, CURRENT, outdir->old_set,
                    sizeof outdir->old_set) &&
        set_number(outdir->old_set))
        return true;
    return refuse(outdir, CODE_OUTPUT, CURRENT,
                  "is in the way and was not made by sandpiper; move it");
}

/* Whether OUT/name is ours: a link to current/name. */
static bool name_is_ours(struct outdir *outdir, const char *name)
{
    char target[2 * OUTDIR_NAME_MAX], ours[2 * OUTDIR_NAME_MAX];
    snprintf(ours, sizeof ours, CURRENT "/%s", name);
    return link_target(outdir, name, target, sizeof target) &&
           strcmp(target, ours) == 0;
}

/* Room for one more name. */
static bool grow_names(struct outdir *outdir)
{
    if (outdir->name_count < outdir->name_capacity)
        return true;
    size_t capacity = outdir->name_capacity ? 2 * outdir->name_capacity : 16;
    struct outdir_name *names =
        realloc(outdir->names, capacity * sizeof *names);
    if (!names)
        return false;
    outdir->names = names;
    outdir->name_capacity = capacity;
    return true;
}

static bool take_name(struct outdir *outdir, const char *name)
{
    struct stat status;
    CHECK(name[0] != '.' && !strchr(name, '/') && strcmp(name, CURRENT));
    CHECK(strlen(name) > 0 && strlen(name) < OUTDIR_NAME_MAX);
    char *copy = grow_names(outdir) ? strdup(name) : NULL;
    if (!copy)
        return outdir_fail(outdir, ENOMEM, "making", name);
    outdir->names[outdir->name_count++] = (struct outdir_name){.name = copy};
    if (fstatat(outdir->fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
        !name_is_ours(outdir, name))
        return refuse(outdir, CODE_OUTPUT, name,
                      "is in the way and was not made by sandpiper; move "
                      "it, or give another --output");
    return true;
}

static bool take_names(struct outdir *outdir, const char *const *names)
{
    while (*names)
        if (!take_name(outdir, *names++))
            return false;
    return true;
}

/* ---- removing ---------------------------------------------------------- */

/* Calls visit with every name; false when it did, or could not list. */
static bool each_name(struct outdir *outdir, int directory,
                      bool (*visit)(struct outdir *, int, const char *))
{
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again < 0 ? NULL : fdopendir(again);
    if (!list) {
        int error = errno;
        if (again >= 0)
            close(again);
        return outdir_fail(outdir, error, "listing", ".");
    }
    bool good = true;
    struct dirent *entry;
    while (good && (entry = readdir(list)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            good = visit(outdir, directory, entry->d_name);
    closedir(list);
    return good;
}

static bool remove_file(struct outdir *outdir, int directory,
                        const char *name)
{
    if (outdir->system->remove(directory, name, 0) == 0 || errno == ENOENT)
        return true;
    return outdir_fail(outdir, errno, "removing", name);
}

/* A set holds plain files only; whatever else stands there stops us. */
static bool remove_set(struct outdir *outdir, const char *name)
{
    int set = openat(outdir->fd, name,
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (set < 0)
        return outdir_fail(outdir, errno, "opening", name);
    bool removed = each_name(outdir, set, remove_file);
    close(set);
    if (!removed)
        return false;
    if (outdir->system->remove(outdir->fd, name, AT_REMOVEDIR) != 0)
        return outdir_fail(outdir, errno, "removing", name);
    return true;
}

/* Removes what is left of killed runs and of the set before the last. */
static bool remove_leftover(struct outdir *outdir, int directory,
                            const char *name)
{
    if (set_number(name) && strcmp(name, outdir->old_set) != 0)
        return remove_set(outdir, name);
    if (strcmp(name, LINK_NAME) == 0)
        return remove_file(outdir, directory, name);
    return true;
}

static bool in_directory(int directory, const char *name)
{
    struct stat status;
    return directory >= 0 &&
           fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Links of ours whose file is not in the present set lead nowhere. */
static bool remove_dangling(struct outdir *outdir, int directory,
                            const char *name)
{
    struct stat status;
    if (name[0] == '.' || !name_is_ours(outdir, name) ||
        fstatat(directory, name, &status, 0) == 0)
        return true;
    return remove_file(outdir, directory, name);
}

static bool settle(struct outdir *outdir)
{
    int error = outdir_settle(outdir->fd, outdir->system);
    return !error || outdir_fail(outdir, error, "syncing", ".");
}

/* ---- beginning a set --------------------------------------------------- */

/* Some file systems (vfat, some shares) have no symlinks: better to know now
 * than after the run. */
static bool try_link(struct outdir *outdir)
{
    if (outdir->system->link(CURRENT, outdir->fd, LINK_NAME) != 0)
        return outdir_fail(outdir, errno, "making a symbolic link", LINK_NAME);
    return remove_file(outdir, outdir->fd, LINK_NAME);
}

static bool begin_set(struct outdir *outdir)
{
    uint64_t number = set_number(outdir->old_set) + 1;
    snprintf(outdir->set_name, sizeof outdir->set_name, SET_PREFIX "%llu",
             (unsigned long long)number);
    if (outdir->system->make_directory(outdir->fd, outdir->set_name) != 0) {
        int error = errno;
        outdir_fail(outdir, error, "making", outdir->set_name);
        outdir->set_name[0] = '\0';
        return false;
    }
    outdir->set = openat(outdir->fd, outdir->set_name,
                         O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return outdir->set >= 0 ||
           outdir_fail(outdir, errno, "opening", outdir->set_name);
}

struct outdir *outdir_open(const char *path, const char *const *names,
                           struct fault *fault,
                           const struct outdir_system *system)
{
    struct outdir *outdir = calloc(1, sizeof *outdir);
    if (!outdir) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, ENOMEM,
                    "opening the output directory");
        return NULL;
    }
    *outdir = (struct outdir){.fault = fault, .path = path,
                              .system = system ? system : &OUTDIR_SYSTEM,
                              .fd = -1, .lock = -1, .set = -1};
    pthread_mutex_init(&outdir->mutex, NULL);
    if (open_directory(outdir, path) && lock_directory(outdir) &&
        read_current(outdir) && take_names(outdir, names) && settle(outdir) &&
        each_name(outdir, outdir->fd, remove_leftover) &&
        each_name(outdir, outdir->fd, remove_dangling) &&
        try_link(outdir) && begin_set(outdir))
        return outdir;
    outdir_close(outdir);
    return NULL;
}

int outdir_open_before(const struct outdir *outdir, const char *name)
{
    char path[2 * OUTDIR_NAME_MAX];
    if (!outdir->old_set[0])
        return -1;
    snprintf(path, sizeof path, "%s/%s", outdir->old_set, name);
    return openat(outdir->fd, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
}

int outdir_staging(const struct outdir *outdir)
{
    return outdir->set;
}

void outdir_staging_path(const struct outdir *outdir,
                         char path[OUTFILE_PATH_MAX])
{
    snprintf(path, OUTFILE_PATH_MAX, "/proc/self/fd/%d",
             outdir_staging(outdir));
}

/* ---- files ------------------------------------------------------------- */

/* The place of the name, which was not made yet; NULL: the fault is up. */
static struct outdir_name *name_to_make(struct outdir *outdir,
                                        const char *name, bool later)
{
    if (later)
        return take_name(outdir, name)
                   ? &outdir->names[outdir->name_count - 1]
                   : NULL;
    size_t i = 0;
    while (i < outdir->name_count && strcmp(outdir->names[i].name, name) != 0)
        i++;
    CHECK(i < outdir->name_count && !outdir->names[i].created);
    return &outdir->names[i];
}

int outdir_create_file(struct outdir *outdir, const char *name, bool later)
{
    int fd = -1;
    pthread_mutex_lock(&outdir->mutex);
    CHECK(!outdir->published);
    struct outdir_name *place = name_to_make(outdir, name, later);
    if (place) {
        fd = outdir->system->create(outdir->set, name);
        place->created = fd >= 0;
        outdir->open_files += fd >= 0;
        if (fd < 0)
            outdir_fail(outdir, errno, "making", name);
    }
    pthread_mutex_unlock(&outdir->mutex);
    return fd;
}

void outdir_file_ended(struct outdir *outdir, bool whole)
{
    pthread_mutex_lock(&outdir->mutex);
    CHECK(outdir->open_files > 0);
    outdir->open_files--;
    outdir->broken |= !whole;
    pthread_mutex_unlock(&outdir->mutex);
}

/* ---- publishing -------------------------------------------------------- */

static bool sync_directory(struct outdir *outdir, int directory,
                           const char *doing)
{
    return outdir->system->sync(directory) == 0 ||
           outdir_fail(outdir, errno, doing, ".");
}

/* Puts a symlink under its name at one instant. */
static bool put_link(struct outdir *outdir, const char *target,
                     const char *name)
{
    if (outdir->system->link(target, outdir->fd, LINK_NAME) != 0)
        return outdir_fail(outdir, errno, "making a symbolic link", name);
    if (outdir->system->rename(outdir->fd, LINK_NAME, name) == 0)
        return true;
    int error = errno;
    outdir->system->remove(outdir->fd, LINK_NAME, 0);
    return outdir_fail(outdir, error, "renaming", name);
}

static bool link_names(struct outdir *outdir)
{
    for (size_t i = 0; i < outdir->name_count; i++) {
        const char *name = outdir->names[i].name;
        char target[2 * OUTDIR_NAME_MAX];
        if (!outdir->names[i].created || name_is_ours(outdir, name))
            continue;
        /* It was looked for when the run began; hours have passed. */
        if (in_directory(outdir->fd, name))
            return refuse(outdir, CODE_OUTPUT, name,
                          "came in the way while the run went on");
        snprintf(target, sizeof target, CURRENT "/%s", name);
        if (!put_link(outdir, target, name))
            return false;
    }
    return true;
}

bool outdir_publish(struct outdir *outdir)
{
    CHECK(!outdir->published && outdir->open_files == 0);
    CHECK(!outdir->broken);
    if (!sync_directory(outdir, outdir->set, "syncing the new set") ||
        !link_names(outdir) ||
        !sync_directory(outdir, outdir->fd, "syncing") ||
        !put_link(outdir, outdir->set_name, CURRENT))
        return false;
    /* From here on readers see the new set. */
    outdir->published = true;
    return sync_directory(outdir, outdir->fd, "syncing") &&
           each_name(outdir, outdir->fd, remove_dangling);
}

void outdir_close(struct outdir *outdir)
{
    if (!outdir)
        return;
    CHECK(outdir->open_files == 0);
    if (!outdir->published && outdir->set_name[0])
        remove_set(outdir, outdir->set_name);
    if (!outdir->published && outdir->fd >= 0 && outdir->lock >= 0)
        each_name(outdir, outdir->fd, remove_dangling);
    if (outdir->set >= 0)
        close(outdir->set);
    if (outdir->lock >= 0)
        close(outdir->lock);
    if (outdir->fd >= 0)
        close(outdir->fd);
    for (size_t i = 0; i < outdir->name_count; i++)
        free(outdir->names[i].name);
    free(outdir->names);
    pthread_mutex_destroy(&outdir->mutex);
    free(outdir);
}
