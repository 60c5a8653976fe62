#!/usr/bin/env python3
"""The Nth call fails: each allocation, open, read, write, sync and rename.

Each promise goes over the calls of one kind, once each and from each on, in
steps that make it a matter of seconds. With SANDPIPER_CALL_STEP=1 in the
environment no call is left out, with 3 each third is taken.
"""

import os
import pathlib
import random
import shutil
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent / "e2e"))

from failing import IO, MEMORY, OUTPUT, Bench, set_in, visible  # noqa: E402
from harness import main, promise, require  # noqa: E402

EIO, EMFILE, ENOSPC, EDQUOT, EINTR, EAGAIN = 5, 24, 28, 122, 4, 11
STEP = int(os.environ.get("SANDPIPER_CALL_STEP", "0"))
INPUT, PLAN = 66, 78
TABLES = "accounts,days,hashtags,hashtag_days,clients,languages,domains," \
         "created,posts"


def archives(world, name):
    """Two archives of several frames that end inside lines."""
    common = ("--posts", "60", "--campaign", "0", "--accounts", "20",
              "--specimens", "off", "--layout", "frames", "--frame-bytes",
              "32K", "--cut-anywhere")
    old = world.generate("old-" + name, "--seed", "2", *common)
    new = world.generate("new-" + name, "--seed", "3", *common)
    return old.shards, new.shards


def bench(world, codes, *options, command="run", name="bench",
          plain=False, state=()):
    old, new = archives(world, name)
    more = ("--no-state", "--format", "csv,jsonl,sqlite", "--tables", TABLES)
    if command == "filter":
        options = ("--since", "2000-01-01", *options)
    if plain:
        more = ("--no-state",)
    if state or command == "filter":
        more = state
    return Bench(world, name, [command, "-m", "256M", *options], old, new,
                 codes, more)


