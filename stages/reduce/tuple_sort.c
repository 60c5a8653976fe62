#include "stages/reduce/rounds.h"

#include "pipeline/check.h"
#include "pipeline/heap.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The tuples of one partition in their order. Where they do not fit the
 * lane's share of memory, as much as fits is sorted and written as a sorted
 * run, again and again, and the runs are merged, all at once: a run takes 128
 * KiB then, so that a share of S bytes merges S / 128 KiB runs of S / 5
 * bytes: 0.4 GB of tuples with the least share of 16 MiB, 7 GB with 64.
 * Beyond that it still works, and takes more than its share.
 */

/* ---- sorting what fits ------------------------------------------------- */

/* Rooms are huge pages, and stay with the lane until the end of the round:
 * partitions are much alike, and fresh pages cost more than sorting. */
#define ROOM_STEP ((size_t)2 << 20)

static void sort_room_free(struct memory *memory, struct sort_room *room)
{
    memory_unmap(memory, room->base, room->bytes);
    *room = (struct sort_room){0};
}

static void *room_of(struct memory *memory, struct sort_room *room,
                     size_t bytes)
{
    if (bytes <= room->bytes)
        return room->base;
    sort_room_free(memory, room);
    size_t size = (bytes + ROOM_STEP - 1) / ROOM_STEP * ROOM_STEP;
    room->base = memory_map(memory, size);
    room->bytes = room->base ? size : 0;
    return room->base;
}

void sort_rooms_free(struct reduce *reduce, struct reduce_lane *lane)
{
    sort_room_free(reduce->options.memory, &lane->sort_bytes);
    sort_room_free(reduce->options.memory, &lane->sort_tuples);
}

/* Tuples in the lane's rooms: their bytes, and what is sorted. */
struct tuple_batch {
    const struct tuple_kind *kind;
    uint8_t *bytes;
    size_t bytes_max, fill;
    struct tuple *tuples;        /* twice count_max: the rest is spare */
    size_t count_max, count;
};

static bool batch_create(struct tuple_batch *batch, struct reduce *reduce,
                         struct reduce_lane *lane, uint64_t bytes_max,
                         uint64_t count_max)
{
    struct memory *memory = reduce->options.memory;
    if (bytes_max > SIZE_MAX / 4 || count_max > SIZE_MAX / 4 / 96)
        return false;
    batch->bytes_max = (size_t)bytes_max;
    batch->count_max = (size_t)count_max;
    batch->bytes = room_of(memory, &lane->sort_bytes, batch->bytes_max);
    batch->tuples = room_of(memory, &lane->sort_tuples,
                            2 * batch->count_max * sizeof *batch->tuples);
    return batch->bytes && batch->tuples;
}

/* 1: *bytes is the next tuple of the run; 0: its end; -errno. The head is
 * kept in *head, for what the reader lends is gone with its next call. */
static int next_tuple(struct run_reader *reader, uint32_t *head,
                      const void **payload)
{
    const void *at;
    int status = run_reader_next(reader, sizeof *head, &at);
    if (status <= 0)
        return status;
    memcpy(head, at, sizeof *head);
    status = run_reader_next(reader, tuple_size_of(*head) - sizeof *head,
                             payload);
    CHECK(status != 0);
    return status;
}

static uint8_t *put_tuple(uint8_t *to, uint32_t head, const void *payload)
{
    memcpy(to, &head, sizeof head);
    memcpy(to + sizeof head, payload, tuple_size_of(head) - sizeof head);
    return to;
}

/* Fills the batch and sorts it. largest bounds the next tuple. */
static int batch_load(struct tuple_batch *batch, struct run_reader *reader,
                      size_t largest)
{
    int status = 0;
    batch->fill = batch->count = 0;
    while (batch->count < batch->count_max &&
           batch->bytes_max - batch->fill >= largest) {
        uint32_t head;
        const void *payload;
        status = next_tuple(reader, &head, &payload);
        if (status <= 0)
            break;
        uint8_t *to = put_tuple(batch->bytes + batch->fill, head, payload);
        batch->fill += tuple_size_of(head);
        batch->tuples[batch->count++] = batch->kind->read(to);
    }
    batch->kind->sort(batch->tuples, batch->count,
                      batch->tuples + batch->count_max);
    return status < 0 ? status : 0;
}

static int take_batch(const struct tuple_batch *batch,
                      struct tuple_taker *taker)
{
    int status = 0;
    for (size_t i = 0; i < batch->count && !status; i++)
        status = taker->take(taker, &batch->tuples[i]);
    return status;
}

static int batch_write(const struct tuple_batch *batch, struct byte_run *run)
{
    int status = 0;
    for (size_t i = 0; i < batch->count && !status; i++) {
        const uint8_t *bytes = batch->tuples[i].bytes;
        status = run_append(run, bytes, tuple_size_of(tuple_head(bytes)));
    }
    return status;
}

/* ---- merging what does not --------------------------------------------- */

/* A sorted run being read, standing at its tuple. */
struct tuple_source {
    struct byte_run run;
    struct run_reader reader;
    struct tuple tuple;
    uint8_t *bytes;              /* of the tuple; largest of them */
};

struct tuple_sources {
    const struct tuple_kind *kind;
    struct tuple_source *items;
    uint32_t count, capacity;
};

static int compare_sources(const void *context, uint32_t a, uint32_t b)
{
    const struct tuple_sources *sources = context;
    return sources->kind->compare(&sources->items[a].tuple,
                                  &sources->items[b].tuple);
}

