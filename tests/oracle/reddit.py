"""Reddit, as Pushshift published it: comments and submissions."""

import math
import re
from fractions import Fraction

from nouns import Observation, Outcome, Post, no_values
from scalars import (TIME_MS_MAX, get, is_integer, list_of, text_of, unwrap)
from texts import (URL_PATTERN, domains_of, is_manual, measure, name_hash,
                   pattern_ranges)

DELETED = "[deleted]"
NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?")


def seconds_ms(value):
    """Seconds since 1970, an integer, a float or a string, in ms (cut)."""
    if is_integer(value):
        ms = value * 1000
    elif isinstance(value, str) and NUMBER.fullmatch(value):
        ms = math.floor(Fraction(value) * 1000)
    else:
        return None
    return ms if 0 <= ms <= TIME_MS_MAX else None


def base36_id(value):
    if is_integer(value):
        value = str(value)
    text = text_of(value)
    return text if text and re.fullmatch("[0-9A-Za-z]+", text) else None


def nonempty(value):
    return text_of(value) or None


def read_reddit(record):
    author = nonempty(get(record, "author"))
    if author == DELETED:
        return Outcome(control="deleted_author")
    is_comment = "body" in record
    if not is_comment and not ("title" in record or "selftext" in record):
        return Outcome(reject="unknown_record")
    post_id = base36_id(get(record, "id"))
    if author is None or post_id is None:
        return Outcome(reject="missing_key")
    time = seconds_ms(get(record, "created_utc"))
    if time is None:
        return Outcome(reject="bad_time")
    post = Post("reddit", author, ("t1_" if is_comment else "t3_") + post_id,
                time, name=name_hash(author, None),
                **relation(record, is_comment))
    content(post, record, is_comment)
    values = no_values()
    values["screen_name"] = author
    values["created_at"] = seconds_ms(get(record, "author_created_utc"))
    return Outcome(post=post, observations=[
        Observation("reddit", author, time, True, values)])


def relation(record, is_comment):
    if is_comment:
        return dict(kind="reply",
                    target_post=nonempty(get(record, "parent_id")))
    parent = nonempty(get(record, "crosspost_parent"))
    if parent is None:
        return dict(kind="original")
    parents = list_of(record, "crosspost_parent_list") or [None]
    target = nonempty(get(unwrap(parents[0]), "author"))
    return dict(kind="retweet", target_post=parent,
                target=None if target == DELETED else target,
                original_time=seconds_ms(get(unwrap(parents[0]),
                                             "created_utc")))


def text_in(record, is_comment):
    if is_comment:
        return text_of(get(record, "body"))
    title, selftext = (text_of(get(record, key))
                       for key in ("title", "selftext"))
    if title is None and selftext is None:
        return None
    return (title or "") + "\n" + (selftext or "")


def content(post, record, is_comment):
    """A submission carries a link or none; a comment carries no links."""
    text = text_in(record, is_comment)
    post.manual = is_manual(post, text)
    if not is_comment:
        url = nonempty(get(record, "url"))
        linked = get(record, "is_self") is not True and url is not None
        post.urls = int(linked)
        post.domains = domains_of([url]) if linked else []
    measure(post, text, pattern_ranges(text, [URL_PATTERN]))
