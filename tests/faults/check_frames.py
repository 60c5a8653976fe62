#!/usr/bin/env python3
"""The fault matrix: what can be wrong with frames and files of frames."""

import pathlib
import random
import struct
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from many import GOOD, LAST, OTHER, Many, checked, each, made, \
    unchecked  # noqa: E402
from harness import Outputs, main, promise, require  # noqa: E402

MIB = 1 << 20


@promise
def a_frame_cut_at_every_byte_loses_itself_alone(world):
    for name, pack in (("checked", checked), ("unchecked", unchecked)):
        before, bad = pack(GOOD), pack(OTHER)
        many = Many(world, name, {
            "cut%04d.zst" % size: before + bad[:size]
            for size in range(len(bad) + 1)})

        def check(shard, seen):
            whole = int(shard[3:7]) in (0, len(bad))
            if seen.posts != 1 + (int(shard[3:7]) == len(bad)):
                return "%d posts" % seen.posts
            if sum(seen.lost.values()) != (0 if whole else 1):
                return "lost frames: %s" % seen.lost
            return None
        each(many, check)


@promise
def a_cut_between_frames_loses_nothing_else(world):
    frames = [checked(text) for text in (GOOD, OTHER, LAST)]
    many = Many(world, "between", {"cut%d.zst" % count:
                                   b"".join(frames[:count])
                                   for count in range(4)})
    each(many, lambda shard, seen: None if seen.posts == int(shard[3]) and
         not seen.lost else "lost")


