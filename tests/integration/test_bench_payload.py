"""The comparison's floor: bare clients carry the very payload that Ansible sends, and get a module's answer for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench._compare import competitors
from bench._compare.crowd import Crowd
from bench._compare.measure import rounds
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.host import LabHost
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost

pytestmark = pytest.mark.once


def facts_of_bare_clients(lab: Lab, kind: str, host: LabHost | WindowsLabHost, folder: Path) -> dict[str, str]:
    """The schema of the facts that each bare client brought."""
    host.add_user("vera")
    job = competitors.audit(Crowd(lab, kind, [host], write_fleet(lab, [host], folder=folder / "fleet")))
    bare = [one for one in job.competitors if one.name.startswith("bare")]
    found = {}
    for one in bare:
        run = rounds(competitors.Job(job.title, job.crowd, [one]), 1)[one.name][0]
        assert run.wire.connections == 1
        answer = next(folder.glob("out-*/*-0.txt")).read_text()
        found[one.name] = json.loads(answer[answer.index("{") :])["facts"]["schema"]
    return found


def test_over_ssh(lab: Lab, host: LabHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench._compare.pyinfra.installed", lambda: None)  # a test downloads nothing
    found = facts_of_bare_clients(lab, "SSH", host, tmp_path)
    assert found == {"bare asyncssh": "smartfleet.facts/1", "bare paramiko": "smartfleet.facts/1"}


def test_over_winrm(lab: Lab, tmp_path: Path) -> None:
    host = lab.add_windows_host("win-floor")
    try:
        assert facts_of_bare_clients(lab, "Windows", host, tmp_path) == {"bare pywinrm": "smartfleet.facts/1"}
    finally:
        host.remove()
