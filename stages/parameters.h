#ifndef SANDPIPER_STAGES_PARAMETERS_H
#define SANDPIPER_STAGES_PARAMETERS_H

#include "pipeline/memory.h"
#include "pipeline/options.h"
#include "stages/account_set.h"
#include "stages/pseudonym.h"
#include "stages/reduce/local_time.h"

/*
 * What a run is asked for, beyond where it reads and writes: the numbers
 * depend on this, and the manifest names it. Times, zones and lists of the
 * command line are read here, so that a mistake is told before any work.
 */
#define SINCE_EVER INT64_MIN        /* no bound */
#define UNTIL_EVER INT64_MAX

struct parameters {
    int32_t utc_offset_minutes;
    const struct local_time *zone;             /* instead; or NULL */
    int64_t since, until;                      /* ms: since <= t < until */
    uint64_t line_bytes_max, min_posts;
    enum damaged damaged;
    const char *tables, *columns;              /* as asked for; or NULL */
    struct account_set *core, *accounts;       /* or NULL */
    struct handle_watch *watch;                /* of the lists' handles */
    struct pseudonyms *pseudonyms;             /* or NULL */
    struct local_time zone_storage;
};

/* Texts of the options are borrowed. False: a fault was raised (CODE_USAGE,
 * CODE_INPUT, CODE_PLAN, CODE_MEMORY); parameters_close in either case. */
bool parameters_open(struct parameters *parameters,
                     const struct options *options, uint64_t line_bytes_max,
                     struct memory *memory, uint32_t lanes,
                     struct fault *fault);
void parameters_close(struct parameters *parameters);
/* Of the lists whose handles are looked for while shards are read; zeros if
 * there are none. */
void parameters_handles_key(const struct parameters *parameters,
                            uint64_t key[2]);
/* After all shards are read: who stands behind the handles. 0 or -ENOMEM. */
int parameters_resolve(struct parameters *parameters);

#endif
