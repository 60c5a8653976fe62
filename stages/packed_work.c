#include "stages/container_work.h"

#include <stdlib.h>
#include <string.h>

/* Containers whose text comes through a layer. */

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
    layer->frame_ended = seal_members;
    layer->context = &container;
    bool read = tar_walk_all(&container, layer->text, &tar_bytes);
    bool well = layer_finish(layer);
    if (!well)
        drop_unsealed(&container);
    hold_end(&container.hold);
    return container_end(&container, read, tar_bytes);
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
    layer->entry = job->entry;
    struct shard_job inner = {.state = state, .name = job->name,
                              .ledger = job->ledger, .stitch = job->stitch,
                              .feed = layer->text, .fd = -1,
                              .is_member = true, .is_packed = true,
                              .size = job->entry->content_bytes};
    bool read = shard_job_end(&inner, shard_job_read(&inner));
    bool well = layer_finish(layer);
    if (well) {
        ledger_unpacked(job->ledger);
        job->ledger->frame_bytes = outer.frame_bytes;
        hold_member_end(&hold);
        well = hold_settle(&hold);
    } else {
        ledger_clear(job->ledger);
        ledger_append(job->ledger, &outer);
    }
    hold_end(&hold);
    return read && !fault_raised(state->run->fault);
}
