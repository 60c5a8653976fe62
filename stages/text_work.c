#include "stages/text_work.h"

#include "pipeline/check.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* A batch above this is applied or put aside. */
#define BATCH_BYTES_MAX ((size_t)1 << 20)
/* Fewer bytes than this are not worth handing out. */
#define SPAN_BYTES_MIN ((size_t)16 << 10)

struct text_work *text_work_create(struct lane_state *state)
{
    struct text_work *work = calloc(1, sizeof *work);
    if (!work)
        return NULL;
    work->state = state;
    aside_init(&work->aside, state->run->memory, &state->run->spilled);
    for (int i = 0; i < SPANS_MAX; i++)
        work->spans[i].owner = work;
    return work;
}

void text_work_free(struct text_work *work)
{
    if (!work)
        return;
    aside_free(&work->aside);
    for (int i = 0; i < SPANS_MAX; i++) {
        free(work->spans[i].text);
        batch_free(&work->spans[i].batch);
    }
    free(work);
}

void text_begin(struct text_work *work, struct piece *piece, bool at_once)
{
    CHECK(work->span_count == 0 && work->state->batch.size == 0);
    work->piece = piece;
    work->at_once = at_once;
    work->partial = NULL;
    work->partial_size = 0;
    work->layout = NULL;
    work->unsettled = false;
}

void text_begin_rows(struct text_work *work, const struct csv_layout *layout,
                     bool raw, uint8_t states, uint32_t bom_left)
{
    work->layout = layout;
    work->states = states;
    work->bom_left = bom_left;
    work->piece->raw = raw;
}

/* ---- what the lines said ------------------------------------------------ */

static void put_aside(struct text_work *work, struct batch *batch)
{
    int error = aside_put(&work->aside, batch);
    if (error)
        fault_raise(work->state->run->fault,
                    error == -ENOMEM ? CODE_MEMORY : CODE_OUTPUT, NULL,
                    UINT64_MAX, -error, "cannot put uncommitted work aside");
}

static void keep_batch(struct text_work *work, struct batch *batch)
{
    if (work->at_once)
        (void)run_apply(work->state, batch);
    else
        put_aside(work, batch);
}

void text_relieve(struct text_work *work)
{
    struct lane_state *state = work->state;
    if (state->batch.size < BATCH_BYTES_MAX)
        return;
    keep_batch(work, &state->batch);
    if (work->at_once)
        run_safe_point(state);
}

/* ---- spans -------------------------------------------------------------- */

static void lines_take(struct lane_state *state, const uint8_t *text,
                       size_t size, struct batch *batch, struct tally *tally)
{
    const uint8_t *end = text + size;
    while (text < end) {
        const uint8_t *feed = memchr(text, '\n', (size_t)(end - text));
        size_t line = (size_t)(feed - text);
        line_take(state, text, line, line, 1, batch, tally);
        text = feed + 1;
    }
}

/* The whole rows of a text that begins with one; what they took of it. */
static size_t rows_of(struct lane_state *state,
                      const struct csv_layout *layout, const uint8_t *text,
                      size_t size, struct batch *batch, struct tally *tally)
{
    size_t taken;
    if (!rows_take(state->rows, layout, text, size,
                   state->run->plan->line_bytes_max, batch, tally, &taken))
        run_out_of_memory(state->run);
    return taken;
}

/* Lines or rows, all of them whole. */
static void all_take(struct lane_state *state, const struct csv_layout *layout,
                     const uint8_t *text, size_t size, struct batch *batch,
                     struct tally *tally)
{
    if (!layout)
        lines_take(state, text, size, batch, tally);
    else
        CHECK(rows_of(state, layout, text, size, batch, tally) == size ||
              fault_raised(state->run->fault));
}

void span_do(struct lane_state *state, struct span *span)
{
    if (span->apply) {
        /* It was settled where it was made: not for a hold of this lane. */
        struct hold *hold = state->hold;
        state->hold = NULL;
        (void)run_apply(state, &span->batch);
        state->hold = hold;
    } else {
        all_take(state, span->layout, span->text, span->size, &span->batch,
                 &span->tally);
        profile_was(&state->times, STAGE_PARSE);
    }
    /* Release: pairs with the acquire in span_finished(). */
    atomic_store_explicit(&span->done, 1, memory_order_release);
}

