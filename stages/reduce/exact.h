#ifndef SANDPIPER_STAGES_REDUCE_EXACT_H
#define SANDPIPER_STAGES_REDUCE_EXACT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Integer arithmetic for features, and its one step to floating point.
 *
 * A quotient of integers becomes the double nearest to its true value, found
 * by integer division, so that it is the same on every machine and so that
 * decimal ties (1234567.895 s, printed to nine digits) fall as the true value
 * tells. Roots and logarithms are taken in long double of integers that hold
 * the whole difference, and rounded to double once. A root that is a whole
 * number is found to be one, so a value that could be a decimal tie takes the
 * integer path. What remains is irrational: long double (x87: 64 bits of
 * mantissa, by instructions that are never fused; AArch64: 113, in software)
 * is far finer than nine digits, and no compiler option changes its steps.
 *
 * Pure functions; no errno, no rounding mode other than the default.
 */
__extension__ typedef unsigned __int128 uint128;

/* To here every integer is a double, and a quotient of two is one correctly
 * rounded division. */
#define EXACT_DOUBLE_MAX ((uint128)1 << 53)

/* An integer of 256 bits, without sign. */
struct wide {
    uint128 low, high;
};

struct wide wide_from(uint128 value);
struct wide wide_multiply(uint128 a, uint128 b);
/* The lowest 256 bits; callers show that nothing is lost. */
struct wide wide_scale(struct wide a, uint64_t factor);
/* |a - b|, and in *negative whether a < b. */
struct wide wide_distance(struct wide a, struct wide b, bool *negative);
int wide_compare(struct wide a, struct wide b);
/* Its top 64 bits exactly, the rest cut off: the same on every machine. */
long double wide_real(struct wide a);
/* The root; true if it is the whole number *whole (below 2^62). */
bool wide_root(struct wide a, long double *root, uint64_t *whole);

/* The double nearest to numerator / denominator (ties to even);
 * 0 < denominator < 2^127. */
double ratio_wide(struct wide numerator, uint128 denominator);
static inline double ratio_real(uint128 numerator, uint128 denominator)
{
    if (numerator <= EXACT_DOUBLE_MAX && denominator - 1 < EXACT_DOUBLE_MAX)
        return (double)(uint64_t)numerator / (double)(uint64_t)denominator;
    return ratio_wide((struct wide){numerator, 0}, denominator);
}
/* (a - b) / denominator, for any a and b. */
double ratio_difference(int64_t a, int64_t b, uint64_t denominator);
double real_with_sign(double magnitude, bool negative);

/*
 * An entropy, -sum p ln p in nats, of counts given one by one in falling
 * order, which add up to total > 0. Equal counts have equal terms, so that
 * falling order alone fixes the sum; entropy_end divides it by log_classes
 * where that is above 0.
 */
struct entropy {
    uint64_t total, last;
    long double term, sum;
};
void entropy_add(struct entropy *entropy, uint64_t count);
double entropy_end(const struct entropy *entropy, long double log_classes);

/* ceil(percent / 100 * count) - 1: where in sorted values the nearest rank
 * stands; count > 0, 0 < percent <= 100. */
static inline size_t nearest_rank(size_t count, unsigned percent)
{
    size_t whole = count / 100 * percent;
    return whole + (count % 100 * percent + 99) / 100 - 1;
}

/* Sorts rising. spare holds count values; for few values it is not touched.
 * Linear in count: insertion to SORT_SMALL_MAX, then by radix. */
#define SORT_SMALL_MAX 48
void sort_numbers(uint64_t *values, uint64_t *spare, size_t count);
void sort_falling(uint64_t *values, size_t count); /* few values only */

#endif
