"""Columns of accounts counted again from an account's rows in posts.

Posts come in the order of the table. What is not in the table (URLs, lengths
of texts, profiles, ...) cannot be counted again.
"""

import collections
import datetime
import math
import zoneinfo

from auditing.account_laws import HOURS, PAUSES, WEEKDAYS
from auditing.cells import DAY_MS, HOUR_MS

KIND_COLUMNS = {"original": "originals", "retweet": "retweets",
                "reply": "replies", "quote": "quotes"}
LIMITS_MS = [60_000, 300_000, HOUR_MS, DAY_MS, 7 * DAY_MS, 2_628_000_000,
             31_540_000_000]
SESSION_MS, DORMANT_MS, SHOWN_DORMANT_MS = 1_800_000, 180 * DAY_MS, 30 * DAY_MS
WORK_HOURS, WAKING = range(9, 18), range(8, 24)
SPLITS_MAX = 20
MONDAY_OF_1970 = 3       # 1 January was a Thursday


class LocalTime:
    """Local milliseconds of an instant, by the manifest's parameters."""

    def __init__(self, parameters):
        self.zone, self.shift = None, 0
        if "time_zone" in parameters:
            self.zone = zoneinfo.ZoneInfo(parameters["time_zone"])
        else:
            text = parameters["utc_offset"]
            self.shift = (int(text[1:3]) * 60 + int(text[4:6])) * 60_000 \
                * (-1 if text[0] == "-" else 1)

    def of(self, ms):
        if self.zone is None:
            return ms + self.shift
        utc = datetime.datetime.fromtimestamp(ms // 1000,
                                              datetime.timezone.utc)
        offset = utc.astimezone(self.zone).utcoffset()
        return ms + int(offset.total_seconds()) * 1000


def entropy(counts):
    total = sum(counts)
    return -sum(count / total * math.log(count / total)
                for count in sorted(counts, reverse=True) if count) + 0.0


def top(counts):
    """The most frequent value; of several the bytewise smallest."""
    return min(counts, key=lambda value: (-counts[value], value.encode()))


def recount(posts, local, classes, hashed):
    """Columns by name. posts: dicts of the table's cells, time in ms."""
    row = {"posts": len(posts)}
    kinds = collections.Counter(post["kind"] for post in posts)
    for kind, column in KIND_COLUMNS.items():
        row[column] = kinds[kind]
    times = [post["time"] for post in posts]
    row.update(first_post=times[0], last_post=times[-1])
    row["self_interactions"] = sum(
        post["kind"] != "original"
        and post["target_account"] == post["account_id"] for post in posts)
    row.update(activity(times))
    row.update(gaps(posts, times))
    locals_ms = [local.of(ms) for ms in times]
    row.update(clock(locals_ms))
    row.update(weekend_column(times, locals_ms))
    row.update(labels(posts, "language", "languages"))
    row.update(labels(posts, "client", "clients"))
    row.update(client_classes(posts, classes))
    row.update(texts(posts))
    row.update(targets(posts, hashed))
    row.update(seconds(times))
    for column in ("language", "client"):
        row.update(switch(posts, column))
    return row


