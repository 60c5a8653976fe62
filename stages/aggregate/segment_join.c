#include "stages/aggregate/segment_format.h"

#include "pipeline/check.h"
#include "pipeline/heap.h"

#include <errno.h>
#include <stdlib.h>

/* ---- dictionaries ------------------------------------------------------ */

/* One of the two dictionaries of all inputs, being merged. */
struct names_merge {
    const struct dictionary **inputs;
    uint32_t *at;                /* how far each input has been read */
    uint32_t **ranks;            /* of each input; filled here */
    uint32_t *order;
    uint32_t count;
};

static int compare_names(const void *context, uint32_t a, uint32_t b)
{
    const struct names_merge *merge = context;
    return text_compare(merge->inputs[a]->names[merge->at[a]],
                        merge->inputs[b]->names[merge->at[b]]);
}

/* Walks the union in order. NULL: fills ranks and measures; else copies the
 * names, with their bytes behind the array. */
static void walk_union(struct names_merge *merge, struct dictionary *out,
                       uint64_t *names, uint64_t *bytes)
{
    struct heap heap = {merge->order, 0, compare_names, merge};
    struct text last = {NULL, 0};
    char *to = out ? (char *)(out->names + *names) : NULL;
    *names = *bytes = 0;
    for (uint32_t i = 0; i < merge->count; i++) {
        merge->at[i] = 0;
        if (merge->inputs[i]->count)
            merge->order[heap.count++] = i;
    }
    heap_build(&heap);
    while (heap.count) {
        uint32_t input = heap.items[0];
        struct text name = merge->inputs[input]->names[merge->at[input]];
        if (!*names || text_compare(last, name) != 0) {
            if (out) {
                memcpy(to, name.bytes, name.size);
                out->names[*names] = (struct text){to, name.size};
                to += name.size;
            }
            last = name;
            *bytes += name.size;
            ++*names;
        }
        merge->ranks[input][++merge->at[input]] = (uint32_t)*names;
        if (merge->at[input] < merge->inputs[input]->count)
            heap_sift(&heap);
        else
            heap_pop(&heap);
    }
}

/* names and their bytes in one allocation, as dictionaries_free expects. */
static int make_union(struct names_merge *merge, uint32_t count_max,
                      struct dictionary *out)
{
    uint64_t names, bytes;
    for (uint32_t i = 0; i < merge->count; i++) {
        merge->ranks[i] = calloc(merge->inputs[i]->count + (size_t)1,
                                 sizeof **merge->ranks);
        if (!merge->ranks[i])
            return -ENOMEM;
    }
    walk_union(merge, NULL, &names, &bytes);
    if (names > count_max)
        return -EOVERFLOW;
    if (!names)
        return 0;
    out->names = malloc(names * sizeof *out->names + bytes);
    if (!out->names)
        return -ENOMEM;
    out->count = (uint32_t)names;
    walk_union(merge, out, &names, &bytes);
    return 0;
}

static bool merge_alloc(struct names_merge *merge, uint32_t count)
{
    merge->count = count;
    merge->inputs = calloc(count, sizeof *merge->inputs);
    merge->at = calloc(count, sizeof *merge->at);
    merge->ranks = calloc(count, sizeof *merge->ranks);
    merge->order = calloc(count, sizeof *merge->order);
    return merge->inputs && merge->at && merge->ranks && merge->order;
}

static void merge_free(struct names_merge *merge)
{
    free(merge->inputs);
    free(merge->at);
    free(merge->ranks);
    free(merge->order);
}

int dictionaries_join(const struct dictionaries *const inputs[],
                      uint32_t count, struct dictionaries *out,
                      struct translation *translations)
{
    struct names_merge merge = {0};
    int status = -ENOMEM;
    *out = (struct dictionaries){0};
    memset(translations, 0, count * sizeof *translations);
    CHECK(count > 0);
    if (merge_alloc(&merge, count)) {
        for (uint32_t i = 0; i < count; i++)
            merge.inputs[i] = &inputs[i]->clients;
        status = make_union(&merge, UINT32_MAX - 1, &out->clients);
        for (uint32_t i = 0; i < count; i++) {
            translations[i].clients = merge.ranks[i];
            merge.ranks[i] = NULL;
            merge.inputs[i] = &inputs[i]->languages;
        }
        if (!status)
            status = make_union(&merge, UINT32_MAX - 1, &out->languages);
        for (uint32_t i = 0; i < count; i++)
            translations[i].languages = merge.ranks[i];
    }
    merge_free(&merge);
    if (status) {
        translations_free(translations, count);
        dictionaries_free(out);
    }
    return status;
}

void translations_free(struct translation *translations, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        /* They are const for their readers; they were allocated here. */
        free((void *)(uintptr_t)translations[i].clients);
        free((void *)(uintptr_t)translations[i].languages);
        translations[i] = (struct translation){0};
    }
}

/* ---- accounts ---------------------------------------------------------- */

#define ARENA_CHUNK_BYTES ((size_t)64 << 10)
#define ARENA_KEPT_BYTES ((size_t)1 << 20)

struct join_source {
    struct part_cursor *cursor;
    struct account_view view;
};

struct join_cursor {
    struct part_cursor face;
    struct memory *memory;
    struct join_source *sources;
    uint32_t count;
    struct heap heap;            /* of sources standing at an account */
    uint32_t *same;              /* those at the account last given */
    uint32_t same_count;
    struct profile profile;
    struct arena arena;          /* registers of joined distincts */
    struct room facts, deletions;
    int error;
};

