#include "stages/container_work.h"

#include "pipeline/check.h"
#include "pipeline/shards.h"
#include "stages/damage.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* A member for another lane. */
struct member_task {
    struct container *container;
    struct member *member;
    uint64_t offset, there, size;
    bool is_entry;
    struct item entry;
    enum frame_reason rejected;
};

/* ---- a member ----------------------------------------------------------- */

/* Reads the member at the job's feed to the lane's ledger of members. */
static bool read_member(struct shard_job *job)
{
    struct lane_state *state = job->state;
    job->is_member = true;
    job->ledger = &state->member;
    job->stitch = state->stitch;
    job->fd = -1;
    ledger_clear(job->ledger);
    stitch_begin(job->stitch, job->ledger, job->name);
    bool read = job->rejected || shard_job_read(job);
    bool well = shard_job_end(job, read);
    if (job->is_packed)
        ledger_unpacked(job->ledger);
    decoder_rest(state->decoder);
    job->ledger->done = well;
    return well;
}

/* Adds the lane's ledger of members to the list, or to the container. */
static bool keep_member(struct container *container, struct member *member,
                        struct lane_state *state)
{
    struct memory *memory = state->run->memory;
    bool kept = true;
    if (member)
        kept = member_keep(member, memory, &state->member);
    else if (!container->rest)
        kept = (container->rest = calloc(1, sizeof *container->rest)) != NULL;
    if (kept && !member)
        ledger_append(container->rest, &state->member);
    if (!kept)
        run_out_of_memory(state->run);
    return kept;
}

static bool read_range(struct container *container, struct member *member,
                       struct lane_state *state, const char *name,
                       const struct member_task *task)
{
    struct run *run = state->run;
    struct shard_job job = {.state = state, .name = name, .feed = state->feed,
                            .size = task->size,
                            .entry = task->is_entry ? &task->entry : NULL,
                            .rejected = task->rejected};
    int error = feed_open_range(state->feed, state->source,
                                container->job->fd, task->offset, task->there);
    if (error)
        fault_raise(run->fault, CODE_IO, name, 0, -error, "cannot read");
    bool well = !error && read_member(&job) &&
                keep_member(container, member, state);
    feed_close(state->feed);
    return well;
}

/* ---- members of a file, by any lane ------------------------------------- */

/* The lines that a filter finds stand in the order of members. */
static bool hand_out_members(const struct container *container)
{
    const struct run *run = container->job->state->run;
    return run->options.lanes > 1 && !run->filter_files &&
           run_all_claimed(run) &&
           ring_count(&run->member_tasks) < 2 * run->options.lanes;
}

static bool hand_out(struct container *container,
                     const struct member_task *task)
{
    struct run *run = container->job->state->run;
    struct member_task *given = malloc(sizeof *given);
    if (!given)
        return false;
    *given = *task;
    atomic_fetch_add_explicit(&container->members_out, 1,
                              memory_order_relaxed);
    if (ring_push(&run->member_tasks, given)) {
        lanes_wake(run->lanes);
        return true;
    }
    atomic_fetch_sub_explicit(&container->members_out, 1,
                              memory_order_relaxed);
    free(given);
    return false;
}

bool container_help(struct lane_state *state)
{
    struct member_task *task = ring_pop(&state->run->member_tasks);
    if (!task)
        return false;
    lanes_mark_busy(state->lane);
    struct container *container = task->container;
    (void)read_range(container, task->member, state, task->member->name, task);
    free(task);
    /* Release: pairs with the acquire in container_end(). */
    atomic_fetch_sub_explicit(&container->members_out, 1,
                              memory_order_release);
    return true;
}

/* ---- members of a stream ------------------------------------------------ */

struct slice {
    struct feed *from;
    uint64_t left;
};

static ssize_t slice_pull(void *context, const uint8_t **bytes)
{
    struct slice *slice = context;
    size_t have;
    if (slice->left == 0)
        return 0;
    *bytes = feed_peek(slice->from, 1, &have);
    if (feed_error(slice->from))
        return feed_error(slice->from);
    size_t size = have < slice->left ? have : (size_t)slice->left;
    feed_skip(slice->from, size);
    slice->left -= size;
    return (ssize_t)size;
}

static bool read_slice(struct container *container, struct member *member,
                       const char *name, const struct member_place *place)
{
    struct lane_state *state = container->job->state;
    struct slice slice = {place->feed, place->size};
    struct layer *layer = layer_get(state);
    if (!layer)
        return false;
    struct shard_job job = {.state = state, .name = name,
                            .feed = layer->member, .size = place->size,
                            .is_packed = container->layer != NULL,
                            .rejected = place->rejected};
    feed_open_pull(layer->member, slice_pull, &slice);
    bool well = read_member(&job);
    feed_close(layer->member);
    if (!container->layer)
        container->member_bytes += place->size - slice.left;
    return well && keep_member(container, member, state);
}

