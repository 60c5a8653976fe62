"""What a mutant is, and the one that changes nothing."""

import collections

# number; name, as it stands in tables; file; the text that stands in it once;
# what stands there instead; what a user would suffer; the test, as CTest
# names it; quick: among those that every test run tries.
Mutant = collections.namedtuple(
    "Mutant", "number name file old new harm test quick", defaults=(False,))

# A test that fails for it fails for anything: then nothing said of the others
# is worth a word.
CANARY = Mutant(
    99, "a comment (the canary)", "stages/emit/csv.c",
    "    *at++ = '\"';\n    for (",
    "    *at++ = '\"'; /* nothing is changed */\n    for (",
    "nothing", "unit.csv")
