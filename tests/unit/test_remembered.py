"""What of a host is remembered: the same for the same answers, and of folders what was first."""

from __future__ import annotations

from typing import Any

import pytest

from smartfleet.assess import assess
from smartfleet.model.assessment import HostAssessment
from smartfleet.model.policy import CheckResult
from smartfleet.model.results import FolderCheck, Verdict
from smartfleet.policy.evidence import Answers, Evidence, FolderKey, FolderPast, FolderPlace, Judgement
from smartfleet.policy.remembered import past_of, remembered
from smartfleet.verdict import judge
from tests.unit.builders import CONFIG_PATH, HOME, NEW, Case, fleet_config, host_facts, profile

KEY = FolderKey("eva", CONFIG_PATH, "eva", "/")
OTHER = "https://cloud.example.net"
PATH = f"{HOME}/Nextcloud/"
WAITS = {"local_changes": {"new": 1, "changed": 0, "deleted": 0}}


def seen(*accounts: Case, taken: float = 1.0, user: str = "eva") -> HostAssessment:
    return assess("pc-1", taken, host_facts(profile({"user": user, "accounts": list(accounts)})), fleet_config())


def folders(*found: Case, url: str | None = None) -> Case:
    return {"folders": list(found), **({"url": url} if url else {})}


BEFORE = {KEY: FolderPast("/first/", 0.5, 0.75)}


@pytest.mark.parametrize(
    ("accounts", "before", "after"),
    [
        ([folders({})], {}, FolderPast(PATH, 1.0)),
        ([folders(WAITS)], {}, FolderPast(PATH, 1.0, 1.0)),
        ([folders({})], BEFORE, FolderPast("/first/", 0.5)),
        ([folders(WAITS)], BEFORE, FolderPast("/first/", 0.5, 0.75)),
        # what cannot be looked into has not become empty by that
        ([folders({"state": "missing"})], BEFORE, FolderPast("/first/", 0.5, 0.75)),
        ([], BEFORE, FolderPast("/first/", 0.5, 0.75)),
        # a move changes the account's number and address
        ([{"user": "max"}, folders({}, url=NEW)], BEFORE, FolderPast("/first/", 0.5)),
        # the original of a second copy is that on the old server, and one of both that waits is enough
        ([folders({"local_path": "/copy/", **WAITS}, url=NEW), folders({})], {}, FolderPast(PATH, 1.0, 1.0)),
        # another server's account with the same login is another one
        (
            [folders({"local_path": "/theirs/"}, url="https://cloud.example.net")],
            BEFORE,
            FolderPast("/first/", 0.5, 0.75),
        ),
    ],
)
def test_the_past_of_a_folder(accounts: list[Case], before: Any, after: FolderPast) -> None:
    now = seen(*accounts)
    past = past_of(now, before)
    assert past[KEY] == after
    assert past_of(now, past) == past


def test_other_users_and_other_folders_are_others() -> None:
    told = seen(folders({}, {"target_path": "/Photos", "local_path": f"{HOME}/Photos/"}), user="max")
    past = past_of(told, BEFORE)
    assert set(past) == {KEY, KEY._replace(user="max"), FolderKey("max", CONFIG_PATH, "eva", "/Photos")}
    assert past[KEY] == BEFORE[KEY]


def result(check: str, answer: str) -> CheckResult:
    return CheckResult.model_validate({"check": check, "answer": answer, "severity": "error", "message": "3 days"})


def evidence(assessment: HostAssessment, verdict: str = "", reason: str = "") -> Evidence:
    place = {"user": "eva", "config_path": CONFIG_PATH, "account": "0", "alias": "0", "local_path": PATH}
    told = {"host": "pc-1", **place, "level": "size", "verdict": verdict, "reason": reason}
    return Evidence("pc-1", assessment=assessment, verdicts=[Verdict.model_validate(told)] if verdict else [])


def judgement(*results: CheckResult) -> Judgement:
    answers = Answers(list(results), ["autostart"])
    return Judgement(answers, {("eva", CONFIG_PATH): answers}, {FolderPlace("eva", CONFIG_PATH, "0", "0"): answers})


def test_the_order_of_things_is_no_news() -> None:
    some = [result("old-server", "fail"), result("audit-age", "waived")]
    there, back = evidence(seen({}, {"user": "max"})), evidence(seen({}, {"user": "max"}))
    one = remembered(there, judgement(*some))
    assert one.model_dump_json() == remembered(back, judgement(*reversed(some))).model_dump_json()
    assert one.answers == one.profiles[0].answers == one.profiles[0].folders[0].answers
    assert one.answers == {"old-server": "fail", "audit-age": "waived"}
    assert not one.compliant


@pytest.mark.parametrize(
    ("verdict", "told"), [("match", ("match", "")), ("drift", ("drift", "3 lost")), ("", ("unknown", ""))]
)
def test_a_verdict_is_kept_with_the_reason_that_is_no_proof(verdict: str, told: tuple[str, str]) -> None:
    (folder,) = remembered(evidence(seen({}), verdict, "3 lost"), judgement()).profiles[0].folders
    assert (folder.verdict, folder.reason) == told


def test_what_the_user_does_in_a_folder_that_drifted_is_no_other_drift() -> None:
    def told(user: int, lost: int) -> str:
        none = {"done": False}
        made = {"before": {"done": True, "user": user, "synced": user, "lost": lost}, "journal": none, "server": none}
        place = {"user": "eva", "config_path": CONFIG_PATH, "account": "0", "alias": "0", "local_path": PATH}
        check = {**place, **made, "group": "Folders", "url": NEW, "state": "ok", "level": "size"}
        verdict = judge("pc-1", FolderCheck.model_validate(check))
        assert verdict.verdict == "drift"
        (folder,) = (
            remembered(Evidence("pc-1", assessment=seen({}), verdicts=[verdict]), judgement()).profiles[0].folders
        )
        return folder.reason

    assert told(user=0, lost=3) == told(user=2, lost=3) == told(user=5, lost=3)
    assert told(user=0, lost=3) != told(user=0, lost=4)


def test_a_host_that_was_never_seen() -> None:
    judged = remembered(Evidence("pc-1"), Judgement(Answers([result("host-seen", "fail")]), {}, {}))
    assert (judged.compliant, judged.answers, judged.profiles) == (False, {"host-seen": "fail"}, [])
