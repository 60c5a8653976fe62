#!/usr/bin/env python3
"""Models of what threads do to each other, explored whole by spin.

The comment of a model says what is to be done with it:

    CHECK: OPTIONS            no error in any state, and none left unexplored
    CYCLES: OPTIONS           the graph of states has no cycle
    BROKEN n [OPTIONS]: ...   with -DBROKEN=n an error is found; options are
                              those of the first CHECK if none are given

Beyond that, every line of a model must be reached by some CHECK: what no
state reaches has not been checked.
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import Skip, main, promise, require  # noqa: E402

DEPTH = "-m100000"
MEMORY = "-DMEMLIM=4000"
STATE = re.compile(r"^\tstate +(\d+) .*\.pml:(\d+) => ")
UNREACHED = re.compile(r'^\t.*\.pml:(\d+), state (\d+), "(.*)"')
# Where a thread that stopped stays.
NO_STEP = ("-end-", "(0)", "assert(0)")


class Model:
    """A model, its comment, and a folder to build its search in."""

    def __init__(self, name, place):
        self.path = HERE / (name + ".pml")
        self.place = place
        comment = self.path.read_text(encoding="ascii").partition("*/")[0]
        self.checks = re.findall(r"(?m)^ \* CHECK: (.*)$", comment)
        self.cycles = re.findall(r"(?m)^ \* CYCLES: (.*)$", comment)
        self.broken = [
            (number, options or self.checks[0]) for number, options in
            re.findall(r"(?m)^ \* BROKEN (\d+)(?: \[(.*)\])?:", comment)]

    def build(self, options, *flags):
        """The search as a program."""
        # -o3: each statement a state of its own, so that none hides another.
        done = subprocess.run(["spin", "-a", "-o3", *options.split(), self.path],
                              cwd=self.place, capture_output=True, text=True,
                              check=False)
        require(done.returncode == 0, options, done.stdout, done.stderr)
        subprocess.run(["gcc", "-w", MEMORY, *flags, "-o", "pan", "pan.c"],
                       cwd=self.place, check=True)

    def search(self, *flags):
        """What the search says."""
        done = subprocess.run(["./pan", DEPTH, *flags], cwd=self.place,
                              capture_output=True, text=True, check=False)
        return done.stdout + done.stderr


def errors_of(said):
    found = re.search(r"errors: (\d+)", said)
    require(found, "the search did not end:", said[-2000:])
    return int(found[1])


def require_whole(said, what):
    require(errors_of(said) == 0, what, "\n", said[:1000])
    for word in ("Search not completed", "max search depth", "out of memory",
                 "truncated"):
        require(word not in said, what, word)
    states = re.search(r"(\d+(?:\.\d+e\+\d+)?) states, stored", said)[1]
    print("%s: %s states" % (what, states))


def sections(said, opening):
    """(proctype, line) for each line below a heading."""
    name = None
    for line in said.split("\n"):
        head = re.match(opening, line)
        if head:
            name = head[1]
        elif name is not None:
            yield name, line


def states_of(model):
    """{(proctype, state): line} of all steps that the program knows."""
    known = {}
    for name, line in sections(model.search("-d"), r"^(?:proctype|init) *(\w*)"):
        step = STATE.match(line)
        if step:
            known[name, int(step[1])] = int(step[2])
    return known


def lines_reached(model, said):
    """Lines with a step in the program, and those that were reached."""
    known = states_of(model)
    missed = {}
    for name, line in sections(said, r"^unreached in (?:proctype )?(\w+)"):
        step = UNREACHED.match(line)
        if step and step[3] not in NO_STEP:
            name = "" if name == "init" else name
            missed[name, int(step[2])] = int(step[1])
        elif step:
            known.pop((name, int(step[2])), None)
    reached = {line for at, line in known.items() if at not in missed}
    return set(known.values()) | set(missed.values()), reached


def check(name, world):
    """Every CHECK and every CYCLES of the model, and what they reach."""
    model = Model(name, world.place)
    require(model.checks, name, "asks for no check")
    lines, reached = set(), set()
    for options in model.checks:
        model.build(options, "-O2", "-DSAFETY", "-DCOLLAPSE")
        said = model.search()
        require_whole(said, name + " " + options)
        some, seen = lines_reached(model, said)
        lines |= some
        reached |= seen
    for options in model.cycles:
        model.build(options, "-O2", "-DNP", "-DCOLLAPSE")
        require_whole(model.search("-l"), name + " cycles " + options)
    text = model.path.read_text(encoding="ascii").split("\n")
    left = [line for line in sorted(lines - reached)
            if text[line - 1].strip() not in ("false", "")]
    for line in left:
        print("%s:%d: %s" % (model.path.name, line, text[line - 1].strip()))
    require(len(reached) > 10 and not left, len(left), "lines not reached")


def check_broken(name, world):
    """Each planted error is found."""
    model = Model(name, world.place)
    require(len(model.broken) >= 5, name, "plants too few errors")
    for number, options in model.broken:
        model.build(options + " -DBROKEN=" + number, "-O1", "-DSAFETY",
                    "-DCOLLAPSE")
        said = model.search()
        require(errors_of(said) > 0, name, "BROKEN", number, "is not found")
        print(name, "BROKEN", number, said.split("\n")[0])


def need_spin():
    try:
        subprocess.run(["spin", "-V"], check=True, capture_output=True)
    except FileNotFoundError as error:
        raise Skip("spin is not installed") from error


@promise
def every_model_has_its_promises(world):
    there = {path.stem for path in HERE.glob("*.pml")}
    require(there == set(MODELS), sorted(there ^ set(MODELS)))


# ---- the table ---------------------------------------------------------------

@promise
def the_table_keeps_g1_to_g7_in_every_interleaving(world):
    need_spin()
    check("slot_table", world)


@promise
def errors_planted_in_the_table_are_found(world):
    need_spin()
    check_broken("slot_table", world)


# ---- cells -------------------------------------------------------------------

@promise
def a_cell_is_never_torn_and_holds_the_join(world):
    need_spin()
    check("register_cell", world)


@promise
def errors_planted_in_the_cell_are_found(world):
    need_spin()
    check_broken("register_cell", world)


# ---- the ring ----------------------------------------------------------------

@promise
def the_ring_gives_each_item_once_and_in_order(world):
    need_spin()
    check("ring", world)


@promise
def errors_planted_in_the_ring_are_found(world):
    need_spin()
    check_broken("ring", world)


# ---- stitching ---------------------------------------------------------------

@promise
def no_piece_is_left_behind_and_one_lane_stitches(world):
    need_spin()
    check("stitch_flag", world)


@promise
def errors_planted_in_the_flag_are_found(world):
    need_spin()
    check_broken("stitch_flag", world)


# ---- lanes -------------------------------------------------------------------

@promise
def no_wakeup_of_a_parked_lane_is_lost(world):
    need_spin()
    check("lanes_park", world)


@promise
def errors_planted_in_parking_are_found(world):
    need_spin()
    check_broken("lanes_park", world)


@promise
def all_lanes_meet_and_no_request_is_lost(world):
    need_spin()
    check("lanes_meet", world)


@promise
def errors_planted_in_the_meeting_are_found(world):
    need_spin()
    check_broken("lanes_meet", world)


MODELS = ("slot_table", "register_cell", "ring", "stitch_flag", "lanes_park",
          "lanes_meet")

if __name__ == "__main__":
    sys.exit(main())
