#include "stages/aggregate/slot_table.h"

#include "pipeline/check.h"

#include <stdalign.h>

/* The essay stands in slot_table.h; G1 to G7 are its guarantees. */

#define SLOT_EMPTY ((uint64_t)0)
#define SLOT_MOVED ((uint64_t)1)
#define POINTER_BITS 48
#define SLOTS_DEFAULT ((uint64_t)1 << 16)
#define SLOTS_MIN ((uint64_t)4)
#define SLOTS_MAX ((uint64_t)1 << 47)
/* Slots that one add moves at most: 16 KiB of them, tens of microseconds. */
#define STRETCH_SLOTS_MAX ((uint64_t)2048)
#define STRETCHES_MIN ((uint64_t)16)
#define COUNT_STEP_MAX ((uint64_t)64)
/* How far ahead a mover draws entries towards the cache. */
#define MOVE_AHEAD ((uint64_t)16)

struct slot_array {
    /* Constant after creation. */
    uint64_t capacity;          /* a power of two */
    uint64_t crowded;           /* entries that ask for growth */
    uint64_t desperate;         /* entries that demand it */
    uint64_t stretch_slots, stretches;
    uint64_t count_step;
    uint32_t shift;
    _Atomic(struct slot_array *) next;

    /* Written as entries come; apart from what every probe reads. */
    alignas(64) _Atomic uint64_t count;
    _Atomic uint64_t claimed;   /* stretches taken by movers */
    _Atomic uint64_t moved;     /* stretches done */
    alignas(64) _Atomic uint64_t slots[];
};

/* What is sought; equal NULL: the word itself, whatever its key. */
struct seek {
    uint64_t hash;
    uint64_t word;              /* to be put there; 0: only find */
    slot_equal *equal;
    const void *key;
};

enum outcome { FOUND, ADDED, ABSENT, CLOSED };

/* ---- words --------------------------------------------------------------- */

static uint64_t word_make(const struct slot_entry *entry)
{
    uint64_t address = (uint64_t)(uintptr_t)entry;
    CHECK(address >> POINTER_BITS == 0 && address % 8 == 0 && address);
    return address | entry->hash << POINTER_BITS;
}

static struct slot_entry *word_entry(uint64_t word)
{
    uint64_t address = word & (((uint64_t)1 << POINTER_BITS) - 1);
    return (struct slot_entry *)(uintptr_t)address;
}

static bool word_has_tag(uint64_t word, uint64_t hash)
{
    return word >> POINTER_BITS == (hash & 0xffff);
}

/* ---- arrays -------------------------------------------------------------- */

