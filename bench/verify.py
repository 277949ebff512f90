"""A folder of 100,000 files verified at each level, beside what administrators would use instead.

The others compare with a copy of the folder, with a list of its digests, or with the server; ours with the manifest
from before a move, the client's journal and the server. Each is a command of its own, begun anew for each run; `work`
leaves out what a module needs to start. All is in the page cache: what is measured is work, not a disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench._cloud import JOURNAL, NEWER, NEWER_FOLDERS, SAME
from bench._contest import TREE, Contender, compete, ours, peak, print_table, run, version
from bench._trees import bytes_in, tree
from bench.manifest import MANIFEST

FILES, QUICK = 100_000, 5_000
RUNS = 3
COPY, SUMS = TREE + ".copy", TREE + ".sums"
FIND = "find -printf"
SHA = "find | xargs -P2 sha256sum"
# how the two are told which of the client's own files to leave out
RSYNC_WITHOUT, RCLONE_WITHOUT = f"--exclude=/{JOURNAL}*", f"/{JOURNAL}*"


NOT_THE_SAME = (
    "with a copy, `rclone check` and `rsync -nc` read and hash both (twice the bytes); ours one, and a manifest"
)


@dataclass(frozen=True)
class Served:
    """The server that has the folder's files, and the session whose keyring has its passwords."""

    url: str
    bus: str
    passwords: dict[str, str]


def main(*, quick: bool = False) -> None:
    if sys.argv[1:2] == ["work"]:
        _work(*sys.argv[2:])
        return
    files, runs = (QUICK, 1) if quick else (FILES, RUNS)
    with tempfile.TemporaryDirectory(prefix="smartfleet-bench-") as folder:
        place = tree(Path(folder) / "tree", files)
        size = bytes_in(place)
        shutil.copytree(place, place.with_name(place.name + ".copy"))
        _write_sums(place)
        run(Contender(ours("manifest", "record", "content")), place)
        with _served(Path(folder), place) as served:
            contenders = _contenders(served)
            taken = compete(contenders, place, runs)
            peaks = {name: f"{peak(one, place):.0f}" for name, one in contenders.items()}
        print(f"{files} files, {size / 1e6:.0f} MB, in the page cache; {runs} runs each, median (min-max)")
        print(NOT_THE_SAME)
        print(", ".join(version(name) for name in ("find", "sha256sum", "rclone", "rsync") if shutil.which(name)))
        print_table(contenders, taken, peaks, files)


def _contenders(served: Served) -> dict[str, Contender]:
    """What can be run here; what is missing is said."""
    known = {
        FIND: Contender(["find", TREE, "-printf", "%y %s %T@ %p\\n"]),
        "rsync -n, size and time, with a copy": Contender(["rsync", "-na", RSYNC_WITHOUT, TREE + "/", COPY], FIND),
        "rclone check --size-only, with a copy": _rclone(FIND, "check", "--size-only", TREE, COPY),
        "verify, size or journal": Contender(_ours("size", served), FIND),
        "verify, journal alone": Contender(_ours("journal", served), FIND),
        SHA: Contender(["sh", "-c", 'find "$0" -type f -print0 | xargs -0 -P2 sha256sum', TREE]),
        "xargs -P2 sha256sum --check": Contender(
            ["sh", "-c", 'cd "$0" && ls "$1"/* | xargs -P2 -n1 sha256sum --check --quiet', TREE, SUMS], SHA
        ),
        "rsync -nc, with a copy": Contender(["rsync", "-nac", RSYNC_WITHOUT, TREE + "/", COPY], SHA),
        "rclone check, with a copy": _rclone(SHA, "check", TREE, COPY),
        "verify, content": Contender(_ours("content", served), SHA),
        "rclone check --size-only, with the server": _rclone(FIND, "check", "--size-only", TREE, "cloud:", on=served),
        "verify, server": Contender(_ours("server", served), FIND),
        f"verify, server, {NEWER_FOLDERS} folders newer": Contender(_ours("server", served, NEWER), FIND),
        "rclone check, content, with the server": _rclone(SHA, "check", TREE, "cloud:", on=served),
    }
    missing = {one.command[0] for one in known.values() if shutil.which(one.command[0]) is None}
    for program in sorted(missing):
        print(f"{program} is not installed and left out (Debian package: {program})")
    return {name: one for name, one in known.items() if one.command[0] not in missing}


def _rclone(base: str, *words: str, on: Served | None = None) -> Contender:
    env = {"RCLONE_CONFIG": "/dev/null"}
    if on is not None and shutil.which("rclone"):
        obscured = subprocess.run(
            ["rclone", "obscure", "-"], input=on.passwords[SAME], capture_output=True, text=True, check=True
        )
        known = {"TYPE": "webdav", "URL": f"{on.url}/remote.php/dav/files/{SAME}", "VENDOR": "nextcloud"}
        known |= {"USER": SAME, "PASS": obscured.stdout.strip()}
        env |= {f"RCLONE_CONFIG_CLOUD_{name}": value for name, value in known.items()}
    return Contender(["rclone", *words, "--exclude", RCLONE_WITHOUT], base, env)


def _ours(level: str, served: Served, user: str = SAME) -> list[str]:
    return ours("verify", level, user, served.url, served.bus)


def _write_sums(place: Path) -> None:
    """The digests of the folder as two lists, for the two processes that check them."""
    (sums := place.with_name(place.name + ".sums")).mkdir()
    command = 'cd "$0" && find . -type f -print0 | xargs -0 sha256sum | split -n r/2 - "$1"/part'
    subprocess.run(["sh", "-c", command, place, sums], check=True)


@contextlib.contextmanager
def _served(folder: Path, place: Path) -> Iterator[Served]:
    command = [sys.executable, "-m", "bench._cloud", str(folder), str(place)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        yield Served(**json.loads(child.stdout.readline()))
        child.communicate()


def _work(level: str, user: str, url: str, bus: str, place: str) -> None:
    """What the module does with one folder, in a process of its own."""
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - measured with it
        dropped,
        foldercheck,
        people,
        servercheck,
    )

    me = pwd.getpwuid(os.getuid())
    person = people.Person(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir, (me.pw_gid,))
    start = time.perf_counter()
    alone = level == "journal"
    job = foldercheck.Job(
        local_path=os.fsencode(place),
        virtual_files="off",
        journal=JOURNAL,
        target_path="/",
        level=level,
        examples=20,
        manifest=-1 if alone else os.open(place + MANIFEST, os.O_RDONLY),
        no_manifest="never moved" if alone else "",
        hidden=False,
        excludes=(),
        other_homes=(),
        account=servercheck.Account("0", url, user, user),
        env={"DBUS_SESSION_BUS_ADDRESS": bus},
        ask_server=level == "server",
    )
    with dropped.Dropped(person, foldercheck.check, job, timeout=600.0) as child:
        for _beat in child:
            pass
    for name, done in {"before": not alone, "journal": True, "server": level == "server"}.items():
        told = child.answer[name]
        assert told["done"] is done, told
        newer = NEWER_FOLDERS if name == "server" and user == NEWER else 0
        assert not done or (told["same"], told["unproven"]) == (child.answer["files"] - newer, newer), told
    print(time.perf_counter() - start, file=sys.stderr)


if __name__ == "__main__":
    main()
