#include "stages/shard_work.h"

#include "stages/container_work.h"
#include "stages/damage.h"
#include "stages/filter_files.h"
#include "stages/frame_work.h"
#include "stages/layer.h"
#include "stages/shard_mark.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void report_progress(struct shard_job *job)
{
    uint64_t at = feed_position(job->feed);
    if (at <= job->reported || job->is_packed)
        return;
    progress_add(&job->state->run->progress.compressed_bytes,
                 at - job->reported);
    job->reported = at;
}

void shard_job_wait(struct lane_state *state)
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
        shard_job_wait(job->state);
    }
    return piece;
}

/* ---- frames ------------------------------------------------------------- */

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
        shard_job_wait(job->state);
    }
    job->csv_begun = !job->stitch->at_start;
    return true;
}

/* Are there lanes without a shard, and is their work running out? */
static bool hand_out_frames(const struct shard_job *job)
{
    const struct run *run = job->state->run;
    return !job->is_document && job->codec == CODEC_ZSTD &&
           !job->state->hold && run->options.lanes > 1 &&
           (!job->stitch->is_csv || csv_may_go(job)) &&
           run_all_claimed(run) &&
           ring_count(&run->frame_tasks) < 2 * run->options.lanes;
}

/* Gathers the frame and hands it to whoever has time. False: it was not. */
static bool hand_out(struct shard_job *job, const struct item *item,
                     struct piece *piece)
{
    struct run *run = job->state->run;
    /* Room for the greatest, cut down behind it, would be fresh pages for
     * every frame: a fifth of the time that decoding takes. */
    size_t size = frame_measure(job->feed, item, FRAME_TASK_BYTES_MAX);
    struct frame_task *task = size ? malloc(sizeof *task + size) : NULL;
    if (!task)
        return false;
    frame_copy(job->feed, task->bytes, size);
    task->stitch = job->stitch;
    task->piece = piece;
    task->item = *item;
    task->size = size;
    task->stitch->next_offset = feed_position(job->feed);
    memory_charge(run->memory, sizeof *task + size);
    if (ring_push(&run->frame_tasks, task))
        lanes_wake(run->lanes);
    else
        frame_task_do(job->state, task);
    return true;
}

/* The owner's piece is whole, and the feed stands behind it. */
static void complete(struct shard_job *job, struct piece *piece)
{
    job->stitch->next_offset = feed_position(job->feed);
    stitch_complete(job->state, job->stitch, piece);
}

static bool take_frame(struct shard_job *job, const struct item *item)
{
    struct lane_state *state = job->state;
    struct piece *piece = next_piece(job, item->offset);
    if (!piece)
        return false;
    if (job->is_document) {
        if (!frame_do_document(state, &job->document, job->feed, item,
                               piece))
            return false;
        complete(job, piece);
        return true;
    }
    if (hand_out_frames(job) && hand_out(job, item, piece))
        return true;
    if (job->stitch->is_csv && !await_turn(job))
        return false;
    if (!frame_do(state, job->feed, item, job->stitch, piece, true))
        return false;
    complete(job, piece);
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
    complete(job, piece);
    return true;
}

/* The framing of what begins with this text. */
static void set_framing(struct shard_job *job, const uint8_t *text,
                        size_t size)
{
    struct csv_layout layout;
    if (size > FRAMING_BYTES)
        size = FRAMING_BYTES;
    bool csv = csv_layout_read(&layout, text, size, size < FRAMING_BYTES);
    if (job->state->run->options.verify) {
        /* Frames in any order, whatever stands in them. */
        job->ledger->framing = csv ? FRAMING_CSV : framing_detect(text, size);
        return;
    }
    if (job->stitch->file)
        (void)filter_file_framing(job->stitch->file, csv, text, size);
    if (csv) {
        job->ledger->framing = FRAMING_CSV;
        stitch_csv(job->stitch, &layout);
        return;
    }
    job->ledger->framing = framing_detect(text, size);
    job->is_document = job->ledger->framing == FRAMING_DOCUMENT;
    if (job->is_document)
        document_begin(&job->document, job->state, job->state->text_work,
                       &job->ledger->tally);
}

/* What is looked at for the framing: it holds a whole block of text. A block
 * of bzip2 has up to 900,000 bytes, and may be longer than its text. */
#define FRAMING_COMPRESSED_BYTES ((size_t)256 << 10)
#define FRAMING_BZIP2_BYTES ((size_t)1 << 20)

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
    decoder_rest(state->decoder);
}

