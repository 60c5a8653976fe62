#!/usr/bin/env python3
"""The fault matrix: what can be wrong with lines, values and keys."""

import csv
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from many import FIRST, GOOD, LAST, OTHER, Many, checked, each, line, \
    unchecked  # noqa: E402
from harness import main, promise, require  # noqa: E402

LIMIT = 64 << 10


def fate(many, wanted):
    """wanted: by shard the posts and the one reason, or None."""
    for shard, (posts, reason) in wanted.items():
        seen = many[shard]
        require(seen.posts == posts, shard, "posts", seen.posts, seen.bad)
        require(set(seen.bad) == ({reason} if reason else set()), shard,
                seen.bad)


# ---- where lines begin and end ----------------------------------------------

@promise
def a_line_of_a_gb_is_rejected_and_its_neighbours_are_kept(world):
    size = (64 << 20) if world.sanitized else 10**9
    long = subprocess.run(
        "(printf '{\"text\":\"'; head -c %d /dev/zero | tr '\\0' x; echo) | "
        "zstd -1 -cq --check" % size, shell=True, check=True,
        stdout=subprocess.PIPE).stdout
    many = Many(world, "long", {"long.zst": checked(GOOD) + long
                                + checked(LAST)}, "--memory", "256M")
    fate(many, {"long.zst": (2, "line_too_long")})


def padded(number, size):
    bare = len(line(number, text="")) - 1
    return line(number, text="x" * (size - bare))


@promise
def the_limit_of_a_line_is_exact(world):
    variants, wanted = {}, {}
    for more in (-1, 0, 1):
        text = GOOD + padded(2, LIMIT + more) + LAST
        cut = len(text) // 2
        for name, content in (("plain.jsonl", text), ("whole.zst",
                              checked(text)), ("frames.zst",
                              checked(text[:cut]) + checked(text[cut:]))):
            shard = "limit%+d-%s" % (more, name)
            variants[shard] = content
            wanted[shard] = (2, "line_too_long") if more > 0 else (3, None)
    fate(Many(world, "limit", variants, "--line-max", "64K"), wanted)


@promise
def ends_of_files_and_lines_without_text_cost_nothing(world):
    texts = {"no-end": GOOD + OTHER[:-1], "feeds": b"\n" * 100000,
             "returns": b"\r\n" * 50000, "crlf": GOOD[:-1] + b"\r\n" + OTHER,
             "gaps": b"\n\n" + GOOD + b"\n\n" + OTHER + b"\n\n"}
    posts = {"no-end": 2, "feeds": 0, "returns": 0, "crlf": 2, "gaps": 2}
    many = Many(world, "ends", {
        name + suffix: pack(text) for name, text in texts.items()
        for suffix, pack in ((".jsonl", bytes), (".zst", checked))})
    fate(many, {shard: (posts[shard.rpartition(".")[0]], None)
                for shard in many.seen})
    require(many["feeds.zst"].lines["blank"] == 100000, "blank lines")


@promise
def a_line_across_frames_is_whole_wherever_it_is_cut(world):
    text = GOOD + OTHER + LAST
    many = Many(world, "cuts", {
        "cut%04d.zst" % at: unchecked(text[:at]) + unchecked(text[at:])
        for at in range(len(text) + 1)})
    each(many, lambda shard, seen: None if seen.posts == 3 and not seen.bad
         else "%d posts" % seen.posts)


@promise
def a_line_across_blocks_is_whole_however_far_it_reaches(world):
    long = padded(2, 700 << 10)
    texts = [GOOD * 200 + long + LAST, long + GOOD * 5000 + LAST]
    many = Many(world, "blocks", {"blocks%d.zst" % i: checked(text)
                                  for i, text in enumerate(texts)})
    fate(many, {"blocks0.zst": (202, None), "blocks1.zst": (5002, None)})


@promise
def nesting_of_a_million_is_rejected(world):
    deep = 10**6
    many = Many(world, "deep", {
        "open.jsonl": GOOD + b"[" * deep + b"\n" + LAST,
        "whole.jsonl": GOOD + b"[" * deep + b"]" * deep + b"\n" + LAST,
        "objects.jsonl": GOOD + b'{"a":' * deep + b"1" + b"}" * deep + b"\n"
                         + LAST,
        "value.jsonl": GOOD + OTHER[:-2] + b',"x":' + b"[" * deep
                       + b"]" * deep + b"}\n" + LAST})
    each(many, lambda shard, seen: None if seen.posts == 2 and
         set(seen.bad) <= {"too_deep", "bad_json"} and
         sum(seen.bad.values()) == 1 else seen.bad)


# ---- bytes and escapes ------------------------------------------------------

