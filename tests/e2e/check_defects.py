#!/usr/bin/env python3
"""What other tools get wrong does not happen here.

Each promise is one such defect, on an archive of a few lines whose every
expected cell stands beside it.
"""

import csv
import json
import os
import sys

from harness import DATA_FILES, TABLE_NAMES, frame_of, main, promise, \
    require, require_same

MONDAY_MS = 1587340800000  # 2020-04-20 00:00:00 UTC, a Monday
SOURCE = '<a href="http://twitter.com" rel="nofollow">Twitter Web Client</a>'


def user(number):
    return {"id_str": str(number), "screen_name": "name%s" % number,
            "name": "Name", "created_at": "Wed Jan 01 00:00:00 +0000 2014"}


def post(number, text, author=1, at_ms=None, **fields):
    """A post of the Streaming API; its id is too small to tell a time."""
    at_ms = MONDAY_MS + 1000 * number if at_ms is None else at_ms
    return {"id_str": str(number), "timestamp_ms": str(at_ms), "text": text,
            "lang": "zh", "source": SOURCE, "user": user(author),
            "entities": {"hashtags": [], "urls": [], "user_mentions": []},
            **fields}


def line_of(record):
    return json.dumps(record, ensure_ascii=False).encode("utf-8")


def lines_of(*records):
    return b"".join(line_of(record) + b"\n" for record in records)


def run_of(world, text, name="out", ending=".jsonl"):
    shard = world.place / (name + ending)
    shard.write_bytes(text)
    return world.run(name, shard)


