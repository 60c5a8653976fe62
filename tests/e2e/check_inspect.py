#!/usr/bin/env python3
"""inspect: what it says of shards is what they were made of, it reads no more
of them than it says, and what headers show of damage is told as a run tells
it."""

import gzip
import json
import os
import struct
import subprocess
import sys

from archive_kinds import (FRAMES, SKIPPABLE, damaged_frames, damaged_others,
                           dictionary_kinds, flipped, frames_of, seekable,
                           text_of_archive, whole_kinds)
from check_containers import parts_of, put, tar_of, zip_of
from harness import frame_of, main, promise, require

MIB = 1 << 20


def inspect(world, *arguments):
    """What it found, shard by shard, by the names given."""
    done = world.call("inspect", "--json", *arguments)
    require(done.returncode == 0, "exit", done.returncode, done.stderr)
    return {shard["shard"]: shard
            for shard in json.loads(done.stdout)["shards"]}


def inspect_one(world, name, content, *options):
    path = put(world, name, content)
    return inspect(world, *options, path)[str(path)]


def sizes_of(parts):
    sizes = sorted(map(len, parts))
    return {"frames": len(sizes), "least": sizes[0],
            "median": sizes[(len(sizes) - 1) // 2], "greatest": sizes[-1],
            "sum": sum(sizes)}


def require_fields(found, **wanted):
    for key, value in wanted.items():
        require(found[key] == value, key, "is", found[key], "not", value)


@promise
def frames_are_counted_and_measured(world):
    parts = parts_of(text_of_archive(world), FRAMES)
    frames = [frame_of(part, "--no-check", "--stream-size=%d" % len(part))
              if number == 1 else frame_of(part, "--no-content-size")
              if number == 2 else frame_of(part, "--stream-size=%d"
                                           % len(part))
              for number, part in enumerate(parts)]
    found = inspect_one(world, "a.zst", b"".join(frames) + SKIPPABLE
                        + struct.pack("<I", 3) + b"abc")
    require_fields(found, container="zstd", inner=None, readable=True,
                   looked_at_all=True, looked_bytes=found["bytes"],
                   parallel=True, damaged={}, damage=[])
    told = [part for number, part in enumerate(parts) if number != 2]
    require_fields(found["frames"], whole=FRAMES, goes_on=False,
                   with_checksum=FRAMES - 1, without_content_size=1,
                   compressed_bytes=sizes_of(frames),
                   text_bytes=sizes_of(told), for_other_lanes=FRAMES,
                   windows_refused=0, with_dictionary=0, dictionaries=[],
                   skippable=1, skippable_bytes=11, ratio_from="headers",
                   seek_table=None)
    ratio = sum(map(len, told)) / sum(
        len(frame) for number, frame in enumerate(frames) if number != 2)
    require(abs(found["frames"]["ratio"] / ratio - 1) < 1e-8,
            found["frames"]["ratio"], ratio)


@promise
def the_table_of_seekable_files_is_read(world):
    text = text_of_archive(world)
    content = seekable(text)
    table = inspect_one(world, "a.zst", content)["frames"]["seek_table"]
    size = 8 + FRAMES * 8 + 9
    require_fields(table, frames=FRAMES, agrees=True, text_bytes=len(text),
                   compressed_bytes=len(content) - size)
    other = inspect_one(world, "b.zst", frame_of(b"{}\n") + content)
    require(other["frames"]["seek_table"]["agrees"] is False, other)
    # A count that leads out of the file, or behind its own head.
    for count in (FRAMES + 1, FRAMES - 1, 0, 0xFFFFFFFF):
        lying = content[:-9] + struct.pack("<I", count) + content[-5:]
        found = inspect_one(world, "lying.zst", lying)
        require(found["frames"]["seek_table"] is None, count, found)


def tally_of(outputs):
    """What the run says of records, as inspect names it."""
    total = outputs.total()
    return {"lines": total["lines"], "records": {
        key: total["records"][key]
        for key in ("total", "posts_with_copies", "users", "dialects",
                    "control", "rejected")}}


def first_lines(text, count):
    return b"".join(text.splitlines(keepends=True)[:count])


@promise
def the_first_records_are_what_a_run_says_of_them(world):
    """In every kind, and in real files of every dialect."""
    text = text_of_archive(world)
    want = tally_of(world.run("want", put(world, "want.json",
                                          first_lines(text, 100))))
    kinds = whole_kinds(text)
    document = {"rows.csv", "rows.csv.zst", "document.json",
                "document.json.zst", "empty.json"}
    for name, content in kinds.items():
        if name in document:
            continue
        found = inspect_one(world, name, content)
        # Members are cut into fewer lines than are looked at, maybe.
        if found["container"] in ("tar", "zip") or found["inner"]:
            require(found["sample"]["records"]["posts_with_copies"] > 0,
                    name, found["sample"])
            continue
        for key in ("lines", "records"):
            require(found["sample"][key] == want[key], name, key,
                    found["sample"][key], want[key])


@promise
def documents_and_rows_are_counted_by_their_elements(world):
    kinds = whole_kinds(text_of_archive(world))
    for name in ("document.json", "document.json.zst"):
        found = inspect_one(world, name, kinds[name])
        want = tally_of(world.run("out-" + name, world.place / name))
        require(found["sample"]["framing"] == "document", found["sample"])
        require(want["lines"]["total"] == 60, want)
        for key in ("lines", "records"):
            require(found["sample"][key] == want[key], name, key,
                    found["sample"][key], want[key])
    for name in ("rows.csv", "rows.csv.zst"):
        found = inspect_one(world, name, kinds[name])
        rows = kinds["rows.csv"].count(b'"\n') + 1
        require(found["sample"]["framing"] == "csv", found["sample"])
        require(found["sample"]["lines"]["total"] == min(rows, 101),
                found["sample"]["lines"], rows)
        require(found["sample"]["lines"]["control"] == 1, "no header")


@promise
def real_files_of_every_dialect_are_told_apart(world):
    wanted = {"v11_stream": "twitter_v1.1", "v2": "twitter_v2",
              "io_archive": "io_archive", "reddit": "reddit",
              "bluesky": "bluesky"}
    for folder, dialect in wanted.items():
        seen = set()
        for shard in inspect(world, world.shared(folder)).values():
            require(shard["damage"] == [], shard)
            seen |= set(shard.get("sample", {}).get("records", {})
                        .get("dialects", {}))
        require(seen == {dialect}, folder, "is told as", seen)


@promise
def members_are_listed_by_suffix(world):
    text = first_lines(text_of_archive(world), 150)
    members = [("a/%d.json.gz" % number, b"x" * number)
               for number in range(3)]
    members += [("readme.md", b"hello"), ("b/.hidden.json", b"{}"),
                ("z/" + "n" * 150 + ".json", text), ("noend", b"")]
    members[0] = ("a/0.json.gz", gzip.compress(text))
    suffixes = {".json.gz": 3, ".md": 1, ".json": 2, "": 1}
    tar, packed = tar_of(members), zip_of(members)
    for name, content, inner in (("a.tar", tar, None),
                                 ("a.zip", packed, None),
                                 ("a.tar.zst", frame_of(tar), "tar")):
        found = inspect_one(world, name, content)
        told = found["members"]
        require({s["suffix"]: s["members"] for s in told["suffixes"]}
                == suffixes, name, told)
        require_fields(told, total=7, passed_over=3, other_suffixes=0,
                       bytes=sum(len(content) for _, content in members),
                       all_seen=inner is None)
        require([m["name"] for m in told["first"]]
                == [name for name, _ in members], told["first"])
        require([m["read"] for m in told["first"]]
                == [True] * 3 + [False, False, True, False], told["first"])
        require(found["inner"] == inner and found["damaged"] == {}, found)
        require(found["sample"]["lines"]["total"] == 100, found["sample"])


@promise
def damage_that_headers_show_is_told_as_a_run_tells_it(world):
    """Flipped content is not seen; where sizes lie the reasons may differ."""
    text = text_of_archive(world)
    unseen = {"flipped.zst", "checksum.zst", "lying-size.zst"}
    other = {"middle-gone.zst", "window.zst"}
    for name, content in damaged_frames(text).items():
        found = inspect_one(world, name, content, "-m", "2G")
        outputs = world.run("out-" + name, "-m", "2G", world.place / name)
        if name in unseen:
            require(found["damaged"] == {}, name, found["damaged"])
        elif name in other:
            require(found["damaged"] or found["frames"]["windows_refused"],
                    name, found)
        else:
            rejected = outputs.total()["frames"]["rejected"]
            require(found["damaged"] == rejected, name, found["damaged"],
                    rejected)
            require([sample["frame"] for sample in found["damage"]]
                    == [sample["frame"] for sample in outputs.rejects()
                        if "compressed_bytes" in sample], name, found)


@promise
def damage_of_other_containers_is_told(world):
    text = text_of_archive(world)
    seen = {"cut.json.gz": "frame_truncated", "cut.tar": "container_truncated",
            "header.tar": "container_corrupt", "cut.zip":
            "container_truncated", "crc.json.gz": "frame_checksum",
            "foreign.json.xz": "frame_garbage",
            "cut.json.bz2": "frame_truncated",
            "cut.tar.gz": "frame_truncated"}
    for name, content in damaged_others(text).items():
        found = inspect_one(world, name, content)
        if name in seen:
            require(seen[name] in found["damaged"], name, found["damaged"])
    found = inspect(world, world.place / "foreign.json.xz")
    shard = found[str(world.place / "foreign.json.xz")]
    require_fields(shard, readable=False, container="xz")
    require(shard["first_bytes"].startswith("fd377a585a00"), shard)


@promise
def any_cut_of_any_kind_is_inspected(world):
    """No crash, no hang, and the answer is JSON."""
    text = first_lines(text_of_archive(world), 60)
    for name, content in whole_kinds(text).items():
        paths = [put(world, "%d-%s" % (part, name),
                     content[:len(content) * part // 9])
                 for part in range(1, 9)]
        paths += [put(world, "flip%d-%s" % (part, name),
                      flipped(content, len(content) * part // 9, 0x11))
                  for part in range(9) if content]
        require(len(inspect(world, *paths)) == len(paths), name)
        require(len(inspect(world, "--full", *paths)) == len(paths), name)


@promise
def dictionaries_are_named_and_given_ones_used(world):
    text = text_of_archive(world)
    dictionary, content = dictionary_kinds(world, text)
    number = struct.unpack("<I", dictionary.read_bytes()[4:8])[0]
    found = inspect_one(world, "a.zst", content)
    require_fields(found["frames"], with_dictionary=2, dictionaries=[number])
    require_fields(found["frames"], whole=4)
    alone = frame_of(text[:9000], "-D", str(dictionary))
    require_fields(inspect_one(world, "c.zst", alone)["sample"],
                   refused="frame_dictionary", text_bytes=0)
    given = inspect_one(world, "c.zst", alone, "--dict", dictionary)
    require_fields(given["sample"], refused=None, text_bytes=9000)


@promise
def windows_above_the_budget_are_told(world):
    text = text_of_archive(world)
    wide = frame_of(text * 40, "--long=27", "--no-content-size")
    found = inspect_one(world, "a.zst", wide, "-t", "1", "-m", "64M")
    require_fields(found["frames"], windows_refused=1,
                   window_bytes_max=1 << 27)
    require(found["sample"]["refused"] == "frame_window", found["sample"])
    found = inspect_one(world, "a.zst", wide, "-m", "2G")
    require_fields(found["frames"], windows_refused=0)


def hole(world, name, head, size):
    """A file with a head, and nothing behind it that takes room."""
    path = put(world, name, head)
    os.truncate(path, size)
    return path


@promise
def a_large_shard_is_not_read_whole_unless_asked(world):
    """What it reads is counted by the kernel."""
    block = os.urandom(128 << 10)
    raw = b"\x28\xb5\x2f\xfd\x00\x58" + b"".join(
        struct.pack("<I", len(block) << 3)[:3] + block for _ in range(640))
    raw += struct.pack("<I", 1)[:3]
    path = put(world, "large.zst", raw)
    require(len(raw) > 79 * MIB, len(raw))
    found = inspect(world, "--io", "pread", path)[str(path)]
    require_fields(found, looked_at_all=False, parallel=False)
    require(64 * MIB <= found["looked_bytes"] < 65 * MIB,
            found["looked_bytes"])
    require_fields(found["frames"], whole=0, goes_on=True)
    full = inspect(world, "--full", path)[str(path)]
    require_fields(full, looked_at_all=True, looked_bytes=len(raw))
    require_fields(full["frames"], whole=1, goes_on=False)
    said = world.call("inspect", path).stdout
    require("the first 67.1 MB of 83.8 MB" in said, said)
    # Members are hopped over: a hole of 4 GiB is not read.
    text = first_lines(text_of_archive(world), 20)
    tar = tar_of([("first.json", text)])[:512 + (len(text) + 511) // 512 * 512]
    header = bytearray(tar_of([("second.json", b"")])[:512])
    header[124:136] = b"%011o\0" % (4 << 30)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    size = len(tar) + 512 + (4 << 30) + 1024
    path = hole(world, "holes.tar", tar + bytes(header), size)
    found = inspect(world, path)[str(path)]
    require_fields(found["members"], total=2, all_seen=True)
    require_fields(found, looked_at_all=True, damaged={})


@promise
def people_get_a_table_and_names_do_not_steer_it(world):
    content = b"".join(frames_of(text_of_archive(world)))
    path = put(world, "a\x1b[31m.zst", content)
    tar = put(world, "b.tar", tar_of([("x\x1b]0;y\x07\u202e.json", b"{}\n"),
                                      ("no-shard\x1b.m\x1bd", b"")]))
    done = world.call("inspect", path, tar)
    require(done.returncode == 0 and not done.stderr, done)
    for wanted in ("a?[31m.zst: zstd", "looked at     all of it",
                   "frames        6", "checksums     6 of 6 frames",
                   "framing       lines", "twitter_v1.1: ",
                   "in parallel   yes: ", "x?]0;y??.json"):
        require(wanted in done.stdout, wanted, "is not in", done.stdout)
    require("\x1b" not in done.stdout and "\u202e" not in done.stdout,
            ascii(done.stdout))


@promise
def lanes_and_pipes_change_nothing_that_is_said(world):
    kinds = whole_kinds(text_of_archive(world))
    paths = [put(world, name, content) for name, content in kinds.items()]
    one = inspect(world, "-t", "1", "--io", "pread", *paths)
    require(one == inspect(world, "-t", "4", *paths), "lanes change it")
    for name in ("many.jsonl.zst", "several.gz", "one.json", "rows.csv.zst"):
        with subprocess.Popen(["cat", world.place / name],
                              stdout=subprocess.PIPE) as pipe:
            done = world.call("inspect", "--json", "-", stdin=pipe.stdout)
        piped = json.loads(done.stdout)["shards"][0]
        want = dict(one[str(world.place / name)], shard="-", bytes=None)
        require(piped == want, name, piped, want)
        with open(world.place / name, "rb") as stream:
            done = world.call("inspect", "--json", "-", stdin=stream)
        require(json.loads(done.stdout)["shards"][0] == want, name)


@promise
def the_exit_code_says_what_went_wrong(world):
    shard = put(world, "good.json", b"{}\n")
    done = world.call("inspect", world.place / "gone.zst", shard)
    require(done.returncode == 66 and "gone.zst" in done.stderr
            and not done.stdout, done)
    require(world.call("inspect").returncode == 64, "without a shard")
    for options in ((), ("--json",)):
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" inspect "$@" > /dev/full', world.program,
             *options, str(shard)], check=False, stderr=subprocess.PIPE,
            timeout=world.wait_s)
        require(done.returncode == 73, "a full disk ends with", done)


if __name__ == "__main__":
    sys.exit(main())
