"""Moves on Windows that are ended in the middle: WinRM drops, the client reconnects, and Windows ends the process.

Each machine loses its connection after another time, one of them while the move is committed behind an installation;
whatever was done by then, the next run must go on from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.fleet_folder import Installer, write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from tests.called import document
from tests.integration.playing import synced

pytestmark = pytest.mark.once

OLD_CLIENT, NEW_CLIENT = "3.7.3", "3.16.7"
CUTS: dict[str, dict[str, Any]] = {
    "after-0.4": {"after": 0.4},
    "after-1.0": {"after": 1.0},
    "after-1.5": {"after": 1.5},
    "behind-msi": {"after": 0.3, "where": {"phases": ["commit"]}},
}


class Office:
    """What two runs of the same plan said, with every connection lost in the first one."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.hosts = {place: _host(lab, place) for place in CUTS}
        self.users: dict[str, WindowsUser] = {}
        self.first: dict[str, Any] = {}
        self.second: dict[str, Any] = {}
        self.signals: dict[str, int] = {}
        self._folder = folder

    def go(self, lab: Lab) -> None:
        installer = Installer(*lab.offer_msi(NEW_CLIENT), NEW_CLIENT)
        fleet = write_fleet(lab, self.hosts.values(), folder=self._folder / "fleet", installer=installer)
        for name, host in self.hosts.items():
            self.users[name] = synced(lab, host, f"cut-{name}", qt=5 if name == "behind-msi" else 6)
        plan = str(self._folder / "plan.json")
        document(fleet, "audit")
        document(fleet, "plan", "--out", plan)
        for place, cut in CUTS.items():
            self.hosts[place].set_winrm_faults(drop_during={"module": "win_account_move", **cut})
            self.hosts[place].traffic(reset=True)
        self.first = document(fleet, "apply", plan, "--yes")
        self.signals = {place: host.traffic()["actions"].get("Signal", 0) for place, host in self.hosts.items()}
        self.second = document(fleet, "apply", plan, "--yes")

    def remove(self) -> None:
        for host in self.hosts.values():
            host.remove()


def _host(lab: Lab, place: str) -> WindowsLabHost:
    old = place == "behind-msi"
    return lab.add_windows_host(f"cut-{place}", version=OLD_CLIENT if old else NEW_CLIENT, qt=5 if old else 6)


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(lab, tmp_path_factory.mktemp("cut"))
    try:
        made.go(lab)
        yield made
    finally:
        made.remove()


def outcome(document: dict[str, Any], place: str) -> dict[str, Any]:
    (found,) = [one for one in document["outcomes"] if one["host"] == f"cut-{place}"]
    return dict(found)


@pytest.mark.parametrize("place", CUTS)
def test_the_next_run_goes_on(office: Office, lab: Lab, place: str) -> None:
    first, second = outcome(office.first, place), outcome(office.second, place)
    assert (first["outcome"], first["code"]) == ("waiting-online", "connection-lost")
    # the end of each of the tasks before, and the one that ended the work
    assert office.signals[place] == (3 if place == "behind-msi" else 1)
    assert second["outcome"] in {"moved", "already"}, second
    user = office.users[place]
    user.wait_synced("Nextcloud")
    assert lab.new_url in user.config.read_text()
