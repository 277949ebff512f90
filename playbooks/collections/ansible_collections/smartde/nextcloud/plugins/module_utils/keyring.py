"""Where the client's secrets are, whatever keeps them. For code that runs as the user (`dropped.run_as`).

Each function takes the environment of the user's session (`session.SessionEnv.env`). A value of a secret is handled in
the process that calls, and never part of an answer but that of `lookup`. No keyring is started: one that the session
has not started holds nothing that could be read without its user.
"""

from __future__ import annotations

import contextlib
from typing import Iterator, Mapping, Sequence

from .dbus import Connection, DBusError
from .dropped import DroppedError
from .kwallet import KWallet
from .secret_service import SecretService

SECONDS = 15.0


def look(env: Mapping[str, str]) -> dict[str, object]:
    """``keyring`` (unlocked, locked, absent) and ``secrets`` (the names of the client's entries)."""
    try:
        with _keepers(env) as keepers:
            states = [keeper.state() for keeper in keepers]
            names = {name for keeper, state in zip(keepers, states) if state != "absent" for name in keeper.names()}
    except DroppedError:
        return {"keyring": "absent", "secrets": []}
    best = next((state for state in ("unlocked", "locked") if state in states), "absent")
    return {"keyring": best, "secrets": sorted(names)}


def copy(env: Mapping[str, str], pairs: Sequence[tuple[str, str]]) -> list[str]:
    """Clone entries (source, target); ``copied``, ``same`` or ``missing`` for each.

    DroppedError: no-session, keyring-absent, keyring-locked, keyring-refused.
    """
    with _keepers(env) as keepers:
        return [_copy(_running(keepers), source, target) for source, target in pairs]


def lookup(env: Mapping[str, str], key: str) -> bytes | None:
    """The value of an entry, None where there is none. Must not leave the user's process.

    DroppedError: no-session, keyring-absent, keyring-locked.
    """
    with _keepers(env) as keepers:
        running = _running(keepers)
        value = next((found for found in (keeper.lookup(key) for keeper in running) if found is not None), None)
        if value is None and "unlocked" not in [keeper.state() for keeper in running]:
            raise DroppedError("keyring-locked", "the user's keyring is locked", "have the user log in to the desktop")
        return value


def _copy(keepers: Sequence[SecretService | KWallet], source: str, target: str) -> str:
    for keeper in keepers:
        if keeper.has(source):
            return keeper.copy(source, target)
    if "unlocked" not in [keeper.state() for keeper in keepers]:
        raise DroppedError("keyring-locked", "the user's keyring is locked", "have the user log in to the desktop")
    return "missing"


def _running(keepers: Sequence[SecretService | KWallet]) -> list[SecretService | KWallet]:
    running = [keeper for keeper in keepers if keeper.state() != "absent"]
    if not running:
        raise DroppedError("keyring-absent", "no keyring runs in the user's session", "have the user log in")
    return running


@contextlib.contextmanager
def _keepers(env: Mapping[str, str]) -> Iterator[list[SecretService | KWallet]]:
    with _bus(env) as bus:
        yield [SecretService(bus), KWallet(bus)]


@contextlib.contextmanager
def _bus(env: Mapping[str, str]) -> Iterator[Connection]:
    """The session bus; what goes wrong on it becomes a DroppedError without any of the values that were sent."""
    address = env.get("DBUS_SESSION_BUS_ADDRESS", "")
    try:
        with Connection(address, timeout=SECONDS) as bus:
            yield bus
    except DBusError as error:
        code = "no-session" if error.name == "connection" else "keyring-refused"
        raise DroppedError(code, str(error), "have the user log in to the desktop") from None
