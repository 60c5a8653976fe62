#ifndef SANDPIPER_TESTS_UNIT_CSV_KERNEL_CASES_H
#define SANDPIPER_TESTS_UNIT_CSV_KERNEL_CASES_H

/*
 * A vector kernel for CSV against the scalar one, which is the specification:
 * the same rows, errors and tokens of every text, and the same last border. A
 * test program sets the kernels and registers CSV_KERNEL_CASES.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/csv_kernel.h"

#include <string.h>

#define CASE_BYTES_MAX 4096

static csv_kernel kernel_under_test;
static csv_border_kernel border_under_test;
static uint8_t case_text[CASE_BYTES_MAX + 64 + KERNEL_PADDING];

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    /* SplitMix64: the same sequence in every run. */
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ mixed >> 31) % limit);
}

struct case_index {
    struct csv_index index;
    uint32_t tokens[CASE_BYTES_MAX + KERNEL_PADDING];
    struct csv_row rows[CSV_ROWS_MAX + KERNEL_PADDING];
};
static struct case_index expected, got;

static void case_run(csv_kernel kernel, struct case_index *into,
                     const uint8_t *text, size_t size)
{
    into->index.tokens = into->tokens;
    into->index.rows = into->rows;
    kernel(text, size, &into->index);
}

static void fail_with_text(const uint8_t *text, size_t size, const char *what)
{
    for (size_t i = 0; i < size; i++)
        print_error("%02x%c", text[i], i % 32 == 31 ? '\n' : ' ');
    fail_msg("%zu bytes: %s", size, what);
}

/* What stands behind the text must not matter. */
static const char *const BEHIND[] = {"\"\n,\x80\"", "    ", "\xBF\xBF\xBF",
                                     "\n\n\n", "\r\n"};

static void expect_agreement_at(size_t offset, const void *bytes, size_t size)
{
    uint8_t *text = case_text + offset;
    const char *behind = BEHIND[random_below(5)];
    assert_true(size <= CASE_BYTES_MAX);
    for (size_t i = 0; i < KERNEL_PADDING; i++)
        text[size + i] = (uint8_t)behind[i % strlen(behind)];
    memcpy(text, bytes, size);
    case_run(csv_scalar, &expected, text, size);
    case_run(kernel_under_test, &got, text, size);
    uint32_t rows = expected.index.row_count;
    if (rows != got.index.row_count)
        fail_with_text(text, size, "other rows");
    if (expected.index.nul && !got.index.nul && rows &&
        memchr(text, 0, expected.tokens[expected.rows[rows - 1].end - 1]))
        fail_with_text(text, size, "a NUL was not seen");
    if (memcmp(expected.rows, got.rows, rows * sizeof *got.rows) != 0)
        fail_with_text(text, size, "other ends or errors of rows");
    if (rows && memcmp(expected.tokens, got.tokens,
                       expected.rows[rows - 1].end * sizeof(uint32_t)) != 0)
        fail_with_text(text, size, "other tokens");
    if (csv_border_scalar(text, size) != border_under_test(text, size))
        fail_with_text(text, size, "another last border");
}

static void expect_agreement(const void *bytes, size_t size)
{
    expect_agreement_at(random_below(64), bytes, size);
}

static void every_length_at_every_alignment(void **state)
{
    static const char alphabet[] = "\",\n\ra b1\xC3\xA9,\"\"";
    (void)state;
    for (size_t size = 0; size <= 200; size++)
        for (size_t offset = 0; offset < 64; offset++) {
            uint8_t text[200];
            for (size_t i = 0; i < size; i++)
                text[i] = (uint8_t)alphabet[random_below(12)];
            expect_agreement_at(offset, text, size);
        }
}

/* Texts of few kinds of bytes, so that rare neighbours are frequent. */
static void random_texts_of_every_alphabet(void **state)
{
    static const char *const alphabets[] = {
        "\",",      "\",\n",    "\",\n\r",   "\"a",       "\"a,",
        "\"a,\n",   "\"\r\n",   "\"\"\"a,\n", "a,\n",      "\xE2\x82\xAC\n",
        "\"\xC3\xA9,", "\xF0\x9F\x98\x80\"\n", "\x80\n\"", "\",\n\x01"};
    (void)state;
    for (int round = 0; round < 60000; round++) {
        const char *alphabet = alphabets[random_below(14)];
        uint32_t kinds = (uint32_t)strlen(alphabet);
        uint8_t text[300];
        size_t size = random_below(300);
        for (size_t i = 0; i < size; i++)
            text[i] = (uint8_t)alphabet[random_below(kinds)];
        expect_agreement(text, size);
    }
}

