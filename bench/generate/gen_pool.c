#include "gen_pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct errand {
    struct gen_pool *pool;
    struct gen_bench *bench;
};

static void *work(void *argument)
{
    struct errand errand = *(struct errand *)argument;
    struct gen_pool *pool = errand.pool;
    free(argument);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (pool->taken == pool->submitted && !pool->closing) {
            pthread_cond_wait(&pool->submitted_more, &pool->lock);
        }
        if (pool->taken == pool->submitted) {
            break;
        }
        struct gen_job *job = &pool->jobs[pool->taken++ % pool->slots];
        pthread_mutex_unlock(&pool->lock);
        gen_bench_work(errand.bench, job);
        pthread_mutex_lock(&pool->lock);
        job->done = true;
        pthread_cond_signal(&pool->finished_more);
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

static int start_thread(struct gen_pool *pool, const struct gen_options *options,
                        const struct gen_population *people)
{
    struct errand *errand = malloc(sizeof(*errand));
    struct gen_bench *bench = gen_bench_open(options, people);
    if (errand == NULL || bench == NULL) {
        free(errand);
        gen_bench_close(bench);
        return -ENOMEM;
    }
    pool->benches[pool->bench_count++] = bench;
    *errand = (struct errand){pool, bench};
    int failed = pthread_create(&pool->threads[pool->thread_count], NULL, work, errand);
    if (failed != 0) {
        free(errand);
        return -failed;
    }
    pool->thread_count++;
    return 0;
}

int gen_pool_open(struct gen_pool *pool, const struct gen_options *options,
                  const struct gen_population *people)
{
    memset(pool, 0, sizeof(*pool));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->submitted_more, NULL);
    pthread_cond_init(&pool->finished_more, NULL);
    pool->slots = options->threads + 2u;
    pool->jobs = calloc(pool->slots, sizeof(*pool->jobs));
    pool->threads = calloc(options->threads, sizeof(*pool->threads));
    pool->benches = calloc(options->threads, sizeof(struct gen_bench *));
    int failed = 0;
    if (pool->jobs == NULL || pool->threads == NULL || pool->benches == NULL) {
        failed = -ENOMEM;
    }
    for (unsigned i = 0; i < options->threads && failed == 0; i++) {
        failed = start_thread(pool, options, people);
    }
    if (failed != 0) {
        gen_pool_close(pool);
    }
    return failed;
}

void gen_pool_close(struct gen_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->submitted_more);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    for (unsigned i = 0; i < pool->bench_count; i++) {
        gen_bench_close(pool->benches[i]);
    }
    for (size_t i = 0; pool->jobs != NULL && i < pool->slots; i++) {
        gen_job_free(&pool->jobs[i]);
    }
    free(pool->jobs);
    free(pool->threads);
    free(pool->benches);
    pthread_cond_destroy(&pool->submitted_more);
    pthread_cond_destroy(&pool->finished_more);
    pthread_mutex_destroy(&pool->lock);
}

struct gen_job *gen_pool_free_job(struct gen_pool *pool)
{
    if (pool->submitted - pool->returned == pool->slots) {
        return NULL;
    }
    return &pool->jobs[pool->submitted % pool->slots];
}

void gen_pool_submit(struct gen_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->jobs[pool->submitted++ % pool->slots].done = false;
    pthread_cond_signal(&pool->submitted_more);
    pthread_mutex_unlock(&pool->lock);
}

struct gen_job *gen_pool_oldest(struct gen_pool *pool)
{
    if (pool->returned == pool->submitted) {
        return NULL;
    }
    struct gen_job *job = &pool->jobs[pool->returned % pool->slots];
    pthread_mutex_lock(&pool->lock);
    while (!job->done) {
        pthread_cond_wait(&pool->finished_more, &pool->lock);
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

void gen_pool_return(struct gen_pool *pool)
{
    pool->returned++;
}
