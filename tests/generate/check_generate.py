#!/usr/bin/env python3
"""Checks the archive generator against what it promises.

usage: check_generate.py path/to/sandpiper-generate

Makes small archives in a temporary directory and reads them with nothing but
the standard library and the zstd command: shape of every line, entity indices,
sizes, the ground truth recounted from the lines, and that neither threads nor
layouts change the text. Prints one line a promise; exits 1 if one is broken.
"""

import collections
import pathlib
import subprocess
import sys
import tempfile

from archive_reader import (Archive, content_of, id_time, is_bare, is_delete, kind_of,
                            parse_date, plan_of, require, tables_of)
from truth_columns import NEVER_NULL, columns_of
from truth_plan import World, read_plan

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
BARE_KEYS = """created_at id id_str text truncated source in_reply_to_status_id
    in_reply_to_status_id_str in_reply_to_user_id in_reply_to_user_id_str
    in_reply_to_screen_name user geo coordinates place contributors retweeted_status
    quoted_status_id quoted_status_id_str is_quote_status favorited retweeted""".split()
BARE_OPTIONAL = set("""source retweeted_status quoted_status_id quoted_status_id_str
    is_quote_status""".split())


def line_time(record):
    return int(record.get("delete", record)["timestamp_ms"])


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
        full, entities, _ = content_of(post)
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


def check_bare(post):
    check_keys(post, BARE_KEYS, BARE_OPTIONAL, "bare post")
    require(list(post["user"]) == ["id", "id_str"] and not post.get("source"), "bare", post)
    require(len(post["text"]) <= 140, "long text", post["id"])
    if "retweeted_status" in post:
        check_keys(post["retweeted_status"], BARE_KEYS[:5], set(), "bare retweeted post")


def check_delete(record):
    status = record["delete"]["status"]
    require(list(record["delete"]) in (["status", "timestamp_ms"], ["status"]), "delete", record)
    require(list(status) == ["id", "id_str", "user_id", "user_id_str"], record)
    if "timestamp_ms" in record["delete"]:
        require(line_time(record) >= id_time(status["id"]), "early", record)


def check_shape(records):
    for record in records:
        if is_delete(record):
            check_delete(record)
        elif is_bare(record):
            check_bare(record)
        else:
            check_status(record, True)
            require(int(record["timestamp_ms"]) == id_time(record["id"]), "timestamp_ms")


def check_stream(records, purgers):
    """Ordered overall, disordered nearby; statuses_count rises with time."""
    times = [line_time(r) for r in records if "timestamp_ms" in r.get("delete", r)]
    falls = sum(a > b for a, b in zip(times, times[1:]))
    require(0.2 < falls / len(times) < 0.6, "disorder", falls / len(times))
    posts = sorted({r["id"]: r for r in records if not is_delete(r)}.values(),
                   key=lambda post: post["id"])
    statuses, drops = {}, collections.Counter()
    for post in posts:
        user = post["user"]
        if is_bare(post):
            continue
        count = user["statuses_count"]
        if count != statuses.get(user["id"], count - 1) + 1:
            require(user["id_str"] in purgers, "statuses_count", post["id"])
            drops[user["id_str"]] += 1
        statuses[user["id"]] = count
    require(drops == {purger: 1 for purger in purgers}, "drops", drops)


def check_plan(archive, records):
    """posts.truth against the lines, each as a dictionary, in order of id."""
    faces = {one["id"]: one["faces"] for one in archive.accounts}
    lines, notices = plan_of(records, faces)
    planned = {"own": [], "notice": []}
    for line in archive.lines("posts.truth"):
        owner = line.get("account") or line.get("seen")
        if owner is not None and "face" in line:
            line["face"] = faces[owner][line["face"]]
        planned["own" if owner else "notice"].append(line)
    require(len(lines) == len(planned["own"]), "lines:", len(lines), "but planned",
            len(planned["own"]))
    for line, plan in zip(lines, planned["own"]):
        require(line == plan, "the archive says", line, "but planned is", plan)
    key = str
    require(sorted(notices, key=key) == sorted(planned["notice"], key=key), "notices")
    print("     %d lines and %d notices of %d planted accounts"
          % (len(lines), len(notices), len(faces)))