static int source_step(const struct tuple_kind *kind,
                       struct tuple_source *source)
{
    uint32_t head;
    const void *payload;
    int status = next_tuple(&source->reader, &head, &payload);
    if (status > 0)
        source->tuple = kind->read(put_tuple(source->bytes, head, payload));
    return status;
}

static struct tuple_source *add_source(struct tuple_sources *sources,
                                       struct run_store *store, size_t largest)
{
    if (sources->count == sources->capacity) {
        uint32_t capacity = sources->capacity ? sources->capacity * 2 : 8;
        struct tuple_source *grown =
            realloc(sources->items, capacity * sizeof *grown);
        if (!grown)
            return NULL;
        sources->items = grown;
        sources->capacity = capacity;
    }
    struct tuple_source *source = &sources->items[sources->count];
    *source = (struct tuple_source){.bytes = malloc(largest)};
    if (!source->bytes)
        return NULL;
    run_init(&source->run, store);
    sources->count++;
    return source;
}

static void free_sources(struct tuple_sources *sources)
{
    for (uint32_t i = 0; i < sources->count; i++) {
        if (sources->items[i].reader.run)
            run_reader_end(&sources->items[i].reader);
        run_free(&sources->items[i].run);
        free(sources->items[i].bytes);
    }
    free(sources->items);
}

static int merge_heap(struct heap *heap, struct tuple_sources *sources,
                      struct tuple_taker *taker)
{
    int status = 0;
    heap_build(heap);
    while (heap->count && status >= 0) {
        struct tuple_source *top = &sources->items[heap->items[0]];
        status = taker->take(taker, &top->tuple);
        if (!status)
            status = source_step(sources->kind, top);
        if (status > 0)
            heap_sift(heap);
        else if (status == 0)
            heap_pop(heap);
    }
    return status < 0 ? status : 0;
}

static int merge_sources(struct tuple_sources *sources,
                         struct tuple_taker *taker)
{
    uint32_t *order = malloc(sources->count * sizeof *order);
    if (!order)
        return -ENOMEM;
    struct heap heap = {order, 0, compare_sources, sources};
    int status = 0;
    for (uint32_t i = 0; i < sources->count && status >= 0; i++) {
        run_reader_init(&sources->items[i].reader, &sources->items[i].run);
        status = source_step(sources->kind, &sources->items[i]);
        if (status > 0)
            heap.items[heap.count++] = i;
    }
    if (status >= 0)
        status = merge_heap(&heap, sources, taker);
    free(order);
    return status;
}

/* ---- a partition ------------------------------------------------------- */

/* Cuts the tuples into sorted runs. */
static int write_sources(struct tuple_run *tuples, struct tuple_batch *batch,
                         struct tuple_sources *sources)
{
    struct run_reader reader;
    run_reader_init(&reader, &tuples->run);
    int status = 0;
    while (!status && !run_reader_ended(&reader)) {
        struct tuple_source *source =
            add_source(sources, tuples->run.store, tuples->largest);
        status = source ? batch_load(batch, &reader, tuples->largest)
                        : -ENOMEM;
        if (!status)
            status = batch_write(batch, &source->run);
    }
    run_reader_end(&reader);
    return status;
}

static int sort_outside(struct reduce *reduce, struct reduce_lane *lane,
                        struct tuple_run *tuples,
                        const struct tuple_kind *kind,
                        struct tuple_taker *taker)
{
    struct tuple_batch batch = {.kind = kind};
    struct tuple_sources sources = {.kind = kind};
    /* 20 to 30 bytes and two structs for most tuples. */
    uint64_t bytes_max = reduce->sort_bytes / 5;
    uint64_t count_max = (reduce->sort_bytes - bytes_max) /
                         (2 * sizeof(struct tuple));
    if (bytes_max < tuples->largest)
        bytes_max = tuples->largest;
    int status = -ENOMEM;
    if (batch_create(&batch, reduce, lane, bytes_max,
                     count_max ? count_max : 1))
        status = write_sources(tuples, &batch, &sources);
    run_free(&tuples->run);
    if (!status)
        status = merge_sources(&sources, taker);
    free_sources(&sources);
    return status;
}

static int sort_inside(struct reduce *reduce, struct reduce_lane *lane,
                       struct tuple_run *tuples,
                       const struct tuple_kind *kind,
                       struct tuple_taker *taker)
{
    struct tuple_batch batch = {.kind = kind};
    struct run_reader reader;
    run_reader_init(&reader, &tuples->run);
    int status = -ENOMEM;
    if (batch_create(&batch, reduce, lane, tuples->run.bytes, tuples->count))
        status = batch_load(&batch, &reader, 0);
    if (!status)
        status = take_batch(&batch, taker);
    run_reader_end(&reader);
    run_free(&tuples->run);
    return status;
}

int tuple_run_take(struct reduce *reduce, struct reduce_lane *lane,
                   struct tuple_run *tuples, const struct tuple_kind *kind,
                   struct tuple_taker *taker)
{
    if (!tuples->count)
        return 0;
    uint64_t need = tuples->run.bytes +
                    tuples->count * 2 * sizeof(struct tuple);
    return need <= reduce->sort_bytes
               ? sort_inside(reduce, lane, tuples, kind, taker)
               : sort_outside(reduce, lane, tuples, kind, taker);
}

int tuples_take(struct reduce *reduce, struct reduce_lane *lane,
                enum tuple_stream stream, uint32_t partition,
                struct tuple_taker *taker)
{
    static const struct tuple_kind *const kinds[TUPLE_STREAMS] = {
        [TUPLES_RETWEETS] = &RETWEET_TUPLES, [TUPLES_SUMS] = &SUM_TUPLES};
    return tuple_run_take(reduce, lane, &reduce->tuples[stream][partition],
                          kinds[stream], taker);
}
