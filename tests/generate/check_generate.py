#!/usr/bin/env python3
"""Checks the archive generator against what it promises.

usage: check_generate.py path/to/sandpiper-generate

Makes small archives in a temporary directory and reads them with nothing but
the standard library and the zstd command: shape of every line, entity indices,
sizes, the ground truth recounted from the lines, and that neither threads nor
layouts change the text. Prints one line a promise; exits 1 if one is broken.
"""

import collections
import datetime
import json
import pathlib
import re
import subprocess
import sys
import tempfile

EPOCH_MS = 1288834974657
OFFSET_MS = 8 * 3600 * 1000
DAY_MS = 86400 * 1000

STATUS_KEYS = """created_at id id_str text display_text_range source truncated
    in_reply_to_status_id in_reply_to_status_id_str in_reply_to_user_id
    in_reply_to_user_id_str in_reply_to_screen_name user geo coordinates place contributors
    retweeted_status quoted_status_id quoted_status_id_str quoted_status
    quoted_status_permalink is_quote_status extended_tweet quote_count reply_count
    retweet_count favorite_count entities extended_entities favorited retweeted
    possibly_sensitive filter_level lang timestamp_ms""".split()
STATUS_OPTIONAL = set("""display_text_range retweeted_status quoted_status_id
    quoted_status_id_str quoted_status quoted_status_permalink extended_tweet
    extended_entities possibly_sensitive timestamp_ms""".split())
USER_KEYS = """id id_str name screen_name location url description translator_type protected
    verified followers_count friends_count listed_count favourites_count statuses_count
    created_at utc_offset time_zone geo_enabled lang contributors_enabled is_translator
    profile_background_color profile_background_image_url profile_background_image_url_https
    profile_background_tile profile_link_color profile_sidebar_border_color
    profile_sidebar_fill_color profile_text_color profile_use_background_image
    profile_image_url profile_image_url_https profile_banner_url default_profile
    default_profile_image following follow_request_sent notifications""".split()
NO_LANGUAGE = {"und"}


