#!/usr/bin/env python3
"""The query of docs/BOTOMETERLITE.md gives the columns of the paper."""

import datetime
import json
import math
import pathlib
import re
import sqlite3
import sys

from harness import main, promise, require

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/BOTOMETERLITE.md"
PAPER = (
    "statuses_count", "followers_count", "friends_count", "favourites_count",
    "listed_count", "default_profile", "profile_use_background_image",
    "verified", "tweet_freq", "followers_growth_rate", "friends_growth_rate",
    "favourites_growth_rate", "listed_growth_rate", "followers_friends_ratio",
    "screen_name_length", "num_digits_in_screen_name", "name_length",
    "num_digits_in_name", "description_length", "screen_name_likelihood")
NOT_DERIVED = ("profile_use_background_image", "screen_name_likelihood")
RATES = {"tweet_freq": "statuses_count",
         "followers_growth_rate": "followers_count",
         "friends_growth_rate": "friends_count",
         "favourites_growth_rate": "favourites_count",
         "listed_growth_rate": "listed_count"}
FORMAT = "%a %b %d %H:%M:%S %z %Y"
SEEN = "Mon Apr 20 08:30:00 +0000 2020"


def user(number, screen_name, name, description, counts, **fields):
    statuses, followers, friends, favourites, listed = counts
    return {"id_str": str(number), "screen_name": screen_name, "name": name,
            "description": description, "statuses_count": statuses,
            "followers_count": followers, "friends_count": friends,
            "favourites_count": favourites, "listed_count": listed,
            "created_at": "Thu Mar 21 21:17:43 +0000 2013",
            "default_profile": False, "verified": False,
            "profile_use_background_image": True, **fields}


USERS = (
    user(11, "Trump_2020", "Ann 7", "A bio.", (12345, 678, 90, 1234, 5)),
    user(12, "Amy84720183", "小明123", "香港 🇭🇰 in 2019", (7, 0, 41, 0, 0),
         default_profile=True, created_at="Mon Apr 20 08:29:59 +0000 2020"),
    user(13, "a", "😀", "", (3, 2, 0, 1, 0), verified=True),
    user(14, "b9", "B", None, (2**33, 10**8, 3, 10**6, 10**5)),
    user(15, "new", "New", "Now", (1, 1, 1, 1, 1), created_at=SEEN),
)


def query_of(page):
    found = re.findall(r"```sql\n(.*?)```", page.read_text("utf-8"),
                       re.DOTALL)
    require(len(found) == 1, "there are", len(found), "queries")
    return found[0]


def digits_of(text):
    return sum("0" <= one <= "9" for one in text)


def ratio_of(count, divisor):
    return count / divisor if divisor > 0 else None


def expected_of(one):
    """Table 1 of the paper, of one user object seen at SEEN."""
    age = (datetime.datetime.strptime(SEEN, FORMAT) -
           datetime.datetime.strptime(one["created_at"], FORMAT))
    hours = age.total_seconds() / 3600
    row = {name: one[name] for name in PAPER if name.endswith("_count")}
    row.update({rate: ratio_of(one[count], hours)
                for rate, count in RATES.items()})
    row["default_profile"] = int(one["default_profile"])
    row["verified"] = int(one["verified"])
    row["followers_friends_ratio"] = ratio_of(one["followers_count"],
                                              one["friends_count"])
    row["screen_name_length"] = len(one["screen_name"])
    row["num_digits_in_screen_name"] = digits_of(one["screen_name"])
    row["name_length"] = len(one["name"])
    row["num_digits_in_name"] = digits_of(one["name"])
    row["description_length"] = len(one["description"] or "")
    return {**row, **dict.fromkeys(NOT_DERIVED)}


def same(left, right):
    """Exact for integers; a real has nine digits or more."""
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=1e-8)
    return type(left) is type(right) and left == right


def rows_of(world, query):
    shard = world.place / "posts.jsonl"
    shard.write_text("".join(json.dumps(
        {"id_str": str(100 + i), "created_at": SEEN, "text": "text",
         "user": one}) + "\n" for i, one in enumerate(USERS)))
    folder = world.place / "out"
    done = world.call("run", "--quiet", "-o", folder, "--format", "sqlite",
                      shard)
    require(done.returncode == 0, done.stderr)
    database = sqlite3.connect(folder / "features.sqlite")
    cursor = database.execute(query)
    names = [column[0] for column in cursor.description]
    return names, [dict(zip(names, row)) for row in cursor]


@promise
def the_query_gives_each_column_of_the_paper(world):
    names, rows = rows_of(world, query_of(PAGE))
    require(tuple(names) == ("account_id",) + PAPER, names)
    require([row["account_id"] for row in rows] ==
            [one["id_str"] for one in USERS], "accounts differ")
    for row, one in zip(rows, USERS):
        for name, value in expected_of(one).items():
            require(same(row[name], value), one["id_str"], name, "is",
                    row[name], "and should be", value)


@promise
def only_what_the_page_names_is_missing(world):
    _, rows = rows_of(world, query_of(PAGE))
    missing = [name for name in PAPER
               if all(row[name] is None for row in rows)]
    require(tuple(missing) == NOT_DERIVED, missing)
    text = PAGE.read_text("utf-8")
    for name in NOT_DERIVED:
        require("**`%s`**" % name in text, name, "is not explained")


if __name__ == "__main__":
    sys.exit(main())
