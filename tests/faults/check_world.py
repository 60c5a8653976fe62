#!/usr/bin/env python3
"""The fault matrix: what the world around a run can do."""

import contextlib
import ctypes
import errno
import os
import pathlib
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from many import GOOD, LAST, OTHER, checked, line  # noqa: E402
from failing import SENTENCE, library_of, set_in  # noqa: E402
from harness import DATA_FILES, Outputs, Skip, main, promise, require, \
    require_same  # noqa: E402

INPUT, MEMORY, OUTPUT, IO, PLAN = 66, 71, 73, 74, 78
BACKENDS = ("pread", "auto")


def expect(done, codes, *words):
    said = SENTENCE.fullmatch(done.stderr)
    require(done.returncode in codes, "exit", done.returncode, done.stderr)
    require(said and int(said[1]) == done.returncode, "says", done.stderr)
    for word in words:
        require(word in done.stderr, "does not name", word, done.stderr)


# ---- shards that change -----------------------------------------------------

def changed_while_read(world, change, io, at):
    """The 12 MiB shard is changed before the read of that number."""
    shard = world.place / "shard.jsonl"
    for name in (shard, world.place / "shard.jsonl.new"):
        with contextlib.suppress(FileNotFoundError):
            name.unlink()
        name.write_bytes((GOOD + OTHER) * (12 * 2**20 // len(GOOD + OTHER)))
    out = world.place / ("out-%s-%s-%d" % (change, io, at))
    env = dict(os.environ, LD_PRELOAD=str(library_of(world)),
               FAIL_KIND="read", FAIL_AT=str(at), FAIL_DO=change,
               FAIL_PATH=str(shard))
    done = world.call("run", "-q", "-t", "2", "-m", "256M", "--io", io, "-o",
                      out, shard, env=env)
    return out, done


@promise
def a_shard_that_changes_while_it_is_read_ends_the_run_with_66(world):
    for io in BACKENDS:
        for change in ("shrink", "grow", "rewrite", "replace"):
            for at in (1, 4):
                out, done = changed_while_read(world, change, io, at)
                expect(done, {INPUT}, "shard.jsonl")
                require(not (out / "accounts.csv").exists(), "published")


@promise
def a_shard_unlinked_while_it_is_read_is_read_or_ends_the_run(world):
    """Its bytes are all there as long as it is open."""
    for io in BACKENDS:
        out, done = changed_while_read(world, "unlink", io, 4)
        if done.returncode:
            expect(done, {INPUT}, "shard.jsonl")
        else:
            posts = Outputs(out).json("ledger.json")["result"]["posts"]
            require(posts == 2, "posts:", posts)


@promise
def a_shard_by_another_name_is_read_once(world):
    shard = world.place / "shard.zst"
    shard.write_bytes(checked(GOOD) + checked(OTHER))
    (world.place / "hard.zst").hardlink_to(shard)
    (world.place / "soft.zst").symlink_to("shard.zst")
    once = world.run("once", shard)
    for other in ("shard.zst", "hard.zst", "soft.zst"):
        twice = world.run("with-" + other, shard, world.place / other)
        require(twice.total() == once.total(), other, twice.total())
        repeated = twice.json("manifest.json")["repeated_shards"]
        require(len(repeated) == 1, other, repeated)


@promise
def what_is_no_file_is_refused_or_walked(world):
    os.mkfifo(world.place / "fifo.zst")
    (world.place / "folder.zst").mkdir()
    (world.place / "folder.zst" / "in.zst").write_bytes(checked(GOOD))
    (world.place / "loop.zst").symlink_to("loop.zst")
    out = world.place / "out"
    for io in BACKENDS:
        for name in (world.place / "fifo.zst", "/dev/zero", "/dev/null",
                     world.place / "loop.zst"):
            done = world.call("run", "-q", "--io", io, "-o", out, name)
            expect(done, {INPUT}, os.path.basename(name))
    walked = world.run("walked", world.place / "folder.zst")
    require(walked.total()["records"]["posts_with_copies"] == 1, "a folder")


# ---- io_uring refused -------------------------------------------------------

class Filter(ctypes.Structure):
    _fields_ = [("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte),
                ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint)]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort),
                ("filter", ctypes.POINTER(Filter))]


def refuse_calls(numbers, error):
    """A seccomp filter, as container engines have one: x86-64 numbers."""
    steps = [Filter(0x20, 0, 0, 0)]
    for number in numbers:
        steps += [Filter(0x15, 0, 1, number),
                  Filter(0x06, 0, 0, 0x00050000 | error)]
    steps.append(Filter(0x06, 0, 0, 0x7FFF0000))
    array = (Filter * len(steps))(*steps)
    program = Program(len(steps), array)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) or \
            libc.prctl(22, 2, ctypes.byref(program), 0, 0):
        os._exit(99)


