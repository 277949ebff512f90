"""Installed clients, as the package managers of several systems tell of them."""

from __future__ import annotations

import os
import plistlib
import shutil
import sys
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import installed
from ansible_collections.smartde.nextcloud.plugins.module_utils.people import Person
from ansible_collections.smartde.nextcloud.plugins.module_utils.processes import Process

OUTPUTS = {
    "dpkg-query": "installed nextcloud-desktop 3.7.3-1+deb12u2\nconfig-files nextcloud-client 2.0\n\n",
    "rpm": "nextcloud-client 3.16.7\npackage nextcloud-desktop is not installed\n",
    "flatpak": "org.other.App\t1.0\ncom.nextcloud.desktopclient.nextcloud\t33.0.2\n",
    "snap": "Name  Version  Rev\nnextcloud  28.0  1\nnextcloud-desktop-client  3.13.0  5\nnextcloud-server 1 1\n",
}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of the package managers that this machine has."""
    present: set[str] = set()
    exists = {"/var/lib/dpkg/status": "dpkg-query", "/var/lib/snapd/snaps": "snap"}
    monkeypatch.setattr(os.path, "exists", lambda path: exists.get(path) in present)
    monkeypatch.setattr(os.path, "isdir", lambda path: exists.get(path) in present)
    monkeypatch.setattr(shutil, "which", lambda name, **_: f"/usr/bin/{name}" if name in present else None)
    monkeypatch.setattr(installed, "_output", lambda *command, **_: OUTPUTS[command[0]])
    monkeypatch.setattr(installed, "qt_generation", lambda _path: 6)
    return present


@pytest.mark.parametrize(
    ("manager", "found"),
    [
        ("dpkg-query", [("package", "nextcloud-desktop", "3.7.3")]),
        ("rpm", [("package", "nextcloud-client", "3.16.7")]),
        ("flatpak", [("flatpak", installed.FLATPAK, "33.0.2")]),
        ("snap", [("snap", "nextcloud-desktop-client", "3.13.0")]),
        ("none", []),
    ],
)
def test_package_managers(machine: set[str], manager: str, found: list[tuple[str, str, str]]) -> None:
    machine.add(manager)
    clients = installed.installations("/", [], [])
    assert [(one["kind"], one["name"], one["version"]) for one in clients] == found


def test_an_appimage_is_known_while_it_runs(machine: set[str]) -> None:
    image = "/home/eva/Nextcloud-3.16.7-x86_64.AppImage"
    runs = [Process(n, 1, "/tmp/.mount_x/nextcloud", ("x",), 0.0, "1", environ={"APPIMAGE": image}) for n in (1, 2)]
    assert machine == set()
    assert installed.installations("/", runs, []) == [
        {"kind": "appimage", "name": Path(image).name, "version": "3.16.7", "qt": None, "path": image}
    ]


@pytest.mark.parametrize(
    ("content", "qt"), [(b"..libQt5Core.so.5..", 5), (b"libQt6Core.so.6", 6), (b"x", None), (b"", None)]
)
def test_the_qt_generation_of_a_program(tmp_path: Path, content: bytes, qt: int | None) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/nextcloud"
    program.write_bytes(content)
    assert installed.qt_generation(str(program)) == qt


def test_the_qt_generation_by_the_library_beside_it(tmp_path: Path) -> None:
    for name in ("bin", "lib/x86_64-linux-gnu"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "bin/nextcloud").write_bytes(b"#!/bin/sh\n")
    (tmp_path / "lib/x86_64-linux-gnu/libnextcloudsync.so.0").write_bytes(b"libQt6Core.so")
    assert installed.qt_generation(str(tmp_path / "bin/nextcloud")) == 6


def test_a_program_that_hangs_or_lies_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "usr/bin/nextcloud"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\nsleep 30\n")
    program.chmod(0o755)
    monkeypatch.setattr(installed, "SECONDS", 0.3)
    me = Person("me", os.geteuid(), os.getegid(), str(tmp_path))
    (found,) = installed.installations(str(tmp_path), [], [me])
    assert (found["kind"], found["version"]) == ("binary", "")


def test_the_app_of_a_mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Contents/Frameworks/QtCore.framework/Versions/A").mkdir(parents=True)
    info = {"CFBundleIdentifier": "com.nextcloud.desktopclient", "CFBundleShortVersionString": "33.0.1"}
    (tmp_path / "Contents/Info.plist").write_bytes(plistlib.dumps(info))
    monkeypatch.setattr(installed, "APP", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "darwin")
    (found,) = installed.installations("/", [], [])
    assert (found["kind"], found["version"], found["qt"]) == ("app", "33.0.1", 6)
    (tmp_path / "Contents/Info.plist").write_bytes(b"no plist")
    assert installed.installations("/", [], []) == []
