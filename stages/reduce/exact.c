#include "stages/reduce/exact.h"

#include "pipeline/check.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A double operation must round once, to double: no excess precision. */
_Static_assert(FLT_EVAL_METHOD == 0, "doubles are evaluated as doubles");
_Static_assert(LDBL_MANT_DIG >= 64, "long double is finer than double");
_Static_assert(FLT_RADIX == 2 && DBL_MANT_DIG == 53, "IEEE 754 doubles");

static int bits_of(uint128 value)
{
    uint64_t high = (uint64_t)(value >> 64), low = (uint64_t)value;
    if (high)
        return 128 - __builtin_clzll(high);
    return low ? 64 - __builtin_clzll(low) : 0;
}

struct wide wide_from(uint128 value)
{
    return (struct wide){value, 0};
}

struct wide wide_multiply(uint128 a, uint128 b)
{
    uint64_t a0 = (uint64_t)a, a1 = (uint64_t)(a >> 64);
    uint64_t b0 = (uint64_t)b, b1 = (uint64_t)(b >> 64);
    uint128 low = (uint128)a0 * b0, high = (uint128)a1 * b1;
    uint128 cross = (uint128)a0 * b1, other = (uint128)a1 * b0;
    uint128 middle = (low >> 64) + (uint64_t)cross + (uint64_t)other;
    struct wide product = {
        .low = middle << 64 | (uint64_t)low,
        .high = high + (cross >> 64) + (other >> 64) + (middle >> 64),
    };
    return product;
}

struct wide wide_scale(struct wide a, uint64_t factor)
{
    struct wide product = wide_multiply(a.low, factor);
    product.high += a.high * factor;
    return product;
}

int wide_compare(struct wide a, struct wide b)
{
    if (a.high != b.high)
        return a.high < b.high ? -1 : 1;
    return (a.low > b.low) - (a.low < b.low);
}

struct wide wide_distance(struct wide a, struct wide b, bool *negative)
{
    *negative = wide_compare(a, b) < 0;
    struct wide more = *negative ? b : a, less = *negative ? a : b;
    return (struct wide){
        .low = more.low - less.low,
        .high = more.high - less.high - (more.low < less.low),
    };
}

long double wide_real(struct wide a)
{
    int bits = a.high ? 128 + bits_of(a.high) : bits_of(a.low);
    int cut = bits > 64 ? bits - 64 : 0;
    uint64_t top;
    if (cut >= 128)
        top = (uint64_t)(a.high >> (cut - 128));
    else if (cut > 0)
        top = (uint64_t)(a.low >> cut | a.high << (128 - cut));
    else
        top = (uint64_t)a.low;
    return ldexpl((long double)top, cut);
}

bool wide_root(struct wide a, long double *root, uint64_t *whole)
{
    *root = sqrtl(wide_real(a));
    if (a.high || bits_of(a.low) > 124)
        return false;
    /* Below 2^62 the error of *root, 2^-63 of it, is less than a half. */
    *whole = (uint64_t)(*root + 0.5L);
    return (uint128)*whole * *whole == a.low;
}

/* quotient * 2^exponent, plus something below one unit if sticky. */
static double round_to_double(uint128 quotient, bool sticky, int exponent)
{
    int surplus = bits_of(quotient) - DBL_MANT_DIG;
    if (surplus <= 0)
        return ldexp((double)(uint64_t)quotient, exponent);
    uint128 mantissa = quotient >> surplus;
    uint128 rest = quotient - (mantissa << surplus);
    uint128 half = (uint128)1 << (surplus - 1);
    bool up = rest > half ||
              (rest == half && (sticky || ((uint64_t)mantissa & 1)));
    return ldexp((double)((uint64_t)mantissa + up), exponent + surplus);
}

/*
 * Long division, a bit at a time: the numerator's bits from the top, then
 * zeros, until the quotient has 64 bits, which is 11 more than a double needs.
 * What is left over only matters as "something".
 */
static double divide_by_bits(struct wide numerator, uint128 denominator)
{
    uint128 remainder = 0;
    uint64_t quotient = 0;
    int place = 256; /* bits of the numerator not yet brought down */
    while (!(quotient >> 63)) {
        remainder = remainder << 1 | numerator.high >> 127;
        numerator.high = numerator.high << 1 | numerator.low >> 127;
        numerator.low <<= 1;
        quotient <<= 1;
        if (remainder >= denominator) {
            remainder -= denominator;
            quotient |= 1;
        }
        place--;
    }
    bool sticky = remainder || numerator.high || numerator.low;
    return round_to_double(quotient, sticky, place);
}

double ratio_wide(struct wide numerator, uint128 denominator)
{
    CHECK(denominator && !(denominator >> 127));
    uint128 low = numerator.low;
    if (!numerator.high && !low)
        return 0;
    if (numerator.high || denominator >> 64)
        return divide_by_bits(numerator, denominator);
    int shift = 128 - bits_of(low);
    low <<= shift; /* so that the quotient has at least 64 bits */
    uint128 quotient = low / (uint64_t)denominator;
    bool sticky = quotient * denominator != low;
    return round_to_double(quotient, sticky, -shift);
}

double ratio_difference(int64_t a, int64_t b, uint64_t denominator)
{
    bool negative = a < b;
    uint64_t distance = negative ? (uint64_t)b - (uint64_t)a
                                 : (uint64_t)a - (uint64_t)b;
    return real_with_sign(ratio_real(distance, denominator), negative);
}

double real_with_sign(double magnitude, bool negative)
{
    return negative && magnitude > 0 ? -magnitude : magnitude;
}

void entropy_add(struct entropy *entropy, uint64_t count)
{
    if (count != entropy->last) {
        long double share = (long double)count / (long double)entropy->total;
        entropy->last = count;
        entropy->term = -share * logl(share);
    }
    entropy->sum += entropy->term;
}

double entropy_end(const struct entropy *entropy, long double log_classes)
{
    if (!(entropy->sum > 0)) /* one value: -1 ln 1 is minus zero */
        return 0;
    return (double)(log_classes > 0 ? entropy->sum / log_classes
                                    : entropy->sum);
}

static void sort_by_insertion(uint64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

#define RADIX_BITS 8 /* bins that fit the first cache, even for few values */
#define RADIX_BINS ((size_t)1 << RADIX_BITS)

/* One stable pass; false (and nothing moved) if all values share the digit. */
static bool radix_pass(const uint64_t *from, uint64_t *to, size_t count,
                       int shift)
{
    size_t starts[RADIX_BINS] = {0};
    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & (RADIX_BINS - 1)]++;
    if (starts[from[0] >> shift & (RADIX_BINS - 1)] == count)
        return false;
    for (size_t bin = 0, sum = 0; bin < RADIX_BINS; bin++) {
        size_t size = starts[bin];
        starts[bin] = sum;
        sum += size;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (RADIX_BINS - 1)]++] = from[i];
    return true;
}

void sort_numbers(uint64_t *values, uint64_t *spare, size_t count)
{
    if (count <= SORT_SMALL_MAX) {
        sort_by_insertion(values, count);
        return;
    }
    uint64_t all = 0;
    for (size_t i = 0; i < count; i++)
        all |= values[i];
    uint64_t *from = values, *to = spare;
    for (int shift = 0; shift < 64 && all >> shift; shift += RADIX_BITS) {
        if (!radix_pass(from, to, count, shift))
            continue;
        uint64_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != values)
        memcpy(values, from, count * sizeof *values);
}

void sort_falling(uint64_t *values, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t value = values[i];
        size_t at = i;
        for (; at > 0 && values[at - 1] < value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}
