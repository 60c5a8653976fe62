#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <hwloc.h>
#include <liburing.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * A library to preload (LD_PRELOAD): it counts the calls of one kind that
 * the program and its libraries make, and makes the Nth of them fail, or
 * all from the Nth on. Only calls after its own constructor count; the C
 * library's calls of itself (stdio's write, the loader's open) are not seen.
 *
 * FAIL_KIND   memory open read write sync rename change thread
 *             (change: mkdirat, symlinkat, unlinkat)
 * FAIL_AT     the number of the call, from 1; 0: none, count alone
 * FAIL_ON     set: every call from that one on
 * FAIL_ERRNO  what open, read and the rest fail with; memory is ENOMEM
 * FAIL_SHORT  set: reads and writes do not fail, but bring one byte
 * FAIL_DO     set: the call does not fail, but before it the file FAIL_PATH is
 *             changed: shrink grow rewrite replace unlink; or kill: SIGKILL
 * FAIL_COUNT  a file that gets the number of calls when the process ends
 *
 * A completion of io_uring is a read: its result is changed as it is taken.
 * FAIL_LATE   set: completions are shown one at a time, the last one first
 *
 * While hwloc is at work nothing is counted and nothing fails: it does not
 * check its allocations, and crashes or asks for ever (hwloc 2.9).
 *
 * The allocator is glibc's own by its second name, so nothing is looked up
 * while it is asked for memory.
 */
enum kind { MEMORY, OPEN, READ, WRITE, SYNC, RENAME, CHANGE, THREAD, KINDS };
static const char *const KIND_NAMES[KINDS] = {
    "memory", "open", "read", "write", "sync", "rename", "change", "thread"};

static struct {
    int kind;           /* -1: nothing is counted */
    unsigned long at;
    bool on, one_byte, late;
    int error;
    const char *count, *change, *path;
} asked = {.kind = -1};
static _Atomic unsigned long calls;
static _Thread_local bool spared;

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

static unsigned long number_of(const char *name)
{
    const char *text = getenv(name);
    return text ? strtoul(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void read_what_is_asked(void)
{
    const char *kind = getenv("FAIL_KIND");
    asked.at = number_of("FAIL_AT");
    asked.on = getenv("FAIL_ON") != NULL;
    asked.one_byte = getenv("FAIL_SHORT") != NULL;
    asked.late = getenv("FAIL_LATE") != NULL;
    asked.error = (int)number_of("FAIL_ERRNO");
    asked.count = getenv("FAIL_COUNT");
    asked.change = getenv("FAIL_DO");
    asked.path = getenv("FAIL_PATH");
    if (asked.error == 0)
        asked.error = EIO;
    for (int i = 0; kind && i < KINDS; i++)
        if (strcmp(kind, KIND_NAMES[i]) == 0)
            asked.kind = i;
}

__attribute__((destructor)) static void tell_the_count(void)
{
    char text[32];
    if (!asked.count)
        return;
    int size = snprintf(text, sizeof text, "%lu\n", atomic_load(&calls));
    int fd = (int)syscall(SYS_openat, AT_FDCWD, asked.count,
                          O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (fd >= 0)
        (void)syscall(SYS_write, fd, text, (size_t)size);
}

static int open_raw(const char *path, int flags)
{
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0644);
}

/* What somebody else may do to a shard while it is read. */
static void change_the_file(void)
{
    char other[4096];
    bool is_append = strcmp(asked.change, "grow") == 0;
    if (strcmp(asked.change, "kill") == 0) {
        (void)syscall(SYS_kill, getpid(), SIGKILL);
    } else if (strcmp(asked.change, "unlink") == 0) {
        (void)syscall(SYS_unlinkat, AT_FDCWD, asked.path, 0);
    } else if (strcmp(asked.change, "shrink") == 0) {
        (void)syscall(SYS_truncate, asked.path, 4096L);
    } else if (strcmp(asked.change, "replace") == 0) {
        snprintf(other, sizeof other, "%s.new", asked.path);
        (void)syscall(SYS_renameat, AT_FDCWD, other, AT_FDCWD, asked.path);
    } else {
        int fd = open_raw(asked.path, O_WRONLY | (is_append ? O_APPEND : 0));
        (void)syscall(SYS_write, fd, "{}\n", 3UL);
        (void)syscall(SYS_close, fd);
    }
}

/* Whether this call is one that fails. */
static bool fails(enum kind kind)
{
    if ((int)kind != asked.kind || spared)
        return false;
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    bool chosen =
        asked.at && (number == asked.at || (asked.on && number > asked.at));
    if (chosen && asked.change)
        change_the_file();
    return chosen && !asked.change;
}

static bool fails_with_errno(enum kind kind)
{
    if (!fails(kind))
        return false;
    errno = kind == MEMORY ? ENOMEM : asked.error;
    return true;
}

/* ---- memory ---- */

void *malloc(size_t size)
{
    return fails_with_errno(MEMORY) ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return fails_with_errno(MEMORY) ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return fails_with_errno(MEMORY) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, count * size);
}

void *memalign(size_t align, size_t size)
{
    return fails_with_errno(MEMORY) ? NULL : __libc_memalign(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    return memalign(align, size);
}

int posix_memalign(void **out, size_t align, size_t size)
{
    void *given = memalign(align, size);
    if (given)
        *out = given;
    return given ? 0 : ENOMEM;
}

void *mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset)
{
    if (fails_with_errno(MEMORY))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, at, size, rights, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*body)(void *), void *context)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
                void *);
    if (fails(THREAD))
        return EAGAIN;
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, body, context);
}

