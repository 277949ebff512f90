"""The comparison: smartfleet beside what admins would use instead, over the lab's machines on loopback.

Everybody does the same job with the same number of hosts at once. pyinfra and the bare clients carry the very payload
that Ansible sends for our modules: they are the floor. CPU and memory are those of the command and all its processes,
never the lab's; requests and bytes are counted where the machines stand.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench._compare import pyinfra, table
from bench._compare.competitors import Job, audit, move
from bench._compare.crowd import Crowd
from bench._compare.measure import rounds
from bench._crowd import linux_hosts, windows_hosts
from smartfleet.lab import lifecycle
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost


@dataclass(frozen=True)
class Size:
    """How many machines do each job, and how often everybody runs at it: a move takes minutes."""

    hosts: int
    audits: int
    moves: int


FULL = {"SSH": Size(50, 3, 2), "Windows": Size(100, 3, 2)}
QUICK = dict.fromkeys(FULL, Size(2, 1, 1))
FILES = 24


def main(*, quick: bool = False) -> None:
    """Print the table, a part as soon as it is there."""
    sizes, began = QUICK if quick else FULL, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sf-bench-") as folder:
        lab = lifecycle.start(Path(folder) / "lab", tied=True)
        try:
            print(table.machine(pyinfra=pyinfra.installed() is not None), flush=True)
            machines: dict[str, Sequence[LabHost | WindowsLabHost]] = {
                "SSH": linux_hosts(lab, sizes["SSH"].hosts),
                "Windows": windows_hosts(lab, sizes["Windows"].hosts, FILES),
            }
            for kind, hosts in machines.items():
                _measure(lab, kind, hosts, audit, sizes[kind].audits)
            for kind, hosts in machines.items():
                _measure(lab, kind, hosts, move, sizes[kind].moves)
        finally:
            lab.stop()
    print(f"the comparison took {(time.monotonic() - began) / 60:.1f} minutes", file=sys.stderr)


def _measure(
    lab: Lab, kind: str, hosts: Sequence[LabHost | WindowsLabHost], make: Callable[[Crowd], Job], runs: int
) -> None:
    fleet = lab.layout.folder.with_name(f"{make.__name__}-{kind}")
    job = make(Crowd(lab, kind, hosts, write_fleet(lab, hosts, folder=fleet)))
    print(table.part(job, rounds(job, runs)), flush=True)
