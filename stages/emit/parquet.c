#include "stages/emit/value_text.h"
#include "stages/emit/writers.h"

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/*
 * DuckDB's C API (duckdb.h of release 1.x), as far as it is used here. Its
 * library is no Debian package, so it is loaded when Parquet is asked for, and
 * what is called is declared here. It is opened by the thread that writes,
 * which is pinned to no processor: its own threads would inherit the pin.
 */
#define PATH_BYTES_MAX 512

typedef void *duck_handle;
struct duck_result {
    uint64_t deprecated[4];
    void *message;
    void *internal;
};

struct duck_calls {
    const char *(*library_version)(void);
    int (*open_ext)(const char *path, duck_handle *database,
                    duck_handle config, char **message);
    void (*close)(duck_handle *database);
    int (*connect)(duck_handle database, duck_handle *connection);
    void (*disconnect)(duck_handle *connection);
    int (*create_config)(duck_handle *config);
    int (*set_config)(duck_handle config, const char *name,
                      const char *option);
    void (*destroy_config)(duck_handle *config);
    int (*query)(duck_handle connection, const char *query,
                 struct duck_result *result);
    const char *(*result_error)(struct duck_result *result);
    void (*destroy_result)(struct duck_result *result);
    void (*free)(void *memory);
    int (*appender_create)(duck_handle connection, const char *schema,
                           const char *table, duck_handle *appender);
    int (*appender_close)(duck_handle appender);
    int (*appender_destroy)(duck_handle *appender);
    int (*appender_end_row)(duck_handle appender);
    const char *(*appender_error)(duck_handle appender);
    int (*append_null)(duck_handle appender);
    int (*append_bool)(duck_handle appender, bool value);
    int (*append_int64)(duck_handle appender, int64_t value);
    int (*append_double)(duck_handle appender, double value);
    int (*append_date)(duck_handle appender, int32_t days);
    int (*append_timestamp)(duck_handle appender, int64_t microseconds);
    int (*append_varchar_length)(duck_handle appender, const char *value,
                                 uint64_t length);
};

/* dlsym gives an object's address; POSIX says that it may be a function's. */
#define CALL(name) {"duckdb_" #name, offsetof(struct duck_calls, name)}
static const struct {
    const char *name;
    size_t place;
} CALLS[] = {
    CALL(library_version), CALL(open_ext),         CALL(close),
    CALL(connect),         CALL(disconnect),       CALL(create_config),
    CALL(set_config),      CALL(destroy_config),   CALL(query),
    CALL(result_error),    CALL(destroy_result),   CALL(free),
    CALL(appender_create), CALL(appender_close),   CALL(appender_destroy),
    CALL(appender_end_row), CALL(appender_error),  CALL(append_null),
    CALL(append_bool),     CALL(append_int64),     CALL(append_double),
    CALL(append_date),     CALL(append_timestamp), CALL(append_varchar_length),
};

struct parquet_writer {
    struct table_writer face;
    struct fault *fault;
    void *library;
    struct duck_calls calls;
    duck_handle database, connection, appender;
    const struct table *table;
    char path[PATH_BYTES_MAX];        /* of the table's file */
    char database_path[PATH_BYTES_MAX];
};

static bool fail(struct parquet_writer *writer, const char *doing,
                 const char *message)
{
    fault_raise(writer->fault, CODE_OUTPUT, NULL, UINT64_MAX, 0,
                "%s Parquet: %s", doing, message ? message : "no reason given");
    return false;
}

/* ---- the library --------------------------------------------------------- */

/* Beside the program, as quickstart and the install put it, or where asked. */
static void *open_library(void)
{
    const char *asked = getenv("SANDPIPER_DUCKDB");
    static const char *const beside[] = {"libduckdb.so",
                                         "../lib/sandpiper/libduckdb.so"};
    char program[PATH_BYTES_MAX], path[PATH_BYTES_MAX + 64];
    if (asked)
        return dlopen(asked, RTLD_NOW | RTLD_LOCAL);
    ssize_t size = readlink("/proc/self/exe", program, sizeof program - 1);
    program[size > 0 ? size : 0] = 0;
    char *slash = strrchr(program, '/');
    void *library = NULL;
    for (int i = 0; slash && !library && i < 2; i++) {
        snprintf(path, sizeof path, "%.*s/%s", (int)(slash - program),
                 program, beside[i]);
        library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    }
    return library ? library : dlopen("libduckdb.so", RTLD_NOW | RTLD_LOCAL);
}

