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
    uint64_t text_bytes = 0;
    for (;;) {
        struct step step = decoder_step(state->decoder);
        profile_was(&state->times, STAGE_DECODE);
        if (step.kind != STEP_TEXT && step.kind != STEP_NOTHING) {
            step.text_bytes = text_bytes;
            return step;
        }
        if (step.kind == STEP_TEXT) {
            sink_take(sink, &step);
            text_bytes += step.size;
            progress_add(&run->progress.text_bytes, step.size);
        }
        run_safe_point(state);
        if (fault_raised(run->fault))
            return (struct step){.kind = STEP_IO};
        if (!sink->document && sink->lines->unsettled)
            return (struct step){.kind = STEP_FRAME_BAD};
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
    piece->text_bytes = step.text_bytes;
    /* A frame of CSV that is left for its turn (unsettled) has told no text
     * yet: it comes here again, to the same damage. */
    piece->salvaged = state->run->options.damaged == DAMAGED_SALVAGE &&
                      step.kind == STEP_FRAME_BAD && step.text_bytes > 0;
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

bool frame_do(struct lane_state *state, struct feed *feed,
              const struct item *item, struct stitch *stitch,
              struct piece *piece, bool in_order)
{
    struct text_work *work = state->text_work;
    struct text_sink sink = {.lines = work};
    text_begin(work, piece, false);
    if (stitch->is_csv)
        text_begin_rows(work, &stitch->layout, !in_order,
                        in_order ? stitch->states : CSV_ANY,
                        in_order ? stitch->bom_left : 0);
    struct step step = frame_run(state, feed, item, &sink, piece);
    text_end(work);
    if (step.kind == STEP_FRAME_END || piece->salvaged)
        text_hand_over(work);
    else
        text_drop(work);
    if (step.kind == STEP_IO) {
        raise_read_error(state, feed);
        return false;
    }
    progress_add(&state->run->progress.posts, piece->tally.post_records);
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
    document_frame_end(work, piece, step.kind == STEP_FRAME_END,
                       item->offset);
    if (step.kind == STEP_IO)
        raise_read_error(state, feed);
    return step.kind != STEP_IO;
}

void frame_task_free(struct run *run, struct frame_task *task)
{
    if (!task)
        return;
    memory_uncharge(run->memory, sizeof *task + task->size);
    free(task);
}

static bool task_run(struct lane_state *state, struct frame_task *task,
                     bool in_order)
{
    feed_open_bytes(state->task_feed, task->bytes, task->size,
                    task->item.offset);
    bool well = frame_do(state, state->task_feed, &task->item, task->stitch,
                         task->piece, in_order);
    feed_close(state->task_feed);
    return well;
}

void frame_task_do(struct lane_state *state, struct frame_task *task)
{
    struct stitch *stitch = task->stitch;
    struct piece *piece = task->piece;
    bool well = task_run(state, task, false);
    if (well && state->text_work->unsettled) {
        piece->kind = PIECE_WAITING;
        piece->task = task;
        atomic_store_explicit(&stitch->in_order, 1, memory_order_relaxed);
    } else {
        frame_task_free(state->run, task);
    }
    /* The task's buffers are at rest: stitching may need them. */
    if (well)
        stitch_complete(state, stitch, piece);
}

/* A piece as stitch_append gives it, but for its place. */
static void piece_again(struct piece *piece)
{
    piece->has_break = false;
    piece->raw = false;
    piece->salvaged = false;
    fragment_clear(&piece->head);
    fragment_clear(&piece->tail);
    tally_init(&piece->tally);
}

bool frame_task_redo(struct lane_state *state, struct piece *piece)
{
    struct frame_task *task = piece->task;
    piece_again(piece);
    bool well = task_run(state, task, true);
    piece->task = NULL;
    frame_task_free(state->run, task);
    return well;
}
