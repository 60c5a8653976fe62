#ifndef SANDPIPER_STAGES_JOB_H
#define SANDPIPER_STAGES_JOB_H

#include "pipeline/options.h"
#include "pipeline/outdir.h"
#include "pipeline/topology.h"
#include "stages/filter_files.h"
#include "stages/filter_report.h"
#include "stages/inspect.h"
#include "stages/parse/filter.h"
#include "stages/publish.h"
#include "stages/reject_limit.h"
#include "stages/report.h"
#include "stages/seal.h"
#include "stages/state.h"
#include "stages/verify_report.h"

/*
 * A job is what one command line asks for, and everything it has until its
 * end. Its steps are main's: each does one thing, and main says in which
 * order. A step that returns false has raised the fault; job_end frees all,
 * prints the fault if there is one, and gives the exit code.
 */
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
    bool done;                     /* the work is; else there is a fault */
};

/* ---- how it runs, what it reads and writes (job_input.c) ---------------- */

bool job_choose_isa(struct job *job);
bool job_make_plan(struct job *job);
bool job_collect_shards(struct job *job);
bool job_read_parameters(struct job *job);
bool job_read_filter(struct job *job);
/* Begins the set of outputs; of a filter the second. */
bool job_open_output(struct job *job);
bool job_open_found(struct job *job);

/* ---- what an earlier process kept (job_state.c) -------------------------- */

/* Where the state is: job->state_path, or NULL if there is to be none. */
bool job_name_state(struct job *job);
enum state_use job_state_use(const struct options *options);
/* Opens it, and refuses one that is of something else. */
bool job_open_state(struct job *job, enum state_use use);
/* The parameters of reading are the state's, whatever was asked for. */
void job_take_reading(struct job *job);
/* Beside pseudonyms no state may stand that has the ids. */
void job_drop_state(struct job *job);

/* ---- from shards to outputs (job_run.c) ---------------------------------- */

bool job_open_run(struct job *job);
/* All lanes, until every shard is read. */
bool job_read_shards(struct job *job);
bool job_rejects_are_few(struct job *job);
/* Who stands behind the handles of lists. */
bool job_resolve_handles(struct job *job);
bool job_begin_report(struct job *job);
bool job_reduce_and_write(struct job *job);
bool job_write_found(struct job *job);
void job_print_verified(struct job *job);
/* A report on standard output, which may be a full disk or a closed pipe:
 * frees the output, if it was made. */
bool job_print(struct job *job, bool made, struct output *output);
bool job_printed(struct job *job);
void job_say_what_was_done(struct job *job);
/* The same finished command again. */
bool job_is_done_already(const struct job *job);
int job_end_as_it_was(struct job *job);
int job_end(struct job *job);

#endif
