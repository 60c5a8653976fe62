#include "stages/reduce/client_class.h"

/* CLIENTS_TSV[], made from clients.tsv when the program is built: no file of
 * the source tree. */
#include <clients_tsv.h>

const char *const CLIENT_CLASS_NAMES[CLIENT_CLASSES] = {
    [CLIENT_AUTOMATION] = "automation",
    [CLIENT_MOBILE] = "mobile",
    [CLIENT_OTHER] = "other",
    [CLIENT_WEB] = "web",
};

struct text client_table(void)
{
    return (struct text){(const char *)CLIENTS_TSV, sizeof CLIENTS_TSV};
}

struct hash128 client_table_digest(void)
{
    return hash_bytes128(CLIENTS_TSV, sizeof CLIENTS_TSV);
}

/* The line that the place stands in, without its line feed. */
static struct text line_around(struct text table, size_t at)
{
    size_t start = at, end = at;
    while (start > 0 && table.bytes[start - 1] != '\n')
        start--;
    while (end < table.size && table.bytes[end] != '\n')
        end++;
    return (struct text){table.bytes + start, (uint32_t)(end - start)};
}

static bool is_comment(struct text line)
{
    return line.size == 0 || line.bytes[0] == '#';
}

static enum client_class class_named(struct text name)
{
    for (int i = 0; i < CLIENT_CLASSES; i++)
        if (strlen(CLIENT_CLASS_NAMES[i]) == name.size &&
            memcmp(CLIENT_CLASS_NAMES[i], name.bytes, name.size) == 0)
            return (enum client_class)i;
    return CLIENT_OTHER;
}

/* Names rise, as bytes, behind the comments: halve the bytes, not the lines. */
enum client_class client_class_of(struct text client)
{
    struct text table = client_table();
    size_t low = 0, high = table.size;
    while (low < high) {
        struct text line = line_around(table, low + (high - low) / 2);
        const char *tab = memchr(line.bytes, '\t', line.size);
        struct text name = {line.bytes,
                            tab ? (uint32_t)(tab - line.bytes) : 0};
        int order = is_comment(line) ? -1 : text_compare(name, client);
        if (order == 0)
            return class_named((struct text){
                tab + 1, line.size - name.size - 1});
        if (order < 0)
            low = (size_t)(line.bytes - table.bytes) + line.size + 1;
        else
            high = (size_t)(line.bytes - table.bytes);
    }
    return CLIENT_OTHER;
}
