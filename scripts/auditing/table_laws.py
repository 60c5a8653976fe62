"""What must hold between tables, the ledger and the manifest."""

import collections

from auditing import table_sums
from auditing.cells import DAY_MS, day_text, near
from auditing.post_recount import KIND_COLUMNS
from auditing.table_rows import Damaged, Table
from auditing.table_sums import COUNTED, LABELS, Join, Tally, report

TOP_HASHTAGS = 1000


def check_tables(book, verdict):
    """Reads every table once, in the format that is read best."""
    parts = {}
    for name in ("days", *LABELS, "hashtag_days", "created"):
        table = book.table(name)
        if table is None:
            continue
        reader = {"days": table_sums.read_days,
                  "hashtag_days": table_sums.read_hashtag_days,
                  "created": table_sums.read_created}.get(
                      name, table_sums.read_labels)
        parts[name] = reader(table, book, verdict)
        rows = parts[name][1] if name == "hashtag_days" else parts[name]
        verdict.equal(table.label(), "rows are those of the ledger",
                      len(rows), book.ledger["rows"].get(name))
    accounts, join = check_rows(book, verdict, parts)
    if accounts:
        check_result(book, verdict, accounts)
        check_against_accounts(book, verdict, parts, accounts)
    if join:
        check_against_posts(book, verdict, parts, join.found)
        if accounts:
            check_retweets(book, verdict, join.found)
    check_between(book, verdict, parts)


# ---- accounts and posts ---------------------------------------------------------

def check_rows(book, verdict, parts):
    """(what was summed over accounts, the join with posts), or None."""
    table, posts = book.table("accounts"), book.table("posts")
    join = None
    has_keys = {"platform", "account_id"} <= set(book.columns("accounts"))
    if posts:
        classes = client_classes(parts)
        plain = "hashtags" in parts and not any(
            " " in tag for _, tag in parts["hashtags"])
        join = Join(table_sums.typed_rows(posts, book.types("posts"),
                                          verdict), book, classes, plain)
        if not plain:
            verdict.cannot(posts.label(), "hashtags are counted again",
                           "a space stands in a hashtag" if "hashtags" in
                           parts else "no table hashtags")
    accounts = None
    if table:
        visit = join.visit if join and has_keys else lambda row: None
        accounts = table_sums.read_accounts(table, book, verdict, visit)
        verdict.equal(table.label(), "rows are those of the ledger",
                      accounts.rows, book.ledger["rows"].get("accounts"))
    if join:
        join.finish()
        check_join(book, verdict, join, bool(table) and has_keys, posts)
    return accounts, join


def client_classes(parts):
    """Class by name; the same on every platform."""
    if "clients" not in parts:
        return None
    return {client: row["class"] for (_, client), row
            in parts["clients"].items()}


def check_join(book, verdict, join, compared, posts):
    where = posts.label()
    verdict.equal(where, "rows are those of the ledger", join.found.rows,
                  book.ledger["rows"].get("posts"))
    report(verdict, where, "rows rise by account, time and id", join.order)
    report(verdict, where, "kinds, targets and texts agree", join.kinds)
    if not book.bounded:
        result = book.ledger["result"]
        verdict.equal(where, "rows are result.posts", join.found.rows,
                      result["posts"])
        verdict.equal(where, "accounts are result.accounts",
                      join.found.accounts, result["accounts"])
        by_kind = book.manifest["posts_with_copies_by_kind"]
        for kind, column in KIND_COLUMNS.items():
            count = sum(day[column] for day in join.found.days.values())
            verdict.at_most(where, "posts of the kind %s" % kind, count,
                            by_kind.get(kind, 0))
    if not compared:
        verdict.cannot("accounts", "columns counted again from posts",
                       "no table accounts with platform and account_id")
        return
    if not join.bounded or join.min_posts <= 1:
        report(verdict, where, "accounts are those of accounts, or have "
               "fewer posts than --min-posts", join.listed)
    for name, tally in join.columns.items():
        report(verdict, "accounts", "%s counted again from posts" % name,
               tally)


# ---- accounts and the ledger ------------------------------------------------------

def total_of(accounts, name):
    return sum(sums[name] for sums in accounts.sums.values())


