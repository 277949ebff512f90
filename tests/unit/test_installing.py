"""Answers of installers in, causes with their remedies out: cases/installing.yml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from smartfleet.campaign import installing
from smartfleet.campaign.installing import install_trouble, wants_restart
from smartfleet.campaign.parse import moved
from smartfleet.engines.answers import Answer, HostAnswers
from tests.unit.builders import Case, cases
from tests.unit.test_trouble import answer, order, told

CASES = cases("installing")
WIN_PACKAGE = "ansible.windows.win_package"
DOC = Path(__file__).parents[2] / "docs" / "playbooks.md"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: Case) -> None:
    found = install_trouble(Answer("pc-1", case.get("action", WIN_PACKAGE), "failed", case["result"]))
    assert (found.outcome, found.code) == ("failed", case["code"])
    assert case["says"] in found.message
    assert case["do"] in found.do


def test_every_code_is_documented() -> None:
    source = Path(installing.__file__).read_text("utf-8")
    codes = set(re.findall(r'"(install-[a-z-]+)"', source))
    assert codes == set(re.findall(r"^\| `(install-[a-z-]+)` \|", DOC.read_text("utf-8"), re.MULTILINE))


def test_a_lost_connection_is_no_failed_installation() -> None:
    found = install_trouble(Answer("pc-1", WIN_PACKAGE, "unreachable", {"msg": "timed out"}))
    assert found.outcome == "waiting-online"


def host(*between: Answer, after: dict[str, object]) -> HostAnswers:
    first = answer("ok", "account_move", profiles=[told(outcome="prepared")])
    return HostAnswers("pc-1", [first, *between, answer("ok", "account_move", profiles=[{**told(), **after}])])


@pytest.mark.parametrize(
    ("installed", "said", "expected"),
    [
        ({"rc": 3010, "reboot_required": True}, {"restart_pending": True}, True),
        ({"rc": 3010, "reboot_required": True}, {}, True),
        ({"rc": 0, "reboot_required": False}, {}, False),
        ({"rc": 0, "reboot_required": "{{ 1 }}"}, {}, False),
        ({"rc": 0}, {"restart_pending": True}, True),
    ],
)
def test_a_restart_that_is_due_stands_in_the_outcome(installed: Case, said: Case, expected: bool) -> None:  # noqa: FBT001 - a case
    answers = host(Answer("pc-1", WIN_PACKAGE, "ok", installed), after=said)
    (found,) = moved(answers, [order()], interrupted=False)
    assert (found.outcome, found.restart_pending) == ("moved", expected)


def test_a_restart_is_remembered_when_the_host_is_lost_before_the_commit() -> None:
    answers = HostAnswers(
        "pc-1",
        [
            answer("ok", "account_move", profiles=[told(outcome="prepared")]),
            Answer("pc-1", WIN_PACKAGE, "ok", {"rc": 3010, "reboot_required": True}),
            answer("unreachable", "account_move", msg="timed out"),
        ],
    )
    (found,) = moved(answers, [order()], interrupted=False)
    assert found.restart_pending
    assert wants_restart(answers)
