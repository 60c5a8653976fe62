/*
 * Where rows end, in text that begins anywhere: against the scalar kernel,
 * which knows the whole text.
 */
#include "stages/parse/csv_kernel.h"
#include "stages/split/split.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define TEXT_BYTES 200

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    /* SplitMix64: the same sequence in every run. */
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ mixed >> 31) % limit);
}

static size_t random_text(uint8_t *text)
{
    static const char *const alphabets[] = {"\",\n", "\",\na", "\"a\n",
                                            "a,\n", "\",,,\n\"ab\r"};
    const char *alphabet = alphabets[random_below(5)];
    size_t size = random_below(TEXT_BYTES);
    for (size_t i = 0; i < size; i++)
        text[i] = (uint8_t)alphabet[random_below((uint32_t)strlen(alphabet))];
    return size;
}

/* The places behind the line feeds that end rows, as the kernel has them. */
static uint32_t borders_of(const uint8_t *text, size_t size, size_t *borders)
{
    uint32_t tokens[TEXT_BYTES + KERNEL_PADDING], count = 0;
    struct csv_row rows[CSV_ROWS_MAX + KERNEL_PADDING];
    struct csv_index index = {.tokens = tokens, .rows = rows};
    csv_scalar(text, size, &index);
    for (; count < index.row_count; count++)
        borders[count] = (size_t)tokens[rows[count].end - 1] + 1;
    return count;
}

static void borders_are_the_kernels_whatever_the_pieces(void **state)
{
    uint8_t text[TEXT_BYTES];
    size_t borders[TEXT_BYTES];
    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t size = random_text(text);
        uint32_t count = borders_of(text, size, borders), found = 0;
        uint8_t states = CSV_CELL_START;
        for (size_t from = 0; from < size;) {
            size_t part = 1 + random_below(40), at = 0;
            part = part < size - from ? part : size - from;
            bool ends = csv_border_next(&states, text + from, part, &at);
            assert_true(csv_states_settled(states));
            from += at;
            if (!ends)
                continue;
            assert_int_equal(states, CSV_CELL_START);
            assert_true(found < count);
            assert_int_equal(borders[found++], from);
        }
        assert_int_equal(found, count);
    }
}

static bool is_border(const size_t *borders, uint32_t count, size_t place)
{
    for (uint32_t i = 0; i < count; i++)
        if (borders[i] == place)
            return true;
    return false;
}

/* From any place on, not knowing what stood before: a border that is told is
 * one, and the true state is among those that are left. */
static void a_border_from_anywhere_is_a_border(void **state)
{
    uint8_t text[TEXT_BYTES];
    size_t borders[TEXT_BYTES];
    uint64_t told = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        size_t size = random_text(text);
        uint32_t count = borders_of(text, size, borders);
        for (size_t from = 0; from <= size; from += 1 + size / 20) {
            uint8_t any = CSV_ANY, known = CSV_CELL_START;
            size_t at = 0;
            while (at < from && csv_border_next(&known, text, from, &at))
                ;
            at = from;
            bool ends = csv_border_next(&any, text, size, &at);
            told += ends;
            if (ends)
                assert_true(is_border(borders, count, at));
            for (size_t to = from; to < at;)
                (void)csv_border_next(&known, text, at, &to);
            assert_true(known & any);
        }
    }
    assert_true(told > 10000);
}

/* The sets step as the states in them do. */
static void a_set_of_states_steps_as_its_members(void **state)
{
    static const uint8_t bytes[] = {'"', ',', '\n', 'a', '\r', 0};
    (void)state;
    for (uint8_t set = 1; set <= CSV_ANY; set++)
        for (size_t i = 0; i < sizeof bytes; i++) {
            uint8_t together = set, each = 0;
            size_t at = 0;
            bool sure = csv_border_next(&together, &bytes[i], 1, &at);
            bool all = true;
            for (uint8_t one = 1; one <= CSV_QUOTED; one = (uint8_t)(one * 2)) {
                uint8_t alone = one;
                at = 0;
                if (!(set & one))
                    continue;
                all &= csv_border_next(&alone, &bytes[i], 1, &at);
                each |= alone;
            }
            assert_int_equal(together, each);
            assert_int_equal(sure, all);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(borders_are_the_kernels_whatever_the_pieces),
        cmocka_unit_test(a_border_from_anywhere_is_a_border),
        cmocka_unit_test(a_set_of_states_steps_as_its_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
