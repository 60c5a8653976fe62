#include "stages/seal.h"

#include "pipeline/check.h"
#include "stages/aggregate/segment.h"
#include "stages/checkpoint.h"
#include "stages/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Committing costs at most a part of the time: this times what the last one
 * took passes before the next. */
#define COMMIT_PAUSE 20u

struct seal {
    struct run *run;
    int directory;
    struct checkpoint_segment segments[SEGMENTS_MAX];
    uint32_t count;
    uint64_t next_number;
    uint32_t seals;                      /* in this process */
    /* The last one holds what the tables hold too: they were not emptied. */
    bool live;
    bool ended;                          /* all is read, and committed */
    uint64_t began_ns;                   /* of the seal under way */
    _Atomic uint64_t due_ns, due_bytes;
    struct segment_writer *writer;       /* of the one being written */
    struct dictionaries names;           /* its own, then the joined ones */
    uint32_t merging;                    /* so many, the last ones; or 0 */
    struct segment *opened[SEGMENTS_MAX];
    struct translation translations[SEGMENTS_MAX + 1];
    uint32_t translated;
};

static uint32_t segments_read(const struct seal *seal)
{
    return seal->count - seal->live;
}

static void plan_next(struct seal *seal, uint64_t now, uint64_t took)
{
    const struct run *run = seal->run;
    uint64_t pause = took * COMMIT_PAUSE;
    uint64_t bytes = run->options.commit_bytes ? run->options.commit_bytes
                                               : COMMIT_BYTES;
    uint64_t read = atomic_load_explicit(&run->progress.compressed_bytes,
                                         memory_order_relaxed);
    /* Asked for by bytes, the clock has no part in it. */
    uint64_t ns = run->options.commit_bytes ? 0
                  : pause > COMMIT_NS       ? pause
                                            : COMMIT_NS;
    atomic_store_explicit(&seal->due_ns, ns ? now + ns : UINT64_MAX,
                          memory_order_relaxed);
    atomic_store_explicit(&seal->due_bytes,
                          pause > COMMIT_NS && ns ? UINT64_MAX : read + bytes,
                          memory_order_relaxed);
}

struct seal *seal_open(struct run *run, int directory,
                       const struct checkpoint_segment *segments, size_t count)
{
    CHECK(count <= SEGMENTS_MAX);
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return NULL;
    seal->run = run;
    seal->directory = directory;
    for (size_t i = 0; i < count; i++) {
        seal->segments[i] = segments[i];
        if (segments[i].number >= seal->next_number)
            seal->next_number = segments[i].number + 1;
    }
    seal->count = (uint32_t)count;
    plan_next(seal, profile_now(), 0);
    return seal;
}

static void remove_segment(const struct seal *seal, uint64_t number)
{
    char name[SEGMENT_NAME_BYTES];
    segment_name(name, number);
    unlinkat(seal->directory, name, 0);
}

static void close_opened(struct seal *seal)
{
    translations_free(seal->translations, seal->translated);
    seal->translated = 0;
    for (uint32_t i = 0; i < SEGMENTS_MAX; i++)
        if (seal->opened[i]) {
            segment_close(seal->opened[i]);
            seal->opened[i] = NULL;
        }
}

void seal_close(struct seal *seal)
{
    if (!seal)
        return;
    segment_abandon(seal->writer);
    close_opened(seal);
    dictionaries_free(&seal->names);
    for (uint32_t i = 0; i < seal->count && !seal->run->options.state; i++)
        remove_segment(seal, seal->segments[i].number);
    free(seal);
}

uint32_t seal_count(const struct seal *seal)
{
    return seal->seals;
}

const struct checkpoint_segment *seal_segments(const struct seal *seal,
                                               size_t *count)
{
    *count = seal->count;
    return seal->segments;
}

bool seal_is_due(const struct seal *seal, uint64_t now_ns)
{
    const struct run *run = seal->run;
    if (!run->options.state)
        return false;
    return now_ns >= atomic_load_explicit(&seal->due_ns,
                                          memory_order_relaxed) ||
           atomic_load_explicit(&run->progress.compressed_bytes,
                                memory_order_relaxed) >=
               atomic_load_explicit(&seal->due_bytes, memory_order_relaxed);
}

static void raise_error(struct seal *seal, int error, const char *doing)
{
    enum exit_code code = error == -ENOMEM      ? CODE_MEMORY
                          : error == -EOVERFLOW ? CODE_PLAN
                          : error == -EBADMSG || error == -ENOENT
                              ? CODE_IO
                              : CODE_OUTPUT;
    fault_raise(seal->run->fault, code, NULL, UINT64_MAX, -error, "%s%s",
                doing,
                error == -EOVERFLOW ? ": more than 65,535 languages"
                : code == CODE_IO
                    ? ": it is damaged; --restart begins anew"
                    : "");
}

