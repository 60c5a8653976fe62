#!/usr/bin/env python3
"""Kills runs, lets the same command go on, and compares bytes.

    crash_campaign.py --program P --generator G [--kills N] [--seed S]
                      [--calls STRIDE] [--archive NAME] [--way WAY]
                      [--threads N] [--place DIR]

Each trial runs the program over a made archive with --commit so small that
there are many checkpoints, and kills it with SIGKILL: at a random instant, or
(--calls) at a system call that changes the state or the outputs, one after the
other. The same command goes on, and is killed again, as often as not, before
it may end. Then its outputs and ledger must be, to the byte, those of a run
that nobody disturbed; between the kills readers must see the outputs of an
earlier run, whole, or the new ones, and at the end nothing may be left behind.
The ways: a run beside an older set, shards added to a state, and the outputs
of a state reduced again. Exit status 0: every trial kept that.

The archives have every way in which a shard is gone on with: frames cut
anywhere, one giant frame, plain text, CSV, containers, documents, two of them
damaged.
"""

import argparse
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

TABLES = "accounts,days,hashtags,hashtag_days,clients,languages,domains," \
         "created,posts"
# Calls after which something is different on the disk.
CALLS = ("openat", "write", "pwrite64", "fsync", "rename", "renameat",
         "renameat2", "unlinkat", "symlinkat", "mkdir", "mkdirat")
WAYS = ("run", "add", "reduce")
WAIT_S = 600
OURS = re.compile(r"\.sandpiper-(lock|set-[0-9]+|state)")
STATE_FILES = re.compile(r"checkpoint|segment-[0-9]{6,}|\.sandpiper-lock")


def make(arguments, place, name, *options):
    folder = place / name
    subprocess.run([arguments.generator, "-o", folder, "--seed",
                    str(arguments.seed), *options], check=True,
                   stderr=subprocess.DEVNULL)
    shards = sorted(folder.glob("posts-*"))
    assert shards, folder
    return shards


def damage(shard, at, flip):
    """Cuts the shard there, or turns a bit."""
    data = bytearray(shard.read_bytes())
    at = int(len(data) * at)
    if flip:
        data[at] ^= 16
    else:
        del data[at:]
    shard.write_bytes(data)


def document_of(shard, target):
    """The lines of a zstd shard as one array over many lines."""
    text = subprocess.run(["zstd", "-dc", shard], check=True,
                          stdout=subprocess.PIPE).stdout
    lines = [line.strip() for line in text.split(b"\n") if line.strip()]
    target.write_bytes(b"[\n" + b",\n".join(lines[:400]) + b"\n]\n")
    return target


def make_archives(arguments, place):
    """Name of an archive: its shards."""
    size = ("--bytes", arguments.bytes)
    frames = make(arguments, place, "frames", *size, "--layout", "frames",
                  "--cut-anywhere", "--frame-bytes", "96K", "--files", "2")
    giant = make(arguments, place, "giant", *size, "--layout", "giant")
    plain = make(arguments, place, "plain", *size, "--layout", "plain",
                 "--files", "1")
    rows = make(arguments, place, "rows", *size, "--dialect", "io",
                "--layout", "frames", "--cut-anywhere", "--frame-bytes",
                "96K", "--files", "1")
    small = make(arguments, place, "small", "--bytes", "2M", "--files", "3")
    hurt = make(arguments, place, "hurt", *size, "--layout", "frames",
                "--cut-anywhere", "--frame-bytes", "128K", "--files", "2")
    damage(hurt[0], 0.6, True)
    damage(hurt[1], 0.8, False)
    tar = place / "small.tar"
    subprocess.run(["tar", "-cf", tar, "-C", small[0].parent,
                    *[shard.name for shard in small]], check=True)
    mixed = [*frames, *giant, *rows, tar,
             document_of(small[0], place / "document.json"), *hurt]
    return {"frames": frames, "giant and plain": [*giant, *plain],
            "rows": rows, "damaged": hurt, "mixed": mixed, "old": small[:1]}


