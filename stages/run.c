#include "stages/run.h"

#include "stages/container_work.h"
#include "stages/dictionary_files.h"
#include "stages/filter_files.h"
#include "stages/frame_work.h"
#include "stages/member_list.h"
#include "stages/seal.h"
#include "stages/shard_mark.h"
#include "stages/shard_work.h"
#include "stages/state.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

/* Room in the rings: frames are gathered two a lane, spans a few a lane. */
#define RING_PLACES_MIN 64

void run_out_of_memory(struct run *run)
{
    fault_raise(run->fault, CODE_MEMORY, NULL, UINT64_MAX, 0,
                "out of memory; give more --memory or fewer --threads");
}

bool run_apply(struct lane_state *state, struct batch *batch)
{
    if (batch->size == 0)
        return true;
    if (state->hold) {
        bool kept = hold_keep(state->hold, batch);
        batch->size = 0;
        return kept;
    }
    if (state->run->filter_files) {
        bool taken = filter_file_take(state, state->file, batch);
        batch->size = 0;
        return taken;
    }
    int error = aggregate_apply(state->aggregate, batch);
    batch->size = 0;
    profile_was(&state->times, STAGE_AGGREGATE);
    if (error == -EOVERFLOW)
        fault_raise(state->run->fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "the posts name more than 65,535 languages: these are no "
                    "languages; leave out the shards that do so");
    else if (error)
        run_out_of_memory(state->run);
    return !error;
}

/* Sealing tables that hold next to nothing frees next to nothing. */
static bool worth_sealing(const struct run *run)
{
    struct aggregate_counts counts = aggregate_counts(run->aggregate);
    uint64_t bytes =
        counts.table_bytes + counts.record_bytes + counts.log_bytes;
    return !aggregate_empty(run->aggregate) &&
           bytes > run->plan->tables_bytes / 16;
}

void run_safe_point(struct lane_state *state)
{
    struct run *run = state->run;
    if (!lanes_meeting_wanted(run->lanes) &&
        ((aggregate_full(run->aggregate) && worth_sealing(run)) ||
         seal_is_due(run->seal, state->times.since)))
        lanes_meet_request(run->lanes);
    if (lanes_meeting_wanted(run->lanes))
        seal_together(state);
}

bool run_help(struct lane_state *state, bool frames)
{
    struct run *run = state->run;
    if (filter_files_help(state))
        return true;
    struct span *span = ring_pop(&run->span_tasks);
    if (span) {
        lanes_mark_busy(state->lane);
        span_do(state, span);
        return true;
    }
    struct frame_task *task = frames ? ring_pop(&run->frame_tasks) : NULL;
    if (!task)
        return false;
    lanes_mark_busy(state->lane);
    frame_task_do(state, task);
    return true;
}

/* ---- a lane ------------------------------------------------------------- */

/* Of a filter; nothing else needs it. */
static bool lane_open_filter(struct lane_state *state)
{
    struct filter_files *files = state->run->filter_files;
    if (!files)
        return true;
    state->encoder = encoder_create();
    state->file = state->own_file = filter_file_create(files);
    if (state->stitch)
        state->stitch->file = state->own_file;
    return state->encoder && state->own_file;
}

