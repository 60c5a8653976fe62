#include "stages/state.h"

#include "pipeline/check.h"
#include "stages/aggregate/segment.h"
#include "stages/damage.h"
#include "stages/handle_watch.h"
#include "stages/seal.h"
#include "stages/shard_mark.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct state {
    struct memory *memory;
    struct fault *fault;
    enum state_use use;
    struct statedir *directory;
    bool have;                         /* a checkpoint was read */
    struct checkpoint last;
    struct state_request asked;
    uint64_t shards_done, bytes_done;
};

/* ---- opening ------------------------------------------------------------ */

static bool refuse(struct state *state, enum exit_code code,
                   const char *sentence)
{
    fault_raise(state->fault, code, NULL, UINT64_MAX, 0, "%.160s: %s",
                statedir_path(state->directory), sentence);
    return false;
}

static bool refuse_shard(struct state *state, const char *shard,
                         enum exit_code code, const char *sentence)
{
    fault_raise(state->fault, code, shard, UINT64_MAX, 0, "%s", sentence);
    return false;
}

static bool refuse_memory(struct state *state)
{
    fault_raise(state->fault, CODE_MEMORY, NULL, UINT64_MAX, ENOMEM,
                "out of memory for the state");
    return false;
}

static bool is_named(void *context, const char *name)
{
    const struct state *state = context;
    for (size_t i = 0; i < state->last.segment_count; i++) {
        char segment[SEGMENT_NAME_BYTES];
        segment_name(segment, state->last.segments[i].number);
        if (strcmp(segment, name) == 0)
            return true;
    }
    return false;
}

/* Are all segments there, and whole as far as their ends tell? Their blocks
 * are checked when they are read. */
static bool check_segments(struct state *state)
{
    for (size_t i = 0; i < state->last.segment_count; i++) {
        char name[SEGMENT_NAME_BYTES];
        struct segment *segment;
        segment_name(name, state->last.segments[i].number);
        int error = segment_open(&segment, state->memory,
                                 statedir_fd(state->directory), name);
        if (error == -ENOMEM)
            return refuse_memory(state);
        bool whole = !error && segment_counts(segment).bytes ==
                                   state->last.segments[i].bytes;
        if (!error)
            segment_close(segment);
        if (!whole)
            return refuse(state, CODE_IO,
                          "a segment of this state is damaged or missing; "
                          "--restart begins anew");
    }
    return true;
}

static bool take_checkpoint(struct state *state, const uint8_t *bytes,
                            size_t size)
{
    int error = checkpoint_read(&state->last, state->memory, bytes, size);
    if (error == -ENOMEM)
        return refuse_memory(state);
    if (error == -ESTALE)
        return refuse(state, CODE_PLAN,
                      "this state was made by another version of sandpiper; "
                      "--restart begins anew");
    if (error || state->last.segment_count > SEGMENTS_KEPT_MAX)
        return refuse(state, CODE_IO,
                      "the checkpoint of this state is damaged; --restart "
                      "begins anew");
    state->have = true;
    return check_segments(state);
}

static bool read_state(struct state *state)
{
    uint8_t *bytes;
    size_t size;
    if (state->use == STATE_RESTART)
        return statedir_clear(state->directory);
    if (!statedir_load(state->directory, &bytes, &size))
        return false;
    bool well = !bytes || take_checkpoint(state, bytes, size);
    free(bytes);
    if (well && state->use == STATE_REDUCE && !state->have)
        return refuse(state, CODE_INPUT, "there is no state here");
    return well && (state->use == STATE_REDUCE ||
                    statedir_sweep(state->directory, is_named, state));
}

struct state *state_open(const char *path, enum state_use use,
                         struct memory *memory, struct fault *fault)
{
    struct state *state = calloc(1, sizeof *state);
    if (!state) {
        fault_raise(fault, CODE_MEMORY, NULL, UINT64_MAX, ENOMEM,
                    "opening the state");
        return NULL;
    }
    *state = (struct state){.memory = memory, .fault = fault, .use = use};
    state->directory =
        statedir_open(path,
                      use == STATE_REDUCE ? STATEDIR_READ : STATEDIR_WRITE,
                      fault, NULL);
    if (state->directory && read_state(state))
        return state;
    state_close(state);
    return NULL;
}

