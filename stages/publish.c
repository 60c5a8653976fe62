#include "stages/publish.h"

#include "stages/seal.h"

#include <stdlib.h>
#include <string.h>

static const char *const FORMAT_FILES[EMIT_FORMATS] = {"accounts.csv",
                                                       "accounts.jsonl"};
static const char *const FORMAT_NAMES[EMIT_FORMATS] = {"csv", "jsonl"};

void publish_names(const struct publish_options *options,
                   const char *names[PUBLISH_FILES_MAX])
{
    uint32_t count = 0;
    for (int i = 0; i < EMIT_FORMATS; i++)
        if (options->formats[i])
            names[count++] = FORMAT_FILES[i];
    names[count++] = "features.json";
    names[count++] = "ledger.json";
    names[count++] = "manifest.json";
    names[count++] = "rejects.jsonl";
    names[count++] = "timings.json";
    names[count] = NULL;
}

/* ---- rows as text ------------------------------------------------------- */

struct row_formats {
    uint32_t count;
    enum emit_format formats[EMIT_FORMATS];
    struct output *outputs;          /* by lane */
};

static struct text format_cells(void *context, uint32_t lane, uint32_t format,
                                uint32_t first, uint32_t last,
                                const struct value *row)
{
    struct row_formats *rows = context;
    struct output *output = &rows->outputs[lane];
    output->size = 0;
    emit_cells(output, rows->formats[format], COLUMNS, COLUMN_COUNT, first,
               last, row);
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

static bool merge_rows(struct run *run, struct reduce *reduce,
                       struct row_formats *rows, struct outdir *outdir)
{
    struct row_sink sinks[EMIT_FORMATS];
    struct outfile *files[EMIT_FORMATS] = {0};
    bool well = true;
    for (uint32_t i = 0; i < rows->count && well; i++) {
        enum emit_format format = rows->formats[i];
        struct output header = {0};
        files[i] = outfile_create(outdir, FORMAT_FILES[format]);
        sinks[i] = (struct row_sink){write_rows, files[i]};
        emit_header(&header, format, COLUMNS, COLUMN_COUNT);
        well = files[i] && !header.failed &&
               outfile_write(files[i], header.bytes, header.size);
        output_free(&header);
    }
    well = well && reduce_merge(reduce, sinks);
    for (uint32_t i = 0; i < rows->count; i++)
        if (files[i] && !outfile_end(files[i]))
            well = false;
    if (!well && !fault_raised(run->fault))
        run_out_of_memory(run);
    return well;
}

static bool write_accounts(struct run *run, const struct topology *topology,
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
        .format_context = rows, .formats = rows->count};
    struct reduce *reduce = reduce_create(&reduce_options);
    if (!reduce)
        return false;
    bool well = run_rounds(run, topology, reduce) &&
                merge_rows(run, reduce, rows, outdir);
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
    return emit_features_json(output, COLUMNS, COLUMN_COUNT) == 0;
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

bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts)
{
    struct row_formats rows = {0};
    char formats[32] = "";
    for (int i = 0; i < EMIT_FORMATS; i++)
        if (options->formats[i]) {
            if (rows.count > 0)
                strcat(formats, ",");
            strcat(formats, FORMAT_NAMES[i]);
            rows.formats[rows.count++] = (enum emit_format)i;
        }
    rows.outputs = calloc(run->options.lanes, sizeof *rows.outputs);
    if (!rows.outputs) {
        run_out_of_memory(run);
        return false;
    }
    bool well =
        write_accounts(run, topology, options, &rows, outdir, counts);
    for (uint32_t i = 0; i < run->options.lanes; i++)
        output_free(&rows.outputs[i]);
    free(rows.outputs);
    struct ledger_input input = {
        .run = run, .counts = *counts,
        .utc_offset_minutes = options->features.utc_offset_minutes,
        .line_bytes_max = options->line_bytes_max, .formats = formats};
    return well && ledger_balances(&input) && write_beside(outdir, &input);
}