static bool lane_open(struct lane_state *state)
{
    struct run *run = state->run;
    const struct plan *plan = run->plan;
    struct source_options source = {.backend = run->options.io,
                                    .depth = plan->io_depth,
                                    .block_bytes = plan->block_bytes,
                                    .fault = run->fault};
    struct decoder_options decoder = {plan->window_bytes_max,
                                      plan->decode_slack_bytes};
    int error = source_create(&state->source, &source, run->memory);
    if (error) {
        fault_raise(run->fault, error == -ENOMEM ? CODE_MEMORY : CODE_PLAN,
                    NULL, UINT64_MAX, -error,
                    "cannot set up reading; try --io pread");
        return false;
    }
    state->aggregate = aggregate_lane(run->aggregate, state->lane->index);
    state->feed = feed_create(run->memory);
    state->task_feed = feed_create(run->memory);
    state->decoder = decoder_create(run->memory, &decoder);
    const struct run_options *options = &run->options;
    struct parser_options parser = {
        .isa = options->isa, .since = options->since, .until = options->until,
        .filter = options->filter,
        .ranged = options->since != SINCE_EVER || options->until != UNTIL_EVER};
    state->parser = parser_create(&parser);
    state->rows = row_parser_create(&parser);
    state->text_work = text_work_create(state);
    state->stitch = stitch_create(run);
    state->text_buffer = malloc(TEXT_BUFFER_BYTES + KERNEL_PADDING);
    if (state->feed && state->task_feed && state->decoder && state->parser &&
        state->rows && state->text_work && state->stitch &&
        state->text_buffer &&
        dictionary_files_give(run->options.dictionaries, state->decoder) &&
        lane_open_filter(state))
        return true;
    run_out_of_memory(run);
    return false;
}

static void lane_close(struct lane_state *state)
{
    if (state->feed)
        feed_destroy(state->feed);
    if (state->task_feed)
        feed_destroy(state->task_feed);
    if (state->source)
        source_destroy(state->source);
    if (state->decoder)
        decoder_destroy(state->decoder);
    layer_free(state->layer);
    parser_free(state->parser);
    row_parser_free(state->rows);
    encoder_free(state->encoder);
    filter_file_free(state->own_file);
    text_work_free(state->text_work);
    stitch_free(state->stitch);
    free(state->text_buffer);
    batch_free(&state->batch);
    batch_free(&state->stitched);
}

static bool lane_has_work(void *arg)
{
    struct run *run = arg;
    return (run->filter_files && ring_count(&run->filter_files->chunks) > 0) ||
           ring_count(&run->span_tasks) > 0 ||
           ring_count(&run->frame_tasks) > 0 ||
           ring_count(&run->member_tasks) > 0 ||
           run_all_read(run);
}

/* The next shard that nobody has claimed. */
static bool claim_shard(struct run *run, uint32_t *shard)
{
    uint64_t place = atomic_load_explicit(&run->next_shard,
                                          memory_order_relaxed);
    if (place >= run->order_count)
        return false;
    place = atomic_fetch_add_explicit(&run->next_shard, 1,
                                      memory_order_relaxed);
    if (place >= run->order_count)
        return false;
    *shard = run->order[place];
    return true;
}

static void shard_finished(struct run *run)
{
    /* Release: pairs with the acquire in run_all_read(). */
    if (atomic_fetch_sub_explicit(&run->shards_left, 1,
                                  memory_order_release) == 1)
        lanes_wake(run->lanes);
}

int run_lane(struct lane *lane)
{
    struct run *run = lane->context;
    struct lane_state *state = &run->lane_states[lane->index];
    uint32_t shard;
    state->lane = lane;
    state->run = run;
    if (!lane_open(state))
        return 1;
    state->times.since = profile_now();
    while (!fault_raised(run->fault)) {
        run_safe_point(state);
        if (claim_shard(run, &shard)) {
            lanes_mark_busy(lane);
            (void)shard_do(state, shard);
            shard_finished(run);
        } else if (run_all_read(run)) {
            break;
        } else if (!run_help(state, true) && !container_help(state)) {
            lanes_park(lane, lane_has_work, run);
            profile_was(&state->times, STAGE_IDLE);
        }
    }
    if (run->options.state && !fault_raised(run->fault))
        seal_together(state);
    return fault_raised(run->fault);
}

/* ---- the run ------------------------------------------------------------ */

static const struct shard *sorted_shards;

static int by_falling_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    uint64_t x_size = sorted_shards[x].size, y_size = sorted_shards[y].size;
    if (x_size != y_size)
        return x_size < y_size ? 1 : -1;
    return (x > y) - (x < y);
}

