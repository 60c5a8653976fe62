#include "stages/job.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From shards to what is published, and the end. */

bool job_open_run(struct job *job)
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
bool job_read_shards(struct job *job)
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

bool job_rejects_are_few(struct job *job)
{
    return rejects_within(&job->run, &job->options.max_rejects);
}

bool job_resolve_handles(struct job *job)
{
    if (parameters_resolve(&job->parameters) == 0)
        return true;
    run_out_of_memory(&job->run);
    return false;
}

bool job_begin_report(struct job *job)
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

bool job_reduce_and_write(struct job *job)
{
    if (!job_begin_report(job))
        return false;
    uint64_t start = profile_now();
    bool well = publish(&job->run, &job->topology, &job->publishing,
                        job->outdir, &job->report.counts);
    job->report.reduce_ns = profile_now() - start;
    job->report.seals = seal_count(job->run.seal);
    run_drop_segments(&job->run);
    return well && write_timings(job);
}

bool job_write_found(struct job *job)
{
    struct filter_report report = {.run = &job->run,
                                   .files = &job->filter_files,
                                   .filter = job->filter,
                                   .options = &job->options,
                                   .parameters = &job->parameters};
    if (!job_begin_report(job))
        return false;
    job->report.filter_files = &job->filter_files;
    return filter_publish(&report, job->outdir) && write_timings(job);
}

/* A report on standard output, which may be a full disk or a closed pipe. */
bool job_print(struct job *job, bool made, struct output *output)
{
    bool well = made && fwrite(output->bytes, 1, output->size, stdout) ==
                            output->size;
    output_free(output);
    if (!made)
        fault_raise(&job->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory for the report");
    return well;
}

bool job_printed(struct job *job)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    fault_raise(&job->fault, CODE_OUTPUT, NULL, UINT64_MAX, errno,
                "cannot write to standard output");
    return false;
}

void job_print_verified(struct job *job)
{
    struct ledger_input input = {.run = &job->run, .read_only = true,
                                 .parameters = &job->parameters};
    struct output output = {0};
    if (!ledger_balances(&input))
        return;
    if (job->options.json)
        (void)job_print(job, verify_json(&job->run, &output), &output);
    else
        verify_print(stdout, &job->run, job->options.quiet);
    if (job_printed(job) && !job->options.quiet)
        verify_print_speed(stderr, &job->run, job->report.read_ns,
                           job->report.io);
}

void job_say_what_was_done(struct job *job)
{
    job->done = true;
    if (!job->options.quiet)
        report_summary(stderr, &job->report);
    if (job->options.profile)
        report_profile(stderr, &job->report);
}

int job_end(struct job *job)
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
bool job_is_done_already(const struct job *job)
{
    return job->state && state_finished(job->state) &&
           publish_is_there(&job->run, &job->publishing, job->outdir);
}

int job_end_as_it_was(struct job *job)
{
    job->done = true;
    job_drop_state(job);
    if (!job->options.quiet)
        fprintf(stderr, "sandpiper: nothing to do: %s has the outputs of "
                        "these shards already\n", job->options.output);
    return job_end(job);
}
