#include "stages/aggregate/item_log.h"

#define ITEMS_FIRST 8
#define CHUNK_BYTES_MAX ((size_t)16 << 10)

struct item_chunk {
    struct item_chunk *next;
    uint8_t *end;       /* of what is filled; the last one's is the log's */
    size_t bytes;
    uint8_t items[];
};

static bool add_chunk(struct item_log *log, struct arena *arena,
                      size_t item_bytes)
{
    size_t bytes = ITEMS_FIRST * item_bytes;
    if (log->last)
        bytes = log->last->bytes * 2;
    if (log->last && bytes > CHUNK_BYTES_MAX)
        bytes = log->last->bytes;
    if (bytes > CHUNK_BYTES_MAX)
        bytes = CHUNK_BYTES_MAX;
    if (bytes < item_bytes)
        bytes = item_bytes;
    struct item_chunk *chunk = arena_alloc(arena, sizeof *chunk + bytes, 8);
    if (!chunk)
        return false;
    chunk->bytes = bytes;
    if (log->last) {
        log->last->end = log->next;
        log->last->next = chunk;
    } else {
        log->first = chunk;
    }
    log->last = chunk;
    log->next = chunk->items;
    log->end = chunk->items + bytes;
    return true;
}

void *item_log_add(struct item_log *log, struct arena *arena,
                   size_t item_bytes)
{
    if ((size_t)(log->end - log->next) < item_bytes &&
        !add_chunk(log, arena, item_bytes))
        return NULL;
    uint8_t *item = log->next;
    log->next += item_bytes;
    log->count++;
    return item;
}

void item_reader_open(struct item_reader *reader, const struct item_log *log)
{
    *reader = (struct item_reader){log, log->first,
                                   log->first ? log->first->items : NULL};
}

const uint8_t *item_reader_at(struct item_reader *reader)
{
    while (reader->chunk) {
        bool last = reader->chunk == reader->log->last;
        uint8_t *end = last ? reader->log->next : reader->chunk->end;
        if (reader->at < end)
            return reader->at;
        reader->chunk = reader->chunk->next;
        reader->at = reader->chunk ? reader->chunk->items : NULL;
    }
    return NULL;
}

void *item_reader_next(struct item_reader *reader, size_t item_bytes)
{
    if (!item_reader_at(reader))
        return NULL;
    uint8_t *item = reader->at;
    reader->at += item_bytes;
    return item;
}
