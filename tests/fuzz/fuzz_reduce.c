/*
 * Any segment that can be read (segment_file.h), whatever it says of posts and
 * profiles: both rounds of reduce end without a fault and give all memory
 * back, every copy of a post is a post or a duplicate, and every table's rows
 * are written.
 */
#include "stages/aggregate/segment.h"
#include "stages/emit/emit.h"
#include "stages/reduce/reduce.h"
#include "tests/fuzz/segment_file.h"

#include <errno.h>

struct rig {
    struct memory memory;
    struct fault fault;
    struct segment *segment;
    struct output cells;
    uint64_t written;
};

static struct part_cursor *open_part(void *context, uint32_t partition)
{
    return segment_cursor(context, partition, NULL);
}

static struct text format(void *context, uint32_t lane, enum table_id table,
                          uint32_t emit_format, uint32_t first, uint32_t last,
                          const struct value *row)
{
    struct rig *rig = context;
    (void)lane;
    rig->cells.size = 0;
    emit_cells(&rig->cells, (enum emit_format)emit_format, &TABLES[table],
               first, last, row);
    return (struct text){rig->cells.bytes, (uint32_t)rig->cells.size};
}

static bool take(void *context, const void *bytes, size_t size)
{
    struct rig *rig = context;
    (void)bytes;
    rig->written += size;
    return true;
}

/* The facts of all accounts; false where not all of it can be read. */
static bool count_facts(struct segment *segment, uint64_t *facts)
{
    int status = 0;
    for (uint32_t p = 0; p < segment_partitions(segment) && !status; p++) {
        struct account_view view;
        struct part_cursor *cursor = segment_cursor(segment, p, NULL);
        CHECK(cursor);
        while ((status = cursor->next(cursor, &view)) == 1)
            *facts += view.fact_count;
        cursor->close(cursor);
    }
    return status == 0;
}

static void reduce_all(struct rig *rig, uint64_t facts)
{
    struct reduce_options options = {
        .lanes = 1, .partitions = segment_partitions(rig->segment),
        .memory = &rig->memory, .fault = &rig->fault, .directory = -1,
        .names = segment_dictionaries(rig->segment),
        .features = {.utc_offset_minutes = 480},
        .open_part = open_part, .open_context = rig->segment,
        .format = format, .format_context = rig, .formats = EMIT_FORMATS,
        .tables = TABLES_ALL, .posts_min = 1};
    struct row_sink sinks[EMIT_FORMATS];
    struct reduce *reduce = reduce_create(&options);
    CHECK(reduce);
    for (int i = 0; i < EMIT_FORMATS; i++)
        sinks[i] = (struct row_sink){take, rig};
    reduce_round_one(reduce, 0);
    reduce_round_two(reduce, 0);
    for (int table = 0; table < TABLE_COUNT; table++)
        CHECK(reduce_merge(reduce, (enum table_id)table, sinks));
    struct reduce_counts counts = reduce_counts(reduce);
    CHECK(counts.posts + counts.duplicates == facts);
    CHECK(counts.table_rows[TABLE_ACCOUNTS] == counts.accounts);
    CHECK(counts.table_rows[TABLE_POSTS] == counts.posts);
    CHECK(counts.days_posts == counts.posts);
    reduce_destroy(reduce);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rig rig = {.written = 0};
    size_t file_size;
    uint64_t facts = 0;
    uint8_t *file = segment_of_input((struct fuzz_input){data, size},
                                     &file_size);
    memory_init(&rig.memory, (uint64_t)256 << 20, 0);
    fuzz_file("segment", file, file_size);
    free(file);
    if (segment_open(&rig.segment, &rig.memory, fuzz_folder_fd(),
                     "segment") == 0) {
        if (segment_partitions(rig.segment) <= 64 &&
            count_facts(rig.segment, &facts))
            reduce_all(&rig, facts);
        segment_close(rig.segment);
    }
    if (fault_raised(&rig.fault))
        fault_print(&rig.fault);
    CHECK(!fault_raised(&rig.fault));
    CHECK(rig.memory.used == 0);
    output_free(&rig.cells);
    return 0;
}
