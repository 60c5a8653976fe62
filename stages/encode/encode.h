#ifndef SANDPIPER_STAGES_ENCODE_H
#define SANDPIPER_STAGES_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The face of the encode stage: text to zstd frames (RFC 8878), level 3, each
 * with its size and a checksum. A frame's bytes depend on its text alone, not
 * on what the encoder made before.
 *
 * An encoder belongs to one lane.
 */
struct encoder;

#define ENCODE_LEVEL 3

/* NULL when out of memory. */
struct encoder *encoder_create(void);
void encoder_free(struct encoder *encoder);

/* Room that the frame of so much text needs at most. */
size_t encode_bound(size_t size);
/* The frame's size; 0 when out of memory. capacity: encode_bound(size). */
size_t encode_frame(struct encoder *encoder, void *frame, size_t capacity,
                    const void *text, size_t size);

#endif
