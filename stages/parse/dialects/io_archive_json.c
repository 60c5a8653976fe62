#include "stages/parse/dialects/dialect.h"
#include "stages/parse/dialects/io_archive.h"
#include "stages/parse/dialects/recognise.h"

/*
 * The information-operations archive as JSON: objects with the columns' names.
 * What they say, io_archive.h tells from their cells.
 */
#define SLOT(field)                                                            \
    ((field) == IO_TWEET  ? (int)KEY_TWEETID                                   \
     : (field) == IO_USER ? (int)KEY_USERID                                    \
                          : (int)RECOGNISED_KEYS + (int)(field))

static const struct context_key ROOT_KEYS[] = {
#define X(name, column) {column, SLOT(name), 0, 0},
    IO_FIELDS_X(X)
#undef X
    {NULL, 0, 0, 0},
};
static const struct context CONTEXTS[CONTEXT_ROOT + 1] = {
    [CONTEXT_ROOT] = {ROOT_KEYS, (int)RECOGNISED_KEYS + (int)IO_FIELDS, NULL},
};

static struct text bytes_of(const struct reader *reader,
                            struct value_ref value)
{
    return (struct text){(const char *)reader->walk->text + value.start,
                         value.end - value.start};
}

/* Scalars as they are written, strings decoded; a list with its brackets. */
static struct text cell(struct reader *reader, uint32_t slot, bool list)
{
    struct value_ref value = list ? slot_value(reader->slots, slot)
                                  : field_scalar(reader, slot);
    switch (value.type) {
    case VALUE_NULL:
        return (struct text){"", 0};
    case VALUE_STRING:
        return field_element_text(reader, &value);
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NUMBER:
        return bytes_of(reader, value);
    case VALUE_ARRAY:
        if (list)
            return bytes_of(reader, value);
        break;
    default:
        break;
    }
    return (struct text){NULL, TEXT_NONE};
}

static enum line_reason take(struct record *record, bool *control)
{
    struct reader *reader = &record->reader;
    struct io_record io = {.json = false};
    *control = false;
    for (int i = 0; i < IO_FIELDS; i++) {
        uint32_t slot = (uint32_t)SLOT(i);
        bool list = i == IO_HASHTAGS || i == IO_URLS || i == IO_MENTIONS;
        io.cells[i] = cell(reader, slot, list);
        /* A list in a string is Python's, as it stood in the CSV. */
        io.json |= list && reader->slots->types[slot] == VALUE_ARRAY;
    }
    return io_archive_tweet(record->memory, &io, record->content,
                            record->sink);
}

static void memory_free(void *memory)
{
    io_scratch_free(memory);
}

const struct dialect DIALECT_OF_IO_ARCHIVE = {
    .id = DIALECT_IO_ARCHIVE,
    .contexts = CONTEXTS,
    .context_count = CONTEXT_ROOT + 1,
    .take = take,
    .memory_bytes = sizeof(struct io_scratch),
    .memory_free = memory_free};
