"""What `sandpiper filter` should find, by a plain filter in Python.

Nothing here is fast, and nothing is shared with the program: lines are split,
parsed with the standard library, and looked at one by one.
"""

import ast
import csv
import datetime
import io
import json
import unicodedata

SNOWFLAKE_FIRST = 29700859247
CONTROLS = {"delete", "scrub_geo", "limit", "status_withheld",
            "user_withheld", "disconnect", "warning", "friends",
            "friends_str", "event", "direct_message", "control", "for_user"}


def fold(text):
    normal = unicodedata.normalize
    return normal("NFKC", normal("NFKC", text).casefold())


def clean(text):
    """Lone surrogates as the program reads them."""
    return "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in text)


def decoded(text):
    return clean(text).replace("&lt;", "<").replace("&gt;", ">") \
        .replace("&amp;", "&")


def ms_of(text):
    """Of a time as v1.1, v2 or the archive write it."""
    for form in ("%a %b %d %H:%M:%S %z %Y", "%Y-%m-%dT%H:%M:%S.%f%z",
                 "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M%z"):
        try:
            time = datetime.datetime.strptime(
                text + ("" if "%H:%M:%S" in form else "+0000"), form)
        except ValueError:
            continue
        epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
        return (time - epoch) // datetime.timedelta(milliseconds=1)
    return None


def event_time(number, reference, tolerance):
    """The time in the id, unless it is far from the other."""
    if number < SNOWFLAKE_FIRST:
        return reference
    of_id = (number >> 22) + 1288834974657
    if reference is not None and abs(of_id - reference) > tolerance:
        return reference
    return of_id


class Post:
    """What of a post may be asked for."""

    def __init__(self, account, handle, time, hashtags, texts):
        self.account, self.handle, self.time = account, handle, time
        self.hashtags = [fold(clean(tag)) for tag in hashtags]
        self.texts = [fold(decoded(text)) for text in texts]


class Conditions:
    """As the options say them."""

    def __init__(self, accounts=None, hashtags=(), words=(), since=None,
                 until=None, match="all"):
        self.accounts, self.match = accounts, match
        self.hashtags = [fold(tag).lstrip("#") for tag in hashtags]
        self.words = [fold(word) for word in words]
        self.since, self.until = since, until
        self.asked = (hashtags, words)

    def options(self, place):
        """The command line; the list is written to a file."""
        words = []
        if self.accounts is not None:
            path = place / "accounts.txt"
            path.write_text("\n".join(self.accounts) + "\n", encoding="utf-8")
            words += ["--accounts", path]
        for name, texts in zip(("--hashtag", "--word"), self.asked):
            for text in texts:
                words += [name, text]
        for name, ms in (("--since", self.since), ("--until", self.until)):
            if ms is not None:
                time = datetime.datetime.utcfromtimestamp(ms / 1000)
                words += [name, time.strftime("%Y-%m-%dT%H:%M:%S.") +
                          "%03dZ" % (ms % 1000)]
        return words + ["--match", self.match]

    def in_range(self, time):
        return (self.since is None or time >= self.since) and \
            (self.until is None or time < self.until)

    def account(self, post):
        handle = "@" + (post.handle or "").lower()
        return post.account in self.accounts or \
            handle != "@" and handle in map(str.lower, self.accounts)

    def takes(self, post):
        held = []
        if not self.in_range(post.time):
            return False
        if self.accounts is not None:
            held.append(self.account(post))
        if self.hashtags:
            held.append(any(tag in self.hashtags for tag in post.hashtags))
        if self.words:
            held.append(any(word in text for word in self.words
                            for text in post.texts))
        return not held or (any if self.match == "any" else all)(held)

    def takes_notice(self, account, time):
        if time is not None and not self.in_range(time):
            return False
        if self.accounts is None and not self.hashtags and not self.words:
            return time is not None
        if self.accounts is None or self.match == "all" and \
                (self.hashtags or self.words):
            return False
        return account in self.accounts


# ---- v1.1 -------------------------------------------------------------------

def place_of(status):
    """The object whose text and entities count, and the text."""
    extended = status.get("extended_tweet") or {}
    if isinstance(extended.get("full_text"), str):
        return extended, extended["full_text"]
    for key in ("full_text", "text"):
        if isinstance(status.get(key), str):
            return status, status[key]
    return status, ""


def id_of(record, key="id"):
    return str(record.get(key + "_str") or record.get(key))


