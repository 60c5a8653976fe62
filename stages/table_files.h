#ifndef SANDPIPER_STAGES_TABLE_FILES_H
#define SANDPIPER_STAGES_TABLE_FILES_H

#include "pipeline/memory.h"
#include "pipeline/outdir.h"
#include "stages/emit/emit.h"
#include "stages/reduce/reduce.h"

/*
 * The tables as files of the output set, in every format asked for: a file
 * each in CSV, JSON Lines and Parquet, one database of all in SQLite.
 *
 * Reduce writes rows in the forms of table_files_forms: text of CSV and JSON
 * Lines, and packed cells for the libraries of the other two.
 */
enum table_format {
    FORMAT_CSV,
    FORMAT_JSONL,
    FORMAT_SQLITE,
    FORMAT_PARQUET,
    TABLE_FORMATS
};
extern const char *const TABLE_FORMAT_NAMES[TABLE_FORMATS];
#define TABLE_FILES_DATABASE "features.sqlite"

struct table_files_options {
    bool formats[TABLE_FORMATS];
    uint32_t tables;                 /* a set of TABLE_BIT */
    const struct table *schema;      /* TABLE_COUNT tables: what is shown */
    uint32_t lanes;
};

struct table_files;

/* Opens what is written by libraries; outdir, memory and fault are borrowed.
 * NULL: a fault was raised. */
struct table_files *table_files_open(const struct table_files_options *options,
                                     struct outdir *outdir,
                                     struct memory *memory,
                                     struct fault *fault);
/* In any case; may be NULL. */
void table_files_close(struct table_files *files);

/* For reduce_options: how many forms there are, and the cells of a row in one
 * of them. */
uint32_t table_files_forms(const struct table_files *files);
struct text table_files_format(void *files, uint32_t lane,
                               enum table_id table, uint32_t form,
                               uint32_t first, uint32_t last,
                               const struct value *row);

/* Writes all tables asked for. False: a fault was raised. */
bool table_files_write(struct table_files *files, struct reduce *reduce);

#endif
