#!/usr/bin/env python3
"""The filter: the lines that a plain filter in Python finds, byte for byte,
however the text is cut and whoever reads it."""

import json
import os
import random
import subprocess
import sys
import tarfile
import zipfile

from check_command import tiny_disk
from check_csv import cut, places_of
from filter_reference import (Conditions, elements_found, id_of, lines_found,
                              place_of, rows_found)
from harness import frame_of, main, promise, require, text_of

FRAME_TEXT = 4 << 20
FILES = ("filter.json", "ledger.json", "rejects.jsonl")
FIRST_MS = 1420070400000        # the generator's first day
FIRST_ID = 1146454524019142656  # of rows; in 2019


def found_in(folder):
    """The outputs by name, decompressed."""
    return {path.name: text_of(folder / "current" / path.name)
            for path in sorted(folder.glob("*.zst"))}


def find(world, name, conditions, *arguments):
    """A filter that must end well; its folder."""
    folder = world.place / name
    done = world.call("filter", "--quiet", "-o", folder,
                      *conditions.options(world.place), *arguments)
    require(done.returncode == 0, "exit", done.returncode, "of", name, "-",
            done.stderr)
    return folder


def require_found(world, name, conditions, expected, *arguments):
    """The same text as expected, from one lane and from several."""
    for threads in (1, 2, 4):
        folder = find(world, "%s-%d" % (name, threads), conditions,
                      "--threads", threads, *arguments)
        text = b"".join(found_in(folder).values())
        require(text == expected, name, "with", threads, "threads:",
                text.count(b"\n"), "lines and not", expected.count(b"\n"))
    return folder


def require_same_files(one, other, what):
    names = [path.name for path in sorted(one.iterdir())]
    require(names == [path.name for path in sorted(other.iterdir())], what,
            "gives other files")
    for name in names:
        if name.endswith(".zst") or name in FILES:
            require((one / name).read_bytes() == (other / name).read_bytes(),
                    what, "changes", name)


def statuses_of(text):
    for line in text.split(b"\n"):
        record = json.loads(line) if line.strip() else {}
        if "user" in record:
            yield record


def some_conditions(text):
    """One of each kind and some mixed, that find something in this text."""
    statuses = list(statuses_of(text))
    ids = sorted({id_of(status["user"]) for status in statuses})
    names = sorted({status["user"].get("screen_name") or ids[0]
                    for status in statuses})
    tags = sorted({tag["text"] for status in statuses
                   for tag in (place_of(status)[0].get("entities") or {})
                   .get("hashtags") or []})
    words = ["the", "\u9999\u6e2f", "\u9999", "&", "RT @"]
    accounts = ids[::5] + ["# nobody", "", "@" + names[1].upper(),
                           " @" + names[-1] + " "]
    middle = FIRST_MS + 86400000 * 900
    stripped = [line.strip() for line in accounts]
    return {
        "accounts": Conditions(accounts=stripped),
        "handles": Conditions(accounts=["@" + name.swapcase()
                                        for name in names[::7]]),
        "hashtags": Conditions(hashtags=["#" + tag.upper()
                                         for tag in tags[:20:2]]),
        "words": Conditions(words=words[1:3]),
        "times": Conditions(since=middle, until=middle + 86400000 * 90),
        "all": Conditions(accounts=stripped, words=words,
                          hashtags=tags[::3], since=middle),
        "any": Conditions(accounts=stripped[:4], words=words[1:2],
                          hashtags=tags[:3], until=middle, match="any"),
    }


def archive(world, name="archive", *options):
    posts = "1500" if world.sanitized else "4000"
    return world.generate(name, "--posts", posts, "--campaign", "30",
                          "--seed", "11", *options)


# ---- what is found ----------------------------------------------------------

@promise
def lines_of_v11_are_those_of_a_plain_filter(world):
    made = archive(world, "archive", "--files", "2")
    text = made.text()
    found = 0
    for name, conditions in some_conditions(text).items():
        expected = lines_found(text, conditions)
        found += bool(expected)
        require_found(world, name, conditions, expected, *made.shards)
    require(found == 7, "only", found, "conditions find something")


