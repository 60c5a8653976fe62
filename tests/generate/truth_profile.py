"""The columns of an account's profile, from every sight of it."""

import re

from archive_reader import DAY_MS
from truth_numbers import Fraction, over
from truth_plan import COUNTS, HOUR, About, Time


def comparable(value):
    return value.encode() if isinstance(value, str) else value


def last_of(sights, key):
    known = [(t, rank, comparable(seen[key]), seen[key])
             for t, rank, seen in sights if key in seen]
    return max(known)[3] if known else None


def registers(row, sights, snapshot):
    for name in COUNTS:
        values = [(t, rank, seen[name]) for t, rank, seen in sights if name in seen]
        if not values:
            continue
        row[name + "_last"] = max(values)[2]
        if not snapshot:
            row[name + "_first"] = min(values, key=lambda v: (v[0], -v[1], -v[2]))[2]
            row[name + "_min"] = min(value for _, _, value in values)
            row[name + "_max"] = max(value for _, _, value in values)


def distinct(row, column, sights, key, change=str):
    count = len({change(seen[key]) for _, _, seen in sights if key in seen})
    if count:
        row[column] = count if count <= 8 else About(count)


def template(handle):
    def short(match):
        run = match[0]
        return "d%d" % len(run) if run[0].isdigit() else \
            "A" if run[0].isupper() else "a" if run[0].islower() else "_"
    return re.sub("[A-Z]+|[a-z]+|[0-9]+|_+", short, handle)


def names(row, sights):
    for column, key in (("screen_name", "screen_name"), ("display_name", "name"),
                        ("description", "description")):
        text = last_of(sights, key)
        if text is None:
            continue
        row[column + "_length"] = len(text)
        if column != "description":
            row[column] = text
            row[column + "_digits"] = len(re.findall("[0-9]", text))
    if "screen_name" in row:
        row["handle_template"] = template(row["screen_name"])
        row["auto_suffix8"] = int(bool(re.fullmatch("[A-Za-z_]{1,7}[0-9]{8}",
                                                    row["screen_name"])))


def growth(row):
    followers, friends = row.get("followers_last"), row.get("friends_last")
    if followers is not None:
        row["zero_followers"] = int(followers == 0)
        row["followers_friends_ratio"] = Fraction(followers, max(friends, 1))
        row["reputation"] = over(followers, followers + friends)
    if "followers_max" in row:
        row["zero_followers_always"] = int(row["followers_max"] == 0)
    if "created_at" not in row:
        return
    age = row["age_hours"] = Fraction(row["last_observed"] - row["created_at"], HOUR)
    for name in COUNTS:
        if name + "_last" in row and age > 0:
            row[name + "_per_hour"] = row[name + "_last"] / age


def emptiness(row, sights):
    texts_ = [last_of(sights, key) for key in ("description", "url", "location")]
    signs = [None if text is None else text == "" for text in texts_]
    signs.append(row.get("zero_followers"))
    row["persona_emptiness_4"] = None if None in signs else sum(signs)
    signs += [row.get("default_profile_image"), row.get("default_profile"),
              row["listed_last"] == 0 if "listed_last" in row else None]
    row["persona_emptiness"] = None if None in signs else sum(signs)


def profile(row, account):
    sights = account.sights()
    times = [t for t, _, _ in sights]
    times += [post["time"] for post in account.posts] if account.watched else []
    if times:
        row["first_observed"], row["last_observed"] = Time(min(times)), Time(max(times))
    if any("screen_name" in seen for _, _, seen in sights):
        row["created_at"] = Time(account.created)
        row["age_at_first_post_days"] = over(row["first_post"] - account.created, DAY_MS)
    registers(row, sights, account.snapshot)
    growth(row)
    names(row, sights)
    for flag in ("default_profile", "default_profile_image", "verified", "protected"):
        value = last_of(sights, flag)
        row[flag] = None if value is None else int(value)
    emptiness(row, sights)
    distinct(row, "screen_names", sights, "screen_name", str.lower)
    distinct(row, "display_names", sights, "name")
    distinct(row, "descriptions", sights, "description")
    distinct(row, "locations", sights, "location")
