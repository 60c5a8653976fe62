"""One pass over every table: its rows, and the sums that other tables must
agree with. Sums are kept by day, hashtag, client, language and domain; of
accounts and posts no more than one account is kept at a time, and retweets go
to a temporary database.
"""

import collections
import itertools
import sqlite3

from auditing import account_laws
from auditing.cells import DAY_MS, READERS, near
from auditing.post_recount import KIND_COLUMNS, recount

KEYS = {"accounts": 2, "days": 2, "hashtags": 2, "hashtag_days": 3,
        "clients": 2, "languages": 2, "domains": 2, "created": 2}
LABELS = {"hashtags": "hashtag", "clients": "client",
          "languages": "language", "domains": "domain"}
COUNTED = {"hashtags": "distinct_hashtags", "clients": "clients",
           "languages": "languages", "domains": "distinct_domains"}
SECONDS = ("second_chi2", "second_p")
MIN_POSTS_CLAUSES = {"never": 1, "a single post": 2}
ACCOUNT_SUMS = ["posts", "deletes", "active_days", "retweets_received",
                "core_retweets", *KIND_COLUMNS.values(),
                *COUNTED.values()]


class Tally:
    """How often a law held, and the first row where it did not."""

    def __init__(self):
        self.rows = self.silent = self.broken = 0
        self.first = ""

    def add(self, holds, row):
        self.rows += 1
        if holds is None:
            self.silent += 1
        elif not holds:
            self.broken += 1
            self.first = self.first or row

    def figures(self):
        text = "%d rows, %d do not hold" % (self.rows, self.broken)
        return text + (", the first is %s" % self.first if self.first else "")


def report(verdict, where, sentence, tally):
    verdict.check(where, sentence, not tally.broken, tally.figures())


def typed_rows(table, types, verdict):
    """Rows as dicts of values. Types, order and repetition are checked on
    the way; a row that cannot be read is left out, and fails."""
    names, rows = table.read()
    cells, order = Tally(), Tally()
    before, keys = None, KEYS.get(table.name)
    columns = [(name, READERS[types[name]]) for name in names or []
               if name in types]
    complete = names is None or len(columns) == len(names)
    for number, cells_of in enumerate(rows, 1):
        label = "row %d" % number
        try:
            if not complete or len(cells_of) != len(columns):
                raise ValueError("another number of cells")
            row = {name: None if cell is None else read(cell)
                   for (name, read), cell in zip(columns, cells_of)}
        except ValueError as error:
            cells.add(False, "%s (%s)" % (label, error))
            continue
        cells.add(True, label)
        if keys and len(columns) >= keys:
            key = [cell and cell.encode() for cell in cells_of[:keys]]
            order.add(None not in key and (before is None or before < key),
                      label)
            before = key if None not in key else before
        yield row
    report(verdict, table.label(), "cells are of their columns' types", cells)
    if keys and names and [*types][:keys] == names[:keys]:
        report(verdict, table.label(), "rows rise by their key", order)


# ---- accounts, with posts beside them -----------------------------------------

class Accounts:
    """What was summed over the rows of accounts."""

    def __init__(self):
        self.rows = 0
        self.sums = collections.defaultdict(collections.Counter)
        self.created = collections.defaultdict(collections.Counter)
        self.last_day = self.first_day = None
        self.lifts = []           # least and greatest core_share / core_lift


def account_laws_for(there, parameters, dialects):
    """(laws that can be tried, [(sentence, why not)])."""
    laws = list(account_laws.LAWS)
    left_out = []
    for extra, fits, why in (
            (account_laws.NAME_LAWS, not parameters["pseudonyms"],
             "names are pseudonyms"),
            (account_laws.OBSERVED_LAWS,
             len(dialects) <= 1 or "io_archive" not in dialects,
             "profiles of the IO archive have no time")):
        if fits:
            laws += extra
        else:
            left_out += [(sentence, why) for sentence, _, _ in extra]
    fit = [one for one in laws if set(one[1]) <= there]
    for sentence, columns, _ in laws:
        missing = [name for name in columns if name not in there]
        if missing:
            left_out.append((sentence, "no column " + missing[0]))
    return fit, left_out


