#!/usr/bin/env python3
"""Planted defects: the lists are in order, and the quick ones are found.

All of them are tried by scripts/mutants (docs/RELIABILITY.md).
"""

import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "e2e"), str(HERE)]

from harness import main, promise, require  # noqa: E402
from mutants import ALL, problem_of, table  # noqa: E402

LEAST = 45


def tree_of(world):
    """The build tree that the program is of."""
    return pathlib.Path(world.program).resolve().parent


@promise
def every_defect_can_still_be_planted(world):
    problems = ["%d: %s" % (number, problem_of(mutant))
                for number, mutant in sorted(ALL.items())
                if problem_of(mutant)]
    require(not problems, "to be written anew:", problems)
    require(len(ALL) > LEAST, "only", len(ALL))


@promise
def every_defect_has_a_test_that_exists(world):
    done = subprocess.run(["ctest", "--test-dir", tree_of(world), "-N"],
                          check=True, capture_output=True, text=True)
    known = set(re.findall(r"Test +#\d+: (\S+)", done.stdout))
    missing = {mutant.test for mutant in ALL.values()} - known
    require(not missing, "no such tests:", sorted(missing))


@promise
def the_docs_tell_of_every_defect(world):
    """After a change: mutants.py --table, into the page."""
    page = (ROOT / "docs" / "RELIABILITY.md").read_text(encoding="utf-8")
    missing = [line for line in table() if line + "\n" not in page]
    require(not missing, "not in docs/RELIABILITY.md:", missing)
    count = sum(line.count("| `") for line in page.split("## Planted")[1]
                .split("\n## ")[0].split("\n"))
    require(count == len(ALL), "the table has", count, "of", len(ALL))


@promise
def quick_defects_are_found_and_the_canary_is_not(world):
    done = subprocess.run(
        [sys.executable, "-B", ROOT / "scripts" / "mutants", "--quick",
         "--trees", tree_of(world).parent],
        check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)
    require(done.returncode == 0, done.stdout[-6000:])
    print(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
