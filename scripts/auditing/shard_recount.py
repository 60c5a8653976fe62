"""Shards counted again: sizes, digests, frames by their headers, lines and
text by the zstd command, and whether samples of rejects stand where they are
said to. Text goes by in pieces; no shard is held.
"""

import bz2
import collections
import os
import pathlib
import shutil
import subprocess
import threading
import zlib

from auditing.document_laws import RECORD_REASONS, shown_bytes, total_of
from auditing.frame_headers import NoFrame, walk
from auditing.plain_xxh3 import digest_of_file

PIECE = 1 << 20
RECORD_LOOK = 1 << 20         # of a line, to find one of its records in
BOM = b"\xef\xbb\xbf"


def find_files(names, given, folder):
    """Path of each shard of the ledger: of the files that are given by name,
    else where its name leads from the current directory."""
    by_name = collections.defaultdict(list)
    exact = {str(path): path for path in given}
    for path in given:
        by_name[path.name].append(path)
    found = {}
    for name in names:
        candidates = by_name.get(pathlib.PurePath(name).name, [])
        path = exact.get(name) or (candidates[0] if len(candidates) == 1
                                   else None)
        if path is None and os.path.isfile(name):
            path = pathlib.Path(name)
        if path is not None and path.is_file():
            found[name] = path
    return found


def group_shards(shards):
    """Each file's line with those of its members, which follow it."""
    groups = []
    for shard in shards:
        if groups and shard["shard"].startswith(
                groups[-1][0]["shard"] + "!"):
            groups[-1].append(shard)
        else:
            groups.append([shard])
    return groups


def check_shards(verdict, ledger, listed, samples, options):
    """listed: what the manifest or filter.json tells of each shard."""
    groups = group_shards(ledger["shards"])
    files = find_files([group[0]["shard"] for group in groups],
                       options.shards, options.folder)
    by_shard = collections.defaultdict(list)
    for sample in samples:
        by_shard[sample["shard"]].append(sample)
    for group in groups:
        where = group[0]["shard"]
        if where not in files:
            verdict.cannot(where, "size, digest, frames, lines",
                           "standard input is gone" if where == "-" else
                           "no such file from here, and none was given")
            continue
        path = files[where]
        verdict.equal(where, "bytes are the file's", sum(
            shard["bytes"]["file"] for shard in group), path.stat().st_size)
        if options.quick:
            verdict.cannot(where, "digest, frames, lines", "--quick")
            continue
        check_digest(verdict, group, listed[where], path)
        recount(verdict, group, listed[where], by_shard[where], path)


def check_digest(verdict, group, told, path):
    where = group[0]["shard"]
    if told.get("container") in ("tar", "zip"):
        verdict.cannot(where, "xxh3_128 is the file's", "it is that of the "
                       "headers of a tar or zip alone")
        return
    digest, how = digest_of_file(path)
    if digest is None:
        verdict.cannot(where, "xxh3_128 is the file's", how)
    else:
        verdict.equal(where, "xxh3_128 is the file's (by %s)" % how,
                      told["xxh3_128"], digest)


# ---- frames ---------------------------------------------------------------------

def recount(verdict, group, told, samples, path):
    shard, where = group[0], group[0]["shard"]
    container = told.get("container") or container_of(path)
    if container == "zstd":
        pieces = zstd_pieces(verdict, shard, samples, path)
    elif container in ("text", "empty"):
        verdict.equal(where, "samples name the one frame of a text",
                      [s["frame"] for s in samples if s["frame"]], [])
        pieces = file_pieces(path)
    elif container in ("gzip", "bzip2") and not total_of(
            shard["frames"]["rejected"]):
        pieces = packed_pieces(verdict, shard, container, path)
    else:
        verdict.cannot(where, "frames and lines", "a damaged or foreign "
                       "container, tar or zip is not read")
        return
    if pieces is None:
        return
    if len(group) > 1 or "members" in shard:
        verdict.cannot(where, "lines", "the text is a tar")
        return
    check_text(verdict, shard, told, samples, pieces)


def container_of(path):
    """By the first bytes, where no manifest tells it."""
    with open(path, "rb") as stream:
        first = stream.read(4)
    magic = int.from_bytes(first, "little")
    if not first:
        return "empty"
    if magic == 0xFD2FB528 or magic & 0xFFFFFFF0 == 0x184D2A50:
        return "zstd"
    return "gzip" if first[:2] == b"\x1f\x8b" else \
        "text" if first[:1] in b"{[\xef \r\n\"t" else "other"


