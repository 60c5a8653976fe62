#!/usr/bin/env python3
"""A run that was stopped goes on, more shards are added, and what was kept is
reduced again: the bytes are those of one run that nobody disturbed."""

import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import main, promise, require, text_of  # noqa: E402
from resume_world import (COMMIT, EVERYTHING, PLAN, REJECTS, INPUT,  # noqa: E402
                          STATE, Job, ends, files_of, killed,
                          require_files, stamps_of)

WAYS = (("-t", "1", "--io", "pread"), ("-t", "4", "--io", "auto"),
        ("-t", "2", "--io", "auto"))


def frames(world, name="frames", files=2, posts=3000, *options):
    return world.generate(name, "--posts", str(posts), "--campaign", "0",
                          "--layout", "frames",
                          "--cut-anywhere", "--frame-bytes", "48K", "--files",
                          str(files), *options).shards


def tar_of(world, shards):
    tar = world.place / "shards.tar"
    subprocess.run(["tar", "-cf", tar, "-C", shards[0].parent,
                    *[shard.name for shard in shards]], check=True)
    return tar


def check_going_on(world, *shards, settled=True):
    """In every way, and the next process in another one."""
    job = Job(world, "out", *shards)
    for number, way in enumerate(WAYS):
        job.stop(*way, settled=settled)
        job.go_on(*WAYS[(number + 1) % len(WAYS)], what=" ".join(way),
                  says=("going on with",) if settled else ())


@promise
def frames_cut_anywhere_go_on(world):
    check_going_on(world, *frames(world))


@promise
def plain_text_goes_on(world):
    """A part of it is as long as what is read between commits."""
    shards = world.generate("plain", "--posts", "1000", "--campaign", "0",
                            "--layout", "plain", "--files", "2").shards
    check_going_on(world, *shards)


@promise
def rows_of_csv_go_on(world):
    shards = frames(world, "rows", 2, 3000, "--dialect", "io")
    plain = world.place / "rows.csv"
    plain.write_bytes(text_of(shards[1]))
    check_going_on(world, shards[0], plain)


@promise
def what_has_no_place_to_go_on_is_begun_again(world):
    """One giant frame, a container, a document, beside frames."""
    giant = world.generate("giant", "--posts", "1000", "--campaign", "0",
                           "--layout", "giant")
    few = frames(world, "few", 2, 1000)
    document = world.place / "document.json"
    lines = [line.strip() for line in text_of(few[0]).split(b"\n")]
    document.write_bytes(b"[\n" + b",\n".join(filter(None, lines[:300])) +
                         b"\n]\n")
    check_going_on(world, *giant.shards, tar_of(world, few), document,
                   *frames(world), settled=False)


@promise
def damaged_frames_are_salvaged_over_a_stop(world):
    shards = frames(world, "hurt", 2)
    for shard, at in zip(shards, (0.2, 0.8)):
        data = bytearray(shard.read_bytes())
        data[int(len(data) * at)] ^= 16
        shard.write_bytes(data)
    job = Job(world, "out", "--damaged=salvage", *shards)
    require(b'"salvaged"' in job.wanted["ledger.json"], "nothing is salvaged")
    for way in WAYS[1:2]:
        job.stop(*way)
        job.go_on(*way)


@promise
def other_lanes_and_memory_go_on(world):
    job = Job(world, "out", *frames(world))
    job.stop("-t", "2", "-m", "256M")
    job.go_on("-t", "4", "-m", "160M")


@promise
def the_state_may_stand_elsewhere(world):
    elsewhere = world.place / "elsewhere"
    job = Job(world, "out", *frames(world))
    job.state = elsewhere
    job.stop("--state", str(elsewhere))
    require(not (job.out / STATE).exists(), "a state in the output")
    job.go_on("--state", str(elsewhere))
    require(not (job.out / STATE).exists(), "a state in the output")


@promise
def the_finished_command_again_touches_no_file(world):
    job = Job(world, "out", *frames(world))
    ends(world, 0, (), *job.command())
    before = stamps_of(job.out.resolve() / "current")
    state = stamps_of(job.state)
    ends(world, 0, ("nothing to do",), *job.command(quiet=False))
    require(stamps_of(job.out / "current") == before, "outputs are touched")
    require(stamps_of(job.state) == state, "the state is touched")
    (job.out / "current" / "accounts.csv").unlink()
    ends(world, 0, (), *job.command())
    require_files(files_of(job.out), job.wanted, "a lost file")


# ---- adding -----------------------------------------------------------------

@promise
def added_shards_give_the_bytes_of_one_run(world):
    shards = frames(world, "frames", 4)
    job = Job(world, "out", *shards)
    add = ("run", "-q", "-o", job.out, *EVERYTHING, *COMMIT, "--add")
    for given in (shards[2:], shards):
        job.clear()
        ends(world, 0, (), "run", "-q", "-o", job.out, *EVERYTHING, *COMMIT,
             *shards[:2])
        ends(world, 0, (), *add, *given)
        require_files(files_of(job.out), job.wanted, "adding")
    ends(world, 0, ("nothing to do",), *job.command(quiet=False))


@promise
def adding_goes_on_after_a_kill(world):
    shards = frames(world, "frames", 4)
    old, new = shards[:1], shards[1:]
    job = Job(world, "out", *shards)
    add = ("run", "-o", job.out, *EVERYTHING, *COMMIT, "--add", *new)
    ends(world, 0, (), "run", "-q", "-o", job.out, *EVERYTHING, *COMMIT, *old)
    kept = job.out.with_name("kept")
    job.out.rename(kept)
    for _ in range(40):
        shutil.copytree(kept, job.out, symlinks=True)
        killed(world, job.state, *add)
        if ends_going_on(world, add):
            break
        shutil.rmtree(job.out)
    else:
        raise AssertionError("adding was never killed in time")
    require_files(files_of(job.out), job.wanted, "adding over a kill")