@promise
def the_text_of_real_streams_is_searched_as_python_would(world):
    shards = sorted(world.shared("v11_stream").glob("*.zst"))
    shards = shards[:2] + [s for s in shards if s.name.startswith("2019")][:1]
    text = b"".join(map(text_of, shards))
    for name, conditions in {
            "words": Conditions(words=["\u79c1", "\u0627\u0644", "love",
                                       "\uff2c\uff2f\uff36\uff25", "<3"]),
            "kana": Conditions(words=["\u30ab"]),
            "hashtags": Conditions(hashtags=["NP", "nowplaying", "\u00c9T"]),
    }.items():
        require_found(world, name, conditions, lines_found(text, conditions),
                      *shards)


def page(chance, number):
    """A page of v2 with retweets of what is included, or of nothing."""
    ids = [str((1100000000000000000 + number * 1000 + i) | 1 << 59)
           for i in range(6)]
    users = [{"id": str(100 + i), "username": "User_%d" % i, "name": "n"}
             for i in range(5)]
    originals = [{"id": "99%d" % i, "author_id": str(100 + i),
                  "text": "original %d \u9999\u6e2f &amp; more" % i,
                  "entities": {"hashtags": [{"tag": "Tag%d" % i, "start": 0,
                                             "end": 1}]}} for i in range(3)]
    posts = []
    for i, post_id in enumerate(ids):
        post = {"id": post_id, "author_id": str(100 + chance.randrange(9)),
                "text": chance.choice(["plain", "W\u00d6RD", "RT @x: orig"])}
        if i % 2:
            post["referenced_tweets"] = [
                {"type": chance.choice(["retweeted", "quoted"]),
                 "id": "99%d" % chance.randrange(5)}]
        else:
            post["entities"] = {"hashtags": [{"tag": "Own", "start": 0,
                                              "end": 1}]}
        posts.append(post)
    includes = {"users": users, "tweets": originals}
    if number % 3 == 0:
        return {"data": posts[0], "includes": includes}
    return {"data": posts, "includes": includes}


@promise
def lines_of_v2_are_found_by_any_of_their_posts(world):
    chance = random.Random(5)
    text = b"".join(json.dumps(page(chance, i)).encode() + b"\r\n"
                    for i in range(300))
    shard = world.place / "pages.jsonl.zst"
    shard.write_bytes(cut(text, places_of(len(text), 3)))
    for name, conditions in {
            "accounts": Conditions(accounts=["107"]),
            "handles": Conditions(accounts=["@user_3"]),
            "hashtags": Conditions(hashtags=["tag2"]),
            "words": Conditions(words=["w\u00f6rd"]),
            "joined": Conditions(words=["2 \u9999\u6e2f & MORE"]),
            "all": Conditions(words=["word", "orig"], hashtags=["TAG1"],
                              accounts=["@USER_0", "106"]),
            "any": Conditions(hashtags=["tag0"], accounts=["108"],
                              match="any")}.items():
        expected = lines_found(text, conditions)
        require(0 < len(expected) < len(text), name, "is no test")
        require_found(world, name, conditions, expected, shard)


@promise
def pages_of_twarc_are_found_too(world):
    folder = world.shared("v2")
    for name in ("noflat", "flat", "2sets", "many_urls"):
        shard = folder / ("twarc-csv_%s.jsonl" % name)
        text = shard.read_bytes()
        for word in ("a", "https://t.co/X", "the", "zzzz"):
            conditions = Conditions(words=[word])
            require_found(world, name + str(ord(word[-1])), conditions,
                          lines_found(text, conditions), shard)


def row_of(chance, number):
    pieces = ["a", ",", '""', "\n", "\r\n", "\u0e01", "W\u00d6rd", "&amp;"]
    text = "".join(chance.choice(pieces) for _ in range(chance.randrange(12)))
    tags = ["[]", "['Tag', 'x']", "['\u0e01']", ""][number % 4]
    cells = [str(FIRST_ID + (number << 22)), str(1 + number % 50),
             "Name%d" % (number % 20), text, "2019-07-03 16:24", tags]
    return ",".join('"%s"' % cell for cell in cells)


