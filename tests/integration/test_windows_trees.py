"""`verify` of a Windows machine at every level, over the wire: the machine lists, the controller compares."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from tests.called import document
from tests.integration.playing import synced

NAME = "trees"


@dataclass
class Office:
    folder: Path
    host: WindowsLabHost
    user: WindowsUser

    @property
    def files(self) -> list[Path]:
        """What the user has in his sync folder, the journal left out."""
        root = self.user.home / "Nextcloud"
        return sorted(path for path in root.rglob("*") if path.is_file() and not path.name.startswith("."))

    def run(self, *words: str) -> dict[str, Any]:
        return document(self.folder, *words)

    def verify(self, level: str) -> tuple[dict[str, Any], int]:
        """The verdict of the folder, and how many tasks the machine had to do for it."""
        self.host.traffic(reset=True)
        (verdict,) = self.run("verify", "--level", level)["verdicts"]
        return verdict, len(self.host.traffic(reset=True)["commands"])


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    host = lab.add_windows_host(NAME)
    folder = write_fleet(lab, [host], folder=tmp_path_factory.mktemp("trees") / "fleet")
    try:
        made = Office(folder, host, synced(lab, host, NAME))
        plan = str(folder.parent / "plan.json")
        made.run("audit")
        made.run("plan", "--out", plan)
        (outcome,) = made.run("apply", plan, "--yes")["outcomes"]
        assert outcome["outcome"] == "moved", outcome
        yield made
    finally:
        host.remove()


@pytest.mark.parametrize("level", ["size", "journal"])
def test_a_folder_that_is_as_it_was_matches_in_one_task(office: Office, level: str) -> None:
    verdict, tasks = office.verify(level)
    assert (verdict["verdict"], tasks) == ("match", 1), verdict
    assert verdict["check"]["files"] == len(office.files)
    assert "listing" not in json.dumps(verdict)


def test_contents_are_proven_by_the_journals_checksums(office: Office) -> None:
    verdict, tasks = office.verify("content")
    assert (verdict["check"]["before"]["lost"], tasks) == (0, 1), verdict


def test_the_server_is_for_the_controller_to_ask(office: Office) -> None:
    verdict, _tasks = office.verify("server")
    assert (verdict["verdict"], verdict["check"]["server"]["done"]) == ("unknown", False)
    assert verdict["check"]["etags"]


def test_what_is_lost_is_named_and_costs_a_second_look(office: Office) -> None:
    office.user.log_off()
    gone, spoilt = office.files[:2]
    content = gone.read_bytes()
    gone.unlink()
    try:
        verdict, tasks = office.verify("size")
        assert (verdict["verdict"], tasks) == ("drift", 2), verdict
        (example,) = verdict["check"]["before"]["examples"]
        assert (example["kind"], Path(example["path"]).name) == ("lost", gone.name)
        gone.write_bytes(content)
        info = spoilt.stat()
        spoilt.write_bytes(bytes(info.st_size))
        os.utime(spoilt, ns=(info.st_atime_ns, info.st_mtime_ns))
        verdict, tasks = office.verify("content")
        lost = [Path(one["path"]).name for one in verdict["check"]["before"]["examples"] if one["kind"] == "lost"]
        assert (verdict["verdict"], lost, tasks) == ("drift", [spoilt.name], 1), verdict
    finally:
        office.user.log_on()
