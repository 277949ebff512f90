"""A whole move through the real commands, over each connection that admins have: winrm and psrp, NTLM and Basic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost, WindowsUser
from tests.called import document
from tests.integration.playing import synced

PSRP = {"ansible_connection": "psrp", "ansible_psrp_protocol": "https"}
WAYS = {
    "winrm-ntlm": {"ansible_winrm_transport": "ntlm"},
    "winrm-basic": {"ansible_winrm_transport": "basic"},
    "psrp-negotiate": PSRP | {"ansible_psrp_auth": "negotiate"},
    "psrp-basic": PSRP | {"ansible_psrp_auth": "basic"},
}
COMMANDS = ("audit", "plan", "apply", "verify")


@dataclass
class Office:
    """What each command said, and what went over each machine's wire meanwhile."""

    folder: Path
    hosts: dict[str, WindowsLabHost]
    users: dict[str, WindowsUser]
    documents: dict[str, Any] = field(default_factory=dict)
    traffic: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)

    def run(self, command: str, *words: str) -> None:
        self.documents[command] = document(self.folder, command, *words)
        for name, host in self.hosts.items():
            self.traffic[command, name] = dict(host.traffic(reset=True))


@pytest.fixture(scope="module")
def office(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    hosts = {name: lab.add_windows_host(f"way-{name}") for name in WAYS}
    folder = write_fleet(lab, hosts.values(), folder=tmp_path_factory.mktemp("ways") / "fleet")
    for name, variables in WAYS.items():
        file = folder / f"inventory/host_vars/way-{name}.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(variables | {"ansible_psrp_ca_cert": str(lab.layout.windows_ca)}))
    made = Office(folder, hosts, {name: synced(lab, host, f"way-{name}") for name, host in hosts.items()})
    try:
        plan = str(folder.parent / "plan.json")
        made.run("audit")
        made.run("plan", "--out", plan)
        made.run("apply", plan, "--yes")
        made.run("verify")
        yield made
    finally:
        for host in hosts.values():
            host.remove()


@pytest.mark.parametrize("name", WAYS)
def test_the_account_is_moved(office: Office, lab: Lab, name: str) -> None:
    (outcome,) = [one for one in office.documents["apply"]["outcomes"] if one["host"] == f"way-{name}"]
    assert (outcome["outcome"], outcome["code"]) == ("moved", ""), outcome
    assert lab.new_url in office.users[name].config.read_text()


@pytest.mark.parametrize("name", WAYS)
def test_few_tasks_and_no_lost_shell(office: Office, name: str) -> None:
    commands = {command: office.traffic[command, name] for command in COMMANDS}
    counts = {command: len(found["commands"]) for command, found in commands.items()}
    assert (counts["audit"], counts["plan"], counts["verify"]) == (1, 0, 1), commands
    assert counts["apply"] <= 4
    for found in commands.values():
        assert found["actions"].get("Create", 0) == found["actions"].get("Delete", 0)
        assert not found["faults"]
