#include "stages/parse/text_scratch.h"

#include <stdlib.h>
#include <string.h>

#define BUFFER_BYTES_MIN ((size_t)4096)

bool text_buffer_grow(struct text_buffer *buffer, size_t bytes)
{
    size_t capacity = buffer->capacity + buffer->capacity / 2;
    if (capacity < bytes)
        capacity = bytes;
    if (capacity < BUFFER_BYTES_MIN)
        capacity = BUFFER_BYTES_MIN;
    uint8_t *grown = realloc(buffer->bytes, capacity);
    if (!grown)
        return false;
    buffer->bytes = grown;
    buffer->capacity = capacity;
    return true;
}

void text_scratch_free(struct text_scratch *scratch)
{
    free(scratch->source.bytes);
    free(scratch->folded.bytes);
    free(scratch->stretch.bytes);
    free(scratch->points[0].bytes);
    free(scratch->points[1].bytes);
    memset(scratch, 0, sizeof *scratch);
}
