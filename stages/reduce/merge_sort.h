#ifndef SANDPIPER_STAGES_REDUCE_MERGE_SORT_H
#define SANDPIPER_STAGES_REDUCE_MERGE_SORT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * MERGE_SORT(name, type, less) defines
 *
 *     static void name(type *items, size_t count, type *spare);
 *
 * A stable merge sort, bottom up: O(n log n) comparisons at worst, n - 1 when
 * the items are sorted already; blocks of MERGE_SORT_BLOCK by insertion, and
 * halves that already stand in order are left alone. less(const type *, const
 * type *) must be a strict weak order. spare has room for count items; it may
 * be NULL when count <= MERGE_SORT_BLOCK.
 *
 * A macro, not a callback: the comparison is inlined, and it is most of the
 * work. glibc's qsort_r is not used because, short of memory, it falls back
 * to a quicksort, which is quadratic for chosen input.
 */
#define MERGE_SORT_BLOCK 16

#define MERGE_SORT(name, type, less)                                           \
    static bool name##_sorted(const type *items, size_t count)                 \
    {                                                                          \
        for (size_t i = 1; i < count; i++)                                     \
            if (less(&items[i], &items[i - 1]))                                \
                return false;                                                  \
        return true;                                                           \
    }                                                                          \
                                                                               \
    static void name##_insert(type *items, size_t count)                       \
    {                                                                          \
        for (size_t i = 1; i < count; i++) {                                   \
            type item = items[i];                                              \
            size_t at = i;                                                     \
            for (; at > 0 && less(&item, &items[at - 1]); at--)                \
                items[at] = items[at - 1];                                     \
            items[at] = item;                                                  \
        }                                                                      \
    }                                                                          \
                                                                               \
    /* Merges items[0, half) and items[half, count): the lower half goes to    \
     * spare, so that the result never overtakes what is still unread. */      \
    static void name##_merge(type *items, size_t half, size_t count,           \
                             type *spare)                                      \
    {                                                                          \
        if (!less(&items[half], &items[half - 1]))                             \
            return;                                                            \
        memcpy(spare, items, half * sizeof *items);                            \
        size_t left = 0, right = half, to = 0;                                 \
        while (left < half && right < count)                                   \
            items[to++] = less(&items[right], &spare[left]) ? items[right++]   \
                                                            : spare[left++];   \
        memcpy(items + to, spare + left, (half - left) * sizeof *items);       \
    }                                                                          \
                                                                               \
    static void name(type *items, size_t count, type *spare)                   \
    {                                                                          \
        if (name##_sorted(items, count))                                       \
            return;                                                            \
        for (size_t at = 0; at < count; at += MERGE_SORT_BLOCK)                \
            name##_insert(items + at, count - at < MERGE_SORT_BLOCK            \
                                          ? count - at                         \
                                          : MERGE_SORT_BLOCK);                 \
        for (size_t width = MERGE_SORT_BLOCK; width < count; width *= 2)       \
            for (size_t at = 0; count - at > width; at += 2 * width) {         \
                size_t size = count - at < 2 * width ? count - at : 2 * width; \
                name##_merge(items + at, width, size, spare);                  \
                if (size < 2 * width)                                          \
                    break;                                                     \
            }                                                                  \
    }

#endif
