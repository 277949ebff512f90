"""Who drives a run, and whether that process still lives."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

LEASE = 90.0
"""Seconds for which a run belongs to its driver without a sign of life."""
RENEW = 20.0
"""Seconds between two signs of life, at most."""
Life = Literal["alive", "dead", "unknown"]
_PROC = Path("/proc")


@dataclass(frozen=True)
class Owner:
    """A process: the machine's name, its id there, and what tells it from a later process with the same id."""

    host: str
    pid: int
    started: str

    @classmethod
    def mine(cls) -> Owner:
        pid = os.getpid()
        return cls(socket.gethostname(), pid, f"{_surroundings()}/{_ticks(pid)}")

    @property
    def life(self) -> Life:
        """`unknown` where it cannot be seen from here: another machine, another container, before a restart.

        Machines of one name are told apart by the kernel's boot id: a wrong "dead" would let two drive one run.
        """
        surroundings, _, ticks = self.started.rpartition("/")
        if self.host != socket.gethostname() or surroundings != _surroundings():
            return "unknown"
        if _ticks(self.pid):
            return "alive" if _ticks(self.pid) == ticks else "dead"
        return "dead" if _is_gone(self.pid) else "unknown"


def drives(owner: Owner, renewed: float, now: float) -> bool:
    """Whether a run is its driver's: it is seen to live, or cannot be seen and gave a sign of life lately.

    A sign of life from the future is one from before the clock jumped back, so it counts for no longer either.
    """
    return owner.life == "alive" or (owner.life == "unknown" and abs(now - renewed) < LEASE)


def _surroundings() -> str:
    """Of a process id: this start of this kernel, and the container; "" where there is no /proc."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}/{(_PROC / 'self/ns/pid').readlink()}"
    except OSError:
        return ""


def _ticks(pid: int) -> str:
    """When it began, in clock ticks since the kernel did; "" for one that is gone, dead or hidden."""
    try:
        # the program's name may hold spaces and brackets; what follows its last bracket does not
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return ""
    # Z and X: dead, but its parent has not looked yet
    return "" if fields[0] in {b"Z", b"X"} else fields[19].decode("ascii")


def _is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    # without /proc this is all there is; with it, a dead process whose parent has not looked yet
    return (_PROC / "self/stat").exists()
