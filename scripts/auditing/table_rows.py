"""Rows of a table in any format, one at a time, as plain cells.

A cell is None (null) or its text as CSV prints it: so the same table in two
formats gives equal cells. Reads CSV, JSON Lines and SQLite; Parquet needs
more than Python's standard library.
"""

import json
import re
import sqlite3

TABLES = ("accounts", "days", "hashtags", "hashtag_days", "clients",
          "languages", "domains", "created", "posts")
READABLE = ("csv", "jsonl", "sqlite")
DATABASE = "features.sqlite"
CELL = re.compile(r'"(?:[^"]|"")*"|[^",]*')


class Damaged(Exception):
    """A file that is not what its format says."""


def csv_cells(line):
    """One row; an empty cell is null, a quoted empty one is an empty text."""
    if '"' not in line:
        return [cell or None for cell in line.split(",")]
    cells, at = [], 0
    while at <= len(line):
        found = CELL.match(line, at)
        text, at = found[0], found.end()
        if line[at:at + 1] not in ("", ","):
            raise Damaged("a row that is no CSV: %r" % line[:80])
        cells.append(text[1:-1].replace('""', '"') if text[:1] == '"'
                     else text or None)
        at += 1
    return cells


def csv_rows(path):
    with open(path, "rb") as stream:
        for line in stream:
            while line.count(b'"') % 2:
                more = stream.readline()
                if not more:
                    raise Damaged("%s ends inside a quote" % path.name)
                line += more
            if not line.endswith(b"\r\n"):
                raise Damaged("%s: a row has no end of a line" % path.name)
            yield csv_cells(line[:-2].decode())


def same_text(token):
    return token


def jsonl_rows(path):
    """First the names, then rows; numbers stay as they are printed."""
    names = None
    read = json.JSONDecoder(parse_float=same_text, parse_int=same_text).decode
    with open(path, encoding="utf-8", newline="\n") as stream:
        for line in stream:
            if not line.endswith("\n"):
                raise Damaged("%s: the last row has no end" % path.name)
            row = read(line)
            if names is None:
                names = list(row)
                yield names
            elif list(row) != names:
                raise Damaged("%s: other keys than in the first row"
                              % path.name)
            yield list(row.values())


def sqlite_cell(value):
    if value is None or isinstance(value, str):
        return value
    return "%.9g" % value if isinstance(value, float) else str(value)


def sqlite_rows(path, table):
    """In the order of the key; posts, whose order is another, by time."""
    base = sqlite3.connect("file:%s?mode=ro" % path.resolve(), uri=True)
    try:
        names = [row[1] for row in base.execute(
            'PRAGMA table_info("%s")' % table)]
        if not names:
            raise Damaged("%s has no table %s" % (path.name, table))
        yield names
        order = ' ORDER BY platform, account_id, "time"' \
            if table == "posts" else ""
        for row in base.execute('SELECT * FROM "%s"%s' % (table, order)):
            yield [sqlite_cell(value) for value in row]
    except sqlite3.Error as error:
        raise Damaged("%s: %s" % (path.name, error)) from error
    finally:
        base.close()


class Table:
    """A table in one format."""

    def __init__(self, folder, name, form):
        self.name, self.form = name, form
        self.path = folder / (DATABASE if form == "sqlite"
                              else "%s.%s" % (name, form))

    def label(self):
        return "%s (%s)" % (self.name, self.form)

    def read(self):
        """(names, rows); names is None of JSON Lines without rows."""
        if self.form == "csv":
            rows = csv_rows(self.path)
        elif self.form == "jsonl":
            rows = jsonl_rows(self.path)
        else:
            rows = sqlite_rows(self.path, self.name)
        return next(rows, None), rows


def database_tables(folder):
    """Names of the tables in the database, or none."""
    path = folder / DATABASE
    if not path.exists():
        return []
    base = sqlite3.connect("file:%s?mode=ro" % path.resolve(), uri=True)
    try:
        return [row[0] for row in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'")]
    except sqlite3.Error as error:
        raise Damaged("%s: %s" % (path.name, error)) from error
    finally:
        base.close()
