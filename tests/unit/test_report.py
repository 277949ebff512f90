"""The report: figures that add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from smartfleet.model.assessment import AccountAssessment, Finding, FolderAssessment, HostAssessment, ProfileAssessment
from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome, Verdict
from smartfleet.report import data as report_data
from tests.unit.judged import judged


def folder(path: str = "/home/eva/Nextcloud", **more: object) -> FolderAssessment:
    base = {
        "group": "Folders", "alias": "0", "local_path": path, "target_path": "/", "virtual_files": "off",
        "paused": False, "state": "ok", "journal": "ok", "files": 3, "bytes": 3000,
    }  # fmt: skip
    return FolderAssessment.model_validate(base | more)


def host(
    name: str = "pc-1", *, state: str = "old", user: str = "eva", path: str = "/home/eva/Nextcloud"
) -> HostAssessment:
    account = AccountAssessment(
        number="0", state="new" if state == "new" else "old", url="https://old.example", login=user, user=user,
        display_name=user, encrypted=False, folders=[folder(path)],
    )  # fmt: skip
    profile = ProfileAssessment.model_validate(
        {
            "user": user, "config_path": "/home/eva/nextcloud.cfg", "kind": "standard", "state": state,
            "client_version": "3.7.3", "client_running": True, "session": True, "keyring": "unlocked",
            "accounts": [account],
        }
    )  # fmt: skip
    return HostAssessment(host=name, os="linux", distribution="debian 12", taken=1.0, clients=[], profiles=[profile])


def outcome(name: str, **more: object) -> Outcome:
    base = {"host": "pc-1", "user": "eva", "config_path": "/home/eva/nextcloud.cfg", "outcome": name}
    return Outcome.model_validate(base | more)


def verdict(name: str = "match", **more: object) -> Verdict:
    base = {
        "host": "pc-1", "user": "eva", "config_path": "/home/eva/nextcloud.cfg", "account": "0", "alias": "0",
        "local_path": "/home/eva/Nextcloud", "level": "journal", "verdict": name, "reason": "3 of 3 files are equal",
    }  # fmt: skip
    return Verdict.model_validate(base | more)


def build(
    assessments: Sequence[HostAssessment] | None = None,
    outcomes: Sequence[Outcome] = (),
    verdicts: Sequence[Verdict] = (),
    *,
    inventory: Sequence[str] = (),
    sites: Mapping[str, str] | None = None,
    waves: Mapping[str, str] | None = None,
    **more: object,
) -> ReportData:
    arguments: dict[str, object] = {
        "created": 1_763_800_000.0, "fleet": "demo", "old_servers": ["https://old.example"],
        "new_server": "https://mein.smartde.coop",
    }  # fmt: skip
    seen = [host()] if assessments is None else assessments
    arguments["hosts"] = judged(seen, outcomes, verdicts, inventory=inventory, sites=sites, waves=waves)
    return report_data.build(**(arguments | more))  # type: ignore[arg-type]  # the table above is the call


@pytest.mark.parametrize(
    ("state", "outcomes", "verdicts", "expected", "deed"),
    [
        ("old", [], [], "unknown", "smartfleet plan --limit pc-1"),
        ("new", [], [], "already", "smartfleet verify --limit pc-1"),
        ("new", [outcome("moved")], [verdict()], "moved", ""),
        ("new", [outcome("moved")], [verdict("drift")], "moved", "smartfleet show pc-1"),
        ("old", [outcome("moved")], [], "unknown", "smartfleet plan --limit pc-1"),
        ("old", [outcome("failed", do="mend it")], [], "failed", "mend it"),
        ("old", [outcome("waiting-session", do="wait")], [], "waiting-session", "wait"),
        ("both", [], [], "unknown", "smartfleet show pc-1"),
        ("unreadable", [], [], "unknown", "smartfleet show pc-1"),
    ],
)
def test_where_a_profile_stands(
    state: str, outcomes: list[Outcome], verdicts: list[Verdict], expected: str, deed: str
) -> None:
    data = build(assessments=[host(state=state)], outcomes=outcomes, verdicts=verdicts)
    row = data.profiles[0]
    assert (row.outcome, row.do) == (expected, deed)


def test_a_row_tells_system_client_and_session() -> None:
    seen = host(state="new")
    profile = seen.profiles[0].model_copy(
        update={"client_installed": "3.16.7.24567", "client_bits": 64, "session_kind": "rdp"}
    )
    seen = seen.model_copy(update={"os": "windows", "distribution": "windows 10.0.19045", "profiles": [profile]})
    data = build(assessments=[seen], outcomes=[outcome("moved", restart_pending=True)], verdicts=[verdict()])
    row = data.profiles[0]
    assert (row.distribution, row.client_installed, row.client_bits) == ("windows 10.0.19045", "3.16.7.24567", 64)
    assert (row.session, row.session_kind, row.restart_pending) == (True, "rdp", True)


@pytest.mark.parametrize(
    ("outcomes", "reason", "message"),
    [
        ([], "never-seen", ""),
        ([outcome("waiting-online", user="", message="no answer")], "offline", "no answer"),
        ([outcome("failed", user="", message="the certificate has expired")], "failed", "the certificate has expired"),
        ([outcome("failed", message="of a user")], "never-seen", ""),
    ],
)
def test_a_host_that_was_never_audited_says_why(outcomes: list[Outcome], reason: str, message: str) -> None:
    (row,) = build(assessments=[], inventory=["pc-1"], outcomes=outcomes).hosts
    assert (row.reason, row.message) == (reason, message)


def test_figures_add_up() -> None:
    hosts = [host("pc-1"), host("pc-2", state="new"), host("pc-3", state="both")]
    data = build(
        inventory=["pc-1", "pc-2", "pc-3", "pc-4", "pc-5"],
        assessments=hosts,
        outcomes=[Outcome(host="pc-4", user="", config_path="", outcome="waiting-online", message="timed out")],
        verdicts=[verdict(host="pc-2")],
    )
    assert data.headline.hosts == 5
    assert data.headline.hosts_seen == 3
    assert data.headline.on_old_server == 2
    assert sum(data.headline.outcomes.values()) == data.headline.profiles == 3
    assert data.headline.verdicts == {"match": 1, "unknown": 2}
    assert [(h.host, h.reason) for h in data.hosts if h.reason] == [("pc-4", "offline"), ("pc-5", "never-seen")]


def test_a_second_copy_is_something_to_do() -> None:
    finding = Finding(code="second-copy", severity="warning", message="twice on the disk", do="ask the user")
    seen = host(state="new")
    profile = seen.profiles[0].model_copy(update={"findings": [finding]})
    row = build(
        assessments=[seen.model_copy(update={"profiles": [profile]})],
        outcomes=[outcome("already")],
        verdicts=[verdict()],
    ).profiles[0]
    assert (row.outcome, row.code, row.do) == ("already", "second-copy", "ask the user")


def test_unverified_is_never_match() -> None:
    assert build().profiles[0].folders[0].verdict == "unknown"
