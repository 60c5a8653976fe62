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
    uint32_t tables;                 /* a set of TABLE_BIT */
    const struct account_set *accounts;      /* for tables beside accounts */
    const struct account_set *core;          /* for core columns; or NULL */
    uint64_t posts_min;              /* of an account with a row */
    const struct pseudonyms *pseudonyms;     /* or NULL */
    struct feature_options features;
    uint64_t line_bytes_max;
};

/* The set of tables that a list with commas names; NULL: the usual ones.
 * False: CODE_USAGE was raised. */
bool publish_tables(const char *list, uint32_t *tables, struct fault *fault);

/* The files of a set with these tables and formats, for outdir_open: list
 * ends with NULL, and leads into names. */
#define PUBLISH_FILES_MAX (TABLE_COUNT * EMIT_FORMATS + 5)
#define PUBLISH_NAME_BYTES 32
struct publish_names {
    char names[PUBLISH_FILES_MAX][PUBLISH_NAME_BYTES];
    const char *list[PUBLISH_FILES_MAX + 1];
    uint32_t count;
};
void publish_names(const struct publish_options *options,
                   struct publish_names *names);

/* Reduces and writes all files but the timings. False: the fault is up. */
bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts);

/* A file of the set, whole. */
bool publish_file(struct outdir *outdir, const char *name,
                  const struct output *output);

#endif