def zstd_pieces(verdict, shard, samples, path):
    """Checks the frames; gives the text of the good ones, or None."""
    where, told = shard["shard"], shard["frames"]
    bad = {sample["frame"]: sample["compressed_bytes"] for sample in samples
           if "line" not in sample}
    if total_of(told["rejected"]) > len(bad):
        verdict.cannot(where, "frames and lines",
                       "not every bad frame has a sample")
        return None
    try:
        with open(path, "rb") as stream:
            frames = list(walk(stream, path.stat().st_size, bad))
    except NoFrame as error:
        verdict.check(where, "frames follow one another", False, str(error))
        return None
    good = [frame for frame in frames if frame.kind == "frame"]
    check_frames(verdict, shard, frames, good)
    check_frame_places(verdict, where, samples, frames)
    if any(frame.dictionary for frame in good):
        verdict.cannot(where, "lines", "frames need a dictionary")
        return None
    if not shutil.which("zstd"):
        verdict.cannot(where, "lines", "no zstd command here")
        return None
    return unpacked_pieces(path, good)


def check_frames(verdict, shard, frames, good):
    where, told, size = shard["shard"], shard["frames"], shard["bytes"]
    skippable = [frame for frame in frames if frame.kind == "skippable"]
    for law, left, right in (
            ("frames that ended well", told["ok"], len(good)),
            ("skippable frames", told["skippable"], len(skippable)),
            ("frames without a checksum", told["unchecked"],
             sum(not frame.checked for frame in good)),
            ("the greatest window", told["window_bytes_max"],
             max((frame.window for frame in good), default=0)),
            ("bytes of good frames", size["frames"],
             sum(frame.size for frame in good)),
            ("bytes of skippable frames", size["skippable"],
             sum(frame.size for frame in skippable)),
            ("bytes that are rejected", size["rejected"],
             sum(f.size for f in frames if f.kind == "bad"))):
        verdict.equal(where, "%s are as the headers say" % law, left, right)


def check_frame_places(verdict, where, samples, frames):
    starts = {frame.offset for frame in frames}
    lost = [sample["frame"] for sample in samples
            if sample["frame"] not in starts]
    if samples:
        verdict.equal(where, "samples name frames that begin there", lost, [])


# ---- text -----------------------------------------------------------------------

