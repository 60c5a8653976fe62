#!/usr/bin/env python3
"""--damaged=salvage, from outside.

What must come of a damaged frame is derived here: libzstd is fed one byte at
a time, so that all text of the blocks before the damage is seen and none of
the block that fails. The text up to there, followed by a loss, is what a
salvaging run must count; as plain text it must give the same tables.
"""

import bz2
import ctypes
import ctypes.util
import gzip
import io
import json
import random
import subprocess
import sys
import tarfile
import zipfile
import zlib

from check_csv import spreadsheet
from harness import (DATA_FILES, TABLES, Archive, Skip, frame_of, main,
                     promise, require, require_same)

FRAMES = 4
FRAME_BYTES = 300 << 10       # three blocks of zstd, the last one short
BAD = 2
SALVAGE = ("--damaged", "salvage")


# ---- the reference ----------------------------------------------------------

class Buffer(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_void_p), ("size", ctypes.c_size_t),
                ("at", ctypes.c_size_t)]


def libzstd():
    name = ctypes.util.find_library("zstd")
    if not name:
        raise Skip("libzstd is not found")
    library = ctypes.CDLL(name)
    library.ZSTD_createDCtx.restype = ctypes.c_void_p
    library.ZSTD_freeDCtx.argtypes = [ctypes.c_void_p]
    library.ZSTD_decompressStream.restype = ctypes.c_size_t
    library.ZSTD_decompressStream.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(Buffer), ctypes.POINTER(Buffer)]
    library.ZSTD_isError.argtypes = [ctypes.c_size_t]
    return library


def text_before_damage(content):
    """The text of the whole blocks of the frame that content begins with."""
    library, text = libzstd(), bytearray()
    context = library.ZSTD_createDCtx()
    room = ctypes.create_string_buffer(256 << 10)
    source = ctypes.create_string_buffer(content, len(content))
    start = ctypes.addressof(source)
    for at in range(len(content)):
        given = Buffer(start + at, 1, 0)
        made = Buffer(ctypes.addressof(room), len(room), 0)
        left = library.ZSTD_decompressStream(context, ctypes.byref(made),
                                             ctypes.byref(given))
        text += room.raw[:made.at] if made.at else b""
        if left == 0 or library.ZSTD_isError(left):
            break
    library.ZSTD_freeDCtx(context)
    return bytes(text)


def is_whole(line):
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


class Told:
    """What counts of a text, a salvaged text behind it, and the text behind
    the loss."""

    def __init__(self, before, salvaged, behind):
        lines = (before + salvaged).split(b"\n")
        tail = lines.pop()
        of_before = before.count(b"\n")
        self.text = len(salvaged)
        self.others = lines[:of_before]
        self.salvaged = lines[of_before:]
        if tail and is_whole(tail):
            self.salvaged.append(tail)
        head, _, rest = behind.partition(b"\n")
        self.behind = [head] if is_whole(head) else []
        self.behind += rest.split(b"\n")[:-1]

    def kept(self):
        return as_text(self.others + self.salvaged + self.behind)

    def left(self):
        return as_text(self.others + self.behind)


def as_text(lines):
    return b"".join(line + b"\n" for line in lines)


# ---- shards -----------------------------------------------------------------

def lines_of(world, bytes_wanted):
    place = world.place / "archive"
    archive = Archive(place) if place.exists() else world.generate(
        "archive", "--posts", "900", "--campaign", "4", "--line-ends", "lf",
        "--layout", "plain")
    text = archive.text()
    require(len(text) >= bytes_wanted, "the archive has", len(text))
    text = text[:bytes_wanted]
    return text[:text.rindex(b"\n") + 1]


