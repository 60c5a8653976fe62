"""The plan of an archive: accounts.truth, posts.truth and core.list, read.

A time is ms since 1970 in the class Time, so that it is known for one.
"""

import datetime
import json

from archive_reader import iso

HOUR = 3600000
COUNTS = ("followers", "friends", "statuses", "favourites", "listed")


class Time(int):
    """An instant in ms; prints as ISO."""


class About(float):
    """An estimate of a count beyond what is counted exactly."""


class World:
    """What columns need of the whole run. The core is retweeted by planted
    accounts alone, so their plans tell how often."""

    def __init__(self, accounts, totals, classes, core_list=None, offset_ms=8 * HOUR):
        self.classes, self.totals, self.offset_ms = classes, totals, offset_ms
        self.core, self.core_size, self.core_retweets = None, 0, 0
        if core_list is not None:
            self.core, self.core_size = core_of(core_list, accounts)
            self.core_retweets = sum(
                post["kind"] == "retweet" and post["target"] in self.core
                for account in accounts.values() for post in account.posts)


class Account:
    """What was planned for one account, as one dialect shows it."""

    def __init__(self, head):
        self.head, self.id = head, head["id"]
        self.created = parse_iso(head["created_at"])
        self.faces = [shown_face(face) for face in head["faces"]]
        self.posts, self.seen, self.notices = [], [], []
        self.snapshot = False    # one profile, as of whenever it was written
        self.watched = True      # a post shows its author, if only the id

    def sights(self):
        """(time, rank, what is seen) of every look at its profile."""
        looks = [(post["time"], 1, post) for post in self.posts if "face" in post]
        looks += [(line["time"], 0, line) for line in self.seen if "face" in line]
        return [(t, rank, {**self.faces[line["face"]],
                           **{name: line[name] for name in COUNTS if name in line}})
                for t, rank, line in looks]


def shown_face(face):
    """Of a key that is there, null is empty."""
    return {key: "" if value is None else value for key, value in face.items()}


def read_plan(folder):
    """Accounts by id, posts in order of time and id."""
    with open(folder / "accounts.truth", encoding="ascii") as lines:
        accounts = {head["id"]: Account(head) for head in map(json.loads, lines)}
    with open(folder / "posts.truth", encoding="ascii") as lines:
        for line in map(json.loads, lines):
            if "account" in line:
                accounts[line["account"]].posts.append(line)
            elif "seen" in line:
                accounts[line["seen"]].seen.append(line)
            else:
                accounts[line["deleted"]].notices.append(line)
    for account in accounts.values():
        account.posts.sort(key=lambda post: (post["time"], int(post["id"])))
    return accounts


def core_of(text, accounts):
    """The ids of core.list, and how many accounts it names; a handle is that of
    one planted account, if any dialect shows it."""
    lines = [line for line in text.splitlines() if line and line[0] != "#"]
    core = {line for line in lines if line[0] != "@"}
    for line in lines:
        if line[0] == "@":
            core.update(account.id for account in accounts.values() for face in
                        account.faces if face.get("screen_name") == line[1:])
    return core, len(lines)


def parse_iso(text):
    """The inverse of iso."""
    when = datetime.datetime.strptime(text[:19] + "+0000", "%Y-%m-%dT%H:%M:%S%z")
    return int(when.timestamp()) * 1000 + int(text[20:23])


def shown(value):
    """A value of the truth as a CSV cell shows it."""
    if isinstance(value, Time):
        return iso(value)
    return str(value) if isinstance(value, (int, str)) else "%.9g" % float(value)


def agrees(value, cell):
    """Whether a CSV cell shows a value of the truth; the ninth digit may differ."""
    if value is None or cell == "":
        return value is None and cell == ""
    if isinstance(value, (Time, int, str)):
        return cell == shown(value)
    number, wanted = float(cell), float(value)
    if isinstance(value, About):
        return abs(number - wanted) <= max(0.05 * wanted, 4)
    return abs(number - wanted) <= max(1e-8 * abs(wanted), 1e-12)
