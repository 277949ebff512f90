"""Ends a process with all below it. Ansible's workers have sessions of their own, so no group kill finds them."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

_PROC = Path("/proc")
_PR_SET_CHILD_SUBREAPER = 36


def age() -> float:
    """Seconds since this process was begun; 0 where that cannot be told, for macOS has no /proc."""
    try:
        ticks = (_PROC / "self/stat").read_bytes().rpartition(b")")[2].split()[19]
    except OSError:
        return 0.0
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - int(ticks) / os.sysconf("SC_CLK_TCK"))


def descendants(pid: int) -> list[int]:
    """Every living process below `pid`, parents first."""
    return _below({pid}, dict(_living()))


def adopt_orphans() -> None:
    """From now on a process below this one whose parent was killed is a child of this one; Linux alone can do that."""
    libc = ctypes.CDLL(None)
    if hasattr(libc, "prctl"):
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_tree(pid: int, grace: float = 2.0) -> None:
    """TERM, then KILL after `grace` seconds, for `pid` and everything below it, also what begins in the meantime."""
    told: dict[int, None] = {}
    deadline = time.monotonic() + grace
    while True:
        living = dict(_living())
        left = [process for process in [pid, *_below({pid, *told}, living)] if process in living]
        if not left:
            return
        if time.monotonic() >= deadline:
            kill_trees(left)
            return
        for process in left:
            if process not in told:
                _signal(process, signal.SIGTERM)
        told |= dict.fromkeys(left)
        time.sleep(0.05)


def kill_trees(pids: Collection[int]) -> None:
    """KILL for these and everything below them. Whoever is stopped first begins nobody who would not be found."""
    found: dict[int, None] = {}
    new = list(pids)
    try:
        while new:
            for process in new:
                _signal(process, signal.SIGSTOP)
            found |= dict.fromkeys(new)
            new = [process for process in _below(found, dict(_living())) if process not in found]
    finally:
        # whoever is stopped would go on when the one above it ends (POSIX: orphaned process groups)
        for process in reversed(found):
            _signal(process, signal.SIGKILL)


def _below(roots: Collection[int], living: Mapping[int, int]) -> list[int]:
    """`living`: processes with their parents. Of `roots`, those that are below another one are among the found."""
    children: dict[int, list[int]] = {}
    for child, parent in living.items():
        children.setdefault(parent, []).append(child)
    found: dict[int, None] = {}
    waiting = list(roots)
    while waiting:
        below = [child for child in children.get(waiting.pop(), []) if child not in found]
        found |= dict.fromkeys(below)
        waiting += below
    return list(found)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _living() -> Iterator[tuple[int, int]]:
    """(process, parent) of all processes that have not ended; macOS has no /proc."""
    if not (_PROC / "self/stat").exists():
        table = subprocess.run(["ps", "-axo", "pid=,ppid=,stat="], check=True, capture_output=True, text=True).stdout
        for pid, parent, state in (line.split()[:3] for line in table.splitlines()):
            if not state.startswith("Z"):
                yield int(pid), int(parent)
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # the program's name may hold spaces and brackets; what follows its last bracket does not
                words = (entry / "stat").read_bytes().rpartition(b")")[2].split()
                if words[0] not in {b"Z", b"X"}:
                    yield int(entry.name), int(words[1])
