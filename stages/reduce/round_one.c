#include "stages/reduce/rounds.h"

#include "pipeline/check.h"

#include <errno.h>
#include <stdlib.h>

/* ---- rows -------------------------------------------------------------- */

static bool record_room(struct reduce_lane *lane, size_t bytes)
{
    if (bytes <= lane->record_capacity)
        return true;
    size_t capacity = bytes + bytes / 2 + 4096;
    uint8_t *grown = realloc(lane->record, capacity);
    if (!grown)
        return false;
    lane->record = grown;
    lane->record_capacity = capacity;
    return true;
}

/* Adds at *at and steps it. */
static bool record_add(struct reduce_lane *lane, size_t *at, const void *bytes,
                       size_t size)
{
    if (!record_room(lane, *at + size))
        return false;
    if (size)
        memcpy(lane->record + *at, bytes, size);
    *at += size;
    return true;
}

static bool record_pieces(struct reduce *reduce, uint32_t lane_index,
                          uint32_t format, size_t *at)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    for (uint32_t i = 0; i < reduce->range_count; i++) {
        const struct column_range *range = &reduce->ranges[i];
        if (range->round_two)
            continue;
        struct text piece = reduce->options.format(
            reduce->options.format_context, lane_index, format, range->first,
            range->last, lane->row);
        if (!piece.bytes ||
            !record_add(lane, at, &piece.size, sizeof piece.size) ||
            !record_add(lane, at, piece.bytes, piece.size))
            return false;
    }
    return true;
}

static int add_row(struct reduce *reduce, uint32_t lane_index,
                   const struct account_view *view, struct byte_run *rows)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    char digits[ID_DIGITS_MAX];
    struct text id = id_text(view->id, digits);
    struct row_head head = {0, id.size, (uint32_t)view->platform};
    size_t at = sizeof head;
    if (!record_add(lane, &at, id.bytes, id.size))
        return -ENOMEM;
    for (uint32_t format = 0; format < reduce->options.formats; format++)
        if (!record_pieces(reduce, lane_index, format, &at))
            return -ENOMEM;
    head.bytes = at - sizeof head;
    memcpy(lane->record, &head, sizeof head);
    return run_append(rows, lane->record, at);
}

/* ---- accounts ---------------------------------------------------------- */

/* One tuple for each retweet of somebody else. */
static int add_tuples(struct reduce *reduce, struct reduce_lane *lane,
                      const struct account_view *view)
{
    int status = 0;
    for (size_t i = 0; i < view->fact_count && !status; i++) {
        const struct fact *fact = &view->facts[i];
        if (fact->kind == KIND_RETWEET && fact->target &&
            !(fact->flags & FACT_SELF))
            status = tuples_add(reduce, lane, view->platform,
                                fact_target(fact), view->id);
    }
    return status;
}

static int sort_view(struct reduce *reduce, struct reduce_lane *lane,
                     struct account_view *view, struct sorted_posts *sorted)
{
    struct copy_context context = {view->id, reduce->options.names};
    int status = sort_posts(&lane->sorter, &context, view->facts,
                            view->fact_count, sorted);
    view->fact_count = sorted->count;
    size_t deletions = view->deletion_count;
    if (!status && deletions)
        status = sort_deletions(&lane->sorter, view->deletions, deletions,
                                &view->deletion_count);
    return status;
}

static void count_account(struct reduce_counts *counts,
                          const struct account_view *view,
                          const struct sorted_posts *sorted)
{
    if (!view->fact_count) {
        counts->deletes_without_account += view->deletion_count;
        return;
    }
    counts->accounts++;
    counts->posts += sorted->count;
    counts->duplicates += sorted->duplicates;
    counts->conflicting_duplicates += sorted->conflicting;
    counts->deletions += view->deletion_count;
}

static int reduce_account(struct reduce *reduce, uint32_t lane_index,
                          struct account_view *view, struct byte_run *rows)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    struct sorted_posts sorted;
    int status = sort_view(reduce, lane, view, &sorted);
    if (status)
        return status;
    count_account(&lane->counts, view, &sorted);
    if (!view->fact_count)
        return 0;
    struct account_posts posts = {.view = view,
                                  .statuses_first = sorted.statuses_first,
                                  .statuses_last = sorted.statuses_last,
                                  .names = reduce->options.names,
                                  .options = &reduce->options.features};
    status = features_compute(&posts, lane->scratch, lane->row);
    if (!status)
        status = add_tuples(reduce, lane, view);
    return status ? status : add_row(reduce, lane_index, view, rows);
}

/* ---- partitions -------------------------------------------------------- */

static void reduce_part(struct reduce *reduce, uint32_t lane_index,
                        uint32_t partition)
{
    const struct reduce_options *options = &reduce->options;
    errno = ENOMEM;
    struct part_cursor *cursor =
        options->open_part(options->open_context, partition);
    if (!cursor) {
        reduce_fail(reduce, -errno, "opening a partition of accounts");
        return;
    }
    struct account_view view;
    int status = 0;
    while (!fault_raised(options->fault)) {
        int next = cursor->next(cursor, &view);
        if (next < 0)
            reduce_fail(reduce, next, "reading a partition of accounts");
        if (next <= 0)
            break;
        status = reduce_account(reduce, lane_index, &view,
                                &reduce->rows[partition]);
        if (status)
            reduce_fail(reduce, status, "computing the row of an account");
    }
    cursor->close(cursor);
}

void reduce_round_one(struct reduce *reduce, uint32_t lane)
{
    CHECK(lane < reduce->options.lanes);
    uint32_t partition;
    while (reduce_claim(reduce, &reduce->claimed_one, &partition))
        reduce_part(reduce, lane, partition);
    int status = tuples_flush(reduce, &reduce->lanes[lane]);
    if (status)
        reduce_fail(reduce, status, "keeping retweets for round two");
}
