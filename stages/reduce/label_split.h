#ifndef SANDPIPER_STAGES_REDUCE_LABEL_SPLIT_H
#define SANDPIPER_STAGES_REDUCE_LABEL_SPLIT_H

#include "stages/reduce/exact.h"

/*
 * Where a sequence of labels changes most: the split into n1 labels before and
 * n2 after it, each LABEL_SPLIT_SIDE_MIN or more, that maximises
 *
 *   G2 = 2 N JSD = 2 sum over sides s and labels k of c_sk ln(c_sk N / (n_s t_k))
 *
 * (weights n1/N and n2/N), and of the splits within LABEL_SPLIT_NEAR of the
 * maximum the first.
 *
 * Moving a label from one side to the other changes four terms n ln n. They are
 * taken in fixed point, of which each n has one value, so that the sums at a
 * split do not depend on the way to it: there is no drift, and equal splits
 * compare equal. O(labels) in time, whatever the number of distinct ones; two
 * passes. The error of G2 in the comparison is below 2^-60 N ln N: 1e-9 is kept
 * apart to some 10^8 labels. G2 itself is then computed once, from its terms in
 * the order of labels, in long double (logl from libm).
 */
#define LABEL_SPLIT_SIDE_MIN 20
#define LABEL_SPLIT_NEAR 1e-9

/* n ln n for small n, filled as it is asked for; zero it to begin with. */
struct n_ln_n {
    uint128 *values;
    size_t filled;
};
void n_ln_n_free(struct n_ln_n *table);

struct label_split {
    size_t at;               /* labels before it */
    double g2;
};

/*
 * labels[count] are 0..distinct - 1, in the order of their names;
 * count >= 2 LABEL_SPLIT_SIDE_MIN. before and after (distinct each) are filled
 * with the counts on both sides. 0 or -ENOMEM.
 */
int label_split_find(struct n_ln_n *table, const uint32_t *labels,
                     size_t count, uint64_t *before, uint64_t *after,
                     size_t distinct, struct label_split *split);

/* G2 of two sides with these counts, whose sums are n1 > 0 and n2 > 0. */
double label_split_g2(const uint64_t *before, const uint64_t *after,
                      size_t distinct, uint64_t n1, uint64_t n2);

#endif
