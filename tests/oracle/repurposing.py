"""Evidence that an old account woke up as somebody else."""

from collections import Counter

from chances import chi2_survival, g2
from features import DAY_MS, HOUR_MS, top

GAP_MS = 180 * DAY_MS
POSTS_BEFORE, POSTS_AFTER = 5, 20
HOURS_POSTS = 150
COLUMNS = ("language", "client", "hours", "name", "followers")


def wake_up(posts):
    """The index of the first post after the longest gap that counts."""
    best, at = 0, None
    for i in range(POSTS_BEFORE, len(posts) - POSTS_AFTER + 1):
        gap = posts[i].time - posts[i - 1].time
        if gap >= GAP_MS and gap > best:
            best, at = gap, i
    return at


def differ(before, after):
    return None if before is None or after is None else int(before != after)


def hours_differ(before, after, to_local):
    if min(len(before), len(after)) < HOURS_POSTS:
        return None
    hours = [Counter(to_local(p.time) % DAY_MS // HOUR_MS for p in side)
             for side in (before, after)]
    return int(float(chi2_survival(g2(*hours), 23)) < 0.001)


def followers_jump(before, after):
    if before is None or after is None:
        return None
    return int(after >= 2 * before and after - before >= 50)


def repurposing(row, posts, classes, to_local):
    at = wake_up(posts)
    if at is None:
        return
    before, after = posts[:at], posts[at:]
    last, first = before[-1], after[0]
    row["repurposed_at"], row["repurposed_post"] = first.time, first.id

    def top_of(side, value_of):
        return top([v for v in map(value_of, side) if v is not None])[0]

    def class_of(post):
        return (None if post.client is None
                else classes.get(post.client, "other"))

    row["repurpose_language"] = differ(top_of(before, lambda p: p.lang),
                                       top_of(after, lambda p: p.lang))
    row["repurpose_client"] = differ(top_of(before, class_of),
                                     top_of(after, class_of))
    row["repurpose_hours"] = hours_differ(before, after, to_local)
    row["repurpose_name"] = differ(last.name, first.name)
    row["repurpose_followers"] = followers_jump(last.followers,
                                                first.followers)
    known = [row["repurpose_" + name] for name in COLUMNS
             if row["repurpose_" + name] is not None]
    row["repurpose_score"] = sum(known) if known else None
