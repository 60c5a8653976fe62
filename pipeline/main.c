#include "pipeline/options.h"
#include "pipeline/signals.h"
#include "stages/stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything a run has, for main's steps below. */
struct job {
    struct options options;
    struct fault fault;
    struct topology topology;
    struct plan plan;
    struct memory memory;
    struct shards shards;
    struct dictionary_files dictionaries;
    struct parameters parameters;
    struct filter *filter;
    struct filter_files filter_files;
    struct outdir *outdir;
    struct progress *progress;
    struct run run;
    struct publish_options publishing;
    struct report report;
    enum isa isa;
    bool have_memory, have_parameters, have_run;
};

static bool choose_isa(struct job *job)
{
    const char *name = job->options.isa;
    int isa = name ? isa_from_name(name) : (int)isa_best();
    if (isa < 0) {
        fault_raise(&job->fault, CODE_USAGE, NULL, UINT64_MAX, 0,
                    "--isa %s: there is scalar, avx2 and avx512", name);
        return false;
    }
    if (!isa_runs_here((enum isa)isa)) {
        fault_raise(&job->fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "--isa %s does not run on this processor; %s does", name,
                    isa_name(isa_best()));
        return false;
    }
    job->isa = (enum isa)isa;
    return true;
}

static bool make_plan(struct job *job)
{
    const struct options *options = &job->options;
    struct plan_request request = {.threads = options->threads,
                                   .memory_bytes = options->memory_bytes,
                                   .line_bytes_max = options->line_bytes_max,
                                   .smt = true};
    struct plan_refusal refusal;
    int error = topology_read(&job->topology, NULL);
    if (error) {
        fault_raise(&job->fault, CODE_PLAN, NULL, UINT64_MAX, -error,
                    "cannot read the machine's topology");
        return false;
    }
    if (plan_make(&job->plan, &job->topology, &request, &refusal) != PLAN_OK) {
        fault_raise(&job->fault, CODE_PLAN, NULL, UINT64_MAX, 0, "%s",
                    refusal.sentence);
        return false;
    }
    memory_init(&job->memory, job->plan.memory_bytes,
                job->plan.reserve_bytes);
    job->have_memory = true;
    return true;
}

static void say_what_is_not_read(const struct shards *shards)
{
    char name[PRINTABLE_NAME_BYTES], first[PRINTABLE_NAME_BYTES];
    for (size_t i = 0; i < shards->repeat_count; i++)
        fprintf(stderr,
                "sandpiper: %s is the same file as %s; it is read once\n",
                printable_name(name, sizeof name, shards->repeats[i].name),
                printable_name(first, sizeof first, shards->repeats[i].first));
    if (shards->passed.other_suffix)
        fprintf(stderr,
                "sandpiper: %llu files in the folders have other suffixes "
                "than shards have and are not read; name them one by one to "
                "read them\n",
                (unsigned long long)shards->passed.other_suffix);
}

static bool collect_shards(struct job *job)
{
    const char *skip[] = {job->options.output};
    struct shards_request request = {
        .inputs = (const char *const *)job->options.inputs,
        .input_count = job->options.input_count,
        .skip_folders = skip, .skip_folder_count = 1};
    if (shards_collect(&job->shards, &request, &job->memory, &job->fault) !=
        CODE_DONE)
        return false;
    say_what_is_not_read(&job->shards);
    return dictionary_files_read(&job->dictionaries, job->options.dictionaries,
                             job->options.dictionary_count, &job->fault);
}

/* Of a filter the accounts are its own: a handle is that of a record. */
static bool read_parameters(struct job *job)
{
    struct options asked = job->options;
    if (asked.command == COMMAND_FILTER)
        asked.accounts = NULL;
    job->have_parameters = true;
    return parameters_open(&job->parameters, &asked,
                           job->plan.line_bytes_max, &job->memory,
                           job->plan.lane_count, &job->fault);
}

static bool read_filter(struct job *job)
{
    const struct options *options = &job->options;
    struct filter_request request = {
        .accounts = options->accounts,
        .hashtags = options->hashtags,
        .hashtag_count = options->hashtag_count,
        .words = options->words,
        .word_count = options->word_count,
        .since = job->parameters.since,
        .until = job->parameters.until,
        .any = options->match_any};
    job->filter = filter_create(&request, &job->fault);
    return job->filter != NULL;
}

static bool resolve_handles(struct job *job)
{
    if (parameters_resolve(&job->parameters) == 0)
        return true;
    run_out_of_memory(&job->run);
    return false;
}

static bool open_output(struct job *job)
{
    struct publish_names names;
    struct publish_options *publishing = &job->publishing;
    if (!publish_tables(job->options.tables, &publishing->tables,
                        &job->fault) ||
        !publish_columns(publishing, job->options.columns, &job->fault))
        return false;
    for (int i = 0; i < TABLE_FORMATS; i++)
        publishing->formats[i] = job->options.formats >> i & 1;
    publishing->parameters = &job->parameters;
    publish_names(publishing, &names);
    job->outdir =
        outdir_open(job->options.output, names.list, &job->fault, NULL);
    return job->outdir != NULL;
}

static bool open_found(struct job *job)
{
    job->outdir = outdir_open(job->options.output, FILTER_REPORT_NAMES,
                              &job->fault, NULL);
    return job->outdir != NULL;
}

static enum io_backend io_of(const char *name)
{
    return strcmp(name, "uring") == 0   ? IO_URING
           : strcmp(name, "pread") == 0 ? IO_PREAD
                                        : IO_AUTO;
}