def null_laws(features, there, has_core):
    """By `null_when` in features.json, where posts alone decide."""
    if "posts" not in there:
        return
    for column in features:
        name, whole, least = column["name"], True, 1
        for clause in column["null_when"].split("; "):
            words = clause.split()
            if clause in MIN_POSTS_CLAUSES:
                least = max(least, MIN_POSTS_CLAUSES[clause])
            elif words[:2] == ["fewer", "than"] and len(words) == 4 \
                    and words[3] in ("posts", "gaps"):
                least = max(least, int(words[2]) + (words[3] == "gaps"))
            elif clause == "no list of core accounts":
                least = least if has_core else 2 ** 63
            else:
                whole = False
        if name in there:
            yield name, least, whole


def read_accounts(table, book, verdict, visit):
    """All laws on all rows; visit(row) sees each too."""
    types = book.types("accounts")
    there = set(book.columns("accounts"))
    parameters = book.manifest["parameters"]
    laws, left_out = account_laws_for(
        there, parameters, book.manifest["posts_with_copies_by_dialect"])
    nulls = list(null_laws(book.features["columns"], there,
                           "core" in parameters))
    if {"core_coverage", "core_retweets"} <= there and "core" in parameters:
        laws.append(core_law(parameters["core"]["accounts"]))
    if "posts" in there:
        laws.append(("posts reach --min-posts", ("posts",),
                     lambda posts: posts >= book.min_posts))
    tallies = [Tally() for _ in laws]
    null_tally, hashed = Tally(), Tally()
    found = Accounts()
    for row in typed_rows(table, types, verdict):
        label = "%s %s" % (row.get("platform"), row.get("account_id"))
        for (_, columns, function), tally in zip(laws, tallies):
            tally.add(holds(function, [row[name] for name in columns]),
                      label)
        for name, least, whole in nulls:
            posts = row["posts"] or 0
            is_null = row[name] is None
            null_tally.add(is_null if posts < least else
                           not whole or not is_null, "%s of %s" % (name,
                                                                   label))
        if parameters["pseudonyms"] and "account_id" in there:
            hashed.add(bool(account_laws.PSEUDONYM.match(
                row["account_id"] or "")), label)
        add_account(found, row)
        visit(row)
    for (sentence, _, _), tally in zip(laws, tallies):
        report(verdict, table.label(), sentence, tally)
    report(verdict, table.label(), "cells are null where features.json says",
           null_tally)
    if parameters["pseudonyms"]:
        report(verdict, table.label(), "ids are pseudonyms", hashed)
    for sentence, why in left_out:
        verdict.cannot(table.label(), sentence, why)
    return found


def core_law(size):
    """Of so many core accounts, a whole number is retweeted."""
    def fits(coverage, retweets):
        if coverage is None:
            return None
        count = round(coverage * size)
        return count <= retweets and near(coverage, count / size)
    return ("core_coverage counts core accounts",
            ("core_coverage", "core_retweets"), fits)


def holds(function, values):
    """A null where none may be makes a law false."""
    try:
        return function(*values)
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        return False


