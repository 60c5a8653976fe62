"""Every column of the contract, derived from the plan of an account.

The plan is what accounts.truth and posts.truth say; the definitions are those
of the contract, written here anew and sharing nothing with the program or the
oracle. A share is a fraction.
"""

import collections
import re
import unicodedata

from archive_reader import ALIASES, DAY_MS, NO_LANGUAGE, fold, id_time
from truth_numbers import (Fraction, chi_square_p, correlation, deviation, direction,
                           divergence_g2, entropy, exact, mean, nearest_rank, over,
                           quotient, switch, top, variance)
from truth_plan import HOUR, Time
from truth_profile import profile

SECOND, MINUTE = 1000, 60000
PAUSES = (("lt_1m", 60), ("lt_5m", 300), ("lt_1h", 3600), ("lt_1d", 86400),
          ("lt_1w", 604800), ("lt_1mo", 2628000), ("lt_1y", 31540000), ("ge_1y", None))
CLIENT_CLASSES = ("web", "mobile", "automation", "other")
SCRIPTS = "han kana hangul cyrillic arabic thai latin other".split()
LETTERS = (("CJK UNIFIED IDEOGRAPH", "han"), ("IDEOGRAPHIC ITERATION", "han"),
           ("KATAKANA-HIRAGANA", "other"), ("HALFWIDTH KATAKANA-HIRAGANA", "other"),
           ("HIRAGANA", "kana"), ("KATAKANA", "kana"), ("HALFWIDTH KATAKANA", "kana"),
           ("HANGUL", "hangul"), ("CYRILLIC", "cyrillic"), ("ARABIC TATWEEL", "other"),
           ("ARABIC", "arabic"), ("THAI", "thai"), ("LATIN", "latin"),
           ("FULLWIDTH LATIN", "latin"))
# What every account with a post has.
NEVER_NULL = set("""platform account_id first_observed last_observed posts
    originals retweets replies quotes retweet_share reply_share quote_share
    manual_retweets first_post last_post span_days active_days
    posts_per_active_day max_posts_per_day max_posts_per_hour
    self_interactions sessions session_posts_mean session_longest_s
    retweets_le_10s retweets_le_60s retweets_received retweeters
    original_poverty deletes""".split())
NEVER_NULL |= {"hour_%02d" % hour for hour in range(24)}
NEVER_NULL |= {"dow_%d" % day for day in range(1, 8)}


def told(post, key):
    """A value of a post, None where the post does not carry it."""
    return post.get(key)


def carried(posts, key):
    return any(told(post, key) is not None for post in posts)


# ---- activity and timing ----------------------------------------------------

