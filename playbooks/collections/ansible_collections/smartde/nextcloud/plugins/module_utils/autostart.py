"""Whether a user's desktop starts the client of a profile when he logs on.

What the desktop reads decides, not `launchOnSystemStartup` of the configuration, which only tells what the user once
chose. Linux: the entries of the autostart folders, by freedesktop.org's Autostart Specification. The client writes one
there (utility_unix.cpp; its name changed with the versions) that never carries --confdir; administrators and users
write others, so what an entry runs counts and not what it is called. macOS: launch agents; the login items that newer
clients use are not on a disk where they could be read.
"""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import sys
from dataclasses import dataclass
from typing import Mapping, Sequence

from .configs import Place
from .desktopentry import DesktopEntry, plain_bytes, read
from .dropped import SAFE_PATH
from .installed import FLATPAK
from .processes import CLIENT_NAMES

ON, OFF, UNKNOWN = "on", "off", "unknown"
BOXES = ("flatpak", "snap")
ENTRIES_LIMIT = 1000
SYSTEM = "/etc/xdg"
AGENTS = ("Library/LaunchAgents", "/Library/LaunchAgents")
_APP_IMAGE = re.compile(r"nextcloud.*\.appimage", re.IGNORECASE)
_SNAP = re.compile(r"nextcloud-(desktop-client|desktop|client)")
_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=.*", re.DOTALL)


def look(place: Place, home: str, env: Mapping[str, str], root: str = "/", platform: str = sys.platform) -> str:
    """on, off or unknown, for the configuration at `place`. `env`: of the session, empty without one.

    To be called as the user: what he may not read, his desktop does not start.
    """
    return _agents(place, home) if platform == "darwin" else _Desktop(place, home, env, root).answer()


@dataclass(frozen=True)
class _Desktop:
    """A user's desktop, asked for one profile."""

    place: Place
    home: str
    env: Mapping[str, str]
    root: str

    def answer(self) -> str:
        answers = set()
        seen: set[str] = set()
        for folder in self._folders():
            try:
                names = [name for name in os.listdir(folder) if name.endswith(".desktop") and name not in seen]
            except (FileNotFoundError, NotADirectoryError, PermissionError):
                continue
            except OSError:
                return UNKNOWN
            # a name in one folder hides the same name in the folders behind it, whatever it says
            seen.update(names)
            answers |= {self._entry(os.path.join(folder, name)) for name in sorted(names)[:ENTRIES_LIMIT]}
            answers |= {UNKNOWN} if len(names) > ENTRIES_LIMIT else set()
        return ON if ON in answers else UNKNOWN if UNKNOWN in answers else OFF

    def _folders(self) -> list[str]:
        """The autostart folders, the most important first."""
        # a client in a box has variables of its own, which the desktop outside does not know
        env = {} if self._box else self.env
        told = env.get("XDG_CONFIG_HOME", "")
        base = told if os.path.isabs(told) else os.path.join(self.home, ".config")
        system = [folder for folder in env.get("XDG_CONFIG_DIRS", "").split(":") if os.path.isabs(folder)] or [SYSTEM]
        return [os.path.join(folder, "autostart") for folder in (base, *map(self._here, system))]

    def _entry(self, path: str) -> str:
        try:
            entry = read(path)
        except (FileNotFoundError, PermissionError):
            return OFF
        except OSError:
            return UNKNOWN
        if entry is None or not entry.is_set("Type", to="application") or entry.is_set("Hidden", to="true"):
            return OFF
        words = _unwrapped(entry.command())
        kind = _kind(words)
        if not kind:
            # a wrapper of somebody's own, or a file manager that shows the folder: nobody can tell
            return UNKNOWN if "nextcloud" in entry.text("Exec").lower() else OFF
        return self._taken(entry) if self._starts(entry, words, kind) else OFF

    def _starts(self, entry: DesktopEntry, words: Sequence[str], kind: str) -> bool:
        """Whether the entry is switched on, its program is there, and it leads to the profile."""
        needed = [words[0], *filter(None, [entry.text("TryExec")])]
        if entry.is_set("X-GNOME-Autostart-enabled", to="false") or not all(map(self._is_there, needed)):
            return False
        if _confdir(words) or self.place.kind == "confdir":
            return _leads_to(words, self.place)
        return kind == (self._box or "program")

    def _taken(self, entry: DesktopEntry) -> str:
        """Whether the entry is for the desktop that the user has."""
        desktops = {name for name in self.env.get("XDG_CURRENT_DESKTOP", "").split(":") if name}
        only, never = entry.names("OnlyShowIn"), entry.names("NotShowIn")
        if entry.text("AutostartCondition") or (not desktops and (only is not None or never)):
            return UNKNOWN
        return OFF if (only is not None and not only & desktops) or (never and never & desktops) else ON

    @property
    def _box(self) -> str:
        return self.place.kind if self.place.kind in BOXES else ""

    def _is_there(self, program: str) -> bool:
        path = ("" if self._box else self.env.get("PATH", "")) or SAFE_PATH
        inside = ":".join(map(self._here, path.split(":")))
        return any(shutil.which(one, path=inside) for one in {program, self._here(program)})

    def _here(self, path: str) -> str:
        """The place of an absolute path of the host. In a lab the host is a folder, and its own programs know that."""
        return os.path.join(self.root, path.lstrip("/")) if self.root != "/" and os.path.isabs(path) else path


