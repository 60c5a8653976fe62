#!/usr/bin/env python3
"""What is refused, or survived, of a state: other runs, damage, forgery by
accident, a full disk; and that none stands where none may."""

import fcntl
import shutil
import struct
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import main, promise, require  # noqa: E402
from resume_world import (COMMIT, EVERYTHING, INPUT, IO, OUTPUT,  # noqa: E402
                          PLAN, REFUSED, STATE, Job, ends, files_of,
                          require_files, tiny_disk)


def small(world, name="small", files=3, *options):
    return world.generate(name, "--posts", "600", "--campaign", "0",
                          "--files", str(files), *options).shards


def frames(world):
    return world.generate("frames", "--posts", "3000", "--campaign", "0",
                          "--layout", "frames",
                          "--frame-bytes", "48K", "--files", "2").shards


def run_on(out, *arguments):
    return ("run", "-q", "-o", out, *EVERYTHING, *COMMIT, *arguments)


@promise
def another_run_on_a_state_is_refused_and_named(world):
    shards, other = small(world), small(world, "other", 1, "--seed", "7")
    core, key = world.place / "core", world.place / "key"
    core.write_text("12\n", encoding="ascii")
    key.write_bytes(b"0123456789abcdef")
    sample = world.place / "sample"
    sample.write_bytes(shards[0].read_bytes() * 4)
    dictionary = world.place / "dictionary"
    done = subprocess.run(["zstd", "-q", "--train", "-B512", sample, "-o",
                           dictionary], check=False, capture_output=True)
    out = world.place / "out"
    ends(world, 0, (), *run_on(out, *shards))
    before = files_of(out)
    reading = ("--since", "--dict", "--restart")
    asked = ("sandpiper reduce", "--restart")
    cases = [
        (("--since", "2016-01-01", *shards), reading),
        (("--until", "2016-01-01", *shards), reading),
        (("--line-max", "1M", *shards), reading),
        (("--damaged=salvage", *shards), reading),
        (("--utc-offset", "+00:00", *shards), asked),
        (("--format", "csv", *shards), asked),
        (("--tables", "days", *shards), asked),
        (("--columns", "posts", *shards), asked),
        (("--min-posts", "3", *shards), asked),
        (("--core", core, *shards), asked),
        (("--accounts", core, *shards), asked),
        (("--pseudonyms", key, *shards), asked),
        (shards[1:], (shards[0].name, "--add", "--restart")),
        ((*shards, *other), (other[0].name, "--add", "--restart")),
        (("-",), ("--add", "--restart")),
    ]
    if done.returncode == 0:
        cases.append((("--dict", dictionary, *shards), reading))
    for arguments, sentences in cases:
        ends(world, PLAN, sentences, *run_on(out, *arguments))
    require_files(files_of(out), before, "a refused run")
    ends(world, 0, ("nothing to do",), "run", "-o", out, *EVERYTHING, *shards)


@promise
def a_list_that_changed_beside_pseudonyms_is_no_finished_command(world):
    """The manifest hides digests of lists then."""
    shards = small(world)
    key, core = world.place / "key", world.place / "core"
    key.write_bytes(b"0123456789abcdef")
    out, state = world.place / "out", world.place / "state"
    command = run_on(out, "--state", state, "--pseudonyms", key,
                     "--accounts", core, *shards)
    core.write_text("12\n", encoding="ascii")
    ends(world, 0, (), *command)
    core.write_text("13\n", encoding="ascii")
    ends(world, PLAN, ("sandpiper reduce",), *command)


@promise
def a_shard_that_changed_ends_with_66(world):
    shards = frames(world)
    job = Job(world, "out", *shards)
    job.stop()
    shards[0].touch()
    ends(world, INPUT, (shards[0].name, "changed"), *job.command())
    ends(world, 0, (), *job.command("--restart"))
    shards[1].write_bytes(shards[1].read_bytes() + b"\n")
    ends(world, INPUT, (shards[1].name, "changed"), *job.command())


