#include "stages/filter_files.h"

#include "pipeline/check.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

/* A frame's text, and what it was compressed to. */
struct filter_chunk {
    uint8_t *text, *frame;             /* owned */
    size_t size, capacity;
    size_t frame_size, frame_capacity;
    _Atomic int done;
};

struct filter_file {
    struct filter_files *files;
    uint32_t shard;
    struct filter_result result;
    struct fragment header;            /* of CSV, with its line feed */
    struct outfile *out;               /* NULL: nothing matched so far */
    bool filling;                      /* the last chunk in use takes lines */
    bool framed;                       /* it is known whether it is CSV */
    uint32_t first, count;             /* chunks in use, in order */
    struct filter_chunk chunks[FILTER_CHUNKS_MAX];
};

/* ---- what the lanes share ------------------------------------------------ */

/* What a chunk may take: its text, and as much again for the frame. */
#define CHUNK_BYTES (2 * FILTER_FRAME_BYTES + ((size_t)1 << 20))

bool filter_files_open(struct filter_files *files, struct run *run,
                       struct outdir *outdir)
{
    *files = (struct filter_files){.run = run, .outdir = outdir};
    uint64_t room =
        run->plan->tables_bytes / 4 / run->options.lanes / CHUNK_BYTES;
    files->chunk_count = room < 2                   ? 2
                         : room < FILTER_CHUNKS_MAX ? (uint32_t)room
                                                    : FILTER_CHUNKS_MAX;
    size_t places = 2;
    while (places < (size_t)run->options.lanes * FILTER_CHUNKS_MAX)
        places *= 2;
    files->results = calloc(run->shards->count, sizeof *files->results);
    if (files->results &&
        filter_names_make(&files->names, run->shards, run->memory) &&
        ring_init(&files->chunks, run->memory, places) == 0) {
        run->filter_files = files;
        return true;
    }
    run_out_of_memory(run);
    return false;
}

void filter_files_close(struct filter_files *files)
{
    if (files->chunks.cells)
        ring_destroy(&files->chunks);
    filter_names_free(&files->names);
    free(files->results);
    *files = (struct filter_files){0};
}

struct filter_file *filter_file_create(struct filter_files *files)
{
    struct filter_file *file = calloc(1, sizeof *file);
    if (!file)
        return NULL;
    file->files = files;
    fragment_init(&file->header, files->run->memory, FRAMING_BYTES + 1);
    return file;
}

void filter_file_free(struct filter_file *file)
{
    if (!file)
        return;
    CHECK(!file->out);
    for (int i = 0; i < FILTER_CHUNKS_MAX; i++) {
        struct filter_chunk *chunk = &file->chunks[i];
        memory_uncharge(file->files->run->memory,
                        chunk->capacity + chunk->frame_capacity);
        free(chunk->text);
        free(chunk->frame);
    }
    fragment_free(&file->header);
    free(file);
}

/* ---- chunks -------------------------------------------------------------- */

static bool chunk_reserve(struct memory *memory, uint8_t **bytes,
                          size_t *capacity, size_t need)
{
    size_t grown_to = *capacity ? *capacity : (size_t)64 << 10;
    if (need <= *capacity)
        return true;
    while (grown_to < need && grown_to < FILTER_FRAME_BYTES)
        grown_to *= 2;
    if (grown_to < need)
        grown_to = need + ((size_t)256 << 10);
    uint8_t *grown = realloc(*bytes, grown_to);
    if (!grown)
        return false;
    memory_charge(memory, grown_to - *capacity);
    *bytes = grown;
    *capacity = grown_to;
    return true;
}

static void chunk_encode(struct lane_state *state, struct filter_chunk *chunk)
{
    size_t bound = encode_bound(chunk->size);
    chunk->frame_size = 0;
    if (chunk_reserve(state->run->memory, &chunk->frame,
                      &chunk->frame_capacity, bound))
        chunk->frame_size =
            encode_frame(state->encoder, chunk->frame, chunk->frame_capacity,
                         chunk->text, chunk->size);
    if (chunk->frame_size == 0)
        run_out_of_memory(state->run);
    profile_was(&state->times, STAGE_ENCODE);
    /* Release: pairs with the acquire in chunk_done(). */
    atomic_store_explicit(&chunk->done, 1, memory_order_release);
}

static bool chunk_done(const struct filter_chunk *chunk)
{
    return atomic_load_explicit(&chunk->done, memory_order_acquire);
}

bool filter_files_help(struct lane_state *state)
{
    struct filter_files *files = state->run->filter_files;
    struct filter_chunk *chunk = files ? ring_pop(&files->chunks) : NULL;
    if (!chunk)
        return false;
    lanes_mark_busy(state->lane);
    chunk_encode(state, chunk);
    return true;
}

/* ---- a file -------------------------------------------------------------- */

static struct filter_chunk *chunk_at(struct filter_file *file, uint32_t number)
{
    return &file->chunks[(file->first + number) % file->files->chunk_count];
}

static bool write_oldest(struct filter_file *file)
{
    struct filter_chunk *chunk = chunk_at(file, 0);
    file->first = (file->first + 1) % file->files->chunk_count;
    file->count--;
    return chunk->frame_size > 0 &&
           outfile_write(file->out, chunk->frame, chunk->frame_size);
}

/* Writes what is encoded, and waits until no more chunks than these are in
 * use. Nothing but chunks is done meanwhile: this may be within any work. */
