#!/usr/bin/env python3
"""The power is cut behind any call, and the same command goes on.

What the model of a disk may lose is in disk.py, what must be kept in power.py.
SANDPIPER_SEED chooses other states, SANDPIPER_CUTS how many of each story.
Kills at calls are here too, since the recorder does them.
"""

import os
import pathlib
import random
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent / "e2e"))

from disk import Directory, File  # noqa: E402
from harness import Skip, main, promise, require  # noqa: E402
from power import Broken, some_calls, stories  # noqa: E402

SEED = int(os.environ.get("SANDPIPER_SEED", "1"))
CUTS = int(os.environ.get("SANDPIPER_CUTS", "60"))
STRIDE = int(os.environ.get("SANDPIPER_STRIDE", "19"))
KILLS = 3


def archives_of(world, place):
    """Shards of two archives of many frames that end inside lines."""
    for seed in ("1", "2"):
        yield world.generate(place / seed, "--seed", seed, "--posts", "600",
                             "--accounts", "60", "--campaign", "0", "--layout",
                             "frames", "--cut-anywhere", "--frame-bytes",
                             "32K", "--files", "3").shards


def told(world, name, trial, threads=2):
    """trial(story), the story rehearsed, in memory where there is room: real
    syncs take their time."""
    recorder = pathlib.Path(world.program).parent / "tests" / "librecord.so"
    if not recorder.exists():
        raise Skip("%s was not built" % recorder)
    shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    place = pathlib.Path(tempfile.mkdtemp(prefix="sandpiper-disk-", dir=shm))
    try:
        for story in stories(world.program, recorder, place,
                             list(archives_of(world, place)), threads):
            if story.name == name:
                story.rehearse()
                return trial(story)
    finally:
        shutil.rmtree(place, ignore_errors=True)
    return None


def survived(world, name):
    chance = random.Random(SEED)

    def trial(story):
        story.tell(some_calls(chance, KILLS))
        story.cut(chance, story.moments(chance, CUTS))
        print("%d calls, %d kills, %d power cuts (seed %d)" % (
            len(story.records), story.kills, story.cuts, SEED))
        require(story.kills and story.cuts == CUTS, "too little was tried")
    told(world, name, trial)


@promise
def any_power_cut_is_survived_by_what_is_added(world):
    survived(world, "add")


@promise
def any_power_cut_is_survived_by_a_run_that_begins_anew(world):
    survived(world, "anew")


@promise
def any_power_cut_is_survived_by_reduce(world):
    survived(world, "reduce")


@promise
def any_power_cut_is_survived_by_a_filter(world):
    survived(world, "filter")


@promise
def killed_at_calls_one_after_the_other_it_goes_on(world):
    """SANDPIPER_STRIDE=1 leaves no call out."""
    for name in ("add", "anew", "reduce", "filter"):
        kills = told(world, name, lambda story: story.kill_in_turn(STRIDE))
        print(name, "kills:", kills)
        require(kills > 5, "too little was tried")


# ---- what a killed process had not synced -----------------------------------

def settled(world, name, index, behind):
    """A step is killed behind a call, and of what the process after it does
    every call is followed by a power cut that spares removals alone."""
    def trial(story):
        victim = story.steps[index]
        at = behind(victim)
        story.tell(lambda step: [at] if step is victim else [])
        require(story.kills == 1, "it was not killed")
        end = story.steps[index + 1].begin if index + 1 < len(story.steps) \
            else len(story.records)
        story.cut(random.Random(SEED), range(victim.last, end), ("removals",))
        require(story.cuts > 5, "too little was tried")
    told(world, name, trial, threads=1)


@promise
def no_older_set_is_removed_before_the_new_one_is_certain(world):
    settled(world, "reduce", 1, lambda step: step.renames["current"][-1])


@promise
def no_segment_is_removed_before_its_checkpoint_is_certain(world):
    settled(world, "anew", 0, lambda step: step.merges[0])


# ---- the model can fail -----------------------------------------------------

def missed(world, name, syncs):
    """With other syncs forgotten a cut is not survived."""
    chance = random.Random(SEED)

    def trial(story):
        story.syncs = syncs
        story.tell(some_calls(chance, 0))
        try:
            story.cut(chance, story.moments(chance, 10 * CUTS))
        except Broken as error:
            print("found:", error)
            return True
        return False
    require(told(world, name, trial), name, "survived without its syncs")


@promise
def syncs_of_files_that_are_forgotten_are_missed(world):
    for name in ("add", "filter"):
        missed(world, name, Directory)


@promise
def syncs_of_directories_that_are_forgotten_are_missed(world):
    for name in ("add", "filter"):
        missed(world, name, File)


if __name__ == "__main__":
    sys.exit(main())
