"""Stop and start a user's client in his own session."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from typing import Mapping, Sequence

from .dbus import NO_AUTO_START, Connection, DBusError
from .dbus_wire import Variant
from .dropped import DroppedError, run_as
from .people import Person
from .processes import CLIENT_NAMES, ONE_SHOT, Process, alive
from .session import MANAGER

FLATPAK = "com.nextcloud.desktopclient.nextcloud"
SNAP = "nextcloud-desktop-client"
QUIT_SECONDS, TERM_SECONDS = 20.0, 15.0
STAY_SECONDS = 2.0
# options that a client acts on once; a start that repeats them would do it again
ONCE = {"--overrideserverurl", "--overridelocaldir", "--userid", "--apppassword", "--serverurl", "--localdirpath"}
ONCE |= {"--remotedirpath", "--isvfsenabled"}


def stop(  # noqa: PLR0917 - two times at the end, in the order in which they pass
    person: Person,
    clients: Sequence[Process],
    env: Mapping[str, str],
    root: str = "/",
    quit_seconds: float = QUIT_SECONDS,
    term_seconds: float = TERM_SECONDS,
) -> str:
    """End these clients of one profile: ask, wait, then SIGTERM, wait; never SIGKILL, which may tear the journal.

    Answers ``not-running``, ``quit`` or ``terminated``. DroppedError client-will-not-stop if one is still there.
    """
    running = [client for client in clients if alive(client)]
    if not running:
        return "not-running"
    limit = quit_seconds + term_seconds + 30
    answer: str = run_as(person, _stop, running, dict(env), root, quit_seconds, term_seconds, timeout=limit)
    return answer


def start(
    person: Person, env: Mapping[str, str], argv: Sequence[str], root: str = "/", stay: float = STAY_SECONDS
) -> int:
    """Start `argv` as the person, in a session of its own, and see it stay up for `stay` seconds. Its pid.

    DroppedError client-not-found or client-did-not-stay.
    """
    pid: int = run_as(person, _start, list(argv), _environ(env, root), stay, timeout=stay + 40)
    return pid


def launch_argv(client: Process | None, kind: str = "", root: str = "/") -> list[str]:
    """How to start the client again as it ran; without one, by `kind` of the installation (see `program`)."""
    arguments = _kept(client.arguments) if client is not None else []
    return [*program(client, kind, root), *arguments, *([] if "--background" in arguments else ["--background"])]


def program(client: Process | None, kind: str = "", root: str = "/") -> list[str]:
    """What to run in the place of this client: itself, or by `kind` (flatpak, snap), or the PATH's ``nextcloud``.

    A client out of an AppImage ran from a mount that goes when it ends: the image is run. A lab host's client is the
    one of its own PATH.
    """
    if kind == "flatpak" or (client is not None and client.environ.get("FLATPAK_ID") == FLATPAK):
        return ["flatpak", "run", FLATPAK]
    if kind == "snap":
        return ["snap", "run", SNAP]
    if client is not None and client.environ.get("APPIMAGE"):
        return [client.environ["APPIMAGE"]]
    if client is not None and root == "/" and os.path.basename(client.exe) in CLIENT_NAMES:
        return [client.exe]
    return ["nextcloud"]


def _kept(arguments: Sequence[str]) -> list[str]:
    kept = []
    skip = False
    for word in arguments:
        name = word.partition("=")[0]
        if not skip and name not in ONCE and word not in ONE_SHOT:
            kept.append(word)
        skip = not skip and name in ONCE and "=" not in word
    return kept


def _environ(env: Mapping[str, str], root: str) -> dict[str, str]:
    """The session's environment; on a lab host its own programs come first."""
    path = env.get("PATH", "/usr/local/bin:/usr/bin:/bin")
    return {**env, "PATH": path if root == "/" else os.path.join(root, "usr/bin") + ":" + path}


def _stop(clients: list[Process], env: dict[str, str], root: str, quit_seconds: float, term_seconds: float) -> str:
    """Runs as the user."""
    for client in clients:
        _ask_to_quit(client, _environ(env, root), root)
    if _gone(clients, quit_seconds):
        return "quit"
    for client in clients:
        if alive(client):
            with contextlib.suppress(ProcessLookupError):
                os.kill(client.pid, signal.SIGTERM)
    if _gone(clients, term_seconds):
        return "terminated"
    pids = ", ".join(str(client.pid) for client in clients if alive(client))
    raise DroppedError(
        "client-will-not-stop", f"the client (process {pids}) does not end", "have the user quit it, or log out"
    )


def _ask_to_quit(client: Process, env: dict[str, str], root: str) -> None:
    """``nextcloud --quit`` beside the client. A failure is no matter: SIGTERM follows."""
    name, *rest = program(client, root=root)
    found = shutil.which(name, path=env.get("PATH"))
    if found is None:
        return
    command = [found, *rest, *_confdir(client), "--quit"]
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(command, env=env, timeout=10, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _confdir(client: Process) -> list[str]:
    words = client.arguments
    for index, word in enumerate(words):
        if word.startswith("--confdir="):
            return [word]
        if word == "--confdir" and index + 1 < len(words):
            return list(words[index : index + 2])
    return []


def _gone(clients: Sequence[Process], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while any(alive(client) for client in clients):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _start(argv: list[str], env: dict[str, str], stay: float) -> int:
    """Runs as the user, in a child that ends after this: the client is left to init and outlives everything here."""
    found = shutil.which(argv[0], path=env.get("PATH"))
    if found is None:
        raise DroppedError("client-not-found", f"there is no program {argv[0]}", "install the client")
    child = subprocess.Popen(
        [found, *argv[1:]],
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=env.get("HOME", "/"),
        start_new_session=True,
    )
    _adopt(child.pid, env)
    with contextlib.suppress(subprocess.TimeoutExpired):
        code = child.wait(stay)
        raise DroppedError("client-did-not-stay", f"{os.path.basename(found)} ended at once with {code}")
    return child.pid


def _adopt(pid: int, env: Mapping[str, str]) -> None:
    """Hand the client to the user's own systemd, as a desktop does with what it starts.

    Else it would stay in the control group of the administrator's SSH session, which may be swept when that ends.
    Where there is no systemd this does nothing.
    """
    properties = [
        ("PIDs", Variant("au", [pid])),
        ("Description", Variant("s", "Nextcloud")),
        ("CollectMode", Variant("s", "inactive-or-failed")),
    ]
    with contextlib.suppress(DBusError), Connection(env.get("DBUS_SESSION_BUS_ADDRESS", ""), timeout=5.0) as bus:
        unit = f"app-nextcloud-{pid}.scope"
        signature = "ssa(sv)a(sa(sv))"
        bus.call(
            *MANAGER, "StartTransientUnit", signature, unit, "fail", properties, [], reply="o", flags=NO_AUTO_START
        )
