#include "stages/layer.h"

#include "stages/damage.h"
#include "stages/dictionary_files.h"

#include <errno.h>
#include <stdlib.h>

struct layer *layer_get(struct lane_state *state)
{
    struct run *run = state->run;
    if (state->layer)
        return state->layer;
    struct decoder_options options = {run->plan->window_bytes_floor, 0};
    struct layer *layer = calloc(1, sizeof *layer);
    if (layer) {
        layer->state = state;
        layer->text = feed_create(run->memory);
        layer->member = feed_create(run->memory);
        layer->decoder = decoder_create(run->memory, &options);
    }
    if (layer && layer->text && layer->member && layer->decoder &&
        dictionary_files_give(run->options.dictionaries, layer->decoder)) {
        state->layer = layer;
        return layer;
    }
    layer_free(layer);
    run_out_of_memory(run);
    return NULL;
}

void layer_free(struct layer *layer)
{
    if (!layer)
        return;
    if (layer->text)
        feed_destroy(layer->text);
    if (layer->member)
        feed_destroy(layer->member);
    if (layer->decoder)
        decoder_destroy(layer->decoder);
    free(layer);
}

void ledger_reject(struct shard_ledger *ledger, enum frame_reason reason,
                   uint64_t offset, uint64_t bytes)
{
    ledger->frames++;
    ledger->frames_rejected[reason]++;
    ledger->rejected_bytes += bytes;
    if (ledger->frame_sample_count < SAMPLES_MAX)
        ledger->frame_samples[ledger->frame_sample_count++] =
            (struct frame_sample){.offset = offset, .bytes = bytes,
                                  .reason = reason};
}

struct item layer_item(struct feed *feed, enum codec codec,
                       const struct item *entry)
{
    if (entry)
        return item_next_entry(feed, entry);
    return codec == CODEC_ZSTD ? item_next(feed)
                               : item_next_packed(feed, codec);
}

static void layer_lost(struct layer *layer, enum frame_reason reason,
                       uint64_t offset, uint64_t bytes)
{
    ledger_reject(layer->ledger, reason, offset, bytes);
    damage_found(layer->state->run, layer->name, offset, reason);
    layer->in_frame = false;
    layer->bad = true;
    layer->ended = true;
}

/* What stands next: the start of a frame, or the end. */
static int layer_next(struct layer *layer)
{
    struct item item = layer_item(layer->from, layer->codec, layer->entry);
    struct shard_ledger *ledger = layer->ledger;
    uint64_t bytes;
    if (feed_error(layer->from))
        return feed_error(layer->from);
    switch (item.kind) {
    case ITEM_END:
        layer->ended = true;
        return 0;
    case ITEM_SKIPPABLE:
        ledger->skippable_frames++;
        ledger->skippable_bytes += item.bytes;
        return 0;
    case ITEM_REJECTED:
        layer_lost(layer, item.reason, item.offset, item.bytes);
        return 0;
    case ITEM_FRAME:
        break;
    }
    layer->frame_offset = item.offset;
    layer->in_frame = true;
    layer->frame_text = 0;
    layer->checksum = item.checksum;
    if (item.window_bytes > ledger->window_bytes_max)
        ledger->window_bytes_max = item.window_bytes;
    enum frame_reason reason =
        decoder_begin(layer->decoder, layer->from, &item, &bytes);
    if (reason != FRAME_OK)
        layer_lost(layer, reason, item.offset, bytes);
    return 0;
}

static void layer_frame_end(struct layer *layer, const struct step *step)
{
    struct shard_ledger *ledger = layer->ledger;
    ledger->frames++;
    ledger->frames_ok++;
    ledger->frames_unchecked += !layer->checksum;
    ledger->frame_bytes += step->bytes;
    layer->in_frame = false;
    layer->frame_text = 0;
    if (layer->frame_ended)
        layer->frame_ended(layer->context);
}

static void layer_progress(struct layer *layer)
{
    uint64_t at = feed_position(layer->from);
    if (at > layer->reported)
        progress_add(&layer->state->run->progress.compressed_bytes,
                     at - layer->reported);
    layer->reported = at;
}

static ssize_t layer_pull(void *context, const uint8_t **bytes)
{
    struct layer *layer = context;
    struct lane_state *state = layer->state;
    while (!layer->ended) {
        run_safe_point(state);
        if (fault_raised(state->run->fault))
            return -ECANCELED;
        if (!layer->in_frame) {
            int error = layer_next(layer);
            if (error)
                return error;
            continue;
        }
        struct step step = decoder_step(layer->decoder);
        profile_was(&state->times, STAGE_DECODE);
        layer_progress(layer);
        if (step.kind == STEP_TEXT) {
            *bytes = step.text;
            layer->frame_text += step.size;
            return (ssize_t)step.size;
        }
        if (step.kind == STEP_IO)
            return decoder_error(layer->decoder)
                       ? decoder_error(layer->decoder)
                       : feed_error(layer->from);
        if (step.kind == STEP_FRAME_END)
            layer_frame_end(layer, &step);
        else if (step.kind == STEP_FRAME_BAD)
            layer_lost(layer, step.reason, layer->frame_offset, step.bytes);
    }
    return 0;
}

void layer_open(struct layer *layer, struct feed *from, enum codec codec,
                struct shard_ledger *ledger)
{
    layer->from = from;
    layer->codec = codec;
    layer->entry = NULL;
    layer->ledger = ledger;
    layer->frame_ended = NULL;
    layer->name = NULL;
    layer->frame_text = 0;
    layer->in_frame = layer->ended = layer->bad = false;
    layer->reported = 0;
    feed_open_pull(layer->text, layer_pull, layer);
}

/* In parts, so that lanes that want to meet do not wait. */
static void reject_rest(struct layer *layer)
{
    struct shard_ledger *ledger = layer->ledger;
    uint64_t bytes;
    while ((bytes = feed_skip_far(layer->from, FRAME_SEARCH_BYTES_MAX)) > 0) {
        ledger->rejected_bytes += bytes;
        if (ledger->frames <= SAMPLES_MAX && ledger->frame_sample_count > 0)
            ledger->frame_samples[ledger->frame_sample_count - 1].bytes +=
                bytes;
        run_safe_point(layer->state);
    }
}

bool layer_finish(struct layer *layer)
{
    struct run *run = layer->state->run;
    while (feed_skip_far(layer->text, FRAME_SEARCH_BYTES_MAX) > 0)
        if (fault_raised(run->fault))
            break;
    int error = feed_error(layer->text);
    feed_close(layer->text);
    if (layer->bad && !error)
        reject_rest(layer);
    error = error ? error : feed_error(layer->from);
    decoder_rest(layer->decoder);
    if (error == -ENOMEM)
        run_out_of_memory(run);
    else if (error && error != -ECANCELED)
        fault_raise(run->fault, CODE_IO, NULL, feed_position(layer->from),
                    -error, "cannot read");
    return !error && !layer->bad && !fault_raised(run->fault);
}
