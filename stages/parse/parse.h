#ifndef SANDPIPER_STAGES_PARSE_H
#define SANDPIPER_STAGES_PARSE_H

#include "stages/parse/kernel.h"
#include "stages/tally.h"
#include "stages/units.h"

/*
 * The face of the parse stage: from one line of text to what it says.
 *
 * A line is one JSON text (RFC 8259, any top-level value, valid UTF-8). It is
 * checked whole, by the instruction set's kernel and one walk; what it means
 * is then decided from its top-level keys (docs/FORMATS.md, dialects/). Whether it is
 * accepted depends on its bytes alone.
 *
 * A parser belongs to one lane.
 */
struct filter;
struct parser;

struct parser_options {
    enum isa isa;              /* must run here (isa_runs_here) */
    bool ranged;               /* only posts with since <= event time < until */
    int64_t since, until;      /* ms; INT64_MIN and INT64_MAX: no bound */
    /* Borrowed. Lines are sought, not what they say: nothing is added to
     * batches, and tally->matched_lines says whether a line is taken. */
    const struct filter *filter;       /* or NULL */
};

/* NULL when out of memory. */
struct parser *parser_create(const struct parser_options *options);
void parser_free(struct parser *parser);

/*
 * Parses the line text[0..size) (without its line end; KERNEL_PADDING bytes
 * behind it are readable), adds what it says to batch, and counts it in
 * tally. offset is where the line stands in the tally's text. A rejected line
 * leaves the batch as it was. False when out of memory.
 */
bool parse_line(struct parser *parser, const uint8_t *text, size_t size,
                uint64_t offset, struct batch *batch, struct tally *tally);

#endif
