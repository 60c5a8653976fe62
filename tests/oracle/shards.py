"""Shards: from a file name to the pieces in it.

A shard is read whole; what its first bytes name (zstd, gzip, bzip2, tar, zip)
is opened, and what is in there again. Members of tar and zip are shards of
their own. Its framing is one of three:
  csv        the first line that is not blank is a header of CSV that has
             `userid`; a record ends at a line feed outside of quotes
  document   JSON values over any number of lines; a piece is a value at the
             top, or an element of an array at the top
  lines      anything else: every line is a piece
"""

import bz2
import gzip
import io
import re
import subprocess
import tarfile
import zipfile

BOM = b"\xef\xbb\xbf"
FRAMING_BYTES = 65536
ZSTD_MAGICS = [b"\x28\xb5\x2f\xfd"] + [bytes([0x50 + i]) + b"\x2a\x4d\x18"
                                       for i in range(16)]
TAR_MAGIC_AT = 257
CSV_FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",]*))(,|\Z)')
JSON_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"?|[\[\]{},\n]', re.DOTALL)


# --- containers ------------------------------------------------------------

def read_shards(path, dictionary=None):
    """Every shard in a file, as bytes without a byte order mark."""
    with open(path, "rb") as stream:
        data = stream.read()
    for shard in open_up(data, dictionary):
        yield shard[len(BOM):] if shard.startswith(BOM) else shard


def open_up(data, dictionary):
    if data[:4] in ZSTD_MAGICS:
        yield from open_up(unzstd(data, dictionary), dictionary)
    elif data[:3] == b"\x1f\x8b\x08":
        yield from open_up(gzip.decompress(data), dictionary)
    elif data[:3] == b"BZh" and data[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        yield from open_up(bz2.decompress(data), dictionary)
    elif data[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    yield from open_up(archive.read(member), dictionary)
    elif data[TAR_MAGIC_AT:TAR_MAGIC_AT + 5] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            for member in archive:
                if member.isfile():
                    yield from open_up(archive.extractfile(member).read(),
                                       dictionary)
    else:
        yield data


def unzstd(data, dictionary):
    command = ["zstd", "-dcq", "--long=31"]
    if dictionary:
        command += ["-D", dictionary]
    return subprocess.run(command, check=True, input=data,
                          stdout=subprocess.PIPE).stdout


# --- framing ---------------------------------------------------------------

def split_lines(data):
    """Lines without their \\n and without one trailing \\r.

    A final \\n ends the last line and does not begin another.
    """
    if not data:
        return []
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return [line[:-1] if line.endswith(b"\r") else line for line in lines]


def is_blank(line):
    return line.strip(b"\r") == b""


def csv_header(data):
    """The columns of a CSV shard, or None."""
    for line in split_lines(data[:FRAMING_BYTES]):
        if not is_blank(line):
            if line[:1] in (b"{", b"["):
                return None
            fields = csv_fields(line.replace(b"\0", b"").decode(
                "utf-8", "replace"))
            return fields if fields and "userid" in fields else None
    return None


def csv_records(data):
    """Pieces that end at a line feed outside of quotes."""
    held, quotes = [], 0
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    for line in lines:
        held.append(line)
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield b"\n".join(held)
            held = []
    if held:
        yield b"\n".join(held)


def csv_fields(text):
    """The fields of a record, or None where it is no CSV."""
    fields, at, more = [], 0, True
    while more:
        match = CSV_FIELD.match(text, at)
        if match is None:
            return None
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace('""', '"'))
        at, more = match.end(), end == ","
    return fields


def is_document(data):
    """By the brackets at the first line feed behind the first byte."""
    head = data[:FRAMING_BYTES]
    start = re.search(rb"[^ \t\r\n]", head)
    if start is None or start.group() not in (b"[", b"{"):
        return False
    depth = 0
    for token in JSON_TOKEN.finditer(head, start.start()):
        text = token.group()
        if text.startswith(b'"'):
            if b"\n" in text:
                return False
        elif text == b"\n":
            last = head[:token.start()].rstrip(b" \t\r")[-1:]
            return depth > 0 and (start.group() == b"["
                                  or last in (b"{", b"["))
        else:
            depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(text, 0)
    return start.group() == b"["


def document_pieces(data):
    """Elements of arrays at the top, and values at the top that are none."""
    depth, start, array = 0, None, False
    pieces = []
    for token in JSON_TOKEN.finditer(data):
        text = token.group()
        if text in (b"[", b"{"):
            if depth == 0 and not array and text == b"[":
                array, start = True, token.end()
                continue
            if depth == 0 and not array:
                start = token.start()
            depth += 1
        elif text == b"]" and depth == 0 and array:
            pieces.append(data[start:token.start()])
            array, start = False, None
        elif text in (b"]", b"}"):
            depth -= 1
            if depth == 0 and not array:
                pieces.append(data[start:token.end()])
                start = None
        elif text == b"," and depth == 0 and array:
            pieces.append(data[start:token.start()])
            start = token.end()
    if start is not None:
        pieces.append(data[start:])
    return [p for p in (piece.strip(b" \t\r\n") for piece in pieces) if p]