#define SPARED(name, parameters, arguments)                                    \
    int name parameters                                                        \
    {                                                                          \
        int(*real) parameters;                                                 \
        *(void **)&real = dlsym(RTLD_NEXT, #name);                             \
        spared = true;                                                         \
        int result = real arguments;                                           \
        spared = false;                                                        \
        return result;                                                         \
    }

SPARED(hwloc_topology_init, (hwloc_topology_t *out), (out))
SPARED(hwloc_topology_load, (hwloc_topology_t topology), (topology))
SPARED(hwloc_get_cpubind, (hwloc_topology_t topology, hwloc_cpuset_t set,
                           int flags), (topology, set, flags))
SPARED(hwloc_set_cpubind, (hwloc_topology_t topology, hwloc_const_cpuset_t set,
                           int flags), (topology, set, flags))

/* ---- files ---- */

static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    if (fails_with_errno(OPEN))
        return -1;
    return (int)syscall(SYS_openat, folder, path, flags, mode);
}

/* The mode is there only where a file may be made. */
static bool has_mode(int flags)
{
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE;
}

#define MODE_OF(flags, mode)                                                   \
    if (has_mode(flags)) {                                                     \
        va_list rest;                                                          \
        va_start(rest, flags);                                                 \
        mode = va_arg(rest, mode_t);                                           \
        va_end(rest);                                                          \
    }

int open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

int openat(int folder, const char *path, int flags, ...)
{
    mode_t mode = 0;
    MODE_OF(flags, mode)
    return open_at(folder, path, flags, mode);
}

FILE *fopen(const char *path, const char *how)
{
    FILE *(*real)(const char *, const char *);
    if (fails_with_errno(OPEN))
        return NULL;
    *(void **)&real = dlsym(RTLD_NEXT, "fopen");
    return real(path, how);
}

/* How much of size is asked for, or -1: the call fails. */
static ssize_t size_asked(enum kind kind, size_t size)
{
    if (!fails(kind))
        return (ssize_t)size;
    if (asked.one_byte && size > 0)
        return 1;
    errno = asked.error;
    return -1;
}

ssize_t read(int fd, void *bytes, size_t size)
{
    ssize_t ask = size_asked(READ, size);
    return ask < 0 ? -1 : syscall(SYS_read, fd, bytes, (size_t)ask);
}

ssize_t pread(int fd, void *bytes, size_t size, off_t offset)
{
    ssize_t ask = size_asked(READ, size);
    return ask < 0 ? -1 : syscall(SYS_pread64, fd, bytes, (size_t)ask, offset);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
    return pread(fd, bytes, size, offset);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (fd == STDERR_FILENO)
        return syscall(SYS_write, fd, bytes, size);
    ssize_t ask = size_asked(WRITE, size);
    return ask < 0 ? -1 : syscall(SYS_write, fd, bytes, (size_t)ask);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset)
{
    ssize_t ask = size_asked(WRITE, size);
    return ask < 0 ? -1
                   : syscall(SYS_pwrite64, fd, bytes, (size_t)ask, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    return pwrite(fd, bytes, size, offset);
}

/* A short one writes one byte of the first part that has any. */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset)
{
    size_t size = 0;
    int first = count;
    for (int i = 0; i < count; i++) {
        size += parts[i].iov_len;
        first = first == count && parts[i].iov_len ? i : first;
    }
    ssize_t ask = size_asked(WRITE, size);
    if (ask < 0)
        return -1;
    if ((size_t)ask < size)
        return syscall(SYS_pwrite64, fd, parts[first].iov_base, 1UL, offset);
    return syscall(SYS_pwritev, fd, parts, count, offset, 0L);
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    if (fails_with_errno(WRITE))
        return -1;
    return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

int fsync(int fd)
{
    return fails_with_errno(SYNC) ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return fails_with_errno(SYNC) ? -1 : (int)syscall(SYS_fdatasync, fd);
}

int renameat(int from, const char *name, int to, const char *other)
{
    if (fails_with_errno(RENAME))
        return -1;
    return (int)syscall(SYS_renameat, from, name, to, other);
}

int mkdirat(int folder, const char *name, mode_t mode)
{
    if (fails_with_errno(CHANGE))
        return -1;
    return (int)syscall(SYS_mkdirat, folder, name, mode);
}

int symlinkat(const char *target, int folder, const char *name)
{
    if (fails_with_errno(CHANGE))
        return -1;
    return (int)syscall(SYS_symlinkat, target, folder, name);
}

int unlinkat(int folder, const char *name, int flags)
{
    if (fails_with_errno(CHANGE))
        return -1;
    return (int)syscall(SYS_unlinkat, folder, name, flags);
}

/* ---- io_uring: the completions of its reads ---- */

static void worsen(struct io_uring_cqe *cqe)
{
    if (cqe->res <= 0 || !fails(READ))
        return;
    cqe->res = asked.one_byte ? 1 : -asked.error;
}

unsigned io_uring_peek_batch_cqe(struct io_uring *ring,
                                 struct io_uring_cqe **ready, unsigned count)
{
    unsigned (*real)(struct io_uring *, struct io_uring_cqe **, unsigned);
    *(void **)&real = dlsym(RTLD_NEXT, "io_uring_peek_batch_cqe");
    unsigned found = real(ring, ready, count);
    if (asked.late && found > 1) {
        struct io_uring_cqe first = *ready[0];
        *ready[0] = *ready[found - 1];
        *ready[found - 1] = first;
        found = 1;
    }
    for (unsigned i = 0; i < found; i++)
        worsen(ready[i]);
    return found;
}
