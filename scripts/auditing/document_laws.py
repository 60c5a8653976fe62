"""The ledger, the manifest and the samples of rejects: what must hold in and
between them, for each shard and member, and in all.
"""

import collections
import hashlib
import json
import re

from auditing.table_rows import READABLE, TABLES, Damaged, DATABASE
from auditing.table_sums import Tally, report

SAMPLES_MAX, SHOWN_MAX = 16, 160
FRAME_REASONS = {
    "frame_truncated", "frame_corrupt", "frame_checksum", "frame_size",
    "frame_header", "frame_window", "frame_dictionary", "frame_garbage",
    "container_corrupt", "container_truncated", "container_encrypted",
    "container_nested", "container_unsupported", "skippable_truncated"}
LINE_REASONS = {
    "bad_utf8", "bad_json", "bad_csv", "too_deep", "line_too_long",
    "missing_key", "bad_time", "unknown_record", "frame_lost",
    "framing_lost"}
RECORD_REASONS = {"missing_key", "bad_time", "unknown_record"}
DIALECTS = {"twitter_v1.1", "twitter_v2", "io_archive", "reddit", "bluesky"}
CONTAINERS = {"text", "empty", "zstd"}
FRAMINGS = {"lines", "document", "csv"}
KINDS = {"original", "quote", "reply", "retweet"}
MAXIMA = ("limit_track_max", "window_bytes_max")
ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2})")


def total_of(counts):
    return sum(counts.values())


# ---- balances -----------------------------------------------------------------

def check_part(verdict, where, part):
    """One shard, one member, or the total."""
    size, frames = part["bytes"], part["frames"]
    lines, records = part["lines"], part["records"]
    verdict.equal(where, "bytes: file = frames + skippable + rejected",
                  size["file"],
                  size["frames"] + size["skippable"] + size["rejected"])
    if "unpacked" in size:
        inner = size["unpacked"]
        verdict.equal(where, "unpacked bytes: file = frames + skippable + "
                      "rejected", inner["file"],
                      inner["frames"] + inner["skippable"]
                      + inner["rejected"])
    verdict.equal(where, "frames: total = ok + rejected", frames["total"],
                  frames["ok"] + total_of(frames["rejected"]))
    verdict.at_most(where, "frames: unchecked are among the good ones",
                    frames["unchecked"], frames["ok"])
    verdict.equal(where, "lines: total = accepted + control + blank + "
                  "rejected", lines["total"],
                  lines["accepted"] + lines["control"] + lines["blank"]
                  + total_of(lines["rejected"]))
    verdict.at_most(where, "lines: each has a byte of text or ends it",
                    lines["total"], size["text"] + 1)
    check_records(verdict, where, records)
    if "salvaged" in part:
        check_salvaged(verdict, where, part)
    verdict.at_most(where, "delete notices are control records",
                    part["delete_notices"],
                    records["control"].get("delete", 0))
    verdict.check(where, "reasons are known", set(frames["rejected"])
                  <= FRAME_REASONS and set(lines["rejected"]) <= LINE_REASONS
                  and set(records["rejected"]) <= LINE_REASONS,
                  "%d" % (len(frames["rejected"]) + len(lines["rejected"])
                          + len(records["rejected"])))
    negative = [name for name, value in numbers(part) if value < 0]
    verdict.equal(where, "no number is below 0", negative, [])


def check_salvaged(verdict, where, part):
    """Of frames that were rejected, and part of what counts. A packed
    container's own line tells of its members: so only the total holds all."""
    salvaged = part["salvaged"]
    verdict.at_most(where, "salvaged frames are rejected ones",
                    salvaged["frames"], total_of(part["frames"]["rejected"]))
    verdict.at_most(where, "a salvaged frame has text",
                    max(1, salvaged["frames"]), salvaged["text"])
    if where != "total":
        return
    for name, most in (("text", part["bytes"]["text"]),
                       ("lines", part["lines"]["total"]),
                       ("posts", part["records"]["posts_with_copies"])):
        verdict.at_most(where, "salvaged %s are part of the whole" % name,
                        salvaged[name], most)


