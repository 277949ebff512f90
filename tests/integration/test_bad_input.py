"""Hosts and homes that are in the way, all in one fleet: each is told with code, reason and remedy and left as it was.

One audit, one plan and one apply over real SSH; every host with a user in trouble has one beside him who is moved.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smartfleet.lab.lab import Lab
from tests.integration.hostile import (
    AT_APPLY,
    CONFIGS,
    FOLDERS,
    Fleet,
    populate,
    stubborn_client,
    write_inventory,
)

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def fleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("bad-input")
    strange = Path(tempfile.mkdtemp(prefix="sf-home-", dir="/tmp"))
    names = ["good", "configs", "folders", "names", *AT_APPLY]
    hosts = {name: lab.add_host(name) for name in names}
    made = Fleet(lab, folder / "fleet", hosts, {}, folder / "MARKER")
    try:
        populate(made, strange)
        write_inventory(made)
        with stubborn_client(made.users["stubborn", "stubborn"].home):
            _go(made)
        yield made
    finally:
        for host in hosts.values():
            host.remove()
        shutil.rmtree(strange)


def _go(fleet: Fleet) -> None:
    at_first = fleet.trees()
    plan = fleet.folder / "plan.json"
    fleet.ask("audit", "audit")
    fleet.run("plan", "plan", "--out", str(plan))
    assert fleet.trees() == at_first
    changed = fleet.users["changed", "changed"].config
    changed.write_bytes(changed.read_bytes().replace(b"http://", b"http://not."))
    fleet.hosts["newkey"].change_host_key()
    (fleet.hosts["sudo"].root / "usr/bin/asks").touch()
    fleet.before = fleet.trees()
    # with one in three in trouble the budget would be spent
    fleet.run("apply", "apply", str(plan), "--yes", "--max-failed", "any")
    fleet.after = fleet.trees()
    fleet.ask("doctor", "doctor", "--limit", "newkey,sudo,good")
    fleet.ask("report", "report")


def _told(outcome: dict[str, Any], said: str) -> None:
    """Code, reason and remedy stand in what the command prints for people."""
    plain = "".join(said.split())
    for part in ("code", "message", "do"):
        assert outcome[part]
        assert "".join(outcome[part].split()) in plain


@pytest.mark.parametrize(("user", "code"), CONFIGS.items())
def test_configurations(fleet: Fleet, user: str, code: str) -> None:
    outcome = fleet.outcome("configs", user)
    assert (outcome["outcome"], outcome["code"]) == ("refused", code)
    _told(outcome, fleet.said["plan"])
    assert fleet.after["configs", user] == fleet.before["configs", user]


@pytest.mark.parametrize(("user", "code"), FOLDERS.items())
def test_folders(fleet: Fleet, user: str, code: str) -> None:
    outcome = fleet.outcome("folders", user)
    assert (outcome["outcome"], outcome["code"]) == ("refused", code)
    _told(outcome, fleet.said["plan"])
    assert fleet.after["folders", user] == fleet.before["folders", user]


@pytest.mark.parametrize(("host", "expected"), AT_APPLY.items())
def test_what_goes_wrong_while_it_is_applied(fleet: Fleet, host: str, expected: tuple[str, str]) -> None:
    outcome = fleet.outcome(host, host)
    assert (outcome["outcome"], outcome["code"]) == expected, outcome
    _told(outcome, fleet.said["apply"])
    before, after = fleet.before[host, host], fleet.after[host, host]
    if host == "full":  # the user is logged on, so the old client is started: it has its journal, cookies and logs
        assert {name: after.get(name) for name in before if "/.sync_" not in name} == {
            name: state for name, state in before.items() if "/.sync_" not in name
        }
    else:
        assert after == before


@pytest.mark.parametrize(("host", "user"), [("good", "tina"), ("configs", "good"), ("folders", "good")])
def test_everybody_else_is_moved(fleet: Fleet, host: str, user: str) -> None:
    outcome = fleet.outcome(host, user)
    assert outcome["outcome"] == "moved", outcome
    assert fleet.lab.new_url.encode() in fleet.users[host, user].config.read_bytes()
    assert fleet.codes["apply"] == 3


def test_evil_names_are_text_and_nothing_else(fleet: Fleet) -> None:
    outcome = fleet.outcome("names", "evil")
    assert outcome["outcome"] == "moved", outcome
    assert not list(fleet.folder.parent.rglob("MARKER"))
    assert not list(fleet.hosts["names"].root.rglob("MARKER"))
    for text in fleet.said.values():
        assert not [c for c in text if c != "\n" and not c.isprintable()]
    assert "49" not in fleet.said["plan"].split()


def test_the_doctor_knows_the_cause(fleet: Fleet) -> None:
    checks = {(c["target"], c["code"]): c for c in fleet.documents["doctor"]["checks"] if c["state"] == "failed"}
    assert set(checks) == {("newkey", "connect/host-key-changed"), ("sudo", "connect/become-password")}
    assert all(check["message"] and check["why"] and check["do"] for check in checks.values())


def test_nothing_of_a_host_but_homes_and_its_memory_is_changed(fleet: Fleet) -> None:
    for name in fleet.hosts:
        assert fleet.after[name, ""] == fleet.before[name, ""]
        assert len(fleet.before[name, ""]) > 5


def test_hosts_that_were_not_moved_remember_nothing_that_is_open(fleet: Fleet) -> None:
    for name in ("changed", "newkey", "sudo"):
        assert not list((fleet.hosts[name].root / "var/lib").glob("smartfleet/runs/*/*"))
    for name in AT_APPLY:
        lock = fleet.hosts[name].root / "var/lib/smartfleet/lock"
        assert not lock.exists() or lock.read_bytes() == b""