@promise
def rows_of_csv_are_found_whole_behind_the_header(world):
    chance = random.Random(8)
    first = (FIRST_ID >> 22) + 1288834974657
    header = "tweetid,userid,user_screen_name,tweet_text,tweet_time,hashtags"
    lines = [header] + [row_of(chance, i) for i in range(3000)]
    text = ("\ufeff" + "\r\n".join(lines)).encode()
    folder = world.place / "rows"
    folder.mkdir()
    (folder / "rows.csv").write_bytes(text)
    (folder / "cut.csv.zst").write_bytes(cut(text, places_of(len(text), 4)))
    for name, conditions in {
            "accounts": Conditions(accounts=["7", "@name3"]),
            "hashtags": Conditions(hashtags=["tag", "#\u0e01"]),
            "words": Conditions(words=["a\n", "w\u00f6rda"]),
            "times": Conditions(since=first + 100, until=first + 140)
    }.items():
        expected = rows_found(text, conditions)
        require(0 < len(expected) < len(text), name, "is no test")
        for shard in ("rows.csv", "cut.csv.zst"):
            out = require_found(world, name + shard, conditions, expected,
                                folder / shard)
            require(list(found_in(out)) == [shard.split(".")[0] + ".csv.zst"],
                    "named", list(found_in(out)))


@promise
def rows_of_the_archive_of_2020_are_found(world):
    shard = next(s for s in world.shared("io_archive").glob("*.zst")
                 if "tweets" in s.name)
    text = text_of(shard)
    for name, conditions in {
            "words": Conditions(words=["\u0e1b\u0e23\u0e30\u0e0a\u0e32"]),
            "hashtags": Conditions(hashtags=["saverohingya", "thailand"]),
    }.items():
        require_found(world, name, conditions, rows_found(text, conditions),
                      shard)


@promise
def elements_of_a_document_are_lines_of_their_own(world):
    made = archive(world, "archive", "--files", "1")
    records = [json.loads(line) for line in made.text().split(b"\n")
               if line.strip()]
    for name, text in {
            "pretty": json.dumps(records[:1500], indent=1).encode(),
            "dense": json.dumps(records[:1500]).encode()}.items():
        conditions = Conditions(words=["\u9999", "an"])
        expected = elements_found(text, conditions)
        require(expected, "nothing is found")
        plain = world.place / (name + ".json")
        plain.write_bytes(text)
        packed = world.place / (name + "-cut.json.zst")
        packed.write_bytes(cut(text, places_of(len(text), 6)))
        for shard in (plain, packed):
            require_found(world, shard.name, conditions, expected, shard)


@promise
def what_a_frame_puts_aside_comes_before_its_last_lines(world):
    """One frame whose lines fill several batches."""
    lines = [json.dumps({"id_str": str(10 + i), "text": "w" + "x" * 900,
                         "timestamp_ms": str(FIRST_MS + i),
                         "user": {"id_str": "7"}}).encode()
             for i in range(4000)]
    shard = world.place / "document.json.zst"
    shard.write_bytes(frame_of(b"[\n" + b",\n".join(lines) + b"\n]\n"))
    for threads in ("1", "3"):
        folder = find(world, "found-" + threads, Conditions(words=["w"]),
                      "-t", threads, shard)
        require(list(found_in(folder).values()) ==
                [b"".join(line + b"\n" for line in lines)], "other order")


@promise
def the_first_and_the_last_line_stand_where_they_stood(world):
    made = archive(world, "archive", "--files", "1")
    lines = [line for line in made.text().split(b"\r\n") if b'"user"' in line]
    everything = Conditions(since=0)
    for name, text in {
            "bom": b"\xef\xbb\xbf" + b"\n".join(lines[:50]),
            "one": lines[0], "ends": lines[0] + b"\n",
            "blank": b"\n\r\n" + lines[0] + b"\r\n\n" + lines[1],
            "many": b"\n".join(lines[:400]) + b"\n"}.items():
        expected = lines_found(text, everything)
        plain = world.place / (name + ".jsonl")
        plain.write_bytes(text)
        packed = world.place / (name + "-cut.jsonl.zst")
        packed.write_bytes(cut(text, places_of(len(text), 6)))
        for shard in (plain, packed):
            require_found(world, shard.name, everything, expected, shard)


