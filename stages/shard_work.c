#include "stages/shard_work.h"

#include "stages/filter_files.h"
#include "stages/frame_work.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct shard_job {
    struct lane_state *state;
    const struct shard *shard;
    struct shard_ledger *ledger;
    struct stitch *stitch;
    struct document_work document;
    bool is_document;
    bool csv_begun;            /* the header is stitched */
    uint64_t reported;         /* bytes told to the progress */
};

static void report_progress(struct shard_job *job)
{
    uint64_t at = feed_position(job->state->feed);
    if (at <= job->reported)
        return;
    progress_add(&job->state->run->progress.compressed_bytes,
                 at - job->reported);
    job->reported = at;
}

/* Lets others work until a place for a piece, or the last piece, is done. */
static void wait_a_little(struct lane_state *state)
{
    run_safe_point(state);
    if (run_help(state, true))
        return;
    sched_yield();
    profile_was(&state->times, STAGE_IDLE);
}

static struct piece *next_piece(struct shard_job *job, uint64_t offset)
{
    struct piece *piece;
    while (!(piece = stitch_append(job->stitch, offset))) {
        if (fault_raised(job->state->run->fault))
            return NULL;
        wait_a_little(job->state);
    }
    return piece;
}

/* ---- zstd --------------------------------------------------------------- */

/* The first row of CSV is done in order, and so is everything once a frame
 * could not be settled by itself. */
static bool csv_may_go(const struct shard_job *job)
{
    return job->csv_begun &&
           !atomic_load_explicit(&job->stitch->in_order, memory_order_relaxed);
}

/* Waits until the text before the last piece is known. */
static bool await_turn(struct shard_job *job)
{
    while (!stitch_reached(job->stitch)) {
        if (fault_raised(job->state->run->fault))
            return false;
        wait_a_little(job->state);
    }
    job->csv_begun = !job->stitch->at_start;
    return true;
}

/* Are there lanes without a shard, and is their work running out? */
static bool hand_out_frames(const struct shard_job *job)
{
    const struct run *run = job->state->run;
    return !job->is_document && run->options.lanes > 1 &&
           (!job->stitch->is_csv || csv_may_go(job)) &&
           atomic_load_explicit(&run->next_shard, memory_order_relaxed) >=
               run->shards->count &&
           ring_count(&run->frame_tasks) < 2 * run->options.lanes;
}

/* Gathers the frame and hands it to whoever has time. False: it was not. */
static bool hand_out(struct shard_job *job, const struct item *item,
                     struct piece *piece)
{
    struct run *run = job->state->run;
    struct frame_task *task = malloc(sizeof *task + FRAME_TASK_BYTES_MAX);
    if (!task)
        return false;
    size_t size = frame_gather(job->state->feed, item, task->bytes,
                               FRAME_TASK_BYTES_MAX);
    if (size == 0) {
        free(task);
        return false;
    }
    struct frame_task *fitted = realloc(task, sizeof *task + size);
    task = fitted ? fitted : task;
    task->stitch = job->stitch;
    task->piece = piece;
    task->item = *item;
    task->size = size;
    memory_charge(run->memory, sizeof *task + size);
    if (ring_push(&run->frame_tasks, task))
        lanes_wake(run->lanes);
    else
        frame_task_do(job->state, task);
    return true;
}

static bool take_frame(struct shard_job *job, const struct item *item)
{
    struct lane_state *state = job->state;
    struct piece *piece = next_piece(job, item->offset);
    if (!piece)
        return false;
    if (job->is_document) {
        if (!frame_do_document(state, &job->document, state->feed, item,
                               piece))
            return false;
        stitch_complete(state, job->stitch, piece);
        return true;
    }
    if (hand_out_frames(job) && hand_out(job, item, piece))
        return true;
    if (job->stitch->is_csv && !await_turn(job))
        return false;
    if (!frame_do(state, state->feed, item, job->stitch, piece, true))
        return false;
    stitch_complete(state, job->stitch, piece);
    return true;
}

/* Skippable frames, and bytes that are none. */
static bool take_other(struct shard_job *job, const struct item *item)
{
    struct piece *piece = next_piece(job, item->offset);
    if (!piece)
        return false;
    piece->kind = item->kind == ITEM_SKIPPABLE ? PIECE_SKIPPABLE
                                               : PIECE_REJECTED;
    piece->bytes = item->bytes;
    piece->reason = item->reason;
    if (job->is_document && item->kind == ITEM_REJECTED)
        document_loss(&job->document);
    stitch_complete(job->state, job->stitch, piece);
    return true;
}

