#include "stages/publish.h"

#include "pipeline/check.h"
#include "stages/member_list.h"
#include "stages/seal.h"
#include "stages/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static uint32_t column_named(const char *name, size_t size)
{
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        if (strlen(COLUMNS[i].name) == size &&
            memcmp(COLUMNS[i].name, name, size) == 0)
            return i;
    return COLUMN_COUNT;
}

bool publish_columns(struct publish_options *options, const char *list,
                     struct fault *fault)
{
    struct table *accounts = &options->schema[TABLE_ACCOUNTS];
    memcpy(options->schema, TABLES, sizeof options->schema);
    CHECK(COLUMN_COUNT <= TABLE_ACCOUNTS_COLUMNS_MAX);
    if (!list)
        return true;
    accounts->shown = options->columns_shown;
    accounts->shown_first = COLUMN_COUNT;
    while (list) {
        size_t size = strcspn(list, ",");
        uint32_t column = column_named(list, size);
        if (column == COLUMN_COUNT) {
            fault_raise(fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                        "--columns %.*s: accounts have no such column; "
                        "docs/FEATURES.md has their names", (int)size, list);
            return false;
        }
        options->columns_shown[column] = true;
        if (column < accounts->shown_first)
            accounts->shown_first = column;
        if (column >= accounts->shown_end)
            accounts->shown_end = column + 1;
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
        for (int i = 0; i < TABLE_FORMATS; i++)
            if (i != FORMAT_SQLITE && options->formats[i] &&
                (options->tables & TABLE_BIT(table)))
                add_name(names, TABLES[table].name, TABLE_FORMAT_NAMES[i]);
    if (options->formats[FORMAT_SQLITE])
        add_name(names, "features", "sqlite");
    add_name(names, "features", "json");
    add_name(names, "ledger", "json");
    add_name(names, "manifest", "json");
    add_name(names, "rejects", "jsonl");
    add_name(names, "timings", "json");
}

void publish_formats(const struct publish_options *options,
                     char formats[PUBLISH_FORMATS_BYTES])
{
    formats[0] = '\0';
    for (int i = 0; i < TABLE_FORMATS; i++)
        if (options->formats[i]) {
            strcat(formats, *formats ? "," : "");
            strcat(formats, TABLE_FORMAT_NAMES[i]);
        }
}

static bool file_holds(int fd, const struct output *output)
{
    char part[4096];
    size_t at = 0;
    ssize_t got;
    while ((got = read(fd, part, sizeof part)) > 0) {
        if ((size_t)got > output->size - at ||
            memcmp(part, output->bytes + at, (size_t)got) != 0)
            return false;
        at += (size_t)got;
    }
    return got == 0 && at == output->size;
}

static bool has_file(const struct outdir *outdir, const char *name)
{
    int fd = outdir_open_before(outdir, name);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

bool publish_is_there(const struct run *run,
                      const struct publish_options *options,
                      const struct outdir *outdir)
{
    char formats[PUBLISH_FORMATS_BYTES];
    struct publish_names names;
    struct output manifest = {0};
    publish_formats(options, formats);
    publish_names(options, &names);
    struct ledger_input input = {.run = run, .tables = options->tables,
                                 .parameters = options->parameters,
                                 .formats = formats};
    const struct parameters *asked = options->parameters;
    /* Beside pseudonyms the manifest does not tell lists apart. */
    bool told = !asked->pseudonyms || (!asked->core && !asked->accounts);
    int fd = outdir_open_before(outdir, "manifest.json");
    bool there = told && fd >= 0 && manifest_json(&input, &manifest) &&
                 file_holds(fd, &manifest);
    for (uint32_t i = 0; i < names.count && there; i++)
        there = has_file(outdir, names.list[i]);
    if (fd >= 0)
        close(fd);
    output_free(&manifest);
    return there;
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

static bool write_tables(struct run *run, const struct topology *topology,
                         const struct publish_options *options,
                         struct table_files *files, struct outdir *outdir,
                         struct reduce_counts *counts)
{
    const struct dictionaries *names;
    if (!seal_join(run->seal, &names))
        return false;
    struct reduce_options reduce_options = {
        .lanes = run->options.lanes, .partitions = run->plan->partitions,
        .memory = run->memory, .fault = run->fault,
        .directory = outdir_staging(outdir), .names = names,
        .features = {options->parameters->utc_offset_minutes,
                     options->parameters->zone},
        .open_part = seal_open_part,
        .open_context = run->seal, .format = table_files_format,
        .format_context = files, .formats = table_files_forms(files),
        .tables = options->tables, .accounts = options->parameters->accounts,
        .core = options->parameters->core,
        .posts_min = options->parameters->min_posts,
        .pseudonyms = options->parameters->pseudonyms};
    struct reduce *reduce = reduce_create(&reduce_options);
    if (!reduce)
        return false;
    bool well = run_rounds(run, topology, reduce) &&
                table_files_write(files, reduce);
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

/* What was behind a mark when a process ended was read again: a copy may
 * stand in the segments more often than in the shards, and the ledger alone
 * knows how many there were. */
static void count_duplicates(const struct run *run,
                             struct reduce_counts *counts)
{
    uint64_t records = 0;
    for (struct ledger_walk walk = {0}; ledger_next(run, &walk);)
        records += walk.ledger->tally.post_records;
    if (records >= counts->posts &&
        records <= counts->posts + counts->duplicates)
        counts->duplicates = records - counts->posts;
}

bool publish(struct run *run, const struct topology *topology,
             const struct publish_options *options, struct outdir *outdir,
             struct reduce_counts *counts)
{
    char formats[PUBLISH_FORMATS_BYTES];
    struct table_files_options tables = {.tables = options->tables,
                                         .schema = options->schema,
                                         .lanes = run->options.lanes,
                                         .pseudonyms =
                                             options->parameters->pseudonyms};
    publish_formats(options, formats);
    for (int i = 0; i < TABLE_FORMATS; i++)
        tables.formats[i] = options->formats[i];
    struct table_files *files =
        table_files_open(&tables, outdir, run->memory, run->fault);
    bool well = files && write_tables(run, topology, options, files, outdir,
                                      counts);
    table_files_close(files);
    if (well && run->options.state && state_resumed(run->options.state))
        count_duplicates(run, counts);
    struct ledger_input input = {
        .run = run, .counts = *counts, .tables = options->tables,
        .parameters = options->parameters, .formats = formats};
    return well && ledger_balances(&input) && write_beside(outdir, &input);
}