def add_account(found, row):
    found.rows += 1
    platform = row.get("platform")
    sums = found.sums[platform]
    for name in ACCOUNT_SUMS:
        sums[name] += row.get(name) or 0
    if row.get("created_at") is not None:
        counts = found.created[platform, row["created_at"] // DAY_MS]
        counts["accounts"] += 1
        counts["posts"] += row.get("posts") or 0
    if row.get("core_lift"):
        base = (row.get("core_share") or 0) / row["core_lift"]
        found.lifts = [min(found.lifts[:1] + [base]),
                       max(found.lifts[1:] + [base])]
    if row.get("first_post") is not None and row.get("last_post") is not None:
        first, last = row["first_post"] // DAY_MS, row["last_post"] // DAY_MS
        found.first_day = min(first, found.first_day
                              if found.first_day is not None else first)
        found.last_day = max(last, found.last_day
                             if found.last_day is not None else last)


# ---- posts --------------------------------------------------------------------

class Posts:
    """What was summed over the rows of posts."""

    def __init__(self):
        self.rows = 0
        self.accounts = 0
        self.kinds = collections.defaultdict(collections.Counter)
        self.days = collections.defaultdict(collections.Counter)
        self.labels = {name: {} for name in ("hashtags", "clients",
                                             "languages")}
        self.hashtag_days = {}
        self.base = sqlite3.connect("")      # temporary, on disk
        self.base.execute("CREATE TABLE retweets (platform TEXT, target TEXT,"
                          " account TEXT)")


def add_label(table, key, account, ms):
    entry = table.get(key)
    if entry is None:
        entry = table[key] = {"posts": 0, "accounts": 0, "first_post": ms,
                              "last_post": ms, "who": None}
    entry["posts"] += 1
    entry["first_post"] = min(entry["first_post"], ms)
    entry["last_post"] = max(entry["last_post"], ms)
    if entry["who"] != account:
        entry["who"] = account
        entry["accounts"] += 1


def add_post(found, account, post):
    platform, ms = post["platform"], post["time"]
    day = found.days[platform, ms // DAY_MS]
    day["posts"] += 1
    day[KIND_COLUMNS.get(post["kind"], "unknown")] += 1
    if post["client"] is not None:
        add_label(found.labels["clients"], (platform, post["client"]),
                  account, ms)
    if post["language"] is not None:
        add_label(found.labels["languages"], (platform, post["language"]),
                  account, ms)
    tags = (post["hashtags"] or "").split(" ")
    for tag in dict.fromkeys(tag for tag in tags if tag):
        add_label(found.labels["hashtags"], (platform, tag), account, ms)
        add_label(found.hashtag_days, (platform, tag, ms // DAY_MS), account,
                  ms)
    if post["kind"] == "retweet" and post["target_account"] is not None \
            and post["target_account"] != post["account_id"]:
        found.base.execute("INSERT INTO retweets VALUES (?, ?, ?)",
                           (platform, post["target_account"],
                            post["account_id"]))


def account_of(post):
    return post["platform"], post["account_id"]


class Join:
    """Posts beside the rows of accounts: both rise by platform and id."""

    def __init__(self, rows, book, classes, tags_are_plain):
        self.groups = itertools.groupby(rows, account_of)
        self.found = Posts()
        self.local, self.classes = book.local_time(), classes
        self.hashed = book.hashed()
        self.has_minutes = "io_archive" in \
            book.manifest["posts_with_copies_by_dialect"]
        self.tags_are_plain = tags_are_plain
        self.there = book.columns("accounts")
        self.bounded = book.bounded
        self.min_posts = book.min_posts
        self.columns = collections.defaultdict(Tally)
        self.listed, self.order, self.kinds = Tally(), Tally(), Tally()
        self.key, self.posts = None, None
        self.next_group()

    def next_group(self):
        """The next account's posts, added to the sums."""
        before = self.key
        self.key, rows = next(self.groups, (None, None))
        if self.key is None:
            return
        label = "%s %s" % self.key
        self.posts = list(rows)
        self.order.add(before is None or sort_key(before)
                       < sort_key(self.key), label)
        for post in self.posts:
            add_post(self.found, self.key, post)
        self.found.rows += len(self.posts)
        self.found.accounts += 1
        self.posts_rise(label)

    def posts_rise(self, label):
        order = [(post["time"], id_order(post["post_id"]))
                 for post in self.posts]
        self.order.add(all(a < b or self.hashed and a[0] == b[0] for a, b
                           in zip(order, order[1:])), label)
        for post in self.posts:
            self.kinds.add(post_holds(post), "%s of %s" % (post["post_id"],
                                                           label))

    def unlisted(self):
        self.listed.add(len(self.posts) < self.min_posts,
                        "%s %s" % self.key)
        self.next_group()

    def visit(self, row):
        """Beside one row of accounts."""
        key = row["platform"], row["account_id"]
        while self.key is not None and sort_key(self.key) < sort_key(key):
            self.unlisted()
        if self.key != key:
            self.listed.add(self.bounded, "%s %s" % key)
            return
        self.listed.add(True, "")
        self.compare(row, recount(self.posts, self.local, self.classes,
                                  self.hashed))
        if self.tags_are_plain:
            self.compare(row, hashtags(self.posts))
        self.next_group()

    def compare(self, row, counted):
        for name, value in counted.items():
            if name in SECONDS and name in row and row[name] is None \
                    and self.has_minutes:
                continue        # times may be known to the minute alone
            if name in row:
                self.columns[name].add(same(row[name], value),
                                       "%s %s" % (row["platform"],
                                                  row["account_id"]))

    def finish(self):
        while self.key is not None:
            self.unlisted()


def sort_key(key):
    return [(part or "").encode() for part in key]


def id_order(text):
    """Ids of digits as numbers, before others."""
    if text.isascii() and text.isdigit():
        return 0, int(text), text
    return 1, 0, text


def post_holds(post):
    if post["kind"] not in KIND_COLUMNS:
        return False
    if post["kind"] == "retweet" and post["text_hash"] is not None:
        return False
    return not (post["kind"] == "original" and post["target_account"])


def hashtags(posts):
    uses = collections.Counter(
        tag for post in posts for tag in (post["hashtags"] or "").split(" ")
        if tag)
    if not uses:
        return {"distinct_hashtags": 0, "top_hashtag": None}
    best = min(uses, key=lambda tag: (-uses[tag], tag.encode()))
    return {"distinct_hashtags": len(uses), "top_hashtag": best,
            "top_hashtag_share": uses[best] / sum(uses.values())}


def same(cell, value):
    """0 of what no post carries is null."""
    if cell is None or value is None:
        return cell is None and not value
    if isinstance(value, frozenset):
        return cell in value
    if isinstance(value, float) or isinstance(cell, float):
        return near(cell, value, 1e-7)
    return cell == value


# ---- the small tables -----------------------------------------------------------

def read_days(table, book, verdict):
    rows, kinds, fits = {}, Tally(), Tally()
    for row in typed_rows(table, book.types("days"), verdict):
        label = "%s %s" % (row["platform"], row["day"])
        rows[row["platform"], row["day"]] = row
        kinds.add(holds(lambda: row["posts"] == sum(
            row[name] for name in KIND_COLUMNS.values()), []), label)
        fits.add(holds(lambda: (row["posts"] > 0) == (
            row["active_accounts"] > 0) and 0 <= row["active_accounts"]
            <= row["posts"] and any(row[name] for name in (
                "posts", "accounts_created", "deletes")), []), label)
    report(verdict, table.label(), "posts are of one kind", kinds)
    report(verdict, table.label(),
           "active accounts are at most the posts, and no day is empty", fits)
    return rows


def read_labels(table, book, verdict):
    """Hashtags, clients, languages, domains: rows by platform and value."""
    rows, fits = {}, Tally()
    for row in typed_rows(table, book.types(table.name), verdict):
        key = row["platform"], row[LABELS[table.name]]
        rows[key] = row
        fits.add(holds(lambda: 1 <= row["accounts"] <= row["posts"]
                       and row["first_post"] <= row["last_post"]
                       and (row["posts"] > 1 or row["first_post"]
                            == row["last_post"])
                       and (table.name != "clients" or row["class"] in (
                           "web", "mobile", "automation", "other")), []),
                 "%s %s" % key)
    report(verdict, table.label(), "accounts are at most the posts, and the "
           "first is not behind the last", fits)
    return rows


def read_hashtag_days(table, book, verdict):
    """By platform and hashtag: days, sums and the greatest."""
    found, fits = {}, Tally()
    keep = {}
    for row in typed_rows(table, book.types("hashtag_days"), verdict):
        key = row["platform"], row["hashtag"]
        fits.add(holds(lambda: 1 <= row["accounts"] <= row["posts"], []),
                 "%s %s" % key)
        entry = found.setdefault(key, {
            "posts": 0, "accounts": 0, "accounts_max": 0,
            "first": row["day"], "last": row["day"]})
        entry["posts"] += row["posts"] or 0
        entry["accounts"] += row["accounts"] or 0
        entry["accounts_max"] = max(entry["accounts_max"],
                                    row["accounts"] or 0)
        entry["first"] = min(entry["first"], row["day"])
        entry["last"] = max(entry["last"], row["day"])
        keep[(*key, row["day"])] = (row["posts"], row["accounts"])
    report(verdict, table.label(), "accounts are at most the posts", fits)
    return found, keep


def read_created(table, book, verdict):
    rows, fits = {}, Tally()
    for row in typed_rows(table, book.types("created"), verdict):
        rows[row["platform"], row["day"]] = row
        fits.add(holds(lambda: 1 <= row["accounts"] <= row["posts"], []),
                 "%s %s" % (row["platform"], row["day"]))
    report(verdict, table.label(), "accounts are at most the posts", fits)
    return rows
