#include "stages/shard_mark.h"

#include "pipeline/check.h"
#include "stages/stitch.h"

#include <errno.h>
#include <stdlib.h>

/* The first byte that is in no piece that is stitched. */
static uint64_t resume_offset(const struct stitch *stitch)
{
    uint64_t stitched =
        atomic_load_explicit(&stitch->stitched, memory_order_acquire);
    return stitched == stitch->appended
               ? stitch->next_offset
               : stitch->pieces[stitched % PIECES_MAX].from;
}

void shard_mark_take(const struct lane_state *lane, struct shard_mark *mark)
{
    const struct shard_job *job = lane->job;
    const struct stitch *stitch = job->stitch;
    *mark = (struct shard_mark){
        .codec = job->codec, .is_text = job->ledger->is_text,
        .after_loss = stitch->after_loss, .at_start = stitch->at_start,
        .in_order = atomic_load_explicit(&stitch->in_order,
                                         memory_order_relaxed),
        .lost = stitch->lost, .is_csv = stitch->is_csv,
        .states = stitch->states, .bom_left = stitch->bom_left,
        .open_frame = stitch->open_frame, .lost_bytes = stitch->lost_bytes,
        .open_total = stitch->open.total, .open = stitch->open.bytes,
        .open_size = stitch->open.size, .layout = stitch->layout};
    feed_save(job->feed, resume_offset(stitch), &mark->feed);
}

bool shard_mark_restore(struct shard_job *job, const struct shard_mark *mark)
{
    struct stitch *stitch = job->stitch;
    job->codec = (enum codec)mark->codec;
    job->csv_begun = mark->is_csv && !mark->at_start;
    job->reported = mark->feed.position;
    stitch->after_loss = mark->after_loss;
    stitch->at_start = mark->at_start;
    atomic_store_explicit(&stitch->in_order, mark->in_order,
                          memory_order_relaxed);
    stitch->lost = mark->lost;
    stitch->is_csv = mark->is_csv;
    stitch->states = (uint8_t)mark->states;
    stitch->bom_left = mark->bom_left;
    stitch->open_frame = mark->open_frame;
    stitch->lost_bytes = mark->lost_bytes;
    stitch->layout = mark->layout;
    stitch->next_offset = mark->feed.position;
    if (mark->open_size > 0 &&
        !fragment_add(&stitch->open, mark->open, mark->open_size))
        return false;
    stitch->open.total = mark->open_total;
    return true;
}

void shard_mark_free(struct shard_mark *mark)
{
    if (mark)
        free(mark->open);
    free(mark);
}
