"""What a disk may hold after the power failed: a model, fed with records.

record.c wrote down what a program did to a file system. Disk replays that call
by call; at any call it gives states that a power cut there may leave, and puts
them into a folder. What is modelled:

* Bytes of a file are certain once it was synced. Of writes after that any
  subset of sectors (512 bytes or 4 KiB) may be there, zeros in place of the
  others, and the size may be that of any of the moments since.
* Names in a directory are certain once the directory was synced; syncing a
  file does not make its name so. Of what was made, renamed and removed after
  that there may be all, nothing, what came first (in this directory, or in all
  alike), what was removed alone, or any subset. A rename is one step: it happened or it did not.
* A directory is a file of its parent: made and not synced there, it may be
  gone with everything in it.

Real file systems promise more, each of them something else.
"""

import dataclasses
import os
import struct

HEAD = struct.Struct("=IIIIQQQ")
ENTRY_WAYS = ("none", "all", "first", "first of all", "any", "removals")
DATA_WAYS = ("none", "all", "zeros", "torn")


@dataclasses.dataclass
class Record:
    """One call. kind is the letter of record.c."""
    kind: str
    file: int
    directory: int
    offset: int
    name: str
    other: str
    data: bytes


def read_records(path):
    """All of a log; a last one that is cut short is none."""
    log = path.read_bytes()
    at = 0
    records = []
    while len(log) - at >= HEAD.size:
        kind, name, other, data, file, directory, offset = \
            HEAD.unpack_from(log, at)
        at += HEAD.size
        ends = (at + name, at + name + other, at + name + other + data)
        if ends[2] > len(log):
            break
        records.append(Record(chr(kind), file, directory, offset,
                              os.fsdecode(log[at:ends[0]]),
                              os.fsdecode(log[ends[0]:ends[1]]),
                              log[ends[1]:ends[2]]))
        at = ends[2]
    return records


class File:
    """Certain bytes, and what was done since."""

    def __init__(self):
        self.certain = bytearray()
        self.since = []                # (offset, data), or (size, None)

    def sync(self):
        for offset, data in self.since:
            apply_write(self.certain, offset, data)
        self.since = []

    def content(self, chance, way):
        """Bytes that may be there."""
        content = bytearray(self.certain)
        if way == "none" or not self.since:
            return content
        if way == "torn":
            return self.torn(content, chance)
        for offset, data in self.since:
            apply_write(content, offset,
                        bytes(len(data)) if way == "zeros" and data else data)
        return content

    def torn(self, content, chance):
        sector = chance.choice((512, 4096))
        kept = chance.choice((0.1, 0.5, 0.9, 1.0))
        sizes = [len(content)]
        for offset, data in self.since:
            if data is None:
                apply_write(content, offset, None)
                sizes.append(offset)
                continue
            sizes.append(max(sizes[-1], offset + len(data)))
            for first, end in sectors(offset, len(data), sector):
                if chance.random() < kept:
                    apply_write(content, first,
                                data[first - offset:end - offset])
        size = sizes[-1] if chance.random() < 0.5 else chance.choice(sizes)
        apply_write(content, size, None)
        return content


def sectors(offset, size, sector):
    """(first, end) of the parts of a write."""
    first = offset
    while first < offset + size:
        end = min((first // sector + 1) * sector, offset + size)
        yield first, end
        first = end


def apply_write(content, offset, data):
    """data None: the file has offset bytes from now on."""
    if data is None and offset <= len(content):
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is not None:
        content[offset:offset + len(data)] = data


class Link(str):
    """A symbolic link: where it leads."""


class Directory:
    """Certain names, and what was done since."""

    def __init__(self):
        self.certain = {}
        self.since = []                # (record's number, kind, function)
        self.now = {}

    def change(self, number, kind, function):
        function(self.now)
        self.since.append((number, kind, function))

    def sync(self):
        self.certain = dict(self.now)
        self.since = []

    def names(self, chance, way, horizon):
        """Names that may be there."""
        names = dict(self.certain)
        count = len(self.since)
        kept = chance.choice((0.1, 0.5, 0.9))
        first = chance.randint(0, count)
        for at, (number, kind, function) in enumerate(self.since):
            if way == "all" or \
                    way == "first" and at < first or \
                    way == "first of all" and number < horizon or \
                    way == "any" and chance.random() < kept or \
                    way == "removals" and kind in "ud":
                function(names)
        return names


def setting(name, node):
    def change(names):
        names[name] = node
    return change


def removing(name):
    def change(names):
        names.pop(name, None)
    return change


def moving(name, target, node):
    def change(names):
        names.pop(name, None)
        names[target] = node
    return change


class Disk:
    """The model. root is the inode number of an empty directory, which is
    certain. syncs: of what a sync is not forgotten; to see it missed, the
    model may be made without."""

    def __init__(self, root, syncs=(File, Directory)):
        self.root = Directory()
        self.nodes = {root: self.root}
        self.syncs = syncs
        self.number = 0

    def directory_of(self, record):
        node = self.nodes.get(record.directory)
        return node if isinstance(node, Directory) else None

    def apply(self, record):
        """The next record; what it was about, or None if not of this root."""
        self.number += 1
        if record.kind in "wts":
            return self.apply_to_file(record)
        directory = self.directory_of(record)
        if directory is not None:
            directory.change(self.number, record.kind,
                             self.change_of(record, directory))
        return directory

    def apply_to_file(self, record):
        node = self.nodes.get(record.file)
        if record.kind == "s" and isinstance(node, self.syncs):
            node.sync()
        if record.kind == "w" and isinstance(node, File):
            node.since.append((record.offset, record.data))
        if record.kind == "t" and isinstance(node, File):
            node.since.append((record.offset, None))
        return node

    def change_of(self, record, directory):
        if record.kind == "c":
            self.nodes[record.file] = File()
            return setting(record.name, self.nodes[record.file])
        if record.kind == "m":
            self.nodes[record.file] = Directory()
            return setting(record.name, self.nodes[record.file])
        if record.kind == "l":
            return setting(record.name, Link(record.other))
        if record.kind == "r":
            return moving(record.name, record.other,
                          directory.now[record.name])
        assert record.kind in "ud", record.kind
        return removing(record.name)

    def put_state(self, folder, chance, ways=ENTRY_WAYS):
        """Puts one state that may be into the empty folder; how it is one."""
        how = (chance.choice(ways), chance.choice(DATA_WAYS),
               chance.randint(0, self.number + 1))
        put_directory(self.root, folder, chance, how)
        return how

    def put_now(self, folder):
        """What is there without a power cut."""
        put_directory(self.root, folder, None, None)


def put_directory(directory, folder, chance, how):
    names = directory.now if how is None else \
        directory.names(chance, how[0], how[2])
    for name, node in sorted(names.items()):
        path = folder / name
        if isinstance(node, Directory):
            path.mkdir()
            put_directory(node, path, chance, how)
        elif isinstance(node, Link):
            path.symlink_to(node)
        else:
            path.write_bytes(node.content(chance, how[1] if how else "all"))
