#include "pipeline/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHECKPOINT_NAME "checkpoint"
#define CHECKPOINT_NEW "checkpoint.new"
#define SEGMENT_PREFIX "segment-"
#define SEGMENT_DIGITS 6u              /* at least */
#define LOCK_NAME ".sandpiper-lock"
/* A checkpoint of the greatest number of shards; more is damage. */
#define CHECKPOINT_BYTES_MAX ((uint64_t)64 << 30)

struct statedir {
    struct fault *fault;
    const struct outdir_system *system;
    const char *path;
    char plain[PATH_MAX];
    int fd, lock;
};

static bool fail(struct statedir *state, int error, const char *doing,
                 const char *name)
{
    fault_raise(state->fault, error == ENOMEM ? CODE_MEMORY : CODE_OUTPUT,
                NULL, UINT64_MAX, error, "%s %.64s in the state directory "
                "%.128s", doing, name, state->path);
    return false;
}

static bool open_directory(struct statedir *state, enum statedir_use use)
{
    struct stat status;
    if (!outdir_plain_path(state->path, state->plain))
        return fail(state, ENAMETOOLONG, "opening", ".");
    if (use == STATEDIR_WRITE &&
        state->system->make_directory(AT_FDCWD, state->plain) != 0 &&
        errno != EEXIST)
        return fail(state, errno, "making the directory", "itself");
    state->fd = open(state->plain,
                     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (state->fd >= 0)
        return true;
    int error = errno;
    if (lstat(state->plain, &status) == 0 && S_ISLNK(status.st_mode)) {
        fault_raise(state->fault, CODE_REFUSED, NULL, UINT64_MAX, 0,
                    "%.128s: the state directory is a symbolic link; give "
                    "the directory that it leads to", state->path);
        return false;
    }
    if (use == STATEDIR_READ && error == ENOENT) {
        fault_raise(state->fault, CODE_INPUT, NULL, UINT64_MAX, 0,
                    "%.128s: there is no such state directory", state->path);
        return false;
    }
    return fail(state, error, "opening", ".");
}

/* Whoever discards a state removes the file that others wait for. */
static bool lock_is_gone(const struct statedir *state)
{
    struct stat status;
    return fstat(state->lock, &status) != 0 || status.st_nlink == 0;
}

/* Readers lock the same file, if it is there: a writer made it. */
static bool lock_directory(struct statedir *state, enum statedir_use use)
{
    bool write = use == STATEDIR_WRITE;
    state->lock = openat(state->fd, LOCK_NAME,
                         (write ? O_RDWR | O_CREAT : O_RDONLY) | O_NOFOLLOW |
                             O_CLOEXEC,
                         0666);
    if (state->lock < 0)
        return (!write && errno == ENOENT) ||
               fail(state, errno, "opening the lock", LOCK_NAME);
    bool locked =
        flock(state->lock, (write ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0;
    if (locked && !lock_is_gone(state))
        return true;
    if (!locked && errno != EWOULDBLOCK)
        return fail(state, errno, "locking", LOCK_NAME);
    fault_raise(state->fault, CODE_OUTPUT, NULL, UINT64_MAX, 0,
                "%.128s: another run has this state directory; wait for it, "
                "or give another --state", state->path);
    return false;
}

static bool settle(struct statedir *state, enum statedir_use use)
{
    int error = use == STATEDIR_WRITE
                    ? outdir_settle(state->fd, state->system)
                    : 0;
    return !error || fail(state, error, "syncing", ".");
}

struct statedir *statedir_open(const char *path, enum statedir_use use,
                               struct fault *fault,
                               const struct outdir_system *system)
{
    struct statedir *state = calloc(1, sizeof *state);
    if (!state) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, ENOMEM,
                    "opening the state directory");
        return NULL;
    }
    *state = (struct statedir){.fault = fault, .path = path,
                               .system = system ? system : &OUTDIR_SYSTEM,
                               .fd = -1, .lock = -1};
    if (open_directory(state, use) && lock_directory(state, use) &&
        settle(state, use))
        return state;
    statedir_close(state);
    return NULL;
}

void statedir_close(struct statedir *state)
{
    if (!state)
        return;
    if (state->lock >= 0)
        close(state->lock);
    if (state->fd >= 0)
        close(state->fd);
    free(state);
}

int statedir_fd(const struct statedir *state)
{
    return state->fd;
}

const char *statedir_path(const struct statedir *state)
{
    return state->path;
}

/* ---- the checkpoint ---------------------------------------------------- */

static bool cannot_read(struct statedir *state, int error)
{
    fault_raise(state->fault, error == ENOMEM ? CODE_MEMORY : CODE_IO, NULL,
                UINT64_MAX, error, "reading %.160s/" CHECKPOINT_NAME,
                state->path);
    return false;
}

static int read_all(int fd, uint8_t *bytes, size_t size)
{
    for (size_t at = 0; at < size;) {
        ssize_t got = read(fd, bytes + at, size - at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO;
        at += (size_t)got;
    }
    return 0;
}

bool statedir_load(struct statedir *state, uint8_t **bytes, size_t *size)
{
    struct stat status;
    *bytes = NULL;
    *size = 0;
    int fd = openat(state->fd, CHECKPOINT_NAME,
                    O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || cannot_read(state, errno);
    int error = fstat(fd, &status) != 0 ? errno : 0;
    if (!error && (!S_ISREG(status.st_mode) ||
                   (uint64_t)status.st_size > CHECKPOINT_BYTES_MAX))
        error = EINVAL;
    /* An empty file is a checkpoint too: a damaged one. */
    if (!error && !(*bytes = malloc((size_t)status.st_size + 1)))
        error = ENOMEM;
    if (!error) {
        *size = (size_t)status.st_size;
        error = read_all(fd, *bytes, *size);
    }
    close(fd);
    if (!error)
        return true;
    free(*bytes);
    *bytes = NULL;
    return cannot_read(state, error);
}

static int write_all(struct statedir *state, int fd, const char *bytes,
                     size_t size)
{
    while (size > 0) {
        ssize_t wrote = state->system->write(fd, bytes, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? errno : ENOSPC;
        bytes += wrote;
        size -= (size_t)wrote;
    }
    return state->system->sync(fd) != 0 ? errno : 0;
}

static bool remove_name(struct statedir *state, const char *name)
{
    return state->system->remove(state->fd, name, 0) == 0 ||
           errno == ENOENT || fail(state, errno, "removing", name);
}

static bool sync_directory(struct statedir *state)
{
    return state->system->sync(state->fd) == 0 ||
           fail(state, errno, "syncing", ".");
}

bool statedir_store(struct statedir *state, const void *bytes, size_t size)
{
    if (!remove_name(state, CHECKPOINT_NEW))
        return false;
    int fd = state->system->create(state->fd, CHECKPOINT_NEW);
    if (fd < 0)
        return fail(state, errno, "making", CHECKPOINT_NEW);
    int error = write_all(state, fd, bytes, size);
    close(fd);
    if (error) {
        state->system->remove(state->fd, CHECKPOINT_NEW, 0);
        return fail(state, error, "writing", CHECKPOINT_NEW);
    }
    if (state->system->rename(state->fd, CHECKPOINT_NEW, CHECKPOINT_NAME) != 0)
        return fail(state, errno, "renaming", CHECKPOINT_NEW);
    return sync_directory(state);
}

/* ---- removing ---------------------------------------------------------- */

/* A foreign segment-notes.txt is none of ours. */
static bool made_here(const char *name)
{
    size_t prefix = strlen(SEGMENT_PREFIX);
    if (strcmp(name, CHECKPOINT_NEW) == 0)
        return true;
    return strncmp(name, SEGMENT_PREFIX, prefix) == 0 &&
           strlen(name) >= prefix + SEGMENT_DIGITS &&
           strspn(name + prefix, "0123456789") == strlen(name + prefix);
}

bool statedir_sweep(struct statedir *state,
                    bool (*keep)(void *context, const char *name),
                    void *context)
{
    int again = openat(state->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again < 0 ? NULL : fdopendir(again);
    if (!list) {
        int error = errno;
        if (again >= 0)
            close(again);
        return fail(state, error, "listing", ".");
    }
    bool good = true;
    struct dirent *entry;
    while (good && (entry = readdir(list)))
        if (made_here(entry->d_name) && !keep(context, entry->d_name))
            good = remove_name(state, entry->d_name);
    closedir(list);
    return good;
}

static bool keep_none(void *context, const char *name)
{
    (void)context;
    (void)name;
    return false;
}

bool statedir_clear(struct statedir *state)
{
    /* First the checkpoint: it must name nothing that is gone. */
    return remove_name(state, CHECKPOINT_NAME) && sync_directory(state) &&
           statedir_sweep(state, keep_none, NULL);
}

void statedir_discard(struct statedir *state)
{
    if (statedir_clear(state) && remove_name(state, LOCK_NAME))
        (void)state->system->remove(AT_FDCWD, state->plain, AT_REMOVEDIR);
    statedir_close(state);
}