@promise
def lines_are_the_same_over_every_border_of_frames(world):
    post = '{"id":"%d","author_id":"%d","text":"t%d","created_at":' \
        '"2019-07-03T16:24:00Z"}'
    texts = {
        "lines": "\r\n".join(post % (i, i % 3, i) for i in range(1, 7)),
        "rows": "tweetid,userid,tweet_text,tweet_time\n" + "".join(
            '%d,%d,"a\n%d",2019-07-03 16:24\n' % (i, i % 3, i)
            for i in range(1, 9))}
    conditions = Conditions(accounts=["1", "2"])
    for name, text in texts.items():
        text = text.encode()
        expected = (rows_found if name == "rows" else lines_found)(
            text, conditions)
        folder = world.place / name
        folder.mkdir()
        for at in range(1, len(text), 5 if world.sanitized else 1):
            (folder / ("cut%03d.zst" % at)).write_bytes(cut(text, [at]))
        (folder / "bytes.zst").write_bytes(cut(text, range(1, len(text))))
        for threads in (1, 4):
            found = found_in(find(world, "%s-%d" % (name, threads),
                                  conditions, "--threads", threads, folder))
            require(len(found) == len(list(folder.iterdir())), name,
                    "has found", len(found), "files")
            for file, lines in found.items():
                require(lines == expected, name, file, lines)


# ---- however it is read ------------------------------------------------------

@promise
def the_same_bytes_whatever_reads_them(world):
    made = archive(world, "archive", "--layout", "frames", "--frame-bytes",
                   "64K", "--cut-anywhere", "--shard-bytes", "6M")
    conditions = Conditions(words=["e"])
    first = find(world, "first", conditions, "--threads", "1", *made.shards)
    for threads in (1, 2, 4, 7):
        for io in ("uring", "pread"):
            for isa in ([], ["--isa", "scalar"])[:1 + (threads == 2)]:
                name = "-".join([str(threads), io, *isa])
                other = find(world, name, conditions, "--threads", threads,
                             "--io", io, *isa, *made.shards)
                require_same_files(first, other, name)


@promise
def the_same_text_however_it_is_packed(world):
    conditions = Conditions(words=["e"], since=FIRST_MS + 86400000 * 400)
    texts = {}
    for layout in ("shards", "frames", "giant", "plain"):
        options = ("--cut-anywhere",) if layout == "frames" else ()
        made = archive(world, layout, "--layout", layout, *options)
        folder = find(world, layout + "-found", conditions, *made.shards)
        texts[layout] = b"".join(found_in(folder).values())
    require(texts["shards"] and len(set(texts.values())) == 1,
            {name: len(text) for name, text in texts.items()})


@promise
def members_of_containers_are_found_in_their_order(world):
    conditions = Conditions(words=["e"], since=FIRST_MS + 86400000 * 400)
    made = archive(world, "plain", "--layout", "plain", "--files", "3")
    expected = b"".join(found_in(find(world, "plain-found", conditions,
                                      *made.shards)).values())
    places = {name: world.place / name for name in ("a.tar", "b.tar.gz",
                                                    "c.zip")}
    for name, mode in (("a.tar", "w"), ("b.tar.gz", "w:gz")):
        with tarfile.open(places[name], mode) as container:
            for shard in made.shards:
                container.add(shard, shard.name)
    with zipfile.ZipFile(places["c.zip"], "w", zipfile.ZIP_DEFLATED) as zipped:
        for shard in made.shards:
            zipped.write(shard, shard.name)
    for name, place in places.items():
        found = found_in(find(world, name + "-found", conditions, place))
        require(list(found.values()) == [expected], name, list(found))


@promise
def members_that_cannot_share_a_file_are_refused(world):
    place = world.place / "mixed.zip"
    with zipfile.ZipFile(place, "w") as zipped:
        zipped.writestr("a.csv", "tweetid,userid,tweet_time\n")
        zipped.writestr("b.csv", "userid,tweetid,tweet_time\n")
    done = world.call("filter", "-q", "-o", world.place / "out", "--since",
                      "2010-01-01", place)
    require(done.returncode == 66, "exit", done.returncode, done.stderr)
    require("unpack it first" in done.stderr, done.stderr)