def check_columns(archive):
    """With and without a core list, what accounts show is enough for all columns."""
    values, nulls = collections.Counter(), collections.Counter()
    accounts = read_plan(archive.directory)
    core_list = (archive.directory / "core.list").read_text()
    worlds = [World(accounts, archive.totals, {}, core) for core in (None, core_list)]
    require(worlds[1].core_retweets == archive.totals["core_retweets"], "core_retweets")
    rows = [columns_of(account, world) for world in worlds for account in accounts.values()]
    values.update(column for row in rows for column in row)
    nulls.update(column for row in rows for column in values if column not in row)
    require(len(values) > 220, "only", len(values), "columns")
    require(set(values) - NEVER_NULL <= set(nulls), "never null:",
            sorted(set(values) - NEVER_NULL - set(nulls)))
    print("     %d columns have values, %d are null once" % (len(values), len(nulls)))


def check_tables(archive, records):
    def keys(rows):
        return {tuple(row[key] for key in ("table", "day", "hashtag", "client", "language",
                                           "domain") if key in row): row for row in rows}
    counted, planned = keys(tables_of(records)), keys(archive.lines("tables.truth"))
    require(counted.keys() == planned.keys(), "rows:",
            sorted(counted.keys() ^ planned.keys())[:5])
    for key, row in counted.items():
        require(row == planned[key], key, "is", row, "but the truth says", planned[key])
    print("     %d rows of %s" % (len(counted), dict(collections.Counter(k[0] for k in counted))))


def check_totals(archive, records):
    posts = {r["id"]: r for r in records if not is_delete(r)}.values()
    notices = {str(r["delete"]["status"]) for r in records if is_delete(r)}
    distinct = {str(r) for r in records if is_delete(r)}
    own = {post["user"]["id_str"] for post in posts}
    strangers = {str(r["delete"]["status"]) for r in records
                 if is_delete(r) and r["delete"]["status"]["user_id_str"] not in own}
    kinds = collections.Counter(map(kind_of, posts))
    counted = {"posts": len(posts), "deletes": len(notices), "lines": len(records),
               "accounts": len(own), "planted": len(archive.accounts),
               "delete_notices": len(distinct),
               "duplicates": len(records) - len(posts) - len(distinct),
               "deletes_without_account": len(strangers),
               "originals": kinds["original"], "retweets": kinds["retweet"],
               "replies": kinds["reply"], "quotes": kinds["quote"]}
    for name, value in counted.items():
        require(archive.totals[name] == value, name, "is", value, "but the truth says",
                archive.totals[name])


def check_burst(archive, records):
    burst = archive.totals["burst"]
    users = [r["user"]["id_str"] for r in records if not is_delete(r) and not is_bare(r) and
             any(tag["text"] == burst["hashtag"] for tag in
                 content_of(r.get("retweeted_status", r))[1]["hashtags"])]
    require(set(burst["posts_by"]) <= set(users), "who reported the news")
    require(burst["posts"] == len(burst["posts_by"]) > 0, "posts of the burst")


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
        purgers = [one["id"] for one in archive.accounts if one.get("specimen") == "purger"]
        records = archive.records()
        promises = {
            "every_line_has_the_shape_of_the_stream": lambda: check_shape(records),
            "order_is_of_time_but_for_nearby_lines": lambda: check_stream(records, purgers),
            "what_was_planned_is_what_the_lines_say": lambda: check_plan(archive, records),
            "every_column_has_a_value_and_is_null_once": lambda: check_columns(archive),
            "tables_are_what_the_lines_say": lambda: check_tables(archive, records),
            "totals_are_what_the_lines_say": lambda: check_totals(archive, records),
            "the_burst_is_who_took_part_in_it": lambda: check_burst(archive, records),
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
