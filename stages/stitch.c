#include "stages/stitch.h"

#include "pipeline/check.h"
#include "stages/damage.h"
#include "stages/frame_work.h"

#include <stdio.h>
#include <stdlib.h>

struct stitch *stitch_create(struct run *run)
{
    struct stitch *stitch = calloc(1, sizeof *stitch);
    if (!stitch)
        return NULL;
    stitch->run = run;
    /* And a line end; and heads of CSV with all their rows. */
    size_t limit = (size_t)run->plan->line_bytes_max + 2;
    limit = limit > CSV_HEAD_BYTES_MAX ? limit : CSV_HEAD_BYTES_MAX;
    fragment_init(&stitch->open, run->memory, limit);
    for (int i = 0; i < PIECES_MAX; i++) {
        fragment_init(&stitch->pieces[i].head, run->memory, limit);
        fragment_init(&stitch->pieces[i].tail, run->memory, limit);
        aside_init(&stitch->pieces[i].lines, run->memory, &run->spilled);
    }
    return stitch;
}

void stitch_free(struct stitch *stitch)
{
    if (!stitch)
        return;
    fragment_free(&stitch->open);
    for (int i = 0; i < PIECES_MAX; i++) {
        fragment_free(&stitch->pieces[i].head);
        fragment_free(&stitch->pieces[i].tail);
        aside_free(&stitch->pieces[i].lines);
        frame_task_free(stitch->run, stitch->pieces[i].task);
    }
    free(stitch);
}

void stitch_begin(struct stitch *stitch, struct shard_ledger *ledger,
                  const char *name)
{
    stitch->ledger = ledger;
    /* A copy, since other lanes may still stitch when a fault has ended the
     * owner's work, and the name with it. */
    (void)snprintf(stitch->name, sizeof stitch->name, "%s", name);
    stitch->appended = 0;
    stitch->next_offset = 0;
    atomic_store_explicit(&stitch->stitched, 0, memory_order_relaxed);
    stitch->after_loss = false;
    stitch->at_start = true;
    stitch->is_csv = false;
    atomic_store_explicit(&stitch->in_order, 0, memory_order_relaxed);
    fragment_clear(&stitch->open);
    for (int i = 0; i < PIECES_MAX; i++)
        atomic_store_explicit(&stitch->pieces[i].complete, 0,
                              memory_order_relaxed);
}

void stitch_csv(struct stitch *stitch, const struct csv_layout *layout)
{
    stitch->is_csv = true;
    stitch->layout = *layout;
    stitch->states = CSV_CELL_START;
    stitch->bom_left = layout->bom;
    stitch->lost = false;
    stitch->lost_bytes = 0;
}

struct piece *stitch_append(struct stitch *stitch, uint64_t offset)
{
    /* Acquire: pairs with the release in advance(), which gives the place
     * back. */
    uint64_t stitched =
        atomic_load_explicit(&stitch->stitched, memory_order_acquire);
    if (stitch->appended - stitched == PIECES_MAX)
        return NULL;
    struct piece *piece = &stitch->pieces[stitch->appended++ % PIECES_MAX];
    piece->offset = offset;
    piece->from = stitch->next_offset;
    piece->bytes = 0;
    piece->reason = FRAME_OK;
    piece->checksum = false;
    piece->window_bytes = 0;
    piece->has_break = false;
    piece->begun = false;
    piece->goes_on = false;
    piece->raw = false;
    piece->task = NULL;
    piece->salvaged = false;
    piece->text_bytes = 0;
    piece->counted = (struct salvaged){0};
    fragment_clear(&piece->head);
    fragment_clear(&piece->tail);
    tally_init(&piece->tally);
    return piece;
}

bool stitch_done(const struct stitch *stitch)
{
    return atomic_load_explicit(&stitch->stitched, memory_order_acquire) ==
           stitch->appended;
}

bool stitch_reached(const struct stitch *stitch)
{
    /* Acquire: what the stitchers found of the text before is seen. */
    return atomic_load_explicit(&stitch->stitched, memory_order_acquire) +
               1 ==
           stitch->appended;
}

void line_take(struct lane_state *state, const uint8_t *text, uint64_t size,
               uint64_t stored, uint32_t breaks, struct batch *batch,
               struct tally *tally)
{
    uint64_t offset = tally->text_bytes;
    size_t line = line_size(text, (size_t)stored);
    uint64_t matched = tally->matched_lines;
    if (stored < size || line > state->run->plan->line_bytes_max)
        tally_reject(tally, LINE_TOO_LONG, offset, text, size);
    else if (!parse_line(state->parser, text, line, offset, batch, tally))
        run_out_of_memory(state->run);
    else if (tally->matched_lines > matched &&
             !batch_add_line(batch, text, stored))
        run_out_of_memory(state->run);
    tally->text_bytes += size + breaks;
}

