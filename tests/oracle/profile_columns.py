"""Columns of the Profile table, from every observation of one account.

An observation without a time (a row of a users file) fills only what no
observation with a time filled. A snapshot (the IO archive) tells no first,
least and greatest value.
"""

import re

from distinct import distinct_count
from exact import ratio
from nouns import COUNTS, FLAGS

HOUR_MS = 3600000
DAY_MS = 86400000
NAME_COLUMNS = ("screen_name", "display_name", "screen_name_length",
                "display_name_length", "screen_name_digits",
                "display_name_digits", "handle_template", "auto_suffix8",
                "screen_names", "display_names")


def comparable(value):
    """Texts compare as UTF-8 bytes, numbers as numbers."""
    return value.encode("utf-8") if isinstance(value, str) else value


def known(observations, name):
    """Those that tell this value; those with a time, if there are any."""
    told = [o for o in observations if o.values[name] is not None]
    timed = [o for o in told if o.time is not None]
    return timed or told


def first(observations, name):
    """Least time; then the outer author; then the greatest value."""
    sights = known(observations, name)
    if not sights:
        return None
    time = min(o.time for o in sights)
    best = max((o for o in sights if o.time == time),
               key=lambda o: (o.outer, comparable(o.values[name])))
    return best.values[name]


def last(observations, name):
    """Greatest time; then the outer author; then the greatest value."""
    sights = known(observations, name)
    if not sights:
        return None
    best = max(sights, key=lambda o: (
        0 if o.time is None else o.time, o.outer,
        comparable(o.values[name])))
    return best.values[name]


def profile(row, observations, posts):
    for name in ("screen_name", "display_name"):
        row[name] = last(observations, name)
    births = [o.values["created_at"] for o in known(observations,
                                                    "created_at")]
    row["created_at"] = min(births, default=None)
    times = [o.time for o in observations if o.time is not None]
    row["first_observed"] = min(times, default=None)
    row["last_observed"] = max(times, default=None)
    moving = [o for o in observations if not o.snapshot]
    for name in COUNTS:
        values = [o.values[name] for o in known(moving, name)]
        row[name + "_first"] = first(moving, name)
        row[name + "_last"] = last(observations, name)
        row[name + "_min"] = min(values, default=None)
        row[name + "_max"] = max(values, default=None)
    for name in FLAGS:
        row[name] = last(observations, name)
    growth(row)
    names(row, last(observations, "description"))
    emptiness(row, observations)
    distincts(row, observations)
    if row["created_at"] is not None:
        row["age_at_first_post_days"] = ratio(
            posts[0].time - row["created_at"], DAY_MS)
    for i, column in enumerate(("max_retweet_count", "max_favorite_count")):
        row[column] = max((o.engagement[i] for o in observations
                           if o.engagement[i] is not None), default=None)
    if (row["platform"] == "twitter"
            and row["screen_name"] == row["account_id"]):
        for column in NAME_COLUMNS:          # the archive hashed the name
            row[column] = None


def growth(row):
    followers, friends = row["followers_last"], row["friends_last"]
    if followers is not None:
        row["zero_followers"] = int(followers == 0)
    if row["followers_max"] is not None:
        row["zero_followers_always"] = int(row["followers_max"] == 0)
    if followers is not None and friends is not None:
        row["followers_friends_ratio"] = ratio(followers, max(friends, 1))
        row["reputation"] = ratio(followers, followers + friends)
    if row["created_at"] is None or row["last_observed"] is None:
        return
    age = ratio(row["last_observed"] - row["created_at"], HOUR_MS)
    row["age_hours"] = age
    for name in COUNTS:
        if age > 0:
            row[name + "_per_hour"] = ratio(row[name + "_last"], age)


def names(row, description):
    for name, text in (("screen_name", row["screen_name"]),
                       ("display_name", row["display_name"]),
                       ("description", description)):
        if text is None:
            continue
        row[name + "_length"] = len(text)
        if name != "description":
            row[name + "_digits"] = sum(c in "0123456789" for c in text)
    handle = row["screen_name"]
    if handle is not None:
        row["handle_template"] = template(handle)
        row["auto_suffix8"] = int(
            re.fullmatch("[A-Za-z_]{1,7}[0-9]{8}", handle) is not None)


def template(handle):
    out = ""
    for run in re.findall("[A-Z]+|[a-z]+|[0-9]+|_+|.", handle, re.DOTALL):
        if run[0] in "0123456789":
            out += "d" + str(len(run))
        elif "A" <= run[0] <= "Z":
            out += "A"
        elif "a" <= run[0] <= "z":
            out += "a"
        else:
            out += run[0]
    return out


def emptiness(row, observations):
    signs = {name: is_empty(last(observations, name))
             for name in ("description", "url", "location")}
    signs["no_followers"] = row.get("zero_followers")
    four = [signs[n] for n in ("description", "url", "location",
                               "no_followers")]
    listed = row["listed_last"]
    seven = four + [row["default_profile_image"], row["default_profile"],
                    None if listed is None else int(listed == 0)]
    row["persona_emptiness"] = None if None in seven else sum(seven)
    row["persona_emptiness_4"] = None if None in four else sum(four)


def is_empty(text):
    return None if text is None else int(text == "")


def ascii_lower(text):
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


def distincts(row, observations):
    for column, name in (("screen_names", "screen_name"),
                         ("display_names", "display_name"),
                         ("descriptions", "description"),
                         ("locations", "location")):
        sights = known(observations, name)
        texts = [o.values[name] for o in sights]
        if sights and sights[0].time is None:
            texts = texts[:1]
        if name == "screen_name":
            texts = [ascii_lower(text) for text in texts]
        row[column] = distinct_count(texts) if texts else None
