"""Documents on a terminal: what people must be able to see, and that text from hosts stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from rich.console import RenderableType

from smartfleet.assess import assess, audit_document
from smartfleet.model.assessment import AuditDocument, Unreached
from smartfleet.model.doctor import Check, DoctorReport
from smartfleet.model.documents import ShowDocument, VerifyDocument
from smartfleet.model.facts import HostFacts
from smartfleet.model.plan import Plan
from smartfleet.model.report import ReportData
from smartfleet.model.results import Difference, Proof, Step, Verdict
from smartfleet.model.runs import RunSummary
from smartfleet.model.status import StatusDocument
from smartfleet.plan import make_plan
from smartfleet.report import data, terminal
from smartfleet.verdict import judge
from tests.unit.builders import INSTANCE, NEW, NOBODY, OLD, TIME, Case, facts_of, fleet_config, outcome
from tests.unit.judged import judged
from tests.unit.screens import EVIL, shown
from tests.unit.test_verdict import check_of


def fleet(**hosts: Case) -> dict[str, tuple[float, HostFacts]]:
    return {name.replace("_", "-"): (TIME, facts_of(case)) for name, case in hosts.items()}


FLEET = fleet(
    pc_1={},
    pc_2={"accounts": [{"url": NEW}]},
    pc_3={"accounts": [{"folders": [{"state": "missing"}]}]},
    pc_4={"accounts": [{}, {"url": NEW, "folders": [{"local_path": "/home/eva/Nextcloud2/"}]}]},
    pc_5={"session": {"keyring": "locked", "secrets": []}},
)


def plan_of(facts: dict[str, tuple[float, HostFacts]], unaudited: Sequence[str] = ()) -> Plan:
    return make_plan(facts, fleet_config(), created=TIME, instance_id=INSTANCE, unaudited=unaudited)


def verdict(host: str, case: Case) -> Verdict:
    return judge(host, check_of(case))


def audited(facts: dict[str, tuple[float, HostFacts]], unreached: Sequence[Unreached] = ()) -> AuditDocument:
    config = fleet_config()
    return audit_document({host: assess(host, *seen, config) for host, seen in facts.items()}, config, unreached)


class TestAudit:
    document = audited(FLEET, [Unreached(host="pc-9", code="offline", message="no route", do="look at the cable")])

    def test_hosts_that_were_not_reached_with_what_helps(self) -> None:
        text = shown(terminal.audit(self.document))
        assert "unreachable offline\n    pc-9: no route\n    do: look at the cable" in text

    def test_profiles_accounts_and_folders(self) -> None:
        text = shown(terminal.audit(self.document))
        assert "5 hosts, 5 profiles: old 3, both 1, new 1" in text
        row = next(line for line in text.splitlines() if line.startswith("pc-1"))
        assert row.split()[:5] == ["pc-1", "eva", "old", OLD, "/home/eva/Nextcloud/"]
        assert "5.0 kB" in row

    def test_the_host_is_named_once_for_all_its_folders(self) -> None:
        text = shown(terminal.audit(self.document))
        assert sum(line.startswith("pc-4") for line in text.splitlines()) == 1
        assert "/home/eva/Nextcloud2/" in text

    def test_findings_with_their_remedy(self) -> None:
        text = shown(terminal.audit(self.document))
        assert "error folder-missing" in text
        assert "pc-3 eva: /home/eva/Nextcloud/ is not there" in text
        assert "do: Mount or restore the folder" in text
        assert "note " not in text

    def test_hosts_that_were_not_reached(self) -> None:
        assert "pc-9: no route" in shown(terminal.audit(self.document))

    def test_hosts_by_state_can_be_given_to_limit(self) -> None:
        assert "old (3): pc-1,pc-3,pc-5" in shown(terminal.audit(self.document))

    def test_the_same_remedy_is_told_once(self) -> None:
        same = {f"pc-{number}": FLEET["pc-3"] for number in range(30)}
        text = shown(terminal.audit(audited(same)))
        assert text.count("do: Mount") == 1
        assert "and 10 more" in text

    def test_what_is_odd_about_a_folder(self) -> None:
        odd = {"virtual_files": "suffix", "placeholders": 3, "paused": True, "journal": {"uploads": 2}}
        text = shown(terminal.audit(audited(fleet(pc={"accounts": [{"folders": [odd]}]}))))
        assert "virtual files (suffix), 3 not on this disk, 2 to upload, paused" in text

    def test_nobody_hides_the_others_with_a_thousand_accounts(self) -> None:
        hosts = fleet(pc_1={"accounts": [{"number": str(number)} for number in range(1000)]}, pc_2={})
        text = shown(terminal.audit(audited(hosts)))
        rows = text.partition("\n\nFindings")[0].splitlines()
        assert len(rows) < 40
        assert any("and 980 more" in row for row in rows)
        assert rows[-1].startswith("pc-2")

    def test_an_empty_audit(self) -> None:
        assert shown(terminal.audit(audited({}))).strip() == "0 hosts, 0 profiles: nothing"


class TestPlan:
    def test_head_table_steps_and_diff(self) -> None:
        plan = plan_of(FLEET, ["pc-9"])
        text = shown(terminal.plan(plan))
        assert f"Plan {plan.hash[:12]}: {OLD} to {NEW} (instance {INSTANCE}), strategy move" in text
        assert "move 2, refuse 2, none 1" in text
        assert "  1. prove that" in text
        assert f"  -0\\url={OLD}" in text
        assert f"  +0\\url={NEW}" in text
        assert "error folder-missing" in text
        assert "warning keyring-locked" in text
        assert "Not audited, not touched\n  pc-9" in text

    def test_each_remark_on_a_refused_profile_is_shown_as_what_it_is(self) -> None:
        """What refuses it is an error, the first reason and the others; what would only be worth knowing is none."""
        folders = [
            {"state": "missing"},
            {"local_path": "/home/eva/Zwei/", "journal": {"state": "absent"}},
        ]
        spoilt = {"accounts": [{"folders": folders}], "session": {"keyring": "locked", "secrets": []}}
        text = shown(terminal.plan(plan_of(fleet(pc=spoilt))))
        refused, _, known = text.partition("Refused")[2].partition("Worth knowing")
        assert re.findall(r"^ *(error|warning) ([a-z-]+)", refused, re.MULTILINE) == [
            ("error", "folder-missing"),
            ("error", "journal-missing"),
        ]
        assert re.findall(r"^ *(error|warning) ([a-z-]+)", known, re.MULTILINE) == [("warning", "keyring-locked")]

    def test_a_large_plan_shows_only_some_details(self) -> None:
        text = shown(terminal.plan(plan_of({f"pc-{number}": FLEET["pc-1"] for number in range(8)})))
        assert text.count("@@") == 10
        assert "Steps and diffs of 3 more profiles: smartfleet plan --limit HOST" in text

    def test_nobody_asked_the_server(self) -> None:
        plan = make_plan(FLEET, fleet_config(), created=TIME)
        assert "(not asked yet who it is)" in shown(terminal.plan(plan))

    def test_what_is_installed_is_told(self) -> None:
        config = fleet_config(install={"linux": {"package": "nextcloud-desktop", "state": "latest"}})
        plan = make_plan(fleet(pc={}), config, created=TIME, instance_id=INSTANCE)
        assert "package nextcloud-desktop latest" in shown(terminal.plan(plan))

    def test_what_is_installed_on_windows_is_told(self) -> None:
        msi = {"msi": "https://x.example/n.msi", "sha256": "c" * 64, "version": "3.16.7", "state": "latest"}
        config = fleet_config(install={"windows": msi})
        facts = fleet(pc={"os": "windows", "clients": [{"version": "3.7.3"}]})
        text = shown(terminal.plan(make_plan(facts, config, created=TIME, instance_id=INSTANCE)))
        assert "installs client 3.16.7 by MSI" in text
        assert "this machine fetches https://x.example/n.msi" in text


class TestOutcomes:
    found = (
        outcome("pc-1", "moved", proofs=[Proof(proof="config", state="ok"), Proof(proof="server", state="unknown")]),
        outcome("pc-2", "moved"),
        outcome("pc-3", "waiting-session", code="no-session", message="nobody is logged in", do="apply again later"),
        outcome("pc-4", "failed", code="proof-failed", message="journal: another one"),
    )

    def test_every_profile_has_a_line(self) -> None:
        text = shown(terminal.outcomes(self.found))
        assert "4 profiles: failed 1, moved 2, waiting-session 1" in text
        assert "1 of 2 proofs" in text
        assert "nobody is logged in" in text

    def test_what_is_left_to_do(self) -> None:
        text = shown(terminal.outcomes(self.found))
        assert "waiting-session no-session\n    pc-3 eva: nobody is logged in\n    do: apply again later" in text
        assert "failed proof-failed" in text

    def test_hosts_by_outcome(self) -> None:
        text = shown(terminal.outcomes(self.found))
        assert "moved (2): pc-1,pc-2" in text
        assert "waiting-session (1): pc-3" in text

    def test_a_restart_that_is_due_is_told_once_more_with_its_hosts(self) -> None:
        text = shown(terminal.outcomes([*self.found, outcome("pc-5", "moved", restart_pending=True)]))
        assert "restart pending" in text
        assert "An installer asked for a restart" in text
        assert text.count("pc-5") == 3
        assert "restart" not in shown(terminal.outcomes(self.found))

    def test_nothing_was_done(self) -> None:
        assert shown(terminal.outcomes([])).strip() == "0 profiles: nothing"


class TestVerdicts:
    document = VerifyDocument(
        run="r1",
        level="journal",
        interrupted=False,
        verdicts=[
            verdict("pc-1", {"level": "journal", "journal": {"same": 3}}),
            verdict(
                "pc-2",
                {
                    "level": "journal",
                    "before": {"lost": 1, "examples": [{"path": "a/b.txt", "kind": "lost", "detail": "gone"}]},
                    "journal": {"same": 2, "examples": [{"path": "new.txt", "kind": "new"}]},
                },
            ),
        ],
        unreached=[Unreached(host="pc-9", code="unreachable", message="no route")],
    )

    def test_verdicts_with_reasons(self) -> None:
        text = shown(terminal.verdicts(self.document))
        assert "2 folders at level journal: match 1, drift 1" in text
        assert "3 files compared with the journal" in text
        assert "pc-9: no route" in text

    def test_examples_are_of_what_is_wrong(self) -> None:
        text = shown(terminal.verdicts(self.document))
        assert "pc-2 eva lost a/b.txt gone" in text
        assert "new.txt" not in text

    def test_hosts_by_verdict(self) -> None:
        assert "drift (1): pc-2" in shown(terminal.verdicts(self.document))


class TestDoctor:
    def test_targets_and_remedies(self) -> None:
        checks = [
            Check(kind="server", target=OLD, check="dns", state="ok"),
            Check(
                kind="server",
                target=OLD,
                check="redirect",
                state="failed",
                code="server/redirect",
                message="it redirects",
                why="clients lose their password",
                do="serve both names",
            ),
            Check(kind="host", target="pc-1", check="tcp", state="ok"),
            Check(kind="host", target="pc-1", check="auth", state="skipped"),
        ]
        text = shown(terminal.doctor(DoctorReport(started=TIME, seconds=1.5, checks=checks)))
        assert "4 checks in 1.5 s: ok 2, failed 1, skipped 1" in text
        assert "dns, redirect failed" in text
        assert "tcp, auth skipped" in text
        assert (
            f"failed server/redirect\n    {OLD}: it redirects (clients lose their password)\n    do: serve both" in text
        )


def report_data(host: str = "pc-1") -> ReportData:
    return data.build(
        created=TIME,
        fleet="/srv/fleet",
        old_servers=[OLD],
        new_server=NEW,
        hosts=judged(
            [assess(name, *FLEET[name], fleet_config()) for name in ("pc-1", "pc-2")],
            [outcome("pc-1", "moved")],
            [verdict(host, {"level": "size", "before": {"same": 3}})],
            inventory=["pc-1", "pc-2", "pc-7"],
        ),
    )


def test_the_report() -> None:
    text = shown(terminal.report(report_data()))
    assert "2 of 3 hosts seen, 2 profiles" in text
    assert "pc-7: never seen" in text
    assert "already (1): pc-2" in text


def test_the_status() -> None:
    run = RunSummary(run="r1", verb="audit", started=TIME, finished=None, state="running", admin="root", hosts=3)
    headline = report_data().headline
    text = shown(terminal.status(StatusDocument(fleet="/srv/fleet", headline=headline, runs=[run], next="")))
    assert "/srv/fleet" in text
    assert "audit" in text
    assert "running" in text


@pytest.mark.parametrize(("behind", "said"), [(0, ""), (1, "1 of 3 hosts is counted"), (2, "2 of 3 hosts are counted")])
def test_the_status_says_how_many_are_counted_as_they_were(behind: int, said: str) -> None:
    text = shown(
        terminal.status(StatusDocument(fleet="/f", headline=report_data().headline, behind=behind, runs=[], next=""))
    )
    assert said in text
    assert ("as last judged" in text) == bool(behind)


def test_one_host() -> None:
    done = outcome(
        "pc-1",
        "failed",
        message="the disk is full",
        do="make room",
        backup="/var/lib/smartfleet/runs/r1",
        steps=[Step(step="backup", state="failed", seconds=1.25, detail="No space left")],
        proofs=[Proof(proof="config", state="ok", detail="the old one")],
    )
    assessment = assess("pc-1", *FLEET["pc-1"], fleet_config())
    found = [verdict("pc-1", {"level": "size", "before": {"same": 3}})]
    text = shown(terminal.show(ShowDocument(host="pc-1", assessment=assessment, outcomes=[done], verdicts=found)))
    assert "pc-1, debian 13, clients: 3.16.7 (package)" in text
    assert "failed backup (1.2 s) No space left" in text
    assert "ok config the old one" in text
    assert "do: make room" in text
    assert "match" in text
    assert shown(terminal.show(ShowDocument(host="pc-2", assessment=None, outcomes=[], verdicts=[]))).strip() == "pc-2"


@pytest.mark.parametrize(
    ("session", "told"),
    [
        ({}, "eva: logged on at the machine, client runs"),
        ({"kind": "rdp"}, "eva: logged on by remote desktop, client runs"),
        ({"kind": "disconnected"}, "eva: logged on, and disconnected from the session, client runs"),
        (NOBODY, "eva: not logged on, client runs"),
    ],
)
def test_one_host_with_windows(session: Case, told: str) -> None:
    clients = [{}, {"kind": "binary", "scope": "user", "version": "3.1.0", "bits": None}]
    (facts,) = fleet(pc={"os": "windows", "session": session, "clients": clients}).values()
    assessment = assess("pc", *facts, fleet_config())
    done = outcome("pc", "moved", restart_pending=True)
    text = shown(terminal.show(ShowDocument(host="pc", assessment=assessment, outcomes=[done], verdicts=[])))
    assert "pc, windows 10.0.19045, clients: 3.16.7.24567 (msi, 64 bit), 3.1.0 (binary, of one user)" in text
    assert told in text
    assert "restart pending" in text
    assert "C:/Users/eva/Nextcloud/" in text


class TestHostileText:
    """Names of hosts, users and files are written by others."""

    facts = fleet(pc={"user": EVIL, "accounts": [{"user": EVIL, "folders": [{"local_path": f"/home/{EVIL}/"}]}]})
    check = check_of({"level": "size", "before": {"lost": 1}}).model_copy(update={"user": EVIL, "local_path": EVIL})

    @pytest.fixture(params=[False, True], ids=["pipe", "terminal"])
    def colour(self, request: pytest.FixtureRequest) -> bool:
        return bool(request.param)

    def assert_tame(self, renderable: RenderableType, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        text = shown(renderable, colour=colour)
        assert "\x1b[2J" not in text
        assert "\u202e" not in text
        assert r"\x1b[2J[bold]{{ 1 }}\u202e\x0a" in text

    def test_audit(self, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        self.assert_tame(terminal.audit(audited(self.facts)), colour)

    def test_plan(self, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        self.assert_tame(terminal.plan(plan_of(self.facts)), colour)

    def test_outcomes(self, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        self.assert_tame(terminal.outcomes([outcome("pc", "failed", message=EVIL, do=EVIL)]), colour)

    def test_verdicts(self, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        lost = self.check.before.model_copy(update={"examples": [Difference(path=EVIL, kind="lost", detail=EVIL)]})
        found = judge(EVIL, self.check.model_copy(update={"before": lost}))
        document = VerifyDocument(run="r", level="size", interrupted=False, verdicts=[found], unreached=[])
        self.assert_tame(terminal.verdicts(document), colour)

    def test_show(self, colour: bool) -> None:  # noqa: FBT001 - a fixture's value
        done = [outcome("pc", "failed", message=EVIL, steps=[Step(step="check", state="failed", detail=EVIL)])]
        document = ShowDocument(host=EVIL, assessment=None, outcomes=done, verdicts=[])
        self.assert_tame(terminal.show(document), colour)


def test_no_colour_is_needed_to_understand_it() -> None:
    document = audited(FLEET)
    assert "\x1b[" in shown(terminal.audit(document), colour=True)
    assert "\x1b" not in shown(terminal.audit(document))


def test_a_narrow_terminal_folds_and_cuts_nothing() -> None:
    text = shown(terminal.audit(audited(FLEET)), width=60)
    assert "…" not in text
