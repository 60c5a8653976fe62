#!/usr/bin/env python3
"""The rules of style that a machine can hold.

Each promise reads the source tree alone. An exception stands in EXCEPTIONS
with its reason; a rule without a check is advice.
"""

import collections
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve()
ROOT = HERE.parent.parent.parent
sys.path.insert(0, str(HERE.parent.parent / "e2e"))

from harness import main, promise, require  # noqa: E402

FOLDERS = ("pipeline", "stages", "bench", "tests", "scripts", "docs", ".ci")
TOP = ("CMakeLists.txt", "README.md", "CONTRIBUTING.md", "SECURITY.md",
       "CHANGELOG.md", "NOTICE")
CODE = (".c", ".h", ".def")
LINES_MAX, FUNCTION_MAX, COLUMNS_MAX = 600, 70, 100

EXCEPTIONS = {
    # A file or a function that may break a rule of shape, and why.
    "bench/generate/gen_words.c": "tables of words, a row as long as it is",
    "tests/unit/test_decode.c": "each damage in each way of reading, one rig",
    "stages/parse/text_class_table.c": "made by scripts/unicode-tables",
    "reference_difference": "one comparison a register",
}
# Where a third-party header stands, and why in more than one place.
HEADER_PLACES = {
    # A decoder is several nouns; they share one folder. Frames are made in one.
    "zstd": ["stages/decode", "stages/encode"],
    # The digest of a shard's bytes is the pipeline's, which knows no stage.
    "xxhash": ["pipeline/feed.c", "stages/hash.h"],
    # Two documents are written whole; stages do not include each other.
    "jansson": ["stages/emit/dictionary_json.c", "stages/json_memory.c",
                "stages/ledger_json.h"],
    "bzlib": ["stages/decode/bunzipper.c"],
    "zlib": ["stages/decode/inflater.c"],
    "liburing": ["pipeline/source_uring.c"],
    "hwloc": ["pipeline/topology.c"],
    "sodium": ["stages/pseudonym.c"],
    "sqlite3": ["stages/emit/sqlite.c"],
    "utf8proc": ["stages/parse/text_normal.c"],
}
# Ours, and the C library's and the kernel's: not third-party.
THIRD_PARTY = re.compile(
    r"#include <(zstd|zstd_errors|zdict|liburing|hwloc|jansson|xxhash|"
    r"archive|bzlib|zlib|utf8proc|sqlite3|sodium)[./]")
SPECIMEN = re.compile(r'X\(\s*[A-Z0-9_]+,\s*"([a-z0-9_]+)"')
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
LITERAL = re.compile(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'')


def name_of(path):
    return str(path.relative_to(ROOT))


def all_files():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (ROOT / name for name in TOP if (ROOT / name).exists())


def sources(*folders, endings=CODE):
    return [path for path in all_files() if path.suffix in endings
            and name_of(path).split("/")[0] in folders]


def is_text(path):
    return path.suffix in CODE + (".py", ".md", ".txt", ".json", ".1") \
        and "specimens" not in path.parts or path.parent.name == "scripts"


