#include "pipeline/options.h"
#include "pipeline/signals.h"
#include "stages/stages.h"

#include <errno.h>
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
    struct state *state;
    char *state_path, *asked;
    struct run run;
    struct publish_options publishing;
    struct report report;
    enum isa isa;
    bool have_memory, have_parameters, have_run;
    bool done;
};

/* Before there is a run. */
static bool out_of_memory(struct job *job)
{
    fault_raise(&job->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                "out of memory");
    return false;
}

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
        fault_raise(&job->fault, error == -ENOMEM ? CODE_MEMORY : CODE_PLAN,
                    NULL, UINT64_MAX, -error,
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
    const char *skip[] = {job->options.output, job->state_path};
    struct shards_request request = {
        .inputs = (const char *const *)job->options.inputs,
        .input_count = job->options.input_count,
        .skip_folders = skip,
        .skip_folder_count =
            job->options.output ? 1 + (job->state_path != NULL) : 0};
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

/* Where the state is; NULL in job->state_path: there is none. */
static bool name_state(struct job *job)
{
    const struct options *options = &job->options;
    if (options->no_state)
        return true;
    int size = options->state
                   ? asprintf(&job->state_path, "%s", options->state)
                   : asprintf(&job->state_path, "%s/.sandpiper-state",
                              options->output);
    if (size >= 0)
        return true;
    job->state_path = NULL;
    return out_of_memory(job);
}

static struct reading reading_of(const struct job *job)
{
    const struct parameters *asked = &job->parameters;
    struct reading reading = {.since = asked->since, .until = asked->until,
                              .line_bytes_max = asked->line_bytes_max,
                              .salvage = asked->damaged == DAMAGED_SALVAGE,
                              .dictionaries = &job->dictionaries};
    parameters_handles_key(asked, reading.handles_key);
    return reading;
}

static void say_what_was_kept(const struct job *job)
{
    char name[PRINTABLE_NAME_BYTES];
    uint64_t bytes = state_bytes_done(job->state);
    if (job->options.quiet || !bytes || state_finished(job->state))
        return;
    fprintf(stderr,
            "sandpiper: going on with %s: %llu of %zu shards are read, %.3f "
            "GB\n",
            printable_name(name, sizeof name, job->state_path),
            (unsigned long long)state_shards_done(job->state),
            job->shards.count, (double)bytes / 1e9);
}

/* What an earlier process kept, if it is of this run. */
static bool open_state(struct job *job, enum state_use use)
{
    char formats[PUBLISH_FORMATS_BYTES];
    if (!job->state_path)
        return true;
    publish_formats(&job->publishing, formats);
    job->asked =
        manifest_asked(&job->parameters, formats, &job->dictionaries);
    if (!job->asked)
        return out_of_memory(job);
    job->state =
        state_open(job->state_path, use, &job->memory, &job->fault);
    struct state_request request = {.shards = &job->shards,
                                    .reading = reading_of(job),
                                    .asked = job->asked,
                                    .watch = job->parameters.watch};
    if (!job->state || !state_match(job->state, &request))
        return false;
    job->report.shards_before = state_shards_done(job->state);
    job->report.bytes_before = state_bytes_done(job->state);
    say_what_was_kept(job);
    return true;
}

static enum state_use use_of_run(const struct options *options)
{
    return options->restart ? STATE_RESTART
           : options->add   ? STATE_ADD
                            : STATE_RUN;
}

/* It was read with these, whatever the command line says now. */
static void take_reading(struct job *job)
{
    const struct reading *reading = state_reading(job->state);
    job->parameters.since = reading->since;
    job->parameters.until = reading->until;
    job->parameters.line_bytes_max = reading->line_bytes_max;
    job->parameters.damaged =
        reading->salvage ? DAMAGED_SALVAGE : DAMAGED_DROP;
}

static bool open_found(struct job *job)
{
    job->outdir = outdir_open(job->options.output, FILTER_REPORT_NAMES,
                              &job->fault, NULL);
    return job->outdir != NULL;
}

static bool open_run(struct job *job)
{
    bool reduce = job->options.command == COMMAND_REDUCE;
    struct run_options run_options = {
        .isa = job->isa, .io = source_backend_named(job->options.io),
        .lanes = job->plan.lane_count, .watch = job->parameters.watch,
        .since = job->parameters.since, .until = job->parameters.until,
        .dictionaries = reduce ? state_reading(job->state)->dictionaries
                               : &job->dictionaries,
        .filter = job->filter, .damaged = job->parameters.damaged,
        .state = job->state, .commit_bytes = job->options.commit_bytes,
        .verify = job->options.command == COMMAND_VERIFY};
    int directory = job->outdir ? outdir_staging(job->outdir) : -1;
    job->have_run = true;
    /* Without an output nothing is put aside, and nothing is sealed. */
    return run_open(&job->run, &job->plan, &job->memory, &job->fault,
                    &job->shards, &run_options, directory) == CODE_DONE;
}

/* All lanes, until every shard is read. */
static bool read_shards(struct job *job)
{
    if (job->state && state_finished(job->state))
        return true;
    if (job->filter &&
        !filter_files_open(&job->filter_files, &job->run, job->outdir))
        return false;
    struct progress_options progress = {
        .total = {shards_bytes(&job->shards), job->shards.count,
                  job->run.options.verify},
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
    return !fault_raised(&job->fault);
}

static bool rejects_are_few(struct job *job)
{
    return rejects_within(&job->run, &job->options.max_rejects);
}

static bool begin_report(struct job *job)
{
    const struct source *source = job->run.lane_states[0].source;
    job->report.io = strdup(source ? source_backend(source) : "none");
    job->report.io_reason = strdup(source ? source_backend_reason(source)
                                          : "every shard was read before");
    job->report.isa = isa_name(job->isa);
    job->report.run = &job->run;
    job->report.output = job->options.output;
    run_release_lanes(&job->run);
    if (!job->report.io || !job->report.io_reason)
        run_out_of_memory(&job->run);
    return job->report.io && job->report.io_reason;
}

static bool write_timings(struct job *job)
{
    struct output timings = {0};
    bool made = report_timings(&job->report, &timings);
    bool well = made && publish_file(job->outdir, "timings.json", &timings);
    output_free(&timings);
    if (!made)
        run_out_of_memory(&job->run);
    return well;
}

static bool reduce_and_write(struct job *job)
{
    if (!begin_report(job))
        return false;
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
    if (!begin_report(job))
        return false;
    job->report.filter_files = &job->filter_files;
    return filter_publish(&report, job->outdir) && write_timings(job);
}

/* A report on standard output, which may be a full disk or a closed pipe. */
static bool print_output(struct job *job, bool made, struct output *output)
{
    bool well = made && fwrite(output->bytes, 1, output->size, stdout) ==
                            output->size;
    output_free(output);
    if (!made)
        fault_raise(&job->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory for the report");
    return well;
}

static bool output_written(struct job *job)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fault_raise(&job->fault, CODE_OUTPUT, NULL, UINT64_MAX, errno,
                "cannot write to standard output");
    return false;
}

static void print_verified(struct job *job)
{
    struct ledger_input input = {.run = &job->run, .read_only = true,
                                 .parameters = &job->parameters};
    struct output output = {0};
    if (!ledger_balances(&input))
        return;
    if (job->options.json)
        (void)print_output(job, verify_json(&job->run, &output), &output);
    else
        verify_print(stdout, &job->run, job->options.quiet);
    if (output_written(job) && !job->options.quiet)
        verify_print_speed(stderr, &job->run, job->report.read_ns,
                           job->report.io);
}

/* Beside pseudonyms no state may stand that has the ids. */
static void drop_state(struct job *job)
{
    if (!job->state || !job->parameters.pseudonyms || job->options.state ||
        job->options.command == COMMAND_REDUCE)
        return;
    run_drop_segments(&job->run);
    state_discard(job->state);
    job->run.options.state = job->state = NULL;
}

static void say_what_was_done(struct job *job)
{
    job->done = true;
    if (!job->options.quiet)
        report_summary(stderr, &job->report);
    if (job->options.profile)
        report_profile(stderr, &job->report);
}

static int end(struct job *job)
{
    /* Whoever stops the work says why; 0 would mean that a set is there. */
    if (!job->done)
        fault_raise(&job->fault, CODE_BUG, NULL, UINT64_MAX, 0,
                    "the run ended without a reason");
    int code = fault_raised(&job->fault) ? (int)job->fault.code : CODE_DONE;
    fault_print(&job->fault);
    if (job->have_run)
        run_close(&job->run);
    filter_files_close(&job->filter_files);
    outdir_close(job->outdir);
    state_close(job->state);
    filter_free(job->filter);
    if (job->have_parameters)
        parameters_close(&job->parameters);
    if (job->have_memory)
        shards_free(&job->shards);
    dictionary_files_free(&job->dictionaries);
    topology_release(&job->topology);
    free((char *)job->report.io);
    free((char *)job->report.io_reason);
    free(job->state_path);
    free(job->asked);
    options_free(&job->options);
    free(job);
    return code;
}

/* The same finished command again. */
static bool is_done_already(const struct job *job)
{
    return job->state && state_finished(job->state) &&
           publish_is_there(&job->run, &job->publishing, job->outdir);
}

static int end_as_it_was(struct job *job)
{
    job->done = true;
    drop_state(job);
    if (!job->options.quiet)
        fprintf(stderr, "sandpiper: nothing to do: %s has the outputs of "
                        "these shards already\n", job->options.output);
    return end(job);
}

/* The lines of the posts asked for, instead of rows. */
static int filter_main(struct job *job)
{
    if (!collect_shards(job) || !read_parameters(job) || !read_filter(job) ||
        !open_found(job))
        return end(job);

    /* Shards to files; from here on nothing more is read. */
    if (!open_run(job) || !read_shards(job) || !rejects_are_few(job))
        return end(job);

    /* What was found; then the new set stands in place of the old one. */
    if (!write_found(job) || !outdir_publish(job->outdir))
        return end(job);

    say_what_was_done(job);
    return end(job);
}

/* Frames alone, and nothing of what they say: a report of damage. */
static int verify_main(struct job *job)
{
    if (!collect_shards(job) || !read_parameters(job) || !open_run(job) ||
        !read_shards(job))
        return end(job);
    if (!begin_report(job))
        return end(job);
    print_verified(job);
    job->done = true;
    bool damaged = verify_damaged_shards(&job->run) > 0;
    int code = end(job);
    return code == CODE_DONE && damaged ? CODE_REJECTS : code;
}

/* The same accounts, written again. */
static int reduce_main(struct job *job)
{
    shards_init(&job->shards, &job->memory);
    if (!name_state(job) || !read_parameters(job) ||
        !open_state(job, STATE_REDUCE))
        return end(job);
    take_reading(job);

    /* From here on it is a run that has read everything. */
    if (!open_output(job) || !open_run(job) || !resolve_handles(job) ||
        !reduce_and_write(job) || !outdir_publish(job->outdir))
        return end(job);

    say_what_was_done(job);
    return end(job);
}

/* What shards are made of. */
static int inspect_main(struct job *job)
{
    struct output output = {0};
    if (!collect_shards(job))
        return end(job);
    struct inspect inspect = {
        .plan = &job->plan, .memory = &job->memory, .fault = &job->fault,
        .shards = &job->shards, .dictionaries = &job->dictionaries,
        .io = source_backend_named(job->options.io), .isa = job->isa,
        .full = job->options.full};
    if (inspect_all(&inspect, &job->topology)) {
        if (job->options.json)
            (void)print_output(job, inspect_json(&inspect, &output), &output);
        else
            inspect_print(stdout, &inspect);
        (void)output_written(job);
    }
    inspect_close(&inspect);
    job->done = true;
    return end(job);
}

int main(int argc, char **argv)
{
    struct job *job = calloc(1, sizeof *job);
    int exit_code;
    if (!job) {
        fputs("sandpiper: out of memory at the start (exit 71: out of "
              "memory)\n", stderr);
        return CODE_MEMORY;
    }
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
        job->done = true;
        return end(job);
    }

    if (job->options.command == COMMAND_FILTER)
        return filter_main(job);
    if (job->options.command == COMMAND_REDUCE)
        return reduce_main(job);
    if (job->options.command == COMMAND_VERIFY)
        return verify_main(job);
    if (job->options.command == COMMAND_INSPECT)
        return inspect_main(job);

    /* What to read and where to write; from here on both are frozen. */
    if (!name_state(job) || !collect_shards(job) || !read_parameters(job) ||
        !open_output(job) || !open_state(job, use_of_run(&job->options)) ||
        !open_run(job))
        return end(job);

    /* Shards to tables; from here on nothing more is read. */
    if (!read_shards(job) || !rejects_are_few(job) || !resolve_handles(job))
        return end(job);
    if (is_done_already(job))
        return end_as_it_was(job);

    /* Tables to rows; then the new set stands in place of the old one. */
    if (!reduce_and_write(job) || !outdir_publish(job->outdir))
        return end(job);
    say_what_was_done(job);
    drop_state(job);
    return end(job);
}
