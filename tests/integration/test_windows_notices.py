"""Notices and locks of an emulated Windows machine, over real WinRM."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.smartde.nextcloud.plugins.module_utils.lock import host_lock

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost
from tests.integration.commanding import configure, document, smartfleet
from tests.integration.playing import synced


@pytest.fixture
def pc(lab: Lab) -> Iterator[WindowsLabHost]:
    machine = lab.add_windows_host("pc-0816")
    yield machine
    machine.remove()


def test_a_user_is_told_and_asked(
    lab: Lab, pc: WindowsLabHost, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    eva = synced(lab, pc, "eva.pc-0816")
    fleet = write_fleet(lab, [pc], folder=tmp_path / "fleet")
    configure(fleet, "postpone: 1", "postpone_for: 4h", "answer_within: 5s", "text: '{{ 1 < 2 }} & <b>'")
    assert smartfleet("audit", "--fleet", str(fleet)) == 0

    code, told = document(capsys, "notify", "announce", "--language", "de", "--fleet", str(fleet), "--yes")
    assert (code, told["notices"][0]["user"], told["notices"][0]["state"]) == (0, eva.name, "shown")
    assert eva.notices()[0].title == "Ihre Nextcloud bekommt eine neue Adresse"
    assert eva.notices()[0].body.endswith("\n{{ 1 < 2 }} & <b>")

    eva.will_answer("later")
    before = eva.config.read_bytes()
    code, told = document(capsys, "apply", "--fleet", str(fleet), "--yes")
    assert (code, [(one["outcome"], one["code"]) for one in told["outcomes"]]) == (
        6,
        [("waiting-session", "postponed")],
    )
    assert eva.config.read_bytes() == before
    assert eva.notices()[1].answer == "later"

    with host_lock(str(pc.machine.root), "run-1") as lock:
        lock.reserve(3600)
    code, told = document(capsys, "unlock", pc.name, "--fleet", str(fleet), "--yes")
    assert (code, told["on_host"]["state"], told["on_host"]["run"]) == (0, "removed", "run-1")
