"""Runs with a state, killed in the middle: what check_resume.py and
check_states.py share."""

import contextlib
import os
import pathlib
import shutil
import subprocess

from harness import TABLE_NAMES, Skip, first_difference, require

USAGE, REJECTS, INPUT, OUTPUT, IO, REFUSED, PLAN = 64, 65, 66, 73, 74, 77, 78
STATE = ".sandpiper-state"
COMMIT = ("--commit", "64K")
EVERYTHING = ("--format", "csv,jsonl", "--tables", ",".join(TABLE_NAMES))
# A run may end before it is killed; then it is begun again.
TRIALS = 40


def files_of(out):
    """Name and bytes of what a set has, but for the timings."""
    return {path.name: path.read_bytes()
            for path in (out / "current").iterdir()
            if path.name != "timings.json"}


def require_files(got, wanted, what):
    require(set(got) == set(wanted), what, "changes the files",
            sorted(set(got) ^ set(wanted)))
    for name in sorted(wanted):
        require(got[name] == wanted[name], what, "changes", name,
                first_difference(got[name], wanted[name]))


def stamps_of(folder):
    """What changes when somebody writes below the folder."""
    return {path.relative_to(folder): (path.lstat().st_ino,
                                       path.lstat().st_mtime_ns,
                                       path.lstat().st_size)
            for path in sorted(folder.rglob("*")) if path.is_file()}


def stamp(path):
    with contextlib.suppress(FileNotFoundError):
        status = path.stat()
        return status.st_ino, status.st_mtime_ns
    return None


def ends(world, code, sentences, *arguments):
    """The command ends with this code and says that."""
    done = world.call(*arguments)
    require(done.returncode == code, "exit", done.returncode, "and not", code,
            "of", *arguments, "-", done.stderr)
    for sentence in sentences:
        require(sentence in done.stderr, repr(sentence), "is not said:",
                done.stderr)
    require("AddressSanitizer" not in done.stderr, done.stderr)
    return done


def killed(world, state, *arguments):
    """Kills the run when it has put a new checkpoint in place, and gives what
    it said. None: it was faster."""
    checkpoint = state / "checkpoint"
    before = stamp(checkpoint)
    process = world.start(*arguments)
    while process.poll() is None and stamp(checkpoint) == before:
        pass
    process.kill()
    said = process.communicate()[1]
    require(process.returncode in (0, -9), "exit", process.returncode, said)
    return said if process.returncode == -9 else None


def kill_in_the_middle(world, state, *arguments, settled=True):
    """Kills the run, and again when it goes on: leaves a state of which some
    is read, and not all. The first checkpoints may have nothing that is
    settled, since lanes read ahead; where settled is false they may."""
    out = pathlib.Path(arguments[arguments.index("-o") + 1])
    for _ in range(TRIALS):
        said = killed(world, state, *arguments)
        while settled and said is not None and "going on with" not in said:
            said = killed(world, state, *arguments)
        if said is not None and not finished(world, state):
            return
        shutil.rmtree(state, ignore_errors=True)
        shutil.rmtree(out, ignore_errors=True)
    raise AssertionError("the run was never killed in time")


def finished(world, state):
    """Asks the program: reduce refuses what is not read to its end."""
    aside = world.place / "asked"
    done = world.call("reduce", "-q", "--state", state, "-o", aside)
    require(done.returncode in (0, PLAN), done.stderr)
    shutil.rmtree(aside, ignore_errors=True)
    return done.returncode == 0


class Job:
    """A command, and what it gives when nobody disturbs it."""

    def __init__(self, world, name, *arguments, options=EVERYTHING):
        self.world = world
        self.out = world.place / name
        self.state = self.out / STATE
        self.arguments = (*options, *COMMIT, *map(str, arguments))
        whole = world.place / (name + "-whole")
        ends(world, 0, (), *self.command("--no-state", out=whole))
        require(not (whole / STATE).exists(), "--no-state left a state")
        self.wanted = files_of(whole)

    def command(self, *more, out=None, quiet=True):
        return ("run", *(("-q",) if quiet else ()), "-o", out or self.out,
                *more, *self.arguments)

    def clear(self):
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)

    def stop(self, *more, settled=True):
        """Begun, and killed in the middle."""
        self.clear()
        kill_in_the_middle(self.world, self.state,
                           *self.command(*more, quiet=False),
                           settled=settled)

    def go_on(self, *more, what="a kill", says=("going on with",)):
        """The same command ends it, and gives what it would have given."""
        done = ends(self.world, 0, says,
                    *self.command(*more, quiet=False))
        require_files(files_of(self.out), self.wanted, what)
        return done


@contextlib.contextmanager
def tiny_disk(place, size):
    if os.geteuid() != 0:
        raise Skip("only root can mount a tiny tmpfs")
    place.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=" + size,
                           "tmpfs", place], check=False,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Skip("a tmpfs cannot be mounted here: " + done.stderr.strip())
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", place], check=False)
