"""Whether a desktop starts the client: entries as clients, packages, administrators and users leave them."""

from __future__ import annotations

import os
import plistlib
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils import autostart, desktopentry
from ansible_collections.smartde.nextcloud.plugins.module_utils.configs import Place
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.builders import table

CASES = table("autostart")
AGENT = {"Label": "com.nextcloud.desktopclient", "Program": "/Applications/Nextcloud.app/Contents/MacOS/Nextcloud"}


class Host:
    """A folder that stands for a host with one home."""

    def __init__(self, root: Path, program: str = "usr/bin/nextcloud") -> None:
        self.root = root
        self.home = root / "home/eva"
        self.confdir = self.home / ".config/Nextcloud"
        self.program = root / program
        self.confdir.mkdir(parents=True)
        self.install(self.program)

    def install(self, program: Path) -> None:
        program.parent.mkdir(parents=True, exist_ok=True)
        program.touch(mode=0o755)

    def put(self, folder: Path, files: dict[str, Any]) -> None:
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, list):
                path.write_text("\n".join(["[Desktop Entry]", "Type=Application", *map(self.said, content), ""]))
            elif content == "folder":
                path.mkdir()
            elif content == "pipe":
                os.mkfifo(path)
            elif "link" in content:
                path.symlink_to(self.said(content["link"]))
            else:
                path.write_bytes(bytes(content["bytes"]) if "bytes" in content else content["text"].encode())

    def said(self, text: str) -> str:
        if text == "LONG":
            return "Exec=nextcloud " + "x " * desktopentry.COMMAND_LIMIT
        known = {"PROGRAM": self.program, "HOME": self.home, "CONFDIR": self.confdir}
        for word, path in known.items():
            text = text.replace(word, os.fspath(path))
        return text

    def look(self, kind: str = "standard", **env: str) -> str:
        place = Place(os.fspath(self.confdir / "nextcloud.cfg"), kind)
        told = {name: self.said(value) for name, value in env.items()}
        return autostart.look(place, os.fspath(self.home), told, os.fspath(self.root), "linux")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_autostart(case: dict[str, Any], tmp_path: Path) -> None:
    host = Host(tmp_path, case.get("program", "usr/bin/nextcloud"))
    for program in case.get("needs", ()):
        host.install(tmp_path / "usr/bin" / program)
    host.put(host.home, case.get("home", {}))
    host.put(host.home / ".config/autostart", case.get("user", {}))
    host.put(tmp_path / case.get("system_folder", "etc/xdg") / "autostart", case.get("system", {}))
    assert host.look(case.get("kind", "standard"), **case.get("env", {})) == case["expect"]


def test_more_entries_than_anybody_has(tmp_path: Path) -> None:
    host = Host(tmp_path)
    host.put(host.home / ".config/autostart", {f"{number:04}.desktop": {"text": ""} for number in range(1001)})
    assert host.look() == "unknown"


def test_a_disk_that_fails_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path)
    host.put(host.home / ".config/autostart", {"nextcloud.desktop": ["Exec=nextcloud"]})

    def stale(_path: str, *_more: object) -> list[str]:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", stale)
        assert host.look() == "unknown"
    monkeypatch.setattr(os, "listdir", stale)
    assert host.look() == "unknown"


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ({**AGENT, "RunAtLoad": True}, "on"),
        ({"Label": "x", "ProgramArguments": [AGENT["Program"], "--background"], "RunAtLoad": True}, "on"),
        ({**AGENT, "RunAtLoad": False}, "unknown"),
        ({**AGENT, "RunAtLoad": True, "Disabled": True}, "unknown"),
        ({"Label": "x", "Program": "/usr/bin/other", "RunAtLoad": True}, "unknown"),
        (["no agent"], "unknown"),
        (None, "unknown"),
    ],
)
def test_launch_agents(agent: Any, expected: str, tmp_path: Path) -> None:
    """Without one it may still be a login item, which no file tells: never off."""
    folder = tmp_path / "Library/LaunchAgents"
    folder.mkdir(parents=True)
    (folder / "a.plist").write_bytes(b"<plist><dict><key>" if agent is None else plistlib.dumps(agent))
    os.mkfifo(folder / "b.plist")
    place = Place(os.fspath(tmp_path / "Library/Preferences/Nextcloud/nextcloud.cfg"), "standard")
    assert autostart.look(place, os.fspath(tmp_path), {}, platform="darwin") == expected


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("confdir", ["--background"], "unknown"),
        ("confdir", ["--confdir", "CONFDIR"], "on"),
        ("confdir", ["--confdir", "/elsewhere"], "unknown"),
        ("standard", ["--confdir", "/elsewhere"], "unknown"),
        ("standard", ["--confdir", "/else\0where"], "unknown"),
        ("standard", [7], "on"),
    ],
)
def test_launch_agents_of_other_configurations(kind: str, arguments: list[Any], expected: str, tmp_path: Path) -> None:
    host, folder = Host(tmp_path), tmp_path / "home/eva/Library/LaunchAgents"
    folder.mkdir(parents=True)
    said = [host.said(one) if isinstance(one, str) else one for one in arguments]
    agent = {"Label": "x", "ProgramArguments": [AGENT["Program"], *said], "RunAtLoad": True}
    (folder / "a.plist").write_bytes(plistlib.dumps(agent, fmt=plistlib.FMT_BINARY))
    place = Place(os.fspath(host.confdir / "nextcloud.cfg"), kind)
    assert autostart.look(place, os.fspath(host.home), {}, platform="darwin") == expected


@given(st.text())
def test_any_text_is_an_entry(text: str) -> None:
    entry = desktopentry.parse(text)
    assert all(isinstance(word, str) for word in entry.command())
    assert all(isinstance(entry.text(key), str) for key in entry.keys)


@given(st.text(st.characters(exclude_characters="\n\r\0", exclude_categories=["Cs"]), max_size=200))
def test_any_command_is_words(text: str) -> None:
    assert isinstance(desktopentry.parse(f"[Desktop Entry]\nExec={text}\n").command(), list)
