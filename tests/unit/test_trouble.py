"""Why hosts fail, as Ansible says it, and what an admin is told."""

from __future__ import annotations

from typing import Any

import pytest

from smartfleet.campaign.parse import checks, facts, moved, rehearsed, restored
from smartfleet.campaign.trouble import Trouble, diagnose
from smartfleet.engines.answers import Answer, HostAnswers, TaskState
from smartfleet.model.plan import ProfileMove
from tests.unit.builders import cases, facts_of

CASES = [
    ("unreachable", "Failed to connect to the host via ssh: Connection timed out", "waiting-online", "offline"),
    ("unreachable", "ssh: Could not resolve hostname pc-1: Name or service not known", "waiting-online", "offline"),
    ("unreachable", "kex_exchange_identification: read: Connection reset by peer", "waiting-online", "offline"),
    ("unreachable", "@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@\nHost key verification failed.", "failed",
     "host-key-changed"),
    ("unreachable", "Host key verification failed.", "failed", "host-key-unknown"),
    ("unreachable", "admin@pc-1: Permission denied (publickey,password).", "failed", "auth-refused"),
    ("failed", "Missing sudo password", "failed", "become-password"),
    ("failed", "sudo: a password is required", "failed", "become-password"),
    ("failed", "admin is not in the sudoers file.", "failed", "become-refused"),
    ("failed", "/bin/sh: 1: /usr/bin/python3: not found", "failed", "no-python"),
    ("failed", "OSError: [Errno 28] No space left on device", "failed", "disk-full"),
    ("failed", "something new", "failed", "module-failed"),
]  # fmt: skip


def answer(state: TaskState, module: str = "client_facts", **result: Any) -> Answer:
    return Answer("pc-1", f"smartde.nextcloud.{module}", state, result)


@pytest.mark.parametrize(("state", "message", "outcome", "code"), CASES)
def test_a_message_has_its_cause_and_remedy(state: TaskState, message: str, outcome: str, code: str) -> None:
    trouble = diagnose(answer(state, msg=message))
    assert (trouble.outcome, trouble.code) == (outcome, code)
    assert trouble.do or code == "module-failed"


@pytest.mark.parametrize("number", [10**400, -(2**64), float("inf"), float("nan")], ids=["huge", "low", "inf", "nan"])
def test_a_number_that_no_report_could_show_is_no_answer(number: float) -> None:
    told = facts_of({}).model_dump(mode="json")
    told["profiles"][0]["folders"][0]["bytes"] = number
    found = facts(HostAnswers("pc-1", [answer("ok", facts=told)]), interrupted=False)
    assert isinstance(found, Trouble)
    assert (found.code, "number" in found.message) == ("bad-answer", True)


@pytest.mark.parametrize("case", cases("winrm_trouble"), ids=lambda case: f"{case['plugin']}-{case['fault']}")
def test_what_is_said_of_windows_hosts(case: dict[str, Any]) -> None:
    trouble = diagnose(answer(case["state"], msg=case["says"]))
    assert (trouble.outcome, trouble.code) == (case["outcome"], case["code"])
    assert trouble.do
    assert "{" not in trouble.do
    assert "extended fault data" not in trouble.message


def test_a_modules_own_reason_goes_before_what_its_words_look_like() -> None:
    said = answer(
        "failed", "account_move", msg="certificate_verify_failed: Permission denied", code="server-tls", do="x"
    )
    assert (diagnose(said).code, diagnose(said).do) == ("server-tls", "x")


LATE = {"msg": "Task failed: Timed out after 1800 second(s).", "timedout": {"frame": "x", "period": 1800}}


@pytest.mark.parametrize(
    ("module", "outcome"),
    [
        ("client_facts", "failed"),
        ("tree_manifest", "failed"),
        ("account_move", "unknown"),
        ("account_restore", "unknown"),
    ],
)
def test_work_that_was_given_up_after_its_time(module: str, outcome: str) -> None:
    trouble = diagnose(answer("failed", module, **LATE))
    assert (trouble.outcome, trouble.code) == (outcome, "host-timeout")
    assert "within 30 min" in trouble.message
    assert ("goes on with what was begun" in trouble.do) == (outcome == "unknown")


@pytest.mark.parametrize("timedout", [None, True, "yes", [], {"period": "x"}])
def test_what_a_host_says_of_its_time_is_not_believed_unread(timedout: object) -> None:
    late = isinstance(timedout, dict)
    assert (diagnose(answer("failed", msg="x", timedout=timedout)).code == "host-timeout") == late


def test_a_half_that_was_given_up_and_still_holds_the_host() -> None:
    host = HostAnswers(
        "pc-1",
        [answer("failed", "account_move", **LATE), answer("failed", "account_restore", msg="x", code="lock-held")],
    )
    (found,) = moved(host, [order()], interrupted=False)
    assert (found.outcome, found.code) == ("unknown", "host-timeout")


def test_the_module_names_its_own_reason() -> None:
    trouble = diagnose(answer("failed", "account_move", msg="held by run r1", code="lock-held", do="wait"))
    assert (trouble.code, trouble.message, trouble.do) == ("lock-held", "held by run r1", "wait")


@pytest.mark.parametrize("code", ["", "A b", "\x1b[31m", 7, None, "x" * 200])
def test_a_code_that_is_none_is_not_believed(code: object) -> None:
    assert diagnose(answer("failed", msg="x", code=code)).code == "module-failed"


def test_what_a_host_says_is_shown_not_obeyed_and_cut() -> None:
    trouble = diagnose(answer("failed", msg="\x1b[2J\nroot# " + "x" * 10_000))
    assert "\x1b" not in trouble.message
    assert len(trouble.message) <= 400


