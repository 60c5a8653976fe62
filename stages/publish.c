#include "stages/publish.h"

#include "stages/seal.h"

#include <stdlib.h>
#include <string.h>

static const char *const FORMAT_NAMES[EMIT_FORMATS] = {"csv", "jsonl"};

static uint32_t table_bit(const char *name, size_t size)
{
    for (uint32_t i = 0; i < TABLE_COUNT; i++)
        if (strlen(TABLES[i].name) == size &&
            memcmp(TABLES[i].name, name, size) == 0)
            return TABLE_BIT(i);
    return 0;
}

bool publish_tables(const char *list, uint32_t *tables, struct fault *fault)
{
    *tables = list ? 0 : TABLES_USUAL;
    while (list) {
        size_t size = strcspn(list, ",");
        uint32_t bit = table_bit(list, size);
        if (!bit) {
            fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                        "--tables %.*s: there is no such table", (int)size,
                        list);
            return false;
        }
        *tables |= bit;
        list = list[size] ? list + size + 1 : NULL;
    }
    return true;
}

static void add_name(struct publish_names *names, const char *stem,
                     const char *suffix)
{
    char *name = names->names[names->count];
    snprintf(name, PUBLISH_NAME_BYTES, "%s.%s", stem, suffix);
    names->list[names->count++] = name;
    names->list[names->count] = NULL;
}

void publish_names(const struct publish_options *options,
                   struct publish_names *names)
{
    names->count = 0;
    for (uint32_t table = 0; table < TABLE_COUNT; table++)
        for (int i = 0; i < EMIT_FORMATS; i++)
            if (options->formats[i] && (options->tables & TABLE_BIT(table)))
                add_name(names, TABLES[table].name, FORMAT_NAMES[i]);
    add_name(names, "features", "json");
    add_name(names, "ledger", "json");
    add_name(names, "manifest", "json");
    add_name(names, "rejects", "jsonl");
    add_name(names, "timings", "json");
}

/* ---- rows as text ------------------------------------------------------- */

struct row_formats {
    uint32_t count;
    enum emit_format formats[EMIT_FORMATS];
    struct output *outputs;          /* by lane */
    const struct pseudonyms *pseudonyms;     /* or NULL */
    struct pseudonym_room *rooms;            /* by lane */
};

static struct text format_cells(void *context, uint32_t lane,
                                enum table_id table, uint32_t format,
                                uint32_t first, uint32_t last,
                                const struct value *row)
{
    struct row_formats *rows = context;
    struct output *output = &rows->outputs[lane];
    output->size = 0;
    if (rows->pseudonyms)
        row = pseudonyms_row(rows->pseudonyms, &rows->rooms[lane],
                             &TABLES[table], first, last, row);
    if (!row)
        return (struct text){NULL, 0};
    emit_cells(output, rows->formats[format], &TABLES[table], first, last,
               row);
    if (output->failed)
        return (struct text){NULL, 0};
    return (struct text){output->bytes ? output->bytes : "",
                         (uint32_t)output->size};
}

static bool write_rows(void *context, const void *bytes, size_t size)
{
    return outfile_write(context, bytes, size);
}

/* ---- the rounds on all lanes -------------------------------------------- */

static void round_two(struct lane *lane, void *arg)
{
    reduce_round_two(arg, lane->index);
}

static int reduce_lane_work(struct lane *lane)
{
    reduce_round_one(lane->context, lane->index);
    lanes_meet(lane, round_two, lane->context);
    return fault_raised(lane->fault);
}

static bool run_rounds(struct run *run, const struct topology *topology,
                       struct reduce *reduce)
{
    struct lanes *lanes =
        lanes_create(run->plan, topology, run->fault, reduce);
    if (!lanes) {
        run_out_of_memory(run);
        return false;
    }
    (void)lanes_run(lanes, reduce_lane_work);
    lanes_destroy(lanes);
    return !fault_raised(run->fault);
}

static struct outfile *begin_file(struct outdir *outdir,
                                  const struct table *table,
                                  enum emit_format format)
{
    char name[PUBLISH_NAME_BYTES];
    struct output header = {0};
    snprintf(name, sizeof name, "%s.%s", table->name, FORMAT_NAMES[format]);
    struct outfile *file = outfile_create(outdir, name);
    emit_header(&header, format, table);
    bool well = file && !header.failed &&
                outfile_write(file, header.bytes, header.size);
    output_free(&header);
    if (file && !well) {
        (void)outfile_end(file);
        file = NULL;
    }
    return file;
}

/* One table in every format. */
static bool merge_table(struct reduce *reduce, enum table_id table,
                        const struct row_formats *rows, struct outdir *outdir)
{
    struct row_sink sinks[EMIT_FORMATS];
    struct outfile *files[EMIT_FORMATS] = {0};
    bool well = true;
    for (uint32_t i = 0; i < rows->count && well; i++) {
        files[i] = begin_file(outdir, &TABLES[table], rows->formats[i]);
        sinks[i] = (struct row_sink){write_rows, files[i]};
        well = files[i] != NULL;
    }
    well = well && reduce_merge(reduce, table, sinks);
    for (uint32_t i = 0; i < rows->count; i++)
        if (files[i] && !outfile_end(files[i]))
            well = false;
    return well;
}

