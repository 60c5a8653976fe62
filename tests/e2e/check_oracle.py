#!/usr/bin/env python3
"""The program against the oracle, column by column, on real files."""

import collections
import json
import os
import pathlib
import subprocess
import sys

from harness import Skip, World, main, promise, require

ORACLE = pathlib.Path(__file__).resolve().parent.parent / "oracle"


CLIENTS = (ORACLE.parent.parent / "stages" / "reduce" / "clients.tsv")
TABLES = ("accounts,days,hashtags,hashtag_days,clients,languages,domains,"
          "created,posts")


def ask_oracle(world: World, shards, *options):
    """The folder of the oracle's answers."""
    folder = world.place / "oracle"
    subprocess.run([sys.executable, "-B", ORACLE / "oracle.py", "--clients",
                    CLIENTS, "--tables", TABLES, "-o", folder, *options,
                    *shards], check=True)
    return folder


def compare_tables(outputs, answers):
    done = subprocess.run([sys.executable, "-B", ORACLE / "compare.py",
                           outputs.folder, answers],
                          check=False, stdout=subprocess.PIPE, text=True)
    print(done.stdout, end="")
    require(done.returncode == 0, "a table differs from the oracle's")


def without_zeros(counts):
    return {name: count for name, count in counts.items() if count}


def compare_counts(outputs, answers):
    told = json.loads((answers / "ledger.json").read_text())
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


def compare_results(outputs, answers):
    told = json.loads((answers / "ledger.json").read_text())
    result = outputs.ledger()["result"]
    for name in ("accounts", "posts", "duplicates", "conflicting_duplicates"):
        require(result[name] == told[name], name, result[name], told[name])


def compare_shards(world, shards, *options, counts=compare_results,
                   how_it_runs=()):
    """The program and the oracle, asked the same of the same shards."""
    outputs = world.run("out", "--tables", TABLES, *options, *how_it_runs,
                        *shards)
    answers = ask_oracle(world, shards, *options)
    compare_tables(outputs, answers)
    counts(outputs, answers)
    return outputs


def compare_folder(world, folder, *options, counts=compare_counts,
                   how_it_runs=()):
    shards = sorted(world.shared(folder).iterdir())
    return compare_shards(world, shards, *options, counts=counts,
                          how_it_runs=how_it_runs)


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
def every_column_of_api_v2_is_the_oracles(world):
    compare_folder(world, "v2", counts=compare_results)


@promise
def every_column_of_the_io_archive_is_the_oracles(world):
    outputs = compare_folder(world, "io_archive", counts=compare_results)
    result = outputs.ledger()["result"]
    require((result["posts"], result["accounts"]) == (21385, 455), result)


@promise
def every_column_of_reddit_is_the_oracles(world):
    if os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") < 9 << 30:
        raise Skip("a window of 2 GiB needs more memory than this machine has")
    compare_folder(world, "reddit", counts=compare_results,
                   how_it_runs=("--memory", "7G"))


@promise
def every_column_of_bluesky_is_the_oracles(world):
    compare_shards(world, [world.shared("bluesky") / "expected_v1.jsonl"])


@promise
def all_dialects_in_one_run_are_the_oracles(world):
    shards = []
    for folder in ("v11_misc", "v2", "io_archive", "v11_stream_bz2"):
        shards += sorted(world.shared(folder).iterdir())
    shards += [world.shared("bluesky") / "expected_v1.jsonl",
               world.shared("reddit") / "AskMen_submissions.zst"]
    compare_shards(world, shards)


def made_archive(world):
    return world.generate("archive", "--posts", "3000", "--campaign", "40",
                          "--duplicates", "0.02", "--files", "3")


@promise
def every_column_of_a_made_archive_is_the_oracles(world):
    archive = made_archive(world)
    compare_shards(world, archive.shards, counts=compare_counts)


@promise
def lists_of_accounts_mean_what_the_oracle_says(world):
    archive = made_archive(world)
    compare_shards(world, archive.shards, "--core",
                   archive.folder / "core.list", "--accounts",
                   archive.folder / "core.list")


@promise
def zones_and_ranges_mean_what_the_oracle_says(world):
    archive = made_archive(world)
    compare_shards(world, archive.shards, "--time-zone", "America/New_York",
                   "--since", "2018-03-11T05:00:00Z", "--until", "2019-06-01")


if __name__ == "__main__":
    sys.exit(main())
