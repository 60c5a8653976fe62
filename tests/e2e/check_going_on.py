#!/usr/bin/env python3
"""A run that was killed goes on, to the bytes of one that was not.

Runs are killed at a system call, the same one each time, so that no test
depends on a clock: at the rename of the Nth checkpoint, or at the Nth removal.
"""

import ctypes
import ctypes.util
import os
import re
import shutil
import struct
import subprocess
import sys

from check_command import require_strace
from harness import DATA_FILES, TABLE_NAMES, Outputs, Skip, frame_of, main, \
    promise, require, require_audited, require_same

PLAN, INPUT, IO, BUG = 78, 66, 74, 70
STATE = ".sandpiper-state"
RENAMES = "rename,renameat,renameat2"
REMOVALS = "unlink,unlinkat"


class Bench:
    """Shards, a way to run over them, and what must come out."""

    def __init__(self, world, shards, *options):
        self.world = world
        self.shards = shards
        self.out = world.place / "out"
        self.options = options
        self.want = self.fresh("want", shards)

    def fresh(self, name, shards):
        return self.world.run(name, *self.options, *shards)

    def arguments(self, out, *more):
        return ["run", "--quiet", "-o", out, "--format", "csv,jsonl",
                "--tables", ",".join(TABLE_NAMES), *self.options, *more]

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)

    def call(self, *more):
        return self.world.call(*self.arguments(self.out, *more))

    def killed_at(self, calls, number, *more):
        """True: there was such a call."""
        strace = require_strace(self.world)
        done = subprocess.run(
            [strace, "-f", "-qq", "-o", os.devnull, "-e", "trace=" + calls,
             "-e", "inject=%s:signal=KILL:when=%d" % (calls, number),
             self.world.program, *map(str, self.arguments(self.out, *more))],
            check=False, capture_output=True, timeout=self.world.wait_s)
        require(done.returncode in (0, -9, 137), done.returncode, done.stderr)
        return done.returncode != 0

    def finish(self, what, *more):
        done = self.call(*more)
        require(done.returncode == 0, what, "ends with", done.returncode,
                done.stderr)
        self.compare(what)

    def compare(self, what, want=None):
        outputs = Outputs(self.out)
        require_audited(self.out)
        require_same(want or self.want, outputs, DATA_FILES, what)

    def kill_everywhere(self, calls, step, first=1, last=10 ** 9):
        """At each step-th such call, and then let be; how many there were."""
        number, kills = first, 0
        while number <= last:
            self.clear()
            if not self.killed_at(calls, number, *self.shards):
                break
            kills += 1
            self.finish("killed at %s %d" % (calls, number), *self.shards)
            number += step
        return kills


def cut(world, name, *options):
    """Frames that end anywhere."""
    return world.generate(name, "--posts", "300", "--campaign", "0",
                          "--accounts", "40", "--layout", "frames",
                          "--frame-bytes", "48K", "--cut-anywhere", *options)


@promise
def a_run_killed_anywhere_goes_on_to_the_same_bytes(world):
    """At every second checkpoint, and once more while it goes on."""
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1",
                  "--commit", "8K")
    kills = bench.kill_everywhere(RENAMES, 3)
    require(kills > 5, "only", kills, "kills")
    bench.clear()
    for number in (6, 4, 3):
        require(bench.killed_at(RENAMES, number, *bench.shards), number)
    bench.finish("killed three times", *bench.shards)


@promise
def two_lanes_killed_anywhere_go_on_to_the_same_bytes(world):
    """Frames are handed out, so that pieces end in any order."""
    bench = Bench(world, cut(world, "archive").shards, "--threads", "3",
                  "--commit", "8K")
    require(bench.kill_everywhere(RENAMES, 4) > 3, "few kills")


@promise
def frames_that_ended_before_others_count_once(world):
    """A frame of a megabyte before short ones: these end, and are sealed,
    while a mark still stands before the long one."""
    text = world.generate("archive", "--posts", "1500", "--campaign", "0",
                          "--accounts", "40").text()
    sizes, frames, at = [1 << 20] + 12 * [24 << 10], [], 0
    while at < len(text):
        size = sizes[len(frames) % len(sizes)]
        frames.append(frame_of(text[at:at + size], "-1"))
        at += size
    shard = world.place / "uneven.zst"
    shard.write_bytes(b"".join(frames))
    bench = Bench(world, [shard], "--threads", "3", "--commit", "1K")
    require(not bench.want.total()["lines"]["rejected"], "torn lines")
    require(bench.kill_everywhere(RENAMES, 6, 3, 40) > 4, "few kills")


