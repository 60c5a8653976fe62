#!/usr/bin/env python3
"""Every reason to reject has a specimen, and the specimen meets its reason."""

import pathlib
import sys

from harness import main, promise, require

SPECIMENS = pathlib.Path(__file__).resolve().parent.parent / "specimens"
# What a specimen needs to be one.
OPTIONS = {"line_too_long": ("--line-max", "4K"),
           "frame_window": ("--memory", "128M", "--threads", "1")}


def run_specimen(world, path):
    return world.run(path.stem, *OPTIONS.get(path.stem, ()), path)


def check_shown(outputs, reason):
    shown = [sample["reason"] for sample in outputs.rejects()]
    require(reason in shown, reason, "is not among the samples:", shown)


@promise
def a_line_specimen_is_counted_and_shown_by_its_name(world):
    paths = sorted((SPECIMENS / "lines").iterdir())
    require(paths, "no specimens")
    for path in paths:
        outputs = run_specimen(world, path)
        total = outputs.total()
        counted = {**total["lines"]["rejected"],
                   **total["records"]["rejected"]}
        require(path.stem in counted, path.name, "counts as", counted)
        check_shown(outputs, path.stem)


@promise
def a_frame_specimen_is_counted_and_shown_by_its_name(world):
    paths = sorted((SPECIMENS / "frames").iterdir())
    require(paths, "no specimens")
    for path in paths:
        outputs = run_specimen(world, path)
        counted = outputs.total()["frames"]["rejected"]
        require(path.stem in counted, path.name, "counts as", counted)
        check_shown(outputs, path.stem)


@promise
def a_good_line_beside_a_specimen_is_kept(world):
    for folder in ("lines", "frames"):
        for path in sorted((SPECIMENS / folder).iterdir()):
            outputs = run_specimen(world, path)
            posts = outputs.ledger()["result"]["posts"]
            require(posts >= 1, path.name, "keeps no post")


if __name__ == "__main__":
    sys.exit(main())