def flipped(pack):
    """Each bit of the middle one of three frames."""
    before, bad, behind = pack(GOOD), pack(OTHER), pack(b"\n" + LAST)
    for bit in range(8 * len(bad)):
        changed = bytearray(bad)
        changed[bit // 8] ^= 1 << bit % 8
        yield "bit%05d.zst" % bit, before + bytes(changed) + behind


@promise
def every_flipped_bit_of_a_checksummed_frame_is_seen(world):
    many = Many(world, "bits", dict(flipped(checked)))

    def check(shard, seen):
        if seen.posts + sum(seen.lost.values()) < 3:
            return "a post is lost without a word"
        return None if seen.posts >= 2 else "a neighbour is lost"
    each(many, check)
    require(many.ledger["result"]["posts"] == 3, "a changed post counts")
    require(many.ledger["result"]["conflicting_duplicates"] == 0,
            "a changed copy counts")
    require(set(many.accounts()) == {"7"}, "a changed account counts")


@promise
def every_flipped_bit_of_an_unchecksummed_frame_spares_its_neighbours(world):
    many = Many(world, "bits", dict(flipped(unchecked)))

    def check(shard, seen):
        if seen.frames["unchecked"] != seen.frames["ok"] and \
                seen.frames["ok"] - seen.frames["unchecked"] > 1:
            return "frames without a checksum are not told"
        told = seen.posts + sum(seen.lost.values()) + sum(seen.bad.values())
        if told < 3:
            return "a post is lost without a word"
        return None if seen.posts >= 2 else "a neighbour is lost"
    each(many, check)


@promise
def noise_that_spares_the_magic_spares_the_next_frame(world):
    draw, before, behind = random.Random(5), checked(GOOD), checked(LAST)
    many = Many(world, "noise", {
        "noise%03d.zst" % i: before + made.MAGIC
        + draw.randbytes(draw.randrange(1, 400)).replace(b"\xb5", b"\xb4")
        + behind for i in range(400)})
    each(many, lambda shard, seen: None if seen.posts == 2 and seen.lost
         else "%d posts" % seen.posts)


@promise
def a_wrong_checksum_is_named(world):
    before, bad, behind = checked(GOOD), checked(OTHER), checked(LAST)
    many = Many(world, "sums", {
        "sum%02d.zst" % bit: before + bad[:-4] + struct.pack(
            "<I", struct.unpack("<I", bad[-4:])[0] ^ 1 << bit) + behind
        for bit in range(32)})
    each(many, lambda shard, seen: None if seen.posts == 2 and
         seen.lost == {"frame_checksum": 1} else seen.lost)


def sized(content, size, width):
    """A frame whose header says size in 1, 2, 4 or 8 bytes."""
    flag = {1: 0, 2: 1, 4: 2, 8: 3}[width]
    told = size - 256 if width == 2 else size
    return made.MAGIC + bytes([flag << 6 | 0x20]) \
        + struct.pack("<Q", told % (1 << 64))[:width] + made.block(content)


@promise
def reserved_bits_and_lying_sizes_are_named(world):
    variants, text = {}, OTHER + b"\n" * (300 - len(OTHER))
    before, behind = checked(GOOD), checked(LAST)
    for width in (2, 4, 8):
        for change in (0, 1, -1, 40000):
            variants["size-%d-%d.zst" % (width, change)] = \
                before + sized(text, len(text) + change, width) + behind
    variants["reserved.zst"] = before + made.frame(OTHER, made.RESERVED) \
        + behind
    variants["kind.zst"] = before + made.broken(made.frame(OTHER)) + behind
    many = Many(world, "lies", variants)
    for shard, seen in many.seen.items():
        good = shard.endswith("-0.zst")
        want = {} if good else None
        require(seen.posts == 2 + good, shard, seen.posts, seen.lost)
        require(seen.lost == want or not good and len(seen.lost) == 1, shard,
                seen.lost)
    require(many["reserved.zst"].lost == {"frame_header": 1}, "reserved")
    require(many["kind.zst"].lost == {"frame_corrupt": 1}, "kind")


@promise
def windows_of_2_to_the_28_to_31_are_held_against_the_budget(world):
    windows = {"w%d.zst" % log: made.frame(OTHER, window=log - 10 << 3)
               + checked(LAST) for log in (23, 27, 28, 29, 30, 31)}
    for memory, most in (("160M", 23), ("1000M", 28), ("6184M", 31)):
        if world.sanitized and most > 28:
            continue
        done = world.call("run", "--plan", "--threads", "4", "--memory",
                          memory)
        if done.returncode:
            print("not tried:", done.stderr.strip())
            continue
        many = Many(world, "m" + memory, windows, "--memory", memory)
        limit = Outputs(world.place / ("m%s-out-0" % memory)).json(
            "timings.json")["window_bytes_max"]
        require(limit >= 1 << most, memory, "admits only", limit)
        for shard, seen in many.seen.items():
            fits = 1 << int(shard[1:3]) <= limit
            require(seen.posts == 1 + fits, memory, shard, seen.lost)
            require(seen.lost == ({} if fits else {"frame_window": 1}), shard,
                    seen.lost)
        timings = many.outputs[0].json("timings.json")
        require(timings["memory_charged_peak_bytes"]
                <= timings["memory_budget_bytes"], memory, "is passed")


@promise
def skippable_frames_of_all_magics_are_stepped_over(world):
    variants, behind = {}, checked(LAST)
    for kind in range(16):
        magic = struct.pack("<I", 0x184D2A50 + kind)
        for name, size, content in (("honest", 100, bytes(100)),
                                    ("empty", 0, b""),
                                    ("long", 1 << 31, bytes(100)),
                                    ("short", 10, bytes(100))):
            variants["%s-%x.zst" % (name, kind)] = checked(GOOD) + magic \
                + struct.pack("<I", size) + content + behind
    many = Many(world, "skippable", variants)

    def check(shard, seen):
        if shard.startswith(("honest", "empty")):
            well = seen.posts == 2 and not seen.lost
        elif shard.startswith("long"):
            well = sum(seen.lost.values()) == 1 and seen.posts >= 1
        else:
            well = seen.posts == 2 and sum(seen.lost.values()) == 1
        return None if well else "posts %d" % seen.posts
    each(many, check)


@promise
def odd_files_are_counted_whole(world):
    draw, good = random.Random(6), checked(GOOD)
    variants = {"byte%03d.zst" % byte: bytes([byte]) for byte in range(256)}
    variants.update({
        "empty.zst": b"", "skippable.zst": b"\x50\x2a\x4d\x18\4\0\0\0abcd",
        "garbage.zst": draw.randbytes(5000),
        "trailing.zst": good + b"behind the last frame",
        "zeros.zst": good + bytes(5000)})
    magics = (b"\x1f\x8b\x08", b"BZh9", b"PK\3\4", b"PK\5\6", b"7z\xbc\xaf'\x1c",
              b"\xfd7zXZ\0", b"\x04\x22\x4d\x18", b"Rar!\x1a\7\0", b"PAR1",
              b"Obj\1", b"SQLite format 3\0", b"\x89HDF\r\n\x1a\n", b"%PDF-1.4",
              b"\x7fELF", b"\x1f\x9d", b"LZIP", b"\x5d\0\0\x80\0", b"ARROW1\0\0",
              b"\x37\xa4\x30\xec", b"\xff\xfe{\0", b"\xfe\xff\0{",
              b"\xff\x06\0\0sNaPpY")
    for number, magic in enumerate(magics):
        variants["magic%02d.zst" % number] = magic + draw.randbytes(300)
    many = Many(world, "odd", variants)
    for shard, seen in many.seen.items():
        want = shard in ("trailing.zst", "zeros.zst")
        require(seen.posts == want, shard, seen.posts)
    for shard in ("empty.zst", "skippable.zst"):
        require(not many[shard].lost and many[shard].frames["total"] == 0,
                shard, many[shard].entry)
    require(sum(many["trailing.zst"].lost.values()) == 1, "trailing garbage")


def zeros(world):
    size = "64M" if world.sanitized else "1G"
    done = subprocess.run("head -c %s /dev/zero | zstd -9 -cq --check" % size,
                          shell=True, check=True, stdout=subprocess.PIPE)
    return done.stdout


@promise
def a_gib_of_zeros_and_a_million_empty_frames_cost_no_memory(world):
    bomb = zeros(world)
    require(len(bomb) < 64 << 10, "the bomb has", len(bomb), "bytes")
    empty, count = checked(b""), 20000 if world.sanitized else 10**6
    many = Many(world, "bombs", {
        "zeros.zst": checked(GOOD) + bomb + checked(LAST),
        "frames.zst": checked(GOOD) + empty * count + checked(LAST)},
        "--memory", "160M")
    require(many["zeros.zst"].bad == {"line_too_long": 1}
            and many["zeros.zst"].posts == 1, many["zeros.zst"].entry)
    require(many["frames.zst"].posts == 2 and
            many["frames.zst"].frames["ok"] == count + 2, "empty frames")
    if world.sanitized:
        return
    for outputs in many.outputs:
        timings = outputs.json("timings.json")
        require(timings["resident_peak_bytes"]
                <= timings["memory_budget_bytes"] + 64 * MIB, timings)


if __name__ == "__main__":
    sys.exit(main())
