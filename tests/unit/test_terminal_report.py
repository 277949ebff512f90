"""The report on a terminal: a page of it at most for any fleet, and the commands that go on from there."""

from __future__ import annotations

import pytest

from smartfleet.model.diff import DiffDocument
from smartfleet.model.policy import CheckInfo, CheckResult
from smartfleet.model.report import ReportData
from smartfleet.model.results import Outcome
from smartfleet.policy.evidence import Answers, Judgement
from smartfleet.report import terminal
from smartfleet.report.deeds import deeds
from tests.unit.judged import judged
from tests.unit.screens import EVIL, shown
from tests.unit.test_report import build, host, outcome, verdict


def failing(check: str, answer: str = "fail", do: str = "") -> Judgement:
    found = {"check": check, "answer": answer, "severity": "error", "message": "found", "do": do}
    result = CheckResult.model_validate(found)
    return Judgement(Answers([result]), {}, {})


def info(check: str, severity: str = "error") -> CheckInfo:
    return CheckInfo.model_validate(
        {"check": check, "title": f"{check} is well", "why": "", "do": "mend it", "severity": severity, "scope": "host"}
    )


def fleet(size: int, **more: object) -> ReportData:
    names = [f"pc-{number:05}" for number in range(size)]
    return build(assessments=[host(name) for name in names], **more)  # type: ignore[arg-type]  # as build has it


class TestDeeds:
    def test_what_several_hosts_need_is_one_command(self) -> None:
        (deed,) = deeds(fleet(3).profiles)
        assert deed.do == "smartfleet plan --limit pc-00000,pc-00001,pc-00002"
        assert len(deed.profiles) == 3

    def test_many_hosts_are_not_named(self) -> None:
        (deed,) = deeds(fleet(11).profiles)
        assert deed.do == "smartfleet plan"

    @pytest.mark.parametrize(("size", "command"), [(1, "smartfleet show pc-0"), (2, "smartfleet show HOST")])
    def test_a_command_for_one_host_each(self, size: int, command: str) -> None:
        data = build(assessments=[host(f"pc-{number}", state="both") for number in range(size)])
        assert [deed.do for deed in deeds(data.profiles)] == [command]

    def test_a_name_that_a_shell_would_read_is_quoted(self) -> None:
        data = build(assessments=[host("pc 1; rm"), host("pc-2")])
        assert [deed.do for deed in deeds(data.profiles)] == ["smartfleet plan --limit 'pc 1; rm,pc-2'"]

    def test_what_is_no_command_stays_as_it_is_and_the_largest_group_comes_first(self) -> None:
        data = build(
            assessments=[host("pc-1"), host("pc-2", state="new"), host("pc-3", state="new")],
            outcomes=[outcome("failed", do="ask pc-1", code="odd")],
        )
        assert [deed.do for deed in deeds(data.profiles)] == ["smartfleet verify --limit pc-2,pc-3", "ask pc-1"]

    def test_nothing_left_to_do(self) -> None:
        data = build(assessments=[host(state="new")], verdicts=[verdict()])
        assert deeds(data.profiles) == []


class TestReport:
    def test_checks_by_severity_and_what_mends_them(self) -> None:
        found = {
            "pc-1": failing("old-server", do="plan --limit pc-1"),
            "pc-2": failing("own"),
            "pc-3": failing("own", "unknown"),
        }
        hosts = judged([host(name) for name in found], judgements=found)
        checks = [info("own", "warning"), info("fine", "note"), info("old-server")]
        text = shown(terminal.report(build(hosts=hosts, checks=checks)))
        lines = [line.split() for line in text.splitlines()]
        first = lines.index(["error", "old-server", "1", "0", "0", "0", "old-server", "is", "well"])
        assert lines[first + 1] == ["warning", "own", "1", "1", "0", "0", "own", "is", "well"]
        assert "1 check passed everywhere" in text
        assert "  error old-server fail: pc-1\n    do: plan --limit pc-1\n  error own fail: pc-2" in text
        assert "  error own unknown: pc-3\n" in text
        assert "not compliant (3): pc-1,pc-2,pc-3" in text
        assert "0 of 3 hosts compliant" in text

    def test_parts_of_the_fleet(self) -> None:
        data = fleet(3, sites={"pc-00000": "Bonn"}, waves=dict.fromkeys(("pc-00000", "pc-00001", "pc-00002"), "canary"))
        text = shown(terminal.report(data))
        assert "Sites" in text
        assert "not known" in text
        assert "Waves" not in text

    def test_a_large_fleet_is_told_on_a_page_and_the_worst_first(self) -> None:
        sites = {f"pc-{number:05}": f"site {number}" for number in range(3000)}
        told = outcome("failed", host="pc-02000", do="look at it")
        text = shown(terminal.report(fleet(3000, sites=sites, outcomes=[told])))
        lines = text.splitlines()
        assert len(lines) < 100
        assert max(len(line) for line in lines) < 200
        first = next(place for place, line in enumerate(lines) if line.startswith("host "))
        assert lines[first + 1].split() == ["pc-02000", "eva", "old", "failed", "unknown", "look", "at", "it"]
        assert "and 2,980 more: smartfleet report --out report.html" in text
        assert "  and 2,980 more\n" in text
        assert "unknown state-old (2,999 profiles): pc-00000 eva" in text
        assert "do: smartfleet plan\n" in text

    def test_a_small_fleet_has_all_its_profiles(self) -> None:
        data = build(assessments=[host("pc-1"), host("pc-2", state="new")], verdicts=[verdict(host="pc-2")])
        text = shown(terminal.report(data))
        assert "pc-2" in text
        assert "more" not in text

    def test_what_changed_where_that_was_asked_for(self) -> None:
        moment = {"run": "r1", "at": 1.0}
        nothing: dict[str, list[object]] = {f"{what}_changed": [] for what in ("hosts", "checks", "folders")}
        since = DiffDocument.model_validate(
            {"before": moment, "after": moment, "hosts_new": ["pc-9"], "hosts_gone": [], **nothing}
        )
        text = shown(terminal.report(build().model_copy(update={"since": since})))
        assert "What changed\n  from " in text
        assert "pc-9" in text
        assert "What changed" not in shown(terminal.report(build()))

    def test_names_from_hosts_are_text(self) -> None:
        seen = host(EVIL, user=EVIL, path=EVIL)
        told = [Outcome(host=EVIL, user=EVIL, config_path="/home/eva/nextcloud.cfg", outcome="failed", message=EVIL)]
        data = build(hosts=judged([seen], told, judgements={EVIL: failing("old-server")}), checks=[info("old-server")])
        text = shown(terminal.report(data), colour=True)
        assert "\x1b[2J" not in text
        assert "\u202e" not in text
        assert "[bold]{{ 1 }}" in text
