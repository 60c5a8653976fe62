#!/usr/bin/env python3
"""CSV: the same rows however the text is cut, and what damage costs.

The archive of 2020 is read as it is, and cut into frames at places that have
nothing to do with its rows; what is made here holds every kind of row that a
spreadsheet leaves behind.
"""

import csv
import io
import random
import sys

from harness import (TABLES, frame_of, main, promise, require, require_same,
                     text_of)

FRAME_BYTES = 64 << 10
COLUMNS = ["tweetid", "userid", "user_display_name", "user_screen_name",
           "follower_count", "account_creation_date", "tweet_text",
           "tweet_time", "is_retweet", "user_mentions"]


def archive_shards(world):
    return sorted(world.shared("io_archive").glob("*.csv.zst"))


def cut(text, places):
    """One frame for each part of the text."""
    places = [0, *sorted(places), len(text)]
    return b"".join(frame_of(text[a:b], "-1")
                    for a, b in zip(places, places[1:]))


def places_of(size, seed):
    """Every 64 KiB or so, at arbitrary bytes."""
    chance = random.Random(seed)
    places, at = [], 0
    while at < size:
        at += chance.randrange(1, 2 * FRAME_BYTES)
        places.append(min(at, size))
    return places


def totals_of(outputs):
    """What does not depend on frames and shards."""
    total = outputs.total()
    return {key: total[key] for key in ("lines", "records", "observations",
                                        "time_anomalies")}


def check_every_cut(world, text, name):
    """The outputs of the text as one frame, having compared all others."""
    folder = world.place / name
    folder.mkdir()
    ways = {"plain.csv": text, "one.csv.zst": frame_of(text)}
    for seed in (1, 2):
        ways["cut%d.csv.zst" % seed] = cut(text, places_of(len(text), seed))
    ways["even.csv.zst"] = cut(text, range(FRAME_BYTES, len(text),
                                           FRAME_BYTES))
    for file, content in ways.items():
        (folder / file).write_bytes(content)
    first = world.run(name + "-first", "--threads", "1",
                      folder / "one.csv.zst")
    for file in ways:
        for threads in (1, 2, 4, 16):
            what = "%s-%s-%d" % (name, file, threads)
            other = world.run(what, "--threads", threads, folder / file)
            require_same(first, other, TABLES, what)
            require(totals_of(first) == totals_of(other), what, "counts",
                    totals_of(other), "and not", totals_of(first))
    return first


def check_threads(world, path):
    """The same file, damaged or not, with any number of lanes."""
    first = world.run(path.stem + "-1", "--threads", "1", path)
    for threads in (2, 4, 16):
        other = world.run("%s-%d" % (path.stem, threads), "--threads",
                          threads, path)
        require_same(first, other, TABLES + ("ledger.json", "rejects.jsonl"),
                     "%d threads" % threads)
    return first


@promise
def the_archive_of_2020_is_read_whole(world):
    outputs = world.run("whole", *archive_shards(world))
    total, result = outputs.total(), outputs.ledger()["result"]
    require(result["posts"] == 21385, "posts", result["posts"])
    require(result["accounts"] == 455, "accounts", result["accounts"])
    require(total["records"]["users"] == 926, total["records"])
    require(total["lines"]["control"] == 2, "headers", total["lines"])
    require(not total["lines"]["rejected"], total["lines"])


@promise
def the_archive_of_2020_gives_the_same_bytes_however_it_is_cut(world):
    for shard in archive_shards(world):
        check_every_cut(world, text_of(shard), shard.name.split(".")[0])


@promise
def rows_are_those_of_pythons_csv_module(world):
    shard = next(s for s in archive_shards(world) if "tweets" in s.name)
    rows = list(csv.DictReader(io.StringIO(text_of(shard).decode(),
                                           newline=""), strict=True))
    accounts = world.run("module", shard).accounts()
    counts = {}
    for row in rows:
        counts.setdefault(row["userid"], [0, 0])
        counts[row["userid"]][0] += 1
        counts[row["userid"]][1] += row["is_retweet"] == "true"
    require(set(counts) == set(accounts), "other accounts")
    for account, (posts, retweets) in counts.items():
        got = accounts[account]
        require((got["posts"], got["retweets"]) ==
                (str(posts), str(retweets)), account, got["posts"],
                got["retweets"], "and not", posts, retweets)


# ---- rows of our own --------------------------------------------------------

