#!/usr/bin/env python3
"""Kills runs, lets the same command go on, and compares bytes.

    crash_campaign.py --program P --generator G [--kills N] [--seed S]
                      [--calls STRIDE] [--place DIR]

Each trial runs the program over a made archive with --commit so small that
there are many checkpoints, and kills it with SIGKILL: at a random instant, or
(--calls) at a system call that changes the state or the outputs, one after the
other. The same command goes on, and is killed again, as often as not, before
it may end. Then its outputs and ledger must be, to the byte, those of a run
that nobody disturbed; between the kills the outputs of an earlier run must
stand whole. Exit status 0: every trial kept that.

The archives have every way in which a shard is gone on with: frames cut
anywhere, one giant frame, plain text, CSV, containers, documents, two of them
damaged.
"""

import argparse
import os
import pathlib
import random
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
WAIT_S = 600


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
            "rows": rows, "damaged": hurt, "mixed": mixed}


class Trial:
    """One archive, one way to run, and what must come out."""

    def __init__(self, arguments, place, name, shards, threads):
        self.arguments = arguments
        self.name = name
        self.place = place
        self.out = place / "out"
        self.command = [arguments.program, "run", "-q", "-o", self.out,
                        "--format", "csv,jsonl", "--tables", TABLES, "-t",
                        str(threads), "-m", "256M", "--commit",
                        arguments.commit, *shards]
        whole = place / "whole"
        shutil.rmtree(whole, ignore_errors=True)
        start = time.monotonic()
        subprocess.run([whole if part == self.out else part
                        for part in self.command], check=True)
        self.seconds = time.monotonic() - start
        self.wanted = files_of(whole)
        self.kills = self.checkpoints = 0

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)

    def went_on(self):
        self.checkpoints += (self.out / ".sandpiper-state" /
                             "checkpoint").exists()

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
        self.kills += code == -9
        if code == -9:
            self.went_on()
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
        self.kills += done.returncode != 0
        if done.returncode:
            self.went_on()
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


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_symlink() and path.name not in ("current",
                                                       "timings.json")}


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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", required=True)
    parser.add_argument("--generator", required=True)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--calls", type=int, default=0, metavar="STRIDE")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bytes", default="12M")
    parser.add_argument("--commit", default="128K")
    parser.add_argument("--place")
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    place = pathlib.Path(tempfile.mkdtemp(prefix="sandpiper-crash-",
                                          dir=arguments.place))
    kills = checkpoints = 0
    try:
        archives = make_archives(arguments, place)
        ways = [(name, threads) for name in archives for threads in (1, 2, 4)]
        for number, (name, threads) in enumerate(ways):
            trial = Trial(arguments, place, name, archives[name], threads)
            try:
                if arguments.calls:
                    call_kills(trial, arguments.calls)
                else:
                    share = arguments.kills * (number + 1) // len(ways) - \
                        arguments.kills * number // len(ways)
                    random_kills(trial, chance, share)
            except AssertionError as error:
                print("broken: %s, %d threads, after %d kills (seed %d): %s; "
                      "%s is kept" % (name, threads, trial.kills,
                                      arguments.seed, error, place))
                place = None
                return 1
            kills += trial.kills
            checkpoints += trial.checkpoints
            print("%-16s %d threads: %d kills, %d behind a checkpoint" % (
                name, threads, trial.kills, trial.checkpoints), flush=True)
    finally:
        if place:
            shutil.rmtree(place, ignore_errors=True)
    print("%d kills, %d of them behind a checkpoint, 0 failures (below %.2g "
          "a kill with 95 %%)" % (kills, checkpoints, 3 / max(kills, 1)))
    return 0 if kills and checkpoints else 1


if __name__ == "__main__":
    sys.exit(main())
