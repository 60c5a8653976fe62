/*
 * gen_pool: jobs worked off on several threads, and given back in order.
 *
 * A ring of jobs. The owner fills the next free one and submits it; threads
 * take jobs in order and finish in any order; the owner gets them back in the
 * order of submission, so the output never depends on the number of threads.
 * A mutex is enough here: a job takes milliseconds.
 */
#ifndef GEN_POOL_H
#define GEN_POOL_H

#include <pthread.h>

#include "gen_job.h"

struct gen_pool {
    pthread_mutex_t lock;
    pthread_cond_t submitted_more, finished_more;
    struct gen_job *jobs;
    size_t slots;
    uint64_t submitted, taken, returned; /* under `lock` */
    bool closing;                        /* under `lock` */
    pthread_t *threads;
    struct gen_bench **benches;
    unsigned thread_count, bench_count;
};

/* 0, -ENOMEM (zstd's refusal included), or what pthread_create says. */
int gen_pool_open(struct gen_pool *pool, const struct gen_options *options,
                  const struct gen_population *people);
void gen_pool_close(struct gen_pool *pool);

/* A job to fill, or NULL: then the oldest must come back first. */
struct gen_job *gen_pool_free_job(struct gen_pool *pool);
void gen_pool_submit(struct gen_pool *pool);

/* Waits for the oldest job; NULL if none is out. It is the caller's until
 * gen_pool_return. */
struct gen_job *gen_pool_oldest(struct gen_pool *pool);
void gen_pool_return(struct gen_pool *pool);

#endif
