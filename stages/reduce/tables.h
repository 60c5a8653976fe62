#ifndef SANDPIPER_STAGES_REDUCE_TABLES_H
#define SANDPIPER_STAGES_REDUCE_TABLES_H

/*
 * The places of the columns in rows of the tables beside accounts, as
 * columns.h has them for accounts: DAYS_POSTS is the place of `posts` in a row
 * of `days`, DAYS_COLUMNS how many columns it has.
 */
#define TABLE_BEGIN(place) enum place##_place {
#define COLUMN(place, name, type, unit, definition, null_rule, sample, round,  \
               source)                                                         \
    place,
#define TABLE_END(place)                                                       \
    place##_COLUMNS                                                            \
    }                                                                          \
    ;
#include "stages/reduce/tables.def"
#undef TABLE_BEGIN
#undef COLUMN
#undef TABLE_END

#endif