def require(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def id_time(post_id):
    return (int(post_id) >> 22) + EPOCH_MS


def line_time(record):
    return int(record.get("delete", record)["timestamp_ms"])


def parse_date(text):
    when = datetime.datetime.strptime(text, "%a %b %d %H:%M:%S %z %Y")
    return int(when.timestamp()) * 1000


def iso(ms):
    when = datetime.datetime.fromtimestamp(ms // 1000, datetime.timezone.utc)
    return when.strftime("%Y-%m-%dT%H:%M:%S") + ".%03dZ" % (ms % 1000)


def kind_of(post):
    if "retweeted_status" in post:
        return "retweets"
    if post["in_reply_to_user_id"] is not None:
        return "replies"
    return "quotes" if "quoted_status" in post else "originals"


def content_of(post):
    """Text and entities by the contract's rule."""
    extended = post.get("extended_tweet")
    return (extended["full_text"], extended["entities"]) if extended else \
        (post["text"], post["entities"])


class Archive:
    """One run of the generator, its text and its truth."""

    def __init__(self, generator, directory, *options):
        self.directory = directory
        command = [generator, "-o", str(directory), *options]
        subprocess.run(command, check=True, stderr=subprocess.PIPE)
        self.files = sorted(directory.glob("posts-*"))
        self.totals = json.loads((directory / "totals.truth").read_text())
        with open(directory / "accounts.truth", encoding="ascii") as lines:
            self.truth = [json.loads(line) for line in lines]

    def text(self):
        parts = []
        for file in self.files:
            if file.suffix == ".zst":
                command = ["zstd", "-dcq", "--long=31", str(file)]
                parts.append(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            else:
                parts.append(file.read_bytes())
        return b"".join(parts)

    def bytes(self):
        return [file.read_bytes() for file in sorted(self.directory.iterdir())]

    def records(self):
        text = self.text()
        require(text.endswith(b"\r\n"), "last line has no end")
        text.decode("ascii")
        return [json.loads(line) for line in text[:-2].split(b"\r\n")]


def check_keys(keys, order, optional, where):
    keys = list(keys)
    require(keys == [key for key in order if key in keys], where, "out of order:", keys)
    missing = set(order) - optional - set(keys)
    require(not missing, where, "lacks", missing)


def check_span(text, entity, expected, fold=False):
    begin, end = entity["indices"]
    found = text[begin:end]
    same = found.lower() == expected.lower() if fold else found == expected
    require(same, "indices", entity["indices"], "give", repr(found), "not", repr(expected))


def check_entities(text, entities):
    for tag in entities["hashtags"]:
        check_span(text, tag, "#" + tag["text"])
    for url in entities["urls"]:
        check_span(text, url, url["url"])
    for mention in entities["user_mentions"]:
        check_span(text, mention, "@" + mention["screen_name"], fold=True)
        require(str(mention["id"]) == mention["id_str"], "mention's ids differ")
    for media in entities.get("media", []):
        check_span(text, media, media["url"])


def check_status(post, outer):
    optional = STATUS_OPTIONAL if outer else STATUS_OPTIONAL | {"timestamp_ms"}
    check_keys(post, STATUS_KEYS, optional, "post")
    check_keys(post["user"], USER_KEYS, {"profile_banner_url"}, "user")
    require(("timestamp_ms" in post) == outer, "timestamp_ms is the outer post's")
    require(str(post["id"]) == post["id_str"], "ids differ", post["id"])
    when = id_time(post["id"])
    require(parse_date(post["created_at"]) == when - when % 1000, "created_at", post["id"])
    require(parse_date(post["user"]["created_at"]) <= when, "author unborn", post["id"])
    check_entities(post["text"], post["entities"])
    if "extended_entities" in post:
        check_entities(post["text"], {"hashtags": [], "urls": [], "user_mentions": [],
                                      **post["extended_entities"]})
    require(post["truncated"] == ("extended_tweet" in post), "truncated", post["id"])
    require(len(post["text"]) <= 140, "long text", post["id"])
    if post["truncated"]:
        full, entities = content_of(post)
        require(len(full) > 140, "truncated for nothing", post["id"])
        check_entities(full, entities)
    if "display_text_range" in post:
        begin, end = post["display_text_range"]
        require(0 <= begin <= end <= len(post["text"]), "display_text_range", post["id"])
    if "retweeted_status" in post:
        check_status(post["retweeted_status"], False)
        require(post["lang"] == post["retweeted_status"]["lang"], "lang", post["id"])
        author = post["retweeted_status"]["user"]["screen_name"]
        require(post["text"].startswith("RT @%s: " % author), "RT", post["text"])
        require(id_time(post["retweeted_status"]["id"]) <= when, "retweet before original")
    if "quoted_status" in post:
        check_status(post["quoted_status"], False)
        require(post["is_quote_status"], "is_quote_status", post["id"])
        require(post["quoted_status_id_str"] == post["quoted_status"]["id_str"], "quoted id")


def check_shape(records):
    for record in records:
        if "delete" in record:
            status = record["delete"]["status"]
            require(list(record["delete"]) == ["status", "timestamp_ms"], "delete", record)
            require(list(status) == ["id", "id_str", "user_id", "user_id_str"], record)
            require(line_time(record) >= id_time(status["id"]), "early", record)
        else:
            check_status(record, True)
            require(int(record["timestamp_ms"]) == id_time(record["id"]), "timestamp_ms")


def check_stream(records):
    """Ordered overall, disordered nearby; statuses_count rises with time."""
    times = [line_time(record) for record in records]
    falls = sum(a > b for a, b in zip(times, times[1:]))
    require(0.2 < falls / len(times) < 0.6, "disorder", falls / len(times))
    posts = sorted({p["id"]: p for p in records if "delete" not in p}.values(),
                   key=lambda post: post["id"])
    statuses = {}
    for post in posts:
        user = post["user"]
        require(user["statuses_count"] == statuses.get(user["id"], user["statuses_count"] - 1) + 1,
                "statuses_count", post["id"])
        statuses[user["id"]] = user["statuses_count"]


def count_registers(row, observations):
    """Of (time, rank, user): rank 1 is the author of the outer post."""
    row["first_observed"] = iso(min(o[0] for o in observations))
    row["last_observed"] = iso(max(o[0] for o in observations))
    for name in ("followers", "friends", "statuses"):
        field = name + "_count"
        values = [(t, rank, user[field]) for t, rank, user in observations]
        row[name + "_first"] = min(values, key=lambda v: (v[0], -v[1], -v[2]))[2]
        row[name + "_last"] = max(values)[2]
        row[name + "_min"] = min(v[2] for v in values)
        row[name + "_max"] = max(v[2] for v in values)
    row["zero_followers"] = int(row["followers_last"] == 0)
    row["zero_followers_always"] = int(row["followers_max"] == 0)
    row["screen_names"] = len({o[2]["screen_name"].lower() for o in observations})
    row["screen_name"] = max(observations, key=lambda o: o[:2])[2]["screen_name"]
    row["created_at"] = iso(min(parse_date(o[2]["created_at"]) for o in observations))


def count_gaps(row, posts):
    times = [id_time(post["id"]) for post in posts]
    gaps = [b - a for a, b in zip(times, times[1:])]
    row["sessions"] = 1 + sum(gap >= 1800 * 1000 for gap in gaps)
    for seconds in (1, 10, 60):
        row["gaps_le_%ds" % seconds] = sum(gap <= seconds * 1000 for gap in gaps)
    row["dormant_gaps"] = sum(gap >= 180 * DAY_MS for gap in gaps)
    longest = gaps.index(max(gaps))
    dormant = gaps[longest] >= 30 * DAY_MS
    row["dormant_from"] = iso(times[longest]) if dormant else None
    row["dormant_to"] = iso(times[longest + 1]) if dormant else None
    row["dormant_from_post"] = posts[longest]["id_str"] if dormant else None
    row["dormant_to_post"] = posts[longest + 1]["id_str"] if dormant else None
    return longest


def count_clock(row, times):
    local = [divmod(t + OFFSET_MS, DAY_MS) for t in times]
    hours = collections.Counter(rest // 3600000 for _, rest in local)
    days = collections.Counter((day + 3) % 7 + 1 for day, _ in local)
    row.update(("hour_%02d" % hour, hours[hour]) for hour in range(24))
    row.update(("dow_%d" % day, days[day]) for day in range(1, 8))
    work = sum((day + 3) % 7 < 5 and 9 <= rest // 3600000 < 18 for day, rest in local)
    row["work_share"] = \
        {"numerator": work, "denominator": len(times)} if len(times) >= 20 else None
    bins = collections.Counter(t // DAY_MS for t in times)
    row["active_days"] = len(bins)
    row["max_posts_per_day"] = max(bins.values())
    row["max_posts_per_hour"] = max(collections.Counter(t // 3600000 for t in times).values())


def count_content(row, posts):
    own = [content_of(post)[1] for post in posts if kind_of(post) != "retweets"]
    for name, singular, key in (("hashtags", "hashtag", "hashtags"), ("urls", "url", "urls"),
                                ("mentions", "mention", "user_mentions")):
        row[name] = sum(len(entities[key]) for entities in own)
        row["posts_with_" + singular] = sum(bool(entities[key]) for entities in own)
    row["posts_with_media"] = sum("media" in entities for entities in own)


def top_of(values):
    counts = collections.Counter(values)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))
    return len(counts), ranked[0][0] if ranked else None, ranked


def language_of(post):
    return {"in": "id", "iw": "he"}.get(post["lang"], post["lang"])


def client_of(post):
    return re.sub(r"<[^>]*>", "", post["source"]).strip()


def count_repurposing(row, posts, split):
    sides = posts[:split + 1], posts[split + 1:]
    tops = [(top_of(language_of(p) for p in side if p["lang"] not in NO_LANGUAGE)[1],
             "Web" in top_of(map(client_of, side))[1]) for side in sides]
    row["repurposed_at"] = row["dormant_to"]
    row["repurposed_post"] = row["dormant_to_post"]
    row["repurpose_language"] = int(tops[0][0] != tops[1][0])
    row["repurpose_client"] = int(tops[0][1] != tops[1][1])
    names = [side[at]["user"]["screen_name"] for side, at in zip(sides, (-1, 0))]
    row["repurpose_name"] = int(names[0] != names[1])


def target_of(post):
    if "retweeted_status" in post:
        return post["retweeted_status"]["user"]["id_str"]
    if post["in_reply_to_user_id_str"]:
        return post["in_reply_to_user_id_str"]
    return post["quoted_status"]["user"]["id_str"] if "quoted_status" in post else None


def count_account(posts, observations, received, deletes):
    """The columns of one account, from its distinct posts in order."""
    row = collections.Counter({"originals": 0, "retweets": 0, "replies": 0, "quotes": 0})
    row.update(kind_of(post) for post in posts)
    row = dict(row, posts=len(posts))
    times = [id_time(post["id"]) for post in posts]
    row["first_post"], row["last_post"] = iso(times[0]), iso(times[-1])
    row["id"] = posts[0]["user"]["id_str"]
    count_registers(row, observations)
    split = count_gaps(row, posts)
    count_clock(row, times)
    count_content(row, posts)
    count_repurposing(row, posts, split)
    row["self_interactions"] = sum(target_of(post) == row["id"] for post in posts)
    row["original_poverty"] = int(row["originals"] <= 1 and len(posts) >= 10 and
                                  row["retweets"] * 10 >= len(posts) * 9)
    row["languages"], row["top_language"], _ = \
        top_of(language_of(p) for p in posts if p["lang"] not in NO_LANGUAGE)
    row["clients"], row["top_client"], _ = top_of(map(client_of, posts))
    retweets = [post for post in posts if "retweeted_status" in post]
    row["retweet_targets"], row["top_retweet_target"], ranked = top_of(map(target_of, retweets))
    delays = [id_time(p["id"]) - id_time(p["retweeted_status"]["id"]) for p in retweets]
    row["retweets_le_10s"] = sum(0 <= delay <= 10000 for delay in delays)
    row["retweets_le_60s"] = sum(0 <= delay <= 60000 for delay in delays)
    row["retweets_received"] = len(received)
    row["retweeters"] = len(set(received))
    row["deletes"] = len(deletes)
    own = [post["user"]["statuses_count"] for post in posts]
    row["statuses_drop"] = sum(max(0, a - b) for a, b in zip(own, own[1:]))
    return row


def embedded_in(post):
    inner = post.get("retweeted_status", {})
    return [status for status in (inner, inner.get("quoted_status"), post.get("quoted_status"))
            if status]


def recount(records):
    """Rows of all accounts, by id, from the lines alone."""
    posts = {}
    observations, received, deletes = (collections.defaultdict(list) for _ in range(3))
    own = collections.defaultdict(list)
    for post in (record for record in records if "delete" not in record):
        t = id_time(post["id"])
        observations[post["user"]["id_str"]].append((t, 1, post["user"]))
        for status in embedded_in(post):
            observations[status["user"]["id_str"]].append((t, 0, status["user"]))
        posts[post["id"]] = post
    for _, post in sorted(posts.items()):
        author = post["user"]["id_str"]
        own[author].append(post)
        if "retweeted_status" in post and target_of(post) != author:
            received[target_of(post)].append(author)
    notices = {(r["delete"]["status"]["user_id_str"], r["delete"]["status"]["id_str"])
               for r in records if "delete" in r}
    for author, post in notices:
        deletes[author].append(post)
    return posts, own, observations, received, deletes, notices


def check_truth(archive, records):
    posts, own, observations, received, deletes, notices = recount(records)
    for truth in archive.truth:
        account = truth["id"]
        row = count_account(own[account], observations[account], received[account],
                            deletes[account])
        for column, value in truth.items():
            if column != "role":
                require(row[column] == value, truth["role"], account, column,
                        "is", row[column], "but the truth says", value)
    totals = archive.totals
    kinds = collections.Counter(map(kind_of, posts.values()))
    counted = {"posts": len(posts), "deletes": len(notices), "lines": len(records),
               "accounts": len(own), "planted": len(archive.truth),
               "duplicates": len(records) - len(posts) - len(notices),
               "deletes_without_account":
                   sum(author not in own for author, _ in notices), **kinds}
    for name, value in counted.items():
        require(totals[name] == value, name, "is", value, "but the truth says", totals[name])


def check_roles(archive):
    roles = collections.defaultdict(list)
    for truth in archive.truth:
        roles[truth["role"]].append(truth)
    for one in roles["operator"]:
        share = one["work_share"]
        require(one["zero_followers_always"] and share["numerator"] == share["denominator"],
                "operator", one["id"])
    for one in roles["bought"]:
        require(one["repurpose_name"] and one["top_language"] and one["dormant_gaps"] >= 1,
                "bought", one["id"])
    for one in roles["amplifier"]:
        require(one["original_poverty"] and one["retweets_le_60s"] == one["retweets"],
                "amplifier", one["id"])
    for one in roles["resident"]:
        require(one["followers_min"] > 0 and one["dow_6"] > 0, "resident", one["id"])
    require(set(roles) == {"operator", "bought", "amplifier", "scheduler", "resident"}, "roles")


def check_sizes(archive):
    lines = archive.text().split(b"\r\n")[:-1]
    lengths = [len(line) + 2 for line in lines if not line.startswith(b'{"delete"')]
    mean = sum(lengths) / len(lengths)
    ratio = archive.totals["text_bytes"] / archive.totals["written_bytes"]
    require(4300 * 0.85 <= mean <= 4300 * 1.15, "mean post of", mean)
    require(8 <= ratio <= 10, "ratio of", ratio)
    require(archive.totals["text_bytes"] == sum(map(len, lines)) + 2 * len(lines), "text_bytes")
    print("     mean post %.0f bytes, %.2f times compressed" % (mean, ratio))


def check_layouts(generator, directory, options, text):
    layouts = {
        "frames": ["--layout", "frames", "--frame-bytes", "300K"],
        "cut": ["--layout", "frames", "--frame-bytes", "300K", "--cut-anywhere",
                "--shard-bytes", "4M", "--content-size", "on", "--checksum", "off"],
        "giant": ["--layout", "giant", "--level", "1"],
        "plain": ["--layout", "plain", "--files", "3"],
        "files": ["--files", "7", "--window-log", "17"],
    }
    for name, layout in layouts.items():
        archive = Archive(generator, directory / name, "--threads", "2", *options, *layout)
        require(archive.text() == text, name, "has another text")
        require(archive.totals["files"] == len(archive.files), name, "files")
        if "--files" in layout:
            require(len(archive.files) == int(layout[layout.index("--files") + 1]), name)


def exit_code(generator, *options):
    return subprocess.run([generator, *options], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode


def check_exit_codes(generator, directory):
    (directory / "full").mkdir()
    (directory / "full" / "something").touch()
    require(exit_code(generator, "--help") == 0, "--help")
    require(exit_code(generator) == 64, "no -o")
    require(exit_code(generator, "-o", str(directory / "x"), "--posts", "many") == 64, "--posts")
    require(exit_code(generator, "-o", str(directory / "full")) == 73, "directory not empty")
    require(exit_code(generator, "-o", str(directory / "full" / "something")) == 73, "a file")
    require(exit_code(generator, "-o", str(directory / "full"), "--force", "--posts", "10",
                      "--campaign", "0") == 0, "--force")


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    generator = str(pathlib.Path(sys.argv[1]).resolve())
    options = ["--seed", "42", "--posts", "2200", "--campaign", "18", "--duplicates", "0.01"]
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        archive = Archive(generator, directory / "one", *options)
        again = Archive(generator, directory / "two", "--threads", "2", *options)
        large = Archive(generator, directory / "large", "--posts", "6000", "--accounts",
                        "600000", "--campaign", "0")
        records = archive.records()
        promises = {
            "every_line_has_the_shape_of_the_stream": lambda: check_shape(records),
            "order_is_of_time_but_for_nearby_lines": lambda: check_stream(records),
            "the_truth_is_what_the_lines_say": lambda: check_truth(archive, records),
            "roles_show_what_they_are_planted_for": lambda: check_roles(archive),
            "sizes_are_those_of_real_archives": lambda: check_sizes(large),
            "threads_do_not_change_a_byte": lambda: require(archive.bytes() == again.bytes()),
            "layouts_do_not_change_the_text":
                lambda: check_layouts(generator, directory, options, archive.text()),
            "exit_codes_are_those_of_the_help": lambda: check_exit_codes(generator, directory),
        }
        broken = 0
        for promise, check in promises.items():
            try:
                check()
                print("ok  ", promise)
            except AssertionError as error:
                broken += 1
                print("FAIL", promise, "-", error)
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
