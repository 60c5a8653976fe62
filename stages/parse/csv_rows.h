#ifndef SANDPIPER_STAGES_PARSE_CSV_ROWS_H
#define SANDPIPER_STAGES_PARSE_CSV_ROWS_H

#include "stages/parse/csv_layout.h"
#include "stages/parse/parse.h"

/*
 * From the rows of a CSV shard to what they say. A row counts as one line,
 * whatever line feeds stand in it. It is accepted or rejected for its own
 * bytes alone, in this order: longer than the limit (its line end not
 * counted), blank (empty or CRs alone), not UTF-8, a quote where none may
 * stand or another number of cells than the header; then as its record is. A
 * row that repeats the header's names of its ids is a header (control). With
 * a filter the batch gets the rows that it takes, as they stand.
 *
 * A row parser belongs to one lane.
 */
struct row_parser;

/* NULL when out of memory. */
struct row_parser *row_parser_create(const struct parser_options *options);
void row_parser_free(struct row_parser *parser);

/*
 * Parses the whole rows of text[0..size), which begins where a row begins
 * (KERNEL_PADDING bytes behind it are readable). Adds what they say to batch
 * and counts them in tally. *taken: where the last one ends, behind its line
 * feed; what follows is not counted. False when out of memory.
 */
bool rows_take(struct row_parser *parser, const struct csv_layout *layout,
               const uint8_t *text, size_t size, size_t limit,
               struct batch *batch, struct tally *tally, size_t *taken);

/*
 * The same for one row without its line feed, of which `stored` bytes of
 * `size` are there, and `breaks` bytes of line end behind it. text[stored] is
 * written, and restored.
 */
bool row_take(struct row_parser *parser, const struct csv_layout *layout,
              uint8_t *text, uint64_t size, uint64_t stored, uint32_t breaks,
              size_t limit, struct batch *batch, struct tally *tally);

/* The end of the last whole row of such a text; 0: none. */
size_t rows_last_border(const struct row_parser *parser, const uint8_t *text,
                        size_t size);

#endif