INVALID = (b"\x80", b"\xbf", b"\xc0\x80", b"\xc1\xbf", b"\xc3", b"\xc3(",
           b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xe2\x82", b"\xe2(\xa1",
           b"\xe2\x82(", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80",
           b"\xf0\x8f\xbf\xbf", b"\xf0\x9f\x98", b"\xf0(\x8c\xbc",
           b"\xf0\x90(\xbc", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
           b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"\xfe",
           b"\xff")


@promise
def every_class_of_invalid_utf8_is_rejected(world):
    variants = {}
    for number, bad in enumerate(INVALID):
        for place in (b"sand", b"piper", b'"text"'):
            shard = "utf%02d-%d.jsonl" % (number, len(place))
            variants[shard] = GOOD + OTHER.replace(
                place, place[:2] + bad + place[2:]) + LAST
    fate(Many(world, "utf8", variants),
         {shard: (2, "bad_utf8") for shard in variants})


@promise
def surrogates_nul_and_marks_are_what_the_formats_say(world):
    variants = {
        "pair.jsonl": GOOD + OTHER.replace(b"sand", rb"\ud83d\ude00"),
        "high.jsonl": GOOD + OTHER.replace(b"sand", rb"\ud83d"),
        "low.jsonl": GOOD + OTHER.replace(b"sand", rb"\ude00\ud83d"),
        "nul.jsonl": GOOD + OTHER.replace(b"piper", rb"pi\u0000per"),
        "first.jsonl": b"\xef\xbb\xbf" + GOOD + OTHER}
    wanted = {shard: (2, None) for shard in variants}
    variants["second.jsonl"] = GOOD + b"\xef\xbb\xbf" + OTHER
    variants["byte.jsonl"] = GOOD + OTHER.replace(b"sand", b"sa\0nd")
    wanted["second.jsonl"] = wanted["byte.jsonl"] = (1, "bad_json")
    fate(Many(world, "marks", variants), wanted)


# ---- numbers and keys -------------------------------------------------------

def author(number, **changes):
    return {"id": number, "id_str": str(number), "screen_name": "a",
            **changes}


@promise
def numbers_at_every_limit_are_exact_or_unknown(world):
    counts = {"9223372036854775807": "9223372036854775807",
              "9223372036854775808": "", "18446744073709551615": "",
              "-1": "", "-0": "0", "0": "0", "1e400": "", "1.5": "",
              "7.0": "7", "9" * 100000: "", "4294967296": "4294967296"}
    lines, wanted = [], {}
    for number, (text, value) in enumerate(counts.items(), 100):
        lines.append(line(number, user=author(
            number, followers_count="@@")).replace(b'"@@"', text.encode()))
        wanted[str(number)] = value
    many = Many(world, "numbers", {"numbers.jsonl": b"".join(lines)})
    fate(many, {"numbers.jsonl": (len(counts), None)})
    accounts = many.accounts()
    for account, value in wanted.items():
        got = accounts[account]["followers_last"]
        require(got == value, account, "has", got, "and not", value)


@promise
def ids_beyond_every_limit_are_texts_or_rejected(world):
    ids = {"9223372036854775808": True, "18446744073709551616": True,
           "9" * 255: True, "9" * 256: False, "0": False, "-5": False,
           "1e3": False, "": False}
    text = b"".join(line(i, user={"id_str": value, "screen_name": "a"})
                    for i, value in enumerate(ids, 100))
    many = Many(world, "ids", {"ids.jsonl": text})
    good = {value for value, usable in ids.items() if usable}
    require(set(many.accounts()) == good, sorted(many.accounts()))
    require(many["ids.jsonl"].bad == {"missing_key": len(ids) - len(good)},
            many["ids.jsonl"].bad)


@promise
def needed_keys_are_found_however_they_are_spelled(world):
    def one(text):
        return GOOD + text + LAST

    variants = {
        "escaped.jsonl": one(OTHER.replace(b'"id_str"', rb'"\u0069d_st\u0072"')
                             .replace(b'"user"', rb'"us\u0065r"')),
        "twice.jsonl": one(OTHER.replace(b'"id_str"', b'"id_str":"bad",'
                                         b'"id_str"', 1)),
        "number.jsonl": one(line(2, id_str=None)),
        "array.jsonl": one(line(2, id_str=[str(FIRST + 2)]))}
    wanted = {shard: (3, None) for shard in variants}
    for name, changes, reason in (
            ("no-id", {"id": None, "id_str": None}, "missing_key"),
            ("object", {"id": {}, "id_str": {"a": 1}}, "missing_key"),
            ("bool", {"id": True, "id_str": False}, "missing_key"),
            ("author", {"user": {"screen_name": "a"}}, "missing_key"),
            ("no-user", {"user": None}, "unknown_record"),
            ("user-text", {"user": "7"}, "unknown_record"),
            ("no-text", {"text": None}, "unknown_record")):
        variants[name + ".jsonl"] = one(line(2, **changes))
        wanted[name + ".jsonl"] = (2, reason)
    fate(Many(world, "keys", variants), wanted)


# ---- what comes out ---------------------------------------------------------

NAMES = ("=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", 'say "hi"', "a,b",
         "two\nlines", "cr\rlf\r\n", "\x1b[31mred\x1b[0m", "\x9b31m", "\u202eevil",
         "\u2066x\u2069", "\ufeffmark", "'", "", " ", "\\", "\u2028")


@promise
def names_that_are_formulas_and_controls_parse_back_equal(world):
    text = b"".join(line(i, user=author(i, name=name, screen_name=name))
                    for i, name in enumerate(NAMES, 100))
    many = Many(world, "names", {"names.jsonl": text})
    rows = many.accounts()
    for i, name in enumerate(NAMES, 100):
        require(rows[str(i)]["display_name"] == name, repr(name), "is",
                repr(rows[str(i)]["display_name"]))
    with open(many.outputs[0].folder / "accounts.jsonl", "rb") as lines:
        there = {row["account_id"]: row["display_name"]
                 for row in map(json.loads, lines)}
    require(there == {str(i): name for i, name in enumerate(NAMES, 100)},
            "JSON differs")
    raw = many.outputs[0].bytes("accounts.csv").decode()
    require(list(csv.reader(raw.splitlines(True), strict=True)), "no CSV")


@promise
def one_account_with_every_line_is_counted(world):
    count = 3000 if world.sanitized else 60000
    text = b"".join(line(i) for i in range(count))
    parts = [text[i:i + 999999] for i in range(0, len(text), 999999)]
    many = Many(world, "one", {"one.zst": b"".join(map(checked, parts))},
                "--memory", "160M")
    rows = many.accounts()
    require(rows["7"]["posts"] == str(count) and len(rows) == 1, rows.keys())


if __name__ == "__main__":
    sys.exit(main())
