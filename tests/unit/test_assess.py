"""Facts in, judgements out: cases/assess.yml."""

from __future__ import annotations

import pytest

from smartfleet.assess import assess, audit_document
from smartfleet.checks.reasons import REMEDIES
from smartfleet.model.assessment import HostAssessment, Unreached
from smartfleet.model.facts import Problem
from tests.unit.builders import NEW, OLD, TIME, WINDOWS_CONFIG, Case, cases, facts_of, fleet_config, host_facts, profile

CASES = cases("assess")
SEVERITIES = {"refuse": "error", "warn": "warning", "none": "note"}


def assessed(case: Case) -> HostAssessment:
    return assess("pc-0815", TIME, facts_of(case), fleet_config())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    found = assessed(case).profiles[0]
    assert found.state == case["state"]
    copies = [[copy.local_path, copy.other_path, copy.bytes_wasted] for copy in found.second_copies]
    assert copies == case.get("copies", [])
    assert [finding.code for finding in found.findings] == case.get("findings", [])


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_findings_are_as_severe_as_what_they_do_to_a_plan(case: Case) -> None:
    for finding in assessed(case).profiles[0].findings:
        assert finding.severity == SEVERITIES[REMEDIES[finding.code].kind]
        assert finding.do == REMEDIES[finding.code].do


def test_accounts_and_folders_are_told() -> None:
    folder = {
        "virtual_files": "suffix",
        "placeholders": 2,
        "paused": True,
        "local_changes": {"new": 1, "changed": 1, "deleted": 1},
        "journal": {"uploads": 2, "encrypted": 1},
    }
    foreign = {"url": "https://cloud.friends.example", "user": "e.muster", "folders": []}
    case = {"accounts": [{"login": "eva@example.org", "folders": [folder]}, foreign]}
    old, other = assessed(case).profiles[0].accounts
    assert (old.number, old.state, old.url, old.login, old.user) == ("0", "old", OLD, "eva@example.org", "eva")
    assert old.encrypted
    seen = old.folders[0]
    assert (seen.local_path, seen.target_path, seen.virtual_files) == ("/home/eva/Nextcloud/", "/", "suffix")
    assert (seen.files, seen.bytes, seen.placeholders, seen.pending, seen.paused) == (5, 5000, 2, 3, True)
    assert (other.state, other.encrypted, other.folders) == ("foreign", False, [])


def test_the_state_of_the_desk_is_told() -> None:
    away = {"session": {"state": "none", "keyring": "absent"}, "running": False, "transactions": [{"run": "r7"}]}
    found = assessed(away).profiles[0]
    assert (found.client_running, found.session, found.keyring, found.open_run) == (False, False, "absent", "r7")
    found = assessed({}).profiles[0]
    assert (found.client_running, found.session, found.keyring, found.open_run) == (True, True, "unlocked", "")
    assert found.client_version == "3.16.7"


def test_clients_of_the_host() -> None:
    host = assessed({"clients": [{"version": "34.0.0"}, {"kind": "flatpak", "version": "33.0.1"}]})
    assert [(client.kind, client.version, client.unsafe) for client in host.clients] == [
        ("package", "34.0.0", True),
        ("flatpak", "33.0.1", False),
    ]


def test_clients_and_sessions_on_windows() -> None:
    host = assessed({"os": "windows", "session": {"kind": "rdp"}, "clients": [{}, {"kind": "binary", "scope": "user"}]})
    assert [(client.kind, client.bits, client.scope) for client in host.clients] == [
        ("msi", 64, "machine"),
        ("binary", 64, "user"),
    ]
    found = host.profiles[0]
    assert (found.client_installed, found.client_bits, found.session_kind) == ("3.16.7.24567", 64, "rdp")
    assert (found.keyring, found.config_path) == ("unseen", WINDOWS_CONFIG)


def test_what_the_module_could_not_see_is_a_finding_of_the_host() -> None:
    facts = host_facts(profile({})).model_copy(update={"problems": [Problem(code="home-unreadable", message="x\x1b")]})
    found = assess("pc-0815", TIME, facts, fleet_config()).findings
    assert [(one.code, one.severity, one.message) for one in found] == [("home-unreadable", "warning", r"x\x1b")]


def test_the_document() -> None:
    seen = (TIME, facts_of({}))
    gone = Unreached(host="pc-3", code="unreachable", message="no route")
    hosts = {name: assess(name, *seen, fleet_config()) for name in ("pc-2", "pc-1")}
    document = audit_document(hosts, fleet_config(), [gone])
    assert (document.old_servers, document.new_server) == ([OLD], NEW)
    assert [host.host for host in document.hosts] == ["pc-1", "pc-2"]
    assert document.unreached == [gone]
    assert document.model_dump(mode="json")["schema"] == "smartfleet.audit/1"
