#!/usr/bin/env python3
"""verify: it says of shards what a run says of their bytes and frames, without
parsing them, and its exit code tells whether all is whole."""

import json
import pathlib
import subprocess
import sys

from archive_kinds import (damaged_frames, damaged_others, dictionary_kinds,
                           flipped, frames_of, text_of_archive, whole_kinds)
from check_containers import put
from harness import main, promise, require

LIMITS = ("--memory", "2G")


def verify(world, *arguments):
    """Exit code and report."""
    done = world.call("verify", "--quiet", "--json", *LIMITS, *arguments)
    require(done.returncode in (0, 65), "exit", done.returncode, done.stderr)
    return done.returncode, json.loads(done.stdout)


def by_shard(lines):
    return {line["shard"]: line for line in lines}


def lost_by_shard(outputs):
    lost = {}
    for sample in outputs.rejects():
        if "compressed_bytes" in sample:
            lost.setdefault(sample.pop("shard"), []).append(sample)
    return lost


def require_agreement(outputs, report):
    """Every number of the report is the run's."""
    ledger = outputs.ledger()
    told = by_shard(report["shards"])
    manifest = by_shard(outputs.json("manifest.json")["shards"])
    lost = lost_by_shard(outputs)
    require(list(told) == [s["shard"] for s in ledger["shards"]], list(told))
    for name, shard in by_shard(ledger["shards"]).items():
        for key in ("bytes", "frames", "members"):
            require(told[name].get(key) == shard.get(key), name, key,
                    told[name].get(key), shard.get(key))
        for key in ("container", "xxh3_128"):
            require(told[name][key] == manifest[name][key], name, key)
        require(told[name]["lost"] == lost.get(name, []), name,
                told[name]["lost"], lost.get(name))
    for key in ("bytes", "frames"):
        require(report["total"][key] == ledger["total"][key], key,
                report["total"][key], ledger["total"][key])


def check_kinds(world, kinds, damaged):
    """Each by itself, and all at once; by one lane and by four."""
    paths = [put(world, name, content) for name, content in kinds.items()]
    report = outputs = None
    for options in (("-t", "1", "--io", "pread"), ("-t", "4", "--io", "auto")):
        # A run tells the same whatever its lanes; other tests hold that.
        if report is None:
            outputs = world.run("out", *options, *LIMITS, *paths)
        code, told = verify(world, *options, *paths)
        require(report in (None, told), "lanes change the report")
        report = told
        require(code == (65 if damaged else 0), "exit", code)
        require(told["damaged_shards"] == (len(paths) if damaged else 0),
                told["damaged_shards"], "of", len(paths), "are damaged")
        require_agreement(outputs, told)
    for path in paths[::4] if world.sanitized else paths:
        code, _ = verify(world, "-t", "2", path)
        require(code == (65 if damaged else 0), path, "ends with", code)


@promise
def whole_archives_of_every_kind_end_with_0(world):
    check_kinds(world, whole_kinds(text_of_archive(world)), False)


@promise
def damage_of_frames_is_told_as_a_run_tells_it(world):
    check_kinds(world, damaged_frames(text_of_archive(world)), True)


@promise
def damage_of_containers_is_told_as_a_run_tells_it(world):
    check_kinds(world, damaged_others(text_of_archive(world)), True)


@promise
def every_specimen_is_found_damaged(world):
    folder = pathlib.Path(__file__).parent.parent / "specimens" / "frames"
    paths = sorted(path for path in folder.iterdir())
    require(len(paths) >= 14, "specimens:", len(paths))
    for path in paths:
        # A window that the least of the memories does not admit.
        code, report = verify(world, "-t", "1", "--memory", "64M", path)
        told = set()
        for shard in report["shards"]:
            told |= set(shard["frames"]["rejected"])
        require(code == 65 and path.stem in told, path, code, told)


@promise
def a_missing_dictionary_is_damage_and_the_right_one_is_none(world):
    dictionary, content = dictionary_kinds(world, text_of_archive(world))
    shard = put(world, "made-with.zst", content)
    code, report = verify(world, shard)
    require(code == 65 and report["total"]["frames"]["rejected"]
            == {"frame_dictionary": 2}, code, report["total"]["frames"])
    code, report = verify(world, "--dict", dictionary, shard)
    require(code == 0 and report["total"]["frames"]["ok"] == 4,
            code, report["total"]["frames"])