/* All lanes, until every shard is read. */
static bool read_shards(struct job *job)
{
    struct run_options run_options = {job->isa, io_of(job->options.io),
                                      job->plan.lane_count,
                                      job->parameters.watch,
                                      job->parameters.since,
                                      job->parameters.until,
                                      &job->dictionaries, job->filter,
                                      .damaged = job->options.damaged};
    job->have_run = true;
    if (run_open(&job->run, &job->plan, &job->memory, &job->fault,
                 &job->shards, &run_options,
                 outdir_staging(job->outdir)) != CODE_DONE)
        return false;
    if (job->filter &&
        !filter_files_open(&job->filter_files, &job->run, job->outdir))
        return false;
    struct progress_options progress = {
        .total = {shards_bytes(&job->shards), job->shards.count},
        .counters = &job->run.progress, .fault = &job->fault,
        .quiet = job->options.quiet};
    struct lanes *lanes =
        lanes_create(&job->plan, &job->topology, &job->fault, &job->run);
    if (!lanes) {
        run_out_of_memory(&job->run);
        return false;
    }
    job->run.lanes = lanes;
    (void)progress_start(&job->progress, &progress);
    uint64_t start = profile_now();
    (void)lanes_run(lanes, run_lane);
    job->report.read_ns = profile_now() - start;
    progress_stop(job->progress);
    lanes_destroy(lanes);
    job->run.lanes = NULL;
    return !fault_raised(&job->fault) &&
           rejects_within(&job->run, &job->options.max_rejects);
}

static void begin_report(struct job *job)
{
    const struct source *source = job->run.lane_states[0].source;
    job->report.io = strdup(source_backend(source));
    job->report.io_reason = strdup(source_backend_reason(source));
    job->report.isa = isa_name(job->isa);
    job->report.run = &job->run;
    job->report.output = job->options.output;
    run_release_lanes(&job->run);
}

static bool write_timings(struct job *job)
{
    struct output timings = {0};
    bool well = report_timings(&job->report, &timings) &&
                publish_file(job->outdir, "timings.json", &timings);
    output_free(&timings);
    return well;
}

static bool reduce_and_write(struct job *job)
{
    begin_report(job);
    uint64_t start = profile_now();
    bool well = publish(&job->run, &job->topology, &job->publishing,
                        job->outdir, &job->report.counts);
    job->report.reduce_ns = profile_now() - start;
    job->report.seals = seal_count(job->run.seal);
    run_drop_segments(&job->run);
    return well && write_timings(job);
}

static bool write_found(struct job *job)
{
    struct filter_report report = {.run = &job->run,
                                   .files = &job->filter_files,
                                   .filter = job->filter,
                                   .options = &job->options,
                                   .parameters = &job->parameters};
    begin_report(job);
    job->report.filter_files = &job->filter_files;
    return filter_publish(&report, job->outdir) && write_timings(job);
}

static void say_what_was_done(const struct job *job)
{
    if (!job->options.quiet)
        report_summary(stderr, &job->report);
    if (job->options.profile)
        report_profile(stderr, &job->report);
}

static int end(struct job *job)
{
    int code = fault_raised(&job->fault) ? (int)job->fault.code : CODE_DONE;
    fault_print(&job->fault);
    if (job->have_run)
        run_close(&job->run);
    filter_files_close(&job->filter_files);
    outdir_close(job->outdir);
    filter_free(job->filter);
    if (job->have_parameters)
        parameters_close(&job->parameters);
    if (job->have_memory)
        shards_free(&job->shards);
    dictionary_files_free(&job->dictionaries);
    topology_release(&job->topology);
    free((char *)job->report.io);
    free((char *)job->report.io_reason);
    options_free(&job->options);
    free(job);
    return code;
}

/* The lines of the posts asked for, instead of rows. */
static int filter_main(struct job *job)
{
    if (!collect_shards(job) || !read_parameters(job) || !read_filter(job) ||
        !open_found(job))
        return end(job);

    /* Shards to files; from here on nothing more is read. */
    if (!read_shards(job))
        return end(job);

    /* What was found; then the new set stands in place of the old one. */
    if (!write_found(job) || !outdir_publish(job->outdir))
        return end(job);

    say_what_was_done(job);
    return end(job);
}

int main(int argc, char **argv)
{
    struct job *job = calloc(1, sizeof *job);
    int exit_code;
    if (!job)
        return CODE_MEMORY;
    if (options_read(&job->options, argc, argv, &exit_code)) {
        free(job);
        return exit_code;
    }
    signals_install();

    /* How to run; nothing of it changes an answer. */
    if (!choose_isa(job) || !make_plan(job))
        return end(job);
    if (job->options.plan_only) {
        plan_print(stdout, &job->plan, &job->topology);
        return end(job);
    }

    if (job->options.command == COMMAND_FILTER)
        return filter_main(job);

    /* What to read and where to write; from here on both are frozen. */
    if (!collect_shards(job) || !read_parameters(job) || !open_output(job))
        return end(job);

    /* Shards to tables; from here on nothing more is read. */
    if (!read_shards(job))
        return end(job);

    /* Tables to rows; then the new set stands in place of the old one. */
    if (!resolve_handles(job) || !reduce_and_write(job) ||
        !outdir_publish(job->outdir))
        return end(job);

    say_what_was_done(job);
    return end(job);
}
