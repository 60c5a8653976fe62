#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Writes down what a program does to one file system, call by call, for
 * tests/crash/disk.py. To be preloaded:
 *
 *     SANDPIPER_RECORD_LOG    the file that records are added to
 *     SANDPIPER_RECORD_ROOT   a directory; what is on another device is not
 *                             recorded
 *     SANDPIPER_RECORD_KILL   behind so many records SIGKILL ends the process
 *
 * A file is its inode number, a name its directory's number and a text. The
 * calls that are recorded are made one at a time, so that the order of records
 * is that of the calls; a record is written as soon as its call was made. Only
 * calls that went well are recorded. Files without a name (O_TMPFILE) are
 * recorded when they are written, and known by nobody.
 *
 * What goes by without a call of these (io_uring, mapped files, the C
 * library's streams) is not seen; disk.py compares what it made of the records
 * with what is there at the end.
 */

struct record {
    uint32_t operation;          /* a letter, see below */
    uint32_t name_bytes, other_bytes;
    uint32_t data_bytes;
    uint64_t file, directory, offset;
};

enum {
    RECORD_CREATE = 'c', RECORD_WRITE = 'w', RECORD_RESIZE = 't',
    RECORD_SYNC = 's', RECORD_RENAME = 'r', RECORD_LINK = 'l',
    RECORD_UNLINK = 'u', RECORD_MAKE_DIRECTORY = 'm',
    RECORD_REMOVE_DIRECTORY = 'd'
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static dev_t device;
static long kill_behind = -1, records;

__attribute__((constructor)) static void begin(void)
{
    struct stat status;
    const char *log = getenv("SANDPIPER_RECORD_LOG");
    const char *root = getenv("SANDPIPER_RECORD_ROOT");
    const char *last = getenv("SANDPIPER_RECORD_KILL");
    if (!log || !root || stat(root, &status) != 0)
        return;
    device = status.st_dev;
    kill_behind = last ? atol(last) : -1;
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
                          O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* ---- records ------------------------------------------------------------ */

static void put(const void *bytes, size_t size)
{
    const char *from = bytes;
    while (size > 0) {
        long wrote = syscall(SYS_write, log_fd, from, size);
        if (wrote <= 0)
            abort();
        from += wrote;
        size -= (size_t)wrote;
    }
}

static void put_record(struct record record, const char *name,
                       const char *other, const void *data)
{
    int error = errno;
    record.name_bytes = name ? (uint32_t)strlen(name) : 0;
    record.other_bytes = other ? (uint32_t)strlen(other) : 0;
    put(&record, sizeof record);
    put(name, record.name_bytes);
    put(other, record.other_bytes);
    put(data, record.data_bytes);
    if (++records == kill_behind)
        raise(SIGKILL);
    errno = error;
}

/* A name's directory and last part. */
struct place {
    uint64_t directory;
    char name[NAME_MAX + 1];
};

static bool find_place(int directory, const char *path, struct place *place)
{
    struct stat status;
    char folder[PATH_MAX], last[PATH_MAX];
    if (log_fd < 0 || strlen(path) >= PATH_MAX)
        return false;
    snprintf(folder, sizeof folder, "%s", path);
    snprintf(last, sizeof last, "%s", path);
    if (fstatat(directory, dirname(folder), &status, 0) != 0 ||
        status.st_dev != device)
        return false;
    place->directory = status.st_ino;
    snprintf(place->name, sizeof place->name, "%.255s", basename(last));
    return true;
}

static uint64_t file_at(int directory, const char *path)
{
    struct stat status;
    return fstatat(directory, path, &status, AT_SYMLINK_NOFOLLOW) == 0
               ? status.st_ino
               : 0;
}

/* The number of an open file or directory; 0: not one of ours. */
static uint64_t file_of(int fd)
{
    struct stat status;
    if (log_fd < 0 || fstat(fd, &status) != 0 || status.st_dev != device ||
        !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
        return 0;
    return status.st_ino;
}

static void put_write(uint64_t file, uint64_t offset, const void *data,
                      size_t size)
{
    put_record((struct record){.operation = RECORD_WRITE, .file = file,
                               .offset = offset,
                               .data_bytes = (uint32_t)size},
               NULL, NULL, data);
}

/* ---- opening ------------------------------------------------------------ */

static int open_recorded(int directory, const char *path, int flags,
                         mode_t mode)
{
    struct place place;
    pthread_mutex_lock(&mutex);
    bool is_new = (flags & O_CREAT) && file_at(directory, path) == 0;
    int fd = (int)syscall(SYS_openat, directory, path, flags, mode);
    if (fd >= 0 && file_of(fd) && (flags & O_CREAT) && is_new &&
        find_place(directory, path, &place))
        put_record((struct record){.operation = RECORD_CREATE,
                                   .file = file_of(fd),
                                   .directory = place.directory},
                   place.name, NULL, NULL);
    else if (fd >= 0 && (flags & O_TRUNC) && file_of(fd))
        put_record((struct record){.operation = RECORD_RESIZE,
                                   .file = file_of(fd)}, NULL, NULL, NULL);
    pthread_mutex_unlock(&mutex);
    return fd;
}

/* The third argument is there only where a file may be made. */
#define MODE_OF(flags, mode)                                                  \
    do {                                                                      \
        if ((flags) & (O_CREAT | O_TMPFILE)) {                                \
            va_list rest;                                                     \
            va_start(rest, flags);                                            \
            mode = va_arg(rest, mode_t);                                      \
            va_end(rest);                                                     \
        }                                                                     \
    } while (0)

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return open_recorded(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return open_recorded(AT_FDCWD, path, flags, mode);
}

int openat(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return open_recorded(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode);
    return open_recorded(directory, path, flags, mode);
}

/* ---- writing ------------------------------------------------------------ */

ssize_t write(int fd, const void *data, size_t size)
{
    pthread_mutex_lock(&mutex);
    uint64_t file = file_of(fd);
    ssize_t wrote = syscall(SYS_write, fd, data, size);
    if (wrote > 0 && file)
        put_write(file, (uint64_t)lseek(fd, 0, SEEK_CUR) - (uint64_t)wrote,
                  data, (size_t)wrote);
    pthread_mutex_unlock(&mutex);
    return wrote;
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    pthread_mutex_lock(&mutex);
    uint64_t file = file_of(fd);
    ssize_t wrote = syscall(SYS_pwrite64, fd, data, size, offset);
    if (wrote > 0 && file)
        put_write(file, (uint64_t)offset, data, (size_t)wrote);
    pthread_mutex_unlock(&mutex);
    return wrote;
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    return pwrite(fd, data, size, offset);
}

/* As the calls above, part by part: a short answer is allowed. */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    ssize_t sum = 0;
    for (int i = 0; i < count; i++) {
        ssize_t wrote =
            pwrite(fd, parts[i].iov_base, parts[i].iov_len, offset + sum);
        if (wrote < 0)
            return sum ? sum : wrote;
        sum += wrote;
        if ((size_t)wrote < parts[i].iov_len)
            break;
    }
    return sum;
}

int ftruncate(int fd, off_t size)
{
    pthread_mutex_lock(&mutex);
    int status = (int)syscall(SYS_ftruncate, fd, size);
    if (status == 0 && file_of(fd))
        put_record((struct record){.operation = RECORD_RESIZE,
                                   .file = file_of(fd),
                                   .offset = (uint64_t)size},
                   NULL, NULL, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int ftruncate64(int fd, off64_t size)
{
    return ftruncate(fd, size);
}

static int sync_recorded(int fd, long call)
{
    pthread_mutex_lock(&mutex);
    int status = (int)syscall(call, fd);
    if (status == 0 && file_of(fd))
        put_record((struct record){.operation = RECORD_SYNC,
                                   .file = file_of(fd)}, NULL, NULL, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int fsync(int fd)
{
    return sync_recorded(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return sync_recorded(fd, SYS_fdatasync);
}

/* ---- names -------------------------------------------------------------- */

int renameat(int from_directory, const char *from, int directory,
             const char *to)
{
    struct place old, new;
    pthread_mutex_lock(&mutex);
    bool ours = find_place(from_directory, from, &old) &&
                find_place(directory, to, &new);
    int status = (int)syscall(SYS_renameat, from_directory, from, directory,
                              to);
    /* The program renames within a directory alone. */
    if (status == 0 && ours && old.directory != new.directory)
        abort();
    if (status == 0 && ours)
        put_record((struct record){.operation = RECORD_RENAME,
                                   .directory = old.directory},
                   old.name, new.name, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int rename(const char *from, const char *to)
{
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

int symlinkat(const char *target, int directory, const char *path)
{
    struct place place;
    pthread_mutex_lock(&mutex);
    bool ours = find_place(directory, path, &place);
    int status = (int)syscall(SYS_symlinkat, target, directory, path);
    if (status == 0 && ours)
        put_record((struct record){.operation = RECORD_LINK,
                                   .directory = place.directory},
                   place.name, target, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int unlinkat(int directory, const char *path, int flags)
{
    struct place place;
    pthread_mutex_lock(&mutex);
    bool ours = find_place(directory, path, &place);
    int status = (int)syscall(SYS_unlinkat, directory, path, flags);
    if (status == 0 && ours)
        put_record((struct record){.operation = flags & AT_REMOVEDIR
                                                    ? RECORD_REMOVE_DIRECTORY
                                                    : RECORD_UNLINK,
                                   .directory = place.directory},
                   place.name, NULL, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int mkdirat(int directory, const char *path, mode_t mode)
{
    struct place place;
    pthread_mutex_lock(&mutex);
    bool ours = find_place(directory, path, &place);
    int status = (int)syscall(SYS_mkdirat, directory, path, mode);
    if (status == 0 && ours)
        put_record((struct record){.operation = RECORD_MAKE_DIRECTORY,
                                   .file = file_at(directory, path),
                                   .directory = place.directory},
                   place.name, NULL, NULL);
    pthread_mutex_unlock(&mutex);
    return status;
}

int mkdir(const char *path, mode_t mode)
{
    return mkdirat(AT_FDCWD, path, mode);
}