@promise
def io_uring_refused_by_seccomp_gives_the_same_bytes(world):
    if os.uname().machine != "x86_64":
        raise Skip("the filter is written for x86-64")
    shard = world.place / "shard.zst"
    shard.write_bytes(checked(GOOD) + checked(OTHER))
    usual = world.run("usual", shard)
    setup, enter, register = 425, 426, 427
    for calls in ((setup,), (enter,), (register,)):
        for error in (errno.EPERM, errno.ENOSYS):
            name = "refused-%d-%d" % (calls[0], error)
            run = {"preexec_fn": lambda: refuse_calls(calls, error)}
            done = world.call("run", "-q", "--io", "uring", "-o",
                              world.place / "asked", shard, **run)
            if done.returncode == 99:
                raise Skip("seccomp filters cannot be set here")
            if calls != (register,):
                expect(done, {PLAN}, "--io pread")
            out = world.place / name
            done = world.call("run", "-q", "--format", "csv,jsonl",
                              "--tables", ",".join(
                                  ("accounts", "days", "hashtags",
                                   "hashtag_days", "clients", "languages",
                                   "domains", "created", "posts")),
                              "-o", out, shard, **run)
            require(done.returncode == 0, name, done.stderr)
            require_same(usual, Outputs(out), DATA_FILES, name)
            told = Outputs(out).json("timings.json")
            require("refused" in told["io_reason"] or
                    told["io"].startswith("io_uring"), told)


# ---- limits of the process --------------------------------------------------

def limited(world, name, limit, value, *options):
    """A run over an older set, under a limit; judged as failing.py does."""
    shard, out = world.place / "limited.jsonl", world.place / name
    if not shard.exists():
        shard.write_bytes(b"".join(line(i, user={
            "id_str": str(i + 1), "screen_name": "a"}) for i in range(3000)))
    (world.place / "old.zst").write_bytes(checked(LAST))
    world.run(name, "--no-state", world.place / "old.zst")
    before = set_in(out)
    done = world.call("run", "-q", "--no-state", *options, "-o", out, shard,
                      preexec_fn=lambda: resource.setrlimit(
                          limit, (value, value)))
    if done.returncode == 0:
        require(Outputs(out).total()["records"]["posts_with_copies"] == 3000,
                name, "ends with 0 and lacks posts")
    else:
        require(set_in(out) == before, name, "changed the old set")
    return done


@promise
def little_address_space_ends_with_71_or_does_the_work(world):
    if world.sanitized:
        raise Skip("a sanitized program reserves terabytes")
    ended = {}
    for mebibytes in list(range(40, 200, 8)) + [300, 600]:
        done = limited(world, "as-%d" % mebibytes, resource.RLIMIT_AS,
                       mebibytes << 20, "-m", "160M", "-t", "2")
        if done.returncode == 127:
            continue      # the loader found no room for the libraries
        if done.returncode:
            expect(done, {MEMORY, PLAN})
        ended[mebibytes] = done.returncode
    require(MEMORY in ended.values() and ended[600] == 0, ended)


@promise
def files_that_may_not_grow_end_with_73(world):
    ended = set()
    for kibibytes in (0, 1, 4, 64, 300, 1 << 20):
        done = limited(world, "fsize-%d" % kibibytes, resource.RLIMIT_FSIZE,
                       kibibytes << 10)
        if done.returncode:
            expect(done, {OUTPUT}, "File too large")
        ended.add(done.returncode)
    require(ended == {0, OUTPUT}, ended)


@promise
def few_descriptors_end_with_a_sentence(world):
    ended = set()
    for count in (3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 20, 24, 32, 64):
        done = limited(world, "nofile-%d" % count, resource.RLIMIT_NOFILE,
                       count, "-t", "2")
        if done.returncode == 127:
            continue      # the loader could not open the libraries
        if done.returncode:
            expect(done, {INPUT, MEMORY, OUTPUT, IO})
        ended.add(done.returncode)
    require(0 in ended and len(ended) > 1, ended)


@contextlib.contextmanager
def memory_cgroup(limit):
    """A group of version 1 or 2 below the root, with that limit."""
    version_1 = pathlib.Path("/sys/fs/cgroup/memory")
    root = version_1 if version_1.is_dir() else pathlib.Path("/sys/fs/cgroup")
    group = root / ("sandpiper-test-%d" % os.getpid())
    name = "memory.limit_in_bytes" if root == version_1 else "memory.max"
    try:
        group.mkdir()
        (group / name).write_text(str(limit))
    except OSError as error:
        with contextlib.suppress(OSError):
            group.rmdir()
        raise Skip("no memory cgroup can be made here: %s" % error)
    try:
        yield group
    finally:
        group.rmdir()


