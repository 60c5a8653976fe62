#include "pipeline/check.h"
#include "stages/reduce/client_class.h"
#include "stages/reduce/rounds.h"
#include "stages/reduce/table_sums.h"
#include "stages/reduce/tables.h"

#include <errno.h>
#include <stdlib.h>

/*
 * The sums of a partition, which come in the order of rows, become rows.
 *
 * Of hashtags also the days are needed, but only of the TAGS_MAX hashtags
 * with most posts in the run. So each partition keeps the posts of its first
 * TAGS_MAX hashtags in a heap, and writes the days of those that were among
 * them when their turn came; the merge, which knows all heaps, passes over
 * what turns out to be too few. Where posts are equal the smaller hashtag goes
 * first: within a partition that is the one that came before, so one that
 * only equals the least of a full heap can never be chosen.
 */
struct sum_fold {
    struct tuple_taker face;
    struct reduce *reduce;
    uint32_t lane, partition;
    bool any;
    struct tuple group;          /* without bytes */
    struct sum_key key;          /* of the group; its text stands in text */
    struct sum sum;
    char *text;
    size_t text_capacity;
    struct tag_day *days;        /* of the hashtag at hand */
    size_t day_count, day_capacity;
};

/* ---- rows ---------------------------------------------------------------- */

/* The longest row that is a sum. */
#define SUM_ROW_MAX DAYS_COLUMNS

static struct value integer_value(uint64_t integer)
{
    return (struct value){.integer = (int64_t)integer};
}

static struct value platform_value(enum platform platform)
{
    const char *name = PLATFORM_NAMES[platform];
    return (struct value){.text = {name, (uint32_t)strlen(name)}};
}

static void fill_days(const struct sum_fold *fold, struct value *row)
{
    const uint64_t *counts = fold->sum.counts;
    const uint64_t *kinds = counts + SUM_KINDS;
    row[DAYS_DAY].integer = fold->key.day;
    row[DAYS_POSTS] = integer_value(counts[SUM_POSTS]);
    row[DAYS_ORIGINALS] = integer_value(kinds[KIND_ORIGINAL]);
    row[DAYS_RETWEETS] = integer_value(kinds[KIND_RETWEET]);
    row[DAYS_REPLIES] = integer_value(kinds[KIND_REPLY]);
    row[DAYS_QUOTES] = integer_value(kinds[KIND_QUOTE]);
    row[DAYS_ACTIVE_ACCOUNTS] = integer_value(counts[SUM_ACTIVE]);
    row[DAYS_ACCOUNTS_CREATED] = integer_value(counts[SUM_CREATED]);
    row[DAYS_DELETES] = integer_value(counts[SUM_DELETES]);
}

static void fill_created(const struct sum_fold *fold, struct value *row)
{
    row[CREATED_DAY].integer = fold->key.day;
    row[CREATED_ACCOUNTS] = integer_value(fold->sum.counts[SUM_ACCOUNTS]);
    row[CREATED_POSTS] = integer_value(fold->sum.counts[SUM_POSTS]);
}

static struct value class_value(struct text client)
{
    const char *name = CLIENT_CLASS_NAMES[client_class_of(client)];
    return (struct value){.text = {name, (uint32_t)strlen(name)}};
}

/* Clients have a class between label and counts. */
static void fill_label(const struct sum_fold *fold, struct value *row)
{
    uint32_t at = 1;
    row[at++].text = fold->key.text;
    if (fold->key.table == TABLE_CLIENTS)
        row[at++] = class_value(fold->key.text);
    row[at++] = integer_value(fold->sum.counts[SUM_POSTS]);
    row[at++] = integer_value(fold->sum.counts[SUM_ACCOUNTS]);
    row[at++].integer = fold->sum.first;
    row[at++].integer = fold->sum.last;
    CHECK(at == TABLES[fold->key.table].count);
}

/* Days in the order of numbers, as bytes. */
static struct text day_id(int64_t day, unsigned char bytes[8])
{
    uint64_t word = (uint64_t)day ^ (uint64_t)1 << 63;
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(word >> (56 - 8 * i));
    return (struct text){(const char *)bytes, 8};
}

static int write_row(struct sum_fold *fold)
{
    struct reduce *reduce = fold->reduce;
    unsigned char bytes[8];
    struct text id = fold->key.text;
    struct value row[SUM_ROW_MAX] = {platform_value(fold->key.platform)};
    if (!reduce_wants(reduce, fold->key.table))
        return 0;
    switch (fold->key.table) {
    case TABLE_DAYS:
        fill_days(fold, row);
        id = day_id(fold->key.day, bytes);
        reduce->lanes[fold->lane].counts.days_posts +=
            fold->sum.counts[SUM_POSTS];
        break;
    case TABLE_CREATED:
        fill_created(fold, row);
        id = day_id(fold->key.day, bytes);
        break;
    default:
        fill_label(fold, row);
    }
    return record_row(reduce, fold->lane, fold->key.table, fold->key.platform,
                      id, row, &reduce->rows[ROWS_TABLES][fold->partition]);
}

/* ---- the days of hashtags ------------------------------------------------ */

static void sift_down(uint64_t *heap, uint32_t count, uint32_t at)
{
    uint64_t moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= moved)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* Whether this many posts are among the partition's first, which they are
 * then. The least stands on top once the heap is full. */
