#ifndef SANDPIPER_STAGES_REDUCE_CHI_SQUARE_H
#define SANDPIPER_STAGES_REDUCE_CHI_SQUARE_H

/*
 * The upper tail of the chi-square distribution: Q(df / 2, x / 2), the
 * regularised incomplete gamma function, in long double, to more than nine
 * digits of itself down to the least double.
 *
 * Below df / 2 + 1 it is 1 minus the series of P, above it Legendre's
 * continued fraction (DLMF 8.7.1 and 8.9.2). Gamma(df / 2) is a product, since
 * df is whole. From libm come expl and sqrtl alone, once each; all else is
 * + - * / in a fixed order, so that two machines can only differ far behind
 * the digits that are printed.
 */
#define CHI_SQUARE_DF_MAX 1000

/* x >= 0, 0 < df <= CHI_SQUARE_DF_MAX. */
double chi_square_p(long double x, int df);

#endif
