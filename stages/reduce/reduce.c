#include "stages/reduce/reduce.h"

#include "pipeline/check.h"
#include "stages/reduce/merge_rows.h"

#include <errno.h>
#include <stdlib.h>

#define RUN_BYTES_MIN ((uint64_t)16 << 20)
#define SORT_BYTES_MIN ((uint64_t)16 << 20)
#define SLOTS_BYTES_MAX ((size_t)1 << 20)   /* of a lane */
#define SLOT_BYTES_MAX ((size_t)4096)
#define SLOT_BYTES_MIN ((size_t)256)

void reduce_fail(struct reduce *reduce, int status, const char *doing)
{
    enum exit_code code = CODE_IO;
    if (status == -ENOMEM)
        code = CODE_MEMORY;
    else if (status == -ENOSPC || status == -EDQUOT || status == -EFBIG)
        code = CODE_OUTPUT;
    fault_raise(reduce->options.fault, code, NULL, UINT64_MAX, -status, "%s",
                doing);
}

bool reduce_claim(struct reduce *reduce, _Atomic uint32_t *claimed,
                  uint32_t *partition)
{
    if (fault_raised(reduce->options.fault))
        return false;
    *partition = atomic_fetch_add_explicit(claimed, 1, memory_order_relaxed);
    return *partition < reduce->options.partitions;
}

/* ---- the columns ------------------------------------------------------- */

static uint32_t column_named(const char *name)
{
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        if (strcmp(COLUMNS[i].name, name) == 0)
            return i;
    return COLUMN_COUNT;
}

static bool find_columns(struct reduce *reduce)
{
    reduce->retweets_column = column_named("retweets");
    reduce->core_retweets_column = column_named("core_retweets");
    reduce->received_column = column_named("retweets_received");
    reduce->retweeters_column = column_named("retweeters");
    reduce->lift_column = column_named("core_lift");
    reduce->ranges = calloc(COLUMN_COUNT, sizeof *reduce->ranges);
    if (!reduce->ranges)
        return false;
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        if (i == 0 || COLUMNS[i].round_two != COLUMNS[i - 1].round_two)
            reduce->ranges[reduce->range_count++] =
                (struct column_range){i, i, COLUMNS[i].round_two};
        reduce->ranges[reduce->range_count - 1].last = i + 1;
    }
    return true;
}

/* ---- making ------------------------------------------------------------ */

static bool create_lane(struct reduce *reduce, struct reduce_lane *lane)
{
    sorter_init(&lane->sorter, reduce->options.memory);
    lane->scratch = feature_scratch_create();
    lane->row = calloc(COLUMN_COUNT, sizeof *lane->row);
    for (int stream = 0; stream < TUPLE_STREAMS; stream++)
        if (!tuple_slots_create(reduce, &lane->slots[stream]))
            return false;
    return lane->scratch && lane->row && table_lane_create(reduce, lane);
}

static void destroy_lane(struct reduce *reduce, struct reduce_lane *lane)
{
    if (lane->sorter.memory)
        sorter_free(&lane->sorter);
    if (lane->scratch)
        feature_scratch_destroy(lane->scratch);
    for (int stream = 0; stream < TUPLE_STREAMS; stream++)
        tuple_slots_destroy(reduce, &lane->slots[stream]);
    sort_rooms_free(reduce, lane);
    table_lane_destroy(reduce, lane);
    for (int i = 0; i < REDUCE_FORMATS_MAX; i++)
        free(lane->buffers[i].bytes);
    free(lane->row);
    free(lane->record);
    free(lane->tuple);
    free(lane->joined);
}

/* One run for each partition; NULL: out of memory. */
static struct byte_run *create_runs(struct reduce *reduce)
{
    uint32_t partitions = reduce->options.partitions;
    struct byte_run *runs = calloc(partitions, sizeof *runs);
    for (uint32_t p = 0; runs && p < partitions; p++)
        run_init(&runs[p], &reduce->store);
    return runs;
}

static void destroy_runs(struct reduce *reduce, struct byte_run *runs)
{
    for (uint32_t p = 0; runs && p < reduce->options.partitions; p++)
        run_free(&runs[p]);
    free(runs);
}

static struct tuple_run *create_tuples(struct reduce *reduce)
{
    uint32_t partitions = reduce->options.partitions;
    struct tuple_run *tuples = calloc(partitions, sizeof *tuples);
    for (uint32_t p = 0; tuples && p < partitions; p++) {
        run_init(&tuples[p].run, &reduce->store);
        pthread_mutex_init(&tuples[p].lock, NULL);
    }
    return tuples;
}

static void destroy_tuples(struct reduce *reduce, struct tuple_run *tuples)
{
    for (uint32_t p = 0; tuples && p < reduce->options.partitions; p++) {
        run_free(&tuples[p].run);
        pthread_mutex_destroy(&tuples[p].lock);
    }
    free(tuples);
}

