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
COUNT_MAX = 2**63 - 1
ID_BYTES_MAX = 255
SNOWFLAKE_FIRST_ID = 29700859247
SNOWFLAKE_EPOCH_MS = 1288834974657
TOLERANCE_MS = 60000
EPOCH = datetime(1970, 1, 1)
ONE_MS = timedelta(milliseconds=1)

MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
CREATED_AT = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (" + "|".join(MONTHS) + r") "
    r"([0-9]{2}) ([0-9]{2}):([0-9]{2}):([0-9]{2}) "
    r"([+-])([0-9]{2})([0-5][0-9]) ([0-9]{4})", re.ASCII)
DATE = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
ISO_DATE = re.compile(DATE)
ISO_MINUTE = re.compile(DATE + r"[T ]([0-9]{2}):([0-9]{2})")
ISO_TIME = re.compile(
    DATE + r"[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):?([0-5][0-9]))?")


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


def list_of(obj, key):
    """The array under a key, or None. An array is never unwrapped."""
    value = obj.get(key) if isinstance(obj, dict) else None
    return value if isinstance(value, list) else None


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
    if isinstance(value, str):
        if value == "100+" and not isinstance(value, Real):
            return 100
        if not re.fullmatch(r"[0-9]+(\.0)?", value):
            return None
        value = int(value.split(".")[0])
    if is_integer(value) and 0 <= value <= COUNT_MAX:
        return value
    return None


def usable_id(value):
    """An id as a string, or None. Never guessed from a real number."""
    if is_integer(value):
        value = str(value)
    if isinstance(value, str) and not isinstance(value, Real):
        if re.fullmatch("[0-9]+", value) and len(value) <= ID_BYTES_MAX:
            return value if value.strip("0") else None
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

def ms_of(year, month, day, hour=0, minute=0, second=0):
    """Milliseconds since 1970, or None for a date that is none."""
    try:
        stamp = datetime(int(year), int(month), int(day), int(hour),
                         int(minute), int(second))
    except ValueError:
        return None
    return (stamp - EPOCH) // ONE_MS


def created_at_ms(value):
    """`Wed Sep 28 02:35:11 +0000 2011` or `2011-09-28T02:35:11.000Z` in ms
    since 1970 UTC, or None."""
    if not isinstance(value, str):
        return None
    match = CREATED_AT.fullmatch(value)
    if match is None:
        return iso_ms(value)
    month, day, hour, minute, second, sign, off_h, off_m, year = match.groups()
    local = ms_of(year, MONTHS.index(month) + 1, day, hour, minute, second)
    return minus_offset(local, sign, off_h, off_m)


def minus_offset(local, sign, hours, minutes):
    if local is None or sign is None:
        return local
    offset_ms = (int(hours) * 60 + int(minutes)) * 60000
    return local + offset_ms if sign == "-" else local - offset_ms


def iso_ms(value):
    """`2011-09-28T02:35:11`, with a fraction (cut to ms) and a zone or not
    (then UTC); `T` may be a space."""
    match = ISO_TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction = match.groups()[:7]
    local = ms_of(year, month, day, hour, minute, second)
    if local is not None and fraction:
        local += int((fraction + "00")[:3])
    return minus_offset(local, *match.groups()[7:])


def date_ms(value):
    """`2011-09-28` as its first millisecond, or None."""
    match = ISO_DATE.fullmatch(value) if isinstance(value, str) else None
    return ms_of(*match.groups()) if match else None


def minute_ms(value):
    """`2011-09-28 02:35` as its first millisecond, or None."""
    match = ISO_MINUTE.fullmatch(value) if isinstance(value, str) else None
    return ms_of(*match.groups()) if match else None


def timestamp_ms_of(value):
    """`timestamp_ms` as an integer or a string of digits, or None."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        value = int(value)
    if is_integer(value) and 0 <= value <= TIME_MS_MAX:
        return value
    return None


def id_time_ms(post_id):
    """The time inside an id of Twitter, or None where it carries none."""
    if post_id is None or not (post_id.isascii() and post_id.isdigit()):
        return None
    number = int(post_id)
    ms = (number >> 22) + SNOWFLAKE_EPOCH_MS
    return ms if number >= SNOWFLAKE_FIRST_ID and ms <= TIME_MS_MAX else None


def event_time(post_id, created, stamp=None, tolerance_ms=TOLERANCE_MS):
    """(event time in ms or None, whether the id's time was overruled)."""
    reference = stamp if stamp is not None else created
    by_id = id_time_ms(post_id)
    if by_id is None:
        return reference, False
    if reference is None or abs(reference - by_id) <= tolerance_ms:
        return by_id, False
    return (created if created is not None else stamp), True


def format_time(ms):
    stamp = EPOCH + ms * ONE_MS
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (
        stamp.year, stamp.month, stamp.day, stamp.hour, stamp.minute,
        stamp.second, stamp.microsecond // 1000)
