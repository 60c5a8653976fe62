#ifndef SANDPIPER_STAGES_EMIT_WRITERS_H
#define SANDPIPER_STAGES_EMIT_WRITERS_H

#include "pipeline/fault.h"
#include "stages/units.h"

/*
 * Outputs that a library writes, and that want values and not text: SQLite
 * and Parquet. Rows come to them as EMIT_PACKED bytes, so that they pass
 * through the same runs and merges as all others.
 *
 * A writer belongs to one thread. Calls that return false have raised the
 * fault (CODE_OUTPUT, CODE_MEMORY). The path of a file leads to an empty file
 * of the output set, which is written in place; syncing it is the caller's.
 */
struct table_writer {
    /* A table begins; path: of its own file, if the writer has one each. */
    bool (*begin)(struct table_writer *writer, const struct table *table,
                  const char *path);
    /* The columns that the table shows; texts are borrowed. */
    bool (*row)(struct table_writer *writer, const struct value *row);
    bool (*end)(struct table_writer *writer);       /* of the table */
    bool (*finish)(struct table_writer *writer);    /* of all */
    void (*close)(struct table_writer *writer);     /* in any case; frees */
};

/* One database of all tables at path; rows of accounts and posts can be found
 * by account. Integers are INTEGER, real numbers REAL (as printed, 9 digits),
 * everything else is TEXT as in CSV, ids too. NULL: a fault was raised. */
struct table_writer *sqlite_writer_open(const char *path,
                                        struct fault *fault);

/* A Parquet file for each table, through DuckDB's library, which is loaded
 * now. Integers are BIGINT, real numbers DOUBLE (as printed), times TIMESTAMP
 * (UTC), days DATE, 0/1 BOOLEAN, texts VARCHAR. Rows wait in a database in
 * folder, which is removed in the end; memory_bytes bounds the library. NULL:
 * a fault was raised; where there is no library it says how to get it. */
struct table_writer *parquet_writer_open(const char *folder,
                                         uint64_t memory_bytes,
                                         struct fault *fault);
#define PARQUET_HOW_TO                                                         \
    "Parquet is written through DuckDB's library: run ./scripts/quickstart "   \
    "--with-parquet, or set SANDPIPER_DUCKDB to a libduckdb.so"

/* A sink of packed rows (reduce.h, struct row_sink) that hands them to all
 * writers. NULL: out of memory. */
struct packed_reader;
struct packed_reader *packed_reader_create(
    const struct table *table, struct table_writer *const *writers,
    uint32_t writer_count);
void packed_reader_free(struct packed_reader *reader);
/* False: out of memory, or a writer's fault. */
bool packed_reader_take(void *reader, const void *bytes, size_t size);
/* Nothing of a row is left. */
bool packed_reader_ended(const struct packed_reader *reader);

#endif
