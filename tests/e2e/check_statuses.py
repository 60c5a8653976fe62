#!/usr/bin/env python3
"""Every name that the program has for an outcome is produced by it.

The names are read from the tables that define them: exit codes, reasons to
reject, control messages, dialects, containers, refused plans, stages of the
profile. A new entry without a way to produce it fails here.
"""

import bz2
import contextlib
import gzip
import io
import json
import os
import pathlib
import re
import resource
import signal
import sys
import tarfile
import zipfile

from check_command import require_strace, waiting_run
from harness import Outputs, Skip, frame_of, main, promise, require

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPECIMENS = ROOT / "tests" / "specimens"
OPERATIONS = ROOT / "docs" / "OPERATIONS.md"
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]+|[0-7]{1,3}|.)")
SIMPLE = {"r": "\r", "n": "\n", "t": "\t"}


def table(header, name):
    """The entries of an X-table: the arguments of each X(...), as text."""
    text = (ROOT / header).read_text(encoding="utf-8")
    body = re.search(r"#define %s\(X\)((?:.*\\\n)*.*\n)" % name, text)
    require(body, header, "has no table", name)
    entries = re.findall(r"X\(\s*(\w+),\s*(?:\"([^\"]*)\"|(\d+))",
                         body[1].replace("\\\n", ""))
    require(len(entries) >= 5, name, "holds only", entries)
    return [(symbol, text or number) for symbol, text, number in entries]


def names_of(header, name):
    return {stable for _, stable in table(header, name)}


def require_all(wanted, found, what):
    require(wanted == set(found), what, "never produced:",
            sorted(wanted - set(found)), "without an entry:",
            sorted(set(found) - wanted))


# ---- exit codes -----------------------------------------------------------------

class Place:
    """A shard, an output directory that is not there yet, and the world."""

    def __init__(self, world, folder):
        folder.mkdir()
        self.world, self.folder = world, folder
        self.shard, self.out = folder / "shard.jsonl", folder / "out"
        self.shard.write_bytes((SPECIMENS / "lines" / "bad_json.jsonl")
                               .read_bytes())

    def code(self, *arguments, **keywords):
        return self.world.call(*arguments, **keywords).returncode

    def run(self, *arguments, **keywords):
        return self.code("run", "-q", "-o", self.out, *arguments, self.shard,
                         **keywords)


def done(place):
    return place.run()


def usage(place):
    return place.run("--bogus")


def input_missing(place):
    place.shard.unlink()
    return place.run()


def limit_address_space(size):
    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    return limit


def memory(place):
    """At any limit of the address space there is no crash: what is too little
    says so. The sizes reach from what the loader needs to what is enough."""
    if place.world.sanitized:
        raise Skip("a sanitized program maps terabytes")
    codes = {}
    for mib in range(28, 300, 8):
        codes[mib] = place.run("-t", "2", "-m", "64M",
                               preexec_fn=limit_address_space(mib << 20))
    require(set(codes.values()) <= {0, 71, 127}, "by MiB:", codes)
    require(0 in codes.values(), "300 MiB are not enough:", codes)
    return 71 if 71 in codes.values() else None


def output(place):
    place.out.write_text("mine")
    return place.run()


def reading_error(place):
    """Every read of the shard fails, as a bad disk's does."""
    strace = require_strace(place.world)
    world = place.world
    program, world.program = world.program, strace
    try:
        return world.call("-f", "-qq", "-o", os.devnull, "-P", place.shard,
                          "-e", "inject=pread64,preadv,read:error=EIO",
                          program, "run", "-q", "--io", "pread", "-o",
                          place.out, place.shard).returncode
    finally:
        world.program = program


def stopped(place):
    with waiting_run(place.world, place.out) as (run, _):
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=place.world.wait_s)
        return run.returncode


def refused(place):
    (place.folder / "real").mkdir()
    place.out.symlink_to("real")
    return place.run()


def plan(place):
    return place.run("--memory", "1M")


PRODUCERS = {"DONE": done, "USAGE": usage, "INPUT": input_missing,
             "MEMORY": memory, "OUTPUT": output, "IO": reading_error,
             "STOPPED": stopped, "REFUSED": refused, "PLAN": plan}
