#include "stages/emit/number_text.h"
#include "stages/emit/output.h"

/*
 * RFC 4180: a cell is quoted if it could be taken for anything but its
 * characters, with quotes doubled. Beyond what the RFC demands, a text is
 * quoted that is empty (an unquoted nothing is null), begins or ends with
 * white space, holds a control character, or begins like a formula; no byte
 * is ever added inside, so that it parses back equal.
 */
static bool quotes_anywhere(char c)
{
    return (unsigned char)c < ' ' || c == '"' || c == ',' || c == 0x7f;
}

static bool quotes_in_front(char c)
{
    return c == ' ' || c == '=' || c == '+' || c == '-' || c == '@';
}

static bool needs_quotes(struct text text)
{
    if (!text.size || quotes_in_front(text.bytes[0]) ||
        text.bytes[text.size - 1] == ' ')
        return true;
    for (uint32_t i = 0; i < text.size; i++)
        if (quotes_anywhere(text.bytes[i]))
            return true;
    return false;
}

void emit_csv_text(struct output *output, struct text text)
{
    if (!needs_quotes(text)) {
        output_add(output, text.bytes, text.size);
        return;
    }
    char *room = output_room(output, (size_t)text.size * 2 + 2), *at = room;
    if (!room)
        return;
    *at++ = '"';
    for (uint32_t i = 0; i < text.size; i++) {
        if (text.bytes[i] == '"')
            *at++ = '"';
        *at++ = text.bytes[i];
    }
    *at++ = '"';
    output->size += (size_t)(at - room);
}

static void csv_cell(struct output *output, bool comma, enum column_type type,
                     const struct value *value)
{
    char *room = output_room(output, NUMBER_TEXT_MAX + 1), *at = room;
    if (!room)
        return;
    if (comma)
        *at++ = ',';
    if (!value->null && type != COLUMN_TEXT)
        at = write_value(at, type, value);
    output->size += (size_t)(at - room);
    if (!value->null && type == COLUMN_TEXT)
        emit_csv_text(output, value->text);
}

void csv_cells(struct output *output, const struct table *table,
               uint32_t first, uint32_t last, const struct value *row)
{
    uint32_t end = table_shown_end(table);
    for (uint32_t i = first; i < last && i < end; i++) {
        if (!table_shows(table, i))
            continue;
        csv_cell(output, i > table->shown_first, table->columns[i].type,
                 &row[i]);
        if (i + 1 == end)
            output_add(output, "\r\n", 2);
    }
}

void csv_header(struct output *output, const struct table *table)
{
    for (uint32_t i = table->shown_first; i < table_shown_end(table); i++) {
        if (!table_shows(table, i))
            continue;
        if (i > table->shown_first)
            output_add(output, ",", 1);
        output_add_text(output, table->columns[i].name);
    }
    output_add(output, "\r\n", 2);
}
