#!/usr/bin/env python3
"""A slow, obvious second implementation of the account features.

usage: oracle.py [--utc-offset +08:00] [--line-max N] -o OUT.jsonl SHARD...

Writes one JSON object per account to OUT.jsonl, sorted by (platform,
account_id) as bytes, and the counts of the run to OUT.jsonl.ledger.json.
It is written from the documents alone and shares no code with the program.
"""

import argparse
import json
import re
import sys
import threading
from collections import Counter, defaultdict

from columns import COLUMNS, REAL, TIME
from features import (activity, amplification, clock, content, order_key,
                      timing)
from profile_columns import profile
from records import expand, read_record
from scalars import BadText, format_time, parse_json
from shards import is_blank, is_document, read_shard, split_lines
from xxh3 import xxh3_128

LINE_BYTES_MAX = 16 * 2**20
PROJECTED = ("account", "client", "id", "kind", "lang", "manual",
             "statuses", "target", "time")


class Run:
    """Everything seen, in no order that matters."""

    def __init__(self, line_bytes_max=LINE_BYTES_MAX):
        self.line_bytes_max = line_bytes_max
        self.copies = defaultdict(list)        # (platform, account, id)
        self.observations = defaultdict(list)  # (platform, account)
        self.deletes = defaultdict(dict)       # (platform, account)
        self.lines = Counter()
        self.line_control = Counter()
        self.line_rejected = Counter()
        self.record_control = Counter()
        self.record_rejected = Counter()
        self.counts = Counter()

    # --- reading -----------------------------------------------------------

    def add_shard(self, path):
        data = read_shard(path)
        lines = split_lines(data)
        if is_document(lines):
            self.counts["documents"] += 1
            self.add_text(data)
            return
        for line in lines:
            if is_blank(line):
                self.lines["blank"] += 1
            elif len(line) > self.line_bytes_max:
                self.line_rejected["line_too_long"] += 1
            else:
                self.add_text(line)

    def add_text(self, data):
        """One JSON text: a line, or a shard that is one document."""
        try:
            value = parse_json(data)
        except BadText as error:
            self.line_rejected[error.args[0]] += 1
            return
        records = expand(value)
        outcomes = [self.add_record(record) for record in records]
        if len(records) != 1 or records[0] is not value:
            self.lines["accepted"] += 1
        elif outcomes[0].control:
            self.line_control[outcomes[0].control] += 1
        elif outcomes[0].reject:
            self.line_rejected[outcomes[0].reject] += 1
        else:
            self.lines["accepted"] += 1

    def add_record(self, record):
        out = read_record(record)
        self.counts["records"] += 1
        self.counts["id_mismatch"] += out.id_mismatches
        self.counts["time_anomalies"] += out.time_anomaly
        self.counts["observations"] += len(out.observations)
        if out.reject:
            self.record_rejected[out.reject] += 1
        if out.control:
            self.record_control[out.control] += 1
        if out.delete:
            self.add_delete(out.delete)
        if out.post:
            post = out.post
            key = (post.platform, post.account, post.id)
            self.copies[key].append(post)
        for seen in out.observations:
            self.observations[seen.platform, seen.account].append(seen)
        return out

    def add_delete(self, delete):
        if delete.account is None or delete.post is None:
            return
        notices = self.deletes[delete.platform, delete.account]
        times = [t for t in (notices.get(delete.post), delete.time)
                 if t is not None]
        notices[delete.post] = min(times, default=None)

    # --- reducing ----------------------------------------------------------

    def survivors(self):
        """{(platform, account): its posts in order}, one copy of each."""
        self.counts["duplicates"] = 0
        self.counts["conflicting_duplicates"] = 0
        accounts = defaultdict(list)
        for (platform, account, _), copies in self.copies.items():
            self.counts["duplicates"] += len(copies) - 1
            if any(copy != copies[0] for copy in copies):
                self.counts["conflicting_duplicates"] += 1
                copies = [max(copies, key=survival_hash)]
            accounts[platform, account].append(copies[0])
        self.counts["posts"] = len(self.copies)
        return {key: sorted(posts, key=order_key)
                for key, posts in accounts.items()}

    def carriers(self, flag):
        return {(p.platform, p.account) for copies in self.copies.values()
                for p in copies if getattr(p, flag)}

    def rows(self, offset_ms=8 * 3600000):
        accounts = self.survivors()
        with_lang = self.carriers("carries_lang")
        with_client = self.carriers("carries_client")
        received = defaultdict(list)
        for posts in accounts.values():
            for p in posts:
                if p.kind == "retweet" and p.target not in (None, p.account):
                    received[p.platform, p.target].append(p)
        self.counts["accounts"] = len(accounts)
        self.counts["deletes"] = sum(map(len, self.deletes.values()))
        self.counts["deletes_without_account"] = sum(
            len(d) for key, d in self.deletes.items() if key not in accounts)
        rows = []
        for key in sorted(accounts, key=lambda k: (k[0].encode("utf-8"),
                                                   k[1].encode("utf-8"))):
            posts = accounts[key]
            row = {"platform": key[0], "account_id": key[1]}
            profile(row, self.observations[key], posts)
            activity(row, posts)
            timing(row, posts)
            clock(row, posts, offset_ms)
            content(row, posts, key in with_lang, key in with_client)
            amplification(row, posts, received[key], self.deletes[key])
            rows.append(row)
        return rows

    def ledger(self):
        return {
            "documents": self.counts["documents"],
            "lines_accepted": self.lines["accepted"],
            "lines_blank": self.lines["blank"],
            "lines_control": dict(sorted(self.line_control.items())),
            "lines_rejected": dict(sorted(self.line_rejected.items())),
            "records": self.counts["records"],
            "records_control": dict(sorted(self.record_control.items())),
            "records_rejected": dict(sorted(self.record_rejected.items())),
            **{name: self.counts[name] for name in (
                "posts", "duplicates", "conflicting_duplicates", "accounts",
                "observations", "deletes", "deletes_without_account",
                "id_mismatch", "time_anomalies")}}


