#include "stages/document_work.h"

#include "stages/damage.h"

void document_begin(struct document_work *work, struct lane_state *state,
                    struct text_work *text, struct tally *tally)
{
    *work = (struct document_work){.state = state, .text = text,
                                   .tally = tally, .at_start = true};
    tally_init(&work->frame);
    fragment_init(&work->open, state->run->memory,
                  (size_t)state->run->plan->line_bytes_max + 1);
}

/* An element that is whole, at text or in work->open. */
static void element_take(struct document_work *work, const uint8_t *text,
                         uint64_t size, uint64_t stored)
{
    work->frame.text_bytes += work->gap;
    work->gap = 0;
    line_take(work->state, text, size, stored, 0, &work->state->batch,
              &work->frame);
    text_relieve(work->text);
}

static void element_part(struct document_work *work,
                         const struct element *element, const uint8_t *text)
{
    size_t size = element->end - element->start;
    if (element->begins && element->ends) {
        element_take(work, text + element->start, size, size);
        return;
    }
    if (!fragment_add(&work->open, text + element->start, size))
        run_out_of_memory(work->state->run);
    if (!element->ends)
        return;
    element_take(work, work->open.bytes, work->open.total, work->open.size);
    fragment_clear(&work->open);
}

void document_take(struct document_work *work, const uint8_t *text,
                   size_t size)
{
    if (work->lost) {
        work->lost_bytes += size;
        return;
    }
    size_t at = work->at_start ? bom_bytes(text, size) : 0;
    work->gap += at;
    work->at_start = false;
    struct element element;
    for (;;) {
        size_t from = at;
        bool found = document_next(&work->document, text, size, &at, &element);
        work->gap += found ? (element.begins ? element.start - from : 0)
                           : at - from;
        if (!found)
            break;
        element_part(work, &element, text);
        if (at == size && !element.ends)
            break;
    }
    profile_was(&work->state->times, STAGE_PARSE);
}

static void count_frame(struct document_work *work, struct piece *piece,
                        uint64_t frame)
{
    const struct salvaged none = {0};
    work->frame.text_bytes += work->gap;
    work->gap = 0;
    if (piece->salvaged)
        piece->counted = salvaged_since(&work->frame, &none);
    text_commit(work->text);
    samples_of_frame(&work->frame, 0, frame);
    tally_append(work->tally, &work->frame);
    work->sure_bytes = work->open.total + work->lost_bytes;
}

void document_frame_end(struct document_work *work, struct piece *piece,
                        bool well, uint64_t frame)
{
    if (well || piece->salvaged)
        count_frame(work, piece, frame);
    else
        text_drop(work->text);
    if (!well)
        document_loss(work);
    tally_init(&work->frame);
}

/* The rest of the text is one line. What a dropped frame showed is none of
 * it. */
void document_loss(struct document_work *work)
{
    work->lost = true;
    work->lost_bytes = work->sure_bytes;
    fragment_clear(&work->open);
    work->gap = 0;
}

void document_end(struct document_work *work)
{
    if (work->open.total > 0) {
        element_take(work, work->open.bytes, work->open.total,
                     work->open.size);
        text_commit(work->text);
    }
    work->frame.text_bytes += work->gap;
    if (work->lost_bytes > 0) {
        tally_reject(&work->frame, LINE_FRAMING_LOST, work->frame.text_bytes,
                     NULL, 0);
        work->frame.text_bytes += work->lost_bytes;
    }
    work->frame.documents++;
    tally_append(work->tally, &work->frame);
    fragment_free(&work->open);
}
