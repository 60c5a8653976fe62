#include "stages/reduce/label_split.h"

#include "pipeline/check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Room for counts below 2^64: n ln n is below 2^70. */
#define POINT_BITS 56
/* Half of 1e-9, since what is compared is G2 / 2 but for a constant. */
#define NEAR ((uint128)(LABEL_SPLIT_NEAR / 2 * 0x1p56))

/* 1 MiB; counts above it have their logarithm taken each time. */
#define TABLE_ENTRIES ((size_t)1 << 16)

static uint128 fixed_n_ln_n(uint64_t n)
{
    if (n < 2)
        return 0;
    long double real = (long double)n;
    return (uint128)ldexpl(real * logl(real), POINT_BITS);
}

/* Fills the table up to n, as far as it goes. */
static int table_fill(struct n_ln_n *table, size_t n)
{
    if (!table->values) {
        table->values = calloc(TABLE_ENTRIES, sizeof *table->values);
        if (!table->values)
            return -ENOMEM;
    }
    for (; table->filled <= n && table->filled < TABLE_ENTRIES;
         table->filled++)
        table->values[table->filled] = fixed_n_ln_n(table->filled);
    return 0;
}

void n_ln_n_free(struct n_ln_n *table)
{
    free(table->values);
    *table = (struct n_ln_n){NULL, 0};
}

static inline uint128 n_ln_n_of(const struct n_ln_n *table, uint64_t n)
{
    return n < table->filled ? table->values[n] : fixed_n_ln_n(n);
}

/* The sums at a split. height is sum of c ln c over both sides and all labels
 * less n1 ln n1 less n2 ln n2: G2 / 2, but for what all splits share. */
struct walk {
    const struct n_ln_n *table;
    const uint32_t *labels;
    uint64_t *before, *after;
    uint64_t n1, n2;
    uint128 terms;
};

static void walk_start(struct walk *walk, size_t count, size_t distinct)
{
    memset(walk->before, 0, distinct * sizeof *walk->before);
    memset(walk->after, 0, distinct * sizeof *walk->after);
    for (size_t i = 0; i < count; i++)
        walk->after[walk->labels[i]]++;
    walk->n1 = 0;
    walk->n2 = count;
    walk->terms = 0;
    for (size_t i = 0; i < distinct; i++)
        walk->terms += n_ln_n_of(walk->table, walk->after[i]);
}

/* Moves the next label to the side before the split. */
static inline void walk_step(struct walk *walk)
{
    uint32_t label = walk->labels[walk->n1];
    uint64_t before = walk->before[label]++, after = walk->after[label]--;
    walk->terms += n_ln_n_of(walk->table, before + 1);
    walk->terms -= n_ln_n_of(walk->table, before);
    walk->terms += n_ln_n_of(walk->table, after - 1);
    walk->terms -= n_ln_n_of(walk->table, after);
    walk->n1++;
    walk->n2--;
}

/* Never below 0 plus a constant: N ln N is added, as n1 ln n1 + n2 ln n2 is
 * at most that. */
static inline uint128 walk_height(const struct walk *walk, uint128 whole)
{
    return walk->terms + whole - n_ln_n_of(walk->table, walk->n1) -
           n_ln_n_of(walk->table, walk->n2);
}

int label_split_find(struct n_ln_n *table, const uint32_t *labels,
                     size_t count, uint64_t *before, uint64_t *after,
                     size_t distinct, struct label_split *split)
{
    CHECK(count >= 2 * LABEL_SPLIT_SIDE_MIN);
    if (table_fill(table, count))
        return -ENOMEM;
    struct walk walk = {.table = table, .labels = labels,
                        .before = before, .after = after};
    uint128 whole = n_ln_n_of(table, count), highest = 0;
    walk_start(&walk, count, distinct);
    while (walk.n2 > LABEL_SPLIT_SIDE_MIN) {
        walk_step(&walk);
        if (walk.n1 < LABEL_SPLIT_SIDE_MIN)
            continue;
        uint128 height = walk_height(&walk, whole);
        if (height > highest)
            highest = height;
    }
    walk_start(&walk, count, distinct);
    do
        walk_step(&walk);
    while (walk.n1 < LABEL_SPLIT_SIDE_MIN ||
           walk_height(&walk, whole) + NEAR < highest);
    split->at = walk.n1;
    split->g2 = label_split_g2(before, after, distinct, walk.n1, walk.n2);
    return 0;
}

/* c ln(c N / (n t)); a count of 0 adds nothing. */
static long double g2_term(uint64_t c, uint64_t total, uint64_t n, uint64_t t)
{
    if (!c)
        return 0;
    long double expected = (long double)n * (long double)t;
    long double ratio = (long double)c * (long double)total / expected;
    return (long double)c * logl(ratio);
}

double label_split_g2(const uint64_t *before, const uint64_t *after,
                      size_t distinct, uint64_t n1, uint64_t n2)
{
    long double sum = 0;
    for (size_t i = 0; i < distinct; i++) {
        uint64_t t = before[i] + after[i];
        sum += g2_term(before[i], n1 + n2, n1, t);
        sum += g2_term(after[i], n1 + n2, n2, t);
    }
    return sum > 0 ? (double)(2 * sum) : 0;
}
