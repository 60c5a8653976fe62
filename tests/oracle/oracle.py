#!/usr/bin/env python3
"""A slow, obvious second implementation of the account features.

usage: oracle.py [OPTION...] -o OUT SHARD...

If OUT ends in .jsonl, it gets one JSON object per account, sorted by
(platform, account_id) as bytes, and OUT.ledger.json the counts of the run.
Otherwise OUT is a directory: NAME.jsonl for each table, and ledger.json.
It is written from the documents alone and shares no code with the program.
"""

import argparse
import json
import os
import re
import sys
import threading
import zoneinfo
from collections import Counter, defaultdict
from datetime import datetime, timedelta

from amplification import amplification, core_columns, read_listing
from columns import REAL, TABLES, TIME
from content import CLASSES, content
from features import activity, clock, order_key, timing
from ioarchive import read_tweet, read_user
from profile_columns import profile
from records import expand, is_page, read_record
from repurposing import repurposing
from scalars import (BadText, created_at_ms, date_ms, format_time, parse_json)
from shards import (csv_fields, csv_header, csv_records, document_pieces,
                    is_blank, is_document, read_shards, split_lines)
from tables import Population, all_tables
from xxh3 import xxh3_128

LINE_BYTES_MAX = 16 * 2**20
DEPTH_MAX = 1024
NOT_PROJECTED = ("platform", "carries_lang", "carries_client")
CLIENTS = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "..", "..", "stages", "reduce", "clients.tsv")


class Settings:
    """What was asked for; the defaults are the program's."""

    def __init__(self, line_bytes_max=LINE_BYTES_MAX, to_local=None,
                 since=None, until=None, min_posts=1, core=None,
                 accounts=None, classes=None, dictionary=None):
        self.line_bytes_max, self.dictionary = line_bytes_max, dictionary
        self.to_local = to_local or fixed_offset(8 * 3600000)
        self.since, self.until = since, until
        self.min_posts = min_posts
        self.core, self.accounts = core, accounts       # texts of the lists
        self.classes = classes or {}                    # of clients

    def in_range(self, time):
        return ((self.since is None or time >= self.since)
                and (self.until is None or time < self.until))


