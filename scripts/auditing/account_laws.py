"""What must hold within every row of accounts, by the definitions in
docs/FEATURES.md. A law is its name, the columns that it needs, and a function
of their values that is true, false, or None where the row does not say.
"""

import math
import re

from auditing.cells import DAY_MS, NEAR_DERIVED, near

HOURS = ["hour_%02d" % hour for hour in range(24)]
WEEKDAYS = ["dow_%d" % day for day in range(1, 8)]
PAUSES = ["pauses_lt_1m", "pauses_lt_5m", "pauses_lt_1h", "pauses_lt_1d",
          "pauses_lt_1w", "pauses_lt_1mo", "pauses_lt_1y", "pauses_ge_1y"]
KINDS = ["originals", "retweets", "replies", "quotes"]
COUNTS = ["followers", "friends", "statuses", "favourites", "listed"]
ENTITIES = ["hashtags", "urls", "mentions", "media"]
HAS = ["posts_with_hashtag", "posts_with_url", "posts_with_mention",
       "posts_with_media"]
CLASSES = ["client_web_share", "client_mobile_share",
           "client_automation_share", "client_other_share"]
QUANTILES = ["gap_min_s", "gap_q05_s", "gap_q25_s", "gap_q50_s", "gap_q75_s",
             "gap_q95_s", "gap_max_s"]
SIGNS = ["repurpose_language", "repurpose_client", "repurpose_hours",
         "repurpose_name", "repurpose_followers"]
DORMANT_MS, MONTH_DORMANT_MS = 180 * DAY_MS, 30 * DAY_MS
PLATFORMS = ("twitter", "reddit", "bluesky")
PSEUDONYM = re.compile(r"[0-9a-f]{32}\Z")

LAWS, NAME_LAWS, OBSERVED_LAWS = [], [], []


def law(sentence, *columns, into=LAWS):
    """Adds a law whose function takes the values of its columns."""
    def add(function):
        into.append((sentence, columns, function))
        return function
    return add


def ordered(values):
    known = [value for value in values if value is not None]
    return all(left <= right for left, right in zip(known, known[1:]))


def ratio(top, bottom):
    return None if top is None or not bottom else top / bottom


def is_ratio(column, top, bottom):
    """column = top / bottom; null where the bottom is 0 or either null."""
    law("%s = %s / %s" % (column, top, bottom), column, top, bottom)(
        lambda value, a, b: near(value, ratio(a, b)))


# ---- profile ----------------------------------------------------------------

law("platform is one that is read", "platform")(
    lambda platform: platform in PLATFORMS)
law("first_observed <= last_observed", "first_observed", "last_observed")(
    lambda first, last: (first is None) == (last is None)
    and ordered([first, last]))
law("zero_followers is followers_last = 0", "zero_followers",
    "followers_last")(lambda is_zero, last: is_zero == (
        None if last is None else int(last == 0)))
law("zero_followers_always is followers_max = 0", "zero_followers_always",
    "followers_max")(lambda is_zero, most: is_zero == (
        None if most is None else int(most == 0)))
law("followers_friends_ratio = followers / max(friends, 1)",
    "followers_friends_ratio", "followers_last", "friends_last")(
        lambda value, a, b: near(value, None if a is None or b is None
                                 else a / max(b, 1)))
law("reputation = followers / (followers + friends)", "reputation",
    "followers_last", "friends_last")(
        lambda value, a, b: near(value, None if a is None or b is None
                                 else ratio(a, a + b)))
law("age_hours = last_observed - created_at", "age_hours", "last_observed",
    "created_at")(
        lambda value, last, made: near(
            value, None if last is None or made is None
            else (last - made) / 3.6e6))
law("age_at_first_post_days = first_post - created_at",
    "age_at_first_post_days", "first_post", "created_at")(
        lambda value, first, made: near(
            value, None if made is None else (first - made) / DAY_MS))
for _count in COUNTS:
    law("%s_per_hour = %s_last / age" % (_count, _count),
        _count + "_per_hour", _count + "_last", "last_observed",
        "created_at")(
            lambda value, last, seen, made: near(
                value, None if None in (last, seen, made) or seen <= made
                else last * 3.6e6 / (seen - made)))
    law("%s: min <= first, max and last" % _count,
        *("%s_%s" % (_count, part) for part in ("min", "first", "last",
                                                "max")), into=OBSERVED_LAWS)(
        lambda least, first, last, most: None if least is None else
        least <= first <= most and least <= last <= most)
