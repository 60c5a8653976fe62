#include "stages/reduce/rounds.h"

#include "pipeline/check.h"
#include "pipeline/heap.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The partitions' rows, merged in the order of rows and joined with what
 * round two counted for the same partition, which stands in the same order.
 */

/* One partition, standing at a row. */
struct row_source {
    struct run_reader rows, received;
    struct row_key key;
    const uint8_t *pieces;       /* behind the id */
    struct received_head counts; /* of the target at hand */
    struct row_key target;
    bool target_known;
};

struct row_merge {
    struct reduce *reduce;
    const struct row_sink *sinks;
    struct row_source *sources;
    uint32_t *order;
    struct value *row;           /* null but for the two columns */
};

static int compare_rows(const void *context, uint32_t a, uint32_t b)
{
    const struct row_source *sources = context;
    return row_key_compare(&sources[a].key, &sources[b].key);
}

/* A head, then size bytes: 1, 0, -errno. */
static int next_head(struct run_reader *reader, void *head, size_t size)
{
    const void *at;
    int status = run_reader_next(reader, size, &at);
    if (status > 0)
        memcpy(head, at, size);
    return status;
}

static int row_step(struct row_source *source)
{
    struct row_head head;
    const void *at;
    int status = next_head(&source->rows, &head, sizeof head);
    if (status <= 0)
        return status;
    status = run_reader_next(&source->rows, head.bytes, &at);
    CHECK(status != 0);
    if (status < 0)
        return status;
    source->key = row_key_of(head.platform,
                             (struct text){at, head.id_bytes});
    source->pieces = (const uint8_t *)at + head.id_bytes;
    return 1;
}

static int target_step(struct row_source *source)
{
    const void *at;
    source->target_known = false;
    int status =
        next_head(&source->received, &source->counts, sizeof source->counts);
    if (status <= 0)
        return status;
    status = run_reader_next(&source->received, source->counts.id_bytes, &at);
    CHECK(status != 0);
    if (status < 0)
        return status;
    source->target = row_key_of(source->counts.platform,
                                (struct text){at, source->counts.id_bytes});
    source->target_known = true;
    return 1;
}

/* Fills the two columns. Targets that are nobody's row are passed over. */
static int join_counts(struct row_merge *merge, struct row_source *source)
{
    int order = -1;
    while (source->target_known &&
           (order = row_key_compare(&source->target, &source->key)) < 0) {
        int status = target_step(source);
        if (status < 0)
            return status;
    }
    bool found = source->target_known && order == 0;
    uint64_t retweets = found ? source->counts.retweets : 0;
    uint64_t retweeters = found ? source->counts.retweeters : 0;
    const struct reduce *reduce = merge->reduce;
    if (reduce->retweets_column < COLUMN_COUNT)
        merge->row[reduce->retweets_column] =
            (struct value){.integer = (int64_t)retweets};
    if (reduce->retweeters_column < COLUMN_COUNT)
        merge->row[reduce->retweeters_column] =
            (struct value){.integer = (int64_t)retweeters};
    return 0;
}

/* Writes one row in one format and gives where its pieces end; NULL: a fault
 * was raised. */
static const uint8_t *write_row(struct row_merge *merge, uint32_t format,
                                const uint8_t *pieces)
{
    const struct reduce *reduce = merge->reduce;
    const struct reduce_options *options = &reduce->options;
    const struct row_sink *sink = &merge->sinks[format];
    for (uint32_t i = 0; i < reduce->range_count; i++) {
        const struct column_range *range = &reduce->ranges[i];
        struct text piece;
        if (range->round_two) {
            piece = options->format(options->format_context, 0, TABLE_ACCOUNTS,
                                    format, range->first, range->last,
                                    merge->row);
            if (!piece.bytes)
                reduce_fail(merge->reduce, -ENOMEM, "writing rows");
        } else {
            memcpy(&piece.size, pieces, sizeof piece.size);
            piece.bytes = (const char *)pieces + sizeof piece.size;
            pieces += sizeof piece.size + piece.size;
        }
        if (!piece.bytes || !sink->write(sink->context, piece.bytes,
                                         piece.size))
            return NULL;
    }
    return pieces;
}

static bool write_formats(struct row_merge *merge, struct row_source *source)
{
    int status = join_counts(merge, source);
    if (status) {
        reduce_fail(merge->reduce, status, "reading retweets received");
        return false;
    }
    const uint8_t *pieces = source->pieces;
    for (uint32_t f = 0; pieces && f < merge->reduce->options.formats; f++)
        pieces = write_row(merge, f, pieces);
    return pieces != NULL;
}

static bool merge_all(struct row_merge *merge, struct heap *heap)
{
    heap_build(heap);
    while (heap->count && !fault_raised(merge->reduce->options.fault)) {
        struct row_source *top = &merge->sources[heap->items[0]];
        if (!write_formats(merge, top))
            return false;
        int status = row_step(top);
        if (status < 0) {
            reduce_fail(merge->reduce, status, "reading rows");
            return false;
        }
        if (status)
            heap_sift(heap);
        else
            heap_pop(heap);
    }
    return heap->count == 0;
}

/* Opens the partitions and puts those with rows in the heap. */
static int open_sources(struct row_merge *merge, struct heap *heap)
{
    struct reduce *reduce = merge->reduce;
    for (uint32_t p = 0; p < reduce->options.partitions; p++) {
        run_reader_init(&merge->sources[p].rows, &reduce->rows[p]);
        run_reader_init(&merge->sources[p].received, &reduce->received[p]);
    }
    for (uint32_t p = 0; p < reduce->options.partitions; p++) {
        int status = row_step(&merge->sources[p]);
        if (status > 0) {
            heap->items[heap->count++] = p;
            status = target_step(&merge->sources[p]);
        }
        if (status < 0)
            return status;
    }
    return 0;
}

static void close_sources(struct row_merge *merge)
{
    for (uint32_t p = 0; p < merge->reduce->options.partitions; p++) {
        if (merge->sources[p].rows.run)
            run_reader_end(&merge->sources[p].rows);
        if (merge->sources[p].received.run)
            run_reader_end(&merge->sources[p].received);
    }
}

bool reduce_merge(struct reduce *reduce, enum table_id table,
                  const struct row_sink *sinks)
{
    if (table != TABLE_ACCOUNTS)
        return !fault_raised(reduce->options.fault);
    uint32_t partitions = reduce->options.partitions;
    struct row_merge merge = {.reduce = reduce, .sinks = sinks};
    bool done = false;
    merge.sources = calloc(partitions, sizeof *merge.sources);
    merge.order = calloc(partitions, sizeof *merge.order);
    merge.row = calloc(COLUMN_COUNT, sizeof *merge.row);
    if (!merge.sources || !merge.order || !merge.row) {
        reduce_fail(reduce, -ENOMEM, "merging rows");
    } else if (!fault_raised(reduce->options.fault)) {
        struct heap heap = {merge.order, 0, compare_rows, merge.sources};
        for (uint32_t i = 0; i < COLUMN_COUNT; i++)
            merge.row[i].null = true;
        int status = open_sources(&merge, &heap);
        if (status)
            reduce_fail(reduce, status, "reading rows");
        else
            done = merge_all(&merge, &heap);
        close_sources(&merge);
    }
    free(merge.sources);
    free(merge.order);
    free(merge.row);
    return done;
}
