#ifndef SANDPIPER_STAGES_DECODE_FRAME_WALK_H
#define SANDPIPER_STAGES_DECODE_FRAME_WALK_H

#include "stages/decode/decode.h"
#include "stages/decode/frame_header.h"

/*
 * A walk goes through one frame block by block, for whoever decodes it or
 * only steps over it, and says where things go on when the frame turns out
 * to be bad.
 *
 * The feed lags: it stays at an anchor, which is behind the frame's magic at
 * first, and later a border of blocks with at least FRAME_REWIND_BYTES (of
 * text or of the shard, whichever is more) between it and the block at hand.
 * The search after a bad frame starts there, so that a damaged size that led
 * over the start of the next frame hides nothing; it needs no seek, so pipes
 * and files give the same; and since what is read twice is bounded, nested
 * frames that lie cost no more than a frame of long runs.
 *
 *        older anchor        newer anchor         block at hand
 *   ---------|-------------------|--------------------|-----------
 *            feed    >= REWIND       < REWIND + block
 */
#define FRAME_REWIND_BYTES (128u << 10)

struct frame_walk {
    struct feed *feed;
    struct frame_header header;
    uint64_t bytes;      /* of the frame, in front of the block at hand */
    uint64_t blocks;     /* in front of it */
    size_t lag;          /* from the feed's position to the block at hand */
    size_t newer;        /* from the feed's position to the newer anchor */
    size_t weight;       /* since the newer anchor, in FRAME_REWIND_BYTES */
    bool last;           /* the last block is behind */
};

enum walk_status {
    WALK_OK,
    WALK_CUT,       /* the feed has no more: the end, or feed_error() */
    WALK_DAMAGED,   /* no such block is possible */
};

/* Starts behind the header, which must have been found good (ITEM_FRAME). */
void walk_begin(struct frame_walk *walk, struct feed *feed);
/* The block at hand: *bytes starts with its header, and its content is whole.
 * Borrowed until the next call on the feed. */
enum walk_status walk_block(struct frame_walk *walk, const uint8_t **bytes,
                            struct block_header *block);
/* Goes on behind it; text_bytes is what it held. */
void walk_advance(struct frame_walk *walk, const struct block_header *block,
                  size_t text_bytes);
/* The checksum behind the last block, borrowed; NULL when it is cut off. */
const uint8_t *walk_checksum(struct frame_walk *walk);
/* Sets the feed behind the frame, all of which was seen: its bytes. */
uint64_t walk_end(struct frame_walk *walk);
/* Sets the feed behind a frame that is bad at the block at hand, as decode.h
 * says: the bytes from the frame's first. */
uint64_t walk_abandon(struct frame_walk *walk);
/* Goes on through a frame that is not decoded, by some FRAME_SEARCH_BYTES_MAX.
 * True when the feed is behind it: *bytes from the frame's first. */
bool walk_over(struct frame_walk *walk, uint64_t *bytes);

#endif
