#include "pipeline/check.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/merge_rows.h"
#include "stages/reduce/tables.h"

#include <errno.h>
#include <stdlib.h>

/* Each table from its records, in every format. */

static bool write_text(struct reduce *reduce, const struct row_sink *sink,
                       struct text text)
{
    if (!text.bytes) {
        reduce_fail(reduce, -ENOMEM, "writing rows");
        return false;
    }
    return sink->write(sink->context, text.bytes, text.size);
}

/* Reads a piece of a record and steps behind it. */
static struct text next_piece(const uint8_t **pieces)
{
    struct text piece;
    memcpy(&piece.size, *pieces, sizeof piece.size);
    piece.bytes = (const char *)*pieces + sizeof piece.size;
    *pieces += sizeof piece.size + piece.size;
    return piece;
}

/* A record that holds whole rows: one piece for each format. */
static bool write_record(struct reduce *reduce, const struct row_sink *sinks,
                         const uint8_t *pieces)
{
    bool well = true;
    for (uint32_t f = 0; f < reduce->options.formats && well; f++)
        well = write_text(reduce, &sinks[f], next_piece(&pieces));
    return well;
}

/* ---- accounts: joined with what round two counted ------------------------ */

/* What was received by the accounts of a partition, in the same order. */
struct received_source {
    struct run_reader reader;
    struct received_head head;   /* of the target at hand */
    struct row_key target;
    bool known;
};

struct account_merge {
    struct reduce *reduce;
    struct received_source *received;    /* by partition */
    struct value *row;           /* null but for columns of round two */
    uint64_t retweets, core_retweets;    /* of the run */
};

static int target_step(struct received_source *source)
{
    const void *at;
    source->known = false;
    int status = run_reader_next(&source->reader, sizeof source->head, &at);
    if (status <= 0)
        return status;
    memcpy(&source->head, at, sizeof source->head);
    status = run_reader_next(&source->reader, source->head.id_bytes, &at);
    CHECK(status != 0);
    if (status < 0)
        return status;
    source->target = row_key_of(source->head.platform,
                                (struct text){at, source->head.id_bytes});
    source->known = true;
    return 1;
}

static void set_count(const struct account_merge *merge, uint32_t column,
                      uint64_t count)
{
    if (column < COLUMN_COUNT)
        merge->row[column] = (struct value){.integer = (int64_t)count};
}

/* Targets that are nobody's row are passed over. */
static int join_received(const struct account_merge *merge,
                         struct received_source *source,
                         const struct row_key *key)
{
    int order = -1;
    while (source->known &&
           (order = row_key_compare(&source->target, key)) < 0) {
        int status = target_step(source);
        if (status < 0)
            return status;
    }
    bool found = source->known && order == 0;
    set_count(merge, merge->reduce->received_column,
              found ? source->head.retweets : 0);
    set_count(merge, merge->reduce->retweeters_column,
              found ? source->head.retweeters : 0);
    return 0;
}

/* The share of core accounts in what it retweets, by theirs in the run. */
static void set_lift(const struct account_merge *merge,
                     const struct row_head *head)
{
    uint32_t column = merge->reduce->lift_column;
    uint64_t retweets = head->numbers[ROW_RETWEETS];
    uint64_t core = head->numbers[ROW_CORE_RETWEETS];
    if (column == COLUMN_COUNT)
        return;
    merge->row[column] = (struct value){.null = true};
    if (core == UINT64_MAX || !retweets || !merge->core_retweets)
        return;
    merge->row[column] = (struct value){
        .real = ratio_real((uint128)core * merge->retweets,
                           (uint128)retweets * merge->core_retweets)};
}

/* The row in one format: what is known since round one, and between it the
 * columns of round two. */
static bool write_account(const struct account_merge *merge, uint32_t format,
                          const struct row_sink *sink, const uint8_t **pieces)
{
    struct reduce *reduce = merge->reduce;
    const struct reduce_options *options = &reduce->options;
    bool well = true;
    for (uint32_t i = 0; i < reduce->range_count && well; i++) {
        const struct column_range *range = &reduce->ranges[i];
        struct text piece =
            range->round_two
                ? options->format(options->format_context, 0, TABLE_ACCOUNTS,
                                  format, range->first, range->last,
                                  merge->row)
                : next_piece(pieces);
        well = write_text(reduce, sink, piece);
    }
    return well;
}

