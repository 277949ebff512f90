"""Ends a process with all below it. Ansible's workers have sessions of their own, so no group kill finds them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

_PROC = Path("/proc")


def descendants(pid: int) -> list[int]:
    """Every process below `pid`, parents first."""
    children: dict[int, list[int]] = {}
    for child, parent in _pairs():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    waiting = [pid]
    while waiting:
        below = children.get(waiting.pop(), [])
        found += below
        waiting += below
    return found


def end_descendants(pid: int, grace: float = 2.0) -> None:
    """TERM, then KILL after `grace` seconds, for everything below `pid`, but not for `pid` itself."""
    doomed = descendants(pid)
    _signal(doomed, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while any(_alive(process) for process in doomed) and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(dict.fromkeys(doomed + descendants(pid)), signal.SIGKILL)


def _signal(pids: list[int] | dict[int, None], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _pairs() -> list[tuple[int, int]]:
    """(process, parent) of all processes; macOS has no /proc."""
    if not (_PROC / "self/stat").exists():
        table = subprocess.run(["ps", "-axo", "pid=,ppid="], check=True, capture_output=True, text=True).stdout
        return [(int(line.split()[0]), int(line.split()[1])) for line in table.splitlines()]
    pairs = []
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                # the program's name may hold spaces and brackets; what follows its last bracket does not
                pairs.append((int(entry.name), int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])))
    return pairs
