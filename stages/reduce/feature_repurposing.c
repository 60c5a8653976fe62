#include "pipeline/check.h"
#include "stages/days.h"
#include "stages/reduce/chi_square.h"
#include "stages/reduce/exact.h"
#include "stages/reduce/features.h"
#include "stages/reduce/local_time.h"

#include <errno.h>

#define GAP_MIN (180 * MS_PER_DAY)
#define BEFORE_MIN 5
#define AFTER_MIN 20
#define HOURS_SIDE_MIN 150
#define HOURS_P 0.001
#define DAY_HOURS 24
#define MS_PER_HOUR 3600000
#define FOLLOWERS_GROWTH_MIN 50

/* The posts before the gap and those after it: facts[0, at), facts[at, count). */
struct halves {
    const struct fact *facts;
    size_t at, count;
};

/* The longest gap that has enough of both; 0: there is none. */
static size_t find_gap(const struct fact *facts, size_t count)
{
    int64_t longest = GAP_MIN - 1;
    size_t found = 0;
    for (size_t at = BEFORE_MIN; at + AFTER_MIN <= count; at++) {
        int64_t gap = facts[at].time - facts[at - 1].time;
        if (gap > longest) {
            longest = gap;
            found = at;
        }
    }
    return found;
}

/* Each sign is 0, 1, or not known. */
enum sign { SIGN_NO, SIGN_YES, SIGN_UNKNOWN };

static enum sign sign_of(bool holds)
{
    return holds ? SIGN_YES : SIGN_NO;
}

/* ---- language ---------------------------------------------------------- */

/* The rank of the top language, 0: none. Ranks are in bytewise order. */
static int top_language(const struct fact *facts, size_t count,
                        struct id_counts *tally, uint64_t *rank)
{
    id_counts_clear(tally);
    for (size_t i = 0; i < count; i++) {
        struct id key = {.number = facts[i].language};
        if (key.number && id_counts_add(tally, key, 1))
            return -ENOMEM;
    }
    const struct id_count *top = id_counts_top(tally, id_compare);
    *rank = top ? top->key.number : 0;
    return 0;
}

static int language_sign(const struct halves *halves, struct id_counts *tally,
                         enum sign *sign)
{
    uint64_t before, after;
    int status = top_language(halves->facts, halves->at, tally, &before);
    if (!status)
        status = top_language(halves->facts + halves->at,
                              halves->count - halves->at, tally, &after);
    if (!status)
        *sign = before && after ? sign_of(before != after) : SIGN_UNKNOWN;
    return status;
}

/* ---- client ------------------------------------------------------------ */

/* CLIENT_CLASSES: no post has a client. Classes are in the order of names. */
static enum client_class top_class(const struct fact *facts, size_t count,
                                   struct feature_scratch *scratch)
{
    uint64_t counts[CLIENT_CLASSES] = {0}, most = 0;
    enum client_class top = CLIENT_CLASSES;
    for (size_t i = 0; i < count; i++)
        if (facts[i].client)
            counts[class_of_rank(scratch, facts[i].client)]++;
    for (int i = 0; i < CLIENT_CLASSES; i++) {
        if (counts[i] > most) {
            most = counts[i];
            top = (enum client_class)i;
        }
    }
    return top;
}

static enum sign client_sign(const struct halves *halves,
                             struct feature_scratch *scratch)
{
    enum client_class before = top_class(halves->facts, halves->at, scratch);
    enum client_class after = top_class(halves->facts + halves->at,
                                        halves->count - halves->at, scratch);
    if (before == CLIENT_CLASSES || after == CLIENT_CLASSES)
        return SIGN_UNKNOWN;
    return sign_of(before != after);
}

/* ---- hours ------------------------------------------------------------- */

static void count_hours(const struct fact *facts, size_t count,
                        struct local_clock *clock, uint64_t *hours)
{
    for (size_t i = 0; i < count; i++) {
        int64_t local = local_clock_ms(clock, facts[i].time);
        hours[modulo_down(divide_down(local, MS_PER_HOUR), DAY_HOURS)]++;
    }
}

static enum sign hours_sign(const struct halves *halves,
                            const struct feature_options *options)
{
    size_t after_count = halves->count - halves->at;
    if (halves->at < HOURS_SIDE_MIN || after_count < HOURS_SIDE_MIN)
        return SIGN_UNKNOWN;
    uint64_t before[DAY_HOURS] = {0}, after[DAY_HOURS] = {0};
    struct local_clock clock = local_clock_of(options);
    count_hours(halves->facts, halves->at, &clock, before);
    count_hours(halves->facts + halves->at, after_count, &clock, after);
    double g2 =
        label_split_g2(before, after, DAY_HOURS, halves->at, after_count);
    return sign_of(chi_square_p(g2, DAY_HOURS - 1) < HOURS_P);
}

/* ---- the two posts at the gap ------------------------------------------ */

static enum sign name_sign(const struct fact *last, const struct fact *first)
{
    if (!last->name_hash || !first->name_hash)
        return SIGN_UNKNOWN;
    return sign_of(last->name_hash != first->name_hash);
}

static enum sign followers_sign(const struct fact *last,
                                const struct fact *first)
{
    int64_t before = last->followers, after = first->followers;
    if (before == COUNT_NONE || after == COUNT_NONE)
        return SIGN_UNKNOWN;
    /* after - before >= before, which cannot pass 2^63. */
    int64_t grown = after - before;
    return sign_of(grown >= before && grown >= FOLLOWERS_GROWTH_MIN);
}

/* ---- the group --------------------------------------------------------- */

#define SIGNS 5
_Static_assert(COL_REPURPOSE_FOLLOWERS == COL_REPURPOSE_LANGUAGE + SIGNS - 1,
               "in a row");

static void set_signs(const enum sign *signs, struct value *row)
{
    int64_t held = 0, known = 0;
    for (unsigned i = 0; i < SIGNS; i++) {
        if (signs[i] == SIGN_UNKNOWN)
            continue;
        set_integer(row, COL_REPURPOSE_LANGUAGE + i, signs[i] == SIGN_YES);
        held += signs[i] == SIGN_YES;
        known++;
    }
    if (known)
        set_integer(row, COL_REPURPOSE_SCORE, held);
}

static int set_repurposing(const struct halves *halves,
                           const struct account_posts *posts,
                           struct feature_scratch *scratch, struct value *row)
{
    const struct fact *first = &halves->facts[halves->at], *last = first - 1;
    enum sign language;
    if (language_sign(halves, &scratch->tally, &language) ||
        scratch_classes(scratch, &posts->names->clients))
        return -ENOMEM;
    set_time(row, COL_REPURPOSED_AT, first->time);
    set_text(row, COL_REPURPOSED_POST,
             id_text(fact_post(first), scratch->digits[DIGITS_REPURPOSED]));
    const enum sign signs[SIGNS] = {
        language,
        client_sign(halves, scratch),
        hours_sign(halves, posts->options),
        name_sign(last, first),
        followers_sign(last, first),
    };
    set_signs(signs, row);
    return 0;
}

int feature_repurposing(const struct account_posts *posts,
                        struct feature_scratch *scratch, struct value *row)
{
    struct halves halves = {.facts = posts->view->facts,
                            .count = posts->view->fact_count};
    /* Nearly all accounts end here, without a look at their posts. */
    if (halves.count < BEFORE_MIN + AFTER_MIN ||
        !row[COL_DORMANT_GAPS].integer)
        return 0;
    halves.at = find_gap(halves.facts, halves.count);
    return halves.at ? set_repurposing(&halves, posts, scratch, row) : 0;
}