def activity(row, account):
    posts = account.posts
    times = [post["time"] for post in posts]
    kinds = collections.Counter(post["kind"] for post in posts)
    row["posts"] = len(posts)
    for plural, kind in (("originals", "original"), ("retweets", "retweet"),
                         ("replies", "reply"), ("quotes", "quote")):
        row[plural] = kinds[kind]
    for kind in ("retweet", "reply", "quote"):
        row[kind + "_share"] = over(kinds[kind], len(posts))
    row["manual_retweets"] = sum(post.get("manual", False) and
                                 post["kind"] in ("original", "reply") for post in posts)
    row["first_post"], row["last_post"] = Time(times[0]), Time(times[-1])
    row["span_days"] = over(times[-1] - times[0], DAY_MS)
    days = collections.Counter(t // DAY_MS for t in times)
    row["active_days"] = len(days)
    row["posts_per_active_day"] = over(len(posts), len(days))
    row["max_posts_per_day"] = max(days.values())
    row["max_posts_per_hour"] = max(collections.Counter(t // HOUR for t in times).values())
    row["self_interactions"] = sum(post["target"] == account.id for post in posts)
    statuses = [post["statuses"] for post in posts if "statuses" in post]
    if statuses:
        row["statuses_drop"] = sum(max(0, a - b) for a, b in zip(statuses, statuses[1:]))
        if statuses[-1] > statuses[0]:
            row["coverage"] = over(len(posts), statuses[-1] - statuses[0] + 1)


def gaps_of(posts):
    return [b["time"] - a["time"] for a, b in zip(posts, posts[1:])]


def gap_moments(row, gaps):
    m, mu = len(gaps), exact(mean(gaps))
    sigma = deviation(gaps)
    row["gap_mean_s"] = mean(gaps) / SECOND
    row["gap_variance_s2"] = variance(gaps) / SECOND ** 2
    row["gap_cv"] = quotient(sigma, mu)
    row["gap_min_s"], row["gap_max_s"] = over(min(gaps), SECOND), over(max(gaps), SECOND)
    for hundredths in (5, 25, 50, 75, 95):
        row["gap_q%02d_s" % hundredths] = over(nearest_rank(gaps, hundredths), SECOND)
    row["burstiness"] = quotient(sigma - mu, sigma + mu)
    if m >= 3 and mu != 0:
        r, plus, minus = sigma / mu, exact(m + 1).sqrt(), exact(m - 1).sqrt()
        row["burstiness_n"] = quotient(plus * r - minus, (plus - 2) * r + minus)
    if m >= 10:
        row["memory"] = correlation(gaps[:-1], gaps[1:])
    bins = collections.Counter(max(1, gap // SECOND).bit_length() - 1 for gap in gaps)
    row["gap_entropy"] = entropy(bins.values(), 32)


def gap_counts(row, gaps):
    for seconds in (1, 10, 60):
        row["gaps_le_%ds" % seconds] = sum(gap <= seconds * SECOND for gap in gaps)
    rounded = collections.Counter((gap + SECOND // 2) // SECOND for gap in gaps)
    usual = {gap: count for gap, count in rounded.items() if 1 <= gap <= 86400}
    if usual:
        row["modal_gap_s"] = min(usual, key=lambda gap: (-usual[gap], gap))
        row["modal_gap_share"] = over(usual[row["modal_gap_s"]], len(gaps))
    least = 0
    for name, most in PAUSES:
        row["pauses_" + name] = sum(least <= gap and (most is None or gap < most * SECOND)
                                    for gap in gaps)
        least = (most or 0) * SECOND


def dormancy(row, posts, gaps):
    row["dormant_gaps"] = sum(gap >= 180 * DAY_MS for gap in gaps)
    at = gaps.index(max(gaps))
    if gaps[at] >= 30 * DAY_MS:
        row["dormant_from"], row["dormant_to"] = Time(posts[at]["time"]), \
            Time(posts[at + 1]["time"])
        row["dormant_from_post"], row["dormant_to_post"] = posts[at]["id"], posts[at + 1]["id"]


def timing(row, posts):
    gaps = gaps_of(posts)
    starts = [0] + [at + 1 for at, gap in enumerate(gaps) if gap >= 30 * MINUTE]
    ends = starts[1:] + [len(posts)]
    row["sessions"] = len(starts)
    row["session_posts_mean"] = over(len(posts), len(starts))
    row["session_longest_s"] = over(max(posts[end - 1]["time"] - posts[start]["time"]
                                        for start, end in zip(starts, ends)), SECOND)
    if len(gaps) >= 1:
        gap_counts(row, gaps)
        dormancy(row, posts, gaps)
    if len(gaps) >= 2:
        gap_moments(row, gaps)


# ---- clock ------------------------------------------------------------------

def is_work(day, hour):
    return (day + 3) % 7 < 5 and 9 <= hour < 18


def clock(row, posts, offset_ms):
    n = len(posts)
    local = [divmod(post["time"] + offset_ms, DAY_MS) for post in posts]
    slots = [(day, ms // HOUR) for day, ms in local]
    hours = collections.Counter(hour for _, hour in slots)
    days = collections.Counter((day + 3) % 7 for day, _ in slots)
    row.update(("hour_%02d" % hour, hours[hour]) for hour in range(24))
    row.update(("dow_%d" % (day + 1), days[day]) for day in range(7))
    if n >= 300:
        seconds = collections.Counter(post["time"] // SECOND % 60 for post in posts)
        row["second_chi2"] = sum((Fraction(seconds[s]) - Fraction(n, 60)) ** 2
                                 / Fraction(n, 60) for s in range(60))
        row["second_p"] = chi_square_p(row["second_chi2"], 59)
    if n < 20:
        return
    row["hour_entropy"] = entropy(hours.values(), 24)
    row["week_entropy"] = entropy(
        collections.Counter(((day + 3) % 7, hour) for day, hour in slots).values(), 168)
    row["clock_mean_hour"], row["clock_concentration"] = direction(
        collections.Counter(ms // (15 * MINUTE) for _, ms in local), 96)
    worked = sum(is_work(*slot) for slot in slots)
    row["work_share"] = over(worked, n)
    active = set(slots)
    x, expected = sum(is_work(*slot) for slot in active), Fraction(45, 168) * len(active)
    row["work_share_active"] = over(x, len(active))
    row["work_excess"] = exact(x - expected) / exact(expected * Fraction(123, 168)).sqrt()
    row["work_share_waking"] = over(worked, sum(hour >= 8 for _, hour in slots))
    if n >= 100:
        windows = [sum(hours[(start + i) % 24] for i in range(6)) for start in range(24)]
        row["quiet_start_hour"] = windows.index(min(windows))
        row["quiet_share"] = over(min(windows), n)
    if posts[-1]["time"] - posts[0]["time"] >= 14 * DAY_MS:
        dates = range(slots[0][0], slots[-1][0] + 1)
        ends = sum((date + 3) % 7 >= 5 for date in dates)
        free = days[5] + days[6]
        if n > free:
            row["weekend_ratio"] = over(Fraction(free, ends),
                                        Fraction(n - free, len(dates) - ends))


# ---- content, language, client ----------------------------------------------

def script_of(letter):
    name = unicodedata.name(letter, "")
    return next((script for start, script in LETTERS if name.startswith(start)), "other")


def read_text(text):
    """What is said, with the API's references resolved."""
    names_of = {"amp": "&", "lt": "<", "gt": ">"}
    return re.sub("&(amp|lt|gt);", lambda match: names_of[match[1]], text)


def normal(text):
    return " ".join(fold(text).split())


def texts(row, posts):
    said = [read_text(post["text"]) for post in posts if "text" in post]
    if not said:
        return
    lengths = [len(text) for text in said]
    row["text_length_mean"], row["text_length_sd"] = mean(lengths), deviation(lengths)
    row["distinct_texts"] = len({normal(text) for text in said})
    row["duplicate_text_share"] = 1 - over(row["distinct_texts"], len(said))
    letters = collections.Counter(script_of(c) for text in said for c in text
                                  if unicodedata.category(c)[0] == "L")
    row.update(("script_" + script, letters[script]) for script in SCRIPTS)


def entities(row, posts):
    said = [post for post in posts if post["kind"] != "retweet"]
    for plural, singular in (("hashtags", "hashtag"), ("urls", "url"),
                             ("mentions", "mention"), ("media", "media")):
        if not carried(posts, plural):
            continue
        counts = [len(told(post, plural) or ()) if plural == "hashtags"
                  else told(post, plural) or 0 for post in said]
        row[plural] = sum(counts)
        row["posts_with_" + singular] = sum(count > 0 for count in counts)
    tags = [fold(tag) for post in posts for tag in post.get("hashtags") or []]
    domains = {domain for post in posts for domain in post.get("domains") or []}
    row["distinct_hashtags"] = len(set(tags)) if carried(posts, "hashtags") else None
    row["distinct_domains"] = len(domains) if carried(posts, "domains") else None
    row["top_hashtag"], count = top(tags)
    row["top_hashtag_share"] = over(count, len(tags))


def labels(row, values, plural, singular):
    """Of (time, value) in order."""
    names_ = [value for _, value in values]
    row[plural] = len(set(names_))
    row["top_" + singular], count = top(names_)
    row["top_%s_share" % singular] = over(count, len(names_))
    row[singular + "_entropy"] = entropy(collections.Counter(names_).values())
    row[singular + "_changes"] = sum(a != b for a, b in zip(names_, names_[1:]))
    found = switch(names_)
    if found:
        at, g2 = found
        row[singular + "_switch_at"] = Time(values[at][0])
        row[singular + "_switch_g2"] = g2
        row[singular + "_before"], _ = top(names_[:at])
        row[singular + "_after"], _ = top(names_[at:])


def language_of(post):
    lang = told(post, "lang")
    return None if lang in NO_LANGUAGE else ALIASES.get(lang, lang)


def content(row, posts, classes):
    texts(row, posts)
    entities(row, posts)
    if carried(posts, "lang"):
        labels(row, [(post["time"], language_of(post)) for post in posts
                     if language_of(post)], "languages", "language")
    if any("client" in post for post in posts):
        known = [(post["time"], post["client"]) for post in posts if post.get("client")]
        labels(row, known, "clients", "client")
        for name in CLIENT_CLASSES:
            row["client_%s_share" % name] = over(
                sum(classes.get(client, "other") == name for _, client in known), len(known))


# ---- amplification and deletion ---------------------------------------------

def delays_of(retweets):
    delays = [post["time"] - post["target_time"] for post in retweets]
    return [delay for delay in delays if delay >= 0]


def amplification(row, account, world):
    retweets = [post for post in account.posts if post["kind"] == "retweet"]
    known = [post["target"] for post in retweets if post["target"] is not None]
    if known or not retweets:
        row["retweet_targets"] = len(set(known))
    row["top_retweet_target"], count = top(known)
    row["top_retweet_target_share"] = over(count, len(known))
    row["retweet_target_entropy"] = entropy(collections.Counter(known).values())
    delays = delays_of(retweets)
    row["retweet_delay_q50_s"] = over(nearest_rank(delays, 50), SECOND) if delays else None
    row["retweets_le_10s"] = sum(delay <= 10 * SECOND for delay in delays)
    row["retweets_le_60s"] = sum(delay <= 60 * SECOND for delay in delays)
    received = [line["by"] for line in account.seen
                if line["as"] == "retweeted" and line["by"] != account.id]
    row["retweets_received"], row["retweeters"] = len(received), len(set(received))
    row["original_poverty"] = int(row["originals"] <= 1 and row["posts"] >= 10
                                  and 10 * len(retweets) >= 9 * row["posts"])
    if world.core is not None:
        core(row, retweets, world)


def core(row, retweets, world):
    of_core = [post for post in retweets if post["target"] in world.core]
    row["core_retweets"] = len(of_core)
    row["core_share"] = over(len(of_core), len(retweets))
    row["core_coverage"] = over(len({post["target"] for post in of_core}), world.core_size)
    base = over(world.core_retweets, world.totals["retweets"])
    if base and retweets:
        row["core_lift"] = row["core_share"] / base
    delays = delays_of(of_core)
    row["core_delay_q50_s"] = over(nearest_rank(delays, 50), SECOND) if delays else None


def engagement(row, account):
    shown = account.seen + [post for post in account.posts if post["kind"] != "retweet"]
    for name in ("retweet_count", "favorite_count"):
        values = [line[name] for line in shown if told(line, name) is not None]
        row["max_" + name] = max(values, default=None)


def deletes(row, account):
    first = {}
    for notice in account.notices:
        times = [t for t in (first.get(notice["id"]), notice["time"]) if t is not None]
        first[notice["id"]] = min(times, default=None)
    latencies = [t - id_time(post) for post, t in first.items() if t is not None]
    row["deletes"] = len(first)
    row["delete_latency_q50_s"] = \
        over(nearest_rank(latencies, 50), SECOND) if latencies else None


# ---- repurposing ------------------------------------------------------------

def split_of(posts):
    """The index of the first post after the sleep that is judged, or None."""
    gaps = gaps_of(posts)
    fit = [at for at, gap in enumerate(gaps, 1)
           if gap >= 180 * DAY_MS and at >= 5 and len(posts) - at >= 20]
    return max(fit, key=lambda at: (gaps[at - 1], -at)) if fit else None


def differ(left, right):
    return None if left is None or right is None else int(left != right)


def hours_differ(sides, offset_ms):
    if min(map(len, sides)) < 150:
        return None
    counts = [collections.Counter((post["time"] + offset_ms) % DAY_MS // HOUR for post in side)
              for side in sides]
    return int(chi_square_p(divergence_g2(*counts), 23) < 0.001)


def grew(account, before, after):
    if account.snapshot or "followers" not in before or "followers" not in after:
        return None
    gain = after["followers"] - before["followers"]
    return int(after["followers"] >= 2 * before["followers"] and gain >= 50)


def renamed(account, before, after):
    if account.snapshot or "face" not in before or "face" not in after:
        return None
    faces = [account.faces[post["face"]] for post in (before, after)]
    return int(any(faces[0][key] != faces[1][key] for key in ("screen_name", "name")))


def repurposing(row, account, world):
    at = split_of(account.posts)
    if at is None:
        return
    sides = account.posts[:at], account.posts[at:]
    before, after = sides[0][-1], sides[1][0]
    row["repurposed_at"], row["repurposed_post"] = Time(after["time"]), after["id"]
    tops = [[top(value for value in values if value)[0] for values in
             (map(language_of, side), (world.classes.get(post["client"], "other")
                                       for post in side if post.get("client")))]
            for side in sides]
    signs = {"language": differ(tops[0][0], tops[1][0]),
             "client": differ(tops[0][1], tops[1][1]),
             "hours": hours_differ(sides, world.offset_ms),
             "name": renamed(account, before, after), "followers": grew(account, before, after)}
    row.update(("repurpose_" + name, sign) for name, sign in signs.items())
    known = [sign for sign in signs.values() if sign is not None]
    row["repurpose_score"] = sum(known) if known else None


def columns_of(account, world):
    """The row of an account with posts; what is left out is null."""
    row = {"platform": "twitter", "account_id": account.id}
    activity(row, account)
    profile(row, account)
    timing(row, account.posts)
    clock(row, account.posts, world.offset_ms)
    content(row, account.posts, world.classes)
    amplification(row, account, world)
    engagement(row, account)
    deletes(row, account)
    repurposing(row, account, world)
    return {column: value for column, value in row.items() if value is not None}