void samples_of_frame(struct tally *tally, uint32_t first, uint64_t frame)
{
    for (uint32_t i = first; i < tally->sample_count; i++)
        tally->samples[i].frame = frame;
}

/* The line in stitch->open, whole or, next to a loss, maybe not. */
static void take_open(struct lane_state *state, struct stitch *stitch,
                      uint32_t breaks, bool maybe_half)
{
    struct tally *tally = &stitch->ledger->tally;
    struct fragment *open = &stitch->open;
    const uint8_t *text = open->bytes ? open->bytes : (const uint8_t *)"";
    size_t skip = stitch->at_start ? bom_bytes(text, open->size) : 0;
    stitch->at_start = false;
    tally->text_bytes += skip;
    struct batch *batch = &state->stitched;
    uint32_t samples = tally->sample_count;
    if (breaks == 0 && open->total == skip) {
        fragment_clear(open);
        return;
    }
    if (maybe_half) {
        struct tally *alone = &(struct tally){0};
        tally_init(alone);
        line_take(state, text + skip, open->total - skip, open->size - skip,
                  breaks, batch, alone);
        if (alone->accepted + alone->control + alone->blank == 1) {
            tally_append(tally, alone);
        } else {
            tally_reject(tally, LINE_FRAME_LOST, tally->text_bytes,
                         text + skip, open->total - skip);
            tally->text_bytes += open->total - skip + breaks;
        }
    } else {
        line_take(state, text + skip, open->total - skip, open->size - skip,
                  breaks, batch, tally);
    }
    samples_of_frame(tally, samples, stitch->open_frame);
    (void)run_apply(state, batch);
    fragment_clear(open);
}

static bool append_open(struct stitch *stitch, const struct fragment *more,
                        uint64_t frame)
{
    struct fragment *open = &stitch->open;
    if (open->total == 0)
        stitch->open_frame = frame;
    if (!fragment_add(open, more->bytes, more->size))
        return false;
    open->total += more->total - more->size;
    return true;
}

/* The lines between head and tail; the tail becomes the open line. */
static void take_rest(struct lane_state *state, struct stitch *stitch,
                      struct piece *piece)
{
    struct tally *tally = &stitch->ledger->tally;
    uint32_t samples = tally->sample_count;
    tally_append(tally, &piece->tally);
    samples_of_frame(tally, samples, piece->offset);
    text_take_over(state, piece);
    if (!append_open(stitch, &piece->tail, piece->offset))
        run_out_of_memory(stitch->run);
}

/* ---- CSV ---------------------------------------------------------------- */

/* The row in stitch->open, which is whole. */
static void take_open_row(struct lane_state *state, struct stitch *stitch,
                          uint32_t breaks)
{
    struct tally *tally = &stitch->ledger->tally;
    struct fragment *open = &stitch->open;
    uint8_t none[1 + KERNEL_PADDING] = {0};
    uint8_t *text = open->bytes ? open->bytes : none;
    size_t skip = stitch->at_start ? stitch->layout.bom : 0;
    uint32_t samples = tally->sample_count;
    stitch->at_start = false;
    if (breaks == 0 && open->total <= skip) {
        tally->text_bytes += open->total;
        fragment_clear(open);
        return;
    }
    tally->text_bytes += skip;
    if (!row_take(state->rows, &stitch->layout, text + skip,
                  open->total - skip, open->size - skip, breaks,
                  stitch->run->plan->line_bytes_max, &state->stitched, tally))
        run_out_of_memory(stitch->run);
    samples_of_frame(tally, samples, stitch->open_frame);
    (void)run_apply(state, &state->stitched);
    fragment_clear(open);
}

/* The text between a loss and the first sure border behind it. */
static void take_lost(struct stitch *stitch)
{
    struct tally *tally = &stitch->ledger->tally;
    uint32_t samples = tally->sample_count;
    if (stitch->lost && stitch->lost_bytes > 0) {
        tally_reject(tally, LINE_FRAMING_LOST, tally->text_bytes, NULL, 0);
        tally->text_bytes += stitch->lost_bytes;
        samples_of_frame(tally, samples, stitch->open_frame);
    }
    stitch->lost = false;
    stitch->lost_bytes = 0;
}