law("persona_emptiness is 0 to 7, and at most 3 above persona_emptiness_4",
    "persona_emptiness", "persona_emptiness_4")(
        lambda all7, all4: None if all7 is None else
        all4 is not None and 0 <= all4 <= 4 and all4 <= all7 <= all4 + 3)
law("no followers, listed 0, default image and theme make personas empty",
    "persona_emptiness", "persona_emptiness_4", "followers_last",
    "listed_last", "default_profile", "default_profile_image")(
        lambda all7, all4, followers, listed, theme, image:
        None if all7 is None else
        all7 - (all4 + (listed == 0) + theme + image) == 0
        and all4 >= (followers == 0))
for _names in ("screen_names", "display_names", "descriptions", "locations"):
    law("%s is 1 or more, or null" % _names, _names)(
        lambda count: None if count is None else count >= 1)


def template(name):
    """Runs of capitals, small letters, digits and _ as A a d _ with the
    length of runs of digits."""
    def short(run):
        first = run[0][0]
        if first.isdigit():
            return "d%d" % len(run[0])
        return "_" if first == "_" else "A" if first.isupper() else "a"
    return re.sub("[A-Z]+|[a-z]+|[0-9]+|_+", short, name)


def length_of(name):
    return None if name is None else len(name)


def digits_of(name):
    return None if name is None else len(re.findall("[0-9]", name))


for _name in ("screen_name", "display_name"):
    law("%s_length is its code points" % _name, _name, _name + "_length",
        into=NAME_LAWS)(lambda name, size: length_of(name) == size)
    law("%s_digits are those in it" % _name, _name, _name + "_digits",
        into=NAME_LAWS)(lambda name, count: digits_of(name) == count)
law("handle_template is that of screen_name", "screen_name",
    "handle_template", into=NAME_LAWS)(
        lambda name, shape: shape == (None if name is None
                                      else template(name)))
law("auto_suffix8 is letters and 8 digits", "screen_name", "auto_suffix8",
    into=NAME_LAWS)(
        lambda name, is_auto: is_auto == (
            None if name is None else
            int(bool(re.match("[A-Za-z_]{1,7}[0-9]{8}\\Z", name)))))

# ---- activity ---------------------------------------------------------------

law("posts >= 1", "posts")(lambda posts: posts >= 1)
law("posts = originals + retweets + replies + quotes", "posts", *KINDS)(
    lambda posts, *kinds: posts == sum(kinds))
is_ratio("retweet_share", "retweets", "posts")
is_ratio("reply_share", "replies", "posts")
is_ratio("quote_share", "quotes", "posts")
law("manual_retweets are originals or replies", "manual_retweets",
    "originals", "replies")(lambda manual, a, b: 0 <= manual <= a + b)
law("first_post <= last_post", "first_post", "last_post")(
    lambda first, last: first <= last)
law("span_days = last_post - first_post", "span_days", "first_post",
    "last_post")(lambda days, first, last: near(days, (last - first)
                                                / DAY_MS))