/* ---- writing ------------------------------------------------------------ */

static bool create_writer(struct seal *seal)
{
    struct run *run = seal->run;
    char name[SEGMENT_NAME_BYTES];
    segment_name(name, seal->next_number);
    int error = segment_create(&seal->writer, run->memory, seal->directory,
                               name, run->options.lanes,
                               run->plan->partitions);
    if (error)
        raise_error(seal, error, "cannot create a segment");
    return !error;
}

/* Writes all partitions, the lanes together. */
static void write_parts(struct lane *lane, struct seal *seal,
                        struct part_cursor *(*open)(struct seal *, uint32_t))
{
    struct run *run = seal->run;
    for (uint32_t part = lane->rank; part < run->plan->partitions;
         part += lane->members) {
        if (!seal->writer || fault_raised(run->fault))
            return;
        struct part_cursor *cursor = open(seal, part);
        int error = cursor ? segment_seal(seal->writer, lane->index, part,
                                          cursor)
                           : -ENOMEM;
        if (error)
            raise_error(seal, error, "cannot write a segment");
    }
}

/* Ends the segment, durable, as the next one of the list. */
static bool end_writer(struct seal *seal, uint64_t level)
{
    struct segment_writer *writer = seal->writer;
    struct checkpoint_segment segment = {seal->next_number, level, 0};
    seal->writer = NULL;
    if (fault_raised(seal->run->fault)) {
        segment_abandon(writer);
        return false;
    }
    int error = segment_end(writer, &seal->names, &segment.bytes);
    if (error) {
        raise_error(seal, error, "cannot finish a segment");
        return false;
    }
    CHECK(seal->count < SEGMENTS_MAX);
    seal->segments[seal->count++] = segment;
    seal->next_number++;
    return true;
}

static void free_names(struct seal *seal)
{
    dictionaries_free(&seal->names);
    seal->names = (struct dictionaries){0};
}

/* ---- the meeting: the tables to a segment -------------------------------- */

static void seal_begin(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    struct run *run = seal->run;
    if (lane->rank != 0 || fault_raised(run->fault))
        return;
    seal->began_ns = profile_now();
    if (seal->ended || aggregate_empty(run->aggregate))
        return;
    int error = aggregate_dictionaries(run->aggregate, &seal->names);
    if (error)
        raise_error(seal, error, "cannot sort the dictionaries");
    else
        (void)create_writer(seal);
}

static struct part_cursor *open_tables(struct seal *seal, uint32_t partition)
{
    return aggregate_cursor(seal->run->aggregate, partition, NULL);
}

static void seal_parts(struct lane *lane, void *arg)
{
    write_parts(lane, arg, open_tables);
}

static void commit(struct seal *seal)
{
    struct run *run = seal->run;
    if (run->options.state && !fault_raised(run->fault))
        (void)state_commit(run->options.state, run, seal->segments,
                           seal->count);
}

static void seal_finish(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    struct run *run = seal->run;
    if (lane->rank != 0 || seal->ended)
        return;
    if (seal->writer) {
        seal->live = run->options.state && run_all_read(run);
        if (!end_writer(seal, 0))
            seal->live = false;
        seal->seals += !seal->live;
        free_names(seal);
        if (!seal->live)
            aggregate_reset(run->aggregate);
    }
    commit(seal);
    seal->ended = run->options.state && run_all_read(run);
    uint64_t now = profile_now();
    plan_next(seal, now, now - seal->began_ns);
}

/* ---- the meeting: segments to one ---------------------------------------- */

/* How many of the last segments are of one level, if they are to be merged.
 * What the tables hold too is not merged here, but by a later process. */
static uint32_t to_merge(const struct seal *seal)
{
    uint32_t same = 0, count = segments_read(seal);
    if (count == 0)
        return 0;
    uint64_t level = seal->segments[count - 1].level;
    while (same < count && seal->segments[count - 1 - same].level == level)
        same++;
    return same >= SEGMENTS_OF_A_LEVEL ? same : 0;
}

/* Opens count segments from the first one on, and joins their dictionaries
 * and, if own is not NULL, that. */