# Codes that come into use when a sentence of OPERATIONS.md goes. Then they
# must be produced here, or by the unit test that is named.
NOT_IN_USE = {
    "REJECTS": "65 (more rejects than a limit asked for) is kept free",
    "BUG": "70 | a bug of ours: the ledger does not balance. Other checks "
           "end the process by SIGABRT"}
PRODUCERS["REJECTS"] = lambda place: place.run("--max-rejects", "0")
# No input may produce a bug: a unit test fails a check on purpose.
UNIT_TESTS = {"BUG": ("tests/unit/test_check.c",
                      "a_failed_check_ends_with_70_after_one_line")}


def is_in_use(name):
    sentence = NOT_IN_USE.get(name)
    return sentence is None \
        or sentence not in OPERATIONS.read_text(encoding="utf-8")


def check_unit_test(code, path, test):
    source = ROOT / path
    require(source.exists() and "static void %s(" % test
            in source.read_text(encoding="utf-8"), code, "is not produced:",
            path, "has no", test)


def make_code_promise(name, code):
    """One promise a code, so that one that must be skipped skips alone."""
    def keep(world):
        if not is_in_use(name):
            print("not in use yet, as the docs say:", NOT_IN_USE[name])
        elif name in UNIT_TESTS:
            check_unit_test(code, *UNIT_TESTS[name])
        else:
            require(name in PRODUCERS, code, "has no function here")
            place = Place(world, world.place / name.lower())
            found = PRODUCERS[name](place)
            require(found == int(code), name, "gives", found)
    keep.__name__ = "exit_code_%s_is_produced_or_not_in_use" % code
    keep.__module__ = __name__
    return promise(keep)


for _name, _code in table("pipeline/fault.h", "EXIT_CODES"):
    make_code_promise(_name, _code)


@promise
def every_exit_code_is_in_the_docs(world):
    pages = {"OPERATIONS.md": r"(?m)^\| %s \||^%s \(",
             "sandpiper.1": r"(?m)^\.It %s\b"}
    for name, code in table("pipeline/fault.h", "EXIT_CODES"):
        for page, pattern in pages.items():
            if page == "sandpiper.1" and not is_in_use(name):
                continue
            text = (ROOT / "docs" / page).read_text(encoding="utf-8")
            require(re.search(pattern.replace("%s", code), text), page,
                    "does not tell of", code)


# ---- reasons to reject ------------------------------------------------------------

@promise
def every_reason_to_reject_is_counted_under_its_name(world):
    """All specimens in one run: lines and frames, each by its name."""
    done = world.run("out", "--line-max", "4K", "--memory", "128M",
                     "--threads", "1",
                     *sorted((SPECIMENS / "lines").iterdir()),
                     *sorted((SPECIMENS / "frames").iterdir()))
    total = done.total()
    require_all(names_of("stages/tally.h", "LINE_REASONS"),
                total["lines"]["rejected"], "reasons of lines")
    require_all(names_of("stages/decode/decode.h", "FRAME_REASONS"),
                total["frames"]["rejected"], "reasons of frames")
    shown = {sample["reason"] for sample in done.rejects()}
    require_all(set(total["lines"]["rejected"])
                | set(total["frames"]["rejected"]), shown, "samples")


@promise
def the_audit_knows_every_name(world):
    """It must not learn from the program, but it may not fall behind."""
    from auditing import document_laws as laws
    for known, header, name in (
            (laws.LINE_REASONS, "stages/tally.h", "LINE_REASONS"),
            (laws.FRAME_REASONS, "stages/decode/decode.h", "FRAME_REASONS"),
            (laws.DIALECTS, "stages/tally.h", "DIALECTS")):
        require_all(names_of(header, name), known, name)


# ---- records -----------------------------------------------------------------------

def bluesky(collection, operation="create"):
    return {"did": "did:plc:a", "time_us": 1_700_000_000_000_000,
            "kind": "commit", "commit": {
                "operation": operation, "collection": collection,
                "rkey": "k", "record": {"text": "sand"}}}