@promise
def what_was_found_can_be_read_in_parallel_and_filtered_again(world):
    size = "8000" if world.sanitized else "20000"
    made = world.generate("archive", "--posts", size, "--files", "1")
    everything = Conditions(since=0)
    first = find(world, "first", everything, *made.shards)
    name, text = next(iter(found_in(first).items()))
    cuts, filled = 0, 0
    for line in text.split(b"\n")[:-1]:
        filled += len(line) + 1
        if filled >= FRAME_TEXT:
            cuts, filled = cuts + 1, 0
    shown = subprocess.run(["zstd", "-lq", first / "current" / name],
                           check=True, stdout=subprocess.PIPE, text=True)
    values = shown.stdout.split("\n")[-2].split()
    require(int(values[0]) == cuts + (filled > 0), shown.stdout)
    require("XXH64" in values, "no checksum -", shown.stdout)
    again = find(world, "again", everything, first / "current" / name)
    require((first / name).read_bytes() == (again / name).read_bytes(),
            "other bytes")


@promise
def a_run_over_what_was_found_tells_the_same_of_these_accounts(world):
    made = archive(world, "archive", "--files", "2")
    statuses = list(statuses_of(made.text()))
    ids = sorted({id_of(status["user"]) for status in statuses})[::4]
    folder = find(world, "found", Conditions(accounts=ids), *made.shards)
    whole = world.run("whole", *made.shards).accounts()
    part = world.run("part", *sorted(folder.glob("*.zst"))).accounts()
    columns = ("posts", "originals", "retweets", "replies", "quotes",
               "manual_retweets", "first_post", "last_post", "span_days",
               "gap_mean_s", "gap_q50_s", "burstiness", "memory", "hour_09",
               "dow_3", "languages", "top_language", "clients", "top_client",
               "hashtags", "distinct_hashtags", "top_hashtag", "urls",
               "distinct_domains", "text_length_mean", "distinct_texts",
               "retweet_targets", "top_retweet_target",
               "retweet_delay_q50_s", "deletes", "delete_latency_q50_s")
    for account in ids:
        for column in columns:
            require(whole[account][column] == part[account][column], account,
                    column, part[account][column], "and not",
                    whole[account][column])


# ---- damage and trouble ------------------------------------------------------

@promise
def what_a_damaged_frame_says_is_not_written(world):
    made = archive(world, "archive", "--files", "1")
    lines = made.text().split(b"\r\n")[:600]
    conditions = Conditions(since=0)
    parts = [b"".join(line + b"\r\n" for line in lines[at:at + 40])
             for at in range(0, 600, 40)]
    frames = [bytearray(frame_of(part, "-1")) for part in parts]
    for lost in (0, 7, 14):
        damaged = [bytearray(frame) for frame in frames]
        damaged[lost][-1] ^= 1
        shard = world.place / ("lost%d.jsonl.zst" % lost)
        shard.write_bytes(b"".join(damaged))
        expected = lines_found(b"".join(parts[:lost] + parts[lost + 1:]),
                               conditions)
        folder = require_found(world, "lost%d" % lost, conditions, expected,
                               shard)
        frames_lost = json.loads((folder / "ledger.json").read_text())[
            "total"]["frames"]["rejected"]
        require(frames_lost == {"frame_checksum": 1}, frames_lost)


@promise
def a_line_that_touches_a_lost_frame_is_not_written(world):
    made = archive(world, "archive", "--files", "1")
    text = made.text()[:2 << 20]
    conditions = Conditions(since=0)
    places = list(range(100000, len(text), 100000))
    edges = [0, *places, len(text)]
    frames = [bytearray(frame_of(text[a:b], "-1"))
              for a, b in zip(edges, edges[1:])]
    lost = 9
    frames[lost][-1] ^= 1
    shard = world.place / "lost.jsonl.zst"
    shard.write_bytes(b"".join(frames))
    before = text[:edges[lost]].rpartition(b"\n")[0] + b"\n"
    after = text[edges[lost + 1]:].partition(b"\n")[2]
    require_found(world, "lost", conditions, lines_found(before, conditions) +
                  lines_found(after, conditions), shard)


@promise
def a_full_disk_ends_with_73_and_leaves_the_old_set_whole(world):
    made = world.generate("archive", "--posts", "8000", "--files", "1")
    few = Conditions(words=["\u9999\u6e2f"])
    with tiny_disk(world.place / "disk", "700k") as disk:
        out = disk / "out"
        options = few.options(world.place)
        done = world.call("filter", "-q", "-o", out, *options, *made.shards)
        require(done.returncode == 0, done.stderr)
        before = found_in(out)
        for threads in (1, 4):
            done = world.call("filter", "-q", "-o", out, "--threads", threads,
                              "--since", "2000-01-01", *made.shards)
            require(done.returncode == 73, "exit", done.returncode,
                    done.stderr)
            require(found_in(out) == before, "another set stands there")