static int open_and_join(struct seal *seal, uint32_t first, uint32_t count,
                         const struct dictionaries *own)
{
    uint32_t inputs_count = count + (own != NULL);
    const struct dictionaries **inputs =
        calloc(inputs_count + 1, sizeof *inputs);
    int error = inputs ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count && !error; i++) {
        char name[SEGMENT_NAME_BYTES];
        segment_name(name, seal->segments[first + i].number);
        error = segment_open(&seal->opened[i], seal->run->memory,
                             seal->directory, name);
        if (!error)
            inputs[i] = segment_dictionaries(seal->opened[i]);
        if (!error && segment_partitions(seal->opened[i]) !=
                          seal->run->plan->partitions)
            error = -EBADMSG;
    }
    if (!error && own)
        inputs[count] = own;
    if (!error)
        error = dictionaries_join(inputs, inputs_count, &seal->names,
                                  seal->translations);
    seal->translated = error ? 0 : inputs_count;
    free(inputs);
    return error;
}

/* A fault makes it 0, for all lanes alike. */
static void merge_begin(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    if (lane->rank != 0)
        return;
    seal->merging = fault_raised(seal->run->fault) ? 0 : to_merge(seal);
    if (!seal->merging)
        return;
    int error = open_and_join(seal, segments_read(seal) - seal->merging,
                              seal->merging, NULL);
    if (error)
        raise_error(seal, error, "cannot read a segment");
    else
        (void)create_writer(seal);
}

/* All accounts of the opened segments, and of the tables if they are to be. */
static struct part_cursor *join_part(struct seal *seal, uint32_t count,
                                     uint32_t partition, bool tables)
{
    struct part_cursor **cursors = calloc(count + 1u, sizeof *cursors);
    if (!cursors)
        return NULL;
    uint32_t made = 0;
    while (made < count &&
           (cursors[made] = segment_cursor(seal->opened[made], partition,
                                           &seal->translations[made])))
        made++;
    if (made == count && tables &&
        (cursors[made] = aggregate_cursor(seal->run->aggregate, partition,
                                          &seal->translations[made])))
        made++;
    struct part_cursor *joined = NULL;
    if (made == count + tables)
        joined = join_cursors(cursors, made, seal->run->memory);
    else
        while (made > 0) {
            made--;
            cursors[made]->close(cursors[made]);
        }
    free(cursors);
    return joined;
}

static struct part_cursor *open_merging(struct seal *seal, uint32_t partition)
{
    return join_part(seal, seal->merging, partition, false);
}

static void merge_parts(struct lane *lane, void *arg)
{
    write_parts(lane, arg, open_merging);
}

/* The new one is named before the old ones go. */
static void merge_finish(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    uint64_t numbers[SEGMENTS_MAX];
    uint32_t merged = seal->merging;
    if (lane->rank != 0 || !merged)
        return;
    uint32_t first = segments_read(seal) - merged;
    uint64_t level = seal->segments[first].level;
    for (uint32_t i = 0; i < merged; i++)
        numbers[i] = seal->segments[first + i].number;
    if (seal->writer && end_writer(seal, level + 1)) {
        seal->segments[first] = seal->segments[seal->count - 1];
        if (seal->live)
            seal->segments[first + 1] = seal->segments[first + merged];
        seal->count = first + 1 + seal->live;
        commit(seal);
        for (uint32_t i = 0; i < merged && !fault_raised(seal->run->fault);
             i++)
            remove_segment(seal, numbers[i]);
    }
    close_opened(seal);
    free_names(seal);
}

void seal_together(struct lane_state *state)
{
    struct seal *seal = state->run->seal;
    profile_was(&state->times, STAGE_AGGREGATE);
    lanes_meet(state->lane, seal_begin, seal);
    lanes_meet(state->lane, seal_parts, seal);
    lanes_meet(state->lane, seal_finish, seal);
    do {
        lanes_meet(state->lane, merge_begin, seal);
        lanes_meet(state->lane, merge_parts, seal);
        lanes_meet(state->lane, merge_finish, seal);
    } while (seal->merging);
    profile_was(&state->times, STAGE_SEAL);
}

/* ---- reading it all again ----------------------------------------------- */

bool seal_join(struct seal *seal, const struct dictionaries **names)
{
    struct run *run = seal->run;
    *names = &seal->names;
    struct dictionaries own = {0};
    int error = aggregate_dictionaries(run->aggregate, &own);
    if (error) {
        raise_error(seal, error, "cannot sort the dictionaries");
        return false;
    }
    uint32_t count = segments_read(seal);
    if (count == 0) {
        seal->names = own;
        return true;
    }
    error = open_and_join(seal, 0, count, &own);
    dictionaries_free(&own);
    if (error)
        raise_error(seal, error, "cannot join the segments");
    return !error;
}

struct part_cursor *seal_open_part(void *context, uint32_t partition)
{
    struct seal *seal = context;
    uint32_t count = segments_read(seal);
    if (count == 0)
        return aggregate_cursor(seal->run->aggregate, partition, NULL);
    struct part_cursor *joined = join_part(seal, count, partition, true);
    if (!joined)
        errno = ENOMEM;
    return joined;
}
