#include "stages/aside.h"

#include "pipeline/check.h"

#include <errno.h>

void aside_init(struct aside *aside, struct memory *memory,
                struct run_store *store)
{
    *aside = (struct aside){.memory = memory};
    run_init(&aside->run, store);
}

void aside_free(struct aside *aside)
{
    aside_drop(aside);
    for (uint32_t i = 0; i < ASIDE_KEPT; i++)
        batch_free(&aside->kept[i]);
}

static void swap(struct batch *a, struct batch *b)
{
    struct batch held = *a;
    *a = *b;
    *b = held;
}

static int append(struct aside *aside, struct batch *batch)
{
    uint64_t size = batch->size;
    int error = run_append(&aside->run, &size, sizeof size);
    if (!error)
        error = run_append(&aside->run, batch->bytes, size);
    aside->run_batches++;
    batch->size = 0;
    return error;
}

int aside_put(struct aside *aside, struct batch *batch)
{
    CHECK(!aside->reading && aside->kept_taken == 0);
    if (batch->size == 0)
        return 0;
    if (aside->kept_count == ASIDE_KEPT || aside->run_batches > 0 ||
        memory_pressed(aside->memory))
        return append(aside, batch);
    struct batch *kept = &aside->kept[aside->kept_count++];
    kept->size = 0;
    swap(kept, batch);
    memory_charge(aside->memory, kept->capacity);
    aside->kept_bytes += kept->capacity;
    return 0;
}

static int read_next(struct aside *aside, struct batch *batch)
{
    const void *bytes = NULL;
    uint64_t size = 0;
    if (!aside->reading)
        run_reader_init(&aside->reader, &aside->run);
    aside->reading = true;
    aside->run_batches--;
    int got = run_reader_next(&aside->reader, sizeof size, &bytes);
    if (got == 1) {
        memcpy(&size, bytes, sizeof size);
        got = run_reader_next(&aside->reader, size, &bytes);
    }
    CHECK(got != 0);
    batch->size = 0;
    if (got == 1 && !batch_reserve(batch, size))
        got = -ENOMEM;
    if (got < 0)
        return got;
    memcpy(batch->bytes, bytes, size);
    batch->size = size;
    return 1;
}

int aside_next(struct aside *aside, struct batch *batch)
{
    if (aside->kept_taken < aside->kept_count) {
        batch->size = 0;
        swap(&aside->kept[aside->kept_taken++], batch);
        return 1;
    }
    return aside->run_batches > 0 ? read_next(aside, batch) : 0;
}

void aside_drop(struct aside *aside)
{
    if (aside->reading)
        run_reader_end(&aside->reader);
    aside->reading = false;
    run_free(&aside->run);
    memory_uncharge(aside->memory, aside->kept_bytes);
    aside->kept_bytes = 0;
    aside->kept_count = aside->kept_taken = 0;
    aside->run_batches = 0;
}