def rows_of(outputs, table):
    with open(outputs.folder / (table + ".csv"), encoding="utf-8",
              newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def require_cells(row, **expected):
    found = {name: row[name] for name in expected}
    require(found == expected, "found", found, "for", expected)


def require_posts(outputs, *expected):
    found = sorted(row["post_id"] for row in rows_of(outputs, "posts"))
    require(found == sorted(expected), "posts are", found)


@promise
def the_first_record_of_a_file_is_not_lost(world):
    out = run_of(world, lines_of(post(1, "one", author=7), post(2, "two")))
    require_posts(out, "1", "2")
    require_cells(out.accounts()["7"], posts="1", distinct_texts="1")


@promise
def one_bad_line_does_not_discard_its_file(world):
    bad = b'{"id_str":"2","text":"cut he\n'
    out = run_of(world, lines_of(post(1, "one")) + bad +
                 lines_of(post(3, "three")))
    require_posts(out, "1", "3")
    require_cells(out.accounts()["1"], posts="2")
    require([one["line"] for one in out.rejects()] == [2], out.rejects())


@promise
def a_delete_notice_does_not_end_the_run(world):
    notice = {"delete": {"status": {"id_str": "1", "user_id_str": "1"},
                         "timestamp_ms": str(MONDAY_MS + 61000)}}
    out = run_of(world, lines_of(post(1, "one"), notice, post(3, "three")))
    require_posts(out, "1", "3")
    require_cells(out.accounts()["1"], posts="2", deletes="1")


@promise
def a_sentence_after_a_mention_is_not_deleted_with_it(world):
    sentence = "今天天气很好我们一起去公园散步吧"
    text = "@someone" + sentence
    mention = {"id_str": "9", "screen_name": "someone", "indices": [0, 8]}
    entities = {"hashtags": [], "urls": [], "user_mentions": [mention]}
    out = run_of(world, lines_of(post(1, text, entities=entities)))
    require_cells(out.accounts()["1"], text_length_mean=str(len(sentence)),
                  script_han=str(len(sentence)), script_latin="0",
                  mentions="1")


@promise
def texts_without_spaces_are_not_dropped(world):
    out = run_of(world, lines_of(
        post(1, "这是第一句没有空格的话"), post(2, "这是第二句没有空格的话"),
        post(3, "好"), post(4, "two words")))
    require_posts(out, "1", "2", "3", "4")
    require_cells(out.accounts()["1"], posts="4", distinct_texts="4",
                  duplicate_text_share="0", script_han="23")


@promise
def hashtags_are_not_split(world):
    tags = ["香港加油", "Ünïcode", "stand_with"]
    entities = {"hashtags": [{"text": tag, "indices": [0, 1]}
                             for tag in tags],
                "urls": [], "user_mentions": []}
    text = "前#香港加油，#Ünïcode #stand_with后"
    out = run_of(world, lines_of(post(1, text, entities=entities)))
    found = sorted((row["hashtag"], row["posts"])
                   for row in rows_of(out, "hashtags"))
    require(found == [("stand_with", "1"), ("ünïcode", "1"),
                      ("香港加油", "1")], found)
    require_cells(out.accounts()["1"], hashtags="3", distinct_hashtags="3")


@promise
def a_retweet_days_later_is_not_called_fast(world):
    delay_s = 3 * 86400 + 5
    first = post(1, "original", author=2, at_ms=MONDAY_MS)
    again = post(2, "RT @name2: original", retweeted_status=first,
                 at_ms=MONDAY_MS + 1000 * delay_s)
    out = run_of(world, lines_of(first, again))
    require_cells(out.accounts()["1"], retweets="1", retweets_le_10s="0",
                  retweets_le_60s="0", retweet_delay_q50_s="259205")


@promise
def letters_of_a_word_are_not_taken_for_the_mark_of_a_retweet(world):
    out = run_of(world, lines_of(post(1, "Trump"), post(2, "rump"),
                                 post(3, "RTTrump")))
    require_cells(out.accounts()["1"], distinct_texts="3", retweets="0",
                  manual_retweets="0", text_length_mean="5.33333333")
    hashes = {row["text_hash"] for row in rows_of(out, "posts")}
    require(len(hashes) == 3, hashes)


@promise
def the_last_record_is_not_lost_without_a_newline(world):
    text = lines_of(post(1, "one"), post(2, "two")).rstrip(b"\n")
    require_posts(run_of(world, text), "1", "2")
    packed = run_of(world, frame_of(text), "packed", ".jsonl.zst")
    require_posts(packed, "1", "2")


@promise
def characters_cut_by_a_frame_are_not_damaged(world):
    text = lines_of(post(1, "汉字，ü, 😀"), post(2, "又一句话"))
    whole = run_of(world, frame_of(text), "whole", ".jsonl.zst")
    require_cells(whole.accounts()["1"], script_han="6", distinct_texts="2")
    for character in ("汉", "ü", "😀"):
        letters = character.encode("utf-8")
        for inside in range(1, len(letters)):
            cut = text.index(letters) + inside
            name = "%x-%d" % (ord(character), inside)
            parts = frame_of(text[:cut]) + frame_of(text[cut:])
            out = run_of(world, parts, name, ".jsonl.zst")
            tables = [table + ".csv" for table in TABLE_NAMES]
            require_same(whole, out, tables, "a cut in " + name)


@promise
def what_follows_the_first_frame_is_not_ignored(world):
    records = [post(number, "text %d" % number) for number in range(1, 6)]
    frames = b"".join(frame_of(lines_of(record)) for record in records)
    out = run_of(world, frames, ending=".jsonl.zst")
    require_posts(out, "1", "2", "3", "4", "5")
    require_cells(out.accounts()["1"], posts="5", distinct_texts="5")


@promise
def the_local_time_of_the_machine_does_not_show(world):
    shard = world.place / "posts.jsonl"
    late = post(2, "two", created_at="Mon Apr 20 02:30:00 +0000 2020")
    del late["timestamp_ms"]
    shard.write_bytes(lines_of(post(1, "one"), late))
    outputs = []
    before = os.environ.get("TZ")
    try:
        for zone in ("UTC", "America/New_York"):
            os.environ["TZ"] = zone
            outputs.append(world.run(zone.replace("/", "-"), shard))
    finally:
        os.environ.pop("TZ")
        if before is not None:
            os.environ["TZ"] = before
    require_same(outputs[0], outputs[1], DATA_FILES, "the zone")
    require_cells(outputs[1].accounts()["1"],
                  first_post="2020-04-20T00:00:01.000Z",
                  last_post="2020-04-20T02:30:00.000Z")
    days = [row["day"] for row in rows_of(outputs[1], "days")
            if row["posts"] != "0"]
    require(days == ["2020-04-20"], days)


@promise
def ids_beyond_a_double_are_not_rounded(world):
    ids = (2**53 + 1, 1252133462400000001, 1252133462400000003)
    author = 2**53 + 3
    record = post(ids[1], "two", author=author, at_ms=MONDAY_MS)
    record["id"], record["user"]["id"] = ids[1], author
    out = run_of(world, lines_of(
        post(ids[0], "one", author=author, at_ms=MONDAY_MS), record,
        post(ids[2], "three", author=author + 1, at_ms=MONDAY_MS)))
    require(sorted(out.accounts()) == [str(author), str(author + 1)],
            list(out.accounts()))
    require_posts(out, *map(str, ids))
    found = sorted((row["account_id"], row["post_id"])
                   for row in rows_of(out, "posts"))
    require(found == [(str(author), str(ids[1])), (str(author), str(ids[0])),
                      (str(author + 1), str(ids[2]))], found)


@promise
def ids_that_are_numbers_alone_are_not_rounded(world):
    """Neighbours above 2^53 are one number as doubles."""
    authors = (2**60 + 1, 2**60 + 2)
    ids = [1252133462400000001 + i for i in range(3)]
    require(len({float(one) for one in ids}) == 1, "the test's own ids")
    records = []
    for i, number in enumerate(ids):
        record = post(number, "x%d" % i, author=authors[i % 2],
                      at_ms=MONDAY_MS)
        del record["id_str"], record["user"]["id_str"]
        record["id"], record["user"]["id"] = number, authors[i % 2]
        records.append(record)
    out = run_of(world, lines_of(*records))
    found = sorted((row["account_id"], row["post_id"])
                   for row in rows_of(out, "posts"))
    require(found == sorted((str(authors[i % 2]), str(number))
                            for i, number in enumerate(ids)), found)


@promise
def characters_cut_by_a_buffer_are_not_damaged(world):
    """Texts of 12-byte words, longer than buffers of 64 KiB and 1 MiB, and
    shifted by one and two bytes, so that every cut falls into a character."""
    word = "\u00e9\u9999\U0001f426\u0e44"
    long = word * 150_000
    out = run_of(world, lines_of(*(post(100 + i, "xyz"[:i] + long)
                                   for i in range(3))))
    require_cells(out.accounts()["1"], posts="3", distinct_texts="3",
                  script_han="450000", script_thai="450000",
                  script_latin="450003", text_length_mean="600001")


@promise
def a_line_across_frames_is_counted_once(world):
    """Whole lines before and behind it: it is the tail of one frame and the
    head of the next."""
    text = lines_of(*(post(number, "a") for number in range(1, 6)))
    middle = len(text) // 2
    outputs = run_of(world, frame_of(text[:middle]) + frame_of(text[middle:]),
                     ending=".jsonl.zst")
    require_posts(outputs, "1", "2", "3", "4", "5")
    lines = outputs.total()["lines"]
    require((lines["accepted"], lines["total"]) == (5, 5), lines)
    require(outputs.ledger()["result"]["duplicates"] == 0, "a duplicate")


@promise
def a_mark_of_byte_order_and_returns_cost_nothing(world):
    """Files that were saved on Windows: a mark in front, returns behind."""
    text = b"\xef\xbb\xbf" + lines_of(post(1, "a"), post(2, "b")) \
        .replace(b"\n", b"\r\n") + b"\r\n\r\r\n"
    for name, content, ending in (("text", text, ".jsonl"),
                                  ("frame", frame_of(text), ".jsonl.zst")):
        outputs = run_of(world, content, name, ending)
        require_posts(outputs, "1", "2")
        lines = outputs.total()["lines"]
        require(lines == {"accepted": 2, "blank": 2, "control": 0,
                          "rejected": {}, "total": 4}, name, lines)


if __name__ == "__main__":
    sys.exit(main())
