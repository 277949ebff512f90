"""A user's desk on an emulated machine: what the modules do there in a scheduled task of that user."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.smartde.nextcloud.plugins.module_utils.desk import Keyring, Presence
from ansible_collections.smartde.nextcloud.plugins.module_utils.transaction import StepError

from smartfleet.lab.windows import clients
from smartfleet.lab.windows.machine import WindowsMachine
from smartfleet.lab.windows.products import EXE

SIGN_ON = "have the user log off and on again, then apply again"


@dataclass(frozen=True)
class WindowsDesk:
    """The module utils' `Desk`. Clients are real processes; nothing of them is ever killed."""

    machine: WindowsMachine
    user: str
    stop_seconds: float
    start_seconds: float

    def presence(self, recorded: Presence | None = None) -> Presence:
        """Whoever is logged on has a desk, also with the screen locked or the connection cut."""
        session = self.machine.session(self.user)
        running = [[EXE, *one.arguments] for one in clients.running(self.machine, self.user)]
        known = recorded.clients if recorded else []
        env = {"SESSIONNAME": session.kind, "USERNAME": self.user} if session else {}
        return Presence(env, running or known)

    def keyring(self, presence: Presence) -> Keyring:
        if not presence.session:
            return Keyring("absent")
        return Keyring("unlocked", frozenset(self.machine.credentials.read().get(self.user, {})))

    def running(self) -> bool:
        return bool(clients.running(self.machine, self.user))

    def stop(self, presence: Presence) -> str:
        if not presence.session and self.running():
            raise StepError("client-will-not-stop", "the client runs in no session that could be reached")
        clients.ask_to_quit(self.machine, self.user)
        if not clients.gone(self.machine, self.user, self.stop_seconds):
            pids = ", ".join(str(one.pid) for one in clients.running(self.machine, self.user))
            raise StepError(
                "client-will-not-stop",
                f"the client (process {pids}) does not end",
                "have the user quit it, or log out",
            )
        return "quit"

    def start(self, presence: Presence) -> str:
        arguments = presence.clients[0][1:] if presence.clients else ["--background"]
        try:
            clients.start(self.machine, self.user, arguments)
        except FileNotFoundError as error:
            raise StepError("client-not-found", str(error), "install the client") from error
        end = time.monotonic() + self.start_seconds
        while not self.running() and time.monotonic() < end:
            time.sleep(0.05)
        return ", ".join(f"process {one.pid}" for one in clients.running(self.machine, self.user))

    def copy_secrets(self, presence: Presence, pairs: Sequence[tuple[str, str]]) -> list[str]:
        if not presence.session:
            raise StepError("no-session", "the user is not logged on", "have the user log on")
        states = []
        with self.machine.credentials.changing() as content:
            entries = content.setdefault(self.user, {})
            for source, target in pairs:
                if source not in entries:
                    states.append("missing")
                    continue
                if entries[source] is None:
                    raise StepError("keyring-refused", f"the credential {source} cannot be read", SIGN_ON)
                states.append("same" if entries.get(target) == entries[source] else "copied")
                entries[target] = entries[source]
        return states