class Run:
    """Everything seen, in no order that matters."""

    def __init__(self, settings=None):
        self.settings = settings or Settings()
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

    def add_file(self, path):
        for data in read_shards(path, self.settings.dictionary):
            self.add_shard(data)

    def add_shard(self, data):
        columns = csv_header(data)
        if columns:
            self.add_rows(columns, data)
        elif is_document(data):
            self.counts["documents"] += 1
            for piece in document_pieces(data):
                self.add_line(piece)
        else:
            for line in split_lines(data):
                self.add_line(line)

    def add_line(self, line):
        if is_blank(line):
            self.lines["blank"] += 1
        elif len(line) > self.settings.line_bytes_max:
            self.line_rejected["line_too_long"] += 1
        else:
            self.add_text(line)

    def add_text(self, data):
        """One JSON text: a line, or a piece of a document."""
        try:
            value = parse_json(data)
        except BadText as error:
            self.line_rejected[error.args[0]] += 1
            return
        if depth_of(data) > DEPTH_MAX:
            self.line_rejected["too_deep"] += 1
            return
        records = expand(value)
        outs = [out for record in records
                for out in read_record(record, self.settings.in_range)]
        for out in outs:
            self.add_record(out)
        if len(records) != 1 or records[0] is not value or is_page(value):
            self.lines["accepted"] += 1
        else:
            self.count_line(outs[0])

    def count_line(self, out):
        if out.control:
            self.line_control[out.control] += 1
        elif out.reject:
            self.line_rejected[out.reject] += 1
        else:
            self.lines["accepted"] += 1

    def add_rows(self, columns, data):
        """A shard of CSV; NUL is removed, the first record is the header."""
        read = read_tweet if "tweetid" in columns else read_user
        header = False
        for record in csv_records(data):
            record = record[:-1] if record.endswith(b"\r") else record
            if is_blank(record):
                self.lines["blank"] += 1
            elif not header:
                header = True
                self.line_control["csv_header"] += 1
            elif len(record) > self.settings.line_bytes_max:
                self.line_rejected["line_too_long"] += 1
            else:
                self.add_row(columns, record.replace(b"\0", b""), read)

    def add_row(self, columns, record, read):
        try:
            fields = csv_fields(record.decode("utf-8"))
        except UnicodeDecodeError:
            self.line_rejected["bad_utf8"] += 1
            return
        if fields is None or len(fields) != len(columns):
            self.line_rejected["bad_csv"] += 1
            return
        out = read(dict(zip(columns, fields)))
        self.add_record(out)
        self.count_line(out)

    def add_record(self, out):
        self.counts["records"] += 1
        self.counts["id_mismatch"] += out.id_mismatches
        self.counts["time_anomalies"] += out.time_anomaly
        if out.reject:
            self.record_rejected[out.reject] += 1
        if out.control:
            self.record_control[out.control] += 1
        self.counts["profiles"] += out.profile
        if out.delete:
            self.add_delete(out.delete)
        if out.post:
            post = out.post
            if not self.settings.in_range(post.time):
                self.counts["outside_range"] += 1
                return
            self.copies[post.platform, post.account, post.id].append(post)
        self.counts["observations"] += len(out.observations)
        for seen in out.observations:
            self.observations[seen.platform, seen.account].append(seen)

    def add_delete(self, delete):
        if delete.account is None or delete.post is None:
            return
        if delete.time is not None and not self.settings.in_range(
                delete.time):
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
            best = copies[0]
            if any(copy != best for copy in copies):
                best = max(copies, key=survival_hash)
            self.counts["duplicates"] += len(copies) - 1
            self.counts["conflicting_duplicates"] += any(
                copy != best for copy in copies)
            accounts[platform, account].append(best)
        self.counts["posts"] = len(self.copies)
        return {key: sorted(posts, key=order_key)
                for key, posts in accounts.items()}

    def carriers(self, flag):
        return {(p.platform, p.account) for copies in self.copies.values()
                for p in copies if getattr(p, flag)}

    def listing(self, text):
        return (None if text is None
                else read_listing(text, self.observations))

    def rows(self):
        """The rows of accounts, sorted; with too few posts too."""
        return self.account_rows(self.survivors())

    def account_rows(self, accounts):
        settings = self.settings
        core = self.listing(settings.core)
        with_lang = self.carriers("carries_lang")
        with_client = self.carriers("carries_client")
        retweets = [p for posts in accounts.values() for p in posts
                    if p.kind == "retweet"]
        received = defaultdict(list)
        for p in retweets:
            if p.target not in (None, p.account):
                received[p.platform, p.target].append(p)
        of_core = core and sum(core.has(p.platform, p.target)
                               for p in retweets)
        self.counts["accounts"] = len(accounts)
        self.counts["deletes"] = sum(map(len, self.deletes.values()))
        self.counts["deletes_without_account"] = sum(
            len(d) for key, d in self.deletes.items() if key not in accounts)
        rows = []
        for key in sorted(accounts, key=lambda k: (k[0].encode("utf-8"),
                                                   k[1].encode("utf-8"))):
            posts = accounts[key]
            row = {"platform": key[0], "account_id": key[1]}
            profile(row, self.observations.get(key, []), posts)
            activity(row, posts)
            timing(row, posts)
            clock(row, posts, settings.to_local)
            content(row, posts, key in with_lang, key in with_client,
                    settings.classes)
            amplification(row, posts, received[key], self.deletes.get(key, {}))
            core_columns(row, posts, core, len(retweets), of_core)
            repurposing(row, posts, settings.classes, settings.to_local)
            rows.append(row)
        return rows

    def tables(self):
        """{name: rows}, accounts among them."""
        accounts = self.survivors()
        rows = self.account_rows(accounts)
        chosen = self.listing(self.settings.accounts)

        def is_chosen(platform, account):
            return chosen is None or chosen.has(platform, account)

        rows_chosen = [r for r in rows
                       if is_chosen(r["platform"], r["account_id"])]
        posts = [p for key, posts in accounts.items() if is_chosen(*key)
                 for p in posts]
        births = [(r["platform"], r["created_at"], r["posts"])
                  for r in rows_chosen]
        deletes = [(key[0], time) for key, notices in self.deletes.items()
                   if is_chosen(*key) for time in notices.values()]
        few = self.settings.min_posts
        return {"accounts": [r for r in rows if r["posts"] >= few],
                **all_tables(Population(posts, births, deletes,
                                        self.settings.classes))}

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
                "posts", "duplicates", "conflicting_duplicates",
                "outside_range", "profiles", "accounts", "observations",
                "deletes", "deletes_without_account", "id_mismatch",
                "time_anomalies")}}


def depth_of(data):
    """How deep a valid JSON text nests."""
    if data.count(b"[") + data.count(b"{") <= DEPTH_MAX:
        return 0
    depth = deepest = 0
    for token in re.finditer(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]', data):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        deepest = max(deepest, depth)
    return deepest


# --- the survivor among conflicting copies ---------------------------------

