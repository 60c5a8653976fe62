#!/usr/bin/env python3
"""Errors planted in copies of the lock-free sources, which the recorded
histories of tests/unit/test_linear_*.c must find.

A mutant is a source with some text replaced. The test program is built with
the copy before the source in the search path, and must fail; built with the
sources as they are, it must pass. When a source changes so that a text is no
longer in it, the mutant is to be written anew.
"""

import collections
import os
import pathlib
import platform
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent / "e2e"))

from harness import Skip, main, promise, require  # noqa: E402

Mutant = collections.namedtuple("Mutant", "name source test edits")

TABLE = "stages/aggregate/slot_table.c"
CELL = "stages/aggregate/register_cell.h"
TEXT_CELL = "stages/aggregate/register_cell.c"
SET = "stages/aggregate/distinct_set.c"
NAMES = "stages/aggregate/intern_table.c"
RING = "pipeline/ring.c"
BESIDE = ("pipeline/memory.c", "pipeline/check.c", "pipeline/fault.c",
          "stages/aggregate/text_block.c")

# Wrong in any order of memory.
WRONG = [
    Mutant("find stops at MOVED", TABLE, "table", [
        ("if (outcome != CLOSED)\n"
         "            return outcome == FOUND ? found : NULL;",
         "return outcome == FOUND ? found : NULL;"),
    ]),
    Mutant("mover closes no EMPTY slot", TABLE, "table", [
        ("if (word == SLOT_EMPTY &&\n"
         "        /* Release: hands",
         "if (word == SLOT_EMPTY) return SLOT_MOVED;\n"
         "    if (word == SLOT_EMPTY &&\n"
         "        /* Release: hands"),
    ]),
    Mutant("loser does not look at winner", TABLE, "table", [
        ("                return ADDED;\n"
         "        }",
         "                return ADDED;\n"
         "            continue;\n"
         "        }"),
    ]),
    Mutant("advance does not wait for moved", TABLE, "table", [
        ("if (!next || atomic_load_explicit(&array->moved,\n"
         "                                          memory_order_seq_cst) !=\n"
         "                         array->stretches)",
         "if (!next)"),
    ]),
    Mutant("occupied slots are not copied", TABLE, "table", [
        ("if (word == SLOT_MOVED)\n"
         "            continue;",
         "continue;"),
    ]),
    Mutant("stretch counted before it is moved", TABLE, "table", [
        ("if (move_stretch(table, array, next, stretch) &&\n"
         "                atomic_fetch_add_explicit(&array->moved, 1,\n"
         "                                          "
         "memory_order_seq_cst) + 1 ==\n"
         "                    array->stretches)\n"
         "                advance(table);",
         "if (atomic_fetch_add_explicit(&array->moved, 1, "
         "memory_order_seq_cst) + 1 == array->stretches) advance(table);\n"
         "            move_stretch(table, array, next, stretch);"),
    ]),
    Mutant("published before written", RING, "ring", [
        ("cell->item = item;\n",
         ""),
        ("atomic_store_explicit(&cell->sequence, at + 1, memory_order_release);",
         "atomic_store_explicit(&cell->sequence, at + 1, "
         "memory_order_release);\n"
         "        cell->item = item;"),
    ]),
    Mutant("given back before taken", RING, "ring", [
        ("        void *item = cell->item;\n",
         ""),
        ("                              memory_order_release);\n"
         "        return item;",
         "                              memory_order_release);\n"
         "        void *item = cell->item;\n"
         "        return item;"),
    ]),
    Mutant("empty told when busy", RING, "ring", [
        ("int64_t ahead = (int64_t)(turn - (at + 1));\n"
         "        if (ahead < 0)",
         "int64_t ahead = (int64_t)(turn - (at + 1));\n"
         "        if (ahead != 0)"),
    ]),
    Mutant("full one early", RING, "ring", [
        ("if (ahead < 0)\n"
         "            return false;",
         "if (ahead < 0 || ring_count(ring) >= ring->mask)\n"
         "            return false;"),
    ]),
    Mutant("no second look at the time", CELL, "cell", [
        ("} while (view.when != atomic_load_explicit(&cell->half.when,\n"
         "                                               memory_order_acquire));",
         "} while (0);"),
    ]),
    Mutant("value before time", CELL, "cell", [
        ("    do {\n"
         "        /* Acquire: pairs with cell_replace",
         "    do {\n"
         "        seen.value = "
         "atomic_load_explicit(&cell->half.value, memory_order_relaxed);\n"
         "        /* Acquire: pairs with cell_replace"),
        ("        seen.value = atomic_load_explicit(&cell->half.value,\n"
         "                                          memory_order_relaxed);\n"
         "        if (when == seen.when &&",
         "        if (when == seen.when &&"),
    ]),
    Mutant("no retry", CELL, "cell", [
        ("while (value > seen &&\n"
         "           !atomic",
         "if (value > seen &&\n"
         "           !atomic"),
    ]),
    Mutant("held of the wrong moment", TEXT_CELL, "cell", [
        ("*held = seen.when && text_equal(text, now);",
         "if (!*held) *held = seen.when && text_equal(text, now);"),
    ]),
    Mutant("registers begin without the first", SET, "cell", [
        ("    hll_raise(fresh, atomic_load_explicit(&set->first, "
         "memory_order_relaxed));\n",
         ""),
    ]),
    Mutant("registers published before filled", SET, "cell", [
        ("    hll_raise(fresh, atomic_load_explicit(&set->first, "
         "memory_order_relaxed));\n"
         "    for (int i = 0; i < MORE_HASHES; i++)\n"
         "        hll_raise(fresh, atomic_load_explicit(&more->hashes[i],\n"
         "                                              "
         "memory_order_relaxed));\n",
         ""),
    ]),
    Mutant("the loser takes its own number", NAMES, "table", [
        ("*id = winner->id;",
         "*id = own;"),
    ]),
    Mutant("the loser forgets its number", NAMES, "table", [
        ("winner == entry ? 0 : own;",
         "0;"),
    ]),
    Mutant("the winner keeps its number", NAMES, "table", [
        ("winner == entry ? 0 : own;",
         "own;"),
    ]),
]

