"""The clients that run on a machine: found, started, quit, ended. Real processes of the stand-in client."""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import EXE

PATH = "/usr/local/bin:/usr/bin:/bin"
TERM_SECONDS = 5.0


@dataclass(frozen=True)
class RunningClient:
    """`arguments` without the program; `started` in seconds since the epoch."""

    pid: int
    user: str
    arguments: list[str]
    started: float


def running(machine: WindowsMachine, user: str = "") -> list[RunningClient]:
    """Those that left a note and still run, of everybody or of one user."""
    notes = [note for note in machine.clients.glob("*") if note.name.isdigit()]
    found = [client for note in notes for client in [_client(machine, int(note.name))] if client is not None]
    return [client for client in found if user in ("", client.user)]


def socket_of(machine: WindowsMachine, user: str) -> Path:
    r"""What stands for ``\\.\pipe\Nextcloud-USER``, which file managers ask."""
    return runtime(machine, user) / "Nextcloud/socket"


def runtime(machine: WindowsMachine, user: str) -> Path:
    """The folder of that socket, as a client on Linux would be told it. Its name is short: sockets' paths must be."""
    return machine.clients / f"u{hashlib.sha256(user.encode()).hexdigest()[:7]}"


def start(machine: WindowsMachine, user: str, arguments: Sequence[str] = ("--background",)) -> None:
    """Starts the client in the user's session, as a child of nobody. FileNotFoundError if there is no program."""
    program = machine.drive.real(EXE)
    if not program.exists():
        raise FileNotFoundError(f"{EXE} is missing")
    line = '"$@" </dev/null >/dev/null 2>&1 &'
    subprocess.run(
        ["/bin/sh", "-c", line, "sh", os.fspath(program), *arguments],
        env=environment(machine, user),
        cwd=machine.folder,
        check=True,
        start_new_session=True,
    )


def ask_to_quit(machine: WindowsMachine, user: str) -> None:
    """``nextcloud.exe --quit`` in the user's session."""
    program = machine.drive.real(EXE)
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        # a group of its own: Ctrl-C in the terminal must not tear it
        subprocess.run(
            [program, "--quit"],
            env=environment(machine, user),
            check=False,
            timeout=20,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )


def gone(machine: WindowsMachine, user: str, seconds: float) -> bool:
    """Waits until no client of the user is left."""
    end = time.monotonic() + seconds
    while running(machine, user):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def end(machine: WindowsMachine, user: str = "") -> None:
    """Ends clients as a logoff does, and waits for them to go."""
    for client in running(machine, user):
        with contextlib.suppress(ProcessLookupError):
            os.kill(client.pid, signal.SIGTERM)
    gone(machine, user, TERM_SECONDS)


def environment(machine: WindowsMachine, user: str) -> dict[str, str]:
    """What a session gives its programs; the paths are those of this disk, which the program works on."""
    profile = machine.profile(user)
    return {
        "USERNAME": user,
        "USERPROFILE": os.fspath(machine.drive.real(profile.home)),
        "APPDATA": os.fspath(machine.drive.real(profile.roaming)),
        "PATH": PATH,
        "LANG": "C.UTF-8",
    }


def _client(machine: WindowsMachine, pid: int) -> RunningClient | None:
    """The client with this pid: a pid may have been given out again."""
    words = _words(pid, "cmdline")
    program = os.fsencode(machine.drive.real(EXE))
    if program not in words[:3]:
        (machine.clients / str(pid)).unlink(missing_ok=True)
        return None
    user = next((word[9:].decode() for word in _words(pid, "environ") if word.startswith(b"USERNAME=")), "")
    arguments = [word.decode("utf-8", "replace") for word in words[words.index(program) + 1 :] if word]
    try:
        started = Path(f"/proc/{pid}").stat().st_ctime
    except OSError:
        return None
    return RunningClient(pid, user, arguments, started)


def _words(pid: int, name: str) -> list[bytes]:
    """The words of a file in /proc; none for a process that is gone or a zombie."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes().split(b"\0")
    except OSError:
        return []
