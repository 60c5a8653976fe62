#ifndef SANDPIPER_STAGES_PARSE_TEXT_SCRATCH_H
#define SANDPIPER_STAGES_PARSE_TEXT_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The room in which texts are measured: buffers that grow to what the largest
 * text needed and are used again, so that a text costs no allocation. Zeroed
 * it is ready; owns its buffers. One thread at a time. Whoever writes into a
 * buffer reserves first; failure is "out of memory" and leaves it as it was.
 */
struct text_buffer {
    uint8_t *bytes;
    size_t capacity;
};
struct text_scratch {
    struct text_buffer source;      /* the text without what is removed */
    struct text_buffer folded;      /* normalised */
    struct text_buffer stretch;     /* a piece of it, normalised in full */
    struct text_buffer points[2];   /* that piece as code points */
};

void text_scratch_free(struct text_scratch *scratch);   /* zeroes it */
bool text_buffer_grow(struct text_buffer *buffer, size_t bytes);

/* Room for so many bytes; what is in the buffer stays. */
static inline bool text_buffer_reserve(struct text_buffer *buffer,
                                       size_t bytes)
{
    return bytes <= buffer->capacity || text_buffer_grow(buffer, bytes);
}

#endif