/*
 * The framing is fixed by the shard's first text, whatever frames it stands
 * in, and so is whether that is a container: a little of it is decoded twice,
 * the first time for a look. How much there was, up to FRAMING_BYTES.
 */
static size_t look_at_text(struct shard_job *job, uint8_t *text)
{
    struct lane_state *state = job->state;
    size_t most = job->codec == CODEC_BZIP2 ? FRAMING_BZIP2_BYTES
                                            : FRAMING_COMPRESSED_BYTES;
    size_t have = 0, shown;
    const uint8_t *compressed = feed_peek(job->feed, most, &shown);
    shown = shown < most ? shown : most;
    feed_open_bytes(state->task_feed, compressed, shown, 0);
    while (have < FRAMING_BYTES) {
        struct item item =
            layer_item(state->task_feed, job->codec, job->entry);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME)
            peek_frame(state, &item, text, &have);
    }
    feed_close(state->task_feed);
    return have;
}

/* A member that ends before its time: what comes last may be half a line. */
static bool end_short(struct shard_job *job)
{
    uint64_t at = feed_position(job->feed);
    if (job->size == UINT64_MAX || at >= job->size)
        return true;
    struct piece *piece = next_piece(job, at);
    if (!piece)
        return false;
    piece->kind = PIECE_REJECTED;
    piece->reason = CONTAINER_TRUNCATED;
    if (job->is_document)
        document_loss(&job->document);
    complete(job, piece);
    return true;
}

/* From here on the shard could be gone on with by another process. */
static void may_go_on(struct shard_job *job)
{
    struct lane_state *state = job->state;
    if (state->run->options.state && !job->is_member && !job->is_packed &&
        !job->is_document && !job->entry && job->fd >= 0)
        state->job = job;
}

static bool take_items(struct shard_job *job)
{
    struct lane_state *state = job->state;
    may_go_on(job);
    for (;;) {
        struct item item = layer_item(job->feed, job->codec, job->entry);
        profile_was(&state->times, STAGE_READ);
        if (feed_error(job->feed))
            return true;
        if (item.kind == ITEM_END)
            return end_short(job);
        bool on = item.kind == ITEM_FRAME ? take_frame(job, &item)
                                          : take_other(job, &item);
        if (!on || fault_raised(state->run->fault))
            return false;
        report_progress(job);
        run_safe_point(state);
    }
}

/* What the text of the frames begins with decides how they are read. */
static bool read_as(struct shard_job *job, const uint8_t *text, size_t have)
{
    const char *name;
    switch (shard_format_detect(text, have, &name)) {
    case SHARD_TAR:
        if (!job->is_member)
            return container_packed(job);
        return shard_job_reject(job, CONTAINER_NESTED);
    case SHARD_ZSTD:
    case SHARD_GZIP:
    case SHARD_BZIP2:
        if (job->entry)
            return container_entry(job);
        return shard_job_reject(job, CONTAINER_NESTED);
    case SHARD_ZIP:
        return shard_job_reject(job, CONTAINER_NESTED);
    case SHARD_FOREIGN:
        if (job->entry)
            return shard_job_reject(job, FRAME_GARBAGE);
        break;
    case SHARD_EMPTY:
    case SHARD_TEXT:
        break;
    }
    set_framing(job, text, have);
    return take_items(job);
}

static bool read_frames(struct shard_job *job, enum codec codec)
{
    job->codec = codec;
    uint8_t *text = malloc(FRAMING_BYTES);
    if (!text) {
        run_out_of_memory(job->state->run);
        return false;
    }
    size_t have = look_at_text(job, text);
    bool read = read_as(job, text, have);
    free(text);
    return read;
}

/* ---- plain text --------------------------------------------------------- */

/* The end of the text: good, or, of a member, cut short. */
static void end_text(struct shard_job *job, struct piece *piece)
{
    uint64_t at = feed_position(job->feed);
    bool well = job->size == UINT64_MAX || at >= job->size;
    struct text_work *work = job->state->text_work;
    text_end(work);
    piece->text_bytes = at;
    piece->salvaged = !well && at > 0 &&
                      job->state->run->options.damaged == DAMAGED_SALVAGE;
    if (job->is_document)
        document_frame_end(&job->document, piece, well, 0);
    else if (well || piece->salvaged)
        text_hand_over(work);
    else
        text_drop(work);
    piece->kind = well ? PIECE_FRAME : PIECE_LOST;
    piece->reason = well ? FRAME_OK : CONTAINER_TRUNCATED;
    piece->bytes = at - piece->from;
    /* What is packed is checked by the layer around. */
    piece->checksum = job->is_packed;
    job->ledger->text_frames = well && !piece->checksum;
    progress_add(&job->state->run->progress.posts,
                 piece->tally.post_records);
    complete(job, piece);
}

