"""What reading tells of Windows hosts, over winrm and psrp, is what `ansible-playbook` tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import certifi
import pytest
import yaml
from ansible.errors import AnsibleConnectionFailure
from ansible.executor.powershell.module_manifest import PSModuleDepFinder

from smartfleet.campaign.trouble import diagnose
from smartfleet.lab.fleet_folder import write_fleet
from smartfleet.lab.lab import Lab
from smartfleet.lab.windows.host import WindowsLabHost
from smartfleet.paths import data_folder
from smartfleet.reading.directives import directives
from smartfleet.reading.tickets import Tickets
from tests.integration.playing import synced
from tests.integration.reading.streams import Program, Said, Site, run

WINRM: dict[str, object] = {"ansible_connection": "winrm"}
PSRP: dict[str, object] = {"ansible_connection": "psrp", "ansible_psrp_protocol": "https"}
WAYS: dict[str, tuple[dict[str, object], str]] = {
    "winrm-ntlm": (WINRM | {"ansible_winrm_transport": "ntlm"}, ""),
    "winrm-basic": (WINRM | {"ansible_winrm_transport": "basic"}, ""),
    "psrp-ntlm": (PSRP | {"ansible_psrp_auth": "ntlm"}, ""),
    "psrp-basic": (PSRP | {"ansible_psrp_auth": "basic"}, ""),
    "winrm-wrong": (WINRM | {"ansible_winrm_transport": "ntlm", "ansible_password": "planted-wr0ng"}, "auth-refused"),
    "psrp-wrong": (PSRP | {"ansible_psrp_auth": "ntlm", "ansible_password": "planted-wr0ng"}, "auth-refused"),
    "winrm-stranger": (WINRM | {"ansible_winrm_ca_trust_path": certifi.where()}, "certificate-refused"),
    "psrp-stranger": (PSRP | {"ansible_psrp_auth": "ntlm", "ansible_psrp_ca_cert": ""}, "certificate-refused"),
    "winrm-closed": (WINRM | {"ansible_port": 1}, "offline"),
    "psrp-closed": (PSRP | {"ansible_psrp_auth": "ntlm", "ansible_port": 1}, "offline"),
}
"""Variables of a host, and the code of what it is to a campaign; "" for one that answers."""
GOOD = [name for name, (_, code) in WAYS.items() if not code]
# two looks at one machine differ in these
FLEETING = {"time", "free_bytes", "mtime", "pid"}


@pytest.fixture(scope="module")
def both(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Said]]:
    """What both programs said, one after the other, of one machine under many names."""
    host = lab.add_windows_host("read")
    try:
        synced(lab, host, "read")
        stream = _stream(lab, host, tmp_path_factory.mktemp("reading"))
        programs: dict[str, Program] = {"ours": "smartfleet.reading", "theirs": "ansible_runner"}
        yield {name: run(program, stream) for name, program in programs.items()}
    finally:
        host.remove()


def _stream(lab: Lab, host: WindowsLabHost, folder: Path) -> bytes:
    fleet = write_fleet(lab, [host], folder=folder / "fleet")
    file = fleet / "inventory/hosts.yml"
    listed = yaml.safe_load(file.read_text())
    trust = {"ansible_psrp_ca_cert": str(lab.layout.windows_ca)}
    at = listed["all"]["children"]["windows"]["hosts"]["read"]
    listed["all"]["children"]["windows"]["hosts"] = {name: at | trust | more for name, (more, _) in WAYS.items()}
    file.write_text(yaml.safe_dump(listed))
    return Site(folder / "site").stream(
        playbook=str(data_folder("playbooks") / "audit"), inventory=str(fleet / "inventory"), project_dir=str(fleet)
    )


def _told(said: Said) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for host, answers in said.answers.items():
        assert len(answers) == 1, answers
        code = "" if answers[0].state == "ok" else diagnose(answers[0]).code
        found[host] = (answers[0].state, code)
    return found


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(one) for key, one in value.items() if key not in FLEETING}
    return [_lasting(one) for one in value] if isinstance(value, list) else value


def test_every_host_ends_as_with_ansible_playbook(both: dict[str, Said]) -> None:
    assert sorted(_told(both["ours"])) == sorted(WAYS), both["ours"].printed
    assert _told(both["ours"]) == _told(both["theirs"])
    assert both["ours"].status == both["theirs"].status


@pytest.mark.parametrize("host", WAYS)
def test_what_it_means_to_a_campaign(both: dict[str, Said], host: str) -> None:
    assert _told(both["ours"])[host][1] == WAYS[host][1], both["ours"].answers[host]


@pytest.mark.parametrize("host", GOOD)
def test_facts_are_the_same(both: dict[str, Said], host: str) -> None:
    ours, theirs = (both[name].answers[host][0].result for name in ("ours", "theirs"))
    assert ours["facts"]["profiles"]
    assert _lasting(ours["facts"]) == _lasting(theirs["facts"])


def test_no_password_is_told(both: dict[str, Said], lab: Lab) -> None:
    said = json.dumps(both["ours"].events) + both["ours"].words
    assert lab.layout.windows_password.read_text("ascii") not in said
    assert "planted-wr0ng" not in said


PLUGINS = data_folder("playbooks") / "collections/ansible_collections/smartde/nextcloud/plugins"
MODULES = sorted(PLUGINS.rglob("*.ps*1"))


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.name)
def test_what_a_module_needs_is_found_in_its_directives(file: Path) -> None:
    def needed(text: bytes) -> tuple[set[str], str | None, str | None, bool]:
        finder = PSModuleDepFinder()
        found: set[str] = set()
        finder._scan_module_util = lambda name, *_: found.add(name)
        finder.scan_module(text, fqn="ansible_collections.smartde.nextcloud.plugins.modules.x")
        return found, finder.ps_version, finder.os_version, finder.become

    text = file.read_bytes()
    assert needed(directives(text)) == needed(text)
    assert len(directives(text)) < len(text)


class Kerberos:
    """Stands for a connection of Ansible's plugin winrm: there is no Kerberos here."""

    def __init__(self, fetched: list[str]) -> None:
        self._fetched = fetched
        self._kerb_ccache: object = None

    def _kerb_auth(self, principal: str, _password: str) -> None:
        if principal == "wrong@EXAMPLE":
            raise AnsibleConnectionFailure("refused")
        self._fetched.append(principal)
        self._kerb_ccache = SimpleNamespace()


def test_one_ticket_serves_all_hosts_of_an_account() -> None:
    tickets, fetched = Tickets(), list[str]()

    def connect(principal: str, password: str = "secret") -> None:  # noqa: S107
        connection = Kerberos(fetched)
        tickets.share(connection)
        connection._kerb_auth(principal, password)

    with pytest.raises(AnsibleConnectionFailure, match="refused"):
        connect("wrong@EXAMPLE")
    connect("admin@EXAMPLE")
    connect("admin@EXAMPLE")
    assert fetched == ["admin@EXAMPLE"]
    for account in (("other@EXAMPLE", "secret"), ("admin@EXAMPLE", "another")):
        with pytest.raises(AnsibleConnectionFailure, match="another account"):
            connect(*account)
