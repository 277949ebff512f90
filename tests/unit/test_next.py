"""Exit codes and the next command, as data."""

from __future__ import annotations

import pytest

from smartfleet.cli.codes import of_outcomes, of_verdicts, worst
from smartfleet.cli.next import after_apply, for_fleet, for_runs
from smartfleet.model.campaign import RunState
from smartfleet.model.results import Outcome, Verdict
from smartfleet.model.runs import RunSummary
from smartfleet.report.data import Figures
from tests.unit import test_report
from tests.unit.judged import judged


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
    assert of_outcomes([outcome(name) for name in names], stopped=True) == 4
    assert of_outcomes([outcome(name) for name in names], stopped=True, interrupted=True) == 130


def test_a_host_of_another_run_waits_in_the_queue_and_is_refused_without_it() -> None:
    held = outcome("refused").model_copy(update={"code": "host-locked"})
    assert (of_outcomes([held]), of_outcomes([held], queued=True)) == (3, 6)
    assert of_outcomes([held, outcome("refused")], queued=True) == 3


@pytest.mark.parametrize(
    ("codes", "code"), [([], 0), ([0, 6], 6), ([6, 3, 0], 3), ([6, 10], 10), ([3, 10], 10), ([6, 3, 130, 10], 130)]
)
def test_a_command_of_several_steps_ends_with_the_worst(codes: list[int], code: int) -> None:
    assert worst(codes) == code


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
    ("state", "name", "command"),
    [
        ("new", "waiting-sign-in", "smartfleet notify sign-in"),
        ("old", "waiting-session", "smartfleet apply"),
        ("new", "moved", "smartfleet report"),
    ],
)
def test_the_next_command_for_a_fleet(state: str, name: str, command: str) -> None:
    figures = Figures()
    seen, told = [test_report.host(state=state)], [test_report.outcome(name)]
    for rows in judged(seen, told, [test_report.verdict()]):
        figures.add(rows)
    assert for_fleet(figures) == command


RUN = "20261122-120000-abcdef01"
RETRY = f"smartfleet apply --retry {{}} --run {RUN}"
RESUME = f"smartfleet apply --resume {RUN}"


@pytest.mark.parametrize(
    ("names", "state", "commands"),
    [
        (
            ["moved", "failed"],
            "done",
            ["smartfleet verify --limit pc-0", "smartfleet show pc-1", RETRY.format("failed")],
        ),
        (["refused"], "done", ["smartfleet show pc-0"]),
        (["waiting-session"], "done", [RETRY.format("waiting")]),
        (["waiting-sign-in"], "done", ["smartfleet notify sign-in", RETRY.format("waiting")]),
        (["waiting-sign-in"], "interrupted", [RESUME]),
        (["moved", "waiting-online"], "waiting", ["smartfleet verify --limit pc-0", "smartfleet queue run"]),
        (["moved", "failed"], "interrupted", [RESUME]),
        (["moved", "failed"], "stopped", ["smartfleet show pc-1", RESUME]),
        (["moved"], "stopped", [RESUME]),
        (["already"], "done", []),
        ([], "done", []),
    ],
)
def test_the_next_commands_after_apply(names: list[str], state: RunState, commands: list[str]) -> None:
    found = [outcome(name, f"pc-{number}") for number, name in enumerate(names)]
    assert after_apply(found, run=RUN, state=state) == commands


def test_many_hosts_are_given_as_their_list() -> None:
    found = [outcome("moved", f"pc-{number}") for number in range(11)]
    assert after_apply(found, run=RUN, limits={"moved": "@moved.txt"}) == ["smartfleet verify --limit @moved.txt"]
    assert after_apply(found, run=RUN) == ["smartfleet verify"]


def test_a_host_s_name_cannot_end_the_next_command() -> None:
    assert after_apply([outcome("moved", "a; reboot")], run=RUN) == ["smartfleet verify --limit 'a; reboot'"]


def run_of(state: str, verb: str = "apply", *, driven: bool = False, name: str = RUN, hosts: int = 3) -> RunSummary:
    return RunSummary(
        run=name, verb=verb, started=1.0, finished=None, state=state, admin="eva", hosts=hosts, driven=driven
    )


@pytest.mark.parametrize(
    ("runs", "waiting", "command"),
    [
        ([], {}, ""),
        ([run_of("done")], {}, ""),
        ([run_of("interrupted")], {}, RESUME),
        ([run_of("stopped")], {RUN: 2}, RESUME),
        ([run_of("failed")], {}, RESUME),
        ([run_of("failed", "audit")], {}, ""),
        ([run_of("running")], {}, RESUME),
        ([run_of("running", driven=True)], {RUN: 2}, ""),
        ([run_of("running", "audit")], {}, ""),
        ([run_of("done", "audit"), run_of("interrupted")], {}, RESUME),
        ([run_of("done"), run_of("interrupted", name="earlier")], {}, ""),
        ([run_of("done", hosts=1, name="of fix"), run_of("interrupted")], {}, RESUME),
        ([run_of("waiting")], {RUN: 2}, "smartfleet queue run"),
    ],
)
def test_what_was_begun_comes_first(runs: list[RunSummary], waiting: dict[str, int], command: str) -> None:
    assert for_runs(runs, waiting) == command
