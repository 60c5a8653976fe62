#!/usr/bin/env python3
"""Compare the program's tables with the oracle's, cell by cell.

usage: compare.py [--common] [--tables LIST] PROGRAM ORACLE

PROGRAM is the program's output directory, or one table in it (.csv, .jsonl);
ORACLE what oracle.py wrote: a directory, or the accounts alone. In directories
every table of ORACLE is compared with NAME.csv and NAME.jsonl of PROGRAM,
with whichever of the two is there. Every column of ORACLE is compared;
further columns and tables of PROGRAM are named, not compared. With --common a
table or column that PROGRAM lacks is named and left out, which is for a
program that is still being written.

Cells must be equal as they are printed, an empty cell and "" of CSV being
null and the empty text. The columns in TRANSCENDENTAL of columns.py alone may
differ by 1e-8 of the greater ("near"); the hour of the clock counts around.
Exit status: 0 equal, 1 any difference, a missing table, row or column, rows
in another order, or no rows of accounts at all; 2 usage.
"""

import argparse
import json
import os
import re
import sys
from collections import Counter

from columns import NEAR_ZERO, TABLES, TRANSCENDENTAL

SHOWN_MAX = 20
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
FIELD = re.compile(r'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\Z)')
RELATIVE, ABSOLUTE = 1e-8, 1e-13


class Token(str):
    """A JSON number, true, or false, as it stands in the file."""


class BadTable(Exception):
    """A file that is no table; args[0] says where."""


class Table:
    def __init__(self, path, name):
        self.path, self.name = path, name
        self.is_csv = path.endswith(".csv")
        self.columns, self.rows, self.order = [], {}, []
        self.repeated = []
        self.all_columns, key_size = TABLES[name]
        key_names = [column for column, _ in self.all_columns[:key_size]]
        for row in (self.read_csv() if self.is_csv else self.read_jsonl()):
            key = tuple(row.get(column) for column in key_names)
            if key in self.rows:
                self.repeated.append(key)
            self.rows[key] = row
            self.order.append(key)
            self.columns = self.columns or list(row)

    def read_jsonl(self):
        with open(self.path, encoding="utf-8", newline="\n") as stream:
            for line in stream:
                yield json.loads(line, parse_int=Token, parse_float=Token,
                                 parse_constant=Token)

    def read_csv(self):
        with open(self.path, encoding="utf-8", newline="") as stream:
            text = stream.read()
        records = csv_records(text, self.path)
        self.columns = next(records, [])
        for record in records:
            if len(record) != len(self.columns):
                raise BadTable("%s: row of %d cells: %s" % (
                    self.path, len(record), record[:3]))
            yield dict(zip(self.columns, record))


def csv_records(text, path):
    """Lists of cells after RFC 4180; an empty cell without quotes is None."""
    record, at = [], 0
    while at < len(text) or record:
        match = FIELD.match(text, at)
        if match is None:
            raise BadTable("%s: no CSV at character %d" % (path, at))
        quoted, plain, end = match.groups()
        record.append(plain or None if quoted is None
                      else quoted.replace('""', '"'))
        at = match.end()
        if end != ",":
            yield record
            record = []


# --- cells -----------------------------------------------------------------

def close(name, ours, theirs):
    """Do they differ by no more than the column allows?"""
    if name not in TRANSCENDENTAL or ours is None or theirs is None:
        return False
    if not (NUMBER.fullmatch(ours) and NUMBER.fullmatch(theirs)):
        return False
    a, b = float(ours), float(theirs)
    if name == "clock_mean_hour" and abs(a - b) > 12:
        a, b = min(a, b) + 24, max(a, b)
    allowed = RELATIVE * max(abs(a), abs(b))
    return abs(a - b) <= max(allowed, ABSOLUTE if name in NEAR_ZERO else 0)


def compare_cells(name, ours, theirs, from_csv):
    """'same', 'near' or 'different'."""
    if from_csv:
        same = ours == (None if theirs is None else str(theirs))
    else:
        same = ours == theirs and type(ours) is type(theirs)
    if same:
        return "same"
    if from_csv or isinstance(ours, Token):
        if close(name, ours, theirs):
            return "near"
    return "different"


def show(value):
    if isinstance(value, Token) or value is None:
        return "null" if value is None else str(value)
    return json.dumps(value, ensure_ascii=False)


# --- tables ----------------------------------------------------------------

class Report:
    def __init__(self):
        self.problems, self.shown = 0, 0
        self.cells = Counter()

    def problem(self, table, text):
        self.problems += 1
        self.shown += 1
        if self.shown <= SHOWN_MAX:
            print("%s: %s" % (os.path.basename(table.path), text))

    def end_table(self, table):
        if self.shown > SHOWN_MAX:
            print("%s: ... and %d more" % (os.path.basename(table.path),
                                           self.shown - SHOWN_MAX))
        self.shown = 0


