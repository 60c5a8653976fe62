#ifndef SANDPIPER_STAGES_DECODE_FRAME_HEADER_H
#define SANDPIPER_STAGES_DECODE_FRAME_HEADER_H

#include "pipeline/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The headers of RFC 8878, section 3.1: of frames, of blocks, and the magics
 * of skippable frames. Pure functions of bytes: nothing is owned or kept, and
 * no byte behind `have` is read. Their answers agree with libzstd's
 * ZSTD_getFrameHeader, which a test holds; so that frames can be walked
 * without a decoder.
 */
#define MAGIC_BYTES 4u
#define FRAME_HEADER_BYTES_MAX 18u
#define BLOCK_HEADER_BYTES 3u
#define SKIPPABLE_HEADER_BYTES 8u
#define CHECKSUM_BYTES 4u
/* Block_Maximum_Size is the window or this, whichever is less. */
#define BLOCK_TEXT_BYTES_MAX ((uint32_t)DECODE_BLOCK_BYTES)

enum frame_magic {
    MAGIC_NONE,
    MAGIC_FRAME,
    MAGIC_SKIPPABLE,
    MAGIC_FRAME_CUT,        /* 1 to 3 bytes of a magic, and no more */
    MAGIC_SKIPPABLE_CUT,
};
/* have < 4 means that nothing follows. */
enum frame_magic frame_magic_read(const uint8_t *bytes, size_t have);
/* The offset of the first magic that stands whole in bytes, or have. */
size_t frame_magic_find(const uint8_t *bytes, size_t have);
/* Of the whole skippable frame, its header included. */
uint64_t skippable_bytes(const uint8_t header[SKIPPABLE_HEADER_BYTES]);

struct frame_header {
    uint32_t bytes;             /* of the header, magic included */
    uint32_t block_bytes_max;   /* of a block, compressed or as text */
    uint64_t window_bytes;      /* single segment: content_bytes */
    uint64_t content_bytes;     /* UINT64_MAX when the header does not say */
    uint32_t dictionary_id;     /* 0: none */
    bool checksum;
};
enum header_status {
    HEADER_OK,
    HEADER_CUT,       /* have is less than the header needs */
    HEADER_DAMAGED,   /* the reserved bit is set */
    HEADER_WINDOW,    /* a window that libzstd cannot serve: 2^32 and more */
};
/* Of bytes that start with MAGIC_FRAME. */
enum header_status frame_header_read(const uint8_t *bytes, size_t have,
                                     struct frame_header *header);

enum block_type { BLOCK_RAW, BLOCK_RLE, BLOCK_COMPRESSED, BLOCK_RESERVED };
struct block_header {
    enum block_type type;
    bool last;
    uint32_t content_bytes;   /* behind the header, in the shard */
    uint32_t text_bytes;      /* COMPRESSED: the most there can be */
};
/* False when no such block can stand in the frame. */
bool block_header_read(const uint8_t bytes[BLOCK_HEADER_BYTES],
                       const struct frame_header *frame,
                       struct block_header *block);

#endif
