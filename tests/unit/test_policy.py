"""What the policy answers to what is known of a host: cases/policy.yml."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from smartfleet.model.policy import CheckId
from smartfleet.model.results import Outcome
from smartfleet.paths import data_folder
from smartfleet.policy.builtin import BUILT_IN
from smartfleet.policy.cases import DAY
from smartfleet.policy.evidence import Evidence, FolderPlace
from smartfleet.words import LANGUAGES, Language, load_words
from tests.unit.builders import CONFIG_PATH, NEW, TIME, Case, cases, facts_of, host_facts, profile
from tests.unit.evidences import ENGLISH, HOST, MOVED, answers, evidence, evidence_of, policy

CASES = cases("policy")
WORDS = {language: load_words(language, data_folder("templates")) for language in LANGUAGES}
OFF: Case = {"autostart": "off"}


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    judgement = policy(**case.get("policy", {})).judge(evidence(case))
    told = answers(judgement)
    assert {check: told.get(check) for check in case["answers"]} == case["answers"]
    if "compliant" in case:
        assert judgement.compliant == case["compliant"], judgement
    if "folders" in case:
        assert len(judgement.folders) == case["folders"]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_what_was_found(case: Case, language: Language) -> None:
    words = WORDS[language]
    for one in policy(**case.get("policy", {})).judge(evidence(case)).everything:
        for result in one.results:
            said = words(result.text, **result.values)
            assert said
            assert "{" not in said
            assert words(result.do_text, **result.values)
            if language == "en":
                assert (said, words(result.do_text, **result.values)) == (result.message, result.do)


def test_every_check_is_asked_and_every_text_is_used() -> None:
    assert [check.check for check in BUILT_IN] == list(get_args(CheckId))
    found = {told for case in CASES for told in case["answers"].values()}
    for check in get_args(CheckId):
        assert any(case["answers"].get(check) == "pass" for case in CASES), check
        assert any(case["answers"].get(check, "pass") != "pass" for case in CASES), check
    said = {key.removeprefix("checks.") for key in ENGLISH.of("checks")}
    general = re.compile(r"do\..*|waive[dr].*|[a-z-]+\.(title|why|do)")
    assert {key for key in said if not general.fullmatch(key)} == {told.split()[-1] for told in found - {"pass"}}


def test_what_is_told_of_the_checks() -> None:
    checks = {check.check: check for check in policy(client_minimum="3.16", verify_days=9).checks}
    assert list(checks) == list(get_args(CheckId))
    assert checks["old-server"].do == "smartfleet plan --limit HOST"
    assert {
        (one.severity, one.scope) for one in (checks["old-server"], checks["host-seen"], checks["folder-verdict"])
    } == {
        ("error", "profile"),
        ("error", "host"),
        ("error", "folder"),
    }


@pytest.mark.parametrize(("outcome", "verb"), [("failed", "doctor"), ("waiting-online", "audit"), (None, "audit")])
def test_a_host_that_no_audit_came_through_to(outcome: str | None, verb: str) -> None:
    own = {"host": HOST, "user": "", "config_path": "", "outcome": outcome}
    told = [Outcome.model_validate(own)] if outcome else []
    answered = policy().judge(Evidence(HOST, outcomes=told)).host.results
    assert {one.do for one in answered} == {f"smartfleet {verb} --limit {HOST}"}
    assert {one.check for one in answered} >= {"host-seen", "audit-age"}


@pytest.mark.parametrize("days", [3, 9, -2])
def test_how_long_it_stands_how_old_a_verification_is(days: int) -> None:
    asked = {"verify_days": 7}
    case = evidence({"verified_days": days})
    lasts = policy(**asked).lasts(case)
    told = answers(policy(**asked).judge(case))
    for at in (lasts.since + 1, lasts.until - 1):
        assert answers(policy(at, **asked).judge(case))["verification-age"] == told["verification-age"]
    edges = {at for at in (lasts.since, lasts.until) if abs(at - TIME) < 5 * DAY}
    assert edges, "the verification is one that becomes another soon"


def test_severities_and_checks_that_are_not_asked() -> None:
    judged = policy(severities={"autostart": "error", "signed-in": "skip"})
    known = {check.check: check.severity for check in judged.checks}
    assert known["autostart"] == "error"
    assert not {"signed-in", "client-too-old", "verification-age"} & set(known)
    judgement = judged.judge(evidence({"autostart": "off"}))
    assert not judgement.compliant
    assert "signed-in" not in answers(judgement)


def test_messages_hold_nothing_that_a_terminal_obeys() -> None:
    past = [{"first_path": "/home/eva/\x1b[31m\u202eA\n"}]
    found = next(
        one
        for one in policy().judge(evidence({"past": past})).everything
        if "folder-moved" not in one.passed and "folder-verdict" in one.passed
    )
    result = found.results[0]
    assert result.values["before"] == past[0]["first_path"]
    assert r"/home/eva/\x1b[31m\u202eA\x0a" in result.message


def test_a_hosts_name_is_quoted_for_the_shell() -> None:
    judgement = policy().judge(Evidence("pc; reboot"))
    assert judgement.host.results[1].do == "smartfleet audit --limit 'pc; reboot'"


def test_one_folder_under_two_users() -> None:
    """Two profiles that sync one folder do as much harm as two accounts of one."""
    one = profile(MOVED)
    other = one.model_copy(update={"user": "bob"})
    alone = one.model_copy(update={"user": "kim", "folders": []})
    judgement = policy().judge(evidence_of(host_facts(one, other, alone)))
    shared = {user: "shared-folder" in found.passed for (user, _), found in judgement.profiles.items()}
    assert shared == {"eva": False, "bob": False, "kim": True}


def test_of_two_folders_with_one_name_the_worse_one_counts() -> None:
    good = {"local_changes": {"new": 0, "changed": 0, "deleted": 0}}
    bad = {**good, "state": "unwalked"}
    facts = facts_of({"accounts": [{"url": NEW, "folders": [good, bad, good]}]})
    one = facts.profiles[0]
    same = [folder.model_copy(update={"alias": "0"}) for folder in one.folders]
    twins = facts.model_copy(update={"profiles": [one.model_copy(update={"folders": same})]})
    found = policy().judge(evidence_of(twins)).folders
    assert list(found) == [FolderPlace("eva", CONFIG_PATH, "0", "0")]
    assert "conflict-files" not in found[FolderPlace("eva", CONFIG_PATH, "0", "0")].passed


def waived(until: str, **changes: str | list[str]) -> Case:
    return {"check": "autostart", "hosts": ["pc-*"], "who": "Ann", "why": "kiosk", "until": until, **changes}


class TestWaivers:
    """TIME is 2026-09-21."""

    def test_it_holds_to_the_end_of_its_last_day(self) -> None:
        judgement = policy(severities={"autostart": "error"}, waivers=[waived("2026-09-21")]).judge(evidence(OFF))
        assert answers(judgement)["autostart"] == "waived autostart.off"
        assert judgement.compliant
        result = next(iter(judgement.profiles.values())).results[0]
        assert result.message == "The client does not start when the user logs on."
        assert result.waiver is not None
        assert (result.waiver.who, result.waiver.why, result.waiver.until) == ("Ann", "kiosk", "2026-09-21")

    def test_then_the_check_fails_again_and_says_so(self) -> None:
        judgement = policy(severities={"autostart": "error"}, waivers=[waived("2026-09-20")]).judge(evidence(OFF))
        assert not judgement.compliant
        result = next(iter(judgement.profiles.values())).results[0]
        assert (result.answer, result.waiver is None) == ("fail", False)
        assert result.message.endswith("The waiver of Ann held until 2026-09-20.")

    def test_of_several_the_longest_holds(self) -> None:
        both = policy(waivers=[waived("2026-09-20"), waived("2026-12-31", who="Bob")])
        result = next(iter(both.judge(evidence(OFF)).profiles.values())).results[0]
        assert result.waiver is not None
        assert (result.answer, result.waiver.who) == ("waived", "Bob")

    def test_what_is_unknown_is_accepted_too(self) -> None:
        accepted = policy(waivers=[waived("2026-12-31", check="host-*"), waived("2026-12-31", check="audit-age")])
        judgement = accepted.judge(Evidence(HOST))
        assert {result.answer for result in judgement.host.results} == {"waived"}
        assert judgement.compliant

    @pytest.mark.parametrize(
        ("changes", "answer"),
        [
            ({}, "waived"),
            ({"hosts": ["srv-*", "pc-?"]}, "waived"),
            ({"hosts": ["pc"]}, "fail"),
            ({"hosts": ["PC-1"]}, "fail"),
            ({"check": "*"}, "waived"),
            ({"check": "signed-in"}, "fail"),
            ({"user": "eva"}, "waived"),
            ({"user": "bob"}, "fail"),
        ],
    )
    def test_for_whom_it_is(self, changes: dict[str, str | list[str]], answer: str) -> None:
        accepted = policy(waivers=[waived("2026-12-31", **changes)])
        assert answers(accepted.judge(evidence(OFF)))["autostart"] == f"{answer} autostart.off"

    def test_a_users_waiver_is_not_for_the_host(self) -> None:
        accepted = policy(waivers=[waived("2026-12-31", check="host-trust", user="eva")])
        assert answers(accepted.judge(evidence({"unchecked": True})))["host-trust"] == "fail host-trust.unchecked"
