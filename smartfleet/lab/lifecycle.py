"""Starting and ending a lab."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from smartfleet.errors import LabError
from smartfleet.lab.daemon.leftovers import end_noted_clients
from smartfleet.lab.lab import Lab
from smartfleet.lab.layout import LabState, Layout, is_running, read_state
from smartfleet.lab.requirements import check_requirements
from smartfleet.lab.windows import clients
from smartfleet.lab.windows.machine import WindowsMachine

START_SECONDS = 120.0
"""On a busy machine; one that cannot start says so at once."""
STOP_SECONDS = 20.0
OWN = ("hosts", "keys", "fleet", "downloads", "workers")
"""Folders that a lab makes; a new one in the same place replaces them."""
LONGEST_FOLDER = 45
"""Bytes. What comes behind it on the way to a client's socket has up to 60, and a unix socket's path 107."""


def start(folder: Path, *, tied: bool) -> Lab:
    """A lab with its servers and no hosts in `folder`.

    `tied`: it ends with this process. LabError if one runs there already, the folder holds something else, or
    something that a lab needs is missing.
    """
    check_requirements()
    layout = Layout(folder.resolve())
    _clear(layout)
    pipe = subprocess.PIPE if tied else subprocess.DEVNULL
    with layout.log.open("ab") as log:
        daemon = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "smartfleet.lab.daemon",
                os.fspath(layout.folder),
                "--tied" if tied else "--detached",
            ],
            stdin=pipe,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        state = read_state(layout)
        if state is not None:
            if not tied:
                daemon.wait(timeout=STOP_SECONDS)
            return Lab(layout, state, daemon if tied else None)
        if daemon.poll() is not None:
            break
        time.sleep(0.05)
    if daemon.poll() is None:
        daemon.terminate()
        daemon.wait(timeout=STOP_SECONDS)
    raise LabError("lab/did-not-start", f"the lab did not start: {_last_line(layout.log)}", do=f"see {layout.log}")


def stop(folder: Path) -> bool:
    """Ends the lab in `folder` with everything it started; False if none ran."""
    layout = Layout(folder.resolve())
    state = read_state(layout)
    if state is None:
        return False
    ran = is_running(state.pid, state.mark)
    if ran:
        _end(state)
    # what a killed daemon could not end
    for root in layout.hosts.iterdir() if layout.hosts.is_dir() else []:
        end_noted_clients(root)
        clients.end(WindowsMachine(root))
    layout.remove_linked_hosts()
    layout.state.unlink(missing_ok=True)
    return ran


def stopped(folder: Path) -> bool:
    """Whether no lab runs in `folder`."""
    state = read_state(Layout(folder.resolve()))
    return state is None or not is_running(state.pid, state.mark)


def attach(folder: Path) -> Lab:
    """The lab that runs in `folder`; LabError if none does."""
    layout = Layout(folder.resolve())
    state = read_state(layout)
    if state is None or stopped(folder):
        raise LabError("lab/not-running", f"no lab runs in {layout.folder}", do=f"smartfleet lab up {layout.folder}")
    return Lab(layout, state, None)


def _clear(layout: Layout) -> None:
    """Makes the folder ready; what an ended lab left there goes, anything else is not touched."""
    state = read_state(layout)
    if state is not None and is_running(state.pid, state.mark):
        raise LabError(
            "lab/running", f"a lab runs in {layout.folder} already", do=f"smartfleet lab down {layout.folder}"
        )
    try:
        layout.folder.mkdir(parents=True, exist_ok=True)
        found = {entry.name for entry in layout.folder.iterdir()}
        if found and not layout.log.exists():
            raise LabError(
                "lab/not-empty",
                f"{layout.folder} holds other files",
                why="a lab removes what an earlier one left",
                do="choose an empty folder",
            )
        layout.remove_linked_hosts()
        for name in OWN:
            shutil.rmtree(layout.folder / name, ignore_errors=True)
        for file in (*layout.folder.glob("access-*.jsonl"), layout.state):
            file.unlink(missing_ok=True)
        layout.log.touch()
        if len(os.fsencode(layout.folder)) > LONGEST_FOLDER:
            (layout.folder / "hosts").symlink_to(tempfile.mkdtemp(prefix="smartfleet-lab-"))
    except OSError as error:
        raise LabError(
            "lab/folder", f"{layout.folder} cannot be used: {error.strerror}", do="choose another folder with --dir"
        ) from error


def _end(state: LabState) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(state.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while is_running(state.pid, state.mark):
        if time.monotonic() > deadline:
            with contextlib.suppress(ProcessLookupError):
                os.kill(state.pid, signal.SIGKILL)
            return
        time.sleep(0.05)


def _last_line(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
