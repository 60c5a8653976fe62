/* Any bytes as lines: every kernel gives the same batch and the same tally;
 * a rejected line leaves the batch as it was; and the parser's memory of the
 * lines before changes nothing. */
#include "stages/parse/parse.h"
#include "tests/fuzz/fuzz_input.h"

static void parse_once(struct parser *parser, const uint8_t *text, size_t size,
                       struct batch *batch, struct tally *tally)
{
    size_t before = batch->size;
    uint64_t accepted = tally->accepted + tally->control;
    CHECK(parse_line(parser, text, size, 0, batch, tally));
    if (tally->accepted + tally->control == accepted)
        CHECK(batch->size == before);
    struct batch_item item;
    while (batch_next(batch, &before, &item) != BATCH_END)
        ;
    CHECK(before == batch->size);
}

/* The lines of data, each in memory of its own size. */
static void parse_all(struct parser *parser, const uint8_t *data, size_t size,
                      struct batch *batch, struct tally *tally)
{
    batch->size = 0;
    tally_init(tally);
    for (size_t at = 0; at <= size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t length = end ? (size_t)(end - data) - at : size - at;
        uint8_t *text = fuzz_copy(data + at, length, KERNEL_PADDING);
        parse_once(parser, text, length, batch, tally);
        free(text);
        at += length + 1;
    }
}

/* Room that a batch of so much text does not outgrow, in zeros: what pads an
 * item is not written, and would differ. */
static void start_batch(struct batch *batch, size_t size)
{
    size_t room = 64 * size + 4096;
    CHECK(batch_reserve(batch, room));
    memset(batch->bytes, 0, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct parser *fresh, *old;
    struct batch expected = {0}, got = {0};
    static struct tally a, b;
    if (!size)
        return 0;
    if (!old)
        old = parser_create(&(struct parser_options){.isa = isa_best()});
    fresh = parser_create(&(struct parser_options){.isa = ISA_SCALAR});
    CHECK(fresh && old);
    start_batch(&expected, size);
    start_batch(&got, size);
    parse_all(fresh, data, size, &expected, &a);
    parse_all(old, data, size, &got, &b);
    CHECK(expected.size == got.size);
    CHECK(!got.size || memcmp(expected.bytes, got.bytes, got.size) == 0);
    CHECK(memcmp(&a, &b, offsetof(struct tally, samples)) == 0);
    parser_free(fresh);
    batch_free(&expected);
    batch_free(&got);
    return 0;
}
