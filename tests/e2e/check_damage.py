#!/usr/bin/env python3
"""Damaged shards: what is good is kept, what is lost is told.

A shard of several frames is damaged in one; the run must end well, balance,
and give the accounts of the good frames' lines alone. Lines that reach into
the lost frame are lost with it, as frame_lost.
"""

import random
import struct
import sys

from harness import TABLES, frame_of, main, promise, require, require_same

FRAMES = 6
FRAME_BYTES = 40 << 10
BAD = 2
SKIPPABLE = struct.pack("<I", 0x184D2A5B)


class Pieces:
    """A text cut anywhere into frames, the last ending with a line."""

    def __init__(self, world):
        archive = world.generate("archive", "--posts", "400", "--campaign",
                                 "4", "--line-ends", "lf", "--layout",
                                 "plain")
        text = archive.text()[:FRAMES * FRAME_BYTES]
        text = text[:text.rindex(b"\n") + 1]
        self.texts = [text[i:i + FRAME_BYTES]
                      for i in range(0, len(text), FRAME_BYTES)]
        self.frames = [frame_of(text) for text in self.texts]
        require(len(self.frames) == FRAMES, "frames:", len(self.frames))

    def with_bad(self, bad):
        """The shard with other bytes in place of the frame BAD."""
        return b"".join(self.frames[:BAD] + [bad] + self.frames[BAD + 1:])

    def good_lines(self):
        """The lines that touch good frames alone."""
        before = b"".join(self.texts[:BAD])
        behind = b"".join(self.texts[BAD + 1:])
        return before[:before.rindex(b"\n") + 1] \
            + behind[behind.index(b"\n") + 1:]


def run_bytes(world, name, content, *options):
    shard = world.place / name
    shard.write_bytes(content)
    return world.run("out-" + name, *options, shard)


def check_bad(world, pieces, bad, name, reasons):
    """One damaged frame among good ones, read by one lane and by four."""
    want = run_bytes(world, "good.jsonl", pieces.good_lines())
    for threads, backend in (("1", "pread"), ("4", "uring")):
        outputs = run_bytes(world, "%s-%s.zst" % (name, threads),
                            pieces.with_bad(bad), "--threads", threads,
                            "--io", backend)
        total = outputs.total()
        told = total["frames"]["rejected"]
        require(told and set(told) <= reasons, name, "is told as", told)
        require(total["frames"]["ok"] == FRAMES - 1, name, "keeps",
                total["frames"]["ok"], "frames")
        require(total["lines"]["rejected"].get("frame_lost", 0) >= 1, name,
                "loses no line at the border:", total["lines"]["rejected"])
        require_same(want, outputs, TABLES, name)


def changed_at(frame, at, mask):
    changed = bytearray(frame)
    changed[at] ^= mask
    return bytes(changed)


CONTENT = {"frame_corrupt", "frame_checksum", "frame_size", "frame_header",
           "frame_window", "frame_dictionary", "frame_truncated",
           "frame_garbage"}


@promise
def a_damaged_frame_loses_itself_and_the_lines_that_touch_it(world):
    pieces = Pieces(world)
    good = pieces.frames[BAD]
    for part in (3, 5, 8):
        check_bad(world, pieces, changed_at(good, len(good) * part // 10,
                                            0x40), "part%d" % part, CONTENT)


@promise
def a_wrong_checksum_rejects_the_frame(world):
    pieces = Pieces(world)
    bad = changed_at(pieces.frames[BAD], -1, 0xFF)
    check_bad(world, pieces, bad, "checksum", {"frame_checksum"})


@promise
def bits_flipped_anywhere_leave_a_run_that_balances(world):
    pieces, draw = Pieces(world), random.Random(9)
    good = pieces.frames[BAD]
    places = [0, 1, 4, 5, 6, 9, len(good) - 1] + [
        draw.randrange(len(good)) for _ in range(5 if world.sanitized
                                                 else 25)]
    want = run_bytes(world, "whole.jsonl", b"".join(pieces.texts))
    for number, at in enumerate(places):
        bad = changed_at(good, at, 1 << draw.randrange(8))
        outputs = run_bytes(world, "flip%d.zst" % number,
                            pieces.with_bad(bad))
        frames = outputs.total()["frames"]
        require(frames["ok"] >= FRAMES - 2, "byte", at, "keeps only",
                frames["ok"], "frames")
        if not frames["rejected"]:
            # A larger window, or a bit without a meaning: nothing is lost.
            require_same(want, outputs, TABLES, "byte %d, unnoticed," % at)