/* A new piece at the feed's position, all before which is stitched. */
static struct piece *begin_part(struct shard_job *job)
{
    struct stitch *stitch = job->stitch;
    struct text_work *work = job->state->text_work;
    struct piece *piece = next_piece(job, 0);
    if (!piece)
        return NULL;
    piece->goes_on = piece->from > 0;
    text_begin(work, piece, !job->is_member);
    if (stitch->is_csv)
        text_begin_rows(work, &stitch->layout, false, stitch->states,
                        stitch->bom_left);
    return piece;
}

/* What was read so far can be gone on from. */
static void end_part(struct shard_job *job, struct piece *piece)
{
    struct text_work *work = job->state->text_work;
    text_end(work);
    text_hand_over(work);
    piece->kind = PIECE_TEXT;
    piece->bytes = feed_position(job->feed) - piece->from;
    progress_add(&job->state->run->progress.posts,
                 piece->tally.post_records);
    complete(job, piece);
}

/* Plain text is gone on with where a part of so many bytes ends, or, if less
 * is to be read between commits, of so many. */
#define TEXT_PART_BYTES ((uint64_t)16 << 20)

/* How much of the part is still to come; without a state it never ends. */
static uint64_t part_left(const struct shard_job *job,
                          const struct piece *piece)
{
    uint64_t commit = job->state->run->options.commit_bytes;
    uint64_t part = commit && commit < TEXT_PART_BYTES ? commit
                                                       : TEXT_PART_BYTES;
    if (job->state->job != job)
        return UINT64_MAX;
    return part - (feed_position(job->feed) - piece->from);
}

static bool read_text(struct shard_job *job)
{
    struct lane_state *state = job->state;
    struct run *run = state->run;
    may_go_on(job);
    struct piece *piece = begin_part(job);
    for (;;) {
        size_t have;
        if (!piece)
            return false;
        const uint8_t *text = feed_peek(job->feed, TEXT_BUFFER_BYTES, &have);
        have = have < TEXT_BUFFER_BYTES ? have : TEXT_BUFFER_BYTES;
        if (have == 0)
            break;
        uint64_t left = part_left(job, piece);
        have = have < left ? have : (size_t)left;
        /* Vector loads go past the end: not in somebody else's memory. */
        memcpy(state->text_buffer, text, have);
        feed_skip(job->feed, have);
        profile_was(&state->times, STAGE_READ);
        if (job->is_document)
            document_take(&job->document, state->text_buffer, have);
        else
            text_take(state->text_work, state->text_buffer, have, false);
        text_leave(state->text_work);
        progress_add(&run->progress.text_bytes, have);
        report_progress(job);
        if (part_left(job, piece) == 0) {
            end_part(job, piece);
            piece = begin_part(job);
        }
        run_safe_point(state);
        if (fault_raised(run->fault))
            return false;
    }
    end_text(job, piece);
    return true;
}

static bool begin_text(struct shard_job *job)
{
    size_t have;
    const uint8_t *text = feed_peek(job->feed, FRAMING_BYTES, &have);
    set_framing(job, text, have);
    return read_text(job);
}

/* ---- the shard ---------------------------------------------------------- */

bool shard_job_reject(struct shard_job *job, enum frame_reason reason)
{
    job->rejected = reason;
    return true;
}

static bool reject_foreign(struct shard_job *job, const char *name)
{
    job->ledger->container = name;
    if (!job->is_member) {
        char shown[PRINTABLE_NAME_BYTES];
        fprintf(stderr,
                "sandpiper: %s is %s, which is not read: decompress it "
                "first. All of it is rejected (frame_garbage).\n",
                printable_name(shown, sizeof shown, job->name), name);
    }
    return shard_job_reject(job, FRAME_GARBAGE);
}

