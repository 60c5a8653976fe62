#!/usr/bin/env python3
"""A budget that is too small for the tables changes no byte."""

import re
import sys

from harness import DATA_FILES, main, promise, require, require_same

MIB = 1 << 20
MARGIN_BYTES = 64 * MIB
# A short line makes the buffers small, so that the tables get the budget.
LINE_MAX = ("--line-max", "64K")


def least_memory(world, threads):
    """The smallest --memory that works, as the program tells it."""
    done = world.call("run", "--plan", "--threads", threads, "--memory", "1M",
                      *LINE_MAX)
    told = re.search(r"smallest that works is --memory ([0-9]+)M",
                     done.stderr)
    require(done.returncode == 78 and told, "no least memory:", done.stderr)
    return int(told[1])


def check_budget(timings, mebibytes):
    print({name: timings[name] for name in (
        "memory_budget_bytes", "memory_charged_peak_bytes",
        "resident_peak_bytes", "seals")})
    most = mebibytes * MIB + MARGIN_BYTES
    require(timings["memory_budget_bytes"] == mebibytes * MIB, "the budget")
    require(timings["resident_peak_bytes"] <= most, "resident peak",
            timings["resident_peak_bytes"], "is above", most)


def check(world, threads, text_bytes):
    archive = world.generate("archive", "--bytes", text_bytes, "--accounts",
                             "3000000", "--campaign", "40", "--threads", "2",
                             "--layout", "frames", "--frame-bytes", "1M")
    mebibytes = least_memory(world, threads)
    plenty = world.run("plenty", *LINE_MAX, *archive.shards)
    small = world.run("small", "--memory", "%dM" % mebibytes, "--threads",
                      threads, *LINE_MAX, *archive.shards)
    timings = small.json("timings.json")
    require(plenty.json("timings.json")["seals"] == 0, "plenty was sealed")
    require(timings["seals"] >= 3, "sealed only", timings["seals"], "times")
    check_budget(timings, mebibytes)
    require_same(plenty, small, DATA_FILES, "a small --memory")


@promise
def the_smallest_memory_seals_and_gives_the_same_bytes(world):
    check(world, 1, "300M")


@promise
def two_lanes_in_the_smallest_memory_give_the_same_bytes(world):
    check(world, 2, "480M")


if __name__ == "__main__":
    sys.exit(main())