static bool write_accounts(const struct account_merge *merge,
                           struct row_merge *rows,
                           const struct row_sink *sinks)
{
    struct reduce *reduce = merge->reduce;
    struct row_source *top;
    while ((top = merge_top(rows))) {
        int status = join_received(
            merge, &merge->received[top - rows->sources], &top->key);
        if (status) {
            reduce_fail(reduce, status, "reading retweets received");
            return false;
        }
        set_lift(merge, &top->head);
        const uint8_t *pieces = top->pieces;
        for (uint32_t f = 0; f < reduce->options.formats; f++)
            if (!write_account(merge, f, &sinks[f], &pieces))
                return false;
        reduce->table_rows[TABLE_ACCOUNTS]++;
        if (!merge_step(rows))
            return false;
    }
    return true;
}

static int open_received(struct account_merge *merge)
{
    struct reduce *reduce = merge->reduce;
    int status = 0;
    for (uint32_t p = 0; p < reduce->options.partitions && status >= 0; p++) {
        run_reader_init(&merge->received[p].reader, &reduce->received[p]);
        status = target_step(&merge->received[p]);
    }
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        merge->row[i].null = true;
    for (uint32_t i = 0; i < reduce->options.lanes; i++) {
        merge->retweets += reduce->lanes[i].retweets;
        merge->core_retweets += reduce->lanes[i].core_retweets;
    }
    return status < 0 ? status : 0;
}

static void close_received(struct account_merge *merge)
{
    struct reduce *reduce = merge->reduce;
    for (uint32_t p = 0; merge->received && p < reduce->options.partitions;
         p++)
        if (merge->received[p].reader.run) {
            run_reader_end(&merge->received[p].reader);
            run_free(&reduce->received[p]);
        }
    free(merge->received);
    free(merge->row);
}

static bool merge_accounts(struct reduce *reduce, const struct row_sink *sinks)
{
    struct account_merge merge = {.reduce = reduce};
    merge.received =
        calloc(reduce->options.partitions, sizeof *merge.received);
    merge.row = calloc(COLUMN_COUNT, sizeof *merge.row);
    int status = merge.received && merge.row ? open_received(&merge) : -ENOMEM;
    if (status)
        reduce_fail(reduce, status, "merging rows");
    struct row_merge *rows = status ? NULL : merge_open(reduce, ROWS_ACCOUNTS);
    bool well = rows && write_accounts(&merge, rows, sinks);
    merge_close(rows);
    close_received(&merge);
    return well;
}

/* ---- posts, and tables of sums ------------------------------------------- */

static bool merge_posts(struct reduce *reduce, const struct row_sink *sinks)
{
    struct row_merge *rows = merge_open(reduce, ROWS_POSTS);
    struct row_source *top;
    bool well = rows != NULL;
    while (well && (top = merge_top(rows))) {
        reduce->table_rows[TABLE_POSTS] += top->head.numbers[ROW_COUNT];
        well = write_record(reduce, sinks, top->pieces) && merge_step(rows);
    }
    merge_close(rows);
    return well;
}

/* The tables stand one after the other in the same runs. */
static bool merge_sums(struct reduce *reduce, enum table_id table,
                       const struct row_sink *sinks)
{
    if (!reduce->table_merge)
        reduce->table_merge = merge_open(reduce, ROWS_TABLES);
    struct row_merge *rows = reduce->table_merge;
    struct row_source *top;
    bool well = rows != NULL;
    while (well && (top = merge_top(rows)) &&
           top->head.place >> 2 <= (uint32_t)table) {
        CHECK(top->head.place >> 2 == (uint32_t)table);
        reduce->table_rows[table]++;
        well = write_record(reduce, sinks, top->pieces) && merge_step(rows);
    }
    return well;
}

/* ---- the days of hashtags ------------------------------------------------ */

/* Which hashtags are among the first TAGS_MAX: those with more posts than
 * the last of them, and the first few with as many. */
struct tag_choice {
    uint64_t least;              /* posts of the last of them */
    uint64_t ties;               /* with as many that are still to come */
    bool taken;                  /* the hashtag at hand */
};