@promise
def rows_with_line_feeds_go_on_to_the_same_bytes(world):
    """A frame ends in every state that a row of CSV can be in."""
    head = b"tweetid,userid,tweet_text,tweet_time,is_retweet\r\n"
    rows = b"".join(b'"%d","7","one, ""two""\n\nthree %d","2017-01-02 03:04",'
                    b'false\r\n' % (i, i) for i in range(11, 31))
    shard = world.place / "rows.csv.zst"
    text, size = head + rows, 23
    shard.write_bytes(b"".join(frame_of(text[at:at + size])
                               for at in range(0, len(text), size)))
    bench = Bench(world, [shard], "--threads", "1", "--commit", "1")
    require(bench.kill_everywhere(RENAMES, 5) > 6, "few kills")


@promise
def killed_at_any_removal_it_goes_on(world):
    """Segments are merged, and the old ones removed, one by one."""
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1",
                  "--commit", "8K")
    require(bench.kill_everywhere(REMOVALS, 1, 8, 24) > 12, "few kills")


def state_files(bench):
    return sorted(path.name for path in (bench.out / STATE).iterdir())


@promise
def nothing_is_left_that_no_checkpoint_names(world):
    """What no checkpoint names is removed when a state is opened."""
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1",
                  "--commit", "8K")
    bench.finish("undisturbed", *bench.shards)
    before = state_files(bench)
    require(sum(name.startswith("segment-") for name in before) > 1, before)
    bench.finish("again", *bench.shards)
    require(before == state_files(bench), before, state_files(bench))


def read_before(bench):
    """How much an earlier process had read of what this one ends."""
    bench.finish("undisturbed", *bench.shards)
    return Outputs(bench.out).json("timings.json")["bytes_read_before"]


@promise
def segments_are_synced_before_a_checkpoint_names_them(world):
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1",
                  "--commit", "8K")
    log = world.place / "calls"
    done = subprocess.run(
        [require_strace(world), "-f", "-y", "-o", log, "-e",
         "trace=openat,fsync," + RENAMES, world.program,
         *map(str, bench.arguments(bench.out, *bench.shards))],
        check=False, capture_output=True, timeout=world.wait_s)
    require(done.returncode == 0, done.stderr)
    unsynced, segments = set(), 0
    for line in log.read_text(encoding="utf-8").split("\n"):
        names = set(re.findall(r"segment-\d+", line))
        if "O_CREAT" in line and names:
            unsynced |= names | {STATE}
            segments += 1
        elif "fsync(" in line:
            unsynced -= names or ({STATE} if STATE + ">" in line else set())
        elif "rename" in line and '"checkpoint"' in line:
            require(not unsynced, "named before it is synced:", unsynced)
    require(segments > 8, "only", segments, "segments")


@promise
def what_nobody_touched_keeps_its_mark(world):
    """Two shards are begun, and the next process, with one lane, is killed
    while it goes on with one of them: of the other nothing is read again."""
    shards = cut(world, "archive", "--files", "2").shards
    bench = Bench(world, shards, "--threads", "2", "--commit", "8K")
    saved = world.place / "saved"
    require(bench.killed_at(RENAMES, 6, *shards), "not killed")
    shutil.copytree(bench.out, saved, symlinks=True)
    before = read_before(bench)
    bench.clear()
    saved.rename(bench.out)
    bench.options = ("--threads", "1", "--commit", "8K")
    require(bench.killed_at(RENAMES, 2, *shards), "not killed")
    after = read_before(bench)
    require(0 < before <= after, before, "bytes, and then", after)


@promise
def added_shards_give_the_bytes_of_one_run(world):
    shards = cut(world, "archive", "--files", "3").shards
    bench = Bench(world, shards, "--threads", "1", "--commit", "8K")
    first = bench.call(*shards[:2])
    require(first.returncode == 0, first.stderr)
    bench.finish("added", "--add", shards[2])
    bench.clear()
    bench.call(*shards[1:])
    require(bench.killed_at(RENAMES, 4, "--add", shards[0]), "not killed")
    bench.finish("added and killed", "--add", shards[0])


