"""Columns computed from the posts of one account, sorted by (time, id).

Every function fills a dictionary `row`; a column it leaves out is null.
Activity, timing and clock stand here; the rest in content.py, amplification.py
and repurposing.py.
"""

import math
from collections import Counter
from decimal import Decimal

from chances import PI, chi2_survival
from exact import (correlation, decimal, divide, mean, nearest_rank,
                   normalised_entropy, ratio, round_half_up, variance)

SECOND_MS = 1000
MINUTE_MS = 60000
HOUR_MS = 3600000
DAY_MS = 86400000
QUARTER_MS = 15 * MINUTE_MS
MONDAY_OF_EPOCH = 3                      # 1970-01-01 was a Thursday
SESSION_GAP_MS = 30 * MINUTE_MS
MODAL_GAP_MAX_S = 86400
PAUSES = (("lt_1m", 60), ("lt_5m", 300), ("lt_1h", 3600), ("lt_1d", 86400),
          ("lt_1w", 604800), ("lt_1mo", 2628000), ("lt_1y", 31540000),
          ("ge_1y", None))
QUARTERS = 96


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
    sessions(row, posts, gaps)
    if m >= 1:
        dormancy(row, posts, gaps)
        short_gaps(row, gaps)
    if m < 2:
        return
    row["gap_entropy"] = normalised_entropy(
        Counter(max(1, g // SECOND_MS).bit_length() for g in gaps).values(),
        32)
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


def short_gaps(row, gaps):
    for limit in (1, 10, 60):
        row["gaps_le_%ds" % limit] = sum(g <= limit * SECOND_MS for g in gaps)
    counts, bins = Counter(), [0] * len(PAUSES)
    for gap in gaps:
        rounded = round_half_up(ratio(gap, SECOND_MS))
        if 1 <= rounded <= MODAL_GAP_MAX_S:
            counts[rounded] += 1
        bins[pause_of(gap)] += 1
    for (name, _), count in zip(PAUSES, bins):
        row["pauses_" + name] = count
    if counts:
        modal = min(counts, key=lambda gap: (-counts[gap], gap))
        row["modal_gap_s"] = modal
        row["modal_gap_share"] = ratio(counts[modal], len(gaps))


def pause_of(gap):
    for i, (_, limit_s) in enumerate(PAUSES):
        if limit_s is None or gap < limit_s * SECOND_MS:
            return i


def sessions(row, posts, gaps):
    starts = [0] + [i + 1 for i, g in enumerate(gaps) if g >= SESSION_GAP_MS]
    ends = [start - 1 for start in starts[1:]] + [len(posts) - 1]
    row["sessions"] = len(starts)
    row["session_posts_mean"] = ratio(len(posts), len(starts))
    row["session_longest_s"] = ratio(
        max(posts[b].time - posts[a].time for a, b in zip(starts, ends)),
        SECOND_MS)


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


def clock(row, posts, to_local):
    """to_local(ms) gives local time as ms since 1970 on a local clock."""
    n = len(posts)
    local = [to_local(p.time) for p in posts]
    if n >= 300:
        seconds(row, posts)
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
    mean_hour(row, Counter(t % DAY_MS // QUARTER_MS for t in local), n)
    row["weekend_ratio"] = weekend_ratio(posts, local)
    if n >= 100:
        quiet(row, by_hour, n)


def seconds(row, posts):
    """Chi-square of the second of the minute against uniform."""
    if any(p.minute_only for p in posts):
        return
    n = len(posts)
    counts = Counter(p.time // SECOND_MS % 60 for p in posts)
    chi2 = ratio(60 * sum(c * c for c in counts.values()), n) - n
    row["second_chi2"] = chi2
    row["second_p"] = chi2_survival(decimal(chi2), 59)


def sine(angle):
    """Of a decimal angle, by its series."""
    total, term, n = Decimal(0), angle, 1
    while abs(term) > Decimal("1e-58"):
        total += term
        term = -term * angle * angle / ((n + 1) * (n + 2))
        n += 2
    return total


# sin of the middle of each bin in the first quarter of the day; the cosine
# is the same list backwards
SINES = [sine(2 * PI * (2 * k + 1) / (2 * QUARTERS))
         for k in range(QUARTERS // 4)]


def mean_hour(row, bins, n):
    """Bins that mirror each other cancel as integers, so that a balanced
    clock gives 0 and nothing near it."""
    east = [bins[k] - bins[47 - k] - bins[48 + k] + bins[95 - k]
            for k in range(24)]
    north = [bins[k] + bins[47 - k] - bins[48 + k] - bins[95 - k]
             for k in range(24)]
    x = sum((c * s for c, s in zip(east, reversed(SINES))), Decimal(0))
    y = sum((c * s for c, s in zip(north, SINES)), Decimal(0))
    r = (x * x + y * y).sqrt() / n
    r = Decimal(0) if r < Decimal("1e-40") else r
    row["clock_concentration"] = r
    if r >= Decimal("1e-9"):
        hour = Decimal(math.atan2(y, x)) * 12 / PI
        row["clock_mean_hour"] = hour if hour >= 0 else hour + 24


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