static bool load_library(struct parquet_writer *writer)
{
    writer->library = open_library();
    if (!writer->library) {
        fault_raise(writer->fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    PARQUET_HOW_TO " (%s)", dlerror());
        return false;
    }
    for (size_t i = 0; i < sizeof CALLS / sizeof *CALLS; i++) {
        void *symbol = dlsym(writer->library, CALLS[i].name);
        if (!symbol) {
            fault_raise(writer->fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                        "this libduckdb.so has no %s; " PARQUET_HOW_TO,
                        CALLS[i].name);
            return false;
        }
        memcpy((char *)&writer->calls + CALLS[i].place, &symbol,
               sizeof symbol);
    }
    return true;
}

/* ---- statements ---------------------------------------------------------- */

static bool run(struct parquet_writer *writer, const char *doing,
                const char *statement)
{
    struct duck_result result = {0};
    bool well = writer->calls.query(writer->connection, statement,
                                    &result) == 0;
    if (!well)
        fail(writer, doing, writer->calls.result_error(&result));
    writer->calls.destroy_result(&result);
    return well;
}

static const char *type_name(enum column_type type)
{
    switch (type) {
    case COLUMN_INT:
        return "BIGINT";
    case COLUMN_REAL:
        return "DOUBLE";
    case COLUMN_TIME:
        return "TIMESTAMP";
    case COLUMN_DAY:
        return "DATE";
    case COLUMN_BOOL:
        return "BOOLEAN";
    default:
        return "VARCHAR";
    }
}

/* A text being put together; sticky when there is no room. */
struct statement {
    char *text;
    size_t size;
    FILE *stream;
};

static bool statement_open(struct statement *statement)
{
    *statement = (struct statement){0};
    statement->stream = open_memstream(&statement->text, &statement->size);
    return statement->stream != NULL;
}

static bool statement_run(struct parquet_writer *writer, const char *doing,
                          struct statement *statement)
{
    bool written = fclose(statement->stream) == 0 && statement->text;
    bool well = written ? run(writer, doing, statement->text)
                        : fail(writer, doing, "out of memory");
    free(statement->text);
    return well;
}

static bool create_table(struct parquet_writer *writer)
{
    const struct table *table = writer->table;
    struct statement statement;
    if (!statement_open(&statement))
        return fail(writer, "making a table of", "out of memory");
    fprintf(statement.stream, "CREATE TABLE \"%s\" (", table->name);
    for (uint32_t i = table->shown_first; i < table_shown_end(table); i++)
        if (table_shows(table, i))
            fprintf(statement.stream, "%s\"%s\" %s",
                    i > table->shown_first ? ", " : "",
                    table->columns[i].name,
                    type_name(table->columns[i].type));
    fputc(')', statement.stream);
    return statement_run(writer, "making a table of", &statement);
}

/* ---- rows ---------------------------------------------------------------- */

static bool parquet_begin(struct table_writer *face, const struct table *table,
                          const char *path)
{
    struct parquet_writer *writer = (struct parquet_writer *)face;
    writer->table = table;
    snprintf(writer->path, sizeof writer->path, "%s", path);
    if (!create_table(writer))
        return false;
    if (writer->calls.appender_create(writer->connection, NULL, table->name,
                                      &writer->appender) == 0)
        return true;
    return fail(writer, "writing", writer->appender
                                       ? writer->calls.appender_error(
                                             writer->appender)
                                       : NULL);
}

/* DuckDB counts microseconds in 64 bits; a time beyond is infinite there. */
static int64_t microseconds(int64_t ms)
{
    int64_t result;
    return __builtin_mul_overflow(ms, (int64_t)1000, &result)
               ? (ms < 0 ? -INT64_MAX : INT64_MAX)
               : result;
}

static int append(const struct duck_calls *calls, duck_handle appender,
                  enum column_type type, const struct value *value)
{
    if (value->null)
        return calls->append_null(appender);
    switch (type) {
    case COLUMN_INT:
        return calls->append_int64(appender, value->integer);
    case COLUMN_REAL:
        return calls->append_double(appender, value_as_printed(value));
    case COLUMN_TIME:
        return calls->append_timestamp(appender,
                                       microseconds(value->integer));
    case COLUMN_DAY:
        return calls->append_date(appender, (int32_t)value->integer);
    case COLUMN_BOOL:
        return calls->append_bool(appender, value->integer != 0);
    default:
        return calls->append_varchar_length(
            appender, value->text.size ? value->text.bytes : "",
            value->text.size);
    }
}

