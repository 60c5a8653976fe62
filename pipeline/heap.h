#ifndef SANDPIPER_PIPELINE_HEAP_H
#define SANDPIPER_PIPELINE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A heap of the numbers of sorted sources, for k-way merges: the first source
 * on top. Where two sources stand at equal keys, the smaller number is first,
 * so that a merge is deterministic. Borrows items (room for count) and
 * context; one thread at a time.
 */
struct heap {
    uint32_t *items;
    uint32_t count;
    /* <0, 0, >0: how the present keys of sources a and b compare. */
    int (*compare)(const void *context, uint32_t a, uint32_t b);
    const void *context;
};

/* Puts items[0..count) in heap order. */
void heap_build(struct heap *heap);
/* The key of source items[0] has grown: puts it in its place. */
void heap_sift(struct heap *heap);
/* Puts one more source in (there is room). */
void heap_push(struct heap *heap, uint32_t item);
/* Source items[0] has ended: takes it out. */
void heap_pop(struct heap *heap);

#endif
