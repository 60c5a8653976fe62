#include "stages/filter_names.h"

#include "stages/hash.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const char *const SUFFIXES[] = {SHARD_SUFFIXES};

/* Which stems are taken, and the next number to try behind each. */
struct taken {
    const char *stem;            /* NULL: a free place */
    uint64_t next;
};
struct taken_table {
    struct taken *places;
    size_t mask;
};

static struct taken *find(const struct taken_table *table, const char *stem)
{
    size_t at = hash_bytes64(stem, strlen(stem)) & table->mask;
    while (table->places[at].stem && strcmp(table->places[at].stem, stem))
        at = (at + 1) & table->mask;
    return &table->places[at];
}

static bool cut_suffix(const char *name, size_t *size)
{
    for (size_t i = 0; i < sizeof SUFFIXES / sizeof *SUFFIXES; i++) {
        size_t suffix = strlen(SUFFIXES[i]);
        if (*size > suffix && strncasecmp(name + *size - suffix, SUFFIXES[i],
                                          suffix) == 0) {
            *size -= suffix;
            return true;
        }
    }
    return false;
}

/* No name of a set begins with a dot; bytes are kept otherwise. */
static void stem_of(const struct shard *shard, char out[FILTER_STEM_MAX + 1])
{
    const char *slash = strrchr(shard->name, '/');
    const char *name = shard->is_stdin ? "stdin"
                       : slash         ? slash + 1
                                       : shard->name;
    size_t size = strlen(name);
    while (cut_suffix(name, &size))
        continue;
    size = size < FILTER_STEM_MAX ? size : FILTER_STEM_MAX;
    memcpy(out, name, size);
    out[size] = 0;
    if (out[0] == '.')
        out[0] = '_';
}

static const char *keep(struct filter_names *names, const char *stem)
{
    size_t size = strlen(stem) + 1;
    char *copy = arena_alloc(&names->arena, size, 1);
    if (copy)
        memcpy(copy, stem, size);
    return copy;
}

/* A stem that no shard before has; NULL when out of memory. */
static const char *take_stem(struct filter_names *names,
                             struct taken_table *table, const char *stem)
{
    char numbered[FILTER_STEM_MAX + 24];
    struct taken *first = find(table, stem), *place = first;
    if (first->stem) {
        do {
            snprintf(numbered, sizeof numbered, "%s-%llu", stem,
                     (unsigned long long)first->next++);
            place = find(table, numbered);
        } while (place->stem);
        stem = numbered;
    }
    place->stem = keep(names, stem);
    place->next = 2;
    return place->stem;
}

bool filter_names_make(struct filter_names *names, const struct shards *shards,
                       struct memory *memory)
{
    struct taken_table table;
    size_t places = 16;
    while (places < 2 * shards->count)
        places *= 2;
    arena_init(&names->arena, memory, (size_t)64 << 10);
    names->stems = calloc(shards->count, sizeof *names->stems);
    table.places = calloc(places, sizeof *table.places);
    table.mask = places - 1;
    bool well = names->stems && table.places;
    for (size_t i = 0; i < shards->count && well; i++) {
        char stem[FILTER_STEM_MAX + 1];
        stem_of(&shards->items[i], stem);
        names->stems[i] = take_stem(names, &table, stem);
        well = names->stems[i] != NULL;
    }
    free(table.places);
    return well;
}

void filter_names_free(struct filter_names *names)
{
    if (names->stems)
        arena_reset(&names->arena);
    free(names->stems);
    names->stems = NULL;
}

void filter_name(const struct filter_names *names, size_t shard, bool csv,
                 char out[FILTER_NAME_BYTES])
{
    snprintf(out, FILTER_NAME_BYTES, "%s%s", names->stems[shard],
             csv ? ".csv.zst" : ".jsonl.zst");
}
