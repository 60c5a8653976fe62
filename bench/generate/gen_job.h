/*
 * gen_job: one frame's worth of planned lines, and how it is worked off.
 *
 * A feeder cuts the plan's sequence of lines into jobs: where frames and files
 * end is decided on the plans, by estimated bytes, so it never waits for text.
 * A bench works a job off on any thread: it renders a stretch of text that
 * stays in the cache and packs it at once. With --cut-anywhere the line at a
 * border is in both jobs; each renders it and keeps its own part, cut at a
 * place that the line's id decides.
 *
 * A job owns its lines and its output; both are reused from job to job.
 */
#ifndef GEN_JOB_H
#define GEN_JOB_H

#include "gen_pack.h"
#include "gen_plan.h"
#include "gen_render.h"

#define GEN_STRETCH_BYTES (512u * 1024)

struct gen_job {
    struct gen_line *lines;
    size_t count, room;
    bool begins_inside, ends_inside; /* of its first, its last line */
    bool ends_file;
    uint64_t text_bytes;
    struct gen_bytes out;
    int failed; /* 0, -ENOMEM, -EIO */
    bool done;  /* the pool's */
};

struct gen_feeder {
    struct gen_plan *plan;
    const struct gen_options *options;
    struct gen_line carried; /* the line at the border */
    bool has_carried, started, file_begun;
    uint64_t dropped; /* delete notices that the dialect has no word for */
    uint64_t file, file_bytes; /* estimated */
    uint64_t posts, posts_all;
};

/* What a thread needs to work jobs off. */
struct gen_bench {
    const struct gen_options *options;
    struct gen_renderer renderer;
    struct gen_packer *packer; /* NULL: jobs give plain text */
    char text[GEN_STRETCH_BYTES + GEN_LINE_BYTES_MAX];
};

/* Fills the job with the next lines: 1; nothing left: 0; or -ENOMEM. */
int gen_job_fill(struct gen_feeder *feeder, struct gen_job *job);
void gen_job_free(struct gen_job *job);

/* NULL if there is no memory, or zstd refuses the options. */
struct gen_bench *gen_bench_open(const struct gen_options *options,
                                 const struct gen_population *people);
void gen_bench_close(struct gen_bench *bench);
void gen_bench_work(struct gen_bench *bench, struct gen_job *job);

#endif