def _kind(words: Sequence[str]) -> str:
    """What a command starts: program, flatpak or snap; "" if that is not the client."""
    names = [os.path.basename(word) for word in words]
    if not names:
        return ""
    if names[0] in CLIENT_NAMES or _APP_IMAGE.fullmatch(names[0]):
        return "program"
    if names[:2] == ["flatpak", "run"] and FLATPAK in words:
        return "flatpak"
    is_snap = _SNAP.match(names[0]) or (names[:2] == ["snap", "run"] and any(map(_SNAP.match, names[2:])))
    return "snap" if is_snap else ""


def _unwrapped(words: Sequence[str]) -> list[str]:
    """The command behind ``env NAME=value``."""
    rest = list(words)
    if rest and os.path.basename(rest[0]) == "env":
        del rest[0]
        while rest and _ASSIGNMENT.fullmatch(rest[0]):
            del rest[0]
    return rest


def _confdir(words: Sequence[str]) -> str:
    for word, following in zip(words, [*words[1:], ""]):
        if word == "--confdir":
            return following
        if word.startswith("--confdir="):
            return word.partition("=")[2]
    return ""


def _leads_to(words: Sequence[str], place: Place) -> bool:
    """Whether a command names the folder of the profile as its --confdir."""
    folder = _confdir(words)
    return os.path.isabs(folder) and os.path.realpath(folder) == os.path.realpath(os.path.dirname(place.path))


def _agents(place: Place, home: str) -> str:
    for folder in AGENTS:
        path = os.path.join(home, folder)
        try:
            names = sorted(name for name in os.listdir(path) if name.endswith(".plist"))[:ENTRIES_LIMIT]
        except OSError:
            continue
        if any(_agent_starts(os.path.join(path, name), place) for name in names):
            return ON
    return UNKNOWN


def _agent_starts(path: str, place: Place) -> bool:
    try:
        agent = plistlib.loads(plain_bytes(path) or b"")
    except Exception:  # noqa: BLE001 - the parsers behind plistlib raise whatever they like on a broken file
        return False
    if not isinstance(agent, dict) or agent.get("Disabled") is True:
        return False
    told = agent.get("ProgramArguments")
    words = [str(word).replace("\0", "") for word in told] if isinstance(told, list) else []
    program = str(agent.get("Program") or (words[0] if words else ""))
    if os.path.basename(program) not in CLIENT_NAMES or agent.get("RunAtLoad") is not True:
        return False
    return _leads_to(words, place) if _confdir(words) or place.kind == "confdir" else True