def canonical_json(post):
    fields = {name: value for name, value in vars(post).items()
              if name not in NOT_PROJECTED}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"),
                      ensure_ascii=False)


def survival_hash(post):
    return xxh3_128(canonical_json(post).encode("utf-8"))


# --- local time ------------------------------------------------------------

def fixed_offset(offset_ms):
    return lambda ms: ms + offset_ms


def time_zone(name):
    """Local time by the zone's own transitions."""
    zone = zoneinfo.ZoneInfo(name)

    def to_local(ms):
        seconds = ms // 1000
        offset = datetime.fromtimestamp(seconds, zone).utcoffset()
        return ms + offset // timedelta(milliseconds=1)
    return to_local


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


def format_row(row, columns=TABLES["accounts"][0]):
    unknown = set(row) - {name for name, _ in columns}
    if unknown:
        raise KeyError("not in the table: %s" % sorted(unknown))
    cells = ["%s:%s" % (json.dumps(name), format_value(kind, row.get(name)))
             for name, kind in columns]
    return "{" + ",".join(cells) + "}"


def write_table(path, name, rows):
    with open(path, "w", encoding="utf-8", newline="\n") as out:
        for row in rows:
            out.write(format_row(row, TABLES[name][0]) + "\n")


def write_results(output, tables, wanted, ledger):
    if output.endswith(".jsonl"):
        write_table(output, "accounts", tables["accounts"])
        ledger_path = output + ".ledger.json"
    else:
        os.makedirs(output, exist_ok=True)
        for name in wanted:
            write_table(os.path.join(output, name + ".jsonl"), name,
                        tables[name])
        ledger_path = os.path.join(output, "ledger.json")
    with open(ledger_path, "w", encoding="utf-8") as out:
        json.dump(ledger, out, indent=2)
        out.write("\n")


# --- options ---------------------------------------------------------------

def parse_offset(text):
    """`+08:00` in ms; a multiple of 15 minutes."""
    match = re.fullmatch("([+-])([0-9]{2}):(00|15|30|45)", text)
    if not match:
        raise argparse.ArgumentTypeError("not an offset: " + text)
    minutes = int(match[2]) * 60 + int(match[3])
    return (-minutes if match[1] == "-" else minutes) * 60000


def parse_zone(text):
    try:
        return time_zone(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError) as error:
        raise argparse.ArgumentTypeError(str(error))


def parse_time(text):
    ms = date_ms(text)
    ms = created_at_ms(text) if ms is None else ms
    if ms is None:
        raise argparse.ArgumentTypeError("not a time: " + text)
    return ms


def parse_tables(text):
    names = text.split(",")
    for name in names:
        if name not in TABLES:
            raise argparse.ArgumentTypeError("not a table: " + name)
    return names


def read_text(path):
    with open(path, encoding="utf-8") as stream:
        return stream.read()


def read_classes(path):
    """The client table: client TAB class, `#` comments."""
    classes = {}
    if path is None and not os.path.exists(CLIENTS):
        return classes
    for line in read_text(path or CLIENTS).split("\n"):
        if line and not line.startswith("#"):
            client, _, name = line.partition("\t")
            if name not in CLASSES:
                raise ValueError("no class of clients: " + line)
            classes[client] = name
    return classes


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add = parser.add_argument
    add("--utc-offset", type=parse_offset, default="+08:00")
    add("--time-zone", type=parse_zone, metavar="NAME",
        help="local time of a zone, such as Asia/Shanghai, not an offset")
    add("--line-max", type=int, default=LINE_BYTES_MAX)
    add("--since", type=parse_time, metavar="TIME")
    add("--until", type=parse_time, metavar="TIME")
    add("--min-posts", type=int, default=1, metavar="N")
    add("--core", type=read_text, metavar="FILE")
    add("--accounts", type=read_text, metavar="FILE")
    add("--clients", metavar="FILE", help="table of client classes")
    add("--dict", metavar="FILE", help="zstd dictionary")
    add("--tables", type=parse_tables, metavar="LIST",
        help="default: all but posts; accounts always")
    add("-o", "--output", required=True)
    add("shards", nargs="+", metavar="SHARD")
    return parser.parse_args()


def main():
    args = parse_arguments()
    run = Run(Settings(
        args.line_max, args.time_zone or fixed_offset(args.utc_offset),
        args.since, args.until, args.min_posts, args.core, args.accounts,
        read_classes(args.clients), args.dict))
    for path in args.shards:
        run.add_file(path)
    wanted = args.tables or [name for name in TABLES if name != "posts"]
    write_results(args.output, run.tables(), {"accounts", *wanted},
                  run.ledger())
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
