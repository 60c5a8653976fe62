"""Distances between histograms, and the chi-square distribution."""

import math
from collections import Counter
from decimal import Decimal, localcontext

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494"
             "4592307816406286209")


def g2(before, after):
    """2 N JSD of two histograms (natural logarithm), in double.

    Terms are added in the order of keys, before's first."""
    totals = sum(before.values()), sum(after.values())
    n = sum(totals)
    result = 0.0
    for side, side_total in ((before, totals[0]), (after, totals[1])):
        for key in sorted(side):
            c = side[key]
            if c > 0:
                key_total = before.get(key, 0) + after.get(key, 0)
                result += 2 * c * math.log(c * n / (side_total * key_total))
    return result


def best_split(values, least):
    """(index of the first value after the split, its G2), or None.

    The first split within 1e-9 of the greatest G2; `least` values on each
    side; None without a split or with one distinct value."""
    if len(values) < 2 * least or len(set(values)) < 2:
        return None
    # keys by the order of their bytes, so that g2 adds in that order
    names = sorted(set(values), key=lambda v: v.encode("utf-8"))
    rank = {name: i for i, name in enumerate(names)}
    before, after = Counter(), Counter(rank[v] for v in values)
    distances = []
    for value in values:
        distances.append(g2(before, after) if before else None)
        before[rank[value]] += 1
        after[rank[value]] -= 1
    allowed = range(least, len(values) - least + 1)
    greatest = max(distances[i] for i in allowed)
    for i in allowed:
        if distances[i] >= greatest - 1e-9:
            return i, distances[i]
    return None


def gamma_of_half(n):
    """Gamma(n + 1/2) = (2n)! sqrt(pi) / (4^n n!)."""
    return (Decimal(math.factorial(2 * n)) * PI.sqrt()
            / (Decimal(4) ** n * math.factorial(n)))


def chi2_survival(x, df):
    """P(X > x) for chi-square with an odd number df of degrees of freedom:
    the regularised upper incomplete gamma function Q(df/2, x/2)."""
    if x <= 0:
        return Decimal(1)
    with localcontext() as context:
        context.prec = 60
        context.Emin, context.Emax = -10**12, 10**12
        half = Decimal(x) / 2
        n = df // 2
        a = Decimal(df) / 2
        front = half.sqrt() * half**n * (-half).exp() / gamma_of_half(n)
        if half < a + 1:
            return 1 - front * series(a, half)
        return front * fraction(a, half)


def series(a, x):
    """sum over n of x^n / (a (a+1) ... (a+n))."""
    term = 1 / a
    total, n = term, 0
    while term > total * Decimal("1e-55"):
        n += 1
        term = term * x / (a + n)
        total += term
    return total


def fraction(a, x):
    """1/(x+1-a- 1(1-a)/(x+3-a- 2(2-a)/(x+5-a- ...))), after Lentz."""
    b = x + 1 - a
    c, d = Decimal("Infinity"), 1 / b
    result, n = d, 0
    while True:
        n += 1
        step = -n * (n - a)
        b += 2
        d = 1 / (b + step * d)
        c = b + step / c
        change = c * d
        result *= change
        if abs(change - 1) < Decimal("1e-50"):
            return result
