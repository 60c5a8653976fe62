#include "stages/emit/output.h"

#include "stages/emit/number_text.h"

#include <stdlib.h>

#define OUTPUT_BYTES_MIN 65536

void output_free(struct output *output)
{
    free(output->bytes);
    memset(output, 0, sizeof *output);
}

bool output_grow(struct output *output, size_t size)
{
    size_t wanted, capacity = output->capacity;
    if (output->failed)
        return false;
    if (__builtin_add_overflow(output->size, size, &wanted))
        goto failed;
    if (capacity < OUTPUT_BYTES_MIN)
        capacity = OUTPUT_BYTES_MIN;
    while (capacity < wanted)
        capacity = capacity > SIZE_MAX / 2 ? wanted : capacity * 2;
    char *grown = realloc(output->bytes, capacity);
    if (!grown)
        goto failed;
    output->bytes = grown;
    output->capacity = capacity;
    return true;
failed:
    output->failed = true;
    return false;
}

void output_add(struct output *output, const void *bytes, size_t size)
{
    char *at = output_room(output, size);
    if (!at || !size)
        return;
    memcpy(at, bytes, size);
    output->size += size;
}

void output_add_text(struct output *output, const char *text)
{
    output_add(output, text, strlen(text));
}

void emit_real(struct output *output, double real)
{
    char *at = output_room(output, NUMBER_TEXT_MAX);
    if (at)
        output->size += (size_t)(write_real(at, real) - at);
}

void emit_integer(struct output *output, int64_t integer)
{
    char *at = output_room(output, NUMBER_TEXT_MAX);
    if (at)
        output->size += (size_t)(write_integer(at, integer) - at);
}

void emit_time(struct output *output, int64_t ms)
{
    char *at = output_room(output, NUMBER_TEXT_MAX);
    if (at)
        output->size += (size_t)(write_time(at, ms) - at);
}
