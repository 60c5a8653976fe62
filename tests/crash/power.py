"""Power cuts: what a program left on a disk at any call, and its command again.

A story is a list of commands on one output directory, each given until it ends
well. It is recorded (record.c), and some of its commands are killed behind a
call and given again, since what one process did and did not sync is seen by
the next as if it were certain. Then the power is cut behind any record of the
story, in ways that disk.py draws; the command that was under way is given
again, and must end well with the bytes of an undisturbed story.
"""

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess

from disk import ENTRY_WAYS, Directory, Disk, File, read_records

OURS = re.compile(r"\.sandpiper-(lock|set-[0-9]+|state)\Z")
STATE_FILES = re.compile(r"checkpoint|segment-[0-9]{6,}|\.sandpiper-lock")
WAIT_S = 300


class Broken(Exception):
    """A promise was not kept."""


def require(condition, *what):
    if not condition:
        raise Broken(" ".join(map(str, what)))


@dataclasses.dataclass
class Step:
    """A command; `out` stands for the output directory, and `state` for a
    state directory beside it."""
    arguments: list
    wanted: dict = None
    calls: int = 0
    begin: int = 0                     # records before it
    last: int = 0                      # and before its last process
    renames: dict = None               # where each name was put in place
    merges: list = None                # checkpoints that name a merged segment


def set_of(out):
    """Files of the set that readers see; None: there is none."""
    current = out / "current"
    if not current.is_symlink():
        return None
    folder = out / os.readlink(current)
    require(folder.is_dir(), "current leads nowhere")
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.name != "timings.json"}


def require_only_ours(out):
    """Nothing but our own names, and each that users know leads to a file."""
    for path in out.iterdir():
        if path.name == "current":
            continue
        if path.is_symlink():
            require(path.exists(), path.name, "leads nowhere")
        else:
            require(OURS.match(path.name), "left behind:", path.name)


def require_state_ours(state):
    for path in state.iterdir() if state.is_dir() else ():
        require(STATE_FILES.fullmatch(path.name), "left in the state:",
                path.name)


def differences(got, wanted):
    return ", ".join(name for name in sorted(set(got) | set(wanted))
                     if got.get(name) != wanted.get(name))


class Certain:
    """What a name was over the time, and since when it cannot be lost: a
    change of a name is certain once its directory was synced."""

    def __init__(self):
        self.values = [None]
        self.least = 0

    def changed(self, value):
        self.values.append(value)

    def synced(self):
        self.least = len(self.values) - 1

    def allowed(self, value):
        return value in self.values[self.least:]


class Promised:
    """Of a disk under way: the set and the checkpoint that were made certain.
    A checkpoint is known by its bytes, a set by its name."""

    def __init__(self, disk):
        self.disk = disk
        self.names = {"current": Certain(), "checkpoint": Certain()}
        self.places = {}

    def note(self, record, node):
        if record.kind == "s":
            for name, place in self.places.items():
                if place is node:
                    self.names[name].synced()
        name = record.other if record.kind == "r" else record.name
        if name in self.names and record.kind in "ru":
            self.places[name] = node
            now = node.now.get(name)
            self.names[name].changed(
                None if now is None else str(now) if name == "current"
                else bytes(now.content(None, "all")))

    def require_kept(self, out, state):
        current, checkpoint = out / "current", state / "checkpoint"
        require(self.names["current"].allowed(
            os.readlink(current) if current.is_symlink() else None),
            "a set is lost that was certain")
        require(self.names["checkpoint"].allowed(
            checkpoint.read_bytes() if checkpoint.exists() else None),
            "a checkpoint is lost that was certain")

    def require_certain(self):
        certain = self.names["current"]
        require(certain.least == len(certain.values) - 1,
                "it ended well with a set that is not certain")


