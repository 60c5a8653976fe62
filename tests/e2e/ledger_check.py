#!/usr/bin/env python3
"""Derives the balance of a run again, from its outputs alone.

usage: ledger_check.py DIR

Reads ledger.json, accounts.jsonl or accounts.csv, rejects.jsonl and
manifest.json in DIR, and the sizes of the shards where they are still there.
Every byte, frame, line and record must be in exactly one column, and the
posts of the ledger must be those of the accounts. Shares no code with the
program. Exit status: 0 balanced, 1 not, 2 usage.
"""

import collections
import csv
import json
import os
import pathlib
import sys

SAMPLES_MAX = 16      # of lines and of frames, for each shard
KINDS = {"originals": "original", "retweets": "retweet",
         "replies": "reply", "quotes": "quote"}


class Balance:
    def __init__(self):
        self.problems = []

    def equal(self, where, law, left, right):
        if left != right:
            self.problems.append("%s: %s: %s and %s"
                                 % (where, law, left, right))

    def at_least(self, where, law, left, right):
        if left < right:
            self.problems.append("%s: %s: %s is less than %s"
                                 % (where, law, left, right))


def rows_of(folder):
    """One row at a time: a table may be larger than memory."""
    csv_path = folder / "accounts.csv"
    if csv_path.exists():
        with open(csv_path, encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream, strict=True)
        return
    with open(folder / "accounts.jsonl", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_accounts(folder):
    """Sums over all rows of the numbers that the ledger speaks of."""
    names = ["posts", "deletes", *KINDS]
    sums = collections.Counter({name: 0 for name in ["rows", *names]})
    for row in rows_of(folder):
        sums["rows"] += 1
        for name in names:
            sums[name] += int(row[name] or 0)
    return sums


def check_part(balance, where, part):
    """One shard, or the total: the laws that hold inside it."""
    size, frames = part["bytes"], part["frames"]
    lines, records = part["lines"], part["records"]
    balance.equal(where, "file bytes are frames, skippable and rejected",
                  size["file"],
                  size["frames"] + size["skippable"] + size["rejected"])
    unpacked = size.get("unpacked", {"file": 0})
    balance.equal(where, "unpacked bytes are frames, skippable, rejected",
                  unpacked["file"], sum(unpacked.values())
                  - unpacked["file"])
    balance.equal(where, "frames are ok or rejected", frames["total"],
                  frames["ok"] + sum(frames["rejected"].values()))
    balance.at_least(where, "unchecked frames are among the good ones",
                     frames["ok"], frames["unchecked"])
    balance.equal(where, "lines are accepted, control, blank or rejected",
                  lines["total"],
                  lines["accepted"] + lines["control"] + lines["blank"]
                  + sum(lines["rejected"].values()))
    balance.equal(where, "records are posts, control or rejected",
                  records["total"],
                  records["posts_with_copies"]
                  + sum(records["control"].values())
                  + sum(records["rejected"].values())
                  + records.get("outside_range", 0)
                  + records.get("no_account", 0) + records.get("users", 0))
    check_salvaged(balance, where, part)
    balance.at_least(where, "delete notices are control records",
                     records["control"].get("delete", 0),
                     part["delete_notices"])


def check_salvaged(balance, where, part):
    """What was salvaged is of rejected frames, and part of what counts. A
    packed container's own line tells of its members, so that text and lines
    are compared in the total alone."""
    salvaged = part.get("salvaged")
    if salvaged is None:
        return
    balance.at_least(where, "salvaged frames are rejected ones",
                     sum(part["frames"]["rejected"].values()),
                     salvaged["frames"])
    balance.at_least(where, "a salvaged frame has text", salvaged["text"],
                     max(1, salvaged["frames"]))
    if where != "total":
        return
    for law, whole in (("text", part["bytes"]["text"]),
                       ("lines", part["lines"]["total"]),
                       ("posts", part["records"]["posts_with_copies"])):
        balance.at_least(where, "salvaged %s is part of all" % law, whole,
                         salvaged[law])


def check_salvaged_samples(balance, told, frames, ledger):
    """Samples tell of all salvaged frames, as long as there is room."""
    for shard in ledger["shards"]:
        name, salvaged = shard["shard"], shard.get("salvaged", {})
        whole = [salvaged.get(key, 0) for key in ("text", "lines", "posts")]
        shown = [told[name][key] for key in ("text_bytes", "lines", "posts")]
        if frames[name] < SAMPLES_MAX:
            balance.equal(name, "salvaged by samples", shown, whole)


def add(total, part):
    """Numbers add up; limit_track_max and window_bytes_max are maxima."""
    for name, value in part.items():
        if isinstance(value, dict):
            add(total.setdefault(name, {}), value)
        elif name.endswith("_max"):
            total[name] = max(total.get(name, 0), value)
        elif not isinstance(value, str):
            total[name] = total.get(name, 0) + value


def check_total(balance, ledger):
    total = {}
    for shard in ledger["shards"]:
        add(total, shard)
    if ledger["shards"]:
        balance.equal("total", "is the sum of the shards", total,
                      ledger["total"])


def check_listed(balance, result, min_posts):
    """Accounts have a row, or too few posts for one."""
    accounts_left = result["accounts"] - result["accounts_listed"]
    posts_left = result["posts"] - result["posts_listed"]
    balance.at_least("result", "accounts without a row have posts",
                     posts_left, accounts_left)
    balance.at_least("result", "and fewer than --min-posts",
                     accounts_left * (min_posts - 1), posts_left)
    balance.at_least("result", "accounts with a row have so many",
                     result["posts_listed"],
                     result["accounts_listed"] * min_posts)


def check_accounts(balance, folder, ledger, manifest):
    result, accounts = ledger["result"], read_accounts(folder)
    records = ledger["total"]["records"]
    balance.equal("accounts", "rows", accounts["rows"],
                  result["accounts_listed"])
    balance.equal("accounts", "posts", accounts["posts"],
                  result["posts_listed"])
    check_listed(balance, result, manifest["parameters"].get("min_posts", 1))
    balance.equal("accounts", "posts are of one kind", accounts["posts"],
                  sum(accounts[kind] for kind in KINDS))
    balance.equal("result", "posts and duplicates are what was read",
                  result["posts"] + result["duplicates"],
                  records["posts_with_copies"])
    balance.at_least("result", "conflicting duplicates are duplicates",
                     result["duplicates"], result["conflicting_duplicates"])
    balance.at_least("result", "deletes come from notices",
                     ledger["total"]["delete_notices"], accounts["deletes"])
    by_kind = manifest["posts_with_copies_by_kind"]
    balance.equal("manifest", "kinds", sum(by_kind.values()),
                  records["posts_with_copies"])
    for column, kind in KINDS.items():
        balance.at_least("manifest", kind, by_kind.get(kind, 0)
                         + result["conflicting_duplicates"],
                         accounts[column])
    balance.equal("manifest", "control messages",
                  manifest["control_by_kind"], records["control"])


def check_samples(balance, folder, ledger):
    """Nothing is rejected in silence: samples of each shard, to the most."""
    frames, lines = collections.Counter(), collections.Counter()
    reasons = collections.defaultdict(set)
    salvaged = collections.defaultdict(collections.Counter)
    with open(folder / "rejects.jsonl", encoding="utf-8") as stream:
        for line in stream:
            sample = json.loads(line)
            salvaged[sample["shard"]].update(sample.get("salvaged", {}))
            kind = lines if "line" in sample else frames
            kind[sample["shard"]] += 1
            reasons[sample["shard"]].add(sample["reason"])
    check_salvaged_samples(balance, salvaged, frames, ledger)
    for shard in ledger["shards"]:
        name = shard["shard"]
        bad_frames = sum(shard["frames"]["rejected"].values())
        bad_lines = (shard["lines"]["rejected"],
                     shard["records"]["rejected"])
        most = sum(map(sum, (part.values() for part in bad_lines)))
        least = max(sum(part.values()) for part in bad_lines)
        balance.equal(name, "samples of frames", frames[name],
                      min(bad_frames, SAMPLES_MAX))
        balance.at_least(name, "samples of lines", lines[name],
                         min(least, SAMPLES_MAX))
        balance.at_least(name, "rejects behind the samples", most,
                         lines[name])
        counted = set(shard["frames"]["rejected"]).union(*bad_lines)
        balance.equal(name, "reasons without a count",
                      sorted(reasons[name] - counted), [])
    balance.equal("rejects.jsonl", "shards that the ledger lacks",
                  sorted(set(reasons) - {s["shard"]
                                         for s in ledger["shards"]}), [])


def check_files(balance, ledger, manifest):
    names = [shard["shard"] for shard in ledger["shards"]]
    balance.equal("manifest", "shards", names,
                  [shard["shard"] for shard in manifest["shards"]])
    for ours, told in zip(ledger["shards"], manifest["shards"]):
        balance.equal(ours["shard"], "bytes in the manifest",
                      told["bytes"], ours["bytes"]["file"])
    check_sizes(balance, ledger["shards"])


def check_sizes(balance, shards):
    """A file is its own line, and those of its members."""
    sizes = {}
    for shard in shards:
        name = shard["shard"]
        if name == "-" or os.path.isfile(name):
            container = name
            sizes[container] = 0
        sizes[container] += shard["bytes"]["file"]
    for name, size in sizes.items():
        if name != "-":
            balance.equal(name, "bytes of the file", os.path.getsize(name),
                          size)


def problems_of(folder):
    """What does not balance; an empty list is a good run."""
    folder = pathlib.Path(folder)
    ledger = json.loads((folder / "ledger.json").read_bytes())
    manifest = json.loads((folder / "manifest.json").read_bytes())
    balance = Balance()
    check_part(balance, "total", ledger["total"])
    for shard in ledger["shards"]:
        check_part(balance, shard["shard"], shard)
    check_total(balance, ledger)
    check_accounts(balance, folder, ledger, manifest)
    check_samples(balance, folder, ledger)
    check_files(balance, ledger, manifest)
    return balance.problems


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = problems_of(sys.argv[1])
    for problem in problems:
        print(problem)
    print("balanced" if not problems else "%d problems" % len(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