static bool merge_tables(struct run *run, struct reduce *reduce,
                         const struct publish_options *options,
                         const struct row_formats *rows, struct outdir *outdir)
{
    bool well = true;
    for (uint32_t table = 0; table < TABLE_COUNT && well; table++)
        if (options->tables & TABLE_BIT(table))
            well = merge_table(reduce, (enum table_id)table, rows, outdir);
    if (!well && !fault_raised(run->fault))
        run_out_of_memory(run);
    return well;
}

static bool write_tables(struct run *run, const struct topology *topology,
                         const struct publish_options *options,
                         struct row_formats *rows, struct outdir *outdir,
                         struct reduce_counts *counts)
{
    const struct dictionaries *names;
    if (!seal_join(run->seal, &names))
        return false;
    struct reduce_options reduce_options = {
        .lanes = run->options.lanes, .partitions = run->plan->partitions,
        .memory = run->memory, .fault = run->fault,
        .directory = outdir_staging(outdir), .names = names,
        .features = options->features, .open_part = seal_open_part,
        .open_context = run->seal, .format = format_cells,
        .format_context = rows, .formats = rows->count,
        .tables = options->tables, .accounts = options->accounts,
        .core = options->core, .posts_min = options->posts_min,
        .pseudonyms = options->pseudonyms};
    struct reduce *reduce = reduce_create(&reduce_options);
    if (!reduce)
        return false;
    bool well = run_rounds(run, topology, reduce) &&
                merge_tables(run, reduce, options, rows, outdir);
    *counts = reduce_counts(reduce);
    reduce_destroy(reduce);
    return well;
}

/* ---- the files beside them ---------------------------------------------- */

bool publish_file(struct outdir *outdir, const char *name,
                  const struct output *output)
{
    struct outfile *file = outfile_create(outdir, name);
    if (!file)
        return false;
    bool written = output->size == 0 ||
                   outfile_write(file, output->bytes, output->size);
    return outfile_end(file) && written;
}

static bool features_json(const struct ledger_input *input,
                          struct output *output)
{
    (void)input;
    return emit_features_json(output, TABLES, TABLE_COUNT) == 0;
}

static bool write_beside(struct outdir *outdir,
                         const struct ledger_input *input)
{
    static const struct {
        const char *name;
        bool (*make)(const struct ledger_input *, struct output *);
    } files[] = {{"features.json", features_json},
                 {"ledger.json", ledger_json},
                 {"manifest.json", manifest_json},
                 {"rejects.jsonl", rejects_jsonl}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct output output = {0};
        bool made = files[i].make(input, &output);
        bool written = made && publish_file(outdir, files[i].name, &output);
        output_free(&output);
        if (!made)
            fault_raise(input->run->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                        "out of memory while writing %s", files[i].name);
        if (!written)
            return false;
    }
    return true;
}

static bool create_rooms(struct row_formats *rows, uint32_t lanes)
{
    rows->outputs = calloc(lanes, sizeof *rows->outputs);
    rows->rooms = calloc(lanes, sizeof *rows->rooms);
    return rows->outputs && rows->rooms;
}

static void free_rooms(struct row_formats *rows, uint32_t lanes)
{
    for (uint32_t i = 0; rows->outputs && i < lanes; i++)
        output_free(&rows->outputs[i]);
    for (uint32_t i = 0; rows->rooms && i < lanes; i++)
        pseudonym_room_free(&rows->rooms[i]);
    free(rows->outputs);
    free(rows->rooms);
}

bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts)
{
    struct row_formats rows = {.pseudonyms = options->pseudonyms};
    char formats[32] = "";
    for (int i = 0; i < EMIT_FORMATS; i++)
        if (options->formats[i]) {
            if (rows.count > 0)
                strcat(formats, ",");
            strcat(formats, FORMAT_NAMES[i]);
            rows.formats[rows.count++] = (enum emit_format)i;
        }
    bool well = create_rooms(&rows, run->options.lanes);
    if (!well)
        run_out_of_memory(run);
    well = well && write_tables(run, topology, options, &rows, outdir, counts);
    free_rooms(&rows, run->options.lanes);
    struct ledger_input input = {
        .run = run, .counts = *counts, .tables = options->tables,
        .all_accounts = !options->accounts,
        .utc_offset_minutes = options->features.utc_offset_minutes,
        .line_bytes_max = options->line_bytes_max, .formats = formats,
        .pseudonyms = options->pseudonyms, .posts_min = options->posts_min};
    return well && ledger_balances(&input) && write_beside(outdir, &input);
}