def control_record(name):
    """A record of this kind, by docs/FORMATS.md."""
    if name.startswith("app.bsky."):
        return bluesky(name)
    special = {
        "delete": {"delete": {"status": {"id": 5, "user_id": 7}}},
        "limit": {"limit": {"track": 3}},
        "errors": {"errors": []},
        "other_collection": bluesky("org.example.sand"),
        "identity": {"did": "did:plc:a", "time_us": 1, "kind": "identity"},
        "account": {"did": "did:plc:a", "time_us": 1, "kind": "account"},
        "other_event": {"did": "did:plc:a", "time_us": 1, "kind": "tide"}}
    return special.get(name, {name: {}})


CSV = b"tweetid,userid,tweet_time\n1146454524019142656,7,2019-07-03 16:29\n"


def record_line(record):
    return json.dumps(record).encode() + b"\n"


@promise
def every_control_kind_is_counted_under_its_name(world):
    kinds = names_of("stages/tally.h", "CONTROL_KINDS")
    lines = world.place / "control.jsonl"
    # A repost is a retweet; taking it back is counted by the name.
    lines.write_bytes(b"".join(
        record_line(bluesky(kind, "delete") if kind.endswith(".repost")
                    else control_record(kind))
        for kind in sorted(kinds - {"csv_header"})))
    rows = world.place / "rows.csv"
    rows.write_bytes(CSV)
    outputs = world.run("out", lines, rows)
    require_all(kinds, outputs.total()["records"]["control"],
                "kinds in the ledger")
    require_all(kinds, outputs.json("manifest.json")["control_by_kind"],
                "kinds in the manifest")
    require(set(outputs.total()["records"]["control"].values()) == {1},
            outputs.total()["records"]["control"])


def dialect_text(name):
    """A post in this dialect."""
    user = {"id_str": "7", "screen_name": "piper"}
    return {
        "twitter_v1.1": record_line({
            "id_str": "1146454524019142656", "text": "sand", "user": user,
            "created_at": "Wed Jul 03 16:29:00 +0000 2019"}),
        "twitter_v2": record_line({"data": {
            "id": "1146454524019142657", "text": "sand", "author_id": "7",
            "created_at": "2019-07-03T16:29:00.000Z"}}),
        "io_archive": CSV,
        "reddit": record_line({
            "subreddit": "sand", "author": "piper", "id": "a1", "body": "x",
            "parent_id": "t3_b", "created_utc": 1_562_171_340}),
        "bluesky": record_line(bluesky("app.bsky.feed.post"))}.get(name, b"")


@promise
def every_dialect_is_counted_under_its_name(world):
    dialects = names_of("stages/tally.h", "DIALECTS")
    shards = []
    for name in sorted(dialects):
        shards.append(world.place / (name + ".txt"))
        shards[-1].write_bytes(dialect_text(name))
    outputs = world.run("out", *shards)
    told = outputs.total()["records"]["dialects"]
    require_all(dialects, told, "dialects in the ledger")
    require_all(dialects, outputs.json("manifest.json")[
        "posts_with_copies_by_dialect"], "dialects in the manifest")
    require(all(one["posts_with_copies"] == 1 for one in told.values()), told)


@promise
def every_kind_of_post_is_counted_under_its_name(world):
    kinds = set(re.findall(r'"(\w+)"', re.search(
        r"names\[POST_KINDS\] = \{([^}]*)\}",
        (ROOT / "stages" / "ledger.c").read_text())[1]))
    require(len(kinds) == 4, kinds)
    base = {"text": "sand", "user": {"id_str": "7"},
            "created_at": "Wed Jul 03 16:29:00 +0000 2019"}
    inner = {**base, "id_str": "5", "user": {"id_str": "8"}}
    shard = world.place / "kinds.jsonl"
    shard.write_bytes(b"".join(record_line({
        **base, "id_str": str(1146454524019142656 + at), **more})
        for at, more in enumerate((
            {}, {"quoted_status": inner}, {"in_reply_to_status_id_str": "5"},
            {"retweeted_status": inner}))))
    manifest = world.run("out", shard).json("manifest.json")
    require_all(kinds, manifest["posts_with_copies_by_kind"], "kinds")