def file_pieces(path):
    with open(path, "rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def feed(path, frames, sink):
    try:
        with open(path, "rb") as stream, sink:
            for frame in frames:
                stream.seek(frame.offset)
                left = frame.size
                while left:
                    piece = stream.read(min(left, PIECE))
                    sink.write(piece)
                    left -= len(piece)
    except BrokenPipeError:
        pass        # the reader has its reason, and tells it


def unpacked_pieces(path, frames):
    """The text of good frames; a frame that zstd refuses is told by an
    exception behind the last piece."""
    if not frames:
        return
    with subprocess.Popen(["zstd", "-dcq", "--long=31"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as run:
        feeder = threading.Thread(target=feed, args=(path, frames, run.stdin))
        feeder.start()
        while piece := run.stdout.read(PIECE):
            yield piece
        said = run.stderr.read().decode(errors="replace").strip()
        feeder.join()
    if run.returncode:
        raise NoFrame("zstd: " + said)


def packed_pieces(verdict, shard, container, path):
    """Members of gzip, streams of bzip2; zeros between them are passed."""
    make = (lambda: zlib.decompressobj(31)) if container == "gzip" \
        else bz2.BZ2Decompressor
    count, rest, packed = 0, b"", 0
    with open(path, "rb") as stream:
        while True:
            rest = (rest or stream.read(PIECE)).lstrip(b"\0")
            if not rest:
                if not (rest := stream.read(PIECE)):
                    break
                continue
            one = make()
            while not one.eof:
                yield one.decompress(rest)
                packed += len(rest) - len(one.unused_data)
                rest = b"" if one.eof else stream.read(PIECE)
                if not one.eof and not rest:
                    raise NoFrame("the file ends inside a member")
            rest, count = one.unused_data, count + 1
    verdict.equal(shard["shard"], "members that ended well",
                  shard["frames"]["ok"], count)
    verdict.equal(shard["shard"], "bytes of good members",
                  shard["bytes"]["frames"], packed)


class Reader:
    """Bytes, lines and blank lines of a text, and what stands at places."""

    def __init__(self, places):
        self.size = self.lines = self.blank = 0
        self.carry = b""              # the open line: "x", CRs, or nothing
        self.wanted = sorted(places)  # (offset, size)
        self.waiting = []             # [place, lines before it, bytes]
        self.found = {}               # by place: (lines before it, bytes)
        self.has_mark = False

    def add(self, piece):
        start = self.size
        self.size += len(piece)
        while self.wanted and self.wanted[0][0] < self.size:
            place = self.wanted.pop(0)
            before = piece.count(b"\n", 0, place[0] - start)
            self.waiting.append([place, self.lines + before, b""])
        for entry in self.waiting:
            offset, size = entry[0]
            at = max(offset - start, 0)
            entry[2] += piece[at:at + size - len(entry[2])]
            self.found[entry[0]] = entry[1:]
        self.waiting = [e for e in self.waiting if len(e[2]) < e[0][1]]
        self.count(piece, start == 0)

    def count(self, piece, is_first):
        if is_first and piece.startswith(BOM):
            self.has_mark, piece = True, piece[len(BOM):]
        parts = (self.carry + piece).split(b"\n")
        last = parts.pop()
        self.lines += len(parts)
        self.blank += sum(not part.strip(b"\r") for part in parts)
        self.carry = b"x" if last.strip(b"\r") else last[:1]

    def end(self):
        self.lines += bool(self.carry)
        self.blank += self.carry == b"\r"

    def bytes_at(self, offset, size):
        return self.found.get((offset, size), (0, b""))[1]


def check_text(verdict, shard, told, samples, pieces):
    where = shard["shard"]
    lines = [sample for sample in samples if "line" in sample]
    if any(sample["bytes"] is None for sample in lines):
        verdict.cannot(where, "bytes of samples stand in the text",
                       "with --pseudonyms none are shown")
    reader = Reader(places_of(lines))
    try:
        for piece in pieces:
            if piece:
                reader.add(piece)
    except (NoFrame, OSError, zlib.error) as error:
        verdict.check(where, "good frames can be read", False, str(error))
        return
    reader.end()
    salvaged = shard.get("salvaged", {"text": 0})["text"]
    verdict.equal(where, "bytes of text are those that come out",
                  shard["bytes"]["text"] - salvaged, reader.size)
    if salvaged:
        verdict.cannot(where, "lines, places of samples",
                       "text of salvaged frames is among them")
        return
    lossless = not total_of(shard["frames"]["rejected"])
    framing = told.get("framing", "lines")
    if framing == "lines" and lossless:
        verdict.equal(where, "lines are those of the text",
                      shard["lines"]["total"], reader.lines)
        verdict.equal(where, "blank lines are those of the text",
                      shard["lines"]["blank"], reader.blank)
    else:
        verdict.cannot(where, "lines are those of the text", "%s framing"
                       % framing if lossless else
                       "beside a lost frame lines end where it was")
    check_places(verdict, where, lines, reader, framing == "lines"
                 and lossless)


def places_of(samples):
    """Each sample's bytes, and what stands before and behind the line. A
    record stands anywhere in its line."""
    places = set()
    for sample in samples:
        offset = sample["text_offset"]
        places |= {(offset, 1), (max(offset - 1, 0), 1),
                   (offset + sample["size"], 1)}
        if sample["bytes"] is not None:
            places.add((offset, RECORD_LOOK if sample["reason"]
                        in RECORD_REASONS else
                        len(shown_bytes(sample["bytes"]))))
    return places


def bytes_stand_there(sample, reader):
    shown = sample["bytes"] and shown_bytes(sample["bytes"])
    if not shown:
        return True         # a pseudonym's are not shown
    offset = sample["text_offset"]
    if sample["reason"] not in RECORD_REASONS:
        return reader.bytes_at(offset, len(shown)) == shown
    look = reader.bytes_at(offset, RECORD_LOOK)
    return look.startswith(shown) or shown in look.partition(b"\n")[0] \
        or len(look) == RECORD_LOOK and b"\n" not in look


def stands_there(sample, reader, numbered):
    """The sample's bytes are at its place; where lines are whole, on a line
    of its number, and a whole line has line ends on both sides."""
    offset = sample["text_offset"]
    if not bytes_stand_there(sample, reader):
        return False
    if not numbered or offset == reader.size:
        return offset <= reader.size
    before = reader.found[offset, 1][0] if (offset, 1) in reader.found \
        else -1
    first = offset == 0 or offset == len(BOM) and reader.has_mark
    begins = first or reader.bytes_at(offset - 1, 1) == b"\n"
    ends = sample["reason"] in RECORD_REASONS \
        or reader.bytes_at(offset + sample["size"], 1) in (b"\r", b"\n", b"")
    return before + 1 == sample["line"] and begins and ends


def check_places(verdict, where, samples, reader, numbered):
    wrong = ["line %d" % sample["line"] for sample in samples
             if not stands_there(sample, reader, numbered)]
    if samples:
        verdict.equal(where, "samples stand in the text as they say", wrong,
                      [])
