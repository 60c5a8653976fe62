#include "stages/table_files.h"

#include "stages/emit/writers.h"

#include <stdlib.h>

const char *const TABLE_FORMAT_NAMES[TABLE_FORMATS] = {"csv", "jsonl",
                                                       "sqlite", "parquet"};

#define NAME_BYTES 48
#define WRITERS_MAX 2

struct table_files {
    struct table_files_options options;
    struct outdir *outdir;
    struct fault *fault;
    enum emit_format forms[EMIT_FORMATS];
    uint32_t form_count;
    struct output *outputs;          /* by lane */
    struct table_writer *writers[WRITERS_MAX];
    uint32_t writer_count;
    struct outfile *database;
};

static bool out_of_memory(struct table_files *files)
{
    if (!fault_raised(files->fault))
        fault_raise(files->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while writing tables");
    return false;
}

/* ---- opening ------------------------------------------------------------- */

static bool add_writer(struct table_files *files, struct table_writer *writer)
{
    if (writer)
        files->writers[files->writer_count++] = writer;
    return writer != NULL;
}

static bool open_database(struct table_files *files)
{
    char path[OUTFILE_PATH_MAX];
    files->database = outfile_create(files->outdir, TABLE_FILES_DATABASE);
    if (!files->database)
        return false;
    outfile_path(files->database, path);
    return add_writer(files, sqlite_writer_open(path, files->fault));
}

static bool open_parquet(struct table_files *files,
                         const struct memory *memory)
{
    char folder[OUTFILE_PATH_MAX];
    outdir_staging_path(files->outdir, folder);
    return add_writer(files, parquet_writer_open(folder, memory->limit / 4,
                                                 files->fault));
}

static void choose_forms(struct table_files *files)
{
    const bool *formats = files->options.formats;
    if (formats[FORMAT_CSV])
        files->forms[files->form_count++] = EMIT_CSV;
    if (formats[FORMAT_JSONL])
        files->forms[files->form_count++] = EMIT_JSONL;
    if (formats[FORMAT_SQLITE] || formats[FORMAT_PARQUET])
        files->forms[files->form_count++] = EMIT_PACKED;
}

struct table_files *table_files_open(const struct table_files_options *options,
                                     struct outdir *outdir,
                                     struct memory *memory,
                                     struct fault *fault)
{
    struct table_files *files = calloc(1, sizeof *files);
    if (!files) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory while writing tables");
        return NULL;
    }
    *files = (struct table_files){.options = *options, .outdir = outdir,
                                  .fault = fault};
    choose_forms(files);
    files->outputs = calloc(options->lanes, sizeof *files->outputs);
    bool well = files->outputs || out_of_memory(files);
    if (well && options->formats[FORMAT_SQLITE])
        well = open_database(files);
    if (well && options->formats[FORMAT_PARQUET])
        well = open_parquet(files, memory);
    if (well)
        return files;
    table_files_close(files);
    return NULL;
}

static bool end_database(struct table_files *files)
{
    bool well = !files->database || outfile_end(files->database);
    files->database = NULL;
    return well;
}

void table_files_close(struct table_files *files)
{
    if (!files)
        return;
    for (uint32_t i = 0; i < files->writer_count; i++)
        files->writers[i]->close(files->writers[i]);
    (void)end_database(files);
    for (uint32_t i = 0; files->outputs && i < files->options.lanes; i++)
        output_free(&files->outputs[i]);
    free(files->outputs);
    free(files);
}

/* ---- rows ---------------------------------------------------------------- */

uint32_t table_files_forms(const struct table_files *files)
{
    return files->form_count;
}

struct text table_files_format(void *context, uint32_t lane,
                               enum table_id table, uint32_t form,
                               uint32_t first, uint32_t last,
                               const struct value *row)
{
    struct table_files *files = context;
    struct output *output = &files->outputs[lane];
    output->size = 0;
    emit_cells(output, files->forms[form], &files->options.schema[table],
               first, last, row);
    if (output->failed)
        return (struct text){NULL, 0};
    return (struct text){output->bytes ? output->bytes : "",
                         (uint32_t)output->size};
}

