"""What a campaign decides: waves, canaries, budget, windows, tries. Data in, data out."""

from __future__ import annotations

import random
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from smartfleet.campaign import budget
from smartfleet.campaign.backoff import is_due, longest, next_try
from smartfleet.campaign.base import Clock
from smartfleet.campaign.canary import Candidate, pick
from smartfleet.campaign.ending import next_command, state_of
from smartfleet.campaign.shares import count
from smartfleet.campaign.tries import state_of as host_state
from smartfleet.campaign.tries import tried, worst
from smartfleet.campaign.trying import ended
from smartfleet.campaign.waiting import wait
from smartfleet.campaign.waves import make_waves
from smartfleet.campaign.windows import next_opening, open_until
from smartfleet.engines.answers import PROBE, Answer, HostAnswers
from smartfleet.model.campaign import Budget, CampaignSettings, HostProgress, MaintenanceWindow, RunSettings
from smartfleet.model.results import Outcome
from tests.unit.builders import Case, cases
from tests.unit.campaign_world import TestClock

CHANCE = random.Random(3)  # noqa: S311 - for a test


def named(case: Case) -> str:
    return str(case["name"])


def candidate(given: Any) -> Candidate:
    if isinstance(given, str):
        return Candidate(given)
    ((name, (site, os, version)),) = given.items()
    return Candidate(name, site, os, version)


@pytest.mark.parametrize("case", cases("waves"), ids=named)
def test_waves(case: Case) -> None:
    made = make_waves([candidate(one) for one in case["hosts"]], CampaignSettings.model_validate(case["settings"]))
    assert {wave.name: wave.hosts for wave in made} == case["waves"]
    assert [wave.number for wave in made] == list(range(len(made)))


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 3), max_size=40), st.integers(0, 45))
def test_canaries_show_all_that_so_few_can(kinds: list[tuple[str, str, str]], wanted: int) -> None:
    """As many as wanted, none twice, and no value is missing while two canaries are of one kind."""
    fleet = {f"h{number:02}": Candidate(f"h{number:02}", *kind) for number, kind in enumerate(kinds)}
    picked = pick(fleet.values(), wanted)
    assert len(picked) == len(set(picked)) == min(wanted, len(fleet))
    assert picked == pick(reversed(fleet.values()), wanted)
    shown = {value for host in picked for value in fleet[host].kind}
    everything = {value for one in fleet.values() for value in one.kind}
    if len({fleet[host].kind for host in picked}) < len(picked):
        assert shown == everything


@given(st.integers(0, 300), st.lists(st.integers(0, 90) | st.sampled_from(["0%", "12.5%", "100%"])))
def test_every_host_is_in_one_wave(total: int, sizes: list[int | str]) -> None:
    hosts = [f"h{number}" for number in range(total)]
    made = make_waves([Candidate(host) for host in hosts], CampaignSettings(canary=3, waves=sizes))
    assert sorted(host for wave in made for host in wave.hosts) == sorted(hosts)
    assert all(wave.hosts for wave in made)


@pytest.mark.parametrize(
    ("share", "total", "hosts"),
    [(0, 9, 0), (3, 9, 3), (12, 9, 9), ("10%", 9, 1), ("10%", 0, 0), ("100%", 7, 7), ("33.4%", 3, 2), ("29%", 100, 29)],
)
def test_shares(*, share: int | str, total: int, hosts: int) -> None:
    """29 % of 100 is 29: no floating point."""
    assert count(share, total) == hosts


@pytest.mark.parametrize("case", cases("budget"), ids=named)
def test_budget(case: Case) -> None:
    waves = {host: number for number, hosts in enumerate(case["waves"]) for host in hosts}
    tally = budget.Tally(Budget.model_validate(case["budget"]), waves, case.get("forgiven", {}))
    for host, what in case["what"].items():
        if what == "drift":
            tally.drifted(host)
        else:
            tally.add(host, budget.kinds(outcome(name) for name in what))
    spent = tally.spent({case.get("at", 0)})
    found = [spent.kind, spent.count, spent.tolerated, spent.scope] if spent else None
    assert found == case["spent"]


def test_a_host_that_is_mended_gives_its_budget_back() -> None:
    tally = budget.Tally(Budget.model_validate({"failed": {"wave": 0}}), {"a": 0, "b": 0})
    tally.add("a", {"failed"})
    tally.add("a", {"failed"})
    assert tally.spent({0}) is not None
    tally.add("a", set())
    assert tally.spent({0}) is None


def moment(text: Any) -> float:
    made = text if isinstance(text, datetime) else datetime.fromisoformat(text)
    return made.timestamp()