/* Text that ends with a row (ends), or goes on. */
static void add_row_part(struct lane_state *state, struct stitch *stitch,
                         const struct fragment *part, bool ends,
                         uint64_t frame)
{
    if (stitch->lost) {
        if (stitch->lost_bytes == 0)
            stitch->open_frame = frame;
        stitch->lost_bytes += part->total;
        if (ends)
            take_lost(stitch);
        return;
    }
    if (!append_open(stitch, part, frame))
        run_out_of_memory(stitch->run);
    if (!ends)
        return;
    /* The line feed is part of the text, and not of the row. */
    struct fragment *open = &stitch->open;
    open->total--;
    if (open->size > open->total)
        open->size--;
    take_open_row(state, stitch, 1);
}

/* A head whose borders are found now. */
static void add_raw_head(struct lane_state *state, struct stitch *stitch,
                         const struct piece *piece)
{
    const struct fragment *head = &piece->head;
    CHECK(!fragment_too_long(head));
    for (size_t at = 0; at < head->size;) {
        struct fragment part = {.bytes = head->bytes + at};
        size_t from = at;
        bool ends =
            csv_border_next(&stitch->states, head->bytes, head->size, &at);
        part.size = part.total = at - from;
        add_row_part(state, stitch, &part, ends, piece->offset);
    }
}

static void stitch_rows(struct lane_state *state, struct stitch *stitch,
                        struct piece *piece)
{
    uint64_t head = piece->head.total;
    stitch->bom_left -=
        (uint32_t)(head < stitch->bom_left ? head : stitch->bom_left);
    if (piece->raw) {
        add_raw_head(state, stitch, piece);
    } else {
        add_row_part(state, stitch, &piece->head, piece->has_break,
                     piece->offset);
        stitch->states = piece->states;
    }
    if (!piece->has_break)
        return;
    CHECK(stitch->open.total == 0 && !stitch->lost);
    stitch->states = piece->states;
    take_rest(state, stitch, piece);
}

static void stitch_row_loss(struct stitch *stitch)
{
    struct tally *tally = &stitch->ledger->tally;
    struct fragment *open = &stitch->open;
    uint32_t samples = tally->sample_count;
    if (open->total > 0) {
        tally_reject(tally, LINE_FRAME_LOST, tally->text_bytes, open->bytes,
                     open->total);
        tally->text_bytes += open->total;
        samples_of_frame(tally, samples, stitch->open_frame);
        fragment_clear(open);
    }
    stitch->lost = true;
    stitch->states = CSV_ANY;
    stitch->bom_left = 0;
    stitch->at_start = false;
}

/* ---- frames ------------------------------------------------------------- */

static void ledger_good(struct shard_ledger *ledger, const struct piece *piece)
{
    ledger->frames++;
    ledger->frames_ok++;
    ledger->frames_unchecked += !piece->checksum;
    ledger->frame_bytes += piece->bytes;
    if (piece->window_bytes > ledger->window_bytes_max)
        ledger->window_bytes_max = piece->window_bytes;
}

/* The text of a frame that counts. */
static void stitch_text(struct lane_state *state, struct stitch *stitch,
                        struct piece *piece)
{
    if (stitch->run->options.verify) {
        stitch->ledger->tally.text_bytes += piece->tally.text_bytes;
        return;
    }
    if (stitch->is_csv) {
        stitch_rows(state, stitch, piece);
        return;
    }
    if (piece->begun) {
        stitch->at_start = false;
        take_rest(state, stitch, piece);
        return;
    }
    if (!append_open(stitch, &piece->head, piece->offset)) {
        run_out_of_memory(stitch->run);
        return;
    }
    if (!piece->has_break)
        return;
    bool nothing_left = stitch->after_loss && stitch->open.total == 0;
    if (nothing_left)
        /* The end of a line that stood in the lost frame. */
        stitch->ledger->tally.text_bytes++;
    else
        take_open(state, stitch, 1, stitch->after_loss);
    stitch->after_loss = false;
    stitch->at_start = false;
    take_rest(state, stitch, piece);
}

/* Text is missing here. */
static void stitch_loss(struct lane_state *state, struct stitch *stitch)
{
    if (stitch->is_csv) {
        stitch_row_loss(stitch);
        return;
    }
    if (stitch->open.total > 0)
        take_open(state, stitch, 0, true);
    stitch->after_loss = true;
    stitch->at_start = false;
}

