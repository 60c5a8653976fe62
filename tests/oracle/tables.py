"""The tables beside accounts, from the surviving posts of the population."""

from collections import Counter, defaultdict

from features import DAY_MS
from scalars import format_time

HASHTAG_DAYS_TAGS = 1000


def utf8(key):
    return tuple(part.encode("utf-8") for part in key)


def date(ms):
    return format_time(ms // DAY_MS * DAY_MS)[:10]


class Population:
    """posts: of the accounts chosen; births: (platform, created_at, number of
    posts) of those with a row; deletes: (platform, earliest notice time or
    None) of each deleted post."""

    def __init__(self, posts, births, deletes, classes):
        self.posts, self.births = posts, births
        self.deletes, self.classes = deletes, classes


def all_tables(people):
    """{name: rows as dictionaries, sorted}; accounts not among them."""
    return {"days": days(people), "created": created(people),
            "hashtags": seen(people, "hashtag", hashtags_of),
            "hashtag_days": hashtag_days(people),
            "clients": clients(people),
            "languages": seen(people, "language", lambda p: [p.lang]),
            "domains": seen(people, "domain", lambda p: p.domains or []),
            "posts": list(map(post_row, sorted_posts(people.posts)))}


def hashtags_of(post):
    return post.hashtags or []


def days(people):
    rows = defaultdict(Counter)
    active = defaultdict(set)
    columns = {"original": "originals", "retweet": "retweets",
               "reply": "replies", "quote": "quotes"}
    for p in people.posts:
        key = p.platform, date(p.time)
        rows[key]["posts"] += 1
        rows[key][columns[p.kind]] += 1
        active[key].add(p.account)
    for platform, birth, _ in people.births:
        if birth is not None:
            rows[platform, date(birth)]["accounts_created"] += 1
    for platform, time in people.deletes:
        if time is not None:
            rows[platform, date(time)]["deletes"] += 1
    names = list(columns.values()) + ["posts", "accounts_created", "deletes"]
    return [{"platform": key[0], "day": key[1],
             **{name: rows[key][name] for name in names},
             "active_accounts": len(active[key])}
            for key in sorted(rows, key=utf8)]


def created(people):
    accounts, posts = Counter(), Counter()
    for platform, birth, number in people.births:
        if birth is not None:
            accounts[platform, date(birth)] += 1
            posts[platform, date(birth)] += number
    return [{"platform": key[0], "day": key[1], "accounts": accounts[key],
             "posts": posts[key]} for key in sorted(accounts, key=utf8)]


def holders(people, values_of):
    """{(platform, value): its posts, each once}."""
    found = defaultdict(list)
    for p in people.posts:
        for value in set(values_of(p)) - {None}:
            found[p.platform, value].append(p)
    return found


def seen(people, name, values_of):
    found = holders(people, values_of)
    return [{"platform": key[0], name: key[1], "posts": len(found[key]),
             "accounts": len({p.account for p in found[key]}),
             "first_post": min(p.time for p in found[key]),
             "last_post": max(p.time for p in found[key])}
            for key in sorted(found, key=utf8)]


def clients(people):
    rows = seen(people, "client", lambda p: [p.client])
    for row in rows:
        row["class"] = people.classes.get(row["client"], "other")
    return rows


def hashtag_days(people):
    found = holders(people, hashtags_of)
    chosen = sorted(found, key=lambda key: (-len(found[key]), utf8(key)))
    rows = []
    for key in chosen[:HASHTAG_DAYS_TAGS]:
        by_day = defaultdict(list)
        for p in found[key]:
            by_day[date(p.time)].append(p)
        rows += [{"platform": key[0], "hashtag": key[1], "day": day,
                  "posts": len(posts),
                  "accounts": len({p.account for p in posts})}
                 for day, posts in by_day.items()]
    return sorted(rows, key=lambda r: utf8((r["platform"], r["hashtag"],
                                            r["day"])))


def sorted_posts(posts):
    """By platform and account; the posts of each come in their order."""
    return sorted(posts, key=lambda p: utf8((p.platform, p.account)))


def post_row(p):
    return {"platform": p.platform, "account_id": p.account, "post_id": p.id,
            "time": p.time, "kind": p.kind, "target_account": p.target,
            "target_post": p.target_post, "language": p.lang,
            "client": p.client, "text_hash": p.text,
            "hashtags": " ".join(p.hashtags) if p.hashtags else None}