def row_of(chance, number):
    """A row with everything that may stand in a cell."""
    pieces = ["a", ",", '""', "\n", "\r\n", ",,", '"",""', "\u0e01", "word ",
              "'", "\U0001f426"]
    text = "".join(chance.choice(pieces)
                   for _ in range(chance.randrange(30)))
    quote = chance.random() < 0.7
    cells = [str(1146454524019142656 + (number << 22)), str(1 + number % 50),
             "N%d" % number, "n%d" % number, "%d.0" % number, "2019-07-01",
             '"%s"' % text, "2019-07-03 16:29",
             chance.choice(["true", "False", ""]), "\"['5', \"\"6\"\"]\""]
    return ",".join('"%s"' % cell if quote and cell[:1] != '"' else cell
                    for cell in cells)


def spreadsheet(seed, rows, clean=False):
    """Rows, good and bad, of which one in twenty is no row of a tweet."""
    chance = random.Random(seed)
    bad = ['a"b,c', '"x"y,z', "", "\r", ",".join(COLUMNS), "1,2", '"', '""",',
           "\u0e01" * 3000, '"1.198473762313818e+18"' + ',"5"' * 9]
    lines = [",".join(COLUMNS)]
    for number in range(rows):
        if not clean and chance.random() < 0.05:
            lines.append(chance.choice(bad))
        lines.append(row_of(chance, number))
    return ("\ufeff" + "\r\n".join(lines)).encode()


@promise
def every_kind_of_row_is_the_same_however_it_is_cut(world):
    rows = 2000 if world.sanitized else 6000
    outputs = check_every_cut(world, spreadsheet(3, rows), "sheet")
    rejected = outputs.total()["lines"]["rejected"]
    for reason in ("bad_csv", "missing_key"):
        require(rejected.get(reason), "no", reason, "in", rejected)


def numbers(rows):
    """Not one quote: no border is sure from what stands behind it alone."""
    lines = ["tweetid,userid,tweet_time"]
    lines += ["%d,%d,2019-07-03 16:29" % (1146454524019142656 + (i << 22),
                                          1 + i % 50) for i in range(rows)]
    return "\n".join(lines).encode() + b"\n"


@promise
def rows_without_a_quote_are_settled_in_order(world):
    text = numbers(20000 if world.sanitized else 60000)
    path = world.place / "numbers.csv.zst"
    frames = [cut(text[i:i + (300 << 10)], [])
              for i in range(0, len(text), 300 << 10)]
    path.write_bytes(b"".join(frames))
    plain = world.place / "numbers.csv"
    plain.write_bytes(text)
    first = check_threads(world, path)
    require_same(first, world.run("plain", plain), TABLES, "framing")
    require(first.total()["lines"]["total"] == text.count(b"\n"),
            first.total()["lines"])
    frames[1] = frames[1][:-1] + bytes([frames[1][-1] ^ 1])
    path.with_name("lost.csv.zst").write_bytes(b"".join(frames))
    total = check_threads(world, path.with_name("lost.csv.zst")).total()
    require(total["lines"]["rejected"] == {"frame_lost": 1, "framing_lost": 1}
            and total["lines"]["accepted"] < 20000, total["lines"])


@promise
def a_lost_frame_costs_the_rows_that_touch_it(world):
    text = spreadsheet(7, 3000, clean=True)
    places = places_of(len(text), 9)
    frames = [frame_of(text[a:b], "-1")
              for a, b in zip([0, *places], [*places, len(text)])]
    for lost in range(len(frames)):
        damaged = bytearray(frames[lost])
        damaged[-1] ^= 1
        path = world.place / ("lost%d.csv.zst" % lost)
        path.write_bytes(b"".join(frames[:lost]) + bytes(damaged)
                         + b"".join(frames[lost + 1:]))
        total = check_threads(world, path).total()
        lines = total["lines"]
        require(set(lines["rejected"]) <= {"frame_lost", "framing_lost"},
                lines)
        require(sum(lines["rejected"].values()) <= 2, lines)
        edges = ([0, *places, len(text)][lost], [*places, len(text)][lost])
        inside = text[:edges[1]].count(b"2019-07-03 16:29") \
            - text[:edges[0]].count(b"2019-07-03 16:29")
        found = total["records"]["posts_with_copies"]
        require(3000 - inside - 8 <= found <= 3000 - inside + 1,
                "frame", lost, "of", inside, "rows left", found)


if __name__ == "__main__":
    sys.exit(main())