def some_calls(chance, count):
    """So many calls to die behind: more often than not they put the set, the
    checkpoint or a link in place."""
    def of(step):
        for _ in range(count):
            name = chance.choice(("current", "checkpoint", "accounts.csv", ""))
            yield chance.choice(step.renames.get(name) or
                                range(1, step.calls + 1))
    return of


class Story:
    """Commands, recorded."""

    def __init__(self, program, recorder, place, name, steps):
        self.program = program
        self.recorder = recorder
        self.name = name
        self.steps = steps
        self.place = place / ("story-" + name)
        self.place.mkdir()
        self.log = self.place / "log"
        self.log.touch()
        self.kills = self.cuts = 0
        self.syncs = (File, Directory)
        self.records = []
        self.root = 0

    def paths(self, root):
        """Output and state directory there."""
        out = root / "out"
        aside = any("state" in step.arguments for step in self.steps)
        return out, root / "state" if aside else out / ".sandpiper-state"

    def command(self, root, step):
        told = {"out": root / "out", "state": root / "state"}
        return [self.program] + [told.get(part, part)
                                 for part in step.arguments]

    def call(self, root, step, kill=None, log=None):
        """The exit status; log: recorded there."""
        environment = dict(os.environ)
        if log:
            environment.update(LD_PRELOAD=str(self.recorder),
                               SANDPIPER_RECORD_LOG=str(log),
                               SANDPIPER_RECORD_ROOT=str(root))
        if kill:
            environment["SANDPIPER_RECORD_KILL"] = str(kill)
        done = subprocess.run(self.command(root, step), env=environment,
                              stderr=subprocess.PIPE, text=True, check=False,
                              timeout=WAIT_S)
        require(done.returncode in ((0, -9) if kill else (0,)), "exit",
                done.returncode, done.stderr)
        return done.returncode

    def rehearse(self):
        """Undisturbed: what must come out, and how many calls there are."""
        root, log = self.place / "rehearsal", self.place / "rehearsal.log"
        root.mkdir()
        for step in self.steps:
            log.unlink(missing_ok=True)
            self.call(root, step, log=log)
            records = read_records(log)
            step.calls = len(records)
            step.renames = {}
            for at, record in enumerate(records, 1):
                if record.kind == "r":
                    step.renames.setdefault(record.other, []).append(at)
            step.merges = [at for at in step.renames.get("checkpoint", ())
                           if records[at + 1].kind == "u" and
                           records[at + 1].name.startswith("segment-")]
            step.wanted = set_of(root / "out")
        shutil.rmtree(root)

    def tell(self, kills_of):
        """Records it. kills_of(step): calls to die behind, one after the
        other, before the step may end."""
        root = self.place / "root"
        root.mkdir()
        self.root = root.stat().st_ino
        for step in self.steps:
            step.begin = len(read_records(self.log))
            for behind in kills_of(step):
                self.kills += self.call(root, step, behind, self.log) == -9
            step.last = len(read_records(self.log))
            self.call(root, step, log=self.log)
            self.require_whole(root, step)
        self.records = read_records(self.log)
        self.require_recorded(root)
        shutil.rmtree(root)

    def require_recorded(self, root):
        """The records tell all that happened."""
        disk = Disk(self.root)
        for record in self.records:
            disk.apply(record)
        copy = self.place / "copy"
        copy.mkdir()
        disk.put_now(copy)
        require(tree_of(copy) == tree_of(root),
                "the recorder did not see everything")
        shutil.rmtree(copy)

    def require_whole(self, root, step):
        out, state = self.paths(root)
        got = set_of(out)
        require(got == step.wanted, "other bytes in",
                differences(got or {}, step.wanted))
        require_only_ours(out)
        require_state_ours(state)

    def step_at(self, number):
        """The one under way behind so many records, and the one before."""
        index = max(i for i, step in enumerate(self.steps)
                    if step.begin < number or i == 0)
        return self.steps[index], self.steps[index - 1] if index else None

    def kill_in_turn(self, stride):
        """Each stride-th call of each step is the last of a process, and a
        later one that of the process after it. How many kills there were."""
        root, base = self.place / "root", self.place / "base"
        base.mkdir()
        old = None
        for step in self.steps:
            out = root / "out"
            for behind in range(1, step.calls + 1, stride):
                shutil.rmtree(root, ignore_errors=True)
                shutil.copytree(base, root, symlinks=True)
                for last in (behind, 1 + behind // 2):
                    self.kills += self.call(root, step, last, self.log) == -9
                    readers = set_of(out) if out.exists() else None
                    require(readers in (old, step.wanted),
                            "readers see neither set, killed at", last)
                self.call(root, step)
                self.require_whole(root, step)
            old = step.wanted
            shutil.rmtree(base)
            shutil.copytree(root, base, symlinks=True)
        return self.kills

    def moments(self, chance, count):
        """Numbers of records behind which the power is cut, in order; half
        of them where names change."""
        near = [at for at, record in enumerate(self.records, 1)
                if record.kind in "rud"]
        last = len(self.records)
        return sorted(
            min(last, chance.choice(near) + chance.randint(0, 2))
            if chance.random() < 0.5 else chance.randint(1, last)
            for _ in range(count))

    def cut(self, chance, moments, ways=ENTRY_WAYS):
        """Power cuts behind these records, in order; Broken tells which one
        was not survived."""
        disk = Disk(self.root, self.syncs)
        promised = Promised(disk)
        ends = {step.begin for step in self.steps[1:]} | {len(self.records)}
        for moment in moments:
            while disk.number < moment:
                record = self.records[disk.number]
                promised.note(record, disk.apply(record))
                if disk.number in ends:
                    promised.require_certain()
            root = self.place / "cut"
            shutil.rmtree(root, ignore_errors=True)
            root.mkdir()
            how = disk.put_state(root, chance, ways)
            self.survive(root, moment, how, promised)

    def survive(self, root, moment, how, promised):
        self.cuts += 1
        step, before = self.step_at(moment)
        out, state = self.paths(root)
        try:
            promised.require_kept(out, state)
            readers = set_of(out)
            sets = [None, step.wanted] + ([before.wanted] if before else [])
            require(readers in sets, "readers see neither set:",
                    differences(readers or {}, step.wanted))
            for name in readers or ():
                require((out / name).exists(), name, "leads nowhere")
            self.call(root, step)
            self.require_whole(root, step)
        except Broken as error:
            raise Broken("story %s, cut behind record %d (%s), names %s, "
                         "bytes %s: %s" % (self.name, moment,
                                           self.records[moment - 1].kind,
                                           how[0], how[1], error)) from None


def tree_of(root):
    """All that stands in a folder."""
    tree = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        tree[name] = os.readlink(path) if path.is_symlink() else \
            path.read_bytes() if path.is_file() else None
    return tree


def stories(program, recorder, place, archives, threads):
    """What is told: shards added to an older set, other shards in place of
    them, the outputs of a state written anew, and a filter."""
    few, more = archives
    small = ["-q", "-t", str(threads), "-m", "256M"]
    run = ["run", "-o", "out", *small, "--commit", "24K"]
    tables = ["--format", "csv,jsonl,sqlite"]
    told = {                           # each a list of Step
        "add": [Step([*run, *tables, *few]),
                Step([*run, *tables, "--add", *more])],
        "anew": [Step([*run, *few]),
                 Step([*run, "--restart", *more])],
        "reduce": [Step([*run, "--state", "state", *few]),
                   Step(["reduce", "-o", "out", "--state", "state", *small,
                         *tables, "--utc-offset", "Z"])],
        "filter": [Step(["filter", "-o", "out", *small, "--since",
                         "2000-01-01", *few]),
                   Step(["filter", "-o", "out", *small, "--since",
                         "2000-01-01", *more])]}
    return [Story(program, recorder, pathlib.Path(place), name, steps)
            for name, steps in told.items()]