# Right under sequential consistency, and a race in C.
WEAK = [
    Mutant("slots published relaxed", TABLE, "table", [
        ("memory_order_acq_rel,\n"
         "                    memory_order_acquire))\n"
         "                return ADDED",
         "memory_order_relaxed,\n"
         "                    memory_order_relaxed))\n"
         "                return ADDED"),
    ]),
    Mutant("slots loaded relaxed", TABLE, "table", [
        ("uint64_t word = atomic_load_explicit(slot, memory_order_acquire);\n"
         "        if (word == SLOT_EMPTY) {",
         "uint64_t word = atomic_load_explicit(slot, memory_order_relaxed);\n"
         "        if (word == SLOT_EMPTY) {"),
    ]),
    Mutant("next linked relaxed", TABLE, "table", [
        ("if (atomic_compare_exchange_strong_explicit(&array->next, "
         "&next, fresh,\n"
         "                                                memory_order_acq_rel,",
         "if (atomic_compare_exchange_strong_explicit(&array->next, "
         "&next, fresh,\n"
         "                                                memory_order_relaxed,"),
    ]),
    Mutant("current put relaxed", TABLE, "table", [
        ("if "
         "(atomic_compare_exchange_strong_explicit(&table->current, "
         "&first, fresh,\n"
         "                                                memory_order_acq_rel,",
         "if "
         "(atomic_compare_exchange_strong_explicit(&table->current, "
         "&first, fresh,\n"
         "                                                memory_order_relaxed,"),
    ]),
    Mutant("ring sequence relaxed", RING, "ring", [
        ("at + 1, memory_order_release)",
         "at + 1, memory_order_relaxed)"),
    ]),
    Mutant("ring give back relaxed", RING, "ring", [
        ("at + ring->mask + 1,\n"
         "                              memory_order_release",
         "at + ring->mask + 1,\n"
         "                              memory_order_relaxed"),
    ]),
    Mutant("set block published relaxed", SET, "cell", [
        ("&set->more, &more, fresh, memory_order_acq_rel,",
         "&set->more, &more, fresh, memory_order_relaxed,"),
    ]),
    Mutant("text cell read relaxed", CELL, "cell", [
        ("view.value = atomic_load_explicit(&cell->half.value,\n"
         "                                          memory_order_acquire);\n"
         "    } while (view.when != atomic_load_explicit(&cell->half.when,\n"
         "                                               memory_order_acquire));",
         "view.value = atomic_load_explicit(&cell->half.value, "
         "memory_order_relaxed);\n"
         "    } while (view.when != "
         "atomic_load_explicit(&cell->half.when, memory_order_relaxed));"),
        ("view.when = atomic_load_explicit(&cell->half.when,\n"
         "                                         memory_order_acquire);",
         "view.when = atomic_load_explicit(&cell->half.when, "
         "memory_order_relaxed);"),
    ]),
]