bool shard_job_read(struct shard_job *job)
{
    size_t have;
    const char *name = NULL;
    if (job->entry)
        return read_frames(job, job->entry->codec);
    const uint8_t *first = feed_peek(job->feed, SHARD_FORMAT_BYTES, &have);
    enum shard_format format = shard_format_detect(first, have, &name);
    switch (format) {
    case SHARD_EMPTY:
        return end_short(job);
    case SHARD_FOREIGN:
        return reject_foreign(job, name);
    case SHARD_ZSTD:
        return read_frames(job, CODEC_ZSTD);
    case SHARD_GZIP:
        job->ledger->container = name;
        return read_frames(job, CODEC_GZIP);
    case SHARD_BZIP2:
        job->ledger->container = name;
        return read_frames(job, CODEC_BZIP2);
    case SHARD_TAR:
    case SHARD_ZIP:
        job->ledger->container = name;
        if (job->is_member)
            return shard_job_reject(job, CONTAINER_NESTED);
        return format == SHARD_TAR ? container_tar(job) : container_zip(job);
    case SHARD_TEXT:
        job->ledger->is_text = true;
        return begin_text(job);
    }
    return false;
}

bool shard_job_end(struct shard_job *job, bool read)
{
    struct lane_state *state = job->state;
    struct shard_ledger *ledger = job->ledger;
    struct fault *fault = state->run->fault;
    /* Pieces that others hold come back, unless the run is ending. */
    while (!stitch_done(job->stitch) && !fault_raised(fault))
        shard_job_wait(state);
    if (!read || fault_raised(fault))
        return false;
    if (job->is_document)
        document_end(&job->document);
    else
        stitch_end(state, job->stitch);
    if (job->counted)
        return true;
    int error = feed_finish(job->feed, ledger->digest, &ledger->file_bytes);
    if (error) {
        fault_raise(fault, CODE_IO, job->name, feed_position(job->feed),
                    -error, "cannot read");
        return false;
    }
    if (job->rejected) {
        ledger_reject(ledger, job->rejected, 0, ledger->file_bytes);
        damage_found(state->run, job->name, 0, job->rejected);
    }
    report_progress(job);
    return !fault_raised(fault);
}

/* From where an earlier process left it. */
static bool shard_go_on(struct shard_job *job, int fd)
{
    struct lane_state *state = job->state;
    struct shard_mark *mark = state->run->marks[state->shard];
    stitch_begin(job->stitch, job->ledger, job->name);
    int error = mark->feed.hashed > job->file_bytes
                    ? -EINVAL
                    : feed_open_at(job->feed, state->source, fd, &mark->feed);
    if (error == -EINVAL)
        fault_raise(state->run->fault, CODE_IO, job->name, UINT64_MAX, 0,
                    "the checkpoint of the state is damaged here; --restart "
                    "begins anew");
    else if (error)
        fault_raise(state->run->fault, CODE_IO, job->name,
                    mark->feed.position, -error, "cannot go on here");
    bool well = !error && shard_mark_restore(job, mark);
    if (!error && !well)
        run_out_of_memory(state->run);
    if (!well)
        return false;
    state->run->marks[state->shard] = NULL;
    shard_mark_free(mark);
    return job->ledger->is_text ? read_text(job) : take_items(job);
}

static bool shard_begin(struct shard_job *job, int fd, bool seekable)
{
    struct lane_state *state = job->state;
    stitch_begin(job->stitch, job->ledger, job->name);
    int error = feed_open(job->feed, state->source, fd, seekable);
    if (error)
        fault_raise(state->run->fault, CODE_IO, job->name, 0, -error,
                    "cannot read");
    return !error;
}

bool shard_do(struct lane_state *state, uint32_t index)
{
    struct run *run = state->run;
    const struct shard *shard = &run->shards->items[index];
    struct shard_job job = {.state = state, .name = shard->name,
                            .ledger = &run->ledgers[index],
                            .stitch = state->stitch, .feed = state->feed,
                            .size = UINT64_MAX};
    int fd;
    if (shard_open(shard, &fd, run->fault) != CODE_DONE)
        return false;
    job.fd = shard->is_stdin ? -1 : fd;
    job.file_bytes = shard->size;
    if (state->own_file)
        filter_file_begin(state->own_file, index);
    state->shard = index;
    bool well = run->marks[index]
                    ? shard_job_end(&job, shard_go_on(&job, fd))
                    : shard_begin(&job, fd, !shard->is_stdin) &&
                          shard_job_end(&job, shard_job_read(&job));
    state->job = NULL;
    if (state->own_file)
        well = filter_file_end(state, state->own_file, well);
    /* A huge window is given back before the next shard. */
    decoder_rest(state->decoder);
    feed_close(state->feed);
    if (well)
        well = shard_unchanged(shard, fd, run->fault) == CODE_DONE;
    close(fd);
    job.ledger->done = well;
    if (well)
        progress_add(&run->progress.shards_done, 1);
    return well;
}
