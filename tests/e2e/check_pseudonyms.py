#!/usr/bin/env python3
"""Pseudonyms: nobody can be read from the outputs, and no number changes.

What must stand in the place of each id and name is computed here again, with
Python's BLAKE2b.
"""

import csv
import hashlib
import io
import json
import os
import re
import sys

from harness import main, promise, require, require_same

KEY = bytes(range(7, 39))
TABLES = ("accounts", "days", "hashtags", "hashtag_days", "clients",
          "languages", "domains", "created", "posts")
ALL_TABLES = ("--tables", ",".join(TABLES))
ACCOUNT_COLUMNS = ("account_id", "target_account", "top_retweet_target")
NAME_COLUMNS = ("screen_name", "display_name")
POST_COLUMNS = ("post_id", "target_post", "dormant_from_post",
                "dormant_to_post", "repurposed_post")
PARTED = re.compile(rb"[0-9A-Za-z_]+")


def pseudonym(kind, text, key=KEY):
    return hashlib.blake2b((kind + text).encode(), key=key,
                           digest_size=16).hexdigest()


def shown(row, key=KEY):
    """What a row of any table becomes."""
    row = dict(row)
    for column in ACCOUNT_COLUMNS:
        if row.get(column):
            row[column] = pseudonym("id:%s:" % row["platform"], row[column],
                                    key)
    for column in NAME_COLUMNS:
        if row.get(column):
            row[column] = pseudonym("name:", row[column], key)
    for column in POST_COLUMNS:
        if row.get(column) and row["platform"] == "bluesky":
            row[column] = pseudonym("post:", row[column], key)
    if not row.get("handle_template", "").isascii():
        row["handle_template"] = ""
    return row


# ---- an archive by hand, where everybody can be told ------------------------

def user(number):
    handle = ("Handle_%05d" % number, "Ünïcode%d" % number,
              "zz%08d" % number)[number % 3]
    return {"id": 770000000 + number, "id_str": str(770000000 + number),
            "screen_name": handle, "name": "Person %05d 名" % number,
            "created_at": "Tue Mar 21 20:50:14 +0000 2006",
            "followers_count": number, "friends_count": 1,
            "statuses_count": 9, "favourites_count": 0, "listed_count": 0}


def tweet(number, author, **more):
    identity = 1250000000000000000 + (number << 22)
    line = {"id": identity, "id_str": str(identity), "user": author,
            "created_at": "Tue Apr 14 10:00:00 +0000 2020", "lang": "en",
            "text": "words", "source": "<a href=\"x\">Web</a>"}
    line.update(more)
    return line


def lines_by_hand():
    number = 0
    for a in range(40):
        for k in range(1 + a % 7):
            number += 1
            author, other = user(a), user((a * 7 + k) % 45)
            if k % 3 == 1:
                old = tweet(number + 5000, other)
                yield tweet(number, author, retweeted_status=old)
            elif k % 3 == 2:
                yield tweet(number, author,
                            in_reply_to_user_id_str=other["id_str"],
                            in_reply_to_status_id_str="12345678901234",
                            in_reply_to_screen_name=other["screen_name"])
            else:
                yield tweet(number, author)


def sky_uri(number):
    return "at://%s/app.bsky.feed.post/3k%d" % (sky_did(number % 9), number)


def sky_did(number):
    return "did:plc:zzzzzz%02d" % number


def sky(number):
    """A post, a reply, or a repost; a month apart, so that somebody sleeps."""
    did, kind = sky_did(number % 9), number % 3
    record = ({"text": "words"},
              {"text": "no", "reply": {"parent": {"uri": sky_uri(number - 1)}}},
              {"subject": {"uri": sky_uri(number - 2)}})[kind]
    collection = "app.bsky.feed." + ("repost" if kind == 2 else "post")
    return {"did": did, "kind": "commit",
            "time_us": 1700000000000000 + number * 86400000000 * 11,
            "commit": {"operation": "create", "collection": collection,
                       "rkey": "3k%d" % number, "record": record}}


def submission(number):
    return {"id": "abc%d" % number, "author": "Redditor_%d" % (number % 4),
            "author_fullname": "t2_zzzz%d" % (number % 4), "title": "words",
            "selftext": "", "is_self": True, "subreddit": "pics",
            "created_utc": 1586858400 + number}


def by_hand(world):
    """A shard whose rejected lines name somebody too."""
    records = [*lines_by_hand(), *map(sky, range(60)),
               *map(submission, range(8))]
    lines = [json.dumps(line, ensure_ascii=False) for line in records]
    named = json.dumps(tweet(9999, user(3)), ensure_ascii=False)
    lines += [named[:-9], named.replace('"id_str": "125', '"id_str": "x125'),
              json.dumps({"user": user(4)}), '{"delete":{"status":{"id":1,'
              '"id_str":"1","user_id":770000002,"user_id_str":"770000002"},'
              '"timestamp_ms":"1586858400000"}}']
    shard = world.place / "by-hand.jsonl"
    shard.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return shard


