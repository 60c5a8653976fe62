#include "stages/parse/csv_kernel.h"
#include "stages/parse/kernel_utf8.h"

#include <string.h>

/* Where a byte stands. */
enum place {
    CELL_START,
    CELL_PLAIN,
    CELL_QUOTED,
    CELL_CLOSED,             /* behind a quote in a quoted cell */
};

/* The place behind this byte; *bad: no quote may stand there. next: the byte
 * that follows, or 0. */
static enum place step(enum place place, uint8_t byte, uint8_t next, bool *bad)
{
    if (place == CELL_QUOTED)
        return byte == '"' ? CELL_CLOSED : CELL_QUOTED;
    if (byte == ',' || byte == '\n')
        return CELL_START;
    if (byte == '"' && place != CELL_PLAIN)
        return CELL_QUOTED;
    if (place == CELL_CLOSED && byte == '\r' && next == '\n')
        return CELL_CLOSED;
    *bad = *bad || place == CELL_CLOSED || byte == '"';
    return CELL_PLAIN;
}

void csv_scalar(const uint8_t *text, size_t size, struct csv_index *index)
{
    enum place place = CELL_START;
    bool bad = false;
    size_t row_start = 0;
    uint32_t written = 0;
    index->row_count = 0;
    index->nul = memchr(text, 0, size) != NULL;
    for (size_t at = 0; at < size; at++) {
        uint8_t byte = text[at];
        bool quoted = place == CELL_QUOTED;
        place = step(place, byte, at + 1 < size ? text[at + 1] : 0, &bad);
        if (quoted || (byte != ',' && byte != '\n'))
            continue;
        index->tokens[written++] = (uint32_t)at;
        if (byte == ',')
            continue;
        bool good = utf8_valid(text + row_start, at - row_start);
        index->rows[index->row_count++] = (struct csv_row){
            written, (good ? 0u : CSV_UTF8) | (bad ? CSV_QUOTE : 0u)};
        if (index->row_count == CSV_ROWS_MAX)
            return;
        bad = false;
        row_start = at + 1;
    }
}

size_t csv_border_scalar(const uint8_t *text, size_t size)
{
    enum place place = CELL_START;
    bool bad = false;
    size_t border = 0;
    for (size_t at = 0; at < size; at++) {
        bool quoted = place == CELL_QUOTED;
        place = step(place, text[at], at + 1 < size ? text[at + 1] : 0, &bad);
        if (!quoted && text[at] == '\n')
            border = at + 1;
    }
    return border;
}

csv_kernel csv_kernel_of(enum isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_AVX2)
        return csv_avx2;
    if (isa == ISA_AVX512)
        return csv_avx512;
#endif
    (void)isa;
    return csv_scalar;
}

csv_border_kernel csv_border_of(enum isa isa)
{
#if defined(__x86_64__)
    if (isa == ISA_AVX2)
        return csv_border_avx2;
    if (isa == ISA_AVX512)
        return csv_border_avx512;
#endif
    (void)isa;
    return csv_border_scalar;
}
