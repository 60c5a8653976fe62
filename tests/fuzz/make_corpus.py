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
import tempfile
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


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def zigzag(number):
    return varint(number * 2 if number >= 0 else -number * 2 - 1)


def word(number):
    return struct.pack("<Q", number)


TIME = 1562171340657


def fact_seeds():
    """A byte for the time before, and the code."""
    def code(kind, flags, present, *rest):
        return bytes([kind]) + struct.pack("<HH", flags, present) + \
            b"".join(rest)
    yield "least", b"\0" + code(0, 0, 0, zigzag(TIME), word(11))
    yield "retweet", b"\0" + code(
        3, 64 | 128, 1 | 2 | 4 | 8 | 16 | 32 | 64, zigzag(TIME), word(12),
        word(7), word(11), zigzag(-5000), varint(300), varint(20), varint(2),
        varint(1))
    yield "texts", b"\0" + code(
        0, 1 | 256 | 512 | 1024 | 2048 | 4096, 128 | 256 | 512 | 1024 | 2048
        | 4096 | 8192, zigzag(TIME), b"\x0dat://did:a/b/", word(99),
        varint(40), word(5), varint(1), varint(2), varint(3), b"\x41",
        varint(30), varint(2), varint(2), varint(5), b"\1a\2bc", varint(1),
        varint(5), b"\4t.co")


def profile():
    cell = zigzag(0) + zigzag(3)
    return varint(2) + zigzag(TIME) + zigzag(TIME) * 2 + zigzag(5) * 2 + \
        (zigzag((TIME + (1 << 60)) << 1) + zigzag(3) + cell + zigzag(3) * 2) + \
        (zigzag(-1) + zigzag(3) + cell + zigzag(3) * 2) * 4 + \
        (zigzag(0) + b"\2ab") * 5 + (zigzag(0) + zigzag(1)) * 4 + \
        b"\0" + b"\1" + word(3) + b"\2" + word(3) + word(4) + \
        b"\x09" + bytes(i % 7 for i in range(4096))


def streams():
    """(accounts, names): two accounts with all there is, in their order."""
    codes = [content[1:] for _, content in fact_seeds()]
    facts = [varint(len(code)) + code for code in codes]
    # Each time is less that of the fact before; here they are equal.
    facts[1:] = [varint(len(code) - 5) + code[:5] + b"\0" + code[11:]
                 for code in codes[1:]]
    names = varint(2) + b"\x07Android\3Web" + varint(2) + b"\2en\2ja"
    ann = b"\1" + b"\3ann" + b"\0" + varint(1) + varint(0) + facts[0]
    piper = b"\2\0" + word(7) + b"\1" + profile() + varint(3) + \
        varint(2) + b"".join(facts) + \
        b"\0" + word(11) + b"\1" + zigzag(TIME) + b"\2ab\0"
    return ann, piper, names


def segment_seeds():
    """How the file is told: tests/fuzz/segment_file.h."""
    ann, piper, names = streams()
    def built(accounts, *counts):
        return bytes([len(names), *counts]) + names + accounts
    yield "empty", built(b"", 0, 0, 0)
    yield "one_account", built(ann, 1, 1, 0)
    yield "two_accounts", built(ann + piper, 2, 4, 2)
    header = b"SNDPSEG\n" + struct.pack(
        "<6I4Q", 2, 5 << 24 | 5 << 16 | 4 << 8 | 4 << 4 | 2, 1, 256 << 10,
        4096, 8, 0, 0, 0, 0)
    at = len(header)
    index = struct.pack("<8Q", len(ann), 1, 1, 0, len(names), 0, 0, 0) + \
        struct.pack("<QQII", at, 0, len(ann), 0) + \
        struct.pack("<QQII", at + len(ann), 0, len(names), 1)
    footer = b"SNDPEND\n" + struct.pack(
        "<7Q", at + len(ann) + len(names), 2, 0, 0, 0, 0, 0)
    yield "file", b"\1" + header + ann + names + index + footer
    yield "wrong_checksums", b"\0" + header + ann + names + index + footer


def scalar_seeds():
    for number, text in enumerate((
            "0", "-0", "12.0", "100+", "1e400", "-1.5E-3", "null", "false",
            "9223372036854775807", "-9223372036854775808",
            "18446744073709551616", "000000000000000000000007",
            "1134365188.5", "1.2345678901234567891e9", "0.000001e+15")):
        yield "number_%02d" % number, text.encode()


