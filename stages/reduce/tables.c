#include "stages/reduce/tables.h"

#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"

#define SAMPLED true
#define WHOLE false
#define ROUND_ONE false
#define ROUND_TWO true

#define TABLE_BEGIN(place) static const struct column place##_TABLE[] = {
#define COLUMN(place, name, type, unit, definition, null_rule, sample, round,  \
               source)                                                         \
    {#name, COLUMN_##type, unit, definition, null_rule, sample,                \
     ROUND_##round, source},
#define TABLE_END(place)                                                       \
    }                                                                          \
    ;
#include "stages/reduce/tables.def"
#undef TABLE_BEGIN
#undef COLUMN
#undef TABLE_END

const struct table TABLES[TABLE_COUNT] = {
    [TABLE_ACCOUNTS] = {"accounts", COLUMNS, COL_COUNT, .keys = 2},
    [TABLE_DAYS] = {"days", DAYS_TABLE, DAYS_COLUMNS, .keys = 2},
    [TABLE_HASHTAGS] = {"hashtags", HASHTAGS_TABLE, HASHTAGS_COLUMNS, .keys = 2},
    [TABLE_HASHTAG_DAYS] = {"hashtag_days", HASHTAG_DAYS_TABLE,
                            HASHTAG_DAYS_COLUMNS, .keys = 3},
    [TABLE_CLIENTS] = {"clients", CLIENTS_TABLE, CLIENTS_COLUMNS, .keys = 2},
    [TABLE_LANGUAGES] = {"languages", LANGUAGES_TABLE, LANGUAGES_COLUMNS, .keys = 2},
    [TABLE_DOMAINS] = {"domains", DOMAINS_TABLE, DOMAINS_COLUMNS, .keys = 2},
    [TABLE_CREATED] = {"created", CREATED_TABLE, CREATED_COLUMNS, .keys = 2},
    [TABLE_POSTS] = {"posts", POSTS_TABLE, POSTS_COLUMNS, .keys = 3},
};
