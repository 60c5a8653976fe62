#include "stages/aggregate/register_cell.h"

bool text_cell_raise(union register_cell *cell, uint64_t when,
                     struct text text, uint64_t block, struct arena *arena,
                     bool *held)
{
    for (;;) {
        struct cell_view seen = cell_load(cell);
        struct text now = text_block_read(seen.value);
        *held = seen.when && text_equal(text, now);
        if (when < seen.when ||
            (when == seen.when && text_compare(text, now) <= 0))
            return true;
        struct cell_view raised = {when, seen.value};
        if (!*held) {
            if (!block && !(block = text_block_make(text, arena)))
                return false;
            raised.value = block;
        }
        if (cell_replace(cell, seen, raised))
            return true;
    }
}