def time_seeds():
    for number, text in enumerate((
            "Wed Jul 03 06:29:00 +0000 2019", "Sat Feb 29 23:59:59 -0130 2020",
            "2019-07-03T06:29:00.123456Z", "2019-07-03 06:29:00",
            "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.9999-2359",
            "1900-02-29T00:00:00Z")):
        yield "time_%02d" % number, text.encode()


def host_seeds():
    for number, text in enumerate((
            "https://www.Example.org:443/a?b#c", "http://a:b@c.d./", "t.co",
            "HTTPS://WWW.www.x\\y", "a+b-c.d://[::1]:80", "://@:", "9a://b")):
        yield "url_%02d" % number, text.encode()


def utf8_seeds():
    yield "borders", ("\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\U00010000"
                      "\U0010ffff").encode() * 6
    yield "surrogate", b"a" * 61 + b"\xed\xa0\x80"
    yield "above", b"a" * 60 + b"\xf4\x90\x80\x80"
    yield "overlong", b"\xc1\xbf\xe0\x9f\xbf\xf0\x8f\xbf\xbf"
    yield "cut", b"a" * 127 + b"\xe4\xb8"


def json_seeds():
    yield from parse_seeds()
    for number, text in enumerate((
            r'{"a":1,"\u0069d":"\ud83d\udc26\u0000","user":{"a":[],"id":null}}',
            r'{"user":{"a":1},"user":7,"id":-0.5e+3,"a":true,"a":false}',
            r'{"user":{"id":"\"\\\/\b\f\n\r\t","x":{"id":2}},"id":{}}')):
        yield "keys_%02d" % number, text.encode()


def split_seeds():
    """Eight sizes of pieces, then the document."""
    steps = bytes([0, 1, 6, 40, 2, 255, 3, 9])
    values = [content.strip() for _, content in dialect_seeds()][:2]
    yield "array", steps + b"[\n" + b",\n".join(values) + b"\n]\n"
    yield "objects", steps + b"{\n" + values[0][1:] + b"\n" + values[1]
    yield "garbage", steps + b'}]"a\\"[" 12,nul ,[{"]":"\\\\"}]],[1 2'


def gzip_seeds():
    return (seed for seed in container_seeds() if seed[0].endswith(".gz"))


def bzip2_seeds():
    return (seed for seed in container_seeds() if seed[0].endswith(".bz2"))


def dictionary_seeds():
    """Two bytes for how long the dictionary is, the dictionary, frames."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder)
        for number in range(400):
            (path / str(number)).write_bytes(line(status(number * 7919)))
        trained, raw = path / "trained", path / "raw"
        subprocess.run(["zstd", "-q", "--train", "-r", folder, "-o", trained,
                        "--maxdict=1000"], check=True)
        raw.write_bytes(line(status(5)))
        for source in (trained, raw):
            dictionary = source.read_bytes()
            frames = compress(line(status(77)), "--check", "-D", str(source))
            for name, text in ((source.name, frames + compress(b"plain")),
                               (source.name + "_id_left_out", compress(
                                   line(status(8)), "--no-dictID", "-D",
                                   str(source)))):
                yield name, struct.pack(">H", len(dictionary)) + \
                    dictionary + text


def lists_seeds():
    yield "accounts", b"# core\n@Piper\r\n 7 \n1146454524019142656\n" \
        b"did:plc:a\n\n@piper_2\n0012\n18446744073709551616"
    yield "shards", b"# ours\na.zst\nb\n-\nlink\n\n.\na.zst"
    yield "no_name", b"7\n@\n"
    yield "bytes", b"\xff\0\n@\0\n\x1b[2J\n" + b"9" * 300


def zone_seeds():
    """An instant of 52 bits, then a file or a rule."""
    instant = struct.pack(">q", 1562171340 << 12)
    for name in ("Europe/Dublin", "Asia/Shanghai", "Africa/Casablanca",
                 "America/Nuuk"):
        content = (pathlib.Path("/usr/share/zoneinfo") / name).read_bytes()
        if len(content) < 4096:
            yield name.replace("/", "_"), instant + content
    for number, rule in enumerate((
            "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30", "EST5EDT,0/0,J365/25",
            "A1B,J60/-167,M13.1.1/167", "XXX24:59:59YYY,M1.1.0/-26,M12.5.6/26")):
        yield "rule_%02d" % number, instant + rule.encode()


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
    every = {name[:-len("_seeds")]: seeds for name, seeds in globals().items()
             if name.endswith("_seeds") and name != "dialect_seeds"}
    for target, seeds in {**every, "kernel": parse_seeds,
                          "reduce": segment_seeds}.items():
        folder = HERE / target
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in seeds():
            (folder / name).write_bytes(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
