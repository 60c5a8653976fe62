#ifndef SANDPIPER_STAGES_DECODE_PACKED_FRAMES_H
#define SANDPIPER_STAGES_DECODE_PACKED_FRAMES_H

#include "stages/decode/codec.h"

/*
 * Frames that are not zstd: the members of a gzip file, the streams of a
 * bzip2 file, one entry of a zip file; in steps, as decode.h has them.
 *
 * Their end is known only by decoding, and so is their damage. The feed moves
 * on as bytes are decoded, and where a frame is bad the search for the next
 * one begins at the byte where that was seen: a start that stands before it
 * is lost with it. A start is plausible with ten bytes of a gzip header
 * whose flags, extra flags and system RFC 1952 knows; or with "BZh", a digit
 * and the magic of a block or of the stream's end. An entry of zip is alone
 * in its feed: behind it nothing is searched for.
 */
struct packed;

/* NULL: out of memory. */
struct packed *packed_create(struct memory *memory, size_t slack_bytes);
void packed_destroy(struct packed *packed);
/* FRAME_OK always: the first step may say more. */
void packed_begin(struct packed *packed, struct feed *feed,
                  const struct item *item);
struct step packed_step(struct packed *packed);
int packed_error(const struct packed *packed);
/* Gives up the frame under way, and what only frames under way need. */
void packed_rest(struct packed *packed);

#endif