@promise
def two_runs_on_one_state_end_with_73(world):
    shards = small(world)
    state = world.place / "state"
    ends(world, 0, (), *run_on(world.place / "one", "--state", state, *shards))
    with open(state / ".sandpiper-lock", "rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ends(world, OUTPUT, ("another run has this state",),
             *run_on(world.place / "two", "--state", state, *shards))
        ends(world, OUTPUT, ("another run has this state",), "reduce",
             "--state", state, "-o", world.place / "three")
        fcntl.flock(lock, fcntl.LOCK_SH)
        ends(world, 0, (), "reduce", "-q", "--state", state, "-o",
             world.place / "three")
        ends(world, OUTPUT, ("another run has this state",),
             *run_on(world.place / "two", "--state", state, *shards))


@promise
def a_state_through_a_symbolic_link_is_refused_with_77(world):
    shards = small(world, files=1)
    place = world.place / "place"
    place.mkdir()
    link = world.place / "link"
    link.symlink_to(place)
    for spelled in (link, "%s/" % link, "%s/." % link):
        ends(world, REFUSED, ("symbolic link",),
             *run_on(world.place / "out", "--state", spelled, *shards))
    out = world.place / "planted"
    out.mkdir()
    (out / STATE).symlink_to(place)
    ends(world, REFUSED, ("symbolic link",), *run_on(out, *shards))
    require(not list(place.iterdir()), "something was written through it")


@promise
def foreign_files_in_a_state_stay(world):
    shards = small(world, files=1)
    state = world.place / "state"
    state.mkdir()
    names = ("segment-notes.txt", "segment-1", "notes", "segment-00000x",
             ".hidden")
    for name in names:
        (state / name).write_text(name, encoding="ascii")
    (state / "segment-000777").write_text("left behind", encoding="ascii")
    command = run_on(world.place / "out", "--state", state, *shards)
    for more in ((), ("--restart",)):
        ends(world, 0, (), *command, *more)
        for name in names:
            require((state / name).read_text(encoding="ascii") == name, name)
        require(not (state / "segment-000777").exists(), "a stray segment")


# ---- damage -----------------------------------------------------------------

def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 32
    path.write_bytes(data)


def cut(path, size):
    path.write_bytes(path.read_bytes()[:size])


def first_segment(state):
    return sorted(state.glob("segment-*"))[0]


