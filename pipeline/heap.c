#include "pipeline/heap.h"

#include "pipeline/check.h"

static bool before(const struct heap *heap, uint32_t a, uint32_t b)
{
    int order = heap->compare(heap->context, a, b);
    return order ? order < 0 : a < b;
}

static void sift(struct heap *heap, uint32_t at)
{
    uint32_t item = heap->items[at];
    for (;;) {
        uint64_t child = 2 * (uint64_t)at + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count &&
            before(heap, heap->items[child + 1], heap->items[child]))
            child++;
        if (!before(heap, heap->items[child], item))
            break;
        heap->items[at] = heap->items[child];
        at = (uint32_t)child;
    }
    heap->items[at] = item;
}

void heap_build(struct heap *heap)
{
    for (uint32_t at = heap->count / 2; at-- > 0;)
        sift(heap, at);
}

void heap_sift(struct heap *heap)
{
    CHECK(heap->count > 0);
    sift(heap, 0);
}

void heap_push(struct heap *heap, uint32_t item)
{
    uint32_t at = heap->count++;
    while (at > 0 && before(heap, item, heap->items[(at - 1) / 2])) {
        heap->items[at] = heap->items[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap->items[at] = item;
}

void heap_pop(struct heap *heap)
{
    CHECK(heap->count > 0);
    heap->items[0] = heap->items[--heap->count];
    if (heap->count)
        sift(heap, 0);
}