def check_result(book, verdict, accounts):
    result, where = book.ledger["result"], "accounts"
    there = set(book.columns("accounts"))
    verdict.equal(where, "rows are result.accounts_listed", accounts.rows,
                  result["accounts_listed"])
    if "posts" in there:
        verdict.equal(where, "posts are result.posts_listed",
                      total_of(accounts, "posts"), result["posts_listed"])
    else:
        verdict.cannot(where, "posts are result.posts_listed",
                       "no column posts")
    check_kinds(book, verdict, accounts, there)
    if "deletes" not in there:
        verdict.cannot(where, "deletes are result.deletes",
                       "no column deletes")
    elif book.min_posts <= 1:
        verdict.equal(where, "deletes are result.deletes",
                      total_of(accounts, "deletes"), result["deletes"])
    else:
        verdict.at_most(where, "deletes are among result.deletes",
                        total_of(accounts, "deletes"), result["deletes"])
    if accounts.lifts and {"core_share", "core_retweets", "retweets"} \
            <= there and book.min_posts <= 1:
        share = total_of(accounts, "core_retweets") / max(
            total_of(accounts, "retweets"), 1)
        verdict.check(where, "core_lift = core_share / the run's",
                      all(near(lift, share, 2e-8) for lift
                          in accounts.lifts), "%.9g to %.9g of %.9g"
                      % (*accounts.lifts, share))
    if {"retweets_received", "retweets", "platform"} <= there \
            and book.min_posts <= 1:
        for platform, sums in accounts.sums.items():
            verdict.at_most(where, "retweets received are retweets of %s"
                            % platform, sums["retweets_received"],
                            sums["retweets"])


def check_kinds(book, verdict, accounts, there):
    """Copies dropped, by kind: none less than 0, and duplicates in all."""
    by_kind = book.manifest["posts_with_copies_by_kind"]
    dropped = 0
    for kind, column in KIND_COLUMNS.items():
        if column not in there:
            verdict.cannot("accounts", "%s against the manifest" % column,
                           "no column " + column)
            return
        count = total_of(accounts, column)
        verdict.at_most("accounts", "%s are among the posts read" % column,
                        count, by_kind.get(kind, 0))
        dropped += by_kind.get(kind, 0) - count
    if book.min_posts <= 1:
        verdict.equal("accounts", "posts read and not kept are duplicates",
                      dropped, book.ledger["result"]["duplicates"])


# ---- the other tables and accounts -------------------------------------------------

def check_against_accounts(book, verdict, parts, accounts):
    there = set(book.columns("accounts"))
    why = "--accounts bounds the other tables" if book.bounded else \
        "--min-posts leaves rows out" if book.min_posts > 1 else \
        "no column platform" if "platform" not in there else None
    others = [name for name in ("days", "created", *LABELS) if name in parts]
    if why:
        for name in others:
            verdict.cannot(name, "sums against accounts", why)
        return
    if "days" in parts:
        check_days(verdict, parts["days"], accounts, there)
    if "created" in parts:
        check_created(verdict, parts["created"], accounts, there)
    for name, column in COUNTED.items():
        if name not in parts:
            continue
        if column not in there:
            verdict.cannot(name, "accounts against accounts." + column,
                           "no column " + column)
            continue
        sums = collections.Counter()
        for (platform, _), row in parts[name].items():
            sums[platform] += row["accounts"] or 0
        verdict.equal(name, "accounts are the sum of accounts.%s, by platform"
                      % column, +sums, +collections.Counter(
                          {platform: sums_of[column] for platform, sums_of
                           in accounts.sums.items()}))


