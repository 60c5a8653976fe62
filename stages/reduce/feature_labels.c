#include "pipeline/check.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <errno.h>

/* Language and client are the same nine columns over ranks of a dictionary;
 * 0 is no value. */
struct labels {
    const struct dictionary *names;
    uint16_t flag;                  /* the post carries the field */
    bool is_client;
    enum column_place distinct, top, top_share, entropy, changes;
    enum column_place switch_at, switch_g2, before, after;
};

static uint32_t rank_of(const struct labels *labels, const struct fact *fact)
{
    return labels->is_client ? fact->client : fact->language;
}

struct label_counts {
    uint64_t posts;                 /* with a value */
    uint64_t changes;
    bool carried;
};

static int tally_rank(struct id_counts *tally, uint32_t rank, uint64_t posts)
{
    return posts ? id_counts_add(tally, (struct id){.number = rank}, posts) : 0;
}

/* Posts without a value are passed over; a run of equal values is one step in
 * the tally. */
static int count_labels(const struct labels *labels,
                        const struct account_view *view, struct id_counts *tally,
                        struct label_counts *counts)
{
    uint32_t before = 0;
    uint64_t run = 0;
    for (size_t i = 0; i < view->fact_count; i++) {
        uint32_t rank = rank_of(labels, &view->facts[i]);
        counts->carried |= rank || (view->facts[i].flags & labels->flag);
        if (!rank)
            continue;
        counts->posts++;
        if (rank != before) {
            int status = tally_rank(tally, before, run);
            if (status)
                return status;
            counts->changes += before != 0;
            before = rank;
            run = 0;
        }
        run++;
    }
    return tally_rank(tally, before, run);
}

static struct text name_of(const struct labels *labels, uint64_t rank)
{
    CHECK(rank > 0 && rank <= labels->names->count);
    return labels->names->names[rank - 1];
}

/* ---- the switch -------------------------------------------------------- */

/* The account's labels as 0, 1, ... in the order of their names, and room for
 * the counts before and after the split, all in the scratch's numbers. */
struct sequence {
    uint64_t *ranks, *before, *after;   /* distinct each */
    size_t distinct;
    uint32_t *labels;
    size_t count;
};

static uint32_t place_of(const struct sequence *sequence, uint32_t rank)
{
    size_t low = 0, high = sequence->distinct - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sequence->ranks[middle] < rank)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static void fill_sequence(struct sequence *sequence,
                          const struct labels *labels,
                          const struct account_view *view)
{
    uint32_t before = 0, place = 0;
    for (size_t i = 0; i < view->fact_count; i++) {
        uint32_t rank = rank_of(labels, &view->facts[i]);
        if (!rank)
            continue;
        if (rank != before)
            place = place_of(sequence, rank);
        before = rank;
        sequence->labels[sequence->count++] = place;
    }
}

static int make_sequence(struct sequence *sequence,
                         const struct labels *labels,
                         const struct account_view *view,
                         struct feature_scratch *scratch, uint64_t posts)
{
    const struct id_counts *tally = &scratch->tally;
    size_t distinct = tally->count, words = (posts + 1) / 2;
    uint64_t *numbers = scratch_numbers(scratch, 3 * distinct + words);
    if (!numbers)
        return -ENOMEM;
    for (size_t i = 0; i < distinct; i++)
        numbers[i] = tally->entries[i].key.number;
    sort_numbers(numbers, numbers + distinct, distinct);
    *sequence = (struct sequence){
        .ranks = numbers,
        .before = numbers + distinct,
        .after = numbers + 2 * distinct,
        .distinct = distinct,
        .labels = (uint32_t *)(numbers + 3 * distinct),
    };
    fill_sequence(sequence, labels, view);
    return 0;
}

/* The first of the highest counts: the smallest name. */
static uint64_t top_rank(const struct sequence *sequence,
                         const uint64_t *counts)
{
    size_t top = 0;
    for (size_t i = 1; i < sequence->distinct; i++)
        if (counts[i] > counts[top])
            top = i;
    return sequence->ranks[top];
}

/* The time of the post with a value that this many others precede. */
static int64_t time_of_value(const struct labels *labels,
                             const struct account_view *view, size_t at)
{
    for (size_t i = 0;; i++) {
        CHECK(i < view->fact_count);
        if (rank_of(labels, &view->facts[i]) && at-- == 0)
            return view->facts[i].time;
    }
}

