"""The configuration files of a person: where they may lie, and how to read one that its owner may have prepared.

Runs as the user (`dropped.run_as`). Places, client source configfile.cpp and the packages' own rules:
``$XDG_CONFIG_HOME/Nextcloud`` (as a running client has it, else ``~/.config``), the older ``~/.local/share/Nextcloud``,
``--confdir`` of a running client, flatpak, snap; macOS ``~/Library/Preferences/Nextcloud`` and, from client 33 on, the
app's container (both untried here).
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
import sys
from dataclasses import dataclass, field, replace

from .accounts import plain_secrets, proxy_password_keys
from .people import Person
from .processes import Process, config_folder, of_folder
from .qsettings import IniFile, parse

NAME = "nextcloud.cfg"
SIZE_LIMIT = 2 * 1024 * 1024
MASK = b"smartfleet-masked"
FLATPAK = ".var/app/com.nextcloud.desktopclient.nextcloud/config/Nextcloud"
CONTAINER = "Library/Containers/com.nextcloud.desktopclient/Data/Library/Preferences/Nextcloud"
_OPEN = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_TRIES = 3


@dataclass(frozen=True)
class Place:
    """A configuration's path, with the clients that use it now."""

    path: str
    kind: str
    clients: list[Process] = field(default_factory=list)


@dataclass(frozen=True)
class Content:
    """A file as it was read; `state` as in the facts document, `data` only where it is ok."""

    state: str
    detail: str = ""
    data: bytes = b""
    mode: int = 0
    size: int = 0
    mtime: float = 0.0


def places(person: Person, processes: list[Process], platform: str = sys.platform) -> list[Place]:
    """Where this person has a configuration, or runs a client without one; each file once, however it is reached.

    `processes` may hold other people's too; in a lab they must be the person's (`processes.of_person`).
    """
    mine = [process for process in processes if process.uid == person.uid]
    found: list[Place] = []
    seen: set[str] = set()
    for folder, kind in _candidates(person, mine, platform):
        real = os.path.realpath(folder)
        clients = of_folder(mine, person.uid, folder, person.home)
        path = os.path.join(folder, NAME)
        if real not in seen and (clients or os.path.lexists(path) or _is_shut(path)):
            seen.add(real)
            found.append(Place(path, kind, clients))
    return found


def read(path: str, uid: int) -> Content:
    """The file's bytes, if it is an ordinary file of this user's and no larger than a configuration can be."""
    for _try in range(_TRIES):
        content, same = _read_once(path, uid)
        if same:
            return content
    return Content("unreadable", "it changes while it is read")


def mask(data: bytes) -> tuple[bytes, list[str]]:
    """The bytes with the values of plain-text passwords replaced, and the keys (SECTION/KEY) that were.

    ValueError if the bytes are no configuration.
    """
    ini = parse(data)
    shown: list[bytes] = []
    position = 0
    for entry in plain_secrets(ini):
        shown += [data[position : entry.value], MASK]
        position = entry.end
    shown.append(data[position:])
    return b"".join(shown), [f"{section}/{key}" for section, key in proxy_password_keys(ini)]


def document(place: Place, content: Content) -> tuple[dict[str, object], IniFile | None]:
    """The `ConfigFile` of the facts, and the parsed file where it could be read."""
    facts: dict[str, object] = {
        "path": place.path,
        "kind": place.kind,
        "state": content.state,
        "detail": content.detail,
        "mode": content.mode,
        "size": content.size,
        "mtime": content.mtime,
    }
    if content.state != "ok":
        return facts, None
    facts["sha256"] = hashlib.sha256(content.data).hexdigest()
    try:
        ini = parse(content.data)
        shown, masked = mask(content.data)
    except ValueError as error:
        return {**facts, "state": "broken", "detail": str(error)}, None
    return {**facts, "content": base64.b64encode(shown).decode(), "masked": masked}, ini


def _candidates(person: Person, mine: list[Process], platform: str) -> list[tuple[str, str]]:
    home = person.home
    if platform == "darwin":
        fixed = [("Library/Preferences/Nextcloud", "standard"), (CONTAINER, "sandbox")]
    else:
        fixed = [(".config/Nextcloud", "standard"), (".local/share/Nextcloud", "legacy"), (FLATPAK, "flatpak")]
        fixed += [(f"snap/{name}/current/.config/Nextcloud", "snap") for name in _snaps(home)]
    known = [(os.path.join(home, path), kind) for path, kind in fixed]
    # a client with its own XDG_CONFIG_HOME has a standard place too, one that only it can tell
    return known + [(config_folder(one, home), "confdir" if _has_confdir(one) else "standard") for one in mine]


def _has_confdir(process: Process) -> bool:
    return any(word.partition("=")[0] == "--confdir" for word in process.arguments)


def _snaps(home: str) -> list[str]:
    try:
        names = os.listdir(os.path.join(home, "snap"))
    except OSError:
        return []
    return sorted(name for name in names if "nextcloud" in name)[:10]


def _is_shut(path: str) -> bool:
    """Whether the folder is there and its owner may not look into it."""
    try:
        os.lstat(path)
    except PermissionError:
        return True
    except OSError:
        return False
    return False


def _read_once(path: str, uid: int) -> tuple[Content, bool]:
    """The content, and whether it stayed the same while it was read."""
    try:
        fd = os.open(path, _OPEN)
    except OSError as error:
        return _refusal(error), True
    info = os.fstat(fd)
    found = Content("ok", "", b"", stat.S_IMODE(info.st_mode), info.st_size, info.st_mtime)
    try:
        if not stat.S_ISREG(info.st_mode):
            return replace(found, state="not-a-file", detail="it is no ordinary file"), True
        if info.st_uid != uid:
            return replace(found, state="foreign-owner", detail=f"it belongs to uid {info.st_uid}"), True
        if info.st_size > SIZE_LIMIT:
            return replace(found, state="too-large", detail=f"it is larger than {SIZE_LIMIT} bytes"), True
        with open(fd, "rb", closefd=False) as stream:
            data = stream.read(SIZE_LIMIT + 1)
        after = os.fstat(fd)
    except OSError as error:
        return replace(found, state="unreadable", detail=str(error.strerror)), True
    finally:
        os.close(fd)
    same = (after.st_size, after.st_mtime_ns) == (info.st_size, info.st_mtime_ns) and len(data) == info.st_size
    return replace(found, state="ok" if data else "empty", data=data), same


def _refusal(error: OSError) -> Content:
    state = {
        errno.ENOENT: "absent",
        errno.ENOTDIR: "absent",
        errno.ELOOP: "link",
        errno.ENXIO: "not-a-file",
    }.get(error.errno or 0, "unreadable")
    detail = {"link": "it is a link", "absent": "", "not-a-file": "it is no ordinary file"}
    return Content(state, detail.get(state, str(error.strerror)))
