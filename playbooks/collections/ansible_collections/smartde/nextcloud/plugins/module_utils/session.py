"""The desktop session of a user: the environment in which his client and his keyring live.

Taken from his running client, which is the session that counts; else from his session manager, and the screen from
another program of the session if the manager was not told. Only variables of the
list below are taken over: what a session needs to reach its bus, display and files, nothing that changes which code
runs (LD_*, PYTHON*) and nothing that carries a secret.
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass, field
from typing import Mapping

from .dbus import Connection, DBusError, address_of
from .dropped import DroppedError, run_as
from .people import Person
from .processes import Process

ALLOWED = re.compile(
    r"(?!QT_(QPA_PLATFORM_)?PLUGIN_PATH$|GTK_(MODULES|PATH|EXE_PREFIX)$)("  # these name code to load
    r"DISPLAY|WAYLAND_DISPLAY|XAUTHORITY|XDG_[A-Z_]+|DBUS_SESSION_BUS_ADDRESS|HOME|USER|LOGNAME|PATH|LANG|LANGUAGE"
    r"|LC_[A-Z_]+|QT_[A-Z0-9_]+|TMPDIR|TZ|KDE_[A-Z_]+|GNOME_[A-Z_]+|DESKTOP_SESSION|SESSION_MANAGER|APPIMAGE"
    r"|GTK_[A-Z_]+|(http|https|ftp|all|no)_proxy|(HTTP|HTTPS|FTP|ALL|NO)_PROXY)"
)
PROXY = re.compile(r".*_proxy", re.IGNORECASE)
SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP")
VALUE_LIMIT = 16 * 1024
MANAGER = ("org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager")


@dataclass(frozen=True)
class SessionEnv:
    """`source`: client, manager or none. `env` is for programs of this user alone; it is not to be shown."""

    env: Mapping[str, str] = field(default_factory=dict)
    source: str = "none"

    @property
    def active(self) -> bool:
        return self.source != "none"

    @property
    def display(self) -> bool:
        return bool(self.env.get("DISPLAY") or self.env.get("WAYLAND_DISPLAY"))


def ask(person: Person, client: Process | None, root: str = "/", timeout: float = 20.0) -> SessionEnv:
    """As `find`, in the person's name; no session where that cannot be told."""
    try:
        env, source = run_as(person, _answer, person, client, root, timeout=timeout)
    except DroppedError:
        return SessionEnv()
    return SessionEnv(env, source)


def find(person: Person, client: Process | None, root: str = "/") -> SessionEnv:
    """The session of the running client, else the one of the session manager. To be called as the user."""
    if client is not None:
        env = allowed(client.environ)
        runtime = env.get("XDG_RUNTIME_DIR") or runtime_folder(person, root)
        if runtime and not env.get("DBUS_SESSION_BUS_ADDRESS") and _is_bus(runtime, person):
            env["DBUS_SESSION_BUS_ADDRESS"] = address_of(os.path.join(runtime, "bus"))
        return SessionEnv({**_own(person), **env}, "client")
    runtime = runtime_folder(person, root)
    if not runtime or not _is_bus(runtime, person):
        return SessionEnv()
    bus = address_of(os.path.join(runtime, "bus"))
    fixed = {"XDG_RUNTIME_DIR": runtime, "DBUS_SESSION_BUS_ADDRESS": bus}
    env = {**_own(person), **_from_manager(bus), **fixed}
    if not SessionEnv(env).display:
        env.update(_screen(person.uid, runtime))
    return SessionEnv(env, "manager")


def allowed(environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that are taken over from a session."""
    return {
        name: value
        for name, value in environ.items()
        if ALLOWED.fullmatch(name)
        and len(value) <= VALUE_LIMIT
        and "\0" not in value
        and not (PROXY.fullmatch(name) and "@" in value)
    }


def runtime_folder(person: Person, root: str = "/") -> str:
    """XDG_RUNTIME_DIR of a logged-in user, "" without one: ROOT/run/user/UID; in a lab also ROOT/run/user/NAME."""
    names = [str(person.uid)] if root == "/" else [person.name, str(person.uid)]
    for name in names:
        folder = os.path.join(root, "run/user", name)
        try:
            info = os.lstat(folder)
        except OSError:
            continue
        if stat.S_ISDIR(info.st_mode) and info.st_uid == person.uid:
            return folder
    return ""


def _answer(person: Person, client: Process | None, root: str) -> tuple[dict[str, str], str]:
    found = find(person, client, root)
    return dict(found.env), found.source


def _own(person: Person) -> dict[str, str]:
    return {
        "HOME": person.home,
        "USER": person.name,
        "LOGNAME": person.name,
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games",
        "LANG": "C.UTF-8",
    }


def _is_bus(runtime: str, person: Person) -> bool:
    try:
        info = os.lstat(os.path.join(runtime, "bus"))
    except OSError:
        return False
    return stat.S_ISSOCK(info.st_mode) and info.st_uid == person.uid


def _screen(uid: int, runtime: str) -> dict[str, str]:
    """How another program of this session reaches the screen: not every desktop tells its session manager.

    A display that ssh forwards is no screen that a client could stay on.
    """
    for name in os.listdir("/proc"):
        try:
            if not name.isdigit() or os.stat(f"/proc/{name}").st_uid != uid:
                continue
            with open(f"/proc/{name}/environ", "rb") as file:
                data = os.fsdecode(file.read(1 << 20))
        except OSError:
            continue
        env = allowed(dict(word.partition("=")[::2] for word in data.split("\0") if "=" in word))
        there = SessionEnv(env).display and not env.get("DISPLAY", "").startswith("localhost:")
        if there and env.get("XDG_RUNTIME_DIR") == runtime:
            return {name: env[name] for name in SCREEN if name in env}
    return {}


def _from_manager(address: str) -> dict[str, str]:
    """What ``systemctl --user show-environment`` prints, asked over the bus: no quoting to undo, no program to run."""
    try:
        with Connection(address, timeout=5.0) as bus:
            entries: list[str] = bus.get(*MANAGER, "Environment", "as")
    except DBusError:
        return {}
    return allowed(dict(entry.partition("=")[::2] for entry in entries))
