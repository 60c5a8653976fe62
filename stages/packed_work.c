#include "stages/container_work.h"
#include "stages/damage.h"

#include <stdlib.h>
#include <string.h>

/* Containers whose text comes through a layer. */

static bool salvages(const struct run *run)
{
    return run->options.damaged == DAMAGED_SALVAGE &&
           !fault_raised(run->fault);
}

/* A frame of the layer ended well: what ended before stays. */
static void seal_members(void *context)
{
    struct container *container = context;
    (void)hold_settle(&container->hold);
    container->sealed_lines = container->whole_lines;
    container->sealed_members = container->job->ledger->members;
    container->sealed_passed = container->job->ledger->members_passed;
    if (!container->rest)
        return;
    if (!container->sealed_rest)
        container->sealed_rest = calloc(1, sizeof *container->sealed_rest);
    if (container->sealed_rest)
        memcpy(container->sealed_rest, container->rest,
               sizeof *container->rest);
    else
        run_out_of_memory(container->job->state->run);
}

static void add_salvaged(struct salvaged *into,
                         const struct shard_ledger *ledger, bool minus)
{
    const struct salvaged none = {0};
    struct salvaged more = salvaged_since(&ledger->tally, &none);
    uint64_t sign = minus ? UINT64_MAX : 1;
    into->text_bytes +=
        sign * (ledger->tally.text_bytes - ledger->salvaged.text_bytes);
    into->lines += sign * (more.lines - ledger->salvaged.lines);
    into->posts += sign * (more.posts - ledger->salvaged.posts);
}

/* The frame of the layer that is bad gets what stands only because of it. */
static void count_salvaged(struct shard_ledger *ledger,
                           struct salvaged *salvaged)
{
    salvaged->frames = salvaged->text_bytes > 0;
    salvaged_add(&ledger->salvaged, salvaged);
    /* Its sample is the last one, as long as there was room. */
    uint32_t samples = ledger->frame_sample_count;
    if (samples > 0 && samples < SAMPLES_MAX)
        salvaged_add(&ledger->frame_samples[samples - 1].salvaged, salvaged);
}

/* What members said up to the damage counts, though the frame of the layer
 * around them is bad: what they have behind the last good one is salvaged. */
static void salvage_members(struct container *container)
{
    const struct member_list *list = container->list;
    struct salvaged salvaged = {0};
    for (size_t i = container->sealed_lines; i < list->count; i++)
        add_salvaged(&salvaged, list->items[i]->ledger, false);
    if (container->rest)
        add_salvaged(&salvaged, container->rest, false);
    if (container->sealed_rest)
        add_salvaged(&salvaged, container->sealed_rest, true);
    count_salvaged(container->job->ledger, &salvaged);
    seal_members(container);
}

/* Back to what was sealed. */
static void drop_unsealed(struct container *container)
{
    struct shard_ledger *ledger = container->job->ledger;
    member_list_cut(container->list, container->sealed_lines);
    ledger->members = container->sealed_members;
    ledger->members_passed = container->sealed_passed;
    free(container->rest);
    container->rest = container->sealed_rest;
    container->sealed_rest = NULL;
}

static const char *packed_tar_name(enum codec codec)
{
    return codec == CODEC_GZIP    ? "tar in gzip"
           : codec == CODEC_BZIP2 ? "tar in bzip2"
                                  : "tar in zstd";
}

bool container_packed(struct shard_job *job)
{
    struct lane_state *state = job->state;
    struct layer *layer = layer_get(state);
    struct container container;
    uint64_t tar_bytes;
    if (!layer || !container_begin(&container, job))
        return false;
    job->ledger->container = packed_tar_name(job->codec);
    container.layer = layer;
    hold_begin(&container.hold, state);
    layer_open(layer, job->feed, job->codec, job->ledger);
    layer->name = job->name;
    layer->frame_ended = seal_members;
    layer->context = &container;
    bool read = tar_walk_all(&container, layer->text, &tar_bytes);
    bool well = layer_finish(layer);
    if (!well && read && salvages(state->run))
        salvage_members(&container);
    else if (!well)
        drop_unsealed(&container);
    hold_end(&container.hold);
    return container_end(&container, read, tar_bytes);
}

/* The ledger of what was in an entry takes in that of the entry. */
static void take_inner(struct shard_ledger *ledger,
                       const struct shard_ledger *outer, bool well)
{
    struct salvaged salvaged = {0};
    ledger_unpacked(ledger);
    if (well) {
        ledger->frame_bytes = outer->frame_bytes;
        return;
    }
    add_salvaged(&salvaged, ledger, false);
    ledger_append(ledger, outer);
    count_salvaged(ledger, &salvaged);
}

bool container_entry(struct shard_job *job)
{
    struct lane_state *state = job->state;
    struct shard_ledger outer;
    struct layer *layer = layer_get(state);
    struct hold hold;
    if (!layer)
        return false;
    ledger_clear(&outer);
    hold_begin(&hold, state);
    layer_open(layer, job->feed, job->codec, &outer);
    layer->name = job->name;
    layer->entry = job->entry;
    struct shard_job inner = {.state = state, .name = job->name,
                              .ledger = job->ledger, .stitch = job->stitch,
                              .feed = layer->text, .fd = -1,
                              .is_member = true, .is_packed = true,
                              .size = job->entry->content_bytes};
    bool read = shard_job_end(&inner, shard_job_read(&inner));
    bool well = layer_finish(layer);
    if (well || (read && salvages(state->run))) {
        take_inner(job->ledger, &outer, well);
        hold_member_end(&hold);
        (void)hold_settle(&hold);
    } else {
        ledger_clear(job->ledger);
        ledger_append(job->ledger, &outer);
    }
    hold_end(&hold);
    return read && !fault_raised(state->run->fault);
}
