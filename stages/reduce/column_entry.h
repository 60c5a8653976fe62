#ifndef SANDPIPER_STAGES_REDUCE_COLUMN_ENTRY_H
#define SANDPIPER_STAGES_REDUCE_COLUMN_ENTRY_H

/*
 * What a COLUMN of the .def files is as a struct column; columns.h says how it
 * is read. For columns.c and tables.c alone.
 */
#define SAMPLED true
#define WHOLE false
#define ROUND_ONE false
#define ROUND_TWO true

#define TYPE_TEXT COLUMN_TEXT, PRIVACY_NONE
#define TYPE_ACCOUNT COLUMN_TEXT, PRIVACY_ACCOUNT
#define TYPE_NAME COLUMN_TEXT, PRIVACY_NAME
#define TYPE_POST COLUMN_TEXT, PRIVACY_POST
#define TYPE_SHAPE COLUMN_TEXT, PRIVACY_SHAPE
#define TYPE_INT COLUMN_INT, PRIVACY_NONE
#define TYPE_REAL COLUMN_REAL, PRIVACY_NONE
#define TYPE_TIME COLUMN_TIME, PRIVACY_NONE
#define TYPE_BOOL COLUMN_BOOL, PRIVACY_NONE
#define TYPE_DAY COLUMN_DAY, PRIVACY_NONE

#define COLUMN_ENTRY(name, type, unit, definition, null_rule, sample, round,   \
                     source)                                                   \
    {#name, TYPE_##type, unit, definition, null_rule, sample, ROUND_##round,   \
     source},

#endif