static int compare_sources(const void *context, uint32_t a, uint32_t b)
{
    const struct join_source *sources = context;
    const struct account_view *x = &sources[a].view, *y = &sources[b].view;
    if (x->platform != y->platform)
        return x->platform < y->platform ? -1 : 1;
    return id_equal(x->id, y->id) ? 0 : id_compare_bytes(x->id, y->id);
}

/* Steps a source that is not in the heap, and puts it there. */
static int step_source(struct join_cursor *join, uint32_t source)
{
    struct join_source *at = &join->sources[source];
    int status = at->cursor->next(at->cursor, &at->view);
    if (status > 0)
        heap_push(&join->heap, source);
    return status < 0 ? status : 0;
}

/* All sources of the last account go on. */
static int step_same(struct join_cursor *join)
{
    int status = 0;
    for (uint32_t i = 0; i < join->same_count && !status; i++)
        status = step_source(join, join->same[i]);
    join->same_count = 0;
    return status;
}

/* Takes the sources that stand at the least account out of the heap. */
static void take_same(struct join_cursor *join)
{
    do {
        join->same[join->same_count++] = join->heap.items[0];
        heap_pop(&join->heap);
    } while (join->heap.count &&
             compare_sources(join->sources, join->same[0],
                             join->heap.items[0]) == 0);
}

static int join_profiles(struct join_cursor *join, struct account_view *view)
{
    bool any = false;
    view->profile = NULL;
    for (uint32_t i = 0; i < join->same_count; i++) {
        const struct profile *profile =
            join->sources[join->same[i]].view.profile;
        if (!profile)
            continue;
        if (!any)
            join->profile = *profile;
        else if (!profile_join(&join->profile, profile, &join->arena))
            return -ENOMEM;
        any = true;
    }
    view->profile = any ? &join->profile : NULL;
    return 0;
}

static int join_lists(struct join_cursor *join, struct account_view *view)
{
    size_t facts = 0, deletions = 0;
    for (uint32_t i = 0; i < join->same_count; i++) {
        facts += join->sources[join->same[i]].view.fact_count;
        deletions += join->sources[join->same[i]].view.deletion_count;
    }
    if (!room_for(&join->facts, join->memory, facts,
                          sizeof *view->facts) ||
        !room_for(&join->deletions, join->memory, deletions,
                          sizeof *view->deletions))
        return -ENOMEM;
    view->facts = join->facts.base;
    view->deletions = join->deletions.base;
    view->fact_count = view->deletion_count = 0;
    for (uint32_t i = 0; i < join->same_count; i++) {
        const struct account_view *part = &join->sources[join->same[i]].view;
        if (part->fact_count)
            memcpy(view->facts + view->fact_count, part->facts,
                   part->fact_count * sizeof *view->facts);
        if (part->deletion_count)
            memcpy(view->deletions + view->deletion_count, part->deletions,
                   part->deletion_count * sizeof *view->deletions);
        view->fact_count += part->fact_count;
        view->deletion_count += part->deletion_count;
    }
    return 0;
}

static int join_next(struct part_cursor *face, struct account_view *view)
{
    struct join_cursor *join = (struct join_cursor *)face;
    if (!join->error)
        join->error = step_same(join);
    if (join->error)
        return join->error;
    if (!join->heap.count)
        return 0;
    if (join->arena.bytes > ARENA_KEPT_BYTES)
        arena_reset(&join->arena);
    take_same(join);
    *view = join->sources[join->same[0]].view;
    if (join->same_count > 1) {
        join->error = join_profiles(join, view);
        if (!join->error)
            join->error = join_lists(join, view);
    }
    return join->error ? join->error : 1;
}

static void join_close(struct part_cursor *face)
{
    struct join_cursor *join = (struct join_cursor *)face;
    for (uint32_t i = 0; i < join->count; i++)
        join->sources[i].cursor->close(join->sources[i].cursor);
    arena_reset(&join->arena);
    room_free(&join->facts, join->memory);
    room_free(&join->deletions, join->memory);
    free(join->sources);
    free(join->heap.items);
    free(join->same);
    free(join);
}

struct part_cursor *join_cursors(struct part_cursor *const cursors[],
                                 uint32_t count, struct memory *memory)
{
    CHECK(count > 0);
    struct join_cursor *join = calloc(1, sizeof *join);
    struct join_source *sources = calloc(count, sizeof *sources);
    uint32_t *items = calloc(count, sizeof *items);
    uint32_t *same = calloc(count, sizeof *same);
    if (!join || !sources || !items || !same) {
        for (uint32_t i = 0; i < count; i++)
            cursors[i]->close(cursors[i]);
        free(join);
        free(sources);
        free(items);
        free(same);
        return NULL;
    }
    *join = (struct join_cursor){.face = {join_next, join_close},
                                 .memory = memory, .sources = sources,
                                 .count = count, .same = same,
                                 .heap = {items, 0, compare_sources, sources}};
    arena_init(&join->arena, memory, ARENA_CHUNK_BYTES);
    /* Before the first step every source "goes on". */
    for (uint32_t i = 0; i < count; i++) {
        sources[i].cursor = cursors[i];
        same[i] = i;
    }
    join->same_count = count;
    return &join->face;
}
