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

#define assert_text(got, expected)                                           \
    do {                                                                      \
        struct text text_ = (got);                                            \
        assert_int_equal(text_.size, sizeof(expected) - 1);                   \
        if (text_.size)                                                       \
            assert_memory_equal(text_.bytes, expected, text_.size);           \
    } while (0)

#endif
