#!/usr/bin/env python3
"""Same input, same bytes: however many lanes, whatever reads, whatever order.

The archives here are made dirty on purpose: damaged frames, bad lines, blank
lines and a document, so that the ledger and the rejects are tried too.
"""

import json
import random
import sys

from harness import (DATA_FILES, TABLES, Skip, frame_of, main, promise,
                     require, require_same, text_of)

FRAME_BYTES = 64 << 10


def add_dirt(archive):
    """Shards that hold what no good archive holds."""
    folder, text = archive.folder, text_of(archive.shards[0])
    rows = text.split(b"\r\n")[:40]
    bad = [b"", b"\r", b"{", b"[1,2", b"\xff\xfe", b'{"colour":1}', rows[0],
           rows[1][:-5], b"[" + rows[2] + b"," + rows[3] + b"]"]
    (folder / "bad-lines.jsonl").write_bytes(b"\n".join(bad))
    (folder / "document.json").write_bytes(
        b"[\n" + b",\n".join(rows[4:12]) + b"\n]\n")
    good = [frame_of(b"\n".join(rows[i:i + 10]) + b"\n" + rows[i + 10][:99])
            for i in (0, 10, 20)]
    middle = bytearray(good[1])
    middle[len(middle) // 2] ^= 0x10
    (folder / "damaged.jsonl.zst").write_bytes(
        good[0] + bytes(middle) + b"garbage" + good[2] + good[0][:-9])
    return sorted(path for path in folder.iterdir()
                  if path.suffix not in (".truth", ".list"))


def dirty_shards(world, *options):
    posts = "1500" if world.sanitized else "5000"
    archive = world.generate("archive", "--posts", posts, "--campaign", "20",
                             "--duplicates", "0.02", "--layout", "frames",
                             "--frame-bytes", "200K", "--cut-anywhere",
                             "--shard-bytes", "4M", *options)
    return add_dirt(archive)


def first_run(world, shards):
    outputs = world.run("first", "--threads", "1", "--io", "pread", "--isa",
                        "scalar", *shards)
    require(outputs.ledger()["result"]["posts"] > 0, "no posts at all")
    return outputs


def isas_here(world):
    return [isa for isa in ("scalar", "avx2", "avx512")
            if world.call("run", "--plan", "--isa", isa).returncode == 0]


def check_same(world, first, shards, *options):
    what = " ".join(map(str, options))
    other = world.run(what.replace(" ", "").replace("-", "_") or "plain",
                      *options, *shards)
    require_same(first, other, DATA_FILES, what)
    print("same bytes:", what)


def check_every_way(world, shards):
    first = first_run(world, shards)
    for threads in (1, 2, 4, 16):
        for backend in ("uring", "pread"):
            check_same(world, first, shards, "--threads", threads, "--io",
                       backend)
    for isa in isas_here(world):
        check_same(world, first, shards, "--threads", "2", "--isa", isa)


def check_orders(world, shards):
    first = first_run(world, shards)
    for order, name in (shards[::-1], "reversed"), \
            (random.Random(5).sample(shards, len(shards)), "shuffled"):
        other = world.run(name, *order)
        require_same(first, other, DATA_FILES, name + " order of shards")


@promise
def threads_backends_and_instruction_sets_change_no_byte(world):
    check_every_way(world, dirty_shards(world))


@promise
def four_lanes_with_both_backends_agree(world):
    shards = dirty_shards(world)
    first = first_run(world, shards)
    for backend in ("uring", "pread"):
        check_same(world, first, shards, "--threads", "4", "--io", backend)


@promise
def the_order_of_the_shards_changes_no_byte(world):
    check_orders(world, dirty_shards(world))


# ---- the same text in other frames ------------------------------------------

def whole_lines(text):
    return text if text.endswith(b"\n") or not text else text + b"\n"


def frames_of_64_kib(text):
    return b"".join(frame_of(text[i:i + FRAME_BYTES], "-1")
                    for i in range(0, len(text), FRAME_BYTES))


def joined_frames(shards):
    """The shards one behind another, a line end between them if need be."""
    parts = []
    for shard in shards:
        text = text_of(shard)
        parts.append(shard.read_bytes())
        if text and not text.endswith(b"\n"):
            parts.append(frame_of(b"\n"))
    return b"".join(parts)


def counts_of(outputs):
    """What the ledger says of lines and posts, not of bytes and frames."""
    ledger = outputs.ledger()
    total = ledger["total"]
    return json.dumps([ledger["result"], total["lines"], total["records"],
                       total["observations"]], sort_keys=True)


def check_layouts(world, shards):
    text = b"".join(whole_lines(text_of(shard)) for shard in shards)
    few = text[:len(text) // 8].rpartition(b"\n")[0] + b"\n"
    made = {"joined.zst": (joined_frames(shards), text),
            "giant.zst": (frame_of(text, "--long=31"), text),
            "plain.jsonl": (text, text),
            "few.jsonl": (few, few),
            "small-frames.zst": (frames_of_64_kib(few), few)}
    first = {text: world.run("first", "--threads", "2", *shards)}
    for name, (content, said) in made.items():
        shard = world.place / name
        shard.write_bytes(content)
        for threads in (1, 4):
            outputs = world.run("%s-%d" % (name, threads), "--threads",
                                threads, shard)
            first.setdefault(said, outputs)
            require_same(first[said], outputs, TABLES, name)
            require(counts_of(first[said]) == counts_of(outputs), name,
                    "changes the counts")
        print("same tables:", name)


@promise
def the_same_text_in_other_frames_gives_the_same_tables(world):
    archive = world.generate("archive", "--posts", "3000", "--campaign", "20",
                             "--shard-bytes", "4M")
    check_layouts(world, archive.shards)


# ---- the same on real files -------------------------------------------------

def stream(world):
    shards = sorted(world.shared("v11_stream").iterdir())
    if not shards:
        raise Skip("v11_stream is empty")
    return shards


@promise
def the_stream_gives_the_same_bytes_in_every_way(world):
    shards = stream(world)
    check_every_way(world, shards)
    check_orders(world, shards)


@promise
def the_stream_gives_the_same_tables_in_other_frames(world):
    check_layouts(world, stream(world)[-8:])


if __name__ == "__main__":
    sys.exit(main())
