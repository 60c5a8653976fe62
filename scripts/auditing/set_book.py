"""A set of outputs: its documents, its tables, and what was asked for."""

import json

from auditing.post_recount import LocalTime
from auditing.table_rows import (READABLE, TABLES, Damaged, Table,
                                 database_tables)

DEFAULT_TABLES = [name for name in TABLES if name != "posts"]


class Book:
    """ledger.json, manifest.json and features.json of a run."""

    def __init__(self, folder):
        self.folder = folder
        self.ledger = read_json(folder / "ledger.json")
        self.manifest = read_json(folder / "manifest.json")
        self.features = read_json(folder / "features.json")
        parameters = self.manifest["parameters"]
        self.formats = parameters["formats"].split(",")
        asked = parameters.get("tables")
        self.tables = [name for name in TABLES if name in asked.split(",")] \
            if asked else DEFAULT_TABLES
        self.bounded = "accounts" in parameters
        self.min_posts = parameters.get("min_posts", 1)
        self.in_database = database_tables(folder)

    def types(self, table):
        columns = self.features["columns"] if table == "accounts" \
            else self.features["tables"][table]
        return {column["name"]: column["type"] for column in columns}

    def columns(self, table):
        """In their order; those of accounts that were asked for."""
        asked = self.manifest["parameters"].get("columns")
        names = list(self.types(table))
        if table != "accounts" or not asked:
            return names
        return [name for name in names if name in asked.split(",")]

    def hashed(self):
        return self.manifest["parameters"]["pseudonyms"]

    def local_time(self):
        return LocalTime(self.manifest["parameters"])

    def readable(self, name, form):
        if form == "sqlite":
            return name in self.in_database
        return form in READABLE \
            and (self.folder / ("%s.%s" % (name, form))).exists()

    def table(self, name):
        """In the first format that can be read; None if it is not there."""
        if name not in self.tables:
            return None
        for form in READABLE:
            if form in self.formats and self.readable(name, form):
                return Table(self.folder, name, form)
        return None

    def reference(self, name, form, other):
        return Table(self.folder, name, form)


def read_json(path):
    try:
        return json.loads(path.read_bytes())
    except (ValueError, OSError) as error:
        raise Damaged("%s: %s" % (path.name, error)) from error