/* Good rows of random cells: the fast way all through. */
static void good_rows_of_random_cells(void **state)
{
    static const char *const cells[] = {
        "",       "\"\"",          "a",        "\"a\"",      "\"a\"\"b\"",
        "\"\"\"\"", "\"a,b\"",     "\"a\nb\"", "\"a\r\nb\"", "plain text",
        "\"\"\"a\"\"\"", "\"\xE0\xB8\x81\xE0\xB8\x95\"", "\"\n\"", "1.5"};
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[2048];
        size_t size = 0;
        for (uint32_t rows = 1 + random_below(8); rows; rows--)
            for (uint32_t left = 1 + random_below(12); left; left--) {
                const char *cell = cells[random_below(14)];
                const char *end = left > 1             ? ","
                                  : random_below(2) == 1 ? "\r\n"
                                                         : "\n";
                memcpy(text + size, cell, strlen(cell));
                size += strlen(cell);
                memcpy(text + size, end, strlen(end));
                size += strlen(end);
            }
        expect_agreement(text, size - random_below(size < 2 ? 1 : 2));
    }
}

/* Every place of a block's edge, with everything that may be cut there. */
static void everything_across_block_borders(void **state)
{
    static const char *const pieces[] = {
        "\"\"", "\",\"", "\"\n\"", "\"\r\n\"", "\r\n", "\r", "\"\r", "\"\r\"",
        "\"x", "x\"", "\"\"\"", "\",,\"", "\n\n", "\xC3\xA9", "\xC3",
        "\xE2\x82\xAC", "\xE2\x82", "\xF0\x9F\x98\x80", "\xF0\x9F\x98",
        "\xED\xA0\x80", "\xF4\x90\x80\x80", "\x80", "\x7F", "\",\"\"\",\""};
    (void)state;
    for (size_t place = 20; place < 140; place++)
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
            for (int quoted = 0; quoted < 2; quoted++)
                for (size_t tail = 0; tail < 80; tail += 1 + tail / 4) {
                    char text[300];
                    size_t length = strlen(pieces[i]);
                    memset(text, 'a', sizeof text);
                    text[0] = quoted ? '"' : 'a';
                    memcpy(text + place, pieces[i], length);
                    size_t size = place + length + tail;
                    expect_agreement(text, size);
                    text[size] = '\n';
                    expect_agreement(text, size + 1);
                    memcpy(text + size, "\"\n", 2);
                    expect_agreement(text, size + 2);
                }
}

static void every_pair_of_bytes(void **state)
{
    static const size_t places[] = {1, 30, 31, 32, 33, 62, 63, 64, 65};
    (void)state;
    for (uint32_t pair = 0; pair < 0x10000; pair++) {
        size_t place = places[random_below(9)];
        uint8_t text[200];
        memset(text, 'a', sizeof text);
        text[0] = random_below(2) ? '"' : ',';
        text[place] = (uint8_t)(pair >> 8);
        text[place + 1] = (uint8_t)pair;
        memcpy(text + place + 2, "\"\n", 2);
        expect_agreement(text, place + 4);
        text[place + 2] = ',';
        expect_agreement(text, place + 4);
    }
}

/* More rows than an index holds. */
static void an_index_stops_behind_its_most_rows(void **state)
{
    (void)state;
    for (uint32_t rows = CSV_ROWS_MAX - 66; rows < CSV_ROWS_MAX + 70; rows++) {
        char text[2 * (CSV_ROWS_MAX + 70)];
        for (uint32_t i = 0; i < rows; i++)
            memcpy(text + 2 * i, "a\n", 2);
        expect_agreement(text, 2 * rows);
        memset(text, '\n', rows);
        expect_agreement(text, rows);
        text[rows / 2] = '"';
        expect_agreement(text, rows);
    }
}

#define CSV_KERNEL_CASES                                                       \
    cmocka_unit_test(every_length_at_every_alignment),                         \
        cmocka_unit_test(random_texts_of_every_alphabet),                      \
        cmocka_unit_test(good_rows_of_random_cells),                           \
        cmocka_unit_test(everything_across_block_borders),                     \
        cmocka_unit_test(every_pair_of_bytes),                                 \
        cmocka_unit_test(an_index_stops_behind_its_most_rows)

#endif
