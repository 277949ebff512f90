"""What `fix` does beside a move: whom it tells, and which copies it deletes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from smartfleet.campaign.base import Campaign
from smartfleet.campaign.onestep import Moved
from smartfleet.campaign.purge import purge
from smartfleet.campaign.runner import Controls, Run
from smartfleet.checks.view import Aim, view_profile
from smartfleet.cli import mending
from smartfleet.cli.fix import command
from smartfleet.cli.mending import planner, purge_copies, to_sign_in
from smartfleet.cli.verbs import fix
from smartfleet.engines.answers import Answer, RunAnswers, gather
from smartfleet.errors import UsageError
from smartfleet.fleet import Fleet
from smartfleet.model.plan import HostPlan, Plan, ProfilePlan
from smartfleet.model.results import Outcome, Verdict, VerdictName
from smartfleet.store import Store
from smartfleet.store.lease import Owner
from tests.unit.builders import CONFIG_PATH, NEW, OLD, TIME, facts_of
from tests.unit.campaign_world import World

EVA = Moved("eva", CONFIG_PATH)
AIM = Aim(old=(OLD,), new=NEW)


class Purging:
    """Hosts that delete copies; `runs` is what they were told."""

    def __init__(self, outcome: str = "cured") -> None:
        self.outcome = outcome
        self.runs: list[Run] = []

    def __call__(self, run: Run, _controls: Controls) -> RunAnswers:
        self.runs.append(run)
        told = [
            Answer(
                host,
                "smartde.nextcloud.account_move",
                "ok",
                {"profiles": [{"user": "eva", "config_path": CONFIG_PATH, "outcome": self.outcome, "changed": True}]},
            )
            for host in run.hosts
        ]
        return RunAnswers(gather(run.hosts, told), interrupted=False, rc=0)


def campaign_of(world: World, execute: Purging) -> Campaign:
    return replace(world.campaign(), execute=execute)


def test_copies_are_deleted_by_their_own_playbook(tmp_path: Path) -> None:
    world, hosts = World(tmp_path, ["a"]), Purging()
    done = purge(campaign_of(world, hosts), {"a": [EVA]})
    assert [(one.host, one.user, one.outcome) for one in done.outcomes] == [("a", "eva", "cured")]
    (run,) = hosts.runs
    assert run.playbook.name == "purge.yml"
    assert run.orders == {"a": {"run": done.run, "profiles": [{"user": "eva", "config_path": CONFIG_PATH}]}}
    assert world.store.outcomes() == []
    assert [(line.event, line.verb) for line in world.store.trail()] == [("begun", "purge"), ("ended", "purge")]


def test_a_host_of_another_run_keeps_its_copies(tmp_path: Path) -> None:
    world, hosts = World(tmp_path, ["a"]), Purging()
    world.store.lock(world.store.begin("apply", 1), ["a"], 600.0, Owner.mine())
    done = purge(campaign_of(world, hosts), {"a": [EVA]})
    assert [(one.outcome, one.code) for one in done.outcomes] == [("refused", "host-locked")]
    assert hosts.runs == []


def verdict(user: str, name: VerdictName) -> Verdict:
    return Verdict(
        host="a",
        user=user,
        config_path=CONFIG_PATH,
        account="0",
        alias="0",
        local_path=f"/home/{user}/Nextcloud",
        level="journal",
        verdict=name,
        reason="",
    )


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions before copies are deleted. An admin who is asked for nora says no."""
    questions: list[str] = []

    def confirm(question: str, *, yes: bool) -> bool:
        assert not yes
        questions.append(question)
        return "nora" not in question

    monkeypatch.setattr(mending, "confirm", confirm)
    return questions


@pytest.fixture
def fleet_of_a(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[World, Purging]:
    world, hosts = World(tmp_path, ["a"]), Purging()

    @contextmanager
    def campaign(*_: object) -> Iterator[Campaign]:
        yield campaign_of(world, hosts)

    monkeypatch.setattr(mending, "campaign", campaign)
    return world, hosts


@pytest.mark.parametrize(
    ("verdicts", "question"),
    [
        ([verdict("eva", "match"), verdict("eva", "match")], "for eva?"),
        ([verdict("eva", "match"), verdict("eva", "drift")], ""),
        ([verdict("eva", "match"), verdict("eva", "unknown")], ""),
        ([verdict("eva", "match"), verdict("max", "drift")], "for eva?"),
        ([], ""),
        ([verdict("nora", "match")], "for nora?"),
    ],
)
def test_copies_go_where_all_folders_match_and_with_a_question_of_their_own(
    fleet_of_a: tuple[World, Purging], asked: list[str], verdicts: list[Verdict], question: str
) -> None:
    world, hosts = fleet_of_a
    outcomes = purge_copies(world.campaign().fleet, world.store, "a", verdicts, None, yes=False)
    assert [one.partition(" ")[0] for one in asked] == ([] if not question else ["Delete"])
    assert all(question in one and "no way back" in one for one in asked)
    deleted = question == "for eva?"
    assert ([run.playbook.name for run in hosts.runs], bool(outcomes)) == (["purge.yml"] * deleted, deleted)
    assert [run.orders and run.orders["a"]["profiles"] for run in hosts.runs] == [
        [{"user": "eva", "config_path": CONFIG_PATH}]
    ] * deleted


@pytest.mark.parametrize(("outcome", "expected"), [("waiting-sign-in", ["sign-in"]), ("moved", [])])
def test_whoever_a_run_left_to_sign_in_is_told(tmp_path: Path, outcome: str, expected: list[str]) -> None:
    world = World(tmp_path, ["a"])
    told = Outcome.model_validate({"host": "a", "user": "eva", "config_path": CONFIG_PATH, "outcome": outcome})
    world.store.add_outcomes(world.store.begin("apply", 1), [told])
    facts = facts_of({"accounts": [{"url": NEW}]})
    planned = planner(world.store, "a", ())(view_profile(facts.profiles[0], facts, AIM), AIM)
    assert planned.cures == expected


def test_a_group_of_one_host_is_that_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of a host, and what is deleted there, goes by its name in the inventory."""
    asked: list[str] = []

    def look(_fleet: Fleet, _store: Store, host: str, *_: object) -> None:
        asked.append(host)
        raise UsageError("seen", "enough")

    monkeypatch.setattr(fix, "open_fleet", lambda _folder, _engine: None)
    monkeypatch.setattr(fix, "open_store", lambda _fleet: None)
    monkeypatch.setattr(fix, "hosts_of", lambda _fleet, _limit: ["pc-1"])
    monkeypatch.setattr(fix, "look", look)
    with pytest.raises(UsageError):
        command.main(["office", "--fleet", str(tmp_path)], standalone_mode=False)
    assert asked == ["pc-1"]


def test_those_to_be_told() -> None:
    profiles = [
        ProfilePlan(user="eva", config_path="/e", action="cure", cures=["sign-in"]),
        ProfilePlan(user="max", config_path="/m", action="cure", cures=["start-client"]),
    ]
    host = HostPlan(host="a", os="linux", facts_taken=TIME, profiles=profiles)
    plan = Plan(created=TIME, old_servers=[OLD], new_server=NEW, strategy="move", instance_id="", hosts=[host])
    assert to_sign_in(plan) == [("eva", "/e")]