@promise
def what_changed_since_is_refused_and_named(world):
    shards = cut(world, "archive", "--files", "3").shards
    bench = Bench(world, shards[:2], "--threads", "1", "--commit", "8K")

    def refused(code, words, *arguments):
        done = bench.call(*arguments)
        require(done.returncode == code, arguments, "ends with",
                done.returncode, done.stderr)
        for word in words:
            require(word in done.stderr, word, "is not in", done.stderr)
        bench.compare("refused")
    bench.finish("first", *bench.shards)
    refused(PLAN, [shards[2].name, "--add"], *shards)
    refused(PLAN, [shards[1].name, "--add"], shards[0])
    refused(PLAN, ["--since"], "--since", "2016-01-01", *bench.shards)
    refused(PLAN, ["parameters"], "--utc-offset", "+01:00", *bench.shards)
    status = shards[0].stat()
    os.utime(shards[0], ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    refused(INPUT, [shards[0].name, "changed"], *bench.shards)
    os.utime(shards[0], ns=(status.st_atime_ns, status.st_mtime_ns))
    bench.finish("as it was", *bench.shards)
    bench.clear()
    require(bench.killed_at(RENAMES, 4, *bench.shards), "not killed")
    done = world.call("reduce", "-q", "--state", bench.out / STATE, "-o",
                      world.place / "reduced")
    require(done.returncode == PLAN and "not all read" in done.stderr,
            "reduce ends with", done.returncode, done.stderr)


# ---- a checkpoint that is another -------------------------------------------

HEAD = 32                      # magic, version, zero, size, checksum


def checkpoint_of(bench):
    return bench.out / STATE / "checkpoint"


@promise
def a_checkpoint_changed_anywhere_is_refused(world):
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1")
    bench.finish("first", *bench.shards)
    path = checkpoint_of(bench)
    good = path.read_bytes()
    for at in [*range(0, HEAD, 3), *range(HEAD, len(good), len(good) // 20),
               len(good) - 1]:
        bad = bytearray(good)
        bad[at] ^= 1
        path.write_bytes(bad)
        done = bench.call(*bench.shards)
        require(done.returncode in (IO, PLAN) and "--restart" in done.stderr,
                "byte", at, "ends with", done.returncode, done.stderr)
        bench.compare("byte %d changed" % at)
    path.write_bytes(good[:-1])
    require(bench.call(*bench.shards).returncode == IO, "cut by a byte")


def checksum_of(data):
    """XXH3 of 64 bits, by the library that the program has it from."""
    name = ctypes.util.find_library("xxhash")
    if not name:
        raise Skip("libxxhash is not found")
    function = ctypes.CDLL(name).XXH3_64bits
    function.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    function.restype = ctypes.c_uint64
    return function(data, len(data))


@promise
def a_ledger_that_does_not_balance_publishes_nothing(world):
    """A number of a ledger in the checkpoint is one more, with the right
    checksum: the set that was there before stays."""
    bench = Bench(world, cut(world, "archive").shards, "--threads", "1")
    bench.finish("first", *bench.shards)
    path = checkpoint_of(bench)
    good = path.read_bytes()
    lines = bench.want.total()["lines"]["total"]
    require(128 < lines < 16384 and lines & 127 < 127, "another archive")
    number = bytes((lines & 127 | 128, lines >> 7))
    spots = [at for at in range(HEAD, len(good) - 1)
             if good[at:at + 2] == number]
    require(spots, "no ledger in the checkpoint")
    other = world.place / "reduced"
    command = ("reduce", "-q", "--state", bench.out / STATE, "-o", other)
    require(world.call(*command).returncode == 0, "reduce")
    before = Outputs(other).bytes("ledger.json")
    codes = []
    for at in spots:
        bad = bytearray(good)
        bad[at] += 1
        bad[24:32] = struct.pack("<Q", checksum_of(bytes(bad[HEAD:])))
        path.write_bytes(bad)
        done = world.call(*command, "--columns", "account_id")
        codes.append(done.returncode)
        if done.returncode == BUG:
            require("does not balance" in done.stderr, done.stderr)
            require(before == Outputs(other).bytes("ledger.json"),
                    "byte", at, "was published")
    require(BUG in codes, "codes:", codes)


if __name__ == "__main__":
    sys.exit(main())
