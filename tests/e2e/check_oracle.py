#!/usr/bin/env python3
"""The program against the oracle, column by column, on real files."""

import collections
import json
import pathlib
import subprocess
import sys

from harness import World, main, promise, require

ORACLE = pathlib.Path(__file__).resolve().parent.parent / "oracle"


def ask_oracle(world: World, shards):
    path = world.place / "oracle.jsonl"
    subprocess.run([sys.executable, ORACLE / "oracle.py", "-o", path,
                    *shards], check=True)
    return path


def compare_tables(outputs, answers):
    for table in ("accounts.csv", "accounts.jsonl"):
        done = subprocess.run([sys.executable, ORACLE / "compare.py",
                               outputs.folder / table, answers],
                              check=False, stdout=subprocess.PIPE, text=True)
        print(table, done.stdout, sep="\n", end="")
        require(done.returncode == 0, table, "differs from the oracle's")


def without_zeros(counts):
    return {name: count for name, count in counts.items() if count}


def compare_counts(outputs, answers):
    told = json.loads(pathlib.Path(str(answers) + ".ledger.json").read_text())
    ledger = outputs.ledger()
    total, result = ledger["total"], ledger["result"]
    pairs = {
        "documents": (total["documents"], told["documents"]),
        "blank": (total["lines"]["blank"], told["lines_blank"]),
        "accepted": (total["lines"]["accepted"], told["lines_accepted"]),
        "control": (total["records"]["control"],
                    without_zeros(told["records_control"])),
        "records": (total["records"]["total"], told["records"]),
        "records rejected": (total["records"]["rejected"],
                             without_zeros(told["records_rejected"])),
        "lines rejected": (total["lines"]["rejected"],
                           without_zeros(told["lines_rejected"])),
        "observations": (total["observations"], told["observations"]),
        "id mismatch": (total["id_mismatch"], told["id_mismatch"]),
        "time anomalies": (total["time_anomalies"], told["time_anomalies"]),
    }
    for name in ("accounts", "posts", "duplicates", "conflicting_duplicates"):
        pairs[name] = (result[name], told[name])
    if total["documents"]:
        # What stands for a line in a document is each one's own choice.
        del pairs["documents"], pairs["accepted"]
    wrong = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    require(not wrong, "counts (program, oracle):", wrong)


def compare_folder(world, folder):
    shards = [world.open_up(path)
              for path in sorted(world.shared(folder).iterdir())]
    outputs = world.run("out", *shards)
    answers = ask_oracle(world, shards)
    compare_tables(outputs, answers)
    compare_counts(outputs, answers)
    return outputs


@promise
def every_column_of_the_stream_is_the_oracles(world):
    outputs = compare_folder(world, "v11_stream")
    posts, deletes = collections.Counter(), collections.Counter()
    for shard in outputs.ledger()["shards"]:
        year = pathlib.Path(shard["shard"]).name[:4]
        posts[year] += shard["records"]["posts_with_copies"]
        deletes[year] += shard["records"]["control"].get("delete", 0)
    require(posts["2011"] == 30747, "posts of 2011:", posts["2011"])
    require(deletes["2011"] == 440, "deletes of 2011:", deletes["2011"])


@promise
def every_column_of_the_timelines_is_the_oracles(world):
    compare_folder(world, "v11_timelines")


@promise
def every_column_of_captures_by_hand_is_the_oracles(world):
    compare_folder(world, "v11_misc")


@promise
def every_column_of_a_made_archive_is_the_oracles(world):
    archive = world.generate("archive", "--posts", "1500", "--campaign", "12",
                             "--duplicates", "0.02", "--files", "3")
    outputs = world.run("out", *archive.shards)
    answers = ask_oracle(world, archive.shards)
    compare_tables(outputs, answers)
    compare_counts(outputs, answers)


if __name__ == "__main__":
    sys.exit(main())
