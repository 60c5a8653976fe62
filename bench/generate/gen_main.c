/*
 * sandpiper-generate: archives of posts with a planted campaign.
 *
 *   gen_options    what is asked for
 *   gen_account    who posts              gen_campaign  what is planted, with
 *                                         gen_lookalike and gen_specimen
 *   gen_plan       lines in order         gen_compose   what each of them is
 *   gen_truth      what was planned, counted
 *   gen_job        lines into frames      gen_pool      frames onto threads
 *   gen_render     lines into text        gen_pack      text into zstd
 *   gen_output     frames into files      gen_truth_file
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gen_campaign.h"
#include "gen_output.h"
#include "gen_pool.h"
#include "gen_truth_file.h"

struct generator {
    struct gen_options options;
    struct gen_lexicon lexicon;
    struct gen_population people;
    struct gen_acts acts;
    struct gen_truth truth;
    struct gen_plan plan;
    struct gen_feeder feeder;
    struct gen_pool pool;
    struct gen_output output;
};

static int no_memory(int error)
{
    fprintf(stderr, "sandpiper-generate: %s\n", strerror(-error));
    return GEN_EXIT_IOERR;
}

/* Settles how many posts and accounts there are: --bytes counts the campaign
 * in, --posts does not. */
static void settle_sizes(struct gen_options *options, uint64_t campaign_posts)
{
    if (options->bytes > 0) {
        uint64_t posts = options->bytes / GEN_POST_BYTES_MEAN;
        options->posts = posts > campaign_posts ? posts - campaign_posts : 0;
    }
}

static int make_world(struct generator *gen)
{
    struct gen_options *options = &gen->options;
    if (options->accounts == 0) {
        uint64_t posts = options->bytes > 0 ? options->bytes / GEN_POST_BYTES_MEAN
                                            : options->posts;
        options->accounts = posts / 20 > 0 ? posts / 20 : 1;
    }
    int failed = gen_lexicon_open(&gen->lexicon);
    if (failed != 0) {
        return failed;
    }
    gen_population_lay_out(&gen->people, options->seed, (uint32_t)options->accounts,
                           options->from, options->to, &gen->lexicon);
    failed = gen_campaign_make(&gen->acts, &gen->people, (uint32_t)options->campaign,
                               options->specimens);
    if (failed != 0) {
        return failed;
    }
    settle_sizes(options, gen->acts.posts);
    failed = gen_truth_open(&gen->truth, &gen->people, options);
    if (failed != 0) {
        return failed;
    }
    return gen_plan_open(&gen->plan, options, &gen->people, &gen->acts, &gen->truth);
}

static void free_world(struct generator *gen)
{
    gen_plan_close(&gen->plan);
    gen_truth_close(&gen->truth);
    gen_campaign_free(&gen->acts, &gen->people);
    gen_lexicon_close(&gen->lexicon);
}

static void show_progress(const struct generator *gen, bool last)
{
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%5.1f %%  %8.2f GB of text, %8.2f GB written%s",
                100 * gen_plan_done(&gen->plan), (double)gen->output.text_bytes * 1e-9,
                (double)gen->output.written_bytes * 1e-9, last ? "\n" : "");
    }
}

/* A dialect without delete notices has fewer lines, and none of them. */
static void settle_totals(struct generator *gen)
{
    struct gen_totals *totals = &gen->truth.totals;
    totals->text_bytes = gen->output.text_bytes;
    totals->written_bytes = gen->output.written_bytes;
    totals->files = gen->output.files;
    totals->frames = gen->output.frames;
    if (gen->options.dialect != GEN_V11) {
        totals->lines -= gen->feeder.dropped;
        totals->duplicates -= totals->duplicate_deletes;
        totals->deletes = totals->notices = totals->strangers_deletes = 0;
        totals->duplicate_deletes = 0;
    }
}

static int write_oldest(struct generator *gen)
{
    int failed = gen_output_write(&gen->output, gen_pool_oldest(&gen->pool));
    gen_pool_return(&gen->pool);
    show_progress(gen, false);
    return failed;
}

/* Plans here, renders and packs on the pool, writes here in order. */
static int write_archive(struct generator *gen)
{
    for (;;) {
        struct gen_job *job = gen_pool_free_job(&gen->pool);
        if (job == NULL) {
            int failed = write_oldest(gen);
            if (failed != 0) {
                return failed;
            }
            continue;
        }
        int got = gen_job_fill(&gen->feeder, job);
        if (got < 0) {
            return no_memory(got);
        }
        if (got == 0) {
            break;
        }
        gen_pool_submit(&gen->pool);
    }
    while (gen_pool_oldest(&gen->pool) != NULL) {
        int failed = write_oldest(gen);
        if (failed != 0) {
            return failed;
        }
    }
    show_progress(gen, true);
    return gen_output_end(&gen->output);
}

static int generate(struct generator *gen)
{
    int failed = make_world(gen);
    if (failed != 0) {
        return no_memory(failed);
    }
    /* From here on the population and the options do not change. */
    gen->feeder.plan = &gen->plan;
    gen->feeder.options = &gen->options;
    gen->feeder.posts_all = gen->options.posts + gen->acts.posts;
    failed = gen_output_open(&gen->output, &gen->options);
    if (failed != 0) {
        return failed;
    }
    gen->truth.posts = gen_output_create(&gen->options, "posts.truth");
    if (gen->truth.posts == NULL) {
        return GEN_EXIT_CANTCREAT;
    }
    failed = gen_pool_open(&gen->pool, &gen->options, &gen->people);
    if (failed != 0) {
        return no_memory(failed);
    }
    failed = write_archive(gen);
    gen_pool_close(&gen->pool);
    if (failed == 0) {
        settle_totals(gen);
        failed = gen_truth_write(&gen->truth, &gen->acts, gen->plan.statuses, &gen->options);
    }
    return failed;
}

int main(int argc, char **argv)
{
    static struct generator gen; /* all zero, and too large for some stacks */
    gen.output.file = -1;
    switch (gen_options_parse(&gen.options, argc, argv)) {
    case GEN_ASKED_HELP: return 0;
    case GEN_ASKED_NONSENSE: return GEN_EXIT_USAGE;
    case GEN_ASKED_RUN: break;
    }
    int exit_code = generate(&gen);
    gen_output_close(&gen.output);
    free_world(&gen);
    return exit_code;
}
