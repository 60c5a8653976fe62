#include "stages/emit/output.h"
#include "stages/emit/writers.h"
#include "stages/varint.h"

#include <stdlib.h>

/*
 * A cell is a byte (0: null, 1: not), then its value: a text as its size and
 * bytes, a real number as its 8 bytes, any other number in zigzag.
 */
#define CELL_BYTES_MAX (1 + VARINT_BYTES_MAX)

static void packed_cell(struct output *output, enum column_type type,
                        const struct value *value)
{
    size_t text = !value->null && type == COLUMN_TEXT ? value->text.size : 0;
    char *room = output_room(output, CELL_BYTES_MAX + text);
    if (!room)
        return;
    uint8_t *at = (uint8_t *)room;
    *at++ = !value->null;
    if (value->null) {
        /* Nothing follows. */
    } else if (type == COLUMN_TEXT) {
        at = text_list_put(at, value->text);
    } else if (type == COLUMN_REAL) {
        memcpy(at, &value->real, sizeof value->real);
        at += sizeof value->real;
    } else {
        at = varint_write(at, zigzag(value->integer));
    }
    output->size += (size_t)(at - (uint8_t *)room);
}

void packed_cells(struct output *output, const struct table *table,
                  uint32_t first, uint32_t last, const struct value *row)
{
    for (uint32_t i = first; i < last; i++)
        if (table_shows(table, i))
            packed_cell(output, table->columns[i].type, &row[i]);
}

/* ---- reading ------------------------------------------------------------- */

struct packed_reader {
    const struct table *table;
    struct table_writer *const *writers;
    uint32_t writer_count;
    struct output bytes;     /* of the row at hand, and what follows it */
    size_t at;               /* read so far */
    struct value *row;       /* its texts borrow the bytes */
};

struct packed_reader *packed_reader_create(
    const struct table *table, struct table_writer *const *writers,
    uint32_t writer_count)
{
    struct packed_reader *reader = calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    *reader = (struct packed_reader){.table = table, .writers = writers,
                                     .writer_count = writer_count};
    reader->row = calloc(table->count, sizeof *reader->row);
    if (!reader->row) {
        free(reader);
        return NULL;
    }
    for (uint32_t i = 0; i < table->count; i++)
        reader->row[i].null = true;
    return reader;
}

void packed_reader_free(struct packed_reader *reader)
{
    if (!reader)
        return;
    output_free(&reader->bytes);
    free(reader->row);
    free(reader);
}

/* Reads the cell at reader->at; false: not all of it is there. */
static bool read_cell(struct packed_reader *reader, enum column_type type,
                      struct value *value)
{
    const uint8_t *base = (const uint8_t *)reader->bytes.bytes;
    const uint8_t *at = base + reader->at, *end = base + reader->bytes.size;
    uint64_t number;
    if (at == end)
        return false;
    *value = (struct value){.null = !*at++};
    if (!value->null && type == COLUMN_REAL) {
        if ((size_t)(end - at) < sizeof value->real)
            return false;
        memcpy(&value->real, at, sizeof value->real);
        at += sizeof value->real;
    } else if (!value->null) {
        at = varint_read_checked(at, end, &number);
        if (!at || (type == COLUMN_TEXT && number > (uint64_t)(end - at)))
            return false;
        if (type == COLUMN_TEXT) {
            value->text = (struct text){(const char *)at, (uint32_t)number};
            at += number;
        } else {
            value->integer = unzigzag(number);
        }
    }
    reader->at = (size_t)(at - base);
    return true;
}

/* The bytes do not move while a row is read; false: it is not whole yet. */
static bool read_row(struct packed_reader *reader)
{
    const struct table *table = reader->table;
    size_t start = reader->at;
    for (uint32_t i = 0; i < table->count; i++)
        if (table_shows(table, i) &&
            !read_cell(reader, table->columns[i].type, &reader->row[i])) {
            reader->at = start;
            return false;
        }
    return true;
}

static bool write_row(const struct packed_reader *reader)
{
    for (uint32_t i = 0; i < reader->writer_count; i++)
        if (!reader->writers[i]->row(reader->writers[i], reader->row))
            return false;
    return true;
}

bool packed_reader_take(void *context, const void *bytes, size_t size)
{
    struct packed_reader *reader = context;
    output_add(&reader->bytes, bytes, size);
    if (reader->bytes.failed)
        return false;
    bool well = true;
    while (well && reader->at < reader->bytes.size && read_row(reader))
        well = write_row(reader);
    size_t rest = reader->bytes.size - reader->at;
    memmove(reader->bytes.bytes, reader->bytes.bytes + reader->at, rest);
    reader->bytes.size = rest;
    reader->at = 0;
    return well;
}

bool packed_reader_ended(const struct packed_reader *reader)
{
    return reader->bytes.size == 0;
}
