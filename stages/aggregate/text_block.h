#ifndef SANDPIPER_STAGES_TEXT_BLOCK_H
#define SANDPIPER_STAGES_TEXT_BLOCK_H

#include "pipeline/memory.h"
#include "stages/units.h"
#include "stages/varint.h"

/*
 * An immutable text at any address: its size as a varint (LEB128, one byte for
 * most texts), then its bytes. It stands in an arena, alone or inside a
 * compact profile, and is passed round as its address. Blocks are written by
 * this process only, so reading them trusts them.
 */
size_t text_block_bytes(struct text text);
/* Writes text_block_bytes(text) bytes; the place behind them. */
uint8_t *text_block_write(uint8_t *at, struct text text);
/* Its address; 0: out of memory. */
uint64_t text_block_make(struct text text, struct arena *arena);
/* The text at this address; of address 0, the empty text. */
static inline struct text text_block_read(uint64_t address)
{
    if (!address)
        return (struct text){NULL, 0};
    uint64_t size;
    const uint8_t *bytes = varint_read((const uint8_t *)(uintptr_t)address,
                                       &size);
    return (struct text){(const char *)bytes, (uint32_t)size};
}

static inline bool text_equal(struct text a, struct text b)
{
    return a.size == b.size &&
           (!a.size || memcmp(a.bytes, b.bytes, a.size) == 0);
}

#endif
