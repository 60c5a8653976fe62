#include "stages/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* How a job runs, what it reads, and where it writes. */

bool job_choose_isa(struct job *job)
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

bool job_make_plan(struct job *job)
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

bool job_collect_shards(struct job *job)
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
bool job_read_parameters(struct job *job)
{
    struct options asked = job->options;
    if (asked.command == COMMAND_FILTER)
        asked.accounts = NULL;
    job->have_parameters = true;
    return parameters_open(&job->parameters, &asked,
                           job->plan.line_bytes_max, &job->memory,
                           job->plan.lane_count, &job->fault);
}

bool job_read_filter(struct job *job)
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

bool job_open_output(struct job *job)
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

bool job_open_found(struct job *job)
{
    job->outdir = outdir_open(job->options.output, FILTER_REPORT_NAMES,
                              &job->fault, NULL);
    return job->outdir != NULL;
}

