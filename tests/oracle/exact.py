"""Arithmetic without rounding: fractions, and 60-digit decimals for roots
and logarithms. A number becomes a double once, when it is printed."""

import math
from collections import Counter
from decimal import Decimal, getcontext
from fractions import Fraction

getcontext().prec = 60


def decimal(x):
    if isinstance(x, Fraction):
        return Decimal(x.numerator) / Decimal(x.denominator)
    return Decimal(x)


def ratio(a, b):
    """a / b exactly, or None when b is 0 or either is None."""
    if a is None or b is None or b == 0:
        return None
    return Fraction(a) / Fraction(b)


def divide(a, b):
    """The same for decimals."""
    return None if b == 0 else a / b


def mean(values):
    return Fraction(sum(values), len(values))


def variance(values):
    """Population variance."""
    center = mean(values)
    return sum((v - center) ** 2 for v in values) / len(values)


def correlation(xs, ys):
    """Pearson's, or None when either side is constant."""
    mx, my = mean(xs), mean(ys)
    top = sum((x - mx) * (y - my) for x, y in zip(xs, ys)) / len(xs)
    below = variance(xs) * variance(ys)
    return divide(decimal(top), decimal(below).sqrt())


def entropy(counts):
    """-sum p ln p over the counts, in nats; None when there is nothing."""
    counts = [c for c in counts if c > 0]
    total = sum(counts)
    if total == 0:
        return None
    if len(counts) == 1:
        return Decimal(0)
    return -sum(Decimal(c) / total * (Decimal(c) / total).ln()
                for c in counts)


def entropy_of(values):
    return entropy(Counter(values).values())


def normalised_entropy(counts, classes):
    h = entropy(counts)
    return None if h is None else h / Decimal(classes).ln()


def nearest_rank(values, percent):
    """The value at index ceil(q m), counted from 1, of the sorted values."""
    if not values:
        return None
    return sorted(values)[-(-percent * len(values) // 100) - 1]


def round_half_up(x):
    return math.floor(Fraction(x) + Fraction(1, 2))