def double_word():
    """What the cells of 16 bytes need of the compiler."""
    return ["-mcx16"] if platform.machine() in ("x86_64", "amd64") else []


def build(world, test, flags):
    """The test program, with what stands in the world's folder first."""
    program = world.place / "program"
    done = subprocess.run(
        ["gcc", "-w", "-O1", "-g", "-std=gnu17", "-D_GNU_SOURCE",
         *double_word(), *flags, "-I", world.place, "-I", ROOT,
         "-o", program, ROOT / "tests/unit" / ("test_linear_%s.c" % test),
         *(ROOT / name for name in BESIDE),
         "-lxxhash", "-lcmocka", "-lpthread"],
        capture_output=True, text=True, check=False)
    require(done.returncode == 0, test, done.stderr[:2000])
    return program


def steady():
    """With more random bits than this, gcc 12's TSan finds its memory taken."""
    bits = pathlib.Path("/proc/sys/vm/mmap_rnd_bits")
    if not bits.exists() or int(bits.read_text()) <= 28:
        return []
    command = ["setarch", platform.machine(), "-R"]
    if subprocess.run([*command, "true"], check=False,
                      capture_output=True).returncode:
        raise Skip("TSan needs less random addresses, and setarch cannot")
    return command


def said_by(program, before=()):
    """Exit code and words; the first error is enough."""
    words = dict(os.environ, TSAN_OPTIONS="halt_on_error=1")
    words.pop("SANDPIPER_SEED", None)
    done = subprocess.run([*before, program], env=words, capture_output=True,
                          text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def plant(world, mutant):
    """The mutated copy; gives its place."""
    text = (ROOT / mutant.source).read_text(encoding="ascii")
    for old, new in mutant.edits:
        require(text.count(old) == 1, mutant.name, ": not once there:", old)
        text = text.replace(old, new)
    copy = world.place / mutant.source
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(text, encoding="ascii")
    return copy


def try_mutants(world, mutants, flags, before, sign):
    for test in sorted({mutant.test for mutant in mutants}):
        code, said = said_by(build(world, test, flags), before)
        require(code == 0, test, "fails as it is:", said[-2000:])
    for mutant in mutants:
        copy = plant(world, mutant)
        code, said = said_by(build(world, mutant.test, flags), before)
        copy.unlink()
        require(code != 0 and sign in said, mutant.name, "is not found")
        print("found:", mutant.name)


@promise
def errors_planted_in_the_sources_break_a_history(world):
    try_mutants(world, WRONG, [], [], "SANDPIPER_SEED=")


@promise
def orders_planted_too_weak_are_races(world):
    before = steady()
    try_mutants(world, WEAK, ["-fsanitize=thread"], before, "data race")


if __name__ == "__main__":
    sys.exit(main())
