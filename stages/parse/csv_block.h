#ifndef SANDPIPER_STAGES_PARSE_CSV_BLOCK_H
#define SANDPIPER_STAGES_PARSE_CSV_BLOCK_H

#include "stages/parse/csv_kernel.h"
#include "stages/parse/kernel_block.h"

/*
 * What the vector kernels for CSV share: the algebra on masks of 64 bytes, one
 * bit a byte. Included by them only.
 *
 * In a row without errors every quote opens or closes, so a prefix sum of the
 * quotes tells what is quoted, doubled quotes included: they close and open
 * again at once. An opening quote that stands neither where a cell begins nor
 * behind a quote, and a closing one with something else behind it than may be
 * there, are noticed (bad). Then the scalar kernel does the text again: that
 * costs time, and only where there are errors.
 */
struct csv_masks {
    uint64_t quote, comma, feed;
    uint64_t valid;          /* bytes of the text; spaces behind it */
};

struct csv_carry {
    uint64_t quoted;         /* all ones inside a quoted cell, else 0 */
    uint64_t opens;          /* bit 0: a quote may open at the next byte */
    uint64_t closed;         /* bit 0: the last byte closed a quoted cell */
    uint64_t returned;       /* bit 0: it is a CR behind such a quote */
    uint64_t bad;
};

static inline struct csv_carry csv_row_start(void)
{
    return (struct csv_carry){.opens = 1};
}

/* The commas and line feeds that end cells. *odd: bytes behind closing quotes
 * that may be CR, for csv_returns. */
static inline uint64_t csv_ends(const struct csv_masks *masks,
                                struct csv_carry *carry, uint64_t *odd)
{
    uint64_t quote = masks->quote;
    uint64_t quoted = prefix_xor(quote) ^ carry->quoted;
    uint64_t ends = masks->comma | masks->feed;
    uint64_t before = ends | quote;
    carry->quoted = (uint64_t)((int64_t)quoted >> 63);
    carry->bad |= quote & quoted & ~(before << 1 | carry->opens);
    carry->opens = before >> 63;
    uint64_t close = quote & ~quoted;
    *odd = (close << 1 | carry->closed) & ~before & masks->valid;
    carry->closed = close >> 63;
    return ends & ~quoted & masks->valid;
}

/* Where odd or carry->returned is not 0: only a CR, with a line feed behind
 * it, may stand behind a closing quote. */
static inline void csv_returns(const struct csv_masks *masks,
                               struct csv_carry *carry, uint64_t odd,
                               uint64_t cr)
{
    uint64_t returns = odd & cr;
    carry->bad |= odd & ~cr;
    carry->bad |= (returns << 1 | carry->returned) & ~masks->feed &
                  masks->valid;
    carry->returned = returns >> 63;
}

/* Notes the rows that end in a block, whose ends are `ends` and whose first
 * token's number is `first`. */
static inline void csv_note_rows(struct csv_index *index, uint64_t ends,
                                 uint64_t feeds, uint32_t first)
{
    for (; feeds; feeds &= feeds - 1) {
        uint64_t through = feeds ^ (feeds - 1);
        index->rows[index->row_count++] = (struct csv_row){
            first + (uint32_t)__builtin_popcountll(ends & through), 0};
    }
}

#endif
