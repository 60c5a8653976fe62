#!/usr/bin/env python3
"""What a run that goes on reads again: nothing that was durable."""

import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent.parent / "e2e"))

from checkpoint import BEGUN, DONE, positions  # noqa: E402
from harness import Skip, main, promise, require  # noqa: E402
from power import Step, Story  # noqa: E402

OPENED = re.compile(r'open(?:at)?\(.*"([^"]*posts-[0-9]+[^"/]*)"')
READ = re.compile(r"(p?read\w*)\([0-9]+<([^>]*posts-[0-9]+[^>/]*)>"
                  r".*, ([0-9]+)\) += [0-9]+\Z")


def read_again(story, root):
    """(name, offset) of each read of the run that goes on; names opened."""
    trace = story.place / "trace"
    subprocess.run(["strace", "-f", "-y", "-s", "0", "-o", trace, "-e",
                    "trace=open,openat,read,readv,pread64,preadv,preadv2",
                    *story.command(root, story.steps[0])], check=True)
    reads, opened = [], set()
    for line in trace.read_text().splitlines():
        line = line.partition(" <unfinished")[0].rstrip()
        found = READ.search(line)
        if found:
            require(found[1] == "pread64", "another call reads:", line)
            reads.append((found[2], int(found[3])))
        found = OPENED.search(line)
        if found:
            opened.add(found[1])
    return reads, opened


@promise
def no_byte_of_a_durable_frame_is_read_again(world):
    recorder = pathlib.Path(world.program).parent / "tests" / "librecord.so"
    if not recorder.exists() or not shutil.which("strace"):
        raise Skip("the recorder was not built, or strace is missing")
    shards = world.generate("archive", "--bytes", "4M", "--layout", "frames",
                            "--cut-anywhere", "--frame-bytes", "32K",
                            "--files", "3", "--campaign", "0").shards
    story = Story(world.program, recorder, world.place, "resume", [
        Step(["run", "-q", "-o", "out", "-t", "1", "-m", "256M", "--io",
              "pread", "--commit", "40K", *shards])])
    story.rehearse()
    root = story.place / "root"
    commits = story.steps[0].renames["checkpoint"]
    seen = {BEGUN: 0, DONE: 0}
    for commit in commits[1:-1:max(1, len(commits) // 8)]:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        story.call(root, story.steps[0], commit + 1, story.log)
        marks = positions((root / "out" / ".sandpiper-state" /
                           "checkpoint").read_bytes())
        reads, opened = read_again(story, root)
        for name, offset in reads:
            require(offset >= marks[name][1], name, "is read at", offset,
                    "and goes on at", marks[name][1])
        for name, (progress, position) in marks.items():
            require((progress == DONE) == (name not in opened), name,
                    "is opened, or is not")
            if progress != DONE:
                require(position in [at for read, at in reads if read == name],
                        name, "is not gone on with at", position)
            seen[progress] = seen.get(progress, 0) + 1
        story.require_whole(root, story.steps[0])
    print("shards done, begun:", seen[DONE], seen[BEGUN])
    require(seen[DONE] and seen[BEGUN], "no shard was done, or none begun")


if __name__ == "__main__":
    sys.exit(main())
