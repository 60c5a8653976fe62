#include "stages/frame_work.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/* Where the text of a frame goes. */
struct text_sink {
    struct text_work *lines;
    struct document_work *document;    /* NULL: lines */
};

static void sink_take(const struct text_sink *sink, const struct step *step)
{
    if (sink->document)
        document_take(sink->document, step->text, step->size);
    else
        text_take(sink->lines, step->text, step->size, step->contiguous);
}

/* Steps through the frame; the last step says how it ended. */
static struct step frame_steps(struct lane_state *state,
                               const struct text_sink *sink)
{
    struct run *run = state->run;
    for (;;) {
        struct step step = decoder_step(state->decoder);
        profile_was(&state->times, STAGE_DECODE);
        if (step.kind != STEP_TEXT && step.kind != STEP_NOTHING)
            return step;
        if (step.kind == STEP_TEXT) {
            sink_take(sink, &step);
            progress_add(&run->progress.text_bytes, step.size);
        }
        run_safe_point(state);
        if (fault_raised(run->fault))
            return (struct step){.kind = STEP_IO};
    }
}

/* What the decoder must hold of this frame's text. */
static uint64_t window_need(const struct item *item)
{
    return item->content_bytes < item->window_bytes ? item->content_bytes
                                                    : item->window_bytes;
}

/* Large windows are part of the budget for a few lanes at a time: the others
 * wait for their turn, and do spans meanwhile. */
static bool wide_enter(struct lane_state *state, const struct item *item)
{
    struct run *run = state->run;
    const struct plan *plan = run->plan;
    if (window_need(item) <= plan->window_bytes_floor)
        return false;
    for (;;) {
        uint32_t wide =
            atomic_load_explicit(&run->wide_lanes, memory_order_relaxed);
        if (wide < plan->wide_lanes_max || fault_raised(run->fault)) {
            if (atomic_compare_exchange_weak_explicit(
                    &run->wide_lanes, &wide, wide + 1, memory_order_relaxed,
                    memory_order_relaxed))
                return true;
            continue;
        }
        run_safe_point(state);
        if (!run_help(state, false)) {
            sched_yield();
            profile_was(&state->times, STAGE_IDLE);
        }
    }
}

static void wide_leave(struct lane_state *state, bool wide)
{
    if (!wide)
        return;
    decoder_rest(state->decoder);
    atomic_fetch_sub_explicit(&state->run->wide_lanes, 1,
                              memory_order_relaxed);
}

/* Starts the frame and goes through it; fills the piece. */
static struct step frame_run(struct lane_state *state, struct feed *feed,
                             const struct item *item,
                             const struct text_sink *sink,
                             struct piece *piece)
{
    piece->checksum = item->checksum;
    piece->window_bytes = item->window_bytes;
    struct step step = {.kind = STEP_FRAME_BAD};
    bool wide = wide_enter(state, item);
    step.reason = decoder_begin(state->decoder, feed, item, &step.bytes);
    if (step.reason == FRAME_OK)
        step = frame_steps(state, sink);
    /* The decoder's pages may go now: what waits in them is copied. */
    if (!sink->document)
        text_leave(sink->lines);
    wide_leave(state, wide);
    piece->kind = step.kind == STEP_FRAME_END ? PIECE_FRAME : PIECE_LOST;
    piece->reason = step.reason;
    piece->bytes = step.bytes;
    return step;
}

static void raise_read_error(struct lane_state *state, struct feed *feed)
{
    int error = feed_error(feed) ? feed_error(feed)
                                 : decoder_error(state->decoder);
    if (error == -ENOMEM)
        run_out_of_memory(state->run);
    else if (error)
        fault_raise(state->run->fault, CODE_IO, NULL, feed_position(feed),
                    -error, "cannot read");
}

bool frame_do(struct lane_state *state, struct text_work *work,
              struct feed *feed, const struct item *item,
              struct stitch *stitch, struct piece *piece)
{
    struct text_sink sink = {.lines = work};
    text_begin(work, piece, false);
    struct step step = frame_run(state, feed, item, &sink, piece);
    text_end(work);
    if (step.kind == STEP_FRAME_END)
        text_commit(work);
    else
        text_drop(work);
    if (step.kind == STEP_IO) {
        raise_read_error(state, feed);
        return false;
    }
    progress_add(&state->run->progress.posts, piece->tally.post_records);
    stitch_complete(state, stitch, piece);
    return true;
}

bool frame_do_document(struct lane_state *state, struct document_work *work,
                       struct feed *feed, const struct item *item,
                       struct piece *piece)
{
    struct text_sink sink = {.document = work};
    text_begin(work->text, piece, false);
    struct step step = frame_run(state, feed, item, &sink, piece);
    progress_add(&state->run->progress.posts, work->frame.post_records);
    document_frame_end(work, step.kind == STEP_FRAME_END, item->offset);
    if (step.kind == STEP_IO)
        raise_read_error(state, feed);
    return step.kind != STEP_IO;
}

void frame_task_do(struct lane_state *state, struct frame_task *task)
{
    feed_open_bytes(state->task_feed, task->bytes, task->size,
                    task->item.offset);
    (void)frame_do(state, state->text_work, state->task_feed, &task->item,
                   task->stitch, task->piece);
    feed_close(state->task_feed);
    memory_uncharge(state->run->memory, sizeof *task + task->size);
    free(task);
}
