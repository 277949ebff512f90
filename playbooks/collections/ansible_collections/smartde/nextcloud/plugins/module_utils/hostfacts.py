"""All of one host: `HostFacts` of the facts document."""

from __future__ import annotations

import json
import os
import platform
import select
import socket
import sys
import time
from typing import Any, Iterable, Sequence

from . import gather, installed
from .dropped import Dropped, DroppedError, may_become
from .people import Person, other_homes, people
from .processes import Process, clients, of_person
from .state import state_folder, transactions

AT_ONCE = 4
PERSON_SECONDS = 900.0
SILENT_SECONDS = 60.0
# What one person's files may add to the facts. Above the largest configuration that is read, in base64, and far below
# what Ansible takes from a host: nobody can push the others out.
PERSON_BYTES = 6 * 1024 * 1024


def look(root: str = "/", users: Sequence[str] = ()) -> dict[str, Any]:
    """The facts document of this host. `users` limits the people; a name that nobody has is a problem in it."""
    running = clients()
    everybody = people(root, [process.uid for process in running])
    chosen, problems = _chosen(everybody, users)
    surveys = [_Survey(person) for person in chosen if may_become(person)]
    _work(surveys, running, everybody, root)
    profiles = [profile for survey in surveys for profile in survey.profiles]
    problems += [problem for survey in surveys for problem in survey.problems]
    remember(profiles, root)
    facts = {
        "schema": "smartfleet.facts/1",
        "system": system(root),
        "clients": installed.installations(root, running, [one.person for one in surveys if one.profiles]),
        "profiles": profiles,
        "problems": problems,
    }
    tidied: dict[str, Any] = tidy(facts)
    return tidied


def system(root: str) -> dict[str, Any]:
    """The `System` of the facts document."""
    return {
        "os": "darwin" if sys.platform == "darwin" else "linux",
        "hostname": _first_line(root, "etc/hostname") if root != "/" else socket.gethostname(),
        "distribution": _distribution(root),
        "python": platform.python_version(),
        "admin": os.geteuid() == 0,
        "time": time.time(),
        "free_bytes": _free_bytes(state_folder(root)),
    }


def tidy(value: Any) -> Any:  # noqa: ANN401 - JSON
    r"""Text as the facts document wants it: bytes that are no UTF-8 stand as ``\xNN``, never as half characters."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        except UnicodeEncodeError:
            return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {tidy(key): tidy(item) for key, item in value.items()}
    return [tidy(item) for item in value] if isinstance(value, list) else value


class _Survey:
    """What one person's child has told so far."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.profiles: list[dict[str, Any]] = []
        self.problems: list[dict[str, str]] = []
        self._heard = 0
        self._rest = b""

    def hear(self, chunk: bytes) -> None:
        """Take the pieces that are whole by now. DroppedError too-much."""
        self._heard += len(chunk)
        if self._heard > PERSON_BYTES:
            raise DroppedError("too-much", "the client's settings name more folders than can be looked at")
        *pieces, self._rest = (self._rest + chunk).split(b"\n")
        for piece in pieces:
            self.take(json.loads(piece))

    def take(self, piece: list[Any]) -> None:
        what, *rest = piece
        if what == "profile":
            self.profiles.append(rest[0])
        elif what == "folders":
            self.profiles[rest[0]]["folders"] = rest[1]
        elif what == "folder":
            self.profiles[rest[0]]["folders"][rest[1]].update(rest[2])
        else:
            self.profiles[0]["orphans"] = rest[0]

    def fail(self, error: DroppedError) -> None:
        """Keep what there is; a folder that was still to be looked at says why it was not."""
        self.problems.append({"code": error.code, "message": f"{self.person.name}: {error.message}"})
        for profile in self.profiles:
            for folder in profile["folders"]:
                if folder["state"] == "unwalked" and not folder.get("detail"):
                    folder["detail"] = error.message


def _chosen(everybody: Sequence[Person], users: Sequence[str]) -> tuple[list[Person], list[dict[str, str]]]:
    names = {person.name for person in everybody}
    problems = [{"code": "unknown-user", "message": f"there is no user {name}"} for name in users if name not in names]
    chosen = [person for person in everybody if not users or person.name in users]
    hidden = [person.name for person in chosen if not may_become(person)]
    if hidden:
        problems.append({"code": "not-admin", "message": "not seen without root: " + ", ".join(hidden[:20])})
    return chosen, problems


def _work(surveys: Iterable[_Survey], running: list[Process], everybody: Sequence[Person], root: str) -> None:
    """Have a few people's children work at a time: one network home that hangs does not hold up the others."""
    waiting = list(surveys)
    working: dict[Dropped, _Survey] = {}
    while waiting or working:
        while waiting and len(working) < AT_ONCE:
            survey = waiting.pop(0)
            person = survey.person
            mine = of_person(running, person.uid, person.home, root)
            work = (gather.tell, person, mine, other_homes(person, everybody), root)
            working[Dropped(person, *work, timeout=PERSON_SECONDS, idle=SILENT_SECONDS)] = survey
        patience = max(0.0, min(child.remaining() for child in working))
        select.select(list(working), [], [], patience)
        for child, survey in list(working.items()):
            if not _heard(child, survey):
                del working[child]


def _heard(child: Dropped, survey: _Survey) -> bool:
    """Take what a child has sent; False when it has ended."""
    try:
        for chunk in child.pump():
            survey.hear(chunk)
    except DroppedError as error:
        child.close()
        survey.fail(error)
        return False
    return not child.done


def remember(profiles: list[dict[str, Any]], root: str) -> None:
    """Add the moves that this host remembers for each profile."""
    remembered = transactions(root)
    for profile in profiles:
        profile["transactions"] = [
            {
                "run": one.run,
                "state": one.state,
                "step": one.step,
                "started": one.started,
                "old_sha256": one.old_sha256,
                "new_sha256": one.new_sha256,
            }
            for one in remembered
            if tidy([one.user, one.config_path]) == tidy([profile["user"], profile["config"]["path"]])
        ]


def _distribution(root: str) -> str:
    if sys.platform == "darwin":
        return "macos " + platform.mac_ver()[0]
    try:
        with open(os.path.join(root, "etc/os-release"), encoding="utf-8", errors="replace") as stream:
            lines = stream.read(64 * 1024).splitlines()
    except OSError:
        return "" if root == "/" else _distribution("/")
    found = {name: value.strip("\"'") for name, _equals, value in (line.partition("=") for line in lines)}
    return f"{found.get('ID', '')} {found.get('VERSION_ID', '')}".strip()


def _first_line(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as stream:
            return stream.readline(256).strip()
    except OSError:
        return socket.gethostname()


def _free_bytes(folder: str) -> int:
    """Free space where the folder is, or would be."""
    while folder and not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    info = os.statvfs(folder or "/")
    return info.f_bavail * info.f_frsize
