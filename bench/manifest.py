"""The manifest of 50,000 files beside `find -printf` and `sha256sum`, on the same tree in the same run.

Each is a process of its own, begun anew for each run; its peak is that of its largest process. The tree is read once
before, so all find it in the page cache: what is measured is work, not a disk.
"""

from __future__ import annotations

import os
import platform
import pwd
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILES, FEW = 50_000, 5_000
RUNS = 5
PER_FOLDER = 50
SMALL, LARGE, LARGE_EVERY = (200, 24_000), 20_000_000, 2_500
COLLECTIONS = Path(__file__).parents[1] / "playbooks/collections"

FIND = ["find", "{tree}", "-printf", "%y %s %T@ %p\\n"]
SHA = ["sh", "-c", 'find "$0" -type f -print0 | xargs -0 -P2 sha256sum', "{tree}"]


@dataclass(frozen=True)
class Taken:
    """One run: seconds, and the peak of the largest process in MiB."""

    wall: float
    peak: float


def main() -> None:
    if sys.argv[1:2] == ["work"]:
        _work(*sys.argv[2:])
        return
    with tempfile.TemporaryDirectory(prefix="smartfleet-bench-") as folder:
        trees = {number: _tree(Path(folder) / str(number), number) for number in (FEW, FILES)}
        commands = {
            "find -printf": FIND,
            "manifest, names": _ours("record", "names"),
            "verify, size": _ours("check", "size"),
            "find | xargs -P2 sha256sum": SHA,
            "manifest, content": _ours("record", "content"),
            "verify, content": _ours("check", "content"),
        }
        taken = {
            (name, number): [_run(command, tree) for _ in range(RUNS)]
            for number, tree in trees.items()
            for name, command in commands.items()
        }
        _print(taken, _bytes(trees[FILES]))


def _tree(root: Path, number: int) -> Path:
    """Many small files and a few large ones; random bytes, the same at each run."""
    chance = random.Random(number)  # noqa: S311 - not a secret
    block = chance.randbytes(1 << 20)
    for index in range(number):
        folder = root / f"area {index // (PER_FOLDER * 20)}" / f"folder {index // PER_FOLDER}"
        if index % PER_FOLDER == 0:
            folder.mkdir(parents=True)
        size = LARGE if index % LARGE_EVERY == 0 else chance.randint(*SMALL)
        start = chance.randrange(len(block) // 2)
        content = block[start : start + size] if size < len(block) // 2 else block * (size // len(block))
        (folder / f"document {index}.odt").write_bytes(content)
    return root


def _bytes(tree: Path) -> int:
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())


def _ours(what: str, how: str) -> list[str]:
    return [sys.executable, "-m", "bench.manifest", "work", what, how, "{tree}"]


def _run(command: Sequence[str], tree: Path) -> Taken:
    path = os.pathsep.join([str(COLLECTIONS), str(Path(__file__).parents[1])])
    words = [word.replace("{tree}", str(tree)) for word in command]
    start = time.perf_counter()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": path})
    _pid, status, usage = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{words[0]} ended with {child.returncode}")
    return Taken(wall, usage.ru_maxrss / 1024)


def _work(what: str, how: str, tree: str) -> None:
    """What the modules do with one folder, in a process of its own."""
    from ansible_collections.smartde.nextcloud.plugins.module_utils import people  # noqa: PLC0415 - measured with it

    me = pwd.getpwuid(os.getuid())
    person = people.Person(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir, (me.pw_gid,))
    manifest = tree + ".manifest-" + how
    if what == "record":
        _record(person, tree, manifest, digests=how == "content")
    else:
        _check(person, tree, tree + ".manifest-content", how)


def _record(person: object, tree: str, manifest: str, *, digests: bool) -> None:
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - as above
        dropped,
        foldertrees,
    )
    from ansible_collections.smartde.nextcloud.plugins.module_utils import manifest as format_  # noqa: PLC0415

    with open(manifest, "wb") as stream:  # noqa: PTH123 - as the module does
        writer = format_.Writer(stream)
        work = (foldertrees.tell, tree, "off", ".sync_0123456789ab.db", digests)
        with dropped.Dropped(person, *work, timeout=600.0) as child:  # type: ignore[arg-type]  # a Person
            for chunk in child:
                writer.write(chunk)
            writer.close(format_.Count(**child.answer))


def _check(person: object, tree: str, manifest: str, level: str) -> None:
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - as above
        dropped,
        foldercheck,
        servercheck,
    )

    # not written yet in the first round: compared without
    descriptor = os.open(manifest, os.O_RDONLY) if os.path.exists(manifest) else -1  # noqa: PTH110
    job = foldercheck.Job(
        local_path=os.fsencode(tree),
        virtual_files="off",
        journal=".sync_0123456789ab.db",
        target_path="/",
        level=level,
        examples=20,
        manifest=descriptor,
        no_manifest="",
        hidden=False,
        excludes=(),
        other_homes=(),
        account=servercheck.Account("0", "", "", ""),
        env={},
        ask_server=False,
    )
    with dropped.Dropped(person, foldercheck.check, job, timeout=600.0) as child:  # type: ignore[arg-type]  # a Person
        for _beat in child:
            pass
        assert child.answer["state"] == "ok", child.answer


def _print(taken: dict[tuple[str, int], list[Taken]], size: int) -> None:
    print(f"{FILES} files, {size / 1e6:.0f} MB, in the page cache; {RUNS} runs each, median (min-max)")
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
          f"{_version('find')}, {_version('sha256sum')}\n")  # fmt: skip
    few = f"peak at {FEW}"
    print(f"{'':28}{'wall s':>18}{'files/s':>10}{'times':>8}{'peak MiB':>10}{few:>14}")
    base = 0.0
    for name in dict.fromkeys(name for name, _number in taken):
        walls = [one.wall for one in taken[name, FILES]]
        wall = statistics.median(walls)
        base = wall if name.startswith("find") else base
        spread = f"{wall:.2f} ({min(walls):.2f}-{max(walls):.2f})"
        peak, small = (max(one.peak for one in taken[name, number]) for number in (FILES, FEW))
        print(f"{name:28}{spread:>18}{FILES / wall:>10.0f}{wall / base:>8.2f}{peak:>10.0f}{small:>14.0f}")


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


if __name__ == "__main__":
    main()
