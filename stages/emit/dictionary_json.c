#include "stages/emit/emit.h"

#include <errno.h>
#include <jansson.h>

static const char *const TYPE_NAMES[] = {
    [COLUMN_TEXT] = "text", [COLUMN_INT] = "int",   [COLUMN_REAL] = "real",
    [COLUMN_TIME] = "time", [COLUMN_BOOL] = "0/1",  [COLUMN_DAY] = "day",
};

/* A new reference, or NULL when out of memory. */
static json_t *column_object(const struct column *column)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:i, s:s}",
                     "name", column->name,
                     "type", TYPE_NAMES[column->type],
                     "unit", column->unit,
                     "definition", column->definition,
                     "null_when", column->null_rule,
                     "valid_on_sample", column->valid_on_sample,
                     "round", column->round_two ? 2 : 1,
                     "source", column->source);
}

static json_t *columns_array(const struct table *table)
{
    json_t *array = json_array();
    for (uint32_t i = 0; array && i < table->count; i++) {
        if (json_array_append_new(array, column_object(&table->columns[i]))) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

/* Takes over columns. */
static json_t *features_document(const struct table *tables, uint32_t count,
                                 json_t *columns)
{
    json_t *others = json_object();
    for (uint32_t i = 1; others && i < count; i++) {
        json_t *array = columns_array(&tables[i]);
        if (!array || json_object_set_new(others, tables[i].name, array)) {
            json_decref(others);
            others = NULL;
        }
    }
    if (!others || !columns) {
        json_decref(others);
        json_decref(columns);
        return NULL;
    }
    return json_pack("{s:o, s:o}", "columns", columns, "tables", others);
}

static int add_bytes(const char *bytes, size_t size, void *output)
{
    output_add(output, bytes, size);
    return ((struct output *)output)->failed ? -1 : 0;
}

int emit_features_json(struct output *output, const struct table *tables,
                       uint32_t count)
{
    json_t *document =
        features_document(tables, count, columns_array(&tables[0]));
    if (!document)
        return -ENOMEM;
    int failed = json_dump_callback(document, add_bytes, output,
                                    JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(document);
    output_add_text(output, "\n");
    return failed || output->failed ? -ENOMEM : 0;
}