static bool drain(struct lane_state *state, struct filter_file *file,
                  uint32_t left)
{
    while (file->count > 0) {
        if (chunk_done(chunk_at(file, 0))) {
            if (!write_oldest(file))
                return false;
        } else if (file->count <= left) {
            break;
        } else if (fault_raised(state->run->fault)) {
            return false;
        } else if (!filter_files_help(state)) {
            sched_yield();
            profile_was(&state->times, STAGE_IDLE);
        }
    }
    return true;
}

/* The chunk being filled is full, or the last one: to whoever has time. */
static void close_chunk(struct lane_state *state, struct filter_file *file)
{
    struct filter_chunk *chunk = chunk_at(file, file->count - 1);
    struct lanes *lanes = state->run->lanes;
    file->filling = false;
    if (lanes_idle_count(lanes) > 0 &&
        ring_push(&file->files->chunks, chunk))
        lanes_wake(lanes);
    else
        chunk_encode(state, chunk);
}

/* The chunk that takes lines; NULL: the fault is up. */
static struct filter_chunk *open_chunk(struct lane_state *state,
                                       struct filter_file *file)
{
    if (file->filling)
        return chunk_at(file, file->count - 1);
    if (!drain(state, file, file->files->chunk_count - 1))
        return NULL;
    struct filter_chunk *chunk = chunk_at(file, file->count++);
    atomic_store_explicit(&chunk->done, 0, memory_order_relaxed);
    chunk->size = 0;
    file->filling = true;
    return chunk;
}

static bool add_bytes(struct lane_state *state, struct filter_file *file,
                      const void *bytes, size_t size, bool feed)
{
    struct filter_chunk *chunk = open_chunk(state, file);
    if (!chunk)
        return false;
    if (!chunk_reserve(state->run->memory, &chunk->text, &chunk->capacity,
                       chunk->size + size + 1)) {
        run_out_of_memory(state->run);
        return false;
    }
    memcpy(chunk->text + chunk->size, bytes, size);
    chunk->size += size;
    if (feed)
        chunk->text[chunk->size++] = '\n';
    return true;
}

static bool make_file(struct lane_state *state, struct filter_file *file)
{
    struct filter_files *files = file->files;
    char name[FILTER_NAME_BYTES];
    /* A run that failed hands over what it has; its file is ended already. */
    if (fault_raised(state->run->fault))
        return false;
    filter_name(&files->names, file->shard, file->result.csv, name);
    file->out = outfile_create_new(files->outdir, name);
    if (!file->out)
        return false;
    file->result.made = true;
    return !file->result.csv ||
           add_bytes(state, file, file->header.bytes, file->header.size,
                     false);
}

static bool add_line(struct lane_state *state, struct filter_file *file,
                     struct text line)
{
    if (!file->out && !make_file(state, file))
        return false;
    if (!add_bytes(state, file, line.bytes, line.size, true))
        return false;
    file->result.lines++;
    file->result.text_bytes += line.size + 1;
    if (chunk_at(file, file->count - 1)->size >= FILTER_FRAME_BYTES)
        close_chunk(state, file);
    return true;
}

bool filter_file_take(struct lane_state *state, struct filter_file *file,
                      const struct batch *batch)
{
    struct batch_item item;
    size_t at = 0;
    bool well = true;
    while (well && batch_next(batch, &at, &item) != BATCH_END) {
        CHECK(item.kind == BATCH_LINE);
        well = add_line(state, file, item.line);
    }
    profile_was(&state->times, STAGE_ENCODE);
    return well;
}

/* ---- a shard ------------------------------------------------------------- */

void filter_file_begin(struct filter_file *file, uint32_t shard)
{
    CHECK(!file->out);
    file->shard = shard;
    file->result = (struct filter_result){0};
    file->filling = file->framed = false;
    file->first = file->count = 0;
    fragment_clear(&file->header);
}

/* The header of CSV, without a mark before it and with its line end. */
static bool read_header(struct fragment *header, const uint8_t *text,
                        size_t size)
{
    uint8_t states = CSV_CELL_START;
    size_t start = bom_bytes(text, size), end = start;
    bool whole = csv_border_next(&states, text, size, &end);
    return fragment_add(header, text + start, end - start) &&
           (whole || fragment_add(header, (const uint8_t *)"\n", 1));
}

static bool same_bytes(const struct fragment *a, const struct fragment *b)
{
    return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

bool filter_file_framing(struct filter_file *file, bool csv,
                         const uint8_t *text, size_t size)
{
    struct run *run = file->files->run;
    struct fragment header;
    fragment_init(&header, run->memory, size + 1);
    bool well = !csv || read_header(&header, text, size);
    bool first = !file->framed;
    bool alike = first || (file->result.csv == csv &&
                           (!csv || same_bytes(&file->header, &header)));
    if (well && first && csv)
        well = fragment_add(&file->header, header.bytes, header.size);
    fragment_free(&header);
    file->framed = true;
    file->result.csv = csv;
    if (!well)
        run_out_of_memory(run);
    else if (!alike)
        fault_raise(run->fault, CODE_INPUT,
                    run->shards->items[file->shard].name, UINT64_MAX, 0,
                    "its members are CSV with different headers, or CSV beside "
                    "other text, and cannot go to one file: unpack it first");
    return well && alike;
}

bool filter_file_end(struct lane_state *state, struct filter_file *file,
                     bool well)
{
    if (!file->out)
        return well;
    if (well && file->filling)
        close_chunk(state, file);
    well = well && drain(state, file, 0);
    file->result.file_bytes = outfile_bytes(file->out);
    /* A chunk that was not written is one of a run that failed. */
    if (!outfile_end(file->out))
        well = false;
    file->out = NULL;
    file->files->results[file->shard] = file->result;
    return well;
}
