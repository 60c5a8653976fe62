#include "stages/aggregate/text_block.h"

size_t text_block_bytes(struct text text)
{
    size_t head = 1;
    for (uint32_t rest = text.size; rest >= 128; rest >>= 7)
        head++;
    return head + text.size;
}

uint8_t *text_block_write(uint8_t *at, struct text text)
{
    at = varint_write(at, text.size);
    if (text.size)
        memcpy(at, text.bytes, text.size);
    return at + text.size;
}

uint64_t text_block_make(struct text text, struct arena *arena)
{
    uint8_t *block = arena_alloc(arena, text_block_bytes(text), 1);
    if (block)
        text_block_write(block, text);
    return (uint64_t)(uintptr_t)block;
}