def bare(text):
    """Without comments and without what stands in quotes; lines stay."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match[0])
    text = COMMENT.sub(blank, LITERAL.sub(
        lambda m: m[0][0] + " " * (len(m[0]) - 2) + m[0][0], text))
    return LITERAL.sub(blank, text)


def report(found):
    found = list(found)
    for problem in found:
        print(problem)
    require(not found, len(found), "problems")


# ---- shape ------------------------------------------------------------------

@promise
def no_line_is_longer_than_100_columns(world):
    def found():
        for path in filter(is_text, all_files()):
            if path.suffix in (".md", ".json") or name_of(path) in EXCEPTIONS:
                continue
            lines = path.read_text(encoding="utf-8").split("\n")
            for number, line in enumerate(lines, 1):
                if len(line) > COLUMNS_MAX:
                    yield "%s:%d: %d columns" % (name_of(path), number,
                                                 len(line))
    report(found())


@promise
def no_source_file_is_longer_than_600_lines(world):
    def found():
        for path in sources("pipeline", "stages", "bench", "tests",
                            endings=CODE + (".py",)):
            count = len(path.read_text(encoding="utf-8").splitlines())
            if count > LINES_MAX and name_of(path) not in EXCEPTIONS:
                yield "%s: %d lines" % (name_of(path), count)
    report(found())


def functions(text):
    """(name, first line, lines) of every body that begins in column one."""
    lines = bare(text).split("\n")
    start = None
    for number, line in enumerate(lines):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            head = " ".join(lines[max(0, start - 8):start])
            names = re.findall(r"(\w+)\s*\(", head.rpartition(";")[2]
                               .rpartition("}")[2])
            yield names[0] if names else "?", start, number - start + 1
            start = None


@promise
def no_function_is_longer_than_70_lines(world):
    def found():
        for path in sources("pipeline", "stages", "bench", "tests",
                            endings=(".c", ".h")):
            for name, line, length in functions(
                    path.read_text(encoding="utf-8")):
                if length > FUNCTION_MAX and name not in EXCEPTIONS \
                        and name != "main":
                    yield "%s:%d: %s has %d lines" % (name_of(path), line,
                                                      name, length)
    report(found())


@promise
def file_names_are_unique(world):
    places = collections.defaultdict(list)
    for path in all_files():
        if path.name not in ("README.md", "CMakeLists.txt") \
                and not {"corpus", "specimens"} & set(path.parts):
            places[path.name].append(name_of(path))
    report("%s: %s" % item for item in places.items() if len(item[1]) > 1)


@promise
def every_header_opens_with_its_contract(world):
    guard = re.compile(r"\A#ifndef (\w+)\n#define \1\n|\A#pragma once\n")

    def found():
        for path in sources("pipeline", "stages", endings=(".h",)):
            text = path.read_text(encoding="utf-8")
            if not guard.match(text):
                yield "%s: no guard" % name_of(path)
            first_word = re.sub(r"(?m)^\s*#.*\n|^\s*\n", "", text)
            if not first_word.lstrip().startswith("/*"):
                yield "%s: no contract" % name_of(path)
    report(found())


# ---- includes ---------------------------------------------------------------

def includes(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


@promise
def the_pipeline_never_includes_the_stages(world):
    report("%s includes %s" % (name_of(path), header)
           for path in sources("pipeline") for header in includes(path)
           if header.startswith("stages/") and path.name != "main.c")


@promise
def a_stage_never_includes_another_stage(world):
    def found():
        for path in sources("stages"):
            own = path.parent.relative_to(ROOT / "stages").parts[:1]
            for header in includes(path):
                other = pathlib.PurePosixPath(header).parts[1:-1][:1]
                if own and other and header.startswith("stages/") \
                        and own != other:
                    yield "%s includes %s" % (name_of(path), header)
    report(found())


@promise
def includes_are_written_from_the_root(world):
    def found():
        for path in sources("pipeline", "stages"):
            for header in includes(path):
                if not (ROOT / header).exists():
                    yield "%s includes %s" % (name_of(path), header)
    report(found())


@promise
def a_third_party_header_is_included_in_its_place_alone(world):
    places = collections.defaultdict(set)
    for path in sources("pipeline", "stages"):
        for header in THIRD_PARTY.findall(path.read_text(encoding="utf-8")):
            library = "zstd" if header in ("zstd", "zstd_errors", "zdict") \
                else header
            places[library].add(name_of(path.parent if library == "zstd"
                                        else path))
    report("%s: %s" % (library, sorted(where))
           for library, where in places.items()
           if sorted(where) != HEADER_PLACES.get(library))


# ---- words ------------------------------------------------------------------

def words_found(pattern, *folders):
    expression = re.compile(pattern)
    for path in filter(is_text, all_files()):
        if path == HERE or folders and \
                name_of(path).split("/")[0] not in folders:
            continue
        lines = path.read_text(encoding="utf-8").split("\n")
        for number, line in enumerate(lines, 1):
            if expression.search(line):
                yield "%s:%d: %s" % (name_of(path), number, line.strip())


@promise
def no_file_holds_what_is_still_to_do(world):
    report(words_found(r"\b(TODO|FIXME|XXX|HACK)\b"))


@promise
def no_file_names_the_paths_of_one_machine(world):
    report(words_found(r"/(home|root|work|Users)/\w"))


@promise
def only_main_ends_the_program(world):
    """And a check that failed."""
    def found():
        for path in sources("pipeline", "stages", endings=(".c", ".h")):
            text = bare(path.read_text(encoding="utf-8"))
            for number, line in enumerate(text.split("\n"), 1):
                if re.search(r"(?<!\w)(exit|_exit|quick_exit)\s*\(", line) \
                        and path.name not in ("main.c", "check.c"):
                    yield "%s:%d: %s" % (name_of(path), number, line.strip())
    report(found())


@promise
def nothing_is_allocated_on_the_stack_by_input(world):
    report("%s: alloca" % name_of(path)
           for path in sources("pipeline", "stages", "bench")
           if re.search(r"(?<!\w)alloca\s*\(",
                        bare(path.read_text(encoding="utf-8"))))


# ---- specimens --------------------------------------------------------------

def reasons(header, table):
    """The stable names of an X-table."""
    text = (ROOT / header).read_text(encoding="utf-8")
    body = re.search(r"#define %s\(X\)((?:.*\\\n)*.*\n)" % table, text)
    require(body, header, "has no table", table)
    names = SPECIMEN.findall(body[1].replace("\\\n", ""))
    require(len(names) >= 5, table, "holds only", names)
    return names


def check_specimens(folder, header, table):
    there = {path.stem for path in
             (ROOT / "tests" / "specimens" / folder).iterdir()}
    wanted = set(reasons(header, table))
    require(there == wanted, "without a specimen:", sorted(wanted - there),
            "without a reason:", sorted(there - wanted))


@promise
def every_line_reason_has_a_specimen(world):
    check_specimens("lines", "stages/tally.h", "LINE_REASONS")


@promise
def every_frame_reason_has_a_specimen(world):
    check_specimens("frames", "stages/decode/decode.h", "FRAME_REASONS")


# ---- the fault matrix -------------------------------------------------------

@promise
def every_fault_has_a_case_and_the_page_lists_it(world):
    sys.path.insert(0, str(ROOT / "tests" / "faults"))
    import matrix
    page = (ROOT / "docs" / "RELIABILITY.md").read_text(encoding="utf-8")
    table = "\n".join(matrix.table())
    require(table in page, "docs/RELIABILITY.md lacks the table that "
            "tests/faults/matrix.py prints")
    report("%s: %s has no %s" % (item, file, name)
           for item, cases in matrix.MATRIX.items() for file, name in cases
           if not re.search(r"\b%s\b" % name, (ROOT / "tests" / file)
                            .read_text(encoding="utf-8")))


@promise
def every_promise_has_a_state_and_a_test(world):
    """P1 to P16: each once in the first table, and in a row of tests."""
    page = (ROOT / "docs" / "PROMISES.md").read_text(encoding="utf-8")
    promises, tests = page.split("\n## Tests\n")
    stated = re.findall(r"^\| (P\d+) \|.*\| (held|partly|later)\b",
                        promises, re.MULTILINE)
    wanted = ["P%d" % number for number in range(1, 17)]
    require([name for name, _ in stated] == wanted, "promises:", stated)
    tried = set(re.findall(r"^\| (P\d+) \| `[^`]+` \| .*`[^`]+`", tests,
                           re.MULTILINE))
    lacking = [name for name, state in stated
               if state != "later" and name not in tried]
    require(not lacking, "no test is named for", lacking)


@promise
def every_test_that_a_promise_names_exists(world):
    page = (ROOT / "docs" / "PROMISES.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| P\d+ \| `([^`]+)` \| (.*) \|$", page, re.MULTILINE)
    require(len(rows) > 30, "only", len(rows), "rows of tests")
    report("%s has no %s" % (file, name) for file, names in rows
           for name in re.findall(r"`(\w+)`", names)
           # Where names are made for each of several numbers, N is that.
           if not re.search(r"\b%s\b" % name.replace("_N_", "_.+_"), (ROOT / "tests" / file)
                            .read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main())
