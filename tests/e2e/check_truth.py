#!/usr/bin/env python3
"""The program against archives whose truth is known to the last digit.

The truth of an account is the list of what was planned for it; every column is
derived from that list by tests/generate/truth_columns.py. Columns and tables
that the program does not write are not asked for.
"""

import csv
import json
import pathlib
import sys
from collections import Counter

from harness import Outputs, Skip, main, promise, require

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "generate"))

import truth_plan  # noqa: E402
from truth_columns import NEVER_NULL, columns_of  # noqa: E402
from truth_dialects import shown_in, tables_shown_in  # noqa: E402

COLUMNS_LEAST = 100
ROLES = 10
TABLES = {"days": ("day",), "hashtags": ("hashtag",), "clients": ("client",),
          "languages": ("language",), "domains": ("domain",),
          "created": ("day",), "hashtag_days": ("hashtag", "day")}


def classes_of_clients():
    """The table of the repository, which the program has compiled in."""
    path = ROOT / "stages" / "reduce" / "clients.tsv"
    if not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t")[:2] for line in lines
                if "\t" in line and not line.startswith("#"))


def takes(world, option):
    return option in world.call("run", "--help").stdout


class Plan:
    """What the generator planned, as accounts and as a world of columns."""

    def __init__(self, archive, offset_ms=8 * truth_plan.HOUR, core=False):
        dialect = archive.totals["options"]["dialect"]
        core_list = (archive.folder / "core.list").read_text()
        self.accounts = truth_plan.read_plan(archive.folder)
        for account in self.accounts.values():
            shown_in(account, dialect)
        self.world = truth_plan.World(self.accounts, archive.totals,
                                 classes_of_clients(),
                                 core_list if core else None, offset_ms)

    def rows(self):
        """(account, its columns; those left out are null) of the planted."""
        for account in self.accounts.values():
            yield account, (columns_of(account, self.world)
                            if account.posts else None)


def compare_planted(plan, outputs):
    """How often each column had a value, and was null."""
    accounts, roles = outputs.accounts(), Counter()
    values, nulls = Counter(), Counter()
    for account, columns in plan.rows():
        kind = account.head.get("specimen") or account.head["role"]
        if columns is None:
            require(account.id not in accounts, "a row without posts")
            continue
        require(account.id in accounts, "no row of", kind, account.id)
        for column, cell in accounts[account.id].items():
            value = columns.get(column)
            (nulls if value is None else values)[column] += 1
            require(truth_plan.agrees(value, cell), kind, account.id, column, "is",
                    repr(cell), "but the truth says",
                    value if value is None else truth_plan.shown(value))
        roles[account.head["role"]] += 1
    print("compared", sum((values + nulls).values()), "cells of",
          len(values + nulls), "columns;", dict(roles))
    require(len(values + nulls) >= COLUMNS_LEAST, "few columns")
    require(len(roles) == ROLES, "roles:", dict(roles))
    return values, nulls


def rows_by_key(rows, key):
    return {tuple(row[part] for part in key): row for row in rows}


def compare_tables(archive, outputs):
    """The tables beside accounts, of those that were written."""
    planned = {name: [] for name in TABLES}
    with open(archive.folder / "tables.truth", encoding="ascii") as lines:
        for row in tables_shown_in(map(json.loads, lines),
                                   archive.totals["options"]["dialect"]):
            planned[row["table"]].append(row)
    for name, key in TABLES.items():
        path = outputs.folder / (name + ".csv")
        if not path.exists():
            continue
        with open(path, encoding="utf-8", newline="") as stream:
            told = rows_by_key(csv.DictReader(stream, strict=True), key)
        wanted = rows_by_key(planned[name], key)
        require(told.keys() == wanted.keys(), name, "has other rows:",
                sorted(told.keys() ^ wanted.keys())[:5])
        for at, row in wanted.items():
            cells = {column: told[at].get(column) for column in row
                     if column != "table"}
            require(all(cells[column] == str(row[column]) for column in cells),
                    name, at, "is", cells, "but the truth says", row)
        print("compared", len(wanted), "rows of", name)