@pytest.mark.parametrize("case", cases("windows"), ids=named)
def test_windows(case: Case) -> None:
    windows = [MaintenanceWindow.model_validate(one) for one in case["windows"]]
    now = moment(case["now"])
    until = moment(case["until"]) if case.get("until") else None
    assert open_until(windows, now) == until
    assert next_opening(windows, now) == (now if until else moment(case["next"]))


def test_without_windows_it_is_always_open() -> None:
    assert (open_until([], 5.0), next_opening([], 5.0)) == (float("inf"), 5.0)


_ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo", "America/St_Johns"])
_CLOCKS = st.builds(lambda hour, minute: f"{hour:02}:{minute:02}", st.integers(0, 23), st.integers(0, 59))
_DAYS = st.lists(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1)


@given(
    st.lists(st.builds(MaintenanceWindow, days=_DAYS, start=_CLOCKS, end=_CLOCKS, zone=_ZONES), min_size=1, max_size=3),
    st.integers(1_767_000_000, 1_799_000_000),
)
def test_windows_open_when_they_say(windows: list[MaintenanceWindow], now: int) -> None:
    """What opens next is open then, was not a moment before, and is closed when it says it closes."""
    opens = next_opening(windows, now)
    closes = open_until(windows, opens)
    assert now <= opens <= now + 15 * 86_400
    assert closes is not None
    assert opens < closes
    if opens > now:
        assert open_until(windows, opens - 1) is None
    if closes < opens + 7 * 86_400:
        assert open_until(windows, closes) is None


def test_a_zone_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="Europe/Berlin"):
        MaintenanceWindow(start="18:00", end="20:00", zone="Europe/Brelin")


@pytest.mark.parametrize(
    ("attempts", "away", "times"),
    [(1, True, 1), (2, True, 2), (3, True, 4), (4, True, 8), (5, True, 8), (900, True, 8), (0, True, 1), (5, False, 1)],
)
def test_backoff(*, attempts: int, away: bool, times: int) -> None:
    waits = [next_try(1000.0, 900.0, attempts, CHANCE, away=away) - 1000.0 for _ in range(50)]
    assert all(0.9 * 900 * times <= one <= 1.1 * 900 * times for one in waits)
    assert len(set(waits)) > 1
    assert max(waits) <= longest(900.0)


@pytest.mark.parametrize(
    ("next_at", "due"),
    [(None, True), (999.0, True), (1000.0, True), (1001.0, False), (1060.0, False), (1061.0, True), (9e9, True)],
)
def test_a_clock_that_was_put_back_keeps_nobody_waiting(*, next_at: float | None, due: bool) -> None:
    assert is_due(1000.0, next_at, 60.0) == due


def outcome(told: str) -> Outcome:
    name, _, code = told.partition(" ")
    return Outcome.model_validate({"user": "eva", "config_path": "c", "outcome": name, "code": code})


@pytest.mark.parametrize(
    ("told", "state", "shown"),
    [
        (["moved", "already"], "done", "moved"),
        (["moved", "failed out-of-space"], "done", "failed"),
        (["failed x", "waiting-online offline"], "waiting", "failed"),
        (["waiting-session no-session", "moved"], "waiting", "waiting-session"),
        (["refused shared-folder", "moved"], "done", "refused"),
        (["refused shared-folder", "refused lock-held"], "waiting", "refused"),
        (["refused host-locked"], "waiting", "refused"),
        (["unknown no-answer"], "done", "unknown"),
        (["unknown host-timeout"], "done", "unknown"),
        (["unknown not-begun"], "pending", "unknown"),
        (["moved", "unknown cancelled"], "pending", "unknown"),
        (["prepared offline"], "done", "prepared"),
        # Ctrl-C twice in an installation: its client stands still until somebody goes on
        (["prepared cancelled"], "pending", "prepared"),
        (["waiting-sign-in sign-in"], "waiting", "waiting-sign-in"),
        (["cured"], "done", "cured"),
        ([], "done", None),
    ],
)
def test_what_a_try_comes_to(*, told: list[str], state: str, shown: str | None) -> None:
    outcomes = [outcome(one) for one in told]
    assert host_state(outcomes) == state
    found = worst(outcomes)
    assert (found.outcome if found else None) == shown


def test_a_host_that_is_cut_off_in_the_queue_stays_in_it() -> None:
    clock, cancelled = Clock(lambda: 1000.0, chance=CHANCE), outcome("unknown cancelled")
    first, waiting = (HostProgress(run="r", host="a", wave=0, state=state) for state in ("running", "waiting"))
    assert tried(first, [cancelled], RunSettings(), clock).state == "pending"
    assert tried(waiting, [cancelled], RunSettings(), clock).state == "waiting"