/* ---- the container ------------------------------------------------------ */

bool container_begin(struct container *container, struct shard_job *job)
{
    memset(container, 0, sizeof *container);
    container->job = job;
    container->list = member_list_create(job->state->run->memory);
    CHECK(XXH3_128bits_reset(&container->hash) == XXH_OK);
    job->ledger->member_list = container->list;
    if (container->list)
        return true;
    run_out_of_memory(job->state->run);
    return false;
}

void container_reject(struct container *container, enum frame_reason reason,
                      uint64_t offset, uint64_t bytes)
{
    struct shard_job *job = container->job;
    ledger_reject(job->ledger, reason, offset, container->layer ? 0 : bytes);
    damage_found(job->state->run, job->name, offset, reason);
}

bool container_takes(struct container *container, const char *name,
                     size_t size)
{
    char last[MEMBER_NAME_BYTES_MAX + 1];
    const char *slash = memrchr(name, '/', size);
    size_t start = slash ? (size_t)(slash + 1 - name) : 0;
    size_t length = size - start;
    /* The end of a name is what counts. */
    if (length > MEMBER_NAME_BYTES_MAX) {
        start += length - MEMBER_NAME_BYTES_MAX;
        length = MEMBER_NAME_BYTES_MAX;
    }
    memcpy(last, name + start, length);
    last[length] = 0;
    if (last[0] != '.' && shard_has_suffix(last))
        return true;
    container->job->ledger->members_passed++;
    return false;
}

/* A line of its own, or, behind the last one, none. */
static bool make_line(struct container *container, char *name,
                      struct member **member)
{
    *member = NULL;
    if (container->list->count == MEMBER_LINES_MAX)
        return true;
    *member = member_list_add(container->list, name);
    if (!*member)
        run_out_of_memory(container->job->state->run);
    return *member != NULL;
}

static bool read_place(struct container *container, struct member *member,
                       const char *name, const struct member_place *place)
{
    struct lane_state *state = container->job->state;
    struct member_task task = {.container = container, .member = member,
                               .offset = place->offset,
                               .there = place->there, .size = place->size,
                               .is_entry = place->entry != NULL,
                               .rejected = place->rejected};
    if (place->feed)
        return read_slice(container, member, name, place);
    if (place->entry)
        task.entry = *place->entry;
    container->member_bytes += place->there;
    if (member && hand_out_members(container) && hand_out(container, &task))
        return true;
    return read_range(container, member, state, name, &task);
}

bool container_member(struct container *container,
                      const struct member_place *place)
{
    struct shard_job *job = container->job;
    struct member *member;
    char *name = member_name(job->name, place->name, place->name_size);
    if (!name) {
        run_out_of_memory(job->state->run);
        return false;
    }
    bool made = make_line(container, name, &member);
    bool well = made && read_place(container, member, name, place);
    if (!member)
        free(name);
    if (!well)
        return false;
    job->ledger->members++;
    container->whole_lines = container->list->count;
    if (container->layer)
        hold_member_end(&container->hold);
    run_safe_point(job->state);
    return !fault_raised(job->state->run->fault);
}

/* After a fault lanes take nothing more: what is still in the ring is taken
 * out here, whoever's it is. */
static void drop_members(struct run *run)
{
    struct member_task *task;
    while ((task = ring_pop(&run->member_tasks))) {
        atomic_fetch_sub_explicit(&task->container->members_out, 1,
                                  memory_order_release);
        free(task);
    }
    sched_yield();
}

static void await_members(struct container *container)
{
    struct lane_state *state = container->job->state;
    while (atomic_load_explicit(&container->members_out,
                                memory_order_acquire) > 0) {
        /* The lane's feed, decoder and stitch are free by now. */
        if (fault_raised(state->run->fault))
            drop_members(state->run);
        else if (!container_help(state))
            shard_job_wait(state);
    }
}

bool container_end(struct container *container, bool read,
                   uint64_t file_bytes)
{
    struct shard_job *job = container->job;
    struct shard_ledger *ledger = job->ledger;
    await_members(container);
    read = read && !fault_raised(job->state->run->fault);
    if (read && !container->layer) {
        XXH128_hash_t hash = XXH3_128bits_digest(&container->hash);
        job->counted = true;
        ledger->file_bytes = file_bytes - container->member_bytes;
        ledger->skippable_bytes =
            ledger->file_bytes - ledger->rejected_bytes;
        ledger->digest[0] = hash.high64;
        ledger->digest[1] = hash.low64;
    }
    if (read && container->rest)
        ledger_append(ledger, container->rest);
    free(container->rest);
    free(container->sealed_rest);
    return read;
}