class Pieces:
    """A text cut anywhere into frames of several blocks."""

    def __init__(self, world, text=None):
        text = text or lines_of(world, FRAMES * FRAME_BYTES)
        self.texts = [text[i:i + FRAME_BYTES]
                      for i in range(0, len(text), FRAME_BYTES)]
        self.frames = [frame_of(text) for text in self.texts]

    def shard(self, bad, number=BAD):
        return b"".join(self.frames[:number] + [bad]
                        + self.frames[number + 1:])

    def told(self, bad, number=BAD):
        salvaged = text_before_damage(
            bad + b"".join(self.frames[number + 1:]))
        return Told(b"".join(self.texts[:number]), salvaged,
                    b"".join(self.texts[number + 1:]))


def changed_at(content, at, mask):
    changed = bytearray(content)
    changed[at] ^= mask
    return bytes(changed)


def run_bytes(world, name, content, *options):
    shard = world.place / name
    shard.write_bytes(content)
    return world.run("out-" + name, *options, shard)


WAYS = (("1", "pread", "scalar"), ("2", "uring", "avx2"),
        ("4", "pread", "avx2"), ("4", "uring", "scalar"))


def run_every_way(world, name, content, ways=WAYS):
    """The outputs of a salvaging run: the same bytes in every way."""
    first = None
    for number, (threads, backend, isa) in enumerate(ways):
        shard = world.place / name
        shard.write_bytes(content)
        outputs = world.run("out%d-%s" % (number, name), *SALVAGE,
                            "--threads", threads, "--io", backend, "--isa",
                            isa, shard)
        first = first or outputs
        require_same(first, outputs, DATA_FILES,
                     "%s with %s threads, %s" % (name, threads, backend))
    return first


def posts_of(world, name, text):
    outputs = run_bytes(world, name, text)
    return outputs, outputs.total()["records"]["posts_with_copies"]


def check_told(world, outputs, told, name):
    """Tables of the lines that count, and the ledger's word on them."""
    want, posts = posts_of(world, name + "-kept.jsonl", told.kept())
    _, left = posts_of(world, name + "-left.jsonl", told.left())
    require_same(want, outputs, TABLES, name)
    total = outputs.total()
    if told.text == 0:
        require("salvaged" not in total, name, "salvages", total)
        return
    counted = {"frames": 1, "text": told.text, "lines": len(told.salvaged),
               "posts": posts - left}
    require(total["salvaged"] == counted, name, "tells", total["salvaged"],
            "and not", counted)
    sample = [reject for reject in outputs.rejects()
              if "salvaged" in reject]
    require(len(sample) == 1 and sample[0]["salvaged"] == {
        "text_bytes": told.text, "lines": len(told.salvaged),
        "posts": posts - left}, name, "shows", sample)


def check_bad(world, pieces, bad, name, ways=WAYS):
    outputs = run_every_way(world, name + ".zst", pieces.shard(bad), ways)
    total = outputs.total()
    require(total["frames"]["ok"] == FRAMES - 1, name, total["frames"])
    told = pieces.told(bad)
    check_told(world, outputs, told, name)
    texts = sum(map(len, pieces.texts)) - len(pieces.texts[BAD])
    require(total["bytes"]["text"] == texts + told.text, name, "has",
            total["bytes"]["text"], "bytes of text")
    return outputs


# ---- lines ------------------------------------------------------------------

