#ifndef SANDPIPER_PIPELINE_STATEDIR_H
#define SANDPIPER_PIPELINE_STATEDIR_H

#include "pipeline/fault.h"
#include "pipeline/outdir.h"

/*
 * The state directory: what a run keeps so that it can be gone on with after
 * it was killed, or be added to. What stands in the files is known to others
 * (stages/checkpoint.h); here is how they are kept.
 *
 *     STATE/checkpoint         the one file that says what is true
 *     STATE/segment-000012     files that it names; never changed once named
 *     STATE/.sandpiper-lock
 *
 * The checkpoint changes at one instant: a new one is written beside it,
 * synced, and renamed over it. A file that it does not name is what a killed
 * run left, and is removed when the directory is opened for writing. A file
 * that it names no longer is removed after the new one is durable. So at every
 * instant, whatever was lost of what had not been synced, there is a
 * checkpoint all of whose files are whole.
 *
 * Threads: one at a time. Every function that returns false has raised the
 * fault: CODE_OUTPUT, CODE_REFUSED where the directory is a symbolic link,
 * CODE_IO for what cannot be read, CODE_MEMORY.
 */
struct statedir;

/* For reading alone, several may have it open at once; nothing is made. */
enum statedir_use { STATEDIR_WRITE, STATEDIR_READ };

/* Opens and locks; makes the directory where there is none (STATEDIR_WRITE;
 * its parent must exist). Path, fault and system (NULL: OUTDIR_SYSTEM) are
 * borrowed until statedir_close. NULL: the fault is up. */
struct statedir *statedir_open(const char *path, enum statedir_use use,
                               struct fault *fault,
                               const struct outdir_system *system);
void statedir_close(struct statedir *state);
/* For files below it. */
int statedir_fd(const struct statedir *state);
const char *statedir_path(const struct statedir *state);

/* The checkpoint's bytes, given (free); *size 0 and NULL: there is none. */
bool statedir_load(struct statedir *state, uint8_t **bytes, size_t *size);
/* Puts a new checkpoint in place, durable. */
bool statedir_store(struct statedir *state, const void *bytes, size_t size);
/* Removes what was made here and keep does not want: segments, and what is
 * left of killed runs. Foreign files stay. */
bool statedir_sweep(struct statedir *state,
                    bool (*keep)(void *context, const char *name),
                    void *context);
/* Removes the checkpoint, so that there is no state, and all that it named. */
bool statedir_clear(struct statedir *state);
/* The same, and the directory itself if it is empty then. Closes. */
void statedir_discard(struct statedir *state);

#endif
