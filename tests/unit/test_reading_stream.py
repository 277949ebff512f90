"""The stream that a reading program is given, and what it makes of it."""

from __future__ import annotations

import base64
import io
import json
import shlex
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from ansible_runner.streaming import Transmitter

from smartfleet.reading import reads
from smartfleet.reading.options import options
from smartfleet.reading.stream import BrokenStreamError, receive

EOF = b'{"eof": true}\n'


def nothing(line: dict[str, Any]) -> None:
    pytest.fail(f"no line of a stream: {line}")


def packed(content: bytes, length: int | None = None) -> bytes:
    said = json.dumps({"zipfile": len(content) if length is None else length}).encode()
    return said + b"\n" + base64.b64encode(content)


def archive(*entries: tuple[str, str, int]) -> bytes:
    """Name, text and mode of each."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as written:
        for name, text, mode in entries:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            written.writestr(info, text)
    return out.getvalue()


def test_what_ansible_runner_transmits_is_understood(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    (here / "orders").mkdir(parents=True)
    (here / "orders" / "a.json").write_text("{}" * 100_000)
    (here / "run.sh").write_text("#!/bin/sh\n")
    (here / "run.sh").chmod(0o700)
    there.mkdir()
    out = io.BytesIO()
    out.name = "a file"
    Transmitter(_output=out, private_data_dir=str(here), playbook="audit.yml", forks=3).run()
    assert receive(io.BytesIO(out.getvalue()), there, nothing) == {"playbook": "audit.yml", "forks": 3}
    assert (there / "orders" / "a.json").read_text() == "{}" * 100_000
    assert stat.S_IMODE((there / "run.sh").stat().st_mode) == 0o700


@pytest.mark.parametrize("size", range(6))
def test_every_length_of_base64(tmp_path: Path, size: int) -> None:
    content = archive(("x", "y" * size, stat.S_IFREG | 0o600))
    receive(io.BytesIO(packed(content) + EOF), tmp_path, nothing)
    assert (tmp_path / "x").read_text() == "y" * size


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"", "ended in the middle"),
        (b'{"kwargs": {}}', "ended in the middle"),
        (b'{"kwargs": {}}\n', "ended in the middle"),
        (b"[]\n", "no object"),
        (b"\xff\n", "no JSON"),
        (packed(b"PK", 100), "in the middle of its files"),
        (b'{"zipfile": 3}\n????' + EOF, "no base64"),
        (packed(b"no archive") + EOF, "no zip archive"),
        (packed(archive(("link", "/etc/passwd", stat.S_IFLNK | 0o777))) + EOF, "symbolic link"),
    ],
)
def test_a_stream_that_is_none(tmp_path: Path, stream: bytes, why: str) -> None:
    with pytest.raises(BrokenStreamError, match=why):
        receive(io.BytesIO(stream), tmp_path, nothing)


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    receive(io.BytesIO(packed(archive(("../out", "x", stat.S_IFREG | 0o600))) + EOF), inner, nothing)
    assert [path.name for path in tmp_path.iterdir()] == ["inner"]


def test_a_command_line_of_all_that_is_known(tmp_path: Path) -> None:
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "extravars").touch()
    asked = options(
        {
            "playbook": "playbooks/audit.yml",
            "inventory": "inventory.sh",
            "limit": "@hosts.txt",
            "forks": 7,
            "cmdline": shlex.join(["--check", "--ask-become-pass"]),
            "envvars": {"ANSIBLE_TIMEOUT": 5},
            "passwords": {"BECOME": "planted"},
            "ident": "1",
            "suppress_env_files": True,
        },
        tmp_path,
    )
    assert asked.command == (
        "--check", "--ask-become-pass", "--inventory", str(tmp_path / "inventory.sh"), "--limit", "@hosts.txt",
        "--extra-vars", f"@{tmp_path / 'env/extravars'}", "--forks", "7", "playbooks/audit.yml",
    )  # fmt: skip
    assert (asked.folder, asked.environment) == (tmp_path / "project", {"ANSIBLE_TIMEOUT": "5"})
    assert "planted" not in repr(asked)


def test_an_inventory_of_the_admins_and_none(tmp_path: Path) -> None:
    assert options({"playbook": "x", "inventory": "/etc/hosts.yml"}, tmp_path).command == (
        "--inventory", "/etc/hosts.yml", "x"
    )  # fmt: skip
    assert options({"playbook": "x", "project_dir": "/fleet"}, tmp_path).folder == Path("/fleet")
    assert options({"playbook": "x"}, tmp_path).command == ("x",)


@pytest.mark.parametrize("name", ["roles_path", "extravars", "process_isolation", "verbosity", "tags"])
def test_what_is_not_known_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BrokenStreamError, match=name):
        options({"playbook": "x", name: "1"}, tmp_path)
    assert options({"playbook": "x", name: None}, tmp_path).command == ("x",)


@pytest.mark.parametrize(
    ("playbook", "whether"),
    [("audit", True), ("/opt/playbooks/verify.yml", True), ("apply", False), ("rollback.yml", False), ("", False)],
)
def test_which_playbooks_only_look(playbook: str, *, whether: bool) -> None:
    assert reads(playbook) is whether
