#!/usr/bin/env python3
"""The program against archives whose truth is known to the last digit."""

import sys
from collections import Counter

from harness import main, promise, require

# Counted by the generator, and no column of the table.
NO_COLUMN = {"id", "role"}
COLUMNS_LEAST = 70


def cell_of(value):
    """A value of the truth as it stands in CSV."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "%.9g" % (value["numerator"] / value["denominator"])
    return str(value)


def compare_account(row, truth, compared):
    for column, value in truth.items():
        if column in NO_COLUMN or column not in row:
            continue
        compared[column] += 1
        require(row[column] == cell_of(value), truth["role"], truth["id"],
                column, "is", row[column], "but the truth says",
                cell_of(value))


def compare_planted(archive, outputs):
    accounts, compared, roles = outputs.accounts(), Counter(), Counter()
    for truth in archive.truth:
        if truth["posts"] == 0:
            require(truth["id"] not in accounts, "a row without posts")
            continue
        require(truth["id"] in accounts, "no row of", truth["role"],
                truth["id"])
        compare_account(accounts[truth["id"]], truth, compared)
        roles[truth["role"]] += 1
    print("compared", sum(compared.values()), "cells of", len(compared),
          "columns;", dict(roles))
    require(len(compared) >= COLUMNS_LEAST, "only", len(compared), "columns")
    require(len(roles) == 5, "roles:", dict(roles))


def compare_totals(archive, outputs):
    truth, ledger = archive.totals, outputs.ledger()
    total, result = ledger["total"], ledger["result"]
    accounts = outputs.accounts().values()
    counted = {
        "posts": result["posts"], "accounts": result["accounts"],
        "duplicate_posts": result["duplicates"],
        "deletes_without_account": result["deletes_without_account"],
        "lines": total["lines"]["total"],
        "text_bytes": total["bytes"]["text"],
        "frames": total["frames"]["ok"], "files": len(ledger["shards"])}
    for kind in ("originals", "retweets", "replies", "quotes"):
        counted[kind] = sum(int(row[kind]) for row in accounts)
    counted["deletes"] = (sum(int(row["deletes"] or 0) for row in accounts)
                          + result["deletes_without_account"])
    for name, count in counted.items():
        require(count == truth[name], name, "is", count,
                "but the truth says", truth[name])


def check(world, *options):
    archive = world.generate("archive", "--campaign", "40", *options)
    outputs = world.run("out", *archive.shards)
    compare_planted(archive, outputs)
    compare_totals(archive, outputs)


@promise
def planted_accounts_and_lookalikes_have_the_values_of_the_truth(world):
    check(world, "--posts", "8000", "--duplicates", "0.01", "--seed", "11")


@promise
def the_truth_is_found_in_frames_cut_anywhere(world):
    check(world, "--posts", "3000", "--seed", "12", "--layout", "frames",
          "--frame-bytes", "100K", "--cut-anywhere", "--shard-bytes", "8M",
          "--line-ends", "lf")


@promise
def the_truth_is_found_in_one_giant_frame(world):
    check(world, "--posts", "3000", "--seed", "13", "--layout", "giant",
          "--window-log", "27", "--from", "2016-01-01")


if __name__ == "__main__":
    sys.exit(main())