@promise
def whole_lines_before_the_damage_are_salvaged(world):
    pieces = Pieces(world)
    good = pieces.frames[BAD]
    least = run_bytes(world, "drop.zst",
                      pieces.shard(changed_at(good, len(good) // 2, 1)))
    for part in (1, 5, 9):
        bad = changed_at(good, len(good) * part // 10, 0x40)
        outputs = check_bad(world, pieces, bad, "part%d" % part)
        if part == 9:
            require(outputs.total()["salvaged"]["posts"] > 0 and
                    outputs.ledger()["result"]["posts"]
                    > least.ledger()["result"]["posts"], "nothing is gained")


@promise
def of_a_wrong_checksum_the_whole_text_is_salvaged(world):
    pieces = Pieces(world)
    bad = changed_at(pieces.frames[BAD], -1, 0xFF)
    outputs = check_bad(world, pieces, bad, "checksum")
    total = outputs.total()
    require(total["salvaged"]["text"] == len(pieces.texts[BAD]), total)
    require(total["frames"]["rejected"] == {"frame_checksum": 1}, total)
    require(total["bytes"]["rejected"] == len(bad), total["bytes"])


@promise
def bits_flipped_anywhere_salvage_what_libzstd_decodes(world):
    pieces, draw = Pieces(world), random.Random(19)
    good = pieces.frames[BAD]
    for number in range(4 if world.sanitized else 16):
        at = 6 + (len(good) - 6) * number // (4 if world.sanitized else 16)
        bad = changed_at(good, at + draw.randrange(9),
                         1 << draw.randrange(8))
        name = "flip%d" % number
        outputs = run_every_way(world, name + ".zst", pieces.shard(bad),
                                (WAYS[0], WAYS[3]))
        frames = outputs.total()["frames"]
        if frames["ok"] == FRAMES - 1:
            check_told(world, outputs, pieces.told(bad), name)
        else:
            require(frames["ok"] >= FRAMES - 2, "at", at, frames)


@promise
def a_frame_cut_anywhere_is_salvaged_to_its_last_whole_block(world):
    pieces = Pieces(world)
    good = pieces.frames[BAD]
    for number, size in enumerate((12, len(good) // 3, len(good) * 4 // 5,
                                   len(good) - 4, len(good) - 1)):
        outputs = run_every_way(world, "end%d.zst" % number,
                                b"".join(pieces.frames[:BAD])
                                + good[:size], (WAYS[0], WAYS[3]))
        told = Told(b"".join(pieces.texts[:BAD]),
                    text_before_damage(good[:size]), b"")
        check_told(world, outputs, told, "end%d" % number)
        require(outputs.total()["frames"]["rejected"] ==
                {"frame_truncated": 1}, outputs.total()["frames"])


@promise
def frames_damaged_one_after_the_other_lose_what_lies_between(world):
    """The line across two damaged frames is lost, each of the two parts."""
    pieces = Pieces(world)
    bad = [changed_at(frame, -1, 1) for frame in pieces.frames[1:3]]
    shard = b"".join([pieces.frames[0], *bad, pieces.frames[3]])
    outputs = run_every_way(world, "two.zst", shard)
    lines = [as_text(lines_between(text, first == 0))
             for first, text in enumerate([pieces.texts[0] + pieces.texts[1],
                                           pieces.texts[2],
                                           pieces.texts[3]])]
    want = run_bytes(world, "two.jsonl", b"".join(lines))
    require_same(want, outputs, TABLES, "two damaged frames")
    total = outputs.total()
    require(total["salvaged"]["frames"] == 2 and total["salvaged"]["text"] ==
            len(pieces.texts[1]) + len(pieces.texts[2]), total["salvaged"])
    require(total["lines"]["rejected"] == {"frame_lost": 4}, total["lines"])


def lines_between(text, begins):
    """Lines of a text behind and before a loss, but for what was cut."""
    lines = text.split(b"\n")
    return lines[0 if begins else 1:-1]


@promise
def a_size_that_lies_salvages_the_text_that_is_there(world):
    """Blocks without compression under a header that promises more."""
    text = lines_of(world, 40 << 10)
    block = (len(text) << 3 | 1).to_bytes(3, "little") + text
    lie = b"\x28\xb5\x2f\xfd\xa0" + (len(text) + 7).to_bytes(4, "little")
    outputs = run_every_way(world, "lie.zst", lie + block, WAYS[:2])
    require(outputs.total()["frames"]["rejected"] == {"frame_size": 1},
            outputs.total()["frames"])
    check_told(world, outputs, Told(b"", text, b""), "lie")


@promise
def without_damage_salvage_changes_nothing(world):
    pieces = Pieces(world)
    shard = b"".join(pieces.frames)
    want = run_bytes(world, "good.zst", shard)
    files = [name for name in DATA_FILES if name != "manifest.json"]
    for mode in ("salvage", "fail"):
        outputs = world.run("out-" + mode, "--damaged", mode,
                            world.place / "good.zst")
        require_same(want, outputs, files, mode)
    manifest = world.run("again", *SALVAGE, world.place / "good.zst").json(
        "manifest.json")
    require(manifest["parameters"].get("damaged") == "salvage", manifest)


@promise
def what_a_filter_finds_in_salvaged_text_is_written(world):
    pieces = Pieces(world)
    bad = changed_at(pieces.frames[BAD], len(pieces.frames[BAD]) * 9 // 10, 4)
    told = pieces.told(bad)
    require(told.text > 0, "nothing to salvage")
    (world.place / "bad.jsonl.zst").write_bytes(pieces.shard(bad))
    (world.place / "kept.jsonl").write_bytes(told.kept())
    want = found_in(world, "kept", world.place / "kept.jsonl")
    for threads in ("1", "2", "4"):
        found = found_in(world, "bad" + threads, *SALVAGE, "-t", threads,
                         world.place / "bad.jsonl.zst")
        require(found == want, "threads", threads, "find", len(found),
                "bytes and not", len(want))


def found_in(world, name, *arguments):
    folder = world.place / ("found-" + name)
    done = world.call("filter", "-q", "-o", folder, "--since", "2000-01-01",
                      *arguments)
    require(done.returncode == 0, name, done.stderr)
    files = sorted(folder.glob("*.zst"))
    require(len(files) == 1, name, "wrote", files)
    return subprocess.run(["zstd", "-dcqf", files[0]], check=True,
                          stdout=subprocess.PIPE).stdout


# ---- documents and rows -----------------------------------------------------

@promise
def of_a_document_the_elements_before_the_damage_are_salvaged(world):
    elements = lines_of(world, FRAMES * FRAME_BYTES).split(b"\n")[:-1]
    ends, text = [], b"[\n"
    for number, element in enumerate(elements):
        text += (b",\n" if number else b"") + element
        ends.append(len(text))
    pieces = Pieces(world, text + b"\n]\n")
    good = pieces.frames[BAD]
    start = sum(map(len, pieces.texts[:BAD]))
    for name, bad in (("nine", changed_at(good, len(good) * 9 // 10, 0x40)),
                      ("sum", changed_at(good, -1, 1))):
        outputs = run_every_way(world, name + ".json.zst", pieces.shard(bad))
        salvaged = text_before_damage(bad)
        # A bit that was flipped may show in the text.
        there = text[:start] + salvaged
        kept = [there[end - len(element):end]
                for element, end in zip(elements, ends) if end <= len(there)]
        want = run_bytes(world, name + ".jsonl", as_text(kept))
        require_same(want, outputs, TABLES, name)
        told = outputs.total()["salvaged"]
        require(told["text"] == len(salvaged) and told["lines"] == len(
            [end for end in ends if start < end <= start + len(salvaged)]),
            name, "tells", told)
        require(outputs.total()["bytes"]["text"] == sum(
            map(len, pieces.texts)) - len(pieces.texts[BAD]) + len(salvaged),
            name, "has", outputs.total()["bytes"])


@promise
def a_dropped_frame_of_a_document_leaves_no_text(world):
    text = b"[" + b",\n".join(
        lines_of(world, FRAMES * FRAME_BYTES).split(b"\n")[:-1]) + b"]"
    pieces = Pieces(world, text)
    bad = changed_at(pieces.frames[BAD], -1, 1)
    for name, shard, lost in (
            ("one", pieces.shard(bad), (BAD,)),
            ("two", b"".join([*pieces.frames[:BAD], bad,
                              changed_at(pieces.frames[-1], -1, 1)]),
             (BAD, FRAMES - 1))):
        total = run_bytes(world, name + ".json.zst", shard).total()
        want = sum(map(len, pieces.texts)) - sum(
            len(pieces.texts[number]) for number in lost)
        require(total["bytes"]["text"] == want, name, "has",
                total["bytes"]["text"], "bytes of text and not", want)


def whole_rows(text):
    """Up to the last line feed that is not quoted."""
    end = quotes = 0
    for at, byte in enumerate(text):
        quotes += byte == 0x22
        if byte == 0x0A and quotes % 2 == 0:
            end = at + 1
    return text[:end]


@promise
def rows_of_csv_before_the_damage_are_salvaged(world):
    pieces = Pieces(world, spreadsheet(7, 6000, clean=True))
    last = len(pieces.frames) - 1
    require(last >= 1 and len(pieces.texts[last]) > 140 << 10,
            "frames:", [len(text) for text in pieces.texts])
    good = pieces.frames[last]
    for name, bad in (("cut", good[:-len(good) // 4]),
                      ("flip", changed_at(good, len(good) * 9 // 10, 0x20)),
                      ("sum", changed_at(good, -1, 1))):
        outputs = run_every_way(world, name + ".csv.zst",
                                pieces.shard(bad, last))
        salvaged = text_before_damage(bad)
        require(salvaged, name, "has nothing to salvage")
        want = run_bytes(world, name + ".csv", whole_rows(
            b"".join(pieces.texts[:last]) + salvaged))
        require_same(want, outputs, TABLES, name)
        total = outputs.total()
        require(total["salvaged"]["text"] == len(salvaged), total)
        require(set(total["lines"]["rejected"]) <= {"frame_lost"},
                total["lines"])
    total = run_every_way(world, "first.csv.zst", pieces.shard(
        changed_at(pieces.frames[0], -1, 1), 0)).total()
    require(set(total["lines"]["rejected"]) == {"frame_lost", "framing_lost"},
            total["lines"])
    # The row that was cut, and some up to the first border that is sure.
    found = total["records"]["posts_with_copies"]
    require(6000 - 8 <= found < 6000, "posts:", found)


@promise
def rows_whose_borders_come_late_are_salvaged_once(world):
    """The third frame is the first that another lane may try. No border is
    sure in its first 256 KiB, for want of a quote: it is left as it is, with
    the rows behind that, and decoded again in its turn."""
    rows = [b"tweetid,userid,user_screen_name,tweet_text,tweet_time,"
            b"is_retweet"]
    size, number = len(rows[0]) + 1, 0
    while size < 7 * FRAME_BYTES // 2:
        number += 1
        quote = b'"' if size > 2 * FRAME_BYTES + (260 << 10) else b""
        rows.append(b"%d,%d,name%d,%s%d%s,2019-07-03 16:29,false"
                    % (number, number % 97, number % 97, quote,
                       number * 7919 % 65537, quote))
        size += len(rows[-1]) + 1
    pieces = Pieces(world, as_text(rows))
    tail = frame_of(pieces.texts[2] + pieces.texts[3])
    outputs = run_every_way(world, "late.csv.zst", b"".join(
        pieces.frames[:2]) + changed_at(tail, -1, 1))
    want = run_bytes(world, "late.csv", as_text(rows))
    require_same(want, outputs, TABLES, "rows whose borders come late")


# ---- packed and contained ---------------------------------------------------

@promise
def gzip_and_bzip2_are_salvaged_to_the_damage(world):
    text = lines_of(world, 2 * FRAME_BYTES)
    for name, packed, unpack in (
            ("gz", gzip.compress(text, mtime=0), zlib.decompressobj(31)),
            ("bz2", bz2.compress(text, 1), bz2.BZ2Decompressor())):
        cut = packed[:len(packed) * 3 // 4]
        salvaged = unpack.decompress(cut)
        require(salvaged, name, "has nothing to salvage")
        outputs = run_every_way(world, "cut.jsonl." + name, cut)
        check_told(world, outputs, Told(b"", salvaged, b""), "cut-" + name)
        for part in (3, 7):
            flipped = changed_at(packed, len(packed) * part // 8, 8)
            run_every_way(world, "flip%d.jsonl.%s" % (part, name), flipped)
    whole = changed_at(gzip.compress(text, mtime=0), -5, 1)
    outputs = run_every_way(world, "crc.jsonl.gz", whole, WAYS[:2])
    check_told(world, outputs, Told(b"", text, b""), "crc")


def zip_of(text, method):
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", method) as archive:
        archive.writestr("posts.jsonl", text)
    return memory.getvalue()


def with_directory(content, at, value):
    """Another number in the zip's only entry of the central directory."""
    entry = content.rindex(b"PK\x01\x02") + at
    return content[:entry] + value.to_bytes(4, "little") + content[entry + 4:]


@promise
def entries_of_a_zip_are_salvaged_to_their_size(world):
    text = lines_of(world, 2 * FRAME_BYTES)
    deflated = zip_of(text, zipfile.ZIP_DEFLATED)
    less = len(text) * 2 // 3
    for name, content, salvaged, reason in (
            ("crc", with_directory(deflated, 16, 7), text, "frame_checksum"),
            ("less", with_directory(deflated, 24, less), text[:less],
             "frame_size"),
            ("more", with_directory(deflated, 24, len(text) + 1), text,
             "frame_size")):
        outputs = run_every_way(world, name + ".zip", content)
        require(outputs.total()["frames"]["rejected"] == {reason: 1}, name,
                outputs.total()["frames"])
        check_told(world, outputs, Told(b"", salvaged, b""), name)


def tar_of(parts):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w", format=tarfile.USTAR_FORMAT) \
            as archive:
        for number, part in enumerate(parts):
            info = tarfile.TarInfo("posts%d.jsonl" % number)
            info.size = len(part)
            archive.addfile(info, io.BytesIO(part))
    return memory.getvalue()


def members_in(tar, parts):
    """The texts of the parts as far as a tar that was cut has them."""
    texts, at = [], 0
    for part in parts:
        texts.append(tar[at + 512:at + 512 + len(part)])
        at += 512 + (len(part) + 511) // 512 * 512
    return texts


@promise
def members_of_a_cut_tar_are_salvaged(world):
    text = lines_of(world, 2 * FRAME_BYTES)
    parts = [text[:FRAME_BYTES // 2], text[FRAME_BYTES // 2:]]
    cut = tar_of(parts)[:FRAME_BYTES]
    check_members(world, "cut.tar", cut, members_in(cut, parts),
                  {"container_truncated": 1})


@promise
def members_of_a_damaged_packed_tar_are_salvaged(world):
    text = lines_of(world, 2 * FRAME_BYTES)
    parts = [text[:FRAME_BYTES // 2], text[FRAME_BYTES // 2:]]
    packed = gzip.compress(tar_of(parts), mtime=0)
    cut = packed[:len(packed) * 3 // 4]
    tar = zlib.decompressobj(31).decompress(cut)
    check_members(world, "cut.tar.gz", cut, members_in(tar, parts),
                  {"container_truncated": 1, "frame_truncated": 1})
    frame = frame_of(tar_of(parts))
    bad = changed_at(frame, -1, 1)
    outputs = check_members(world, "sum.tar.zst", bad, parts,
                            {"frame_checksum": 1})
    require(outputs.total()["salvaged"]["text"] == len(text),
            outputs.total())
    inner = zip_of(frame_of(text), zipfile.ZIP_STORED)
    bad = with_directory(inner, 16, 7)
    bad = bad.replace(b"posts.jsonl", b"posts.jszst")
    outputs = run_every_way(world, "inner.zip", bad.replace(
        b"posts.jszst", b"posts.j.zst"))
    check_told(world, outputs, Told(b"", text, b""), "inner")


def check_members(world, name, content, texts, reasons):
    outputs = run_every_way(world, name, content)
    total = outputs.total()
    require(total["frames"]["rejected"] == reasons, name, total["frames"])
    told = [Told(b"", text, b"") for text in texts]
    want = run_bytes(world, name + ".jsonl",
                     b"".join(part.kept() for part in told))
    require_same(want, outputs, TABLES, name)
    return outputs


if __name__ == "__main__":
    sys.exit(main())
