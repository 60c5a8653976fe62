#ifndef SANDPIPER_PIPELINE_OUTDIR_H
#define SANDPIPER_PIPELINE_OUTDIR_H

#include "pipeline/fault.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The output directory, and the set of files that a run publishes in it.
 *
 *     OUT/accounts.csv -> current/accounts.csv     a name for users
 *     OUT/ledger.json  -> current/ledger.json
 *     OUT/current      -> .sandpiper-set-8         the one thing that changes
 *     OUT/.sandpiper-set-8/accounts.csv ...        the files, complete, synced
 *     OUT/.sandpiper-set-7/...                     the set before
 *     OUT/.sandpiper-lock
 *     OUT/.sandpiper-state/...                     not of the set (statedir.h)
 *
 * Why so: a set of several files changes at one instant only where one name
 * stands for all of them, and rename(2) over a symlink is atomic on every
 * local file system. Renaming the files one by one shows mixed sets; swapping
 * whole directories (RENAME_EXCHANGE) is refused by NFS and others, moves the
 * directory away under whoever stands in it, and moves foreign files with it.
 * Users still find OUT/accounts.csv. Who copies the directory copies current/
 * (or follows links: cp -L, rsync -L).
 *
 * A reader that opens several files and wants them of one set opens the
 * directory OUT/current once and the files below it: the set before the
 * present one stays until the next run opens the output, so a reader that was
 * in the middle is not disturbed. (The next run needs room for two sets in
 * any case, so this costs no room that was not needed.)
 *
 * At no instant is there a state in which a name in OUT leads to a part of a
 * set: links of new names are made before the swap (they lead nowhere until
 * it), those of vanished names are removed after it. What a killed run left
 * is removed by the next.
 *
 * Threads: one, but outfiles of one outdir may be made, written and ended by
 * several, each its own. Every function that returns false has raised the
 * fault: CODE_OUTPUT, CODE_REFUSED where OUT is a symlink, CODE_MEMORY.
 */
struct outdir;
struct outfile;

/* The calls that change something; tests put their own here, to fail or to
 * die at each. */
struct outdir_system {
    int (*create)(int directory, const char *name);   /* new file: fd */
    int (*make_directory)(int directory, const char *name);
    ssize_t (*write)(int fd, const void *bytes, size_t size);
    int (*sync)(int fd);
    int (*link)(const char *target, int directory, const char *name);
    int (*rename)(int directory, const char *from, const char *to);
    int (*remove)(int directory, const char *name, int flags);
};
extern const struct outdir_system OUTDIR_SYSTEM;
/* Makes certain what an earlier process did to the directory and may not have
 * synced before it was killed: names in it, and its own in its parent. To be
 * called before anything is removed for what these names say. 0 or errno. */
int outdir_settle(int directory, const struct outdir_system *system);

/*
 * Makes the directory where there is none (its parent must exist), locks it
 * against other runs, removes what killed runs left, and begins a new set.
 * names: the files to come, ending with NULL: a foreign file of such a name
 * in OUT is refused here, and not after hours of work. The path, the fault
 * and the system (NULL: OUTDIR_SYSTEM) are borrowed until outdir_close.
 * NULL: a fault was raised.
 */
struct outdir *outdir_open(const char *path, const char *const *names,
                           struct fault *fault,
                           const struct outdir_system *system);
/* The path without the slashes and dots at its end, which would follow a
 * symbolic link. False: it is empty, or too long. */
bool outdir_plain_path(const char *path, char plain[PATH_MAX]);
/* A file of the set before, opened for reading; -1: there is none. */
int outdir_open_before(const struct outdir *outdir, const char *name);
/* Directory of the new set, for temporary files that are unlinked at once. */
int outdir_staging(const struct outdir *outdir);
/* A path to it, for libraries that take no descriptors; good while the outdir
 * is open. */
#define OUTFILE_PATH_MAX 320
void outdir_staging_path(const struct outdir *outdir,
                         char path[OUTFILE_PATH_MAX]);
/* Publishes the set: all files ended. False: the old set stands as it was,
 * or (the fault says so) the new one does, but may not outlive a power cut. */
bool outdir_publish(struct outdir *outdir);
/* Drops the new set if it was not published, unlocks, frees. May be NULL. */
void outdir_close(struct outdir *outdir);

/* A new file of the set, written front to back in pieces of 1 MiB. A name is
 * one of those given to outdir_open. NULL: a fault was raised. */
struct outfile *outfile_create(struct outdir *outdir, const char *name);
/* The same for a name that was not known when the set was begun: it is none
 * of the others (of a set a name is made once), nor `current`, has no slash,
 * does not begin with a dot, and has fewer than OUTDIR_NAME_MAX bytes. A
 * foreign file of that name is refused here, or when it came later, at the
 * publishing. */
#define OUTDIR_NAME_MAX 256
struct outfile *outfile_create_new(struct outdir *outdir, const char *name);
bool outfile_write(struct outfile *file, const void *bytes, size_t size);
/* A path to the file, for a library that writes it in place of outfile_write;
 * outfile_end syncs it all the same. */
void outfile_path(const struct outfile *file, char path[OUTFILE_PATH_MAX]);
uint64_t outfile_bytes(const struct outfile *file);
/* Writes what is left, syncs, closes, frees; false also when an earlier write
 * failed. To be called in any case. */
bool outfile_end(struct outfile *file);

#endif
