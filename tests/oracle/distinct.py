"""How many distinct texts were seen: exact to 8, then HyperLogLog."""

import math

from exact import round_half_up
from xxh3 import xxh3_64

EXACT_MAX = 8
PRECISION = 12
REGISTERS = 2**PRECISION
REST_BITS = 64 - PRECISION


def distinct_count(texts):
    kinds = set(texts)
    if len(kinds) <= EXACT_MAX:
        return len(kinds)
    return estimate(registers(kind.encode("utf-8") for kind in kinds))


def registers(values):
    """register[top 12 bits] = greatest rank of the other 52 bits."""
    table = [0] * REGISTERS
    for value in values:
        hashed = xxh3_64(value)
        index = hashed >> REST_BITS
        rest = hashed & (2**REST_BITS - 1)
        rank = REST_BITS - rest.bit_length() + 1
        table[index] = max(table[index], rank)
    return table


def estimate(table):
    alpha = 0.7213 / (1 + 1.079 / REGISTERS)
    raw = alpha * REGISTERS**2 / math.fsum(2.0**-rank for rank in table)
    empty = table.count(0)
    if raw < 2.5 * REGISTERS and empty > 0:
        raw = REGISTERS * math.log(REGISTERS / empty)
    return round_half_up(raw)
