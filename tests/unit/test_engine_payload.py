"""The stream that a worker gets is ansible-runner's own, and what must not be in a file is in none."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ansible_runner.streaming import Transmitter
from ansible_runner.utils.streaming import unstream_dir

from smartfleet.engines.orders import digest
from smartfleet.engines.payload import Job, pack
from smartfleet.engines.spool import Spool
from smartfleet.errors import EngineError

ORDERS: dict[str, dict[str, Any]] = {f"pc-{n}": {"install": None, "text": os.urandom(60).hex()} for n in range(40)}


def job(folder: Path, password: str | None = None, *, check: bool = False) -> Job:
    return Job(
        playbook=folder / "apply.yml",
        inventory=folder / "hosts.yml",
        folder=folder,
        variables={"x": "y"},
        forks=7,
        timeout=11,
        check=check,
        become_password=password,
        silence=9.0,
    )


def read(stream: bytes, target: Path) -> tuple[dict[str, Any], list[str]]:
    """The arguments, and the files that ansible-runner makes of the archive."""
    source = io.BytesIO(stream)
    arguments = json.loads(source.readline())["kwargs"]
    unstream_dir(source, json.loads(source.readline())["zipfile"], str(target))
    assert json.loads(source.readline()) == {"eof": True}
    assert not source.read()
    return arguments, sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file())


def test_ansible_runner_reads_it(tmp_path: Path) -> None:
    order = pack(job(tmp_path), ORDERS, "{}", here=True)
    stream = b"".join(order.chunks())
    assert (len(stream), hashlib.sha256(stream).hexdigest()) == (order.size, order.sha256)
    assert stream == b"".join(order.chunks())
    target = tmp_path / "target"
    target.mkdir()
    arguments, files = read(stream, target)
    assert arguments["playbook"] == str(tmp_path / "apply.yml")
    assert (arguments["project_dir"], arguments["inventory"]) == (str(tmp_path), "inventory.sh")
    assert (arguments["forks"], arguments["cmdline"], arguments["suppress_env_files"]) == (7, "", True)
    assert arguments["envvars"]["ANSIBLE_TIMEOUT"] == "11"
    assert set(files) == {
        f"orders/{name}" for name in ["hosts.json", "hosts.txt", *(f"{digest(h)}.json" for h in ORDERS)]
    }
    for host, given in ORDERS.items():
        path = target / "orders" / f"{digest(host)}.json"
        assert json.loads(path.read_text()) == given
        assert path.stat().st_mode & 0o777 == 0o600
    assert (order.inventory, order.given, order.folder, order.silence) == ("{}", True, None, 9.0)


def test_its_lines_are_those_of_ansible_runner(tmp_path: Path) -> None:
    """Without files the two differ in the arguments alone."""
    written = io.BytesIO()
    written.name = "stream"
    (tmp_path / "empty").mkdir()
    Transmitter(_output=written, private_data_dir=str(tmp_path / "empty"), forks=7).run()
    theirs = written.getvalue().split(b"\n", 1)
    ours = b"".join(pack(job(tmp_path), None, "{}", here=True).chunks()).split(b"\n", 1)
    assert ours[1] == theirs[1]
    assert set(json.loads(theirs[0])) == set(json.loads(ours[0])) == {"kwargs"}


def test_a_worker_elsewhere_gets_no_path_of_this_machine(tmp_path: Path) -> None:
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    order = pack(job(tmp_path, check=True), None, "{}", here=False)
    stream = b"".join(order.chunks())
    assert str(tmp_path).encode() not in stream
    target = tmp_path / "target"
    target.mkdir()
    arguments, files = read(stream, target)
    assert (arguments["playbook"], files, arguments["cmdline"]) == (
        "playbooks/apply.yml",
        ["project/ansible.cfg"],
        "--check",
    )
    assert "project_dir" not in arguments
    assert not order.given


@pytest.mark.parametrize("here", [True, False])
def test_a_worker_knows_whether_the_fleet_has_settings_of_its_own(tmp_path: Path, *, here: bool) -> None:
    assert not pack(job(tmp_path), None, "{}", here=here).configured
    (tmp_path / "ansible.cfg").write_text("[defaults]\n")
    assert pack(job(tmp_path), None, "{}", here=here).configured


def test_only_this_machine_knows_the_admins_inventory(tmp_path: Path) -> None:
    order = pack(job(tmp_path), None, None, here=True)
    arguments = json.loads(order.head.split(b"\n")[0])["kwargs"]
    assert arguments["inventory"] == str(tmp_path / "hosts.yml")
    assert order.folder is not None
    assert arguments["limit"] == f"@{order.folder}/hosts.txt"
    with pytest.raises(EngineError) as caught:
        pack(job(tmp_path), None, None, here=False)
    assert caught.value.code == "engine/needs-inventory"


@pytest.mark.parametrize("room", [-1, 0, 500])
def test_a_payload_that_cannot_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    left, write, make = [room], os.write, tempfile.mkstemp

    def full(descriptor: int, data: Any) -> int:
        left[0] -= len(data)
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    def none_left(**named: Any) -> Any:
        if room < 0:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE), "/t/x")
        return make(**named)

    monkeypatch.setattr(os, "write", full)
    monkeypatch.setattr(tempfile, "mkstemp", none_left)
    with pytest.raises(EngineError) as caught:
        pack(job(tmp_path), ORDERS, "{}", here=True)
    assert caught.value.code == "engine/spool"
    assert ("Too many open files: /t/x" if room < 0 else "No space left") in caught.value.message
    assert caught.value.why
    assert caught.value.do


def test_the_password_for_sudo_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    order = pack(job(tmp_path, "planted-5ecret"), ORDERS, '{"x": "planted-too"}', here=True)
    arguments = json.loads(order.head.split(b"\n")[0])["kwargs"]
    assert (list(arguments["passwords"].values()), arguments["cmdline"]) == (["planted-5ecret"], "--ask-become-pass")
    assert "planted" not in repr(order) + repr(job(tmp_path, "planted-5ecret"))
    assert b"planted" not in b"".join(order.rest.blocks())
    assert list(tmp_path.iterdir()) == []


def test_an_installation_of_an_msi_needs_its_collection(tmp_path: Path) -> None:
    order = pack(job(tmp_path), {"a": {"install": {"kind": "msi"}}}, "{}", here=True)
    assert order.needs == ("ansible.windows",)
    assert pack(job(tmp_path), {"a": {"install": {"kind": "package"}}}, "{}", here=True).needs == ()


def test_host_keys_are_checked_unless_the_admin_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for said, wanted in ((None, "True"), ("False", "False")):
        if said:
            monkeypatch.setenv("ANSIBLE_HOST_KEY_CHECKING", said)
        head = pack(job(tmp_path), None, "{}", here=True).head
        assert json.loads(head.split(b"\n")[0])["kwargs"]["envvars"]["ANSIBLE_HOST_KEY_CHECKING"] == wanted


def test_a_spool_is_read_as_often_as_is_wanted() -> None:
    spool = Spool()
    spool.write(b"a" * 100_000)
    spool.write(b"b")
    assert b"".join(spool.blocks()) == b"".join(spool.blocks()) == b"a" * 100_000 + b"b"
