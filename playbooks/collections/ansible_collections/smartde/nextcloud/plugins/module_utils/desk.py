"""What a move needs of a user's desktop: the session, its keyring, its clients.

The steps speak to a `Desk`; `LinuxDesk` in `desktop` is the real one, tests bring their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, FrozenSet, List, Protocol, Sequence, Tuple


@dataclass(frozen=True)
class Presence:
    """What is at the desk. Kept in the transaction's folder, because a stopped client cannot be asked any more.

    `env`: allow-listed variables of the session, empty without one. `clients`: how each client that runs would be
    started again (argv, without options that could hold a secret).
    """

    env: Dict[str, str] = field(default_factory=dict)
    clients: List[List[str]] = field(default_factory=list)

    @property
    def session(self) -> bool:
        return bool(self.env)

    @property
    def startable(self) -> bool:
        """Whether a client can be started: there is a screen, or one ran in this session already.

        A session may have none: a login over ssh has a bus and a runtime folder too.
        """
        screens = ("DISPLAY", "WAYLAND_DISPLAY", "SESSIONNAME")  # the last is what Windows names a session
        return any(self.env.get(name) for name in screens) or bool(self.env and self.clients)


@dataclass(frozen=True)
class Keyring:
    """`state`: unlocked, locked or absent. `entries`: names of the client's entries."""

    state: str
    entries: FrozenSet[str] = frozenset()


class Desk(Protocol):
    """All may raise StepError or DroppedError. Nothing here changes a file of the home."""

    def presence(self, recorded: Presence | None = None) -> Presence:
        """What is there now; a `recorded` session counts if it still answers and no other is found."""

    def keyring(self, presence: Presence) -> Keyring: ...

    def running(self) -> bool:
        """Whether a client of this profile runs."""

    def stop(self, presence: Presence) -> str:
        """End the profile's clients and wait until they are gone; StepError client-will-not-stop."""

    def start(self, presence: Presence) -> str:
        """Start the client in the session and wait until it runs; StepError client-will-not-start."""

    def copy_secrets(self, presence: Presence, pairs: Sequence[Tuple[str, str]]) -> List[str]:
        """Clone keyring entries; ``copied``, ``same`` or ``missing`` for each. No value leaves the user's process."""


def presence_from(data: Dict[str, Any]) -> Presence:
    return Presence(env=dict(data["env"]), clients=[list(argv) for argv in data["clients"]])
