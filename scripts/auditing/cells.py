"""What a cell says: numbers, instants and days, by the type of its column."""

import datetime
import re

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
EPOCH = datetime.date(1970, 1, 1)
INTEGER = re.compile(r"-?(0|[1-9][0-9]*)\Z")
TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z\Z")
DAYS = {}      # of dates seen: there are few


def day_number(text):
    """Days since 1970; dates before the year 1 are none."""
    if text not in DAYS:
        DAYS[text] = (datetime.date.fromisoformat(text) - EPOCH).days
    return DAYS[text]


def day_text(number):
    return (EPOCH + datetime.timedelta(number)).isoformat()


def integer(text):
    if not INTEGER.match(text):
        raise ValueError("no integer: %r" % text)
    return int(text)


def flag(text):
    if text not in ("0", "1"):
        raise ValueError("neither 0 nor 1: %r" % text)
    return int(text)


def real(text):
    value = float(text)
    if "%.9g" % value != text or text == "-0":
        raise ValueError("not printed as %%.9g: %r" % text)
    return value


def instant(text):
    """Milliseconds since 1970."""
    found = TIME.match(text)
    if not found:
        raise ValueError("no time: %r" % text)
    hour, minute, second = int(found[2]), int(found[3]), int(found[4])
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError("no time: %r" % text)
    return day_number(found[1]) * DAY_MS + hour * HOUR_MS \
        + minute * 60_000 + second * 1000 + int(found[5])


READERS = {"int": integer, "0/1": flag, "real": real, "time": instant,
           "day": day_number, "text": str}
NEAR_PRINTED = 6e-9      # %.9g of a number that is exact
NEAR_DERIVED = 2e-7      # computed from numbers that are printed so


def near(left, right, tolerance=NEAR_PRINTED):
    """Equal as printed: to the tolerance of the greater, and near 0."""
    if left is None or right is None:
        return left is right
    return abs(left - right) <= tolerance * max(abs(left), abs(right), 1e-3)
