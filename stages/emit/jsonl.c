#include "stages/emit/number_text.h"
#include "stages/emit/output.h"

/*
 * RFC 8259. Texts were checked when they were read; should one hold bytes
 * that are no UTF-8 all the same, each becomes U+FFFD, because a line that is
 * no JSON would cost the reader the whole file.
 */
#define ESCAPE_MAX 6    /* \u00XX: the longest a byte can become */
#define SPAN_BYTES 4096 /* so that a long text needs no room for six */

static bool is_plain(unsigned char byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

static char *write_escape(char *at, unsigned char byte)
{
    static const char SHORT[256] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    static const char HEX[] = "0123456789abcdef";
    *at++ = '\\';
    if (SHORT[byte]) {
        *at++ = SHORT[byte];
        return at;
    }
    memcpy(at, "u00", 3);
    at[3] = HEX[byte >> 4];
    at[4] = HEX[byte & 15];
    return at + 5;
}

/* Bytes of the character at `at` if it is well-formed UTF-8 (Unicode 15,
 * table 3-7), else 0. size > 0; the first byte is not ASCII. */
static uint32_t character_size(const unsigned char *at, uint32_t size)
{
    unsigned char first = at[0], low = 0x80, high = 0xbf;
    uint32_t wanted = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (first < 0xc2 || first > 0xf4 || size < wanted)
        return 0;
    if (first == 0xe0)
        low = 0xa0; /* shorter forms exist below */
    else if (first == 0xed)
        high = 0x9f; /* surrogates above */
    else if (first == 0xf0)
        low = 0x90;
    else if (first == 0xf4)
        high = 0x8f; /* U+10FFFF is the last */
    if (at[1] < low || at[1] > high)
        return 0;
    for (uint32_t i = 2; i < wanted; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return wanted;
}

/* Writes some SPAN_BYTES of the text from i on; returns where it stopped. */
static uint32_t add_span(struct output *output, struct text text, uint32_t i)
{
    const unsigned char *bytes = (const unsigned char *)text.bytes;
    uint32_t end = text.size - i < SPAN_BYTES ? text.size : i + SPAN_BYTES;
    char *room = output_room(output, (size_t)(end - i + 4) * ESCAPE_MAX);
    char *at = room;
    if (!room)
        return text.size;
    while (i < end) {
        if (is_plain(bytes[i])) {
            *at++ = (char)bytes[i++];
        } else if (bytes[i] < 0x80) {
            at = write_escape(at, bytes[i++]);
        } else {
            uint32_t size = character_size(bytes + i, text.size - i);
            const char *from = size ? text.bytes + i : "\xef\xbf\xbd";
            uint32_t written = size ? size : 3;
            memcpy(at, from, written);
            at += written;
            i += size ? size : 1;
        }
    }
    output->size += (size_t)(at - room);
    return i;
}

void emit_json_text(struct output *output, struct text text)
{
    output_add(output, "\"", 1);
    for (uint32_t i = 0; i < text.size;)
        i = add_span(output, text, i);
    output_add(output, "\"", 1);
}

/* The key with its opening: {"name": or ,"name": */
static void jsonl_key(struct output *output, bool opening, const char *name)
{
    size_t size = strlen(name);
    char *at = output_room(output, size + 4);
    if (!at)
        return;
    *at++ = opening ? '{' : ',';
    *at++ = '"';
    memcpy(at, name, size);
    memcpy(at + size, "\":", 2);
    output->size += size + 4;
}

static void jsonl_cell(struct output *output, enum column_type type,
                       const struct value *value)
{
    if (value->null) {
        output_add(output, "null", 4);
        return;
    }
    if (type == COLUMN_TEXT) {
        emit_json_text(output, value->text);
        return;
    }
    char *room = output_room(output, NUMBER_TEXT_MAX + 2), *at = room;
    if (!room)
        return;
    bool quoted = type == COLUMN_TIME || type == COLUMN_DAY;
    if (quoted)
        *at++ = '"';
    at = write_value(at, type, value);
    if (quoted)
        *at++ = '"';
    output->size += (size_t)(at - room);
}

void jsonl_cells(struct output *output, const struct table *table,
                 uint32_t first, uint32_t last, const struct value *row)
{
    uint32_t end = table_shown_end(table);
    for (uint32_t i = first; i < last && i < end; i++) {
        if (!table_shows(table, i))
            continue;
        jsonl_key(output, i == table->shown_first, table->columns[i].name);
        jsonl_cell(output, table->columns[i].type, &row[i]);
        if (i + 1 == end)
            output_add(output, "}\n", 2);
    }
}
