"""Runs that are stopped, resumed, put off or left to the queue at awkward moments."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from smartfleet.campaign.carrying import carry_out
from smartfleet.campaign.ending import next_command
from smartfleet.campaign.inventory import InventoryHost
from smartfleet.campaign.queue import run_due
from smartfleet.campaign.runner import Controls, Run
from smartfleet.campaign.trying import Tried, Try
from smartfleet.cli.next import is_unfinished
from smartfleet.engines.answers import Answer, RunAnswers, gather
from smartfleet.errors import InventoryError
from smartfleet.model.campaign import RunSettings
from smartfleet.store.lease import Owner
from tests.unit.campaign_world import INTERRUPT, Hosts, Killed, World, WorldCampaign, outcomes

FOUR = ["a", "b", "c", "d"]
DAY = 86_400.0


def world(tmp_path: Path, names: Sequence[str] = FOUR, **script: list[Any]) -> World:
    return World(tmp_path, list(names), Hosts(script))


def test_a_stop_while_the_list_of_hosts_is_checked_begins_nobody(tmp_path: Path) -> None:
    """The check runs once, on the first host; that host is not to be taken for one that was worked on."""
    made = world(tmp_path)
    told: list[Tried] = []
    trying = Try(made.plan.hosts, told.append, made.clock.now)
    trying.take(Answer("a", "ansible.builtin.assert", "ok", {}))
    for host in FOUR:
        for action in ("account_move", "client_facts"):
            trying.take(Answer(host, f"smartde.nextcloud.{action}", "skipped", {}))
    trying.rest(stopped=True)
    assert {one.host: one.outcomes[0].code for one in told} == dict.fromkeys(FOUR, "not-begun")


@pytest.mark.parametrize("then", ["drift", "failed"])
def test_a_resume_forgives_what_went_wrong_and_nothing_later(tmp_path: Path, then: str) -> None:
    """A canary that could not be verified, or was not there, is no canary that may drift or fail."""
    script = ["offline", "failed"] if then == "failed" else ["moved"]
    made = world(tmp_path, a=script)
    made.hosts.unseen = frozenset({"a"})
    settings = {"campaign": {"canary": 1, "budget": {"failed": {"all": 0}}}}
    first = made.apply(settings)
    assert first.state == "stopped"
    made.hosts.unseen = frozenset()
    made.hosts.drift = frozenset({"a"})
    done = made.resume(first.run)
    assert (done.state, made.hosts.runs[-1]) == ("stopped", ["a"])
    assert done.spent is not None
    assert done.spent.kind == ("drifted" if then == "drift" else "failed")


def test_what_was_forgiven_stays_forgiven(tmp_path: Path) -> None:
    """The queue, and a resume of a run that was cut off, go by the admin's word."""
    made = world(tmp_path, a=["failed"], b=["failed"], c=["offline", "moved"], d=[INTERRUPT, "moved"])
    settings = {"until": made.clock.time + DAY, "campaign": {"budget": {"failed": {"all": 1}}}}
    first = made.apply(settings)
    assert first.state == "stopped"
    assert made.resume(first.run).state == "interrupted"
    stored = made.store.settings(first.run)
    assert stored is not None
    made.clock.time += 2000
    done = made.resume(first.run)
    assert (done.state, outcomes(done)) == ("done", {"a": "failed", "b": "failed", "c": "moved", "d": "moved"})