@promise
def a_window_above_the_memory_is_told_and_more_memory_reads_it(world):
    text = text_of_archive(world)
    wide = frames_of(text * 40, "--long=27", "--no-content-size")[0]
    shard = put(world, "wide.zst", wide)
    done = world.call("verify", "--json", "-t", "1", "-m", "64M", shard)
    require(done.returncode == 65, done.returncode, done.stderr)
    require(json.loads(done.stdout)["total"]["frames"]["rejected"]
            == {"frame_window": 1}, done.stdout)
    require(verify(world, shard)[0] == 0, "2G do not admit 2^27")


@promise
def people_are_told_where_and_why(world):
    frames = frames_of(text_of_archive(world))
    bad = flipped(frames[2], -1)
    shard = put(world, "bad.zst", b"".join([*frames[:2], bad, *frames[3:]]))
    good = put(world, "good.zst", b"".join(frames))
    done = world.call("verify", good, shard)
    want = "at byte %d, %d bytes: the frame's checksum does not match its " \
        "content (frame_checksum)" % (sum(map(len, frames[:2])), len(bad))
    require(done.returncode == 65 and want in done.stdout
            and "damaged: 1 of 2 shards" in done.stdout, done)
    require("good.zst" not in done.stdout, done.stdout)
    done = world.call("verify", good)
    require(done.returncode == 0 and "all is whole" in done.stdout, done)
    quiet = world.call("verify", "-q", good)
    require(quiet.returncode == 0 and not quiet.stdout + quiet.stderr, quiet)
    quiet = world.call("verify", "-q", shard)
    require(want in quiet.stdout and "all" not in quiet.stdout
            and not quiet.stderr, quiet)


@promise
def names_do_not_steer_the_terminal(world):
    path = put(world, "a\x1b[31mb\u202e.zst", b"\x28\xb5\x2f\xfd")
    done = world.call("verify", path)
    require(done.returncode == 65 and "a?[31mb?.zst" in done.stdout, done)
    require("\x1b" not in done.stdout + done.stderr, done)
    require(verify(world, path)[1]["shards"][0]["shard"] == str(path))


@promise
def more_lost_frames_than_are_shown_are_counted(world):
    frame = frames_of(text_of_archive(world))[0]
    shard = put(world, "all-bad.zst", flipped(frame, -1) * 40)
    code, report = verify(world, "-t", "4", shard)
    lost = report["shards"][0]["lost"]
    require(code == 65 and [sample["frame"] for sample in lost]
            == [number * len(frame) for number in range(16)], lost)
    require(report["total"]["frames"]["rejected"] == {"frame_checksum": 40},
            report["total"])
    done = world.call("verify", shard)
    require("40 of 40 frames lost" in done.stdout
            and "and 24 more behind" in done.stdout, done.stdout)


@promise
def the_exit_code_says_what_went_wrong(world):
    shard = put(world, "good.zst", b"".join(frames_of(b"{}\n" * 5000)))
    done = world.call("verify", world.place / "gone.zst", shard)
    require(done.returncode == 66 and "gone.zst" in done.stderr
            and not done.stdout, done)
    require(world.call("verify").returncode == 64, "without a shard")
    require(world.call("verify", "-o", "out", shard).returncode == 64, "-o")
    require(world.call("verify", "-m", "1M", shard).returncode == 78, "1M")
    for options in ((), ("--json",)):
        done = subprocess.run(
            ["sh", "-c", 'exec "$0" verify "$@" > /dev/full', world.program,
             *options, str(shard)], check=False, stderr=subprocess.PIPE,
            timeout=world.wait_s)
        require(done.returncode == 73, "a full disk ends with", done)


@promise
def standard_input_is_verified_and_nothing_is_written(world):
    content = b"".join(frames_of(text_of_archive(world)))
    place = world.place / "elsewhere"
    place.mkdir()
    for data, wanted in ((content, 0), (content[:-9], 65)):
        source = put(world, "input", data)
        with subprocess.Popen(["cat", source],
                              stdout=subprocess.PIPE) as pipe:
            done = world.call("verify", "--json", "-", stdin=pipe.stdout,
                              cwd=place)
        require(done.returncode == wanted, done.returncode, done.stderr)
        told = json.loads(done.stdout)["total"]["bytes"]["file"]
        require(told == len(data), told, "of", len(data))
    require(not list(place.iterdir()), list(place.iterdir()))


if __name__ == "__main__":
    sys.exit(main())
