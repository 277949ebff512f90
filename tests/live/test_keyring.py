"""Our D-Bus client and the keyring code against a real bus, a real gnome-keyring and the real secret-tool."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import keyring
from ansible_collections.smartde.nextcloud.plugins.module_utils.dbus import Connection, DBusError
from ansible_collections.smartde.nextcloud.plugins.module_utils.dropped import DroppedError
from ansible_collections.smartde.nextcloud.plugins.module_utils.secret_service import SecretService

PACKAGES = {"dbus-daemon": "dbus-daemon", "gnome-keyring-daemon": "gnome-keyring", "secret-tool": "libsecret-tools"}
MISSING = [package for program, package in PACKAGES.items() if shutil.which(program) is None]
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)} (make live-deps)"),
]
OLD, NEW = "eva:http://old.example:8080/:0", "eva:https://new.example/:0"
VALUE = "pässword with \\ and \n"


class Desktop:
    """A session of its own: home, bus and keyring daemon, ended by pid."""

    def __init__(self, folder: Path) -> None:
        self.env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder / "home"),
            "XDG_RUNTIME_DIR": str(folder / "run"),
        }
        for name in ("home", "run"):
            (folder / name).mkdir(mode=0o700)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = f"unix:path={folder}/run/bus"
        self._children = [
            subprocess.Popen(
                ["dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address=unix:path={folder}/run/bus"],
                env=self.env,
            )
        ]
        _wait_for((folder / "run/bus").exists)

    def keyring(self, *, unlock: bool = True) -> None:
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        daemon = subprocess.Popen(
            [*command, "--unlock"] if unlock else command,
            env=self.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert daemon.stdin is not None
        daemon.stdin.write(b"keyring-pw" if unlock else b"")
        daemon.stdin.close()
        self._children.append(daemon)
        _wait_for(lambda: self.state() != "absent")

    def state(self) -> str:
        return str(keyring.look(self.env)["keyring"])

    def tool(self, *arguments: str, data: str = "") -> str:
        done = subprocess.run(
            ["secret-tool", *arguments],
            env=self.env,
            input=data,
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        )
        return done.stdout

    def end_keyring(self) -> None:
        _end(self._children.pop())

    def close(self) -> None:
        while self._children:
            _end(self._children.pop())


def _end(child: subprocess.Popen[bytes]) -> None:
    child.send_signal(signal.SIGTERM)
    child.wait(60)


def _wait_for(true: object) -> None:
    assert callable(true)
    end = time.monotonic() + 180
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    found = Desktop(tmp_path)
    yield found
    found.close()


@pytest.fixture
def unlocked(desktop: Desktop) -> Desktop:
    desktop.keyring()
    return desktop


def test_the_bus_answers_and_its_errors_have_names(desktop: Desktop) -> None:
    with Connection(desktop.env["DBUS_SESSION_BUS_ADDRESS"]) as bus:
        (names,) = bus.call("org.freedesktop.DBus", "/", "org.freedesktop.DBus", "ListNames", reply="as")
        assert "org.freedesktop.DBus" in names
        with pytest.raises(DBusError) as caught:
            bus.call(
                "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "GetNameOwner", "s", "no.such.name", reply="s"
            )
        assert caught.value.name == "org.freedesktop.DBus.Error.NameHasNoOwner"


def test_a_session_without_keyring(desktop: Desktop) -> None:
    assert keyring.look(desktop.env) == {"keyring": "absent", "secrets": []}
    with pytest.raises(DroppedError) as caught:
        keyring.copy(desktop.env, [(OLD, NEW)])
    assert caught.value.code == "keyring-absent"


def test_what_secret_tool_stored_is_found_copied_and_read_by_it(unlocked: Desktop) -> None:
    unlocked.tool("store", "--label=Nextcloud", "user", OLD, "server", "Nextcloud", "type", "plaintext", data=VALUE)
    assert keyring.look(unlocked.env) == {"keyring": "unlocked", "secrets": [OLD]}
    assert keyring.copy(unlocked.env, [(OLD, NEW), ("eva:http://none/:0", NEW)]) == ["copied", "missing"]
    assert unlocked.tool("lookup", "user", NEW, "server", "Nextcloud") == VALUE
    assert unlocked.tool("lookup", "user", OLD, "server", "Nextcloud") == VALUE
    assert keyring.lookup(unlocked.env, NEW) == VALUE.encode()
    assert keyring.lookup(unlocked.env, "eva:http://none/:0") is None


def test_a_copy_keeps_attributes_and_label(unlocked: Desktop) -> None:
    attributes = ("server", "Nextcloud", "type", "base64", "more", "x")
    unlocked.tool("store", "--label=E2EE of eva", "user", OLD, *attributes, data=VALUE)
    keyring.copy(unlocked.env, [(OLD, NEW)])
    listed = unlocked.tool("search", "--all", "user", NEW, *attributes)
    assert "label = E2EE of eva" in listed
    assert f"secret = {VALUE}" in listed


def test_a_second_copy_changes_nothing_and_a_new_value_replaces_the_old_one(unlocked: Desktop) -> None:
    store = ("store", "--label=Nextcloud", "user", OLD, "server", "Nextcloud", "type", "plaintext")
    unlocked.tool(*store, data="one")
    assert keyring.copy(unlocked.env, [(OLD, NEW)]) == ["copied"]
    assert keyring.copy(unlocked.env, [(OLD, NEW)]) == ["same"]
    unlocked.tool(*store, data="two")
    assert keyring.copy(unlocked.env, [(OLD, NEW)]) == ["copied"]
    assert keyring.lookup(unlocked.env, NEW) == b"two"
    assert len(keyring.look(unlocked.env)["secrets"]) == 2  # type: ignore[arg-type]


def test_an_older_entry_with_other_attributes_does_not_stay_behind(unlocked: Desktop) -> None:
    unlocked.tool("store", "--label=a", "user", OLD, "server", "Nextcloud", "type", "plaintext", data="right")
    unlocked.tool("store", "--label=b", "user", NEW, "server", "Nextcloud", "origin", "elsewhere", data="stale")
    keyring.copy(unlocked.env, [(OLD, NEW)])
    assert unlocked.tool("lookup", "user", NEW, "origin", "elsewhere") == "right"
    assert unlocked.tool("lookup", "user", NEW, "type", "plaintext") == "right"


def test_names_with_anything_in_them(unlocked: Desktop) -> None:
    odd = "é {{ x }} '\"\n:https://ü.example/:12"
    unlocked.tool("store", "--label=Nextcloud", "user", odd, "server", "Nextcloud", data="x")
    assert keyring.copy(unlocked.env, [(odd, NEW)]) == ["copied"]


def test_a_locked_keyring_is_reported_and_nobody_is_prompted(unlocked: Desktop) -> None:
    unlocked.tool("store", "--label=Nextcloud", "user", OLD, "server", "Nextcloud", "type", "plaintext", data=VALUE)
    unlocked.end_keyring()
    unlocked.keyring(unlock=False)
    assert keyring.look(unlocked.env)["keyring"] == "locked"
    before = time.monotonic()
    for ask in (lambda: keyring.copy(unlocked.env, [(OLD, NEW)]), lambda: keyring.lookup(unlocked.env, OLD)):
        with pytest.raises(DroppedError) as caught:
            ask()
        assert caught.value.code == "keyring-locked"
    assert time.monotonic() - before < 60
    with Connection(unlocked.env["DBUS_SESSION_BUS_ADDRESS"]) as bus:
        assert not bus.has_owner("org.gnome.keyring.SystemPrompter")
        assert not SecretService(bus).has(NEW)
