#ifndef SANDPIPER_STAGES_SPLIT_H
#define SANDPIPER_STAGES_SPLIT_H

#include "pipeline/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The face of the split stage: from text that comes in pieces to lines.
 *
 * A shard's framing is fixed by its first bytes. In LINES every line is a
 * JSON text. In DOCUMENT the shard is a sequence of JSON values over any
 * number of lines (an array, pretty-printed or not; pretty-printed objects),
 * and what stands for a line is an element: of an array at the top, or a
 * value at the top that is no array. In CSV it is a sequence of rows, whose
 * quoted cells may hold line feeds.
 */
enum framing { FRAMING_LINES, FRAMING_DOCUMENT, FRAMING_CSV };

/* What framing_detect looks at, if the shard is that long. */
#define FRAMING_BYTES ((size_t)64 << 10)

/*
 * DOCUMENT if the text begins (after a BOM and white space) with [ and its
 * first line break outside strings stands inside brackets, or there is none
 * within FRAMING_BYTES; or with { and that line break stands inside brackets
 * directly behind { or [ (white space between). Else LINES. CSV is told before,
 * by its header (stages/parse/csv_layout.h).
 */
enum framing framing_detect(const uint8_t *text, size_t size);

/* 3 if the text begins with a UTF-8 byte order mark, else 0. */
size_t bom_bytes(const uint8_t *text, size_t size);

/*
 * A fragment: the beginning of a line whose end has not come yet. It keeps
 * at most limit bytes, and counts the rest. It owns its bytes (charged to
 * the budget), with FRAGMENT_PADDING readable bytes behind them.
 */
#define FRAGMENT_PADDING 64
struct fragment {
    struct memory *memory;
    uint8_t *bytes;
    size_t size, capacity;
    uint64_t total;            /* bytes added; > size: too long */
    size_t limit;
};
void fragment_init(struct fragment *fragment, struct memory *memory,
                   size_t limit);
void fragment_free(struct fragment *fragment);
/* False when out of memory. */
bool fragment_add(struct fragment *fragment, const uint8_t *bytes,
                  size_t size);
void fragment_clear(struct fragment *fragment);
static inline bool fragment_too_long(const struct fragment *fragment)
{
    return fragment->total > fragment->size;
}

/* The size of the line text[0..size) without one CR at its end. */
static inline size_t line_size(const uint8_t *text, size_t size)
{
    return size > 0 && text[size - 1] == '\r' ? size - 1 : size;
}

/*
 * Finds the elements of a document that comes in pieces. Brackets are
 * counted, not matched by kind, and commas between elements are passed over:
 * each element is checked whole when it is parsed.
 */
struct document {
    uint32_t depth;           /* brackets open, those of the element included */
    uint32_t base;            /* 1 inside a top array, else 0 */
    bool in_element, in_string, escaped, scalar;
};

struct element {
    size_t start, end;        /* in the piece; an element may begin before */
    bool begins, ends;        /* its first byte, its last byte are here */
};

/* Scans text[*at..size) to the end of the next element or of the piece; sets
 * *at. False: nothing of an element was found up to the end of the piece. */
bool document_next(struct document *document, const uint8_t *text,
                   size_t size, size_t *at, struct element *element);

/*
 * Where rows of CSV end, in text that comes in pieces and may begin anywhere.
 *
 * A quote opens a quoted cell where a cell begins and nowhere else; in it two
 * quotes are one, and one closes it; what follows that up to the comma or the
 * line feed is unquoted (stages/parse/csv_kernel.h). For the ends of rows three
 * states are enough: behind a quote in a quoted cell all bytes mean what they
 * mean at a cell's start. What is not known of the text before is a set of
 * states. Sets shrink as text goes by: mostly at the end of the first quoted
 * cell one is left, whatever it began with. A line feed is a border, for
 * certain, where none of the states left is that of a quoted cell.
 */
enum csv_state {
    CSV_CELL_START = 1,
    CSV_UNQUOTED = 2,
    CSV_QUOTED = 4,
    CSV_ANY = 7,
};
static inline bool csv_states_settled(uint8_t states)
{
    return (states & (states - 1)) == 0;
}

/* Steps over text[*at..size) to behind the next border, or to the end; true if
 * there was one, and the state is CSV_CELL_START then. */
bool csv_border_next(uint8_t *states, const uint8_t *text, size_t size,
                     size_t *at);

#endif
