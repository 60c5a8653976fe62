#ifndef SANDPIPER_TESTS_UNIT_PARSE_FIXTURE_H
#define SANDPIPER_TESTS_UNIT_PARSE_FIXTURE_H

/* One line through a parser, as the tests of the parse stage want it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stages/parse/parse.h"

#include <stdlib.h>
#include <string.h>

struct parsed {
    struct parser *parser;
    struct batch batch;
    struct tally tally;
    uint8_t *text;             /* the last line, with its padding */
};

static inline void parsed_begin(struct parsed *parsed, enum isa isa)
{
    memset(parsed, 0, sizeof *parsed);
    parsed->parser = parser_create(&(struct parser_options){.isa = isa});
    assert_non_null(parsed->parser);
    tally_init(&parsed->tally);
}

static inline void parsed_end(struct parsed *parsed)
{
    parser_free(parsed->parser);
    batch_free(&parsed->batch);
    free(parsed->text);
}

/* Parses one line into an emptied batch and tally. The padding holds bytes
 * that would be noticed. */
static inline void parsed_line(struct parsed *parsed, const void *bytes,
                               size_t size)
{
    free(parsed->text);
    parsed->text = malloc(size + KERNEL_PADDING);
    assert_non_null(parsed->text);
    memcpy(parsed->text, bytes, size);
    memset(parsed->text + size, '"', KERNEL_PADDING);
    parsed->batch.size = 0;
    tally_init(&parsed->tally);
    assert_true(parse_line(parsed->parser, parsed->text, size, 0,
                           &parsed->batch, &parsed->tally));
    assert_int_equal(parsed->tally.lines, 1);
}

/* Why the line was rejected; LINE_OK if it was not. */
static inline enum line_reason parsed_reason(const struct parsed *parsed)
{
    for (int reason = 1; reason < LINE_REASON_COUNT; reason++)
        if (parsed->tally.rejected[reason])
            return (enum line_reason)reason;
    return LINE_OK;
}

static inline enum line_reason reason_of(struct parsed *parsed,
                                         const char *line)
{
    parsed_line(parsed, line, strlen(line));
    return parsed_reason(parsed);
}

/* The nth item of the batch; BATCH_END if there are fewer. */
static inline struct batch_item item_at(const struct parsed *parsed,
                                        uint32_t nth)
{
    struct batch_item item;
    size_t at = 0;
    do
        batch_next(&parsed->batch, &at, &item);
    while (nth-- && item.kind != BATCH_END);
    return item;
}

static inline struct post post_of(struct parsed *parsed, const char *line)
{
    parsed_line(parsed, line, strlen(line));
    for (uint32_t nth = 0;; nth++) {
        struct batch_item item = item_at(parsed, nth);
        if (item.kind == BATCH_POST)
            return item.post;
        if (item.kind == BATCH_END)
            fail_msg("no post of %s", line);
    }
}

/* The text with ' in place of ", for reading; in one of JSON_TEXTS buffers
 * that take turns. */
#define JSON_TEXTS 8
#define JSON_BYTES 8192
static inline const char *json(const char *quoted)
{
    static char texts[JSON_TEXTS][JSON_BYTES];
    static unsigned turn;
    char *text = texts[turn++ % JSON_TEXTS];
    size_t size = strlen(quoted);
    assert_true(size < JSON_BYTES);
    for (size_t i = 0; i <= size; i++)
        text[i] = quoted[i] == '\'' ? '"' : quoted[i];
    return text;
}

/* The nth observation of the batch. */
static inline struct observation observation_at(const struct parsed *parsed,
                                                uint32_t nth)
{
    struct batch_item item;
    size_t at = 0;
    while (batch_next(&parsed->batch, &at, &item) != BATCH_END)
        if (item.kind == BATCH_OBSERVATION && nth-- == 0)
            return item.observation;
    fail_msg("too few observations");
    return (struct observation){0};
}

/* Items of this kind in the batch. */
static inline uint32_t items_of(const struct parsed *parsed,
                                enum batch_kind kind)
{
    uint32_t count = 0;
    struct batch_item item;
    for (size_t at = 0; batch_next(&parsed->batch, &at, &item) != BATCH_END;)
        count += item.kind == kind;
    return count;
}

/* The nth text of a list. */
static inline struct text list_text_at(struct text_list list, uint32_t nth)
{
    struct text text = {NULL, 0};
    const uint8_t *at = list.bytes;
    assert_true(nth < list.count);
    for (uint32_t i = 0; i <= nth; i++)
        at = text_list_get(at, &text);
    return text;
}

#define assert_id(got, expected)                                             \
    do {                                                                      \
        char id_[ID_DIGITS_MAX];                                              \
        assert_text(id_text((got), id_), expected);                           \
    } while (0)

#define assert_text(got, expected)                                           \
    do {                                                                      \
        struct text text_ = (got);                                            \
        assert_int_equal(text_.size, sizeof(expected) - 1);                   \
        if (text_.size)                                                       \
            assert_memory_equal(text_.bytes, expected, text_.size);           \
    } while (0)

#endif
