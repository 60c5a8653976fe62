#ifndef SANDPIPER_STAGES_EMIT_OUTPUT_H
#define SANDPIPER_STAGES_EMIT_OUTPUT_H

#include "stages/emit/emit.h"

/*
 * Inside emit: room at the end of an output, written in place and then
 * counted by the writer (size += what was written). Once out of memory every
 * call gives NULL and the output stays as it was.
 */

/* Makes room for size more bytes; false (and failed) when out of memory. */
bool output_grow(struct output *output, size_t size);

static inline char *output_room(struct output *output, size_t size)
{
    if (output->capacity - output->size < size || output->failed ||
        !output->bytes)
        if (!output_grow(output, size))
            return NULL;
    return output->bytes + output->size;
}

/* Cells [first, last) of a row in one format. */
void csv_cells(struct output *output, const struct table *table,
               uint32_t first, uint32_t last, const struct value *row);
void jsonl_cells(struct output *output, const struct table *table,
                 uint32_t first, uint32_t last, const struct value *row);
void packed_cells(struct output *output, const struct table *table,
                  uint32_t first, uint32_t last, const struct value *row);
void csv_header(struct output *output, const struct table *table);

/* A value that is neither null nor TEXT, alike in every format; at most
 * NUMBER_TEXT_MAX bytes, returns their end. */
char *write_value(char *at, enum column_type type, const struct value *value);

#endif
