#ifndef SANDPIPER_STAGES_REDUCE_FEATURES_H
#define SANDPIPER_STAGES_REDUCE_FEATURES_H

#include "stages/reduce/client_class.h"
#include "stages/reduce/columns.h"
#include "stages/reduce/reduce.h"
#include "stages/reduce/id_counts.h"
#include "stages/reduce/label_split.h"

/*
 * Between features.c and the feature functions, one a group of columns.
 *
 * A feature function reads the account's posts and sets its own columns of
 * the row, which are all null before; it leaves null what the account does
 * not support. It depends on nothing but its arguments; times lie strictly
 * within +-TIME_BIAS. It uses the scratch for what grows and for texts that
 * it makes; these stay until the next account. 0 or -ENOMEM.
 */
int feature_profile(const struct account_posts *posts,
                    struct feature_scratch *scratch, struct value *row);
int feature_activity(const struct account_posts *posts,
                     struct feature_scratch *scratch, struct value *row);
int feature_timing(const struct account_posts *posts,
                   struct feature_scratch *scratch, struct value *row);
int feature_clock(const struct account_posts *posts,
                  struct feature_scratch *scratch, struct value *row);
int feature_content(const struct account_posts *posts,
                    struct feature_scratch *scratch, struct value *row);
int feature_labels(const struct account_posts *posts,
                   struct feature_scratch *scratch, struct value *row);
int feature_amplification(const struct account_posts *posts,
                          struct feature_scratch *scratch, struct value *row);
int feature_repurposing(const struct account_posts *posts,
                        struct feature_scratch *scratch, struct value *row);

/* Where the texts of ids that are numbers are kept for the row. */
enum digits_slot {
    DIGITS_ACCOUNT,
    DIGITS_DORMANT_FROM,
    DIGITS_DORMANT_TO,
    DIGITS_TOP_TARGET,
    DIGITS_REPURPOSED,
    DIGITS_SLOTS
};

struct feature_scratch {
    uint64_t *numbers;         /* gaps, delays: each function's own use */
    size_t numbers_capacity;
    struct id_counts tally;        /* each function's own use */
    char *letters;             /* of the handle's template */
    size_t letters_capacity;
    char digits[DIGITS_SLOTS][ID_DIGITS_MAX];
    struct n_ln_n n_ln_n;
    uint8_t *classes;          /* of clients, by rank; enum client_class + 1,
                                * 0: not looked up yet */
    const struct text *classes_of;  /* names of the dictionary */
};

/* Room for count numbers to sort and as many spare ones behind them, when
 * sort_numbers wants them; old contents are lost. NULL: out of memory. */
uint64_t *scratch_numbers(struct feature_scratch *scratch, size_t count);
/* NULL: out of memory. */
char *scratch_letters(struct feature_scratch *scratch, size_t count);

/* Makes class_of_rank ready for the ranks of this dictionary, which stays the
 * same as long as the scratch is used. 0 or -ENOMEM. */
int scratch_classes(struct feature_scratch *scratch,
                    const struct dictionary *clients);
/* The class of a client, looked up once for each rank; rank > 0. */
enum client_class class_of_rank(struct feature_scratch *scratch,
                                uint32_t rank);

/* Sorts the numbers (of scratch_numbers; in ms) and sets column to their
 * nearest-rank median, in s; null if there are none. */
void set_median_s(struct value *row, enum column_place column,
                  uint64_t *numbers, size_t count);

/* Sets column to the entropy of the scratch's tally, whose counts add up to
 * total > 0, in nats; takes the scratch's numbers. 0 or -ENOMEM. */
int set_entropy(struct value *row, enum column_place column,
                struct feature_scratch *scratch, uint64_t total);

static inline void set_integer(struct value *row, enum column_place column,
                               int64_t integer)
{
    row[column].null = false;
    row[column].integer = integer;
}

static inline void set_real(struct value *row, enum column_place column,
                            double real)
{
    row[column].null = false;
    row[column].real = real;
}

static inline void set_text(struct value *row, enum column_place column,
                            struct text text)
{
    row[column].null = false;
    row[column].text = text;
}

static inline void set_time(struct value *row, enum column_place column,
                            int64_t ms)
{
    set_integer(row, column, ms);
}

#endif