def check_days(verdict, days, accounts, there):
    columns = {"posts": "posts", "active_accounts": "active_days",
               **{name: name for name in KIND_COLUMNS.values()}}
    for column, counterpart in columns.items():
        if counterpart not in there:
            verdict.cannot("days", column + " against accounts",
                           "no column " + counterpart)
            continue
        sums = collections.Counter()
        for (platform, _), row in days.items():
            sums[platform] += row[column] or 0
        verdict.equal("days", "%s are the sum of accounts.%s, by platform"
                      % (column, counterpart), +sums, +collections.Counter(
                          {platform: of[counterpart] for platform, of
                           in accounts.sums.items()}))
    active = [day for (_, day), row in days.items() if row["posts"]]
    if {"first_post", "last_post"} <= there and active:
        verdict.equal("days", "the first and last with posts are those of "
                      "accounts", [day_text(min(active)),
                                   day_text(max(active))],
                      [day_text(accounts.first_day),
                       day_text(accounts.last_day)])
    if "created_at" in there:
        verdict.equal("days", "accounts_created are accounts.created_at",
                      {key: row["accounts_created"] for key, row
                       in sorted(days.items()) if row["accounts_created"]},
                      {key: counts["accounts"] for key, counts
                       in sorted(accounts.created.items())})


def check_created(verdict, created, accounts, there):
    if "created_at" not in there:
        verdict.cannot("created", "against accounts", "no column created_at")
        return
    for column in ("accounts", "posts"):
        if column == "posts" and "posts" not in there:
            verdict.cannot("created", "posts against accounts",
                           "no column posts")
            continue
        verdict.equal("created", "%s are those of accounts, by day" % column,
                      {key: row[column] for key, row
                       in sorted(created.items())},
                      {key: counts[column] for key, counts
                       in sorted(accounts.created.items())})


# ---- the other tables and posts ------------------------------------------------------

def check_against_posts(book, verdict, parts, found):
    if "days" in parts:
        for column in ("posts", *KIND_COLUMNS.values()):
            verdict.equal("days", "%s counted again from posts, by day"
                          % column,
                          {key: row[column] for key, row in
                           sorted(parts["days"].items()) if row[column]},
                          {key: counts[column] for key, counts in
                           sorted(found.days.items()) if counts[column]})
    for name, rows in found.labels.items():
        if name not in parts:
            continue
        if name == "hashtags" and any(" " in tag for _, tag in parts[name]):
            verdict.cannot(name, "rows counted again from posts",
                           "a space stands in a hashtag")
            continue
        names = ("posts", "accounts", "first_post", "last_post")
        verdict.equal(name, "rows counted again from posts",
                      {key: [row[column] for column in names]
                       for key, row in sorted(parts[name].items())},
                      {key: [row[column] for column in names]
                       for key, row in sorted(rows.items())})
    if "hashtag_days" in parts and "hashtags" in parts \
            and not any(" " in tag for _, tag in parts["hashtags"]):
        chosen = parts["hashtag_days"][0]
        verdict.equal("hashtag_days", "rows counted again from posts",
                      dict(sorted(parts["hashtag_days"][1].items())),
                      {key: (row["posts"], row["accounts"]) for key, row
                       in sorted(found.hashtag_days.items())
                       if key[:2] in chosen})


def check_retweets(book, verdict, found):
    """retweets_received and retweeters, through a temporary database."""
    there = {"platform", "account_id", "retweets_received", "retweeters"}
    if book.bounded or not there <= set(book.columns("accounts")):
        verdict.cannot("accounts", "retweets received, from posts",
                       "--accounts bounds posts" if book.bounded else
                       "a column is not there")
        return
    received = found.base.execute(
        "SELECT platform, target, count(*), count(DISTINCT account) "
        "FROM retweets GROUP BY platform, target "
        "ORDER BY platform, target")
    tally, entry = Tally(), next(received, None)
    table = book.table("accounts")
    names, rows = table.read()
    places = [names.index(name) for name in (
        "platform", "account_id", "retweets_received", "retweeters")] \
        if names else []
    for cells in rows:
        platform, account, count, people = (cells[at] for at in places)
        key = table_sums.sort_key((platform, account))
        while entry and table_sums.sort_key(entry[:2]) < key:
            entry = next(received, None)
        wanted = entry[2:] if entry and entry[:2] == (platform, account) \
            else (0, 0)
        tally.add((count, people) == tuple(map(str, wanted)),
                  "%s %s" % (platform, account))
    report(verdict, "accounts", "retweets_received and retweeters counted "
           "again from posts", tally)


# ---- tables and one another -----------------------------------------------------------

