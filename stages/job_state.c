#include "stages/job.h"

#include <stdio.h>
#include <string.h>

/* What an earlier process kept. */

/* Where the state is; NULL in job->state_path: there is none. */
bool job_name_state(struct job *job)
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
    fault_raise(&job->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                "out of memory");
    return false;
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
bool job_open_state(struct job *job, enum state_use use)
{
    char formats[PUBLISH_FORMATS_BYTES];
    if (!job->state_path)
        return true;
    publish_formats(&job->publishing, formats);
    job->asked =
        manifest_asked(&job->parameters, formats, &job->dictionaries);
    if (!job->asked) {
        fault_raise(&job->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                    "out of memory");
        return false;
    }
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

enum state_use job_state_use(const struct options *options)
{
    return options->restart ? STATE_RESTART
           : options->add   ? STATE_ADD
                            : STATE_RUN;
}

/* It was read with these, whatever the command line says now. */
void job_take_reading(struct job *job)
{
    const struct reading *reading = state_reading(job->state);
    job->parameters.since = reading->since;
    job->parameters.until = reading->until;
    job->parameters.line_bytes_max = reading->line_bytes_max;
    job->parameters.damaged =
        reading->salvage ? DAMAGED_SALVAGE : DAMAGED_DROP;
}

/* Beside pseudonyms no state may stand that has the ids. */
void job_drop_state(struct job *job)
{
    if (!job->state || !job->parameters.pseudonyms || job->options.state ||
        job->options.command == COMMAND_REDUCE)
        return;
    run_drop_segments(&job->run);
    state_discard(job->state);
    job->run.options.state = job->state = NULL;
}
