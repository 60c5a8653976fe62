#!/usr/bin/env python3
"""The analyst's page says what the tables say, and foreign text is harmless."""

import json
import pathlib
import subprocess
import sys

from harness import first_difference, main, promise, require

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MARK = b"<!-- below: written by scripts/analyst-page -->\n\n"


def page_of(folder):
    done = subprocess.run([sys.executable, "-B", ROOT / "scripts" /
                           "analyst-page", folder], check=True,
                          stdout=subprocess.PIPE)
    return done.stdout


@promise
def the_page_on_thailand_is_what_the_archive_gives(world):
    shards = sorted(world.shared("io_archive").glob("thailand_092020_*.zst"))
    outputs = world.run("out", "--time-zone", "Asia/Bangkok", *shards)
    page = (ROOT / "docs" / "THAILAND.md").read_bytes().partition(MARK)[2]
    made = page_of(outputs.folder)
    require(made == page, "docs/THAILAND.md is not current:",
            "" if made == page else first_difference(made, page))


@promise
def generated_and_empty_runs_have_a_page_without_accounts(world):
    archive = world.generate("archive", "--posts", "20000", "--threads", "2")
    outputs = world.run("out", *archive.shards)
    page = page_of(outputs.folder).decode()
    require("never a verdict" in page and "45/168 = 0.268" in page, page)
    for row in outputs.accounts().values():
        name = row["screen_name"] or "no name"
        require(name not in page, name)
        require(len(row["account_id"]) < 10 or row["account_id"] not in page,
                row["account_id"])
    empty = world.place / "empty.jsonl"
    empty.write_bytes(b"\n")
    page = page_of(world.run("none", empty).folder).decode()
    require("0 posts by 0 accounts" in page, page)


@promise
def foreign_text_is_harmless(world):
    post = {"id_str": "1200000000000000000", "text": "x",
            "id": 1200000000000000000, "user": {"id": 7, "id_str": "7"},
            "created_at": "Thu Nov 28 10:00:00 +0000 2019",
            "source": "a|b`c\\d\u202e\u001b[2J<script>\n"}
    shard = world.place / "one.jsonl"
    shard.write_text(json.dumps(post) + "\n")
    page = page_of(world.run("out", shard).folder).decode()
    require("| `a?b?c?d??[2J<script>` |" in page, page)


if __name__ == "__main__":
    sys.exit(main())