static bool parquet_row(struct table_writer *face, const struct value *row)
{
    struct parquet_writer *writer = (struct parquet_writer *)face;
    const struct table *table = writer->table;
    int status = 0;
    for (uint32_t i = 0; i < table->count && !status; i++)
        if (table_shows(table, i))
            status = append(&writer->calls, writer->appender,
                            table->columns[i].type, &row[i]);
    if (!status)
        status = writer->calls.appender_end_row(writer->appender);
    return !status || fail(writer, "writing",
                           writer->calls.appender_error(writer->appender));
}

static bool end_appender(struct parquet_writer *writer)
{
    if (!writer->appender)
        return true;
    bool well = writer->calls.appender_close(writer->appender) == 0 ||
                fail(writer, "writing",
                     writer->calls.appender_error(writer->appender));
    writer->calls.appender_destroy(&writer->appender);
    writer->appender = NULL;
    return well;
}

static bool parquet_end(struct table_writer *face)
{
    struct parquet_writer *writer = (struct parquet_writer *)face;
    struct statement statement;
    if (!end_appender(writer))
        return false;
    if (!statement_open(&statement))
        return fail(writer, "writing", "out of memory");
    fprintf(statement.stream,
            "COPY \"%s\" TO '%s' (FORMAT parquet, COMPRESSION zstd, "
            "ROW_GROUP_SIZE 122880, USE_TMP_FILE false)",
            writer->table->name, writer->path);
    if (!statement_run(writer, "writing", &statement) ||
        !statement_open(&statement))
        return false;
    fprintf(statement.stream, "DROP TABLE \"%s\"", writer->table->name);
    return statement_run(writer, "writing", &statement);
}

static bool parquet_finish(struct table_writer *face)
{
    (void)face;
    return true;
}

static void parquet_close(struct table_writer *face)
{
    struct parquet_writer *writer = (struct parquet_writer *)face;
    if (writer->appender)
        writer->calls.appender_destroy(&writer->appender);
    if (writer->connection)
        writer->calls.disconnect(&writer->connection);
    if (writer->database)
        writer->calls.close(&writer->database);
    if (writer->database_path[0]) {
        char log[PATH_BYTES_MAX + 8];
        unlink(writer->database_path);
        snprintf(log, sizeof log, "%s.wal", writer->database_path);
        unlink(log);
    }
    /* The library stays loaded: it has threads and state of its own. */
    free(writer);
}

/* ---- opening ------------------------------------------------------------- */

#define MEMORY_BYTES_MIN ((uint64_t)128 << 20)

static bool configure(struct parquet_writer *writer, duck_handle config,
                      const char *folder, uint64_t memory_bytes)
{
    char memory[32];
    uint64_t bytes =
        memory_bytes > MEMORY_BYTES_MIN ? memory_bytes : MEMORY_BYTES_MIN;
    snprintf(memory, sizeof memory, "%" PRIu64 "MiB", bytes >> 20);
    const char *const settings[][2] = {
        {"threads", "1"},
        {"memory_limit", memory},
        {"temp_directory", folder},
        {"preserve_insertion_order", "true"},
        {"autoinstall_known_extensions", "false"},
        {"autoload_known_extensions", "false"},
    };
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        if (writer->calls.set_config(config, settings[i][0], settings[i][1]))
            return fail(writer, "setting up", settings[i][0]);
    return true;
}

static bool open_database(struct parquet_writer *writer, const char *folder,
                          uint64_t memory_bytes)
{
    duck_handle config = NULL;
    char *message = NULL;
    snprintf(writer->database_path, sizeof writer->database_path,
             "%s/parquet.duckdb", folder);
    if (writer->calls.create_config(&config))
        return fail(writer, "setting up", NULL);
    bool well =
        configure(writer, config, folder, memory_bytes) &&
        (writer->calls.open_ext(writer->database_path, &writer->database,
                                config, &message) == 0 ||
         fail(writer, "setting up", message));
    writer->calls.free(message);
    writer->calls.destroy_config(&config);
    return well &&
           (writer->calls.connect(writer->database, &writer->connection) ==
                0 ||
            fail(writer, "setting up", NULL));
}

struct table_writer *parquet_writer_open(const char *folder,
                                         uint64_t memory_bytes,
                                         struct fault *fault)
{
    struct parquet_writer *writer = calloc(1, sizeof *writer);
    if (!writer) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while setting up Parquet");
        return NULL;
    }
    writer->face = (struct table_writer){parquet_begin, parquet_row,
                                         parquet_end, parquet_finish,
                                         parquet_close};
    writer->fault = fault;
    if (load_library(writer) && open_database(writer, folder, memory_bytes))
        return &writer->face;
    parquet_close(&writer->face);
    return NULL;
}
