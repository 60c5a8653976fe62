#include "stages/parse/csv_rows.h"

#include "stages/parse/csv_cells.h"
#include "stages/parse/csv_kernel.h"
#include "stages/parse/kernel_utf8.h"

#include <stdlib.h>
#include <string.h>

/* Text that is indexed at once: it is parsed while it is in the cache. A row
 * that is cut by the end is indexed twice. */
#define WINDOW_BYTES ((size_t)32 << 10)

struct row_parser {
    csv_kernel kernel;
    csv_border_kernel border;
    struct csv_index index;
    size_t capacity;            /* longest text that the tokens hold */
    struct text_buffer cells;   /* decoded */
    struct io_scratch scratch;
    struct content content;
    int64_t since, until;
    const struct filter *filter;
};

struct row_parser *row_parser_create(const struct parser_options *options)
{
    struct row_parser *parser = calloc(1, sizeof *parser);
    if (!parser)
        return NULL;
    parser->kernel = csv_kernel_of(options->isa);
    parser->border = csv_border_of(options->isa);
    parser->since = options->ranged ? options->since : INT64_MIN;
    parser->until = options->ranged ? options->until : INT64_MAX;
    parser->filter = options->filter;
    parser->index.rows = malloc((CSV_ROWS_MAX + KERNEL_PADDING) *
                                sizeof(struct csv_row));
    if (parser->index.rows)
        return parser;
    row_parser_free(parser);
    return NULL;
}

void row_parser_free(struct row_parser *parser)
{
    if (!parser)
        return;
    free(parser->index.tokens);
    free(parser->index.rows);
    free(parser->cells.bytes);
    io_scratch_free(&parser->scratch);
    content_free(&parser->content);
    free(parser);
}

size_t rows_last_border(const struct row_parser *parser, const uint8_t *text,
                        size_t size)
{
    return parser->border(text, size);
}

static bool make_room(struct row_parser *parser, size_t size)
{
    if (size <= parser->capacity)
        return true;
    size_t capacity = parser->capacity ? parser->capacity : WINDOW_BYTES;
    while (capacity < size)
        capacity *= 2;
    free(parser->index.tokens);
    parser->index.tokens =
        malloc((capacity + KERNEL_PADDING) * sizeof(uint32_t));
    parser->capacity = parser->index.tokens ? capacity : 0;
    return parser->capacity != 0;
}

/* ---- a row --------------------------------------------------------------- */

/* What a row is taken with. */
struct row_work {
    struct row_parser *parser;
    const struct csv_layout *layout;
    const uint8_t *text;        /* where the index's places count from */
    size_t limit;
    struct sink sink;
};

/* A row of the index: its bytes without the line end, and its tokens. */
struct row {
    size_t start, end;
    const uint32_t *tokens;
    uint32_t cells, errors;
};

static bool is_blank(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (text[i] != '\r')
            return false;
    return true;
}

/* Cells whose text may hold a quote, and mean something with it. */
static const bool MAY_HOLD_QUOTES[IO_FIELDS] = {
    [IO_DISPLAY_NAME] = true, [IO_SCREEN_NAME] = true, [IO_LOCATION] = true,
    [IO_DESCRIPTION] = true,  [IO_URL] = true,         [IO_TEXT] = true,
    [IO_CLIENT] = true,       [IO_LANGUAGE] = true,    [IO_HASHTAGS] = true,
    [IO_URLS] = true,         [IO_MENTIONS] = true,
};

/* Places of the cell in the row's text. */
static struct text cell_of(const struct row_work *work, const struct row *row,
                           uint32_t column)
{
    size_t start = column ? (size_t)row->tokens[column - 1] + 1 : row->start;
    size_t end = column + 1 == row->cells ? row->end : row->tokens[column];
    return cell_inside(work->text, start, end);
}

/* The cells by their fields; those that are decoded stand in the parser's
 * buffer, which has room for the row. */
static void read_cells(const struct row_work *work, const struct row *row,
                       struct io_record *record)
{
    uint8_t *out = work->parser->cells.bytes;
    bool nul = work->parser->index.nul;
    record->json = false;
    for (int field = 0; field < IO_FIELDS; field++) {
        uint32_t column = work->layout->column_of[field];
        struct text *cell = &record->cells[field];
        *cell = (struct text){NULL, TEXT_NONE};
        if (column == CSV_NO_COLUMN)
            continue;
        *cell = cell_of(work, row, column);
        const uint8_t *bytes = (const uint8_t *)cell->bytes;
        if ((MAY_HOLD_QUOTES[field] && cell_has(bytes, cell->size, '"')) ||
            (nul && cell_has(bytes, cell->size, 0))) {
            cell->size = cell_decode(out, *cell, nul);
            cell->bytes = (const char *)out;
            out += cell->size;
        }
    }
}

static bool is_name(const struct io_record *record, enum io_field field)
{
    struct text cell = record->cells[field];
    return cell.size == strlen(IO_FIELD_NAMES[field]) &&
           memcmp(cell.bytes, IO_FIELD_NAMES[field], cell.size) == 0;
}

/* The first row, or the first of a file that was put behind another. */
static bool is_header(const struct row_work *work,
                      const struct io_record *record)
{
    return is_name(record, IO_USER) &&
           (work->layout->users || is_name(record, IO_TWEET));
}

