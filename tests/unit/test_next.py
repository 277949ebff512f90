"""Exit codes and the next command, as data."""

from __future__ import annotations

import pytest

from smartfleet.cli.codes import of_outcomes, of_verdicts
from smartfleet.cli.next import after_apply
from smartfleet.model.results import Outcome, Verdict


def outcome(name: str, host: str = "pc-1") -> Outcome:
    return Outcome.model_validate({"host": host, "user": "eva", "config_path": "/c", "outcome": name})


def verdict(name: str) -> Verdict:
    return Verdict.model_validate(
        {
            "host": "pc-1", "user": "eva", "config_path": "/c", "account": "0", "alias": "0", "local_path": "/n",
            "level": "size", "verdict": name, "reason": "",
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], 0),
        (["moved", "already", "rolled-back"], 0),
        (["moved", "waiting-online"], 6),
        (["waiting-session", "waiting-sign-in"], 6),
        (["waiting-online", "failed"], 3),
        (["refused"], 3),
        (["prepared"], 3),
        (["unknown"], 3),
    ],
)
def test_exit_codes_of_outcomes(names: list[str], code: int) -> None:
    assert of_outcomes([outcome(name) for name in names]) == code
    assert of_outcomes([outcome(name) for name in names], interrupted=True) == 130


@pytest.mark.parametrize(
    ("verdicts", "troubles", "code"),
    [
        (["match"], [], 0),
        (["match", "drift", "unknown"], ["failed"], 10),
        (["match", "unknown"], [], 3),
        (["match"], ["waiting-online"], 6),
        ([], ["failed"], 3),
    ],
)
def test_exit_codes_of_verdicts(verdicts: list[str], troubles: list[str], code: int) -> None:
    assert of_verdicts([verdict(name) for name in verdicts], [outcome(name) for name in troubles]) == code


@pytest.mark.parametrize(
    ("names", "command"),
    [
        (["moved", "failed"], "smartfleet verify --limit pc-1"),
        (["failed"], "smartfleet show pc-1"),
        (["waiting-session"], "smartfleet status"),
        (["already"], ""),
        ([], ""),
    ],
)
def test_the_next_command_after_apply(names: list[str], command: str) -> None:
    assert after_apply([outcome(name) for name in names]) == command


def test_a_host_s_name_cannot_end_the_next_command() -> None:
    assert after_apply([outcome("moved", "a; reboot")]) == "smartfleet verify --limit 'a; reboot'"
