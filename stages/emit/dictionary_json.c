#include "stages/emit/emit.h"

#include <errno.h>
#include <jansson.h>

static const char *const TYPE_NAMES[] = {
    [COLUMN_TEXT] = "text", [COLUMN_INT] = "int",   [COLUMN_REAL] = "real",
    [COLUMN_TIME] = "time", [COLUMN_BOOL] = "0/1",
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

static json_t *columns_array(const struct column *columns, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t i = 0; array && i < count; i++) {
        if (json_array_append_new(array, column_object(&columns[i]))) {
            json_decref(array);
            array = NULL;
        }
    }
    return array;
}

static int add_bytes(const char *bytes, size_t size, void *output)
{
    output_add(output, bytes, size);
    return ((struct output *)output)->failed ? -1 : 0;
}

int emit_features_json(struct output *output, const struct column *columns,
                       uint32_t count)
{
    json_t *array = columns_array(columns, count);
    json_t *document = array ? json_pack("{s:o}", "columns", array) : NULL;
    if (!document)
        return -ENOMEM;
    int failed = json_dump_callback(document, add_bytes, output,
                                    JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(document);
    output_add_text(output, "\n");
    return failed || output->failed ? -ENOMEM : 0;
}