# --- the survivor among conflicting copies ---------------------------------

def canonical_json(post):
    fields = {name: getattr(post, name) for name in PROJECTED}
    fields["original_time"] = post.original_time
    fields["target_post"] = post.target_post
    return json.dumps(fields, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False)


def survival_hash(post):
    return xxh3_128(canonical_json(post).encode("utf-8"))


# --- writing ---------------------------------------------------------------

def format_real(value):
    text = "%.9g" % float(value)
    return "0" if text == "-0" else text


def format_value(kind, value):
    """The JSON text of a cell."""
    if value is None:
        return "null"
    if kind == REAL:
        return format_real(value)
    if kind == TIME:
        return '"' + format_time(value) + '"'
    return json.dumps(value, ensure_ascii=False)


def format_row(row):
    unknown = set(row) - {name for name, _ in COLUMNS}
    if unknown:
        raise KeyError("not in COLUMNS: %s" % sorted(unknown))
    cells = ["%s:%s" % (json.dumps(name), format_value(kind, row.get(name)))
             for name, kind in COLUMNS]
    return "{" + ",".join(cells) + "}"


def parse_offset(text):
    """`+08:00` in ms; a multiple of 15 minutes."""
    match = re.fullmatch("([+-])([0-9]{2}):(00|15|30|45)", text)
    if not match:
        raise argparse.ArgumentTypeError("not an offset: " + text)
    minutes = int(match[2]) * 60 + int(match[3])
    return (-minutes if match[1] == "-" else minutes) * 60000


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--utc-offset", type=parse_offset, default="+08:00")
    parser.add_argument("--line-max", type=int, default=LINE_BYTES_MAX)
    parser.add_argument("-o", "--output", required=True)
    parser.add_argument("shards", nargs="+", metavar="SHARD")
    args = parser.parse_args()
    run = Run(args.line_max)
    for path in args.shards:
        run.add_shard(path)
    rows = run.rows(args.utc_offset)
    with open(args.output, "w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(format_row(row) + "\n")
    with open(args.output + ".ledger.json", "w", encoding="utf-8") as out:
        json.dump(run.ledger(), out, indent=2)
        out.write("\n")
    return 0


def with_deep_stack(function):
    """Call it where JSON nested a million deep can be parsed."""
    sys.setrecursionlimit(10**7)
    threading.stack_size(2**30)
    results = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0] if results else 70


if __name__ == "__main__":
    sys.exit(with_deep_stack(main))