/* The framing of a shard that begins with this text. */
static void set_framing(struct shard_job *job, const uint8_t *text,
                        size_t size)
{
    struct csv_layout layout;
    if (size > FRAMING_BYTES)
        size = FRAMING_BYTES;
    if (csv_layout_read(&layout, text, size, size < FRAMING_BYTES)) {
        job->ledger->framing = FRAMING_CSV;
        stitch_csv(job->stitch, &layout);
        if (job->stitch->file)
            (void)filter_file_csv(job->stitch->file, text, size);
        return;
    }
    job->ledger->framing = framing_detect(text, size);
    job->is_document = job->ledger->framing == FRAMING_DOCUMENT;
    if (job->is_document)
        document_begin(&job->document, job->state, job->state->text_work,
                       &job->ledger->tally);
}

/* What is looked at for the framing: it holds a whole block of text. */
#define FRAMING_COMPRESSED_BYTES ((size_t)256 << 10)

/* Adds the frame's text to text[0..*have), up to FRAMING_BYTES. */
static void peek_frame(struct lane_state *state, const struct item *item,
                       uint8_t *text, size_t *have)
{
    uint64_t bytes;
    if (decoder_begin(state->decoder, state->task_feed, item, &bytes) !=
        FRAME_OK)
        return;
    struct step step = decoder_step(state->decoder);
    while ((step.kind == STEP_TEXT || step.kind == STEP_NOTHING) &&
           *have < FRAMING_BYTES) {
        size_t part = FRAMING_BYTES - *have;
        if (step.kind == STEP_NOTHING)
            part = 0;
        part = step.size < part ? step.size : part;
        if (part > 0)
            memcpy(text + *have, step.text, part);
        *have += part;
        if (*have < FRAMING_BYTES)
            step = decoder_step(state->decoder);
    }
}

/*
 * The framing is fixed by the shard's first text, whatever frames it stands
 * in: a little of it is decoded twice, the first time for a look.
 */
static void look_at_text(struct shard_job *job)
{
    struct lane_state *state = job->state;
    uint8_t *text = malloc(FRAMING_BYTES);
    size_t have = 0, shown;
    if (!text) {
        run_out_of_memory(state->run);
        return;
    }
    const uint8_t *compressed =
        feed_peek(state->feed, FRAMING_COMPRESSED_BYTES, &shown);
    if (shown > FRAMING_COMPRESSED_BYTES)
        shown = FRAMING_COMPRESSED_BYTES;
    feed_open_bytes(state->task_feed, compressed, shown, 0);
    while (have < FRAMING_BYTES) {
        struct item item = item_next(state->task_feed);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME)
            peek_frame(state, &item, text, &have);
    }
    feed_close(state->task_feed);
    set_framing(job, text, have);
    free(text);
}

static bool read_zstd(struct shard_job *job)
{
    struct lane_state *state = job->state;
    look_at_text(job);
    for (;;) {
        struct item item = item_next(state->feed);
        profile_was(&state->times, STAGE_READ);
        if (item.kind == ITEM_END || feed_error(state->feed))
            return true;
        bool on = item.kind == ITEM_FRAME ? take_frame(job, &item)
                                          : take_other(job, &item);
        if (!on || fault_raised(state->run->fault))
            return false;
        report_progress(job);
        run_safe_point(state);
    }
}

/* ---- plain text --------------------------------------------------------- */

