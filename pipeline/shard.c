#include "pipeline/shards.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* One shard of the list: is it still what was listed? */

/* For comparing only, so times beyond the year 2262 are the year 2262. */
static int64_t nanoseconds(struct timespec time)
{
    int64_t product;
    if (__builtin_mul_overflow((int64_t)time.tv_sec, INT64_C(1000000000),
                               &product) ||
        __builtin_add_overflow(product, (int64_t)time.tv_nsec, &product))
        return time.tv_sec < 0 ? INT64_MIN : INT64_MAX;
    return product;
}

struct shard shard_identify(const char *name, const struct stat *status,
                            bool is_stdin)
{
    return (struct shard){
        .name = name,
        .is_stdin = is_stdin,
        .size = S_ISREG(status->st_mode) ? (uint64_t)status->st_size
                                         : SHARD_SIZE_UNKNOWN,
        .dev = status->st_dev,
        .ino = status->st_ino,
        .mtime_ns = nanoseconds(status->st_mtim),
        .ctime_ns = nanoseconds(status->st_ctim),
    };
}

bool shard_has_suffix(const char *name)
{
    static const char *const SUFFIXES[] = {SHARD_SUFFIXES};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        size_t suffix = strlen(SUFFIXES[i]);
        if (length > suffix &&
            strcasecmp(name + length - suffix, SUFFIXES[i]) == 0)
            return true;
    }
    return false;
}

static bool same_inode(const struct shard *shard, const struct stat *status)
{
    return shard->dev == status->st_dev && shard->ino == status->st_ino;
}

/* Of ctime nothing is asked: a new link or name changes it, and no byte. */
static bool same_content(const struct shard *shard, const struct stat *status)
{
    return same_inode(shard, status) &&
           shard->size == (uint64_t)status->st_size &&
           shard->mtime_ns == nanoseconds(status->st_mtim);
}

static enum exit_code refuse(const struct shard *shard, struct fault *fault,
                             int error, const char *doing)
{
    bool of_machine = error == EIO || error == EMFILE || error == ENFILE;
    return fault_raise(fault, of_machine ? CODE_IO : CODE_INPUT, shard->name,
                       UINT64_MAX, error, "%s", doing);
}

/* io_uring gives EAGAIN for what is not in memory of a file that was opened
 * with O_NONBLOCK (Linux 5.10), where read would simply read it. */
static int let_wait(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
}

enum exit_code shard_open(const struct shard *shard, int *fd,
                          struct fault *fault)
{
    *fd = -1;
    /* O_NONBLOCK: what became a FIFO meanwhile must not hold us. */
    int opened = shard->is_stdin
                     ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                     : open(shard->name, O_RDONLY | O_CLOEXEC | O_NOCTTY |
                                             O_NONBLOCK);
    if (opened < 0)
        return refuse(shard, fault, errno, "this shard cannot be opened");
    struct stat status;
    const char *wrong = NULL;
    int error = 0;
    if (fstat(opened, &status) != 0 ||
        (!shard->is_stdin && let_wait(opened) != 0)) {
        error = errno;
        wrong = "this shard cannot be looked at";
    } else if (shard->size == SHARD_SIZE_UNKNOWN) {
        wrong = NULL;
    } else if (!S_ISREG(status.st_mode) || !same_content(shard, &status)) {
        wrong = "this shard changed between listing and reading";
    }
    if (wrong) {
        close(opened);
        return refuse(shard, fault, error, wrong);
    }
    *fd = opened;
    return CODE_DONE;
}

enum exit_code shard_unchanged(const struct shard *shard, int fd,
                               struct fault *fault)
{
    if (shard->size == SHARD_SIZE_UNKNOWN)
        return CODE_DONE;
    struct stat status;
    if (fstat(fd, &status) != 0)
        return refuse(shard, fault, errno, "this shard cannot be looked at");
    if (!same_content(shard, &status))
        return refuse(shard, fault, 0, "this shard changed while it was read");
    if (shard->is_stdin)
        return CODE_DONE;
    if (stat(shard->name, &status) != 0)
        return refuse(shard, fault, errno,
                      "this shard was removed while it was read");
    if (!same_inode(shard, &status))
        return refuse(shard, fault, 0,
                      "this shard was replaced while it was read");
    return CODE_DONE;
}
