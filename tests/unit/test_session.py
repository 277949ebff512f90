"""The environment of a user's session."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import session
from ansible_collections.smartde.nextcloud.plugins.module_utils.dbus import socket_addresses
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process

from tests.unit.fake_bus import FakeBus


@pytest.fixture
def me(tmp_path: Path) -> Person:
    return Person("me", os.geteuid(), os.getegid(), str(tmp_path))


@pytest.fixture
def bus(tmp_path: Path) -> Iterator[Path]:
    """A socket where a lab host's session bus would be."""
    folder = tmp_path / "run/user/me"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "bus"))
        yield folder


def client(**environ: str) -> Process:
    return Process(1, os.geteuid(), "/usr/bin/nextcloud", ("nextcloud",), 0.0, "1", environ=environ)


def test_only_what_a_session_needs_is_taken_over() -> None:
    kept = {
        "DISPLAY": ":0",
        "XDG_SESSION_TYPE": "x11",
        "LC_ALL": "de_DE.UTF-8",
        "QT_QPA_PLATFORM": "xcb",
        "DBUS_SESSION_BUS_ADDRESS": "unix:path=/x",
        "https_proxy": "http://proxy:3128",
        "APPIMAGE": "/a",
    }
    dropped = {
        "LD_PRELOAD": "/evil.so",
        "QT_PLUGIN_PATH": "/evil",
        "GTK_MODULES": "evil",
        "PYTHONPATH": "/evil",
        "AWS_SECRET_ACCESS_KEY": "x",
        "http_proxy": "http://user:password@proxy:3128",
        "XDG_": "x",
        "LANGUAGE": "x" * 20000,
        "displayX": "x",
    }
    assert session.allowed({**kept, **dropped}) == kept


def test_the_running_clients_session_counts(me: Person, bus: Path, tmp_path: Path) -> None:
    found = session.find(me, client(DISPLAY=":7", DBUS_SESSION_BUS_ADDRESS="unix:path=/its/own"), str(tmp_path))
    assert (found.source, found.display, found.active) == ("client", True, True)
    assert found.env["DBUS_SESSION_BUS_ADDRESS"] == "unix:path=/its/own"
    assert found.env["HOME"] == me.home
    assert bus.exists()


def test_a_client_without_a_bus_address_uses_the_one_in_its_runtime_folder(me: Person, bus: Path) -> None:
    found = session.find(me, client(XDG_RUNTIME_DIR=str(bus)))
    assert found.env["DBUS_SESSION_BUS_ADDRESS"] == f"unix:path={bus}/bus"


def test_a_runtime_folder_with_any_name_has_an_address(me: Person, tmp_path: Path) -> None:
    odd = Person("a;b", me.uid, me.gid, me.home)
    folder = tmp_path / "run/user/a;b"
    folder.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "bus"))
        found = session.find(me, client(XDG_RUNTIME_DIR=str(folder)))
        assert socket_addresses(found.env["DBUS_SESSION_BUS_ADDRESS"]) == [os.fsencode(folder / "bus")]
        found = session.find(odd, None, str(tmp_path))
        assert socket_addresses(found.env["DBUS_SESSION_BUS_ADDRESS"]) == [os.fsencode(folder / "bus")]


def test_a_logged_in_user_without_client(me: Person, bus: Path, tmp_path: Path) -> None:
    found = session.ask(me, None, str(tmp_path))
    assert (found.source, found.display) == ("manager", False)
    assert found.env["XDG_RUNTIME_DIR"] == str(bus)


def test_the_session_managers_environment(me: Person, tmp_path: Path) -> None:
    folder = tmp_path / "run/user/me"
    folder.mkdir(parents=True)
    entries = ["DISPLAY=:3", "LD_PRELOAD=/x", "XDG_CURRENT_DESKTOP=a=b\nc", "DBUS_SESSION_BUS_ADDRESS=unix:path=/lie"]
    methods = {("org.freedesktop.DBus.Properties", "Get"): lambda *_: ("v", (("as", entries),))}
    with FakeBus(folder, methods, set()) as peer:
        found = session.find(me, None, str(tmp_path))
    assert found.display
    assert found.env["XDG_CURRENT_DESKTOP"] == "a=b\nc"
    assert "LD_PRELOAD" not in found.env
    assert found.env["DBUS_SESSION_BUS_ADDRESS"] == peer.address


def test_nobody_is_logged_in(me: Person, tmp_path: Path) -> None:
    assert session.ask(me, None, str(tmp_path)) == session.SessionEnv()
    folder = tmp_path / "run/user/me"
    folder.mkdir(parents=True)
    (folder / "bus").write_text("no socket")
    assert not session.find(me, None, str(tmp_path)).active


def test_a_screen_that_the_session_manager_was_not_told_of(me: Person, bus: Path, tmp_path: Path) -> None:
    def beside(**environ: str) -> session.SessionEnv:
        program = subprocess.Popen(["sleep", "60"], env={"PATH": os.environ["PATH"], **environ})
        try:
            # Popen answers a moment before the kernel has laid the new program's environment out
            while not Path(f"/proc/{program.pid}/environ").read_bytes():
                time.sleep(0.01)
            return session.find(me, None, str(tmp_path))
        finally:
            program.kill()
            program.wait()

    found = beside(DISPLAY=":5", XAUTHORITY="/x", LD_PRELOAD="/y", HOME="/z", XDG_RUNTIME_DIR=str(bus))
    assert (found.source, found.env["DISPLAY"], found.env["XAUTHORITY"]) == ("manager", ":5", "/x")
    assert "LD_PRELOAD" not in found.env
    assert found.env["HOME"] == me.home
    assert not beside(DISPLAY=":5", XDG_RUNTIME_DIR="/run/user/other").display
    assert not beside(DISPLAY="localhost:10.0", XDG_RUNTIME_DIR=str(bus)).display


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a folder of another user's")
def test_a_runtime_folder_of_somebody_else_is_not_used(me: Person, bus: Path, tmp_path: Path) -> None:
    os.chown(bus, 4711, 4711)
    assert not session.find(me, None, str(tmp_path)).active