def check_records(verdict, where, records):
    verdict.equal(where, "records: total = posts + control + rejected + "
                  "outside_range + no_account + users", records["total"],
                  records["posts_with_copies"] + total_of(records["control"])
                  + total_of(records["rejected"]) + records["outside_range"]
                  + records["no_account"] + records["users"])
    dialects = records["dialects"]
    verdict.equal(where, "records: posts are those of the dialects",
                  records["posts_with_copies"],
                  sum(one["posts_with_copies"] for one in dialects.values()))
    verdict.check(where, "records: dialects are known, their posts are among "
                  "their records", set(dialects) <= DIALECTS and all(
                      one["posts_with_copies"] <= one["records"]
                      for one in dialects.values()), len(dialects))
    told = sum(one["records"] for one in dialects.values())
    verdict.check(where, "records: all but unknown ones and headers of CSV "
                  "are of a dialect", records["total"]
                  - records["rejected"].get("unknown_record", 0)
                  - records["control"].get("csv_header", 0) <= told
                  <= records["total"], "%d of %d" % (told, records["total"]))


def numbers(part, path=""):
    """(name, value) of every number in a tree."""
    for key, value in part.items() if isinstance(part, dict) \
            else enumerate(part):
        name = "%s.%s" % (path, key)
        if isinstance(value, (dict, list)):
            yield from numbers(value, name)
        elif isinstance(value, int) and not isinstance(value, bool):
            yield name, value


def add(total, part):
    for name, value in part.items():
        if isinstance(value, dict):
            add(total.setdefault(name, {}), value)
        elif name in MAXIMA:
            total[name] = max(total.get(name, 0), value)
        elif not isinstance(value, str):
            total[name] = total.get(name, 0) + value


def check_ledger(verdict, ledger):
    total = {}
    check_part(verdict, "total", ledger["total"])
    for shard in ledger["shards"]:
        check_part(verdict, shard["shard"], shard)
        add(total, shard)
    if ledger["shards"]:
        names = dict(numbers(total))
        verdict.equal("total", "every number is that of the shards together",
                      names, dict(numbers(ledger["total"])))
    # Members of a container may have one name.
    names = [shard["shard"] for shard in ledger["shards"]
             if "!" not in shard["shard"]]
    verdict.equal("ledger", "no shard comes twice", len(set(names)),
                  len(names))


def check_result(verdict, ledger, min_posts):
    result, records = ledger["result"], ledger["total"]["records"]
    verdict.equal("result", "posts + duplicates = posts_with_copies",
                  result["posts"] + result["duplicates"],
                  records["posts_with_copies"])
    verdict.at_most("result", "conflicting duplicates are duplicates",
                    result["conflicting_duplicates"], result["duplicates"])
    verdict.at_most("result", "deletes come from notices", result["deletes"]
                    + result["deletes_without_account"],
                    ledger["total"]["delete_notices"])
    left = result["accounts"] - result["accounts_listed"]
    posts = result["posts"] - result["posts_listed"]
    verdict.check("result", "accounts without a row have posts, and fewer "
                  "than --min-posts", 0 <= left <= posts
                  <= left * (min_posts - 1), "%d with %d" % (left, posts))
    verdict.at_most("result", "accounts have posts", result["accounts"],
                    result["posts"])
    verdict.at_most("result", "accounts with a row have enough",
                    result["accounts_listed"] * min_posts,
                    result["posts_listed"])


# ---- manifest -------------------------------------------------------------------

