#ifndef SANDPIPER_STAGES_PUBLISH_H
#define SANDPIPER_STAGES_PUBLISH_H

#include "pipeline/outdir.h"
#include "stages/ledger.h"

/*
 * From what the run gathered to the published set: both rounds of reduce on
 * all lanes, the rows in each format asked for, the dictionary of features,
 * ledger, manifest and rejects; then, if the ledger balances, the set.
 */
struct publish_options {
    bool formats[EMIT_FORMATS];
    struct feature_options features;
    uint64_t line_bytes_max;
};

/* The files of a set with these formats, for outdir_open; ends with NULL. */
#define PUBLISH_FILES_MAX 8
void publish_names(const struct publish_options *options,
                   const char *names[PUBLISH_FILES_MAX]);

/* Reduces and writes all files but the timings. False: the fault is up. */
bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts);

/* A file of the set, whole. */
bool publish_file(struct outdir *outdir, const char *name,
                  const struct output *output);

#endif
