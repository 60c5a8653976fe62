#include "stages/decode/text_ring.h"

#include "pipeline/check.h"

#include <errno.h>
#include <sys/mman.h>

/* The system backs memory advised huge in units of this. */
#define RING_PAGE_BYTES ((size_t)2 << 20)

static size_t page_up(size_t bytes)
{
    return (bytes + RING_PAGE_BYTES - 1) & ~(RING_PAGE_BYTES - 1);
}

void text_ring_init(struct text_ring *ring, struct memory *memory)
{
    *ring = (struct text_ring){.memory = memory};
}

void text_ring_free(struct text_ring *ring)
{
    if (ring->base)
        munmap(ring->base, ring->mapped);
    memory_uncharge(ring->memory, ring->touched);
    text_ring_init(ring, ring->memory);
}

/* mmap aligns to 4 KiB: maps one page more, and cuts. */
static uint8_t *map_aligned(size_t size)
{
    uint8_t *base = mmap(NULL, size + RING_PAGE_BYTES, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    size_t before = (size_t)(-(uintptr_t)base & (RING_PAGE_BYTES - 1));
    if (before)
        munmap(base, before);
    if (before < RING_PAGE_BYTES)
        munmap(base + before + size, RING_PAGE_BYTES - before);
    madvise(base + before, size, MADV_HUGEPAGE);
    return base + before;
}

int text_ring_reserve(struct text_ring *ring, size_t bytes)
{
    if (bytes <= ring->mapped)
        return 0;
    if (bytes > SIZE_MAX / 2)
        return -ENOMEM;
    text_ring_free(ring);
    size_t size = page_up(bytes);
    ring->base = map_aligned(size);
    if (!ring->base)
        return -ENOMEM;
    ring->mapped = size;
    return 0;
}

void text_ring_touch(struct text_ring *ring, size_t end)
{
    if (end <= ring->touched)
        return;
    CHECK(end <= ring->mapped);
    size_t touched = page_up(end);
    memory_charge(ring->memory, touched - ring->touched);
    ring->touched = touched;
}

void text_ring_trim(struct text_ring *ring, size_t keep)
{
    size_t kept = page_up(keep);
    if (kept >= ring->touched)
        return;
    /* Fails on no mapping of this kind; were it to, the pages stay charged. */
    if (madvise(ring->base + kept, ring->touched - kept, MADV_DONTNEED) != 0)
        return;
    memory_uncharge(ring->memory, ring->touched - kept);
    ring->touched = kept;
}