/* The record of a row that is whole. */
static enum line_reason take_record(struct row_work *work,
                                    const struct row *row, bool *control)
{
    struct io_record record;
    struct tally *tally = work->sink.tally;
    struct row_parser *parser = work->parser;
    if (!text_buffer_reserve(&parser->cells,
                             row->end - row->start + KERNEL_PADDING)) {
        work->sink.out_of_memory = true;
        return LINE_OK;
    }
    read_cells(work, row, &record);
    tally->records++;
    *control = is_header(work, &record);
    if (*control) {
        sink_control(&work->sink, CONTROL_CSV_HEADER);
        return LINE_OK;
    }
    tally->dialect_records[DIALECT_IO_ARCHIVE]++;
    enum line_reason reason =
        work->layout->users
            ? io_archive_user(&record, &work->sink)
            : io_archive_tweet(&parser->scratch, &record, &parser->content,
                               &work->sink);
    if (reason != LINE_OK)
        tally->records_rejected[reason]++;
    return reason;
}

/* The row is one that was asked for: all of it, a CR at its end too. */
static void take_match(struct row_work *work, const uint8_t *text,
                       size_t size)
{
    work->sink.matched = false;
    work->sink.tally->matched_lines++;
    if (!batch_add_line(work->sink.batch, text, size))
        work->sink.out_of_memory = true;
}

/* Counts the row, whose line feed stands at `feed`. */
static void take_row(struct row_work *work, const struct row *row,
                     size_t feed)
{
    struct tally *tally = work->sink.tally;
    const uint8_t *text = work->text + row->start;
    size_t size = row->end - row->start;
    enum line_reason reason = LINE_OK;
    bool control = false;
    if (size > work->limit) {
        reason = LINE_TOO_LONG;
    } else if (row->cells == 1 && is_blank(text, size)) {
        tally->blank++;
        tally->lines++;
        tally->text_bytes += feed + 1 - row->start;
        return;
    } else if (row->errors) {
        reason = row->errors & CSV_UTF8 ? LINE_BAD_UTF8 : LINE_BAD_CSV;
    } else if (row->cells != work->layout->columns) {
        reason = LINE_BAD_CSV;
    } else {
        reason = take_record(work, row, &control);
    }
    if (reason != LINE_OK) {
        tally_reject(tally, reason, tally->text_bytes, text,
                     reason == LINE_TOO_LONG ? feed - row->start : size);
    } else {
        tally->accepted += !control;
        tally->control += control;
        tally->lines++;
        if (work->sink.matched)
            take_match(work, text, feed - row->start);
    }
    tally->text_bytes += feed + 1 - row->start;
}

/* ---- rows ---------------------------------------------------------------- */

/* The row at this place of the index; its line feed stands at *feed. */
static struct row row_at(const struct row_work *work, uint32_t number,
                         size_t start, size_t *feed)
{
    const struct csv_index *index = &work->parser->index;
    uint32_t first = number ? index->rows[number - 1].end : 0;
    struct row row = {.start = start,
                      .tokens = index->tokens + first,
                      .cells = index->rows[number].end - first,
                      .errors = index->rows[number].errors};
    *feed = row.tokens[row.cells - 1];
    row.end = *feed - (*feed > start && work->text[*feed - 1] == '\r');
    return row;
}

/* The rows of the index; returns where the last one ends. */
static size_t take_rows(struct row_work *work)
{
    size_t start = 0, feed;
    for (uint32_t i = 0; i < work->parser->index.row_count; i++) {
        struct row row = row_at(work, i, start, &feed);
        take_row(work, &row, feed);
        start = feed + 1;
    }
    return start;
}

static struct row_work begin(struct row_parser *parser,
                             const struct csv_layout *layout, size_t limit,
                             struct batch *batch, struct tally *tally)
{
    return (struct row_work){
        .parser = parser, .layout = layout, .limit = limit,
        .sink = {.batch = batch, .tally = tally,
                 .dialect = DIALECT_IO_ARCHIVE, .since = parser->since,
                 .until = parser->until, .filter = parser->filter}};
}

bool rows_take(struct row_parser *parser, const struct csv_layout *layout,
               const uint8_t *text, size_t size, size_t limit,
               struct batch *batch, struct tally *tally, size_t *taken)
{
    struct row_work work = begin(parser, layout, limit, batch, tally);
    size_t at = 0, window = WINDOW_BYTES;
    *taken = 0;
    while (at < size) {
        size_t part = size - at < window ? size - at : window;
        if (!make_room(parser, part))
            return false;
        work.text = text + at;
        parser->kernel(work.text, part, &parser->index);
        if (parser->index.row_count > 0) {
            at += take_rows(&work);
            window = WINDOW_BYTES;
        } else if (part == size - at) {
            break;
        } else {
            window *= 2;
        }
    }
    *taken = at;
    return !work.sink.out_of_memory;
}

/* A row that never ends: a quote that is not closed. */
static void take_open_row(struct row_work *work, size_t size, uint64_t offset)
{
    struct tally *tally = work->sink.tally;
    tally_reject(tally,
                 utf8_valid(work->text, size) ? LINE_BAD_CSV : LINE_BAD_UTF8,
                 offset, work->text, size);
}

bool row_take(struct row_parser *parser, const struct csv_layout *layout,
              uint8_t *text, uint64_t size, uint64_t stored, uint32_t breaks,
              size_t limit, struct batch *batch, struct tally *tally)
{
    struct row_work work = begin(parser, layout, limit, batch, tally);
    uint64_t offset = tally->text_bytes;
    size_t bytes = stored - (stored > 0 && text[stored - 1] == '\r');
    work.text = text;
    if (stored < size || bytes > limit) {
        tally_reject(tally, LINE_TOO_LONG, offset, text, size);
    } else if (!make_room(parser, stored + 1)) {
        return false;
    } else {
        uint8_t kept = text[stored];
        text[stored] = '\n';
        parser->kernel(text, stored + 1, &parser->index);
        if (parser->index.row_count > 0)
            (void)take_rows(&work);
        else
            take_open_row(&work, stored, offset);
        text[stored] = kept;
    }
    tally->text_bytes = offset + size + breaks;
    return !work.sink.out_of_memory;
}