def ends_going_on(world, command):
    """Some of what is added was still to be read."""
    done = ends(world, 0, (), *command)
    return "going on with" in done.stderr


@promise
def shards_of_the_state_may_be_gone_when_others_are_added(world):
    shards = frames(world, "frames", 3)
    job = Job(world, "out", *shards)
    ends(world, 0, (), "run", "-q", "-o", job.out, *EVERYTHING, *shards[:2])
    for shard in shards[:2]:
        shard.unlink()
    ends(world, 0, (), "run", "-q", "-o", job.out, *EVERYTHING, "--add",
         shards[2])
    require_files(files_of(job.out), job.wanted, "adding to lost shards")


@promise
def many_small_additions_leave_few_segments(world):
    shards = world.generate("small", "--posts", "400", "--campaign", "0",
                            "--files", "24").shards
    job = Job(world, "out", *shards)
    for shard in shards:
        ends(world, 0, (), "run", "-q", "-o", job.out, *EVERYTHING, "--add",
             shard)
        count = len(list(job.state.glob("segment-*")))
        require(count <= 16, count, "segments are kept")
    require_files(files_of(job.out), job.wanted, "adding one by one")


# ---- reducing ---------------------------------------------------------------

def reductions(world, core, key):
    return {
        "offset": ("--utc-offset", "-03:30"),
        "zone": ("--time-zone", "Asia/Bangkok"),
        "core": ("--core", core),
        "accounts": ("--accounts", core),
        "formats": ("--format", "jsonl"),
        "sqlite": ("--format", "csv,sqlite"),
        "tables": ("--tables", "days,posts"),
        "columns": ("--columns", "account_id,posts,gap_q50_s"),
        "few": ("--min-posts", "5"),
        "pseudonyms": ("--pseudonyms", key),
    }


@promise
def reduce_gives_the_bytes_of_a_run_without_the_shards(world):
    archive = world.generate("archive", "--posts", "3000", "--files", "3")
    key = world.place / "key"
    key.write_bytes(b"sixteen bytes or more of a key")
    core = world.place / "ids.list"
    ids = [line for line in (archive.folder / "core.list").read_text()
           .splitlines() if line.isdecimal()]
    require(ids, "the generator's list has no ids")
    core.write_text("\n".join(ids) + "\n", encoding="ascii")
    cases = reductions(world, core, key)
    wanted = {}
    for name, options in cases.items():
        out = world.place / name
        ends(world, 0, (), "run", "-q", "--no-state", "-o", out, *options,
             *archive.shards)
        wanted[name] = files_of(out)
    state = world.place / "state"
    ends(world, 0, (), "run", "-q", "--state", state, *COMMIT, "-o",
         world.place / "first", *archive.shards)
    for shard in archive.shards:
        shard.unlink()
    for name, options in cases.items():
        out = world.place / ("again-" + name)
        ends(world, 0, (), "reduce", "-q", "--state", state, "-o", out,
             *options)
        require_files(files_of(out), wanted[name], name)


def lists_with_handles(world, archive):
    """Two lists of the same accounts, by other handles."""
    names = [line.split(b'"screen_name":"')[1].split(b'"')[0].decode()
             for line in archive.text().split(b"\r\n")
             if b'"screen_name":"' in line][:6]
    lists = []
    for number, chosen in enumerate((names[:4], names[2:])):
        path = world.place / ("list-%d" % number)
        path.write_text("".join("@%s\n" % name for name in chosen),
                        encoding="utf-8")
        lists.append(path)
    return lists


@promise
def handles_of_lists_are_kept_over_a_stop(world):
    archive = world.generate("frames", "--posts", "3000", "--campaign",
                             "0", "--layout", "frames",
                             "--frame-bytes", "48K", "--files", "2")
    these, others = lists_with_handles(world, archive)
    job = Job(world, "out", "--core", these, *archive.shards)
    without = Job(world, "without", *archive.shards)
    require(job.wanted["accounts.csv"] != without.wanted["accounts.csv"],
            "the list changes nothing")
    job.stop("-t", "2")
    job.go_on("-t", "2")
    reduce = ("reduce", "-q", "--state", job.state, "-o",
              world.place / "again", *EVERYTHING)
    ends(world, PLAN, ("@handles", "--restart"), *reduce, "--core", others)
    ends(world, 0, (), *reduce, "--core", these)
    require_files(files_of(world.place / "again"), job.wanted, "reducing")
    ends(world, 0, (), *reduce)
    require_files(files_of(world.place / "again"), without.wanted, "no list")


@promise
def reduce_refuses_what_is_not_read_to_its_end(world):
    job = Job(world, "out", *frames(world))
    job.stop()
    ends(world, PLAN, ("not all read",), "reduce", "-o", world.place / "x",
         "--state", job.state)
    ends(world, INPUT, ("no such state",), "reduce", "-o", world.place / "x",
         "--state", world.place / "nowhere")
    require(not (world.place / "nowhere").exists(), "reduce made a state")


@promise
def damage_found_before_ends_a_run_that_must_not_have_any(world):
    shards = frames(world)
    data = bytearray(shards[0].read_bytes())
    data[len(data) // 2] ^= 16
    shards[0].write_bytes(data)
    out = world.place / "out"
    ends(world, 0, (), "run", "-q", "-o", out, *shards)
    before = files_of(out)
    ends(world, REJECTS, ("--damaged=fail", shards[0].name), "run", "-q",
         "-o", out, "--damaged=fail", *shards)
    require_files(files_of(out), before, "a refused run")


if __name__ == "__main__":
    sys.exit(main())
