#!/usr/bin/env python3
"""What the quick start shows is what was planted."""

import pathlib
import subprocess
import sys

from harness import main, promise, require

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent.parent / "scripts"


def show(*arguments):
    done = subprocess.run([sys.executable, "-B", SCRIPTS / "show", *arguments],
                          check=True, stdout=subprocess.PIPE,
                          encoding="utf-8")
    return done.stdout


@promise
def planted_accounts_stand_out_and_lookalikes_are_named(world):
    archive = world.generate("archive", "--posts", "20000", "--threads", "2")
    outputs = world.run("out", *archive.shards)
    shown = show(outputs.folder, "--truth",
                 archive.folder / "accounts.truth", "--top", "5")
    tables = shown.split("\n\n")[1:4]
    for table, role in zip(tables, ("operator", "bought", "amplifier")):
        rows = [line for line in table.split("\n")
                if line.lstrip()[:1].isdigit()]
        require(len(rows) >= 5, "rows:", table)
        require(all(role + " (planted)" in row for row in rows[:5]), role,
                "is not at the top:", table)
        require("base rate" in table, "no base rate:", table)
    require("honest lookalike" in shown and "not planted" in shown, shown)
    require("never a verdict" in shown, "no word of caution")


@promise
def outputs_without_truth_and_without_posts_are_shown(world):
    empty = world.place / "empty.jsonl"
    empty.write_bytes(b"\n")
    shown = show(world.run("out", empty).folder)
    require("0 posts by 0 accounts" in shown, shown)
    require("truth" not in shown, shown)


@promise
def the_documents_tell_the_columns_that_the_program_writes(world):
    empty = world.place / "empty.jsonl"
    empty.write_bytes(b"\n")
    outputs = world.run("out", empty)
    done = subprocess.run([SCRIPTS / "features-doc", "--check",
                           outputs.folder / "features.json"], check=False,
                          capture_output=True, encoding="utf-8")
    require(done.returncode == 0, done.stdout, done.stderr)


if __name__ == "__main__":
    sys.exit(main())
