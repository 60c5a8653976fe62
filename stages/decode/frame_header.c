#include "stages/decode/frame_header.h"

#include <string.h>

static const uint8_t FRAME_MAGIC[MAGIC_BYTES] = {0x28, 0xb5, 0x2f, 0xfd};
/* The first byte is 0x50 to 0x5f. */
static const uint8_t SKIPPABLE_MAGIC[MAGIC_BYTES] = {0x50, 0x2a, 0x4d, 0x18};

static uint64_t read_little_endian(const uint8_t *bytes, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* ---- magics ---- */

enum frame_magic frame_magic_read(const uint8_t *bytes, size_t have)
{
    size_t size = have < MAGIC_BYTES ? have : MAGIC_BYTES;
    if (size == 0)
        return MAGIC_NONE;
    if (memcmp(bytes, FRAME_MAGIC, size) == 0)
        return size == MAGIC_BYTES ? MAGIC_FRAME : MAGIC_FRAME_CUT;
    if ((bytes[0] & 0xf0) == SKIPPABLE_MAGIC[0] &&
        memcmp(bytes + 1, SKIPPABLE_MAGIC + 1, size - 1) == 0)
        return size == MAGIC_BYTES ? MAGIC_SKIPPABLE : MAGIC_SKIPPABLE_CUT;
    return MAGIC_NONE;
}

/* Whether a magic may start at one of CHUNK_BYTES positions, by its last two
 * bytes. Without a branch, so that the compiler makes vectors of it. */
#define CHUNK_BYTES 256u
static bool chunk_may_hold_magic(const uint8_t *bytes)
{
    uint8_t may = 0;
    for (size_t i = 0; i < CHUNK_BYTES; i++) {
        uint8_t third = bytes[i + 2], fourth = bytes[i + 3];
        may |= (uint8_t)((third == FRAME_MAGIC[2]) &
                         (fourth == FRAME_MAGIC[3]));
        may |= (uint8_t)((third == SKIPPABLE_MAGIC[2]) &
                         (fourth == SKIPPABLE_MAGIC[3]));
    }
    return may;
}

size_t frame_magic_find(const uint8_t *bytes, size_t have)
{
    size_t at = 0;
    while (have - at >= MAGIC_BYTES) {
        if (have - at >= CHUNK_BYTES + MAGIC_BYTES - 1 &&
            !chunk_may_hold_magic(bytes + at)) {
            at += CHUNK_BYTES;
            continue;
        }
        size_t end = have - at - (MAGIC_BYTES - 1);
        end = at + (end < CHUNK_BYTES ? end : CHUNK_BYTES);
        for (; at < end; at++)
            if (frame_magic_read(bytes + at, MAGIC_BYTES) != MAGIC_NONE)
                return at;
    }
    return have;
}

uint64_t skippable_bytes(const uint8_t header[SKIPPABLE_HEADER_BYTES])
{
    return SKIPPABLE_HEADER_BYTES + read_little_endian(header + MAGIC_BYTES, 4);
}

/* ---- frames: section 3.1.1.1 ---- */

#define WINDOW_LOG_MIN 10u
#define WINDOW_LOG_MAX 31u   /* ZSTD_WINDOWLOG_MAX where size_t has 64 bits */

/* How many bytes a field has, by its flag of two bits. */
static const uint8_t DICTIONARY_ID_BYTES[4] = {0, 1, 2, 4};
static const uint8_t CONTENT_SIZE_BYTES[4] = {0, 2, 4, 8};

static uint64_t read_content_bytes(const uint8_t *field, size_t size)
{
    if (size == 0)
        return UINT64_MAX;
    /* The range of two bytes starts where that of one ends. */
    return read_little_endian(field, size) + (size == 2 ? 256 : 0);
}

static uint64_t read_window_bytes(uint8_t descriptor)
{
    uint64_t base = (uint64_t)1 << (WINDOW_LOG_MIN + (descriptor >> 3));
    return base + base / 8 * (descriptor & 7);
}

enum header_status frame_header_read(const uint8_t *bytes, size_t have,
                                     struct frame_header *header)
{
    if (have < MAGIC_BYTES + 1)
        return HEADER_CUT;
    uint8_t descriptor = bytes[MAGIC_BYTES];
    bool single = descriptor >> 5 & 1;
    size_t window_size = !single;
    size_t id_size = DICTIONARY_ID_BYTES[descriptor & 3];
    size_t content_size = CONTENT_SIZE_BYTES[descriptor >> 6];
    if (single && content_size == 0)
        content_size = 1;
    size_t size = MAGIC_BYTES + 1 + window_size + id_size + content_size;
    if (have < size)
        return HEADER_CUT;
    if (descriptor & 8)
        return HEADER_DAMAGED;

    const uint8_t *field = bytes + MAGIC_BYTES + 1;
    if (!single && (field[0] >> 3) + WINDOW_LOG_MIN > WINDOW_LOG_MAX)
        return HEADER_WINDOW;
    header->bytes = (uint32_t)size;
    header->checksum = descriptor >> 2 & 1;
    header->dictionary_id =
        (uint32_t)read_little_endian(field + window_size, id_size);
    header->content_bytes =
        read_content_bytes(field + window_size + id_size, content_size);
    header->window_bytes =
        single ? header->content_bytes : read_window_bytes(field[0]);
    header->block_bytes_max = header->window_bytes < BLOCK_TEXT_BYTES_MAX
                                  ? (uint32_t)header->window_bytes
                                  : BLOCK_TEXT_BYTES_MAX;
    return HEADER_OK;
}

/* ---- blocks: section 3.1.1.2 ---- */

/* A header of literals and one of sequences. libzstd takes 0 for an empty
 * block in one of its interfaces and for corruption in another. */
#define COMPRESSED_BYTES_MIN 2u

bool block_header_read(const uint8_t bytes[BLOCK_HEADER_BYTES],
                       const struct frame_header *frame,
                       struct block_header *block)
{
    uint32_t word = (uint32_t)read_little_endian(bytes, BLOCK_HEADER_BYTES);
    uint32_t size = word >> 3;
    block->last = word & 1;
    block->type = (enum block_type)(word >> 1 & 3);
    block->content_bytes = block->type == BLOCK_RLE ? 1 : size;
    block->text_bytes =
        block->type == BLOCK_COMPRESSED ? frame->block_bytes_max : size;
    if (block->type == BLOCK_COMPRESSED && size < COMPRESSED_BYTES_MIN)
        return false;
    return block->type != BLOCK_RESERVED && size <= frame->block_bytes_max;
}
