#include "stages/aggregate/aggregate_lane.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>

/* Chunks of arenas are huge pages: a fresh small page costs more than all
 * that is ever done with it. */
#define ARENA_CHUNK_BYTES ((size_t)2 << 20)
#define LANES_MAX 4096
#define PARTITIONS_MAX 65536

static void forget_ranks(struct aggregate *aggregate)
{
    free(aggregate->client_ranks);
    free(aggregate->language_ranks);
    aggregate->client_ranks = NULL;
    aggregate->language_ranks = NULL;
}

static void lane_publish_zero(struct aggregate_lane *lane)
{
    atomic_store_explicit(&lane->accounts, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->facts, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->notices, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->record_bytes, 0, memory_order_relaxed);
    atomic_store_explicit(&lane->log_bytes, 0, memory_order_relaxed);
}

static void lane_reset(struct aggregate_lane *lane)
{
    arena_reset(&lane->records);
    arena_reset(&lane->log_arena);
    memset(lane->logs, 0,
           lane->aggregate->options.partitions * sizeof *lane->logs);
    lane->adder = (struct slot_adder){0};
    lane->clients = (struct interner){0};
    lane->languages = (struct interner){0};
    lane_publish_zero(lane);
}

static bool lane_init(struct aggregate_lane *lane, struct aggregate *aggregate)
{
    lane->aggregate = aggregate;
    arena_init(&lane->records, aggregate->memory, ARENA_CHUNK_BYTES);
    arena_init(&lane->log_arena, aggregate->memory, ARENA_CHUNK_BYTES);
    lane->logs = calloc(aggregate->options.partitions, sizeof *lane->logs);
    lane->scratch = apply_scratch_create();
    return lane->logs && lane->scratch;
}

int aggregate_create(struct aggregate **out, struct memory *memory,
                     const struct aggregate_options *options)
{
    CHECK(options->lanes && options->lanes <= LANES_MAX);
    CHECK(options->partitions && options->partitions <= PARTITIONS_MAX &&
          (options->partitions & (options->partitions - 1)) == 0);
    *out = NULL;
    struct aggregate *a = calloc(1, sizeof *a);
    if (!a)
        return -ENOMEM;
    a->memory = memory;
    a->options = *options;
    pthread_mutex_init(&a->spare_lock, NULL);
    struct slot_table_options slots = {.slots_initial = options->slots_initial,
                                       .grow_every = options->grow_every};
    slot_table_init(&a->accounts, memory, &slots);
    intern_table_init(&a->clients, memory, options->hash_seed, UINT32_MAX);
    intern_table_init(&a->languages, memory, options->hash_seed, UINT16_MAX);
    size_t bytes = options->lanes * sizeof *a->lanes;
    a->lanes = aligned_alloc(LANE_ALIGN, bytes);
    if (a->lanes)
        memset(a->lanes, 0, bytes);
    bool made = a->lanes != NULL;
    for (uint32_t i = 0; made && i < options->lanes; i++)
        made = lane_init(&a->lanes[i], a);
    if (!made) {
        aggregate_destroy(a);
        return -ENOMEM;
    }
    *out = a;
    return 0;
}

void aggregate_reset(struct aggregate *aggregate)
{
    slot_table_reset(&aggregate->accounts);
    intern_table_reset(&aggregate->clients);
    intern_table_reset(&aggregate->languages);
    forget_ranks(aggregate);
    aggregate_drop_spares(aggregate);
    for (uint32_t i = 0; i < aggregate->options.lanes; i++)
        lane_reset(&aggregate->lanes[i]);
}

void aggregate_destroy(struct aggregate *aggregate)
{
    if (!aggregate)
        return;
    slot_table_reset(&aggregate->accounts);
    intern_table_reset(&aggregate->clients);
    intern_table_reset(&aggregate->languages);
    forget_ranks(aggregate);
    aggregate_drop_spares(aggregate);
    pthread_mutex_destroy(&aggregate->spare_lock);
    for (uint32_t i = 0; aggregate->lanes && i < aggregate->options.lanes;
         i++) {
        struct aggregate_lane *lane = &aggregate->lanes[i];
        if (lane->aggregate) {
            arena_reset(&lane->records);
            arena_reset(&lane->log_arena);
        }
        free(lane->logs);
        apply_scratch_destroy(lane->scratch);
    }
    free(aggregate->lanes);
    free(aggregate);
}

struct aggregate_lane *aggregate_lane(struct aggregate *aggregate,
                                      uint32_t lane)
{
    CHECK(lane < aggregate->options.lanes);
    return &aggregate->lanes[lane];
}

bool aggregate_full(const struct aggregate *aggregate)
{
    return memory_pressed(aggregate->memory) ||
           slot_table_full(&aggregate->accounts);
}

bool aggregate_empty(const struct aggregate *aggregate)
{
    struct aggregate_counts counts = aggregate_counts(aggregate);
    return !counts.accounts && !counts.facts && !counts.notices;
}

static uint64_t total(const _Atomic uint64_t *of_lane)
{
    return atomic_load_explicit(of_lane, memory_order_relaxed);
}

struct aggregate_counts aggregate_counts(const struct aggregate *aggregate)
{
    struct aggregate_counts counts = {
        .table_bytes = slot_table_bytes(&aggregate->accounts)};
    for (uint32_t i = 0; i < aggregate->options.lanes; i++) {
        const struct aggregate_lane *lane = &aggregate->lanes[i];
        counts.accounts += total(&lane->accounts);
        counts.facts += total(&lane->facts);
        counts.notices += total(&lane->notices);
        counts.record_bytes += total(&lane->record_bytes);
        counts.log_bytes += total(&lane->log_bytes);
    }
    return counts;
}

int aggregate_dictionaries(struct aggregate *aggregate,
                           struct dictionaries *out)
{
    *out = (struct dictionaries){0};
    forget_ranks(aggregate);
    int error = intern_table_sort(&aggregate->clients, &out->clients,
                                  &aggregate->client_ranks);
    if (!error)
        error = intern_table_sort(&aggregate->languages, &out->languages,
                                  &aggregate->language_ranks);
    if (error) {
        forget_ranks(aggregate);
        dictionaries_free(out);
    }
    return error;
}

void dictionaries_free(struct dictionaries *dictionaries)
{
    free(dictionaries->clients.names);
    free(dictionaries->languages.names);
    *dictionaries = (struct dictionaries){0};
}
