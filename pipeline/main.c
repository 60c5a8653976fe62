#include "pipeline/signals.h"
#include "stages/job.h"

#include <stdio.h>
#include <stdlib.h>

/* The lines of the posts asked for, instead of rows. */
static int filter_main(struct job *job)
{
    if (!job_collect_shards(job) || !job_read_parameters(job) || !job_read_filter(job) ||
        !job_open_found(job))
        return job_end(job);

    /* Shards to files; from here on nothing more is read. */
    if (!job_open_run(job) || !job_read_shards(job) || !job_rejects_are_few(job))
        return job_end(job);

    /* What was found; then the new set stands in place of the old one. */
    if (!job_write_found(job) || !outdir_publish(job->outdir))
        return job_end(job);

    job_say_what_was_done(job);
    return job_end(job);
}

/* Frames alone, and nothing of what they say: a report of damage. */
static int verify_main(struct job *job)
{
    if (!job_collect_shards(job) || !job_read_parameters(job) || !job_open_run(job) ||
        !job_read_shards(job))
        return job_end(job);
    if (!job_begin_report(job))
        return job_end(job);
    job_print_verified(job);
    job->done = true;
    bool damaged = verify_damaged_shards(&job->run) > 0;
    int code = job_end(job);
    return code == CODE_DONE && damaged ? CODE_REJECTS : code;
}

/* The same accounts, written again. */
static int reduce_main(struct job *job)
{
    shards_init(&job->shards, &job->memory);
    if (!job_name_state(job) || !job_read_parameters(job) ||
        !job_open_state(job, STATE_REDUCE))
        return job_end(job);
    job_take_reading(job);

    /* From here on it is a run that has read everything. */
    if (!job_open_output(job) || !job_open_run(job) || !job_resolve_handles(job) ||
        !job_reduce_and_write(job) || !outdir_publish(job->outdir))
        return job_end(job);

    job_say_what_was_done(job);
    return job_end(job);
}

/* What shards are made of. */
static int inspect_main(struct job *job)
{
    struct output output = {0};
    if (!job_collect_shards(job))
        return job_end(job);
    struct inspect inspect = {
        .plan = &job->plan, .memory = &job->memory, .fault = &job->fault,
        .shards = &job->shards, .dictionaries = &job->dictionaries,
        .io = source_backend_named(job->options.io), .isa = job->isa,
        .full = job->options.full};
    if (inspect_all(&inspect, &job->topology)) {
        if (job->options.json)
            (void)job_print(job, inspect_json(&inspect, &output), &output);
        else
            inspect_print(stdout, &inspect);
        (void)job_printed(job);
    }
    inspect_close(&inspect);
    job->done = true;
    return job_end(job);
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
    if (!job_choose_isa(job) || !job_make_plan(job))
        return job_end(job);
    if (job->options.plan_only) {
        plan_print(stdout, &job->plan, &job->topology);
        job->done = true;
        return job_end(job);
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
    if (!job_name_state(job) || !job_collect_shards(job) || !job_read_parameters(job) ||
        !job_open_output(job) || !job_open_state(job, job_state_use(&job->options)) ||
        !job_open_run(job))
        return job_end(job);

    /* Shards to tables; from here on nothing more is read. */
    if (!job_read_shards(job) || !job_rejects_are_few(job) || !job_resolve_handles(job))
        return job_end(job);
    if (job_is_done_already(job))
        return job_end_as_it_was(job);

    /* Tables to rows; then the new set stands in place of the old one. */
    if (!job_reduce_and_write(job) || !outdir_publish(job->outdir))
        return job_end(job);
    job_say_what_was_done(job);
    job_drop_state(job);
    return job_end(job);
}
