"""Twitter API v1.1: statuses and control messages of the stream."""

from nouns import (COUNTS, FLAGS, Delete, Observation, Outcome, Post,
                   canonical_language)
from scalars import (count_of, created_at_ms, event_time, flag_of, get,
                     get_object, has, id_of, is_integer, list_of, text_of,
                     timestamp_ms_of, unwrap)
from texts import (client_of, domains_of, fold, is_manual, measure, name_hash)


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


def time_of(status, post_id):
    return event_time(post_id, created_at_ms(get(status, "created_at")),
                      timestamp_ms_of(get(status, "timestamp_ms")))


def read_status(status):
    user = unwrap(status["user"])
    post_id, differ_1 = id_of(status)
    account, differ_2 = id_of(user)
    if post_id is None or account is None:
        return Outcome(reject="missing_key")
    time, anomaly = time_of(status, post_id)
    if time is None:
        return Outcome(reject="bad_time")
    out = Outcome(id_mismatches=differ_1 + differ_2, time_anomaly=anomaly)
    values = profile_values(user)
    out.post = post = Post(
        "twitter", account, post_id, time,
        lang=canonical_language(text_of(get(status, "lang"))),
        client=client_of(text_of(get(status, "source"))),
        statuses=values["statuses"], followers=values["followers"],
        name=name_hash(values["screen_name"], values["display_name"]),
        carries_lang=get(status, "lang") is not None,
        carries_client=get(status, "source") is not None,
        **relation(status, out))
    content(post, status)
    out.observations = observations(status, post, values, out)
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
                    original_time=time_of(retweeted, target_post)[0])
    if any(get(status, "in_reply_to_" + key) is not None for key in
           ("status_id", "status_id_str", "user_id", "user_id_str")):
        return dict(kind="reply", target=reply_account,
                    target_post=reply_post)
    if quoted or (get(status, "is_quote_status") is True and quoted_id):
        embedded_id, _ = id_of(quoted)
        return dict(kind="quote", target=author_id(quoted),
                    target_post=embedded_id or quoted_id)
    return dict(kind="original")


def author_id(status):
    return id_of(get_object(status, "user"))[0]


# --- text and entities -----------------------------------------------------

def text_place(status):
    """The text, and the object beside whose text the entities stand."""
    extended = get_object(status, "extended_tweet")
    for place, key in ((extended, "full_text"), (status, "full_text"),
                       (status, "text")):
        text = text_of(get(place, key))
        if text is not None:
            return text, place
    return None, status


def entity_lists(place):
    """hashtags, urls, mentions, media: arrays, or None where not carried."""
    entities = get_object(place, "entities")
    media = list_of(get_object(place, "extended_entities"), "media")
    if media is None:
        media = list_of(entities, "media")
    return (list_of(entities, "hashtags"), list_of(entities, "urls"),
            list_of(entities, "user_mentions"), media)


def index_ranges(elements):
    for element in elements:
        pair = [unwrap(v) for v in list_of(element, "indices") or []]
        if len(pair) == 2 and all(map(is_integer, pair)):
            yield pair


def url_of(element):
    return (text_of(get(element, "expanded_url"))
            or text_of(get(element, "url")))


def size_of(elements):
    return None if elements is None else len(elements)


def content(post, status):
    """Entities (of a retweet, the original's) and the text."""
    text, place = text_place(status)
    post.manual = is_manual(post, text)
    if post.kind == "retweet":
        _, place = text_place(get_object(status, "retweeted_status"))
    hashtags, urls, mentions, media = entity_lists(place)
    if hashtags is not None:
        tags = (text_of(get(tag, "text")) for tag in hashtags)
        post.hashtags = [fold(tag) for tag in tags if tag is not None]
    if urls is not None:
        post.domains = domains_of(map(url_of, urls))
    post.urls, post.mentions, post.media = map(size_of,
                                               (urls, mentions, media))
    ranges = index_ranges((urls or []) + (mentions or []) + (media or []))
    measure(post, text, ranges)


# --- observations ----------------------------------------------------------

def engagement(status):
    return (count_of(get(status, "retweet_count")),
            count_of(get(status, "favorite_count")))


def observations(status, post, values, out):
    """The author, and the authors of the embedded posts."""
    retweeted = get_object(status, "retweeted_status")
    embedded = [retweeted, get_object(retweeted, "quoted_status"),
                get_object(status, "quoted_status")]
    own = Observation("twitter", post.account, post.time, True, values)
    if post.kind != "retweet":
        own.engagement = engagement(status)
    seen = [own]
    for inner in embedded:
        user = get_object(inner, "user")
        inner_id = counted_id(inner, "id", out)
        other = counted_id(user, "id", out)
        if inner_id is not None and other is not None:
            seen.append(Observation("twitter", other, post.time, False,
                                    profile_values(user),
                                    engagement=engagement(inner)))
    return seen


def described(user, name):
    """A text that is empty when its key is there with null."""
    value = get(user, name)
    return "" if has(user, name) and value is None else text_of(value)


def profile_values(user):
    """What an author object says; a value not said is None."""
    values = {name: count_of(get(user, name + "_count")) for name in COUNTS}
    for name in FLAGS:
        values[name] = flag_of(get(user, name))
    values["screen_name"] = text_of(get(user, "screen_name"))
    values["display_name"] = text_of(get(user, "name"))
    for name in ("description", "url", "location"):
        values[name] = described(user, name)
    values["created_at"] = created_at_ms(get(user, "created_at"))
    return values
