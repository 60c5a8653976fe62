#ifndef SANDPIPER_PIPELINE_CHECK_H
#define SANDPIPER_PIPELINE_CHECK_H

/*
 * A bad program stops before anything is written. CHECK is always on; it
 * stands around batches and at borders, never inside per-byte kernels. The
 * process ends with CODE_BUG after one line on standard error, and leaves old
 * outputs as they were, since a set is renamed only when complete. With
 * SANDPIPER_ABORT in the environment, and under a fuzzer, it ends by SIGABRT,
 * for a core or a saved input.
 */
#ifdef SANDPIPER_CHECK_ABORTS
#define CHECK_ABORTS 1
#else
#define CHECK_ABORTS 0
#endif

#define CHECK(condition)                                                       \
    ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

#endif
