"""What the end-to-end tests share: a program to run, and promises to keep.

A script holds functions marked @promise. As a command it takes

    check_x.py --list
    check_x.py --program P [--generator G] [--data D] [--sanitized] PROMISE

and keeps one promise in a folder of its own under the system's temporary
folder. Exit status: 0 kept, 1 broken, 77 skipped, with the reason printed.
"""

import argparse
import csv
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import traceback

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from auditing.audit_set import audit  # noqa: E402

TABLE_NAMES = ("accounts", "days", "hashtags", "hashtag_days", "clients",
               "languages", "domains", "created", "posts")
TABLES = tuple(name + suffix for name in TABLE_NAMES
               for suffix in (".csv", ".jsonl"))
DATA_FILES = TABLES + ("features.json", "ledger.json", "manifest.json",
                       "rejects.jsonl")
SKIPPED = 77
PROMISES = {}
AUDITED = set()


class Skip(Exception):
    """Why a promise cannot be tried here."""


def promise(function):
    """Of the script that is called; others lend it their helpers."""
    if function.__module__ == "__main__":
        PROMISES[function.__name__] = function
    return function


def require(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(part) for part in what))


def tables_of(folder):
    """A digest of all that is said of tables in a set of outputs."""
    digest = hashlib.sha256()
    for path in sorted((folder / "current").iterdir()):
        if path.suffix in (".csv", ".jsonl", ".sqlite") \
                and path.name != "rejects.jsonl":
            digest.update(path.name.encode() + path.read_bytes())
    ledger, manifest = (json.loads((folder / name).read_bytes()) for name
                        in ("ledger.json", "manifest.json"))
    digest.update(json.dumps([
        ledger["result"], ledger["rows"], manifest["parameters"],
        manifest["posts_with_copies_by_kind"],
        manifest["posts_with_copies_by_dialect"]]).encode())
    return digest.digest()


def require_audited(folder, shards=(), quick=True):
    """The outputs balance, seen from outside. Tables that another run gave
    with the same sums are not added up again; the shards are not read."""
    tables = tables_of(folder) if quick else None
    verdict = audit(folder, shards, quick, tables=tables not in AUDITED)
    require(not verdict.failures, folder.name, "does not balance:",
            verdict.failures[:5])
    if tables:
        AUDITED.add(tables)


class World:
    """The programs, the place to work in, and how long to wait."""

    def __init__(self, arguments, place):
        self.program = arguments.program
        self.generator = arguments.generator
        self.data = arguments.data
        self.sanitized = arguments.sanitized
        self.place = place
        self.wait_s = 300 if self.sanitized else 120

    def generate(self, name, *options):
        """An archive with known truth."""
        if not self.generator:
            raise Skip("there is no generator; give --generator")
        folder = self.place / name
        subprocess.run([self.generator, "-o", folder, *options], check=True,
                       stderr=subprocess.PIPE, timeout=self.wait_s)
        return Archive(folder)

    def start(self, *arguments, **keywords):
        """The program, running."""
        keywords.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen([self.program, *map(str, arguments)],
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **keywords)

    def call(self, *arguments, **keywords):
        """The program, ended: its exit code and what it said."""
        if "input" not in keywords:
            keywords.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([self.program, *map(str, arguments)],
                              capture_output=True, check=False,
                              encoding="utf-8", errors="replace",
                              timeout=self.wait_s, **keywords)

    def run(self, name, *arguments):
        """A run that must end well and balance; its outputs."""
        folder = self.place / name
        done = self.call("run", "--quiet", "-o", folder, "--format",
                         "csv,jsonl", "--tables", ",".join(TABLE_NAMES),
                         "--restart", *arguments)
        require(done.returncode == 0, "exit", done.returncode, "of", name,
                "-", done.stderr)
        outputs = Outputs(folder)
        require_audited(folder)
        return outputs

    def shared(self, folder):
        """A folder of real files, which need not be there."""
        path = pathlib.Path(self.data or "nowhere") / folder
        if not path.is_dir():
            raise Skip("%s is not here; set SANDPIPER_DATA" % path)
        return path

    def open_up(self, path):
        """The file, or what a gzip file holds, decompressed."""
        if path.suffix != ".gz":
            return path
        target = self.place / path.stem
        with open(target, "wb") as out:
            subprocess.run(["gzip", "-dc", path], check=True, stdout=out)
        return target


class Archive:
    """What the generator wrote."""

    def __init__(self, folder):
        self.folder = folder
        self.shards = sorted(folder.glob("posts-*"))
        self.totals = json.loads((folder / "totals.truth").read_text())
        with open(folder / "accounts.truth", encoding="ascii") as lines:
            self.truth = [json.loads(line) for line in lines]

    def text(self):
        return b"".join(text_of(shard) for shard in self.shards)


class Outputs:
    """What a run wrote."""

    def __init__(self, folder):
        self.folder = folder

    def bytes(self, name):
        return (self.folder / name).read_bytes()

    def json(self, name):
        return json.loads(self.bytes(name))

    def ledger(self):
        return self.json("ledger.json")

    def total(self):
        return self.ledger()["total"]

    def accounts(self):
        """Rows of accounts.csv by account id."""
        with open(self.folder / "accounts.csv", encoding="utf-8",
                  newline="") as stream:
            return {row["account_id"]: row
                    for row in csv.DictReader(stream, strict=True)}

    def rejects(self):
        with open(self.folder / "rejects.jsonl", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines]


def text_of(shard):
    """The text of a shard, by the zstd command."""
    if shard.suffix != ".zst":
        return shard.read_bytes()
    done = subprocess.run(["zstd", "-dcq", "--long=31", str(shard)],
                          check=True, stdout=subprocess.PIPE)
    return done.stdout


def frame_of(text, *options):
    """One zstd frame, with a checksum."""
    done = subprocess.run(["zstd", "-cq", "--check", *options], input=text,
                          check=True, stdout=subprocess.PIPE)
    return done.stdout


def first_difference(left, right):
    """Where two byte strings part, with what stands there."""
    least = min(len(left), len(right))
    at = next((i for i in range(least) if left[i] != right[i]), least)
    return "at byte %d: %r and %r" % (at, left[at:at + 60],
                                      right[at:at + 60])


def require_same(one, other, names, what):
    for name in names:
        left, right = one.bytes(name), other.bytes(name)
        require(left == right, what, "changes", name,
                "" if left == right else first_difference(left, right))


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--program")
    parser.add_argument("--generator")
    parser.add_argument("--data", default=os.environ.get("SANDPIPER_DATA"))
    parser.add_argument("--sanitized", action="store_true")
    parser.add_argument("promise", nargs="?")
    return parser.parse_args()


def keep(world, name):
    """Exit status of one promise."""
    try:
        PROMISES[name](world)
    except Skip as reason:
        print("skipped:", reason)
        return SKIPPED
    except Exception:
        traceback.print_exc()
        return 1
    print("kept:", name)
    return 0


def main():
    arguments = parse_arguments()
    if arguments.list:
        print("\n".join(PROMISES))
        return 0
    if not arguments.program or arguments.promise not in PROMISES:
        sys.exit("give --program and one of: " + " ".join(PROMISES))
    place = pathlib.Path(tempfile.mkdtemp(prefix="sandpiper-e2e-"))
    try:
        return keep(World(arguments, place), arguments.promise)
    finally:
        shutil.rmtree(place, ignore_errors=True)
