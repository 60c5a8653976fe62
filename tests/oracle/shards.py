"""Shards: from a file name to the JSON texts in it.

A shard is read whole. It is framed in one of two ways, decided by its first
line that is not blank:
  document   that line, JSON white space removed, is only an opening:
             [  {  [{  {"statuses":[  {"statuses":[{
             and then the whole shard is one JSON text;
  lines      anything else: every line is one JSON text.
"""

import gzip
import subprocess

BOM = b"\xef\xbb\xbf"
OPENINGS = {b"[", b"{", b"[{", b'{"statuses":[', b'{"statuses":[{'}


def read_shard(path):
    """The decompressed bytes of a shard, without a byte order mark."""
    if path.endswith(".zst"):
        done = subprocess.run(["zstd", "-dc", "--long=31", path], check=True,
                              stdout=subprocess.PIPE)
        data = done.stdout
    elif path.endswith(".gz"):
        with gzip.open(path, "rb") as stream:
            data = stream.read()
    else:
        with open(path, "rb") as stream:
            data = stream.read()
    return data[len(BOM):] if data.startswith(BOM) else data


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


def is_document(lines):
    for line in lines:
        if not is_blank(line):
            return line.translate(None, b" \t\r") in OPENINGS
    return False
