#include "stages/reduce/column_entry.h"
#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"

const struct column COLUMNS[] = {
#define COLUMN(place, name, type, unit, definition, null_rule, sample, round,  \
               source)                                                         \
    COLUMN_ENTRY(name, type, unit, definition, null_rule, sample, round, source)
#include "stages/reduce/columns.def"
#undef COLUMN
};
const uint32_t COLUMN_COUNT = sizeof COLUMNS / sizeof COLUMNS[0];

_Static_assert(sizeof COLUMNS / sizeof COLUMNS[0] == COL_COUNT,
               "a place for every column");
