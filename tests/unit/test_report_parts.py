"""The report's figures about parts of a fleet, and about what the policy answered."""

from __future__ import annotations

import pytest

from smartfleet.model.assessment import ClientAssessment, HostAssessment
from smartfleet.model.policy import CheckInfo, CheckResult, Waiver
from smartfleet.model.report import Share
from smartfleet.model.results import Outcome
from smartfleet.policy.evidence import Answers, FolderPlace, Judgement
from tests.unit.judged import judged
from tests.unit.test_report import build, host, verdict

PLACE = ("eva", "/home/eva/nextcloud.cfg")
FOLDER = FolderPlace(*PLACE, "0", "0")


def result(check: str, answer: str = "fail", severity: str = "error") -> CheckResult:
    waiver = Waiver(who="Kim", why="moves in May", until="2026-12-31") if answer == "waived" else None
    return CheckResult.model_validate(
        {"check": check, "answer": answer, "severity": severity, "message": "found", "waiver": waiver}
    )


def info(check: str) -> CheckInfo:
    return CheckInfo(check=check, title=check, why="", do="", severity="error", scope="host")


def with_clients(seen: HostAssessment, *versions: str, used: str = "") -> HostAssessment:
    clients = [ClientAssessment(kind="package", version=version, unsafe=False) for version in versions]
    profiles = [profile.model_copy(update={"client_installed": used}) for profile in seen.profiles]
    return seen.model_copy(update={"clients": clients, "profiles": profiles})


def by(found: list[Share], what: str) -> list[tuple[str, int, int]]:
    return [(share.name, share.hosts, share.profiles) for share in found if share.by == what]


class TestShares:
    def test_waves_and_sites_in_the_order_that_people_sort_them_in(self) -> None:
        names = [f"pc-{number}" for number in range(5)]
        data = build(
            assessments=[host(name) for name in names],
            waves={"pc-0": "wave 10", "pc-1": "wave 2", "pc-2": "canary"},
            sites={"pc-0": "Bonn", "pc-1": "aachen", "pc-3": "Bonn"},
        )
        assert by(data.shares, "wave") == [("canary", 1, 1), ("wave 2", 1, 1), ("wave 10", 1, 1), ("", 2, 2)]
        assert by(data.shares, "site") == [("aachen", 1, 1), ("Bonn", 2, 2), ("", 2, 2)]

    def test_hosts_that_were_never_seen_have_no_system(self) -> None:
        data = build(inventory=["pc-1", "pc-2"])
        assert by(data.shares, "os") == [("linux", 1, 1), ("", 1, 0)]

    def test_nothing_is_said_of_what_nothing_is_known_of(self) -> None:
        assert {share.by for share in build(assessments=[], inventory=["pc-1"]).shares} == set()
        assert {share.by for share in build().shares} == {"os"}

    def test_builds_of_one_version_are_one_client_and_the_newest_comes_first(self) -> None:
        data = build(
            assessments=[
                with_clients(host("pc-1"), "3.16.7.24567", used="3.16.7.24567"),
                with_clients(host("pc-2"), "1:3.16.7-1~deb13u1", "3.7.3", used="3.7.3"),
                with_clients(host("pc-3"), "3.9.10", used="3.9.10"),
                with_clients(host("pc-4"), used=""),
                with_clients(host("pc-5"), "nightly", used="nightly"),
            ]
        )
        assert by(data.shares, "client") == [
            ("3.16.7", 2, 1),
            ("3.9.10", 1, 1),
            ("3.7.3", 1, 1),
            ("nightly", 1, 1),
            ("", 1, 1),
        ]

    def test_outcomes_and_compliant_hosts(self) -> None:
        data = build(
            hosts=judged(
                [host("pc-1"), host("pc-2", state="new")],
                [Outcome(host="pc-1", user=PLACE[0], config_path=PLACE[1], outcome="failed")],
                judgements={"pc-1": Judgement(Answers([result("old-server")]), {}, {})},
            )
        )
        (share,) = data.shares
        assert (share.hosts, share.compliant, share.outcomes) == (2, 1, {"failed": 1, "already": 1})

    @pytest.mark.parametrize("name", ["9" * 5000, "\u0663\u0664 x", "\udc80", "=1+1", ""])
    def test_no_name_of_a_site_is_too_odd(self, name: str) -> None:
        data = build(assessments=[host("pc-1"), host("pc-2")], sites={"pc-1": name, "pc-2": "Bonn"})
        assert {found for found, _, _ in by(data.shares, "site")} == {name, "Bonn"}


class TestAnswers:
    judgement = Judgement(
        Answers([result("old-server"), result("own", "unknown", "warning")], ["audit-age"]),
        {PLACE: Answers([result("autostart", "waived")], ["signed-in"])},
        {FOLDER: Answers([], ["folder-moved", "folder-verdict"])},
    )

    def test_they_hang_at_their_subject(self) -> None:
        data = build(hosts=judged([host()], verdicts=[verdict()], judgements={"pc-1": self.judgement}))
        (seen,), (profile,) = data.hosts, data.profiles
        assert ([one.check for one in seen.results], seen.passed) == (["old-server", "own"], ["audit-age"])
        assert ([one.check for one in profile.results], profile.passed) == (["autostart"], ["signed-in"])
        assert profile.folders[0].passed == ["folder-moved", "folder-verdict"]

    def test_each_check_is_counted_in_the_order_of_the_policy(self) -> None:
        checks = [
            info(name) for name in ("audit-age", "old-server", "own", "autostart", "folder-verdict", "host-trust")
        ]
        hosts = judged([host("pc-1"), host("pc-2")], judgements=dict.fromkeys(("pc-1", "pc-2"), self.judgement))
        counts = build(hosts=hosts, checks=checks).checks
        assert [(one.check.check, one.passed, one.failed, one.unknown, one.waived) for one in counts] == [
            ("audit-age", 2, 0, 0, 0),
            ("old-server", 0, 2, 0, 0),
            ("own", 0, 0, 2, 0),
            ("autostart", 0, 0, 0, 2),
            ("folder-verdict", 2, 0, 0, 0),
            ("host-trust", 0, 0, 0, 0),
        ]

    @pytest.mark.parametrize(
        ("found", "compliant"),
        [
            ([], True),
            ([result("a", "waived")], True),
            ([result("a", "fail", "warning"), result("b", "unknown", "note")], True),
            ([result("a", "fail")], False),
            ([result("a", "unknown")], False),
        ],
    )
    def test_unknown_is_no_pass(self, found: list[CheckResult], *, compliant: bool) -> None:
        judgement = Judgement(Answers(), {}, {FOLDER: Answers(found)})
        data = build(hosts=judged([host()], judgements={"pc-1": judgement}))
        assert data.hosts[0].compliant is compliant
        assert data.headline.hosts_compliant == int(compliant)
