#!/usr/bin/env python3
"""Every format says the same, and none says more than was asked for."""

import csv
import ctypes
import os
import pathlib
import sqlite3
import sys

from harness import Skip, main, promise, require

TABLES = ("accounts", "days", "hashtags", "hashtag_days", "clients",
          "languages", "domains", "created", "posts")


def all_formats(world, *options, formats="csv,sqlite", name="out"):
    """The output folder of a run over the same archive each time."""
    archive = world.generate("archive of " + name, "--posts", "3000",
                             "--campaign", "40", "--files", "2")
    folder = world.place / name
    done = world.call("run", "--quiet", "-o", folder, "--tables",
                      ",".join(TABLES), "--format", formats, *options,
                      *archive.shards)
    require(done.returncode == 0, done.stderr)
    return folder


def csv_rows(folder, table):
    """Header and rows; None for null."""
    with open(folder / (table + ".csv"), encoding="utf-8",
              newline="") as stream:
        rows = list(csv.reader(stream, strict=True))
    return rows[0], rows[1:]


def as_printed(value):
    if value is None:
        return ""
    if isinstance(value, float):
        return "%.9g" % value
    return str(value)


@promise
def sqlite_holds_the_rows_of_the_csv(world):
    folder = all_formats(world)
    database = sqlite3.connect(folder / "features.sqlite")
    for table in TABLES:
        header, rows = csv_rows(folder, table)
        cursor = database.execute('SELECT * FROM "%s"' % table)
        require([one[0] for one in cursor.description] == header, table,
                "has other columns")
        found = [[as_printed(value) for value in row] for row in cursor]
        require(sorted(found) == sorted(rows), table, "has other rows")
    ids = database.execute("SELECT typeof(account_id), count(*) FROM accounts "
                           "GROUP BY 1").fetchall()
    require([kind for kind, _ in ids] == ["text"], "ids are", ids)
    plan = database.execute("EXPLAIN QUERY PLAN SELECT * FROM accounts WHERE "
                            "platform = 'twitter' AND account_id = '1'")
    require("USING PRIMARY KEY" in str(plan.fetchall()), "no index by account")


@promise
def databases_are_the_same_to_the_byte_for_any_number_of_threads(world):
    one = all_formats(world, "-t", "1")
    first = (one / "features.sqlite").read_bytes()
    two = all_formats(world, "-t", "3", "--io", "pread", name="two")
    require(first == (two / "features.sqlite").read_bytes(),
            "threads change the database")


class Duck:
    """DuckDB's C API, as far as a question in SQL needs it."""

    class Result(ctypes.Structure):
        _fields_ = [("words", ctypes.c_uint64 * 4), ("message", ctypes.c_char_p),
                    ("internal", ctypes.c_void_p)]

    def __init__(self, path):
        self.library = ctypes.CDLL(path)
        self.database, self.connection = ctypes.c_void_p(), ctypes.c_void_p()
        self.library.duckdb_open(None, ctypes.byref(self.database))
        self.library.duckdb_connect(self.database,
                                    ctypes.byref(self.connection))
        self.library.duckdb_value_varchar.restype = ctypes.c_void_p
        self.library.duckdb_row_count.restype = ctypes.c_uint64
        self.library.duckdb_column_count.restype = ctypes.c_uint64
        self.library.duckdb_result_error.restype = ctypes.c_char_p

    def rows(self, query):
        result = self.Result()
        place = ctypes.byref(result)
        status = self.library.duckdb_query(self.connection, query.encode(),
                                           place)
        require(status == 0, query, self.library.duckdb_result_error(place))
        rows = []
        for y in range(self.library.duckdb_row_count(place)):
            row = []
            for x in range(self.library.duckdb_column_count(place)):
                at = self.library.duckdb_value_varchar(
                    place, ctypes.c_uint64(x), ctypes.c_uint64(y))
                row.append(None if not at else
                           ctypes.string_at(at).decode("utf-8"))
                self.library.duckdb_free(ctypes.c_void_p(at))
            rows.append(row)
        self.library.duckdb_destroy_result(place)
        return rows


def duckdb(world):
    path = os.environ.get("SANDPIPER_DUCKDB") or str(
        pathlib.Path(world.program).resolve().parent / "libduckdb.so")
    if not os.path.exists(path):
        raise Skip("DuckDB's library is not here (scripts/with-parquet)")
    return Duck(path)


def query_of(header, types, file):
    """Columns as the CSV prints them."""
    columns = []
    for name in header:
        kind, column = types[name], '"%s"' % name
        if kind == "TIMESTAMP":
            column = "strftime(%s, '%%Y-%%m-%%dT%%H:%%M:%%S.%%gZ')" % column
        elif kind == "BOOLEAN":
            column = "CAST(CAST(%s AS INTEGER) AS VARCHAR)" % column
        columns.append(column)
    return "SELECT %s FROM '%s'" % (", ".join(columns), file)


@promise
def parquet_holds_the_rows_of_the_csv(world):
    duck = duckdb(world)
    folder = all_formats(world, formats="csv,parquet")
    for table in TABLES:
        file = folder / (table + ".parquet")
        types = {row[0]: row[1] for row in duck.rows(
            "DESCRIBE SELECT * FROM '%s'" % file)}
        header, rows = csv_rows(folder, table)
        require(list(types) == header, table, "has other columns")
        found = duck.rows(query_of(header, types, file))
        require(len(found) == len(rows), table, "has", len(found), "rows")
        for one, other in zip(found, rows):
            for name, left, right in zip(header, one, other):
                if types[name] == "DOUBLE" and left is not None:
                    left = "%.9g" % float(left)
                require((left or "") == right, table, name, left, right)
    left = [path.name for path in (folder / "current").iterdir()
            if "duckdb" in path.name]
    require(not left, "something is left behind:", left)


@promise
def without_its_library_parquet_says_how_to_get_it(world):
    empty = world.place / "empty.jsonl"
    empty.write_bytes(b"\n")
    done = world.call("run", "-q", "-o", world.place / "out", "--format",
                      "parquet", empty,
                      env=dict(os.environ, SANDPIPER_DUCKDB="/no/such.so"))
    require(done.returncode == 78, "exit", done.returncode)
    require("--with-parquet" in done.stderr, done.stderr)
    require(not (world.place / "out" / "current").exists(), "a set is there")


@promise
def only_the_columns_asked_for_are_written_and_they_are_the_same(world):
    whole = all_formats(world, formats="csv,jsonl,sqlite")
    header, rows = csv_rows(whole, "accounts")
    chosen = ["posts", "account_id", "retweets_received", "top_client"]
    places = sorted(header.index(name) for name in chosen)
    part = all_formats(world, "--columns", ",".join(chosen),
                       formats="csv,jsonl,sqlite", name="part")
    names, found = csv_rows(part, "accounts")
    require(names == [header[i] for i in places], names)
    require(found == [[row[i] for i in places] for row in rows],
            "cells differ")
    database = sqlite3.connect(part / "features.sqlite")
    cursor = database.execute("SELECT * FROM accounts")
    require([one[0] for one in cursor.description] == names, "in SQLite")
    require([[as_printed(v) for v in row] for row in cursor] == found,
            "rows in SQLite")
    empty = world.place / "empty.jsonl"
    empty.write_bytes(b"\n")
    done = world.call("run", "-o", world.place / "bad", "--columns",
                      "posts,nonsense", empty)
    require(done.returncode == 64 and "nonsense" in done.stderr, done.stderr)


if __name__ == "__main__":
    sys.exit(main())