void state_close(struct state *state)
{
    if (!state)
        return;
    checkpoint_free(&state->last);
    statedir_close(state->directory);
    free(state);
}

void state_discard(struct state *state)
{
    statedir_discard(state->directory);
    state->directory = NULL;
    state_close(state);
}

const char *state_path(const struct state *state)
{
    return statedir_path(state->directory);
}

int state_directory(const struct state *state)
{
    return statedir_fd(state->directory);
}

const struct checkpoint_segment *state_segments(const struct state *state,
                                                size_t *count)
{
    *count = state->last.segment_count;
    return state->last.segments;
}

/* ---- matching ----------------------------------------------------------- */

static bool same_dictionaries(const struct reading *a, const struct reading *b)
{
    size_t count = a->dictionaries ? a->dictionaries->count : 0;
    if (count != (b->dictionaries ? b->dictionaries->count : 0))
        return false;
    for (size_t i = 0; i < count; i++)
        if (memcmp(a->dictionaries->items[i].digest,
                   b->dictionaries->items[i].digest,
                   sizeof a->dictionaries->items[i].digest) != 0)
            return false;
    return true;
}

/* Handles are watched while shards are read: a list that has some must have
 * been there. */
static bool same_handles(const struct state *state)
{
    const struct reading *now = &state->asked.reading;
    const struct reading *then = &state->last.reading;
    return handle_watch_count(state->asked.watch) == 0 ||
           memcmp(now->handles_key, then->handles_key,
                  sizeof now->handles_key) == 0;
}

static bool match_reading(struct state *state)
{
    const struct reading *now = &state->asked.reading;
    const struct reading *then = &state->last.reading;
    if (!same_handles(state))
        return refuse(state, CODE_PLAN,
                      "the @handles of --core and --accounts are looked for "
                      "while shards are read, and this state was read with "
                      "other lists; give lists of ids, or --restart");
    if (state->use == STATE_REDUCE)
        return true;
    if (now->since != then->since || now->until != then->until ||
        now->line_bytes_max != then->line_bytes_max ||
        now->salvage != then->salvage ||
        !same_dictionaries(now, then))
        return refuse(state, CODE_PLAN,
                      "this state was read with another --since, --until, "
                      "--line-max, --damaged or --dict; give the same, another -o or "
                      "--state, or --restart");
    if (state->use == STATE_RUN && strcmp(state->asked.asked,
                                          state->last.asked) != 0)
        return refuse(state, CODE_PLAN,
                      "these outputs were asked for with other parameters; "
                      "'sandpiper reduce' gives others from the same state "
                      "without reading, --restart begins anew");
    return true;
}

static bool same_file_as_before(struct state *state, const struct shard *shard,
                                const struct checkpoint_shard *before)
{
    if (shard->size == before->size && shard->mtime_ns == before->mtime_ns)
        return true;
    return refuse_shard(state, shard->name, CODE_INPUT,
                        "this shard changed since it was read into the state; "
                        "put it back, or begin anew with --restart");
}

/* A shard of the state that the command does not name. */
static bool adopt(struct state *state, const struct checkpoint_shard *before,
                  struct shard *adopted)
{
    struct stat status;
    *adopted = (struct shard){.name = before->name, .size = before->size,
                              .mtime_ns = before->mtime_ns};
    if (before->progress == SHARD_DONE)
        return true;
    if (stat(before->name, &status) != 0) {
        fault_raise(state->fault, CODE_INPUT, before->name, UINT64_MAX, errno,
                    "this shard of the state is not read to its end, and "
                    "cannot be looked at");
        return false;
    }
    *adopted = shard_identify(before->name, &status, false);
    return same_file_as_before(state, adopted, before);
}

static bool refuse_others(struct state *state, const char *name, bool is_new)
{
    fault_raise(state->fault, CODE_PLAN, name, UINT64_MAX, 0,
                is_new ? "this shard is not in the state of these outputs "
                         "(%.100s): --add reads it too, --restart begins anew"
                       : "this shard is in the state of these outputs "
                         "(%.100s) and is not given: give it, or --add for "
                         "more shards, or --restart",
                statedir_path(state->directory));
    return false;
}

/* Walks both sorted lists; counts what only the state has, and refuses what
 * must not be. With adopted not NULL it fills that. */