def everybody(shard):
    """Every id and name of an account in the text, as bytes."""
    found = set()

    def walk(value):
        if isinstance(value, dict):
            for name, inner in value.items():
                if name in ("user", "retweeted_status", "quoted_status"):
                    walk(inner)
                elif name in ("screen_name", "name", "user_id_str", "did",
                              "author", "author_fullname",
                              "in_reply_to_user_id_str",
                              "in_reply_to_screen_name") or \
                        (name == "id_str" and "screen_name" in value):
                    found.add(str(inner))
    for line in shard.read_text(encoding="utf-8").splitlines():
        try:
            walk(json.loads(line))
        except ValueError:
            continue
    return {text.encode() for text in found if len(text) >= 6}


def key_file(world, key=KEY, name="key"):
    path = world.place / name
    path.write_bytes(key)
    return path


def run(world, name, *arguments, key=None):
    pseudonyms = ("--pseudonyms", key) if key else ()
    return world.run(name, *ALL_TABLES, *pseudonyms, *arguments)


def files_of(outputs):
    return sorted(path for path in (outputs.folder / "current").iterdir()
                  if path.name != "timings.json")


def rows(outputs, table):
    text = outputs.bytes(table + ".csv").decode()
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


# ---- promises ---------------------------------------------------------------

@promise
def nobody_can_be_read_from_any_output(world):
    shard, key = by_hand(world), key_file(world)
    people = everybody(shard)
    require(len(people) > 100, "only", len(people), "ids and names")
    plain = run(world, "plain", shard)
    for column in POST_COLUMNS[2:4]:
        require(any(row[column].startswith("at://")
                    for row in rows(plain, "accounts")), "no", column)
    told = b"".join(path.read_bytes() for path in files_of(plain))
    require(all(person in told for person in people
                if person.startswith(b"Person 0000")), "the check is blind")
    hidden = run(world, "hidden", "--format", "csv,jsonl,sqlite", shard,
                 key=key)
    require(any(path.suffix == ".sqlite" for path in files_of(hidden)),
            "no database")
    for path in files_of(hidden):
        text = path.read_bytes()
        for person in people:
            require(person not in text, person, "stands in", path.name)
        for secret in (KEY, KEY.hex().encode()):
            require(secret not in text, "the key stands in", path.name)


@promise
def what_is_said_while_it_runs_names_nobody(world):
    shard, key = by_hand(world), key_file(world)
    done = world.call("run", "-o", world.place / "out", "--pseudonyms", key,
                      "--profile", shard)
    require(done.returncode == 0, done.stderr)
    said = (done.stdout + done.stderr).encode()
    for person in everybody(shard):
        require(person not in said, person, "was said")


@promise
def rejects_show_place_and_reason_and_no_bytes(world):
    shard, key = by_hand(world), key_file(world)
    plain = run(world, "plain", shard).rejects()
    hidden = run(world, "hidden", shard, key=key).rejects()
    require(len(plain) >= 2, "only", len(plain), "rejects")
    require(all(sample["bytes"] for sample in plain), "no bytes to hide")
    for sample in plain:
        sample["bytes"] = None
    require(plain == hidden, plain, hidden)


def check_rows(plain, hidden, key=KEY):
    for table in TABLES:
        expected = [shown(row, key) for row in rows(plain, table)]
        found = rows(hidden, table)
        if "account_id" in (expected or [{}])[0]:
            expected.sort(key=lambda row: (row["platform"],
                                           row["account_id"]))
        require(expected == found, table, "differs:",
                [pair for pair in zip(expected, found)
                 if pair[0] != pair[1]][:1])
    for name in ("accounts", "posts"):
        lines = hidden.bytes(name + ".jsonl").decode().splitlines()
        ids = [json.loads(line)["account_id"] for line in lines]
        require(ids == [row["account_id"] for row in rows(hidden, name)],
                name, "differs between formats")


@promise
def rows_are_those_without_pseudonyms_in_another_order(world):
    shard, key = by_hand(world), key_file(world)
    check_rows(run(world, "plain", shard), run(world, "hidden", shard,
                                               key=key))


@promise
def rows_of_a_made_archive_are_those_without_pseudonyms(world):
    posts = "1500" if world.sanitized else "6000"
    archive = world.generate("archive", "--posts", posts, "--campaign", "40",
                             "--duplicates", "0.02", "--shard-bytes", "4M")
    key = key_file(world)
    plain = run(world, "plain", *archive.shards)
    hidden = run(world, "hidden", *archive.shards, key=key)
    check_rows(plain, hidden)
    people = {row["account_id"].encode() for row in rows(plain, "accounts")}
    for path in files_of(hidden):
        words = set(PARTED.findall(path.read_bytes()))
        require(not people & words, sorted(people & words)[:3], "in",
                path.name)