class Trial:
    """One archive, one way to run, and what must come out. A folder that
    holds what stands before the command: "run" an older set of other shards,
    "add" the set and state of some of the shards, "reduce" those of all of
    them, written for another offset."""

    def __init__(self, arguments, place, name, way, threads):
        shards = arguments.archives[name]
        self.name, self.way, self.place = name, way, place
        self.out, self.before = place / "out", place / "before"
        self.options = ["-q", "--format", "csv,jsonl", "--tables", TABLES,
                        "-t", str(threads), "-m", "256M"]
        self.program = arguments.program
        self.commit = ["--commit", arguments.commit]
        self.kills = self.checkpoints = 0
        self.command = self.command_of(way, shards)
        for folder in (place / "whole", self.before):
            shutil.rmtree(folder, ignore_errors=True)
        whole = self.run(place / "whole", "--no-state", "--utc-offset", "Z",
                         *shards)
        self.wanted = files_of(whole)
        self.make_before(arguments, shards)
        self.old = files_of(self.before)
        self.seconds = self.time_it()

    def run(self, out, *more):
        subprocess.run([self.program, "run", "-o", out, *self.options, *more],
                       check=True)
        return out

    def command_of(self, way, shards):
        if way == "reduce":
            return [self.program, "reduce", "-o", self.out, *self.options,
                    "--utc-offset", "Z"]
        return [self.program, "run", "-o", self.out, *self.options,
                *self.commit, *(["--add"] if way == "add" else []),
                "--utc-offset", "Z", *shards]

    def make_before(self, arguments, shards):
        if self.way == "run":
            self.run(self.before, "--no-state", *arguments.archives["old"])
        elif self.way == "add":
            self.run(self.before, "--utc-offset", "Z", *self.commit,
                     *shards[:(len(shards) + 1) // 2])
        else:
            self.run(self.before, *self.commit, *shards)

    def time_it(self):
        self.clear()
        start = time.monotonic()
        self.finish()
        return time.monotonic() - start

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.copytree(self.before, self.out, symlinks=True)

    def killed(self):
        """What must be true behind a kill."""
        self.kills += 1
        self.checkpoints += (self.out / ".sandpiper-state" /
                             "checkpoint").exists()
        if files_of(self.out) not in (self.old, self.wanted):
            raise AssertionError("readers see neither the old nor the new set")

    def kill_at(self, wait):
        """True: it was killed in time."""
        process = subprocess.Popen(self.command, stderr=subprocess.DEVNULL)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
        code = process.wait()
        if code not in (0, -9):
            raise AssertionError("exit %d before any harm" % code)
        if code == -9:
            self.killed()
        return code == -9

    def kill_at_call(self, call, number):
        """True: there was such a call, and it was the last."""
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", "/dev/null", "-e",
             "trace=" + call, "-e",
             "inject=%s:signal=KILL:when=%d" % (call, number), *self.command],
            stderr=subprocess.DEVNULL, timeout=WAIT_S, check=False)
        if done.returncode not in (0, -9, 137):
            raise AssertionError("exit %d" % done.returncode)
        if done.returncode:
            self.killed()
        return done.returncode != 0

    def finish(self):
        done = subprocess.run(self.command, stderr=subprocess.PIPE, text=True,
                              timeout=WAIT_S, check=False)
        if done.returncode:
            raise AssertionError("exit %d: %s" % (done.returncode,
                                                  done.stderr))
        self.compare()

    def compare(self):
        got = files_of(self.out)
        if got != self.wanted:
            raise AssertionError("other bytes in %s" % ", ".join(
                name for name in sorted(set(got) | set(self.wanted))
                if got.get(name) != self.wanted.get(name)))
        for path in self.out.iterdir():
            if not path.is_symlink() and not OURS.fullmatch(path.name) or \
                    not path.exists():
                raise AssertionError("left behind: %s" % path.name)
        for path in (self.out / ".sandpiper-state").iterdir():
            if not STATE_FILES.fullmatch(path.name):
                raise AssertionError("left in the state: %s" % path.name)


def files_of(folder):
    """As readers find them: links that lead nowhere are of a set to come."""
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_symlink() and path.exists() and
            path.name not in ("current", "timings.json")}


def random_kills(trial, chance, kills):
    """Until so many were done: begun, killed some times, ended, compared."""
    while trial.kills < kills:
        trial.clear()
        while trial.kill_at(chance.uniform(0.02, 1.1) * trial.seconds):
            if chance.random() < 0.4 or trial.kills >= kills:
                break
        trial.finish()


def call_kills(trial, stride):
    """At every stride-th of the calls that change something."""
    for call in CALLS:
        number = 1
        trial.clear()
        while trial.kill_at_call(call, number):
            if number % (3 * stride) == 1:
                trial.kill_at_call(call, 1 + number // 2)
            trial.finish()
            trial.clear()
            number += stride
        trial.compare()


def try_all(arguments, place):
    """The kills of all archives and ways, and how many of them were behind a
    checkpoint. AssertionError: a trial was broken, and where."""
    chance = random.Random(arguments.seed)
    names = arguments.archive or [name for name in arguments.archives
                                  if name != "old"]
    ways = [(name, way, threads) for name in names
            for way in arguments.way or WAYS
            for threads in arguments.threads or (1, 2, 4)]
    kills = checkpoints = 0
    for number, (name, way, threads) in enumerate(ways):
        share = arguments.kills * (number + 1) // len(ways) - \
            arguments.kills * number // len(ways)
        if not share and not arguments.calls:
            continue
        trial = Trial(arguments, place, name, way, threads)
        try:
            if arguments.calls:
                call_kills(trial, arguments.calls)
            else:
                random_kills(trial, chance, share)
        except AssertionError as error:
            raise AssertionError("%s, %s, %d threads, after %d kills: %s" % (
                name, way, threads, trial.kills, error)) from None
        kills += trial.kills
        checkpoints += trial.checkpoints
        print("%-16s %-7s %d threads: %d kills, %d behind a checkpoint" % (
            name, way, threads, trial.kills, trial.checkpoints), flush=True)
    return kills, checkpoints


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--calls", type=int, default=0, metavar="STRIDE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", default="12M")
    parser.add_argument("--commit", default="128K")
    parser.add_argument("--archive", action="append")
    parser.add_argument("--way", action="append", choices=WAYS)
    parser.add_argument("--threads", action="append", type=int)
    parser.add_argument("--place")
    arguments = parser.parse_args()
    if not arguments.place and os.access("/dev/shm", os.W_OK):
        arguments.place = "/dev/shm"       # real syncs take their time
    return arguments


def main():
    arguments = parse_arguments()
    if arguments.calls and not shutil.which("strace"):
        print("skipped: strace is missing, which kills at a call")
        return 77
    place = pathlib.Path(tempfile.mkdtemp(prefix="sandpiper-crash-",
                                          dir=arguments.place))
    try:
        arguments.archives = make_archives(arguments, place)
        kills, checkpoints = try_all(arguments, place)
    except AssertionError as error:
        print("broken (seed %d): %s; %s is kept" % (arguments.seed, error,
                                                    place))
        return 1
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    shutil.rmtree(place, ignore_errors=True)
    print("seed %d: %d kills, %d of them behind a checkpoint, 0 failures "
          "(below %.2g a kill with 95 %%)" % (
              arguments.seed, kills, checkpoints, 3 / max(kills, 1)))
    return 0 if kills and checkpoints else 1


if __name__ == "__main__":
    sys.exit(main())
