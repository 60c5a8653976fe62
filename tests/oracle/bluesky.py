"""Bluesky, as Jetstream sends it: one event a line."""

import re

from nouns import (Delete, Observation, Outcome, Post, canonical_language,
                   no_values)
from scalars import (TIME_MS_MAX, get, get_object, is_integer, list_of, text_of,
                     unwrap)
from texts import domains_of, fold, is_manual, measure

POST = "app.bsky.feed.post"
REPOST = "app.bsky.feed.repost"
FACET = "app.bsky.richtext.facet#"


def micros_ms(value):
    """Microseconds since 1970 in ms (cut), or None."""
    if isinstance(value, str) and re.fullmatch("[0-9]+", value):
        value = int(value)
    if is_integer(value) and 0 <= value // 1000 <= TIME_MS_MAX:
        return value // 1000
    return None


def nonempty(value):
    return text_of(value) or None


def read_event(record):
    """An event with `did` and `commit`, or of another `kind`."""
    commit = get_object(record, "commit")
    if commit is None:
        kind = nonempty(get(record, "kind"))
        if kind is None or kind == "commit":
            return Outcome(reject="unknown_record")
        return Outcome(control=kind)
    did = nonempty(get(record, "did"))
    collection, rkey, operation = (nonempty(get(commit, key)) for key in
                                   ("collection", "rkey", "operation"))
    time = micros_ms(get(record, "time_us"))
    if collection not in (POST, REPOST):
        return (Outcome(control=collection) if collection
                else Outcome(reject="unknown_record"))
    uri = did and rkey and "at://%s/%s/%s" % (did, collection, rkey)
    if operation == "delete":
        if collection == REPOST:
            return Outcome(control=REPOST)
        return Outcome(control="delete",
                       delete=Delete("bluesky", did, uri or None, time))
    if not uri:
        return Outcome(reject="missing_key")
    if time is None:
        return Outcome(reject="bad_time")
    inner = get_object(commit, "record")
    post = Post("bluesky", did, uri, time, **relation(collection, inner))
    if collection == POST:
        content(post, inner)
    return Outcome(post=post, observations=[
        Observation("bluesky", did, time, True, no_values())])


def did_of(uri):
    match = re.match("at://(did:[^/]+)", uri or "")
    return match.group(1) if match else None


def relation(collection, inner):
    if collection == REPOST:
        uri = nonempty(get(get_object(inner, "subject"), "uri"))
        return dict(kind="retweet", target=did_of(uri), target_post=uri)
    reply = get_object(inner, "reply")
    if reply:
        uri = nonempty(get(get_object(reply, "parent"), "uri"))
        return dict(kind="reply", target=did_of(uri), target_post=uri)
    embedded = get_object(get_object(inner, "embed"), "record")
    if embedded:
        # recordWithMedia holds the record one level deeper
        uri = (nonempty(get(embedded, "uri"))
               or nonempty(get(get_object(embedded, "record"), "uri")))
        return dict(kind="quote", target=did_of(uri), target_post=uri)
    return dict(kind="original")


def content(post, inner):
    text = text_of(get(inner, "text"))
    post.manual = is_manual(post, text)
    langs = list_of(inner, "langs")
    if langs is not None:
        post.carries_lang = True
        post.lang = canonical_language(text_of(unwrap(langs[0]))
                                       if langs else None)
    facets = list_of(inner, "facets")
    ranges, tags, links, mentions = [], [], [], 0
    for facet in map(unwrap, facets or []):
        removed = False
        for feature in map(unwrap, list_of(facet, "features") or []):
            kind = text_of(get(feature, "$type"))
            if kind == FACET + "tag":
                tags.append(text_of(get(feature, "tag")))
            elif kind == FACET + "link":
                links.append(text_of(get(feature, "uri")))
                removed = True
            elif kind == FACET + "mention":
                mentions += 1
                removed = True
        if removed:
            ranges += code_point_range(text or "", get_object(facet, "index"))
    if facets is not None:
        post.hashtags = [fold(tag) for tag in tags if tag is not None]
        post.urls, post.mentions = len(links), mentions
        post.domains = domains_of(links)
    measure(post, text, ranges)


def code_point_range(text, index):
    """The code points whose first byte is in [byteStart, byteEnd)."""
    start, end = get(index, "byteStart"), get(index, "byteEnd")
    if not (is_integer(start) and is_integer(end)):
        return
    at = 0
    for place, char in enumerate(text):
        if start <= at < end:
            yield place, place + 1
        at += len(char.encode("utf-8"))
