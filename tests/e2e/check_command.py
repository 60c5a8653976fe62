#!/usr/bin/env python3
"""The command line: exit codes are a contract, and a sentence names the
thing that is wrong."""

import contextlib
import lzma
import os
import shutil
import signal
import subprocess
import sys
import threading
import time

from harness import (DATA_FILES, TABLE_NAMES, Skip, Outputs, main, promise,
                     require, require_same)

USAGE, INPUT, OUTPUT, IO, STOPPED, REFUSED, PLAN = 64, 66, 73, 74, 75, 77, 78
STOP_S = 5


def small_archive(world, *options):
    return world.generate("archive", "--posts", "400", "--campaign", "4",
                          *options)


def expect(world, code, words, *arguments, **keywords):
    """The exit code, and a sentence that holds all the words."""
    done = world.call(*arguments, **keywords)
    said = done.stderr
    require(done.returncode == code, arguments, "ends with",
            done.returncode, "instead of", code, "-", said)
    for word in words:
        require(str(word) in said, arguments, "does not name", word, "-",
                said)
    return done


# ---- wrong usage ------------------------------------------------------------

@promise
def a_wrong_flag_ends_with_64_and_is_named(world):
    shard = small_archive(world).shards[0]
    out = ("-o", world.place / "out")
    for words, arguments in (
            (["Usage"], []),
            (["rnu"], ["rnu"]),
            (["--bogus"], ["run", "--bogus", *out, shard]),
            (["-o DIR"], ["run", shard]),
            (["shard"], ["run", *out]),
            (["--threads", "0"], ["run", *out, "--threads", "0", shard]),
            (["--threads", "-1"], ["run", *out, "--threads=-1", shard]),
            (["--memory", "much"], ["run", *out, "--memory", "much", shard]),
            (["--memory", "1X"], ["run", *out, "--memory", "1X", shard]),
            (["--line-max", "0"], ["run", *out, "--line-max", "0", shard]),
            (["--io", "dma"], ["run", *out, "--io", "dma", shard]),
            (["--isa", "neon"], ["run", *out, "--isa", "neon", shard]),
            (["--format", "xml"], ["run", *out, "--format", "xml", shard]),
            (["--utc-offset", "+8"], ["run", *out, "--utc-offset", "+8",
                                      shard]),
            (["--utc-offset", "+08:07"], ["run", *out, "--utc-offset",
                                          "+08:07", shard])):
        expect(world, USAGE, words, *arguments)
        require(not (world.place / "out").exists(), arguments, "left output")


@promise
def an_impossible_plan_ends_with_78_and_says_what_would_do(world):
    shard = small_archive(world).shards[0]
    out = ("-o", world.place / "out")
    done = expect(world, PLAN, ["--memory", "smallest"], "run", *out,
                  "--memory", "1M", shard)
    require("M" in done.stderr, "no size to try")
    expect(world, PLAN, ["--memory"], "run", *out, "--memory", "100T", shard)
    expect(world, PLAN, ["16"], "run", *out, "--line-max", "16", shard)
    require(not (world.place / "out").exists(), "left output")


@promise
def help_version_and_plan_go_to_standard_output(world):
    for arguments, word in ((["--help"], "Usage"), (["help"], "Usage"),
                            (["run", "--help"], "Exit codes"),
                            (["--version"], "sandpiper "),
                            (["version"], "sandpiper "),
                            (["run", "--plan"], "lanes"),
                            (["run", "--plan", "--memory", "256M",
                              "--threads", "1"], "256 MiB")):
        done = world.call(*arguments)
        require(done.returncode == 0 and not done.stderr, arguments,
                done.returncode, done.stderr)
        require(word in done.stdout, arguments, "lacks", word)


# ---- inputs -----------------------------------------------------------------

@promise
def an_input_that_is_not_there_ends_with_66_and_is_named(world):
    shard = small_archive(world).shards[0]
    (world.place / "nothing").mkdir()
    (world.place / "names").write_text("lost.zst\n")
    os.mkfifo(world.place / "fifo")
    out = ("-q", "-o", world.place / "out")
    for name in ("missing.zst", "fifo", "nothing/here"):
        expect(world, INPUT, [name], "run", *out, world.place / name)
    near = shard.with_name(shard.name.replace("posts", "post"))
    expect(world, INPUT, ["did you mean", shard.name], "run", *out, near)
    expect(world, INPUT, ["nothing to read"], "run", *out,
           world.place / "nothing")
    expect(world, INPUT, ["lost.zst", "line 1", "names"], "run", *out,
           "@%s" % (world.place / "names"))
    expect(world, INPUT, ["nolist"], "run", *out, "@nolist")