def compare_columns(ours, theirs, common, report):
    """The columns to compare."""
    expected = [name for name, _ in ours.all_columns]
    has = theirs.columns or expected
    if not set(has) <= set(expected):
        report.problem(theirs, "the oracle has columns that columns.py lacks")
    if not ours.columns:
        return []
    for name in has:
        if name not in ours.columns:
            if common:
                print("not in the program: " + name)
            else:
                report.problem(ours, "missing column: " + name)
    extra = [c for c in ours.columns if c not in has]
    if extra:
        print("not in the oracle, not compared: " + " ".join(extra))
    wanted = [name for name in expected if name in has
              and name in ours.columns]
    if [c for c in ours.columns if c in wanted] != wanted:
        report.problem(ours, "the columns stand in another order")
    return wanted


def key_text(key):
    return " ".join(map(str, key))


def compare_rows(ours, theirs, wanted, report):
    counts, by_column = Counter(), Counter()
    for key in ours.repeated:
        report.problem(ours, "row twice: " + key_text(key))
    for key in ours.order:
        if key not in theirs.rows:
            report.problem(ours, "row only in the program: " + key_text(key))
    for key, want in theirs.rows.items():
        row = ours.rows.get(key)
        if row is None:
            report.problem(ours, "row only in the oracle: " + key_text(key))
            continue
        counts["rows"] += 1
        if not ours.is_csv and list(row) != ours.columns:
            report.problem(ours, "row with other keys than the first: "
                           + key_text(key))
        for name in wanted:
            verdict = compare_cells(name, row.get(name), want[name],
                                    ours.is_csv)
            counts[verdict] += 1
            if verdict == "different":
                by_column[name] += 1
                report.problem(ours, "%s: %s: program %s, oracle %s" % (
                    key_text(key), name, show(row.get(name)),
                    show(want[name])))
    if set(ours.rows) == set(theirs.rows) and ours.order != theirs.order:
        report.problem(ours, "the rows stand in another order")
    return counts, by_column


def compare_tables(ours, theirs, common, report):
    if ours.name == "accounts" and not (ours.rows and theirs.rows):
        report.problem(ours, "no rows: program %d, oracle %d"
                       % (len(ours.rows), len(theirs.rows)))
    wanted = compare_columns(ours, theirs, common, report)
    if ours.rows and not wanted:
        report.problem(ours, "no columns to compare")
    counts, by_column = compare_rows(ours, theirs, wanted, report)
    report.end_table(ours)
    for name, number in by_column.most_common():
        print("differs in %d rows: %s" % (number, name))
    print("%s: rows %d, columns %d, cells same %d, near %d, different %d" % (
        os.path.basename(ours.path), counts["rows"], len(wanted),
        counts["same"], counts["near"], counts["different"]))
    report.cells.update(counts)


def pairs(args):
    """(table name, file of the program or None, file of the oracle)."""
    if not os.path.isdir(args.oracle):
        if os.path.isdir(args.program):
            files = [os.path.join(args.program, "accounts" + suffix)
                     for suffix in (".csv", ".jsonl")]
            yield from (("accounts", path, args.oracle) for path in files
                        if os.path.exists(path))
        else:
            yield "accounts", args.program, args.oracle
        return
    for name in args.tables or TABLES:
        theirs = os.path.join(args.oracle, name + ".jsonl")
        if not os.path.exists(theirs):
            continue
        if os.path.isdir(args.program):
            files = [os.path.join(args.program, name + suffix)
                     for suffix in (".csv", ".jsonl")]
            files = [path for path in files if os.path.exists(path)] or [None]
        else:
            stem = os.path.basename(args.program).rpartition(".")[0]
            files = [args.program] if stem == name else []
        yield from ((name, path, theirs) for path in files)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--common", action="store_true")
    parser.add_argument("--tables", type=lambda text: text.split(","))
    parser.add_argument("program")
    parser.add_argument("oracle")
    args = parser.parse_args()
    report, compared = Report(), 0
    for name, ours, theirs in pairs(args):
        if ours is None:
            print("not in the program: table " + name)
            report.problems += not args.common
            continue
        try:
            compare_tables(Table(ours, name), Table(theirs, name),
                           args.common, report)
        except (BadTable, ValueError) as error:
            print("no table: %s: %s" % (ours, error))
            report.problems += 1
        compared += 1
    if not compared:
        print("nothing to compare")
        report.problems += 1
    print("tables %d, rows %d, cells same %d, near %d, different %d; "
          "problems %d" % (compared, report.cells["rows"],
                           report.cells["same"], report.cells["near"],
                           report.cells["different"], report.problems))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
