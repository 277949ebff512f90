"""Which worker is in the middle of moving accounts: the one to lose, if somebody wants to see what then happens."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from smartfleet.lab.host import LabHost
from smartfleet.lab.workers.place import Place

_PORT = re.compile(rb"Port=(\d+)")
_OVER = {"done", "undone"}


def in_the_middle(workers: Iterable[Place], hosts: Iterable[LabHost]) -> tuple[str, list[str]] | None:
    """A worker, and the machines that it moves accounts on just now; None while there is no such worker.

    Machines that are reached over SSH are looked at alone: only for them a worker has a process each.
    """
    moving = [host for host in hosts if is_moving(host.root)]
    # all processes of this machine are looked through for the worker: not before there is one to find
    for worker, reached in at_work(workers, moving).items() if moving else ():
        if reached:
            return worker, sorted({host.name for host in reached})
    return None


def at_work(workers: Iterable[Place], hosts: Iterable[LabHost]) -> dict[str, list[LabHost]]:
    """The machines to which each worker has a connection just now."""
    ports = {host.port: host for host in hosts}
    return {worker.name: [ports[port] for port in _called(worker.processes()) if port in ports] for worker in workers}


def is_moving(root: Path) -> bool:
    """Whether the machine has begun a move that has not come to its end."""
    return any(_is_open(path) for path in root.glob("var/lib/smartfleet/runs/*/*/marks.jsonl"))


def _is_open(path: Path) -> bool:
    marks: list[Mapping[str, str]] = []
    # the last line may be half written
    for line in path.read_bytes().split(b"\n")[:-1]:
        with contextlib.suppress(ValueError):
            marks.append(json.loads(line))
    states = [mark["state"] for mark in marks if mark["step"] == "transaction"]
    return bool(states) and states[-1] not in _OVER


def _called(pids: Iterable[int]) -> list[int]:
    """The ports that ssh clients among the processes talk to."""
    found = []
    for pid in pids:
        # it may have ended meanwhile
        with contextlib.suppress(OSError):
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if words[0].rpartition(b"/")[2] == b"ssh":
                found += [int(port) for word in words if (port := _matched(word))]
    return found


def _matched(word: bytes) -> bytes:
    found = _PORT.fullmatch(word)
    return found[1] if found else b""
