"""Records: what a JSON text says, in the Twitter v1.1 dialect.

`expand` unwraps a JSON text into records; `read_record` turns one record into
a Control, a Delete, a Post with its Observations, or a Reject.
Another dialect is another function called from `read_record`.
"""

import re
from dataclasses import dataclass, field
from typing import Optional

from scalars import (count_of, created_at_ms, event_time, flag_of, get,
                     get_object, has, id_of, text_of, timestamp_ms_of, unwrap)

CONTROL_KEYS = ("delete", "scrub_geo", "limit", "status_withheld",
                "user_withheld", "disconnect", "warning", "friends",
                "friends_str", "event", "direct_message", "control",
                "for_user")
LANGUAGE_ALIASES = {"in": "id", "iw": "he"}
NOT_LANGUAGES = {"und", "zxx", "qme", "qht", "qam", "qct", "qst", ""}
COUNTS = ("followers", "friends", "statuses", "favourites", "listed")
FLAGS = ("default_profile", "default_profile_image", "verified", "protected")
WHITE_SPACE = ("\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
               "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000")
ANCHOR = re.compile(r"<a(?:\s[^>]*)?>(.*)</a>", re.DOTALL)


@dataclass
class Post:
    platform: str
    account: str
    id: str
    time: int
    kind: str
    target: Optional[str]
    target_post: Optional[str]
    original_time: Optional[int]
    lang: Optional[str]
    client: Optional[str]
    manual: bool
    statuses: Optional[int]
    carries_lang: bool = field(default=False, compare=False)
    carries_client: bool = field(default=False, compare=False)


@dataclass
class Observation:
    platform: str
    account: str
    time: int
    outer: bool
    values: dict


@dataclass
class Delete:
    platform: str
    account: Optional[str]
    post: Optional[str]
    time: Optional[int]


@dataclass
class Outcome:
    """One of post, control or reject is set; the rest goes with it."""
    post: Optional[Post] = None
    control: Optional[str] = None
    reject: Optional[str] = None
    delete: Optional[Delete] = None
    observations: list = field(default_factory=list)
    id_mismatches: int = 0
    time_anomaly: bool = False


def expand(value):
    """The records in a JSON text: arrays and `statuses` are opened."""
    records, waiting = [], [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict) and isinstance(item.get("statuses"), list):
            item = item["statuses"]
        if isinstance(item, list):
            waiting.extend(reversed(item))
        else:
            records.append(item)
    return records


def read_record(record):
    if not isinstance(record, dict):
        return Outcome(reject="unknown_record")
    has_text = "text" in record or "full_text" in record
    if not has_text:
        for key in CONTROL_KEYS:
            if key in record:
                return read_control(record, key)
    if isinstance(record.get("data"), (dict, list)):
        return Outcome(reject="unknown_record")
    if list(record) == ["errors"]:
        return Outcome(control="errors")
    if has_text and isinstance(unwrap(record.get("user")), dict):
        return read_status(record)
    return Outcome(reject="unknown_record")


def read_control(record, kind):
    if kind != "delete":
        return Outcome(control=kind)
    notice = get_object(record, "delete")
    status = get_object(notice, "status")
    post_id, differ_1 = id_of(status)
    account, differ_2 = id_of(status, "user_id")
    time = timestamp_ms_of(get(notice, "timestamp_ms"))
    return Outcome(control=kind, id_mismatches=differ_1 + differ_2,
                   delete=Delete("twitter", account, post_id, time))


# --- v1.1 statuses ---------------------------------------------------------

