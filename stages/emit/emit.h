#ifndef SANDPIPER_STAGES_EMIT_H
#define SANDPIPER_STAGES_EMIT_H

#include "stages/units.h"

#include <stdio.h>

/*
 * The face of the emit stage: rows as text, and the files beside them.
 *
 * Foreign text stays text: CSV cells are quoted as RFC 4180 says, JSON is
 * UTF-8 with only ", \ and control characters escaped; both parse back equal.
 */
enum emit_format {
    EMIT_CSV,
    EMIT_JSONL,
    EMIT_PACKED,             /* for writers.h: read again in this process */
    EMIT_FORMATS
};

/* A growing buffer of output bytes; owns them. */
struct output {
    char *bytes;
    size_t size, capacity;
    bool failed;             /* out of memory: sticky, adds do nothing */
};
void output_free(struct output *output);
void output_add(struct output *output, const void *bytes, size_t size);
void output_add_text(struct output *output, const char *text);

/* "a,b,c\r\n" for CSV, nothing for the others. */
void emit_header(struct output *output, enum emit_format format,
                 const struct table *table);
/* Those of cells [first, last) of a row that the table shows, with the row's
 * opening before its first cell and its end after its last one: so a row may
 * be written in pieces. */
void emit_cells(struct output *output, enum emit_format format,
                const struct table *table, uint32_t first, uint32_t last,
                const struct value *row);

/* features.json: what is known of every column of every table, in their
 * order, as one JSON document: "columns" are those of the first table,
 * "tables" has the others by name. 0, or -ENOMEM (then the output is not
 * whole). */
int emit_features_json(struct output *output, const struct table *tables,
                       uint32_t count);

/* One number, as every output prints it. */
void emit_real(struct output *output, double real);      /* %.9g, never -0 */
void emit_integer(struct output *output, int64_t integer);
void emit_time(struct output *output, int64_t ms);  /* 2020-04-17T08:30:00.123Z */
void emit_json_text(struct output *output, struct text text); /* with quotes */
void emit_csv_text(struct output *output, struct text text);

#endif
