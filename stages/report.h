#ifndef SANDPIPER_STAGES_REPORT_H
#define SANDPIPER_STAGES_REPORT_H

#include "stages/ledger.h"
#include "stages/profile.h"

/*
 * What a person reads at the end of a run, and the one file that holds times.
 */
struct report {
    const struct run *run;
    struct reduce_counts counts;
    const char *output;              /* the directory, as given */
    uint64_t read_ns, reduce_ns;     /* wall clock */
    uint32_t seals;
    /* What an earlier process had read; 0: nothing. */
    uint64_t shards_before, bytes_before;
    const struct filter_files *filter_files;    /* of a filter; or NULL */
    const char *io, *io_reason;
    const char *isa;
};

/* What was rejected, by reason, and what was salvaged. */
void report_rejects(FILE *out, const struct shard_ledger *total);
/* What was read, what was rejected and why, where the outputs are. */
void report_summary(FILE *out, const struct report *report);
/* Time by stage, summed over lanes, and a post's share of each. */
void report_profile(FILE *out, const struct report *report);
/* timings.json: everything about this run that another run of the same input
 * need not repeat. False: out of memory. */
bool report_timings(const struct report *report, struct output *output);

#endif