def test_a_resume_that_cannot_begin_leaves_the_run_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the queue would take a run for its own that only an admin may go on with."""
    made = world(tmp_path, a=["failed"], b=["offline"], c=["failed"])
    first = made.apply({"until": made.clock.time + DAY, "campaign": {"budget": {"failed": {"all": 1}}}})
    before = made.store.run(first.run)

    def unreadable(_campaign: WorldCampaign, _limit: str | None) -> list[InventoryHost]:
        raise InventoryError("inventory/unreadable", "Ansible cannot read the inventory")

    monkeypatch.setattr(WorldCampaign, "hosts", unreadable)
    with pytest.raises(InventoryError):
        made.resume(first.run)
    after = made.store.run(first.run)
    assert before is not None
    assert after is not None
    assert (before.state, after.state, after.driven) == ("stopped", "stopped", False)
    assert made.store.queued(made.clock.time) == []


def test_the_queue_does_not_wait_for_a_window_after_its_time(tmp_path: Path) -> None:
    made = world(tmp_path, a=["offline"])
    window = {"start": "14:00", "end": "14:30", "zone": "UTC"}
    begun = made.clock.time
    done = made.apply({"until": begun + 36_000, "every": 900.0, "campaign": {"windows": [window]}})
    tries = len(made.hosts.runs)
    assert made.clock.time <= begun + 36_000
    assert (done.state, len(made.hosts.runs)) == ("done", tries)


TWO = {"users": [{"user": "eva"}, {"user": "max", "config": {"path": "/home/max/nextcloud.cfg"}}]}


@dataclass
class Users(Hosts):
    """Each user is asked; `no` are those who put it off."""

    no: frozenset[str] = frozenset()
    questions: list[str] = field(default_factory=list)

    def __call__(self, run: Run, controls: Controls) -> RunAnswers:
        if run.playbook.name != "notify.yml":
            return super().__call__(run, controls)
        answers = []
        for host in run.hosts:
            users = [one["user"] for one in (run.orders or {})[host]["notices"]]
            self.questions += users
            shown = [{"user": one, "state": "shown", "answer": "later" if one in self.no else "go"} for one in users]
            answers.append(Answer(host, "smartde.nextcloud.user_notice", "ok", {"notices": shown}))
        return RunAnswers(gather(run.hosts, answers), interrupted=False, rc=0)


def asking(tmp_path: Path, *no: str, **script: list[Any]) -> tuple[World, Users]:
    hosts = Users(script, no=frozenset(no))
    made = World(tmp_path, ["a"], hosts, cases={"a": TWO}, notices={"postpone": 3, "postpone_for": 14_400})
    return made, hosts


def test_a_user_who_puts_it_off_takes_nobody_elses_turn(tmp_path: Path) -> None:
    made, _ = asking(tmp_path, "eva", a=[INTERRUPT, "moved"])
    first = made.apply()
    assert (first.state, made.states(first.run)) == ("interrupted", {"a": "pending"})
    assert {(one.user, one.code) for one in first.outcomes} == {("eva", "not-begun"), ("max", "not-begun")}
    assert {one.do for one in first.outcomes} == {f"smartfleet apply --resume {first.run}"}
    done = made.resume(first.run)
    assert {one.user: one.outcome for one in done.outcomes} == {"eva": "waiting-session", "max": "moved"}
    assert made.states(first.run) == {"a": "waiting"}


@pytest.mark.parametrize("begun", ["died", "eva moved, max waiting-session"])
def test_who_was_begun_is_not_asked_again(tmp_path: Path, begun: str) -> None:
    def die() -> str:
        if begun == "died":
            raise Killed
        return begun

    made, hosts = asking(tmp_path, a=[die, "moved"])
    settings = {"campaign": {"canary": 1}}
    with contextlib.suppress(Killed):
        made.apply(settings)
    (run,) = [one.run for one in made.store.runs() if one.verb == "apply"]
    assert hosts.questions == ["eva", "max"]
    if begun == "died":
        made.store.finish(run, "running")
        assert made.states(run) == {"a": "running"}
    else:
        made.store.set_wave(run, 0, "running")
    hosts.questions.clear()
    hosts.no = frozenset({"eva"})
    done = made.resume(run)
    assert {one.user: one.outcome for one in done.outcomes}["eva"] == "moved"
    assert hosts.questions == ([] if begun == "died" else ["max"])


def test_a_pass_of_the_queue_does_not_hide_hosts_that_had_no_turn(tmp_path: Path) -> None:
    """A run that was cut off in a wave stays an admin's to go on with while the queue tries who waits."""
    made = world(tmp_path, a=["offline", "offline", "moved"], c=[INTERRUPT, "moved"])
    first = made.apply({"until": made.clock.time + DAY, "every": 900.0})
    made.store.finish(first.run, "running")
    for runs, state in ((3, "running"), (4, "interrupted")):
        made.clock.time += 4000
        (applied,) = run_due(made.campaign(), made.events.append)
        summary = made.store.run(first.run)
        assert summary is not None
        assert (applied.state, summary.state, summary.driven) == (state, state, False)
        assert is_unfinished(summary)
        assert next_command(first.run, applied.state, applied.outcomes) == f"smartfleet apply --resume {first.run}"
        assert len(made.hosts.runs) == runs - 1
    assert made.resume(first.run).state == "done"


