"""Many variants of a shard in one archive, read in one run.

The ledger has a line for each shard, so one run tells what became of each of
thousands of variants. Every archive is read by one lane with pread and by
four with io_uring; the files must be the same, and balance.
"""

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent / "e2e"))
sys.path.insert(0, str(HERE.parent.parent / "specimens"))

from harness import DATA_FILES, frame_of, require, require_same  # noqa: E402
import make_specimens as made  # noqa: E402

FIRST = 1146454524019142656
WAYS = (("--threads", "1", "--io", "pread"),
        ("--threads", "4", "--io", "auto"))


def line(number, **changes):
    """A post of its own id; what is None is left out."""
    status = made.post(FIRST + number, **changes)
    return json.dumps({key: value for key, value in status.items()
                       if value is not None}).encode() + b"\n"


GOOD, OTHER, LAST = line(1), line(2), line(3)


def checked(text):
    return frame_of(text, "--no-content-size") if text else frame_of(text)


def unchecked(text):
    return made.frame(text)


class Seen:
    """What the ledger says of one shard."""

    def __init__(self, entry):
        self.entry = entry
        self.posts = entry["records"]["posts_with_copies"]
        self.frames = entry["frames"]
        self.lost = entry["frames"]["rejected"]
        self.lines = entry["lines"]
        self.bad = {**entry["lines"]["rejected"],
                    **entry["records"]["rejected"]}


class Many:
    """The outputs of one archive of variants, and each variant's fate."""

    def __init__(self, world, name, variants, *options):
        folder = world.place / name
        folder.mkdir()
        for shard, content in variants.items():
            (folder / shard).write_bytes(content)
        self.outputs = [
            world.run("%s-out-%d" % (name, i), *way, *options, folder)
            for i, way in enumerate(WAYS)]
        require_same(*self.outputs, DATA_FILES, name + ": the way of reading")
        self.ledger = self.outputs[0].ledger()
        self.seen = {os.path.basename(entry["shard"]): Seen(entry)
                     for entry in self.ledger["shards"]}
        require(set(self.seen) == set(variants), "shards are missing")

    def __getitem__(self, shard):
        return self.seen[shard]

    def accounts(self):
        return self.outputs[0].accounts()


def each(many, check):
    """check(name, seen) gives what is wrong, or None."""
    bad = [(name, wrong, seen.entry) for name, seen in many.seen.items()
           for wrong in [check(name, seen)] if wrong]
    for name, wrong, entry in bad[:10]:
        print(name, wrong, json.dumps(entry))
    require(not bad, len(bad), "of", len(many.seen), "variants end badly")
