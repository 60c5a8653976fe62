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
    yield from dialect_seeds()
    yield "raw_utf8", json.dumps(status(first, text="\u6c99\u6ee9 \U0001f426"),
                                 ensure_ascii=False).encode()
    yield "numbers", b'[0,-0,1e400,9223372036854775808,-1.5E-3,01,"100+"]'
    yield "borders", b'{"' + b"\\" * 63 + b'"' + b" " * 64 + b":[]}"


def dialect_seeds():
    post = {"id": "1380242539517779970", "author_id": "7", "text": "@b \u6c99",
            "created_at": "2021-04-08T19:33:45.000Z", "lang": "en",
            "entities": {"mentions": [{"start": 0, "end": 2}],
                         "hashtags": [{"tag": "A"}]},
            "referenced_tweets": [{"type": "retweeted", "id": "9"}]}
    user = {"id": "7", "username": "piper", "public_metrics": {
        "followers_count": 3, "tweet_count": 4}}
    yield "v2_page", line({
        "data": [post, post, user], "includes": {
            "users": [user], "tweets": [{**post, "id": "9"}]},
        "__twarc": {"retrieved_at": "2021-04-08T20:00:00+00:00"}})
    yield "v2_stream", line({"data": post, "matching_rules": []})
    yield "v2_flattened", line({**post, "author": user, "referenced_tweets": [
        {**post, "type": "quoted", "author": user}]})
    yield "io_archive", line({
        "tweetid": 1198473762313818112, "userid": "12", "tweet_text": "t @b",
        "tweet_time": "2019-11-24 05:20", "hashtags": ["a"],
        "user_mentions": "['12', 3]"})
    yield "reddit", line({
        "subreddit": "a", "author": "Ann", "id": "dbk", "title": "T",
        "created_utc": "1134365188.5", "url": "http://b.c/",
        "crosspost_parent": "t3_o", "crosspost_parent_list": [{"author": 1}]})
    yield "bluesky", line({
        "did": "did:plc:a", "time_us": 1783175888085434, "commit": {
            "operation": "create", "collection": "app.bsky.feed.post",
            "rkey": "k", "record": {"text": "\u6c99 x.y", "facets": [
                {"index": {"byteStart": 4, "byteEnd": 7}, "features": [
                    {"$type": "app.bsky.richtext.facet#link",
                     "uri": "http://x.y"}]}], "embed": {"images": [1]}}}})


def csv_seeds():
    """Headers, and rows for them or for the target's own header."""
    header = b"tweetid,userid,tweet_text,tweet_time,is_retweet\r\n"
    good = b'1146454524019142656,7,"a,\n""b""",2019-07-03 16:29,false\r\n'
    plain = b"1146454524019142656,7,a,2019-07-03 16:29,True\n"
    wide = ("1146454524019142656,tGpRofwHLXI5iuye+ZDKVW8yVCic9mkRLxTwiBbEOrU="
            ",n,\u0e01 @a https://t.co/b,2019-07-03 16:29,true,"
            "\"['a', 'it\\'s']\",\"[\"\"https://x.org/\"\"]\",\"[12, '7']\",,"
            "2019-07-01\n").encode()
    yield "quoted", header + good * 3
    yield "plain", b"\xef\xbb\xbf" + header + plain * 3
    yield "wide", wide * 2
    yield "users", b"userid,follower_count\n7,1.0\n8,\n"
    yield "bad_quotes", header + b'1,7,a"b,x,y\n1,7,"a"b,"x",y\n1,"7\n'
    yield "bad_cells", header + b"1,2\n\n\r\n,,,,\n1,2,3,4,5,6"
    yield "bad_utf8", header + b'1,2,"\xc3",4,5\n' + good
    yield "borders", b'"' + b'","' * 63 + b'\n"' + b'""' * 33 + b'"\r\n'
    yield "commas", b'"",",","\n",,"\n,"' * 20


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


def text_seeds():
    """A byte for the way of removing, one for how many ranges, the ranges."""
    def seed(way, text, *ranges):
        return bytes([way, len(ranges)]) + b"".join(
            struct.pack("bB", *each) for each in ranges) + text.encode()
    yield "latin", seed(4, "Grains &amp; SAND &lt;\u00c9t\u00e9&gt;  \u2026",
                        (3, 9), (-1, 4), (7, 8))
    yield "han", seed(0, "\u9999\u6e2f\uff12\u3000\u7acb\u6cd5\u6703" * 5, (2, 4))
    yield "kana", seed(1, "\u304b\u3099 \uff8a\uff9f\u309b\u30fc", (3, 6))
    yield "hangul", seed(0, "\u1112\u1161\u11ab \uac00\u11a8 \uac01")
    yield "arabic", seed(0, "\ufefb\u0634\u0651\u064e\ufdfa \u0627\u0653")
    yield "thai", seed(0, "\u0e01\u0e38\u0e48 \u0e01\u0e33")
    yield "indic", seed(0, "\u09c7\u09be\u09a6\u09be \u0928\u093c\u094d")
    yield "cyrillic", seed(0, "\u0418\u0306 \u0419\u0301 \u0456\u0308")
    yield "marks", seed(0, "e" + "\u0301\u0323\u0345\u0316" * 9 + "\u0130\u0316")
    yield "emoji", seed(0, "\U0001f468\u200d\U0001f469 \u2764\ufe0f", (1, 3))
    yield "csv", seed(7, "@a RT @b_9: hTTps://t.co/x\u3000me@c &gt;http://")
    yield "reddit", seed(2, "see http://x y@z @w \0 a\u2028\u2029\x85b")
    yield "bytes", seed(1, "\U0001f426\u9999\u00e9a" * 4, (1, 5), (30, 12), (9, 10))


def pipeline_seeds():
    """A byte for the way of packing, then the shard or its text."""
    for seeds in (decode_seeds, container_seeds, csv_seeds, dialect_seeds):
        for name, content in seeds():
            yield name, b"\0" + content[:4000]
    lines = b"".join(content for name, content in parse_seeds()
                     if name not in ("borders", "raw_utf8"))
    yield "frames_of_lines", b"\1\2\0" + lines[:6000]
    yield "frames_of_rows", b"\1\0\x40" + dict(csv_seeds())["quoted"] * 3
    yield "document", b"\0[\n" + b",\n".join(
        content.strip() for _, content in dialect_seeds()) + b"\n]\n"


def main():
    for target, seeds in (("parse", parse_seeds), ("kernel", parse_seeds),
                          ("csv", csv_seeds), ("decode", decode_seeds),
                          ("text", text_seeds),
                          ("container", container_seeds),
                          ("pipeline", pipeline_seeds)):
        folder = HERE / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds():
            (folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
