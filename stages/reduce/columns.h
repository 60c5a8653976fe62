#ifndef SANDPIPER_STAGES_REDUCE_COLUMNS_H
#define SANDPIPER_STAGES_REDUCE_COLUMNS_H

/*
 * The columns of a row, in the order of the output: one list, from which come
 * the places in a row (here) and everything that is said about a column
 * (columns.c, COLUMNS). A new column is one entry in a columns_*.def and one
 * set_* in the feature function of its group.
 *
 * COLUMN(PLACE, name, TYPE, unit, definition, null rule, SAMPLE, ROUND,
 *        source)
 * PLACE gives COL_PLACE; TYPE is a COLUMN_ type, or for texts that tell of an
 * account ACCOUNT, NAME, POST or SHAPE (enum privacy); SAMPLE is SAMPLED if the
 * column means something on a 1 % sample of a stream, else WHOLE; ROUND is
 * ONE, or TWO for columns known only after the second round of reduce.
 */
enum column_place {
#define COLUMN(place, name, type, unit, definition, null_rule, sample, round,  \
               source)                                                         \
    COL_##place,
#include "stages/reduce/columns.def"
#undef COLUMN
    COL_COUNT
};

#endif
