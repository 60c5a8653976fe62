#ifndef SANDPIPER_STAGES_DECODE_TEXT_RING_H
#define SANDPIPER_STAGES_DECODE_TEXT_RING_H

#include "pipeline/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The pages that text is decoded into: one mapping, reused for all frames of
 * a decoder, on huge pages. It is as large as the greatest frame needed so
 * far, but the system backs a page only when it is first written, and only
 * then is it charged to the budget: a frame that declares a window of 2 GiB
 * and holds 5 MiB costs 6 MiB. That is why it does not come from memory_map,
 * which charges at once.
 *
 * Owned by one decoder; one thread.
 */
struct text_ring {
    struct memory *memory;   /* borrowed */
    uint8_t *base;
    size_t mapped;           /* bytes of addresses */
    size_t touched;          /* bytes from base on that are charged */
};

void text_ring_init(struct text_ring *ring, struct memory *memory);
void text_ring_free(struct text_ring *ring);
/* At least bytes of addresses; what they held is lost when it has to grow.
 * 0 or -ENOMEM. */
int text_ring_reserve(struct text_ring *ring, size_t bytes);
/* Charges what lies in front of `end`, which is about to be written. */
void text_ring_touch(struct text_ring *ring, size_t end);
/* Gives the pages behind the first `keep` bytes back to the system. */
void text_ring_trim(struct text_ring *ring, size_t keep);

#endif