static size_t array_bytes(uint64_t capacity)
{
    return sizeof(struct slot_array) + capacity * sizeof(uint64_t);
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static struct slot_array *array_create(struct memory *memory,
                                       uint64_t capacity)
{
    struct slot_array *array = memory_map(memory, array_bytes(capacity));
    if (!array)
        return NULL;
    array->capacity = capacity;
    array->crowded = capacity - (capacity + 2) / 3;
    array->desperate = capacity - (capacity + 15) / 16;
    array->stretch_slots = least(capacity / STRETCHES_MIN, STRETCH_SLOTS_MAX);
    if (!array->stretch_slots)
        array->stretch_slots = 1;
    array->stretches = capacity / array->stretch_slots;
    array->count_step = least(capacity / 4096 + 1, COUNT_STEP_MAX);
    array->shift = (uint32_t)__builtin_clzll(capacity) + 1;
    return array;
}

static uint64_t array_home(const struct slot_array *array, uint64_t hash)
{
    return hash >> array->shift;
}

static bool is_sought(const struct seek *seek, uint64_t word)
{
    if (!seek->equal)
        return word == seek->word;
    if (!word_has_tag(word, seek->hash))
        return false;
    const struct slot_entry *entry = word_entry(word);
    return entry->hash == seek->hash && seek->equal(entry, seek->key);
}

/* The way of one key through one array. */
static enum outcome array_seek(struct slot_array *array,
                               const struct seek *seek,
                               struct slot_entry **found)
{
    uint64_t home = array_home(array, seek->hash);
    for (uint64_t i = 0; i < array->capacity; i++) {
        _Atomic uint64_t *slot =
            &array->slots[(home + i) & (array->capacity - 1)];
        /* Acquire: pairs with the release of whoever made the slot final,
         * below or in close_slot. */
        uint64_t word = atomic_load_explicit(slot, memory_order_acquire);
        if (word == SLOT_EMPTY) {
            if (!seek->word)
                return ABSENT;
            /* Release: publishes the entry (G1). The failure's acquire pairs
             * with the winner's release. */
            if (atomic_compare_exchange_strong_explicit(
                    slot, &word, seek->word, memory_order_acq_rel,
                    memory_order_acquire))
                return ADDED;
        }
        if (word == SLOT_MOVED)
            return CLOSED;
        if (is_sought(seek, word)) {
            *found = word_entry(word);
            return FOUND;
        }
    }
    return CLOSED;
}

/* ---- growth -------------------------------------------------------------- */

static bool budget_allows(const struct slot_table *table, uint64_t bytes)
{
    const struct memory *memory = table->memory;
    uint64_t used = atomic_load_explicit(&memory->used, memory_order_relaxed);
    return used <= memory->mark && bytes <= memory->mark - used;
}

/* Twice the size; the same when only a test asks for growth. */
static uint64_t next_capacity(struct slot_array *array)
{
    uint64_t count = atomic_load_explicit(&array->count, memory_order_relaxed);
    bool test_only = count < array->crowded / 2;
    return test_only ? array->capacity : array->capacity * 2;
}

/* The array behind this one, made if need be; NULL: no room for it. */
static struct slot_array *array_next(struct slot_table *table,
                                     struct slot_array *array, bool demanded)
{
    /* Acquire: pairs with the release of the exchange below. */
    struct slot_array *next = atomic_load_explicit(&array->next,
                                                   memory_order_acquire);
    if (next)
        return next;
    uint64_t capacity = next_capacity(array);
    bool allowed = demanded || budget_allows(table, array_bytes(capacity));
    struct slot_array *fresh = NULL;
    if (allowed && capacity <= SLOTS_MAX)
        fresh = array_create(table->memory, capacity);
    if (!fresh) {
        atomic_store_explicit(&table->full, true, memory_order_relaxed);
        return NULL;
    }
    if (atomic_compare_exchange_strong_explicit(&array->next, &next, fresh,
                                                memory_order_acq_rel,
                                                memory_order_acquire))
        return fresh;
    memory_unmap(table->memory, fresh, array_bytes(capacity));
    return next;
}

static struct slot_array *array_first(struct slot_table *table)
{
    /* Acquire: pairs with the release of the exchanges of `current` here and
     * in advance (G5). */
    struct slot_array *first = atomic_load_explicit(&table->current,
                                                    memory_order_acquire);
    if (first)
        return first;
    /* As large as before the reset, unless that would take so much of the
     * budget that the table were full before it has filled. */
    uint64_t capacity = table->slots_first;
    while (capacity > SLOTS_DEFAULT &&
           !budget_allows(table, 4 * array_bytes(capacity)))
        capacity /= 2;
    struct slot_array *fresh = array_create(table->memory, capacity);
    if (!fresh)
        return NULL;
    if (atomic_compare_exchange_strong_explicit(&table->current, &first, fresh,
                                                memory_order_acq_rel,
                                                memory_order_acquire)) {
        atomic_store_explicit(&table->oldest, fresh, memory_order_release);
        return fresh;
    }
    memory_unmap(table->memory, fresh, array_bytes(capacity));
    return first;
}

/* Puts seek->word into the array or one behind it. */
static enum outcome chain_add(struct slot_table *table,
                              struct slot_array **array,
                              const struct seek *seek,
                              struct slot_entry **found)
{
    while (*array) {
        enum outcome outcome = array_seek(*array, seek, found);
        if (outcome != CLOSED)
            return outcome;
        *array = array_next(table, *array, true);
    }
    return CLOSED;
}

/* Makes the slot final; its word, or SLOT_MOVED. */
static uint64_t close_slot(_Atomic uint64_t *slot)
{
    /* Acquire: pairs with the release of the add that filled the slot, whose
     * entry's hash the mover reads. */
    uint64_t word = atomic_load_explicit(slot, memory_order_acquire);
    if (word == SLOT_EMPTY &&
        /* Release: hands on the link to the next array (G4). */
        atomic_compare_exchange_strong_explicit(slot, &word, SLOT_MOVED,
                                                memory_order_acq_rel,
                                                memory_order_acquire))
        return SLOT_MOVED;
    return word;
}

static void prefetch_word(const struct slot_array *array, uint64_t at)
{
    if (at < array->capacity)
        /* Acquire: as in close_slot; the word is not looked through. */
        __builtin_prefetch(word_entry(atomic_load_explicit(
            &array->slots[at], memory_order_acquire)));
}

/* False: no memory for the copies. The stretch is then never counted, the old
 * array stays in service, and nothing is lost. */
static bool move_stretch(struct slot_table *table, struct slot_array *array,
                         struct slot_array *next, uint64_t stretch)
{
    uint64_t copied = 0;
    uint64_t from = stretch * array->stretch_slots;
    for (uint64_t at = from; at < from + array->stretch_slots; at++) {
        prefetch_word(array, at + MOVE_AHEAD);
        uint64_t word = close_slot(&array->slots[at]);
        if (word == SLOT_MOVED)
            continue;
        struct slot_entry *same;
        struct seek seek = {.hash = word_entry(word)->hash, .word = word};
        struct slot_array *into = next;
        if (chain_add(table, &into, &seek, &same) == CLOSED)
            return false;
        copied++;
    }
    atomic_fetch_add_explicit(&next->count, copied, memory_order_relaxed);
    return true;
}

/* Steps `current` over arrays that are moved whole. */
static void advance(struct slot_table *table)
{
    struct slot_array *array = atomic_load_explicit(&table->current,
                                                    memory_order_acquire);
    for (;;) {
        struct slot_array *next = atomic_load_explicit(&array->next,
                                                       memory_order_acquire);
        /* Sequentially consistent, as the addition in help: of two threads
         * that end neighbouring arrays, one sees both ended. */
        if (!next || atomic_load_explicit(&array->moved,
                                          memory_order_seq_cst) !=
                         array->stretches)
            return;
        if (atomic_compare_exchange_strong_explicit(
                &table->current, &array, next, memory_order_acq_rel,
                memory_order_acquire))
            array = next;
    }
}

/* Moves one stretch of the oldest array that has one left. */
static void help(struct slot_table *table)
{
    struct slot_array *array = atomic_load_explicit(&table->current,
                                                    memory_order_acquire);
    for (;;) {
        struct slot_array *next = atomic_load_explicit(&array->next,
                                                       memory_order_acquire);
        if (!next)
            return;
        uint64_t stretch = array->stretches;
        if (atomic_load_explicit(&array->claimed, memory_order_relaxed) <
            array->stretches)
            stretch = atomic_fetch_add_explicit(&array->claimed, 1,
                                                memory_order_relaxed);
        if (stretch < array->stretches) {
            /* Releases the copies; acquired in advance (G5). */
            if (move_stretch(table, array, next, stretch) &&
                atomic_fetch_add_explicit(&array->moved, 1,
                                          memory_order_seq_cst) + 1 ==
                    array->stretches)
                advance(table);
            return;
        }
        array = next;
    }
}

/* After an entry came into the array: count it, grow, help. */
static void added(struct slot_table *table, struct slot_adder *adder,
                  struct slot_array *array)
{
    adder->uncounted++;
    if (adder->uncounted >= array->count_step) {
        uint64_t step = adder->uncounted;
        adder->uncounted = 0;
        uint64_t count = step + atomic_fetch_add_explicit(
                                    &array->count, step, memory_order_relaxed);
        bool asked = table->grow_every && count % table->grow_every < step;
        if (count >= array->crowded || asked)
            array_next(table, array, count >= array->desperate);
    }
    help(table);
}

/* ---- the table ----------------------------------------------------------- */

static uint64_t power_of_two(uint64_t slots)
{
    if (slots > SLOTS_MAX)
        return SLOTS_MAX;
    uint64_t power = SLOTS_MIN;
    while (power < slots)
        power *= 2;
    return power;
}

void slot_table_init(struct slot_table *table, struct memory *memory,
                     const struct slot_table_options *options)
{
    uint64_t slots = options->slots_initial ? options->slots_initial
                                            : SLOTS_DEFAULT;
    *table = (struct slot_table){.memory = memory,
                                 .slots_first = power_of_two(slots),
                                 .grow_every = options->grow_every};
}

void slot_table_reset(struct slot_table *table)
{
    /* No operation runs: whatever made it so orders these loads. */
    struct slot_array *array = atomic_load_explicit(&table->oldest,
                                                    memory_order_relaxed);
    while (array) {
        struct slot_array *next = atomic_load_explicit(&array->next,
                                                       memory_order_relaxed);
        table->slots_first = array->capacity;
        memory_unmap(table->memory, array, array_bytes(array->capacity));
        array = next;
    }
    atomic_store_explicit(&table->current, NULL, memory_order_relaxed);
    atomic_store_explicit(&table->oldest, NULL, memory_order_relaxed);
    atomic_store_explicit(&table->full, false, memory_order_relaxed);
}

struct slot_entry *slot_table_find(const struct slot_table *table,
                                   uint64_t hash, slot_equal *equal,
                                   const void *key)
{
    struct seek seek = {.hash = hash, .equal = equal, .key = key};
    struct slot_entry *found;
    struct slot_array *array = atomic_load_explicit(&table->current,
                                                    memory_order_acquire);
    while (array) {
        enum outcome outcome = array_seek(array, &seek, &found);
        if (outcome != CLOSED)
            return outcome == FOUND ? found : NULL;
        /* Acquire: pairs with the release in array_next (G4). */
        array = atomic_load_explicit(&array->next, memory_order_acquire);
    }
    return NULL;
}

struct slot_entry *slot_table_add(struct slot_table *table,
                                  struct slot_adder *adder,
                                  struct slot_entry *entry, slot_equal *equal,
                                  const void *key)
{
    struct seek seek = {entry->hash, word_make(entry), equal, key};
    struct slot_array *array = array_first(table);
    struct slot_entry *found;
    enum outcome outcome = chain_add(table, &array, &seek, &found);
    if (outcome == FOUND)
        return found;
    if (outcome == CLOSED)
        return NULL;
    added(table, adder, array);
    return entry;
}

void slot_table_prefetch(const struct slot_table *table, uint64_t hash)
{
    const struct slot_array *array = atomic_load_explicit(
        &table->current, memory_order_acquire);
    if (array)
        __builtin_prefetch(&array->slots[array_home(array, hash)]);
}

struct slot_entry *slot_table_guess(const struct slot_table *table,
                                    uint64_t hash)
{
    const struct slot_array *array = atomic_load_explicit(
        &table->current, memory_order_acquire);
    if (!array)
        return NULL;
    uint64_t home = array_home(array, hash);
    for (uint64_t i = 0; i < 8; i++) {
        /* Acquire: pairs with the release of the add (G1). */
        uint64_t word = atomic_load_explicit(
            &array->slots[(home + i) & (array->capacity - 1)],
            memory_order_acquire);
        if (word == SLOT_EMPTY || word == SLOT_MOVED)
            return NULL;
        if (word_has_tag(word, hash))
            return word_entry(word);
    }
    return NULL;
}

bool slot_table_full(const struct slot_table *table)
{
    return atomic_load_explicit(&table->full, memory_order_relaxed);
}

uint64_t slot_table_bytes(const struct slot_table *table)
{
    uint64_t bytes = 0;
    /* Acquire: pairs with the releases in array_first and array_next. */
    const struct slot_array *array = atomic_load_explicit(
        &table->oldest, memory_order_acquire);
    while (array) {
        bytes += array_bytes(array->capacity);
        array = atomic_load_explicit(&array->next, memory_order_acquire);
    }
    return bytes;
}
