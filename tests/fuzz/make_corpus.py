#!/usr/bin/env python3
"""Writes the first seeds of the fuzz targets.

usage: make_corpus.py

Small inputs of each shape that the targets know, made by hand; the specimens
of reject reasons are replayed beside them. What a fuzzer finds is added under
a name that says what it was.
"""

import bz2
import gzip
import io
import json
import pathlib
import struct
import subprocess
import sys
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent / "corpus"
USER = {"id": 7, "id_str": "7", "name": "P\u00efper \U0001f426",
        "screen_name": "piper_00000007", "followers_count": 0,
        "friends_count": 12, "statuses_count": 3, "lang": None,
        "created_at": "Mon Jul 01 00:00:00 +0000 2019", "url": None}


def status(number, **more):
    return {"created_at": "Wed Jul 03 16:29:00 +0000 2019", "id": number,
            "id_str": str(number), "text": "sand &amp; grains \ud83d \\ /",
            "source": "<a href=\"https://example.org\">Shore</a>",
            "user": USER, "lang": "en", "timestamp_ms": "1562171340657",
            **more}


def line(value):
    return json.dumps(value).encode() + b"\r\n"


def parse_seeds():
    first, second = 1146454524019142656, 1146454528213446656
    yield "status", line(status(first))
    yield "retweet", line(status(second, retweeted_status=status(first)))
    yield "quote", line(status(second, quoted_status=status(first),
                               is_quote_status=True))
    yield "reply", line(status(second, in_reply_to_user_id=9,
                               in_reply_to_user_id_str="9"))
    yield "extended", line(status(first, truncated=True, extended_tweet={
        "full_text": "longer", "entities": {"hashtags": [{"text": "a"}]}}))
    yield "delete", line({"delete": {"status": {
        "id": first, "id_str": str(first), "user_id": 7, "user_id_str": "7"},
        "timestamp_ms": "1562171340657"}})
    yield "limit", line({"limit": {"track": 12}})
    yield "array", line([status(first), status(second)])
    yield "statuses", line({"statuses": [status(first)]})
    yield "one_element_arrays", line({name: [value] for name, value
                                      in status(first).items()})
    yield "raw_utf8", json.dumps(status(first, text="\u6c99\u6ee9 \U0001f426"),
                                 ensure_ascii=False).encode()
    yield "numbers", b'[0,-0,1e400,9223372036854775808,-1.5E-3,01,"100+"]'
    yield "borders", b'{"' + b"\\" * 63 + b'"' + b" " * 64 + b":[]}"


def compress(text, *options):
    return subprocess.run(["zstd", "-cq", *options], input=text, check=True,
                          stdout=subprocess.PIPE).stdout


def decode_seeds():
    text = b"".join(content for _, content in parse_seeds()) * 20
    one = compress(text, "--check")
    skippable = struct.pack("<II", 0x184D2A50, 3) + b"abc"
    yield "one_frame.zst", one
    yield "no_checksum.zst", compress(text, "--no-check")
    yield "several_frames.zst", one + skippable + compress(b"") + one
    yield "long_window.zst", compress(text, "--long=27", "--check")
    yield "raw_and_rle.zst", compress(bytes(range(256)) + bytes(300000))
    yield "flipped.zst", one[:99] + bytes([one[99] ^ 16]) + one[100:] + one


def tar_of(form, text):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        info = tarfile.TarInfo("folder/" * 30 + "posts.json")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text))
    return out.getvalue()


def zip_of(method, text):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("posts.json"), text, method)
        archive.comment = b"sand"
    return out.getvalue()


def container_seeds():
    text = b"".join(content for _, content in parse_seeds())[:2000]
    gz, bz = gzip.compress(text, mtime=0), bz2.compress(text, 1)
    yield "several.gz", gz + gz + bytes(20)
    yield "flipped.gz", gz[:99] + bytes([gz[99] ^ 16]) + gz[100:] + gz
    yield "several.bz2", bz + bz
    yield "flipped.bz2", bz[:99] + bytes([bz[99] ^ 16]) + bz[100:] + bz
    yield "bare_deflate", gz[10:-8]
    yield "pax.tar", tar_of(tarfile.PAX_FORMAT, text)
    yield "gnu.tar", tar_of(tarfile.GNU_FORMAT, text)
    yield "deflated.zip", zip_of(zipfile.ZIP_DEFLATED, text)
    yield "stored.zip", zip_of(zipfile.ZIP_STORED, text)


def main():
    for target, seeds in (("parse", parse_seeds), ("kernel", parse_seeds),
                          ("decode", decode_seeds),
                          ("container", container_seeds)):
        folder = HERE / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds():
            (folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