# ---- shards --------------------------------------------------------------------------

def c_bytes(literals):
    """What C string literals behind one another mean."""
    def escape(match):
        what = match[1]
        if what[0] == "x":
            return chr(int(what[1:], 16))
        return chr(int(what, 8)) if what[0].isdigit() \
            else SIMPLE.get(what, what)
    return b"".join(ESCAPE.sub(escape, text).encode("latin-1")
                    for text in LITERAL.findall(literals))


def tar_bytes(name, content):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_bytes(name, content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr(name, content)
    return out.getvalue()


@promise
def every_container_is_told_by_its_name(world):
    entries = re.findall(
        r'\{SHARD_(\w+), "([^"]+)",\s*MAGIC\((.*?)\), (\d+)\}',
        (ROOT / "stages" / "decode" / "shard_format.c").read_text())
    require(len(entries) >= 20, entries)
    line = dialect_text("twitter_v1.1")
    opened = {"GZIP": gzip.compress(line), "BZIP2": bz2.compress(line),
              "ZIP": zip_bytes("a.json", line),
              "TAR": tar_bytes("a.json", line)}
    wanted, files = {}, [("zstd", frame_of(line)), ("text", line),
                         ("empty", b"")]
    files += [(name, opened[form] if form in opened else
               b"\0" * int(place) + c_bytes(magic) + b"\xfe" * 64)
              for form, name, magic, place in entries]
    for at, (name, content) in enumerate(files):
        shard = world.place / ("%02d" % at)
        shard.write_bytes(content)
        wanted[str(shard)] = name
    outputs = world.run("out", *wanted)
    found = {shard["shard"]: shard["container"] for shard
             in outputs.json("manifest.json")["shards"]
             if "!" not in shard["shard"]}
    require(found == wanted, [(one, wanted[one], found.get(one))
                              for one in wanted
                              if found.get(one) != wanted[one]])


@promise
def every_framing_is_told_by_its_name(world):
    names = set(re.findall(r"\bFRAMING_([A-Z]+)\b", re.search(
        r"enum framing \{([^}]*)\}", (ROOT / "stages" / "split"
                                      / "split.h").read_text())[1]))
    texts = {"LINES": b"{}\n", "CSV": CSV,
             "DOCUMENT": b"[\n" + dialect_text("twitter_v1.1") + b"]\n"}
    require_all(names, texts, "framings")
    shards = []
    for name, text in texts.items():
        shards.append(world.place / name)
        shards[-1].write_bytes(text)
    told = world.run("out", *shards).json("manifest.json")["shards"]
    require({shard["framing"].upper() for shard in told} == set(texts), told)


# ---- plans, and the profile -------------------------------------------------------------

@promise
def every_refused_plan_is_asserted_and_told(world):
    """Some cannot be reached from the command line: all are in the unit
    test; those that can end with 78."""
    unit = (ROOT / "tests" / "unit" / "test_plan.c").read_text()
    refusals = table("pipeline/plan.h", "PLAN_REFUSALS")
    require(not [symbol for symbol, _ in refusals if symbol not in unit],
            "no unit test has", [symbol for symbol, _ in refusals
                                 if symbol not in unit])
    for words, arguments in (("smallest", ("--memory", "1M")),
                             ("memory", ("--memory", "1000T")),
                             ("line", ("--line-max", "1T"))):
        done = world.call("run", "--plan", *arguments)
        require(done.returncode == 78 and words in done.stderr, arguments,
                done.returncode, done.stderr)


@promise
def every_stage_has_its_time(world):
    shard = world.place / "shard.jsonl"
    shard.write_bytes(dialect_text("twitter_v1.1"))
    stages = names_of("stages/profile.h", "PROFILE_STAGES")
    timings = world.run("out", shard).json("timings.json")
    found = world.place / "found"
    done = world.call("filter", "-q", "-o", found, "--word", "sand", shard)
    require(done.returncode == 0, done.stderr)
    filtered = Outputs(found).json("timings.json")
    require_all(stages, {*timings["lane_ns"], *filtered["lane_ns"]},
                "stages")


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        sys.exit(main())
