#!/usr/bin/env python3
"""Writes one specimen for every reason to reject a line or a frame.

usage: make_specimens.py

A specimen is a shard that meets its reason; it lies under the reason's
stable name. Frames are put together by hand from raw blocks (RFC 8878), so
that each is wrong in one way alone. Run it after a change and review the
difference like code.
"""

import json
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = struct.pack("<I", 0x184D2A50)
CHECKSUM, RESERVED = 0x04, 0x08
WINDOW_1K, WINDOW_2G = 0x00, 21 << 3


def post(number, **changes):
    """A v1.1 status of our own making; nobody wrote it."""
    status = {"created_at": "Wed Jul 03 16:29:00 +0000 2019",
              "id": number, "id_str": str(number),
              "text": "sand and grains",
              "user": {"id": 7, "id_str": "7", "screen_name": "piper"}}
    status.update(changes)
    return status


def line(number, **changes):
    return json.dumps(post(number, **changes)).encode() + b"\n"


GOOD = line(1146454524019142656)
OTHER = line(1146454524019142657)


def block(content, last=True, kind=0):
    return struct.pack("<I", last | kind << 1 | len(content) << 3)[:3] \
        + content


def frame(content, descriptor=0, window=WINDOW_1K, fields=b"", end=b""):
    return MAGIC + bytes([descriptor, window]) + fields + block(content) + end


def of_known_size(content, size):
    """A single segment, its content size told in four bytes."""
    return MAGIC + bytes([0xA0]) + struct.pack("<I", size) + block(content)


def torn(content, at):
    """Two frames; the border stands inside a line."""
    return frame(content[:at]), frame(content[at:])


def broken(good):
    """The same frame, its only block of the reserved kind."""
    return good[:6] + bytes([good[6] | 3 << 1]) + good[7:]


CSV_HEADER = b"tweetid,userid,tweet_text,tweet_time,is_retweet\n"


def row(number, text):
    return b"%d,7,%s,2019-07-03 16:29,false\n" % (number, text)


def lines():
    two = GOOD + OTHER
    middle = len(GOOD) + 40
    first, second = torn(two, middle)
    document = [b"[\n" + GOOD.strip() + b",\n", OTHER.strip() + b",\n",
                OTHER + b"]\n"]
    head, body, tail = map(frame, document)
    return {
        "bad_utf8.jsonl": GOOD.replace(b"sand", b"\xc3\x28nd") + OTHER,
        "bad_json.jsonl": GOOD[:-30] + b"\n" + OTHER,
        "bad_csv.csv": CSV_HEADER + row(1146454524019142656, b'sand"s')
            + row(1146454524019142657, b'"grains,\nand ""sand"""'),
        "too_deep.jsonl": b"[" * 1025 + b"]" * 1025 + b"\n" + OTHER,
        "line_too_long.jsonl": line(1, text="x" * 5000) + OTHER,
        "missing_key.jsonl": line(0) + OTHER,
        "bad_time.jsonl": line(5, created_at="some day") + OTHER,
        "unknown_record.jsonl": b'{"colour":"grey"}\n' + OTHER,
        "frame_lost.zst": first + broken(second),
        "framing_lost.zst": head + broken(body) + tail,
    }


def frames():
    good, other = frame(GOOD), frame(OTHER)
    dictionary = MAGIC + b"\x01\x00\x2a" + block(GOOD)
    return {
        "frame_truncated.zst": other + good[:-20],
        "frame_corrupt.zst": other + broken(good) + other,
        "frame_checksum.zst": frame(GOOD, CHECKSUM, end=bytes(4)) + other,
        "frame_size.zst": of_known_size(GOOD, len(GOOD) + 1) + other,
        "frame_header.zst": frame(GOOD, RESERVED) + other,
        "frame_window.zst": frame(GOOD, window=WINDOW_2G) + other,
        "frame_dictionary.zst": dictionary + other,
        "frame_garbage.zst": other + b"no frame at all" + other,
        "skippable_truncated.zst": other + SKIPPABLE + b"\x40\0\0\0short",
    }


def main():
    for folder, made in (("lines", lines()), ("frames", frames())):
        (HERE / folder).mkdir(exist_ok=True)
        for name, content in made.items():
            (HERE / folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
