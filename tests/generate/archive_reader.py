"""Reads a generated archive back, with nothing but the standard library.

`plan_of` turns the lines of an archive into what posts.truth says of planted
accounts; `tables_of` into the rows of tables.truth. Both know the archive
alone: the check of the generator holds them against what was planned.
"""

import collections
import datetime
import json
import re
import subprocess
import unicodedata

EPOCH_MS = 1288834974657
DAY_MS = 86400 * 1000
ALIASES = {"in": "id", "iw": "he"}
NO_LANGUAGE = {"und"}


def require(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def id_time(post_id):
    return (int(post_id) >> 22) + EPOCH_MS


def parse_date(text):
    when = datetime.datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
    return int(when.timestamp()) * 1000


def iso(ms):
    when = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (ms % 1000)


def day_of(ms):
    return iso(ms)[:10]


def is_delete(record):
    return "delete" in record


def is_bare(post):
    """Of another age: without entities, language and profile."""
    return "entities" not in post


def is_bare_line(line):
    """The same of a line of posts.truth."""
    return "hashtags" not in line


def kind_of(post):
    if "retweeted_status" in post:
        return "retweet"
    if post["in_reply_to_user_id"] is not None:
        return "reply"
    return "quote" if post.get("is_quote_status") else "original"


def content_of(post):
    """Text, entities and media (None: no such array) by the contract's rule."""
    place = post.get("extended_tweet", post)
    media = place.get("extended_entities", place["entities"]).get("media")
    return place.get("full_text", place.get("text")), place["entities"], media


def shown_by(post):
    """The post whose text and entities it shows."""
    return post.get("retweeted_status", post)


def domain_of(url):
    return re.sub(r"^www\.", "", url.split("://")[1].split("/")[0])


def client_of(post):
    return re.sub(r"<[^>]*>", "", post["source"]).strip() or None


def text_without_entities(post):
    """Links, photos and mentions cut out by their indices."""
    if is_bare(post):
        return post["text"]
    text, entities, media = content_of(post)
    gone = set()
    for entity in entities["urls"] + entities["user_mentions"] + (media or []):
        gone.update(range(*entity["indices"]))
    return "".join(c for at, c in enumerate(text) if at not in gone)


def embedded_in(post):
    """(post, how it is embedded) of those that show their author. A retweet shows
    what its original quotes twice, and says the same."""
    inner = post.get("retweeted_status", {})
    quoted = post.get("quoted_status")
    if inner.get("quoted_status"):
        require(inner["quoted_status"] == quoted, "quoted twice and not alike", post["id"])
    again = "requoted" if inner else "quoted"
    for status, how in ((inner, "retweeted"), (quoted, again)):
        if status and "user" in status:
            yield status, how


class Archive:
    """One run of the generator, its text and its truth."""

    def __init__(self, generator, directory, *options):
        self.directory = directory
        command = [generator, "-o", str(directory), *options]
        subprocess.run(command, check=True, stderr=subprocess.PIPE)
        self.files = sorted(directory.glob("posts-*"))
        self.totals = json.loads((directory / "totals.truth").read_text())
        self.accounts = self.lines("accounts.truth")

    def lines(self, name):
        with open(self.directory / name, encoding="ascii") as lines:
            return [json.loads(line) for line in lines]

    def text(self):
        parts = []
        for file in self.files:
            if file.suffix == ".zst":
                command = ["zstd", "-dcq", "--long=31", str(file)]
                parts.append(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            else:
                parts.append(file.read_bytes())
        return b"".join(parts)

    def bytes(self):
        return [file.read_bytes() for file in sorted(self.directory.iterdir())]

    def records(self):
        text = self.text()
        require(text.endswith(b"\r\n"), "last line has no end")
        text.decode("ascii")
        return [json.loads(line) for line in text[:-2].split(b"\r\n")]


# ---- what posts.truth says --------------------------------------------------

def target_of(post):
    """target, target_post, and for a retweet target_time."""
    kind = kind_of(post)
    if kind == "retweet":
        inner = post["retweeted_status"]
        return {"target": inner.get("user", {}).get("id_str"), "target_post": inner["id_str"],
                "target_time": id_time(inner["id"])}
    if kind == "reply":
        return {"target": post["in_reply_to_user_id_str"],
                "target_post": post["in_reply_to_status_id_str"]}
    if kind == "quote":
        quoted = post.get("quoted_status", {})
        return {"target": quoted.get("user", {}).get("id_str"),
                "target_post": post["quoted_status_id_str"]}
    return {"target": None, "target_post": None}


FACE_KEYS = """name screen_name location url description default_profile
    default_profile_image verified protected""".split()


def profile_of(user):
    """The counts, and the face in place of its number."""
    counts = {name: user[name + "_count"] for name in
              ("followers", "friends", "listed", "favourites", "statuses")}
    return {"face": {key: user[key] for key in FACE_KEYS}, **counts}


def own_line(post):
    line = {"account": post["user"]["id_str"], "id": post["id_str"],
            "time": id_time(post["id"]), "kind": kind_of(post), **target_of(post)}
    if "source" in post:
        line["client"] = client_of(post)
    if not is_bare(post):
        _, entities, media = content_of(shown_by(post))
        line.update(
            lang=post["lang"],
            hashtags=[tag["text"] for tag in entities["hashtags"]],
            domains=[domain_of(url["expanded_url"]) for url in entities["urls"]],
            urls=len(entities["urls"]), mentions=len(entities["user_mentions"]),
            media=None if media is None else len(media), retweet_count=post["retweet_count"],
            favorite_count=post["favorite_count"], **profile_of(post["user"]))
    if line["kind"] != "retweet":
        text = post["text"] if is_bare(post) else content_of(post)[0]
        line.update(text=text_without_entities(post), manual=text.startswith("RT @"))
    return line


def seen_line(post, status, how):
    return {"seen": status["user"]["id_str"], "id": status["id_str"],
            "time": id_time(post["id"]), "by": post["user"]["id_str"], "as": how,
            "retweet_count": status["retweet_count"],
            "favorite_count": status["favorite_count"], **profile_of(status["user"])}


def deleted_line(record):
    status = record["delete"]["status"]
    time = record["delete"].get("timestamp_ms")
    return {"deleted": status["user_id_str"], "id": status["id_str"],
            "time": None if time is None else int(time)}


def plan_of(records, planted):
    """The lines of posts.truth, faces in place of their numbers; copies once."""
    posts = {record["id"]: record for record in records if not is_delete(record)}
    notices = []
    for record in filter(is_delete, records):
        notice = deleted_line(record)
        if notice["deleted"] in planted and notice not in notices:
            notices.append(notice)
    lines = []
    for _, post in sorted(posts.items()):
        if post["user"]["id_str"] in planted:
            lines.append(own_line(post))
        lines.extend(seen_line(post, status, how) for status, how in embedded_in(post)
                     if status["user"]["id_str"] in planted)
    return lines, notices


# ---- what tables.truth says -------------------------------------------------

def fold(tag):
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", tag).casefold())


def keys_of(post):
    """(table, column, value) of each row that a post counts in, once each."""
    if is_bare(post):
        return set()
    _, entities, _ = content_of(shown_by(post))
    keys = {("clients", "client", client_of(post))}
    if post["lang"] not in NO_LANGUAGE:
        keys.add(("languages", "language", ALIASES.get(post["lang"], post["lang"])))
    keys.update(("hashtags", "hashtag", fold(tag["text"])) for tag in entities["hashtags"])
    keys.update(("domains", "domain", domain_of(url["expanded_url"]))
                for url in entities["urls"])
    return keys


class Group:
    """Posts of one row."""

    def __init__(self):
        self.kinds, self.accounts, self.times = collections.Counter(), set(), []

    def add(self, post):
        self.kinds[kind_of(post)] += 1
        self.accounts.add(post["user"]["id_str"])
        self.times.append(id_time(post["id"]))

    def counts(self):
        return {"posts": len(self.times), "accounts": len(self.accounts)}


def births_of(posts):
    """Days of creation, with accounts and posts."""
    born, groups = {}, collections.defaultdict(Group)
    for post in posts:
        if "created_at" in post["user"]:
            born[post["user"]["id_str"]] = day_of(parse_date(post["user"]["created_at"]))
    for post in posts:
        if post["user"]["id_str"] in born:
            groups[born[post["user"]["id_str"]]].add(post)
    return groups


def deletes_of(records):
    """How many posts were first known to be deleted on each day."""
    first = {}
    for notice in map(deleted_line, filter(is_delete, records)):
        if notice["time"] is not None:
            key = notice["deleted"], notice["id"]
            first[key] = min(first.get(key, notice["time"]), notice["time"])
    return collections.Counter(map(day_of, first.values()))


def days_of(groups, births, deletes):
    for day in set(groups) | set(births) | set(deletes):
        kinds = groups[day].kinds
        yield {"table": "days", "day": day, "posts": sum(kinds.values()),
               "originals": kinds["original"], "retweets": kinds["retweet"],
               "replies": kinds["reply"], "quotes": kinds["quote"],
               "active_accounts": len(groups[day].accounts),
               "accounts_created": len(births[day].accounts) if day in births else 0,
               "deletes": deletes[day]}


def tables_of(records):
    posts = list({r["id"]: r for r in records if not is_delete(r)}.values())
    days, rows, tag_days = (collections.defaultdict(Group) for _ in range(3))
    for post in posts:
        day = day_of(id_time(post["id"]))
        days[day].add(post)
        for key in keys_of(post):
            rows[key].add(post)
            if key[0] == "hashtags":
                tag_days[key[2], day].add(post)
    births = births_of(posts)
    yield from days_of(days, births, deletes_of(records))
    for day, group in births.items():
        yield {"table": "created", "day": day, **group.counts()}
    for (table, column, value), group in rows.items():
        yield {"table": table, column: value, **group.counts(),
               "first_post": iso(min(group.times)), "last_post": iso(max(group.times))}
    for (tag, day), group in tag_days.items():
        yield {"table": "hashtag_days", "hashtag": tag, "day": day, **group.counts()}
