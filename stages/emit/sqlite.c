#include "stages/emit/output.h"
#include "stages/emit/value_text.h"
#include "stages/emit/writers.h"

#include <sqlite3.h>
#include <stdlib.h>

/*
 * The tables come one after the other with their rows in order, so a primary
 * key without a rowid is appended to and needs no index beside it. Journal and
 * syncs are off: a set that is not whole is never published, and whoever
 * publishes it syncs the file.
 */
struct sqlite_writer {
    struct table_writer face;
    struct fault *fault;
    sqlite3 *database;
    sqlite3_stmt *insert;
    const struct table *table;
};

/* A statement's text that could not be made leaves no error at the database:
 * there was no memory for it. */
static bool fail(struct sqlite_writer *writer, const char *doing)
{
    int code = writer->database ? sqlite3_errcode(writer->database)
                                : SQLITE_NOMEM;
    bool memory = code == SQLITE_NOMEM || code == SQLITE_OK;
    fault_raise(writer->fault, memory ? CODE_MEMORY : CODE_OUTPUT, NULL,
                UINT64_MAX, 0, "%s features.sqlite: %s", doing,
                memory ? "out of memory"
                       : sqlite3_errmsg(writer->database));
    return false;
}

static bool run(struct sqlite_writer *writer, const char *statement,
                const char *doing)
{
    return sqlite3_exec(writer->database, statement, NULL, NULL, NULL) ==
               SQLITE_OK ||
           fail(writer, doing);
}

static const char *type_name(enum column_type type)
{
    return type == COLUMN_INT || type == COLUMN_BOOL ? "INTEGER"
           : type == COLUMN_REAL                     ? "REAL"
                                                     : "TEXT";
}

/* Whether the columns that tell rows apart are all shown. */
static bool shows_keys(const struct table *table)
{
    for (uint32_t i = 0; i < table->keys; i++)
        if (!table_shows(table, i))
            return false;
    return true;
}

static void add_columns(sqlite3_str *text, const struct table *table)
{
    for (uint32_t i = table->shown_first; i < table_shown_end(table); i++)
        if (table_shows(table, i))
            sqlite3_str_appendf(text, "%s\"%w\" %s",
                                i > table->shown_first ? ", " : "",
                                table->columns[i].name,
                                type_name(table->columns[i].type));
}

static void add_primary_key(sqlite3_str *text, const struct table *table)
{
    for (uint32_t i = 0; i < table->keys; i++)
        sqlite3_str_appendf(text, "%s\"%w\"", i ? ", " : ", PRIMARY KEY (",
                            table->columns[i].name);
    sqlite3_str_appendall(text, ")");
}

static bool create_table(struct sqlite_writer *writer,
                         const struct table *table)
{
    sqlite3_str *text = sqlite3_str_new(writer->database);
    bool keyed = shows_keys(table);
    sqlite3_str_appendf(text, "CREATE TABLE \"%w\" (", table->name);
    add_columns(text, table);
    if (keyed)
        add_primary_key(text, table);
    sqlite3_str_appendall(text, keyed ? ") WITHOUT ROWID" : ")");
    char *statement = sqlite3_str_finish(text);
    bool well = statement ? run(writer, statement, "making a table of")
                          : fail(writer, "making a table of");
    sqlite3_free(statement);
    return well;
}

static bool prepare_insert(struct sqlite_writer *writer,
                           const struct table *table)
{
    sqlite3_str *text = sqlite3_str_new(writer->database);
    sqlite3_str_appendf(text, "INSERT INTO \"%w\" VALUES (", table->name);
    for (uint32_t i = table->shown_first; i < table_shown_end(table); i++)
        if (table_shows(table, i))
            sqlite3_str_appendall(text, i > table->shown_first ? ",?" : "?");
    sqlite3_str_appendall(text, ")");
    char *statement = sqlite3_str_finish(text);
    bool well = statement && sqlite3_prepare_v2(writer->database, statement,
                                                -1, &writer->insert, NULL) ==
                                 SQLITE_OK;
    sqlite3_free(statement);
    return well || fail(writer, "writing");
}

static bool sqlite_begin(struct table_writer *face, const struct table *table,
                         const char *path)
{
    struct sqlite_writer *writer = (struct sqlite_writer *)face;
    (void)path;
    writer->table = table;
    return create_table(writer, table) && prepare_insert(writer, table);
}

/* Texts stay where they are until the step; numbers as texts are short. */
static int bind(sqlite3_stmt *insert, int place, enum column_type type,
                const struct value *value, char text[VALUE_TEXT_MAX])
{
    if (value->null)
        return sqlite3_bind_null(insert, place);
    switch (type) {
    case COLUMN_TEXT:
        return sqlite3_bind_text64(insert, place,
                                   value->text.size ? value->text.bytes : "",
                                   value->text.size, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case COLUMN_REAL:
        return sqlite3_bind_double(insert, place, value_as_printed(value));
    case COLUMN_TIME:
    case COLUMN_DAY:
        return sqlite3_bind_text64(insert, place, text,
                                   value_text(text, type, value),
                                   SQLITE_TRANSIENT, SQLITE_UTF8);
    default:
        return sqlite3_bind_int64(insert, place, value->integer);
    }
}

static bool sqlite_row(struct table_writer *face, const struct value *row)
{
    struct sqlite_writer *writer = (struct sqlite_writer *)face;
    const struct table *table = writer->table;
    char text[VALUE_TEXT_MAX];
    int place = 0, status = SQLITE_OK;
    for (uint32_t i = 0; i < table->count && status == SQLITE_OK; i++)
        if (table_shows(table, i))
            status = bind(writer->insert, ++place, table->columns[i].type,
                          &row[i], text);
    if (status == SQLITE_OK && sqlite3_step(writer->insert) != SQLITE_DONE)
        status = SQLITE_ERROR;
    if (status != SQLITE_OK)
        return fail(writer, "writing");
    sqlite3_reset(writer->insert);
    return true;
}

static bool sqlite_end(struct table_writer *face)
{
    struct sqlite_writer *writer = (struct sqlite_writer *)face;
    sqlite3_finalize(writer->insert);
    writer->insert = NULL;
    return true;
}

static bool sqlite_finish(struct table_writer *face)
{
    struct sqlite_writer *writer = (struct sqlite_writer *)face;
    return run(writer, "COMMIT", "ending");
}

static void sqlite_close(struct table_writer *face)
{
    struct sqlite_writer *writer = (struct sqlite_writer *)face;
    sqlite3_finalize(writer->insert);
    sqlite3_close(writer->database);
    free(writer);
}

struct table_writer *sqlite_writer_open(const char *path, struct fault *fault)
{
    static const char SETTINGS[] =
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;"
        "PRAGMA temp_store=MEMORY; PRAGMA locking_mode=EXCLUSIVE;"
        "PRAGMA encoding='UTF-8'; BEGIN";
    struct sqlite_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while opening features.sqlite");
        return NULL;
    }
    *writer = (struct sqlite_writer){
        .face = {sqlite_begin, sqlite_row, sqlite_end, sqlite_finish,
                 sqlite_close},
        .fault = fault};
    if (sqlite3_open_v2(path, &writer->database, SQLITE_OPEN_READWRITE,
                        NULL) == SQLITE_OK
            ? run(writer, SETTINGS, "opening")
            : fail(writer, "opening"))
        return &writer->face;
    sqlite_close(&writer->face);
    return NULL;
}
