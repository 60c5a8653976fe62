#include "stages/reduce/features.h"

#include "pipeline/check.h"
#include "stages/reduce/exact.h"

#include <errno.h>
#include <stdlib.h>

/* What a lane keeps between accounts; more is given back at once, so that one
 * huge account does not stay on the books. 1 MiB. */
#define NUMBERS_KEPT ((size_t)1 << 17)
#define LETTERS_KEPT ((size_t)1 << 16)

struct feature_scratch *feature_scratch_create(void)
{
    struct feature_scratch *scratch = calloc(1, sizeof *scratch);
    if (scratch)
        id_counts_init(&scratch->tally);
    return scratch;
}

void feature_scratch_destroy(struct feature_scratch *scratch)
{
    if (!scratch)
        return;
    id_counts_free(&scratch->tally);
    free(scratch->numbers);
    free(scratch->letters);
    free(scratch->classes);
    n_ln_n_free(&scratch->n_ln_n);
    free(scratch);
}

/* Capacities at least double, so that a run of growing accounts is linear. */
static size_t grown_capacity(size_t capacity, size_t wanted)
{
    size_t doubled = capacity > SIZE_MAX / 2 ? SIZE_MAX : capacity * 2;
    return wanted > doubled ? wanted : doubled;
}

uint64_t *scratch_numbers(struct feature_scratch *scratch, size_t count)
{
    size_t wanted;
    if (__builtin_mul_overflow(count, count > SORT_SMALL_MAX ? 2 : 1, &wanted))
        return NULL;
    if (wanted < SORT_SMALL_MAX)
        wanted = SORT_SMALL_MAX;
    if (wanted <= scratch->numbers_capacity)
        return scratch->numbers;
    free(scratch->numbers);
    size_t capacity = grown_capacity(scratch->numbers_capacity, wanted);
    if (capacity > NUMBERS_KEPT)
        capacity = wanted;
    scratch->numbers = reallocarray(NULL, capacity, sizeof(uint64_t));
    scratch->numbers_capacity = scratch->numbers ? capacity : 0;
    return scratch->numbers;
}

char *scratch_letters(struct feature_scratch *scratch, size_t count)
{
    if (count <= scratch->letters_capacity && scratch->letters)
        return scratch->letters;
    free(scratch->letters);
    size_t capacity = grown_capacity(scratch->letters_capacity, count + 1);
    scratch->letters = malloc(capacity);
    scratch->letters_capacity = scratch->letters ? capacity : 0;
    return scratch->letters;
}

int scratch_classes(struct feature_scratch *scratch,
                    const struct dictionary *clients)
{
    if (scratch->classes && scratch->classes_of == clients->names)
        return 0;
    free(scratch->classes);
    scratch->classes = calloc((size_t)clients->count + 1, 1);
    scratch->classes_of = clients->names;
    return scratch->classes ? 0 : -ENOMEM;
}

enum client_class class_of_rank(struct feature_scratch *scratch, uint32_t rank)
{
    uint8_t *found = &scratch->classes[rank];
    if (!*found)
        *found = (uint8_t)(1 + client_class_of(scratch->classes_of[rank - 1]));
    return (enum client_class)(*found - 1);
}

void set_median_s(struct value *row, enum column_place column,
                  uint64_t *numbers, size_t count)
{
    if (!count)
        return;
    sort_numbers(numbers, numbers + count, count);
    set_real(row, column,
             ratio_real(numbers[nearest_rank(count, 50)], MS_PER_SECOND));
}

int set_entropy(struct value *row, enum column_place column,
                struct feature_scratch *scratch, uint64_t total)
{
    const struct id_counts *tally = &scratch->tally;
    uint64_t *counts = scratch_numbers(scratch, tally->count);
    if (!counts)
        return -ENOMEM;
    for (size_t i = 0; i < tally->count; i++)
        counts[i] = tally->entries[i].count;
    sort_numbers(counts, counts + tally->count, tally->count);
    struct entropy entropy = {.total = total};
    for (size_t i = tally->count; i-- > 0;)
        entropy_add(&entropy, counts[i]);
    set_real(row, column, entropy_end(&entropy, 0));
    return 0;
}

/* Keys of the tally and texts in letters belong to the account before. */
static void scratch_begin(struct feature_scratch *scratch)
{
    id_counts_clear(&scratch->tally);
    if (scratch->letters_capacity > LETTERS_KEPT) {
        free(scratch->letters);
        scratch->letters = NULL;
        scratch->letters_capacity = 0;
    }
}

static void scratch_end(struct feature_scratch *scratch)
{
    if (scratch->numbers_capacity > NUMBERS_KEPT) {
        free(scratch->numbers);
        scratch->numbers = NULL;
        scratch->numbers_capacity = 0;
    }
}

typedef int feature_function(const struct account_posts *posts,
                             struct feature_scratch *scratch,
                             struct value *row);

/* In the order of the groups of columns. */
static feature_function *const FEATURES[] = {
    feature_profile, feature_activity, feature_timing,
    feature_clock,   feature_content,  feature_labels,
    feature_amplification, feature_repurposing,
};

/* What the feature functions build on. */
static void check_posts(const struct account_posts *posts)
{
    const struct fact *facts = posts->view->facts;
    size_t count = posts->view->fact_count;
    CHECK(count > 0);
    CHECK(facts[0].time > -TIME_BIAS && facts[count - 1].time < TIME_BIAS);
}

int features_compute(const struct account_posts *posts,
                     struct feature_scratch *scratch, struct value *row)
{
    check_posts(posts);
    scratch_begin(scratch);
    for (uint32_t i = 0; i < COLUMN_COUNT; i++)
        row[i] = (struct value){.null = true};
    int status = 0;
    for (size_t i = 0; !status && i < sizeof FEATURES / sizeof FEATURES[0];
         i++)
        status = FEATURES[i](posts, scratch, row);
    scratch_end(scratch);
    return status;
}