law("active_days lie in posts and between first and last post",
    "active_days", "posts", "first_post", "last_post")(
        lambda days, posts, first, last: 1 <= days <= min(
            posts, last // DAY_MS - first // DAY_MS + 1)
        and (days >= 2) == (last // DAY_MS != first // DAY_MS))
is_ratio("posts_per_active_day", "posts", "active_days")
law("max_posts_per_day lies between mean and rest", "max_posts_per_day",
    "posts", "active_days")(
        lambda most, posts, days: -(-posts // days) <= most
        <= posts - days + 1)
law("max_posts_per_hour <= max_posts_per_day", "max_posts_per_hour",
    "max_posts_per_day")(
        lambda hour, day: -(-day // 24) <= hour <= day)
law("self_interactions are no originals", "self_interactions", "retweets",
    "replies", "quotes")(lambda own, a, b, c: 0 <= own <= a + b + c)
law("coverage is positive", "coverage")(
    lambda value: None if value is None else value > 0)

# ---- timing -----------------------------------------------------------------

law("gap_mean_s = (last_post - first_post) / (posts - 1)", "gap_mean_s",
    "first_post", "last_post", "posts")(
        lambda mean, first, last, posts: near(
            mean, None if posts < 3 else (last - first) / 1000
            / (posts - 1)))
law("quantiles of the gaps rise", *QUANTILES)(
    lambda *gaps: ordered(gaps))
law("the mean gap lies between least and greatest", "gap_min_s",
    "gap_mean_s", "gap_max_s")(
        lambda least, mean, most: None if mean is None else
        least <= mean * (1 + 1e-8) and mean <= most * (1 + 1e-8))
law("gap_cv = sqrt(gap_variance_s2) / gap_mean_s", "gap_cv",
    "gap_variance_s2", "gap_mean_s")(
        lambda cv, variance, mean: near(
            cv, None if not mean else math.sqrt(variance) / mean,
            NEAR_DERIVED))
law("burstiness = (gap_cv - 1) / (gap_cv + 1)", "burstiness", "gap_cv")(
    lambda value, cv: value is cv if None in (value, cv) else
    abs(value - (cv - 1) / (cv + 1)) < 2e-8)


@law("burstiness_n is that of Kim and Jo", "burstiness_n", "gap_cv", "posts")
def finite_burstiness(value, cv, posts):
    gaps = posts - 1
    if cv is None or gaps < 3:
        return value is None
    above, below = math.sqrt(gaps + 1), math.sqrt(gaps - 1)
    bottom = (above - 2) * cv + below
    return value is None or near(value, (above * cv - below) / bottom, 1e-6)


law("memory is a correlation", "memory")(
    lambda value: None if value is None else -1 <= value <= 1)
law("gap_entropy lies in 0 to 1.6", "gap_entropy")(
    lambda value: None if value is None else 0 <= value <= 1.6)
law("the classes of pauses are all gaps", "posts", *PAUSES)(
    lambda posts, *pauses: set(pauses) == {None} if posts == 1 else
    sum(pauses) == posts - 1)
law("gaps_le_1s <= _10s <= _60s, and these hold pauses_lt_1m", "gaps_le_1s",
    "gaps_le_10s", "gaps_le_60s", "pauses_lt_1m", "pauses_lt_5m")(
        lambda one, ten, sixty, minute, five: None if one is None else
        0 <= one <= ten <= sixty and minute <= sixty <= minute + five)
law("dormant_gaps are pauses above a month", "dormant_gaps", "pauses_lt_1y",
    "pauses_ge_1y")(
        lambda count, below, above: None if count is None else
        above <= count <= below + above)
law("sessions end at the gaps of 30 minutes and more", "sessions", "posts",
    *PAUSES)(
        lambda sessions, posts, *pauses: sessions == 1 if posts == 1 else
        1 + sum(pauses[3:]) <= sessions <= 1 + sum(pauses[2:]))
is_ratio("session_posts_mean", "posts", "sessions")
law("the longest session lies within the span", "session_longest_s",
    "first_post", "last_post")(
        lambda longest, first, last: 0 <= longest * (1 - 1e-8)
        <= (last - first) / 1000)
law("modal_gap_s has a share above 0, and lies in 1 to 86400", "modal_gap_s",
    "modal_gap_share")(
        lambda gap, share: share is None if gap is None else
        1 <= gap <= 86400 and share is not None and 0 < share <= 1)
law("the dormant gap is the greatest", "dormant_from", "dormant_to",
    "gap_max_s")(
        lambda start, end, most: None if most is None else
        near((end - start) / 1000, most) if start is not None else
        end is None and most * 1000 < MONTH_DORMANT_MS)
law("dormant gaps have their posts, and lie within first and last post",
    "dormant_from", "dormant_to", "dormant_from_post", "dormant_to_post",
    "first_post", "last_post")(
        lambda start, end, one, other, first, last:
        end is None and one is None and other is None if start is None else
        None not in (one, other) and first <= start <= end <= last
        and end - start >= MONTH_DORMANT_MS)
law("dormant_gaps say whether the longest reaches 180 days", "dormant_gaps",
    "dormant_from", "dormant_to")(
        lambda count, start, end: None if count is None else
        (count > 0) == (start is not None and end - start >= DORMANT_MS))

# ---- clock ------------------------------------------------------------------

law("the hours of the day hold all posts", "posts", *HOURS)(
    lambda posts, *hours: posts == sum(hours))
law("the days of the week hold all posts", "posts", *WEEKDAYS)(
    lambda posts, *days: posts == sum(days))


def entropy(counts):
    total = sum(counts)
    return -sum(count / total * math.log(count / total)
                for count in counts if count)


law("hour_entropy is that of the hours", "hour_entropy", "posts", *HOURS)(
    lambda value, posts, *hours: near(
        value, None if posts < 20 else entropy(hours) / math.log(24),
        NEAR_DERIVED))


@law("quiet_start_hour and quiet_share are those of the hours",
     "quiet_start_hour", "quiet_share", "posts", *HOURS)
def quiet_hours(start, share, posts, *hours):
    if posts < 100:
        return start is None and share is None
    windows = [sum((hours + hours)[hour:hour + 6]) for hour in range(24)]
    return start == windows.index(min(windows)) \
        and near(share, min(windows) / posts)


for _share in ("work_share", "work_share_active", "work_share_waking",
               "clock_concentration", "second_p", "week_entropy"):
    law("%s lies in 0 to 1" % _share, _share)(
        lambda value: None if value is None else 0 <= value <= 1)
law("work_share is at most that of Monday to Friday", "work_share", "posts",
    *(HOURS[9:18] + WEEKDAYS[:5]))(
        lambda share, posts, *counts: None if share is None else
        share * posts <= min(sum(counts[:9]), sum(counts[9:])) * (1 + 1e-8))
law("clock_mean_hour lies in 0 to 24", "clock_mean_hour")(
    lambda value: None if value is None else 0 <= value < 24)
law("second_p and second_chi2 go together", "second_chi2", "second_p")(
    lambda chi2, p: (chi2 is None) == (p is None)
    and (chi2 is None or chi2 >= 0))

# ---- content, language, client ----------------------------------------------

for _entity, _has in zip(ENTITIES, HAS):
    law("%s are at least one in each of %s" % (_entity, _has), _entity, _has,
        "posts", "retweets")(
            lambda uses, posts_with, posts, retweets:
            posts_with is None if uses is None else
            0 <= posts_with <= min(uses, posts - retweets)
            and (uses > 0) == (posts_with > 0))
for _noun in ("language", "client"):
    _many = _noun + "s"
    law("top_%s and its share go with %s" % (_noun, _many), _many,
        "top_" + _noun, "top_%s_share" % _noun, _noun + "_entropy")(
            lambda count, top, share, bits:
            top is None and share is None and bits is None if not count else
            top is not None and 1 / count <= share * (1 + 1e-8)
            and share <= 1 and -1e-9 <= bits <= math.log(count) + 1e-8
            and (count == 1) == (share == 1) == (bits == 0))
    law("%s_changes are between adjacent posts" % _noun, _many,
        _noun + "_changes", "posts")(
            lambda count, changes, posts: changes is None if count is None
            else max(count - 1, 0) <= changes <= posts - 1
            and (count > 1) == (changes > 0))
    law("%s are at most the posts" % _many, _many, "posts")(
        lambda count, posts: None if count is None else 0 <= count <= posts)
    law("a switch of %s has a side before and after" % _noun,
        _noun + "_switch_at", _noun + "_switch_g2", _noun + "_before",
        _noun + "_after", "first_post", "last_post", _many, "posts")(
            lambda at, g2, before, after, first, last, count, posts:
            {g2, before, after} == {None} if at is None else
            None not in (g2, before, after) and first <= at <= last
            and g2 >= 0 and count >= 2 and posts >= 40)
law("top_hashtag and its share go with distinct_hashtags",
    "distinct_hashtags", "top_hashtag", "top_hashtag_share")(
        lambda count, top, share: top is None and share is None
        if not count else top is not None
        and 1 / count <= share * (1 + 1e-8) and share <= 1)
law("distinct_hashtags and hashtags are carried together",
    "distinct_hashtags", "hashtags")(
        lambda count, uses: (count is None) == (uses is None))
law("classes of clients are all clients", "top_client", *CLASSES)(
    lambda top, *shares: set(shares) == {None} if top is None else
    abs(sum(shares) - 1) < 1e-8)
law("distinct_texts are at most the posts that are no retweets",
    "distinct_texts", "posts", "retweets")(
        lambda texts, posts, retweets: None if texts is None else
        1 <= texts <= posts - retweets)
law("duplicate_text_share = 1 - distinct_texts / (posts - retweets)",
    "duplicate_text_share", "distinct_texts", "posts", "retweets")(
        lambda share, texts, posts, retweets: share is None
        if texts is None else abs(share - (1 - texts / (posts - retweets)))
        < 1e-8)
law("text_length_mean and _sd go with distinct_texts", "text_length_mean",
    "text_length_sd", "distinct_texts")(
        lambda mean, sd, texts: mean is None and sd is None
        if texts is None else mean >= 0 and sd >= 0)
law("letters are at most the characters", "text_length_mean", "posts",
    "retweets", "script_han", "script_kana", "script_hangul",
    "script_cyrillic", "script_arabic", "script_thai", "script_latin",
    "script_other")(
        lambda mean, posts, retweets, *letters: set(letters) == {None}
        if mean is None else
        sum(letters) <= mean * (posts - retweets) * (1 + 1e-8))

# ---- amplification ----------------------------------------------------------

law("retweet_targets are at most the retweets", "retweet_targets",
    "top_retweet_target", "top_retweet_target_share", "retweets",
    "retweet_target_entropy")(
        lambda count, top, share, retweets, bits:
        {top, share, bits} == {None} if not count else
        count <= retweets and top is not None
        and 1 / count <= share * (1 + 1e-8) and share <= 1
        and -1e-9 <= bits <= math.log(count) + 1e-8)
law("retweets_le_10s <= retweets_le_60s <= retweets", "retweets_le_10s",
    "retweets_le_60s", "retweets")(
        lambda ten, sixty, all_of: ten is sixty if None in (ten, sixty) else
        0 <= ten <= sixty <= all_of)
law("the median delay agrees with retweets_le_10s and _60s",
    "retweet_delay_q50_s", "retweets_le_10s", "retweets_le_60s")(
        lambda delay, ten, sixty: None if delay is None else
        delay >= 0 and (delay > 10 or ten > 0) and (delay > 60 or sixty > 0))
law("retweeters are at most retweets_received", "retweeters",
    "retweets_received")(
        lambda people, received: 0 <= people <= received
        and (people == 0) == (received == 0))
law("core_retweets are retweets", "core_retweets", "retweets")(
    lambda core, retweets: None if core is None else 0 <= core <= retweets)
is_ratio("core_share", "core_retweets", "retweets")
law("core_coverage and core_lift are 0 where core_retweets are",
    "core_retweets", "core_coverage", "core_lift")(
        lambda core, coverage, lift: coverage is None and lift is None
        if core is None else (coverage is None or 0 <= coverage <= 1 and
                              (coverage > 0) == (core > 0))
        and (lift is None or (lift > 0) == (core > 0)))
law("core_delay_q50_s needs a core retweet", "core_delay_q50_s",
    "core_retweets")(
        lambda delay, core: None if delay is None else
        bool(core) and delay >= 0)
law("original_poverty is what it says", "original_poverty", "originals",
    "retweets", "posts")(
        lambda poor, originals, retweets, posts: poor == int(
            originals <= 1 and 10 * retweets >= 9 * posts and posts >= 10))
law("deletes are not negative, and have the latency", "deletes",
    "delete_latency_q50_s")(
        lambda deletes, latency: deletes >= 0
        and (latency is None or latency >= 0 and deletes > 0))

# ---- repurposing ------------------------------------------------------------

law("repurpose_score counts its signs", "repurpose_score", *SIGNS)(
    lambda score, *signs: score == (
        None if set(signs) == {None} else sum(filter(None, signs))))
law("repurposed_at has a post, 25 posts and 180 days", "repurposed_at",
    "repurposed_post", "dormant_gaps", "posts", "first_post", "last_post")(
        lambda at, post, gaps, posts, first, last:
        post is None if at is None else post is not None and gaps >= 1
        and posts >= 25 and first < at <= last)
law("no sign of repurposing without repurposed_at", "repurposed_at", *SIGNS)(
    lambda at, *signs: None if at is not None else set(signs) == {None})