@promise
def a_memory_cgroup_below_the_plan_is_refused_and_at_it_is_kept(world):
    archive = world.generate("archive", "--posts", "3000", "--campaign", "0")
    usual = world.run("usual", *archive.shards)
    with memory_cgroup(192 << 20) as group:
        def enter():
            (group / "cgroup.procs").write_text(str(os.getpid()))
        done = world.call("run", "-q", "-m", "512M", "-t", "2", "-o",
                          world.place / "above", *archive.shards,
                          preexec_fn=enter)
        expect(done, {PLAN}, "192M")
        done = world.call("run", "-q", "-t", "2", "-o", world.place / "at",
                          *archive.shards, preexec_fn=enter)
        require(done.returncode == 0, "within the cgroup:", done.stderr)
        require_same(usual, Outputs(world.place / "at"), ["accounts.csv"],
                     "the cgroup")


@promise
def a_temporary_folder_that_is_full_or_missing_is_not_asked(world):
    shard = world.place / "shard.zst"
    shard.write_bytes(checked(GOOD) + checked(OTHER))
    usual = world.run("usual", shard)
    for place in ("/dev/full", "/nowhere/at/all"):
        done = world.call("run", "-q", "--format", "csv,sqlite", "-o",
                          world.place / "out", shard,
                          env=dict(os.environ, TMPDIR=place,
                                   SQLITE_TMPDIR=place))
        require(done.returncode == 0, place, done.stderr)
        require_same(usual, Outputs(world.place / "out"), ["accounts.csv"],
                     place)


# ---- machines ---------------------------------------------------------------

@promise
def one_to_256_pretended_cores_are_planned(world):
    for cores in (1, 2, 3, 4, 7, 8, 16, 31, 64, 100, 128, 255, 256):
        for shape in ("core:%d pu:1", "pack:2 l3:2 core:%d pu:2"):
            done = world.call("run", "--plan", "-m", "8G",
                              env=dict(os.environ,
                                       HWLOC_SYNTHETIC=shape % cores))
            require(done.returncode == 0, shape % cores, done.stderr)
            lanes = done.stdout.split("lanes", 1)
            require(len(lanes) == 2, done.stdout)


@promise
def fewer_cores_than_lanes_change_no_byte(world):
    archive = world.generate("archive", "--posts", "2000", "--campaign", "0",
                             "--layout", "frames", "--frame-bytes", "64K")
    usual = world.run("usual", *archive.shards)
    first = min(os.sched_getaffinity(0))
    for threads in ("1", "8"):
        folder = world.place / ("bound-" + threads)
        done = world.call("run", "-q", "--threads", threads, "-m", "512M",
                          "-o", folder, *archive.shards,
                          preexec_fn=lambda: os.sched_setaffinity(0, {first}))
        require(done.returncode == 0, done.stderr)
        require_same(usual, Outputs(folder), ["accounts.csv", "days.csv"],
                     threads + " lanes on one core")


# ---- what is kept -----------------------------------------------------------

def broken_in(content):
    """The file cut, emptied, with bits turned, and of another program."""
    yield from (content[:len(content) * part // 4] for part in range(4))
    for at in range(0, len(content), max(1, len(content) // 24)):
        yield content[:at] + bytes([content[at] ^ 0x10]) + content[at + 1:]
    yield b"\x7fELF" + bytes(500)


@promise
def a_damaged_old_or_foreign_checkpoint_never_gives_other_bytes(world):
    """It is refused with a sentence, or what it held is read again."""
    shards = [world.place / ("shard%d.zst" % i) for i in range(2)]
    shards[0].write_bytes(checked(GOOD) + checked(OTHER))
    shards[1].write_bytes(checked(LAST))
    state, out = world.place / "state", world.place / "out"
    words = ("run", "-q", "--state", state, "-o", out)
    first = world.call(*words, shards[0])
    require(first.returncode == 0, first.stderr)
    want = set_in(out)
    kept = {path: path.read_bytes() for path in state.iterdir()
            if path.stat().st_size}
    require(len(kept) >= 2, "the state holds only", list(kept))
    codes = set()
    for path, content in kept.items():
        for bad in broken_in(content):
            for other, whole in kept.items():
                other.write_bytes(whole)
            path.write_bytes(bad)
            (out / "current").unlink()       # so that it is made again
            done = world.call(*words, shards[0])
            codes.add(done.returncode)
            if done.returncode:
                expect(done, {INPUT, IO, OUTPUT, PLAN})
                done = world.call(*words, "--restart", shards[0])
            require(done.returncode == 0 and set_in(out) == want, path.name,
                    "gives another set:", done.stderr)
    require(codes - {0}, "no damage was seen")
    expect(world.call(*words, shards[1]), {INPUT, PLAN, IO, OUTPUT})


# ---- what is not there yet --------------------------------------------------

@promise
def kill_9_at_any_instant_has_a_row_once_there_is_resume(world):
    """The rows of the matrix that wait for resume: see matrix.py."""
    import matrix
    shown = world.call("run", "--help").stdout
    waiting = [item for item, cases in matrix.MATRIX.items() if not cases]
    require("--state" not in shown or not waiting,
            "there is --state, and no case yet for:", waiting)


if __name__ == "__main__":
    sys.exit(main())
