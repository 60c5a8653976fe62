"""Twitter API v2: pages, stream records, flattened posts.

A record gives a list of outcomes, one for each post in `data`. What a line
embeds (`includes`) is observed with the latest of its posts that count.
"""

from nouns import Observation, Outcome, Post, canonical_language, no_values
from scalars import (count_of, created_at_ms, event_time, flag_of, get,
                     get_object, is_integer, list_of, text_of, unwrap,
                     usable_id)
from texts import (client_of, domains_of, fold, is_manual, measure, name_hash)
from v11 import described, size_of, url_of

KINDS = (("retweeted", "retweet"), ("replied_to", "reply"),
         ("quoted", "quote"))


class Includes:
    """`includes` of a line by id; of a repeated id the first counts."""

    def __init__(self, record):
        includes = get_object(record, "includes")
        self.users = by_id(list_of(includes, "users"))
        self.tweets = by_id(list_of(includes, "tweets"))


def by_id(elements):
    found = {}
    for element in map(unwrap, elements or []):
        key = usable_id(get(element, "id"))
        if key is not None:
            found.setdefault(key, element)
    return found


def read_page(record, counts):
    """`data` is an object or an array. counts(time): is the time in the run's
    range? The first of the result may be about no post."""
    includes = Includes(record)
    data = record["data"]
    retrieved = None
    if isinstance(data, list):
        retrieved = created_at_ms(get(get_object(record, "__twarc"),
                                      "retrieved_at"))
    outs = [read_post(unwrap(element), includes, retrieved)
            for element in (data if isinstance(data, list) else [data])]
    counted = [o for o in outs if o.post and counts(o.post.time)]
    if counted:
        latest = max(counted, key=lambda o: o.post.time)
        authors = {o.post.account for o in counted}
        time = latest.post.time if retrieved is None else retrieved
        latest.observations += embedded(includes, authors, time)
    return outs


def embedded(includes, authors, time):
    """Authors of the posts in includes, and the other users there."""
    for tweet in includes.tweets.values():
        account = usable_id(get(tweet, "author_id"))
        if account in includes.users:
            authors = authors | {account}
            yield Observation("twitter", account, time, False,
                              profile_values(includes.users[account]),
                              engagement=engagement(tweet))
    for account, user in includes.users.items():
        if account not in authors:
            yield Observation("twitter", account, time, False,
                              profile_values(user))


def read_flattened(record):
    out = read_post(record, Includes({}), None)
    if out.post:
        out.observations += inline_authors(record, out.post.time)
    return out


def inline_authors(record, time):
    """The authors of the posts referred to, and in a post retweeted that of
    the post that it quotes."""
    for tweet in references(record):
        yield from inline_author(tweet, time)
        if text_of(get(tweet, "type")) == "retweeted":
            for inner in references(tweet):
                if text_of(get(inner, "type")) == "quoted":
                    yield from inline_author(inner, time)


def inline_author(tweet, time):
    author = get_object(tweet, "author")
    account = usable_id(get(author, "id"))
    if account is not None and usable_id(get(tweet, "id")) is not None:
        yield Observation("twitter", account, time, False,
                          profile_values(author), engagement=engagement(tweet))


# --- a post ----------------------------------------------------------------

def read_post(tweet, includes, retrieved):
    if not isinstance(tweet, dict) or "text" not in tweet:
        return Outcome(reject="unknown_record")
    post_id, account = usable_id(get(tweet, "id")), author_id(tweet)
    if post_id is None or account is None:
        return Outcome(reject="missing_key")
    time, anomaly = event_time(post_id, created_at_ms(get(tweet,
                                                          "created_at")))
    if time is None:
        return Outcome(reject="bad_time")
    author = get_object(tweet, "author") or includes.users.get(account)
    values = profile_values(author) if author else no_values()
    original, related = relation(tweet, includes)
    post = Post("twitter", account, post_id, time,
                lang=canonical_language(text_of(get(tweet, "lang"))),
                client=client_of(text_of(get(tweet, "source"))),
                statuses=values["statuses"], followers=values["followers"],
                name=name_hash(values["screen_name"], values["display_name"]),
                carries_lang=get(tweet, "lang") is not None,
                carries_client=get(tweet, "source") is not None, **related)
    content(post, tweet, original)
    out = Outcome(post=post, time_anomaly=anomaly)
    if author:
        own = Observation("twitter", account,
                          time if retrieved is None else retrieved, True,
                          values)
        if post.kind != "retweet":
            own.engagement = engagement(tweet)
        out.observations = [own]
    return out


def author_id(tweet):
    account = usable_id(get(tweet, "author_id"))
    if account is None:
        account = usable_id(get(get_object(tweet, "author"), "id"))
    return account


def references(tweet):
    return [unwrap(r) for r in list_of(tweet, "referenced_tweets") or []]


def relation(tweet, includes):
    """The post referred to, and kind, target, target_post, original_time."""
    for name, kind in KINDS:
        for reference in references(tweet):
            if text_of(get(reference, "type")) == name:
                return related(tweet, reference, kind, includes)
    return {}, dict(kind="original")


def related(tweet, reference, kind, includes):
    target_post = usable_id(get(reference, "id"))
    # a flattened reference is the post itself
    original = (reference if "text" in reference
                else includes.tweets.get(target_post, {}))
    result = dict(kind=kind, target=author_id(original),
                  target_post=target_post)
    if kind == "reply":
        result["target"] = usable_id(get(tweet, "in_reply_to_user_id"))
    if kind == "retweet":
        result["original_time"], _ = event_time(
            target_post, created_at_ms(get(original, "created_at")))
    return original, result


# --- text and entities -----------------------------------------------------

def index_ranges(elements):
    for element in elements:
        pair = get(element, "start"), get(element, "end")
        if all(map(is_integer, pair)):
            yield pair


def content(post, tweet, original):
    """Entities (of a retweet, the original's where it is known) and text."""
    text = text_of(get(tweet, "text"))
    post.manual = is_manual(post, text)
    place = original if post.kind == "retweet" and original else tweet
    entities = get_object(place, "entities")
    hashtags, urls, mentions = (list_of(entities, name) for name in
                                ("hashtags", "urls", "mentions"))
    media = list_of(get_object(place, "attachments"), "media_keys")
    if hashtags is not None:
        tags = (text_of(get(tag, "tag")) for tag in hashtags)
        post.hashtags = [fold(tag) for tag in tags if tag is not None]
    if urls is not None:
        post.domains = domains_of(map(url_of, urls))
    post.urls, post.mentions, post.media = map(size_of,
                                               (urls, mentions, media))
    measure(post, text, index_ranges((urls or []) + (mentions or [])))


# --- profiles --------------------------------------------------------------

def engagement(tweet):
    metrics = get_object(tweet, "public_metrics")
    return (count_of(get(metrics, "retweet_count")),
            count_of(get(metrics, "like_count")))


def profile_values(user):
    values = no_values()
    metrics = get_object(user, "public_metrics")
    for name, key in (("followers", "followers_count"),
                      ("friends", "following_count"),
                      ("statuses", "tweet_count"), ("listed", "listed_count")):
        values[name] = count_of(get(metrics, key))
    for name in ("verified", "protected"):
        values[name] = flag_of(get(user, name))
    values["screen_name"] = text_of(get(user, "username"))
    values["display_name"] = text_of(get(user, "name"))
    for name in ("description", "url", "location"):
        values[name] = described(user, name)
    values["created_at"] = created_at_ms(get(user, "created_at"))
    return values
