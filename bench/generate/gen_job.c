#include "gen_job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PLAIN_JOB_BYTES (UINT64_C(2) << 20)

static int add_line(struct gen_job *job, const struct gen_line *line)
{
    if (job->count == job->room) {
        size_t room = job->room == 0 ? 1024 : 2 * job->room;
        struct gen_line *lines = realloc(job->lines, room * sizeof(*lines));
        if (lines == NULL) {
            return -ENOMEM;
        }
        job->lines = lines;
        job->room = room;
    }
    job->lines[job->count++] = *line;
    return 0;
}

static bool is_file_full(const struct gen_feeder *feeder)
{
    const struct gen_options *options = feeder->options;
    if (options->layout == GEN_GIANT) {
        return false;
    }
    if (options->files > 0) {
        return feeder->file + 1 < options->files &&
               feeder->posts * options->files >= (feeder->file + 1) * feeder->posts_all;
    }
    return feeder->file_bytes >= options->shard_bytes;
}

static uint64_t job_bytes(const struct gen_options *options)
{
    switch (options->layout) {
    case GEN_SHARDS: return UINT64_MAX;
    case GEN_FRAMES: return options->frame_bytes;
    default: return PLAIN_JOB_BYTES;
    }
}

static void end_file(struct gen_feeder *feeder, struct gen_job *job)
{
    job->ends_file = true;
    feeder->file++;
    feeder->file_bytes = 0;
    feeder->file_begun = false;
}

/* Of CSV, a line of its own; nothing of other dialects. */
static int add_header(struct gen_feeder *feeder, struct gen_job *job)
{
    static const struct gen_line header = {.type = GEN_LINE_HEADER};
    bool due = feeder->options->dialect == GEN_IO && !feeder->file_begun;
    feeder->file_begun = true;
    return due ? add_line(job, &header) : 0;
}

int gen_job_fill(struct gen_feeder *feeder, struct gen_job *job)
{
    uint64_t wanted = job_bytes(feeder->options);
    uint64_t bytes = 0;
    struct gen_line line;
    int got = 1;
    job->count = 0;
    job->text_bytes = 0;
    job->out.length = 0;
    job->failed = 0;
    job->ends_file = job->ends_inside = false;
    job->begins_inside = feeder->has_carried;
    if (feeder->has_carried && add_line(job, &feeder->carried) != 0) {
        return -ENOMEM;
    }
    feeder->has_carried = false;
    if (add_header(feeder, job) != 0) {
        return -ENOMEM;
    }
    while (bytes < wanted && !job->ends_file) {
        got = gen_plan_next(feeder->plan, &line);
        if (got <= 0) {
            break;
        }
        if (line.type == GEN_LINE_DELETE && feeder->options->dialect != GEN_V11) {
            feeder->dropped++;
            continue;
        }
        if (add_line(job, &line) != 0) {
            return -ENOMEM;
        }
        uint32_t about = gen_render_estimate(&line);
        bytes += about;
        feeder->file_bytes += about;
        feeder->posts += line.type == GEN_LINE_POST;
        if (is_file_full(feeder)) {
            end_file(feeder, job);
        }
    }
    if (got < 0) {
        return got;
    }
    if (feeder->options->cut_anywhere && got == 1 && !job->ends_file) {
        job->ends_inside = true;
        feeder->has_carried = true;
        feeder->carried = job->lines[job->count - 1];
    }
    bool given = job->count > 0 || !feeder->started; /* no lines: an empty frame */
    feeder->started = true;
    return given;
}

void gen_job_free(struct gen_job *job)
{
    free(job->lines);
    free(job->out.data);
    memset(job, 0, sizeof(*job));
}

struct gen_bench *gen_bench_open(const struct gen_options *options,
                                 const struct gen_population *people)
{
    struct gen_bench *bench = calloc(1, sizeof(*bench));
    if (bench == NULL) {
        return NULL;
    }
    bench->options = options;
    bench->renderer.people = people;
    bench->renderer.crlf = options->crlf;
    bench->renderer.dialect = options->dialect;
    if (options->layout == GEN_SHARDS || options->layout == GEN_FRAMES) {
        bench->packer = gen_pack_open(options, 0);
        if (bench->packer == NULL) {
            free(bench);
            return NULL;
        }
    }
    return bench;
}

void gen_bench_close(struct gen_bench *bench)
{
    if (bench != NULL) {
        gen_pack_close(bench->packer);
        free(bench);
    }
}

/* Renders one line at `out`, without the part that another job has. */
static char *render_part(struct gen_bench *bench, const struct gen_job *job, size_t i,
                         char *out)
{
    char *end = gen_render_line(&bench->renderer, &job->lines[i], out);
    size_t length = (size_t)(end - out);
    size_t cut = (size_t)(gen_mix(job->lines[i].post.id) % length);
    bool head_is_gone = i == 0 && job->begins_inside;
    bool tail_is_gone = i + 1 == job->count && job->ends_inside;
    if (tail_is_gone) {
        end = out + cut;
    }
    if (head_is_gone) {
        memmove(out, out + cut, length - cut);
        end -= cut;
    }
    return end;
}

/* Renders all; hands each stretch on, or only adds up its length. */
static int work_stretches(struct gen_bench *bench, struct gen_job *job, bool measure)
{
    char *out = bench->text;
    int failed = 0;
    job->text_bytes = 0;
    for (size_t i = 0; i < job->count && failed == 0; i++) {
        bool last = i + 1 == job->count;
        out = render_part(bench, job, i, out);
        size_t length = (size_t)(out - bench->text);
        if (length < GEN_STRETCH_BYTES && !last) {
            continue;
        }
        job->text_bytes += length;
        out = bench->text;
        if (measure) {
            continue;
        }
        failed = bench->packer == NULL
                     ? gen_bytes_append(&job->out, bench->text, length)
                     : gen_pack_feed(bench->packer, bench->text, length, last, &job->out);
    }
    return failed;
}

void gen_bench_work(struct gen_bench *bench, struct gen_job *job)
{
    uint64_t size = GEN_PACK_SIZE_UNKNOWN;
    if (bench->packer == NULL) {
        job->failed = work_stretches(bench, job, false);
        return;
    }
    if (bench->options->content_size) {
        job->failed = work_stretches(bench, job, true);
        size = job->text_bytes;
    }
    if (job->failed == 0) {
        job->failed = gen_pack_begin(bench->packer, size);
    }
    if (job->failed == 0) {
        job->failed = work_stretches(bench, job, false);
    }
    if (job->failed == 0 && job->count == 0) {
        job->failed = gen_pack_feed(bench->packer, NULL, 0, true, &job->out);
    }
}