@promise
def nothing_found_is_a_set_without_shards(world):
    made = archive(world, "archive", "--files", "2")
    folder = find(world, "none", Conditions(words=["no such word"]),
                  *made.shards)
    names = sorted(path.name for path in (folder / "current").iterdir())
    require(names == sorted([*FILES, "timings.json"]), names)
    report = json.loads((folder / "filter.json").read_text())
    require(report["total"]["files"] == 0 and
            report["total"]["matched_lines"] == 0, report["total"])
    require([shard["file"] for shard in report["shards"]] == [None, None],
            report["shards"])


@promise
def names_follow_the_shards_and_are_told_apart(world):
    made = archive(world, "archive", "--files", "1")
    line = next(line for line in made.text().split(b"\r\n")
                if b'"user"' in line)
    names = ["a/x.jsonl", "b/x.json", "b/x-2.txt", "c/.x.ndjson.zst",
             "c/x.jsonl.zst", "d/current"]
    for number, name in enumerate(names):
        path = world.place / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = line.replace(b'"lang"', b'"n%d":0,"lang"' % number) + b"\n"
        path.write_bytes(frame_of(text) if name.endswith("zst") else text)
    shards = [world.place / "in" / name for name in names]
    folder = find(world, "found", Conditions(since=0), *shards)
    found = found_in(folder)
    order = sorted(names)
    expected = {"a/x.jsonl": "x", "b/x-2.txt": "x-2", "b/x.json": "x-3",
                "c/.x.ndjson.zst": "_x", "c/x.jsonl.zst": "x-4",
                "d/current": "current"}
    require(order == list(expected), order)
    require(sorted(found) == sorted(name + ".jsonl.zst"
                                    for name in expected.values()),
            sorted(found))
    for number, name in enumerate(names):
        require(b'"n%d"' % number in found[expected[name] + ".jsonl.zst"],
                name, "stands elsewhere")
    with open(shards[0], "rb") as stream:
        done = world.call("filter", "-q", "-o", world.place / "piped",
                          "--since", "2000-01-01", "-", stdin=stream)
    require(done.returncode == 0, done.stderr)
    require(list(found_in(world.place / "piped")) == ["stdin.jsonl.zst"],
            "a pipe's name")


@promise
def what_makes_no_sense_is_refused_before_anything_is_made(world):
    made = archive(world, "archive", "--files", "1")
    empty, alone = world.place / "empty", world.place / "alone"
    empty.write_text("")
    alone.write_text("1\n@\n")
    for code, words, options in (
            (64, "filter by", []),
            (64, "--match", ["--word", "a", "--match", "some"]),
            (64, "empty", ["--word", ""]),
            (64, "empty", ["--hashtag", "#"]),
            (64, "--since", ["--since", "yesterday"]),
            (64, "line 2", ["--accounts", alone]),
            (66, "nowhere", ["--accounts", world.place / "nowhere"])):
        done = world.call("filter", "-o", world.place / "out", *options,
                          *made.shards)
        require(done.returncode == code, options, "exit", done.returncode,
                done.stderr)
        require(words in done.stderr, options, "says", done.stderr)
        require(not (world.place / "out").exists(), options, "left output")
    done = world.call("filter", "--quiet", "-o", world.place / "out",
                      "--accounts", empty, *made.shards)
    require(done.returncode == 0, done.stderr)
    require(not found_in(world.place / "out"), "an empty list finds some")


@promise
def a_foreign_file_of_a_shards_name_is_refused(world):
    made = archive(world, "archive", "--files", "1")
    out = world.place / "out"
    out.mkdir()
    foreign = out / (made.shards[0].name.split(".")[0] + ".jsonl.zst")
    foreign.write_text("mine")
    done = world.call("filter", "-q", "-o", out, "--since", "2000-01-01",
                      *made.shards)
    require(done.returncode == 73, "exit", done.returncode, done.stderr)
    require(foreign.read_text() == "mine", "overwritten")
    require(os.listdir(out).count("current") == 0, "a set was published")


if __name__ == "__main__":
    sys.exit(main())
