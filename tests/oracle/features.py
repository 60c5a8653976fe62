"""Columns computed from the posts of one account, sorted by (time, id).

Every function fills a dictionary `row`; a column it leaves out is null.
"""

from collections import Counter
from decimal import Decimal

from exact import (correlation, decimal, divide, entropy_of, mean,
                   nearest_rank, normalised_entropy, ratio, variance)
from scalars import id_time_ms

SECOND_MS = 1000
HOUR_MS = 3600000
DAY_MS = 86400000
MONDAY_OF_EPOCH = 3                      # 1970-01-01 was a Thursday


def order_key(post):
    """By time, then id: as numbers when all digits, else bytewise."""
    digits = post.id.isascii() and post.id.isdigit()
    return (post.time, 0 if digits else 1, int(post.id) if digits else 0,
            post.id.encode("utf-8"))


def top(values):
    """The most frequent value (ties: bytewise smallest) and its share."""
    if not values:
        return None, None
    counts = Counter(values)
    best = min(counts, key=lambda v: (-counts[v], v.encode("utf-8")))
    return best, ratio(counts[best], len(values))


# --- activity --------------------------------------------------------------

def activity(row, posts):
    n = len(posts)
    kinds = Counter(p.kind for p in posts)
    times = [p.time for p in posts]
    row["posts"] = n
    for column, kind in (("originals", "original"), ("retweets", "retweet"),
                         ("replies", "reply"), ("quotes", "quote")):
        row[column] = kinds[kind]
    for kind in ("retweet", "reply", "quote"):
        row[kind + "_share"] = ratio(kinds[kind], n)
    row["manual_retweets"] = sum(p.manual for p in posts)
    row["first_post"], row["last_post"] = times[0], times[-1]
    row["span_days"] = ratio(times[-1] - times[0], DAY_MS)
    per_day = Counter(t // DAY_MS for t in times)
    per_hour = Counter(t // HOUR_MS for t in times)
    row["active_days"] = len(per_day)
    row["posts_per_active_day"] = ratio(n, len(per_day))
    row["max_posts_per_day"] = max(per_day.values())
    row["max_posts_per_hour"] = max(per_hour.values())
    row["self_interactions"] = sum(p.target == p.account for p in posts)
    statuses = [p.statuses for p in posts if p.statuses is not None]
    if statuses and statuses[-1] > statuses[0]:
        row["coverage"] = ratio(n, statuses[-1] - statuses[0] + 1)


# --- timing ----------------------------------------------------------------

def timing(row, posts):
    gaps = [b.time - a.time for a, b in zip(posts, posts[1:])]
    m = len(gaps)
    if m >= 1:
        dormancy(row, posts, gaps)
    if m < 2:
        return
    mu, var = mean(gaps), variance(gaps)
    mu_d, sigma = decimal(mu), decimal(var).sqrt()
    row["gap_mean_s"] = mu / SECOND_MS
    row["gap_variance_s2"] = var / SECOND_MS**2
    row["gap_cv"] = divide(sigma, mu_d)
    row["gap_min_s"] = ratio(min(gaps), SECOND_MS)
    row["gap_max_s"] = ratio(max(gaps), SECOND_MS)
    for percent in (5, 25, 50, 75, 95):
        row["gap_q%02d_s" % percent] = ratio(nearest_rank(gaps, percent),
                                             SECOND_MS)
    row["burstiness"] = divide(sigma - mu_d, sigma + mu_d)
    if m >= 3 and mu != 0:
        r = sigma / mu_d
        up, down = Decimal(m + 1).sqrt(), Decimal(m - 1).sqrt()
        row["burstiness_n"] = divide(up * r - down, (up - 2) * r + down)
    if m >= 10:
        row["memory"] = correlation(gaps[:-1], gaps[1:])


def dormancy(row, posts, gaps):
    row["dormant_gaps"] = sum(g >= 180 * DAY_MS for g in gaps)
    longest = max(gaps)
    if longest >= 30 * DAY_MS:
        before = gaps.index(longest)
        row["dormant_from"] = posts[before].time
        row["dormant_to"] = posts[before + 1].time
        row["dormant_from_post"] = posts[before].id
        row["dormant_to_post"] = posts[before + 1].id


# --- clock -----------------------------------------------------------------

def weekday(day):
    """0 for Monday .. 6 for Sunday of a day counted from 1970-01-01."""
    return (day + MONDAY_OF_EPOCH) % 7


def in_work_hours(hour_slot):
    """Monday to Friday, 09:00 to 17:59; hours counted from 1970-01-01."""
    return weekday(hour_slot // 24) < 5 and 9 <= hour_slot % 24 <= 17


def clock(row, posts, offset_ms):
    n = len(posts)
    local = [p.time + offset_ms for p in posts]
    slots = [t // HOUR_MS for t in local]
    by_hour = Counter(s % 24 for s in slots)
    by_weekday = Counter(weekday(s // 24) for s in slots)
    for hour in range(24):
        row["hour_%02d" % hour] = by_hour[hour]
    for day in range(7):
        row["dow_%d" % (day + 1)] = by_weekday[day]
    if n < 20:
        return
    by_week_hour = Counter((weekday(s // 24), s % 24) for s in slots)
    row["hour_entropy"] = normalised_entropy(by_hour.values(), 24)
    row["week_entropy"] = normalised_entropy(by_week_hour.values(), 168)
    worked = sum(in_work_hours(s) for s in slots)
    row["work_share"] = ratio(worked, n)
    active = set(slots)
    x, big_n = sum(in_work_hours(s) for s in active), len(active)
    row["work_share_active"] = ratio(x, big_n)
    expected = ratio(45, 168) * big_n
    row["work_excess"] = (decimal(x - expected)
                          / decimal(expected * ratio(123, 168)).sqrt())
    waking = sum(s % 24 >= 8 for s in slots)
    row["work_share_waking"] = ratio(worked, waking)
    row["weekend_ratio"] = weekend_ratio(posts, local)
    if n >= 100:
        quiet(row, by_hour, n)


def weekend_ratio(posts, local):
    if posts[-1].time - posts[0].time < 14 * DAY_MS:
        return None
    dates = [t // DAY_MS for t in local]
    days = range(dates[0], dates[-1] + 1)
    weekend_days = sum(weekday(d) >= 5 for d in days)
    weekend_posts = sum(weekday(d) >= 5 for d in dates)
    return ratio(ratio(weekend_posts, weekend_days),
                 ratio(len(dates) - weekend_posts, len(days) - weekend_days))


def quiet(row, by_hour, n):
    windows = [sum(by_hour[(start + i) % 24] for i in range(6))
               for start in range(24)]
    row["quiet_start_hour"] = windows.index(min(windows))
    row["quiet_share"] = ratio(min(windows), n)


# --- language and client ---------------------------------------------------

def content(row, posts, carries_lang, carries_client):
    langs = [p.lang for p in posts if p.lang is not None]
    clients = [p.client for p in posts if p.client is not None]
    labels(row, langs, carries_lang, "languages", "language")
    labels(row, clients, carries_client, "clients", "client")


def labels(row, values, carried, plural, singular):
    if not carried:
        return
    row[plural] = len(set(values))
    best, share = top(values)
    row["top_" + singular], row["top_" + singular + "_share"] = best, share
    row[singular + "_entropy"] = entropy_of(values)
    row[singular + "_changes"] = sum(a != b for a, b in
                                     zip(values, values[1:]))


# --- amplification and deletion --------------------------------------------

def amplification(row, posts, received, deletes):
    """received: retweets of this account by others, over the whole run;
    deletes: {post id: earliest notice time or None} of this account."""
    retweets = [p for p in posts if p.kind == "retweet"]
    targets = [p.target for p in retweets if p.target is not None]
    if targets or not retweets:
        row["retweet_targets"] = len(set(targets))
    best, share = top(targets)
    row["top_retweet_target"], row["top_retweet_target_share"] = best, share
    row["retweet_target_entropy"] = entropy_of(targets)
    timed = [p for p in retweets if p.original_time is not None]
    delays = [p.time - p.original_time for p in timed
              if p.time >= p.original_time]
    row["retweet_delay_q50_s"] = ratio(nearest_rank(delays, 50), SECOND_MS)
    if timed or not retweets:
        row["retweets_le_10s"] = sum(d <= 10 * SECOND_MS for d in delays)
        row["retweets_le_60s"] = sum(d <= 60 * SECOND_MS for d in delays)
    row["retweets_received"] = len(received)
    row["retweeters"] = len({p.account for p in received})
    row["deletes"] = len(deletes)
    latencies = [noticed - id_time_ms(post_id)
                 for post_id, noticed in deletes.items()
                 if noticed is not None and id_time_ms(post_id) is not None]
    latencies = [ms for ms in latencies if ms >= 0]
    row["delete_latency_q50_s"] = ratio(nearest_rank(latencies, 50),
                                        SECOND_MS)
    counts = [p.statuses for p in posts if p.statuses is not None]
    if counts:
        row["statuses_drop"] = sum(max(before - after, 0)
                                   for before, after in zip(counts, counts[1:]))
