"""Clients that a module started over SSH belong to nobody; they leave notes with their pids, to be ended by."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from smartfleet.lab.desktop.install import client_state

TERM_SECONDS = 5.0


def end_noted_clients(root: Path, *, user: str = "") -> None:
    """Ends the clients of the host at `root` (of one `user` only, if named) and waits for them to go."""
    for pid in running_clients(root, user=user):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + TERM_SECONDS
    while running_clients(root, user=user) and time.monotonic() < deadline:
        time.sleep(0.05)


def running_clients(root: Path, *, user: str = "") -> list[int]:
    """The pids of the clients that left notes and still run; notes of others are removed."""
    folder = client_state(root)
    notes = [note for note in folder.iterdir() if note.name.isdigit()] if folder.is_dir() else []
    running = []
    for note in notes:
        if _is_client(int(note.name), root):
            running.append(int(note.name))
        else:
            note.unlink(missing_ok=True)
    return [pid for pid in running if not user or _belongs_to(pid, root, user)]


def _is_client(pid: int, root: Path) -> bool:
    """Whether the process is a client of this very host: a pid may have been given out again."""
    return os.fsencode(root / "usr/bin/nextcloud") in _words(pid, "cmdline")[:3]


def _belongs_to(pid: int, root: Path, user: str) -> bool:
    return os.fsencode(f"HOME={root / 'home' / user}") in _words(pid, "environ")


def _words(pid: int, name: str) -> list[bytes]:
    """The words of a file in /proc; none for a process that is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    except OSError:
        return []
