#include "stages/reduce/rounds.h"

#include <errno.h>
#include <stdlib.h>

int record_add(struct reduce_lane *lane, const void *bytes, size_t size)
{
    size_t need = lane->record_fill + size;
    if (need > lane->record_capacity) {
        size_t capacity = need + need / 2 + 4096;
        uint8_t *grown = realloc(lane->record, capacity);
        if (!grown)
            return -ENOMEM;
        lane->record = grown;
        lane->record_capacity = capacity;
    }
    if (size)
        memcpy(lane->record + lane->record_fill, bytes, size);
    lane->record_fill = need;
    return 0;
}

int record_begin(struct reduce_lane *lane, uint32_t place, struct text id)
{
    struct row_head head = {.id_bytes = id.size, .place = place};
    lane->record_fill = 0;
    int status = record_add(lane, &head, sizeof head);
    return status ? status : record_add(lane, id.bytes, id.size);
}

int record_piece(struct reduce_lane *lane, struct text piece)
{
    int status = record_add(lane, &piece.size, sizeof piece.size);
    return status ? status : record_add(lane, piece.bytes, piece.size);
}

int record_end(struct reduce_lane *lane, uint64_t first, uint64_t second,
               struct byte_run *run)
{
    struct row_head head;
    memcpy(&head, lane->record, sizeof head);
    head.bytes = lane->record_fill - sizeof head;
    head.numbers[0] = first;
    head.numbers[1] = second;
    memcpy(lane->record, &head, sizeof head);
    return run_append(run, lane->record, lane->record_fill);
}

int record_row(struct reduce *reduce, uint32_t lane_index, enum table_id table,
               enum platform platform, struct text id, const struct value *row,
               struct byte_run *run)
{
    const struct reduce_options *options = &reduce->options;
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    int status = record_begin(lane, row_place(table, platform), id);
    for (uint32_t format = 0; format < options->formats && !status; format++) {
        struct text piece =
            options->format(options->format_context, lane_index, table, format,
                            0, TABLES[table].count, row);
        status = piece.bytes ? record_piece(lane, piece) : -ENOMEM;
    }
    return status ? status : record_end(lane, 0, 0, run);
}