def compare_totals(archive, outputs):
    planned, ledger = archive.totals, outputs.ledger()
    total, result = ledger["total"], ledger["result"]
    accounts = outputs.accounts().values()
    is_csv = planned["options"]["dialect"] == "io"
    counted = {
        "posts": result["posts"], "accounts": result["accounts"],
        "duplicate_posts": result["duplicates"],
        "deletes_without_account": result["deletes_without_account"],
        "lines": planned["lines"] if is_csv else total["lines"]["total"],
        "text_bytes": total["bytes"]["text"],
        "frames": total["frames"]["ok"], "files": len(ledger["shards"])}
    for kind in ("originals", "retweets", "replies", "quotes"):
        counted[kind] = sum(int(row[kind]) for row in accounts)
    counted["deletes"] = (sum(int(row["deletes"] or 0) for row in accounts)
                          + result["deletes_without_account"])
    for name, count in counted.items():
        require(count == planned[name], name, "is", count,
                "but the truth says", planned[name])


def check(world, *options):
    """A made archive against its truth; the archive, and what was found."""
    archive = world.generate("archive", "--campaign", "40", *options)
    core = takes(world, "--core")
    listed = ["--core", archive.folder / "core.list"] if core else []
    outputs = world.run("out", *listed, *archive.shards)
    found = compare_planted(Plan(archive, core=core), outputs)
    compare_tables(archive, outputs)
    compare_totals(archive, outputs)
    return archive, found


@promise
def planted_accounts_and_lookalikes_have_the_values_of_the_truth(world):
    check(world, "--posts", "8000", "--duplicates", "0.01", "--seed", "11")


@promise
def every_column_has_a_value_once_and_is_null_once(world):
    archive, (values, nulls) = check(world, "--posts", "3000", "--seed", "14")
    outputs = world.run("plain", *archive.shards)
    _, unlisted = compare_planted(Plan(archive), outputs)
    nulls += unlisted
    columns = set(values + nulls)
    require(columns <= set(values), "never a value:",
            sorted(columns - set(values)))
    require(columns - NEVER_NULL <= set(nulls), "never null:",
            sorted(columns - NEVER_NULL - set(nulls)))


@promise
def local_columns_follow_another_offset(world):
    archive = world.generate("archive", "--campaign", "20", "--posts", "1000",
                             "--seed", "15")
    outputs = world.run("out", "--utc-offset=-03:30", *archive.shards)
    compare_planted(Plan(archive, offset_ms=-7 * truth_plan.HOUR // 2), outputs)


@promise
def the_truth_is_found_in_frames_cut_anywhere(world):
    check(world, "--posts", "3000", "--seed", "12", "--layout", "frames",
          "--frame-bytes", "100K", "--cut-anywhere", "--shard-bytes", "8M",
          "--line-ends", "lf")


@promise
def the_truth_is_found_in_one_giant_frame(world):
    check(world, "--posts", "3000", "--seed", "13", "--layout", "giant",
          "--window-log", "27", "--from", "2016-01-01")


def check_dialect(world, dialect):
    """Where the program knows the dialect: of another, no post is accepted."""
    probe = world.generate("probe", "--posts", "50", "--campaign", "0",
                           "--dialect", dialect)
    done = world.call("run", "--quiet", "-o", world.place / "probed",
                      *probe.shards)
    outputs = Outputs(world.place / "probed")
    if done.returncode or not outputs.ledger()["result"]["posts"]:
        raise Skip("the program does not read " + dialect)
    check(world, "--posts", "3000", "--seed", "16", "--duplicates", "0.01",
          "--dialect", dialect)


@promise
def the_truth_is_found_in_records_of_the_v2_stream(world):
    check_dialect(world, "v2")


@promise
def the_truth_is_found_in_csv_of_the_io_archive(world):
    check_dialect(world, "io")


if __name__ == "__main__":
    sys.exit(main())
