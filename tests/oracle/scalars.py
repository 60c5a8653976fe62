"""JSON texts and the scalars in them: ids, counts, texts, times.

A key that is absent is told apart from null by `has`. A value wrapped in a
one-element array is unwrapped; an empty array or object is null where a
scalar is expected.
"""

import json
import re
import sys
from datetime import datetime, timedelta

sys.set_int_max_str_digits(0)

TIME_MS_MAX = 253402300799999            # 9999-12-31T23:59:59.999Z
SNOWFLAKE_FIRST_ID = 29700859247
SNOWFLAKE_EPOCH_MS = 1288834974657
TOLERANCE_MS = 60000
EPOCH = datetime(1970, 1, 1)
ONE_MS = timedelta(milliseconds=1)

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
CREATED_AT = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (" + "|".join(MONTHS) + r") "
    r"([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) "
    r"([+-])([0-9]{2})([0-5][0-9]) ([0-9]{4})")


class Real(str):
    """A JSON number with a fraction or an exponent, kept as written."""


class BadText(Exception):
    """Not a JSON text: args[0] is the reject reason."""


def refuse_constant(name):
    raise ValueError(name)


def parse_json(data):
    """A JSON text (RFC 8259) in valid UTF-8. Duplicate keys: the last wins."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadText("bad_utf8")
    try:
        return json.loads(text, parse_float=Real,
                          parse_constant=refuse_constant)
    except (ValueError, RecursionError):
        raise BadText("bad_json")


# --- looking into objects --------------------------------------------------

def unwrap(value):
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def has(obj, key):
    return isinstance(obj, dict) and key in obj


def get(obj, key):
    """The scalar under a key, or None: absent, null, or not a scalar."""
    if not isinstance(obj, dict):
        return None
    value = unwrap(obj.get(key))
    return None if isinstance(value, (dict, list)) else value


def get_object(obj, key):
    """The non-empty object under a key, or None."""
    if not isinstance(obj, dict):
        return None
    value = unwrap(obj.get(key))
    return value if isinstance(value, dict) and value else None


# --- scalars ---------------------------------------------------------------

def text_of(value):
    """A string with lone surrogates made U+FFFD; None for anything else."""
    if not isinstance(value, str) or isinstance(value, Real):
        return None
    return re.sub("[\ud800-\udfff]", "\ufffd", value)


def flag_of(value):
    return int(value) if isinstance(value, bool) else None


def is_integer(value):
    return isinstance(value, int) and not isinstance(value, bool)


def count_of(value):
    """An integer, a string of digits, N.0, or 100+; else None."""
    if is_integer(value):
        return value if value >= 0 else None
    if isinstance(value, str):
        if value == "100+" and not isinstance(value, Real):
            return 100
        if re.fullmatch(r"[0-9]+(\.0)?", value):
            return int(value.split(".")[0])
    return None


def usable_id(value):
    """An id as a string, or None. Never guessed from a real number."""
    if is_integer(value):
        return str(value) if value > 0 else None
    if isinstance(value, str) and not isinstance(value, Real):
        if re.fullmatch("[0-9]+", value) and int(value) > 0:
            return value
    return None


def id_of(obj, key="id"):
    """The id under key_str, else under key; and whether the two differ."""
    written, number = get(obj, key + "_str"), get(obj, key)
    chosen = usable_id(written)
    if chosen is None:
        chosen = usable_id(number)
    differ = (written is not None and number is not None
              and str(written) != str(number))
    return chosen, differ


# --- times -----------------------------------------------------------------

def created_at_ms(value):
    """`Wed Sep 28 02:35:11 +0000 2011` in ms since 1970 UTC, or None."""
    match = isinstance(value, str) and CREATED_AT.fullmatch(value)
    if not match:
        return None
    month, day, hour, minute, second, sign, off_h, off_m, year = match.groups()
    try:
        local = datetime(int(year), MONTHS.index(month) + 1, int(day),
                         int(hour), int(minute), int(second))
    except ValueError:
        return None
    offset_ms = (int(off_h) * 60 + int(off_m)) * 60000
    if sign == "-":
        offset_ms = -offset_ms
    return (local - EPOCH) // ONE_MS - offset_ms


def timestamp_ms_of(value):
    """`timestamp_ms` as an integer or a string of digits, or None."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        value = int(value)
    if is_integer(value) and 0 <= value <= TIME_MS_MAX:
        return value
    return None


def id_time_ms(post_id):
    """The time inside an id, or None where ids carry none."""
    if post_id is None or int(post_id) < SNOWFLAKE_FIRST_ID:
        return None
    ms = (int(post_id) >> 22) + SNOWFLAKE_EPOCH_MS
    return ms if ms <= TIME_MS_MAX else None


def event_time(post, post_id):
    """(event time in ms or None, whether the id's time was overruled)."""
    stamp = timestamp_ms_of(get(post, "timestamp_ms"))
    created = created_at_ms(get(post, "created_at"))
    reference = stamp if stamp is not None else created
    by_id = id_time_ms(post_id)
    if by_id is None:
        return reference, False
    if reference is None or abs(reference - by_id) <= TOLERANCE_MS:
        return by_id, False
    return (created if created is not None else stamp), True


def format_time(ms):
    stamp = EPOCH + ms * ONE_MS
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (
        stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute,
        stamp.second, stamp.microsecond // 1000)
