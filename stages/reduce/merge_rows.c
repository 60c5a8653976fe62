#include "stages/reduce/merge_rows.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>

static int compare_rows(const void *context, uint32_t a, uint32_t b)
{
    const struct row_source *sources = context;
    return row_key_compare(&sources[a].key, &sources[b].key);
}

/* 1: the source stands at its next record; 0: at its end; -errno. */
static int source_step(struct row_source *source)
{
    const void *at;
    int status = run_reader_next(&source->reader, sizeof source->head, &at);
    if (status <= 0)
        return status;
    memcpy(&source->head, at, sizeof source->head);
    status = run_reader_next(&source->reader, source->head.bytes, &at);
    CHECK(status != 0);
    if (status < 0)
        return status;
    source->key = row_key_of(source->head.place,
                             (struct text){at, source->head.id_bytes});
    source->pieces = (const uint8_t *)at + source->head.id_bytes;
    return 1;
}

static int open_sources(struct row_merge *merge)
{
    struct reduce *reduce = merge->reduce;
    for (uint32_t p = 0; p < reduce->options.partitions; p++) {
        run_reader_init(&merge->sources[p].reader,
                        &reduce->rows[merge->runs][p]);
        int status = source_step(&merge->sources[p]);
        if (status < 0)
            return status;
        if (status > 0)
            merge->heap.items[merge->heap.count++] = p;
    }
    heap_build(&merge->heap);
    return 0;
}

struct row_merge *merge_open(struct reduce *reduce, enum row_runs runs)
{
    uint32_t partitions = reduce->options.partitions;
    struct row_merge *merge = calloc(1, sizeof *merge);
    int status = -ENOMEM;
    if (merge) {
        merge->reduce = reduce;
        merge->runs = runs;
        merge->sources = calloc(partitions, sizeof *merge->sources);
        merge->heap = (struct heap){
            calloc(partitions, sizeof *merge->heap.items), 0, compare_rows,
            merge->sources};
        if (merge->sources && merge->heap.items)
            status = open_sources(merge);
    }
    if (!status)
        return merge;
    reduce_fail(reduce, status, "reading rows");
    merge_close(merge);
    return NULL;
}

bool merge_step(struct row_merge *merge)
{
    int status = source_step(merge_top(merge));
    if (status < 0) {
        reduce_fail(merge->reduce, status, "reading rows");
        return false;
    }
    if (status)
        heap_sift(&merge->heap);
    else
        heap_pop(&merge->heap);
    return !fault_raised(merge->reduce->options.fault);
}

void merge_close(struct row_merge *merge)
{
    if (!merge)
        return;
    for (uint32_t p = 0;
         merge->sources && p < merge->reduce->options.partitions; p++)
        if (merge->sources[p].reader.run) {
            run_reader_end(&merge->sources[p].reader);
            run_free(&merge->reduce->rows[merge->runs][p]);
        }
    free(merge->sources);
    free(merge->heap.items);
    free(merge);
}