static int set_switch(const struct labels *labels,
                      const struct account_view *view,
                      struct feature_scratch *scratch, uint64_t posts,
                      struct value *row)
{
    struct sequence sequence;
    struct label_split split;
    if (make_sequence(&sequence, labels, view, scratch, posts) ||
        label_split_find(&scratch->n_ln_n, sequence.labels, sequence.count,
                         sequence.before, sequence.after, sequence.distinct,
                         &split))
        return -ENOMEM;
    set_time(row, labels->switch_at, time_of_value(labels, view, split.at));
    set_real(row, labels->switch_g2, split.g2);
    set_text(row, labels->before,
             name_of(labels, top_rank(&sequence, sequence.before)));
    set_text(row, labels->after,
             name_of(labels, top_rank(&sequence, sequence.after)));
    return 0;
}

/* ---- classes of clients ------------------------------------------------ */

static const enum column_place CLASS_COLUMNS[CLIENT_CLASSES] = {
    [CLIENT_AUTOMATION] = COL_CLIENT_AUTOMATION_SHARE,
    [CLIENT_MOBILE] = COL_CLIENT_MOBILE_SHARE,
    [CLIENT_OTHER] = COL_CLIENT_OTHER_SHARE,
    [CLIENT_WEB] = COL_CLIENT_WEB_SHARE,
};

static int set_classes(const struct dictionary *clients,
                       struct feature_scratch *scratch, uint64_t posts,
                       struct value *row)
{
    uint64_t counts[CLIENT_CLASSES] = {0};
    const struct id_counts *tally = &scratch->tally;
    if (scratch_classes(scratch, clients))
        return -ENOMEM;
    for (size_t i = 0; i < tally->count; i++) {
        uint32_t rank = (uint32_t)tally->entries[i].key.number;
        counts[class_of_rank(scratch, rank)] += tally->entries[i].count;
    }
    for (int i = 0; i < CLIENT_CLASSES; i++)
        set_real(row, CLASS_COLUMNS[i], ratio_real(counts[i], posts));
    return 0;
}

/* ---- the group --------------------------------------------------------- */

static int set_labels(const struct labels *labels,
                      const struct account_posts *posts,
                      struct feature_scratch *scratch, struct value *row)
{
    struct label_counts counts = {0};
    struct id_counts *tally = &scratch->tally;
    id_counts_clear(tally);
    int status = count_labels(labels, posts->view, tally, &counts);
    if (status || !counts.carried)
        return status;
    set_integer(row, labels->distinct, (int64_t)tally->count);
    set_integer(row, labels->changes, (int64_t)counts.changes);
    /* Ranks are in bytewise order, so the smallest rank wins a tie. */
    const struct id_count *top = id_counts_top(tally, id_compare);
    if (!top)
        return 0;
    set_text(row, labels->top, name_of(labels, top->key.number));
    set_real(row, labels->top_share, ratio_real(top->count, counts.posts));
    status = set_entropy(row, labels->entropy, scratch, counts.posts);
    if (!status && labels->is_client)
        status = set_classes(labels->names, scratch, counts.posts, row);
    if (!status && tally->count > 1 &&
        counts.posts >= 2 * LABEL_SPLIT_SIDE_MIN)
        status = set_switch(labels, posts->view, scratch, counts.posts, row);
    return status;
}

int feature_labels(const struct account_posts *posts,
                     struct feature_scratch *scratch, struct value *row)
{
    const struct labels languages = {
        .names = &posts->names->languages,
        .flag = FACT_HAS_LANGUAGE,
        .distinct = COL_LANGUAGES,
        .top = COL_TOP_LANGUAGE,
        .top_share = COL_TOP_LANGUAGE_SHARE,
        .entropy = COL_LANGUAGE_ENTROPY,
        .changes = COL_LANGUAGE_CHANGES,
        .switch_at = COL_LANGUAGE_SWITCH_AT,
        .switch_g2 = COL_LANGUAGE_SWITCH_G2,
        .before = COL_LANGUAGE_BEFORE,
        .after = COL_LANGUAGE_AFTER,
    };
    const struct labels clients = {
        .names = &posts->names->clients,
        .flag = FACT_HAS_CLIENT,
        .is_client = true,
        .distinct = COL_CLIENTS,
        .top = COL_TOP_CLIENT,
        .top_share = COL_TOP_CLIENT_SHARE,
        .entropy = COL_CLIENT_ENTROPY,
        .changes = COL_CLIENT_CHANGES,
        .switch_at = COL_CLIENT_SWITCH_AT,
        .switch_g2 = COL_CLIENT_SWITCH_G2,
        .before = COL_CLIENT_BEFORE,
        .after = COL_CLIENT_AFTER,
    };
    int status = set_labels(&languages, posts, scratch, row);
    return status ? status : set_labels(&clients, posts, scratch, row);
}