def numbers(count, tries):
    """The first calls and then each of so many, or every one."""
    step = STEP or max(1, count // tries)
    return sorted(set(range(1, min(count, 4))) | set(range(1, count + 1,
                                                           step)))


def sweep(tried, kind, tries, once=False, **settings):
    """The call fails once, and from there on; once: but not in a row."""
    count = tried.count(kind)
    variants = []
    for at in numbers(count, tries):
        variants.append({"kind": kind, "at": at, **settings})
        if not once:
            variants.append({"kind": kind, "at": at, "on": 1, **settings})
    codes = tried.try_all(variants)
    print(kind, settings, "calls:", count, "runs:", len(variants), "codes:",
          codes)
    return codes


# ---- memory and threads -----------------------------------------------------

@promise
def any_allocation_may_fail(world):
    tried = bench(world, {MEMORY}, "--threads", "2")
    codes = sweep(tried, "memory", 100)
    require(codes.get(MEMORY), "no run ends with", MEMORY)


@promise
def any_allocation_of_a_filter_may_fail(world):
    tried = bench(world, {MEMORY}, "--threads", "2", command="filter")
    codes = sweep(tried, "memory", 40)
    require(codes.get(MEMORY), "no run ends with", MEMORY)


@promise
def any_thread_may_not_start(world):
    tried = bench(world, {MEMORY}, "--threads", "4")
    sweep(tried, "thread", 100)


# ---- reading ----------------------------------------------------------------

def both_ways(world, codes, *options, **keywords):
    for io in ("pread", "uring"):
        yield bench(world, codes, "--io", io, *options, name=io, **keywords)


@promise
def any_open_may_fail(world):
    for error in (EIO, EMFILE):
        tried = bench(world, {INPUT, MEMORY, OUTPUT, IO}, "--threads", "2",
                      name="errno-%d" % error)
        sweep(tried, "open", 20, errno=error)


@promise
def any_read_may_fail(world):
    for tried in both_ways(world, {INPUT, IO, OUTPUT}, "--threads", "2"):
        sweep(tried, "read", 40, errno=EIO)


@promise
def short_late_and_interrupted_reads_change_no_byte(world):
    for tried in both_ways(world, set(), "--threads", "2", plain=True):
        for trouble in ({"short": 1}, {"errno": EINTR}, {"errno": EAGAIN}):
            once = "short" not in trouble
            codes = sweep(tried, "read", 10, once=once, **trouble)
            require(set(codes) == {0}, trouble, "ends with", codes)
    codes = tried.try_all([{"late": 1}])
    require(set(codes) == {0}, "late completions end with", codes)


# ---- writing ----------------------------------------------------------------

@promise
def any_write_may_fail(world):
    for error in (ENOSPC, EDQUOT, EIO):
        tried = bench(world, {OUTPUT, IO}, "--threads", "2",
                      name="errno-%d" % error)
        codes = sweep(tried, "write", 10, errno=error)
        require(0 not in codes, "a write that fails shows nowhere:", codes)


@promise
def short_and_interrupted_writes_change_no_byte(world):
    tried = bench(world, set(), "--threads", "2")
    for trouble in ({"short": 1}, {"errno": EINTR}):
        codes = sweep(tried, "write", 20, once=True, **trouble)
        require(set(codes) == {0}, trouble, "ends with", codes)


@promise
def any_sync_may_fail(world):
    tried = bench(world, {OUTPUT, IO})
    codes = sweep(tried, "sync", 40, errno=EIO)
    require(0 not in codes, "a sync that fails shows nowhere:", codes)


@promise
def any_rename_may_fail(world):
    tried = bench(world, {OUTPUT, IO})
    for error in (ENOSPC, EIO):
        codes = sweep(tried, "rename", 40, errno=error)
        require(0 not in codes, "a rename that fails shows nowhere:", codes)


@promise
def any_change_of_a_folder_may_fail(world):
    """Folders and links that are made, names that are removed."""
    tried = bench(world, {OUTPUT, IO})
    for error in (EDQUOT, EIO):
        sweep(tried, "change", 40, errno=error)


# ---- the disk as more room --------------------------------------------------

def sealing(world, codes, name="bench"):
    """So little memory that tables are sealed and runs spill."""
    common = ("--campaign", "0", "--specimens", "off", "--layout", "frames",
              "--frame-bytes", "256K", "--cut-anywhere", "--accounts", "3000000")
    old = world.generate("old-" + name, "--posts", "60", *common)
    new = world.generate("new-" + name, "--posts", "20000", *common)
    return Bench(world, name, ["run", "-m", "16M", "-t", "1",
                               "--line-max", "64K"], old.shards, new.shards, codes,
                 ("--no-state",))


@promise
def any_call_on_what_is_put_aside_may_fail(world):
    tried = sealing(world, {MEMORY, OUTPUT, IO})
    require(tried.seals > 0, "nothing was sealed")
    for kind in ("read", "write", "open"):
        sweep(tried, kind, 5, errno=ENOSPC if kind == "write" else EIO)
    sweep(tried, "memory", 10)


# ---- killed, and the same command again -------------------------------------

def kill_twice(tried, kind, at, again):
    """Killed at a call, perhaps once more while it goes on; then let be."""
    out = tried.folder("kill-%s-%d-%d" % (kind, at, again))
    for number in filter(None, (at, again)):
        tried.disturbed(out, kind=kind, at=number, do="kill")
        seen = set_in(out)
        require(seen in (tried.old, tried.new), kind, at, again,
                "readers see neither set")
    tried.run_plainly(out, tried.shards)
    require(set_in(out) == tried.new and visible(out) == tried.names,
            "killed at", kind, at, again, "gives another set")
    shutil.rmtree(out)


def kill_everywhere(world, again):
    draw = random.Random(7)
    tried = bench(world, set(), "--threads", "2", state=("--commit", "16K"))
    for kind in ("open", "read", "write", "sync", "rename", "change"):
        count = tried.count(kind)
        calls = numbers(count, 4 if again else 8)
        calls += [draw.randint(1, count) for _ in range(3)]
        for at in calls:
            kill_twice(tried, kind, at, max(1, at // 2) if again else 0)


@promise
def killed_at_any_call_the_same_command_gives_the_same_bytes(world):
    kill_everywhere(world, False)


@promise
def killed_again_while_it_resumes_it_gives_the_same_bytes(world):
    kill_everywhere(world, True)


if __name__ == "__main__":
    sys.exit(main())
