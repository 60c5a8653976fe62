#ifndef SANDPIPER_TESTS_UNIT_KERNEL_CASES_H
#define SANDPIPER_TESTS_UNIT_KERNEL_CASES_H

/*
 * A vector kernel against the scalar one, which is the specification: the
 * same verdict on every text, and the same tokens of every good one. A test
 * program sets the kernel and registers KERNEL_CASES.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASE_BYTES_MAX 4096

static index_kernel kernel_under_test;
static uint8_t case_text[CASE_BYTES_MAX + 64 + KERNEL_PADDING];
static uint32_t case_tokens[2][CASE_BYTES_MAX + KERNEL_PADDING];

static uint64_t random_state = 1;

static uint32_t random_below(uint32_t limit)
{
    /* SplitMix64: the same sequence in every run. */
    uint64_t mixed = random_state += 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((mixed ^ mixed >> 31) % limit);
}

static void fail_with_text(const uint8_t *text, size_t size, uint32_t expected,
                           uint32_t got)
{
    for (size_t i = 0; i < size; i++)
        print_error("%02x%c", text[i], i % 32 == 31 ? '\n' : ' ');
    fail_msg("%zu bytes: scalar says %u, the kernel %u", size, expected, got);
}

/* What stands behind the text must not matter. */
static const char *const BEHIND[] = {"\"\\u\x80\"{", "    ", "\xBF\xBF\xBF",
                                     "0123", "\x01"};

static void expect_agreement_at(size_t offset, const void *bytes, size_t size)
{
    uint8_t *text = case_text + offset;
    const char *behind = BEHIND[random_below(5)];
    assert_true(size <= CASE_BYTES_MAX);
    for (size_t i = 0; i < KERNEL_PADDING; i++)
        text[size + i] = (uint8_t)behind[i % strlen(behind)];
    memcpy(text, bytes, size);
    uint32_t counts[2];
    uint32_t expected = index_scalar(text, size, case_tokens[0], &counts[0]);
    uint32_t got = kernel_under_test(text, size, case_tokens[1], &counts[1]);
    if ((expected != 0) != (got != 0) ||
        (expected & INDEX_UTF8) != (got & INDEX_UTF8))
        fail_with_text(text, size, expected, got);
    if (expected)
        return;
    if (counts[0] != counts[1] ||
        memcmp(case_tokens[0], case_tokens[1],
               counts[0] * sizeof(uint32_t)) != 0)
        fail_with_text(text, size, counts[0], counts[1]);
}

static void expect_agreement(const void *bytes, size_t size)
{
    expect_agreement_at(random_below(64), bytes, size);
}

static void every_length_at_every_alignment(void **state)
{
    static const char alphabet[] = "{}[]:,\"\\ 1antu/\t";
    (void)state;
    for (size_t size = 0; size <= 200; size++)
        for (size_t offset = 0; offset < 64; offset++) {
            uint8_t text[200];
            for (size_t i = 0; i < size; i++)
                text[i] = (uint8_t)alphabet[random_below(16)];
            expect_agreement_at(offset, text, size);
        }
}

/* Texts of few kinds of bytes, so that rare neighbours are frequent. */
static void random_texts_of_every_alphabet(void **state)
{
    static const char *const alphabets[] = {
        "\"\\",        "\"\\u",       "\"\\u0aF",      "{}[]\"",
        "\" a",        "\",:x",       "\"\\n\n",       "\"a\xC3\xA9",
        "\"\\/bfnrtux", "\"\xE2\x82\xAC", "\xF0\x9F\x98\x80\"", "\t\r\n \"",
        "\x01\"\x1F ", "\x0C\x1A,:\"", "1e+-.5\"",     "\x7F\x80\"\xFF"};
    (void)state;
    for (int round = 0; round < 60000; round++) {
        const char *alphabet = alphabets[random_below(16)];
        uint32_t kinds = (uint32_t)strlen(alphabet);
        uint8_t text[300];
        size_t size = random_below(300);
        for (size_t i = 0; i < size; i++)
            text[i] = (uint8_t)alphabet[random_below(kinds)];
        expect_agreement(text, size);
    }
}

/* Good strings of escapes and plain runs: tokens are compared, too. */
static void good_strings_of_random_pieces(void **state)
{
    static const char *const pieces[] = {
        "\\\\", "\\\"", "\\u00e9", "\\ud83d\\ude00", "a", "plain text ",
        "\\/", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "{[:,", "\\n"};
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char text[2048] = "[";
        size_t size = 1;
        for (uint32_t strings = 1 + random_below(5); strings; strings--) {
            text[size++] = '"';
            for (uint32_t i = random_below(20); i; i--) {
                const char *piece = pieces[random_below(12)];
                memcpy(text + size, piece, strlen(piece));
                size += strlen(piece);
            }
            text[size++] = '"';
            text[size++] = strings == 1 ? ']' : ',';
        }
        expect_agreement(text, size);
    }
}