def test_a_host_name_cannot_end_the_command_in_the_remedy() -> None:
    hostile = Answer("pc 1; rm -rf ~", "smartde.nextcloud.client_facts", "unreachable", {"msg": "timed out"})
    assert "'pc 1; rm -rf ~'" in diagnose(hostile).do


def test_output_beside_a_missing_result_is_told() -> None:
    trouble = diagnose(
        answer("failed", msg="Module result deserialization failed: x", module_stderr="pyenv: no python")
    )
    assert "pyenv: no python" in trouble.message


def test_real_facts_are_read() -> None:
    told = facts_of({})
    host = HostAnswers("pc-1", [answer("ok", facts=told.model_dump(mode="json"))])
    assert facts(host, interrupted=False) == told


GARBAGE: list[Any] = [None, [], "text", {"schema": "smartfleet.facts/9"}, {"system": 1}, {"profiles": [{}]}, 10**400]


@pytest.mark.parametrize("value", GARBAGE)
def test_garbage_is_a_failed_host_and_no_exception(value: Any) -> None:
    host = HostAnswers("pc-1", [answer("ok", facts=value)])
    found = facts(host, interrupted=False)
    assert isinstance(found, Trouble)
    assert (found.outcome, found.code) == ("failed", "bad-answer")


def test_a_lone_surrogate_is_garbage_not_a_crash_in_the_store() -> None:
    told = facts_of({}).model_dump(mode="json")
    told["system"]["hostname"] = "pc\udc80"
    found = facts(HostAnswers("pc-1", [answer("ok", facts=told)]), interrupted=False)
    assert isinstance(found, Trouble)


def test_a_host_that_says_nothing_is_unknown() -> None:
    found = checks(HostAnswers("pc-1"), interrupted=False)
    assert isinstance(found, Trouble)
    assert (found.outcome, found.code) == ("unknown", "no-answer")
    stopped = checks(HostAnswers("pc-1"), interrupted=True)
    assert isinstance(stopped, Trouble)
    assert stopped.code == "not-begun"


def order(user: str = "eva") -> ProfileMove:
    return ProfileMove.model_validate(
        {
            "user": user, "config_path": f"/home/{user}/nextcloud.cfg", "strategy": "move",
            "on_missing_session": "defer", "old_sha256": "a", "new_sha256": "b", "new_config": "", "edits": [],
            "accounts": [], "secrets": [], "cookies": [], "folders": [], "digests": False,
        }
    )  # fmt: skip


def told(user: str = "eva", outcome: str = "moved") -> dict[str, str]:
    return {"user": user, "config_path": f"/home/{user}/nextcloud.cfg", "outcome": outcome}


def test_every_ordered_profile_has_one_outcome() -> None:
    host = HostAnswers("pc-1", [answer("ok", "account_move", profiles=[told("max"), told("eva")])])
    found = moved(host, [order("eva"), order("max")], interrupted=False)
    assert [(o.host, o.user, o.outcome) for o in found] == [("pc-1", "eva", "moved"), ("pc-1", "max", "moved")]


@pytest.mark.parametrize("said", [[], [told("max")], [told(), told()]])
def test_an_outcome_for_another_profile_is_not_taken(said: list[dict[str, str]]) -> None:
    found = moved(HostAnswers("pc-1", [answer("ok", "account_move", profiles=said)]), [order()], interrupted=False)
    assert [(o.user, o.outcome, o.code) for o in found] == [("eva", "failed", "bad-answer")]


def test_a_failed_installation_is_told_and_the_profile_is_put_back() -> None:
    host = HostAnswers(
        "pc-1",
        [
            answer("ok", "account_move", profiles=[told(outcome="prepared")]),
            Answer("pc-1", "ansible.builtin.package", "failed", {"msg": "No package matches"}),
            answer("ok", "account_restore", profiles=[told(outcome="rolled-back")]),
        ],
    )
    (found,) = moved(host, [order()], interrupted=False)
    assert (found.outcome, found.code, found.message) == ("failed", "install-failed", "No package matches")


def test_a_host_lost_between_prepare_and_commit_is_not_called_moved() -> None:
    host = HostAnswers(
        "pc-1",
        [
            answer("ok", "account_move", profiles=[told(outcome="prepared")]),
            Answer("pc-1", "ansible.builtin.package", "unreachable", {"msg": "timed out"}),
        ],
    )
    (found,) = moved(host, [order()], interrupted=False)
    assert (found.outcome, found.code) == ("prepared", "offline")
    assert "goes on" in found.do


def test_a_host_that_only_told_what_it_would_do_is_not_called_cancelled() -> None:
    would = told(outcome="prepared") | {"code": "check-mode", "message": "the account would be moved"}
    host = HostAnswers("pc-1", [answer("ok", "account_move", profiles=[would])])
    (found,) = rehearsed(host, [order()], interrupted=False)
    assert (found.outcome, found.code, found.message, found.do) == (
        "prepared", "check-mode", "the account would be moved", "",
    )  # fmt: skip


def test_a_move_that_is_done_stays_done_when_the_look_afterwards_fails() -> None:
    host = HostAnswers(
        "pc-1",
        [answer("ok", "account_move", profiles=[told()]), answer("unreachable", "client_facts", msg="timed out")],
    )
    assert [o.outcome for o in moved(host, [order()], interrupted=False)] == ["moved"]


def test_a_rollback_of_an_unreachable_host_waits() -> None:
    found = restored(
        HostAnswers("pc-1", [answer("unreachable", "account_restore", msg="timed out")]), interrupted=False
    )
    assert [(o.host, o.user, o.outcome) for o in found] == [("pc-1", "", "waiting-online")]
