"""One person's part of the facts, told piece by piece by a child that has become that person.

Each piece is a line of JSON as soon as it is known, so a folder that hangs costs itself and what comes after it, but
not what was found before: the parent keeps what it has and ends the child.
"""

from __future__ import annotations

import json
import os
from typing import Any, Sequence

from . import autostart, configs, excludes, folders, keyring, session
from .accounts import read_accounts
from .dropped import Send
from .people import Person
from .processes import Process, first
from .qsettings import IniFile

SECRET_OPTIONS = ("--apppassword",)
ARGUMENT_LIMIT = 200


def tell(send: Send, person: Person, processes: list[Process], other_homes: Sequence[str], root: str) -> int:
    """Runs as the person; answers the number of profiles.

    Pieces: ``profile`` FACTS; ``folders`` PROFILE LIST (as named in the configuration); ``folder`` PROFILE INDEX FACTS
    (what looking at it added); ``orphans`` LIST.
    """
    teller = _Teller(send, person, other_homes, root)
    places = configs.places(person, processes)
    inis = [teller.profile(place) for place in places]
    for number, (place, ini) in enumerate(zip(places, inis)):
        if ini is not None:
            teller.folders(number, place, ini)
    if places:
        teller.orphans()
    return len(places)


class _Teller:
    def __init__(self, send: Send, person: Person, other_homes: Sequence[str], root: str) -> None:
        self._send = send
        self._person = person
        self._other_homes = other_homes
        self._root = root
        self._known: list[bytes] = []

    def profile(self, place: configs.Place) -> IniFile | None:
        config, ini = configs.document(place, configs.read(place.path, self._person.uid))
        client = first(place.clients)
        found = session.find(self._person, client, self._root)
        facts = {
            "user": self._person.name,
            "uid": self._person.uid,
            "home": self._person.home,
            "config": config,
            "client": client_facts(client),
            "session": session_facts(found),
            "autostart": autostart.look(place, self._person.home, found.env, self._root),
            "folders": [],
        }
        self._put("profile", facts)
        return ini

    def folders(self, number: int, place: configs.Place, ini: IniFile) -> None:
        """Name all folders first, then look at each: one that hangs must not hide the others."""
        pairs = [(account, folder) for account in read_accounts(ini) for folder in account.folders]
        self._known += [folder.local_path for _account, folder in pairs]
        self._put("folders", number, [folders.named(*pair) for pair in pairs])
        lists = (os.path.join(self._root, excludes.SYSTEM), os.path.join(os.path.dirname(place.path), excludes.NAME))
        view = folders.View(self._person.uid, self._other_homes, lists, self._beat)
        for index, (account, folder) in enumerate(pairs):
            self._put("folder", number, index, folders.looked_at(account, folder, view))

    def orphans(self) -> None:
        self._put("orphans", folders.orphans(self._person.home, self._known, self._person.uid, self._beat))

    def _beat(self) -> None:
        self._send(b"")

    def _put(self, *piece: Any) -> None:  # noqa: ANN401 - JSON
        # a piece may travel in several chunks: the line end tells that it is whole
        self._send(json.dumps(piece).encode() + b"\n")


def client_facts(process: Process | None) -> dict[str, object] | None:
    if process is None:
        return None
    return {
        "pid": process.pid,
        "exe": process.exe,
        "arguments": _without_secrets(process.arguments[:ARGUMENT_LIMIT]),
        "started": process.started,
    }


def session_facts(found: session.SessionEnv) -> dict[str, object]:
    asked = keyring.look(found.env) if found.active else {"keyring": "absent", "secrets": []}
    state = "active" if found.active else "none"
    return {"state": state, "source": found.source, "display": found.display, **asked}


def _without_secrets(arguments: Sequence[str]) -> list[str]:
    """The arguments, the values of those masked that sign a user in."""
    shown = []
    hide = False
    for word in arguments:
        name, equals, _value = word.partition("=")
        shown.append("***" if hide else f"{name}=***" if equals and name in SECRET_OPTIONS else word)
        hide = not hide and word in SECRET_OPTIONS
    return shown