static int falling(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static int choose_tags(const struct reduce *reduce, struct tag_choice *choice)
{
    size_t count = 0, above = 0;
    for (uint32_t p = 0; p < reduce->options.partitions; p++)
        count += reduce->tag_tops[p].count;
    *choice = (struct tag_choice){0};
    if (count < TAGS_MAX)
        return 0;
    uint64_t *posts = malloc(count * sizeof *posts);
    if (!posts)
        return -ENOMEM;
    count = 0;
    for (uint32_t p = 0; p < reduce->options.partitions; p++) {
        const struct tag_tops *tops = &reduce->tag_tops[p];
        if (tops->count)
            memcpy(posts + count, tops->posts, tops->count * sizeof *posts);
        count += tops->count;
    }
    qsort(posts, count, sizeof *posts, falling);
    choice->least = posts[TAGS_MAX - 1];
    while (posts[above] > choice->least)
        above++;
    choice->ties = TAGS_MAX - above;
    free(posts);
    return 0;
}

/* At the first record of a hashtag. */
static bool is_taken(struct tag_choice *choice, uint64_t posts)
{
    if (posts != choice->least)
        return posts > choice->least;
    if (!choice->ties)
        return false;
    choice->ties--;
    return true;
}

static bool write_tag_day(struct reduce *reduce, const struct row_source *top,
                          const struct tag_day *day,
                          const struct row_sink *sinks)
{
    const struct reduce_options *options = &reduce->options;
    const char *platform = PLATFORM_NAMES[top->head.place & 3];
    struct value row[HASHTAG_DAYS_COLUMNS] = {0};
    row[HASHTAG_DAYS_PLATFORM].text =
        (struct text){platform, (uint32_t)strlen(platform)};
    row[HASHTAG_DAYS_HASHTAG].text = top->key.id;
    row[HASHTAG_DAYS_DAY].integer = day->day;
    row[HASHTAG_DAYS_POSTS].integer = (int64_t)day->posts;
    row[HASHTAG_DAYS_ACCOUNTS].integer = (int64_t)day->accounts;
    bool well = true;
    for (uint32_t f = 0; f < options->formats && well; f++)
        well = write_text(reduce, &sinks[f],
                          options->format(options->format_context, 0,
                                          TABLE_HASHTAG_DAYS, f, 0,
                                          HASHTAG_DAYS_COLUMNS, row));
    reduce->table_rows[TABLE_HASHTAG_DAYS]++;
    return well;
}

static bool write_tag_record(struct reduce *reduce,
                             const struct row_source *top,
                             const struct row_sink *sinks)
{
    size_t bytes = top->head.bytes - top->head.id_bytes;
    bool well = true;
    for (size_t at = 0; at < bytes && well; at += sizeof(struct tag_day)) {
        struct tag_day day;
        memcpy(&day, top->pieces + at, sizeof day);
        well = write_tag_day(reduce, top, &day, sinks);
    }
    return well;
}

static bool merge_tag_days(struct reduce *reduce, const struct row_sink *sinks)
{
    struct tag_choice choice;
    int status = choose_tags(reduce, &choice);
    if (status) {
        reduce_fail(reduce, status, "choosing hashtags");
        return false;
    }
    struct row_merge *rows = merge_open(reduce, ROWS_TAG_DAYS);
    struct row_source *top;
    bool well = rows != NULL;
    while (well && (top = merge_top(rows))) {
        if (top->head.numbers[ROW_TAG_FIRST])
            choice.taken = is_taken(&choice, top->head.numbers[ROW_TAG_POSTS]);
        well = (!choice.taken || write_tag_record(reduce, top, sinks)) &&
               merge_step(rows);
    }
    merge_close(rows);
    return well;
}

bool reduce_merge(struct reduce *reduce, enum table_id table,
                  const struct row_sink *sinks)
{
    CHECK(reduce_wants(reduce, table));
    if (fault_raised(reduce->options.fault))
        return false;
    switch (table) {
    case TABLE_ACCOUNTS:
        return merge_accounts(reduce, sinks);
    case TABLE_POSTS:
        return merge_posts(reduce, sinks);
    case TABLE_HASHTAG_DAYS:
        return merge_tag_days(reduce, sinks);
    default:
        return merge_sums(reduce, table, sinks);
    }
}