def activity(times):
    days = collections.Counter(ms // DAY_MS for ms in times)
    hours = collections.Counter(ms // HOUR_MS for ms in times)
    return {"active_days": len(days), "max_posts_per_day": max(days.values()),
            "max_posts_per_hour": max(hours.values())}


def pause_of(gap):
    return next((name for name, limit in zip(PAUSES, LIMITS_MS)
                 if gap < limit), PAUSES[-1])


def gaps(posts, times):
    found = [later - ms for ms, later in zip(times, times[1:])]
    row = {"sessions": 1 + sum(gap >= SESSION_MS for gap in found)}
    row["session_longest_s"] = longest_session(times, found)
    dormant = dict.fromkeys(("dormant_from", "dormant_to",
                             "dormant_from_post", "dormant_to_post"))
    if found:
        pauses = collections.Counter(map(pause_of, found))
        row.update((name, pauses[name]) for name in PAUSES)
        for seconds in (1, 10, 60):
            row["gaps_le_%ds" % seconds] = sum(gap <= seconds * 1000
                                               for gap in found)
        row["dormant_gaps"] = sum(gap >= DORMANT_MS for gap in found)
        at = found.index(max(found))
        if found[at] >= SHOWN_DORMANT_MS:
            dormant.update(dormant_from=times[at], dormant_to=times[at + 1],
                           dormant_from_post=posts[at]["post_id"],
                           dormant_to_post=posts[at + 1]["post_id"])
        row.update(repurposed(posts, times, found))
    row.update(dormant)
    row.update(modal_gap(found))
    if len(found) >= 2:
        row.update(spread(found))
    return row


def longest_session(times, found):
    longest, start = 0, times[0]
    for ms, gap in zip(times[1:], found):
        if gap >= SESSION_MS:
            start = ms
        longest = max(longest, ms - start)
    return longest / 1000


def modal_gap(found):
    """Of gaps rounded to seconds, of 1 to 86400; ties: the smallest."""
    seconds = collections.Counter((gap + 500) // 1000 for gap in found)
    counts = {s: n for s, n in seconds.items() if 1 <= s <= 86400}
    if not counts:
        return {"modal_gap_s": None, "modal_gap_share": None}
    modal = min(counts, key=lambda s: (-counts[s], s))
    return {"modal_gap_s": modal, "modal_gap_share": counts[modal]
            / len(found)}


def repurposed(posts, times, found):
    """The longest gap with 5 posts before and 20 after it."""
    fit = [at for at, gap in enumerate(found) if gap >= DORMANT_MS
           and at + 1 >= 5 and len(posts) - at - 1 >= 20]
    if not fit:
        return {"repurposed_at": None, "repurposed_post": None}
    at = max(fit, key=lambda i: (found[i], -i))
    return {"repurposed_at": times[at + 1],
            "repurposed_post": posts[at + 1]["post_id"]}


def spread(found):
    count, total = len(found), sum(found)
    squares = sum(gap * gap for gap in found)
    rising = sorted(found)
    row = {"gap_min_s": rising[0] / 1000, "gap_max_s": rising[-1] / 1000,
           "gap_mean_s": total / count / 1000,
           "gap_variance_s2": (count * squares - total * total)
           / (count * count) / 1e6}
    for percent in (5, 25, 50, 75, 95):
        row["gap_q%02d_s" % percent] = \
            rising[-(-percent * count // 100) - 1] / 1000
    bins = collections.Counter(max(1, gap // 1000).bit_length() - 1
                               for gap in found)
    row["gap_entropy"] = entropy(bins.values()) / math.log(32)
    if count >= 10:
        row["memory"] = correlation(found)
    return row


def correlation(found):
    left, right, n = found[:-1], found[1:], len(found) - 1
    a, b = sum(left), sum(right)
    cross = n * sum(x * y for x, y in zip(left, right)) - a * b
    one = n * sum(x * x for x in left) - a * a
    other = n * sum(y * y for y in right) - b * b
    return cross / math.sqrt(one) / math.sqrt(other) if one and other \
        else None


def clock(times):
    """Of local times."""
    slots = [(ms // DAY_MS, ms // HOUR_MS % 24) for ms in times]
    hours = collections.Counter(hour for _, hour in slots)
    days = collections.Counter((day + MONDAY_OF_1970) % 7 for day, _ in slots)
    row = {name: hours[hour] for hour, name in enumerate(HOURS)}
    row.update((name, days[day]) for day, name in enumerate(WEEKDAYS))
    if len(times) >= 20:
        row.update(work(slots))
        row.update(mean_hour(times))
    return row


def weekend_column(times, local):
    """Needs 20 posts, and 14 days from the first to the last."""
    if len(times) < 20 or times[-1] - times[0] < 14 * DAY_MS:
        return {"weekend_ratio": None}
    return {"weekend_ratio": weekend([(ms // DAY_MS, ms // HOUR_MS % 24)
                                      for ms in local])}


def at_work(slot):
    return (slot[0] + MONDAY_OF_1970) % 7 < 5 and slot[1] in WORK_HOURS


def work(slots):
    active, waking = set(slots), [s for s in slots if s[1] in WAKING]
    week = collections.Counter(((day + MONDAY_OF_1970) % 7, hour)
                               for day, hour in slots)
    busy = sum(map(at_work, active))
    share = 45 / 168
    return {"work_share": sum(map(at_work, slots)) / len(slots),
            "work_share_active": busy / len(active),
            "work_excess": (busy - share * len(active))
            / math.sqrt(share * (1 - share) * len(active)),
            "work_share_waking": sum(map(at_work, waking)) / len(waking)
            if waking else None,
            "week_entropy": entropy(week.values()) / math.log(168)}


def weekend(slots):
    first, last = slots[0][0], slots[-1][0]
    free = sum((day + MONDAY_OF_1970) % 7 >= 5 for day, _ in slots)
    weeks, rest = divmod(last - first + 1, 7)
    free_days = 2 * weeks + sum((first + i + MONDAY_OF_1970) % 7 >= 5
                                for i in range(rest))
    workdays = last - first + 1 - free_days
    if free == len(slots) or not free_days:
        return None
    return free / free_days / ((len(slots) - free) / workdays)


def mean_hour(times):
    """Direction and length of the mean over 96 bins of the day."""
    bins = collections.Counter(ms // 900_000 % 96 for ms in times)
    angles = {i: 2 * math.pi * (i + 0.5) / 96 for i in bins}
    x = sum(n * math.cos(angles[i]) for i, n in bins.items()) / len(times)
    y = sum(n * math.sin(angles[i]) for i, n in bins.items()) / len(times)
    length = math.hypot(x, y)
    if length < 1e-9:
        return {"clock_concentration": 0, "clock_mean_hour": None}
    return {"clock_concentration": length,
            "clock_mean_hour": math.atan2(y, x) / (2 * math.pi) * 24 % 24}


def chi_square_p(chi2):
    """Chance of so much or more with 59 degrees of freedom: the closed form
    of the incomplete gamma function for half-integers."""
    half = chi2 / 2
    total = math.erfc(math.sqrt(half))
    if half > 0:
        total += sum(math.exp(-half + (j - 0.5) * math.log(half)
                              - math.lgamma(j + 0.5)) for j in range(1, 30))
    return total


def seconds(times):
    """Of 300 posts or more; not of times that are known to the minute."""
    if len(times) < 300:
        return {"second_chi2": None, "second_p": None}
    counts = collections.Counter(ms // 1000 % 60 for ms in times)
    mean = len(times) / 60
    chi2 = sum((counts[s] - mean) ** 2 for s in range(60)) / mean
    return {"second_chi2": chi2, "second_p": chi_square_p(chi2)}


def weight(count):
    return count * math.log(count) if count else 0.0


def switch(posts, column):
    """The split with the greatest G2, of those with 20 labels on each side;
    sums of logarithms, one label moved at a time."""
    names = [column + end for end in ("_switch_at", "_switch_g2", "_before",
                                      "_after")]
    known = [post for post in posts if post[column] is not None]
    whole = collections.Counter(post[column] for post in known)
    if len(known) < 40 or len(whole) < 2:
        return dict.fromkeys(names)
    before, after = collections.Counter(), whole.copy()
    base = weight(len(known)) - sum(map(weight, whole.values()))
    inner, found = sum(map(weight, whole.values())), []
    for at, post in enumerate(known[:-20], 1):
        label = post[column]
        inner -= weight(before[label]) + weight(after[label])
        before[label] += 1
        after[label] -= 1
        inner += weight(before[label]) + weight(after[label])
        if at >= 20:
            found.append((2 * (inner + base - weight(at)
                               - weight(len(known) - at)), at))
    return dict(zip(names, best_splits(known, found, column)))


def best_splits(known, found, column):
    """Times and labels of all splits that rounding may make the first."""
    best = max(found)[0]
    places = [at for g2, at in found if g2 >= best - 1e-9 * max(best, 100)]
    sides = [(top(collections.Counter(post[column] for post in known[:at])),
              top(collections.Counter(post[column] for post in known[at:])))
             for at in places[:SPLITS_MAX]]
    return (frozenset(known[at]["time"] for at in places), best,
            frozenset(before for before, _ in sides),
            frozenset(after for _, after in sides))


def labels(posts, column, many):
    """Languages or clients. Whether a field was carried is not in posts: a
    count of 0 may be null."""
    values = [post[column] for post in posts if post[column] is not None]
    counts = collections.Counter(values)
    if not counts:
        return {many: 0, "top_" + column: None}
    best = top(counts)
    return {many: len(counts), "top_" + column: best,
            "top_%s_share" % column: counts[best] / len(values),
            column + "_entropy": entropy(counts.values()),
            column + "_changes": sum(a != b for a, b in zip(values,
                                                            values[1:]))}


def client_classes(posts, classes):
    clients = [post["client"] for post in posts if post["client"] is not None]
    if not clients or classes is None:
        return {}
    counts = collections.Counter(classes.get(name) for name in clients)
    return {"client_%s_share" % name: counts[name] / len(clients)
            for name in ("web", "mobile", "automation", "other")}


def texts(posts):
    hashes = {post["text_hash"] for post in posts
              if post["text_hash"] is not None}
    return {"distinct_texts": len(hashes)} if hashes else {}


def targets(posts, hashed):
    """Ties go by the ids: of those that are hashed any may be first."""
    counts = collections.Counter(
        post["target_account"] for post in posts
        if post["kind"] == "retweet" and post["target_account"] is not None)
    if not counts:
        return {"top_retweet_target": None}
    best = top(counts)
    tied = frozenset(target for target in counts
                     if counts[target] == counts[best])
    return {"retweet_targets": len(counts),
            "top_retweet_target": tied if hashed else best,
            "top_retweet_target_share": counts[best] / sum(counts.values()),
            "retweet_target_entropy": entropy(counts.values())}
