"""Archives of many kinds, whole and damaged, for the checks of the commands
that look at them. Each is a name and its bytes."""

import bz2
import gzip
import json
import lzma
import struct
import zlib

from check_containers import (container_forms, packed_forms, parts_of, tar_of,
                              trained, zip_of)
from harness import frame_of

SKIPPABLE = struct.pack("<I", 0x184D2A5B)
SEEKABLE = 0x8F92EAB1
FRAMES = 6


def text_of_archive(world):
    archive = world.generate("archive", "--posts", "300", "--campaign", "4",
                             "--line-ends", "lf", "--layout", "plain")
    return archive.text()


def frames_of(text, *options):
    return [frame_of(part, *options) for part in parts_of(text, FRAMES)]


def csv_of(text):
    """Rows with quoted line feeds; they need not be posts."""
    rows = ["tweetid,userid,tweet_text"] + [
        '%d,%d,"line\n%d"' % (number, number % 7, number)
        for number in range(len(text) // 1000)]
    return "\n".join(rows).encode() + b"\n"


def document_of(text):
    values = [json.loads(line) for line in text.splitlines()[:60]]
    return json.dumps(values, indent=1).encode()


def seek_table(sizes):
    """A skippable frame as the seekable format of zstd has it at the end."""
    entries = b"".join(struct.pack("<II", *size) for size in sizes)
    footer = struct.pack("<IBI", len(sizes), 0, SEEKABLE)
    content = entries + footer
    return struct.pack("<II", 0x184D2A5E, len(content)) + content


def seekable(text):
    parts = parts_of(text, FRAMES)
    frames = [frame_of(part) for part in parts]
    return b"".join(frames) + seek_table(
        [(len(frame), len(part)) for frame, part in zip(frames, parts)])


def whole_kinds(text):
    frames = frames_of(text)
    return {
        **packed_forms(text), **container_forms(text),
        "many.jsonl.zst": b"".join(frames),
        "unchecked.jsonl.zst": b"".join(frames_of(text, "--no-check")),
        "unsized.jsonl.zst": b"".join(frames_of(text, "--no-content-size")),
        "skippable.zst": SKIPPABLE + struct.pack("<I", 5) + b"hello"
        + b"".join(frames),
        "seekable.zst": seekable(text),
        "rows.csv": csv_of(text),
        "rows.csv.zst": b"".join(frames_of(csv_of(text))),
        "document.json": document_of(text),
        "document.json.zst": b"".join(frames_of(document_of(text))),
        "empty.json": b"",
        "no-end.json": text[:-1],
    }


def flipped(content, at, mask=0x40):
    changed = bytearray(content)
    changed[at] ^= mask
    return bytes(changed)


def lying_size(frame):
    """The header's content size is one less; the checksum is right."""
    descriptor = frame[4]
    width = (1, 2, 4, 8)[descriptor >> 6]
    at = 5 + (0 if descriptor & 0x20 else 1)
    if width == 1 and not descriptor & 0x20:
        raise AssertionError("the header tells no size")
    size = int.from_bytes(frame[at:at + width], "little") - 1
    return frame[:at] + size.to_bytes(width, "little") + frame[at + width:]


def damaged_frames(text):
    """A shard of frames, damaged in one of each way."""
    frames, part = frames_of(text), parts_of(text, FRAMES)[2]
    before, bad, behind = frames[:2], frames[2], frames[3:]

    def with_bad(*instead):
        return b"".join([*before, *instead, *behind])
    whole = b"".join(frames)
    return {
        "truncated.zst": whole[:-100],
        "magic-cut.zst": b"".join(before) + bad[:3],
        "header-cut.zst": b"".join(before) + bad[:5],
        "flipped.zst": with_bad(flipped(bad, len(bad) // 2)),
        "checksum.zst": with_bad(flipped(bad, -1)),
        "garbage.zst": with_bad(b"no frame at all, but bytes " * 40),
        "trailing.zst": whole + b"something behind",
        "lying-size.zst": with_bad(lying_size(
            frame_of(part, "--stream-size=%d" % len(part)))),
        "reserved.zst": with_bad(flipped(bad, 4, 0x08)),
        "skip-long.zst": with_bad(SKIPPABLE + struct.pack("<I", 1 << 30)),
        "middle-gone.zst": with_bad(bad[:len(bad) // 2]),
        "window.zst": with_bad(b"\x28\xb5\x2f\xfd\x00\xff" + bad[6:]),
    }


def damaged_others(text):
    whole_gz = gzip.compress(text, mtime=0)
    several = b"".join(gzip.compress(part, mtime=0)
                       for part in parts_of(text, 4))
    tar = tar_of([("a.json", text), ("b.json.zst", frame_of(text))])
    packed = zip_of([("a.json", text), ("b.json", text)])
    return {
        "cut.json.gz": whole_gz[:len(whole_gz) // 2],
        "crc.json.gz": flipped(several, -6),
        "middle.json.gz": flipped(several, len(several) // 2),
        "cut.json.bz2": bz2.compress(text)[:-9],
        "cut.tar": tar[:len(tar) // 3],
        "header.tar": flipped(tar, 100),
        "member.tar": flipped(tar, len(tar) - 12000),
        "cut.tar.gz": gzip.compress(tar, mtime=0)[:-50],
        "cut.zip": packed[:-30],
        "entry.zip": flipped(packed, len(packed) // 3),
        "foreign.json.xz": lzma.compress(text[:2000]),
        "nested.tar": tar_of([("in.json", tar_of([("a.json", text)]))]),
        "sum.zip": packed.replace(struct.pack("<I", zlib.crc32(text)),
                                  b"abcd"),
    }


def dictionary_kinds(world, text):
    """A dictionary, and a shard of which half needs it."""
    dictionary = trained(world, text.splitlines(keepends=True))
    parts = parts_of(text, 4)
    frames = [frame_of(part, *(("-D", str(dictionary)) if number % 2 else ()))
              for number, part in enumerate(parts)]
    return dictionary, b"".join(frames)
