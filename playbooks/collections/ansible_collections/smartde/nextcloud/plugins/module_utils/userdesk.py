"""The desk of a user on this host: `desk.Desk` over processes, session, keyring and desktop."""

from __future__ import annotations

import os
import time
from typing import List, Mapping, Sequence, Tuple

from . import desktop, keyring
from .dbus import Connection, DBusError
from .desk import Keyring, Presence
from .dropped import run_as
from .people import Person
from .processes import Process, clients, first, of_folder
from .session import ask

POLL = 0.1


class UserDesk:
    """The clients that use the configuration in the folder of `config_path`, and the session they run in.

    `kind` is the ConfigKind of the file: it tells how to start a client that does not run now.
    """

    def __init__(
        self, person: Person, config_path: str, *, kind: str, root: str, stop_seconds: float, start_seconds: float
    ) -> None:
        self.person = person
        self.folder = os.path.dirname(config_path)
        self.kind = kind
        self.root = root
        self.stop_seconds = stop_seconds
        self.start_seconds = start_seconds

    def presence(self, recorded: Presence | None = None) -> Presence:
        client = first(self._clients())
        if client is None and recorded and recorded.session and self._answers(recorded.env):
            return recorded
        session = ask(self.person, client, self.root)
        known = recorded.clients if recorded else []
        argv = [desktop.launch_argv(client, self.kind, self.root)] if client else known
        return Presence(env=dict(session.env), clients=argv)

    def keyring(self, presence: Presence) -> Keyring:
        found = run_as(self.person, keyring.look, presence.env)
        return Keyring(found["keyring"], frozenset(found["secrets"]))

    def running(self) -> bool:
        return bool(self._clients())

    def stop(self, presence: Presence) -> str:
        quit_seconds = self.stop_seconds * 0.6
        term_seconds = self.stop_seconds - quit_seconds
        return desktop.stop(self.person, self._clients(), presence.env, self.root, quit_seconds, term_seconds)

    def start(self, presence: Presence) -> str:
        argv = presence.clients[0] if presence.clients else self._first_start()
        pid = desktop.start(self.person, presence.env, argv, self.root)
        end = time.monotonic() + self.start_seconds
        while not self.running() and time.monotonic() < end:
            time.sleep(POLL)  # a launcher (flatpak, a shell script) takes a moment to become the client
        return f"process {pid}"

    def copy_secrets(self, presence: Presence, pairs: Sequence[Tuple[str, str]]) -> List[str]:
        states: List[str] = run_as(self.person, keyring.copy, presence.env, pairs) if pairs else []
        return states

    def _first_start(self) -> list[str]:
        argv = desktop.launch_argv(None, self.kind, self.root)
        return [*argv, "--confdir", self.folder] if self.kind == "confdir" else argv

    def _clients(self) -> list[Process]:
        mine = [client for client in clients() if client.uid == self.person.uid]
        if not mine:
            return []
        pids = run_as(self.person, _pids_of_folder, mine, self.person.uid, self.folder, self.person.home)
        return [client for client in mine if client.pid in pids]

    def _answers(self, env: Mapping[str, str]) -> bool:
        """Whether a session that was there before still is."""
        address = env.get("DBUS_SESSION_BUS_ADDRESS", "")
        return bool(run_as(self.person, _bus_answers, address)) if address else "DISPLAY" in env


def _pids_of_folder(mine: list[Process], uid: int, folder: str, home: str) -> list[int]:
    return [client.pid for client in of_folder(mine, uid, folder, home)]


def _bus_answers(address: str) -> bool:
    try:
        with Connection(address, timeout=5.0):
            return True
    except DBusError:
        return False