static bool enter_tops(struct tag_tops *tops, uint64_t posts)
{
    if (tops->count < TAGS_MAX) {
        tops->posts[tops->count++] = posts;
        if (tops->count == TAGS_MAX)
            for (uint32_t i = TAGS_MAX / 2; i-- > 0;)
                sift_down(tops->posts, TAGS_MAX, i);
        return true;
    }
    if (posts <= tops->posts[0])
        return false;
    tops->posts[0] = posts;
    sift_down(tops->posts, TAGS_MAX, 0);
    return true;
}

/* Days in one record: few enough to be read at once. */
#define RECORD_DAYS 1024

static int write_tag_days(struct sum_fold *fold)
{
    struct reduce *reduce = fold->reduce;
    struct reduce_lane *lane = &reduce->lanes[fold->lane];
    struct tag_tops *tops = &reduce->tag_tops[fold->partition];
    if (!tops->posts)
        tops->posts = malloc(TAGS_MAX * sizeof *tops->posts);
    if (!tops->posts)
        return -ENOMEM;
    uint64_t posts = fold->sum.counts[SUM_POSTS];
    int status = 0;
    if (!enter_tops(tops, posts))
        return 0;
    for (size_t at = 0; at < fold->day_count && !status; at += RECORD_DAYS) {
        size_t count = fold->day_count - at;
        count = count < RECORD_DAYS ? count : RECORD_DAYS;
        status = record_begin(
            lane, row_place(TABLE_HASHTAG_DAYS, fold->key.platform),
            fold->key.text);
        if (!status)
            status = record_add(lane, fold->days + at,
                                count * sizeof *fold->days);
        if (!status)
            status = record_end(lane, posts, at == 0,
                                &reduce->rows[ROWS_TAG_DAYS][fold->partition]);
    }
    return status;
}

static int add_day(struct sum_fold *fold, int64_t day, const struct sum *sum)
{
    struct tag_day *last = fold->days + fold->day_count - 1;
    if (fold->day_count && last->day == day) {
        last->posts += sum->counts[SUM_POSTS];
        last->accounts += sum->counts[SUM_DAY_ACCOUNTS];
        return 0;
    }
    if (fold->day_count == fold->day_capacity) {
        size_t capacity = fold->day_capacity ? fold->day_capacity * 2 : 256;
        struct tag_day *grown =
            reallocarray(fold->days, capacity, sizeof *grown);
        if (!grown)
            return -ENOMEM;
        memory_charge(fold->reduce->options.memory,
                      (capacity - fold->day_capacity) * sizeof *grown);
        fold->days = grown;
        fold->day_capacity = capacity;
    }
    fold->days[fold->day_count++] = (struct tag_day){
        day, sum->counts[SUM_POSTS], sum->counts[SUM_DAY_ACCOUNTS]};
    return 0;
}

/* ---- groups -------------------------------------------------------------- */

static int end_group(struct sum_fold *fold)
{
    if (!fold->any)
        return 0;
    int status = write_row(fold);
    if (!status && fold->key.table == TABLE_HASHTAGS &&
        reduce_wants(fold->reduce, TABLE_HASHTAG_DAYS))
        status = write_tag_days(fold);
    fold->day_count = 0;
    return status;
}

static bool has_label(enum table_id table)
{
    return table != TABLE_DAYS && table != TABLE_CREATED;
}

/* Of one row, whatever the day of a hashtag. */
static bool same_group(const struct sum_fold *fold, const struct tuple *tuple,
                       const struct sum_key *key)
{
    if (!fold->any || fold->group.prefix != tuple->prefix ||
        fold->group.third != tuple->third)
        return false;
    return has_label(key->table) ? text_compare(fold->key.text, key->text) == 0
                                 : fold->key.day == key->day;
}

static int begin_group(struct sum_fold *fold, const struct tuple *tuple,
                       const struct sum_key *key)
{
    if (key->text.size > fold->text_capacity) {
        free(fold->text);
        fold->text_capacity = 0;
        fold->text = malloc((size_t)key->text.size * 2);
        if (!fold->text)
            return -ENOMEM;
        fold->text_capacity = (size_t)key->text.size * 2;
    }
    if (key->text.size)
        memcpy(fold->text, key->text.bytes, key->text.size);
    fold->group = *tuple;
    fold->key = *key;
    fold->key.text.bytes = fold->text ? fold->text : "";
    fold->any = true;
    return 0;
}

static int take_sum(struct tuple_taker *face, const struct tuple *tuple)
{
    struct sum_fold *fold = (struct sum_fold *)face;
    struct sum_key key;
    struct sum sum;
    sum_tuple_read(tuple, &key, &sum);
    int status = 0;
    if (same_group(fold, tuple, &key)) {
        sum_add(&fold->sum, &sum);
    } else {
        status = end_group(fold);
        if (!status)
            status = begin_group(fold, tuple, &key);
        fold->sum = sum;
    }
    if (!status && key.table == TABLE_HASHTAGS)
        status = add_day(fold, key.day, &sum);
    return status;
}

int table_rows_make(struct reduce *reduce, uint32_t lane, uint32_t partition)
{
    struct sum_fold fold = {.face = {take_sum}, .reduce = reduce,
                            .lane = lane, .partition = partition};
    int status = tuples_take(reduce, &reduce->lanes[lane], TUPLES_SUMS,
                             partition, &fold.face);
    if (!status)
        status = end_group(&fold);
    memory_uncharge(reduce->options.memory,
                    fold.day_capacity * sizeof *fold.days);
    free(fold.days);
    free(fold.text);
    return status;
}
