#include "pipeline/check.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

/* Language and client are the same five columns over ranks of a dictionary;
 * 0 is no value. */
struct labels {
    const struct dictionary *names;
    uint8_t flag;                   /* the post carries the field */
    bool is_client;
    enum column_place distinct, top, top_share, entropy, changes;
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
    CHECK(top->key.number <= labels->names->count);
    set_text(row, labels->top, labels->names->names[top->key.number - 1]);
    set_real(row, labels->top_share, ratio_real(top->count, counts.posts));
    return set_entropy(row, labels->entropy, scratch, counts.posts);
}

int feature_content(const struct account_posts *posts,
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
    };
    int status = set_labels(&languages, posts, scratch, row);
    return status ? status : set_labels(&clients, posts, scratch, row);
}
