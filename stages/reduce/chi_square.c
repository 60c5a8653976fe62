#include "stages/reduce/chi_square.h"

#include "pipeline/check.h"

#include <float.h>
#include <math.h>

#define ROOT_PI 1.77245385090551602729816748334114518L
#define STEPS_MAX 10000

/* y^a e^-y / Gamma(a), a = df / 2: factors y / (a - 1), y / (a - 2), ... down
 * to Gamma(1) or Gamma(1/2). With e^-y first nothing overflows. */
static long double density(long double y, int df)
{
    long double density = expl(-y);
    density *= df % 2 ? sqrtl(y) / ROOT_PI : y;
    for (int twice = df % 2 ? 1 : 2; twice < df; twice += 2)
        density *= y / ((long double)twice / 2);
    return density;
}

/* P(a, y) = y^a e^-y / Gamma(a) * sum y^n / (a (a + 1) ... (a + n)). */
static long double lower_series(long double y, long double a)
{
    long double term = 1 / a, sum = term;
    for (int n = 1; n < STEPS_MAX && term > sum * LDBL_EPSILON / 4; n++) {
        term *= y / (a + n);
        sum += term;
    }
    return sum;
}

/* Q(a, y) = y^a e^-y / Gamma(a) * 1 / (y + 1 - a - 1 (1 - a) / (y + 3 - a -
 * ...)), by the method of Lentz as Thompson and Barnett (1986) have it; for
 * y > a + 1 no denominator comes near 0. */
static long double upper_fraction(long double y, long double a)
{
    long double b = y + 1 - a, d = 1 / b, c = 1 / LDBL_MIN, fraction = d;
    for (int n = 1; n < STEPS_MAX; n++) {
        long double an = -n * (n - a);
        b += 2;
        d = 1 / (an * d + b);
        c = b + an / c;
        fraction *= d * c;
        if (fabsl(d * c - 1) < LDBL_EPSILON * 2)
            break;
    }
    return fraction;
}

double chi_square_p(long double x, int df)
{
    CHECK(x >= 0 && df > 0 && df <= CHI_SQUARE_DF_MAX);
    long double y = x / 2, a = (long double)df / 2;
    long double before = density(y, df);
    if (y < a + 1)
        return (double)(1 - before * lower_series(y, a));
    return (double)(before * upper_fraction(y, a));
}
