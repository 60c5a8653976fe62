#include "stages/seal.h"

#include "stages/aggregate/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SEGMENTS_MAX 4096
#define SEGMENT_NAME_BYTES 32

struct seal {
    struct run *run;
    int directory;
    uint32_t count;                      /* segments written */
    struct segment_writer *writer;       /* of the one being written */
    struct dictionaries names;           /* its own, then the joined ones */
    struct segment *segments[SEGMENTS_MAX];
    struct translation translations[SEGMENTS_MAX + 1];
    bool joined;
};

static void segment_name(char name[SEGMENT_NAME_BYTES], uint32_t number)
{
    snprintf(name, SEGMENT_NAME_BYTES, "segment-%06u", number);
}

struct seal *seal_open(struct run *run, int directory)
{
    struct seal *seal = calloc(1, sizeof *seal);
    if (!seal)
        return NULL;
    seal->run = run;
    seal->directory = directory;
    return seal;
}

void seal_close(struct seal *seal)
{
    if (!seal)
        return;
    char name[SEGMENT_NAME_BYTES];
    if (seal->writer)
        segment_abandon(seal->writer);
    if (seal->joined && seal->count > 0)
        translations_free(seal->translations, seal->count + 1);
    dictionaries_free(&seal->names);
    for (uint32_t i = 0; i < seal->count; i++) {
        if (seal->segments[i])
            segment_close(seal->segments[i]);
        segment_name(name, i);
        unlinkat(seal->directory, name, 0);
    }
    free(seal);
}

uint32_t seal_count(const struct seal *seal)
{
    return seal->count;
}

static void raise_error(struct seal *seal, int error, const char *doing)
{
    enum exit_code code = error == -ENOMEM      ? CODE_MEMORY
                          : error == -EOVERFLOW ? CODE_PLAN
                          : error == -EBADMSG   ? CODE_IO
                                                : CODE_OUTPUT;
    fault_raise(seal->run->fault, code, NULL, UINT64_MAX, -error, "%s%s",
                doing,
                error == -EOVERFLOW ? ": more than 65,535 languages" : "");
}

/* ---- the meeting, in three steps ---------------------------------------- */

static void seal_begin(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    struct run *run = seal->run;
    char name[SEGMENT_NAME_BYTES];
    if (lane->rank != 0 || fault_raised(run->fault))
        return;
    if (seal->count == SEGMENTS_MAX) {
        fault_raise(run->fault, CODE_PLAN, NULL, UINT64_MAX, 0,
                    "more than %d segments: give more --memory",
                    SEGMENTS_MAX);
        return;
    }
    segment_name(name, seal->count);
    int error = aggregate_dictionaries(run->aggregate, &seal->names);
    if (!error)
        error = segment_create(&seal->writer, run->memory, seal->directory,
                               name, run->options.lanes,
                               run->plan->partitions);
    if (error)
        raise_error(seal, error, "cannot create a segment");
}

static void seal_parts(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    struct run *run = seal->run;
    for (uint32_t part = lane->rank; part < run->plan->partitions;
         part += lane->members) {
        if (!seal->writer || fault_raised(run->fault))
            return;
        struct part_cursor *cursor =
            aggregate_cursor(run->aggregate, part, NULL);
        int error = cursor ? segment_seal(seal->writer, lane->index, part,
                                          cursor)
                           : -ENOMEM;
        if (error)
            raise_error(seal, error, "cannot write a segment");
    }
}

static void seal_finish(struct lane *lane, void *arg)
{
    struct seal *seal = arg;
    struct run *run = seal->run;
    if (lane->rank != 0 || !seal->writer)
        return;
    if (fault_raised(run->fault)) {
        segment_abandon(seal->writer);
    } else {
        int error = segment_end(seal->writer, &seal->names);
        if (error)
            raise_error(seal, error, "cannot finish a segment");
        else
            seal->count++;
    }
    seal->writer = NULL;
    dictionaries_free(&seal->names);
    seal->names = (struct dictionaries){0};
    aggregate_reset(run->aggregate);
}

void seal_together(struct lane_state *state)
{
    struct seal *seal = state->run->seal;
    profile_was(&state->times, STAGE_AGGREGATE);
    lanes_meet(state->lane, seal_begin, seal);
    lanes_meet(state->lane, seal_parts, seal);
    lanes_meet(state->lane, seal_finish, seal);
    profile_was(&state->times, STAGE_SEAL);
}

/* ---- reading it all again ----------------------------------------------- */

bool seal_join(struct seal *seal, const struct dictionaries **names)
{
    struct run *run = seal->run;
    char name[SEGMENT_NAME_BYTES];
    *names = &seal->names;
    if (seal->count == 0) {
        int error = aggregate_dictionaries(run->aggregate, &seal->names);
        if (error)
            raise_error(seal, error, "cannot sort the dictionaries");
        return !error;
    }
    const struct dictionaries **inputs =
        calloc(seal->count + 1, sizeof *inputs);
    struct dictionaries own = {0};
    int error = inputs ? aggregate_dictionaries(run->aggregate, &own) : -ENOMEM;
    for (uint32_t i = 0; i < seal->count && !error; i++) {
        segment_name(name, i);
        error = segment_open(&seal->segments[i], run->memory, seal->directory,
                             name);
        if (!error)
            inputs[i] = segment_dictionaries(seal->segments[i]);
    }
    if (!error) {
        inputs[seal->count] = &own;
        error = dictionaries_join(inputs, seal->count + 1, &seal->names,
                                  seal->translations);
    }
    seal->joined = !error;
    dictionaries_free(&own);
    free(inputs);
    if (error)
        raise_error(seal, error, "cannot join the segments");
    return !error;
}

struct part_cursor *seal_open_part(void *context, uint32_t partition)
{
    struct seal *seal = context;
    struct run *run = seal->run;
    if (seal->count == 0)
        return aggregate_cursor(run->aggregate, partition, NULL);
    struct part_cursor **cursors = calloc(seal->count + 1, sizeof *cursors);
    if (!cursors)
        return NULL;
    uint32_t count = 0;
    for (; count < seal->count; count++)
        if (!(cursors[count] =
                  segment_cursor(seal->segments[count], partition,
                                 &seal->translations[count])))
            break;
    if (count == seal->count &&
        (cursors[count] = aggregate_cursor(run->aggregate, partition,
                                           &seal->translations[count])))
        count++;
    struct part_cursor *joined = NULL;
    if (count == seal->count + 1)
        joined = join_cursors(cursors, count, run->memory);
    else
        while (count > 0) {
            count--;
            cursors[count]->close(cursors[count]);
        }
    free(cursors);
    if (!joined)
        errno = ENOMEM;
    return joined;
}
