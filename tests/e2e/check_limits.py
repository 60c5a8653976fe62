#!/usr/bin/env python3
"""--damaged=fail and --max-rejects: what ends with 65 publishes nothing."""

import gzip
import sys

from check_salvage import (BAD, Pieces, changed_at, lines_of, run_bytes,
                           tar_of)
from harness import frame_of, main, promise, require


def require_refused(world, done, folder, before, *words):
    require(done.returncode == 65, "exit", done.returncode, done.stderr)
    for word in words:
        require(word in done.stderr, word, "is not in", done.stderr)
    require("(exit 65: " in done.stderr, done.stderr)
    require(before == (folder / "ledger.json").read_bytes(),
            "the old set is another")
    left = [path.name for path in folder.iterdir()
            if path.name.startswith(".sandpiper-set")]
    require(len(left) == 1, "sets:", left)


def old_set(world, name="old"):
    outputs = run_bytes(world, name + ".jsonl", lines_of(world, 40 << 10))
    return outputs.folder, outputs.bytes("ledger.json")


@promise
def fail_ends_with_65_and_leaves_the_old_set_whole(world):
    pieces = Pieces(world)
    folder, before = old_set(world)
    good = pieces.frames[BAD]
    tar = tar_of([pieces.texts[0], pieces.texts[1]])
    document = frame_of(b"[" + pieces.texts[0].split(b"\n")[0] + b"]")
    for name, content, reason in (
            ("flip.zst", pieces.shard(changed_at(good, -1, 1)),
             "frame_checksum"),
            ("cut.zst", b"".join(pieces.frames)[:-9], "frame_truncated"),
            ("noise.zst", pieces.frames[0] + b"no frame",
             "frame_garbage"),
            ("doc.json.zst", changed_at(document, -1, 1), "frame_checksum"),
            ("cut.tar", tar[:len(tar) // 2], "container_truncated"),
            ("head.tar", changed_at(tar, tar.index(b"posts1.jsonl"), 1),
             "container_corrupt"),
            ("cut.tar.gz", gzip.compress(tar, mtime=0)[:-300],
             "frame_truncated"),
            ("foreign.zst", b"\xfd7zXZ\0" + bytes(600), "frame_garbage")):
        shard = world.place / name
        shard.write_bytes(content)
        for threads in ("1", "4"):
            done = world.call("run", "-q", "--restart", "-o", folder, "--damaged=fail",
                              "-t", threads, shard)
            require_refused(world, done, folder, before, name, reason,
                            "--damaged=drop", " at byte ")


@promise
def more_rejects_than_the_limit_end_with_65_and_publish_nothing(world):
    pieces = Pieces(world)
    folder, before = old_set(world)
    text = pieces.texts[0][:pieces.texts[0].rindex(b"\n") + 1]
    lines = text.count(b"\n")
    (world.place / "bad.jsonl").write_bytes(
        b"{\"cut\": \n" + text + b"{\"id\": 1, \"user\": {}}\nnoise\n")
    (world.place / "bad.zst").write_bytes(
        changed_at(frame_of(text), -1, 1))
    shards = (world.place / "bad.jsonl", world.place / "bad.zst")
    all_lines = lines + 3
    share = 400.0 / all_lines
    for limit, kept in (("4", True), ("3", False), ("0", False),
                        ("%.6f%%" % (share + 0.000002), True),
                        ("%.6f%%" % (share - 0.000002), False),
                        ("100%", True), ("0%", False)):
        for threads in ("1", "4"):
            options = ("--max-rejects", limit, "-t", threads, *shards)
            if kept:
                world.run("kept", *options)
                continue
            done = world.call("run", "-q", "--restart", "-o", folder, *options)
            require_refused(world, done, folder, before, "4 rejects",
                            "bad.jsonl, line 1, ", "2 lines, 0 records",
                            "(unknown_record)", "(frame_checksum)")
    done = world.call("filter", "-q", "-o", world.place / "filtered",
                      "--since", "2000-01-01", "--max-rejects=3", *shards)
    require(done.returncode == 65, "a filter ends with", done.returncode)
    require(not (world.place / "filtered" / "current").exists(),
            "a filter publishes")


@promise
def limits_and_modes_that_are_none_end_with_64(world):
    for option in ("--max-rejects=", "--max-rejects=-1", "--max-rejects=1.5",
                   "--max-rejects=101%", "--max-rejects=1.%",
                   "--max-rejects=99999999999999999999", "--damaged=",
                   "--damaged=Drop", "--max-rejects=1%%"):
        done = world.call("run", "-o", world.place / "out", option, "shard")
        require(done.returncode == 64, option, "ends with", done.returncode)


@promise
def a_line_as_long_as_line_max_is_taken_and_no_longer(world):
    line = lines_of(world, 4 << 10).split(b"\n")[0].rstrip(b"\r}")
    require(len(line) < 4090, "a line of", len(line))
    for size, end in ((4095, b"\n"), (4096, b"\n"), (4096, b"\r\n"),
                      (4097, b"\n"), (4096, b""), (4097, b"")):
        text = line + b" " * (size - len(line) - 1) + b"}" + end
        name = "line%d-%d" % (size, len(end))
        outputs = run_bytes(world, name + ".jsonl", text, "--line-max", "4K")
        lines = outputs.total()["lines"]
        require(lines["accepted"] == (size <= 4096), name, lines)
        require(lines["rejected"] == ({} if size <= 4096 else
                                      {"line_too_long": 1}), name, lines)


if __name__ == "__main__":
    sys.exit(main())
