"""The report: figures that add up, and a page that nobody's file name can break out of."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from smartfleet.model.assessment import AccountAssessment, Finding, FolderAssessment, HostAssessment, ProfileAssessment
from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome, Step, Verdict
from smartfleet.report import data as report_data
from smartfleet.report import html

TEMPLATES = Path(__file__).parents[2] / "templates"
HOSTILE = ["<script>alert(1)</script>", "a'\"b", "{{ 7*7 }}", "\x1b[31m", "x\u202egpj.exe", "line\nbreak", "\udc80"]


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


def build(**more: object) -> ReportData:
    arguments: dict[str, object] = {
        "created": 1_763_800_000.0, "fleet": "demo", "old_servers": ["https://old.example"],
        "new_server": "https://mein.smartde.coop", "inventory": ["pc-1"], "assessments": [host()], "outcomes": [],
        "verdicts": [],
    }  # fmt: skip
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
    assert [(h.host, h.reason) for h in data.other_hosts] == [("pc-4", "offline"), ("pc-5", "never-seen")]


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


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.urls += [value for name, value in attrs if name in {"src", "href", "action"} and value]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_breaks_out_of_the_page(name: str) -> None:
    step = Step(step="check", state="done", detail=name)
    data = build(
        fleet=name,
        inventory=[name],
        assessments=[host(name, user=name, path=f"/home/{name}")],
        outcomes=[outcome("failed", host=name, user=name, message=name, do=name, steps=[step])],
    )
    plain = _Tags()
    plain.feed(html.render(build(outcomes=[outcome("failed", message="m", do="d", steps=[step])]), TEMPLATES))
    page = html.render(data, TEMPLATES)
    hostile = _Tags()
    hostile.feed(page)
    assert hostile.tags == plain.tags
    assert hostile.urls == []
    assert "\x1b" not in page
    assert "\u202e" not in page
    assert "49" not in page.partition("<main>")[2].partition("<script>")[0]


def test_the_page_needs_no_network() -> None:
    page = html.render(build(), TEMPLATES)
    assert "default-src 'none'" in page
    assert "http://" not in page.replace("https://old.example", "").replace("https://mein.smartde.coop", "")


def test_empty_fleet_says_what_to_do() -> None:
    page = html.render(build(assessments=[], inventory=[]), TEMPLATES)
    assert "smartfleet audit" in page
