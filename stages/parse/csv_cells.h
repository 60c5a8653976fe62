#ifndef SANDPIPER_STAGES_PARSE_CSV_CELLS_H
#define SANDPIPER_STAGES_PARSE_CSV_CELLS_H

#include "stages/units.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

/*
 * The text of one cell of a row without errors. Included by the readers of
 * rows and headers.
 */

/* Whether text[0..size) has this byte. Reads 15 bytes into the padding. */
static inline bool cell_has(const uint8_t *text, size_t size, char byte)
{
#if defined(__SSE2__)
    const __m128i wanted = _mm_set1_epi8(byte);
    for (size_t at = 0; at < size; at += 16) {
        __m128i bytes = _mm_loadu_si128((const void *)(text + at));
        uint32_t found = (uint32_t)_mm_movemask_epi8(
            _mm_cmpeq_epi8(bytes, wanted));
        if (found)
            return at + (uint32_t)__builtin_ctz(found) < size;
    }
    return false;
#else
    return memchr(text, byte, size) != NULL;
#endif
}

/* The bytes between the quotes of the cell text[start..end), or all of it. */
static inline struct text cell_inside(const uint8_t *text, size_t start,
                                      size_t end)
{
    if (end - start >= 2 && text[start] == '"') {
        start++;
        end--;
    }
    return (struct text){(const char *)text + start, (uint32_t)(end - start)};
}

/* Writes the cell with its doubled quotes made one, and without NULs if asked
 * for, to out; the bytes written. */
static inline uint32_t cell_decode(uint8_t *out, struct text inside, bool nul)
{
    uint32_t written = 0;
    for (uint32_t i = 0; i < inside.size; i++) {
        uint8_t byte = (uint8_t)inside.bytes[i];
        if (nul && byte == 0)
            continue;
        out[written++] = byte;
        if (byte == '"')
            i++;               /* the second one: quotes stand in pairs */
    }
    return written;
}

#endif
