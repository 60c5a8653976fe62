#!/usr/bin/env python3
"""Defects to be planted in the sources, each with the test that must fail.

    mutants.py --plant N --into DIR    writes DIR/FILE with defect N, and
                                       prints FILE
    mutants.py --table                 for docs/RELIABILITY.md

A mutant is one text of one source file, which stands there once, and another
text in its place. It says what a user would suffer from it and names the test
that kills it, as narrow and quick as there is one. scripts/mutants tries them.
The lists are by where in the way of the data the defect sits. When a source
changes so that a text is no longer in it, the mutant is to be written anew.
"""

import argparse
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))

from planted import CANARY  # noqa: E402
from planted_out import PLANTED as OUT  # noqa: E402
from planted_reading import PLANTED as READING  # noqa: E402
from planted_state import PLANTED as STATE  # noqa: E402
from planted_tables import PLANTED as TABLES  # noqa: E402

ALL = {mutant.number: mutant
       for mutant in [CANARY, *READING, *TABLES, *STATE, *OUT]}
assert len(ALL) == 1 + len(READING + TABLES + STATE + OUT), \
    "two mutants have one number"


def problem_of(mutant):
    """What is wrong with an entry, or None."""
    path = ROOT / mutant.file
    if path.suffix != ".c" or not path.exists():
        return "%s is no source" % mutant.file
    count = path.read_text(encoding="utf-8").count(mutant.old)
    if count != 1:
        return "its text stands %d times in %s" % (count, mutant.file)
    if mutant.old == mutant.new:
        return "changes nothing"
    return None


def plant(mutant, folder):
    problem = problem_of(mutant)
    if problem:
        sys.exit("mutant %d: %s" % (mutant.number, problem))
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    copy = folder / mutant.file
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text.replace(mutant.old, mutant.new), encoding="utf-8")


def table():
    """The lines of the table in docs/RELIABILITY.md."""
    return ["| %d | %s | `%s` | %s |" % (number, mutant.name, mutant.test,
                                         mutant.harm)
            for number, mutant in sorted(ALL.items())]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--plant", type=int)
    parser.add_argument("--into", type=pathlib.Path)
    parser.add_argument("--table", action="store_true")
    arguments = parser.parse_args()
    if arguments.table:
        print("\n".join(table()))
        return
    if arguments.plant not in ALL or not arguments.into:
        sys.exit("no such mutant, or no folder for it")
    mutant = ALL[arguments.plant]
    plant(mutant, arguments.into)
    print(mutant.file)


if __name__ == "__main__":
    main()
