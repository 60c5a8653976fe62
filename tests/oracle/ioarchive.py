"""X's information-operations archive: rows of CSV, or JSON with these keys.

An empty string is null everywhere. A row of CSV comes as a dictionary of
texts by column; a column that is not in the header has no key.
"""

import re

from nouns import Observation, Outcome, Post, canonical_language, no_values
from scalars import (ID_BYTES_MAX, Real, count_of, created_at_ms, date_ms,
                     event_time, get, has, id_time_ms, is_integer, minute_ms,
                     text_of, unwrap)
from texts import (MENTION_PATTERN, URL_PATTERN, client_of, domains_of, fold,
                   is_manual, measure, pattern_ranges)

TOLERANCE_MS = 120000
NUMBER = re.compile(r"[+-]?[0-9]*\.?[0-9]*([eE][+-]?[0-9]+)?")
ITEM = re.compile(r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|"""
                  r"""([^,\]'"][^,\]]*))\s*(?:,|$)""", re.DOTALL)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)",
                    re.DOTALL)
SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"'}


def cell(row, name):
    """A scalar of the row, or None: absent, null, or empty."""
    value = get(row, name)
    return None if value == "" else value


def archive_id(value):
    """A number as digits, or any other text but a number through a float."""
    if is_integer(value):
        value = str(value)
    if not isinstance(value, str) or isinstance(value, Real) or value == "":
        return None
    value = text_of(value)
    if len(value.encode("utf-8")) > ID_BYTES_MAX:
        return None
    if re.fullmatch("[0-9]+", value):
        return value if value.strip("0") else None
    return None if NUMBER.fullmatch(value) else value


# --- lists -----------------------------------------------------------------

def unescape_python(text):
    def one(match):
        code = match.group(1)
        if code[0] in "xuU" and len(code) > 1:
            number = int(code[1:], 16)
            return chr(number) if number <= 0x10ffff else match.group()
        return SIMPLE.get(code, match.group())
    return text_of(ESCAPE.sub(one, text))


def list_in(row, name):
    """The texts of a list: an array, or `['a', 'b']`, `[1, 2]`, `[]` as text;
    None for anything else."""
    value = row.get(name)
    if isinstance(value, list):
        items = map(unwrap, value)
        return [str(v) if is_integer(v) else text_of(v) or "" for v in items]
    value = text_of(cell(row, name))
    if value is None:
        return None
    value = value.strip()
    if not (value.startswith("[") and value.endswith("]")):
        return None
    inside, items, at = value[1:-1].strip(), [], 0
    while at < len(inside):
        match = ITEM.match(inside, at)
        if match is None:
            return None
        single, double, bare = match.groups()
        items.append(bare.strip() if bare is not None else
                     unescape_python(single if single is not None
                                     else double))
        at = match.end()
    return items


# --- a tweet ---------------------------------------------------------------

def read_tweet(row):
    post_id = archive_id(cell(row, "tweetid"))
    account = archive_id(cell(row, "userid"))
    if post_id is None or account is None:
        return Outcome(reject="missing_key")
    written = cell(row, "tweet_time")
    to_the_minute = minute_ms(written)
    created = (to_the_minute if to_the_minute is not None
               else created_at_ms(written))
    time, anomaly = event_time(post_id, created, tolerance_ms=TOLERANCE_MS)
    if time is None:
        return Outcome(reject="bad_time")
    by_id = id_time_ms(post_id) is not None and not anomaly
    post = Post("twitter", account, post_id, time,
                lang=canonical_language(text_of(cell(row, "tweet_language"))),
                client=client_of(text_of(cell(row, "tweet_client_name"))),
                minute_only=to_the_minute is not None and not by_id,
                carries_lang=cell(row, "tweet_language") is not None,
                carries_client=cell(row, "tweet_client_name") is not None,
                **relation(row))
    content(post, row)
    own = Observation("twitter", account, time, True, profile_values(row),
                      snapshot=True)
    if post.kind != "retweet":
        own.engagement = (count_of(cell(row, "retweet_count")),
                          count_of(cell(row, "like_count")))
    return Outcome(post=post, time_anomaly=anomaly, observations=[own])


def is_true(value):
    return value is True or (isinstance(value, str)
                             and value.lower() == "true")


def relation(row):
    if is_true(cell(row, "is_retweet")):
        target = archive_id(cell(row, "retweet_userid"))
        if target is None:
            mentions = list_in(row, "user_mentions")
            target = archive_id(mentions[0]) if mentions else None
        original = archive_id(cell(row, "retweet_tweetid"))
        return dict(kind="retweet", target=target, target_post=original,
                    original_time=id_time_ms(original))
    user, tweet = (cell(row, "in_reply_to_userid"),
                   cell(row, "in_reply_to_tweetid"))
    if user is not None or tweet is not None:
        return dict(kind="reply", target=archive_id(user),
                    target_post=archive_id(tweet))
    quoted = cell(row, "quoted_tweet_tweetid")
    if quoted is not None:
        return dict(kind="quote", target_post=archive_id(quoted))
    return dict(kind="original")


def content(post, row):
    text = text_of(cell(row, "tweet_text"))
    post.manual = is_manual(post, text)
    hashtags, urls, mentions = (list_in(row, name) for name in
                                ("hashtags", "urls", "user_mentions"))
    if hashtags is not None:
        post.hashtags = [fold(tag) for tag in hashtags]
    if urls is not None:
        post.urls, post.domains = len(urls), domains_of(urls)
    if mentions is not None:
        post.mentions = len(mentions)
    measure(post, text, pattern_ranges(text, [URL_PATTERN, MENTION_PATTERN]))


# --- a user ----------------------------------------------------------------

def read_user(row):
    account = archive_id(cell(row, "userid"))
    if account is None:
        return Outcome(reject="missing_key")
    return Outcome(profile=True, observations=[
        Observation("twitter", account, None, True, profile_values(row),
                    snapshot=True)])


def profile_values(row):
    values = no_values()
    values["followers"] = count_of(cell(row, "follower_count"))
    values["friends"] = count_of(cell(row, "following_count"))
    values["screen_name"] = text_of(cell(row, "user_screen_name"))
    values["display_name"] = text_of(cell(row, "user_display_name"))
    for name, column in (("location", "user_reported_location"),
                         ("description", "user_profile_description"),
                         ("url", "user_profile_url")):
        empty = has(row, column) and cell(row, column) is None
        values[name] = "" if empty else text_of(cell(row, column))
    written = cell(row, "account_creation_date")
    for read in (date_ms, minute_ms, created_at_ms):
        if values["created_at"] is None:
            values["created_at"] = read(written)
    return values