def v11_post(status):
    number = int(id_of(status))
    stamp = status.get("timestamp_ms")
    reference = int(stamp) if stamp else ms_of(status.get("created_at") or "")
    retweeted = status.get("retweeted_status") or {}
    places = [place_of(status)] + ([place_of(retweeted)] if retweeted else [])
    entities = places[-1][0].get("entities") or {}
    return Post(id_of(status["user"]), status["user"].get("screen_name"),
                event_time(number, reference, 60000),
                [tag["text"] for tag in entities.get("hashtags") or []],
                [text for _, text in places])


def v11_takes(record, conditions):
    if "text" not in record and "full_text" not in record:
        if "delete" not in record:
            return False
        notice = record["delete"]
        stamp = notice.get("timestamp_ms")
        return conditions.takes_notice(id_of(notice["status"], "user_id"),
                                       int(stamp) if stamp else None)
    return conditions.takes(v11_post(record))


# ---- v2 ---------------------------------------------------------------------

def v2_post(post, users, tweets):
    author = post.get("author") or users.get(post.get("author_id")) or {}
    references = post.get("referenced_tweets") or []
    retweeted = next((r for r in references if r["type"] == "retweeted"), None)
    shown = post
    if retweeted:
        joined = retweeted if "text" in retweeted else \
            tweets.get(retweeted["id"])
        shown = joined or post
    tags = (shown.get("entities") or {}).get("hashtags") or []
    texts = [post["text"]] + ([shown["text"]] if shown is not post else [])
    return Post(post.get("author_id") or author.get("id"),
                author.get("username"),
                event_time(int(post["id"]), ms_of(post.get("created_at", "")),
                           60000),
                [tag["tag"] for tag in tags], texts)


def v2_takes(record, conditions):
    data = record.get("data", record)
    includes = record.get("includes") or {}
    users = {user["id"]: user for user in includes.get("users") or []}
    tweets = {tweet["id"]: tweet for tweet in includes.get("tweets") or []}
    posts = data if isinstance(data, list) else [data]
    return any(conditions.takes(v2_post(post, users, tweets))
               for post in posts if "text" in post)


def json_takes(line, conditions):
    try:
        record = json.loads(line)
    except ValueError:
        return False
    if not isinstance(record, dict):
        return False
    if "user" in record or CONTROLS & set(record):
        return v11_takes(record, conditions)
    if "data" in record or "author_id" in record:
        return v2_takes(record, conditions)
    return False


def lines_found(text, conditions):
    """The matching lines of a text, each with a line feed."""
    if text[:3] == b"\xef\xbb\xbf":
        text = text[3:]
    lines = text.split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return b"".join(line + b"\n" for line in lines
                    if json_takes(line, conditions))


def elements_found(text, conditions):
    """The same of a document that is one array."""
    decoder, string = json.JSONDecoder(), text.decode()
    at, found = string.index("[") + 1, []
    while True:
        while string[at] in " \r\n\t,":
            at += 1
        if string[at] == "]":
            return "".join(found).encode()
        _, end = decoder.raw_decode(string, at)
        if json_takes(string[at:end], conditions):
            found.append(string[at:end] + "\n")
        at = end


# ---- CSV --------------------------------------------------------------------

def rows_of(text):
    """The rows, without their line feeds."""
    rows, start, quoted = [], 0, False
    for at, byte in enumerate(text):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x0A and not quoted:
            rows.append(text[start:at])
            start = at + 1
    return rows + ([text[start:]] if start < len(text) else [])


def csv_post(row):
    tags = ast.literal_eval(row["hashtags"]) if row.get("hashtags") else []
    handle = row.get("user_screen_name")
    return Post(row["userid"], None if handle == row["userid"] else handle,
                event_time(int(row["tweetid"]), ms_of(row["tweet_time"]),
                           120000),
                [str(tag) for tag in tags], [row["tweet_text"]])


def rows_found(text, conditions):
    """The header and the matching rows; nothing if none matches."""
    if text[:3] == b"\xef\xbb\xbf":
        text = text[3:]
    rows = rows_of(text)
    names = next(csv.reader([rows[0].decode()]))
    found = []
    for row in rows[1:]:
        cells = next(csv.reader(io.StringIO(row.decode(), newline="")), [])
        if len(cells) == len(names) and cells != names and conditions.takes(
                csv_post(dict(zip(names, cells)))):
            found.append(row)
    return b"".join(row + b"\n" for row in [rows[0]] + found) if found else b""