@promise
def a_frame_cut_short_in_the_middle_is_left_for_the_next(world):
    pieces = Pieces(world)
    good = pieces.frames[BAD]
    for size in (6, 18, len(good) // 2, len(good) - 1):
        check_bad(world, pieces, good[:size], "cut%d" % size, CONTENT)


@promise
def a_shard_cut_anywhere_keeps_the_frames_before_the_cut(world):
    pieces = Pieces(world)
    whole = b"".join(pieces.frames)
    border = sum(map(len, pieces.frames[:-1]))
    last = len(pieces.frames[-1])
    kept = b"".join(pieces.texts[:-1])
    want = run_bytes(world, "kept.jsonl", kept[:kept.rindex(b"\n") + 1])
    for size in (1, 4, 5, 9, last // 2, last - 4, last - 1):
        outputs = run_bytes(world, "short%d.zst" % size,
                            whole[:border + size])
        rejected = outputs.total()["frames"]["rejected"]
        require(sum(rejected.values()) == 1, "cut at", size, "tells",
                rejected)
        require_same(want, outputs, TABLES, "a cut at %d" % size)


@promise
def a_cut_between_frames_loses_the_open_line_alone(world):
    pieces = Pieces(world)
    outputs = run_bytes(world, "short.zst", b"".join(pieces.frames[:3]))
    total = outputs.total()
    require(total["frames"]["rejected"] == {}, total["frames"])
    require(total["lines"]["rejected"] == {"bad_json": 1},
            total["lines"]["rejected"])


@promise
def garbage_between_frames_costs_the_line_across_it_alone(world):
    pieces, draw = Pieces(world), random.Random(10)
    before, behind = (b"".join(pieces.texts[:2]), b"".join(pieces.texts[2:]))
    kept = before[:before.rindex(b"\n") + 1] \
        + behind[behind.index(b"\n") + 1:]
    want = run_bytes(world, "kept.jsonl", kept)
    for size in (1, 3, 100, 200000):
        noise = draw.randbytes(size).replace(b"\xb5", b"\xb4")
        shard = b"".join(pieces.frames[:2] + [noise] + pieces.frames[2:])
        outputs = run_bytes(world, "noise%d.zst" % size, shard)
        total = outputs.total()
        require(total["frames"]["ok"] == FRAMES, "ok:", total["frames"])
        require(total["bytes"]["rejected"] == size, "rejected bytes:",
                total["bytes"]["rejected"])
        require_same(want, outputs, TABLES, "noise of %d bytes" % size)


@promise
def skippable_and_empty_frames_cost_nothing(world):
    pieces = Pieces(world)
    want = run_bytes(world, "good.jsonl", b"".join(pieces.texts))
    skippable = SKIPPABLE + struct.pack("<I", 5) + b"hello"
    shard = b"".join([skippable, *pieces.frames[:3], frame_of(b""),
                      skippable, *pieces.frames[3:], skippable])
    outputs = run_bytes(world, "skippable.zst", shard)
    total = outputs.total()
    require(total["bytes"]["skippable"] == 3 * len(skippable), "skippable:",
            total["bytes"]["skippable"])
    count = {name: total["frames"][name] for name in
             ("ok", "total", "skippable", "rejected")}
    good = len(pieces.frames) + 1
    require(count == {"ok": good, "total": good, "skippable": 3,
                      "rejected": {}}, count)
    require_same(want, outputs, TABLES, "skippable frames")


@promise
def a_shard_of_noise_is_rejected_and_the_run_goes_on(world):
    pieces, draw = Pieces(world), random.Random(11)
    want = run_bytes(world, "good.jsonl", b"".join(pieces.texts))
    noise = world.place / "noise.zst"
    noise.write_bytes(b"\x28\xb5\x2f\xfd" + draw.randbytes(300000))
    (world.place / "empty.zst").write_bytes(b"")
    outputs = world.run("out", noise, world.place / "empty.zst",
                        world.place / "good.jsonl")
    require_same(want, outputs, TABLES, "a shard of noise")


if __name__ == "__main__":
    sys.exit(main())
