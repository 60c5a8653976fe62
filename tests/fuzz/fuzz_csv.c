/*
 * Any bytes as CSV. Every kernel finds the rows that the scalar one finds.
 * Where rows end is the same in pieces, and what is told from the middle on,
 * not knowing what stood before, is true. Rows are read the same by every
 * instruction set, and one by one as all at once; of a header of any kind.
 */
#include "stages/parse/csv_kernel.h"
#include "stages/parse/csv_rows.h"
#include "stages/split/split.h"
#include "tests/fuzz/fuzz_input.h"

#define LIMIT 4096

static const char HEADER[] =
    "tweetid,userid,user_screen_name,tweet_text,tweet_time,is_retweet,"
    "hashtags,urls,user_mentions,retweet_userid,account_creation_date\n";

struct rows {
    struct csv_index index;
    size_t room;
};

static void rows_index(struct rows *rows, csv_kernel kernel,
                       const uint8_t *text, size_t size)
{
    rows->index.tokens = malloc((size + KERNEL_PADDING) * sizeof(uint32_t));
    rows->index.rows = malloc((CSV_ROWS_MAX + KERNEL_PADDING) *
                              sizeof(struct csv_row));
    CHECK(rows->index.tokens && rows->index.rows);
    kernel(text, size, &rows->index);
}

static void rows_free(struct rows *rows)
{
    free(rows->index.tokens);
    free(rows->index.rows);
}

static void compare_kernels(const uint8_t *text, size_t size)
{
    struct rows expected, got;
    rows_index(&expected, csv_scalar, text, size);
    uint32_t count = expected.index.row_count;
    uint32_t tokens = count ? expected.index.rows[count - 1].end : 0;
    for (int isa = ISA_SCALAR + 1; isa < ISA_COUNT; isa++) {
        if (!isa_runs_here((enum isa)isa))
            continue;
        rows_index(&got, csv_kernel_of((enum isa)isa), text, size);
        CHECK(got.index.row_count == count);
        CHECK(memcmp(got.index.rows, expected.index.rows,
                     count * sizeof(struct csv_row)) == 0);
        CHECK(memcmp(got.index.tokens, expected.index.tokens,
                     tokens * sizeof(uint32_t)) == 0);
        CHECK(csv_border_of((enum isa)isa)(text, size) ==
              csv_border_scalar(text, size));
        rows_free(&got);
    }
    rows_free(&expected);
}

/* The text from `from` on: as its states are known, and as they are not. */
static void compare_borders(const uint8_t *text, size_t size, size_t from)
{
    uint8_t known = CSV_CELL_START, any = CSV_ANY;
    size_t at = 0, last = 0;
    while (csv_border_next(&known, text, from, &at))
        ;
    for (at = from; at < size;) {
        size_t border = at;
        bool ends = csv_border_next(&any, text, size, &border);
        bool found = false;
        while (at < border)
            found = csv_border_next(&known, text, border, &at);
        CHECK(known & any);
        CHECK(!ends || found);
    }
    for (at = 0, known = CSV_CELL_START;
         csv_border_next(&known, text, size, &at);)
        last = at;
    CHECK(last == csv_border_scalar(text, size));
}

/* Room that a batch of so much text does not outgrow, in zeros: what pads an
 * item is not written, and would differ. */
static void start_batch(struct batch *batch, size_t size)
{
    size_t room = 64 * size + 4096;
    CHECK(batch_reserve(batch, room));
    memset(batch->bytes, 0, room);
    batch->size = 0;
}

static void read_at_once(struct row_parser *parser,
                         const struct csv_layout *layout, uint8_t *text,
                         size_t size, struct batch *batch, struct tally *tally)
{
    size_t taken;
    CHECK(rows_take(parser, layout, text, size, LIMIT, batch, tally, &taken));
    if (taken < size)
        CHECK(row_take(parser, layout, text + taken, size - taken,
                       size - taken, 0, LIMIT, batch, tally));
}

static void read_one_by_one(struct row_parser *parser,
                            const struct csv_layout *layout, uint8_t *text,
                            size_t size, struct batch *batch,
                            struct tally *tally)
{
    uint8_t states = CSV_CELL_START;
    for (size_t from = 0, at = 0; from < size; from = at) {
        bool ends = csv_border_next(&states, text, size, &at);
        CHECK(row_take(parser, layout, text + from, at - from - ends,
                       at - from - ends, ends, LIMIT, batch, tally));
    }
}

static void compare_readings(const struct csv_layout *layout, uint8_t *text,
                             size_t size)
{
    static struct row_parser *best, *scalar;
    static struct tally a, b;
    struct batch expected = {0}, got = {0};
    struct parser_options slow = {.isa = ISA_SCALAR};
    struct parser_options fast = {.isa = isa_best()};
    if (!best) {
        best = row_parser_create(&fast);
        scalar = row_parser_create(&slow);
        CHECK(best && scalar);
    }
    start_batch(&expected, size);
    start_batch(&got, size);
    tally_init(&a);
    tally_init(&b);
    read_one_by_one(scalar, layout, text, size, &expected, &a);
    read_at_once(best, layout, text, size, &got, &b);
    CHECK(expected.size == got.size);
    CHECK(!got.size || memcmp(expected.bytes, got.bytes, got.size) == 0);
    CHECK(memcmp(&a, &b, offsetof(struct tally, samples)) == 0);
    CHECK(a.text_bytes == size);
    batch_free(&expected);
    batch_free(&got);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct csv_layout layout;
    /* Of exactly the promised size, so that reading past it is seen. */
    uint8_t *text = fuzz_copy(data, size, KERNEL_PADDING);
    compare_kernels(text, size);
    compare_borders(text, size, size / 2);
    if (!csv_layout_read(&layout, text, size, true))
        CHECK(csv_layout_read(&layout, (const uint8_t *)HEADER,
                              sizeof HEADER - 1, true));
    compare_readings(&layout, text, size);
    free(text);
    return 0;
}
