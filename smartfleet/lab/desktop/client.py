"""The running program: a single instance, and the loop."""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import selectors
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

from smartfleet.lab.desktop.program import Program
from smartfleet.lab.desktop.session import AccountSession
from smartfleet.lab.desktop.settings import Settings
from smartfleet.lab.desktop.sockets import LineServer, account_list, instance_socket, only_one, tell_running
from smartfleet.lab.desktop.surroundings import Surroundings

log = logging.getLogger("nextcloud.gui.application")
QUIT_SECONDS = 0.3
"""The real client takes one to two seconds to go; callers must wait for its process, so this one is not instant."""
STEP_SECONDS = 0.5


def run(program: Program, surroundings: Surroundings, options: argparse.Namespace) -> int:
    """Runs the client until it is told to quit; the exit status."""
    folder = Path(options.confdir) if options.confdir else surroundings.config_folder
    lock = instance_socket(program.state, folder)
    if options.quit:
        tell_running(lock, "quit")
        return 0
    with only_one(lock) as alone:
        if not alone:
            print("nextcloud.gui.application: Already running, exiting...")  # noqa: T201
            return 0
        folder.mkdir(parents=True, exist_ok=True)
        _start_log(options.logfile, surroundings.log_folder)
        with _pid_file(program.state):
            Client(program, surroundings, folder).run()
    return 0


class Client:
    """The running client."""

    def __init__(self, program: Program, surroundings: Surroundings, folder: Path) -> None:
        self._settings = Settings(folder, f"{program.version}git", program.qt)
        self._program = program
        self._selector = selectors.DefaultSelector()
        self._quit_at: float | None = None
        agent = f"Mozilla/5.0 ({surroundings.system}) mirall/{program.version} (Nextcloud, smartfleet-lab)"
        self._sessions = [
            AccountSession(account, self._settings, agent, program.numbers, surroundings)
            for account in self._settings.accounts
        ]
        self._servers = [
            LineServer(
                instance_socket(program.state, folder), self._selector, greet=list, answer=self._instance_answer
            ),
        ]
        socket_path = surroundings.file_manager_socket
        if socket_path is not None:
            self._servers.append(
                LineServer(socket_path, self._selector, greet=self._greet, answer=self._file_manager_answer)
            )

    def run(self) -> None:
        """Syncs until told to quit; then saves the configuration and closes the journals."""
        while self._quit_at is None or time.monotonic() < self._quit_at:
            for key, _events in self._selector.select(STEP_SECONDS if self._quit_at is None else QUIT_SECONDS / 3):
                cast("Callable[[], None]", key.data)()
            if self._quit_at is None:
                for session in self._sessions:
                    session.tick(time.monotonic())
        for server in self._servers:
            server.close()
        for session in self._sessions:
            session.close()
        self._settings.save()
        log.info("quit")

    def _instance_answer(self, line: str) -> list[str]:
        if line == "quit" and self._quit_at is None:
            self._quit_at = time.monotonic() + QUIT_SECONDS
        return []

    def _greet(self) -> list[str]:
        return [f"REGISTER_PATH:{folder}" for session in self._sessions for folder in session.folders]

    def _file_manager_answer(self, line: str) -> list[str]:
        command, _, rest = line.partition(":")
        if command == "VERSION":
            return [f"VERSION:{self._program.version}git:1.1"]
        if command == "RETRIEVE_FILE_STATUS":
            synced = any(session.is_synced(rest) for session in self._sessions)
            return [f"STATUS:{'OK' if synced else 'SYNC'}:{rest}"]
        if command == "V2/LIST_ACCOUNTS":
            with contextlib.suppress(ValueError, AttributeError):
                job = str(json.loads(rest).get("id", ""))
                return [account_list(job, [(session.account.number, session.name) for session in self._sessions])]
        return []


def _start_log(path: str | None, folder: Path) -> None:
    if path is None:
        folder.mkdir(parents=True, exist_ok=True)
        path = os.fspath(folder / time.strftime("%Y%m%d_%H%M_nextcloud.log.0"))
    handler = logging.StreamHandler() if path == "-" else logging.FileHandler(path)
    logging.basicConfig(handlers=[handler], level=logging.INFO, format="%(asctime)s [ %(name)s ]:\t%(message)s")


@contextlib.contextmanager
def _pid_file(folder: Path) -> Iterator[None]:
    """Leaves a note for `lab down`, which ends clients by pid."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / str(os.getpid())
    path.touch()
    try:
        yield
    finally:
        path.unlink(missing_ok=True)
