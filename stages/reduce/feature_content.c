#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"

#include <errno.h>

/* ---- entities ---------------------------------------------------------- */

/* In the order of the columns. */
enum entity { ENTITY_HASHTAG, ENTITY_URL, ENTITY_MENTION, ENTITY_MEDIA,
              ENTITIES };
static const uint16_t ENTITY_FLAGS[ENTITIES] = {
    FACT_HAS_HASHTAGS, FACT_HAS_URLS, FACT_HAS_MENTIONS, FACT_HAS_MEDIA};
_Static_assert(COL_MEDIA == COL_HASHTAGS + ENTITY_MEDIA, "in a row");
_Static_assert(COL_POSTS_WITH_MEDIA == COL_POSTS_WITH_HASHTAG + ENTITY_MEDIA,
               "in a row");

struct content {
    uint16_t carried;           /* flags of all posts together */
    bool has_lists;
    uint64_t entities[ENTITIES], posts_with[ENTITIES];  /* no retweets */
    uint64_t not_retweets;
    uint64_t texts, length;     /* sums over texts */
    uint128 squares;            /* of lengths */
    uint64_t scripts[SCRIPTS];
    uint64_t *hashes;           /* of texts */
};

static void add_entities(struct content *content, const struct fact *fact)
{
    const uint64_t counts[ENTITIES] = {fact_hashtags(fact).count, fact->urls,
                                       fact->mentions, fact->media};
    for (int i = 0; i < ENTITIES; i++) {
        content->entities[i] += counts[i];
        content->posts_with[i] += counts[i] > 0;
    }
}

static void add_text(struct content *content, const struct fact *fact)
{
    content->hashes[content->texts++] = fact->text_hash;
    content->length += fact->text_length;
    content->squares += (uint64_t)fact->text_length * fact->text_length;
    if (!fact->lists)
        return;
    for (int i = 0; i < SCRIPTS; i++)
        content->scripts[i] += fact->lists->scripts[i];
}

static void count_content(struct content *content,
                          const struct account_view *view)
{
    for (size_t i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        content->carried |= fact->flags;
        content->has_lists |= fact->lists != NULL;
        if (fact->kind == KIND_RETWEET)
            continue;
        content->not_retweets++;
        add_entities(content, fact);
        if (fact->flags & FACT_HAS_TEXT)
            add_text(content, fact);
    }
}

static void set_entities(const struct content *content, struct value *row)
{
    for (unsigned i = 0; i < ENTITIES; i++) {
        if (!(content->carried & ENTITY_FLAGS[i]))
            continue;
        set_integer(row, COL_HASHTAGS + i, (int64_t)content->entities[i]);
        set_integer(row, COL_POSTS_WITH_HASHTAG + i,
                    (int64_t)content->posts_with[i]);
    }
}

/* ---- texts ------------------------------------------------------------- */

static uint64_t count_distinct(uint64_t *hashes, size_t count)
{
    uint64_t distinct = 1;
    sort_numbers(hashes, hashes + count, count);
    for (size_t i = 1; i < count; i++)
        distinct += hashes[i] != hashes[i - 1];
    return distinct;
}

/* sqrt(n sum x^2 - (sum x)^2) / n. */
static double length_deviation(const struct content *content)
{
    bool negative;
    struct wide spread =
        wide_distance(wide_multiply(content->squares, content->texts),
                      wide_multiply(content->length, content->length),
                      &negative);
    long double root;
    uint64_t whole;
    if (wide_root(spread, &root, &whole))
        return ratio_real(whole, content->texts);
    return (double)(root / (long double)content->texts);
}

static void set_texts(const struct content *content, struct value *row)
{
    if (!content->texts)
        return;
    uint64_t distinct = count_distinct(content->hashes, content->texts);
    set_real(row, COL_TEXT_LENGTH_MEAN,
             ratio_real(content->length, content->texts));
    set_real(row, COL_TEXT_LENGTH_SD, length_deviation(content));
    set_integer(row, COL_DISTINCT_TEXTS, (int64_t)distinct);
    set_real(row, COL_DUPLICATE_TEXT_SHARE,
             ratio_real(content->not_retweets - distinct,
                        content->not_retweets));
    for (unsigned i = 0; i < SCRIPTS; i++)
        set_integer(row, COL_SCRIPT_HAN + i, (int64_t)content->scripts[i]);
}
_Static_assert(COL_SCRIPT_OTHER == COL_SCRIPT_HAN + SCRIPT_OTHER, "in a row");

/* ---- lists: hashtags and domains --------------------------------------- */

/* Keys that are all texts, one of them perhaps empty. */
static int compare_texts(struct id a, struct id b)
{
    return text_compare(a.text, b.text);
}

static int tally_list(struct id_counts *tally, struct text_list list,
                      uint64_t *uses)
{
    const uint8_t *at = list.bytes;
    for (uint32_t i = 0; i < list.count; i++) {
        struct id key = {0};
        at = text_list_get(at, &key.text);
        int status = id_counts_add(tally, key, 1);
        if (status)
            return status;
    }
    *uses += list.count;
    return 0;
}

static int tally_lists(struct id_counts *tally, const struct account_view *view,
                       struct text_list (*list_of)(const struct fact *),
                       uint64_t *uses)
{
    int status = 0;
    id_counts_clear(tally);
    *uses = 0;
    for (size_t i = 0; i < view->fact_count && !status; i++)
        if (view->facts[i].lists)
            status = tally_list(tally, list_of(&view->facts[i]), uses);
    return status;
}

static int set_hashtags(const struct account_view *view,
                        struct id_counts *tally, struct value *row)
{
    uint64_t uses;
    int status = tally_lists(tally, view, fact_hashtags, &uses);
    if (status)
        return status;
    set_integer(row, COL_DISTINCT_HASHTAGS, (int64_t)tally->count);
    const struct id_count *top = id_counts_top(tally, compare_texts);
    if (!top)
        return 0;
    set_text(row, COL_TOP_HASHTAG, top->key.text);
    set_real(row, COL_TOP_HASHTAG_SHARE, ratio_real(top->count, uses));
    return 0;
}

static int set_domains(const struct account_view *view,
                       struct id_counts *tally, struct value *row)
{
    uint64_t uses;
    int status = tally_lists(tally, view, fact_domains, &uses);
    if (!status)
        set_integer(row, COL_DISTINCT_DOMAINS, (int64_t)tally->count);
    return status;
}

/* ---- the group --------------------------------------------------------- */

/* A field that is carried and always empty counts 0, without a look. */
static int set_lists(const struct content *content,
                     const struct account_view *view,
                     struct id_counts *tally, struct value *row)
{
    bool hashtags = content->carried & FACT_HAS_HASHTAGS;
    bool urls = content->carried & FACT_HAS_URLS;
    if (!content->has_lists) {
        if (hashtags)
            set_integer(row, COL_DISTINCT_HASHTAGS, 0);
        if (urls)
            set_integer(row, COL_DISTINCT_DOMAINS, 0);
        return 0;
    }
    int status = hashtags ? set_hashtags(view, tally, row) : 0;
    return status || !urls ? status : set_domains(view, tally, row);
}

int feature_content(const struct account_posts *posts,
                    struct feature_scratch *scratch, struct value *row)
{
    const struct account_view *view = posts->view;
    struct content content = {
        .hashes = scratch_numbers(scratch, view->fact_count)};
    if (!content.hashes)
        return -ENOMEM;
    count_content(&content, view);
    set_entities(&content, row);
    set_texts(&content, row);
    return set_lists(&content, view, &scratch->tally, row);
}
