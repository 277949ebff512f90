"""The manifest of 50,000 files beside `find -printf` and `sha256sum`, on the same tree in the same run.

Each is a command of its own, begun anew for each run. `work` leaves out what a module needs to start: the interpreter
and its imports. Memory is what all processes of the command hold together (proportional set size, sampled in a run of
its own), once on the whole tree and once on a tenth of it. The tree is in the page cache: what is measured is work, not
a disk.
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
    """One run: seconds of the whole command, and of its work."""

    wall: float
    work: float


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
        _run(commands["manifest, content"], trees[FILES])
        # in turn, so that whatever else the machine does meets all of them
        rounds = [{name: _run(command, trees[FILES]) for name, command in commands.items()} for _ in range(RUNS)]
        taken = {name: [one[name] for one in rounds] for name in commands}
        peaks = {(name, number): _peak(commands[name], tree) for number, tree in trees.items() for name in commands}
        _print(taken, peaks, _bytes(trees[FILES]))


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


def _start(command: Sequence[str], tree: Path) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(COLLECTIONS), str(Path(__file__).parents[1])])
    words = [word.replace("{tree}", str(tree)) for word in command]
    environment = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)


def _run(command: Sequence[str], tree: Path) -> Taken:
    start = time.perf_counter()
    child = _start(command, tree)
    said = child.communicate()[1].decode()
    wall = time.perf_counter() - start
    if child.returncode:
        raise SystemExit(f"{command[0]} ended with {child.returncode}: {said}")
    return Taken(wall, float(said) if said else wall)


def _peak(command: Sequence[str], tree: Path) -> float:
    """The most that the command's processes held together, in MiB."""
    child, most = _start(command, tree), 0.0
    while child.poll() is None:
        most = max(most, sum(_held(pid) for pid in _family(child.pid)))
        time.sleep(0.01)
    child.communicate()
    return most / 1024


def _family(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in _family(int(child)))]


def _held(pid: int) -> int:
    """KiB, shared pages divided among those that share them; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _work(what: str, how: str, tree: str) -> None:
    """What the modules do with one folder, in a process of its own."""
    from ansible_collections.smartde.nextcloud.plugins.module_utils import people  # noqa: PLC0415 - measured with it

    me = pwd.getpwuid(os.getuid())
    person = people.Person(me.pw_name, me.pw_uid, me.pw_gid, me.pw_dir, (me.pw_gid,))
    if what == "record":
        _record(person, tree, digests=how == "content")
    else:
        _check(person, tree, how)


def _record(person: object, tree: str, *, digests: bool) -> None:
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - as above
        dropped,
        foldertrees,
    )
    from ansible_collections.smartde.nextcloud.plugins.module_utils import manifest as format_  # noqa: PLC0415

    start = time.perf_counter()
    with Path(_manifest(tree)).open("wb") as stream:
        writer = format_.Writer(stream)
        work = (foldertrees.tell, tree, "off", ".sync_0123456789ab.db", digests)
        with dropped.Dropped(person, *work, timeout=600.0) as child:  # type: ignore[arg-type]  # a Person
            for chunk in child:
                writer.write(chunk)
            writer.close(format_.Count(**child.answer))
    print(time.perf_counter() - start, file=sys.stderr)


def _manifest(tree: str) -> str:
    return tree + ".manifest.gz"


def _check(person: object, tree: str, level: str) -> None:
    from ansible_collections.smartde.nextcloud.plugins.module_utils import (  # noqa: PLC0415 - as above
        dropped,
        foldercheck,
        servercheck,
    )

    start = time.perf_counter()
    descriptor = os.open(_manifest(tree), os.O_RDONLY)
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
    assert child.answer["before"]["same"] == child.answer["files"], child.answer
    print(time.perf_counter() - start, file=sys.stderr)


def _print(taken: dict[str, list[Taken]], peaks: dict[tuple[str, int], float], size: int) -> None:
    print(f"{FILES} files, {size / 1e6:.0f} MB, in the page cache; {RUNS} runs each, median (min-max)")
    print(f"{os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}, "
          f"{_version('find')}, {_version('sha256sum')}\n")  # fmt: skip
    print(f"{'':28}{'work s':>18}{'files/s':>10}{'times':>8}{'command s':>11}{'MiB':>6}{f'at {FEW}':>9}")
    base: list[float] = []
    for name, runs in taken.items():
        works = [one.work for one in runs]
        base = works if name.startswith("find") else base
        times = statistics.median(one / other for one, other in zip(works, base, strict=True))
        work, wall = statistics.median(works), statistics.median(one.wall for one in runs)
        spread = f"{work:.2f} ({min(works):.2f}-{max(works):.2f})"
        peak, few = peaks[name, FILES], peaks[name, FEW]
        print(f"{name:28}{spread:>18}{FILES / work:>10.0f}{times:>8.2f}{wall:>11.2f}{peak:>6.0f}{few:>9.0f}")


def _version(program: str) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]


if __name__ == "__main__":
    main()