static bool read_text(struct shard_job *job)
{
    struct lane_state *state = job->state;
    struct run *run = state->run;
    struct piece *piece = next_piece(job, 0);
    if (!piece)
        return false;
    size_t have;
    const uint8_t *text = feed_peek(state->feed, FRAMING_BYTES, &have);
    set_framing(job, text, have);
    text_begin(state->text_work, piece, true);
    if (job->stitch->is_csv)
        text_begin_rows(state->text_work, &job->stitch->layout, false,
                        CSV_CELL_START, job->stitch->bom_left);
    for (;;) {
        text = feed_peek(state->feed, TEXT_BUFFER_BYTES, &have);
        have = have < TEXT_BUFFER_BYTES ? have : TEXT_BUFFER_BYTES;
        if (have == 0)
            break;
        /* Vector loads go past the end: not in somebody else's memory. */
        memcpy(state->text_buffer, text, have);
        feed_skip(state->feed, have);
        profile_was(&state->times, STAGE_READ);
        if (job->is_document)
            document_take(&job->document, state->text_buffer, have);
        else
            text_take(state->text_work, state->text_buffer, have, false);
        text_leave(state->text_work);
        progress_add(&run->progress.text_bytes, have);
        report_progress(job);
        run_safe_point(state);
        if (fault_raised(run->fault))
            return false;
    }
    text_end(state->text_work);
    if (job->is_document)
        document_frame_end(&job->document, true, 0);
    else
        text_commit(state->text_work);
    piece->kind = PIECE_FRAME;
    piece->bytes = feed_position(state->feed);
    progress_add(&run->progress.posts, piece->tally.post_records);
    stitch_complete(state, job->stitch, piece);
    return true;
}

/* ---- the shard ---------------------------------------------------------- */

static void reject_foreign(struct shard_job *job, const char *name)
{
    struct shard_ledger *ledger = job->ledger;
    ledger->foreign = name;
    ledger->frames = 1;
    ledger->frames_rejected[FRAME_GARBAGE] = 1;
    char shown[PRINTABLE_NAME_BYTES];
    fprintf(stderr,
            "sandpiper: %s is %s, which is not read: decompress it first. "
            "All of it is rejected (frame_garbage).\n",
            printable_name(shown, sizeof shown, job->shard->name), name);
}

static bool read_shard(struct shard_job *job)
{
    struct lane_state *state = job->state;
    size_t have;
    const char *name = NULL;
    const uint8_t *first = feed_peek(state->feed, 512, &have);
    switch (shard_format_detect(first, have, &name)) {
    case SHARD_EMPTY:
        return true;
    case SHARD_FOREIGN:
        reject_foreign(job, name);
        return true;
    case SHARD_ZSTD:
        return read_zstd(job);
    case SHARD_TEXT:
        job->ledger->is_text = true;
        return read_text(job);
    }
    return false;
}

static bool end_shard(struct shard_job *job, bool read)
{
    struct lane_state *state = job->state;
    struct fault *fault = state->run->fault;
    /* Pieces that others hold come back, unless the run is ending. */
    while (!stitch_done(job->stitch) && !fault_raised(fault))
        wait_a_little(state);
    if (!read || fault_raised(fault))
        return false;
    if (job->is_document)
        document_end(&job->document);
    else
        stitch_end(state, job->stitch);
    int error = feed_finish(state->feed, job->ledger->digest,
                            &job->ledger->file_bytes);
    if (error) {
        fault_raise(fault, CODE_IO, job->shard->name,
                    feed_position(state->feed), -error, "cannot read");
        return false;
    }
    if (job->ledger->foreign) {
        job->ledger->rejected_bytes = job->ledger->file_bytes;
        job->ledger->frame_samples[job->ledger->frame_sample_count++] =
            (struct frame_sample){0, job->ledger->file_bytes, FRAME_GARBAGE};
    }
    report_progress(job);
    return true;
}

bool shard_do(struct lane_state *state, uint32_t index)
{
    struct run *run = state->run;
    struct shard_job job = {.state = state,
                            .shard = &run->shards->items[index],
                            .ledger = &run->ledgers[index],
                            .stitch = state->stitch};
    int fd;
    if (shard_open(job.shard, &fd, run->fault) != CODE_DONE)
        return false;
    stitch_begin(job.stitch, job.ledger);
    job.stitch->file = state->own_file;
    if (state->own_file)
        filter_file_begin(state->own_file, index);
    int error = feed_open(state->feed, state->source, fd,
                          !job.shard->is_stdin);
    bool well = false;
    if (error)
        fault_raise(run->fault, CODE_IO, job.shard->name, 0, -error,
                    "cannot read");
    else
        well = end_shard(&job, read_shard(&job));
    if (state->own_file)
        well = filter_file_end(state, state->own_file, well);
    /* A huge window is given back before the next shard. */
    decoder_rest(state->decoder);
    feed_close(state->feed);
    if (well)
        well = shard_unchanged(job.shard, fd, run->fault) == CODE_DONE;
    close(fd);
    job.ledger->done = well;
    if (well)
        progress_add(&run->progress.shards_done, 1);
    return well;
}
