"""Outputs of `sandpiper filter`: filter.json against the ledger, the files,
and the shards that the lines were taken from.
"""

import itertools

from auditing.document_laws import add, numbers
from auditing.frame_headers import NoFrame, walk
from auditing.shard_recount import (check_digest, container_of, file_pieces,
                                    find_files, group_shards, unpacked_pieces)

OWN_FILES = {"filter.json", "ledger.json", "rejects.jsonl", "timings.json"}
ADDED = ("lines", "matched_lines", "posts", "outside_range", "matched_posts",
         "matched_deletes", "rejected_lines", "rejected_records",
         "file_bytes", "text_bytes", "matched_text_bytes", "output_bytes")


def check_filter(verdict, folder, ledger, told):
    groups = group_shards(ledger["shards"])
    shards = told["shards"]
    verdict.equal("filter.json", "shards are the ledger's",
                  [shard["shard"] for shard in shards],
                  [group[0]["shard"] for group in groups])
    check_total(verdict, told)
    for group, shard in zip(groups, shards):
        check_shard(verdict, group, shard)
        check_file(verdict, folder, group, shard)
    names = sorted(path.name for path in (folder / "current").iterdir()) \
        if (folder / "current").is_dir() else sorted(
            path.name for path in folder.iterdir()
            if not path.name.startswith("."))
    wanted = sorted(OWN_FILES | {shard["file"] for shard in shards
                                 if shard["file"]})
    verdict.equal("filter", "files are those that filter.json names", names,
                  wanted)


def check_total(verdict, told):
    total, sums = told["total"], {}
    for shard in told["shards"]:
        add(sums, {name: shard[name] for name in ADDED})
    verdict.equal("filter.json", "total.shards and total.files",
                  [total["shards"], total["files"]],
                  [len(told["shards"]),
                   sum(bool(shard["file"]) for shard in told["shards"])])
    if told["shards"]:
        verdict.equal("filter.json", "every other number of the total is "
                      "that of the shards together",
                      dict(numbers({name: total[name] for name in ADDED})),
                      dict(numbers(sums)))


def check_shard(verdict, group, shard):
    where, part = "filter.json " + shard["shard"], {}
    for one in group:
        add(part, one)
    for law, left, right in (
            ("lines", shard["lines"], part["lines"]["total"]),
            ("posts", shard["posts"], part["records"]["posts_with_copies"]),
            ("outside_range", shard["outside_range"],
             part["records"]["outside_range"]),
            ("rejected_lines", shard["rejected_lines"],
             part["lines"]["rejected"]),
            ("rejected_records", shard["rejected_records"],
             part["records"]["rejected"]),
            ("file_bytes", shard["file_bytes"], part["bytes"]["file"]),
            ("text_bytes", shard["text_bytes"], part["bytes"]["text"])):
        verdict.equal(where, "%s are the ledger's" % law, left, right)
    verdict.at_most(where, "matched lines are accepted or control",
                    shard["matched_lines"], part["lines"]["accepted"]
                    + part["lines"]["control"])
    verdict.at_most(where, "matched posts are posts", shard["matched_posts"],
                    shard["posts"])
    verdict.at_most(where, "matched deletes are delete notices",
                    shard["matched_deletes"], part["delete_notices"])
    verdict.check(where, "a line matches by a post or a notice of it",
                  shard["matched_lines"] <= shard["matched_posts"]
                  + shard["matched_deletes"] and (
                      shard["matched_lines"] > 0) == (
                          shard["file"] is not None),
                  "%d lines, %d posts, %d notices" % (
                      shard["matched_lines"], shard["matched_posts"],
                      shard["matched_deletes"]))


# ---- files ----------------------------------------------------------------------

def good_frames(path):
    with open(path, "rb") as stream:
        return [frame for frame in walk(stream, path.stat().st_size, {})
                if frame.kind == "frame"]


def check_file(verdict, folder, group, shard):
    if not shard["file"]:
        verdict.equal("filter.json " + shard["shard"],
                      "nothing is written where nothing matched",
                      [shard["output_bytes"], shard["matched_text_bytes"]],
                      [0, 0])
        return
    path, where = folder / shard["file"], shard["file"]
    if not verdict.check(where, "is there", path.is_file(), path.name):
        return
    verdict.equal(where, "bytes are output_bytes", path.stat().st_size,
                  shard["output_bytes"])
    try:
        frames = good_frames(path)
        size = lines = 0
        last = b"\n"
        for piece in unpacked_pieces(path, frames):
            size += len(piece)
            lines += piece.count(b"\n")
            last = piece[-1:]
    except NoFrame as error:
        verdict.check(where, "frames are whole", False, str(error))
        return
    verdict.check(where, "frames have checksums, lines have ends",
                  all(frame.checked for frame in frames) and last == b"\n",
                  "%d frames" % len(frames))
    verdict.equal(where, "text is matched_text_bytes", size,
                  shard["matched_text_bytes"])
    if where.endswith(".csv.zst") or any(one["documents"] for one in group):
        verdict.at_most(where, "matched lines are among the lines (rows and "
                        "elements may hold several)", shard["matched_lines"],
                        lines)
    else:
        verdict.equal(where, "lines are matched_lines", lines,
                      shard["matched_lines"])


# ---- lines ------------------------------------------------------------------------

def lines_of(pieces):
    rest = []
    for piece in pieces:
        at = piece.find(b"\n")
        if at < 0:
            rest.append(piece)
            continue
        lines = (b"".join(rest) + piece).split(b"\n")
        rest = [lines.pop()]
        yield from lines
    if any(rest):
        yield b"".join(rest)


def check_sources(verdict, folder, ledger, told, options):
    """Every line that was written stands in its shard, in the same order."""
    groups = group_shards(ledger["shards"])
    files = find_files([group[0]["shard"] for group in groups],
                       options.shards, folder)
    for group, shard in zip(groups, told["shards"]):
        where = shard["shard"]
        if where not in files:
            verdict.cannot(where, "lines of the file are lines of the shard",
                           "no such file from here, and none was given")
            continue
        path = files[where]
        verdict.equal(where, "bytes are the file's", shard["file_bytes"],
                      path.stat().st_size)
        if options.quick:
            verdict.cannot(where, "digest, lines", "--quick")
            continue
        check_digest(verdict, group, {**shard, "container": "zip"
                                      if len(group) > 1 else None}, path)
        if shard["file"]:
            check_lines(verdict, folder, group, shard, path)


def shard_pieces(group, path):
    """The text of an undamaged shard, or None."""
    container = container_of(path)
    if len(group) > 1 or any(group[0]["frames"]["rejected"].values()):
        return None
    if container == "zstd":
        return unpacked_pieces(path, good_frames(path))
    return file_pieces(path) if container == "text" else None


def check_lines(verdict, folder, group, shard, path):
    where, law = shard["file"], "lines are those of the shard, in its order"
    try:
        pieces = shard_pieces(group, path)
        if pieces is None or group[0]["documents"]:
            verdict.cannot(where, law, "a damaged shard, a container or a "
                           "document")
            return
        target = folder / where
        source = lines_of(pieces)
        written = lines_of(unpacked_pieces(target, good_frames(target)))
        count, missing = 0, None
        for line in written:
            if not any(line == other or line == other.removeprefix(
                    b"\xef\xbb\xbf") for other in source):
                missing = "line %d is not" % (count + 1)
                break
            count += 1
    except NoFrame as error:
        verdict.check(where, law, False, str(error))
        return
    for _ in itertools.chain(source, written):
        pass                    # so that the commands end by themselves
    verdict.check(where, law, missing is None, missing or "%d" % count)