@promise
def a_folder_a_list_and_standard_input_are_read_alike(world):
    archive = small_archive(world, "--files", "3")
    first = world.run("files", *archive.shards)
    names = world.place / "names"
    names.write_text("".join("%s\n" % shard for shard in archive.shards))
    table = "accounts.csv"
    folder = world.place / "shards"
    folder.mkdir()
    for shard in archive.shards:
        shutil.copy(shard, folder)
    for name, argument in (("list", "@%s" % names), ("folder", folder)):
        other = world.run(name, argument)
        require(first.bytes(table) == other.bytes(table), name)
    whole = b"".join(shard.read_bytes() for shard in archive.shards)
    done = subprocess.run(
        [world.program, "run", "-q", "-o", world.place / "stdin", "-"],
        input=whole, stderr=subprocess.PIPE, check=False,
        timeout=world.wait_s)
    require(done.returncode == 0, "standard input:", done.stderr)
    require(first.bytes(table) == Outputs(world.place / "stdin")
            .bytes(table), "standard input")


@promise
def an_xz_file_is_told_and_rejected_whole(world):
    packed = world.place / "posts.json.xz"
    packed.write_bytes(lzma.compress(b"{}\n" * 100))
    done = expect(world, 0, ["posts.json.xz", "xz", "decompress"], "run",
                  "-o", world.place / "out", packed)
    total = Outputs(world.place / "out").total()
    require(total["bytes"]["rejected"] == packed.stat().st_size, total,
            done.stderr)


@promise
def a_shard_that_grows_while_it_is_read_ends_with_66(world):
    """What is said of the shard is written behind it while it is read."""
    shard = world.place / "posts.json.xz"
    shard.write_bytes(lzma.compress(b"{}\n" * 100))
    with open(shard, "ab") as behind:
        done = subprocess.run([world.program, "run", "-q", "-o",
                               world.place / "out", shard], check=False,
                              stdin=subprocess.DEVNULL, stderr=behind,
                              timeout=world.wait_s)
    require(done.returncode == INPUT, done.returncode,
            shard.read_bytes()[-300:])
    require(b"changed" in shard.read_bytes(), shard.read_bytes()[-300:])


@promise
def a_shard_given_twice_is_read_once(world):
    shard = small_archive(world).shards[0]
    once = world.run("once", shard)
    link = shard.with_name("link.zst")
    link.hardlink_to(shard)
    done = expect(world, 0, ["link.zst", "once"], "run", "-o",
                  world.place / "twice", shard, shard, link)
    twice = Outputs(world.place / "twice")
    require(once.ledger()["result"] == twice.ledger()["result"], done.stderr)
    require(len(twice.json("manifest.json")["repeated_shards"]) >= 1,
            "the manifest is silent")


# ---- outputs ----------------------------------------------------------------

@promise
def an_output_that_cannot_be_written_ends_with_73_and_is_named(world):
    shard = small_archive(world).shards[0]
    (world.place / "file").write_text("mine")
    (world.place / "mine").mkdir()
    (world.place / "mine" / "accounts.csv").write_text("mine")
    for name, word in (("file", "file"), ("file/below", "file"),
                       ("mine", "accounts.csv")):
        expect(world, OUTPUT, [word], "run", "-o", world.place / name, shard)
    require((world.place / "file").read_text() == "mine", "overwritten")
    require((world.place / "mine" / "accounts.csv").read_text() == "mine",
            "overwritten")


@promise
def an_output_through_a_symbolic_link_is_refused_with_77(world):
    shard = small_archive(world).shards[0]
    (world.place / "real").mkdir()
    (world.place / "link").symlink_to("real")
    expect(world, REFUSED, ["link"], "run", "-o", world.place / "link", shard)
    require(not list((world.place / "real").iterdir()), "written through")


@contextlib.contextmanager
def waiting_run(world, out, *options):
    """A run that waits for more standard input."""
    reading, writing = os.pipe()
    run = world.start("run", "-q", "--restart", "-o", out, *options, "-",
                      stdin=reading)
    os.close(reading)
    try:
        deadline = time.monotonic() + world.wait_s
        while not (out / ".sandpiper-lock").exists():
            require(run.poll() is None, "ended:", run.returncode)
            require(time.monotonic() < deadline, "did not start")
            time.sleep(0.02)
        time.sleep(0.3)      # the signal handlers stand by then; not needed
        yield run, writing
    finally:
        with contextlib.suppress(OSError):
            os.close(writing)
        if run.poll() is None:
            run.kill()
        run.communicate()


@promise
def two_runs_at_once_on_one_output_end_with_73(world):
    shard = small_archive(world).shards[0]
    out = world.place / "out"
    with waiting_run(world, out) as (first, writing):
        expect(world, OUTPUT, ["out", "another run"], "run", "-o", out, shard)
        require(first.poll() is None, "the first run ended")
        os.close(os.dup(writing))
    expect(world, 0, [], "run", "-q", "-o", out, shard)


# ---- stopping ---------------------------------------------------------------

def set_of(folder):
    return {name: (folder / name).read_bytes() for name in DATA_FILES
            if (folder / name).exists()}


def stop(run, number):
    run.send_signal(number)
    # A busy machine has its own pace: four times the promise is a hang.
    said = run.communicate(timeout=4 * STOP_S)[1]
    require(run.returncode == STOPPED, "ends with", run.returncode, said)
    require("stopped" in said or "signal" in said.lower(), said)


