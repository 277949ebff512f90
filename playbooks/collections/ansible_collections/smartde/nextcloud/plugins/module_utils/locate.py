"""Find the profile that the controller names: its person, and its configuration's path on this disk."""

from __future__ import annotations

import os
from dataclasses import dataclass

from .applying import remembered, stored_order
from .configs import places
from .dropped import run_as
from .people import Person, people
from .processes import Process, clients
from .transaction import StepError


@dataclass(frozen=True)
class Located:
    """`path` as the disk has it; `kind` is the ConfigKind."""

    person: Person
    path: str
    kind: str


def locate(root: str, user: str, config_path: str) -> Located:
    r"""`config_path` is spelled as the audit spelled it, with ``\xNN`` for bytes that are no UTF-8.

    StepError (refused) user-unknown or config-unknown.
    """
    running = clients()
    everybody = people(root, [process.uid for process in running])
    person = next((one for one in everybody if one.name == user), None)
    if person is None:
        raise StepError("user-unknown", f"there is no user {user}", "audit the host again", outcome="refused")
    for path, kind in run_as(person, _places, person, running):
        if _shown(path) == config_path:
            return Located(person, path, kind)
    # a client with --confdir that has been stopped tells no more where its configuration is
    for known in reversed(remembered(root, user, config_path)):
        return Located(person, stored_order(known.folder)[1], "confdir")
    raise StepError(
        "config-unknown",
        f"{user} has no configuration {config_path}",
        "audit the host and plan again",
        outcome="refused",
    )


def _places(person: Person, running: list[Process]) -> list[list[str]]:
    return [[place.path, place.kind] for place in places(person, running)]


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
