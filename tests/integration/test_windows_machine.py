"""The modules as an emulated Windows machine plays them: real files, a real sync, what the server saw of it."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import Connection, secret_name
from smartfleet.lab.lab import Lab
from smartfleet.lab.lifecycle import start, stop
from smartfleet.lab.windows import clients
from smartfleet.lab.windows.attributes import RECALL_ON_DATA_ACCESS
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from smartfleet.lab.windows.machine import RUN, SYNC_ROOTS
from smartfleet.lab.windows.products import EXE
from tests.integration.playing import facts, move, move_and_die, orders, play, synced, take_back

pytestmark = pytest.mark.once


@pytest.fixture
def pc(lab: Lab, request: pytest.FixtureRequest) -> Iterator[WindowsLabHost]:
    machine = lab.add_windows_host(f"win{abs(hash(request.node.name)) % 100000}")
    yield machine
    machine.remove()


@pytest.fixture
def fleet(lab: Lab, pc: WindowsLabHost, tmp_path: Path) -> Path:
    return write_fleet(lab, [pc], folder=tmp_path / "fleet")


@pytest.fixture
def eva(lab: Lab, pc: WindowsLabHost) -> WindowsUser:
    return synced(lab, pc, f"eva-{pc.name}")


def transfers(lab: Lab, user: WindowsUser) -> list[str]:
    return [one.method for one in lab.requests() if f"/files/{user.name}" in one.path and one.method in ("GET", "PUT")]


def test_what_an_audit_sees(pc: WindowsLabHost, eva: WindowsUser) -> None:
    seen = facts(pc)
    (profile,) = seen.profiles
    assert (seen.system.os, seen.system.python, seen.system.hostname) == ("windows", "", pc.name.upper())
    assert [(one.kind, one.version, one.qt, one.bits) for one in seen.clients] == [("msi", "3.16.7", 6, 64)]
    assert profile.config.path == rf"C:\Users\{eva.name}\AppData\Roaming\Nextcloud\nextcloud.cfg"
    assert (profile.sid[:9], profile.uid, profile.home) == ("S-1-5-21-", 0, rf"C:\Users\{eva.name}")
    assert profile.session.model_dump() == {
        "state": "active", "source": "client", "kind": "console", "display": True, "keyring": "unseen", "secrets": [],
    }  # fmt: skip
    assert profile.autostart == "on"
    assert profile.client is not None
    assert (profile.client.exe, profile.client.session) == (r"C:\Program Files\Nextcloud\nextcloud.exe", 1)
    (folder,) = profile.folders
    assert (folder.state, folder.local_path, folder.files) == ("ok", f"C:/Users/{eva.name}/Nextcloud/", 8)
    assert (folder.journal.state, folder.journal.files, folder.local_changes) == ("ok", 8, None)
    assert seen.problems == []


def test_there_and_back_again(lab: Lab, pc: WindowsLabHost, fleet: Path, eva: WindowsUser) -> None:
    raw, seen = orders(pc, fleet), len(transfers(lab, eva))
    (moved,) = move(pc, raw)
    assert (moved.outcome, moved.code, moved.message) == ("moved", "", "")
    assert {proof.proof: proof.state for proof in moved.proofs if proof.state != "ok"} == {
        "server": "unknown",
    }
    assert moved.backup.startswith("C:\\ProgramData\\smartfleet\\runs\\run-1\\")
    eva.wait_synced("Nextcloud")
    assert lab.new_url.encode() in eva.config.read_bytes()
    assert b"\n" not in eva.config.read_bytes().replace(b"\r\n", b"")
    sid = pc.machine.profile(eva.name).sid
    assert pc.machine.registry.value(rf"HKU\{sid}\{RUN}", "Nextcloud") == EXE
    old, new = ("Nextcloud_" + secret_name(eva.name, url, 0) for url in (lab.old_url, lab.new_url))
    assert eva.secret(new) == eva.secret(old)
    assert [one.outcome for one in move(pc, raw, "run-2")] == ["already"]
    assert [one.outcome for one in take_back(pc)] == ["rolled-back"]
    eva.wait_synced("Nextcloud")
    assert lab.old_url.encode() in eva.config.read_bytes()
    assert len(transfers(lab, eva)) == seen
    assert str(pc.machine.folder) not in json.dumps(play(pc, "win_client_facts"))


def test_placeholders_are_counted_and_never_filled(lab: Lab, pc: WindowsLabHost, fleet: Path) -> None:
    user = synced(lab, pc, f"gerd-{pc.name}", Connection(virtual_files="wincfapi"))
    (profile,) = facts(pc).profiles
    assert (profile.folders[0].placeholders, profile.folders[0].journal.virtual) == (8, 8)
    before = len(transfers(lab, user))
    (moved,) = move(pc, orders(pc, fleet))
    assert moved.outcome == "moved", moved
    user.wait_synced("Nextcloud")
    assert len(transfers(lab, user)) == before
    assert all(one & RECALL_ON_DATA_ACCESS for one in pc.machine.attributes.file.read().values())
    (name,) = pc.machine.registry.subkeys(SYNC_ROOTS)
    assert lab.new_url.partition("//")[2] in name
    assert moved.steps[-1].step == "remove-sync-roots"
    assert take_back(pc)[0].outcome == "rolled-back"
    user.wait_synced("Nextcloud")
    (name,) = pc.machine.registry.subkeys(SYNC_ROOTS)
    assert lab.old_url.partition("//")[2] in name


def test_nobody_logged_on_waits(pc: WindowsLabHost, fleet: Path, eva: WindowsUser) -> None:
    eva.log_off()
    before = eva.config.read_bytes()
    (waiting,) = move(pc, orders(pc, fleet))
    assert (waiting.outcome, waiting.code) == ("waiting-session", "no-session")
    assert eva.config.read_bytes() == before


def test_a_cut_session_is_enough(pc: WindowsLabHost, fleet: Path, eva: WindowsUser) -> None:
    eva.log_on("disconnected")
    assert facts(pc).profiles[0].session.kind == "disconnected"
    (moved,) = move(pc, orders(pc, fleet))
    assert moved.outcome == "moved"


@pytest.mark.parametrize("mark", ["backup end", "copy-secrets end", "write-config end", "start-client begin"])
def test_a_move_that_was_cut_off_is_gone_on_with(
    lab: Lab, pc: WindowsLabHost, fleet: Path, eva: WindowsUser, mark: str
) -> None:
    raw, seen = orders(pc, fleet), len(transfers(lab, eva))
    assert move_and_die(pc, raw, mark) == -signal.SIGKILL
    assert facts(pc).profiles[0].transactions[0].state == "open"
    (moved,) = move(pc, raw)
    assert (moved.outcome, moved.code) == ("moved", "")
    eva.wait_synced("Nextcloud")
    assert lab.new_url.encode() in eva.config.read_bytes()
    assert len(transfers(lab, eva)) == seen


def test_clients_of_a_lab_that_was_killed_end_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "a lab with blanks in its name, and with a name that is long"
    lab = start(folder, tied=False)
    user = synced(lab, lab.add_windows_host("pc"), "eva")
    os.kill(lab.state.pid, signal.SIGKILL)
    assert clients.running(user.host.machine)
    stop(folder)
    assert not clients.running(user.host.machine)