static bool create_parts(struct reduce *reduce)
{
    uint32_t partitions = reduce->options.partitions;
    reduce->lanes = calloc(reduce->options.lanes, sizeof *reduce->lanes);
    reduce->received = create_runs(reduce);
    reduce->tag_tops = calloc(partitions, sizeof *reduce->tag_tops);
    bool made = reduce->lanes && reduce->received && reduce->tag_tops;
    for (int i = 0; i < ROW_RUNS && made; i++)
        made = (reduce->rows[i] = create_runs(reduce)) != NULL;
    for (int i = 0; i < TUPLE_STREAMS && made; i++)
        made = (reduce->tuples[i] = create_tuples(reduce)) != NULL;
    for (uint32_t i = 0; i < reduce->options.lanes && made; i++)
        made = create_lane(reduce, &reduce->lanes[i]);
    return made;
}

void reduce_destroy(struct reduce *reduce)
{
    if (!reduce)
        return;
    merge_close(reduce->table_merge);
    for (int i = 0; i < ROW_RUNS; i++)
        destroy_runs(reduce, reduce->rows[i]);
    for (int i = 0; i < TUPLE_STREAMS; i++)
        destroy_tuples(reduce, reduce->tuples[i]);
    destroy_runs(reduce, reduce->received);
    for (uint32_t p = 0; reduce->tag_tops && p < reduce->options.partitions;
         p++)
        free(reduce->tag_tops[p].posts);
    for (uint32_t i = 0; reduce->lanes && i < reduce->options.lanes; i++)
        destroy_lane(reduce, &reduce->lanes[i]);
    run_store_close(&reduce->store);
    free(reduce->ranges);
    free(reduce->lanes);
    free(reduce->tag_tops);
    free(reduce);
}

/* Half of what is free now for rows and tuples, a quarter for the lanes'
 * sorts; the rest is for cursors, which hold an account at a time. */
static uint64_t plan_memory(struct reduce *reduce)
{
    const struct reduce_options *options = &reduce->options;
    uint64_t used = atomic_load_explicit(&options->memory->used,
                                         memory_order_relaxed);
    uint64_t mark = options->memory->mark;
    uint64_t room = mark > used ? mark - used : 0;
    uint64_t runs = room / 2, sort = room / 4 / options->lanes;
    reduce->sort_bytes = sort > SORT_BYTES_MIN ? sort : SORT_BYTES_MIN;
    if (options->sort_bytes)
        reduce->sort_bytes = options->sort_bytes;
    if (options->run_bytes)
        return options->run_bytes;
    return runs > RUN_BYTES_MIN ? runs : RUN_BYTES_MIN;
}

static size_t plan_slots(uint32_t partitions)
{
    size_t slot = SLOTS_BYTES_MAX / partitions;
    if (slot > SLOT_BYTES_MAX)
        return SLOT_BYTES_MAX;
    return slot > SLOT_BYTES_MIN ? slot : SLOT_BYTES_MIN;
}

static void check_options(const struct reduce_options *options)
{
    CHECK(options->lanes > 0);
    CHECK(options->partitions > 0);
    CHECK((options->partitions & (options->partitions - 1)) == 0);
    CHECK(options->formats > 0 && options->formats <= REDUCE_FORMATS_MAX);
    CHECK(options->open_part && options->format && options->names);
}

struct reduce *reduce_create(const struct reduce_options *options)
{
    check_options(options);
    struct reduce *reduce = calloc(1, sizeof *reduce);
    if (!reduce) {
        fault_raise(options->fault, CODE_MEMORY, NULL, UINT64_MAX, ENOMEM,
                    "preparing reduce");
        return NULL;
    }
    reduce->options = *options;
    reduce->slot_bytes = plan_slots(options->partitions);
    int status = run_store_open(&reduce->store, options->memory,
                                plan_memory(reduce), options->directory);
    if (!status && (!find_columns(reduce) || !create_parts(reduce)))
        status = -ENOMEM;
    if (!status)
        return reduce;
    reduce_fail(reduce, status, "preparing reduce");
    reduce_destroy(reduce);
    return NULL;
}

/* ---- counts ------------------------------------------------------------ */

struct reduce_counts reduce_counts(const struct reduce *reduce)
{
    struct reduce_counts sum = {0};
    for (uint32_t i = 0; i < reduce->options.lanes; i++) {
        const struct reduce_counts *counts = &reduce->lanes[i].counts;
        sum.accounts += counts->accounts;
        sum.accounts_below += counts->accounts_below;
        sum.posts += counts->posts;
        sum.duplicates += counts->duplicates;
        sum.conflicting_duplicates += counts->conflicting_duplicates;
        sum.deletions += counts->deletions;
        sum.deletes_without_account += counts->deletes_without_account;
        sum.days_posts += counts->days_posts;
    }
    memcpy(sum.table_rows, reduce->table_rows, sizeof sum.table_rows);
    return sum;
}

uint64_t reduce_spilled_bytes(struct reduce *reduce)
{
    return run_store_spilled(&reduce->store);
}
