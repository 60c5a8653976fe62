#ifndef SANDPIPER_STAGES_PUBLISH_H
#define SANDPIPER_STAGES_PUBLISH_H

#include "pipeline/outdir.h"
#include "stages/ledger.h"
#include "stages/table_files.h"

/*
 * From what the run gathered to the published set: both rounds of reduce on
 * all lanes, the rows in each format asked for, the dictionary of features,
 * ledger, manifest and rejects; then, if the ledger balances, the set.
 */
#define TABLE_ACCOUNTS_COLUMNS_MAX 512

struct publish_options {
    bool formats[TABLE_FORMATS];
    uint32_t tables;                 /* a set of TABLE_BIT */
    struct table schema[TABLE_COUNT];        /* TABLES, and what is shown */
    bool columns_shown[TABLE_ACCOUNTS_COLUMNS_MAX];
    const struct parameters *parameters;     /* borrowed */
};

/* The set of tables that a list with commas names; NULL: the usual ones.
 * False: CODE_USAGE was raised. */
bool publish_tables(const char *list, uint32_t *tables, struct fault *fault);

/* Sets what is shown of accounts: the columns that a list with commas names,
 * NULL: all. False: CODE_USAGE was raised. */
bool publish_columns(struct publish_options *options, const char *list,
                     struct fault *fault);

/* The files of a set with these tables and formats, for outdir_open: list
 * ends with NULL, and leads into names. */
#define PUBLISH_FILES_MAX (TABLE_COUNT * TABLE_FORMATS + 6)
#define PUBLISH_NAME_BYTES 32
struct publish_names {
    char names[PUBLISH_FILES_MAX][PUBLISH_NAME_BYTES];
    const char *list[PUBLISH_FILES_MAX + 1];
    uint32_t count;
};
void publish_names(const struct publish_options *options,
                   struct publish_names *names);

/* "csv,jsonl" */
#define PUBLISH_FORMATS_BYTES 64
void publish_formats(const struct publish_options *options,
                     char formats[PUBLISH_FORMATS_BYTES]);

/* Whether the set before is the one that the run would give: of the same
 * shards, parameters and version, with all its files. */
bool publish_is_there(const struct run *run,
                      const struct publish_options *options,
                      const struct outdir *outdir);

/* Reduces and writes all files but the timings. False: the fault is up. */
bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts);

/* A file of the set, whole. */
bool publish_file(struct outdir *outdir, const char *name,
                  const struct output *output);

#endif
