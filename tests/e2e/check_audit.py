#!/usr/bin/env python3
"""The audit from outside: it passes what the program writes, and finds what
is forged, one thing at a time. What no audit can see is listed here by name,
and the list is exact: what is on it survives, what is not is found.
"""

import copy
import json
import random
import shutil
import subprocess
import sys
import tarfile
import zipfile

from check_specimens import OPTIONS as SPECIMEN_OPTIONS, SPECIMENS
from harness import (SCRIPTS, TABLE_NAMES, audit, frame_of, main, promise,
                     require, require_audited)

ALL = ",".join(TABLE_NAMES)
# Numbers of a shard and the total that nothing else in the outputs tells.
# Records of an unknown kind may be of a dialect or of none.
UNSEEN_BESIDE_UNKNOWN = {"records.dialects.twitter_v1.1.records"}
UNSEEN_IN_LEDGER = {"id_mismatch", "limit_track_max", "observations",
                    "time_anomalies"}
# What is told of the whole run alone.
UNSEEN_IN_RESULT = {"conflicting_duplicates", "deletes_without_account"}
# Columns of accounts about which no other column, table or file speaks in
# such a way that a small change shows.
UNSEEN_COLUMNS = {"accounts." + name for name in """
    core_delay_q50_s coverage delete_latency_q50_s description_length
    descriptions display_names favourites_first favourites_max
    first_observed friends_first friends_max hashtags listed_max locations
    manual_retweets max_favorite_count max_retweet_count media mentions
    posts_with_hashtag posts_with_media posts_with_mention protected
    retweet_delay_q50_s retweets_le_60s screen_names script_arabic
    script_cyrillic script_han script_hangul script_kana script_latin
    script_other script_thai statuses_drop statuses_first statuses_max
    text_length_mean text_length_sd urls verified""".split()}
# A target's post and a text's hash are told nowhere else, a domain in its
# own table alone. An id may be another one of the same time.
UNSEEN_ELSEWHERE = {"posts.target_post", "posts.text_hash", "posts.post_id",
                    "domains.domain", "domains.posts"}


# ---- outputs to forge -----------------------------------------------------------

class Set:
    """A set of outputs, its shards, and a place for forged copies."""

    def __init__(self, world, folder, shards):
        self.folder, self.shards = folder, shards
        self.copy = world.place / ("forged-" + folder.name)
        require_audited(folder, shards, quick=False)

    def forged(self, quick=True):
        """Failures of the audit of the copy."""
        return audit(self.copy, self.shards, quick).failures

    def fresh(self):
        shutil.rmtree(self.copy, ignore_errors=True)
        shutil.copytree(self.folder / "current", self.copy)
        return self.copy

    def restore(self, name):
        shutil.copy(self.folder / "current" / name, self.copy / name)


def make(world, name, archive, *options):
    folder = world.place / name
    done = world.call("run", "-q", "-o", folder, *options, *archive.shards)
    require(done.returncode == 0, "exit", done.returncode, done.stderr)
    return Set(world, folder, archive.shards)


def few(world, name="few"):
    return world.generate(name, "--posts", "60", "--campaign", "0",
                          "--specimens", "off", "--files", "2",
                          "--duplicates", "0.05", "--deletes", "0.3")


def every_column(world):
    """An archive in which every column has a value somewhere."""
    archive = world.generate("every", "--posts", "100", "--campaign", "8",
                             "--seed", "7")
    return archive, ("--core", archive.folder / "core.list")


