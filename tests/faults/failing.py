"""One call fails, or all from one on: what the program makes of it.

A Bench holds two archives, the set that an undisturbed run makes of each,
and a folder with the older of the two sets, in which every run is tried. A
run may do the work all the same, or end with a documented code and one
sentence; the set that readers see is then the old one, to the byte, and what
is left behind beside it is removed by the next run.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess

from harness import Skip, require

MEMORY, OUTPUT, IO = 71, 73, 74
SENTENCE = re.compile(r"sandpiper: [^\n]*\(exit (\d+): [^\n]*\)\n")
WARNING = re.compile(r"sandpiper: [^\n]*\n")
LEFT = re.compile(r"\.sandpiper-(set-\d+|link|lock)")
WORKERS = 2


def library_of(world):
    """What tests/CMakeLists.txt builds beside the program."""
    if world.sanitized:
        raise Skip("a sanitized program has an allocator of its own")
    path = pathlib.Path(world.program).parent / "tests" / "libfail_calls.so"
    if not path.exists():
        raise Skip("%s is not built" % path)
    return path


def set_in(folder):
    """The files that a reader sees there; timings.json is always new."""
    return {path.name: path.read_bytes() for path in folder.iterdir()
            if path.is_file() and path.name[0] != "."
            and path.name != "timings.json"}


def visible(folder):
    return sorted(path.name for path in folder.iterdir()
                  if not path.name.startswith("."))


class Bench:
    """What to run, and what it gives when nothing fails."""

    def __init__(self, world, name, command, old, new, codes, more=()):
        """command is what stands behind the program's name, up to -o, and
        more what was not asked for when the old set was made, without a
        state; old and new
        are lists of shards; codes are those a failure may have."""
        self.world, self.command, self.shards = world, command, new
        self.more = ("--no-state",) if "run" in command else ()
        self.library, self.codes = library_of(world), set(codes)
        self.place = world.place / name
        self.place.mkdir()
        self.template = self.place / "template"
        self.run_plainly(self.template, old)
        self.more = more
        self.old = set_in(self.template)
        fresh = self.place / "fresh"
        shutil.copytree(self.template, fresh, symlinks=True)
        self.run_plainly(fresh, new)
        self.new, self.names = set_in(fresh), visible(fresh)
        timings = json.loads((fresh / "timings.json").read_bytes())
        self.seals = timings.get("seals", 0)
        require(self.old != self.new, name, "has one set for both archives")

    def words(self, out, shards):
        return [self.world.program, *self.command, *self.more, "-q", "-o", out,
                *map(str, shards)]

    def run_plainly(self, out, shards):
        done = subprocess.run(self.words(out, shards), check=False,
                              stdin=subprocess.DEVNULL, text=True,
                              stderr=subprocess.PIPE,
                              timeout=self.world.wait_s)
        require(done.returncode == 0, "an undisturbed run:", done.stderr)

    def folder(self, number):
        out = self.place / ("out-%s" % number)
        if out.exists():
            shutil.rmtree(out)
        shutil.copytree(self.template, out, symlinks=True)
        return out

    def disturbed(self, out, **settings):
        environment = dict(os.environ, LD_PRELOAD=str(self.library),
                           **{"FAIL_" + name.upper(): str(value)
                              for name, value in settings.items()})
        return subprocess.run(self.words(out, self.shards), check=False,
                              stdin=subprocess.DEVNULL, env=environment,
                              encoding="utf-8", errors="replace",
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=self.world.wait_s)

    def count(self, kind, **settings):
        """How many calls of the kind an undisturbed run makes."""
        out, told = self.folder("count"), self.place / "count"
        done = self.disturbed(out, kind=kind, count=told, **settings)
        require(done.returncode == 0, "counting:", done.stderr)
        number = int(told.read_text())
        require(number > 0, "no call of kind", kind, "is counted")
        return number

    # ---- one run, judged --------------------------------------------------

    def try_one(self, settings):
        """None, or what is wrong; and the code that the run ended with."""
        name = "-".join(map(str, settings.values()))
        out = self.folder(name)
        try:
            done = self.disturbed(out, **settings)
        except subprocess.TimeoutExpired:
            return "hangs", None
        problem = self.judge(out, done)
        shutil.rmtree(out)
        return problem, done.returncode

    def judge(self, out, done):
        if done.returncode == 0:
            return self.judge_done(out, done)
        if done.returncode not in self.codes:
            return "ends with %d: %s" % (done.returncode, done.stderr)
        said = SENTENCE.fullmatch(done.stderr)
        if not said or int(said[1]) != done.returncode:
            return "ends with %d and says %r" % (done.returncode, done.stderr)
        return self.judge_left(out, "in place" in done.stderr)

    def judge_done(self, out, done):
        if done.stderr and not WARNING.fullmatch(done.stderr):
            return "does it all and says %r" % done.stderr
        if set_in(out) != self.new or visible(out) != self.names:
            return "ends with 0 and another set"
        return None

    def judge_left(self, out, published):
        """Readers see the old set; or, where the sentence says that it is in
        place, the new one. The next run removes what is left."""
        seen = set_in(out)
        if seen != (self.new if published else self.old):
            return "readers do not see the %s set: %s" % (
                "new" if published else "old", visible(out))
        for path in out.iterdir():
            if path.name.startswith(".") and not LEFT.fullmatch(path.name):
                return "leaves %s behind" % path.name
        if self.hidden(out) == self.hidden(self.template):
            return None
        self.run_plainly(out, self.shards)
        if set_in(out) != self.new or visible(out) != self.names \
                or len(self.hidden(out)) > 3:
            return "the next run does not put right: %s" % self.hidden(out)
        return None

    @staticmethod
    def hidden(out):
        return sorted(path.name for path in out.iterdir()
                      if path.name.startswith("."))

    # ---- many runs --------------------------------------------------------

    def try_all(self, variants):
        """Every variant must be judged well; how many ended with which."""
        bad, codes = [], {}
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for settings, (problem, code) in zip(
                    variants, pool.map(self.try_one, variants)):
                codes[code] = codes.get(code, 0) + 1
                if problem:
                    bad.append("%s: %s" % (settings, problem))
        for line in bad[:40]:
            print(line)
        require(not bad, len(bad), "of", len(variants), "runs end badly")
        return codes
