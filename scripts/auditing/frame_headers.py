"""Frames of zstd, told by their headers alone (RFC 8878): where each begins
and ends, its window, and whether it has a checksum. Reads headers and no
content.
"""

import collections

MAGIC, SKIPPABLE, SKIPPABLE_MASK = 0xFD2FB528, 0x184D2A50, 0xFFFFFFF0
Frame = collections.namedtuple(
    "Frame", "kind offset size window checked dictionary")


class NoFrame(Exception):
    """What stands here is no whole frame."""


def number(stream, size):
    read = stream.read(size)
    if len(read) != size:
        raise NoFrame("the file ends at %d" % stream.tell())
    return int.from_bytes(read, "little")


def read_header(stream):
    """(window, has a checksum, number of the dictionary)."""
    descriptor = number(stream, 1)
    if descriptor & 8:
        raise NoFrame("a reserved bit is set")
    single = bool(descriptor & 32)
    window = None
    if not single:
        byte = number(stream, 1)
        base = 1 << (10 + (byte >> 3))
        window = base + base // 8 * (byte & 7)
    dictionary = number(stream, (0, 1, 2, 4)[descriptor & 3])
    size_bytes = (1 if single else 0, 2, 4, 8)[descriptor >> 6]
    size = number(stream, size_bytes) + (256 if size_bytes == 2 else 0)
    return size if single else window, bool(descriptor & 4), dictionary


def skip_blocks(stream):
    while True:
        header = number(stream, 3)
        kind, size = header >> 1 & 3, header >> 3
        if kind == 3:
            raise NoFrame("a block of a reserved kind at %d" % stream.tell())
        stream.seek(1 if kind == 1 else size, 1)
        if header & 1:
            return


def read_frame(stream, offset, end):
    """The frame at the offset; its end is not behind the file's."""
    stream.seek(offset)
    magic = number(stream, 4)
    if magic & SKIPPABLE_MASK == SKIPPABLE:
        size = 8 + number(stream, 4)
        frame = Frame("skippable", offset, size, 0, False, 0)
    elif magic == MAGIC:
        window, checked, dictionary = read_header(stream)
        skip_blocks(stream)
        size = stream.tell() + 4 * checked - offset
        frame = Frame("frame", offset, size, window, checked, dictionary)
    else:
        raise NoFrame("no magic at %d" % offset)
    if offset + size > end:
        raise NoFrame("the file ends inside the frame at %d" % offset)
    return frame


def walk(stream, end, bad):
    """All frames from 0 to end; bad: sizes by offset of frames that are
    known to be none, and are stepped over."""
    offset = 0
    while offset < end:
        if offset in bad:
            yield Frame("bad", offset, bad[offset], 0, False, 0)
            offset += bad[offset]
            continue
        frame = read_frame(stream, offset, end)
        yield frame
        offset += frame.size