def check_stop(world, number):
    shard = small_archive(world).shards[0]
    out = world.place / "out"
    world.run("out", shard)
    before = set_of(out)
    for options in ((), ("--threads", "4", "--io", "pread")):
        with waiting_run(world, out, *options) as (run, _):
            stop(run, number)
        require(set_of(out) == before, "the old set changed")
    world.run("out", shard)
    require(set_of(out) == before, "the same command gives another set")


@promise
def sigint_stops_within_5_s_with_75_and_leaves_the_old_set_whole(world):
    check_stop(world, signal.SIGINT)


@promise
def sigterm_stops_within_5_s_with_75_and_leaves_the_old_set_whole(world):
    check_stop(world, signal.SIGTERM)


@promise
def a_busy_run_stops_within_5_s(world):
    shard = small_archive(world).shards[0]
    content, out = shard.read_bytes(), world.place / "busy"

    def feed(writing):
        with contextlib.suppress(OSError):
            while True:
                os.write(writing, content)

    with waiting_run(world, out) as (run, writing):
        copy = os.dup(writing)
        feeder = threading.Thread(target=feed, args=(copy,), daemon=True)
        feeder.start()
        time.sleep(1)
        stop(run, signal.SIGTERM)
        feeder.join(timeout=10)
        os.close(copy)
    require(not (out / "accounts.csv").exists(), "a half set is shown")


@promise
def a_killed_run_leaves_the_old_set_whole_and_the_next_one_works(world):
    shard = small_archive(world).shards[0]
    out = world.place / "out"
    world.run("out", shard)
    before = set_of(out)
    with waiting_run(world, out) as (run, _):
        run.kill()
        run.wait()
    require(set_of(out) == before, "the old set changed")
    world.run("out", shard)
    require(set_of(out) == before, "the next run differs")


# ---- a bad world ------------------------------------------------------------

@contextlib.contextmanager
def tiny_disk(place, size):
    if os.geteuid() != 0:
        raise Skip("only root can mount a tiny tmpfs")
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size,
                           "none", place], check=False, text=True,
                          stderr=subprocess.PIPE)
    if done.returncode != 0:
        raise Skip("a tmpfs cannot be mounted here: " + done.stderr.strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=False)


@promise
def a_full_disk_ends_with_73_or_74_and_leaves_the_old_set_whole(world):
    few = world.generate("few", "--posts", "40", "--campaign", "0")
    many = world.generate("many", "--posts", "4000", "--accounts", "4000",
                          "--campaign", "0")
    with tiny_disk(world.place / "disk", "320k") as disk:
        out = disk / "out"
        expect(world, 0, [], "run", "-q", "-o", out, *few.shards)
        before = set_of(out)
        done = world.call("run", "-q", "--restart", "-o", out, *many.shards)
        require(done.returncode in (OUTPUT, IO), "ends with",
                done.returncode, done.stderr)
        require("No space left" in done.stderr, done.stderr)
        require(set_of(out) == before, "the old set changed")


def require_strace(world):
    strace = shutil.which("strace")
    if not strace:
        raise Skip("strace is not installed")
    if world.sanitized:
        raise Skip("a sanitized program is not traced")
    done = subprocess.run([strace, "-f", "-o", os.devnull, "true"],
                          check=False, stderr=subprocess.DEVNULL)
    if done.returncode != 0:
        raise Skip("strace may not trace here")
    return strace


@promise
def refused_io_uring_gives_the_same_bytes_and_says_so(world):
    strace, shard = require_strace(world), small_archive(world).shards[0]
    usual = world.run("usual", shard)
    out = world.place / "refused"
    command = [strace, "-f", "-o", os.devnull, "-e",
               "inject=io_uring_setup:error=EPERM", world.program, "run",
               "-q", "--format", "csv,jsonl", "--tables",
               ",".join(TABLE_NAMES), "-o", out, shard]
    done = subprocess.run(command, check=False, stderr=subprocess.PIPE,
                          timeout=world.wait_s)
    require(done.returncode == 0, done.stderr)
    refused = Outputs(out)
    timings = refused.json("timings.json")
    require(timings["io"] == "pread" and "refused" in timings["io_reason"],
            timings)
    require_same(usual, refused, DATA_FILES, "refused io_uring")


@promise
def an_output_that_cannot_be_synced_ends_with_74_or_73(world):
    strace, shard = require_strace(world), small_archive(world).shards[0]
    out = world.place / "out"
    command = [strace, "-f", "-o", os.devnull, "-e",
               "inject=fsync:error=EIO", "-e", "inject=fdatasync:error=EIO",
               world.program, "run", "-q", "-o", out, shard]
    done = subprocess.run(command, check=False, text=True,
                          stderr=subprocess.PIPE, timeout=world.wait_s)
    require(done.returncode in (OUTPUT, IO), done.returncode, done.stderr)
    require("error" in done.stderr.lower(), done.stderr)
    require(not (out / "accounts.csv").exists(), "a set was published")


if __name__ == "__main__":
    sys.exit(main())
