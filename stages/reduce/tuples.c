#include "stages/reduce/tuples.h"

#include "stages/reduce/rounds.h"

#include <errno.h>

/* From lanes to partitions. */

bool tuple_slots_create(struct reduce *reduce, struct tuple_slots *slots)
{
    uint32_t partitions = reduce->options.partitions;
    slots->fill = calloc(partitions, sizeof *slots->fill);
    slots->counts = calloc(partitions, sizeof *slots->counts);
    slots->bytes = memory_map(reduce->options.memory,
                              partitions * reduce->slot_bytes);
    return slots->fill && slots->counts && slots->bytes;
}

void tuple_slots_destroy(struct reduce *reduce, struct tuple_slots *slots)
{
    free(slots->fill);
    free(slots->counts);
    memory_unmap(reduce->options.memory, slots->bytes,
                 reduce->options.partitions * reduce->slot_bytes);
}

/* bytes hold count tuples, the largest of them at most largest. */
static int hand_over(struct tuple_run *tuples, const uint8_t *bytes,
                     size_t size, uint32_t count, size_t largest)
{
    pthread_mutex_lock(&tuples->lock);
    int status = run_append(&tuples->run, bytes, size);
    tuples->count += count;
    if (largest > tuples->largest)
        tuples->largest = largest;
    pthread_mutex_unlock(&tuples->lock);
    return status;
}

static int flush_slot(struct reduce *reduce, struct reduce_lane *lane,
                      enum tuple_stream stream, uint32_t partition)
{
    struct tuple_slots *slots = &lane->slots[stream];
    size_t size = slots->fill[partition];
    if (!size)
        return 0;
    int status = hand_over(&reduce->tuples[stream][partition],
                           slots->bytes + partition * reduce->slot_bytes, size,
                           slots->counts[partition], reduce->slot_bytes);
    slots->fill[partition] = slots->counts[partition] = 0;
    return status;
}

int tuples_flush(struct reduce *reduce, struct reduce_lane *lane)
{
    int status = 0;
    for (int stream = 0; stream < TUPLE_STREAMS; stream++)
        for (uint32_t p = 0; p < reduce->options.partitions && !status; p++)
            status = flush_slot(reduce, lane, (enum tuple_stream)stream, p);
    return status;
}

uint8_t *tuple_room(struct reduce_lane *lane, size_t size)
{
    if (size > lane->tuple_capacity) {
        free(lane->tuple);
        lane->tuple_capacity = 0;
        lane->tuple = malloc(size * 2);
        if (lane->tuple)
            lane->tuple_capacity = size * 2;
    }
    return lane->tuple;
}

int tuple_add(struct reduce *reduce, struct reduce_lane *lane,
              enum tuple_stream stream, uint64_t hash)
{
    struct tuple_slots *slots = &lane->slots[stream];
    size_t size = tuple_size_of(tuple_head(lane->tuple));
    uint32_t partition = (uint32_t)(hash & (reduce->options.partitions - 1));
    /* One that fits no slot goes over by itself. */
    if (size > reduce->slot_bytes)
        return hand_over(&reduce->tuples[stream][partition], lane->tuple, size,
                         1, size);
    int status = 0;
    if (slots->fill[partition] + size > reduce->slot_bytes)
        status = flush_slot(reduce, lane, stream, partition);
    if (status)
        return status;
    memcpy(slots->bytes + partition * reduce->slot_bytes +
               slots->fill[partition],
           lane->tuple, size);
    slots->fill[partition] += (uint32_t)size;
    slots->counts[partition]++;
    return 0;
}
