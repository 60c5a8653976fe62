#include "stages/reduce/rounds.h"

#include "pipeline/check.h"
#include "stages/reduce/retweet_tuple.h"

#include <errno.h>
#include <stdlib.h>

/* ---- rows -------------------------------------------------------------- */

static int add_pieces(struct reduce *reduce, uint32_t lane_index,
                      uint32_t format)
{
    const struct reduce_options *options = &reduce->options;
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    int status = 0;
    for (uint32_t i = 0; i < reduce->range_count && !status; i++) {
        const struct column_range *range = &reduce->ranges[i];
        if (range->round_two)
            continue;
        struct text piece = options->format(
            options->format_context, lane_index, TABLE_ACCOUNTS, format,
            range->first, range->last, lane->row);
        status = piece.bytes ? record_piece(lane, piece) : -ENOMEM;
    }
    return status;
}

/* A column of the row as a count; null_count where it is null or none. */
static uint64_t row_count(const struct reduce_lane *lane, uint32_t column,
                          uint64_t null_count)
{
    if (column == COLUMN_COUNT || lane->row[column].null)
        return null_count;
    return (uint64_t)lane->row[column].integer;
}

static bool is_listed(const struct reduce *reduce,
                      const struct account_view *view)
{
    return view->fact_count && view->fact_count >= reduce->options.posts_min;
}

static int add_row(struct reduce *reduce, uint32_t lane_index,
                   const struct account_view *view, struct byte_run *rows)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    uint64_t retweets = row_count(lane, reduce->retweets_column, 0);
    uint64_t core = row_count(lane, reduce->core_retweets_column, UINT64_MAX);
    lane->retweets += retweets;
    lane->core_retweets += core == UINT64_MAX ? 0 : core;
    if (!is_listed(reduce, view))
        return 0;
    char digits[PSEUDONYM_DIGITS];
    int status = record_begin(lane, row_place(TABLE_ACCOUNTS, view->platform),
                              row_account_id(reduce, view->platform, view->id,
                                             digits));
    for (uint32_t f = 0; f < reduce->options.formats && !status; f++)
        status = add_pieces(reduce, lane_index, f);
    return status ? status : record_end(lane, retweets, core, rows);
}

/* ---- accounts ---------------------------------------------------------- */

static int add_tuple(struct reduce *reduce, struct reduce_lane *lane,
                     enum platform platform, struct id target,
                     struct id account)
{
    size_t size = retweet_tuple_size(target, account);
    if (!size)
        return -EOVERFLOW;
    uint8_t *room = tuple_room(lane, size);
    if (!room)
        return -ENOMEM;
    retweet_tuple_write(room, platform, target, account);
    return tuple_add(reduce, lane, TUPLES_RETWEETS, id_hash(platform, target));
}

/* One tuple for each retweet of somebody else. */
static int add_tuples(struct reduce *reduce, struct reduce_lane *lane,
                      const struct account_view *view)
{
    int status = 0;
    for (size_t i = 0; i < view->fact_count && !status; i++) {
        const struct fact *fact = &view->facts[i];
        if (fact->kind == KIND_RETWEET && fact->target &&
            !(fact->flags & FACT_SELF))
            status = add_tuple(reduce, lane, view->platform,
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

static void count_account(const struct reduce *reduce,
                          struct reduce_counts *counts,
                          const struct account_view *view,
                          const struct sorted_posts *sorted)
{
    if (is_listed(reduce, view)) {
        counts->accounts_listed++;
        counts->posts_listed += sorted->count;
    }
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

static int reduce_features(struct reduce *reduce, uint32_t lane_index,
                           const struct account_view *view,
                           const struct sorted_posts *sorted,
                           uint32_t partition)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    struct account_posts posts = {.view = view,
                                  .statuses_first = sorted->statuses_first,
                                  .statuses_last = sorted->statuses_last,
                                  .names = reduce->options.names,
                                  .core = reduce->options.core,
                                  .options = &reduce->options.features};
    int status = features_compute(&posts, lane->scratch, lane->row);
    if (!status)
        status = add_tuples(reduce, lane, view);
    return status ? status
                  : add_row(reduce, lane_index, view,
                            &reduce->rows[ROWS_ACCOUNTS][partition]);
}

static int reduce_tables(struct reduce *reduce, uint32_t lane_index,
                         const struct account_view *view, uint32_t partition)
{
    const struct account_set *accounts = reduce->options.accounts;
    if (accounts && !account_set_has(accounts, view->platform, view->id))
        return 0;
    int status = table_collect(reduce, &reduce->lanes[lane_index], view);
    if (!status && reduce_wants(reduce, TABLE_POSTS))
        status = table_posts(reduce, lane_index, view,
                             &reduce->rows[ROWS_POSTS][partition]);
    return status;
}

static int reduce_account(struct reduce *reduce, uint32_t lane_index,
                          struct account_view *view, uint32_t partition)
{
    struct reduce_lane *lane = &reduce->lanes[lane_index];
    struct sorted_posts sorted;
    int status = sort_view(reduce, lane, view, &sorted);
    if (status)
        return status;
    count_account(reduce, &lane->counts, view, &sorted);
    if (view->fact_count && reduce_wants(reduce, TABLE_ACCOUNTS))
        status = reduce_features(reduce, lane_index, view, &sorted, partition);
    return status ? status
                  : reduce_tables(reduce, lane_index, view, partition);
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
            reduce_fail(reduce, next,
                        next == -EBADMSG
                            ? "a segment of the state is damaged; --restart "
                              "begins anew"
                            : "reading a partition of accounts");
        if (next <= 0)
            break;
        status = reduce_account(reduce, lane_index, &view, partition);
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
    if (fault_raised(reduce->options.fault))
        return;
    int status = table_collect_end(reduce, &reduce->lanes[lane]);
    if (!status)
        status = tuples_flush(reduce, &reduce->lanes[lane]);
    if (status)
        reduce_fail(reduce, status, "keeping tuples for round two");
}