static bool span_finished(const struct span *span)
{
    return atomic_load_explicit(&span->done, memory_order_acquire);
}

/* Takes in the oldest span, which is finished. */
static void span_harvest(struct text_work *work)
{
    struct span *span = &work->spans[work->first_span];
    if (!span->apply) {
        tally_append(&work->piece->tally, &span->tally);
        keep_batch(work, &span->batch);
    }
    work->first_span = (work->first_span + 1) % SPANS_MAX;
    work->span_count--;
}

/* Waits for the oldest span, helping others meanwhile. */
static void span_await(struct text_work *work)
{
    struct span *span = &work->spans[work->first_span];
    while (!span_finished(span)) {
        run_safe_point(work->state);
        if (!run_help(work->state, false)) {
            sched_yield();
            profile_was(&work->state->times, STAGE_IDLE);
        }
    }
    span_harvest(work);
}

static void spans_await(struct text_work *work)
{
    while (work->span_count > 0)
        span_await(work);
}

static uint32_t spans_at_most(const struct text_work *work)
{
    uint32_t planned = work->state->run->plan->spans;
    return planned < SPANS_MAX ? planned : SPANS_MAX;
}

/* A free span at the end of those in flight. NULL: out of memory. */
static struct span *span_take(struct text_work *work)
{
    while (work->span_count > 0 &&
           span_finished(&work->spans[work->first_span]))
        span_harvest(work);
    if (work->span_count >= spans_at_most(work))
        span_await(work);
    struct span *span =
        &work->spans[(work->first_span + work->span_count) % SPANS_MAX];
    size_t capacity = work->state->run->plan->span_bytes + KERNEL_PADDING;
    if (!span->text)
        span->text = malloc(capacity);
    if (!span->text)
        return NULL;
    atomic_store_explicit(&span->done, 0, memory_order_relaxed);
    span->batch.size = 0;
    tally_init(&span->tally);
    work->span_count++;
    return span;
}

/* Hands the span out; does it here when the ring is full. */
static void span_give(struct text_work *work, struct span *span)
{
    struct run *run = work->state->run;
    if (ring_push(&run->span_tasks, span))
        lanes_wake(run->lanes);
    else
        span_do(work->state, span);
}

static bool others_idle(const struct text_work *work)
{
    return lanes_idle_count(work->state->run->lanes) > 0;
}

static bool worth_giving(const struct text_work *work, size_t size)
{
    return size >= SPAN_BYTES_MIN &&
           size <= work->state->run->plan->span_bytes && others_idle(work);
}

/* Whole lines or rows: parsed here, or handed out. */
static void whole_lines(struct text_work *work, const uint8_t *text,
                        size_t size)
{
    struct lane_state *state = work->state;
    size_t span_bytes = state->run->plan->span_bytes;
    bool give = worth_giving(work, size);
    if (!give && work->span_count > 0 && size > span_bytes)
        spans_await(work);
    if (!give && work->span_count == 0) {
        all_take(state, work->layout, text, size, &state->batch,
                 &work->piece->tally);
        profile_was(&state->times, STAGE_PARSE);
        text_relieve(work);
        return;
    }
    /* The lane's own batch comes before the spans. */
    keep_batch(work, &state->batch);
    struct span *span = span_take(work);
    if (!span) {
        run_out_of_memory(state->run);
        return;
    }
    span->apply = false;
    span->layout = work->layout;
    if (!give) {
        all_take(state, span->layout, text, size, &span->batch, &span->tally);
        atomic_store_explicit(&span->done, 1, memory_order_relaxed);
        profile_was(&state->times, STAGE_PARSE);
        return;
    }
    memcpy(span->text, text, size);
    span->size = size;
    span_give(work, span);
}

/* ---- stretches ---------------------------------------------------------- */

/* Of the text at start, whose part from `fresh` on is new: the whole lines.
 * Returns how many bytes these are. */
static size_t take_lines(struct text_work *work, const uint8_t *start,
                         const uint8_t *fresh, const uint8_t *end)
{
    const uint8_t *last = memrchr(fresh, '\n', (size_t)(end - fresh));
    size_t whole = last ? (size_t)(last + 1 - start) : 0;
    if (whole)
        whole_lines(work, start, whole);
    return whole;
}