@promise
def threads_change_no_byte_with_pseudonyms(world):
    posts = "1000" if world.sanitized else "4000"
    archive = world.generate("archive", "--posts", posts, "--campaign", "20",
                             "--duplicates", "0.02", "--shard-bytes", "1M")
    key = key_file(world)
    first = run(world, "first", "-t", 1, *archive.shards, key=key)
    names = [path.name for path in files_of(first)]
    for threads in (2, 4):
        other = run(world, "threads-%d" % threads, "-t", threads,
                    *archive.shards, key=key)
        require_same(first, other, names, "%d threads" % threads)
    tight = run(world, "tight", "-t", 1, "-m", "34M", *archive.shards[::-1],
                key=key)
    require_same(first, tight, names, "little memory, another order")


@promise
def another_key_gives_other_pseudonyms(world):
    shard = by_hand(world)
    other_key = KEY[:-1] + b"!"
    one = run(world, "one", shard, key=key_file(world))
    other = run(world, "other", shard, key=key_file(world, other_key, "key-2"))
    plain = run(world, "plain", shard)
    check_rows(plain, other, other_key)
    ids = [{row["account_id"] for row in rows(outputs, "accounts")}
           for outputs in (one, other)]
    require(len(ids[0]) == len(ids[1]) == 53, len(ids[0]), len(ids[1]))
    require(not ids[0] & ids[1], "shared pseudonyms")


@promise
def the_manifest_tells_the_key_by_its_fingerprint(world):
    shard = by_hand(world)
    told = run(world, "told", shard, key=key_file(world)) \
        .json("manifest.json")["parameters"]
    require(told["pseudonyms"] is True, told)
    require(told["pseudonyms_key"] == hashlib.blake2b(
        b"sandpiper", key=KEY, digest_size=8).hexdigest(), told)
    plain = run(world, "plain", shard).json("manifest.json")["parameters"]
    require(plain["pseudonyms"] is False and "pseudonyms_key" not in plain,
            plain)


@promise
def bad_key_files_are_refused_before_anything_is_written(world):
    shard = by_hand(world)
    os.mkfifo(world.place / "fifo")
    cases = [("short", KEY[:15], 78, "15"), ("long", KEY * 3, 78, "96"),
             ("empty", b"", 78, "has 0"), ("fifo", None, 78, "regular"),
             (".", None, 78, "regular"), ("nowhere", None, 64, "open")]
    for name, content, code, word in cases:
        path = world.place / name
        if content is not None:
            path.write_bytes(content)
        done = world.call("run", "-o", world.place / "out", "--pseudonyms",
                          path, shard)
        require(done.returncode == code, name, done.returncode, done.stderr)
        require(word in done.stderr, name, done.stderr)
        require(done.stderr.count("\n") == 1, name, done.stderr)
        require(not (world.place / "out").exists(), name, "left an output")
    for size in (16, 64):
        key = key_file(world, (KEY * 2)[:size], "good-%d" % size)
        run(world, "size-%d" % size, shard, key=key)


@promise
def lists_are_of_real_ids_and_handles(world):
    shard, key = by_hand(world), key_file(world)
    chosen = world.place / "chosen"
    chosen.write_text("770000003\n@handle_00006\n", encoding="utf-8")
    plain = run(world, "plain", "--accounts", chosen, shard)
    hidden = run(world, "hidden", "--accounts", chosen, shard, key=key)
    require(len({row["account_id"] for row in rows(hidden, "posts")}) == 2,
            "two accounts are in the list")
    check_rows(plain, hidden)
    told = [outputs.json("manifest.json")["parameters"]["accounts"]
            for outputs in (plain, hidden)]
    require("xxh3_128" in told[0] and told[1] == {"accounts": 2},
            "a short list can be guessed by its digest:", told)


# ---- --min-posts ------------------------------------------------------------

def check_min_posts(world, shard, *arguments, key=None):
    plain = run(world, "all", *arguments, shard, key=key)
    few = run(world, "few", "--min-posts", 4, *arguments, shard, key=key)
    kept = [row for row in rows(plain, "accounts") if int(row["posts"]) >= 4]
    require(0 < len(kept) < len(rows(plain, "accounts")), len(kept), "rows")
    require(kept == rows(few, "accounts"), "other rows")
    for table in TABLES[1:]:
        require_same(plain, few, [table + ".csv", table + ".jsonl"], table)
    result, before = few.ledger()["result"], plain.ledger()["result"]
    require(result["accounts_listed"] == len(kept), result)
    require(result["posts_listed"] == sum(int(row["posts"]) for row in kept),
            result)
    for name in set(before) - {"accounts_listed", "posts_listed"}:
        require(result[name] == before[name], name, "changed")
    require(before["posts_listed"] == before["posts"] and
            before["accounts_listed"] == before["accounts"], before)
    require(few.json("manifest.json")["parameters"]["min_posts"] == 4,
            "the manifest does not say so")


@promise
def accounts_with_few_posts_have_no_row_and_nothing_else_changes(world):
    check_min_posts(world, by_hand(world))


@promise
def few_posts_and_pseudonyms_go_together(world):
    check_min_posts(world, by_hand(world), key=key_file(world))


if __name__ == "__main__":
    sys.exit(main())