/* Large shards first: so the lanes end at about the same time. */
static void order_shards(struct run *run)
{
    run->order_count = 0;
    for (uint32_t i = 0; i < run->shards->count; i++)
        if (!run->ledgers[i].done)
            run->order[run->order_count++] = i;
    sorted_shards = run->shards->items;
    qsort(run->order, run->order_count, sizeof *run->order, by_falling_size);
    atomic_init(&run->shards_left, run->order_count);
}

static size_t ring_places(const struct run *run)
{
    size_t places = RING_PLACES_MIN;
    while (places < 8u * run->options.lanes)
        places *= 2;
    return places;
}

static uint64_t random_seed(void)
{
    uint64_t seed;
    if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
        seed = profile_now();
    return seed;
}

enum exit_code run_open(struct run *run, const struct plan *plan,
                        struct memory *memory, struct fault *fault,
                        const struct shards *shards,
                        const struct run_options *options, int directory)
{
    *run = (struct run){.plan = plan, .memory = memory, .fault = fault,
                        .shards = shards, .options = *options};
    struct aggregate_options aggregate = {.lanes = options->lanes,
                                          .partitions = plan->partitions,
                                          .hash_seed = random_seed(),
                                          .watch = options->watch};
    run->order = calloc(shards->count, sizeof *run->order);
    run->ledgers = calloc(shards->count, sizeof *run->ledgers);
    run->marks = calloc(shards->count, sizeof *run->marks);
    run->lane_states = calloc(options->lanes, sizeof *run->lane_states);
    struct state *state = options->state;
    size_t segments = 0;
    const struct checkpoint_segment *list =
        state ? state_segments(state, &segments) : NULL;
    run->seal = seal_open(run, state ? state_directory(state) : directory,
                          list, segments);
    if (!run->order || !run->ledgers || !run->marks || !run->lane_states ||
        !run->seal ||
        ring_init(&run->frame_tasks, memory, ring_places(run)) ||
        ring_init(&run->span_tasks, memory, ring_places(run)) ||
        ring_init(&run->member_tasks, memory, ring_places(run)) ||
        run_store_open(&run->spilled, memory, plan->tables_bytes / 4,
                       directory) ||
        aggregate_create(&run->aggregate, memory, &aggregate)) {
        run_out_of_memory(run);
        return CODE_MEMORY;
    }
    if (state && !state_begin(state, run))
        return fault->code;
    order_shards(run);
    memory->overflow = directory;
    return CODE_DONE;
}

void run_release_lanes(struct run *run)
{
    for (uint32_t i = 0; run->lane_states && i < run->options.lanes; i++)
        if (run->lane_states[i].run) {
            lane_close(&run->lane_states[i]);
            run->lane_states[i].run = NULL;
        }
}

void run_drop_segments(struct run *run)
{
    seal_close(run->seal);
    run->seal = NULL;
}

void run_close(struct run *run)
{
    run_release_lanes(run);
    if (run->memory)
        run->memory->overflow = -1;
    struct frame_task *task;
    while (run->frame_tasks.cells && (task = ring_pop(&run->frame_tasks)))
        free(task);
    run_drop_segments(run);
    if (run->aggregate)
        aggregate_destroy(run->aggregate);
    if (run->frame_tasks.cells)
        ring_destroy(&run->frame_tasks);
    if (run->span_tasks.cells)
        ring_destroy(&run->span_tasks);
    if (run->member_tasks.cells)
        ring_destroy(&run->member_tasks);
    if (run->spilled.memory)
        run_store_close(&run->spilled);
    for (size_t i = 0; run->ledgers && i < run->shards->count; i++)
        member_list_free(run->ledgers[i].member_list);
    for (size_t i = 0; run->marks && i < run->shards->count; i++)
        shard_mark_free(run->marks[i]);
    free(run->marks);
    free(run->order);
    free(run->ledgers);
    free(run->lane_states);
}
