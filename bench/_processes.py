"""What the processes of a command hold in memory."""

from __future__ import annotations

from pathlib import Path


def held_by(pid: int) -> int:
    """KiB that a process and all below it hold now."""
    return sum(held(one) for one in family(pid))


def family(pid: int) -> list[int]:
    """A process and all below it."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def children(pid: int) -> list[int]:
    """The processes that any thread of a process began."""
    found: list[int] = []
    for task in _listed(Path(f"/proc/{pid}/task")):
        try:
            found += map(int, (task / "children").read_text().split())
        except OSError:  # it has ended meanwhile
            continue
    return found


def held(pid: int) -> int:
    """KiB of one process, shared pages divided among those that share them; 0 for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def high_water() -> float:
    """MiB that this process held at most; `ru_maxrss` may be that of the process that began it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def words_of(pid: int) -> list[str]:
    """The command line of a process; empty for one that has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def _listed(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []
