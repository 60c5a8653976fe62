#include "stages/aggregate/intern_table.h"

#include "stages/hash.h"

#include <errno.h>
#include <stdlib.h>

#define INTERN_SLOTS 1024

void intern_table_init(struct intern_table *table, struct memory *memory,
                       uint64_t seed, uint32_t id_max)
{
    *table = (struct intern_table){.seed = seed, .id_max = id_max};
    struct slot_table_options options = {.slots_initial = INTERN_SLOTS};
    slot_table_init(&table->slots, memory, &options);
}

void intern_table_reset(struct intern_table *table)
{
    slot_table_reset(&table->slots);
    atomic_store_explicit(&table->ids, 0, memory_order_relaxed);
    atomic_store_explicit(&table->newest, NULL, memory_order_relaxed);
}

static struct text text_of(const struct intern_entry *entry)
{
    return (struct text){entry->bytes, entry->size};
}

static bool is_text(const struct slot_entry *entry, const void *key)
{
    const struct text *text = key;
    struct text own = text_of((const struct intern_entry *)entry);
    return own.size == text->size &&
           memcmp(own.bytes, text->bytes, own.size) == 0;
}

/* A number of the caller's own; 0: none is left. */
static uint32_t take_id(struct intern_table *table, struct interner *interner)
{
    if (interner->spare_id)
        return interner->spare_id;
    uint64_t id = 1 + atomic_fetch_add_explicit(&table->ids, 1,
                                                memory_order_relaxed);
    return id > table->id_max ? 0 : (uint32_t)id;
}

/* The list is only pushed to, so a repeated head does no harm. */
static void push_newest(struct intern_table *table, struct intern_entry *entry)
{
    struct intern_entry *newest = atomic_load_explicit(&table->newest,
                                                       memory_order_relaxed);
    do
        entry->next = newest;
    /* Release: pairs with the acquire in intern_table_sort. */
    while (!atomic_compare_exchange_weak_explicit(
        &table->newest, &newest, entry, memory_order_release,
        memory_order_relaxed));
}

static int intern_new(struct intern_table *table, struct interner *interner,
                      struct arena *arena, struct text text, uint64_t hash,
                      uint32_t *id)
{
    uint32_t own = take_id(table, interner);
    if (!own)
        return -EOVERFLOW;
    struct intern_entry *entry = arena_alloc(arena, sizeof *entry + text.size,
                                             8);
    if (!entry)
        return -ENOMEM;
    entry->entry.hash = hash;
    entry->id = own;
    entry->size = text.size;
    memcpy(entry->bytes, text.bytes, text.size);
    struct intern_entry *winner = (struct intern_entry *)slot_table_add(
        &table->slots, &interner->adder, &entry->entry, is_text, &text);
    interner->spare_id = winner == entry ? 0 : own;
    if (!winner)
        return -ENOMEM;
    if (winner == entry)
        push_newest(table, entry);
    *id = winner->id;
    return 0;
}

int intern_table_id(struct intern_table *table, struct interner *interner,
                    struct arena *arena, struct text text, uint32_t *id)
{
    *id = 0;
    if (!text.size)
        return 0;
    uint64_t hash = hash_bytes64_seeded(text.bytes, text.size, table->seed);
    const struct intern_entry *known = (const struct intern_entry *)
        slot_table_find(&table->slots, hash, is_text, &text);
    if (!known)
        return intern_new(table, interner, arena, text, hash, id);
    *id = known->id;
    return 0;
}

static int by_bytes(const void *a, const void *b)
{
    const struct intern_entry *const *x = a, *const *y = b;
    return text_compare(text_of(*x), text_of(*y));
}

/* The entries in bytewise order; NULL: out of memory. */
static const struct intern_entry **sorted(const struct intern_table *table,
                                          uint32_t *count, size_t *bytes)
{
    /* Acquire: pairs with the release in push_newest. */
    const struct intern_entry *newest = atomic_load_explicit(
        &table->newest, memory_order_acquire);
    *count = 0;
    *bytes = 0;
    for (const struct intern_entry *e = newest; e; e = e->next) {
        ++*count;
        *bytes += e->size;
    }
    const struct intern_entry **all = malloc((*count + 1) * sizeof(void *));
    if (!all)
        return NULL;
    size_t at = 0;
    for (const struct intern_entry *e = newest; e; e = e->next)
        all[at++] = e;
    qsort(all, *count, sizeof *all, by_bytes);
    return all;
}

int intern_table_sort(const struct intern_table *table,
                      struct dictionary *names, uint32_t **ranks)
{
    size_t bytes;
    *names = (struct dictionary){0};
    *ranks = NULL;
    const struct intern_entry **all = sorted(table, &names->count, &bytes);
    if (!all)
        return -ENOMEM;
    /* Numbers go to id_max or to what was taken, whichever is less. */
    uint64_t ids = atomic_load_explicit(&table->ids, memory_order_relaxed);
    if (ids > table->id_max)
        ids = table->id_max;
    *ranks = calloc(ids + 1, sizeof **ranks);
    names->names = malloc(names->count * sizeof *names->names + bytes + 1);
    if (!*ranks || !names->names) {
        free(all);
        free(*ranks);
        free(names->names);
        *ranks = NULL;
        *names = (struct dictionary){0};
        return -ENOMEM;
    }
    char *at = (char *)(names->names + names->count);
    for (uint32_t i = 0; i < names->count; i++) {
        memcpy(at, all[i]->bytes, all[i]->size);
        names->names[i] = (struct text){at, all[i]->size};
        at += all[i]->size;
        (*ranks)[all[i]->id] = i + 1;
    }
    free(all);
    return 0;
}
