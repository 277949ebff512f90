"""The manifest of 50,000 files beside `find -printf` and `sha256sum`, on the same tree in the same run.

Each is a command of its own, begun anew for each run. `work` leaves out what a module needs to start: the interpreter
and its imports. Memory is what all processes of the command hold together (proportional set size, sampled in a run of
its own), on the tree and on 1,000,000 empty files. The tree is in the page cache: what is measured is work, not a disk.
"""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
import time
from pathlib import Path

from bench._contest import TREE, Contender, compete, ours, peak, print_table, run, version
from bench._trees import bytes_in, tree

FILES, MANY = 50_000, 1_000_000
RUNS = 5
MANIFEST = ".manifest.gz"
"""Behind the name of a folder: where its manifest is."""
FIND, SHA = "find -printf", "find | xargs -P2 sha256sum"
CONTENDERS = {
    FIND: Contender(["find", TREE, "-printf", "%y %s %T@ %p\\n"]),
    "manifest, names": Contender(ours("manifest", "record", "names"), FIND),
    SHA: Contender(["sh", "-c", 'find "$0" -type f -print0 | xargs -0 -P2 sha256sum', TREE]),
    "manifest, content": Contender(ours("manifest", "record", "content"), SHA),
}


def main() -> None:
    if sys.argv[1:2] == ["work"]:
        _record(sys.argv[4], digests=sys.argv[3] == "content")
        return
    with tempfile.TemporaryDirectory(prefix="smartfleet-bench-") as folder:
        place, many = tree(Path(folder) / "some", FILES), tree(Path(folder) / "many", MANY, empty=True)
        run(CONTENDERS["manifest, content"], place)
        taken = compete(CONTENDERS, place, RUNS)
        peaks = {name: f"{peak(one, place):.0f} / {peak(one, many):.0f}" for name, one in CONTENDERS.items()}
        print(f"{FILES} files, {bytes_in(place) / 1e6:.0f} MB, in the page cache; {RUNS} runs each, median (min-max);")
        print(f"memory with them, and with {MANY} empty files; {version('find')}, {version('sha256sum')}")
        print_table(CONTENDERS, taken, peaks, FILES)


def _record(place: str, *, digests: bool) -> None:
    """What the module does with one folder, in a process of its own."""
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - measured with it
        dropped,
        foldertrees,
        people,
    )
    from ansible_collections.smartde.nextcloud.plugins.module_utils import manifest as format_  # noqa: PLC0415

    me = pwd.getpwuid(os.getuid())
    person = people.Person(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir, (me.pw_gid,))
    start = time.perf_counter()
    with Path(place + MANIFEST).open("wb") as stream:
        writer = format_.Writer(stream)
        work = (foldertrees.tell, place, "off", ".sync_0123456789ab.db", digests)
        with dropped.Dropped(person, *work, timeout=600.0) as child:
            for chunk in child:
                writer.write(chunk)
            writer.close(format_.Count(**child.answer))
    print(time.perf_counter() - start, file=sys.stderr)


if __name__ == "__main__":
    main()
