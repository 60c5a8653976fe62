#ifndef SANDPIPER_STAGES_FILTER_REPORT_H
#define SANDPIPER_STAGES_FILTER_REPORT_H

#include "stages/filter_files.h"
#include "stages/ledger.h"

/*
 * The files beside those of a filter: filter.json, which says what was asked
 * for and what came of each shard; and the ledger of reading with its rejects.
 * No clock, no thread count and no order of arrival shows in them.
 */
struct filter_report {
    const struct run *run;
    const struct filter_files *files;
    const struct filter *filter;
    const struct options *options;
    const struct parameters *parameters;
};

/* Names for outdir_open, ending with NULL. */
extern const char *const FILTER_REPORT_NAMES[];

/* The whole of filter.json; false when out of memory. */
bool filter_json(const struct filter_report *report, struct output *output);

/* If all sums hold, writes the files. False: the fault is up. */
bool filter_publish(const struct filter_report *report, struct outdir *outdir);

/* Sums over all shards: result.made is how many files there are. */
struct filter_total {
    uint64_t files, lines, text_bytes, file_bytes;
};
struct filter_total filter_files_total(const struct filter_files *files);

#endif