def harms(state):
    """Name of a harm: what does it, and the exit code."""
    checkpoint = state / "checkpoint"
    size = checkpoint.stat().st_size
    changes = {
        "empty": (lambda: checkpoint.write_bytes(b""), IO),
        "foreign": (lambda: checkpoint.write_bytes(b"x" * 4096), IO),
        "longer": (lambda: checkpoint.write_bytes(checkpoint.read_bytes() +
                                                  b"x"), IO),
        "another version": (lambda: checkpoint.write_bytes(
            checkpoint.read_bytes()[:8] + struct.pack("<I", 99) +
            checkpoint.read_bytes()[12:]), PLAN),
        "a segment is gone": (lambda: first_segment(state).unlink(), IO),
        "a segment is empty": (lambda: cut(first_segment(state), 0), IO),
        "a segment is cut": (lambda: cut(first_segment(state), 1000), IO),
        "a segment's end": (lambda: flip(first_segment(state), -20), IO),
    }
    for at in range(0, size, max(1, size // 12)):
        changes["cut at %d" % at] = (lambda at=at: cut(checkpoint, at), IO)
        changes["flip at %d" % at] = (
            lambda at=at: flip(checkpoint, at),
            PLAN if 8 <= at < 12 else IO)
    return changes


@promise
def a_damaged_state_ends_with_a_sentence_and_restart_begins_anew(world):
    job = Job(world, "out", *small(world, files=2))
    ends(world, 0, (), *job.command())
    kept = world.place / "kept"
    job.state.rename(kept)
    for name in harms(kept):
        shutil.rmtree(job.state, ignore_errors=True)
        shutil.copytree(kept, job.state)
        harm, code = harms(job.state)[name]
        harm()
        for command in (job.command(), ("reduce", "-q", "--state", job.state,
                                        "-o", world.place / "again")):
            ends(world, code, ("--restart",), *command)
        require_files(files_of(job.out), job.wanted, name)
    ends(world, 0, (), *job.command("--restart"))
    require_files(files_of(job.out), job.wanted, "--restart")


@promise
def a_segment_damaged_anywhere_never_counts(world):
    """Its end is looked at when the state is opened, its blocks when they are
    read."""
    job = Job(world, "out", *small(world, files=2))
    ends(world, 0, (), *job.command())
    kept = world.place / "kept"
    job.state.rename(kept)
    size = first_segment(kept).stat().st_size
    for at in range(0, size, max(1, size // 16)):
        shutil.rmtree(job.state, ignore_errors=True)
        shutil.copytree(kept, job.state)
        flip(first_segment(job.state), at)
        done = world.call("reduce", "-q", *EVERYTHING, "--state", job.state,
                          "-o", world.place / "again")
        require(done.returncode in (0, IO), at, done.returncode, done.stderr)
        require(done.returncode == 0 or "damaged" in done.stderr, done.stderr)
        if done.returncode == 0:
            require_files(files_of(world.place / "again"), job.wanted,
                          "byte %d" % at)


@promise
def a_full_disk_ends_with_73_and_the_next_run_goes_on(world):
    job = Job(world, "out", *frames(world))
    with tiny_disk(world.place / "disk", "6m") as disk:
        job.state = disk / "state"
        filler = disk / "filler"
        filler.write_bytes(b"x" * (5800 << 10))
        ends(world, OUTPUT, ("No space left",),
             *job.command("--state", str(job.state)))
        require((job.state / "checkpoint").exists(), "nothing was kept")
        filler.unlink()
        ends(world, 0, (), *job.command("--state", str(job.state)))
        require_files(files_of(job.out), job.wanted, "a full disk")


# ---- none where none may be -------------------------------------------------

@promise
def no_state_with_ids_stays_beside_pseudonyms(world):
    shards = small(world)
    key = world.place / "key"
    key.write_bytes(b"0123456789abcdef")
    out = world.place / "out"
    command = run_on(out, "--pseudonyms", key, *shards)
    ends(world, 0, (), *command)
    require(not (out / STATE).exists(), "a state beside pseudonyms")
    # As if it had been killed behind the outputs, before the state was gone.
    ends(world, 0, (), *command, "--state", out / STATE)
    require((out / STATE).exists(), "a state that was asked for is gone")
    ends(world, 0, ("nothing to do",), *command[:1], *command[2:])
    require(not (out / STATE).exists(), "a state beside pseudonyms")


@promise
def no_state_leaves_nothing(world):
    out = world.place / "out"
    ends(world, 0, (), *run_on(out, "--no-state", *small(world)))
    require(not (out / STATE).exists(), "a state")
    require(not list(out.rglob("segment-*")), "segments")
    for option in (("--state", out / STATE), ("--add",)):
        ends(world, 64, ("choose one",), *run_on(out, "--no-state", *option,
                                                 "x"))


@promise
def standard_input_is_read_anew_each_time(world):
    one, two = small(world, "one", 1), small(world, "two", 1, "--seed", "5")
    out = world.place / "out"
    for shard in (*one, *two, *one):
        with open(shard, "rb") as stream:
            done = world.call(*run_on(out, "-"), stdin=stream)
        require(done.returncode == 0, done.stderr)
        aside = world.place / "aside"
        with open(shard, "rb") as stream:
            done = world.call(*run_on(aside, "--no-state", "-"), stdin=stream)
        require(done.returncode == 0, done.stderr)
        require_files(files_of(out), files_of(aside), "standard input again")
    ends(world, PLAN, ("cannot be added",), *run_on(out, "--add", "-"))
    ends(world, 0, (), "reduce", "-q", *EVERYTHING, "--state", out / STATE,
         "-o", world.place / "again")
    require_files(files_of(world.place / "again"), files_of(out), "reducing")


if __name__ == "__main__":
    sys.exit(main())
