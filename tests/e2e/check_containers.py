#!/usr/bin/env python3
"""Containers: the same text in any of them gives the same accounts, and what
is wrong with one costs what it must and no more."""

import bz2
import gzip
import hashlib
import io
import struct
import subprocess
import sys
import tarfile
import zipfile

from harness import (DATA_FILES, Outputs, frame_of, main, promise, require,
                     require_audited, require_same, text_of)

MIB = 1 << 20
TABLES = ("accounts.csv", "accounts.jsonl")
SLACK_BYTES = 64 * MIB


def small_archive(world, *options):
    return world.generate("archive", "--posts", "600", "--campaign", "4",
                          *options)


def parts_of(text, count):
    """The text cut anywhere, in the middle of lines too."""
    size = len(text) // count + 1
    return [text[at:at + size] for at in range(0, len(text), size)]


def lines_of(text, count):
    """The text cut at line ends."""
    lines = text.splitlines(keepends=True)
    size = len(lines) // count + 1
    return [b"".join(lines[at:at + size])
            for at in range(0, len(lines), size)]


def post_of(text):
    """A line that is a post."""
    return next(line for line in text.splitlines(keepends=True)
                if b'"text"' in line)


def tar_of(members, mode="w", form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode, format=form) as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def zip_of(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return out.getvalue()


def packed_forms(text):
    """One shard in each form that is read."""
    several = parts_of(text, 3)
    return {
        "one.json": text,
        "one.zst": frame_of(text),
        "one.gz": gzip.compress(text, mtime=0),
        "several.gz": b"".join(gzip.compress(part, mtime=0)
                               for part in several),
        "padded.gz": gzip.compress(text, mtime=0) + bytes(1000),
        "one.bz2": bz2.compress(text),
        "several.bz2": b"".join(map(bz2.compress, several)),
    }


def member_forms(text):
    plain, zst, gz, bz = lines_of(text, 4)
    return [("a/plain.json", plain), ("a/b/frames.jsonl.zst", frame_of(zst)),
            ("a/packed.json.gz", gzip.compress(gz, mtime=0)),
            ("packed.json.bz2", bz2.compress(bz))]


def container_forms(text):
    members = member_forms(text)
    whole = tar_of(members)
    stored = tar_of(members, form=tarfile.GNU_FORMAT)
    return {
        "members.tar": whole,
        "gnu.tar": stored,
        "two.tar": tar_of(members[:2]) + tar_of(members[2:]),
        "members.tgz": gzip.compress(whole, mtime=0),
        "several.tar.gz": b"".join(gzip.compress(part, mtime=0)
                                   for part in parts_of(whole, 5)),
        "members.tar.bz2": bz2.compress(whole),
        "members.tar.zst": frame_of(whole),
        "deflated.zip": zip_of(members),
        "stored.zip": zip_of(members, zipfile.ZIP_STORED),
        "plain.zip": zip_of([("%d.json" % number, part) for number, part
                             in enumerate(lines_of(text, 4))]),
        "bzip2.zip": zip_of([("%d.json" % number, part) for number, part
                             in enumerate(lines_of(text, 4))],
                            zipfile.ZIP_BZIP2),
    }


def put(world, name, content):
    path = world.place / name
    path.write_bytes(content)
    return path


def members_of(outputs, path):
    """Lines of the ledger: the container's, and its members' by name."""
    shards = {shard["shard"]: shard for shard in outputs.ledger()["shards"]}
    prefix = "%s!" % path
    return shards[str(path)], {name[len(prefix):]: shard
                               for name, shard in shards.items()
                               if name.startswith(prefix)}


@promise
def the_same_text_in_any_packing_gives_the_same_tables(world):
    text = small_archive(world).text()
    wanted = world.run("wanted", put(world, "wanted.json", text))
    for name, content in packed_forms(text).items():
        path = put(world, name, content)
        for threads in (1, 4):
            ours = world.run("%s-%d" % (name, threads), "-t", threads, path)
            require_same(ours, wanted, TABLES, name)


@promise
def the_same_text_in_any_container_gives_the_same_tables(world):
    text = small_archive(world).text()
    wanted = world.run("wanted", put(world, "wanted.json", text))
    for name, content in container_forms(text).items():
        path = put(world, name, content)
        runs = [world.run("%s-%d" % (name, threads), "-t", threads, path)
                for threads in (1, 4)]
        require_same(runs[0], wanted, TABLES, name)
        require_same(runs[0], runs[1], DATA_FILES, name + " and threads")
        container, members = members_of(runs[0], path)
        require(len(members) == 4 == container["members"]["total"], name,
                "has members", list(members))
        require(not runs[0].rejects(), name, runs[0].rejects())


def csv_forms(shards):
    """The files of a CSV archive, one each, and all of them in one."""
    texts = [(shard.name.removesuffix(".zst"), text_of(shard))
             for shard in shards]
    packed = [(name + ".gz", gzip.compress(text, mtime=0))
              for name, text in texts]
    return {
        "gz": packed,
        "several.gz": [(name + ".gz", b"".join(
            gzip.compress(part, 1, mtime=0) for part in parts_of(text, 7)))
            for name, text in texts],
        "zip": [(name + ".zip", zip_of([(name, text)]))
                for name, text in texts],
        "both.zip": [("both.zip", zip_of(texts))],
        "packed.zip": [("packed.zip", zip_of(packed))],
        "zst.tar": [("zst.tar", tar_of([(shard.name, shard.read_bytes())
                                        for shard in shards]))],
        "tar.gz": [("both.tar.gz", gzip.compress(tar_of(texts), 1, mtime=0))],
    }


@promise
def csv_in_any_container_gives_the_same_tables(world):
    shards = sorted(world.shared("io_archive").glob("*.csv.zst"))
    wanted = world.run("wanted", *shards)
    require(wanted.ledger()["result"]["posts"] == 21385, "posts",
            wanted.ledger()["result"])
    for name, files in csv_forms(shards).items():
        paths = [put(world, file, content) for file, content in files]
        for threads in (1, 4):
            what = "%s-%d" % (name, threads)
            ours = world.run(what, "-t", threads, *paths)
            require_same(ours, wanted, TABLES, what)
            lines = ours.total()["lines"]
            require(lines == wanted.total()["lines"], what, lines)
            require(not ours.rejects(), what, ours.rejects())


@promise
def a_tar_on_standard_input_is_read(world):
    text = small_archive(world).text()
    wanted = world.run("wanted", put(world, "wanted.json", text))
    for name, content in container_forms(text).items():
        if name.endswith(".zip"):
            continue
        path = put(world, name, content)
        with open(path, "rb") as stream:
            ours = pipe(world, "piped-" + name, stream)
        require_same(ours, wanted, TABLES, "standard input of " + name)


def pipe(world, name, stream):
    """A run over a true pipe; its outputs, balanced."""
    folder = world.place / name
    feeder = subprocess.Popen(["cat"], stdin=stream, stdout=subprocess.PIPE)
    done = world.call("run", "--quiet", "-o", folder, "--format",
                      "csv,jsonl", "-", stdin=feeder.stdout)
    feeder.wait()
    require(done.returncode == 0, "exit", done.returncode, done.stderr)
    require_audited(folder)
    return Outputs(folder)


@promise
def a_zip_on_standard_input_is_rejected_with_a_sentence(world):
    path = put(world, "one.zip", zip_of([("a.json", b"{}\n")]))
    with open(path, "rb") as stream:
        outputs = pipe(world, "out", stream)
    require(outputs.total()["frames"]["rejected"]
            == {"container_unsupported": 1}, outputs.total())


@promise
def many_members_give_the_same_bytes_on_any_number_of_threads(world):
    text = small_archive(world).text()
    members = [("d/%03d.json.bz2" % number, bz2.compress(part))
               for number, part in enumerate(lines_of(text, 40))]
    for name, content in (("many.tar", tar_of(members)),
                          ("many.zip", zip_of(members,
                                              zipfile.ZIP_STORED))):
        path = put(world, name, content)
        runs = [world.run("%s-%d" % (name, threads), "-t", threads, path)
                for threads in (1, 2, 8)]
        for run in runs[1:]:
            require_same(runs[0], run, DATA_FILES, "the number of threads")


@promise
def what_is_no_shard_is_passed_over_and_counted(world):
    out = io.BytesIO()
    line = small_archive(world).text().splitlines(keepends=True)[0]
    long_name = "folder/" * 30 + "posts.json"
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (("folder", tarfile.DIRTYPE),
                           ("link.json", tarfile.SYMTYPE),
                           ("hard.json", tarfile.LNKTYPE),
                           ("device.json", tarfile.CHRTYPE),
                           ("pipe.json", tarfile.FIFOTYPE)):
            info = tarfile.TarInfo(name)
            info.type = kind
            info.linkname = long_name
            archive.addfile(info)
        for name in ("README.md", "._hidden.json", long_name):
            info = tarfile.TarInfo(name)
            info.size = len(line)
            archive.addfile(info, io.BytesIO(line))
    path = put(world, "mixed.tar", out.getvalue())
    container, members = members_of(world.run("out", path), path)
    require(list(members) == [long_name], "members are", list(members))
    require(container["members"] == {"total": 1, "passed_over": 2}, container)
    require(container["bytes"]["rejected"] == 0, container)
    require(container["bytes"]["skippable"]
            == path.stat().st_size - len(line), container)


@promise
def a_container_in_a_member_is_rejected_and_the_next_is_read(world):
    line = post_of(small_archive(world).text())
    inner = [("inner.json", line)]
    packed = {"tar": tar_of(inner), "tgz": gzip.compress(tar_of(inner)),
              "zip": zip_of(inner), "tar.zst": frame_of(tar_of(inner)),
              "gz": gzip.compress(gzip.compress(line)),
              "bz2": bz2.compress(zip_of(inner))}
    for name, content in packed.items():
        members = [("inner." + name if "." not in name else "inner.zst",
                    content), ("good.json", line)]
        outers = {"tar": tar_of(members), "zip": zip_of(members),
                  "tar.gz": gzip.compress(tar_of(members))}
        for kind, outer in outers.items():
            outputs = world.run("out", put(world, "outer." + kind, outer))
            require(outputs.total()["frames"]["rejected"]
                    == {"container_nested": 1}, name, "in", kind,
                    outputs.total()["frames"])
            require(len(outputs.accounts()) >= 1, name, "in", kind)


@promise
def names_that_steer_a_terminal_are_escaped(world):
    name = "a\x1b[31m\n\\\u0085.json"
    path = put(world, "names.tar", tar_of([(name, b"no JSON\n")]))
    outputs = world.run("out", path)
    shown = "a\\x1b[31m\\x0a\\x5c\\xc2\\x85.json"
    require(shown in members_of(outputs, path)[1], outputs.ledger()["shards"])
    require([sample["shard"] for sample in outputs.rejects()]
            == ["%s!%s" % (path, shown)], outputs.rejects())
    require(not list(world.place.glob("a*31m*")), "a name was used")


# ---- damage -----------------------------------------------------------------

def survivors(world, name, path):
    """Rows of accounts, from a run that must balance."""
    return world.run(name, path).accounts()


def damage_forms(text):
    members = member_forms(text)
    whole = tar_of(members)
    return {
        "damaged.gz": gzip.compress(text, mtime=0),
        "damaged.bz2": bz2.compress(text),
        "damaged.tar": whole,
        "damaged.tar.gz": gzip.compress(whole, mtime=0),
        "damaged.tar.bz2": bz2.compress(whole),
        "damaged.zip": zip_of(members),
    }


@promise
def a_container_cut_anywhere_leaves_a_run_that_balances(world):
    text = small_archive(world).text()
    for name, content in damage_forms(text).items():
        step = len(content) // 9
        for at in [1, 10, 100, *range(step, len(content), step),
                   len(content) - 1]:
            path = put(world, name, content[:at])
            outputs = world.run("out", path)
            told = outputs.total()["frames"]["rejected"]
            lines = outputs.total()["lines"]["rejected"]
            # What is left of a tar's end may be cut without loss.
            fine = name == "damaged.tar" and not any(content[at:])
            require(told or lines or fine, name, "cut at", at, "is silent")
            if name in ("damaged.gz", "damaged.tar.gz"):
                require(not outputs.accounts(), name, at, "counts")


@promise
def bits_flipped_anywhere_in_a_container_never_count_silently(world):
    text = small_archive(world).text()
    for name, content in damage_forms(text).items():
        whole = survivors(world, "whole-" + name, put(world, name, content))
        for at in range(7, len(content), len(content) // 23):
            flipped = bytearray(content)
            flipped[at] ^= 0x10
            outputs = world.run("out", put(world, name, bytes(flipped)))
            total = outputs.total()
            told = total["frames"]["rejected"] or total["lines"]["rejected"]
            # Plain text in a tar has no checksum.
            plain = name == "damaged.tar" and total["frames"]["unchecked"]
            require(told or plain or outputs.accounts() == whole, name,
                    "with bit", at, "counts what is wrong")


@promise
def a_wrong_checksum_of_gzip_rejects_the_frame(world):
    text = small_archive(world).text()
    first, second = parts_of(text, 2)
    packed = bytearray(gzip.compress(first, mtime=0))
    packed[-6] ^= 1
    path = put(world, "wrong.gz", bytes(packed) + gzip.compress(second))
    outputs = world.run("out", path)
    require(outputs.total()["frames"]["rejected"] == {"frame_checksum": 1},
            outputs.total()["frames"])
    require(outputs.total()["frames"]["ok"] == 1, "the second frame is lost")
    require(outputs.accounts(), "the second frame does not count")


@promise
def of_a_packed_tar_what_ended_before_the_damage_stays(world):
    text = small_archive(world).text()
    early, late = lines_of(text, 2)
    first = tar_of([("early.json", early)])
    first = first[:512 + (len(early) + 511) // 512 * 512]
    second = bytearray(gzip.compress(tar_of([("late.json", late)]), mtime=0))
    second[len(second) // 2] ^= 4
    wanted = world.run("wanted", put(world, "early.json", early))
    path = put(world, "half.tar.gz",
               gzip.compress(first, mtime=0) + bytes(second))
    ours = world.run("half", path)
    require_same(ours, wanted, TABLES, "the frame in front")
    container, members = members_of(ours, path)
    require(list(members) == ["early.json"], list(members))
    require(container["frames"]["ok"] == 1, container["frames"])
    require(sum(container["frames"]["rejected"].values()) == 1, container)


@promise
def a_damaged_header_of_a_tar_costs_its_member_alone(world):
    text = small_archive(world).text()
    parts = lines_of(text, 3)
    names = ["%d.json" % number for number in range(3)]
    content = bytearray(tar_of(zip(names, parts)))
    content[content.index(b"1.json")] ^= 0x20
    path = put(world, "header.tar", bytes(content))
    container, members = members_of(world.run("out", path), path)
    require(list(members) == ["0.json", "2.json"], list(members))
    require(container["frames"]["rejected"] == {"container_corrupt": 1},
            container)


@promise
def entries_of_a_zip_that_overlap_are_read_once(world):
    line = small_archive(world).text().splitlines(keepends=True)[0]
    content = zip_of([("a.json", line)])
    start, end = content.index(b"PK\1\2"), content.index(b"PK\5\6")
    entry = content[start:end]
    tail = bytearray(content[end:])
    struct.pack_into("<HHI", tail, 8, 3, 3, 3 * len(entry))
    path = put(world, "bomb.zip", content[:start] + 3 * entry + bytes(tail))
    outputs = world.run("out", path)
    require(outputs.total()["lines"]["total"] == 1, outputs.total()["lines"])
    require(outputs.total()["frames"]["rejected"] == {"container_corrupt": 2},
            outputs.total()["frames"])


# ---- bombs ------------------------------------------------------------------

def zeros(name, size, level="-9"):
    """Compressed zeros, without holding them."""
    pump = subprocess.Popen(["head", "-c", str(size), "/dev/zero"],
                            stdout=subprocess.PIPE)
    done = subprocess.run([name, level, "-c"], stdin=pump.stdout, check=True,
                          stdout=subprocess.PIPE)
    pump.wait()
    return done.stdout


@promise
def bombs_of_zeros_cost_time_and_no_memory(world):
    size = (64 if world.sanitized else 512) * MIB
    bomb = zeros("gzip", size)
    header = tarfile.TarInfo("zeros.json")
    header.size = size
    block = header.tobuf(tarfile.USTAR_FORMAT)
    for name, content in (("zeros.gz", bomb), ("zeros.bz2",
                                               zeros("bzip2", size)),
                          ("bomb.tar.gz",
                           gzip.compress(block) + bomb),
                          ("bomb.zip", deflated_zeros(size))):
        outputs = world.run("out", "--memory", "96M", "-t", "1",
                            put(world, name, content))
        timings = outputs.json("timings.json")
        peak = timings["resident_peak_bytes"]
        require(world.sanitized or peak <= 96 * MIB + SLACK_BYTES, name,
                "took", peak)
        require(outputs.total()["lines"]["rejected"] == {"line_too_long": 1},
                name, outputs.total()["lines"])


def deflated_zeros(size):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("zeros.json", "w") as member:
            for _ in range(size // MIB):
                member.write(bytes(MIB))
    return out.getvalue()


@promise
def a_million_members_cost_lines_for_the_first_alone(world):
    count = 5000 if world.sanitized else 70000
    header = tarfile.TarInfo("x.json").tobuf(tarfile.USTAR_FORMAT)
    content = gzip.compress(count * header, 1)
    outputs = world.run("out", "--memory", "160M", "-t", "1",
                        put(world, "members.tar.gz", content))
    shards = outputs.ledger()["shards"]
    require(shards[0]["members"]["total"] == count, shards[0])
    require(len(shards) == 1 + min(count, 65536), len(shards))


# ---- real files -------------------------------------------------------------

@promise
def published_minutes_are_the_same_as_recompressed_ones(world):
    published = world.shared("v11_stream_bz2")
    stream = world.shared("v11_stream")
    for path in sorted(published.glob("*.bz2")):
        minute = path.name.split(".")[0]
        ours = world.run("bz2-" + minute, path)
        theirs = world.run("zst-" + minute, stream / (minute + ".jsonl.zst"))
        require_same(ours, theirs, TABLES, minute)
        require(ours.total()["bytes"]["text"]
                == theirs.total()["bytes"]["text"], minute)


@promise
def timelines_in_gzip_are_what_gzip_says(world):
    folder = world.shared("v11_timelines")
    for path in sorted(folder.glob("*.gz")):
        plain = put(world, path.stem, gzip.decompress(path.read_bytes()))
        ours = world.run("gz-" + path.stem, path)
        theirs = world.run("plain-" + path.stem, plain)
        require_same(ours, theirs, TABLES, path.name)


# ---- dictionaries -----------------------------------------------------------

def trained(world, samples):
    folder = world.place / "samples"
    folder.mkdir(exist_ok=True)
    for number, sample in enumerate(samples):
        (folder / ("%05d" % number)).write_bytes(sample)
    target = world.place / "posts.zdict"
    subprocess.run(["zstd", "-q", "--train", "-r", folder, "--maxdict=16KB",
                    "-o", target, "-f"], check=True,
                   stderr=subprocess.DEVNULL)
    return target


@promise
def frames_made_with_a_dictionary_are_read_with_it_alone(world):
    text = small_archive(world).text()
    lines = text.splitlines(keepends=True)
    dictionary = trained(world, lines)
    wrong = trained_otherwise(world, dictionary)
    wanted = world.run("wanted", put(world, "wanted.json", text))
    for options in ((), ("--no-dictID",)):
        frames = b"".join(frame_of(b"".join(lines[at:at + 20]), "-D",
                                   str(dictionary), *options)
                          for at in range(0, len(lines), 20))
        path = put(world, "with%d.zst" % len(options), frames)
        ours = world.run("ours", "--dict", wrong, "--dict", dictionary, path)
        require_same(ours, wanted, TABLES, "a dictionary")
        told = ours.json("manifest.json")["parameters"]["dictionaries"]
        require([item["bytes"] for item in told]
                == [wrong.stat().st_size, dictionary.stat().st_size], told)
        for given in ((), ("--dict", wrong)):
            other = world.run("other", *given, path)
            reasons = other.total()["frames"]["rejected"]
            require(sum(reasons.values()) == other.total()["frames"]["total"],
                    options, given, reasons)
            require(set(reasons) <= {"frame_dictionary", "frame_corrupt",
                                     "frame_checksum"}, reasons)


def trained_otherwise(world, dictionary):
    """Another number and other contents."""
    content = bytearray(dictionary.read_bytes())
    content[4] ^= 0x55
    half = len(content) // 2
    for at in range(half, len(content)):
        content[at] = hashlib.md5(b"%d" % at).digest()[0]
    return put(world, "wrong.zdict", bytes(content))


@promise
def a_dictionary_that_is_none_is_refused(world):
    shard = put(world, "a.json", b"{}\n")
    for name, code in (("missing", 66), ("folder", 66)):
        if name == "folder":
            (world.place / name).mkdir()
        done = world.call("run", "-o", world.place / "out", "--dict",
                          world.place / name, shard)
        require(done.returncode == code, done.returncode, done.stderr)
        require(name in done.stderr, done.stderr)


@promise
def frames_of_binary_posts_end_as_rejects(world):
    folder = world.shared("bluesky")
    outputs = world.run("out", "--dict", folder / "legacy_subscribe.zdict",
                        folder / "frames.bin.zst")
    lines = outputs.total()["lines"]
    require(lines["accepted"] == 0 < sum(lines["rejected"].values()), lines)


if __name__ == "__main__":
    sys.exit(main())
