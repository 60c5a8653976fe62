#include "stages/emit/emit.h"

#include "pipeline/check.h"
#include "stages/emit/number_text.h"
#include "stages/emit/output.h"

char *write_value(char *at, enum column_type type, const struct value *value)
{
    if (type == COLUMN_REAL)
        return write_real(at, value->real);
    if (type == COLUMN_TIME)
        return write_time(at, value->integer);
    if (type == COLUMN_DAY)
        return write_day(at, value->integer);
    return write_integer(at, value->integer);
}

void emit_header(struct output *output, enum emit_format format,
                 const struct table *table)
{
    if (format == EMIT_CSV)
        csv_header(output, table);
}

void emit_cells(struct output *output, enum emit_format format,
                const struct table *table, uint32_t first, uint32_t last,
                const struct value *row)
{
    CHECK(first <= last && last <= table->count);
    if (format == EMIT_CSV)
        csv_cells(output, table, first, last, row);
    else if (format == EMIT_JSONL)
        jsonl_cells(output, table, first, last, row);
    else
        packed_cells(output, table, first, last, row);
}
