"""Asking users before their hosts are begun: what is shown to whom, what is written down, what is not believed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.asking import Asked, ask_users, waiting
from smartfleet.campaign.base import Campaign, Clock
from smartfleet.campaign.runner import Controls, Run
from smartfleet.engines.answers import PROBE, Answer, RunAnswers, gather
from smartfleet.fleet import Fleet
from smartfleet.model.plan import HostPlan
from smartfleet.model.results import Outcome
from smartfleet.plan import make_plan
from smartfleet.store import Store
from tests.unit.builders import INSTANCE, NEW, TIME, facts_of, fleet_config
from tests.unit.campaign_world import empty_store

HOUR = 3600.0
Say = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


def says(answer: str, state: str = "shown") -> Say:
    return lambda _host, notice: {
        "user": notice["user"],
        "state": state,
        "answer": answer if notice["go_label"] else "",
    }


GO = says("go")


@dataclass
class Asking:
    """A fleet of one or more hosts, each with the users that are named, and what they say."""

    folder: Path
    users: Mapping[str, list[str]]
    say: Say = GO
    notices: Mapping[str, Any] = field(default_factory=lambda: {"postpone": 2, "postpone_for": "4h"})
    offline: frozenset[str] = frozenset()
    interrupted: bool = False
    now: float = TIME
    runs: list[Run] = field(default_factory=list)
    controls: list[Controls] = field(default_factory=list)

    def __post_init__(self) -> None:
        (self.folder / "store.db").write_bytes(empty_store())
        self.store = Store.open(f"sqlite:///{self.folder / 'store.db'}")
        self.run = self.store.begin("apply", len(self.users))

    @property
    def campaign(self) -> Campaign:
        fleet = Fleet(self.folder, fleet_config(notices=self.notices))
        return Campaign(fleet, self.store, Controls(), self._execute, Clock(lambda: self.now))

    def ask(self, **changes: Any) -> Asked:
        plans = [self._plan(host, users, **changes) for host, users in self.users.items()]
        return ask_users(self.campaign, self.run, plans, Controls(forks=5))

    def asked(self) -> list[tuple[str, str, bool]]:
        """Host, user, and whether it was a question, of the last run."""
        orders = self.runs[-1].orders or {}
        return [(host, one["user"], bool(one["go_label"])) for host in orders for one in orders[host]["notices"]]

    def _plan(self, host: str, users: list[str], action: str = "move") -> HostPlan:
        plan = make_plan({host: (TIME, facts_of({}))}, fleet_config(), created=TIME, instance_id=INSTANCE).hosts[0]
        one = plan.profiles[0]
        assert one.move is not None
        profiles = [
            one.model_copy(update={"user": user, "action": action, "move": one.move.model_copy(update={"user": user})})
            for user in users
        ]
        return plan.model_copy(update={"profiles": profiles})

    def _execute(self, run: Run, controls: Controls) -> RunAnswers:
        self.runs.append(run)
        self.controls.append(controls)
        answers = [self._answer(host, (run.orders or {})[host]["notices"]) for host in run.hosts]
        return RunAnswers(gather(run.hosts, answers), interrupted=self.interrupted, rc=0)

    def _answer(self, host: str, notices: list[Mapping[str, Any]]) -> Answer:
        if host in self.offline:
            return Answer(host, PROBE, "unreachable", {"msg": "port 22 did not answer"})
        told = [self.say(host, notice) for notice in notices]
        return Answer(host, "smartde.nextcloud.user_notice", "ok", {"notices": told})


@pytest.mark.parametrize(
    "notices", [{}, {"text": "Help desk: 1234"}, {"deadline": "2020-01-01T00:00+00:00", "postpone": 3}], ids=str
)
def test_nobody_is_asked(tmp_path: Path, notices: Mapping[str, Any]) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]}, notices=notices)
    assert world.ask() == Asked()
    assert world.runs == []


@pytest.mark.parametrize("action", ["resume", "none", "refuse"])
def test_only_a_move_that_has_not_begun_is_asked_about(tmp_path: Path, action: str) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]})
    assert world.ask(action=action) == Asked()
    assert world.runs == []


def test_a_no_holds_and_is_counted(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna", "bert"]})
    world.say = lambda host, one: says("later" if one["user"] == "anna" else "go")(host, one)
    assert world.ask() == Asked({("pc-1", "anna"): TIME + 4 * HOUR})
    assert world.asked() == [("pc-1", "anna", True), ("pc-1", "bert", True)]
    assert world.runs[-1].variables == {"smartfleet_answer_seconds": 60}
    (line,) = world.store.trail()
    assert (line.event, line.hosts, line.detail) == ("postponed", ["pc-1"], "by 1 user")
    # an hour later anna still is left alone
    world.now += HOUR
    assert world.ask().until == {("pc-1", "anna"): TIME + 4 * HOUR}
    assert world.asked() == [("pc-1", "bert", True)]
    # twice is all that is allowed
    world.now = TIME + 5 * HOUR
    assert world.ask().until == {("pc-1", "anna"): TIME + 9 * HOUR}
    assert [one.times for one in world.store.postponed(NEW, ["pc-1"])] == [2]
    world.now = TIME + 10 * HOUR
    assert world.ask().until == {}
    assert world.asked() == [("pc-1", "bert", True)]


def test_who_may_say_no_no_more_is_told(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]}, says("later"), {"postpone": 1, "postpone_for": "1h", "show": True})
    assert world.ask().until
    world.now += 2 * HOUR
    assert world.ask() == Asked()
    assert world.asked() == [("pc-1", "anna", False)]
    assert world.runs[-1].variables == {"smartfleet_answer_seconds": 0}


def test_everybody_is_told_where_nobody_is_asked(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"], "pc-2": ["anna", "bert"]}, notices={"show": True, "language": "de"})
    assert world.ask() == Asked()
    assert world.asked() == [("pc-1", "anna", False), ("pc-2", "anna", False), ("pc-2", "bert", False)]
    orders = world.runs[-1].orders or {}
    assert orders["pc-1"]["notices"][0]["title"] == "Ihre Nextcloud wird jetzt umgestellt"
    assert world.store.trail() == []


@pytest.mark.parametrize(
    ("outcome", "code", "again"),
    [
        ("waiting-online", "offline", True),
        ("waiting-session", "no-session", True),
        ("waiting-session", "postponed", True),
        ("refused", "host-locked", True),
        ("waiting-session", "keyring-locked", False),
        ("waiting-sign-in", "secret-missing", False),
    ],
)
def test_who_said_yes_is_not_asked_at_every_try(tmp_path: Path, outcome: Any, code: str, again: bool) -> None:  # noqa: FBT001
    world = Asking(tmp_path, {"pc-1": ["anna", "bert"]})
    before = Outcome(host="pc-1", user="anna", config_path="x", outcome=outcome, code=code)
    world.store.add_outcomes(world.run, [before])
    world.ask()
    assert world.asked() == [*([("pc-1", "anna", True)] if again else []), ("pc-1", "bert", True)]


def test_another_run_asks_whose_keyring_was_locked(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]})
    before = Outcome(host="pc-1", user="anna", config_path="x", outcome="waiting-session", code="keyring-locked")
    world.store.add_outcomes(world.store.begin("apply", 1), [before])
    world.ask()
    assert world.asked() == [("pc-1", "anna", True)]


def test_the_deadline_wins(tmp_path: Path) -> None:
    notices = {"postpone": 9, "postpone_for": "4h", "deadline": "2026-09-21T15:00:00+00:00"}
    world = Asking(tmp_path, {"pc-1": ["anna"]}, says("later"), notices)
    deadline = 1_790_002_800.0
    assert deadline - HOUR < TIME < deadline
    assert world.ask().until == {("pc-1", "anna"): deadline}
    world.now = deadline
    assert world.ask() == Asked()
    assert len(world.runs) == 1


def test_a_deadline_that_passes_while_the_question_stands(tmp_path: Path) -> None:
    notices = {"postpone": 9, "deadline": "2026-09-21T15:00:00+00:00"}
    world = Asking(tmp_path, {"pc-1": ["anna"]}, notices=notices)

    def late(host: str, notice: Mapping[str, Any]) -> Mapping[str, Any]:
        world.now += HOUR
        return says("later")(host, notice)

    world.say = late
    assert world.ask() == Asked()
    assert world.store.postponed(NEW, ["pc-1"]) == []


@pytest.mark.parametrize(
    ("say", "state"),
    [(says("none"), "shown"), (says("", "absent"), "absent"), (says("", "failed"), "failed")],
    ids=["silent", "absent", "failed"],
)
def test_silence_means_go_ahead(tmp_path: Path, say: Say, state: str) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]}, say)
    assert say("pc-1", {"user": "anna", "go_label": "Yes"})["state"] == state
    assert world.ask() == Asked()


def test_hosts_that_are_away_are_not_waited_for(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"], "pc-2": ["anna"]}, says("later"), offline=frozenset({"pc-1"}))
    assert list(world.ask().until) == [("pc-2", "anna")]


@pytest.mark.parametrize(
    "told",
    [
        {"user": "somebody-else", "state": "shown", "answer": "later"},
        {"user": "anna", "state": "shown", "answer": "never"},
        {"user": "anna", "state": "shown", "answer": "later", "until": 9e99},
        {"user": "anna\ud800", "state": "shown", "answer": "later"},
    ],
    ids=["another", "answer", "more", "half-a-character"],
)
def test_a_host_is_not_believed(tmp_path: Path, told: Mapping[str, Any]) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"], "pc-2": ["anna"]}, notices={"postpone": 1})
    world.say = lambda host, notice: told if host == "pc-1" else says("later")(host, notice)
    assert list(world.ask().until) == [("pc-2", "anna")]


def test_what_was_said_before_ctrl_c_holds(tmp_path: Path) -> None:
    world = Asking(tmp_path, {"pc-1": ["anna"]}, says("later"), interrupted=True)
    assert world.ask() == Asked({("pc-1", "anna"): TIME + 4 * HOUR}, interrupted=True)
    assert [one.times for one in world.store.postponed(NEW, ["pc-1"])] == [1]


def test_many_are_asked_at_once_and_have_time(tmp_path: Path) -> None:
    users = {f"pc-{number}": ["anna"] for number in range(70)}
    world = Asking(tmp_path, users, notices={"postpone": 1, "answer_within": "10m"})
    plans = [world._plan(host, ["anna"]) for host in users]
    ask_users(world.campaign, world.run, plans, Controls(forks=5, host_timeout=60.0))
    assert (world.controls[-1].forks, world.controls[-1].host_timeout) == (50, 720.0)
    ask_users(world.campaign, world.run, plans[:7], Controls(forks=5))
    assert (world.controls[-1].forks, world.controls[-1].host_timeout) == (7, 1800.0)
    ask_users(world.campaign, world.run, plans, Controls(forks=200))
    assert world.controls[-1].forks == 200


def test_the_outcome_of_who_waits(tmp_path: Path) -> None:
    plan = Asking(tmp_path, {})._plan("pc-1", ["an\x1bna"])
    move = plan.profiles[0].move
    assert move is not None
    outcome = waiting("pc-1", move, 0.0)
    assert (outcome.outcome, outcome.code) == ("waiting-session", "postponed")
    assert outcome.message == "an\\x1bna put the move off until 1970-01-01 00:00:00 UTC"