def check_between(book, verdict, parts):
    result = book.ledger["result"]
    if "days" in parts:
        rows = parts["days"].values()
        told = result["deletes"] + result["deletes_without_account"]
        verdict.at_most("days", "deletes are among those of the ledger",
                        sum(row["deletes"] or 0 for row in rows), told)
        if not book.bounded:
            verdict.equal("days", "posts are result.posts",
                          sum(row["posts"] or 0 for row in rows),
                          result["posts"])
    if {"days", "created"} <= set(parts):
        verdict.equal("created", "accounts are days.accounts_created",
                      {key: row["accounts"] for key, row
                       in sorted(parts["created"].items())},
                      {key: row["accounts_created"] for key, row
                       in sorted(parts["days"].items())
                       if row["accounts_created"]})
    for name in ("clients", "languages"):
        if name in parts:
            verdict.at_most(name, "posts are at most result.posts",
                            sum(row["posts"] or 0 for row
                                in parts[name].values()), result["posts"])
    if {"days", "domains"} <= set(parts) and parts["domains"]:
        check_within_days(verdict, "domains", parts)
    if {"days", "hashtags"} <= set(parts) and parts["hashtags"]:
        check_within_days(verdict, "hashtags", parts)
    if {"hashtags", "hashtag_days"} <= set(parts):
        check_hashtag_days(verdict, parts["hashtags"],
                           parts["hashtag_days"][0])


def check_within_days(verdict, name, parts):
    """The first and the last post of a row lie on days with posts."""
    tally = Tally()
    for key, row in parts[name].items():
        for column in ("first_post", "last_post"):
            day = parts["days"].get((key[0], row[column] // DAY_MS))
            tally.add(bool(day and day["posts"]), "%s %s" % key)
    report(verdict, name, "first and last posts are on days with posts",
           tally)


def check_hashtag_days(verdict, hashtags, by_day):
    order = sorted(hashtags, key=lambda key: (-(hashtags[key]["posts"] or 0),
                                              table_sums.sort_key(key)))
    verdict.equal("hashtag_days", "the hashtags are those with most posts",
                  sorted(by_day), sorted(order[:TOP_HASHTAGS]))
    tally = Tally()
    for key, entry in by_day.items():
        row = hashtags.get(key)
        tally.add(row is not None and entry["posts"] == row["posts"]
                  and entry["first"] == row["first_post"] // DAY_MS
                  and entry["last"] == row["last_post"] // DAY_MS
                  and entry["accounts_max"] <= row["accounts"]
                  <= entry["accounts"], "%s %s" % key)
    report(verdict, "hashtag_days", "days add up to the rows of hashtags",
           tally)


# ---- formats ----------------------------------------------------------------------------

def check_formats(book, verdict):
    """The same table in several formats: every cell is equal."""
    for name in book.tables:
        forms = [form for form in book.formats if book.readable(name, form)]
        for form in forms[1:]:
            compare(verdict, book.reference(name, forms[0], form),
                    Table(book.folder, name, form))


def compare(verdict, one, other):
    sentence = "every cell is that of %s" % one.form
    try:
        left_names, left = one.read()
        right_names, right = other.read()
        if None not in (left_names, right_names) \
                and left_names != right_names:
            verdict.check(other.label(), sentence, False, "other columns")
            return
        count, bad = lockstep(left, right) if one.name != "posts" \
            or "sqlite" not in (one.form, other.form) else sums(left, right)
    except Damaged as error:
        verdict.check(other.label(), sentence, False, str(error))
        return
    verdict.check(other.label(), sentence, bad is None,
                  "%d rows%s" % (count, "" if bad is None else ", " + bad))


def lockstep(left, right):
    count = 0
    for row in left:
        count += 1
        other = next(right, None)
        if row != other:
            return count, "row %d differs" % count
    return count, None if next(right, None) is None else "a row too many"


def sums(left, right):
    """Of rows in any order: as many, with the same sum of hashes."""
    counts, totals = [0, 0], [0, 0]
    for side, rows in enumerate((left, right)):
        for row in rows:
            counts[side] += 1
            totals[side] += hash(tuple(row))
    return counts[0], None if counts[0] == counts[1] \
        and totals[0] == totals[1] else "rows differ"
