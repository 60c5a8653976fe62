#!/usr/bin/env python3
"""Compare the program's accounts with the oracle's.

usage: compare.py [--common] PROGRAM ORACLE

PROGRAM is accounts.jsonl or accounts.csv, ORACLE what oracle.py wrote. Every
column of ORACLE is compared; further columns of PROGRAM are named, not
compared. With --common a column that PROGRAM lacks is named and left out,
which is for a program that is still being written.

Integers, texts and times must be equal exactly. Reals must be printed alike;
where they differ by at most 1 in the ninth significant digit they count as
near. Exit status: 0 equal, 1 any difference, a missing row or column, rows in
another order, or no rows at all; 2 usage.
"""

import argparse
import csv
import json
import re
import sys
from collections import Counter
from decimal import Decimal

from columns import COLUMNS, REAL, TYPES

SHOWN_MAX = 20
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Token(str):
    """A JSON number, true, or false, as it stands in the file."""


class Table:
    def __init__(self, path):
        self.is_csv = path.endswith(".csv")
        self.columns, self.rows, self.order = [], {}, []
        self.repeated = []
        for row in read_csv(path) if self.is_csv else read_jsonl(path):
            key = (row.get("platform"), row.get("account_id"))
            if key in self.rows:
                self.repeated.append(key)
            self.rows[key] = row
            self.order.append(key)
            self.columns = self.columns or list(row)


def read_jsonl(path):
    with open(path, encoding="utf-8", newline="\n") as stream:
        for line in stream:
            yield json.loads(line, parse_int=Token, parse_float=Token,
                             parse_constant=Token)


def read_csv(path):
    csv.field_size_limit(2**30)
    with open(path, encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream, strict=True)


def ulps_of_ninth_digit(a, b):
    """|a - b| in units of the ninth significant digit of the larger."""
    a, b = Decimal(a), Decimal(b)
    largest = max(abs(a), abs(b))
    if largest == 0:
        return Decimal(0)
    return abs(a - b).scaleb(8 - largest.adjusted())


def compare_cells(name, ours, theirs, from_csv):
    """'same', 'near' or 'different'."""
    if from_csv:
        theirs = "" if theirs is None else theirs
        same = str(ours) == str(theirs)
    else:
        same = ours == theirs and type(ours) is type(theirs)
    if same:
        return "same"
    if TYPES[name] == REAL and ours and theirs:
        if NUMBER.fullmatch(str(ours)) and NUMBER.fullmatch(str(theirs)):
            alike = from_csv or type(ours) is type(theirs)
            if alike and ulps_of_ninth_digit(ours, theirs) <= 1:
                return "near"
    return "different"


class Report:
    def __init__(self):
        self.problems = 0

    def problem(self, text):
        self.problems += 1
        if self.problems <= SHOWN_MAX:
            print(text)


def show(value):
    if isinstance(value, Token) or value is None:
        return str(value)
    return json.dumps(value)


def compare_columns(ours, theirs, common, report):
    """The columns to compare."""
    if ours.columns and not set(theirs.columns) <= set(TYPES):
        report.problem("the oracle has columns that columns.py lacks")
    lacking = [c for c in theirs.columns if c not in ours.columns]
    for name in lacking:
        if common:
            print("not in the program: " + name)
        else:
            report.problem("missing column: " + name)
    extra = [c for c in ours.columns if c not in theirs.columns]
    if extra:
        print("not in the oracle, not compared: " + " ".join(extra))
    wanted = [name for name, _ in COLUMNS if name in theirs.columns
              and name in ours.columns]
    if [c for c in ours.columns if c in wanted] != wanted:
        report.problem("the columns stand in another order")
    return wanted


def compare_rows(ours, theirs, wanted, report):
    counts, by_column = Counter(), Counter()
    for key in ours.repeated:
        report.problem("row twice: %s %s" % key)
    for key in ours.order:
        if key not in theirs.rows:
            report.problem("row only in the program: %s %s" % key)
    for key, want in theirs.rows.items():
        row = ours.rows.get(key)
        if row is None:
            report.problem("row only in the oracle: %s %s" % key)
            continue
        counts["rows"] += 1
        if not ours.is_csv and list(row) != ours.columns:
            report.problem("row with other keys than the first: %s %s" % key)
        for name in wanted:
            verdict = compare_cells(name, row.get(name), want[name],
                                    ours.is_csv)
            counts[verdict] += 1
            if verdict == "different":
                by_column[name] += 1
                report.problem("%s %s: %s: program %s, oracle %s" % (
                    key + (name, show(row.get(name)), show(want[name]))))
    if set(ours.rows) == set(theirs.rows) and ours.order != theirs.order:
        report.problem("the rows stand in another order")
    return counts, by_column


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--common", action="store_true")
    parser.add_argument("program")
    parser.add_argument("oracle")
    args = parser.parse_args()
    report = Report()
    ours, theirs = Table(args.program), Table(args.oracle)
    if not ours.rows or not theirs.rows:
        report.problem("no rows: program %d, oracle %d"
                       % (len(ours.rows), len(theirs.rows)))
    wanted = compare_columns(ours, theirs, args.common, report)
    if not wanted:
        report.problem("no columns to compare")
    counts, by_column = compare_rows(ours, theirs, wanted, report)
    if report.problems > SHOWN_MAX:
        print("... and %d more" % (report.problems - SHOWN_MAX))
    for name, number in by_column.most_common():
        print("differs in %d rows: %s" % (number, name))
    print("rows %d, columns %d, cells same %d, near %d, different %d; "
          "problems %d" % (counts["rows"], len(wanted), counts["same"],
                           counts["near"], counts["different"],
                           report.problems))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