/* Every place of a block's edge, with everything that may be cut there. */
static void everything_across_block_borders(void **state)
{
    static const char *const pieces[] = {
        "\\", "\\\\", "\\\"", "\\u12aF", "\\ug234", "\\u1g34", "\\u12g4",
        "\\u123g", "\\u12", "\\x", "\"", "{", "tru", "\x01",
        "\t", "\xC3\xA9", "\xC3", "\xE2\x82\xAC", "\xE2\x82",
        "\xF0\x9F\x98\x80", "\xF0\x9F\x98", "\xED\xA0\x80",
        "\xF4\x90\x80\x80", "\x80", "\x7F", "\\ud83d\\ude00", "\\\\\\\\\\"};
    (void)state;
    for (size_t place = 20; place < 140; place++)
        for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
            for (int inside = 0; inside < 2; inside++)
                for (size_t tail = 0; tail < 80; tail += 1 + tail / 4) {
                    char text[300];
                    size_t length = strlen(pieces[i]);
                    memset(text, inside ? 'a' : ' ', sizeof text);
                    text[0] = inside ? '"' : '[';
                    memcpy(text + place, pieces[i], length);
                    size_t size = place + length + tail;
                    expect_agreement(text, size);
                    text[size] = '"';
                    expect_agreement(text, size + 1);
                }
}

/* Long runs of backslashes decide far away whether a quote is escaped. */
static void runs_of_backslashes_of_every_length(void **state)
{
    (void)state;
    for (size_t before = 1; before < 70; before++)
        for (size_t run = 0; run < 200; run++) {
            char text[400];
            memset(text, 'x', sizeof text);
            text[0] = '"';
            memset(text + before, '\\', run);
            text[before + run] = '"';
            text[before + run + 1] = '"';
            expect_agreement(text, before + run + 1);
            expect_agreement(text, before + run + 2);
        }
}

static void place_and_compare(const uint8_t *bytes, size_t size)
{
    static const size_t places[] = {1, 30, 31, 32, 33, 62, 63, 64, 65};
    size_t place = places[random_below(9)];
    uint8_t text[200];
    memset(text, 'a', sizeof text);
    text[0] = '"';
    memcpy(text + place, bytes, size);
    text[place + size] = '"';
    expect_agreement(text, place + size + 1);
    expect_agreement(text, place + size);
    text[place + size] = 0xBF;
    expect_agreement(text, place + size + 1);
}

static void every_pair_of_bytes(void **state)
{
    (void)state;
    for (uint32_t pair = 0; pair < 0x10000; pair++) {
        uint8_t bytes[] = {(uint8_t)(pair >> 8), (uint8_t)pair};
        place_and_compare(bytes, 2);
    }
}

/* All classes of second, third and fourth bytes behind every lead byte. */
static void every_class_of_longer_sequences(void **state)
{
    static const uint8_t classes[] = {0x00, 0x22, 0x7F, 0x80, 0x8F, 0x90,
                                      0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0,
                                      0xED, 0xF0, 0xF4, 0xF5, 0xFF};
    enum { CLASSES = sizeof classes };
    (void)state;
    for (uint32_t lead = 0xC0; lead < 0x100; lead++)
        for (uint32_t rest = 0; rest < CLASSES * CLASSES * CLASSES; rest++) {
            uint8_t bytes[] = {(uint8_t)lead, classes[rest % CLASSES],
                               classes[rest / CLASSES % CLASSES],
                               classes[rest / CLASSES / CLASSES]};
            place_and_compare(bytes, 4);
            if (rest < CLASSES * CLASSES)
                place_and_compare(bytes, 3);
        }
}

static void every_code_point_is_taken(void **state)
{
    (void)state;
    for (uint32_t point = 0x80; point < 0x110000; point += 1 + point / 997) {
        uint8_t bytes[4] = {(uint8_t)(0xF0 | point >> 18),
                            (uint8_t)(0x80 | (point >> 12 & 0x3F)),
                            (uint8_t)(0x80 | (point >> 6 & 0x3F)),
                            (uint8_t)(0x80 | (point & 0x3F))};
        size_t cut = point < 0x800 ? 2 : point < 0x10000 ? 1 : 0;
        if (cut == 2)
            bytes[2] = (uint8_t)(0xC0 | point >> 6);
        if (cut == 1)
            bytes[1] = (uint8_t)(0xE0 | point >> 12);
        place_and_compare(bytes + cut, 4 - cut);
    }
}

#define KERNEL_CASES                                                          \
    cmocka_unit_test(every_length_at_every_alignment),                        \
        cmocka_unit_test(random_texts_of_every_alphabet),                     \
        cmocka_unit_test(good_strings_of_random_pieces),                      \
        cmocka_unit_test(everything_across_block_borders),                    \
        cmocka_unit_test(runs_of_backslashes_of_every_length),                \
        cmocka_unit_test(every_pair_of_bytes),                                \
        cmocka_unit_test(every_class_of_longer_sequences),                    \
        cmocka_unit_test(every_code_point_is_taken)

#endif
