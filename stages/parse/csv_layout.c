#include "stages/parse/csv_layout.h"

#include "stages/parse/csv_cells.h"
#include "stages/parse/csv_kernel.h"

#include <stdlib.h>
#include <string.h>

static void note_column(struct csv_layout *layout, uint32_t column,
                        struct text name)
{
    for (int field = 0; field < IO_FIELDS; field++)
        if (strlen(IO_FIELD_NAMES[field]) == name.size &&
            memcmp(IO_FIELD_NAMES[field], name.bytes, name.size) == 0)
            layout->column_of[field] = (uint16_t)column;
}

static bool has(const struct csv_layout *layout, enum io_field field)
{
    return layout->column_of[field] != CSV_NO_COLUMN;
}

/* The columns that make it an archive's file. */
static bool is_archive(struct csv_layout *layout)
{
    layout->users = !has(layout, IO_TWEET);
    return has(layout, IO_USER) &&
           (!layout->users || has(layout, IO_SCREEN_NAME) ||
            has(layout, IO_CREATED) || has(layout, IO_FOLLOWERS));
}

/* The header: the first row of the index. */
static bool read_header(struct csv_layout *layout, const uint8_t *text,
                        const struct csv_index *index)
{
    if (index->row_count == 0 || index->rows[0].errors ||
        index->rows[0].end > CSV_COLUMNS_MAX)
        return false;
    layout->columns = index->rows[0].end;
    for (int field = 0; field < IO_FIELDS; field++)
        layout->column_of[field] = CSV_NO_COLUMN;
    size_t start = 0;
    for (uint32_t column = 0; column < layout->columns; column++) {
        size_t end = index->tokens[column];
        if (column + 1 == layout->columns && end > start &&
            text[end - 1] == '\r')
            end--;
        /* No name that is wanted holds a quote. */
        note_column(layout, column, cell_inside(text, start, end));
        start = (size_t)index->tokens[column] + 1;
    }
    return is_archive(layout);
}

bool csv_layout_read(struct csv_layout *layout, const uint8_t *text,
                     size_t size, bool whole)
{
    *layout = (struct csv_layout){0};
    if (size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        layout->bom = 3;
    text += layout->bom;
    size -= layout->bom;
    uint8_t *copy = malloc(size + 1);
    struct csv_index index = {
        .tokens = malloc((size + 1 + KERNEL_PADDING) * sizeof(uint32_t)),
        .rows = malloc((CSV_ROWS_MAX + KERNEL_PADDING) *
                       sizeof(struct csv_row))};
    bool is_csv = false;
    if (copy && index.tokens && index.rows) {
        memcpy(copy, text, size);
        copy[size] = '\n';
        csv_scalar(copy, size + whole, &index);
        is_csv = read_header(layout, copy, &index);
    }
    free(copy);
    free(index.tokens);
    free(index.rows);
    return is_csv;
}
