#include "stages/inspect_parts.h"

#include "stages/layer.h"

#include <string.h>

/* Holds a block of text of any codec: one of bzip2 has up to 900,000 bytes,
 * and may be longer than its text. */
#define SAMPLE_PACKED_BYTES ((size_t)1 << 20)

/* ---- a little text ------------------------------------------------------- */

/* Adds the frame's text as far as there is room. False: it did not end well
 * within what is shown. */
static bool decode_some(struct looker *looker, const struct item *item)
{
    struct text_found *found = &looker->found->text;
    uint64_t bytes;
    struct step step = {.kind = STEP_FRAME_BAD};
    step.reason =
        decoder_begin(looker->decoder, looker->inner, item, &bytes);
    if (step.reason == FRAME_OK)
        step = decoder_step(looker->decoder);
    while (step.kind == STEP_TEXT || step.kind == STEP_NOTHING) {
        size_t room = SAMPLE_TEXT_BYTES - found->text_bytes;
        size_t part = step.kind == STEP_TEXT ? step.size : 0;
        part = part < room ? part : room;
        if (part > 0)
            memcpy(looker->text + found->text_bytes, step.text, part);
        found->text_bytes += part;
        if (found->text_bytes == SAMPLE_TEXT_BYTES)
            return false;
        step = decoder_step(looker->decoder);
    }
    if (step.kind == STEP_FRAME_BAD)
        found->refused = step.reason;
    return step.kind == STEP_FRAME_END;
}

bool look_at_packed_text(struct looker *looker, struct feed *feed,
                         enum codec codec, const struct item *entry)
{
    struct text_found *found = &looker->found->text;
    size_t have;
    const uint8_t *packed = feed_peek(feed, SAMPLE_PACKED_BYTES, &have);
    if (feed_error(feed))
        return look_failed(looker, feed_error(feed));
    bool all = have < SAMPLE_PACKED_BYTES;
    bool well = true;
    have = all ? have : SAMPLE_PACKED_BYTES;
    looker->found->has_text = true;
    feed_open_bytes(looker->inner, packed, have, 0);
    while (found->text_bytes < SAMPLE_TEXT_BYTES) {
        struct item item = layer_item(looker->inner, codec, entry);
        if (item.kind == ITEM_END)
            break;
        if (item.kind == ITEM_FRAME)
            well = decode_some(looker, &item) && well;
        else
            well = well && item.kind == ITEM_SKIPPABLE;
    }
    found->packed_bytes = (size_t)feed_position(looker->inner);
    feed_close(looker->inner);
    decoder_rest(looker->decoder);
    found->whole = all && well && found->text_bytes < SAMPLE_TEXT_BYTES;
    /* Bytes that were not shown are no damage; text tells that all was well. */
    if (found->text_bytes > 0 || (!all && found->refused == FRAME_TRUNCATED))
        found->refused = FRAME_OK;
    return true;
}

bool look_at_plain_text(struct looker *looker, struct feed *feed)
{
    struct text_found *found = &looker->found->text;
    size_t have;
    const uint8_t *text = feed_peek(feed, SAMPLE_TEXT_BYTES, &have);
    if (feed_error(feed))
        return look_failed(looker, feed_error(feed));
    found->whole = have < SAMPLE_TEXT_BYTES;
    have = found->whole ? have : SAMPLE_TEXT_BYTES;
    if (have > 0)
        memcpy(looker->text, text, have);
    found->text_bytes = found->packed_bytes = have;
    looker->found->has_text = true;
    return true;
}

/* ---- the first records --------------------------------------------------- */

static bool take_line(struct looker *looker, const uint8_t *text, size_t size,
                      size_t breaks)
{
    struct tally *tally = &looker->found->text.tally;
    looker->batch.size = 0;
    bool parsed =
        parse_line(looker->parser, text, line_size(text, size),
                   tally->text_bytes, &looker->batch, tally);
    tally->text_bytes += size + breaks;
    return parsed || look_out_of_memory(looker);
}

static bool enough(const struct looker *looker)
{
    const struct tally *tally = &looker->found->text.tally;
    return tally->lines >= INSPECT_RECORDS;
}

static bool take_lines(struct looker *looker)
{
    const struct text_found *found = &looker->found->text;
    size_t at = bom_bytes(looker->text, found->text_bytes);
    while (at < found->text_bytes && !enough(looker)) {
        const uint8_t *text = looker->text + at;
        size_t left = found->text_bytes - at;
        const uint8_t *end = memchr(text, '\n', left);
        size_t size = end ? (size_t)(end - text) : left;
        if (!end && !found->whole)
            break;
        if (!take_line(looker, text, size, end != NULL))
            return false;
        at += size + 1;
    }
    return true;
}

static bool take_elements(struct looker *looker)
{
    const struct text_found *found = &looker->found->text;
    struct document document = {0};
    struct element element;
    size_t at = bom_bytes(looker->text, found->text_bytes);
    while (at < found->text_bytes && !enough(looker)) {
        if (!document_next(&document, looker->text, found->text_bytes, &at,
                           &element))
            break;
        /* A number at the end of the text has no end of its own. */
        if (!element.ends && !(found->whole && at == found->text_bytes))
            break;
        if (!take_line(looker, looker->text + element.start,
                       element.end - element.start, 0))
            return false;
    }
    return true;
}

/* The header is a row too. */
static bool take_rows(struct looker *looker, const struct csv_layout *layout)
{
    struct text_found *found = &looker->found->text;
    uint8_t *text = looker->text + layout->bom, states = CSV_CELL_START;
    size_t size = found->text_bytes - layout->bom, at = 0, rows = 0, end = 0;
    size_t limit = looker->inspect->plan->line_bytes_max, taken;
    while (rows <= INSPECT_RECORDS &&
           csv_border_next(&states, text, size, &at)) {
        rows++;
        end = at;
    }
    if (end > 0 && !rows_take(looker->rows, layout, text, end, limit,
                              &looker->batch, &found->tally, &taken))
        return look_out_of_memory(looker);
    bool last = found->whole && rows <= INSPECT_RECORDS && end < size;
    if (last && !row_take(looker->rows, layout, text + end, size - end,
                          size - end, 0, limit, &looker->batch, &found->tally))
        return look_out_of_memory(looker);
    return true;
}

bool look_at_records(struct looker *looker)
{
    struct text_found *found = &looker->found->text;
    struct csv_layout layout;
    size_t size = found->text_bytes < FRAMING_BYTES ? found->text_bytes
                                                    : FRAMING_BYTES;
    memset(looker->text + found->text_bytes, 0, KERNEL_PADDING);
    looker->batch.size = 0;
    if (csv_layout_read(&layout, looker->text, size, size < FRAMING_BYTES)) {
        found->framing = FRAMING_CSV;
        return take_rows(looker, &layout);
    }
    found->framing = framing_detect(looker->text, size);
    return found->framing == FRAMING_DOCUMENT ? take_elements(looker)
                                              : take_lines(looker);
}