def read_status(status):
    user = unwrap(status["user"])
    post_id, differ_1 = id_of(status)
    account, differ_2 = id_of(user)
    if post_id is None or account is None:
        return Outcome(reject="missing_key")
    time, anomaly = event_time(status, post_id)
    if time is None:
        return Outcome(reject="bad_time")
    out = Outcome(id_mismatches=differ_1 + differ_2, time_anomaly=anomaly)
    out.post = Post("twitter", account, post_id, time, lang=language(status),
                    client=client(status), manual=False,
                    statuses=count_of(get(user, "statuses_count")),
                    carries_lang=get(status, "lang") is not None,
                    carries_client=get(status, "source") is not None,
                    **relation(status, out))
    if out.post.kind in ("original", "reply"):
        out.post.manual = status_text(status).startswith("RT @")
    out.observations = observations(status, account, time, out)
    return out


def counted_id(obj, key, out):
    value, differ = id_of(obj, key)
    out.id_mismatches += differ
    return value


def relation(status, out):
    """kind, target, target_post and original_time of a status."""
    reply_account = counted_id(status, "in_reply_to_user_id", out)
    reply_post = counted_id(status, "in_reply_to_status_id", out)
    quoted_id = counted_id(status, "quoted_status_id", out)
    retweeted = get_object(status, "retweeted_status")
    quoted = get_object(status, "quoted_status")
    if retweeted:
        target_post, _ = id_of(retweeted)
        return dict(kind="retweet", target=author_id(retweeted),
                    target_post=target_post,
                    original_time=event_time(retweeted, target_post)[0])
    if any(get(status, "in_reply_to_" + key) is not None for key in
           ("status_id", "status_id_str", "user_id", "user_id_str")):
        return dict(kind="reply", target=reply_account,
                    target_post=reply_post, original_time=None)
    if quoted or (get(status, "is_quote_status") is True and quoted_id):
        embedded_id, _ = id_of(quoted)
        return dict(kind="quote", target=author_id(quoted),
                    target_post=embedded_id or quoted_id, original_time=None)
    return dict(kind="original", target=None, target_post=None,
                original_time=None)


def author_id(status):
    return id_of(get_object(status, "user"))[0]


def status_text(status):
    for value in (get(get_object(status, "extended_tweet"), "full_text"),
                  get(status, "full_text"), get(status, "text")):
        text = text_of(value)
        if text is not None:
            # once each, left to right: "&amp;lt;" becomes "&lt;"
            names = {"&amp;": "&", "&lt;": "<", "&gt;": ">"}
            return re.sub("&(?:amp|lt|gt);", lambda m: names[m.group()], text)
    return ""


def language(status):
    lang = text_of(get(status, "lang"))
    lang = LANGUAGE_ALIASES.get(lang, lang)
    return None if lang in NOT_LANGUAGES else lang


def client(status):
    source = text_of(get(status, "source"))
    if source is None:
        return None
    source = source.strip(WHITE_SPACE)
    anchor = ANCHOR.fullmatch(source)
    if anchor:
        source = anchor.group(1).strip(WHITE_SPACE)
    return source or None


# --- observations ----------------------------------------------------------

def observations(status, account, time, out):
    """The author, and the authors of the embedded posts."""
    retweeted = get_object(status, "retweeted_status")
    embedded = [retweeted, get_object(retweeted, "quoted_status"),
                get_object(status, "quoted_status")]
    seen = [Observation("twitter", account, time, True,
                        profile_values(unwrap(status["user"])))]
    for post in embedded:
        user = get_object(post, "user")
        post_id = counted_id(post, "id", out)
        other = counted_id(user, "id", out)
        if post_id is not None and other is not None:
            seen.append(Observation("twitter", other, time, False,
                                    profile_values(user)))
    return seen


def profile_values(user):
    """What an author object says; a value not said is None."""
    values = {name: count_of(get(user, name + "_count")) for name in COUNTS}
    for name in FLAGS:
        values[name] = flag_of(get(user, name))
    values["screen_name"] = text_of(get(user, "screen_name"))
    values["display_name"] = text_of(get(user, "name"))
    for name in ("description", "url", "location"):
        value = get(user, name)
        if has(user, name) and value is None:
            value = ""
        values[name] = text_of(value)
    values["created_at"] = created_at_ms(get(user, "created_at"))
    return values