static bool walk_both(struct state *state, struct shard *adopted,
                      size_t *adopted_count)
{
    const struct shards *shards = state->asked.shards;
    const struct checkpoint *last = &state->last;
    bool more = state->use != STATE_RUN;
    size_t listed = 0;
    *adopted_count = 0;
    for (size_t i = 0; i <= last->shard_count; i++) {
        int order = -1;
        while (listed < shards->count &&
               (order = i == last->shard_count
                            ? -1
                            : strcmp(shards->items[listed].name,
                                     last->shards[i].name)) < 0) {
            if (!more)
                return refuse_others(state, shards->items[listed].name, true);
            listed++;
        }
        if (i == last->shard_count)
            break;
        if (listed < shards->count && order == 0) {
            if (!same_file_as_before(state, &shards->items[listed],
                                     &last->shards[i]))
                return false;
            listed++;
            continue;
        }
        if (!more)
            return refuse_others(state, last->shards[i].name, false);
        if (adopted && !adopt(state, &last->shards[i],
                              &adopted[*adopted_count]))
            return false;
        ++*adopted_count;
    }
    return true;
}

static bool match_shards(struct state *state)
{
    size_t count;
    if (!walk_both(state, NULL, &count))
        return false;
    struct shard *adopted = count ? calloc(count, sizeof *adopted) : NULL;
    if (count && !adopted)
        return refuse_memory(state);
    bool well = !count || walk_both(state, adopted, &count);
    if (well && shards_adopt(state->asked.shards, adopted, count,
                             state->last.repeats,
                             state->use == STATE_RUN
                                 ? 0
                                 : state->last.repeat_count) != 0)
        well = refuse_memory(state);
    free(adopted);
    return well;
}

static bool had_stdin(const struct checkpoint *last)
{
    for (size_t i = 0; i < last->shard_count; i++)
        if (last->shards[i].is_stdin)
            return true;
    return false;
}

static bool has_stdin(const struct shards *shards)
{
    for (size_t i = 0; i < shards->count; i++)
        if (shards->items[i].is_stdin)
            return true;
    return false;
}

static void count_done(struct state *state)
{
    for (size_t i = 0; i < state->last.shard_count; i++) {
        const struct checkpoint_shard *shard = &state->last.shards[i];
        if (shard->progress == SHARD_DONE && shard->size != SHARD_SIZE_UNKNOWN)
            state->bytes_done += shard->size;
        if (shard->progress == SHARD_BEGUN && shard->mark)
            state->bytes_done += shard->mark->feed.position;
        state->shards_done += shard->progress == SHARD_DONE;
    }
}

bool state_match(struct state *state, const struct state_request *request)
{
    state->asked = *request;
    if (state->use == STATE_ADD && has_stdin(request->shards))
        return refuse(state, CODE_PLAN,
                      "standard input cannot be added: it cannot be read "
                      "again after a stop; write it to a file first");
    if (state->have && state->use == STATE_RUN &&
        has_stdin(request->shards) && had_stdin(&state->last)) {
        /* What came through it the last time is not what comes now. A state
         * of other shards is refused below. */
        checkpoint_free(&state->last);
        state->have = false;
        return statedir_clear(state->directory);
    }
    if (!state->have)
        return true;
    if (state->use == STATE_REDUCE && !checkpoint_finished(&state->last))
        return refuse(state, CODE_PLAN,
                      "the shards of this state are not all read; give the "
                      "command that reads them again, it goes on");
    if (!match_reading(state) || !match_shards(state))
        return false;
    count_done(state);
    return true;
}

const struct reading *state_reading(const struct state *state)
{
    return &state->last.reading;
}

bool state_finished(const struct state *state)
{
    return state->have && state->shards_done == state->asked.shards->count;
}

bool state_resumed(const struct state *state)
{
    return state->have;
}

uint64_t state_shards_done(const struct state *state)
{
    return state->shards_done;
}

uint64_t state_bytes_done(const struct state *state)
{
    return state->bytes_done;
}

/* ---- giving it to the run ----------------------------------------------- */

static bool give_handles(struct state *state)
{
    const struct checkpoint *last = &state->last;
    if (handle_watch_count(state->asked.watch) == 0)
        return true;
    for (size_t i = 0; i < last->handle_count; i++) {
        if (last->handles[i].handle >= handle_watch_count(state->asked.watch))
            return refuse(state, CODE_IO, "the checkpoint of this state is "
                                          "damaged; --restart begins anew");
        if (handle_watch_put(state->asked.watch,
                             (uint32_t)last->handles[i].handle,
                             last->handles[i].id))
            return refuse_memory(state);
    }
    return true;
}

