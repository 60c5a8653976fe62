#ifndef SANDPIPER_PIPELINE_FAULT_H
#define SANDPIPER_PIPELINE_FAULT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A bad world (I/O, memory, signals) becomes one fault. The first one raised
 * wins and is kept whole; the lanes see it at their next step and end tidily;
 * main prints it and returns its exit code. Any thread may raise.
 *
 * The exit codes are a contract with scripts; X(NAME, code, sentence).
 */
#define EXIT_CODES(X)                                                          \
    X(DONE, 0, "done")                                                         \
    X(USAGE, 64, "wrong usage")                                                \
    X(REJECTS, 65, "more rejects than the limit asked for")                    \
    X(INPUT, 66, "an input is missing, or changed while it was read")          \
    X(BUG, 70, "a bug of ours")                                                \
    X(MEMORY, 71, "out of memory")                                             \
    X(OUTPUT, 73, "the output is not writable")                                \
    X(IO, 74, "an input/output error")                                         \
    X(STOPPED, 75, "stopped; the same command starts again")                   \
    X(REFUSED, 77, "refused for security")                                     \
    X(PLAN, 78, "an impossible plan or configuration")

enum exit_code {
#define X(name, code, sentence) CODE_##name = (code),
    EXIT_CODES(X)
#undef X
};

struct fault {
    _Atomic int state;   /* 0 none, 1 being written, 2 whole */
    enum exit_code code;
    int error;           /* errno, 0 when none */
    uint64_t offset;     /* bytes into the shard; UINT64_MAX when none */
    char shard[256];     /* name, shortened; empty when none */
    char doing[256];     /* what was being done, and what to do about it */
};

/* Raises, first wins. shard may be NULL. An I/O error that is ENOMEM is one
 * of memory. Returns the code, for a tail call. */
enum exit_code fault_raise(struct fault *fault, enum exit_code code,
                           const char *shard, uint64_t offset, int error,
                           const char *format, ...)
    __attribute__((format(printf, 6, 7)));

/* True once any fault was raised (not necessarily whole yet). */
bool fault_raised(const struct fault *fault);

/* A name from outside, safe to show on a terminal: control characters (C1
 * ones in UTF-8 and bidirectional marks included) become '?'. Cut to
 * size - 1 bytes; gives out. */
const char *printable_name(char *out, size_t size, const char *name);
#define PRINTABLE_NAME_BYTES 256

/* Prints the fault as one line on standard error; call when lanes ended. */
void fault_print(const struct fault *fault);

/* The sentence of a code, e.g. "done"; "unknown" for others. */
const char *exit_code_sentence(int code);

#endif