def test_a_host_that_leaves_the_inventory_while_its_run_goes_on(tmp_path: Path) -> None:
    """Ansible would say nothing of it, and a run that gets no answer at all breaks off."""
    made = world(tmp_path, a=["offline", "moved"])
    campaign = made.campaign()
    assert isinstance(campaign, WorldCampaign)
    listed = campaign.inventory

    def leave() -> None:
        listed[:] = [host for host in listed if host.name not in {"a", "d"}]

    made.clock.at[made.clock.time + 30] = leave
    settings = RunSettings.model_validate(
        {"until": made.clock.time + DAY, "campaign": {"waves": [3], "pause": 60.0, "budget": {"failed": {"all": 0}}}}
    )
    done = carry_out(campaign, made.plan, settings)
    assert {one.host: one.code for one in done.outcomes} == {"a": "host-gone", "b": "", "c": "", "d": "host-gone"}
    assert (done.state, made.hosts.runs) == ("done", [["a", "b", "c"]])


def test_a_budget_that_is_spent_already_disturbs_nobody(tmp_path: Path) -> None:
    made = world(tmp_path, a=["failed"], b=[INTERRUPT])
    first = made.apply({"campaign": {"budget": {"failed": {"all": None}}}})
    assert first.state == "interrupted"
    made.notices = {"postpone": 1}
    made.hosts.later = frozenset({"b"})
    strict = RunSettings.model_validate({"campaign": {"budget": {"failed": {"all": 0}}}})
    done = carry_out(made.campaign(), made.plan, strict, resume=first.run)
    assert (done.state, made.hosts.runs) == ("stopped", [["a"]])
    assert made.states(first.run) == {"a": "done", "b": "pending", "c": "pending", "d": "pending"}


@pytest.mark.parametrize(("then", "code"), [("offline", "offline"), ("locked", "host-locked"), ("gone", "host-gone")])
def test_a_resume_asks_only_for_what_waits(tmp_path: Path, then: str, code: str) -> None:
    """What was moved stays moved, wherever its host is when somebody goes on with the run."""
    script = ["eva moved, max waiting-session", "offline" if then == "offline" else "moved"]
    made = World(tmp_path, ["a", "b"], Hosts({"a": script, "b": [INTERRUPT, "moved"]}), cases={"a": TWO})
    first = made.apply()
    assert made.states(first.run) == {"a": "waiting", "b": "pending"}
    if then == "locked":
        made.store.lock(made.store.begin("apply", 1), ["a"], 6000.0, Owner("elsewhere", 1, ""))
    if then == "gone":
        made.gone = frozenset({"a"})
    done = made.resume(first.run)
    assert {(one.user, one.outcome) for one in done.outcomes if one.host == "a" and one.user == "eva"} == {
        ("eva", "moved")
    }
    assert [one.code for one in done.outcomes if one.user == "max"] == [code]


@pytest.mark.parametrize("others", ["refused shared-folder", "offline"])
def test_a_canary_that_was_refused_proves_nothing(tmp_path: Path, others: str) -> None:
    made = world(tmp_path, a=["refused shared-folder"], b=[others])
    done = made.apply({"campaign": {"canary": 2}})
    assert (done.state, made.hosts.runs) == ("stopped", [["a", "b"]])
    assert "every host of the canary waits or was refused" in made.told[-1]
    plain = RunSettings.model_validate({"campaign": {"canary": 2, "verify": "none"}})
    assert carry_out(made.campaign(), made.plan, plain, resume=done.run).state == "done"