static void ledger_lost(struct shard_ledger *ledger, const struct piece *piece)
{
    ledger->frames++;
    ledger->frames_rejected[piece->reason]++;
    ledger->rejected_bytes += piece->bytes;
    salvaged_add(&ledger->salvaged, &piece->counted);
    if (ledger->frame_sample_count < SAMPLES_MAX)
        ledger->frame_samples[ledger->frame_sample_count++] =
            (struct frame_sample){piece->offset, piece->bytes, piece->reason,
                                  piece->counted};
}

/* A lost frame: its text up to the damage, if that counts, and the loss. */
static void stitch_lost(struct lane_state *state, struct stitch *stitch,
                        struct piece *piece)
{
    const struct tally *tally = &stitch->ledger->tally;
    const struct salvaged none = {0};
    struct salvaged before = salvaged_since(tally, &none);
    if (piece->salvaged)
        stitch_text(state, stitch, piece);
    stitch_loss(state, stitch);
    if (piece->salvaged) {
        struct salvaged more = salvaged_since(tally, &before);
        more.frames = 1;
        more.text_bytes = piece->text_bytes;
        salvaged_add(&piece->counted, &more);
    }
    ledger_lost(stitch->ledger, piece);
    damage_found(stitch->run, stitch->name, piece->offset, piece->reason);
}

static void stitch_piece(struct lane_state *state, struct stitch *stitch,
                         struct piece *piece)
{
    struct shard_ledger *ledger = stitch->ledger;
    if (piece->kind == PIECE_WAITING && !frame_task_redo(state, piece))
        return;
    switch (piece->kind) {
    case PIECE_WAITING:
        return;
    case PIECE_FRAME:
        ledger_good(ledger, piece);
        stitch_text(state, stitch, piece);
        return;
    case PIECE_TEXT:
        ledger->frame_bytes += piece->bytes;
        stitch_text(state, stitch, piece);
        return;
    case PIECE_LOST:
    case PIECE_REJECTED:
        /* No frame is known in rejected bytes, but one may have been there. */
        stitch_lost(state, stitch, piece);
        return;
    case PIECE_SKIPPABLE:
        ledger->skippable_frames++;
        ledger->skippable_bytes += piece->bytes;
        return;
    }
}

/* Stitches as long as the oldest piece is complete; behind the flag. */
static void advance(struct lane_state *state, struct stitch *stitch)
{
    struct filter_file *other = state->file;
    uint64_t number =
        atomic_load_explicit(&stitch->stitched, memory_order_relaxed);
    state->file = stitch->file;
    for (;; number++) {
        struct piece *piece = &stitch->pieces[number % PIECES_MAX];
        /* Acquire: pairs with the release in stitch_complete(). */
        if (atomic_load_explicit(&piece->complete, memory_order_acquire) !=
            number + 1)
            break;
        stitch_piece(state, stitch, piece);
        atomic_store_explicit(&piece->complete, 0, memory_order_relaxed);
        /* Releases the place, and is part of the one order that
         * stitch_complete speaks of: a lane that looks after the flag was put
         * down must not be shown the number before. */
        atomic_store_explicit(&stitch->stitched, number + 1,
                              memory_order_seq_cst);
    }
    state->file = other;
}

static bool oldest_complete(struct stitch *stitch)
{
    uint64_t number =
        atomic_load_explicit(&stitch->stitched, memory_order_seq_cst);
    struct piece *piece = &stitch->pieces[number % PIECES_MAX];
    return atomic_load_explicit(&piece->complete, memory_order_seq_cst) ==
           number + 1;
}

void stitch_complete(struct lane_state *state, struct stitch *stitch,
                     struct piece *piece)
{
    uint64_t first = atomic_load_explicit(&stitch->stitched,
                                          memory_order_relaxed);
    uint64_t place = (uint64_t)(piece - stitch->pieces);
    uint64_t number = first + (place - first) % PIECES_MAX;
    /* Sequentially consistent, as are the flag and the last look: either the
     * one who puts the flag down sees this piece, or this lane finds the flag
     * down. */
    atomic_store_explicit(&piece->complete, number + 1, memory_order_seq_cst);
    while (oldest_complete(stitch)) {
        if (atomic_exchange_explicit(&stitch->busy, 1, memory_order_seq_cst))
            return;
        advance(state, stitch);
        atomic_store_explicit(&stitch->busy, 0, memory_order_seq_cst);
    }
}

void stitch_end(struct lane_state *state, struct stitch *stitch)
{
    CHECK(stitch_done(stitch));
    if (stitch->is_csv && stitch->lost)
        take_lost(stitch);
    else if (stitch->is_csv)
        take_open_row(state, stitch, 0);
    else if (stitch->open.total > 0)
        take_open(state, stitch, 0, stitch->after_loss);
    stitch->after_loss = false;
}
