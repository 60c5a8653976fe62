#ifndef SANDPIPER_PIPELINE_PROGRESS_H
#define SANDPIPER_PIPELINE_PROGRESS_H

#include "pipeline/fault.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Says on standard error how far the run is: on a terminal one line that is
 * written over five times a second, elsewhere a plain line every so many
 * seconds, nothing when quiet. It writes no escape sequences and no colours,
 * so NO_COLOR and narrow terminals are honoured without asking. Nothing it
 * says goes into data.
 *
 * Its thread also polls the signals, so it runs when quiet too.
 */

/* What lanes add to, about once a frame; any thread, relaxed. On a cache
 * line of its own, apart from what the lanes read. */
struct progress_counters {
    _Alignas(64) _Atomic uint64_t compressed_bytes;
    _Atomic uint64_t text_bytes;
    _Atomic uint64_t posts;
    _Atomic uint64_t rejects;
    _Atomic uint64_t shards_done;
};

static inline void progress_add(_Atomic uint64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

/* The counters at one moment. */
struct progress_sample {
    uint64_t at_ns;   /* any clock that only goes forward */
    uint64_t compressed_bytes, text_bytes, posts, rejects, shards_done;
};

/* What the run has before it. */
struct progress_total {
    uint64_t bytes;    /* UINT64_MAX when unknown */
    uint64_t shards;
    bool no_posts;     /* nothing is parsed: they are left out */
};

/*
 * Writes the line (no line feed, ASCII) of at most columns characters: what
 * is done, time left, posts a second, text a second, rejects, shards; as many
 * of them, in this order, as fit. Rates are those since the earlier sample.
 * Pure. Gives its length, < size; columns 0 is no limit but size.
 */
size_t progress_format(char *line, size_t size, unsigned columns,
                       const struct progress_sample *earlier,
                       const struct progress_sample *now,
                       const struct progress_total *total);

/* "999 B", "1.00 kB", "45.6 GB": three digits, powers of 1000, rounded
 * down. Pure; gives text. */
#define PROGRESS_BYTES_TEXT 24
const char *progress_bytes(char text[PROGRESS_BYTES_TEXT], uint64_t bytes);

struct progress_options {
    struct progress_total total;
    const struct progress_counters *counters;   /* borrowed until the stop */
    struct fault *fault;       /* gets the signals; borrowed, may be NULL */
    bool quiet;
    unsigned plain_seconds;    /* between plain lines; 0: 10 */
};

struct progress;

/* Starts the reporter. 0 or -errno. */
int progress_start(struct progress **out,
                   const struct progress_options *options);
/* Ends it, clears its line on a terminal. NULL is allowed. */
void progress_stop(struct progress *progress);

#endif