def damaged(world):
    """Bad lines of several kinds in text, a bad frame, a cut one."""
    archive = few(world, "good")
    lines = archive.text().splitlines(keepends=True)
    bad = [b'{"cut": [1,2\n', b"\xff\xfe\n", b"\n", b'{"text": 1}\n', b"[]\n"]
    text = b"".join(lines[:9] + bad + lines[9:])
    frames = [bytearray(frame_of(b"".join(lines[at:at + 20])))
              for at in range(0, len(lines), 20)]
    frames[2][len(frames[2]) // 2] ^= 8
    whole = b"".join(frames)
    folder = world.place / "damaged"
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(text)
    (folder / "b.jsonl.zst").write_bytes(whole[:-7])
    archive.shards = sorted(folder.iterdir())
    return archive


# ---- what passes -----------------------------------------------------------------

@promise
def outputs_of_every_kind_pass(world):
    archive = few(world)
    key = world.place / "key"
    key.write_bytes(bytes(range(32)))
    listed = world.place / "list"
    listed.write_text("".join("%d\n" % i for i in range(1000)))
    for name, options in (
            ("formats", ("--format", "csv,jsonl,sqlite", "--tables", ALL)),
            ("jsonl", ("--format", "jsonl", "--tables", ALL)),
            ("sqlite", ("--format", "sqlite", "--tables", ALL)),
            ("default", ()),
            ("pseudonyms", ("--pseudonyms", key, "--tables", ALL)),
            ("some", ("--tables", "accounts,days", "--columns",
                      "platform,account_id,posts,retweets")),
            ("bare", ("--columns", "posts")),
            ("posts", ("--tables", "posts,hashtag_days")),
            ("many", ("--min-posts", "3", "--tables", ALL)),
            ("bound", ("--accounts", listed, "--tables", ALL)),
            ("zone", ("--time-zone", "America/New_York", "--tables", ALL)),
            ("since", ("--since", "2017-01-01", "--tables", ALL))):
        make(world, name, archive, *options)
    make(world, "lost", damaged(world), "--format", "csv,jsonl")


@promise
def outputs_of_containers_and_csv_pass(world):
    archive = few(world)
    text = archive.text()
    tables = world.generate("io", "--posts", "60", "--campaign", "0",
                            "--dialect", "io", "--layout", "plain")
    place = world.place / "packed"
    place.mkdir()
    (place / "a.json").write_bytes(text)
    for command, name in ((["gzip", "-c"], "b.json.gz"),
                          (["bzip2", "-c"], "c.json.bz2")):
        (place / name).write_bytes(subprocess.run(
            command, input=text, check=True, stdout=subprocess.PIPE).stdout)
    with tarfile.open(place / "d.tar", "w") as tar:
        tar.add(place / "a.json", "in/a.json")
        tar.add(place / "b.json.gz", "in/b.json.gz")
    with zipfile.ZipFile(place / "e.zip", "w") as packed:
        packed.write(place / "c.json.bz2", "c.json.bz2")
        packed.write(tables.shards[0], "x.csv")
    (place / "f.tar.gz").write_bytes(subprocess.run(
        ["gzip", "-c", place / "d.tar"], check=True,
        stdout=subprocess.PIPE).stdout)
    archive.shards = sorted(place.iterdir()) + tables.shards
    make(world, "containers", archive, "--tables", ALL)


@promise
def specimens_of_every_reason_pass(world):
    """What is lost and left beside it is counted to the byte."""
    for folder in ("lines", "frames"):
        for path in sorted((SPECIMENS / folder).iterdir()):
            out = world.place / ("out-" + path.stem)
            done = world.call("run", "-q", "-o", out, *SPECIMEN_OPTIONS.get(
                path.stem, ()), path)
            require(done.returncode == 0, path.name, done.stderr)
            failures = audit(out, [path]).failures
            require(not failures, path.name, failures)


@promise
def the_command_says_what_it_did(world):
    archive = few(world)
    made = make(world, "out", archive, "--columns", "posts")

    def call(*arguments):
        return subprocess.run([sys.executable, "-B", SCRIPTS / "audit",
                               *map(str, arguments)], capture_output=True,
                              check=False, text=True, timeout=world.wait_s)
    done = call(made.folder)
    require(done.returncode == 0, done.stdout, done.stderr)
    require(" checks, 0 failed, " in done.stdout.splitlines()[-1], done)
    require("cannot  " in done.stdout and "no column" in done.stdout,
            "it does not say what could not be checked")
    require(call().returncode == 2 and call(world.place).returncode == 2
            and call(made.folder, "nothing.zst").returncode == 2, "usage")
    ledger = made.fresh() / "ledger.json"
    told = json.loads(ledger.read_text())
    told["total"]["lines"]["accepted"] += 1
    ledger.write_text(json.dumps(told))
    done = call("-q", made.copy)
    require(done.returncode == 1 and "FAILED  total: lines" in done.stdout,
            done.stdout)
    ledger.write_text("{")
    require(call(made.copy).returncode == 1, "a torn ledger passes")


# ---- forged numbers -----------------------------------------------------------------

def places(tree, path=()):
    """Paths of all numbers in a tree."""
    for key, value in tree.items() if isinstance(tree, dict) \
            else enumerate(tree):
        if isinstance(value, (dict, list)):
            yield from places(value, (*path, key))
        elif isinstance(value, int) and not isinstance(value, bool):
            yield (*path, key)


def raised(tree, *paths):
    """A copy with 1 more in these places."""
    forged = copy.deepcopy(tree)
    for path in paths:
        part = forged
        for key in path[:-1]:
            part = part.setdefault(key, {}) if isinstance(part, dict) \
                else part[key]
        part[path[-1]] = part.get(path[-1], 0) + 1
    return forged


def try_numbers(made, name, choices):
    """Names of those that the audit does not see."""
    made.fresh()
    tree = json.loads((made.copy / name).read_text())
    unseen = set()
    for label, paths in choices(tree):
        (made.copy / name).write_text(json.dumps(raised(tree, *paths)))
        if not made.forged(quick=False):
            unseen.add(label)
    made.restore(name)
    return unseen


def alone(tree):
    return [(".".join(map(str, path)), [path]) for path in places(tree)]


def together(tree):
    """A number of the first shard, and the same of the total."""
    return [(".".join(path), [("shards", 0, *path), ("total", *path)])
            for path in places(tree["shards"][0])]


@promise
def every_number_of_the_ledger_is_checked(world):
    for archive, more in ((few(world), set()),
                          (damaged(world), UNSEEN_BESIDE_UNKNOWN)):
        name = archive.shards[0].parent.name
        made = make(world, "out-" + name, archive, "--tables", ALL)
        unseen = try_numbers(made, "ledger.json", alone)
        left = {path.rpartition(".")[2] for path in unseen}
        require(left <= UNSEEN_IN_RESULT, name, "unseen:", sorted(unseen))
        unseen = try_numbers(made, "ledger.json", together)
        require(unseen == UNSEEN_IN_LEDGER | more, name,
                "in a shard and the total:",
                sorted(unseen ^ (UNSEEN_IN_LEDGER | more)))


@promise
def every_number_of_the_manifest_is_checked(world):
    made = make(world, "out", few(world), "--tables", ALL)
    unseen = try_numbers(made, "manifest.json", alone)
    require(unseen == {"parameters.line_bytes_max",
                       "sample.ids_in_ms_657_to_666"}, sorted(unseen))
    tree = json.loads((made.copy / "manifest.json").read_text())
    for forge in (lambda m: m["shards"].pop(),
                  lambda m: m["shards"][0].update(xxh3_128="0" * 32),
                  lambda m: m["shards"][0].update(framing="document"),
                  lambda m: m["shards"][0].update(container="text"),
                  lambda m: m["shards"][0].update(shard="other.zst"),
                  lambda m: m["sample"].update(sample_suspected=True),
                  lambda m: m["parameters"].update(utc_offset="+07:00"),
                  lambda m: m["parameters"].update(tables="accounts"),
                  lambda m: m["parameters"].update(formats="jsonl"),
                  lambda m: m["parameters"].update(pseudonyms=True),
                  lambda m: m["parameters"].update(min_posts=100),
                  lambda m: m["control_by_kind"].update(limit=1),
                  lambda m: m["posts_with_copies_by_kind"].update(poem=0)):
        forged = copy.deepcopy(tree)
        forge(forged)
        (made.copy / "manifest.json").write_text(json.dumps(forged))
        require(made.forged(quick=False), "passes: number",
                forge.__code__.co_firstlineno)


# ---- forged tables ------------------------------------------------------------------

def rewrite(path, change):
    """Lines of a CSV file, the header first, after a change."""
    lines = path.read_bytes().split(b"\r\n")
    change(lines)
    path.write_bytes(b"\r\n".join(lines))


@promise
def a_row_lost_or_doubled_in_any_table_is_found(world):
    made = make(world, "out", few(world), "--tables", ALL)
    made.fresh()
    for name in TABLE_NAMES:
        for what, change in (
                ("lost", lambda lines: lines.pop(len(lines) // 2)),
                ("lost, the last", lambda lines: lines.pop(-2)),
                ("doubled", lambda lines: lines.insert(2, lines[1])),
                ("moved", lambda lines: lines.insert(1, lines.pop(2)))):
            rewrite(made.copy / (name + ".csv"), change)
            require(made.forged(), name, "with a row", what, "passes")
            made.restore(name + ".csv")


@promise
def a_row_lost_with_its_count_is_found(world):
    """The ledger is forged along."""
    made = make(world, "out", few(world), "--tables", ALL)
    made.fresh()
    for name in TABLE_NAMES:
        rewrite(made.copy / (name + ".csv"),
                lambda lines: lines.pop(len(lines) // 2))
        path = made.copy / "ledger.json"
        told = json.loads(path.read_text())
        told["rows"][name] -= 1
        path.write_text(json.dumps(told))
        found = made.forged()
        made.restore(name + ".csv")
        made.restore("ledger.json")
        require(found, name, "with a row less passes")


def bent(text):
    """A cell that is another one of the same kind, if that can be."""
    if text.count(b"-") >= 2 and text[:4].isdigit():     # a day or a time
        year = b"%04d" % (int(text[:4]) + 1)
        return year + (b"-02-28" if text[4:10] == b"-02-29"
                       else text[4:10]) + text[10:]
    if text.lstrip(b"-").isdigit():
        return b"%d" % (int(text) + 1)
    try:
        return b"%.9g" % (float(text) * 1.25)
    except ValueError:
        return text + b"x"


def bend_cell(lines, column):
    """The first cell of the column that is not null; False if there is
    none. Rows with quotes are passed over."""
    for at, line in enumerate(lines[1:-1], 1):
        cells = line.split(b",")
        if b'"' not in line and cells[column]:
            cells[column] = bent(cells[column])
            lines[at] = b",".join(cells)
            return True
    return False


def unseen_cells(made, names):
    """Columns in which a bent cell passes, and those that are all null."""
    made.fresh()
    unseen, null = set(), set()
    for name in names:
        path = made.copy / (name + ".csv")
        whole = path.read_bytes()
        lines = whole.split(b"\r\n")
        for column, title in enumerate(lines[0].decode().split(",")):
            forged = list(lines)
            if not bend_cell(forged, column):
                null.add("%s.%s" % (name, title))
                continue
            path.write_bytes(b"\r\n".join(forged))
            if not made.forged():
                unseen.add("%s.%s" % (name, title))
        path.write_bytes(whole)
    return unseen, null


@promise
def a_cell_changed_in_accounts_is_found_or_known_to_be_alone(world):
    archive, options = every_column(world)
    made = make(world, "out", archive, *options, "--tables", ALL)
    unseen, null = unseen_cells(made, ["accounts"])
    require(not null, "without a value:", sorted(null))
    require(unseen == UNSEEN_COLUMNS, "not on the list:",
            sorted(unseen - UNSEEN_COLUMNS), "seen all the same:",
            sorted(UNSEEN_COLUMNS - unseen))


@promise
def a_cell_changed_in_any_other_table_is_found(world):
    made = make(world, "out", few(world), "--tables", ALL)
    unseen, null = unseen_cells(made, TABLE_NAMES[1:])
    require(not null, "without a value:", sorted(null))
    require(unseen == UNSEEN_ELSEWHERE, "differ:",
            sorted(unseen ^ UNSEEN_ELSEWHERE))


@promise
def a_cell_that_differs_between_formats_is_found(world):
    """Even in a column that nothing else speaks of."""
    made = make(world, "out", few(world), "--tables", ALL, "--format",
                "csv,jsonl,sqlite")
    unseen, _ = unseen_cells(made, TABLE_NAMES)
    require(not unseen, "passes:", sorted(unseen))


# ---- forged samples and shards ----------------------------------------------------------

@promise
def a_sample_that_is_moved_or_made_up_is_found(world):
    made = make(world, "out", damaged(world))
    samples = [json.loads(line) for line in
               (made.fresh() / "rejects.jsonl").read_text().splitlines()]
    require(len(samples) >= 5, "few samples:", samples)
    for at, sample in enumerate(samples):
        changes = [{**sample, name: value + 1} for name, value
                   in sample.items() if isinstance(value, int)]
        changes += [{**sample, "reason": "bad_weather"},
                    {**sample, "reason": "too_deep"},
                    {**sample, "sentence": "no reason"},
                    {**sample, "shard": "elsewhere"}, None]
        if sample.get("bytes"):
            changes.append({**sample, "bytes": "x" + sample["bytes"][1:]})
        for changed in changes:
            forged = samples[:at] + [changed] * bool(changed) \
                + samples[at + 1:]
            (made.copy / "rejects.jsonl").write_text(
                "".join(json.dumps(one) + "\n" for one in forged))
            alone_of_its_kind = changed and changed["sentence"] \
                == "no reason" and sum(one["reason"] == sample["reason"]
                                       for one in samples) == 1
            require(made.forged(quick=False) or alone_of_its_kind,
                    "passes:", changed, "for", sample)


@promise
def a_shard_that_changed_is_found(world):
    archive = few(world)
    made = make(world, "out", archive)
    made.fresh()
    shard = archive.shards[1]
    whole = shard.read_bytes()
    dice = random.Random(7)
    at = dice.randrange(len(whole))
    for what, content in (
            ("a byte more", whole + b"\0"), ("a byte less", whole[:-1]),
            ("a bit turned", whole[:at] + bytes([whole[at] ^ 4])
             + whole[at + 1:]),
            ("packed anew", frame_of(b"{}\n" * 100)), ("gone", b"")):
        shard.write_bytes(content)
        require(made.forged(quick=False), what, "passes")
    shard.write_bytes(whole)
    require(not made.forged(quick=False), "the old shard fails")
    shard.unlink()
    verdict = audit(made.folder, archive.shards[:1])
    require(any(shard.name in line for line in verdict.open),
            "it is not said that a shard was not there")


# ---- a filter ---------------------------------------------------------------------------

@promise
def a_forged_filter_is_found(world):
    archive = few(world)
    folder = world.place / "found"
    done = world.call("filter", "-q", "-o", folder, "--word", "e",
                      "--until", "2018-01-01", *archive.shards)
    require(done.returncode == 0, done.stderr)
    made = Set(world, folder, archive.shards)
    for name in ("filter.json", "ledger.json"):
        unseen = try_numbers(made, name, alone)
        require(unseen <= {"parameters.line_bytes_max"}, name, sorted(unseen))
    told = json.loads((made.copy / "filter.json").read_text())
    path = made.copy / told["shards"][0]["file"]
    text = subprocess.run(["zstd", "-dcq", path], check=True,
                          stdout=subprocess.PIPE).stdout
    lines = text.splitlines(keepends=True)
    require(len(lines) > 2, "few lines")
    for what, forged in (
            ("without a line", b"".join(lines[1:])),
            ("with a line twice", b"".join(lines[:1] + lines)),
            ("in another order", b"".join(lines[::-1])),
            ("with a byte changed", text.replace(b"1", b"2", 1))):
        path.write_bytes(frame_of(forged))
        told["shards"][0]["output_bytes"] = path.stat().st_size
        told["total"]["output_bytes"] = sum(
            shard["output_bytes"] for shard in told["shards"])
        (made.copy / "filter.json").write_text(json.dumps(told))
        require(made.forged(quick=False), "a file", what, "passes")


if __name__ == "__main__":
    sys.exit(main())