/* The whole rows of a text that begins with one. Where the last one ends is
 * looked for only if they may go to another lane. */
static size_t take_rows(struct text_work *work, const uint8_t *text,
                        size_t size)
{
    struct lane_state *state = work->state;
    if (work->span_count > 0 || worth_giving(work, size)) {
        size_t whole = rows_last_border(state->rows, text, size);
        if (whole)
            whole_lines(work, text, whole);
        return whole;
    }
    size_t taken = rows_of(state, work->layout, text, size, &state->batch,
                           &work->piece->tally);
    profile_was(&state->times, STAGE_PARSE);
    text_relieve(work);
    return taken;
}

static void fragment_take(struct text_work *work, struct fragment *fragment,
                          const uint8_t *text, size_t size)
{
    if (!fragment_add(fragment, text, size))
        run_out_of_memory(work->state->run);
}

/* The frame's first bytes up to its first line break go to its head. Returns
 * how many bytes of the stretch that took. */
static size_t take_head(struct text_work *work, const uint8_t *text,
                        size_t size)
{
    const uint8_t *feed = memchr(text, '\n', size);
    size_t part = feed ? (size_t)(feed - text) : size;
    fragment_take(work, &work->piece->head, text, part);
    work->piece->has_break = feed != NULL;
    return part + (feed != NULL);
}

/* Nothing stands before text that is applied as it comes: its first line is
 * whole, and goes before the others. */
static void head_line(struct text_work *work)
{
    struct piece *piece = work->piece;
    struct fragment *head = &piece->head;
    const uint8_t *text = head->bytes ? head->bytes : (const uint8_t *)"";
    size_t skip = bom_bytes(text, head->size);
    piece->tally.text_bytes += skip;
    line_take(work->state, text + skip, head->total - skip, head->size - skip,
              1, &work->state->batch, &piece->tally);
    fragment_clear(head);
    piece->begun = true;
}

/* The same of rows: up to the first border that is sure, and with it. */
static size_t take_row_head(struct text_work *work, const uint8_t *text,
                            size_t size)
{
    struct piece *piece = work->piece;
    size_t at = work->bom_left < size ? work->bom_left : size;
    work->bom_left -= (uint32_t)at;
    piece->has_break = csv_border_next(&work->states, text, size, &at);
    fragment_take(work, &piece->head, text, at);
    if (piece->raw && piece->head.total > CSV_HEAD_BYTES_MAX)
        work->unsettled = true;
    return at;
}

/* Ends the row in piece->tail, if its end comes. */
static size_t end_row_tail(struct text_work *work, const uint8_t *text,
                           size_t size)
{
    struct lane_state *state = work->state;
    struct fragment *tail = &work->piece->tail;
    size_t at = 0;
    bool ends = csv_border_next(&work->states, text, size, &at);
    fragment_take(work, tail, text, at - ends);
    if (!ends)
        return at;
    spans_await(work);
    if (!row_take(state->rows, work->layout, tail->bytes, tail->total,
                  tail->size, 1, state->run->plan->line_bytes_max,
                  &state->batch, &work->piece->tally))
        run_out_of_memory(state->run);
    fragment_clear(tail);
    text_relieve(work);
    return at;
}

/* Ends the line in piece->tail, if a line break comes. Returns how many
 * bytes of the stretch that took. */
static size_t end_tail(struct text_work *work, const uint8_t *text,
                       size_t size)
{
    struct fragment *tail = &work->piece->tail;
    const uint8_t *feed = memchr(text, '\n', size);
    size_t part = feed ? (size_t)(feed - text) : size;
    fragment_take(work, tail, text, part);
    if (!feed)
        return part;
    spans_await(work);
    line_take(work->state, tail->bytes, tail->total, tail->size, 1,
              &work->state->batch, &work->piece->tally);
    fragment_clear(tail);
    text_relieve(work);
    return part + 1;
}

static void partial_to_tail(struct text_work *work)
{
    if (work->partial_size > 0)
        fragment_take(work, &work->piece->tail, work->partial,
                      work->partial_size);
    if (work->partial_size > 0 && work->layout) {
        size_t at = 0;
        work->states = CSV_CELL_START;
        CHECK(!csv_border_next(&work->states, work->partial,
                               work->partial_size, &at));
    }
    work->partial_size = 0;
}

