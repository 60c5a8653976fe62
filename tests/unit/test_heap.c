#include "pipeline/heap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int compare_keys(const void *context, uint32_t a, uint32_t b)
{
    const int *keys = context;
    return (keys[a] > keys[b]) - (keys[a] < keys[b]);
}

/* Every source counts up by its number and ends at 50. */
static void sources_come_out_in_order_and_ties_by_number(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 9; count++) {
        int keys[9] = {0};
        uint32_t items[9], last_source = 0, steps = 0;
        int last = -1;
        struct heap heap = {items, 0, compare_keys, keys};
        for (uint32_t i = 0; i < count; i++) {
            keys[i] = (int)(i * 7 % 5);
            if (i % 2)
                heap_push(&heap, i);
            else {
                items[heap.count++] = i;
                heap_build(&heap);
            }
        }
        while (heap.count) {
            uint32_t top = items[0];
            assert_true(keys[top] > last ||
                        (keys[top] == last && top > last_source));
            last = keys[top];
            last_source = top;
            steps++;
            keys[top] += (int)top + 1;
            if (keys[top] > 50)
                heap_pop(&heap);
            else
                heap_sift(&heap);
        }
        assert_true(steps > 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sources_come_out_in_order_and_ties_by_number)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
