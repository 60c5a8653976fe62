"""What the examples share: small records, and rows as they are printed."""

import json
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from oracle import Run, Settings, fixed_offset, format_row    # noqa: E402

# Ids below 29,700,859,247 carry no time, so timestamp_ms is the event time.
MONDAY = 1586736000000          # 2020-04-13T00:00:00.000Z, a Monday
SECOND, HOUR, DAY = 1000, 3600000, 86400000
PLUS_8 = 8 * HOUR


def status(post_id, time, account=7, user=None, **more):
    author = {"id": account, "id_str": str(account), **(user or {})}
    return {"id": post_id, "id_str": str(post_id), "text": "x",
            "timestamp_ms": str(time), "user": author, **more}


def at_times(times, **more):
    return [status(i + 1, t, **more) for i, t in enumerate(times)]


def run_of(records, **settings):
    run = Run(Settings(**settings))
    for record in records:
        run.add_text(json.dumps(record).encode())
    return run


def ledger_of(run):
    run.tables()
    return run.ledger()


def only_post(run):
    (post,), = run.copies.values()
    return post


def printed(records, offset_ms=PLUS_8, **settings):
    """{account id: row as printed}, reals as the texts in the output."""
    settings.setdefault("to_local", fixed_offset(offset_ms))
    rows = run_of(records, **settings).rows()
    parsed = [json.loads(format_row(row), parse_float=str) for row in rows]
    return {row["account_id"]: row for row in parsed}


def row_of(records, account="7", **more):
    return printed(records, **more)[account]


def g9(x):
    """A real as it is parsed back: text, or an integer if so printed."""
    text = "%.9g" % x
    return text if set(text) & set(".e") else int(text)


class Case(unittest.TestCase):
    def check(self, row, **expected):
        for name, value in expected.items():
            if isinstance(value, float):
                value = g9(value)
            self.assertEqual(row[name], value, name)