void text_take(struct text_work *work, const uint8_t *text, size_t size,
               bool contiguous)
{
    if (work->state->run->options.verify) {
        work->piece->tally.text_bytes += size;
        return;
    }
    size_t slack = work->state->run->plan->decode_slack_bytes;
    if (!contiguous || work->partial_size + size > slack)
        partial_to_tail(work);
    size_t at = 0;
    if (!work->piece->has_break)
        at = work->layout ? take_row_head(work, text, size)
                          : take_head(work, text, size);
    if (work->at_once && !work->layout && work->piece->has_break &&
        !work->piece->begun && !work->piece->goes_on)
        head_line(work);
    if (work->piece->tail.total > 0 && at < size)
        at += work->layout ? end_row_tail(work, text + at, size - at)
                           : end_tail(work, text + at, size - at);
    if (at == size)
        return;
    /* What waits stands directly before the stretch. */
    const uint8_t *start = text + at - work->partial_size;
    const uint8_t *end = text + size;
    size_t taken = work->layout
                       ? take_rows(work, start, (size_t)(end - start))
                       : take_lines(work, start, text + at, end);
    work->partial = start + taken;
    work->partial_size = (size_t)(end - start) - taken;
}

void text_leave(struct text_work *work)
{
    partial_to_tail(work);
}

void text_end(struct text_work *work)
{
    partial_to_tail(work);
    spans_await(work);
    struct piece *piece = work->piece;
    piece->states = piece->has_break && piece->tail.total == 0
                        ? CSV_CELL_START
                        : work->states;
}

/* ---- the end of the frame ----------------------------------------------- */

/* The next batch that was put aside; false: there is none, or a fault. */
static bool read_aside(struct run *run, struct aside *aside,
                       struct batch *batch)
{
    int got = aside_next(aside, batch);
    if (got < 0)
        fault_raise(run->fault,
                    got == -ENOMEM ? CODE_MEMORY : CODE_IO, NULL, UINT64_MAX,
                    -got, "cannot read back uncommitted work");
    return got == 1;
}

/* Applies the next batch put aside, here or on an idle lane. */
static bool apply_aside(struct text_work *work)
{
    struct lane_state *state = work->state;
    /* A hold is the lane's own, and keeps batches in order; lines have one. */
    bool give = others_idle(work) && !state->hold && !state->run->filter_files;
    struct span *span = give ? span_take(work) : NULL;
    struct batch *batch = span ? &span->batch : &state->batch;
    bool read = read_aside(state->run, &work->aside, batch);
    if (!span)
        return read && run_apply(state, batch);
    span->apply = true;
    if (read)
        span_give(work, span);
    else
        atomic_store_explicit(&span->done, 1, memory_order_relaxed);
    return read;
}

void text_commit(struct text_work *work)
{
    struct lane_state *state = work->state;
    if (aside_empty(&work->aside)) {
        (void)run_apply(state, &state->batch);
        return;
    }
    /* The last batch comes behind those put aside: a filter's lines have an
     * order, and so has what a hold keeps. */
    put_aside(work, &state->batch);
    while (!fault_raised(state->run->fault) && apply_aside(work))
        run_safe_point(state);
    spans_await(work);
    aside_drop(&work->aside);
}

void text_hand_over(struct text_work *work)
{
    if (!work->state->run->filter_files || work->at_once) {
        text_commit(work);
        return;
    }
    put_aside(work, &work->state->batch);
    CHECK(aside_empty(&work->piece->lines));
    struct aside lines = work->aside;
    work->aside = work->piece->lines;
    work->piece->lines = lines;
}

void text_take_over(struct lane_state *state, struct piece *piece)
{
    if (aside_empty(&piece->lines))
        return;
    while (read_aside(state->run, &piece->lines, &state->stitched) &&
           run_apply(state, &state->stitched))
        continue;
    /* There are many pieces: none of them keeps its room. */
    aside_free(&piece->lines);
}

void text_drop(struct text_work *work)
{
    spans_await(work);
    work->state->batch.size = 0;
    aside_drop(&work->aside);
}
