#include "pipeline/memory.h"

#include "pipeline/check.h"

#include <string.h>
#include <sys/mman.h>

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define SMALL_PAGE_BYTES ((size_t)4096)

void memory_init(struct memory *memory, uint64_t limit, uint64_t reserve)
{
    memory->limit = limit;
    memory->overflow = -1;
    memory->mark = reserve > limit / 2 ? limit / 2 : limit - reserve;
    atomic_init(&memory->used, 0);
    atomic_init(&memory->peak, 0);
}

bool memory_pressed(const struct memory *memory)
{
    return atomic_load_explicit(&memory->used, memory_order_relaxed) >
           memory->mark;
}

bool memory_fits(const struct memory *memory, uint64_t bytes)
{
    uint64_t used = atomic_load_explicit(&memory->used, memory_order_relaxed);
    return used <= memory->limit && bytes <= memory->limit - used;
}

void memory_charge(struct memory *memory, uint64_t bytes)
{
    uint64_t used = bytes + atomic_fetch_add_explicit(&memory->used, bytes,
                                                      memory_order_relaxed);
    uint64_t peak = atomic_load_explicit(&memory->peak, memory_order_relaxed);
    while (used > peak &&
           !atomic_compare_exchange_weak_explicit(&memory->peak, &peak, used,
                                                  memory_order_relaxed,
                                                  memory_order_relaxed))
        ;
}

void memory_uncharge(struct memory *memory, uint64_t bytes)
{
    uint64_t used = atomic_fetch_sub_explicit(&memory->used, bytes,
                                              memory_order_relaxed);
    CHECK(used >= bytes);
}

static size_t page_round(size_t bytes)
{
    size_t page = bytes >= HUGE_PAGE_BYTES ? HUGE_PAGE_BYTES : SMALL_PAGE_BYTES;
    return (bytes + page - 1) & ~(page - 1);
}

void *memory_map(struct memory *memory, size_t bytes)
{
    CHECK(bytes > 0 && bytes < SIZE_MAX / 2);
    size_t size = page_round(bytes);
    bool huge = size >= HUGE_PAGE_BYTES;
    /* mmap aligns to 4 KiB: ask for one huge page more, and cut. */
    size_t slack = huge ? HUGE_PAGE_BYTES : 0;
    uint8_t *base = mmap(NULL, size + slack, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return NULL;
    if (huge) {
        size_t before = (size_t)(-(uintptr_t)base & (HUGE_PAGE_BYTES - 1));
        if (before)
            munmap(base, before);
        if (slack - before)
            munmap(base + before + size, slack - before);
        base += before;
        madvise(base, size, MADV_HUGEPAGE);
    }
    memory_charge(memory, size);
    return base;
}

void memory_unmap(struct memory *memory, void *base, size_t bytes)
{
    if (!base)
        return;
    size_t size = page_round(bytes);
    munmap(base, size);
    memory_uncharge(memory, size);
}

struct arena_chunk {
    struct arena_chunk *next;
    size_t bytes;
};

void arena_init(struct arena *arena, struct memory *memory, size_t chunk_bytes)
{
    *arena = (struct arena){.memory = memory, .chunk_bytes = chunk_bytes};
}

static bool arena_grow(struct arena *arena, size_t bytes)
{
    size_t need = bytes + sizeof(struct arena_chunk) + 4096;
    size_t size = need > arena->chunk_bytes ? need : arena->chunk_bytes;
    struct arena_chunk *chunk = memory_map(arena->memory, size);
    if (!chunk)
        return false;
    chunk->next = arena->head;
    chunk->bytes = size;
    arena->head = chunk;
    arena->next = (uint8_t *)(chunk + 1);
    arena->end = (uint8_t *)chunk + size;
    return true;
}

void *arena_alloc(struct arena *arena, size_t bytes, size_t align)
{
    size_t pad = (size_t)(-(uintptr_t)arena->next & (align - 1));
    if (!arena->next || (size_t)(arena->end - arena->next) < pad + bytes) {
        if (!arena_grow(arena, bytes))
            return NULL;
        pad = (size_t)(-(uintptr_t)arena->next & (align - 1));
    }
    uint8_t *given = arena->next + pad;
    arena->next = given + bytes;
    arena->bytes += bytes;
    return given;
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *chunk = arena->head;
    while (chunk) {
        struct arena_chunk *next = chunk->next;
        memory_unmap(arena->memory, chunk, chunk->bytes);
        chunk = next;
    }
    arena_init(arena, arena->memory, arena->chunk_bytes);
}

void arena_rewind(struct arena *arena)
{
    struct arena_chunk *kept = arena->head;
    if (!kept || kept->bytes > arena->chunk_bytes) {
        arena_reset(arena);
        return;
    }
    uint8_t *next = (uint8_t *)(kept + 1), *end = arena->end;
    memset(next, 0, (size_t)(arena->next - next));
    arena->head = kept->next;
    arena_reset(arena);
    kept->next = NULL;
    arena->head = kept;
    arena->next = next;
    arena->end = end;
}
