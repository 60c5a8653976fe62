#ifndef SANDPIPER_STAGES_PARSE_CSV_KERNEL_H
#define SANDPIPER_STAGES_PARSE_CSV_KERNEL_H

#include "stages/parse/kernel.h"

#include <stdbool.h>

/*
 * The index of a CSV text (RFC 4180) that begins where a row begins: where its
 * cells and rows end. One kernel for each instruction set behind one
 * prototype; the scalar one is the specification, byte by byte, and the others
 * give the same rows, errors and tokens of every text.
 *
 * A quote opens a quoted cell where a cell begins, and nowhere else. In a
 * quoted cell two quotes are one, and one closes it. Anything but a comma or a
 * line end behind that, and a quote in a cell that is not quoted, is an error
 * of the row (CSV_QUOTE) and part of the cell, which goes on unquoted to the
 * next comma. So one bad cell costs one row, and not the rest of the text. A
 * row ends with a line feed that is not quoted. A CR is a byte as any other,
 * but may stand between the closing quote and the line feed.
 */
enum csv_error {
    CSV_UTF8 = 1,            /* the row is not UTF-8 as RFC 3629 has it */
    CSV_QUOTE = 2,
};

struct csv_row {
    uint32_t end;            /* tokens up to its line feed, and with it */
    uint32_t errors;         /* a set of csv_error */
};

/* An index stops behind so many rows. */
#define CSV_ROWS_MAX 512

struct csv_index {
    uint32_t *tokens;        /* room for size + KERNEL_PADDING */
    struct csv_row *rows;    /* room for CSV_ROWS_MAX + KERNEL_PADDING */
    uint32_t row_count;      /* whole rows; what follows them is not told */
    bool nul;                /* false: there is no NUL in these rows */
};

/* Writes the places of all commas and line feeds that end a cell. size below
 * 2^32 - KERNEL_PADDING. */
typedef void (*csv_kernel)(const uint8_t *text, size_t size,
                           struct csv_index *index);
/* The end of the last whole row of such a text; 0: none. */
typedef size_t (*csv_border_kernel)(const uint8_t *text, size_t size);

void csv_scalar(const uint8_t *text, size_t size, struct csv_index *index);
void csv_avx2(const uint8_t *text, size_t size, struct csv_index *index);
void csv_avx512(const uint8_t *text, size_t size, struct csv_index *index);
size_t csv_border_scalar(const uint8_t *text, size_t size);
size_t csv_border_avx2(const uint8_t *text, size_t size);
size_t csv_border_avx512(const uint8_t *text, size_t size);

csv_kernel csv_kernel_of(enum isa isa);
csv_border_kernel csv_border_of(enum isa isa);

#endif
