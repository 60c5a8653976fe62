"""Numbers as the contract defines them, from integers, to forty digits.

What is not a number of its own is exact: fractions where a column is rational,
decimals where a root or a logarithm stands in its definition.
"""

import collections
import decimal
import fractions
import math

CONTEXT = decimal.getcontext()
CONTEXT.prec = 40
Fraction = fractions.Fraction
Decimal = decimal.Decimal


def exact(value):
    """A fraction as a decimal."""
    value = Fraction(value)
    return Decimal(value.numerator) / Decimal(value.denominator)


def over(part, whole):
    return None if not whole else Fraction(part) / Fraction(whole)


def quotient(part, whole):
    return None if whole == 0 else part / whole


def mean(values):
    return over(sum(values), len(values))


def variance(values):
    """Of the population."""
    return Fraction(len(values) * sum(v * v for v in values) - sum(values) ** 2,
                    len(values) ** 2)


def deviation(values):
    return exact(variance(values)).sqrt()


def nearest_rank(values, hundredths):
    """The value at ceil(q m), counted from 1."""
    at = -(-hundredths * len(values) // 100)
    return sorted(values)[at - 1] if values else None


def entropy(counts, bins=None):
    """In nats, or divided by ln bins."""
    counts = [Decimal(count) for count in counts if count]
    if not counts:
        return None
    whole = sum(counts)
    nats = -sum(count / whole * (count / whole).ln() for count in counts)
    return nats / Decimal(bins).ln() if bins else nats


def correlation(left, right):
    n = len(left)
    spread = variance(left) * variance(right)
    if spread == 0:
        return None
    shared = Fraction(n * sum(a * b for a, b in zip(left, right))
                      - sum(left) * sum(right), n * n)
    return exact(shared) / exact(spread).sqrt()


def direction(bins, of):
    """Hour of the day and length of the mean vector over bins of a day."""
    x = math.fsum(count * math.cos(2 * math.pi * (at + 0.5) / of) for at, count in bins.items())
    y = math.fsum(count * math.sin(2 * math.pi * (at + 0.5) / of) for at, count in bins.items())
    length = math.hypot(x, y) / sum(bins.values())
    hour = math.atan2(y, x) / (2 * math.pi) * 24 % 24
    return None if length < 1e-9 else hour, length


def upper_gamma(a, x):
    """Q(a, x), by its series or its continued fraction."""
    if x <= 0:
        return 1.0
    scale = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for n in range(1, 10000):
            term *= x / (a + n)
            total += term
            if term < total * 1e-17:
                break
        return 1 - total * scale
    b, c = x + 1 - a, 1e300
    d = 1 / b
    h = d
    for n in range(1, 10000):
        part = -n * (n - a)
        b += 2
        d = 1 / (part * d + b)
        c = b + part / c
        h *= d * c
        if abs(d * c - 1) < 1e-16:
            break
    return scale * h


def chi_square_p(value, freedom):
    return upper_gamma(freedom / 2, float(value) / 2)


def divergence_g2(left, right):
    """2 N JSD in nats of two counters: 2 sum c ln(c N / (side * key))."""
    sides = sum(left.values()), sum(right.values())
    both = left + right
    terms = []
    for side, total in ((left, sides[0]), (right, sides[1])):
        terms += [2 * count * math.log(count * sum(sides) / (total * both[key]))
                  for key, count in side.items() if count]
    return max(0.0, math.fsum(terms))


def top(values):
    """The most frequent, ties to the least in bytes, and how often."""
    counts = collections.Counter(values)
    if not counts:
        return None, 0
    best = min(counts, key=lambda value: (-counts[value], value.encode()))
    return best, counts[best]


def switch(values):
    """Where a sequence changes most: (index after the split, G2), or None."""
    found = None
    if len(set(values)) < 2:
        return None
    left, right = collections.Counter(), collections.Counter(values)
    scores = []
    for at, value in enumerate(values, 1):
        left[value] += 1
        right[value] -= 1
        if at >= 20 and len(values) - at >= 20:
            scores.append((at, divergence_g2(left, +right)))
    if scores:
        most = max(score for _, score in scores)
        found = next(pair for pair in scores if pair[1] >= most - 1e-9)
    return found