/* Moves ledgers and marks; both lists are sorted by name. */
static void give_shards(struct state *state, struct run *run)
{
    size_t at = 0;
    for (size_t i = 0; i < state->last.shard_count; i++) {
        struct checkpoint_shard *shard = &state->last.shards[i];
        while (strcmp(run->shards->items[at].name, shard->name) != 0) {
            at++;
            CHECK(at < run->shards->count);
        }
        if (!shard->ledger)
            continue;
        run->ledgers[at] = *shard->ledger;
        free(shard->ledger);
        shard->ledger = NULL;
        run->marks[at] = shard->mark;
        shard->mark = NULL;
    }
}

bool state_begin(struct state *state, struct run *run)
{
    if (!state->have)
        return true;
    if (!give_handles(state))
        return false;
    give_shards(state, run);
    damage_found_before(run);
    progress_add(&run->progress.compressed_bytes, state->bytes_done);
    progress_add(&run->progress.shards_done, state->shards_done);
    return !fault_raised(run->fault);
}

/* ---- committing --------------------------------------------------------- */

static bool list_handles(struct state *state, struct checkpoint *now)
{
    size_t at = 0, room = 0;
    uint32_t number;
    struct id id;
    while (handle_watch_next(state->asked.watch, &at, &number, &id)) {
        if (now->handle_count == room) {
            room = room ? 2 * room : 64;
            void *grown = reallocarray(now->handles, room,
                                       sizeof *now->handles);
            if (!grown)
                return false;
            now->handles = grown;
        }
        now->handles[now->handle_count++] = (struct handle_seen){number, id};
    }
    return true;
}

/* What a lane has begun and not ended; false: nothing, or nothing that could
 * be gone on with. */
static bool mark_shard(const struct lane_state *lane,
                       struct checkpoint_shard *shards,
                       struct shard_mark *mark)
{
    if (!lane->run || !lane->job)
        return false;
    shard_mark_take(lane, mark);
    shards[lane->shard].mark = mark;
    shards[lane->shard].ledger = &lane->run->ledgers[lane->shard];
    shards[lane->shard].progress = SHARD_BEGUN;
    return true;
}

static void list_shards(const struct run *run, struct checkpoint *now,
                        struct shard_mark *marks)
{
    for (size_t i = 0; i < run->shards->count; i++) {
        const struct shard *shard = &run->shards->items[i];
        struct checkpoint_shard *to = &now->shards[i];
        *to = (struct checkpoint_shard){
            .name = shard->name, .is_stdin = shard->is_stdin,
            .size = shard->size, .mtime_ns = shard->mtime_ns};
        if (run->ledgers[i].done) {
            to->progress = SHARD_DONE;
            to->ledger = &run->ledgers[i];
        } else if (run->marks[i]) {
            /* It was begun by an earlier process, and not gone on with. */
            to->progress = SHARD_BEGUN;
            to->ledger = &run->ledgers[i];
            to->mark = run->marks[i];
        }
    }
    for (uint32_t i = 0; i < run->options.lanes; i++)
        (void)mark_shard(&run->lane_states[i], now->shards, &marks[i]);
}

bool state_commit(struct state *state, const struct run *run,
                  const struct checkpoint_segment *segments, size_t count)
{
    struct checkpoint now = {
        .reading = state->asked.reading, .asked = state->asked.asked,
        .segments = (struct checkpoint_segment *)(uintptr_t)segments,
        .segment_count = count, .repeats = run->shards->repeats,
        .repeat_count = run->shards->repeat_count,
        .shard_count = run->shards->count};
    struct output output = {0};
    struct shard_mark *marks = calloc(run->options.lanes, sizeof *marks);
    now.shards = calloc(now.shard_count, sizeof *now.shards);
    bool made = marks && now.shards && list_handles(state, &now);
    if (made) {
        list_shards(run, &now, marks);
        made = checkpoint_write(&now, &output);
    }
    free(now.shards);
    free(now.handles);
    free(marks);
    bool well = made ? statedir_store(state->directory, output.bytes,
                                      output.size)
                     : refuse_memory(state);
    output_free(&output);
    return well;
}
