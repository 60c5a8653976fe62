"""Columns of content, language and client, from an account's sorted posts."""

from collections import Counter

from chances import best_split
from exact import decimal, entropy_of, mean, ratio, variance
from features import top
from texts import SCRIPTS

SWITCH_POSTS = 20
CLASSES = ("web", "mobile", "automation", "other")


def content(row, posts, carries_lang, carries_client, classes):
    own = [p for p in posts if p.kind != "retweet"]
    entities(row, posts, own)
    texts(row, posts, own)
    labels(row, posts, carries_lang, "lang", "languages", "language")
    labels(row, posts, carries_client, "client", "clients", "client")
    clients = [p.client for p in posts if p.client is not None]
    shares = Counter(classes.get(client, "other") for client in clients)
    for name in CLASSES:
        row["client_%s_share" % name] = ratio(shares[name], len(clients))


# --- entities --------------------------------------------------------------

def size(value):
    """How many: of a list or a count; 0 where the post does not carry it."""
    return len(value) if isinstance(value, list) else value or 0


def entities(row, posts, own):
    for column, singular in (("hashtags", "hashtag"), ("urls", "url"),
                             ("mentions", "mention"), ("media", "media")):
        if all(getattr(p, column) is None for p in posts):
            continue
        sizes = [size(getattr(p, column)) for p in own]
        row[column] = sum(sizes)
        row["posts_with_" + singular] = sum(s > 0 for s in sizes)
    if any(p.hashtags is not None for p in posts):
        uses = [tag for p in posts for tag in p.hashtags or []]
        row["distinct_hashtags"] = len(set(uses))
        row["top_hashtag"], row["top_hashtag_share"] = top(uses)
    if any(p.urls is not None for p in posts):
        row["distinct_domains"] = len({d for p in posts
                                       for d in p.domains or []})


# --- text ------------------------------------------------------------------

def texts(row, posts, own):
    measured = [p for p in own if p.text is not None]
    if not measured:
        return
    lengths = [p.text_length for p in measured]
    row["text_length_mean"] = mean(lengths)
    row["text_length_sd"] = decimal(variance(lengths)).sqrt()
    row["distinct_texts"] = len({p.text for p in measured})
    row["duplicate_text_share"] = 1 - ratio(row["distinct_texts"], len(own))
    for i, script in enumerate(SCRIPTS):
        row["script_" + script] = sum(p.scripts[i] for p in measured)


# --- language and client ---------------------------------------------------

def labels(row, posts, carried, field, plural, singular):
    if not carried:
        return
    holders = [p for p in posts if getattr(p, field) is not None]
    values = [getattr(p, field) for p in holders]
    row[plural] = len(set(values))
    best, share = top(values)
    row["top_" + singular], row["top_" + singular + "_share"] = best, share
    row[singular + "_entropy"] = entropy_of(values)
    row[singular + "_changes"] = sum(a != b for a, b in
                                     zip(values, values[1:]))
    split = best_split(values, SWITCH_POSTS)
    if split is not None:
        at, distance = split
        row[singular + "_switch_at"] = holders[at].time
        row[singular + "_switch_g2"] = distance
        row[singular + "_before"], _ = top(values[:at])
        row[singular + "_after"], _ = top(values[at:])