def check_manifest(verdict, ledger, manifest):
    records = ledger["total"]["records"]
    by_dialect = {name: one["posts_with_copies"] for name, one
                  in records["dialects"].items() if one["posts_with_copies"]}
    verdict.equal("manifest", "posts_with_copies_by_dialect is the ledger's",
                  manifest["posts_with_copies_by_dialect"], by_dialect)
    verdict.equal("manifest", "posts_with_copies_by_kind add up to the "
                  "ledger's", total_of(manifest["posts_with_copies_by_kind"]),
                  records["posts_with_copies"])
    verdict.check("manifest", "kinds are known", set(
        manifest["posts_with_copies_by_kind"]) <= KINDS,
        len(manifest["posts_with_copies_by_kind"]))
    verdict.equal("manifest", "control_by_kind is the ledger's",
                  manifest["control_by_kind"], records["control"])
    check_shard_list(verdict, ledger, manifest)
    sample = manifest["sample"]
    some, ids = sample["ids_in_ms_657_to_666"], sample["ids_with_time"]
    verdict.check("manifest", "sample_suspected is what its counts say",
                  sample["sample_suspected"] == (
                      ids >= 100 and some >= ids // 2)
                  and some <= ids, "%d of %d" % (some, ids))
    verdict.at_most("manifest", "ids with a time are of accepted posts",
                    ids, records["posts_with_copies"]
                    + records["outside_range"])


def check_shard_list(verdict, ledger, manifest):
    shards = manifest["shards"]
    verdict.equal("manifest", "shards are the ledger's",
                  [shard["shard"] for shard in shards],
                  [shard["shard"] for shard in ledger["shards"]])
    verdict.equal("manifest", "bytes of shards are the ledger's",
                  {shard["shard"]: shard["bytes"] for shard in shards},
                  {shard["shard"]: shard["bytes"]["file"]
                   for shard in ledger["shards"]})
    verdict.check("manifest", "framings are known, digests are 32 digits",
                  all(shard["framing"] in FRAMINGS
                      and re.match(r"[0-9a-f]{32}\Z", shard["xxh3_128"])
                      for shard in shards), len(shards))
    verdict.equal("manifest", "documents are the ledger's",
                  {shard["shard"]: int(shard["framing"] == "document")
                   for shard in shards if shard["framing"] == "document"},
                  {shard["shard"]: shard["documents"]
                   for shard in ledger["shards"] if shard["documents"]})
    check_containers(verdict, ledger, shards)


def check_containers(verdict, ledger, shards):
    tally = Tally()
    for told, part in zip(shards, ledger["shards"]):
        size, frames = part["bytes"], part["frames"]
        unpacked = size.get("unpacked", {}).get("file", 0)
        good = {"text": frames["total"] <= 1
                and ("!" in told["shard"]
                     or frames["unchecked"] == frames["ok"])
                and frames["window_bytes_max"] == 0
                and frames["skippable"] == size["skippable"] == 0,
                "empty": size["file"] == 0 and unpacked == 0
                and frames["total"] == 0,
                "zstd": size["file"] + unpacked > 0}
        tally.add(good.get(told["container"], True), told["shard"])
    report(verdict, "manifest", "containers agree with frames and bytes",
           tally)


# ---- files ------------------------------------------------------------------------

def check_files(book, verdict):
    """Files of every table in every format, and columns as features.json."""
    for name in TABLES:
        for form in ("csv", "jsonl", "parquet"):
            there = (book.folder / ("%s.%s" % (name, form))).exists()
            wanted = form in book.formats and name in book.tables
            if there or wanted:
                verdict.equal("%s.%s" % (name, form),
                              "is there if it was asked for", there, wanted)
    wanted = sorted(book.tables) if "sqlite" in book.formats else []
    verdict.equal(DATABASE, "holds the tables asked for",
                  sorted(book.in_database), wanted)
    verdict.equal("ledger", "rows are told of the tables asked for",
                  sorted(book.ledger["rows"]), sorted(book.tables))
    asked = book.manifest["parameters"].get("columns")
    if asked:
        verdict.equal("features.json", "knows every column asked for",
                      sorted(book.columns("accounts")),
                      sorted(set(asked.split(","))))
    for name in book.tables:
        for form in book.formats:
            check_columns(book, verdict, name, form)


def check_columns(book, verdict, name, form):
    where = "%s (%s)" % (name, form)
    if form not in READABLE:
        verdict.cannot(where, "cells", "Parquet is not read by Python's "
                       "standard library")
        return
    if not book.readable(name, form):
        return
    try:
        names = next(iter(book.reference(name, form, form).read()))
    except Damaged as error:
        verdict.check(where, "can be read", False, str(error))
        return
    if names is None:
        verdict.cannot(where, "columns", "it has no row")
        return
    verdict.equal(where, "columns are those of features.json", names,
                  book.columns(name))


# ---- rejects ------------------------------------------------------------------------

def read_samples(folder):
    with open(folder / "rejects.jsonl", encoding="utf-8",
              newline="\n") as stream:
        try:
            return [json.loads(line) for line in stream]
        except ValueError as error:
            raise Damaged("rejects.jsonl: %s" % error) from error


def shown_bytes(text):
    """The bytes of a sample, as they were."""
    return b"".join(
        b"\\" if part == "\\\\" else bytes([int(part[2:], 16)])
        if part.startswith("\\x") and len(part) == 4 else part.encode()
        for part in re.split(r"(\\\\|\\x[0-9a-f]{2})", text))


def sample_holds(sample, pseudonyms):
    if "line" not in sample:
        # A container may end where the next member would begin.
        least = 0 if sample["reason"].startswith("container_") else 1
        return sample["reason"] in FRAME_REASONS and sample["frame"] >= 0 \
            and sample["compressed_bytes"] >= least
    shown = sample["bytes"]
    if sample["reason"] not in LINE_REASONS or sample["line"] < 1 \
            or sample["text_offset"] < 0 or (shown is None) != pseudonyms:
        return False
    return shown is None or len(shown_bytes(shown)) == min(sample["size"],
                                                           SHOWN_MAX)


def check_samples(verdict, ledger, samples, pseudonyms):
    """Reasons known, in order, at most 16, as many as were rejected."""
    shapes, order = Tally(), Tally()
    by_shard = collections.defaultdict(list)
    names = [shard["shard"] for shard in ledger["shards"]]
    places = {name: at for at, name in enumerate(names)}
    before = (-1,)
    sentences = collections.defaultdict(set)
    for number, sample in enumerate(samples, 1):
        label = "line %d of rejects.jsonl" % number
        shapes.add(sample_holds(sample, pseudonyms)
                   and sample["shard"] in places, label)
        is_line = "line" in sample
        key = (places.get(sample["shard"], -1), is_line,
               sample["text_offset"] if is_line else sample["frame"],
               sample.get("line", 0))
        order.add(before <= key, label)
        before = key
        by_shard[sample["shard"]].append(sample)
        sentences[sample["reason"]].add(sample["sentence"])
    report(verdict, "rejects", "reasons are known, bytes are as long as they "
           "may be", shapes)
    report(verdict, "rejects", "by shard, frames first, rising", order)
    verdict.equal("rejects", "a reason has one sentence", sorted(
        reason for reason, told in sentences.items() if len(told) != 1), [])
    for shard in ledger["shards"]:
        check_shard_samples(verdict, shard, by_shard[shard["shard"]])


def check_shard_samples(verdict, shard, samples):
    where = shard["shard"]
    frames = [s for s in samples if "line" not in s]
    lines = [s for s in samples if "line" in s]
    bad = shard["frames"]["rejected"]
    counted = [shard["lines"]["rejected"], shard["records"]["rejected"]]
    most = sum(map(total_of, counted))
    least = max(map(total_of, counted))
    verdict.equal(where, "samples of frames are the first 16", len(frames),
                  min(total_of(bad), SAMPLES_MAX))
    verdict.check(where, "samples of lines are the first 16",
                  min(least, SAMPLES_MAX) <= len(lines)
                  <= min(most, SAMPLES_MAX), "%d of %d to %d"
                  % (len(lines), least, most))
    check_counts(verdict, where, "frames", frames, bad)
    check_counts(verdict, where, "lines", lines, collections.Counter(
        counted[0]) + collections.Counter(counted[1]))
    if len(frames) < SAMPLES_MAX:
        check_salvaged_samples(verdict, shard, frames)
    size = sum(s["compressed_bytes"] for s in frames)
    rejected = shard["bytes"]["rejected"] + shard["bytes"].get(
        "unpacked", {"rejected": 0})["rejected"]
    if total_of(bad) <= SAMPLES_MAX and not is_container(shard):
        verdict.equal(where, "bytes of bad frames are bytes.rejected", size,
                      rejected)
    else:
        verdict.at_most(where, "bytes of bad frames are in bytes.rejected",
                        size, rejected)


def check_salvaged_samples(verdict, shard, frames):
    """Samples tell of all salvaged frames, as long as there is room."""
    told, shown = shard.get("salvaged", {}), collections.Counter()
    for sample in frames:
        shown.update(sample.get("salvaged", {}))
    if told or shown:
        verdict.equal(shard["shard"], "what was salvaged is in the samples",
                      [shown[key] for key in ("text_bytes", "lines",
                                              "posts")],
                      [told.get(key, 0) for key in ("text", "lines",
                                                    "posts")])


def is_container(shard):
    return "members" in shard or "!" in shard["shard"]


def check_counts(verdict, where, what, samples, counts):
    """Never more samples of a reason than were counted."""
    shown = collections.Counter(sample["reason"] for sample in samples)
    over = {reason: count for reason, count in shown.items()
            if count > counts.get(reason, 0)}
    verdict.equal(where, "samples of %s were counted" % what, over, {})


def check_key(verdict, manifest, key):
    """The fingerprint of the key of the pseudonyms, if it is at hand."""
    digest = hashlib.blake2b(b"sandpiper", key=key, digest_size=8)
    verdict.equal("manifest", "pseudonyms_key is the key's",
                  manifest["parameters"].get("pseudonyms_key"),
                  digest.hexdigest())