def test_a_host_that_is_put_off_is_left_alone_until_then() -> None:
    clock = Clock(lambda: 1000.0, chance=CHANCE)
    before = HostProgress(run="r", host="a", wave=0, attempts=1)
    late, away = outcome("waiting-session postponed"), outcome("waiting-session no-session")
    assert tried(before, [late], RunSettings(every=60), clock, 5000.0).next_at == 5000.0
    both = tried(before, [late, away], RunSettings(every=60), clock, 5000.0).next_at
    assert both is not None
    assert both < 1070


MOVE, FACTS, FAIL = "smartde.nextcloud.account_move", "smartde.nextcloud.client_facts", "ansible.builtin.fail"
RESTORE, PACKAGE = "smartde.nextcloud.account_restore", "ansible.builtin.package"


@pytest.mark.parametrize(
    ("answers", "installs", "over"),
    [
        ([(MOVE, "ok")], False, False),
        ([(MOVE, "ok"), (FACTS, "ok")], False, True),
        ([(MOVE, "ok"), (FACTS, "failed")], False, True),
        ([(MOVE, "failed")], False, True),
        ([(MOVE, "unreachable")], False, True),
        ([(PROBE, "unreachable")], True, True),
        ([(MOVE, "skipped")], False, False),
        ([(MOVE, "skipped"), (FACTS, "skipped")], False, False),
        ([(MOVE, "failed")], True, False),
        ([(MOVE, "ok"), (PACKAGE, "failed")], True, False),
        ([(MOVE, "ok"), (PACKAGE, "failed"), (RESTORE, "ok")], True, False),
        ([(MOVE, "ok"), (PACKAGE, "failed"), (RESTORE, "failed")], True, True),
        ([(MOVE, "ok"), (PACKAGE, "failed"), (RESTORE, "ok"), (FAIL, "failed")], True, True),
        ([(MOVE, "ok"), (PACKAGE, "ok"), (MOVE, "ok"), (FACTS, "ok")], True, True),
        ([("ansible.builtin.assert", "failed")], False, True),
        # the list of hosts is checked once, on the first of them: that is no work on it
        ([("ansible.builtin.assert", "ok"), (MOVE, "skipped"), (FACTS, "skipped")], False, False),
    ],
)
def test_when_a_host_is_through(*, answers: list[tuple[str, Any]], installs: bool, over: bool) -> None:
    host = HostAnswers("a", [Answer("a", action, state, {}) for action, state in answers])
    assert ended(host, installs=installs) == over


@pytest.mark.parametrize(
    ("states", "until", "state"),
    [
        ([], None, "done"),
        (["done", "waiting"], None, "done"),
        (["done", "waiting"], 1001.0, "waiting"),
        (["waiting"], 1000.0, "done"),
        (["pending", "waiting"], 1001.0, "waiting"),
        (["pending", "done"], 1001.0, "interrupted"),
    ],
)
def test_how_a_run_ends(*, states: list[Any], until: float | None, state: str) -> None:
    rows = [HostProgress(run="r", host=str(number), wave=0, state=one) for number, one in enumerate(states)]
    assert state_of(rows, until, 1000.0) == state


@pytest.mark.parametrize(
    ("state", "told", "command"),
    [
        ("done", ["moved"], "smartfleet verify"),
        ("done", ["already"], ""),
        ("done", ["moved", "failed x"], "smartfleet apply --retry failed --run r1"),
        ("done", ["waiting-online offline"], "smartfleet apply --retry waiting --run r1"),
        ("waiting", ["waiting-online offline"], "smartfleet queue run"),
        ("stopped", ["failed x"], "smartfleet apply --resume r1"),
        ("interrupted", ["moved"], "smartfleet apply --resume r1"),
    ],
)
def test_the_next_command(*, state: Any, told: list[str], command: str) -> None:
    assert next_command("r1", state, [outcome(one) for one in told]) == command


def test_waiting_is_not_longer_when_the_clock_is_put_back() -> None:
    clock = TestClock(1000.0)
    clock.at[1030.0] = lambda: setattr(clock, "time", 0.0)
    wait(Clock(clock.now, clock.sleep), 1060.0, lambda: None)
    assert sum(clock.slept) == 60


def test_waiting_gives_signs_of_life() -> None:
    clock = TestClock(1000.0)
    beats: list[float] = []
    wait(Clock(clock.now, clock.sleep), 1100.0, lambda: beats.append(clock.time))
    assert clock.time == 1100
    assert all(after - before <= 20 for before, after in pairwise([1000.0, *beats]))