static bool write_text(void *context, const void *bytes, size_t size)
{
    return outfile_write(context, bytes, size);
}

/* ---- one table ----------------------------------------------------------- */

/* What a table is written to while its rows are merged. */
struct table_sinks {
    const struct table *table;
    struct row_sink sinks[EMIT_FORMATS];
    struct outfile *texts[EMIT_FORMATS];
    struct outfile *parquet;
    struct packed_reader *packed;
};

static struct outfile *create_file(struct table_files *files,
                                   const struct table *table,
                                   enum table_format format)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s.%s", table->name,
             TABLE_FORMAT_NAMES[format]);
    return outfile_create(files->outdir, name);
}

static bool begin_text(struct table_files *files, struct table_sinks *sinks,
                       uint32_t form)
{
    struct output header = {0};
    bool csv = files->forms[form] == EMIT_CSV;
    struct outfile *file = create_file(files, sinks->table,
                                       csv ? FORMAT_CSV : FORMAT_JSONL);
    sinks->texts[form] = file;
    sinks->sinks[form] = (struct row_sink){write_text, file};
    emit_header(&header, files->forms[form], sinks->table);
    bool well = file && !header.failed &&
                (header.size == 0 ||
                 outfile_write(file, header.bytes, header.size));
    output_free(&header);
    return well;
}

static bool begin_packed(struct table_files *files,
                         struct table_sinks *sinks, uint32_t form)
{
    char path[OUTFILE_PATH_MAX] = "";
    if (files->options.formats[FORMAT_PARQUET]) {
        sinks->parquet = create_file(files, sinks->table, FORMAT_PARQUET);
        if (!sinks->parquet)
            return false;
        outfile_path(sinks->parquet, path);
    }
    for (uint32_t i = 0; i < files->writer_count; i++)
        if (!files->writers[i]->begin(files->writers[i], sinks->table, path))
            return false;
    sinks->packed = packed_reader_create(sinks->table, files->writers,
                                         files->writer_count);
    sinks->sinks[form] =
        (struct row_sink){packed_reader_take, sinks->packed};
    return sinks->packed != NULL;
}

static bool begin_table(struct table_files *files, struct table_sinks *sinks)
{
    bool well = true;
    for (uint32_t form = 0; form < files->form_count && well; form++)
        well = files->forms[form] == EMIT_PACKED
                   ? begin_packed(files, sinks, form)
                   : begin_text(files, sinks, form);
    return well;
}

static bool end_table(struct table_files *files, struct table_sinks *sinks,
                      bool well)
{
    for (uint32_t i = 0; i < files->writer_count && well && sinks->packed; i++)
        well = files->writers[i]->end(files->writers[i]);
    packed_reader_free(sinks->packed);
    for (uint32_t form = 0; form < files->form_count; form++)
        if (sinks->texts[form] && !outfile_end(sinks->texts[form]))
            well = false;
    if (sinks->parquet && !outfile_end(sinks->parquet))
        well = false;
    return well;
}

static bool write_table(struct table_files *files, struct reduce *reduce,
                        enum table_id table)
{
    struct table_sinks sinks = {.table = &files->options.schema[table]};
    bool well = begin_table(files, &sinks) &&
                reduce_merge(reduce, table, sinks.sinks);
    return end_table(files, &sinks, well);
}

bool table_files_write(struct table_files *files, struct reduce *reduce)
{
    bool well = true;
    for (uint32_t table = 0; table < TABLE_COUNT && well; table++)
        if (files->options.tables & TABLE_BIT(table))
            well = write_table(files, reduce, (enum table_id)table);
    for (uint32_t i = 0; i < files->writer_count && well; i++)
        well = files->writers[i]->finish(files->writers[i]);
    /* The database is written by now, and synced here. */
    if (!end_database(files))
        well = false;
    return well || out_of_memory(files);
}
